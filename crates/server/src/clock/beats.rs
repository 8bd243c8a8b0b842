//! What is done again and again, by a clock.

use std::sync::Arc;
use std::time::Duration;

use tokio::time::{Interval, MissedTickBehavior, interval};

use super::hand::Moved;

/// Beats of a clock: see [`super::Clock::beats`].
#[derive(Debug)]
pub struct Beats(Kind);

#[derive(Debug)]
enum Kind {
    Running(Interval),
    Moved(ByHand),
}

#[derive(Debug)]
struct ByHand {
    clock: Arc<Moved>,
    number: u64,
    period_ms: i64,
    next_ms: i64,
}

impl Beats {
    /// Of a clock that runs; `period` in real time.
    pub(super) fn running(period: Duration) -> Self {
        let mut ticks = interval(period);
        ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
        Self(Kind::Running(ticks))
    }

    pub(super) fn moved(clock: Arc<Moved>, period_ms: i64) -> Self {
        Self(Kind::Moved(ByHand {
            number: clock.enter(),
            next_ms: clock.now_ms(),
            clock,
            period_ms,
        }))
    }

    /// Waits for the next beat. One that was missed comes at once, and the others a period after another.
    pub async fn next(&mut self) {
        match &mut self.0 {
            Kind::Running(ticks) => {
                ticks.tick().await;
            }
            Kind::Moved(by_hand) => by_hand.next().await,
        }
    }
}

impl ByHand {
    async fn next(&mut self) {
        self.clock.say(self.number, Some(self.next_ms));
        self.clock.reach(self.next_ms).await;
        self.clock.say(self.number, None);
        self.next_ms = self.clock.now_ms().saturating_add(self.period_ms);
    }
}

impl Drop for ByHand {
    fn drop(&mut self) {
        self.clock.leave(self.number);
    }
}
