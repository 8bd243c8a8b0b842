//! Times as others write them, and as we write them.

mod scanner;

use std::fmt;

use jiff::Timestamp;
use jiff::civil::{Date, DateTime, Time};
use jiff::tz::{AmbiguousOffset, Offset, TimeZone};
use pontic_core::fault::Reason;
use serde::{Serialize, Serializer};

use scanner::{Scanner, WrittenClock, WrittenDate, WrittenOffset};

/// Years up to this one mean "no date" (Open Dental writes the year 1, others 1753).
const LAST_YEAR_OF_NO_DATE: i16 = 1880;
const YEARS: std::ops::RangeInclusive<i16> = 2000..=2099;
const MAX_OFFSET_MINUTES: i32 = 18 * 60;
const SECONDS_PER_DAY: i64 = 86_400;

/// A time as it was written: with an offset, or meaning the clock on the clinic's wall.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum WireTime {
    /// Written with an offset.
    Instant(Timestamp),
    /// Written without one.
    Local {
        /// The date and time on the wall; `:59` where `:60` was written.
        datetime: DateTime,
        /// Second 60 was written: true only if this proves to be the last minute of a UTC day.
        leap_second: bool,
    },
}

/// What became of a local time in its zone.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Resolved {
    /// The instant meant.
    pub instant: Timestamp,
    /// Why it is not simply the time written.
    pub adjusted: Option<Adjusted>,
}

/// How a time was fitted to a change of the clocks.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Adjusted {
    /// The clocks skipped it; moved forward by what they skipped.
    Gap,
    /// The clocks showed it twice; the first is meant.
    Fold,
}

impl Adjusted {
    /// Both, as [`crate::fields::word`] wants them.
    pub const WORDS: &[(&'static str, Self)] = &[("gap", Self::Gap), ("fold", Self::Fold)];

    /// The word that stands in records.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Gap => "gap",
            Self::Fold => "fold",
        }
    }
}

impl fmt::Display for Adjusted {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

impl Serialize for Adjusted {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(self.as_str())
    }
}

/// Reads `YYYY-MM-DD`, then `T`, `t` or one space, then `HH:MM:SS`, an optional fraction and an
/// optional offset (`Z`, `z`, `±HH:MM`).
///
/// Gives what was written, or why it is no time: `required` (the year says "no date"),
/// `missing_time` (a date alone), `invalid_format`, `out_of_range` (the year), or
/// `invalid_datetime` (no such date, time or offset).
pub fn parse(text: &str) -> Result<WireTime, Reason> {
    let mut scanner = Scanner::new(text);
    let date = scanner.date().ok_or(Reason::InvalidFormat)?;
    if scanner.is_done() {
        return Err(Reason::MissingTime);
    }
    let (clock, offset) = scanner.clock_and_offset().ok_or(Reason::InvalidFormat)?;
    let date = real_date(&date)?;
    let leap_second = clock.second == 60;
    let datetime = date.to_datetime(real_time(&clock)?);
    match offset {
        None => Ok(WireTime::Local {
            datetime,
            leap_second,
        }),
        Some(offset) => {
            let instant = real_offset(&offset)?
                .to_timestamp(datetime)
                .map_err(|_| Reason::InvalidDatetime)?;
            check_leap_second(instant, leap_second)?;
            Ok(WireTime::Instant(instant))
        }
    }
}

/// Reads a date `YYYY-MM-DD`. The faults are those of [`parse`], `missing_time` aside.
pub fn parse_date(text: &str) -> Result<Date, Reason> {
    let mut scanner = Scanner::new(text);
    let date = scanner
        .date()
        .filter(|_| scanner.is_done())
        .ok_or(Reason::InvalidFormat)?;
    real_date(&date)
}

impl WireTime {
    /// Gives the instant meant, in the zone whose clocks a local time was read from;
    /// `invalid_datetime` for a second 60 that is not the end of a UTC day there.
    pub fn resolve(self, zone: &TimeZone) -> Result<Resolved, Reason> {
        let (datetime, leap_second) = match self {
            Self::Instant(instant) => {
                return Ok(Resolved {
                    instant,
                    adjusted: None,
                });
            }
            Self::Local {
                datetime,
                leap_second,
            } => (datetime, leap_second),
        };
        let ambiguous = zone.to_ambiguous_timestamp(datetime);
        let adjusted = match ambiguous.offset() {
            AmbiguousOffset::Unambiguous { .. } => None,
            AmbiguousOffset::Gap { .. } => Some(Adjusted::Gap),
            AmbiguousOffset::Fold { .. } => Some(Adjusted::Fold),
        };
        let instant = ambiguous
            .compatible()
            .map_err(|_| Reason::InvalidDatetime)?;
        check_leap_second(instant, leap_second)?;
        Ok(Resolved { instant, adjusted })
    }
}

