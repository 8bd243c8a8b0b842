//! A fix in whole numbers, as it is kept everywhere.

use jiff::Timestamp;
use pontic_core::fix::Fix;
use pontic_core::time::Coordinates;

use super::Kept;
use crate::StoreError;

/// Stands for what is not known.
pub const UNKNOWN: u16 = u16::MAX;

/// A fix in the steps of [`Fix`]: milliseconds, 10⁻⁷ degrees, 0.01 km/h, 0.1 degrees, metres and percent.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Row {
    pub at_ms: i64,
    pub received_s: i64,
    pub lat: i32,
    pub lng: i32,
    pub speed: u16,
    pub heading: u16,
    pub accuracy: u16,
    pub battery: u16,
    pub mock: bool,
}

/// A fix's place in the history of its driver: by time, then by place.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Place {
    at_ms: i64,
    lat: i32,
    lng: i32,
}

impl Place {
    /// Before any other.
    #[cfg(feature = "postgres")]
    pub(crate) const FIRST: Self = Self {
        at_ms: i64::MIN,
        lat: i32::MIN,
        lng: i32::MIN,
    };
    /// After any other.
    #[cfg(feature = "postgres")]
    pub(crate) const LAST: Self = Self {
        at_ms: i64::MAX,
        lat: i32::MAX,
        lng: i32::MAX,
    };

    /// The last one before that millisecond.
    #[cfg(feature = "postgres")]
    pub(crate) const fn last_before(at_ms: i64) -> Self {
        Self {
            at_ms: at_ms.saturating_sub(1),
            ..Self::LAST
        }
    }

    /// Its numbers, in the order in which places are compared.
    #[cfg(feature = "postgres")]
    pub(crate) const fn numbers(&self) -> (i64, i32, i32) {
        (self.at_ms, self.lat, self.lng)
    }

    /// Of a fix.
    pub fn of(fix: &Fix) -> Self {
        Row::of(fix, fix.at).place()
    }

    /// The time of the fix.
    pub fn at(&self) -> Timestamp {
        time(self.at_ms)
    }

    /// As it stands in addresses.
    pub fn to_text(&self) -> String {
        format!("{}_{}_{}", self.at_ms, self.lat, self.lng)
    }

    /// From such a text.
    pub fn from_text(text: &str) -> Option<Self> {
        let mut parts = text.split('_');
        let place = Self {
            at_ms: parts.next()?.parse().ok()?,
            lat: parts.next()?.parse().ok()?,
            lng: parts.next()?.parse().ok()?,
        };
        parts.next().is_none().then_some(place)
    }
}

fn time(ms: i64) -> Timestamp {
    Timestamp::from_millisecond(ms).unwrap_or(Timestamp::MAX)
}

/// A number of steps; the cast saturates.
#[expect(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "fixes are within these bounds"
)]
fn steps(value: Option<f64>, per_unit: f64) -> u16 {
    value.map_or(UNKNOWN, |value| {
        ((value * per_unit).round() as u16).min(UNKNOWN - 1)
    })
}

fn value(steps: u16, per_unit: f64) -> Option<f64> {
    (steps != UNKNOWN).then(|| f64::from(steps) / per_unit)
}

#[expect(
    clippy::cast_possible_truncation,
    reason = "180 degrees are 1.8 thousand million steps"
)]
fn degrees(value: f64) -> i32 {
    (value * 1e7).round() as i32
}

impl Row {
    /// Of a fix that came then.
    pub fn of(fix: &Fix, received_at: Timestamp) -> Self {
        Self {
            at_ms: fix.at.as_millisecond(),
            received_s: received_at.as_second(),
            lat: degrees(fix.place.lat),
            lng: degrees(fix.place.lng),
            speed: steps(fix.speed_kmh, 100.0),
            heading: steps(fix.heading_deg, 10.0),
            accuracy: steps(fix.accuracy_m, 10.0),
            battery: steps(fix.battery_percent, 10.0),
            mock: fix.mock,
        }
    }

    /// The fix again.
    pub fn kept(&self) -> Kept {
        Kept {
            fix: Fix {
                at: time(self.at_ms),
                place: Coordinates {
                    lat: f64::from(self.lat) / 1e7,
                    lng: f64::from(self.lng) / 1e7,
                },
                speed_kmh: value(self.speed, 100.0),
                heading_deg: value(self.heading, 10.0),
                accuracy_m: value(self.accuracy, 10.0),
                battery_percent: value(self.battery, 10.0),
                mock: self.mock,
            },
            received_at: Timestamp::from_second(self.received_s).unwrap_or(Timestamp::MAX),
        }
    }

    /// By which it is ordered and known.
    pub const fn place(&self) -> Place {
        Place {
            at_ms: self.at_ms,
            lat: self.lat,
            lng: self.lng,
        }
    }
}

/// The system's refusal, without a path.
#[expect(clippy::needless_pass_by_value, reason = "as `map_err` gives it")]
pub fn io(error: std::io::Error) -> StoreError {
    StoreError::Unavailable(error.to_string())
}

/// What stands in a file is not what this version writes.
pub fn broken(what: &str) -> StoreError {
    StoreError::Broken(format!("positions: {what}"))
}
