//! What is over becomes compact: tails a file, quarters an hour, hours a day; and what is too old goes.

use std::path::Path;
use std::sync::{Arc, PoisonError};
use std::time::{Duration, Instant};

use jiff::Timestamp;

use super::closed::{Closed, Tier, Writer};
use super::open::Tails;
use super::row::Row;
use super::{DriverNo, Positions, journal};
use crate::StoreError;

/// Seconds of a quarter, an hour and a day.
const QUARTER_S: i64 = 900;
const HOUR_S: i64 = 3_600;
const DAY_S: i64 = 86_400;
/// How long to wait between looks at whether a journal is written.
const LOOK: Duration = Duration::from_millis(5);

/// The disk may take so long.
const PATIENCE: Duration = Duration::from_secs(10);

/// The quarter at `now`, in unix seconds.
pub fn quarter_at(now: Timestamp) -> i64 {
    now.as_second().div_euclid(QUARTER_S) * QUARTER_S
}

/// Writes the file of a quarter; none if nothing came in it.
pub fn write_tails(
    dir: &Path,
    quarter: i64,
    tails: &Tails,
) -> Result<Option<Arc<Closed>>, StoreError> {
    let mut writer = None;
    for (driver, tail) in tails.iter() {
        let mut rows: Vec<Row> = tail.rows().collect();
        rows.sort_by_key(Row::place);
        let writer = match &mut writer {
            Some(writer) => writer,
            none => none.insert(Writer::new(dir, Tier::Quarter, quarter, quarter)?),
        };
        writer.add(driver, &rows)?;
    }
    writer.map(Writer::finish).transpose()
}

/// Reads a file driver by driver, each chunk once.
struct Reader {
    file: Arc<Closed>,
    next: u32,
    chunk: Option<(u32, Vec<Row>)>,
}

impl Reader {
    /// The driver whose rows come next.
    fn driver(&self) -> Result<Option<DriverNo>, StoreError> {
        if self.next >= self.file.drivers() {
            return Ok(None);
        }
        Ok(Some(self.file.entry(self.next)?.driver))
    }

    /// The rows of the next driver.
    fn read(&mut self, out: &mut Vec<Row>) -> Result<(), StoreError> {
        let entry = self.file.entry(self.next)?;
        self.next += 1;
        if self
            .chunk
            .as_ref()
            .is_none_or(|(chunk, _)| *chunk != entry.chunk)
        {
            self.chunk = Some((entry.chunk, self.file.chunk(entry.chunk)?));
        }
        if let Some((_, rows)) = &self.chunk {
            let own = rows.iter().skip(entry.first as usize);
            out.extend(own.take(entry.count as usize));
        }
        Ok(())
    }
}

/// Merges files into one of a higher tier.
fn merge(dir: &Path, tier: Tier, files: &[Arc<Closed>]) -> Result<Arc<Closed>, StoreError> {
    let first = files.iter().map(|file| file.first_quarter()).min();
    let last = files.iter().map(|file| file.last_quarter()).max();
    let mut writer = Writer::new(dir, tier, first.unwrap_or(0), last.unwrap_or(0))?;
    let mut readers: Vec<Reader> = files
        .iter()
        .map(|file| Reader {
            file: Arc::clone(file),
            next: 0,
            chunk: None,
        })
        .collect();
    let mut rows = Vec::new();
    loop {
        let mut least = None;
        for reader in &readers {
            least = least.into_iter().chain(reader.driver()?).min();
        }
        let Some(driver) = least else {
            return writer.finish();
        };
        rows.clear();
        for reader in &mut readers {
            if reader.driver()? == Some(driver) {
                reader.read(&mut rows)?;
            }
        }
        rows.sort_by_key(Row::place);
        writer.add(driver, &rows)?;
    }
}

impl Positions {
    /// Closes the quarter that is over, and merges the quarters of hours that are over. Appending goes on meanwhile.
    pub fn close_hours(&self, now: Timestamp) -> Result<(), StoreError> {
        let _one = self.closing.lock().unwrap_or_else(PoisonError::into_inner);
        self.close_quarter(now)?;
        self.merge_all(Tier::Hour, HOUR_S)
    }

