//! Token buckets. The clock is an argument; a bucket is two numbers.

/// How many requests a key may make.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Quota {
    /// Per second, on the long run; 0 switches the limit off.
    pub rate: f64,
    /// At once.
    pub burst: f64,
}

/// What is left of a quota.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Bucket {
    left: f64,
    at_s: f64,
}

/// What a request is told.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Allowance {
    /// Whether it may pass.
    pub allowed: bool,
    /// How many more could follow at once.
    pub remaining: u64,
    /// Seconds until one may pass (if this one may not), else until the bucket is full; rounded up.
    pub wait_s: u64,
}

impl Bucket {
    /// A full one, at `now_s` seconds of any steady clock.
    pub const fn full(quota: Quota, now_s: f64) -> Self {
        Self {
            left: quota.burst,
            at_s: now_s,
        }
    }

    /// Takes one, if there is one.
    #[expect(
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        reason = "quotas are small and never negative"
    )]
    pub fn take(&mut self, quota: Quota, now_s: f64) -> Allowance {
        // A clock that steps back refills nothing.
        let elapsed = (now_s - self.at_s).max(0.0);
        self.left = (self.left + elapsed * quota.rate).min(quota.burst);
        self.at_s = self.at_s.max(now_s);
        let allowed = self.left >= 1.0;
        let missing = if allowed {
            self.left -= 1.0;
            quota.burst - self.left
        } else {
            1.0 - self.left
        };
        Allowance {
            allowed,
            remaining: self.left as u64,
            wait_s: (missing / quota.rate).ceil() as u64,
        }
    }

    /// How many could be taken at once now.
    #[expect(
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        reason = "quotas are small and never negative"
    )]
    pub fn remaining(&self, quota: Quota, now_s: f64) -> u64 {
        (self.left + (now_s - self.at_s).max(0.0) * quota.rate).min(quota.burst) as u64
    }

    /// Whether it has filled up again, so that forgetting it changes nothing.
    pub fn is_full(&self, quota: Quota, now_s: f64) -> bool {
        self.left + (now_s - self.at_s).max(0.0) * quota.rate >= quota.burst
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_burst_then_the_rate() {
        let quota = Quota {
            rate: 2.0,
            burst: 3.0,
        };
        let mut bucket = Bucket::full(quota, 0.0);
        let passed = (0..5).filter(|_| bucket.take(quota, 0.0).allowed).count();
        assert_eq!(passed, 3);
        assert_eq!(
            bucket.take(quota, 0.1),
            Allowance {
                allowed: false,
                remaining: 0,
                wait_s: 1
            }
        );
        assert!(bucket.take(quota, 0.6).allowed);
        assert!(
            !bucket.take(quota, 0.0).allowed,
            "a clock that steps back refills nothing"
        );
        assert!(bucket.is_full(quota, 10.0));
    }
}
