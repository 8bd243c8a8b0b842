//! A driver's history: from memory and from the table.
//!
//! Drivers' newest fixes have no table of their own: it would be one more row to write with every fix, for what is asked once at a
//! start and once for each driver who comes, and what an index answers in one step a driver.

use std::collections::{BTreeMap, BTreeSet};

use jiff::{SignedDuration, Timestamp};

use super::PostgresPositions;
use super::table::{self, COLUMNS};
use crate::StoreError;
use crate::positions::row::Row;
use crate::positions::{DriverNo, Kept, Place};
use crate::postgres::rows::{self, Param};

/// Further back no neighbour tells anything of a fix.
const NEIGHBOUR: SignedDuration = SignedDuration::from_hours(1);
/// Drivers whose newest fixes are asked for at once.
const DRIVERS: i32 = 10_000;
/// The order of places, from the end.
const NEWEST_FIRST: &str = "ORDER BY at DESC, lat DESC, lng DESC LIMIT 1";

impl PostgresPositions {
    fn rows(&self, sql: &str, params: &[Param<'_>]) -> Result<Vec<Row>, StoreError> {
        self.database.with(async |client| {
            let found = rows::query(client, sql, params).await?;
            found.iter().map(|row| table::read(row, 0)).collect()
        })
    }

    /// Those of the places that the driver has fixes of.
    pub fn those_there(
        &self,
        driver: DriverNo,
        mut wanted: BTreeSet<Place>,
    ) -> Result<BTreeSet<Place>, StoreError> {
        // What waits is looked at first: it may be in the table a moment later, and never the other way round.
        let waiting = self.waiting.of(driver, |row| wanted.contains(&row.place()));
        let mut known: BTreeSet<Place> = waiting.iter().map(Row::place).collect();
        wanted.retain(|place| !known.contains(place));
        if wanted.is_empty() {
            return Ok(known);
        }
        let (mut ats, mut lats, mut lngs) = (Vec::new(), Vec::new(), Vec::new());
        for place in &wanted {
            let (at, lat, lng) = place.numbers();
            ats.push(at);
            lats.push(lat);
            lngs.push(lng);
        }
        let sql = format!(
            "SELECT {COLUMNS} FROM fix JOIN UNNEST($2::bigint[], $3::int[], $4::int[]) AS wanted (at, lat, lng)
             USING (at, lat, lng) WHERE driver = $1 AND at >= $5 AND at <= $6"
        );
        let (first, last) = (ats.first().copied(), ats.last().copied());
        let params: [Param<'_>; 6] = [&table::number(driver), &ats, &lats, &lngs, &first, &last];
        let found = self.rows(&sql, &params)?;
        known.extend(found.iter().map(Row::place));
        Ok(known)
    }

    /// A page of a driver's fixes.
    pub fn between(
        &self,
        driver: DriverNo,
        from: Timestamp,
        to: Timestamp,
        after: Option<Place>,
        limit: usize,
    ) -> Result<Vec<Kept>, StoreError> {
        let (from_ms, to_ms) = (from.as_millisecond(), to.as_millisecond());
        let after = after.unwrap_or(Place::FIRST);
        let waiting = self.waiting.of(driver, |row| {
            from_ms <= row.at_ms && row.at_ms < to_ms && row.place() > after
        });
        let (at, lat, lng) = after.numbers();
        let sql = format!(
            "SELECT {COLUMNS} FROM fix WHERE driver = $1 AND at >= $2 AND at < $3 AND (at, lat, lng) > ($4, $5, $6)
             ORDER BY at, lat, lng LIMIT $7"
        );
        let params: [Param<'_>; 7] = [
            &table::number(driver),
            // The later of both says more about which partitions are asked.
            &from_ms.max(at),
            &to_ms,
            &at,
            &lat,
            &lng,
            &i64::try_from(limit).unwrap_or(i64::MAX),
        ];
        // What the table has comes first, so that of two that are the same it is kept.
        let mut rows = self.rows(&sql, &params)?;
        rows.extend(waiting);
        rows.sort_by_key(Row::place);
        rows.dedup_by_key(|row| row.place());
        rows.truncate(limit);
        Ok(rows.iter().map(Row::kept).collect())
    }

    /// The last fix before a time, or up to a place, within an hour.
    pub fn neighbour(
        &self,
        driver: DriverNo,
        at: Timestamp,
        after: Option<Place>,
    ) -> Result<Option<Kept>, StoreError> {
        let to_ms = at.as_millisecond();
        let from = at.saturating_sub(NEIGHBOUR).unwrap_or(at);
        let from_ms = from.as_millisecond();
        // All places of the millisecond before come before it.
        let last = after.unwrap_or(Place::last_before(to_ms));
        let waiting = self.waiting.of(driver, |row| {
            from_ms <= row.at_ms && row.at_ms <= to_ms && row.place() <= last
        });
        let (last_at, lat, lng) = last.numbers();
        let sql = format!(
            "SELECT {COLUMNS} FROM fix
             WHERE driver = $1 AND at >= $2 AND at <= $3 AND (at, lat, lng) <= ($4, $5, $6) {NEWEST_FIRST}"
        );
        let params: [Param<'_>; 6] = [
            &table::number(driver),
            &from_ms,
            &to_ms,
            &last_at,
            &lat,
            &lng,
        ];
        let found = self.rows(&sql, &params)?;
        Ok(newest(waiting.into_iter().chain(found)))
    }

    /// The driver's newest fix.
    pub fn newest(&self, driver: DriverNo) -> Result<Option<Kept>, StoreError> {
        let waiting = self.waiting.of(driver, |_| true);
        let sql = format!("SELECT {COLUMNS} FROM fix WHERE driver = $1 {NEWEST_FIRST}");
        let found = self.rows(&sql, &[&table::number(driver)])?;
        Ok(newest(waiting.into_iter().chain(found)))
    }

    /// The newest fix of every driver who has one since then.
    pub fn newest_of_all(&self, since: Timestamp) -> Result<Vec<(DriverNo, Kept)>, StoreError> {
        let since_ms = since.as_millisecond();
        let mut newest = self.waiting.newest();
        let sql = format!(
            "SELECT t.no, f.* FROM fix_driver AS t
             CROSS JOIN LATERAL (SELECT {COLUMNS} FROM fix WHERE driver = t.no AND at >= $3 {NEWEST_FIRST}) AS f
             WHERE t.no >= $1 AND t.no < $2"
        );
        let mut first = 0;
        while first < self.numbers.next() {
            let after = first + DRIVERS;
            let found: BTreeMap<DriverNo, Row> = self.database.with(async |client| {
                let found = rows::query(client, &sql, &[&first, &after, &since_ms]).await?;
                let row = |row: &tokio_postgres::Row| {
                    let no: i32 = rows::get(row, 0)?;
                    let no = u32::try_from(no).map_err(|_| rows::misread("number"))?;
                    Ok((DriverNo(no), table::read(row, 1)?))
                };
                found.iter().map(row).collect()
            })?;
            for (driver, row) in found {
                let known = newest.entry(driver).or_insert(row);
                if known.place() < row.place() {
                    *known = row;
                }
            }
            first = after;
        }
        let recent = newest.into_iter().filter(|(_, row)| row.at_ms >= since_ms);
        Ok(recent.map(|(driver, row)| (driver, row.kept())).collect())
    }
}

fn newest(rows: impl Iterator<Item = Row>) -> Option<Kept> {
    rows.max_by_key(Row::place).map(|row| row.kept())
}
