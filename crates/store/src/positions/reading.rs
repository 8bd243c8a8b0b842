//! A driver's history: from the tails and every file that may have some of it.

use std::collections::{BTreeSet, HashMap};
use std::sync::Arc;

use jiff::{SignedDuration, Timestamp};
use pontic_core::fix::Fix;

use super::closed::Closed;
use super::open::{Tail, Tails};
use super::row::{Place, Row};
use super::{DriverNo, Kept, Positions};
use crate::StoreError;

/// A long history is read in pieces of so many milliseconds (a day), so that a page of it costs no more than a page.
const PIECE_MS: i64 = 86_400_000;
/// Further back no neighbour tells anything of a fix.
const NEIGHBOUR: SignedDuration = SignedDuration::from_hours(1);

/// What there is at one moment.
struct View {
    frozen: Option<Arc<Tails>>,
    closed: Vec<Arc<Closed>>,
    /// The driver's tail of the open quarter, copied as it is: whoever sends must not wait for its reading.
    open: Tail,
}

impl Positions {
    fn view(&self, driver: DriverNo, from_ms: i64, to_ms: i64) -> View {
        let state = self.shared.lock();
        let tail = state.open.tails.of(driver);
        let meets = |span: (i64, i64)| span.0 <= to_ms && from_ms <= span.1;
        let tail = tail.filter(|tail| tail.span().is_some_and(meets));
        let files = state.closed.iter();
        View {
            frozen: state.frozen.clone(),
            closed: files
                .filter(|file| file.meets(from_ms, to_ms))
                .cloned()
                .collect(),
            open: tail.cloned().unwrap_or_default(),
        }
    }

    /// The driver's rows between the two times, both included, in order.
    fn rows(&self, driver: DriverNo, from_ms: i64, to_ms: i64) -> Result<Vec<Row>, StoreError> {
        let view = self.view(driver, from_ms, to_ms);
        let mut rows: Vec<Row> = view.open.rows().collect();
        if let Some(tail) = view.frozen.as_ref().and_then(|tails| tails.of(driver)) {
            rows.extend(tail.rows());
        }
        for file in view.closed {
            if let Some(entry) = file.find(driver)?
                && entry.meets(from_ms, to_ms)
            {
                rows.extend(file.rows(&entry)?);
            }
        }
        rows.retain(|row| from_ms <= row.at_ms && row.at_ms <= to_ms);
        rows.sort_by_key(Row::place);
        // A quarter that was just closed may be seen as tail and as file.
        rows.dedup_by_key(|row| row.place());
        Ok(rows)
    }

    /// Those of the fixes' places that the driver has.
    pub fn known(&self, driver: DriverNo, fixes: &[Fix]) -> Result<BTreeSet<Place>, StoreError> {
        let mut known = BTreeSet::new();
        for place in fixes.iter().map(Place::of) {
            let at_ms = place.at().as_millisecond();
            let rows = self.rows(driver, at_ms, at_ms)?;
            known.extend(rows.iter().map(Row::place).find(|found| *found == place));
        }
        Ok(known)
    }

    /// Up to `limit` fixes of a driver with times in `from..to`, after the place `after`, in the order of places.
    pub fn read(
        &self,
        driver: DriverNo,
        from: Timestamp,
        to: Timestamp,
        after: Option<Place>,
        limit: usize,
    ) -> Result<Vec<Kept>, StoreError> {
        let Some((oldest_ms, newest_ms)) = self.span_of(driver) else {
            return Ok(Vec::new());
        };
        let from_ms = after.map_or(from, |after| after.at().max(from));
        let mut from_ms = from_ms.as_millisecond().max(oldest_ms);
        let last_ms = (to.as_millisecond() - 1).min(newest_ms);
        let mut found = Vec::new();
        while from_ms <= last_ms && found.len() < limit {
            let to_ms = from_ms.saturating_add(PIECE_MS - 1).min(last_ms);
            let rows = self.rows(driver, from_ms, to_ms)?;
            let rows = rows
                .iter()
                .filter(|row| after.is_none_or(|after| row.place() > after));
            let left = limit - found.len();
            found.extend(rows.take(left).map(Row::kept));
            from_ms = to_ms + 1;
        }
        Ok(found)
    }

