//! Events in from the bus: durable consumers of NATS `JetStream`, each read as many messages at a time as are there, decided together.
//!
//! They go through the same door as those that are posted, and the same inbox recognises those that came before. NATS hands a message out
//! again until it is answered, and it is answered when what it says is on disk. What cannot be used lies in the quarantine. [`order`] keeps
//! what is about one thing in the order of its stream when a message has to be put back.
//!
//! NATS knows what was taken (a durable consumer), and we bound how often a message is tried, not NATS: what it gives up nobody would
//! ever see again.

mod deciding;
mod order;
mod reading;

use std::sync::{Arc, Weak};
use std::time::{Duration, Instant};

use async_nats::jetstream::Message;
use async_nats::jetstream::consumer::pull::{self, Batch};
use async_nats::jetstream::consumer::{AckPolicy, PullConsumer};
use async_nats::jetstream::stream::Stream;
use futures_util::StreamExt;
use jiff::SignedDuration;
use tokio::sync::watch;
use tokio::task::JoinHandle;

use crate::access::Caller;
use crate::app::App;
use crate::bus::{Bus, Reader, Trouble};
use crate::config::Consumer;
use deciding::{Desk, Stopped};
use order::Order;
use reading::{caller, read};

/// Messages that are decided together at most.
const MOST: usize = 256;
/// Bytes of them, about.
const MOST_BYTES: usize = 8 * 1024 * 1024;
/// Messages that may be in our hands or put back: beyond that NATS hands none out.
const MOST_OPEN: i64 = 1_024;
/// How long NATS keeps a question open until there is a message.
const WAIT: Duration = Duration::from_secs(3);
/// How long it may take to answer beyond that.
const PATIENCE: Duration = Duration::from_secs(2);
/// What nobody answered comes again this much later than NATS was told, at most.
const MARGIN: Duration = Duration::from_millis(500);
/// The first pause after trouble, and the longest.
const PAUSE: Duration = Duration::from_millis(500);
const LONGEST_PAUSE: Duration = Duration::from_secs(30);
/// So long one program of an installation has the duty to read a consumer, unless it holds it longer; and so often it does.
const DUTY: SignedDuration = SignedDuration::from_secs(10);
const HOLD: Duration = Duration::from_secs(3);
/// Where NATS does not say how long it waits for an answer.
const USUAL_WAIT: Duration = Duration::from_secs(30);

/// Starts reading; a task ends when the program is about to stop, with all that it took answered.
pub fn start(app: &Arc<App>) -> Vec<JoinHandle<()>> {
    let Some(bus) = &app.bus else {
        return Vec::new();
    };
    let consumers = bus.config.consumers.iter().map(|consumer| {
        let reading = Reading {
            app: Arc::downgrade(app),
            bus: Arc::clone(bus),
            caller: caller(consumer),
            consumer: consumer.clone(),
            order: Order::default(),
            held: None,
            stopping: app.stopping.clone(),
        };
        tokio::spawn(reading.run())
    });
    let mut tasks: Vec<JoinHandle<()>> = consumers.collect();
    tasks.push(tokio::spawn(wake_couriers(
        Arc::downgrade(app),
        bus.line(),
        app.stopping.clone(),
    )));
    tasks
}

/// What waits for the bus goes on as soon as it is back.
async fn wake_couriers(
    app: Weak<App>,
    mut line: watch::Receiver<bool>,
    mut stopping: watch::Receiver<bool>,
) {
    loop {
        tokio::select! {
            changed = line.changed() => if changed.is_err() { return },
            _ = stopping.changed() => return,
        }
        let Some(app) = app.upgrade() else { return };
        if *line.borrow() {
            app.relay.wake_all();
        }
    }
}

/// One consumer.
struct Reading {
    app: Weak<App>,
    bus: Arc<Bus>,
    consumer: Consumer,
    caller: Caller,
    order: Order,
    /// When the duty to read was last held longer.
    held: Option<Instant>,
    stopping: watch::Receiver<bool>,
}

/// Why a round of reading ended.
enum End {
    /// The program stops.
    Stopped,
    /// It can go on later.
    Trouble(Trouble),
}

impl From<Stopped> for End {
    fn from(stopped: Stopped) -> Self {
        match stopped {
            Stopped::Program => Self::Stopped,
            Stopped::Elsewhere => Self::Trouble(Trouble::Elsewhere),
        }
    }
}

impl From<Trouble> for End {
    fn from(trouble: Trouble) -> Self {
        Self::Trouble(trouble)
    }
}

