//! The log of positions in the database: a row a fix, a partition a day.
//!
//! A fix goes into memory, where whoever reads here finds it at once, and waits for the writer's next statement, which takes all that
//! waits and tells the other programs in the same transaction. Reading asks memory first and then the table, so that what is written
//! in between is found in one of them, or in both.

mod days;
mod import;
mod reading;
mod table;
mod waiting;
mod writer;

use std::collections::BTreeSet;
use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};
use std::thread::JoinHandle;

use jiff::Timestamp;
use pontic_core::fix::Fix;
use pontic_core::id::{DriverId, LabId};

use self::waiting::Waiting;
use super::PostgresStore;
use super::database::Database;
use super::numbers::{self, Numbers};
use super::telling::Program;
use crate::StoreError;
use crate::positions::{DriverNo, Kept, Name, OnDisk, Options, Place, PositionLog, Received};

pub use self::import::{MovedPositions, Settled, take};

/// The log in the database.
pub struct PostgresPositions {
    database: Database,
    program: Program,
    numbers: Arc<Numbers>,
    waiting: Arc<Waiting>,
    options: Options,
    /// Up to that day there is room.
    room: AtomicI64,
    writer: Option<JoinHandle<()>>,
}

impl PostgresStore {
    /// The log of positions of this data. `on_disk` is called by the writer's thread once what has a ticket is written.
    pub fn positions(
        &self,
        now: Timestamp,
        options: Options,
        on_disk: OnDisk,
    ) -> Result<PostgresPositions, StoreError> {
        let mut log = PostgresPositions {
            database: self.database.clone(),
            program: self.program.clone(),
            numbers: Arc::clone(&self.numbers),
            waiting: Arc::default(),
            options,
            room: AtomicI64::new(i64::MIN),
            writer: None,
        };
        log.database
            .with(async |client| log.numbers.read(client).await)?;
        log.make_room(now)?;
        // Whoever writes positions does not wait for those who read records.
        let line = self.database.beside(&self.connector)?;
        let (waiting, program) = (Arc::clone(&log.waiting), self.program.clone());
        let writer = std::thread::Builder::new()
            .name("positions".to_owned())
            .spawn(move || writer::run(&line, &program, &waiting, &on_disk))
            .map_err(|error| StoreError::Unavailable(error.to_string()))?;
        log.writer = Some(writer);
        Ok(log)
    }
}

impl PostgresPositions {
    /// Partitions for the fixes that may come now and in the next days.
    fn make_room(&self, now: Timestamp) -> Result<(), StoreError> {
        let wanted = days::to_come(now);
        if self.room.load(Ordering::Relaxed) >= *wanted.end() {
            return Ok(());
        }
        self.database
            .write(async |transaction| days::make(transaction, wanted.clone()).await)?;
        self.room.store(*wanted.end(), Ordering::Relaxed);
        Ok(())
    }
}

impl PositionLog for PostgresPositions {
    fn find(&self, lab: &LabId, driver: &DriverId) -> Option<DriverNo> {
        self.numbers.find(lab, driver)
    }

    fn number(&self, lab: &LabId, driver: &DriverId) -> Result<DriverNo, StoreError> {
        if let Some(no) = self.find(lab, driver) {
            return Ok(no);
        }
        self.database.write(async |transaction| {
            numbers::draw(transaction, &self.program, &[(lab, driver)]).await
        })?;
        // Not before it is committed: nobody may use a number that is taken back.
        self.database
            .with(async |client| self.numbers.read(client).await)?;
        self.find(lab, driver)
            .ok_or_else(|| StoreError::Broken("a driver's number is not there".to_owned()))
    }

    fn name(&self, no: DriverNo) -> Option<Arc<Name>> {
        self.numbers.name(no)
    }

    fn append(&self, fixes: &[Received]) -> Result<u64, StoreError> {
        self.waiting.append(fixes)
    }

    fn last_ticket(&self) -> u64 {
        self.waiting.last_ticket()
    }

    fn known(&self, driver: DriverNo, fixes: &[Fix]) -> Result<BTreeSet<Place>, StoreError> {
        self.those_there(driver, fixes.iter().map(Place::of).collect())
    }

    fn read(
        &self,
        driver: DriverNo,
        from: Timestamp,
        to: Timestamp,
        after: Option<Place>,
        limit: usize,
    ) -> Result<Vec<Kept>, StoreError> {
        self.between(driver, from, to, after, limit)
    }

    fn before(
        &self,
        driver: DriverNo,
        at: Timestamp,
        after: Option<Place>,
    ) -> Result<Option<Kept>, StoreError> {
        self.neighbour(driver, at, after)
    }

    fn last(&self, driver: DriverNo) -> Result<Option<Kept>, StoreError> {
        self.newest(driver)
    }

    fn latest(&self, since: Timestamp) -> Result<Vec<(DriverNo, Kept)>, StoreError> {
        self.newest_of_all(since)
    }

    fn close_hours(&self, now: Timestamp) -> Result<(), StoreError> {
        self.make_room(now)
    }

    /// There is nothing to merge.
    fn close_days(&self, _now: Timestamp) -> Result<(), StoreError> {
        Ok(())
    }

    fn prune(&self, now: Timestamp) -> Result<usize, StoreError> {
        let before = now.saturating_sub(self.options.retention);
        let before_ms = before.map_or(i64::MIN, Timestamp::as_millisecond);
        self.database
            .write(async |transaction| days::drop_before(transaction, before_ms).await)
    }
}

impl Drop for PostgresPositions {
    fn drop(&mut self) {
        self.waiting.stop();
        if let Some(writer) = self.writer.take() {
            // What was appended is written before it ends, if the server is there.
            let _ = writer.join();
        }
    }
}

impl std::fmt::Debug for PostgresPositions {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("PostgresPositions")
    }
}