    /// Between which times there may be fixes, of anybody.
    pub fn span(&self) -> Option<(Timestamp, Timestamp)> {
        let state = self.shared.lock();
        let tails = state.open.tails.iter();
        let frozen = state.frozen.iter().flat_map(|tails| tails.iter());
        let closed = state.closed.iter().map(|file| file.span());
        let spans = tails.chain(frozen).filter_map(|(_, tail)| tail.span());
        let whole = spans
            .chain(closed)
            .reduce(|one, other| (one.0.min(other.0), one.1.max(other.1)))?;
        let at = |ms| Timestamp::from_millisecond(ms).ok();
        Some((at(whole.0)?, at(whole.1)?))
    }

    /// Between which times there may be fixes of the driver.
    fn span_of(&self, driver: DriverNo) -> Option<(i64, i64)> {
        let view = self.view(driver, i64::MIN, i64::MAX);
        let open = view.open.span();
        let frozen = view
            .frozen
            .as_ref()
            .and_then(|tails| tails.of(driver)?.span());
        let closed = view.closed.iter().map(|file| file.span());
        open.into_iter()
            .chain(frozen)
            .chain(closed)
            .reduce(|one, other| (one.0.min(other.0), one.1.max(other.1)))
    }

    /// The last fix before `at`, or at `after`, within an hour: what a fix after it is held against.
    pub fn before(
        &self,
        driver: DriverNo,
        at: Timestamp,
        after: Option<Place>,
    ) -> Result<Option<Kept>, StoreError> {
        let to_ms = at.as_millisecond();
        let from = at.saturating_sub(NEIGHBOUR).unwrap_or(at);
        let rows = self.rows(driver, from.as_millisecond(), to_ms)?;
        let is_before = |row: &&Row| match after {
            Some(after) => row.place() <= after,
            None => row.at_ms < to_ms,
        };
        Ok(rows.iter().rev().find(is_before).map(Row::kept))
    }

    /// The driver's newest fix.
    pub fn last(&self, driver: DriverNo) -> Result<Option<Kept>, StoreError> {
        let view = self.view(driver, i64::MIN, i64::MAX);
        let mut newest = view.open.rows().max_by_key(Row::place);
        if let Some(tail) = view.frozen.as_ref().and_then(|tails| tails.of(driver)) {
            newest = newest.into_iter().chain(tail.rows()).max_by_key(Row::place);
        }
        for file in view.closed.iter().rev() {
            let known_ms = newest.map_or(i64::MIN, |row| row.at_ms);
            if let Some(entry) = file.find(driver)?
                && entry.meets(known_ms, i64::MAX)
            {
                let rows = file.rows(&entry)?;
                newest = newest.into_iter().chain(rows).max_by_key(Row::place);
            }
        }
        Ok(newest.map(|row| row.kept()))
    }

    /// The newest fix of every driver who has one since then.
    pub fn latest(&self, since: Timestamp) -> Result<Vec<(DriverNo, Kept)>, StoreError> {
        let since_ms = since.as_millisecond();
        let (mut newest, closed) = {
            let state = self.shared.lock();
            let mut newest: HashMap<DriverNo, Row> = HashMap::new();
            let tails = state.open.tails.iter();
            let frozen = state.frozen.iter().flat_map(|tails| tails.iter());
            for (driver, tail) in tails.chain(frozen) {
                keep_newest(&mut newest, driver, tail.rows());
            }
            (newest, state.closed.clone())
        };
        for file in closed.iter().filter(|file| file.meets(since_ms, i64::MAX)) {
            for place in 0..file.drivers() {
                let entry = file.entry(place)?;
                let known_ms = newest.get(&entry.driver).map_or(since_ms, |row| row.at_ms);
                if entry.meets(known_ms, i64::MAX) {
                    keep_newest(&mut newest, entry.driver, file.rows(&entry)?.into_iter());
                }
            }
        }
        let recent = newest.into_iter().filter(|(_, row)| row.at_ms >= since_ms);
        Ok(recent.map(|(driver, row)| (driver, row.kept())).collect())
    }
}

fn keep_newest(
    newest: &mut HashMap<DriverNo, Row>,
    driver: DriverNo,
    rows: impl Iterator<Item = Row>,
) {
    let known = newest.get(&driver).copied();
    if let Some(row) = known.into_iter().chain(rows).max_by_key(Row::place) {
        newest.insert(driver, row);
    }
}
