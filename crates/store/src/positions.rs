//! The log of positions: where every driver was, append-only. [`PositionLog`] is what any engine does; [`Positions`] keeps them in files
//! beside the records in a folder; [`Elsewhere`] is for programs that have nothing to do with them.
//!
//! A fix goes into its driver's tail in memory and into the journal of the current quarter of an hour, which one thread writes in
//! groups with one `fdatasync` each. When a quarter is over its tails become one compact file, and the journal goes. Four quarters
//! are merged into an hour, the hours of a day into a day: the same files, each better compressed than the ones before. Quarters,
//! hours and days are those in which fixes *came* (UTC); each file tells per driver from when until when the fixes in it are, so a
//! fix of last week that comes today lies in today's file and is found all the same.
//!
//! A file whose name does not begin with a dot or end in `.journal` never changes, but for `names`, which grows: a backup copies the
//! journals first, then the files, and `names` last.

mod closed;
mod columns;
mod elsewhere;
mod journal;
mod log;
mod merge;
mod names;
mod open;
mod reading;
pub(crate) mod record;
pub(crate) mod row;
mod writer;

use std::path::{Path, PathBuf};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError, RwLock};
use std::thread::JoinHandle;

use jiff::{SignedDuration, Timestamp};
use pontic_core::fix::Fix;
use pontic_core::id::{DriverId, LabId};

use crate::StoreError;
use closed::Closed;
use names::Names;
use open::{Open, Tails};

pub use elsewhere::Elsewhere;
pub use log::PositionLog;
pub use names::Name;
pub use row::Place;

/// A driver's number in the log.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct DriverNo(pub u32);

/// How the log is kept.
#[derive(Debug, Clone, Copy)]
pub struct Options {
    /// Fixes that came longer ago are forgotten, a day at a time.
    pub retention: SignedDuration,
}

impl Default for Options {
    fn default() -> Self {
        Self {
            retention: SignedDuration::from_hours(90 * 24),
        }
    }
}

/// A fix that came.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Received {
    /// Whose.
    pub driver: DriverNo,
    /// Where and when.
    pub fix: Fix,
    /// When it came; kept to the second.
    pub received_at: Timestamp,
}

/// A fix that was kept.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Kept {
    /// Where and when.
    pub fix: Fix,
    /// When it came.
    pub received_at: Timestamp,
}

impl Kept {
    /// Its place in its driver's history.
    pub fn place(&self) -> Place {
        Place::of(&self.fix)
    }
}

/// Told of every ticket up to which all fixes are on disk.
pub type OnDisk = Box<dyn Fn(u64) + Send + Sync>;

/// The log in files.
pub struct Positions {
    shared: Arc<Shared>,
    options: Options,
    writer: Option<JoinHandle<()>>,
    /// Held by whoever closes or merges files.
    closing: Mutex<()>,
}

/// What the writer's thread and everybody else have in common.
struct Shared {
    dir: PathBuf,
    names: RwLock<Names>,
    state: Mutex<State>,
    wake: Condvar,
}

/// What changes with every fix.
struct State {
    open: Open,
    /// Tails of a quarter that is over, until its file is written.
    frozen: Option<Arc<Tails>>,
    closed: Vec<Arc<Closed>>,
    stopping: bool,
}

impl Shared {
    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Positions {
    /// Opens the log in `dir`, which is made where there is none. What a crash left half written is cut off; whole journals of
    /// quarters that are over become files. `on_disk` is called by the writer's thread after each sync.
    pub fn open(
        dir: &Path,
        now: Timestamp,
        options: Options,
        on_disk: OnDisk,
    ) -> Result<Self, StoreError> {
        std::fs::create_dir_all(dir).map_err(row::io)?;
        let names = Names::open(dir)?;
        let closed = closed::open_all(dir)?;
        let open = journal::recover(dir, closed, now)?;
        let shared = Arc::new(Shared {
            dir: dir.to_owned(),
            names: RwLock::new(names),
            state: Mutex::new(State {
                open: open.open,
                frozen: None,
                closed: open.closed,
                stopping: false,
            }),
            wake: Condvar::new(),
        });
        let of_writer = Arc::clone(&shared);
        let writer = std::thread::Builder::new()
            .name("positions".to_owned())
            .spawn(move || writer::run(&of_writer, &on_disk))
            .map_err(row::io)?;
        Ok(Self {
            shared,
            options,
            writer: Some(writer),
            closing: Mutex::new(()),
        })
    }

    /// The number of a driver who has one.
    pub fn find(&self, lab: &LabId, driver: &DriverId) -> Option<DriverNo> {
        self.names().find(lab, driver)
    }

    /// The driver's number; drawn if there is none, and on disk when this returns.
    pub fn number(&self, lab: &LabId, driver: &DriverId) -> Result<DriverNo, StoreError> {
        if let Some(no) = self.find(lab, driver) {
            return Ok(no);
        }
        let mut names = self
            .shared
            .names
            .write()
            .unwrap_or_else(PoisonError::into_inner);
        names.draw(lab, driver)
    }

    /// Whose number that is.
    pub fn name(&self, no: DriverNo) -> Option<Arc<Name>> {
        self.names().name(no)
    }

    /// Every driver who has a number, in the order of numbers.
    pub fn drivers(&self) -> Vec<(DriverNo, Arc<Name>)> {
        self.names().all()
    }

    fn names(&self) -> std::sync::RwLockReadGuard<'_, Names> {
        self.shared
            .names
            .read()
            .unwrap_or_else(PoisonError::into_inner)
    }

    /// Adds fixes; what reads from here on sees them. Gives the ticket with which they will be on disk.
    pub fn append(&self, fixes: &[Received]) -> Result<u64, StoreError> {
        let mut state = self.shared.lock();
        let was_idle = state.open.is_idle();
        let ticket = state.open.append(fixes)?;
        drop(state);
        if was_idle {
            self.shared.wake.notify_all();
        }
        Ok(ticket)
    }

    /// The ticket given last.
    pub fn last_ticket(&self) -> u64 {
        self.shared.lock().open.ticket
    }
}

impl Drop for Positions {
    fn drop(&mut self) {
        self.shared.lock().stopping = true;
        self.shared.wake.notify_all();
        if let Some(writer) = self.writer.take() {
            // What was appended is written before it ends.
            let _ = writer.join();
        }
    }
}

impl std::fmt::Debug for Positions {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Positions")
            .field("dir", &self.shared.dir)
            .finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests;
