//! The one connection that writes, for one caller at a time.

use std::sync::{Mutex, MutexGuard, PoisonError};

use rusqlite::Connection;

use super::connection::Place;
use super::transaction;
use crate::StoreError;

/// The connection that writes, and what is needed to open it again.
pub struct Writer {
    place: Place,
    state: Mutex<State>,
}

struct State {
    conn: Connection,
    /// How often it was opened: `SQLite` counts other processes' changes for each connection anew.
    opened: u64,
    max_pages: Option<u32>,
}

impl Writer {
    /// Opens it.
    pub fn open(place: Place, max_pages: Option<u32>) -> Result<Self, StoreError> {
        let conn = place.writer()?;
        limit(&conn, max_pages)?;
        Ok(Self {
            place,
            state: Mutex::new(State {
                conn,
                opened: 1,
                max_pages,
            }),
        })
    }

    /// Runs `work` in a transaction that writes.
    pub fn write<T>(
        &self,
        work: impl FnOnce(&Connection) -> Result<T, StoreError>,
    ) -> Result<T, StoreError> {
        self.write_at(None, work)
    }

    /// The same, if no other process has changed the data since it had that stamp.
    pub fn write_at<T>(
        &self,
        stamp: Option<u64>,
        work: impl FnOnce(&Connection) -> Result<T, StoreError>,
    ) -> Result<T, StoreError> {
        let mut state = self.lock();
        self.heal(&mut state)?;
        let opened = state.opened;
        transaction::write(&state.conn, |conn| {
            if let Some(stamp) = stamp
                && stamp_of(conn, opened)? != stamp
            {
                return Err(StoreError::Conflict);
            }
            work(conn)
        })
    }

    /// Runs `work` on one state of the data, the newest.
    pub fn read<T>(
        &self,
        work: impl FnOnce(&Connection) -> Result<T, StoreError>,
    ) -> Result<T, StoreError> {
        let mut state = self.lock();
        self.heal(&mut state)?;
        transaction::read(&state.conn, work)
    }

    /// Differs whenever another process has changed the data.
    pub fn stamp(&self) -> Result<u64, StoreError> {
        let state = self.lock();
        stamp_of(&state.conn, state.opened)
    }

    /// Lets the database grow to so many pages; absent: as far as the disk goes.
    pub fn limit_pages(&self, max_pages: Option<u32>) -> Result<(), StoreError> {
        let mut state = self.lock();
        state.max_pages = max_pages;
        limit(&state.conn, max_pages)
    }

    /// Takes a new connection if the old one still is in a transaction that could not be rolled back.
    fn heal(&self, state: &mut State) -> Result<(), StoreError> {
        if !state.conn.is_autocommit() && matches!(self.place, Place::File(_)) {
            state.conn = self.place.writer()?;
            state.opened += 1;
            limit(&state.conn, state.max_pages)?;
        }
        Ok(())
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        // A panic in the middle has rolled back on its way: the connection is as good as before.
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// `SQLite`'s count of what others changed, in front of it how often the connection was opened.
fn stamp_of(conn: &Connection, opened: u64) -> Result<u64, StoreError> {
    let version: u32 = conn
        .prepare_cached("PRAGMA data_version")?
        .query_row([], |row| row.get(0))?;
    Ok(opened << 32 | u64::from(version))
}

fn limit(conn: &Connection, max_pages: Option<u32>) -> Result<(), StoreError> {
    // SQLite's own greatest number of pages.
    let pages = max_pages.unwrap_or(u32::MAX - 1);
    conn.execute_batch(&format!("PRAGMA max_page_count = {pages}"))?;
    Ok(())
}
