//! When a series of pickups happens. Its rule speaks of dates; the wall clock of the clinic makes times of them.

use jiff::civil::{Date, Time};
use jiff::tz::TimeZone;
use jiff::{Span, Timestamp, ToSpan};
use serde::{Deserialize, Serialize};

use crate::state::words;
use crate::time::Day;

/// Most occurrences that a rule may count.
pub const MAX_COUNT: u32 = 366;
/// Most dates that a rule may skip.
pub const MAX_SKIPS: usize = 366;
/// Days without a slot after which a rule counts as exhausted (a rule may skip for a long time).
const PATIENCE_DAYS: u32 = 800;

words! {
    /// How often.
    Frequency {
        /// Every day.
        Daily = "daily",
        /// Every week.
        Weekly = "weekly",
        /// Every other week.
        Biweekly = "biweekly",
    }
}

/// When the driver should come.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Window {
    /// Not before.
    #[serde(with = "crate::time::text")]
    pub start: Timestamp,
    /// Not after.
    #[serde(with = "crate::time::text")]
    pub end: Timestamp,
}

/// When the occurrences of a series are, from one of its slots on.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Revision {
    /// From this slot on.
    pub from: Date,
    /// Days between a slot's date and the day of its window.
    pub shift_days: i32,
    /// Wall-clock time at which the window starts.
    pub start: Time,
    /// Length of the window on the wall clock, in seconds.
    pub length_s: i64,
}

/// The rule of a series.
///
/// The date of the request itself is always its first slot. `count` counts the pickups that are made, so that a skipped
/// date is not one of them; `until` is inclusive.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Recurrence {
    /// How often.
    pub frequency: Frequency,
    /// No slot after this date.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub until: Option<Date>,
    /// No more slots than these.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub count: Option<u32>,
    /// Only on these days; empty: for `daily` all, else the first slot's.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub days_of_week: Vec<Day>,
    /// Not on Saturday and Sunday.
    #[serde(default)]
    pub skip_weekends: bool,
    /// Not on these dates.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub skip_dates: Vec<Date>,
}

impl Recurrence {
    /// The slots from `first` on, in order. Finite only if the rule is: take what you need.
    pub fn slots(&self, first: Date) -> impl Iterator<Item = Date> + '_ {
        let limit = self.count.map_or(usize::MAX, |count| {
            usize::try_from(count).unwrap_or(usize::MAX)
        });
        let until = self.until.unwrap_or(Date::MAX);
        let mut day = Some(first);
        let rest = std::iter::from_fn(move || {
            for _ in 0..PATIENCE_DAYS {
                day = day.and_then(|day| day.tomorrow().ok());
                let candidate = day?;
                if candidate > until {
                    return None;
                }
                if self.happens_on(first, candidate) {
                    return Some(candidate);
                }
            }
            None
        });
        std::iter::once(first).chain(rest).take(limit)
    }

    fn happens_on(&self, first: Date, date: Date) -> bool {
        let day = Day::of(date);
        let weekend = matches!(day, Day::Saturday | Day::Sunday);
        let day_fits = match (self.days_of_week.is_empty(), self.frequency) {
            (true, Frequency::Daily) => true,
            (true, _) => day == Day::of(first),
            (false, _) => self.days_of_week.contains(&day),
        };
        let week_fits =
            self.frequency != Frequency::Biweekly || weeks_between(first, date) % 2 == 0;
        day_fits
            && week_fits
            && !(self.skip_weekends && weekend)
            && !self.skip_dates.contains(&date)
    }
}

/// Calendar weeks (from Monday) between two dates.
fn weeks_between(first: Date, date: Date) -> i32 {
    let monday =
        |date: Date| date.saturating_sub(i32::from(date.weekday().to_monday_zero_offset()).days());
    days_between(monday(first), monday(date)) / 7
}

/// Days from `a` to `b`.
pub fn days_between(a: Date, b: Date) -> i32 {
    a.until(b).map_or(0, |span| span.get_days())
}

/// The window of `slot` under the revision that holds for it, on the wall clock of `zone`.
///
/// A time in a daylight-saving gap moves forward by the gap; in a fold the first of the two is meant.
/// `None` where the calendar ends.
pub fn window_of(revisions: &[Revision], slot: Date, zone: &TimeZone) -> Option<Window> {
    let revision = revisions
        .iter()
        .rev()
        .find(|revision| revision.from <= slot)
        .or_else(|| revisions.first())?;
    let day = slot.checked_add(revision.shift_days.days()).ok()?;
    let start = day.to_datetime(revision.start);
    let length = Span::new().try_seconds(revision.length_s).ok()?;
    let end = start.checked_add(length).ok()?;
    let start = zone.to_ambiguous_timestamp(start).compatible().ok()?;
    let end = zone.to_ambiguous_timestamp(end).compatible().ok()?;
    // A window that begins in a gap and ends within an hour after it would end before it begins.
    let end = if end > start {
        end
    } else {
        start.checked_add(length).ok()?
    };
    Some(Window { start, end })
}

