//! Getting messages to one receiver: many at once, but of one key one after the other.

use std::collections::{BTreeSet, HashMap};
use std::sync::{Arc, Weak};
use std::time::{Duration, Instant};

use jiff::{SignedDuration, Timestamp};
use pontic_core::event::{Event, MessagesDead, Origin, SubscriptionPaused};
use pontic_core::id::{LabId, derived};
use pontic_core::time;
use pontic_store::StoreError;
use pontic_store::outgoing::{ClaimedMessage, Outcome, Tried};
use pontic_store::page::LogRow;
use tokio::task::{JoinHandle, JoinSet};

use super::fan_out::publication;
use crate::app::App;
use crate::door::{Draft, own_event};
use crate::relay::{Receiver, Sent, try_all};
use crate::series::{self, Way};
use crate::traces::Delivery;

/// Messages that are under way to one receiver.
const IN_FLIGHT: usize = 64;
/// How long messages that come back are gathered, so that what came of them is kept together.
const GATHER: Duration = Duration::from_millis(2);
/// After so many failures in a row one message at a time is tried, until one is taken.
const FAILURES: u32 = 5;
/// A claim lasts so much longer than a receiver may take.
const MARGIN_S: u32 = 5;
/// Looked for also when nobody said that there is something.
const TICK: Duration = Duration::from_secs(5);
/// What a receiver that is gone leaves waits so long at least; it is paused anyway.
const LATER: SignedDuration = SignedDuration::from_mins(10);
/// Why a message is not sent that is about another lab than the receiver's.
const ELSEWHERE: &str = "other_lab";
/// How often it is looked whether more is due while something is under way.
const LOOK: Duration = Duration::from_secs(1);
/// In the log of events, whoever sends.
const SOURCE: &str = "pontic.relay";

/// Serves every receiver, each on its own, so that none waits for another.
pub async fn serve_all(app: Weak<App>) {
    let mut served: HashMap<String, (u64, JoinHandle<()>)> = HashMap::new();
    loop {
        let Some(running) = app.upgrade() else { return };
        if running.relay.is_stale()
            && let Err(error) = running.relay_reload().await
        {
            tracing::warn!(%error, "subscriptions are read again later");
        }
        let receivers = running.relay.all();
        served.retain(|id, (version, task)| {
            let stays = receivers
                .iter()
                .any(|receiver| receiver.id() == id && receiver.subscription.version == *version);
            if !stays {
                // What it holds is claimed again when its lease ends.
                task.abort();
            }
            stays && !task.is_finished()
        });
        for receiver in receivers {
            if receiver.subscription.paused || served.contains_key(receiver.id()) {
                continue;
            }
            let (id, version) = (receiver.id().to_owned(), receiver.subscription.version);
            let task = tokio::spawn(serve(Weak::clone(&app), receiver));
            served.insert(id, (version, task));
        }
        let (relay, clock) = (Arc::clone(&running.relay), running.clock.clone());
        drop(running);
        let _ = clock.timeout(TICK, relay.changed.notified()).await;
    }
}

/// How a receiver has been lately.
#[derive(Debug, Default)]
struct Health {
    failures: u32,
    failing_since: Option<Timestamp>,
}

impl Health {
    const fn at_once(&self) -> usize {
        if self.failures >= FAILURES {
            1
        } else {
            IN_FLIGHT
        }
    }

    fn note(&mut self, sent: &Sent, now: Timestamp) {
        if sent.taken {
            *self = Self::default();
        } else {
            self.failures += 1;
            self.failing_since.get_or_insert(now);
        }
    }
}

/// Serves one receiver until it is paused, or the program ends.
async fn serve(app: Weak<App>, receiver: Arc<Receiver>) {
    let mut under_way: JoinSet<Vec<(ClaimedMessage, Sent)>> = JoinSet::new();
    let mut messages = 0;
    let mut health = Health::default();
    let mut round = None;
    loop {
        let Some(running) = app.upgrade() else { return };
        round.get_or_insert_with(|| running.relay.round());
        if under_way.is_empty() {
            messages = 0;
        }
        let room = health.at_once().saturating_sub(messages);
        let reaches = running.relay.reaches(&receiver);
        if room > 0 && reaches {
            let mut claimed = claim(&running, &receiver, room).await;
            while !claimed.is_empty() {
                let rest = claimed.split_off(claimed.len().min(receiver.at_once()));
                messages += claimed.len();
                under_way.spawn(carry(Arc::clone(&running), Arc::clone(&receiver), claimed));
                claimed = rest;
            }
        }
        if under_way.is_empty() {
            // Whoever comes back says so.
            let wait = if reaches {
                until_next(&running, &receiver).await
            } else {
                TICK
            };
            let clock = running.clock.clone();
            drop(running);
            round = None;
            let _ = clock.timeout(wait, receiver.wake.notified()).await;
            continue;
        }
        let has_room = health.at_once() > messages;
        let (wake, clock) = (&receiver.wake, running.clock.clone());
        let first = tokio::select! {
            first = under_way.join_next() => first,
            // One that hangs must not keep from the others what comes meanwhile.
            () = wake.notified(), if has_room => continue,
            () = clock.sleep(LOOK), if has_room => continue,
        };
        if under_way.len() >= IN_FLIGHT / 2 {
            // Most come back at about the same time, and each transaction costs a sync.
            tokio::time::sleep(GATHER).await;
        }
        let mut done: Vec<(ClaimedMessage, Sent)> = first.and_then(Result::ok).unwrap_or_default();
        while let Some(more) = under_way.try_join_next() {
            done.extend(more.unwrap_or_default());
        }
        messages = messages.saturating_sub(done.len());
        if settle(&running, &receiver, done, &mut health).await {
            return;
        }
    }
}

