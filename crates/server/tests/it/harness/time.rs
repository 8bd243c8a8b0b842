//! Times around now, as texts.

use std::time::SystemTime;

use jiff::tz::TimeZone;
use jiff::{Timestamp, ToSpan};

/// Now.
pub fn now() -> Timestamp {
    Timestamp::try_from(SystemTime::now()).expect("a clock between 1970 and 9999")
}

/// RFC 3339, so many hours from now, on the whole hour.
pub fn after_hours(hours: i64) -> String {
    let seconds = now().as_second();
    let then = Timestamp::from_second(seconds - seconds % 3_600 + hours * 3_600);
    then.expect("not far away").to_string()
}

/// The date in UTC so many days from today.
pub fn date_in(days: i64) -> String {
    let today = TimeZone::UTC.to_datetime(now()).date();
    today
        .checked_add(days.days())
        .expect("not far away")
        .to_string()
}