impl Reading {
    async fn run(mut self) {
        let mut pause = PAUSE;
        loop {
            let began = Instant::now();
            match self.serve().await {
                Ok(()) | Err(End::Stopped) => {
                    self.bus.flush().await;
                    self.let_go().await;
                    return;
                }
                Err(End::Trouble(trouble)) => {
                    self.say(Some(&trouble));
                    if began.elapsed() > LONGEST_PAUSE {
                        pause = PAUSE;
                    }
                    if trouble == Trouble::Elsewhere {
                        pause = HOLD;
                    }
                }
            }
            let mut line = self.bus.line();
            let is_back = tokio::select! {
                () = tokio::time::sleep(pause) => false,
                // Whoever waits for NATS goes on when it is back.
                () = until_set(&mut line), if !self.bus.is_there() => true,
                () = until_set(&mut self.stopping) => {
                    self.let_go().await;
                    return;
                }
            };
            pause = if is_back {
                PAUSE
            } else {
                (pause * 2).min(LONGEST_PAUSE)
            };
        }
    }

    /// Notes how it is, and logs what differs from before.
    fn say(&self, trouble: Option<&Trouble>) {
        let text = trouble.map(ToString::to_string);
        let reader = Reader {
            stream: self.consumer.stream.clone(),
            reads: trouble.is_none(),
            trouble: text.clone(),
            waiting: 0,
        };
        if self.bus.note(&self.consumer.name, reader) {
            let (consumer, stream) = (&self.consumer.name, &self.consumer.stream);
            match (trouble, text) {
                // Somebody has to stand by.
                (Some(Trouble::Elsewhere), _) => {
                    tracing::info!(
                        consumer,
                        stream,
                        "another program reads events from the bus"
                    );
                }
                (_, Some(trouble)) => tracing::warn!(
                    consumer,
                    stream,
                    trouble,
                    "events are not read from the bus for now"
                ),
                (_, None) => tracing::info!(consumer, stream, "events are read from the bus"),
            }
        }
    }

    /// Reads as long as nothing is in the way; `Ok`: the program is gone.
    async fn serve(&mut self) -> Result<(), End> {
        self.held = None;
        let stream = self.bus.stream(&self.consumer.stream).await?;
        if !self.hold().await? {
            return Ok(());
        }
        let source = attach(&stream, &self.consumer).await?;
        let ack_wait = Some(source.cached_info().config.ack_wait).filter(|wait| !wait.is_zero());
        let ack_wait = ack_wait.unwrap_or(USUAL_WAIT);
        if source.cached_info().num_ack_pending > 0 {
            // Somebody who is gone, or we before the line was cut, had some in their hands. They come again when their time is over,
            // and before all others: whoever took younger ones now would overtake them.
            self.pause(ack_wait + MARGIN).await?;
        }
        self.say(None);
        loop {
            if is_set(&self.stopping) {
                return Err(End::Stopped);
            }
            if !self.hold().await? {
                return Ok(());
            }
            let messages = self.take(&source).await?;
            if messages.is_empty() {
                if !self.bus.is_there() {
                    return Err(Trouble::Away.into());
                }
                continue;
            }
            let Some(app) = self.app.upgrade() else {
                return Ok(());
            };
            let epoch = app.store.epoch().to_owned();
            let taken: Vec<_> = messages
                .into_iter()
                .map(|message| read(message, &self.caller, &epoch))
                .collect();
            let again = taken.iter().filter(|one| one.is_again).count();
            metrics::counter!("pontic_bus_redelivered_total", "consumer" => self.consumer.name.clone()).increment(again as u64);
            self.bus.note_waiting(
                &self.consumer.name,
                taken.last().map_or(0, |last| last.waiting),
            );
            let mut desk = Desk {
                app: &app,
                consumer: &self.consumer,
                bus: &self.bus,
                caller: &self.caller,
                ack_wait,
                began: Instant::now(),
                stopping: self.stopping.clone(),
            };
            desk.decide(taken, &mut self.order).await?;
        }
    }

    /// Of several programs on the same data one reads: two at a time would overtake each other. `Ok(false)`: the program is gone.
    async fn hold(&mut self) -> Result<bool, End> {
        if self.held.is_some_and(|held| held.elapsed() < HOLD) {
            return Ok(true);
        }
        let Some(app) = self.app.upgrade() else {
            return Ok(false);
        };
        if duty(&app, &self.bus, &self.consumer, DUTY).await? {
            self.held = Some(Instant::now());
            return Ok(true);
        }
        Err(Trouble::Elsewhere.into())
    }

