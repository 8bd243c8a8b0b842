//! Telling people: what is due on a channel becomes messages, each to one address, tried until it is taken or has been tried enough.

use std::sync::{Arc, Weak};
use std::time::{Duration, Instant};

use jiff::{SignedDuration, Timestamp};
use pontic_core::backoff::{Backoff, BadBackoff};
use pontic_core::event::{Event, NoticeFailed, Origin};
use pontic_core::id::{ClinicId, LabId, StopId, derived};
use pontic_core::notice::{Channel, NoticeKind};
use pontic_core::route::{Route, Stop};
use pontic_core::subscription::ALL_LABS;
use pontic_core::time;
use pontic_store::outgoing::{ClaimedNotice, Outcome, Tried};
use pontic_store::{Store, StoreError};
use serde_json::Value;
use tokio::task::JoinSet;

use super::addressees::{Addressee, Addressees};
use super::courier::chance;
use super::noticing::{ARRIVAL_FRESH, LATE, QUIET, alert_number, count};
use crate::app::App;
use crate::clinic_page;
use crate::door::Draft;
use crate::notify::wording::{self, Part, Words};
use crate::notify::{Coming, NO_ANSWER, Sent, of_alert, of_publication};
use crate::reading::one;
use crate::series::Way;

/// Messages of one channel that are under way.
const IN_FLIGHT: usize = 8;
/// A claim lasts so much longer than a message may take.
const MARGIN: SignedDuration = SignedDuration::from_secs(15);
/// Looked for also when nobody said that there is something.
const TICK: Duration = Duration::from_secs(5);
/// Never sooner: what waits behind another is due all the time.
const SOONEST: Duration = Duration::from_millis(250);
/// From a second to half an hour, for some three days: a mail server may be down over a weekend.
const PATIENCE: Result<Backoff, BadBackoff> = Backoff::new(300, 1_000, 1_800_000);
/// Failures further apart are no row of failures: longer than the longest delay.
const FORGIVEN: SignedDuration = SignedDuration::from_hours(1);
/// A message that was handed over so often without an answer is given up.
const UNANSWERED: u32 = 5;
/// In the log of events, whoever tells.
const SOURCE: &str = "pontic.notices";
/// Whoever was to be told does not want it any more.
const UNWANTED: &str = "unwanted";
/// What it was about is not known any more.
const FORGOTTEN: &str = "forgotten";

/// A message with all that became it.
type Bundle = Vec<ClaimedNotice>;

/// Serves one channel as long as the program runs.
pub async fn serve(app: Weak<App>, channel: Channel) {
    let mut under_way: JoinSet<(Bundle, Vec<Outcome>)> = JoinSet::new();
    let mut failing_since: Option<(Timestamp, Timestamp)> = None;
    loop {
        let Some(running) = app.upgrade() else { return };
        let room = IN_FLIGHT.saturating_sub(under_way.len());
        if room > 0 {
            for bundle in claim(&running, channel, room).await {
                let app = Arc::clone(&running);
                under_way.spawn(async move {
                    let outcomes = tell(&app, channel, &bundle).await;
                    (bundle, outcomes)
                });
            }
        }
        let wait = if under_way.is_empty() {
            until_next(&running, channel).await
        } else {
            TICK
        };
        let notify = Arc::clone(&running.notify);
        drop(running);
        tokio::select! {
            Some(done) = under_way.join_next() => {
                let Some(running) = app.upgrade() else { return };
                if let Ok((bundle, outcomes)) = done {
                    watch(&running, channel, &outcomes, &mut failing_since).await;
                    settle(&running, channel, &bundle, outcomes).await;
                }
            }
            () = notify.bell(channel).notified() => {}
            () = tokio::time::sleep(wait) => {}
        }
    }
}