/// A claimed message with the publication that it is.
type Loaded = (ClaimedMessage, Result<Option<LogRow>, StoreError>);

async fn claim(app: &App, receiver: &Receiver, room: usize) -> Vec<Loaded> {
    let (id, now) = (receiver.id().to_owned(), app.clock.now());
    let lease_s = i64::from(receiver.subscription.timeout_s + MARGIN_S);
    let lease = app.clock.meanwhile(SignedDuration::from_secs(lease_s));
    let claimed = app
        .read(move |store| {
            let claimed = store.claim_outgoing(&id, now, lease, room)?;
            let load = |claimed: ClaimedMessage| {
                let row = store.log_row(claimed.message.seq);
                (claimed, row)
            };
            Ok(claimed.into_iter().map(load).collect())
        })
        .await;
    claimed.unwrap_or_else(|error| {
        tracing::warn!(%error, "messages cannot be claimed now");
        Vec::new()
    })
}

/// How long until something is due.
async fn until_next(app: &App, receiver: &Receiver) -> Duration {
    let id = receiver.id().to_owned();
    let next = app.read(move |store| store.next_outgoing(&id)).await;
    let due = next.ok().flatten();
    let wait = due.map(|due| due.duration_since(app.clock.now()));
    let wait = wait.map_or(TICK, |wait| wait.try_into().unwrap_or(Duration::ZERO));
    // Never at once: what is due and held by another is due all the time.
    wait.clamp(Duration::from_millis(20), TICK)
}

/// Tries messages that go together, and counts them.
async fn carry(
    app: Arc<App>,
    receiver: Arc<Receiver>,
    loaded: Vec<Loaded>,
) -> Vec<(ClaimedMessage, Sent)> {
    let started = Instant::now();
    let traces = loaded.iter().map(|(claimed, _)| {
        let publication = series::publication(&claimed.message.name);
        let trace = Delivery::begin(publication, claimed.attempt);
        (claimed.number, trace)
    });
    // A few: ten go together at most.
    let mut traces: Vec<(u64, Delivery)> = traces.collect();
    let done = send(&app, &receiver, loaded).await;
    for (claimed, sent) in &done {
        if let Some(place) = traces.iter().position(|(of, _)| *of == claimed.number) {
            traces.swap_remove(place).1.end(sent.taken, &sent.cause);
        }
        if sent.cause != ELSEWHERE {
            let publication = series::publication(&claimed.message.name);
            let line = (Way::Out, receiver.way(), publication);
            let now = app.clock.now();
            app.series.count(line, now, sent.taken, started.elapsed());
        }
    }
    done
}

async fn send(app: &App, receiver: &Receiver, loaded: Vec<Loaded>) -> Vec<(ClaimedMessage, Sent)> {
    let mut done = Vec::with_capacity(loaded.len());
    let (mut to_send, mut publications) = (Vec::new(), Vec::new());
    for (claimed, row) in loaded {
        match sendable(receiver, &claimed, row) {
            Ok(row) => {
                to_send.push(claimed);
                publications.push(publication(row));
            }
            Err(cause) => done.push((claimed, Sent::failed(cause))),
        }
    }
    let (ways, now) = (app.relay.ways(), app.clock.now());
    let sent = try_all(ways, receiver, &publications, app.store.epoch(), now);
    done.extend(to_send.into_iter().zip(sent.await));
    done
}

/// What a message says, or why it is not sent.
fn sendable(
    receiver: &Receiver,
    claimed: &ClaimedMessage,
    row: Result<Option<LogRow>, StoreError>,
) -> Result<LogRow, &'static str> {
    // A name may have had another owner before: what was for that one is not for this one.
    if !receiver.subscription.hears_of(&claimed.message.lab_id) {
        return Err(ELSEWHERE);
    }
    match row {
        Ok(Some(row)) => Ok(row),
        Ok(None) => Err("forgotten"),
        Err(error) => {
            tracing::warn!(%error, "a message cannot be read now");
            Err("store")
        }
    }
}

