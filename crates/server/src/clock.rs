//! The one place that asks what time it is, and that waits for it.

mod beats;
mod hand;

use std::sync::Arc;
use std::time::Duration;

use jiff::{SignedDuration, Timestamp};

pub use beats::Beats;
pub use hand::Hand;

/// Nobody waits for less than this on a clock that runs fast: the program has other things to do.
const LEAST: Duration = Duration::from_millis(5);

/// A clock: the system's, one that was set at start and runs from there, one that runs fast, or one that stands until it is moved.
#[derive(Debug, Clone)]
pub struct Clock {
    hands: Hands,
    is_set: bool,
}

#[derive(Debug, Clone)]
enum Hands {
    /// So much later than the system's.
    Shifted(SignedDuration),
    /// Showed `start` when the system's showed `origin`, and runs `rate` times as fast since.
    Fast {
        origin: Timestamp,
        start: Timestamp,
        rate: f64,
    },
    /// Stands where it was moved last.
    Moved(Arc<hand::Moved>),
}

impl Clock {
    /// The system's clock.
    pub const fn system() -> Self {
        Self {
            hands: Hands::Shifted(SignedDuration::ZERO),
            is_set: false,
        }
    }

    /// A clock that shows `start` now.
    pub fn starting_at(start: Timestamp) -> Self {
        Self {
            hands: Hands::Shifted(start.duration_since(system_now())),
            is_set: true,
        }
    }

    /// A clock that shows `start` now, and runs `rate` times as fast as the system's: a thousandth to a million times.
    pub fn running_fast(start: Timestamp, rate: f64) -> Self {
        Self::fast_since(system_now(), start, rate)
    }

    /// The same that showed `start` when the system's showed `origin`.
    fn fast_since(origin: Timestamp, start: Timestamp, rate: f64) -> Self {
        let rate = if rate.is_finite() { rate } else { 1.0 };
        Self {
            hands: Hands::Fast {
                origin,
                start,
                rate: rate.clamp(0.001, 1_000_000.0),
            },
            is_set: true,
        }
    }

    /// A clock that runs fast as another program on this machine is told of it, so that both show the same.
    pub fn told(&self) -> Option<String> {
        match &self.hands {
            Hands::Fast {
                origin,
                start,
                rate,
            } => Some(format!("{origin},{start},{rate}")),
            _ => None,
        }
    }

    /// The clock of which another program told that.
    pub fn as_told(text: &str) -> Option<Self> {
        let mut parts = text.split(',');
        let (origin, start) = (parts.next()?.parse().ok()?, parts.next()?.parse().ok()?);
        let rate = parts.next()?.parse().ok()?;
        Some(Self::fast_since(origin, start, rate))
    }

    /// A clock that stands at `start` until the hand moves it.
    pub fn moved_by_hand(start: Timestamp) -> (Self, Hand) {
        let moved = Arc::new(hand::Moved::new(start));
        let clock = Self {
            hands: Hands::Moved(Arc::clone(&moved)),
            is_set: true,
        };
        (clock, Hand::new(moved))
    }

    /// The time, in whole milliseconds: what the log keeps is what was decided with.
    pub fn now(&self) -> Timestamp {
        let now = match &self.hands {
            Hands::Shifted(shift) => system_now().checked_add(*shift),
            Hands::Fast {
                origin,
                start,
                rate,
            } => start.checked_add(system_now().duration_since(*origin).mul_f64(*rate)),
            Hands::Moved(moved) => Ok(moved.now()),
        };
        let now = now.unwrap_or(Timestamp::MAX);
        Timestamp::from_millisecond(now.as_millisecond()).unwrap_or(now)
    }

    /// Whether it was set at start.
    pub const fn is_set(&self) -> bool {
        self.is_set
    }

    /// How many seconds pass on it in one of the system's; 0 where it is moved by hand.
    pub const fn rate(&self) -> f64 {
        match &self.hands {
            Hands::Shifted(_) => 1.0,
            Hands::Fast { rate, .. } => *rate,
            Hands::Moved(_) => 0.0,
        }
    }

    /// Waits until so much time has passed on this clock.
    pub async fn sleep(&self, time: Duration) {
        match &self.hands {
            Hands::Moved(moved) => moved.reach(moved.now_ms().saturating_add(ms(time))).await,
            _ => tokio::time::sleep(self.in_real_time(time)).await,
        }
    }

