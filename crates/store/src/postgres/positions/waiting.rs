//! What was appended and is not in the table yet: in order for the writer, by driver and place for whoever reads.

use std::collections::{BTreeMap, VecDeque};
use std::sync::{Condvar, Mutex, MutexGuard, PoisonError};

use crate::StoreError;
use crate::positions::row::Row;
use crate::positions::{DriverNo, Place, Received};

/// Fixes that one statement writes, from which on the next ones wait for another.
const AT_ONCE: usize = 4_096;
/// Most fixes that may wait; more are refused.
const MOST_WAITING: usize = 1 << 20;

/// What is written with one statement.
#[derive(Debug, Default)]
pub struct Portion {
    /// In the order in which they came.
    pub fixes: Vec<(DriverNo, Row)>,
    /// With them in the table, all is up to this ticket.
    pub ticket: u64,
}

/// What waits, and whoever waits for it.
#[derive(Default)]
pub struct Waiting {
    state: Mutex<State>,
    wake: Condvar,
}

#[derive(Default)]
struct State {
    portions: VecDeque<Portion>,
    /// What is in a portion, or in the one that is being written.
    unwritten: BTreeMap<(DriverNo, Place), Row>,
    ticket: u64,
    /// Why nothing can be written; then nothing is taken.
    failed: Option<String>,
    stopping: bool,
}

impl Waiting {
    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Adds fixes, and gives their ticket.
    pub fn append(&self, fixes: &[Received]) -> Result<u64, StoreError> {
        let mut state = self.lock();
        if let Some(reason) = &state.failed {
            return Err(StoreError::Unavailable(reason.clone()));
        }
        if state.unwritten.len() > MOST_WAITING {
            return Err(StoreError::Unavailable(
                "too much waits for the database".to_owned(),
            ));
        }
        let was_idle = state.portions.is_empty();
        state.ticket += 1;
        let ticket = state.ticket;
        let is_full = |portion: &Portion| portion.fixes.len() >= AT_ONCE;
        if state.portions.back().is_none_or(is_full) {
            state.portions.push_back(Portion::default());
        }
        for received in fixes {
            let row = Row::of(&received.fix, received.received_at);
            state.unwritten.insert((received.driver, row.place()), row);
            if let Some(portion) = state.portions.back_mut() {
                portion.fixes.push((received.driver, row));
            }
        }
        if let Some(portion) = state.portions.back_mut() {
            portion.ticket = ticket;
        }
        drop(state);
        if was_idle {
            self.wake.notify_all();
        }
        Ok(ticket)
    }

    /// The ticket given last.
    pub fn last_ticket(&self) -> u64 {
        self.lock().ticket
    }

    /// What is written next; waits for it. Nothing once nothing is to come any more.
    pub fn wait(&self) -> bool {
        let mut state = self.lock();
        loop {
            if !state.portions.is_empty() {
                return true;
            }
            if state.stopping {
                return false;
            }
            state = self
                .wake
                .wait(state)
                .unwrap_or_else(PoisonError::into_inner);
        }
    }

    /// Takes the oldest portion.
    pub fn take(&self) -> Option<Portion> {
        self.lock().portions.pop_front()
    }

    /// A portion was written.
    pub fn written(&self, portion: &Portion) {
        let mut state = self.lock();
        state.failed = None;
        for (driver, row) in &portion.fixes {
            state.unwritten.remove(&(*driver, row.place()));
        }
    }

    /// A portion was not written, for that reason: it waits on, in its place. Whether it is to be tried again.
    pub fn put_back(&self, portion: Portion, reason: String) -> bool {
        let mut state = self.lock();
        state.failed = Some(reason);
        state.portions.push_front(portion);
        !state.stopping
    }

    /// Nothing comes any more.
    pub fn stop(&self) {
        self.lock().stopping = true;
        self.wake.notify_all();
    }

    /// Those of a driver's fixes, in the order of their places, that are asked for.
    pub fn of(&self, driver: DriverNo, wanted: impl Fn(&Row) -> bool) -> Vec<Row> {
        let span = (driver, Place::FIRST)..=(driver, Place::LAST);
        let state = self.lock();
        let rows = state.unwritten.range(span).map(|(_, row)| *row);
        rows.filter(|row| wanted(row)).collect()
    }

    /// The newest of each driver.
    pub fn newest(&self) -> BTreeMap<DriverNo, Row> {
        let state = self.lock();
        let in_order = state.unwritten.iter();
        in_order.map(|((driver, _), row)| (*driver, *row)).collect()
    }
}
