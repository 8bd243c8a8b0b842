//! The one place that asks what time it is.

use jiff::{SignedDuration, Timestamp};

/// A clock: the system's, or one that was set at start and runs from there.
#[derive(Debug, Clone, Copy)]
pub struct Clock {
    shift: SignedDuration,
    is_set: bool,
}

impl Clock {
    /// The system's clock.
    pub const fn system() -> Self {
        Self {
            shift: SignedDuration::ZERO,
            is_set: false,
        }
    }

    /// A clock that shows `start` now.
    pub fn starting_at(start: Timestamp) -> Self {
        Self {
            shift: start.duration_since(system_now()),
            is_set: true,
        }
    }

    /// The time, in whole milliseconds: what the log keeps is what was decided with.
    pub fn now(&self) -> Timestamp {
        let now = system_now()
            .checked_add(self.shift)
            .unwrap_or(Timestamp::MAX);
        Timestamp::from_millisecond(now.as_millisecond()).unwrap_or(now)
    }

    /// Whether it was set at start.
    pub const fn is_set(&self) -> bool {
        self.is_set
    }
}

#[expect(
    clippy::disallowed_methods,
    reason = "this is the clock that everyone else is to ask"
)]
fn system_now() -> Timestamp {
    Timestamp::now()
}