    /// Waits for `future`, but no longer than so much time of this clock; `None` if that has passed.
    pub async fn timeout<T>(&self, time: Duration, future: impl Future<Output = T>) -> Option<T> {
        tokio::select! {
            biased;
            done = future => Some(done),
            () = self.sleep(time) => None,
        }
    }

    /// Beats once in every `period` of this clock, the first time at once.
    pub fn beats(&self, period: Duration) -> Beats {
        match &self.hands {
            Hands::Moved(moved) => Beats::moved(Arc::clone(moved), ms(period)),
            _ => Beats::running(self.in_real_time(period)),
        }
    }

    /// How far this clock gets while so much real time passes: for leases of work that takes real time.
    pub fn meanwhile(&self, real: SignedDuration) -> SignedDuration {
        match self.hands {
            Hands::Fast { rate, .. } => real.mul_f64(rate.max(1.0)),
            _ => real,
        }
    }

    /// How long a time of this clock takes. One that does not run takes none.
    fn in_real_time(&self, time: Duration) -> Duration {
        match self.hands {
            Hands::Fast { rate, .. } => time.div_f64(rate).max(LEAST),
            _ => time,
        }
    }
}

fn ms(time: Duration) -> i64 {
    i64::try_from(time.as_millis()).unwrap_or(i64::MAX)
}

#[expect(
    clippy::disallowed_methods,
    reason = "this is the clock that everyone else is to ask"
)]
fn system_now() -> Timestamp {
    Timestamp::now()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn noon() -> Timestamp {
        "2026-06-09T12:00:00Z".parse().expect("a time")
    }

    #[test]
    fn a_fast_clock_runs_fast_and_a_moved_one_stands() {
        let fast = Clock::running_fast(noon(), 1_000_000.0);
        std::thread::sleep(Duration::from_millis(2));
        assert!(fast.now().duration_since(noon()) >= SignedDuration::from_secs(2_000));
        assert_eq!(fast.in_real_time(Duration::from_secs(1)), LEAST);
        let same = fast.told().as_deref().and_then(Clock::as_told);
        let apart = same.expect("a clock").now().duration_since(fast.now());
        assert!(apart < SignedDuration::from_hours(24 * 30), "{apart:?}");
        let second = SignedDuration::from_secs(1);
        assert_eq!(fast.meanwhile(second), SignedDuration::from_secs(1_000_000));
        assert_eq!(Clock::system().meanwhile(second), second);
        let (clock, hand) = Clock::moved_by_hand(noon());
        std::thread::sleep(Duration::from_millis(2));
        assert_eq!(clock.now(), noon());
        let later = noon() + SignedDuration::from_secs(10);
        hand.move_to(later);
        assert_eq!(clock.now(), later);
        // Time does not run backwards.
        hand.move_to(noon());
        assert_eq!(clock.now(), later);
    }

    #[tokio::test]
    async fn whoever_is_due_has_done_it_when_the_hand_says_settled() {
        let (clock, hand) = Clock::moved_by_hand(noon());
        let (count, mut counted) = tokio::sync::watch::channel(0);
        let mut beats = clock.beats(Duration::from_secs(5));
        let worker = tokio::spawn(async move {
            loop {
                beats.next().await;
                // Whatever it does takes a while.
                tokio::task::yield_now().await;
                count.send_modify(|count| *count += 1);
            }
        });
        hand.settled().await;
        assert_eq!(*counted.borrow_and_update(), 1, "the first beat is at once");
        for (second, beaten) in [(4, 1), (5, 2), (30, 3), (34, 3), (35, 4)] {
            hand.move_to(noon() + SignedDuration::from_secs(second));
            hand.settled().await;
            assert_eq!(*counted.borrow_and_update(), beaten, "{second}");
        }
        worker.abort();
        let _ = worker.await;
        // Whoever is gone is not waited for.
        hand.move_to(noon() + SignedDuration::from_secs(100));
        hand.settled().await;
    }

    #[tokio::test]
    async fn a_timeout_ends_when_the_hand_has_passed_it() {
        let (clock, hand) = Clock::moved_by_hand(noon());
        let waits = clock.clone();
        let waiting = tokio::spawn(async move {
            let never = std::future::pending::<()>();
            waits.timeout(Duration::from_secs(9), never).await
        });
        tokio::task::yield_now().await;
        hand.move_to(noon() + SignedDuration::from_secs(9));
        assert_eq!(waiting.await.expect("no panic"), None);
        let done = clock.timeout(Duration::ZERO, async { 7 }).await;
        assert_eq!(done, Some(7));
    }
}
