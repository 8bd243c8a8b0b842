//! The one door: everything that changes business state goes through here, in batches, each one transaction.
//!
//! Callers hand in drafts and wait. One thread gathers what waits, loads the facts, decides in order, commits, and only then
//! answers. While one batch commits the next one gathers; so durable and fast are the same thing.

mod batch;
mod draft;
mod entry;

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

use pontic_core::decide::Refusal;
use pontic_core::event::RulesSet;
use pontic_core::rules::Rules;
use pontic_store::batch::{Batch, Committed};
use pontic_store::{Store, StoreError};
use tokio::sync::{mpsc, oneshot};

use crate::clock::Clock;
use crate::traces::{Commit, Visit};
use batch::{Desk, Known, Ran};

pub use draft::{Draft, WebhookDraft, own_event};
pub use entry::{Records, Stamp, digest, entry};

/// Most drafts of one batch: bounds how long the first of them waits.
const MAX_BATCH: usize = 2_048;
/// Most drafts that may wait; more are told to come back.
const MAX_WAITING: usize = 20_000;
/// Whoever waits longer is told to come back: it may be on disk by then, and is recognised.
const PATIENCE: Duration = Duration::from_secs(15);
/// How often a batch is decided again after something else changed its rows, or wrote about the same labs.
const MAX_TRIES: usize = 20;

/// After a conflict so many batches are decided in turn with other programs, whose batches are about the same: else each would be decided
/// in vain while another commits.
const CROWDED: usize = 64;

/// By whose rules a door decides.
#[derive(Debug)]
pub enum By {
    /// By this program's own, which are those of all from here on.
    Own(Rules),
    /// By those that the log has: whoever set them is to be asked about them, not this program.
    Found(Rules),
}

/// Hears of every batch after it is on disk, and before its senders do.
pub type Told = Box<dyn Fn(&Batch, &Committed) + Send>;

/// What became of a draft.
#[derive(Debug, Clone)]
pub enum Outcome {
    /// Accepted, and on disk.
    Done(Accepted),
    /// Not accepted.
    Refused(Refusal),
    /// An event with that id was accepted with other content.
    Reused,
    /// Something in us broke over it; it was not accepted.
    Internal,
}

/// An accepted event.
#[derive(Debug, Clone)]
pub struct Accepted {
    /// The sender's id, else ours.
    pub event_id: String,
    /// It changed nothing, or was accepted before.
    pub duplicate: bool,
    /// The contract's `result`: a JSON object.
    pub result: String,
    /// For a webhook: the pickup in its practice system's own shape, a JSON object.
    pub acknowledgement: Option<String>,
}

/// The store cannot write now, or too much waits already: try again later.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Busy;

struct Job {
    drafts: Vec<Draft>,
    /// Claimed work that this job does: settled with it.
    settles: Option<(u64, u32)>,
    visit: Visit,
    answer: oneshot::Sender<Result<Vec<Outcome>, Busy>>,
}

/// The way in.
#[derive(Debug, Clone)]
pub struct Door {
    jobs: mpsc::UnboundedSender<Job>,
    waiting: Arc<AtomicUsize>,
    outdated: Arc<AtomicBool>,
}

impl std::fmt::Debug for Job {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Job({} drafts)", self.drafts.len())
    }
}

impl Door {
    /// Opens the door; it takes nothing while `outdated` says that others decide by newer rules. The thread ends, all accepted work done,
    /// when the last `Door` is dropped.
    pub fn open(
        store: Arc<dyn Store>,
        told: Told,
        clock: Clock,
        by: By,
        outdated: Arc<AtomicBool>,
    ) -> Result<(Self, JoinHandle<()>), StoreError> {
        let (jobs, queue) = mpsc::unbounded_channel();
        let waiting = Arc::new(AtomicUsize::new(0));
        let door = Self {
            jobs,
            waiting: Arc::clone(&waiting),
            outdated,
        };
        let (rules, own) = match by {
            By::Own(rules) => (rules.clone(), Some(rules)),
            By::Found(rules) => (rules, None),
        };
        let mut keeper = Keeper {
            desk: Desk {
                store,
                rules,
                clock,
                known: Known::default(),
            },
            told,
            queue,
            waiting,
            crowded: 0,
        };
        if let Some(rules) = own {
            keeper.keep_rules(rules)?;
        }
        let thread = std::thread::Builder::new()
            .name("door".to_owned())
            .spawn(move || keeper.run());
        let thread = thread.map_err(|error| StoreError::Unavailable(error.to_string()))?;
        Ok((door, thread))
    }

    /// Hands drafts in; answers in the same order, after they are on disk.
    pub async fn submit(&self, drafts: Vec<Draft>) -> Result<Vec<Outcome>, Busy> {
        self.enter(drafts, None).await
    }

    /// Does a piece of claimed work, and settles the claim with it.
    pub async fn work_off(
        &self,
        draft: Draft,
        number: u64,
        attempt: u32,
    ) -> Result<Vec<Outcome>, Busy> {
        self.enter(vec![draft], Some((number, attempt))).await
    }

