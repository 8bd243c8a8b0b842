//! The calendar, as far as the demo's script needs it.

use std::time::{SystemTime, UNIX_EPOCH};

const DAY_S: u64 = 86_400;

/// Seconds since 1970.
pub fn now_s() -> u64 {
    SystemTime::now()
        .duration_since(UNIX_EPOCH)
        .map_or(0, |since| since.as_secs())
}

/// `YYYY-MM-DD` of that second, in UTC.
pub fn date(unix_s: u64) -> String {
    let (year, month, day) = civil(unix_s / DAY_S);
    format!("{year:04}-{month:02}-{day:02}")
}

/// RFC 3339 of that second, in UTC.
pub fn time(unix_s: u64) -> String {
    let second = unix_s % DAY_S;
    format!(
        "{}T{:02}:{:02}:{:02}Z",
        date(unix_s),
        second / 3600,
        second / 60 % 60,
        second % 60
    )
}

/// The second of `hour` o'clock UTC, `days` days after the day of `unix_s`.
pub fn at(unix_s: u64, days: u64, hour: u64) -> u64 {
    (unix_s / DAY_S + days) * DAY_S + hour * 3600
}

/// Year, month and day of a day counted from 1970-01-01, with years that begin in March (Hinnant's way).
fn civil(days: u64) -> (u64, u64, u64) {
    let shifted = days + 719_468;
    let era = shifted / 146_097;
    let day_of_era = shifted % 146_097;
    let year_of_era =
        (day_of_era - day_of_era / 1460 + day_of_era / 36_524 - day_of_era / 146_096) / 365;
    let day_of_year = day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
    let from_march = (5 * day_of_year + 2) / 153;
    let day = day_of_year - (153 * from_march + 2) / 5 + 1;
    let month = if from_march < 10 {
        from_march + 3
    } else {
        from_march - 9
    };
    (year_of_era + era * 400 + u64::from(month <= 2), month, day)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn days_are_those_of_the_calendar() {
        for (unix_s, said) in [
            (0, "1970-01-01T00:00:00Z"),
            (951_782_399, "2000-02-28T23:59:59Z"),
            (951_782_400, "2000-02-29T00:00:00Z"),
            (1_735_689_600, "2025-01-01T00:00:00Z"),
            (4_107_542_399, "2100-02-28T23:59:59Z"),
            (4_107_542_400, "2100-03-01T00:00:00Z"),
        ] {
            assert_eq!(time(unix_s), said);
        }
    }

    #[test]
    fn at_is_an_hour_of_a_later_day() {
        assert_eq!(time(at(951_782_399, 1, 9)), "2000-02-29T09:00:00Z");
    }
}
