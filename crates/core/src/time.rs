//! Zones, days and times of day.

use jiff::Timestamp;
use jiff::civil::{Date, Weekday};
use jiff::fmt::temporal::DateTimePrinter;
use jiff::tz::TimeZone;
use serde::{Deserialize, Serialize};

use crate::state::words;

/// The rules of a zone by its IANA name; UTC if the name is unknown (names are checked when they come in).
pub fn zone(name: &str) -> TimeZone {
    TimeZone::get(name).unwrap_or(TimeZone::UTC)
}

/// Whether `name` is an IANA zone that the built-in database knows.
pub fn is_zone(name: &str) -> bool {
    TimeZone::get(name).is_ok()
}

/// The date at `now` on the wall of that zone.
pub fn date_at(now: Timestamp, zone: &TimeZone) -> Date {
    zone.to_datetime(now).date()
}

/// RFC 3339 in UTC with `Z`, milliseconds only when they are not zero.
pub fn format(time: Timestamp) -> String {
    const SECONDS: DateTimePrinter = DateTimePrinter::new().precision(Some(0));
    const MILLISECONDS: DateTimePrinter = DateTimePrinter::new().precision(Some(3));
    let printer = if time.subsec_millisecond() == 0 {
        SECONDS
    } else {
        MILLISECONDS
    };
    printer.timestamp_to_string(&time)
}

/// Serde form of a time: the text of [`format`].
pub mod text {
    use jiff::Timestamp;
    use serde::{Deserialize, Deserializer, Serializer};

    /// Writes [`super::format`].
    pub fn serialize<S: Serializer>(time: &Timestamp, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(&super::format(*time))
    }

    /// Reads any RFC 3339 time.
    pub fn deserialize<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Timestamp, D::Error> {
        Timestamp::deserialize(deserializer)
    }

    /// The same for a time that may be absent.
    pub mod optional {
        use jiff::Timestamp;
        use serde::{Deserialize, Deserializer, Serializer};

        /// Writes [`super::super::format`].
        pub fn serialize<S: Serializer>(
            time: &Option<Timestamp>,
            serializer: S,
        ) -> Result<S::Ok, S::Error> {
            match time {
                Some(time) => super::serialize(time, serializer),
                None => serializer.serialize_none(),
            }
        }

        /// Reads any RFC 3339 time.
        pub fn deserialize<'de, D: Deserializer<'de>>(
            deserializer: D,
        ) -> Result<Option<Timestamp>, D::Error> {
            Option::<Timestamp>::deserialize(deserializer)
        }
    }
}

words! {
    /// A day of the week, in the words of calendars (RFC 5545).
    Day {
        /// Monday.
        Monday = "MO",
        /// Tuesday.
        Tuesday = "TU",
        /// Wednesday.
        Wednesday = "WE",
        /// Thursday.
        Thursday = "TH",
        /// Friday.
        Friday = "FR",
        /// Saturday.
        Saturday = "SA",
        /// Sunday.
        Sunday = "SU",
    }
}

impl Day {
    /// Monday to Friday.
    pub const WORKING: [Self; 5] = [
        Self::Monday,
        Self::Tuesday,
        Self::Wednesday,
        Self::Thursday,
        Self::Friday,
    ];

    /// The day of `date`.
    pub fn of(date: Date) -> Self {
        match date.weekday() {
            Weekday::Monday => Self::Monday,
            Weekday::Tuesday => Self::Tuesday,
            Weekday::Wednesday => Self::Wednesday,
            Weekday::Thursday => Self::Thursday,
            Weekday::Friday => Self::Friday,
            Weekday::Saturday => Self::Saturday,
            Weekday::Sunday => Self::Sunday,
        }
    }
}

/// A point on the earth, WGS 84 degrees.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct Coordinates {
    /// Latitude, -90 to 90.
    pub lat: f64,
    /// Longitude, -180 to 180.
    pub lng: f64,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn milliseconds_only_when_there_are_some() {
        for (given, expected) in [
            ("2025-01-20T14:00:00Z", "2025-01-20T14:00:00Z"),
            ("2025-01-20T14:00:00.120Z", "2025-01-20T14:00:00.120Z"),
            ("2025-01-20T14:00:00+05:30", "2025-01-20T08:30:00Z"),
        ] {
            assert_eq!(format(given.parse().expect("a time")), expected);
        }
    }

    #[test]
    fn the_zone_database_is_built_in() {
        assert!(is_zone("America/New_York"));
        assert!(!is_zone("Mars/Olympus"));
    }
}
