//! Positions that lie in a folder, moved into the database: once, in one transaction, then compared driver by driver.
//!
//! An earlier version kept them in the folder of the one program that served a database, and the fact `positions_in` says in which.

use std::path::Path;

use deadpool_postgres::Transaction;
use jiff::Timestamp;
use sha2::{Digest, Sha256};

use super::{days, table};
use crate::StoreError;
use crate::positions::row::Row;
use crate::positions::{DriverNo, Name, Place, Positions, record};
use crate::postgres::numbers;
use crate::postgres::rows::{self, Param};
use crate::postgres::telling::Program;
use crate::postgres::{PostgresStore, about, counter};

/// Where the positions of the data lie: an earlier version's folder, by its name, or [`HERE`].
const PLACE: &str = "positions_in";
const HERE: &str = "database";
/// Fixes that are moved and compared at once.
const PAGE: usize = 4_096;
/// More days than that get no partitions of their own.
const MOST_DAYS: i64 = 400;
/// One program moves them, the others wait. The number is ours alone ("ponticp").
const LOCK: i64 = 0x70_6f6e_7469_6370;

/// Positions that were moved, equal on both sides.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct MovedPositions {
    /// Drivers.
    pub drivers: u64,
    /// Their fixes.
    pub fixes: u64,
}

/// Where positions lie now.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Settled {
    /// In the database, as before.
    Here,
    /// In the database, into which they came just now.
    Moved(MovedPositions),
    /// In another folder: this data is not to be served before they were moved from there.
    Elsewhere,
}

impl PostgresStore {
    /// Sees to it that the positions of this data are in the database. `folder` is the data folder of this program and `name` what
    /// an earlier version called it; with `adopts`, positions that lie in another folder are given up.
    pub fn settle_positions(
        &self,
        folder: &Path,
        name: Option<&str>,
        adopts: bool,
        now: Timestamp,
    ) -> Result<Settled, StoreError> {
        let known = self.with(async |client| about::get(client, PLACE).await)?;
        if known.as_deref() == Some(HERE) {
            return Ok(Settled::Here);
        }
        self.write(async |transaction| {
            let lock = "SELECT pg_advisory_xact_lock($1)";
            rows::query(transaction, lock, &[&LOCK]).await?;
            Ok(match about::get(transaction, PLACE).await? {
                Some(place) if place == HERE => Settled::Here,
                Some(place) if Some(place.as_str()) != name && !adopts => Settled::Elsewhere,
                None if counter::read(transaction).await?.seq == 0 => {
                    about::set(transaction, PLACE, HERE).await?;
                    Settled::Here
                }
                // Also where an earlier version filled it and nobody has served it since.
                _ => Settled::Moved(take(transaction, &self.program, folder, now).await?),
            })
        })
    }
}

/// Moves the positions of a data folder into the database, which must have none, and compares. The folder stays as it is; nobody may
/// write to it meanwhile.
pub async fn take(
    transaction: &Transaction<'_>,
    program: &Program,
    folder: &Path,
    now: Timestamp,
) -> Result<MovedPositions, StoreError> {
    let moved = copy_all(transaction, program, folder, now).await?;
    about::set(transaction, PLACE, HERE).await?;
    Ok(moved)
}

async fn copy_all(
    transaction: &Transaction<'_>,
    program: &Program,
    folder: &Path,
    now: Timestamp,
) -> Result<MovedPositions, StoreError> {
    let sql = "SELECT 1 FROM fix_driver LIMIT 1";
    if rows::first(transaction, sql, &[]).await?.is_some() {
        return Err(StoreError::Broken(
            "the database holds positions already: they are moved into one that has none".into(),
        ));
    }
    let dir = folder.join("positions");
    if !dir.join("names").exists() {
        return Ok(MovedPositions::default());
    }
    let log = Positions::open(
        &dir,
        now,
        crate::positions::Options::default(),
        Box::new(|_| {}),
    )?;
    if let Some((oldest, newest)) = log.span() {
        let newest = days::day_of(newest.as_millisecond());
        let oldest = days::day_of(oldest.as_millisecond());
        days::make(transaction, oldest.max(newest - MOST_DAYS)..=newest).await?;
    }
    let drivers = log.drivers();
    let names: Vec<_> = drivers
        .iter()
        .map(|(_, name)| (&name.lab_id, &name.driver_id))
        .collect();
    // The table is empty, so they get the numbers that they have.
    numbers::draw(transaction, program, &names).await?;
    let mut moved = MovedPositions::default();
    for (no, name) in &drivers {
        let there = copy(transaction, &log, *no).await?;
        let here = digest_of_database(transaction, name).await?;
        if there != here {
            return Err(StoreError::Broken(format!(
                "the positions of driver {} of lab {} differ after the move; nothing was kept of it",
                name.driver_id, name.lab_id
            )));
        }
        moved.drivers += 1;
        moved.fixes += there.1;
    }
    Ok(moved)
}

/// A digest of a driver's fixes in their order, and how many there were.
type Digested = ([u8; 32], u64);

fn add(hash: &mut Sha256, row: &Row) {
    let mut bytes = Vec::with_capacity(record::RECORD);
    record::push(&mut bytes, DriverNo(0), row);
    hash.update(bytes);
}

/// Copies a driver's fixes; gives what was read.
async fn copy(
    transaction: &Transaction<'_>,
    log: &Positions,
    no: DriverNo,
) -> Result<Digested, StoreError> {
    let (mut hash, mut count) = (Sha256::new(), 0);
    let mut after: Option<Place> = None;
    loop {
        let page = log.read(no, Timestamp::MIN, Timestamp::MAX, after, PAGE)?;
        let fixes: Vec<(DriverNo, Row)> = page
            .iter()
            .map(|kept| (no, Row::of(&kept.fix, kept.received_at)))
            .collect();
        let Some((_, last)) = fixes.last() else {
            return Ok((hash.finalize().into(), count));
        };
        after = Some(last.place());
        for (_, row) in &fixes {
            add(&mut hash, row);
        }
        count += fixes.len() as u64;
        table::insert(transaction, &fixes, &[]).await?;
    }
}

/// The same of what the database has now, by the driver's name.
async fn digest_of_database(
    transaction: &Transaction<'_>,
    name: &Name,
) -> Result<Digested, StoreError> {
    let columns = table::COLUMNS;
    let sql = format!(
        "SELECT {columns} FROM fix
         WHERE driver = (SELECT no FROM fix_driver WHERE driver_id = $1 AND lab_id = $2) AND (at, lat, lng) > ($3, $4, $5)
         ORDER BY at, lat, lng LIMIT $6"
    );
    let (mut hash, mut count) = (Sha256::new(), 0);
    let mut after = Place::FIRST;
    let limit = i64::try_from(PAGE).unwrap_or(i64::MAX);
    loop {
        let (at, lat, lng) = after.numbers();
        let (driver, lab) = (name.driver_id.as_str(), name.lab_id.as_str());
        let params: [Param<'_>; 6] = [&driver, &lab, &at, &lat, &lng, &limit];
        let found = rows::query(transaction, &sql, &params).await?;
        for row in &found {
            let row = table::read(row, 0)?;
            add(&mut hash, &row);
            after = row.place();
        }
        count += found.len() as u64;
        if found.len() < PAGE {
            return Ok((hash.finalize().into(), count));
        }
    }
}
