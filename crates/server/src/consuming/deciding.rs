//! Messages that were taken together: decided in the order of their stream, kept, and only then answered.
//!
//! While the store cannot write, they stay in our hands, and NATS is told that somebody works on them: nothing is handed out again,
//! and nothing overtakes. A message that breaks something in us is put back alone, with all that is about the same, and tried so often
//! as the configuration says; then it is kept as refused, and holds up nobody any more.

use std::sync::Arc;
use std::time::{Duration, Instant};

use async_nats::jetstream::AckKind;
use tokio::sync::watch;

use super::order::Order;
use super::reading::{Said, Taken};
use super::{DUTY, duty, is_set};
use crate::access::Caller;
use crate::app::App;
use crate::bus::{Bus, Trouble};
use crate::config::Consumer;
use crate::door::{Draft, Outcome};
use crate::http::events::{code_of, faults_of};
use crate::http::refused::{self, ToKeep};
use crate::series::Way;

/// The first pause before something is tried again, and the longest.
const PAUSE: Duration = Duration::from_millis(250);
const LONGEST_PAUSE: Duration = Duration::from_secs(5);
/// How long an answer to NATS may take to be on its way.
const ANSWERING: Duration = Duration::from_secs(5);
/// A message that was put back comes again within so much more than it was put back for.
const MARGIN: Duration = Duration::from_secs(5);

/// Whoever decides the messages of one consumer.
pub struct Desk<'a> {
    /// The parts.
    pub app: &'a Arc<App>,
    /// Whose messages.
    pub consumer: &'a Consumer,
    /// Where they come from.
    pub bus: &'a Bus,
    /// For whom they speak.
    pub caller: &'a Caller,
    /// After so long NATS hands a message out again that nobody has answered.
    pub ack_wait: Duration,
    /// When they came.
    pub began: Instant,
    /// Turns true when the program is about to stop.
    pub stopping: watch::Receiver<bool>,
}

/// Why nothing more is decided: what was not answered comes again.
#[derive(Debug)]
pub enum Stopped {
    /// The program stops.
    Program,
    /// Another program on the same data reads now.
    Elsewhere,
}

