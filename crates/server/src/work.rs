//! What is done without anybody asking: due work, the store's housekeeping, noticing what others changed.

use std::sync::{Arc, Weak};
use std::time::Duration;

use jiff::{SignedDuration, ToSpan};
use pontic_core::backoff::Backoff;
use pontic_store::page::Claimed;
use tokio::sync::mpsc;
use tokio::task::JoinHandle;

use crate::app::App;
use crate::clock::Clock;
use crate::door::{Outcome, own_event};
use crate::drivers::{self, Inboxes, Stirred};
use crate::metrics::exposition;

/// How often due work is looked for.
const TICK: Duration = Duration::from_millis(500);
/// How often the store's log is moved to its place.
const CHECKPOINT: Duration = Duration::from_secs(1);
/// How often old keys are forgotten.
const PRUNE: Duration = Duration::from_hours(1);
/// How often silent drivers are looked for.
const SILENCE: Duration = Duration::from_secs(5);
/// How often silent senders are looked for.
const RHYTHM: Duration = Duration::from_mins(1);
/// How often hours and days of positions are looked at that may be closed.
const CLOSING: Duration = Duration::from_mins(1);
/// How often what was measured is gathered up.
const METRICS: Duration = Duration::from_secs(5);
/// How long claimed work is ours.
const LEASE: SignedDuration = SignedDuration::from_secs(60);
/// How much work is claimed at once.
const CLAIM: usize = 200;
/// How long an event's id is recognised, in hours (90 days).
const INBOX_HOURS: i64 = 90 * 24;

/// Starts the workers; they end when they are aborted.
pub fn start(
    app: &Arc<App>,
    inboxes: Inboxes,
    stirred: mpsc::UnboundedReceiver<Stirred>,
) -> Vec<JoinHandle<()>> {
    let drivers = Arc::downgrade(&app.drivers);
    vec![
        tokio::spawn(drivers::report(Weak::clone(&drivers), inboxes.reports)),
        tokio::spawn(drivers::follow_late_fixes(
            Weak::clone(&drivers),
            inboxes.late,
            app.clock.clone(),
        )),
        tokio::spawn(drivers::follow_changes(drivers, stirred)),
        every(app, SILENCE, |app| Box::pin(watch_for_silence(app))),
        every(app, CLOSING, |app| Box::pin(close_positions(app))),
        every(app, RHYTHM, |app| Box::pin(watch_senders(app))),
        every(app, TICK, |app| Box::pin(do_due_work(app))),
        // The folder is looked after in real time, whatever the clock shows.
        every_by(&Clock::system(), app, TICK, |app| {
            Box::pin(notice_changes(app))
        }),
        every_by(&Clock::system(), app, CHECKPOINT, |app| {
            Box::pin(checkpoint(app))
        }),
        every_by(&Clock::system(), app, METRICS, |_| {
            Box::pin(async { exposition::tidy_up() })
        }),
        every(app, PRUNE, |app| Box::pin(prune(app))),
    ]
}

/// Who on the road is not heard any more. Whether somebody is at work is asked of the store, on a thread that may wait for it.
async fn watch_for_silence(app: Arc<App>) {
    let drivers = Arc::clone(&app.drivers);
    let looked = tokio::task::spawn_blocking(move || drivers.watch_for_silence()).await;
    if let Ok(Err(error)) = looked {
        tracing::warn!(%error, "whether drivers are silent is looked at later");
    }
}

type Task = std::pin::Pin<Box<dyn Future<Output = ()> + Send>>;

/// Again and again, by the app's clock.
fn every(
    app: &Arc<App>,
    period: Duration,
    task: impl Fn(Arc<App>) -> Task + Send + 'static,
) -> JoinHandle<()> {
    every_by(&app.clock, app, period, task)
}

/// The same by that clock.
fn every_by(
    clock: &Clock,
    app: &Arc<App>,
    period: Duration,
    task: impl Fn(Arc<App>) -> Task + Send + 'static,
) -> JoinHandle<()> {
    let mut beats = clock.beats(period);
    // A worker holds the app only while it works: the door's thread ends when nobody else does.
    let app = Arc::downgrade(app);
    tokio::spawn(async move {
        loop {
            beats.next().await;
            let Some(app) = app.upgrade() else { return };
            task(app).await;
        }
    })
}

