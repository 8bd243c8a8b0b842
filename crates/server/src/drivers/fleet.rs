//! Every driver's state, by number.

use std::collections::HashSet;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError, RwLock};

use jiff::Timestamp;
use pontic_core::fix::Fix;
use pontic_core::silence::Habit;
use pontic_store::positions::DriverNo;

use super::road::Road;

/// What is known of one driver: some hundred bytes, more while on a route.
#[derive(Default)]
pub struct State {
    /// The newest fix.
    pub newest: Option<Fix>,
    /// How often the phone sends, and its last words.
    pub habit: Habit,
    /// The route that is being driven.
    pub road: Option<Box<Road>>,
    /// Times of the first and last fix that came late and are not folded into the route yet.
    pub late: Option<(Timestamp, Timestamp)>,
    /// Counts the fixes that were taken.
    pub taken: u64,
    /// Is in the directory.
    pub enlisted: bool,
    /// Digest of the regions that the phone watches; 0: nobody told it any.
    pub regions_told: u64,
    /// Silence was told, and nothing heard since.
    pub silent: bool,
    /// When another program was last heard to take a fix of theirs.
    pub elsewhere: Option<Timestamp>,
}

impl State {
    /// The newest fix, as the log has it.
    pub fn note(&mut self, fix: &Fix) {
        if self
            .newest
            .as_ref()
            .is_none_or(|newest| fix.order(newest).is_gt())
        {
            self.newest = Some(*fix);
            self.habit.note(fix);
        }
    }

    /// A fix older than the newest: the route is to be looked at again from there.
    pub fn note_late(&mut self, at: Timestamp) {
        self.late = Some(match self.late {
            Some((first, last)) => (first.min(at), last.max(at)),
            None => (at, at),
        });
    }
}

/// Every driver.
#[derive(Default)]
pub struct Fleet {
    /// Their states, each behind a lock of its own.
    states: RwLock<Vec<Arc<Mutex<State>>>>,
    /// Who is not at work; asked for with such a lock held.
    away: RwLock<HashSet<DriverNo>>,
}

/// A driver's lock.
pub type Handle = Arc<Mutex<State>>;

/// The state behind a lock; a panic elsewhere leaves it as it was.
pub fn locked(handle: &Handle) -> MutexGuard<'_, State> {
    handle.lock().unwrap_or_else(PoisonError::into_inner)
}

impl Fleet {
    /// The driver's lock.
    pub fn handle(&self, no: DriverNo) -> Handle {
        let place = no.0 as usize;
        let states = self.states.read().unwrap_or_else(PoisonError::into_inner);
        if let Some(state) = states.get(place) {
            return Arc::clone(state);
        }
        drop(states);
        let mut states = self.states.write().unwrap_or_else(PoisonError::into_inner);
        if states.len() <= place {
            states.resize_with(place + 1, Handle::default);
        }
        Arc::clone(&states[place])
    }

    /// The driver is in the directory, and was `last` seen there.
    pub fn enlist(&self, no: DriverNo, last: Option<&Fix>) {
        let handle = self.handle(no);
        let mut state = locked(&handle);
        state.enlisted = true;
        if let Some(fix) = last {
            state.note(fix);
        }
    }

    /// The driver is not at work, or is again.
    pub fn set_away(&self, no: DriverNo, is_away: bool) {
        let mut away = self.away.write().unwrap_or_else(PoisonError::into_inner);
        if is_away {
            away.insert(no);
        } else {
            away.remove(&no);
        }
    }

    /// Whether the driver has a break or is off duty.
    pub fn is_away(&self, no: DriverNo) -> bool {
        let away = self.away.read().unwrap_or_else(PoisonError::into_inner);
        away.contains(&no)
    }

    /// Every number that was used.
    pub fn numbers(&self) -> impl Iterator<Item = DriverNo> + use<> {
        let states = self.states.read().unwrap_or_else(PoisonError::into_inner);
        (0..u32::try_from(states.len()).unwrap_or(u32::MAX)).map(DriverNo)
    }

    /// Whether the driver is known to be in the directory.
    pub fn is_enlisted(&self, no: DriverNo) -> bool {
        locked(&self.handle(no)).enlisted
    }
}
