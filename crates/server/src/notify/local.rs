//! Dates and times as people of a language write them.

use jiff::civil::{Date, Time, Weekday};
use pontic_core::notice::Language;

const MONTHS: [&str; 12] = [
    "Januar",
    "Februar",
    "März",
    "April",
    "Mai",
    "Juni",
    "Juli",
    "August",
    "September",
    "Oktober",
    "November",
    "Dezember",
];

/// `Tuesday, January 20, 2026`, `Dienstag, 20. Januar 2026`.
pub fn date(language: Language, date: Date) -> String {
    match language {
        Language::English => date.strftime("%A, %B %-d, %Y").to_string(),
        Language::German => {
            let month = usize::try_from(date.month() - 1).ok();
            let month = month.and_then(|month| MONTHS.get(month)).unwrap_or(&"");
            let (day, year) = (date.day(), date.year());
            format!("{}, {day}. {month} {year}", weekday(date.weekday()))
        }
    }
}

const fn weekday(day: Weekday) -> &'static str {
    match day {
        Weekday::Monday => "Montag",
        Weekday::Tuesday => "Dienstag",
        Weekday::Wednesday => "Mittwoch",
        Weekday::Thursday => "Donnerstag",
        Weekday::Friday => "Freitag",
        Weekday::Saturday => "Samstag",
        Weekday::Sunday => "Sonntag",
    }
}

/// `2:35 PM`, `14:35 Uhr`.
pub fn time(language: Language, time: Time) -> String {
    match language {
        Language::English => time.strftime("%-I:%M %p").to_string(),
        Language::German => time.strftime("%H:%M Uhr").to_string(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn as_people_write_them() {
        let day: Date = "2026-03-03".parse().expect("a date");
        let noon: Time = "12:05".parse().expect("a time");
        assert_eq!(date(Language::English, day), "Tuesday, March 3, 2026");
        assert_eq!(date(Language::German, day), "Dienstag, 3. März 2026");
        assert_eq!(time(Language::English, noon), "12:05 PM");
        assert_eq!(time(Language::German, noon), "12:05 Uhr");
    }
}
