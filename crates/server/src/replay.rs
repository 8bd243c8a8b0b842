//! The log decided again: to see that it gives the same state, and to see what another configuration would have made of a day.
//!
//! The log is read beside whoever writes it, and decided into a store of its own; nothing here writes where the log is.

mod again;
mod change;
mod compare;
mod day;
mod differs;
mod log;
mod placed;

use jiff::Timestamp;
use pontic_core::id::LabId;
use pontic_store::StoreError;

pub use change::Change;
pub use compare::{Comparison, compare};
pub use day::{DayDiff, Moved, dry_run};
pub use differs::Difference;

/// Which part of the log.
#[derive(Debug, Clone, Default)]
pub struct Part {
    /// Comparison is told from here on; everything before is decided all the same.
    pub from: From,
    /// Of that lab only.
    pub lab_id: Option<LabId>,
}

/// A point of the log.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum From {
    /// Its beginning.
    #[default]
    Start,
    /// That number.
    Seq(u64),
    /// That time.
    Time(Timestamp),
}

impl From {
    /// Whether the row with that number, decided then, is not before it.
    fn reached(self, seq: u64, at: Timestamp) -> bool {
        match self {
            Self::Start => true,
            Self::Seq(from) => seq >= from,
            Self::Time(from) => at >= from,
        }
    }
}

/// Why the log cannot be decided again.
#[derive(Debug, thiserror::Error)]
pub enum ReplayError {
    /// One of the two stores.
    #[error("{0}")]
    Store(#[from] StoreError),
    /// A row of the log is of a type or form that this program does not know.
    #[error("event {seq} ({name}) cannot be read by this program")]
    Unreadable {
        /// Its number.
        seq: u64,
        /// Its type.
        name: String,
    },
    /// A decision asks for ever more.
    #[error("the decision of event {seq} does not come to an end")]
    Endless {
        /// Its number.
        seq: u64,
    },
    /// The day or the change does not fit the log.
    #[error("{0}")]
    Unfit(String),
}
