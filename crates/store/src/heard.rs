//! When senders were heard: what the log says of them, and what is kept of it by day.

use jiff::Timestamp;
use jiff::civil::Date;
use pontic_core::id::LabId;

/// An accepted row of the log, as far as it tells that a sender is there.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Signal {
    /// Its number.
    pub seq: u64,
    /// When.
    pub at: Timestamp,
    /// The lab.
    pub lab_id: Option<LabId>,
    /// The source that it names; of a refused message: its source or endpoint.
    pub source: String,
    /// Its type; of a refused message: the type that it had.
    pub name: String,
    /// The token or endpoint that brought it.
    pub actor: String,
    /// The clinic that it speaks of.
    pub clinic_id: Option<String>,
}

/// What was heard of a sender on one day of its lab.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct HeardDay {
    /// `clinic`, `endpoint` or `source`.
    pub kind: String,
    /// Its lab; `-`: none.
    pub lab_id: LabId,
    /// Its id.
    pub id: String,
    /// The day.
    pub date: Date,
    /// When the first message came.
    pub first_at: Timestamp,
    /// When the last one came.
    pub last_at: Timestamp,
    /// The longest pause between two, in milliseconds.
    pub longest_pause_ms: i64,
    /// How many came.
    pub count: u64,
    /// Number of the last one in the log.
    pub last_seq: u64,
    /// Its type.
    pub last_name: String,
}