impl Desk<'_> {
    /// Decides them; they come in the order of their stream.
    pub async fn decide(&mut self, taken: Vec<Taken>, order: &mut Order) -> Result<(), Stopped> {
        let hand = self.hold_back(taken, order).await;
        let outcomes = self.submit(&hand).await?;
        let nothing_kept = outcomes
            .iter()
            .flatten()
            .all(|one| matches!(one, Outcome::Internal));
        if nothing_kept && outcomes.iter().any(|one| !one.is_empty()) {
            // What cannot be committed together may be so because of one of them.
            for one in hand {
                self.decide_alone(one, order).await?;
            }
            return Ok(());
        }
        for (one, outcomes) in hand.into_iter().zip(outcomes) {
            self.settle(one, outcomes, order).await?;
        }
        Ok(())
    }

    /// Puts back what is about something of which an older message was put back.
    async fn hold_back(&self, taken: Vec<Taken>, order: &mut Order) -> Vec<Taken> {
        let now = Instant::now();
        let mut hand = Vec::with_capacity(taken.len());
        for one in taken {
            if order.is_behind(&one.keys, one.number, now) {
                self.put_back(&one, PAUSE, order).await;
            } else {
                hand.push(one);
            }
        }
        hand
    }

    async fn decide_alone(&mut self, one: Taken, order: &mut Order) -> Result<(), Stopped> {
        if order.is_behind(&one.keys, one.number, Instant::now()) {
            self.put_back(&one, PAUSE, order).await;
            return Ok(());
        }
        let hand = [one];
        let mut outcomes = self.submit(&hand).await?;
        let [one] = hand;
        let outcomes = outcomes.pop().unwrap_or_default();
        if outcomes
            .iter()
            .any(|outcome| matches!(outcome, Outcome::Internal))
        {
            let tries = order.tried(one.number);
            if tries < self.consumer.max_deliver {
                tracing::warn!(
                    consumer = self.consumer.name,
                    number = one.number,
                    tries,
                    "a message of the bus broke something; it is tried again"
                );
                let doubled = PAUSE.saturating_mul(1 << tries.min(16));
                self.put_back(&one, doubled, order).await;
                return Ok(());
            }
        }
        self.settle(one, outcomes, order).await
    }

    /// Back to NATS for a while, never longer than a message that nobody answers.
    async fn put_back(&self, one: &Taken, wait: Duration, order: &mut Order) {
        let wait = wait.min(self.ack_wait);
        order.put_back(
            &one.keys,
            one.number,
            Instant::now() + wait + self.ack_wait + MARGIN,
        );
        self.count("put_back");
        self.answer(one, AckKind::Nak(Some(wait))).await;
    }

    /// Hands events in until they could be decided; the outcomes of each message.
    async fn submit(&mut self, hand: &[Taken]) -> Result<Vec<Vec<Outcome>>, Stopped> {
        let app = Arc::clone(self.app);
        let attempt = || {
            let events = hand.iter().flat_map(Taken::events);
            let drafts: Vec<Draft> = events
                .map(|event| Draft::Event(Arc::clone(event)))
                .collect();
            let app = Arc::clone(&app);
            async move {
                if drafts.is_empty() {
                    return Some(Vec::new());
                }
                app.door.submit(drafts).await.ok()
            }
        };
        let tried = self.until_done(hand, attempt).await?;
        let mut outcomes = tried.into_iter();
        let each = hand
            .iter()
            .map(|one| outcomes.by_ref().take(one.events().count()).collect());
        Ok(each.collect())
    }

    /// Tries until it is done, and tells NATS meanwhile that somebody works on these.
    async fn until_done<T, F: Future<Output = Option<T>>>(
        &mut self,
        hand: &[Taken],
        attempt: impl Fn() -> F,
    ) -> Result<T, Stopped> {
        let mut pause = PAUSE;
        loop {
            let work = self.ack_wait / 3;
            let mut trying = std::pin::pin!(attempt());
            let tried = loop {
                tokio::select! {
                    tried = &mut trying => break tried,
                    () = tokio::time::sleep(work) => self.answer_all(hand, AckKind::Progress).await,
                }
            };
            if let Some(done) = tried {
                return Ok(done);
            }
            if is_set(&self.stopping) {
                self.answer_all(hand, AckKind::Nak(None)).await;
                return Err(Stopped::Program);
            }
            if let Ok(false) = self.duty().await {
                // Whoever reads now gets them as well.
                self.answer_all(hand, AckKind::Nak(None)).await;
                return Err(Stopped::Elsewhere);
            }
            self.answer_all(hand, AckKind::Progress).await;
            // It may have been told already; then that is seen above.
            let _ = tokio::time::timeout(pause.min(work), self.stopping.changed()).await;
            pause = (pause * 2).min(LONGEST_PAUSE);
        }
    }

    /// Keeps what was refused, and answers.
    async fn settle(
        &mut self,
        one: Taken,
        outcomes: Vec<Outcome>,
        order: &mut Order,
    ) -> Result<(), Stopped> {
        let mut outcomes = outcomes.into_iter();
        let (mut kept, mut accepted, mut new) = (Vec::new(), 0_usize, 0_usize);
        for (index, part) in one.parts.iter().enumerate() {
            let refused = match &part.said {
                Said::Refused(item) => Some(item.as_ref().clone()),
                Said::Event(event) => {
                    let outcome = outcomes.next().unwrap_or(Outcome::Internal);
                    if let Outcome::Done(done) = &outcome {
                        accepted += 1;
                        new += usize::from(!done.duplicate);
                    }
                    code_of(&outcome).map(|code| {
                        let text = one.texts().get(index).cloned().unwrap_or_default();
                        let (source, lab) = (&event.origin.source, event.origin.scope.clone());
                        refused::refused_event(
                            self.caller,
                            source,
                            part.name,
                            lab,
                            code,
                            faults_of(&outcome),
                            text,
                        )
                    })
                }
            };
            let (is_good, latency) = (refused.is_none(), self.began.elapsed());
            self.app.integration.record(part.name, is_good, latency);
            let line = (Way::In, part.source, part.name);
            self.app
                .series
                .count(line, self.app.clock.now(), is_good, latency);
            kept.extend(refused);
        }
        let is_refused = !kept.is_empty() && accepted == 0;
        let hand = [one];
        self.keep(&hand, kept).await?;
        let [one] = hand;
        order.settled(&one.keys, one.number);
        self.count(match (is_refused, accepted, new) {
            (true, ..) => "refused",
            (_, 0, _) => "own_news",
            (_, _, 0) => "duplicate",
            _ => "accepted",
        });
        let kind = if is_refused {
            AckKind::Term
        } else {
            AckKind::Ack
        };
        self.answer(&one, kind).await;
        Ok(())
    }

    async fn duty(&self) -> Result<bool, Trouble> {
        duty(self.app, self.bus, self.consumer, DUTY).await
    }

    async fn keep(&mut self, hand: &[Taken], items: Vec<ToKeep>) -> Result<(), Stopped> {
        if items.is_empty() {
            return Ok(());
        }
        let app = Arc::clone(self.app);
        let attempt = || {
            let (app, items) = (Arc::clone(&app), items.clone());
            async move { refused::keep(&app, items).await.ok() }
        };
        self.until_done(hand, attempt).await
    }

    async fn answer_all(&self, hand: &[Taken], kind: AckKind) {
        for one in hand {
            self.answer(one, kind).await;
        }
    }

    /// An answer that is lost costs nothing but the message once more, and the inbox knows it.
    async fn answer(&self, one: &Taken, kind: AckKind) {
        let sent = tokio::time::timeout(ANSWERING, one.acker.ack_with(kind)).await;
        if !matches!(sent, Ok(Ok(()))) {
            tracing::debug!(
                consumer = self.consumer.name,
                number = one.number,
                "an answer to NATS was lost"
            );
        }
    }

    fn count(&self, outcome: &'static str) {
        let consumer = self.consumer.name.clone();
        metrics::counter!("pontic_bus_messages_total", "consumer" => consumer, "outcome" => outcome).increment(1);
    }
}