fn real_date(written: &WrittenDate) -> Result<Date, Reason> {
    if written.year <= LAST_YEAR_OF_NO_DATE {
        return Err(Reason::Required);
    }
    if !YEARS.contains(&written.year) {
        return Err(Reason::OutOfRange);
    }
    Date::new(written.year, written.month, written.day).map_err(|_| Reason::InvalidDatetime)
}

fn real_time(written: &WrittenClock) -> Result<Time, Reason> {
    let second = if written.second == 60 {
        59
    } else {
        written.second
    };
    Time::new(written.hour, written.minute, second, written.nanosecond)
        .map_err(|_| Reason::InvalidDatetime)
}

fn real_offset(written: &WrittenOffset) -> Result<Offset, Reason> {
    let minutes = i32::from(written.hours) * 60 + i32::from(written.minutes);
    if written.minutes >= 60 || minutes > MAX_OFFSET_MINUTES {
        return Err(Reason::InvalidDatetime);
    }
    let sign = if written.negative { -1 } else { 1 };
    Offset::from_seconds(sign * minutes * 60).map_err(|_| Reason::InvalidDatetime)
}

/// Leap seconds exist only at the end of a UTC day, so only there can `:60` be meant.
fn check_leap_second(instant: Timestamp, leap_second: bool) -> Result<(), Reason> {
    let ends_a_day = instant.as_second().rem_euclid(SECONDS_PER_DAY) == SECONDS_PER_DAY - 1;
    if leap_second && !ends_a_day {
        Err(Reason::InvalidDatetime)
    } else {
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn utc(text: &str) -> WireTime {
        WireTime::Instant(text.parse().unwrap())
    }

    #[test]
    fn times_with_an_offset() {
        let cases = [
            ("2025-01-20T14:00:00Z", "2025-01-20T14:00:00Z"),
            ("2025-01-20t14:00:00z", "2025-01-20T14:00:00Z"),
            ("2025-01-20 14:00:00.5+05:30", "2025-01-20T08:30:00.5Z"),
            (
                "2025-01-20T14:00:00.123456789123-18:00",
                "2025-01-21T08:00:00.123456789Z",
            ),
            ("2025-01-20T14:00:00-00:00", "2025-01-20T14:00:00Z"),
            ("2025-06-30T23:59:60Z", "2025-06-30T23:59:59Z"),
            ("2025-07-01T05:29:60+05:30", "2025-06-30T23:59:59Z"),
            ("2024-02-29T00:00:00Z", "2024-02-29T00:00:00Z"),
        ];
        for (text, expected) in cases {
            assert_eq!(parse(text), Ok(utc(expected)), "{text}");
        }
    }

    #[test]
    fn what_is_no_time() {
        let cases = [
            ("2025-01-20", Reason::MissingTime),
            ("2025-02-30", Reason::MissingTime),
            ("2025-01-20T", Reason::InvalidFormat),
            ("2025-01-20T14:00Z", Reason::InvalidFormat),
            ("2025-01-20 14:00", Reason::InvalidFormat),
            ("2025-01-20  14:00:00", Reason::InvalidFormat),
            ("2025-01-20T14:00:00.Z", Reason::InvalidFormat),
            ("2025-01-20T14:00:00,5Z", Reason::InvalidFormat),
            ("2025-01-20T14:00:00 Z", Reason::InvalidFormat),
            ("2025-01-20T14:00:00+0530", Reason::InvalidFormat),
            ("2025-01-20T14:00:00+05", Reason::InvalidFormat),
            ("2025-01-20T14:00:00Zx", Reason::InvalidFormat),
            ("2025-1-20T14:00:00Z", Reason::InvalidFormat),
            ("20250120T140000Z", Reason::InvalidFormat),
            ("01/20/2025 2:00 PM", Reason::InvalidFormat),
            ("٢٠٢٥-01-20T14:00:00Z", Reason::InvalidFormat),
            ("+2025-01-20T14:00:00Z", Reason::InvalidFormat),
            ("1737381600", Reason::InvalidFormat),
            ("0001-01-01 00:00:00", Reason::Required),
            ("0000-00-00 00:00:00", Reason::Required),
            ("1880-12-31T23:59:59Z", Reason::Required),
            ("1881-01-01T00:00:00Z", Reason::OutOfRange),
            ("1999-12-31T23:59:59Z", Reason::OutOfRange),
            ("2100-01-01T00:00:00Z", Reason::OutOfRange),
            ("2025-02-30T14:00:00Z", Reason::InvalidDatetime),
            ("2025-02-29T14:00:00Z", Reason::InvalidDatetime),
            ("2025-13-01T14:00:00Z", Reason::InvalidDatetime),
            ("2025-01-20T24:00:00Z", Reason::InvalidDatetime),
            ("2025-01-20T14:60:00Z", Reason::InvalidDatetime),
            ("2025-01-20T14:00:60Z", Reason::InvalidDatetime),
            ("2025-06-30T23:59:60+01:00", Reason::InvalidDatetime),
            ("2025-06-30T23:59:61Z", Reason::InvalidDatetime),
            ("2025-01-20T14:00:00+18:01", Reason::InvalidDatetime),
            ("2025-01-20T14:00:00-19:00", Reason::InvalidDatetime),
            ("2025-01-20T14:00:00+05:60", Reason::InvalidDatetime),
        ];
        for (text, reason) in cases {
            assert_eq!(parse(text), Err(reason), "{text}");
        }
    }

    #[track_caller]
    fn check_local(zone: &str, text: &str, instant: &str, adjusted: Option<Adjusted>) {
        let zone = TimeZone::get(zone).unwrap();
        let resolved = parse(text).unwrap().resolve(&zone);
        assert_eq!(
            resolved,
            Ok(Resolved {
                instant: instant.parse().unwrap(),
                adjusted
            })
        );
    }

    #[test]
    fn local_times_meet_the_clocks() {
        let new_york = "America/New_York";
        check_local(
            new_york,
            "2025-07-01 09:30:00",
            "2025-07-01T13:30:00Z",
            None,
        );
        check_local(
            new_york,
            "2025-03-09 02:30:00",
            "2025-03-09T07:30:00Z",
            Some(Adjusted::Gap),
        );
        check_local(
            new_york,
            "2025-11-02 01:30:00",
            "2025-11-02T05:30:00Z",
            Some(Adjusted::Fold),
        );
        check_local(
            new_york,
            "2025-11-02T01:30:00-05:00",
            "2025-11-02T06:30:00Z",
            None,
        );
        // Half an hour only, on Lord Howe Island.
        check_local(
            "Australia/Lord_Howe",
            "2025-10-05 02:15:00",
            "2025-10-04T15:45:00Z",
            Some(Adjusted::Gap),
        );
        check_local(
            new_york,
            "2025-06-30 19:59:60",
            "2025-06-30T23:59:59Z",
            None,
        );
        let zone = TimeZone::get(new_york).unwrap();
        let elsewhere = parse("2025-06-30 23:59:60").unwrap();
        assert_eq!(elsewhere.resolve(&zone), Err(Reason::InvalidDatetime));
        assert!(elsewhere.resolve(&TimeZone::UTC).is_ok());
    }

    #[test]
    fn dates() {
        assert_eq!(parse_date("2025-01-20"), Ok(jiff::civil::date(2025, 1, 20)));
        assert_eq!(parse_date("2025-02-30"), Err(Reason::InvalidDatetime));
        assert_eq!(
            parse_date("2025-01-20T14:00:00Z"),
            Err(Reason::InvalidFormat)
        );
        assert_eq!(parse_date("2025-1-2"), Err(Reason::InvalidFormat));
        assert_eq!(parse_date("0001-01-01"), Err(Reason::Required));
    }

    #[test]
    fn milliseconds_only_when_not_zero() {
        let cases = [
            ("2025-01-20T14:00:00Z", "2025-01-20T14:00:00Z"),
            ("2025-01-20T14:00:00.5Z", "2025-01-20T14:00:00.500Z"),
            ("2025-01-20T14:00:00.1239Z", "2025-01-20T14:00:00.123Z"),
            ("2025-01-20T14:00:00.0009Z", "2025-01-20T14:00:00Z"),
        ];
        for (instant, expected) in cases {
            assert_eq!(
                pontic_core::time::format(instant.parse().unwrap()),
                expected
            );
        }
    }
}
