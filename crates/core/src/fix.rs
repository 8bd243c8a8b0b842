//! A driver's position at a time, as every phone's dialect decodes to it.

use jiff::{SignedDuration, Timestamp};
use serde::{Deserialize, Serialize};

use crate::state::words;
use crate::time::Coordinates;

/// Where a phone was, and what it says about itself. Made by [`Fix::new`], so that what is kept equals what was sent:
/// the store keeps whole numbers of the steps named here.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Fix {
    /// When the phone was there, to the millisecond.
    pub at: Timestamp,
    /// Where, to 10⁻⁷ degrees (1.1 cm).
    pub place: Coordinates,
    /// Km/h, to 0.01.
    pub speed_kmh: Option<f64>,
    /// Degrees clockwise from north, 0 to 359.9, to 0.1.
    pub heading_deg: Option<f64>,
    /// Radius in metres within which the phone believes to be, to 0.1.
    pub accuracy_m: Option<f64>,
    /// Percent, to 0.1.
    pub battery_percent: Option<f64>,
    /// The phone says that the position was made up.
    pub mock: bool,
}

impl Fix {
    /// A position at a time, to the steps that are kept; nothing else is known of it yet.
    pub fn new(at: Timestamp, place: Coordinates) -> Self {
        let ms = at.as_millisecond();
        Self {
            // A time in range stays in range when its last digits go.
            at: Timestamp::from_millisecond(ms).unwrap_or(at),
            place: Coordinates {
                lat: to_step(place.lat, 1e7),
                lng: to_step(place.lng, 1e7),
            },
            speed_kmh: None,
            heading_deg: None,
            accuracy_m: None,
            battery_percent: None,
            mock: false,
        }
    }

    /// By time, and where two have the same by place: the order in which fixes are looked at, whatever order they came in.
    pub fn order(&self, other: &Self) -> std::cmp::Ordering {
        let by_place = || {
            let lat = self.place.lat.total_cmp(&other.place.lat);
            lat.then_with(|| self.place.lng.total_cmp(&other.place.lng))
        };
        self.at.cmp(&other.at).then_with(by_place)
    }

    /// With a speed in km/h; what cannot be a van's (negative, not a number, over 600) is taken as unknown.
    #[must_use]
    pub fn with_speed(mut self, kmh: Option<f64>) -> Self {
        self.speed_kmh = within(kmh, 0.0, 600.0).map(|value| to_step(value, 100.0));
        self
    }

    /// With a heading in degrees; 360 is 0, what lies outside is unknown.
    #[must_use]
    pub fn with_heading(mut self, degrees: Option<f64>) -> Self {
        self.heading_deg =
            within(degrees, 0.0, 360.0).map(|value| to_step(value, 10.0).rem_euclid(360.0));
        self
    }

    /// With an accuracy in metres, at most 6,500; a negative one is unknown.
    #[must_use]
    pub fn with_accuracy(mut self, metres: Option<f64>) -> Self {
        self.accuracy_m =
            within(metres, 0.0, f64::MAX).map(|value| to_step(value.min(6_500.0), 10.0));
        self
    }

    /// With a battery's charge in percent; what lies outside 0 to 100 is unknown.
    #[must_use]
    pub fn with_battery(mut self, percent: Option<f64>) -> Self {
        self.battery_percent = within(percent, 0.0, 100.0).map(|value| to_step(value, 10.0));
        self
    }
}

words! {
    /// Why a fix is not kept.
    Rejection {
        /// A member of the wrong type.
        InvalidType = "invalid_type",
        /// No place on earth.
        InvalidCoordinates = "invalid_coordinates",
        /// No time.
        InvalidTimestamp = "invalid_timestamp",
        /// Ahead of our clock.
        InFuture = "in_future",
        /// Too long ago.
        TooOld = "too_old",
        /// Of a driver for whom the sender does not speak.
        NotYourDriver = "not_your_driver",
    }
}

/// Whether a fix of that time can be taken at `now`.
pub fn check_age(at: Timestamp, now: Timestamp) -> Result<(), Rejection> {
    let age = now.duration_since(at);
    if age < -SignedDuration::from_secs(120) {
        return Err(Rejection::InFuture);
    }
    if age > SignedDuration::from_hours(24 * 7) {
        return Err(Rejection::TooOld);
    }
    Ok(())
}

fn within(value: Option<f64>, least: f64, most: f64) -> Option<f64> {
    value.filter(|value| (least..=most).contains(value))
}

/// The nearest whole number of steps, as the decimal number that a reader would write.
fn to_step(value: f64, steps_per_unit: f64) -> f64 {
    (value * steps_per_unit).round() / steps_per_unit
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_kept_is_what_a_reader_would_write() {
        let place = Coordinates {
            lat: 40.712_812_34,
            lng: -74.006_000_049,
        };
        let fix = Fix::new(Timestamp::UNIX_EPOCH, place)
            .with_speed(Some(42.337))
            .with_heading(Some(360.0))
            .with_accuracy(Some(-1.0))
            .with_battery(Some(81.0));
        assert!((fix.place.lat - 40.712_812_3).abs() < 1e-12);
        assert!((fix.place.lng + 74.006).abs() < 1e-12);
        assert_eq!(fix.speed_kmh, Some(42.34));
        assert_eq!(fix.heading_deg, Some(0.0));
        assert_eq!(fix.accuracy_m, None);
        assert_eq!(fix.battery_percent, Some(81.0));
    }
}
