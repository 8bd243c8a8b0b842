//! What other programs on the same data do, made known here as if it had been done here.
//!
//! Commits are ordered by the log's numbers, and whoever commits a number finds all smaller ones there. So one count is enough: how
//! far the log was told. What comes from our own door is told from memory; where it leaves a gap, others committed between, and their
//! rows are read and told first.

use std::collections::HashSet;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use pontic_core::directory::{Clinic, Lab};
use pontic_core::event::Body;
use pontic_core::record::{Change, Kind};
use pontic_core::rules::Rules;
use pontic_store::batch::{Batch, Committed};
use pontic_store::page::{Direction, LogFilter, LogRow};
use pontic_store::{Store, StoreError};

use crate::drivers::Heed;
use crate::endpoints::Endpoints;
use crate::live::Hub;
use crate::notify::{self, Notify};
use crate::reading::one;
use crate::relay::Relay;

/// Rows that are read at once.
const PAGE: usize = 500;

/// Who is to hear of every commit, whoever made it.
pub struct Parts {
    /// Where the log is read.
    pub store: Arc<dyn Store>,
    /// Dispatchers.
    pub hub: Arc<Hub>,
    /// Whoever subscribed.
    pub relay: Arc<Relay>,
    /// Whoever is told by e-mail or text message.
    pub notify: Arc<Notify>,
    /// Drivers on the road.
    pub heed: Heed,
    /// Endpoints of practice systems, held in memory.
    pub endpoints: Arc<Endpoints>,
    /// The rules by which our door decides.
    pub rules: Rules,
    /// Set when another program was started later with others: decisions by ours would not be those that the log tells.
    pub outdated: Arc<AtomicBool>,
}

/// Tells them.
pub struct Hearing {
    parts: Parts,
    /// The log was told up to this number. Held while it is told, so that everybody hears it in its order.
    told: Mutex<u64>,
}

impl std::fmt::Debug for Hearing {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Hearing")
    }
}

impl Hearing {
    /// All that hear; they know the log up to `told`.
    pub fn new(parts: Parts, told: u64) -> Self {
        Self {
            parts,
            told: Mutex::new(told),
        }
    }

    /// Our own door committed.
    pub fn own(&self, batch: &Batch, committed: &Committed) {
        let Some(first) = committed.seqs.iter().copied().min() else {
            return;
        };
        let mut told = self.told();
        self.catch_up(&mut told, first - 1);
        // Where what others committed before cannot be read now, ours is told after it, from the log.
        if *told + 1 >= first {
            self.parts.hub.tell(batch, committed);
            // What an entry published follows it directly.
            let lengths = batch
                .entries
                .iter()
                .map(|entry| entry.published.len() as u64);
            let last = committed
                .seqs
                .iter()
                .zip(lengths)
                .map(|(seq, length)| seq + length)
                .max();
            *told = last.unwrap_or(first).max(*told);
        }
        let publishes = batch
            .entries
            .iter()
            .any(|entry| !entry.published.is_empty());
        self.parts.relay.hear(publishes);
        self.parts.notify.hear(batch, committed);
        self.parts.heed.hear(&batch.records);
    }

    /// Others committed, up to that number at least.
    pub fn others(&self, up_to: u64) {
        let mut told = self.told();
        self.catch_up(&mut told, up_to);
    }

    fn told(&self) -> MutexGuard<'_, u64> {
        self.told.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Tells the rows after `told` up to that number. Where they cannot be read now, the next commit or the next word of others does it.
    fn catch_up(&self, told: &mut u64, up_to: u64) {
        while *told < up_to {
            let filter = LogFilter {
                after: *told,
                ..LogFilter::default()
            };
            let limit = usize::try_from(up_to - *told).map_or(PAGE, |rows| rows.min(PAGE));
            let read = self.parts.store.log(&filter, limit).and_then(|rows| {
                self.tell(&rows)?;
                Ok(rows.last().map(|row| row.seq))
            });
            match read {
                Ok(Some(last)) => *told = last,
                Ok(None) => return,
                Err(error) => {
                    tracing::warn!(%error, "what others committed is told later");
                    return;
                }
            }
        }
    }

    /// Tells rows that others wrote. Whoever hears one again does nothing new.
    fn tell(&self, rows: &[LogRow]) -> Result<(), StoreError> {
        let Parts {
            store,
            hub,
            relay,
            notify,
            heed,
            endpoints,
            ..
        } = &self.parts;
        let mut changed = HashSet::new();
        for row in rows {
            self.hear_rules(row);
            for change in &row.changes {
                changed.insert(change.kind);
                heed.hear_change(store.as_ref(), change)?;
                if has_address(store.as_ref(), change)? {
                    notify.hear_address(row.seq);
                }
            }
        }
        if changed.contains(&Kind::Endpoint) {
            endpoints.reload(store.as_ref())?;
        }
        if changed.contains(&Kind::Subscription) {
            relay.reload(store.as_ref())?;
        }
        let publishes = rows.iter().any(|row| row.direction == Direction::Out);
        relay.hear(publishes);
        notify.hear_news(publishes || rows.iter().any(|row| !row.alerts.is_empty()));
        hub.tell_rows(rows);
        Ok(())
    }
}

impl Hearing {
    /// Another program's rules, if the row is of some.
    fn hear_rules(&self, row: &LogRow) {
        if row.name != "RulesSet" {
            return;
        }
        let Ok(Some(Body::RulesSet(theirs))) = Body::from_parts(&row.name, &row.detail, None)
        else {
            return;
        };
        let differ = theirs.rules != self.parts.rules;
        if differ {
            tracing::error!(
                "a program that was started later decides by other rules than this one: start this one anew with the same configuration; until then it takes nothing"
            );
        }
        self.parts.outdated.store(differ, Ordering::Relaxed);
    }
}

/// Whether the change is of somebody who is told things, and now has an address for it.
fn has_address(store: &dyn Store, change: &Change) -> Result<bool, StoreError> {
    let (lab, id) = (&change.lab_id, change.id.as_str());
    let private = match change.kind {
        Kind::Clinic => one::<Clinic>(store, lab, id)?.map(|clinic| clinic.private),
        Kind::Lab => one::<Lab>(store, lab, id)?.map(|lab| lab.private),
        _ => None,
    };
    Ok(private.is_some_and(|private| notify::has_address(&private)))
}