/// The revision under which `slot` has `window`.
pub fn revision_of(slot: Date, window: Window, zone: &TimeZone) -> Revision {
    let start = zone.to_datetime(window.start);
    let end = zone.to_datetime(window.end);
    let length_s = start.duration_until(end).as_secs();
    let time = Time::new(
        start.hour(),
        start.minute(),
        start.second(),
        start.subsec_nanosecond(),
    )
    .unwrap_or(Time::midnight());
    Revision {
        from: slot,
        shift_days: days_between(slot, start.date()),
        start: time,
        length_s,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn date(text: &str) -> Date {
        text.parse().expect("a date")
    }

    fn rule(frequency: Frequency) -> Recurrence {
        Recurrence {
            frequency,
            until: None,
            count: None,
            days_of_week: Vec::new(),
            skip_weekends: false,
            skip_dates: Vec::new(),
        }
    }

    fn check(rule: &Recurrence, first: &str, expected: &[&str]) {
        let slots: Vec<String> = rule
            .slots(date(first))
            .take(expected.len())
            .map(|slot| slot.to_string())
            .collect();
        assert_eq!(slots, expected);
    }

    #[test]
    fn slots_by_rule() {
        check(
            &rule(Frequency::Daily),
            "2025-01-30",
            &["2025-01-30", "2025-01-31", "2025-02-01"],
        );
        check(
            &rule(Frequency::Weekly),
            "2025-01-20",
            &["2025-01-20", "2025-01-27", "2025-02-03"],
        );
        check(
            &rule(Frequency::Biweekly),
            "2025-01-20",
            &["2025-01-20", "2025-02-03", "2025-02-17"],
        );
        let weekdays = Recurrence {
            skip_weekends: true,
            ..rule(Frequency::Daily)
        };
        check(
            &weekdays,
            "2025-01-17",
            &["2025-01-17", "2025-01-20", "2025-01-21"],
        );
        let two_days = Recurrence {
            days_of_week: vec![Day::Monday, Day::Thursday],
            ..rule(Frequency::Biweekly)
        };
        check(
            &two_days,
            "2025-01-23",
            &["2025-01-23", "2025-02-03", "2025-02-06", "2025-02-17"],
        );
        let skipping = Recurrence {
            skip_dates: vec![date("2025-01-27")],
            ..rule(Frequency::Weekly)
        };
        check(&skipping, "2025-01-20", &["2025-01-20", "2025-02-03"]);
    }

    #[test]
    fn slots_end() {
        let until = Recurrence {
            until: Some(date("2025-02-03")),
            ..rule(Frequency::Weekly)
        };
        assert_eq!(until.slots(date("2025-01-20")).count(), 3);
        let count = Recurrence {
            count: Some(2),
            ..rule(Frequency::Daily)
        };
        assert_eq!(count.slots(date("2025-01-20")).count(), 2);
        let never = Recurrence {
            skip_weekends: true,
            days_of_week: vec![Day::Sunday],
            ..rule(Frequency::Weekly)
        };
        assert_eq!(never.slots(date("2025-01-20")).count(), 1);
    }

    #[test]
    fn nine_in_new_york_stays_nine_across_both_changes_of_the_year() {
        let zone = crate::time::zone("America/New_York");
        let first = date("2025-01-06");
        let window = Window {
            start: "2025-01-06T14:00:00Z".parse().expect("a time"),
            end: "2025-01-06T15:00:00Z".parse().expect("a time"),
        };
        let revisions = [revision_of(first, window, &zone)];
        for (slot, start) in [
            ("2025-03-03", "2025-03-03T14:00:00Z"),
            ("2025-03-10", "2025-03-10T13:00:00Z"),
            ("2025-10-27", "2025-10-27T13:00:00Z"),
            ("2025-11-03", "2025-11-03T14:00:00Z"),
        ] {
            let window = window_of(&revisions, date(slot), &zone).expect("in the calendar");
            assert_eq!(window.start.to_string(), start);
        }
        let half_past_two = [Revision {
            from: first,
            shift_days: 0,
            start: Time::constant(2, 30, 0, 0),
            length_s: 3600,
        }];
        let gap = window_of(&half_past_two, date("2025-03-09"), &zone).expect("in the calendar");
        assert_eq!(gap.start.to_string(), "2025-03-09T07:30:00Z");
        let short = [Revision {
            length_s: 1800,
            ..half_past_two[0].clone()
        }];
        let gap = window_of(&short, date("2025-03-09"), &zone).expect("in the calendar");
        assert_eq!(gap.end.to_string(), "2025-03-09T08:00:00Z");
    }
}