    async fn enter(
        &self,
        drafts: Vec<Draft>,
        settles: Option<(u64, u32)>,
    ) -> Result<Vec<Outcome>, Busy> {
        if self.is_outdated() {
            return Err(Busy);
        }
        let count = drafts.len();
        if self.waiting.fetch_add(count, Ordering::Relaxed) >= MAX_WAITING {
            self.waiting.fetch_sub(count, Ordering::Relaxed);
            return Err(Busy);
        }
        let (answer, answered) = oneshot::channel();
        let sent = self.jobs.send(Job {
            drafts,
            settles,
            visit: Visit::begin(),
            answer,
        });
        sent.map_err(|_| Busy)?;
        let answered = tokio::time::timeout(PATIENCE, answered).await;
        answered.map_or(Err(Busy), |answer| answer.unwrap_or(Err(Busy)))
    }

    /// Whether another program was started later with other rules.
    pub fn is_outdated(&self) -> bool {
        self.outdated.load(Ordering::Relaxed)
    }

    /// How many drafts wait.
    pub fn waiting(&self) -> usize {
        self.waiting.load(Ordering::Relaxed)
    }
}

struct Keeper {
    desk: Desk,
    told: Told,
    queue: mpsc::UnboundedReceiver<Job>,
    waiting: Arc<AtomicUsize>,
    /// Batches that are still to be decided in turn.
    crowded: usize,
}

impl Keeper {
    /// The rules go into the log whenever they are others than before, so that the log can be decided again.
    fn keep_rules(&mut self, rules: Rules) -> Result<(), StoreError> {
        let draft = own_event(
            RulesSet { rules }.into(),
            "pontic.config",
            "configuration",
            None,
        );
        let ran = self.desk.run(&[draft], &[])?;
        self.tell(&ran);
        Ok(())
    }

    fn run(mut self) {
        let mut jobs = Vec::new();
        while let Some(first) = self.queue.blocking_recv() {
            let mut count = first.drafts.len();
            jobs.push(first);
            while count < MAX_BATCH
                && let Ok(job) = self.queue.try_recv()
            {
                count += job.drafts.len();
                jobs.push(job);
            }
            self.serve(&mut jobs);
            self.waiting.fetch_sub(count, Ordering::Relaxed);
        }
    }

    fn serve(&mut self, jobs: &mut Vec<Job>) {
        let started = Instant::now();
        let drafts: usize = jobs.iter().map(|job| job.drafts.len()).sum();
        let commit = Commit::begin(jobs.iter().map(|job| (&job.visit, job.drafts.len())));
        let done = self.try_together(jobs);
        commit.end(done.is_ok());
        match done {
            Ok(mut outcomes) => {
                for job in jobs.drain(..) {
                    let rest = outcomes.split_off(job.drafts.len());
                    // Whoever asked may be gone; what they asked for is done all the same.
                    let _ = job.answer.send(Ok(std::mem::replace(&mut outcomes, rest)));
                }
            }
            Err(StoreError::Unavailable(reason)) => {
                tracing::error!(%reason, "the store cannot write");
                for job in jobs.drain(..) {
                    let _ = job.answer.send(Err(Busy));
                }
            }
            Err(error) => {
                tracing::warn!(%error, jobs = jobs.len(), "a batch broke; its jobs are judged alone");
                for job in std::mem::take(jobs) {
                    self.serve_alone(job);
                }
            }
        }
        #[expect(clippy::cast_precision_loss, reason = "a batch is small")]
        metrics::histogram!("pontic_batch_events").record(drafts as f64);
        metrics::histogram!("pontic_batch_seconds").record(started.elapsed().as_secs_f64());
    }

    fn try_together(&mut self, jobs: &[Job]) -> Result<Vec<Outcome>, StoreError> {
        let drafts: Vec<&Draft> = jobs.iter().flat_map(|job| &job.drafts).collect();
        let settled: Vec<(u64, u32)> = jobs.iter().filter_map(|job| job.settles).collect();
        for _ in 0..MAX_TRIES {
            let done = if self.crowded > 0 {
                self.crowded -= 1;
                self.run_in_turn(&drafts, &settled)
            } else {
                self.desk.run(&drafts, &settled)
            };
            match done {
                Err(StoreError::Conflict) => self.crowded = CROWDED,
                Err(error) => return Err(error),
                Ok(ran) => {
                    self.tell(&ran);
                    return Ok(ran.outcomes);
                }
            }
        }
        Err(StoreError::Conflict)
    }

    fn run_in_turn(
        &mut self,
        drafts: &[&Draft],
        settled: &[(u64, u32)],
    ) -> Result<Ran, StoreError> {
        let store = Arc::clone(&self.desk.store);
        let mut ran = Ran::default();
        store.in_turn(&mut || {
            ran = self.desk.run(drafts, settled)?;
            Ok(())
        })?;
        Ok(ran)
    }

    /// After others have the turn: whoever hears may have to read first what they committed.
    fn tell(&self, ran: &Ran) {
        if let Some((batch, committed)) = &ran.committed {
            (self.told)(batch, committed);
        }
    }

    fn serve_alone(&mut self, job: Job) {
        let jobs = [job];
        let answer = match self.try_together(&jobs) {
            Ok(outcomes) => Ok(outcomes),
            Err(StoreError::Unavailable(_)) => Err(Busy),
            Err(error) => {
                tracing::error!(%error, "a job cannot be committed");
                Ok(jobs[0].drafts.iter().map(|_| Outcome::Internal).collect())
            }
        };
        let [job] = jobs;
        let _ = job.answer.send(answer);
    }
}