    /// Lets the next program read at once.
    async fn let_go(&self) {
        if let Some(app) = self.app.upgrade().filter(|_| self.held.is_some()) {
            // Where it cannot be said, it ends by itself.
            let _ = duty(&app, &self.bus, &self.consumer, SignedDuration::ZERO).await;
        }
    }

    async fn pause(&mut self, wait: Duration) -> Result<(), End> {
        match tokio::time::timeout(wait, until_set(&mut self.stopping)).await {
            Ok(()) => Err(End::Stopped),
            Err(_) => Ok(()),
        }
    }

    /// What is there; where nothing is, the first that comes.
    async fn take(&mut self, source: &PullConsumer) -> Result<Vec<Message>, End> {
        let there = source
            .fetch()
            .max_messages(MOST)
            .max_bytes(MOST_BYTES)
            .messages()
            .await;
        // What is wrong with the question is so with the next one, too; but a message that is larger than all together may be.
        let there = gather(there.map_err(|error| other(&error))?, PATIENCE)
            .await
            .unwrap_or_default();
        if !there.is_empty() {
            return Ok(there);
        }
        // A question that was asked before the line was cut is not answered after it.
        let mut line = self.bus.line();
        let next = source
            .batch()
            .max_messages(1)
            .expires(WAIT)
            .messages()
            .await;
        let next = gather(next.map_err(|error| other(&error))?, WAIT + PATIENCE);
        tokio::select! {
            next = next => Ok(next?),
            _ = line.changed() => Ok(Vec::new()),
            () = until_set(&mut self.stopping) => Err(End::Stopped),
        }
    }
}

/// Whether this program has the duty to read a consumer.
async fn duty(
    app: &Arc<App>,
    bus: &Bus,
    consumer: &Consumer,
    lease: SignedDuration,
) -> Result<bool, Trouble> {
    let (name, holder) = (format!("bus/{}", consumer.durable), bus.holder.clone());
    let (now, lease) = (app.clock.now(), app.clock.meanwhile(lease));
    let held = app
        .read(move |store| store.hold(&name, &holder, now, lease))
        .await;
    held.map_err(|error| Trouble::Other(error.to_string()))
}

/// Until it is true, or nobody can set it any more.
async fn until_set(flag: &mut watch::Receiver<bool>) {
    let _ = flag.wait_for(|set| *set).await;
}

/// Whether the program stops.
fn is_set(stopping: &watch::Receiver<bool>) -> bool {
    *stopping.borrow() || stopping.has_changed().is_err()
}

fn other(error: &dyn std::fmt::Display) -> Trouble {
    Trouble::Other(error.to_string())
}

/// What comes of a question to NATS. Where the line is cut in between, what has come is all.
async fn gather(mut batch: Batch, patience: Duration) -> Result<Vec<Message>, Trouble> {
    let mut messages = Vec::new();
    loop {
        match tokio::time::timeout(patience, batch.next()).await {
            Ok(Some(Ok(message))) => messages.push(message),
            // What came before the fault is in our hands, and the fault comes again.
            Ok(Some(Err(error))) if messages.is_empty() => return Err(other(&error)),
            Ok(Some(Err(_)) | None) | Err(_) => return Ok(messages),
        }
    }
}

/// The consumer in NATS: made where there is none, used as it is where there is one and it fits.
async fn attach(stream: &Stream, wanted: &Consumer) -> Result<PullConsumer, Trouble> {
    let made = pull::Config {
        durable_name: Some(wanted.durable.clone()),
        description: Some("events in, read by Pontic".to_owned()),
        ack_policy: AckPolicy::Explicit,
        ack_wait: wanted.ack_wait,
        max_deliver: -1,
        max_ack_pending: MOST_OPEN,
        filter_subject: wanted.subject.clone().unwrap_or_default(),
        ..pull::Config::default()
    };
    let found: PullConsumer = stream
        .get_or_create_consumer(&wanted.durable, made)
        .await
        .map_err(|error| other(&error))?;
    let (config, durable) = (&found.cached_info().config, &wanted.durable);
    let unfit = |why: &str| {
        Err(Trouble::Unfit(format!(
            "the consumer {durable} of {} {why}",
            wanted.stream
        )))
    };
    if config.ack_policy != AckPolicy::Explicit {
        return unfit("does not wait for answers: it needs the ack policy `explicit`");
    }
    if config.max_deliver > 0 {
        return unfit(
            "gives messages up by itself, and they would be lost: it needs max deliver -1, Pontic bounds the tries",
        );
    }
    if config.filter_subject != wanted.subject.clone().unwrap_or_default() {
        return unfit(
            "reads another subject than the configuration says: change one of the two, or give it another `durable`",
        );
    }
    Ok(found)
}
