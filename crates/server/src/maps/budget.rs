//! What may be asked of a paid service in a day and in a month, counted in elements (one pair of places, one question).
//!
//! An element is reserved before the question is put. The counts outlive a restart: the file in the data folder is written
//! some elements ahead of what was reserved, so a program that dies has counted too much rather than too little.

use std::io;
use std::path::{Path, PathBuf};
use std::sync::Mutex;

use jiff::civil::Date;
use jiff::{Timestamp, ToSpan};
use pontic_core::time::{date_at, zone};
use serde::{Deserialize, Serialize};

use crate::config;

/// Where the counts are kept, in the data folder.
const FILE: &str = "maps-budget.json";
/// Google counts and bills by the days of this zone.
const ZONE: &str = "America/Los_Angeles";
/// The file is written so many elements ahead at most, and at most a hundredth of the smaller limit.
const MOST_AHEAD: u64 = 50;

/// The budget, and what is spent of it.
#[derive(Debug)]
pub struct Budget {
    limits: config::Budget,
    ahead: u64,
    file: Option<PathBuf>,
    spent: Mutex<Spent>,
    /// Held while the file is written.
    kept: Mutex<Counts>,
}

/// What was counted.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
struct Counts {
    /// The day in [`ZONE`]; its month is the month.
    day: Date,
    /// Elements of that day.
    of_day: u64,
    /// Elements of its month.
    of_month: u64,
}

#[derive(Debug)]
struct Spent {
    counts: Counts,
    /// The counts of the file do for so many more elements.
    ahead: u64,
}

/// Nothing is left of the day or the month.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct OverBudget;

/// An element that may be asked for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[must_use]
pub struct Reserved {
    /// The counts in the file are used up: call [`Budget::keep`], from a thread that may wait for the disk.
    pub to_keep: bool,
}

impl Budget {
    /// The budget with what `data` remembers of it. Without limits there is nothing to remember.
    pub fn open(limits: config::Budget, data: &Path, now: Timestamp) -> Self {
        let smaller = [limits.day, limits.month]
            .into_iter()
            .filter(|limit| *limit > 0)
            .min();
        let file = smaller.map(|_| data.join(FILE));
        let counts = file.as_deref().map_or(Ok(None), read);
        let counts = counts.unwrap_or_else(|error| {
            tracing::warn!(%error, "{FILE} cannot be read: the budget of travel times begins anew");
            None
        });
        let today = today(now);
        let counts = counts.unwrap_or(Counts::none(today)).on(today);
        Self {
            limits,
            ahead: smaller.map_or(MOST_AHEAD, |limit| (limit / 100).clamp(1, MOST_AHEAD)),
            file,
            spent: Mutex::new(Spent { counts, ahead: 0 }),
            kept: Mutex::new(counts),
        }
    }

    /// Takes one element from what is left at `now`.
    pub fn reserve(&self, now: Timestamp) -> Result<Reserved, OverBudget> {
        let today = today(now);
        let mut spent = self.spent.lock().map_err(|_| OverBudget)?;
        if spent.counts.day != today {
            spent.counts = spent.counts.on(today);
            spent.ahead = 0;
        }
        let counts = &mut spent.counts;
        let is_left = |limit, count| limit == 0 || count < limit;
        if !is_left(self.limits.day, counts.of_day) || !is_left(self.limits.month, counts.of_month)
        {
            return Err(OverBudget);
        }
        counts.of_day += 1;
        counts.of_month += 1;
        let to_keep = self.file.is_some() && spent.ahead == 0;
        spent.ahead = if to_keep {
            self.ahead
        } else {
            spent.ahead.saturating_sub(1)
        };
        Ok(Reserved { to_keep })
    }

    /// Writes the counts, and what may be reserved before the next time. Blocks on the disk.
    pub fn keep(&self) {
        let (Some(file), Ok(mut kept)) = (&self.file, self.kept.lock()) else {
            return;
        };
        let Ok(mut counts) = self.spent.lock().map(|spent| spent.counts) else {
            return;
        };
        counts.of_day += self.ahead;
        counts.of_month += self.ahead;
        // Two that write at once may come here in either order.
        if *kept == counts {
            return;
        }
        match write(file, &counts) {
            Ok(()) => *kept = counts,
            Err(error) => tracing::warn!(%error, "{FILE} cannot be written"),
        }
    }
}

impl Counts {
    const fn none(day: Date) -> Self {
        Self {
            day,
            of_day: 0,
            of_month: 0,
        }
    }

    /// The counts as they stand on `today`; another day begins with none, in either direction: a clock that was wrong once
    /// must not leave a budget that never ends.
    fn on(self, today: Date) -> Self {
        let same_month = self.day.first_of_month() == today.first_of_month();
        Self {
            day: today,
            of_day: if self.day == today { self.of_day } else { 0 },
            of_month: if same_month { self.of_month } else { 0 },
        }
    }
}