/// Says what came of messages; true if the receiver is to be left alone.
async fn settle(
    app: &Arc<App>,
    receiver: &Receiver,
    done: Vec<(ClaimedMessage, Sent)>,
    health: &mut Health,
) -> bool {
    let now = app.clock.now();
    let mut pause = None;
    let mut tried = Vec::with_capacity(done.len());
    let mut dead: BTreeSet<(LabId, String)> = BTreeSet::new();
    for (claimed, sent) in done {
        if sent.cause != ELSEWHERE {
            health.note(&sent, now);
        }
        let outcome = outcome(receiver, &claimed, &sent, now);
        count(&outcome);
        if let Outcome::Dead { cause } = &outcome {
            dead.insert((claimed.message.lab_id.clone(), cause.clone()));
        }
        if sent.gone {
            pause = Some("gone");
        }
        tried.push(Tried {
            number: claimed.number,
            attempt: claimed.attempt,
            at: now,
            outcome,
        });
    }
    let failing = health.failing_since.map(|since| now.duration_since(since));
    if failing.is_some_and(|failing| failing > app.config.relay.patience) {
        pause = pause.or(Some("failing"));
    }
    // Before they are settled: a program that dies in between says it again, which is known then.
    say_dead(app, receiver, dead, now).await;
    let kept: Result<(), StoreError> = app.read(move |store| store.settle_outgoing(&tried)).await;
    if let Err(error) = kept {
        // Their leases end, and they are sent again.
        tracing::warn!(%error, "what became of messages could not be kept");
    }
    if let Some(reason) = pause {
        self::pause(app, receiver, reason).await;
    }
    pause.is_some()
}

fn outcome(receiver: &Receiver, claimed: &ClaimedMessage, sent: &Sent, now: Timestamp) -> Outcome {
    if sent.taken {
        return Outcome::Sent;
    }
    let later = |wait: SignedDuration| now.saturating_add(wait).unwrap_or(now);
    if sent.gone {
        return Outcome::Untried { due: later(LATER) };
    }
    let cause = sent.cause.clone();
    if cause == ELSEWHERE {
        return Outcome::Dead { cause };
    }
    let backoff = receiver.subscription.backoff();
    match backoff.delay(claimed.attempt, chance(), sent.retry_after) {
        Some(wait) => Outcome::Again {
            due: later(wait),
            cause,
        },
        None => Outcome::Dead { cause },
    }
}

fn count(outcome: &Outcome) {
    let word = match outcome {
        Outcome::Sent => "sent",
        Outcome::Again { .. } => "again",
        Outcome::Dead { .. } => "dead",
        Outcome::Untried { .. } | Outcome::Skipped { .. } => "gone",
    };
    metrics::counter!("pontic_messages_total", "outcome" => word).increment(1);
}

/// Uniform in 0..1; without chance, the middle.
pub fn chance() -> f64 {
    let mut bytes = [0; 4];
    if getrandom::fill(&mut bytes).is_err() {
        return 0.5;
    }
    f64::from(u32::from_be_bytes(bytes)) / f64::from(u32::MAX)
}

/// Lets the dispatchers know, once a day for each subscription, lab and cause.
async fn say_dead(app: &App, receiver: &Receiver, dead: BTreeSet<(LabId, String)>, now: Timestamp) {
    let date = time::date_at(now, &jiff::tz::TimeZone::UTC);
    for (lab_id, cause) in dead {
        let said = ["dead_letters", lab_id.as_str(), receiver.id(), &cause];
        let id = derived(&[said.as_slice(), &[date.to_string().as_str()]].concat());
        let detail = MessagesDead {
            lab_id,
            id: receiver.subscription.id.clone(),
            cause,
            date,
        };
        let origin = Origin {
            scope: None,
            driver: None,
            source: SOURCE.to_owned(),
            id: Some(id),
            time: None,
            actor: SOURCE.to_owned(),
            redriven: None,
        };
        let event = Event {
            origin,
            body: detail.into(),
        };
        if app.submit(Draft::Event(Arc::new(event))).await.is_err() {
            tracing::warn!("dead letters could not be told to the dispatchers");
        }
    }
}

/// Stops sending there, and says so to people.
async fn pause(app: &Arc<App>, receiver: &Receiver, reason: &str) {
    let paused = SubscriptionPaused {
        lab_id: receiver.subscription.lab_id.clone(),
        id: receiver.subscription.id.clone(),
        reason: reason.to_owned(),
    };
    let draft = own_event(paused.into(), SOURCE, SOURCE, None);
    if app.submit(draft).await.is_err() {
        tracing::warn!("a subscription that fails could not be paused; it is tried on");
    }
    let reloaded = app.relay_reload().await;
    if let Err(error) = reloaded {
        tracing::warn!(%error, "subscriptions are read again later");
    }
}
