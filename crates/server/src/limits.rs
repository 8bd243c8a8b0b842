//! Rate limits: a bucket per address, endpoint and token.

use std::collections::HashMap;
use std::sync::Mutex;
use std::time::Instant;

use pontic_core::bucket::{Allowance, Bucket, Quota};

use crate::config;

/// Most buckets of a kind; full ones are forgotten first.
const MAX_BUCKETS: usize = 100_000;

/// Who is limited.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// An address.
    Address,
    /// An endpoint of a practice system.
    Endpoint,
    /// A token.
    Token,
}

impl Kind {
    const ALL: [Self; 3] = [Self::Address, Self::Endpoint, Self::Token];

    /// Its word in keys and headers.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Address => "address",
            Self::Endpoint => "endpoint",
            Self::Token => "token",
        }
    }
}

/// All buckets.
#[derive(Debug)]
pub struct Limits {
    quotas: config::Limits,
    start: Instant,
    buckets: [Mutex<HashMap<String, Bucket>>; 3],
}

/// A bucket that is not full.
#[derive(Debug, Clone, PartialEq)]
pub struct Standing {
    /// `token/0199…`.
    pub key: String,
    /// What could follow at once.
    pub remaining: u64,
    /// Its quota.
    pub quota: Quota,
}

impl Limits {
    /// Empty ones.
    pub fn new(quotas: config::Limits) -> Self {
        Self {
            quotas,
            start: Instant::now(),
            buckets: Default::default(),
        }
    }

    /// The quota of a kind.
    pub const fn quota(&self, kind: Kind) -> Quota {
        match kind {
            Kind::Address => self.quotas.address,
            Kind::Endpoint => self.quotas.endpoint,
            Kind::Token => self.quotas.token,
        }
    }

    /// Takes one for `key`; `None` where the limit is off.
    pub fn take(&self, kind: Kind, key: &str) -> Option<Allowance> {
        let quota = self.quota(kind);
        if quota.rate <= 0.0 {
            return None;
        }
        let now_s = self.start.elapsed().as_secs_f64();
        let mut buckets = self.buckets[kind as usize].lock().ok()?;
        if let Some(bucket) = buckets.get_mut(key) {
            return Some(bucket.take(quota, now_s));
        }
        if buckets.len() >= MAX_BUCKETS {
            buckets.retain(|_, bucket| !bucket.is_full(quota, now_s));
        }
        let bucket = buckets
            .entry(key.to_owned())
            .or_insert(Bucket::full(quota, now_s));
        Some(bucket.take(quota, now_s))
    }

    /// Every bucket that is not full.
    pub fn list(&self) -> Vec<Standing> {
        let now_s = self.start.elapsed().as_secs_f64();
        let mut standings = Vec::new();
        for kind in Kind::ALL {
            let quota = self.quota(kind);
            let Ok(buckets) = self.buckets[kind as usize].lock() else {
                continue;
            };
            for (key, bucket) in buckets
                .iter()
                .filter(|(_, bucket)| !bucket.is_full(quota, now_s))
            {
                let remaining = bucket.remaining(quota, now_s);
                standings.push(Standing {
                    key: format!("{}/{key}", kind.as_str()),
                    remaining,
                    quota,
                });
            }
        }
        standings.sort_by(|a, b| a.key.cmp(&b.key));
        standings
    }

    /// Fills the bucket of a key (as [`Standing::key`]). False if there is none.
    pub fn clear(&self, key: &str) -> bool {
        let Some((kind, key)) = key.split_once('/') else {
            return false;
        };
        let Some(kind) = Kind::ALL.into_iter().find(|known| known.as_str() == kind) else {
            return false;
        };
        self.buckets[kind as usize]
            .lock()
            .is_ok_and(|mut buckets| buckets.remove(key).is_some())
    }
}
