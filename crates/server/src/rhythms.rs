//! The watch over senders: when clinics, endpoints and other systems are usually heard, learned from the log, and who is silent that
//! should not be.
//!
//! The log is followed like everybody follows it, by number; what it says is kept by sender and day, in memory and in the store, so
//! that a start takes no longer than reading some weeks of days.

mod following;
mod watching;

use std::collections::BTreeMap;
use std::sync::{Mutex, MutexGuard, PoisonError};

use jiff::Timestamp;
use jiff::civil::Date;
use pontic_core::id::LabId;
use pontic_core::rhythm::{self, KEPT_DAYS};
use pontic_core::time;
use pontic_store::heard::HeardDay;
use pontic_store::{Store, StoreError};
use serde_json::{Value, json};

use crate::door::Draft;

pub use watching::Silence;

/// The source of what it says.
pub const SOURCE: &str = "pontic.rhythm";

/// Somebody who sends.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Sender {
    /// `clinic`, `endpoint` or `source`.
    pub kind: String,
    /// Its lab; `-`: none.
    pub lab_id: LabId,
    /// Its id.
    pub id: String,
}

/// What is known of all senders.
#[derive(Debug, Default)]
pub struct Rhythms {
    state: Mutex<State>,
}

#[derive(Debug, Default)]
struct State {
    /// How far the log was heard; absent until the days were read.
    up_to: Option<u64>,
    days: BTreeMap<Sender, Vec<HeardDay>>,
    /// Who is silent as of the last look, and what was told of it.
    silent: BTreeMap<Sender, Silence>,
}

impl Rhythms {
    fn state(&self) -> MutexGuard<'_, State> {
        // Days are replaced whole: a panic leaves none half-written.
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// One look: what the log says since the last one, and what is to be told of those who fell silent. `usual_zone` is that of labs that
    /// have none.
    pub fn look(
        &self,
        store: &dyn Store,
        usual_zone: &str,
        now: Timestamp,
    ) -> Result<Vec<Draft>, StoreError> {
        let mut state = self.state();
        following::catch_up(&mut state, store, usual_zone, now)?;
        watching::find_silent(&mut state, store, usual_zone, now)
    }

    /// What was to be told could not be: the next look finds it again.
    pub fn forget_told(&self) {
        self.state().silent.clear();
    }

    /// The senders of a lab, or of all: `{ kind, id, labId, lastSeen, lastEvent, lastSeq, daysHeard, silent? }`.
    pub fn shape(&self, lab: Option<&LabId>) -> Vec<Value> {
        let state = self.state();
        let of_lab =
            |(sender, _): &(&Sender, &Vec<HeardDay>)| lab.is_none_or(|lab| sender.lab_id == *lab);
        let shape = |(sender, days): (&Sender, &Vec<HeardDay>)| {
            let last = days.iter().max_by_key(|day| day.last_seq)?;
            let silent = state.silent.get(sender);
            Some(json!({
                "kind": sender.kind,
                "id": sender.id,
                "labId": sender.lab_id,
                "lastSeen": time::format(last.last_at),
                "lastEvent": last.last_name,
                "lastSeq": last.last_seq,
                "daysHeard": days.len(),
                "silent": silent.map(|silence| json!({ "usually": silence.usually })),
            }))
        };
        state.days.iter().filter(of_lab).filter_map(shape).collect()
    }
}

/// The first day that is kept.
fn kept_since(today: Date) -> Date {
    let days = jiff::Span::new().days(KEPT_DAYS);
    today.checked_sub(days).unwrap_or(today)
}

/// The days of a sender, as its rhythm is told.
fn rhythm_days(days: &[HeardDay], zone: &jiff::tz::TimeZone) -> Vec<rhythm::Day> {
    let day = |day: &HeardDay| rhythm::Day {
        date: day.date,
        first: day.first_at.to_zoned(zone.clone()).time(),
        last: day.last_at.to_zoned(zone.clone()).time(),
        longest_pause: jiff::SignedDuration::from_millis(day.longest_pause_ms),
        count: day.count,
    };
    days.iter().map(day).collect()
}

fn read_days(store: &dyn Store, today: Date) -> Result<State, StoreError> {
    // Asked before the days are: what is noted meanwhile is only heard again.
    let up_to = store.heard_up_to()?;
    let mut days: BTreeMap<Sender, Vec<HeardDay>> = BTreeMap::new();
    for day in store.heard_since(kept_since(today))? {
        let sender = Sender {
            kind: day.kind.clone(),
            lab_id: day.lab_id.clone(),
            id: day.id.clone(),
        };
        days.entry(sender).or_default().push(day);
    }
    Ok(State {
        up_to: Some(up_to),
        days,
        silent: BTreeMap::new(),
    })
}
