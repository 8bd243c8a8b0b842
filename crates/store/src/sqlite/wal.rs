//! Moving what was written from the write-ahead log to its place.

use std::path::PathBuf;
use std::sync::{Mutex, PoisonError};

use rusqlite::Connection;

use super::connection;
use crate::StoreError;

/// A write-ahead log longer than this (64 MiB of 4 KiB pages) begins anew, though commits wait for that.
const LONG_PAGES: i64 = 16 * 1_024;

/// A connection that does nothing else; it is opened when it is first needed.
pub struct Checkpointer {
    path: PathBuf,
    conn: Mutex<Option<Connection>>,
}

impl Checkpointer {
    /// Not open yet.
    pub fn new(path: PathBuf) -> Self {
        Self {
            path,
            conn: Mutex::new(None),
        }
    }

    /// Moves as much as readers and the writer let it.
    pub fn run(&self) -> Result<(), StoreError> {
        let mut slot = self.conn.lock().unwrap_or_else(PoisonError::into_inner);
        let conn = match slot.take() {
            Some(conn) => conn,
            None => connection::checkpointer(&self.path)?,
        };
        let pages = checkpoint(&conn, "PASSIVE")?;
        // After a passive one the next commit begins the log anew, unless someone always reads or writes: then the log
        // only grows. What is left to move is little by now, so the commits' wait is short.
        // The file keeps its length, because writing over blocks that it has costs less than getting new ones.
        if pages > LONG_PAGES {
            checkpoint(&conn, "RESTART")?;
        }
        *slot = Some(conn);
        Ok(())
    }
}

/// Pages in the log. That someone was in the way is no error: there is a next time.
fn checkpoint(conn: &Connection, mode: &str) -> Result<i64, StoreError> {
    let pages = conn.query_row(&format!("PRAGMA wal_checkpoint({mode})"), [], |row| {
        row.get(1)
    })?;
    Ok(pages)
}