async fn claim(app: &App, channel: Channel, room: usize) -> Vec<Bundle> {
    let now = app.clock.now();
    let patience = SignedDuration::try_from(app.notify.patience(channel)).unwrap_or(MARGIN);
    let lease = app.clock.meanwhile(patience + MARGIN);
    let claimed = app
        .read(move |store| store.claim_notices(channel.receiver(), now, lease, room))
        .await;
    let claimed = claimed.unwrap_or_else(|error| {
        tracing::warn!(%error, "notices cannot be claimed now");
        Vec::new()
    });
    let mut bundles: Vec<Bundle> = Vec::new();
    for notice in claimed {
        match bundles.last_mut() {
            Some(last) if last[0].bundle == notice.bundle => last.push(notice),
            _ => bundles.push(vec![notice]),
        }
    }
    bundles
}

async fn until_next(app: &App, channel: Channel) -> Duration {
    let next = app
        .read(move |store| store.next_outgoing(channel.receiver()))
        .await;
    let wait = next
        .ok()
        .flatten()
        .map(|due| due.duration_since(app.clock.now()));
    let wait = wait.map_or(TICK, |wait| wait.try_into().unwrap_or(Duration::ZERO));
    wait.clamp(SOONEST, TICK)
}

/// Tells what a bundle holds; what came of each of its notices.
async fn tell(app: &Arc<App>, channel: Channel, bundle: &Bundle) -> Vec<Outcome> {
    let (state, notices) = (Arc::clone(app), bundle.clone());
    let now = app.clock.now();
    let composed = app
        .read(move |store| compose(&state, store, channel, &notices, now))
        .await;
    let (words, skipped) = match composed {
        Ok(Composed::Words(words, skipped)) => (words, skipped),
        Ok(Composed::Quiet(until)) => return vec![Outcome::Untried { due: until }; bundle.len()],
        Err(error) => {
            tracing::warn!(%error, "a notice cannot be read now");
            return vec![outcome(bundle[0].attempt, &unread(), now); bundle.len()];
        }
    };
    let sent = match words {
        Some(words) => {
            // The address is opened for nothing but telling whoever is there.
            let to = bundle[0].to.reveal();
            let id = message_id(app.store.epoch(), bundle[0].bundle);
            let started = Instant::now();
            let sent = app.notify.send(channel, to, &words, &id, now).await;
            let word = bundle[0].message.name.split('.').next();
            let kind = NoticeKind::from_word(word.unwrap_or_default());
            let kind = kind.map_or("notice", NoticeKind::as_str);
            let line = (Way::Out, channel.as_str(), kind);
            app.series
                .count(line, app.clock.now(), sent.taken, started.elapsed());
            outcome(bundle[0].attempt, &sent, app.clock.now())
        }
        None => Outcome::Sent,
    };
    skipped
        .into_iter()
        .map(|cause| match cause {
            Some(cause) => Outcome::Skipped {
                cause: cause.to_owned(),
            },
            None => sent.clone(),
        })
        .collect()
}

/// The id of a message: the same however often it is tried, and no other's.
pub fn message_id(epoch: &str, bundle: u64) -> String {
    format!("{epoch}-{bundle}")
}

fn unread() -> Sent {
    Sent {
        taken: false,
        refused: false,
        cause: "store".to_owned(),
        retry_after: None,
    }
}

