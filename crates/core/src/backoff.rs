//! When to try again: exponential, with full jitter, bounded. Chance is an argument.

use jiff::SignedDuration;
use serde::{Deserialize, Serialize};

/// How often and how patiently to try again. Its bounds are checked once, when it is made.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Backoff {
    max_retries: u32,
    base_ms: u64,
    max_ms: u64,
}

/// Bounds that make no sense.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum BadBackoff {
    /// The first delay must be at least a millisecond.
    NoDelay,
    /// The longest delay must not be shorter than the first.
    ShorterThanBase,
}

impl Backoff {
    /// Fifteen retries, from a second to two hours.
    pub const USUAL: Self = Self {
        max_retries: 15,
        base_ms: 1_000,
        max_ms: 7_200_000,
    };

    /// At most `max_retries` retries, the first after up to `base_ms`, each with twice the range of the one before, none later
    /// than `max_ms`.
    pub const fn new(max_retries: u32, base_ms: u64, max_ms: u64) -> Result<Self, BadBackoff> {
        if base_ms == 0 {
            return Err(BadBackoff::NoDelay);
        }
        if max_ms < base_ms {
            return Err(BadBackoff::ShorterThanBase);
        }
        Ok(Self {
            max_retries,
            base_ms,
            max_ms,
        })
    }

    /// How long to wait after try number `attempt` (from 1) failed; `None` when that was the last.
    /// `chance` is uniform in 0..=1; `retry_after` is what the other side asked for, and wins over a shorter wait.
    #[expect(
        clippy::cast_precision_loss,
        clippy::cast_possible_truncation,
        reason = "delays are days at most"
    )]
    pub fn delay(
        &self,
        attempt: u32,
        chance: f64,
        retry_after: Option<SignedDuration>,
    ) -> Option<SignedDuration> {
        if attempt == 0 || attempt > self.max_retries {
            return None;
        }
        let doublings = (attempt - 1).min(62);
        let range_ms = self.base_ms.saturating_mul(1 << doublings).min(self.max_ms);
        let jittered_ms = (range_ms as f64 * chance.clamp(0.0, 1.0)) as i64;
        let own = SignedDuration::from_millis(jittered_ms);
        Some(retry_after.map_or(own, |asked| asked.max(own)))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn delays_double_up_to_their_bound_and_end() {
        let backoff = Backoff::new(4, 1_000, 5_000).expect("sound bounds");
        let full = |attempt| {
            backoff
                .delay(attempt, 1.0, None)
                .map(|delay| delay.as_millis())
        };
        assert_eq!(
            [1, 2, 3, 4, 5].map(full),
            [Some(1_000), Some(2_000), Some(4_000), Some(5_000), None]
        );
        assert_eq!(backoff.delay(1, 0.0, None), Some(SignedDuration::ZERO));
        let asked = SignedDuration::from_secs(30);
        assert_eq!(backoff.delay(1, 1.0, Some(asked)), Some(asked));
        assert_eq!(Backoff::new(1, 0, 5), Err(BadBackoff::NoDelay));
        assert_eq!(Backoff::new(1, 6, 5), Err(BadBackoff::ShorterThanBase));
    }
}