/// Tells of senders that are not heard as usual.
async fn watch_senders(app: Arc<App>) {
    let state = Arc::clone(&app);
    let found = app.read(move |store| {
        let zone = &state.config.rules.default_time_zone;
        state.rhythms.look(store, zone, state.clock.now())
    });
    match found.await {
        Ok(drafts) if drafts.is_empty() => {}
        Ok(drafts) => {
            let told = app.door.submit(drafts).await;
            let is_lost = |outcome: &Outcome| matches!(outcome, Outcome::Internal);
            if told.is_err() || told.is_ok_and(|told| told.iter().any(is_lost)) {
                app.rhythms.forget_told();
            }
        }
        Err(error) => tracing::warn!(%error, "whether senders are silent is looked at later"),
    }
}

/// Claims what is due and hands it in at the door, which settles the claim with it.
async fn do_due_work(app: Arc<App>) {
    let now = app.clock.now();
    let lease = app.clock.meanwhile(LEASE);
    let claimed = match app.read(move |store| store.claim(now, lease, CLAIM)).await {
        Ok(claimed) => claimed,
        Err(error) => return tracing::error!(%error, "due work cannot be claimed"),
    };
    for work in claimed {
        do_one(&app, work).await;
    }
}

async fn do_one(app: &App, work: Claimed) {
    let draft = own_event(work.body.clone(), "pontic.clock", "clock", None);
    match app
        .door
        .work_off(draft, work.number, work.attempt)
        .await
        .as_deref()
    {
        Ok([Outcome::Done(_)]) => {}
        Ok([Outcome::Refused(refusal)]) => {
            // What it was about is gone or over: there is nothing left to do, and the claim was settled with the refusal.
            tracing::info!(key = %work.key, code = refusal.code(), "due work has become moot");
        }
        _ => postpone(app, work).await,
    }
}

async fn postpone(app: &App, work: Claimed) {
    const PATIENCE: Result<Backoff, pontic_core::backoff::BadBackoff> =
        Backoff::new(u32::MAX, 1_000, 600_000);
    let delay = PATIENCE
        .ok()
        .and_then(|patience| patience.delay(work.attempt, 1.0, None));
    let due = app
        .clock
        .now()
        .checked_add(delay.unwrap_or(LEASE))
        .unwrap_or(work.due);
    tracing::warn!(key = %work.key, attempt = work.attempt, "due work is tried again later");
    if let Err(error) = app.read(move |store| store.postpone(&work, due)).await {
        tracing::error!(%error, "due work cannot be put back; its lease will end");
    }
}

/// Another process (the command line) may have made or revoked tokens.
async fn notice_changes(app: Arc<App>) {
    static SEEN: std::sync::atomic::AtomicU64 = std::sync::atomic::AtomicU64::new(0);
    let Ok(stamp) = app.read(|store| store.stamp()).await else {
        return;
    };
    if SEEN.swap(stamp, std::sync::atomic::Ordering::Relaxed) != stamp {
        app.keys.forget();
    }
}

async fn checkpoint(app: Arc<App>) {
    if let Err(error) = app.read(|store| store.checkpoint()).await {
        tracing::warn!(%error, "the store's log stays longer");
    }
}

async fn prune(app: Arc<App>) {
    let now = app.clock.now();
    let Ok(before) = now.checked_sub(INBOX_HOURS.hours()) else {
        return;
    };
    if let Err(error) = app.read(move |store| store.prune(before, now)).await {
        tracing::warn!(%error, "old keys stay longer");
    }
}

/// Positions of an hour or a day that is over become compact, and the oldest are forgotten.
async fn close_positions(app: Arc<App>) {
    let now = app.clock.now();
    let log = Arc::clone(&app.drivers.log);
    let done = tokio::task::spawn_blocking(move || {
        log.close_hours(now)?;
        log.close_days(now)?;
        log.prune(now)
    });
    match done.await {
        Ok(Ok(0)) => {}
        Ok(Ok(files)) => tracing::info!(files, "positions older than the retention were removed"),
        Ok(Err(error)) => tracing::warn!(%error, "positions stay uncompacted longer"),
        Err(error) => tracing::error!(%error, "positions were not looked after"),
    }
}
