//! Deciding events again into a store of its own, many in one transaction.

use std::collections::HashSet;
use std::sync::Arc;

use jiff::{Timestamp, ToSpan};
use pontic_core::decide::{Context, Refusal, Verdict, decide};
use pontic_core::event::{Body, Event};
use pontic_core::facts::{Facts, Found, Key};
use pontic_core::rules::Rules;
use pontic_store::Store;
use pontic_store::batch::{Batch, Entry};

use super::ReplayError;
use crate::door::{self, Records, Stamp};

/// Events of one transaction.
pub const BATCH: usize = 1_000;
/// How often a decision may ask for more before we believe that it never ends.
const MAX_ROUNDS: usize = 64;
/// How long an event's id is recognised, in hours (90 days): as where the log was written.
const INBOX_HOURS: i64 = 90 * 24;

/// When and under which ids an event is decided.
#[derive(Debug, Clone, Copy)]
pub struct Moment {
    /// Its number, for those who are told of it.
    pub seq: u64,
    /// The `now` of the decision.
    pub at: Timestamp,
    /// The id of its log entry.
    pub entry: [u8; 16],
}

/// A store in which events are decided again.
pub struct Again<'s> {
    store: &'s dyn Store,
    rules: Rules,
    facts: Facts,
    records: Records,
    batch: Batch,
    first: Option<Timestamp>,
}

impl<'s> Again<'s> {
    /// In an empty store.
    pub fn new(store: &'s dyn Store) -> Self {
        Self {
            store,
            rules: Rules::default(),
            facts: Facts::default(),
            records: Records::default(),
            batch: Batch::default(),
            first: None,
        }
    }

    /// The rules in force.
    pub fn rules(&self) -> &Rules {
        &self.rules
    }

    /// Writes what was decided, and loads what these events will surely ask for, in one go.
    pub fn begin<'e>(
        &mut self,
        events: impl Iterator<Item = (Moment, &'e Arc<Event>)>,
    ) -> Result<(), ReplayError> {
        self.commit()?;
        let mut keys = HashSet::new();
        for (moment, event) in events {
            let context = Context {
                now: moment.at,
                entry: moment.entry,
                rules: &self.rules,
            };
            if let Err(Verdict::Missing(missing)) = decide(&self.facts, event, context) {
                keys.extend(missing);
            }
        }
        let keys: Vec<Key> = keys.into_iter().collect();
        self.load(&keys)
    }

    /// Decides an event; gives its entry, or why it is refused.
    pub fn decide(
        &mut self,
        moment: Moment,
        event: &Arc<Event>,
    ) -> Result<Result<&Entry, Refusal>, ReplayError> {
        if self.batch.entries.len() >= BATCH {
            self.commit()?;
        }
        // Rules hold for their own decision already, as at the start of a server.
        if let Body::RulesSet(set) = &event.body {
            self.rules = set.rules.clone();
        }
        for _ in 0..MAX_ROUNDS {
            let context = Context {
                now: moment.at,
                entry: moment.entry,
                rules: &self.rules,
            };
            match decide(&self.facts, event, context) {
                Ok(decision) => {
                    let stamp = Stamp {
                        entry: moment.entry,
                        now: moment.at,
                        digest: door::digest(self.store, event),
                    };
                    let (entry, overlay) = door::entry(event, stamp, decision, &mut self.records);
                    self.facts.apply(overlay);
                    self.first.get_or_insert(moment.at);
                    let place = self.batch.entries.len();
                    self.batch.entries.push(entry);
                    return Ok(Ok(&self.batch.entries[place]));
                }
                Err(Verdict::Refused(refusal)) => return Ok(Err(refusal)),
                Err(Verdict::Missing(keys)) => self.load(&keys)?,
            }
        }
        Err(ReplayError::Endless { seq: moment.seq })
    }

    fn load(&mut self, keys: &[Key]) -> Result<(), ReplayError> {
        self.facts.add(self.store.load(keys)?);
        Ok(())
    }

    /// What the store, and what is decided but not in it yet, answer to a key.
    pub fn find(&mut self, key: &Key) -> Result<Option<&Found>, ReplayError> {
        if self.facts.get(key).is_none() {
            self.load(std::slice::from_ref(key))?;
        }
        Ok(self.facts.get(key))
    }

    /// Writes what was decided.
    pub fn commit(&mut self) -> Result<(), ReplayError> {
        let Some(last) = self.batch.entries.last().map(|entry| entry.now) else {
            return Ok(());
        };
        // An id may come again after its time: the inbox must have forgotten it by then.
        let forgotten = last.checked_sub(INBOX_HOURS.hours()).ok();
        if let Some(before) =
            forgotten.filter(|before| self.first.is_some_and(|first| first < *before))
        {
            self.store.prune(before, last)?;
        }
        self.batch.records = std::mem::take(&mut self.records).into_order();
        self.store.commit(&std::mem::take(&mut self.batch))?;
        self.facts = std::mem::take(&mut self.facts).committed();
        Ok(())
    }
}
