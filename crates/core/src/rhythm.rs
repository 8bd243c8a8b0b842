//! How often a sender (a clinic, an endpoint, another system) is heard by day of the week, and when it is odd that it is not.
//!
//! Of each day it is known when the first and the last message came, how many, and the longest pause between two. The same days of the week
//! before are the measure: whoever was heard on at least [`ENOUGH`] of the last [`LOOKED_AT`] is expected, an hour after the latest of
//! their first messages; and whoever sends much and then pauses three times as long as ever before has stopped.

use jiff::civil::{Date, DateTime, Time};
use jiff::{SignedDuration, ToSpan};

/// So many days of the same weekday are looked at.
pub const LOOKED_AT: usize = 5;
/// On so many of them a sender must have been heard to be expected.
pub const ENOUGH: usize = 4;
/// Days that must be kept to know them.
pub const KEPT_DAYS: i64 = 7 * 8;
/// So much later than ever before is late.
const MARGIN: SignedDuration = SignedDuration::from_mins(60);
/// So many messages a day are a stream, of which a pause says something.
const STREAM: u64 = 8;
/// A pause so many times as long as the longest is a stop.
const TIMES: i32 = 3;
/// And so much longer, at least.
const PAUSE: SignedDuration = SignedDuration::from_mins(30);

/// What was heard on one day, on the wall of the sender's lab.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Day {
    /// The day.
    pub date: Date,
    /// When the first message came.
    pub first: Time,
    /// When the last one came.
    pub last: Time,
    /// The longest pause between two.
    pub longest_pause: SignedDuration,
    /// How many came.
    pub count: u64,
}

/// What is odd about a silence.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Odd {
    /// Nothing came today, and it is later than on any of so many such days.
    NotBegun {
        /// The latest first message of those days.
        usually_by: Time,
        /// On so many of the days looked at it was heard.
        heard_on: usize,
    },
    /// It sent today and stopped, in the middle of its usual time.
    Stopped {
        /// The longest pause of those days.
        longest_pause: SignedDuration,
        /// The earliest last message of those days.
        usually_until: Time,
    },
}

/// Whether it is odd that nothing more was heard of a sender up to `now`. `days`: all that is known, in any order, today included;
/// `paused` is how long ago the last message came, whatever the wall says; `counts` says whether the lab works on a day: others say nothing.
pub fn odd(
    days: &[Day],
    now: DateTime,
    paused: SignedDuration,
    counts: impl Fn(Date) -> bool,
) -> Option<Odd> {
    let today = now.date();
    if !counts(today) {
        return None;
    }
    let on = |date: Date| days.iter().find(|day| day.date == date);
    let before: Vec<Option<&Day>> = same_weekdays(today)
        .filter(|date| counts(*date))
        .take(LOOKED_AT)
        .map(on)
        .collect();
    let heard: Vec<&Day> = before.into_iter().flatten().collect();
    if heard.len() < ENOUGH {
        return None;
    }
    match on(today) {
        None => not_begun(&heard, now),
        Some(_) => stopped(&heard, now, paused),
    }
}

/// The same days of the week before, as far as days are kept.
fn same_weekdays(today: Date) -> impl Iterator<Item = Date> {
    (1..=KEPT_DAYS / 7).filter_map(move |weeks| today.checked_sub((weeks * 7).days()).ok())
}

fn not_begun(heard: &[&Day], now: DateTime) -> Option<Odd> {
    let usually_by = heard.iter().map(|day| day.first).max()?;
    let late = now
        .date()
        .to_datetime(usually_by)
        .checked_add(MARGIN)
        .ok()?;
    // One that begins just before midnight is never late on its day.
    (late.date() == now.date() && now > late).then_some(Odd::NotBegun {
        usually_by,
        heard_on: heard.len(),
    })
}

