//! One batch: load, decide in order, commit once.

use std::borrow::Borrow;
use std::collections::{HashMap, HashSet};
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;

use jiff::Timestamp;
use pontic_core::decide::{self, Context, Decision, Refusal, Verdict};
use pontic_core::directory::{Clinic, Lab};
use pontic_core::event::Event;
use pontic_core::facts::{Facts, Found, Key};
use pontic_core::id::{format_uuid, uuid_v7};
use pontic_core::record::{Entity, Kind};
use pontic_core::rules::Rules;
use pontic_store::batch::{Batch, Committed, InboxKey, Seen};
use pontic_store::{Store, StoreError};

use super::entry::{self, Records, Stamp};
use super::{Accepted, Draft, Outcome, WebhookDraft};
use crate::clock::Clock;

/// How often a decision may ask for more before we believe that it never ends.
const MAX_ROUNDS: usize = 64;

/// What every batch needs.
pub struct Desk {
    /// Where everything is kept.
    pub store: Arc<dyn Store>,
    /// The rules in force.
    pub rules: Rules,
    /// The time.
    pub clock: Clock,
    /// What the batches before left to know.
    pub known: Known,
}

/// Facts that the last batch left, with the store's stamp at which they held.
#[derive(Debug, Default)]
pub struct Known {
    facts: Facts,
    stamp: u64,
}

/// What became of a batch.
#[derive(Default)]
pub struct Ran {
    /// Answers in the order of the drafts.
    pub outcomes: Vec<Outcome>,
    /// What was written, if anything was.
    pub committed: Option<(Batch, Committed)>,
}

/// A batch in the making.
struct Run<'a> {
    desk: &'a Desk,
    now: Timestamp,
    facts: Facts,
    /// Events of this batch by inbox key, with the digests of their contents.
    seen: HashMap<InboxKey, Option<[u8; 16]>>,
    records: Records,
    batch: Batch,
    entries: EntryIds,
}

/// Ids of log entries: ordered, and not to be guessed.
struct EntryIds {
    now_ms: u64,
    chance: [u8; 8],
    drawn: u16,
}

impl EntryIds {
    fn new(now: Timestamp) -> Result<Self, StoreError> {
        let mut chance = [0; 8];
        getrandom::fill(&mut chance).map_err(|error| StoreError::Unavailable(error.to_string()))?;
        Ok(Self {
            now_ms: u64::try_from(now.as_millisecond()).unwrap_or(0),
            chance,
            drawn: 0,
        })
    }

    fn draw(&mut self) -> [u8; 16] {
        self.drawn = self.drawn.wrapping_add(1);
        let mut tail = [0; 10];
        tail[..2].copy_from_slice(&self.drawn.to_be_bytes());
        tail[2..].copy_from_slice(&self.chance);
        uuid_v7(self.now_ms, tail)
    }
}

impl Desk {
    /// Decides and commits.
    pub fn run<D: Borrow<Draft>>(
        &mut self,
        drafts: &[D],
        settled: &[(u64, u32)],
    ) -> Result<Ran, StoreError> {
        let now = self.clock.now();
        // Whoever fails leaves nothing behind: the next batch loads what it needs.
        let known = std::mem::take(&mut self.known);
        // Asked before anything is loaded: what others write from here on is as unknown to us as it ever was.
        let stamp = self.store.stamp()?;
        let mut run = Run {
            desk: self,
            now,
            facts: known.facts_at(stamp),
            seen: HashMap::new(),
            records: Records::default(),
            batch: Batch {
                stamp: Some(stamp),
                settled: settled.to_vec(),
                ..Batch::default()
            },
            entries: EntryIds::new(now)?,
        };
        run.prefetch(drafts)?;
        let mut outcomes = Vec::with_capacity(drafts.len());
        for draft in drafts {
            outcomes.push(run.judge(draft.borrow())?);
        }
        let (facts, committed) = run.commit()?;
        self.known = Known { facts, stamp };
        Ok(Ran {
            outcomes,
            committed,
        })
    }
}

