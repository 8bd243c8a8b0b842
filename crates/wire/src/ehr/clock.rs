//! The forms of a system's times.

use jiff::Timestamp;
use jiff::fmt::temporal::DateTimePrinter;
use jiff::tz::TimeZone;
use pontic_core::fault::Reason;

use crate::fields::trimmed;
use crate::json::Json;
use crate::time::{self, Adjusted, Resolved, WireTime};

/// How a system writes a time.
#[derive(Clone, Copy)]
pub(super) enum Clock {
    /// With an offset always, to the millisecond.
    Utc,
    /// As the clock on the clinic's wall shows it, to the second; an offset, where given, wins.
    Wall {
        /// Between date and time, when we write it.
        separator: u8,
    },
}

impl Clock {
    pub(super) fn read(self, json: &Json<'_>) -> Result<WireTime, Reason> {
        match (self, time::parse(trimmed(json)?)?) {
            (Self::Utc, WireTime::Local { .. }) => Err(Reason::MissingOffset),
            (_, written) => Ok(written),
        }
    }

    pub(super) fn resolve(self, written: WireTime, zone: &TimeZone) -> Result<Resolved, Reason> {
        let resolved = written.resolve(zone)?;
        Ok(Resolved {
            instant: self.truncate(resolved.instant),
            ..resolved
        })
    }

    /// Writes `instant` so that reading it gives the same again, `adjusted` included.
    ///
    /// The wall clock alone says that only if it shows this time once, or if the first of the two
    /// was meant when it was read. Otherwise the offset is written too.
    pub(super) fn write(
        self,
        instant: Timestamp,
        adjusted: Option<Adjusted>,
        zone: &TimeZone,
    ) -> String {
        let instant = self.truncate(instant);
        let Self::Wall { separator } = self else {
            return pontic_core::time::format(instant);
        };
        let local = instant.to_zoned(zone.clone());
        let wall = WireTime::Local {
            datetime: local.datetime(),
            leap_second: false,
        };
        let is_clear = wall.resolve(zone).is_ok_and(|read| {
            read.instant == instant && (read.adjusted.is_none() || read.adjusted == adjusted)
        });
        let printer = DateTimePrinter::new().precision(Some(0));
        if is_clear {
            printer
                .separator(separator)
                .datetime_to_string(&local.datetime())
        } else {
            printer.timestamp_with_offset_to_string(&instant, local.offset())
        }
    }

    fn truncate(self, instant: Timestamp) -> Timestamp {
        let truncated = match self {
            Self::Utc => Timestamp::from_millisecond(instant.as_millisecond()),
            Self::Wall { .. } => Timestamp::from_second(instant.as_second()),
        };
        truncated.unwrap_or(instant)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(instant: &str, adjusted: Option<Adjusted>, expected: &str) {
        let zone = TimeZone::get("America/New_York").unwrap();
        let clock = Clock::Wall { separator: b' ' };
        let instant: Timestamp = instant.parse().unwrap();
        let written = clock.write(instant, adjusted, &zone);
        assert_eq!(written, expected);
        let read = clock
            .read(&Json::text(written))
            .and_then(|time| clock.resolve(time, &zone));
        assert_eq!(
            read,
            Ok(Resolved {
                instant,
                adjusted: adjusted.filter(|a| *a == Adjusted::Fold)
            })
        );
    }

    #[test]
    fn an_hour_that_comes_twice_is_told_apart() {
        check("2025-11-02T04:30:00Z", None, "2025-11-02 00:30:00");
        check(
            "2025-11-02T05:30:00Z",
            Some(Adjusted::Fold),
            "2025-11-02 01:30:00",
        );
        check("2025-11-02T05:30:00Z", None, "2025-11-02T01:30:00-04:00");
        check("2025-11-02T06:30:00Z", None, "2025-11-02T01:30:00-05:00");
        check("2025-11-02T07:30:00Z", None, "2025-11-02 02:30:00");
        check(
            "2025-03-09T07:30:00Z",
            Some(Adjusted::Gap),
            "2025-03-09 03:30:00",
        );
    }
}