fn stopped(heard: &[&Day], now: DateTime, paused: SignedDuration) -> Option<Odd> {
    let is_stream = |day: &&&Day| day.count >= STREAM;
    let streams: Vec<&&Day> = heard.iter().filter(is_stream).collect();
    if streams.len() < ENOUGH {
        return None;
    }
    let longest_pause = streams.iter().map(|day| day.longest_pause).max()?;
    let usually_until = streams.iter().map(|day| day.last).min()?;
    let allowed = longest_pause
        .checked_mul(TIMES)?
        .max(longest_pause.checked_add(PAUSE)?);
    (paused > allowed && now.time() < usually_until).then_some(Odd::Stopped {
        longest_pause,
        usually_until,
    })
}

#[cfg(test)]
mod tests {
    use jiff::civil::{date, time};

    use super::*;

    /// A Friday.
    const TODAY: Date = date(2026, 11, 27);

    fn day(weeks_ago: i64, first: Time, last: Time, count: u64) -> Day {
        Day {
            date: TODAY.checked_sub((7 * weeks_ago).days()).expect("a day"),
            first,
            last,
            longest_pause: SignedDuration::from_mins(20),
            count,
        }
    }

    fn fridays(weeks: impl IntoIterator<Item = i64>, count: u64) -> Vec<Day> {
        let day = |week| day(week, time(9, 10, 0, 0), time(16, 0, 0, 0), count);
        weeks.into_iter().map(day).collect()
    }

    fn at(hour: i8, minute: i8) -> DateTime {
        TODAY.at(hour, minute, 0, 0)
    }

    fn since_eleven(hour: i64, minute: i64) -> SignedDuration {
        SignedDuration::from_mins((hour - 11) * 60 + minute)
    }

    #[test]
    fn whoever_is_always_heard_by_ten_is_missed_at_eleven() {
        let days = fridays(1..=5, 2);
        let expected = Odd::NotBegun {
            usually_by: time(9, 10, 0, 0),
            heard_on: 5,
        };
        assert_eq!(odd(&days, at(10, 10), since_eleven(10, 10), |_| true), None);
        assert_eq!(
            odd(&days, at(10, 11), since_eleven(10, 11), |_| true),
            Some(expected)
        );
    }

    #[test]
    fn a_day_on_which_the_lab_rests_says_nothing() {
        // Heard on four of the five Fridays on which the lab worked; one was a holiday.
        let days = fridays([1, 3, 4, 5], 2);
        let holiday = TODAY.checked_sub(14.days()).expect("a day");
        assert!(
            odd(&days, at(12, 0), since_eleven(12, 0), |date| date
                != holiday)
            .is_some()
        );
        assert_eq!(
            odd(&days, at(12, 0), since_eleven(12, 0), |date| date != TODAY),
            None
        );
    }

    #[test]
    fn whoever_comes_now_and_then_is_not_missed() {
        assert_eq!(
            odd(
                &fridays([1, 3, 5], 2),
                at(18, 0),
                since_eleven(18, 0),
                |_| true
            ),
            None
        );
        let other_days: Vec<Day> = fridays(1..=5, 2)
            .into_iter()
            .map(|day| Day {
                date: day.date.tomorrow().expect("a day"),
                ..day
            })
            .collect();
        assert_eq!(
            odd(&other_days, at(18, 0), since_eleven(18, 0), |_| true),
            None
        );
    }

    #[test]
    fn a_stream_that_pauses_three_times_as_long_has_stopped() {
        let mut days = fridays(1..=5, 40);
        days.push(day(0, time(9, 0, 0, 0), time(11, 0, 0, 0), 12));
        assert_eq!(odd(&days, at(12, 0), since_eleven(12, 0), |_| true), None);
        let expected = Odd::Stopped {
            longest_pause: SignedDuration::from_mins(20),
            usually_until: time(16, 0, 0, 0),
        };
        assert_eq!(
            odd(&days, at(12, 1), since_eleven(12, 1), |_| true),
            Some(expected)
        );
        assert_eq!(
            odd(&days, at(16, 0), since_eleven(16, 0), |_| true),
            None,
            "it is over for today"
        );
        let few: Vec<Day> = days.iter().map(|day| Day { count: 3, ..*day }).collect();
        assert_eq!(odd(&few, at(13, 0), since_eleven(13, 0), |_| true), None);
    }
}