/// What a bundle comes to.
enum Composed {
    /// The words of a message, and for each of its notices why it is left out; no words if all of them are.
    Words(Option<Words>, Vec<Option<&'static str>>),
    /// Nobody is to be told before that time.
    Quiet(Timestamp),
}

fn compose(
    app: &App,
    store: &dyn Store,
    channel: Channel,
    bundle: &Bundle,
    now: Timestamp,
) -> Result<Composed, StoreError> {
    let mut addressees = Addressees::new(app, store);
    let first = &bundle[0];
    let found = addressees.find(first.message.lab_id.as_str(), first.clinic_id.as_deref())?;
    // Whoever has been taken off since is told nothing more.
    let wanted = found.filter(|found| found.wants.addresses(channel).contains(first.to.reveal()));
    let Some(addressee) = wanted else {
        return Ok(Composed::Words(None, vec![Some(UNWANTED); bundle.len()]));
    };
    // Also of what was put off until now, or sent again.
    if let Some(until) = addressee.wants.quiet_until(now, &addressee.zone) {
        return Ok(if is_arrival(&first.message.name) {
            Composed::Words(None, vec![Some(QUIET); bundle.len()])
        } else {
            Composed::Quiet(until)
        });
    }
    let mut parts = Vec::new();
    let mut skipped = Vec::with_capacity(bundle.len());
    for notice in bundle {
        match part(app, store, &mut addressees, &addressee, notice, now)? {
            Ok(part) => {
                parts.push(part);
                skipped.push(None);
            }
            Err(cause) => skipped.push(Some(cause)),
        }
    }
    let words = (!parts.is_empty())
        .then(|| wording::message(&parts, addressee.language, &addressee.lab_name));
    Ok(Composed::Words(words, skipped))
}

fn is_arrival(name: &str) -> bool {
    NoticeKind::from_word(name) == Some(NoticeKind::Arrival)
}

/// One notice in words, or why it is left out.
fn part(
    app: &App,
    store: &dyn Store,
    addressees: &mut Addressees<'_>,
    addressee: &Addressee,
    notice: &ClaimedNotice,
    now: Timestamp,
) -> Result<Result<Part, &'static str>, StoreError> {
    let message = &notice.message;
    let word = message.name.split('.').next().unwrap_or_default();
    let Some(kind) = NoticeKind::from_word(word) else {
        return Ok(Err(FORGOTTEN));
    };
    let reader = addressee.reader();
    let fields = if let Some(number) = alert_number(&message.event_id) {
        let found = store.alerts_after(number.saturating_sub(1), 1)?;
        let Some(row) = found.first().filter(|row| row.number == number) else {
            return Ok(Err(FORGOTTEN));
        };
        let body: Value = serde_json::from_str(&row.body).unwrap_or_default();
        of_alert(kind, &body, row.at, &reader)
    } else {
        let Some(row) = store.log_row(message.seq)? else {
            return Ok(Err(FORGOTTEN));
        };
        let is_arrival = kind == NoticeKind::Arrival;
        if is_arrival && now.duration_since(row.at) > ARRIVAL_FRESH {
            return Ok(Err(LATE));
        }
        let detail: Value = serde_json::from_str(&row.detail).unwrap_or_default();
        let Some(coming) = coming(app, store, kind, &detail)? else {
            return Ok(Err(LATE));
        };
        of_publication(kind, &detail, row.at, &reader, now, &coming)
    };
    let custom = addressees.words(&addressee.lab_id, kind, addressee.language)?;
    let part = wording::part(kind, addressee.language, custom.as_deref(), &fields);
    Ok(Ok(part))
}

/// What is known now of the visit that a publication is about; nothing where it was about one that is over.
fn coming(
    app: &App,
    store: &dyn Store,
    kind: NoticeKind,
    detail: &Value,
) -> Result<Option<Coming>, StoreError> {
    if !matches!(kind, NoticeKind::Arrival | NoticeKind::OnTheWay) {
        return Ok(Some(Coming::default()));
    }
    let text = |name: &str| detail[name].as_str().unwrap_or_default();
    let (lab, stop) = (LabId::known(text("labId")), StopId::known(text("stopId")));
    let link = clinic_page::url(&app.config, store, &lab, &stop);
    if kind == NoticeKind::Arrival {
        return Ok(Some(Coming { link, eta: None }));
    }
    let found = one::<Stop>(store, &lab, stop.as_str())?;
    let Some(found) = found.filter(|stop| stop.status.is_open()) else {
        return Ok(None);
    };
    // Whoever comes now: the stop, or its route, may have gone to another driver since.
    let route = one::<Route>(store, &lab, found.route_id.as_str())?;
    let ahead = route.and_then(|route| app.drivers.ahead(&lab, &route.driver_id));
    Ok(Some(Coming {
        link,
        eta: ahead.and_then(|ahead| ahead.eta(&stop)),
    }))
}