fn today(now: Timestamp) -> Date {
    date_at(now, &zone(ZONE))
}

/// When the service counts anew after `now`.
pub fn next_day(now: Timestamp) -> Timestamp {
    let midnight = now
        .to_zoned(zone(ZONE))
        .tomorrow()
        .and_then(|tomorrow| tomorrow.start_of_day());
    midnight.map_or_else(
        |_| now.checked_add(24.hours()).unwrap_or(Timestamp::MAX),
        |midnight| midnight.timestamp(),
    )
}

fn read(file: &Path) -> io::Result<Option<Counts>> {
    match std::fs::read(file) {
        Ok(bytes) => Ok(Some(serde_json::from_slice(&bytes)?)),
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
        Err(error) => Err(error),
    }
}

/// Whole or not at all, as far as this program is concerned.
fn write(file: &Path, counts: &Counts) -> io::Result<()> {
    let new = file.with_extension("json.new");
    std::fs::write(&new, serde_json::to_vec(counts)?)?;
    std::fs::rename(new, file)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn time(text: &str) -> Timestamp {
        text.parse().expect("a time")
    }

    fn open(day: u64, month: u64, data: &Path, now: &str) -> Budget {
        Budget::open(config::Budget { day, month }, data, time(now))
    }

    /// How many of `times` are let through, each kept as it asks.
    fn spend(budget: &Budget, times: usize, now: &str) -> usize {
        let reserve = || {
            budget.reserve(time(now)).is_ok_and(|reserved| {
                if reserved.to_keep {
                    budget.keep();
                }
                true
            })
        };
        std::iter::repeat_with(reserve)
            .take(times)
            .filter(|passed| *passed)
            .count()
    }

    #[test]
    fn a_day_ends_at_midnight_on_the_pacific_and_a_month_with_its_last_day() {
        let dir = tempfile::tempdir().expect("a folder");
        let budget = open(3, 5, dir.path(), "2026-11-29T20:00:00Z");
        assert_eq!(spend(&budget, 9, "2026-11-29T20:00:00Z"), 3);
        assert_eq!(spend(&budget, 9, "2026-11-30T07:59:59Z"), 0);
        assert_eq!(spend(&budget, 9, "2026-11-30T08:00:00Z"), 2, "the month's");
        assert_eq!(spend(&budget, 9, "2026-12-01T08:00:00Z"), 3);
    }

    #[test]
    fn no_limit_is_no_file() {
        let dir = tempfile::tempdir().expect("a folder");
        let budget = open(0, 0, dir.path(), "2026-11-23T20:00:00Z");
        assert_eq!(spend(&budget, 1_000, "2026-11-23T20:00:00Z"), 1_000);
        assert!(!dir.path().join(FILE).exists());
    }

    #[test]
    fn a_restart_gives_nothing_back() {
        let dir = tempfile::tempdir().expect("a folder");
        let now = "2026-11-23T20:00:00Z";
        let mut passed = 0;
        let mut restarts = 0;
        loop {
            let by_one_run = spend(&open(1_000, 0, dir.path(), now), 7, now);
            if by_one_run == 0 {
                break;
            }
            passed += by_one_run;
            restarts += 1;
            assert!(restarts < 1_000, "it is never spent");
        }
        // Each run wrote up to ten ahead (a hundredth) and used seven of those.
        assert!((600..=1_000).contains(&passed), "{passed}");
        let tomorrow = "2026-11-24T20:00:00Z";
        assert_eq!(spend(&open(1_000, 0, dir.path(), tomorrow), 7, tomorrow), 7);
    }

    #[test]
    fn a_file_that_nobody_can_read_begins_anew() {
        let dir = tempfile::tempdir().expect("a folder");
        std::fs::write(dir.path().join(FILE), b"{\"day\":").expect("written");
        let now = "2026-11-23T20:00:00Z";
        assert_eq!(spend(&open(2, 0, dir.path(), now), 5, now), 2);
    }

    #[test]
    fn the_next_day_begins_at_midnight_also_when_clocks_change() {
        for (now, expected) in [
            ("2026-11-23T20:00:00Z", "2026-11-24T08:00:00Z"),
            ("2026-11-24T07:59:59Z", "2026-11-24T08:00:00Z"),
            ("2026-11-24T08:00:00Z", "2026-11-25T08:00:00Z"),
            // 25 hours, then 23.
            ("2026-11-01T07:00:00Z", "2026-11-02T08:00:00Z"),
            ("2026-03-08T08:00:00Z", "2026-03-09T07:00:00Z"),
        ] {
            assert_eq!(next_day(time(now)), time(expected), "{now}");
        }
    }
}
