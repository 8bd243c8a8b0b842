//! Connections that read, beside the one that writes and without waiting for it.

use std::path::PathBuf;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Mutex, MutexGuard, PoisonError};

use rusqlite::Connection;

use super::{connection, transaction};
use crate::StoreError;

/// So many reads at once; others wait.
const READERS: usize = 4;

/// A few connections, each opened when it is first needed.
pub struct Readers {
    path: PathBuf,
    slots: [Mutex<Option<Connection>>; READERS],
    /// Whose turn it is to be waited for, when all are busy.
    turn: AtomicUsize,
}

impl Readers {
    /// None is open yet.
    pub fn new(path: PathBuf) -> Self {
        Self {
            path,
            slots: [const { Mutex::new(None) }; READERS],
            turn: AtomicUsize::new(0),
        }
    }

    /// Runs `work` on one state of the data.
    pub fn read<T>(
        &self,
        work: impl FnOnce(&Connection) -> Result<T, StoreError>,
    ) -> Result<T, StoreError> {
        let mut slot = self.free_slot();
        let conn = match slot.take() {
            Some(conn) => conn,
            None => connection::reader(&self.path)?,
        };
        let done = transaction::read(&conn, work);
        // One that could not end its transaction would show an old state for ever: it is closed instead.
        *slot = Some(conn).filter(Connection::is_autocommit);
        done
    }

    fn free_slot(&self) -> MutexGuard<'_, Option<Connection>> {
        if let Some(slot) = self.slots.iter().find_map(|slot| slot.try_lock().ok()) {
            return slot;
        }
        let turn = self.turn.fetch_add(1, Ordering::Relaxed) % READERS;
        // A panic in the middle has left the slot empty, which is fine.
        self.slots[turn]
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
    }
}