impl Known {
    /// The facts, if nobody else has written since.
    fn facts_at(self, stamp: u64) -> Facts {
        if self.stamp == stamp {
            self.facts
        } else {
            Facts::default()
        }
    }
}

impl Run<'_> {
    /// Loads what the events will surely ask for, in one go: on a server it is one journey instead of many.
    fn prefetch<D: Borrow<Draft>>(&mut self, drafts: &[D]) -> Result<(), StoreError> {
        // Each once: the events of a batch mostly speak of the same labs and clinics.
        let mut keys = HashSet::new();
        let mut inbox = Vec::new();
        let rules = &self.desk.rules;
        for draft in drafts {
            match draft.borrow() {
                Draft::Event(event) => {
                    let context = Context {
                        now: self.now,
                        entry: [0; 16],
                        rules,
                    };
                    if let Some(id) = &event.origin.id {
                        inbox.push(InboxKey::foreign(
                            event.origin.scope.as_ref(),
                            &event.origin.source,
                            id,
                        ));
                    }
                    if let Err(Verdict::Missing(missing)) =
                        decide::decide(&self.facts, event, context)
                    {
                        keys.extend(missing);
                    }
                }
                Draft::Webhook(webhook) => {
                    keys.extend(zone_keys(webhook));
                    keys.extend(
                        webhook
                            .identity()
                            .map(|identity| Key::Identity(Kind::Pickup, identity.digest())),
                    );
                }
                Draft::Quarantine(_) => {}
            }
        }
        if !keys.is_empty() {
            let keys: Vec<Key> = keys.into_iter().collect();
            self.facts.add(self.desk.store.load(&keys)?);
        }
        if !inbox.is_empty() {
            let seen = self.desk.store.seen(&inbox)?;
            let digests = seen
                .into_iter()
                .map(|seen: Option<Seen>| seen.map(|seen| seen.digest));
            self.seen.extend(inbox.into_iter().zip(digests));
        }
        Ok(())
    }

    fn judge(&mut self, draft: &Draft) -> Result<Outcome, StoreError> {
        match draft {
            Draft::Event(event) => self.judge_event(event),
            Draft::Webhook(webhook) => self.judge_webhook(webhook),
            Draft::Quarantine(item) => {
                self.batch.quarantined.push(item.as_ref().clone());
                Ok(done(item.id.clone(), false, "{}".to_owned()))
            }
        }
    }

    /// A webhook becomes an event here, with its times on the wall of its clinic.
    fn judge_webhook(&mut self, webhook: &WebhookDraft) -> Result<Outcome, StoreError> {
        let zone = pontic_core::time::zone(&self.zone_of(webhook)?);
        let record = match webhook.record(&zone, self.now, &self.desk.rules) {
            Ok(record) => record,
            Err(refusal) => return Ok(Outcome::Refused(refusal)),
        };
        let event = webhook.event(&record);
        Ok(match self.judge_event(&Arc::new(event))? {
            Outcome::Done(accepted) => {
                let acknowledgement = webhook.acknowledge(record, &zone, &accepted.result);
                Outcome::Done(Accepted {
                    acknowledgement,
                    ..accepted
                })
            }
            other => other,
        })
    }

    /// The clinic's zone, else the endpoint's, else the lab's, else the default.
    fn zone_of(&mut self, webhook: &WebhookDraft) -> Result<String, StoreError> {
        let keys = zone_keys(webhook);
        let missing: Vec<Key> = keys
            .iter()
            .filter(|key| self.facts.get(key).is_none())
            .cloned()
            .collect();
        if !missing.is_empty() {
            self.facts.add(self.desk.store.load(&missing)?);
        }
        let clinic = keys.get(1).and_then(|key| self.record::<Clinic>(key));
        let own = clinic.and_then(|clinic| clinic.time_zone.as_ref());
        let lab = || {
            self.record::<Lab>(&keys[0])
                .and_then(|lab| lab.time_zone.as_ref())
        };
        let zone = own.or(webhook.time_zone.as_ref()).or_else(lab);
        Ok(zone.unwrap_or(&self.desk.rules.default_time_zone).clone())
    }

    fn record<E: Entity>(&self, key: &Key) -> Option<&E> {
        match self.facts.get(key) {
            Some(Found::Record(Some(record))) => E::from_record(record),
            _ => None,
        }
    }

    fn judge_event(&mut self, event: &Arc<Event>) -> Result<Outcome, StoreError> {
        let entry = self.entries.draw();
        let event_id = event
            .origin
            .id
            .clone()
            .unwrap_or_else(|| format_uuid(entry));
        let key = InboxKey::of(&event.origin, entry);
        let digest = entry::digest(self.desk.store.as_ref(), event);
        if let Some(known) = self.seen.get(&key).copied().flatten() {
            if known != digest {
                return Ok(Outcome::Reused);
            }
            return Ok(
                match self.ask(
                    |facts, context| decide::describe(facts, event, context),
                    entry,
                )? {
                    Ok(result) => done(event_id, true, result),
                    // What it made was purged or replaced since; that it was accepted still holds.
                    Err(_) => done(event_id, true, "{}".to_owned()),
                },
            );
        }
        let decision = match self.ask(
            |facts, context| decide::decide(facts, event, context),
            entry,
        )? {
            Ok(decision) => decision,
            Err(Some(refusal)) => return Ok(Outcome::Refused(refusal)),
            Err(None) => return Ok(Outcome::Internal),
        };
        let result = decision.result.clone();
        if decision.is_idle() && event.origin.id.is_none() {
            return Ok(done(event_id, true, result));
        }
        if event.origin.id.is_some() {
            self.seen.insert(key, Some(digest));
        }
        let stamp = Stamp {
            entry,
            now: self.now,
            digest,
        };
        self.accept(event, stamp, decision);
        Ok(done(event_id, false, result))
    }

    /// Asks the core, loading what it misses. An inner `None` is a panic of ours.
    fn ask<T>(
        &mut self,
        question: impl Fn(&Facts, Context<'_>) -> Result<T, Verdict>,
        entry: [u8; 16],
    ) -> Result<Result<T, Option<Refusal>>, StoreError> {
        for _ in 0..MAX_ROUNDS {
            let context = Context {
                now: self.now,
                entry,
                rules: &self.desk.rules,
            };
            // One event that breaks us must not take the others of its batch along.
            match catch_unwind(AssertUnwindSafe(|| question(&self.facts, context))) {
                Ok(Ok(answer)) => return Ok(Ok(answer)),
                Ok(Err(Verdict::Refused(refusal))) => return Ok(Err(Some(refusal))),
                Ok(Err(Verdict::Missing(keys))) => self.facts.add(self.desk.store.load(&keys)?),
                Err(_) => {
                    tracing::error!("a decision panicked");
                    return Ok(Err(None));
                }
            }
        }
        tracing::error!("a decision does not come to an end");
        Ok(Err(None))
    }

    fn accept(&mut self, event: &Arc<Event>, stamp: Stamp, decision: Decision) {
        let (entry, overlay) = entry::entry(event, stamp, decision, &mut self.records);
        self.batch.entries.push(entry);
        self.facts.apply(overlay);
    }

    /// Gives what the next batch may start with, and what is on disk now.
    fn commit(mut self) -> Result<(Facts, Option<(Batch, Committed)>), StoreError> {
        self.batch.records = std::mem::take(&mut self.records).into_order();
        if !self.batch.entries.is_empty()
            || !self.batch.quarantined.is_empty()
            || !self.batch.settled.is_empty()
        {
            let committed = self.desk.store.commit(&self.batch)?;
            return Ok((self.facts.committed(), Some((self.batch, committed))));
        }
        Ok((self.facts.committed(), None))
    }
}

fn zone_keys(webhook: &WebhookDraft) -> Vec<Key> {
    let mut keys = vec![Key::of::<Lab>(&webhook.lab_id, webhook.lab_id.as_str())];
    if let Some(clinic) = webhook.clinic() {
        keys.push(Key::of::<Clinic>(&webhook.lab_id, clinic.as_str()));
    }
    keys
}

fn done(event_id: String, duplicate: bool, result: String) -> Outcome {
    Outcome::Done(Accepted {
        event_id,
        duplicate,
        result,
        acknowledgement: None,
    })
}
