//! A clock that stands until it is moved, and whoever acts by it.

use std::collections::BTreeMap;
use std::sync::Arc;

use jiff::Timestamp;
use tokio::sync::watch;

/// What the clock shows, and who waits for it.
#[derive(Debug)]
pub(super) struct Moved {
    now_ms: watch::Sender<i64>,
    /// Whoever acts in beats: at what time next, or nothing while they are at it.
    acting: watch::Sender<BTreeMap<u64, Option<i64>>>,
}

impl Moved {
    pub fn new(start: Timestamp) -> Self {
        Self {
            now_ms: watch::Sender::new(start.as_millisecond()),
            acting: watch::Sender::default(),
        }
    }

    pub fn now_ms(&self) -> i64 {
        *self.now_ms.borrow()
    }

    pub fn now(&self) -> Timestamp {
        Timestamp::from_millisecond(self.now_ms()).unwrap_or(Timestamp::MAX)
    }

    /// Waits until the clock shows that time.
    pub async fn reach(&self, time_ms: i64) {
        let mut now = self.now_ms.subscribe();
        // The sender lives as long as the clock.
        let _ = now.wait_for(|now| *now >= time_ms).await;
    }

    /// Another one who acts in beats; the number under which they say what they do.
    pub fn enter(&self) -> u64 {
        let mut number = 0;
        self.acting.send_modify(|acting| {
            number = acting.keys().next_back().map_or(0, |last| last + 1);
            acting.insert(number, None);
        });
        number
    }

    /// Waits until that time, or acts now.
    pub fn say(&self, number: u64, next_ms: Option<i64>) {
        self.acting.send_modify(|acting| {
            acting.insert(number, next_ms);
        });
    }

    /// Acts no more.
    pub fn leave(&self, number: u64) {
        self.acting.send_modify(|acting| {
            acting.remove(&number);
        });
    }
}

/// Moves a clock.
#[derive(Debug)]
pub struct Hand(Arc<Moved>);

impl Hand {
    pub(super) const fn new(moved: Arc<Moved>) -> Self {
        Self(moved)
    }

    /// The clock shows `time` from now on; never an earlier time than before.
    pub fn move_to(&self, time: Timestamp) {
        let time_ms = time.as_millisecond();
        self.0.now_ms.send_if_modified(|now| {
            let moves = time_ms > *now;
            *now = time_ms.max(*now);
            moves
        });
    }

    /// Waits until everybody who acts in beats of this clock has done what was due by now.
    pub async fn settled(&self) {
        let mut acting = self.0.acting.subscribe();
        let now_ms = self.0.now_ms();
        let done = |next: &Option<i64>| next.is_some_and(|next| next > now_ms);
        // The sender lives as long as the clock.
        let _ = acting.wait_for(|acting| acting.values().all(done)).await;
    }
}
