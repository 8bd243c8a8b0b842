//! How often a phone is heard, and what it can mean that it is not.

use jiff::{SignedDuration, Timestamp};
use serde::{Deserialize, Serialize};

use crate::fix::Fix;
use crate::state::words;

/// Nobody is silent sooner: a tunnel, a lift, a basement take as long.
const LEAST: SignedDuration = SignedDuration::from_mins(2);
/// So many usual intervals may pass: apps skip some when the van stands.
const INTERVALS: f64 = 4.0;
/// Intervals that say something of a habit, in seconds: longer ones are pauses.
const LONGEST_S: f64 = 300.0;
/// Before the habit is known, in seconds.
const USUAL_S: f64 = 30.0;
/// Weight of the newest interval.
const WEIGHT: f64 = 0.1;
/// A battery that is as low may have been the last of it, in percent.
const LOW_PERCENT: f64 = 5.0;
/// Whoever is slower stands, in km/h.
const STANDING_KMH: f64 = 3.0;

words! {
    /// Why nothing is heard, as far as one can guess.
    Cause {
        /// The last fix told of an almost empty battery.
        BatteryEmpty = "battery_empty",
        /// The phone may not tell where it is any more.
        PermissionOff = "permission_off",
        /// The phone said goodbye.
        AppClosed = "app_closed",
        /// The driver paused.
        Paused = "paused",
        /// On the move, without a goodbye.
        NoNetwork = "no_network",
        /// Standing, at a stop perhaps: indoors there may be no network.
        ParkedIndoors = "parked_indoors",
        /// Nobody knows.
        Unknown = "unknown",
    }
}

/// What a phone said last, other than where it was.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum LastWords {
    /// Nothing.
    #[default]
    None,
    /// It closed its socket.
    SocketClosed,
    /// Its broker or app said that it is gone (`lwt`).
    Lwt,
    /// The driver paused it.
    Paused,
    /// It said by itself why it will not be heard.
    Said(Cause),
}

/// How often a phone sends, and what it said last: a few bytes a driver.
#[derive(Debug, Clone, Copy, Default)]
pub struct Habit {
    last_at: Option<Timestamp>,
    /// Slow average in seconds; 0: not known yet.
    interval_s: f32,
    battery_percent: Option<f32>,
    speed_kmh: Option<f32>,
    words: LastWords,
}

impl Habit {
    /// Another fix, newer than the one before.
    #[expect(
        clippy::cast_possible_truncation,
        reason = "a guess needs no more digits"
    )]
    pub fn note(&mut self, fix: &Fix) {
        if let Some(last) = self.last_at {
            let interval_s = fix.at.duration_since(last).as_secs_f64();
            if (1.0..=LONGEST_S).contains(&interval_s) {
                let before_s = self.interval_s();
                self.interval_s = (before_s + WEIGHT * (interval_s - before_s)) as f32;
            }
        }
        self.last_at = Some(fix.at);
        self.battery_percent = fix.battery_percent.map(|percent| percent as f32);
        self.speed_kmh = fix.speed_kmh.map(|kmh| kmh as f32);
        self.words = LastWords::None;
    }

    /// Something that the phone said.
    pub const fn hear(&mut self, words: LastWords) {
        self.words = words;
    }

    fn interval_s(&self) -> f64 {
        if self.interval_s > 0.0 {
            f64::from(self.interval_s)
        } else {
            USUAL_S
        }
    }

    /// After so long without a fix the phone is silent: four of its usual intervals, at least two minutes.
    pub fn silent_after(&self) -> SignedDuration {
        SignedDuration::from_secs_f64(self.interval_s() * INTERVALS).max(LEAST)
    }

    /// Why it may be silent; `within`: the driver was in a stop's fence.
    pub fn likely_cause(&self, within: bool) -> Cause {
        let is_low = |percent: f32| f64::from(percent) <= LOW_PERCENT;
        let stands = |kmh: f32| f64::from(kmh) < STANDING_KMH;
        match self.words {
            // Nobody knows better than the phone.
            LastWords::Said(cause) => cause,
            _ if self.battery_percent.is_some_and(is_low) => Cause::BatteryEmpty,
            LastWords::Paused => Cause::Paused,
            LastWords::SocketClosed | LastWords::Lwt => Cause::AppClosed,
            LastWords::None if within || self.speed_kmh.is_some_and(stands) => Cause::ParkedIndoors,
            LastWords::None if self.speed_kmh.is_some() => Cause::NoNetwork,
            LastWords::None => Cause::Unknown,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::time::Coordinates;

    fn fix(second: i64) -> Fix {
        Fix::new(
            Timestamp::from_second(second).expect("in range"),
            Coordinates {
                lat: 42.0,
                lng: -71.0,
            },
        )
    }

    #[test]
    fn a_habit_is_learned_and_pauses_are_not() {
        let mut habit = Habit::default();
        assert_eq!(habit.silent_after(), SignedDuration::from_mins(2));
        for second in (0..6_000).step_by(60) {
            habit.note(&fix(second));
        }
        let learned_s = habit.silent_after().as_secs();
        assert!((230..=240).contains(&learned_s), "{learned_s}");
        habit.note(&fix(60_000));
        assert_eq!(habit.silent_after().as_secs(), learned_s);
        for second in (60_001..62_000).step_by(5) {
            habit.note(&fix(second));
        }
        assert_eq!(habit.silent_after(), SignedDuration::from_mins(2));
    }

    #[test]
    fn the_likely_cause() {
        let words = LastWords::None;
        for (fix, words, within, cause) in [
            (
                fix(0).with_battery(Some(4.0)),
                words,
                true,
                Cause::BatteryEmpty,
            ),
            (
                fix(0).with_speed(Some(50.0)),
                words,
                false,
                Cause::NoNetwork,
            ),
            (
                fix(0).with_speed(Some(50.0)),
                words,
                true,
                Cause::ParkedIndoors,
            ),
            (
                fix(0).with_speed(Some(0.0)),
                words,
                false,
                Cause::ParkedIndoors,
            ),
            (fix(0), words, false, Cause::Unknown),
            (fix(0), LastWords::SocketClosed, false, Cause::AppClosed),
            (fix(0), LastWords::Lwt, true, Cause::AppClosed),
            (fix(0), LastWords::Paused, false, Cause::Paused),
            (
                fix(0).with_battery(Some(4.0)),
                LastWords::Said(Cause::PermissionOff),
                true,
                Cause::PermissionOff,
            ),
        ] {
            let mut habit = Habit::default();
            habit.note(&fix);
            habit.hear(words);
            assert_eq!(habit.likely_cause(within), cause);
        }
        // Whoever is heard again has said nothing yet.
        let mut habit = Habit::default();
        habit.hear(LastWords::Lwt);
        habit.note(&fix(0));
        assert_eq!(habit.likely_cause(false), Cause::Unknown);
    }
}