    /// Merges the hours of days that are over.
    pub fn close_days(&self, _now: Timestamp) -> Result<(), StoreError> {
        let _one = self.closing.lock().unwrap_or_else(PoisonError::into_inner);
        self.merge_all(Tier::Day, DAY_S)
    }

    fn close_quarter(&self, now: Timestamp) -> Result<(), StoreError> {
        let quarter = quarter_at(now);
        let (over, tails, ticket) = {
            let mut state = self.shared.lock();
            if let Some(tails) = &state.frozen {
                // The last try did not get through.
                (
                    state.open.frozen_quarter,
                    Arc::clone(tails),
                    state.open.frozen_ticket,
                )
            } else if quarter > state.open.quarter {
                let tails = Arc::new(std::mem::take(&mut state.open.tails));
                let over = std::mem::replace(&mut state.open.quarter, quarter);
                state.open.frozen_quarter = over;
                state.open.frozen_ticket = state.open.ticket;
                state.frozen = Some(Arc::clone(&tails));
                (over, tails, state.open.ticket)
            } else {
                return Ok(());
            }
        };
        let file = write_tails(&self.shared.dir, over, &tails)?;
        let is_empty = file.is_none();
        {
            let mut state = self.shared.lock();
            state.closed.extend(file);
            state.frozen = None;
        }
        // The writer may still be at the end of the journal; one that stays is removed at the next start.
        let since = Instant::now();
        while self.shared.lock().open.durable < ticket && !is_empty {
            if since.elapsed() > PATIENCE {
                return Ok(());
            }
            std::thread::sleep(LOOK);
        }
        match std::fs::remove_file(journal::path(&self.shared.dir, over)) {
            Err(error) if error.kind() != std::io::ErrorKind::NotFound => {
                Err(super::row::io(error))
            }
            _ => Ok(()),
        }
    }

    /// Merges files of lower tiers, where their whole span is over.
    fn merge_all(&self, tier: Tier, span_s: i64) -> Result<(), StoreError> {
        loop {
            let files: Vec<Arc<Closed>> = {
                let state = self.shared.lock();
                let span = |file: &Closed| file.first_quarter().div_euclid(span_s);
                let now = state.open.quarter.div_euclid(span_s);
                let is_over = |file: &&Arc<Closed>| file.tier < tier && span(file) < now;
                let Some(oldest) = state.closed.iter().find(is_over).map(|file| span(file)) else {
                    return Ok(());
                };
                let of_span = state.closed.iter().filter(is_over);
                let of_span = of_span.filter(|file| span(file) == oldest);
                of_span.cloned().collect()
            };
            let merged = merge(&self.shared.dir, tier, &files)?;
            {
                let mut state = self.shared.lock();
                let is_part = |file: &Arc<Closed>| files.iter().any(|part| Arc::ptr_eq(part, file));
                state.closed.retain(|file| !is_part(file));
                state.closed.push(merged);
                state.closed.sort_by_key(|file| file.first_quarter());
            }
            for file in files {
                file.remove()?;
            }
        }
    }

    /// Forgets days that came before the retention; gives how many files went.
    pub fn prune(&self, now: Timestamp) -> Result<usize, StoreError> {
        let _one = self.closing.lock().unwrap_or_else(PoisonError::into_inner);
        let before = now.saturating_sub(self.options.retention);
        let before_s = before.map_or(i64::MIN, Timestamp::as_second);
        let old: Vec<Arc<Closed>> = {
            let mut state = self.shared.lock();
            let is_old = |file: &Arc<Closed>| file.last_quarter() + QUARTER_S <= before_s;
            let (old, kept) = std::mem::take(&mut state.closed)
                .into_iter()
                .partition(is_old);
            state.closed = kept;
            old
        };
        for file in &old {
            file.remove()?;
        }
        Ok(old.len())
    }
}