fn outcome(attempt: u32, sent: &Sent, now: Timestamp) -> Outcome {
    if sent.taken {
        return Outcome::Sent;
    }
    let cause = sent.cause.clone();
    // It may have been taken each time: whoever never hears an answer must not be told hundreds of times.
    let given_up = sent.cause == NO_ANSWER && attempt >= UNANSWERED;
    let delay = PATIENCE
        .ok()
        .filter(|_| !sent.refused && !given_up)
        .and_then(|patience| patience.delay(attempt, chance(), sent.retry_after));
    match delay {
        Some(wait) => Outcome::Again {
            due: now.saturating_add(wait).unwrap_or(now),
            cause,
        },
        None => Outcome::Dead { cause },
    }
}

/// Says what came of a bundle.
async fn settle(app: &Arc<App>, channel: Channel, bundle: &Bundle, outcomes: Vec<Outcome>) {
    let now = app.clock.now();
    let mut tried = Vec::with_capacity(bundle.len());
    let mut cause_of_death = None;
    for (notice, outcome) in bundle.iter().zip(outcomes) {
        let word = match &outcome {
            Outcome::Sent => "sent",
            Outcome::Again { .. } | Outcome::Untried { .. } => "again",
            Outcome::Skipped { .. } => "skipped",
            Outcome::Dead { cause } => {
                cause_of_death.get_or_insert_with(|| cause.clone());
                "failed"
            }
        };
        count(channel, word);
        tried.push(Tried {
            number: notice.number,
            attempt: notice.attempt,
            at: now,
            outcome,
        });
    }
    if let Some(cause) = cause_of_death {
        // Before it is settled: a program that dies in between says it again, which is known then.
        let first = &bundle[0];
        let whom = (&first.message.lab_id, first.clinic_id.as_deref());
        raise(app, channel, whom, cause, now).await;
    }
    let kept = app.read(move |store| store.settle_outgoing(&tried)).await;
    if let Err(error) = kept {
        // Their leases end, and they are sent again.
        tracing::warn!(%error, "what became of notices could not be kept");
    }
}

/// A channel by which nobody is reached for long is everybody's matter, long before the first notice has been tried enough.
async fn watch(
    app: &App,
    channel: Channel,
    outcomes: &[Outcome],
    failing_since: &mut Option<(Timestamp, Timestamp)>,
) {
    let again = outcomes.iter().find_map(|outcome| match outcome {
        Outcome::Again { cause, .. } => Some(cause),
        _ => None,
    });
    let Some(cause) = again else {
        // What is skipped or put off reaches nobody, and says nothing of the way.
        if !matches!(
            outcomes,
            [Outcome::Skipped { .. } | Outcome::Untried { .. }, ..]
        ) {
            *failing_since = None;
        }
        return;
    };
    let now = app.clock.now();
    let since = failing_since.get_or_insert((now, now));
    if now.duration_since(since.1) > FORGIVEN {
        // Nothing was tried for longer than any delay: that was another failure.
        since.0 = now;
    }
    since.1 = now;
    let since = since.0;
    if now.duration_since(since) > app.config.notices.patience {
        let everybody = (&LabId::known(ALL_LABS), None);
        raise(app, channel, everybody, cause.clone(), now).await;
    }
}

/// Lets the dispatchers know, once a day for each clinic, channel and cause.
async fn raise(
    app: &App,
    channel: Channel,
    (lab_id, clinic_id): (&LabId, Option<&str>),
    cause: String,
    now: Timestamp,
) {
    let date = time::date_at(now, &jiff::tz::TimeZone::UTC);
    let id = derived(&[
        "notice_failed",
        lab_id.as_str(),
        clinic_id.unwrap_or("-"),
        channel.as_str(),
        &cause,
        &date.to_string(),
    ]);
    let origin = Origin {
        scope: None,
        driver: None,
        source: SOURCE.to_owned(),
        id: Some(id),
        time: None,
        actor: SOURCE.to_owned(),
        redriven: None,
    };
    let failed = NoticeFailed {
        lab_id: lab_id.clone(),
        clinic_id: clinic_id.map(ClinicId::known),
        channel,
        cause,
        date,
    };
    let event = Event {
        origin,
        body: failed.into(),
    };
    if app.submit(Draft::Event(Arc::new(event))).await.is_err() {
        tracing::warn!("that a notice failed could not be told to the dispatchers");
    }
}
