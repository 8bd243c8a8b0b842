//! What is read: filters, pages and the rows in them.

use jiff::Timestamp;
use jiff::civil::Date;
use pontic_core::event::Body;
use pontic_core::id::LabId;
use pontic_core::phi::{Phi, Private};
use pontic_core::record::Change;

/// Which part of a list.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Paging {
    /// After this place (a [`Page::next`] of before).
    pub after: Option<u64>,
    /// At most so many.
    pub limit: usize,
}

/// A part of a list.
#[derive(Debug, Clone, PartialEq)]
pub struct Page<T> {
    /// The items.
    pub items: Vec<T>,
    /// Where the next page begins; absent at the end.
    pub next: Option<u64>,
}

/// Which records. Absent: any.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Filter {
    /// Of that lab.
    pub lab_id: Option<LabId>,
    /// For that clinic.
    pub clinic_id: Option<String>,
    /// On that day.
    pub date: Option<Date>,
    /// With that status.
    pub status: Option<String>,
    /// Parts of that record.
    pub parent: Option<String>,
    /// Pickups with that id of their sender.
    pub pickup_id: Option<String>,
    /// Open ones only ([`pontic_core::record::Row::open`]).
    pub open: bool,
}

/// Which refused messages. Absent: any.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct QuarantineFilter {
    /// Of that lab.
    pub lab_id: Option<LabId>,
    /// Only those that are not dealt with yet.
    pub open_only: bool,
    /// Of that endpoint, or source of the event.
    pub source: Option<String>,
    /// Of that type; `webhook` for those of practice systems.
    pub name: Option<String>,
    /// Which speak of the case, pickup, delivery or invoice with that id.
    pub about: Option<String>,
}

/// In or out.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Direction {
    /// Accepted from others, or made by people here.
    In,
    /// Published.
    Out,
}

/// Which log rows. Absent: any.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct LogFilter {
    /// Numbers greater than this; where the newest come first, numbers below it (0: from the end).
    pub after: u64,
    /// The newest first.
    pub newest: bool,
    /// Of that lab.
    pub lab_id: Option<LabId>,
    /// Of that type.
    pub name: Option<String>,
    /// Of that source.
    pub source: Option<String>,
    /// With that id (the sender's, else ours).
    pub id: Option<String>,
    /// In or out.
    pub direction: Option<Direction>,
}

/// A row of the log.
#[derive(Debug, Clone, PartialEq)]
pub struct LogRow {
    /// Its number.
    pub seq: u64,
    /// When it was decided.
    pub at: Timestamp,
    /// In or out.
    pub direction: Direction,
    /// Our id of it; for an outgoing row all zero.
    pub entry: [u8; 16],
    /// The sender's id, else ours.
    pub event_id: String,
    /// The lab it concerns.
    pub lab_id: Option<LabId>,
    /// Who said so.
    pub source: String,
    /// Its type.
    pub name: String,
    /// Lab scope, actor and time as its sender gave them: [`pontic_core::event::Origin`] as JSON; empty for an outgoing row.
    pub origin: String,
    /// Everything but patient data: a JSON object.
    pub detail: String,
    /// Its patient data.
    pub private: Option<Phi<Private>>,
    /// What it changed.
    pub changes: Vec<Change>,
    /// Bodies of the alerts that it raised, with their numbers.
    pub alerts: Vec<(u64, String)>,
    /// For an outgoing row: number of the row that led to it.
    pub caused_by: Option<u64>,
}

/// An alert.
#[derive(Debug, Clone, PartialEq)]
pub struct AlertRow {
    /// Its number.
    pub number: u64,
    /// Number of the event that raised it; absent for a refused message's.
    pub seq: Option<u64>,
    /// When.
    pub at: Timestamp,
    /// The lab.
    pub lab_id: LabId,
    /// The live message: a JSON object.
    pub body: String,
    /// Not dealt with yet.
    pub open: bool,
    /// Somebody wants to see it again then.
    pub snoozed_until: Option<Timestamp>,
}

/// Which alerts.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Alerts {
    /// That somebody must see now, which is that time: open, and not snoozed any more.
    Open(Timestamp),
    /// Open ones that somebody wants to see later than at that time.
    Snoozed(Timestamp),
    /// Open ones, snoozed or not.
    Unsettled,
    /// All of them.
    All,
}

impl Alerts {
    /// By when they must have been due, and when they must not have been yet.
    pub(crate) const fn bounds(self) -> (Option<Timestamp>, Option<Timestamp>) {
        match self {
            Self::Open(now) => (Some(now), None),
            Self::Snoozed(now) => (None, Some(now)),
            Self::Unsettled | Self::All => (None, None),
        }
    }
}

/// A refused message.
#[derive(Debug, Clone, PartialEq)]
pub struct QuarantineRow {
    /// What was kept of it; in lists its raw body is empty.
    pub item: crate::batch::Quarantined,
    /// Not dealt with yet.
    pub open: bool,
    /// The id of the event that came of it when it was redriven.
    pub became: Option<String>,
}

/// Work that a worker holds for a while.
#[derive(Debug, Clone, PartialEq)]
pub struct Claimed {
    /// Its number.
    pub number: u64,
    /// Which try this is, from 1.
    pub attempt: u32,
    /// Its key.
    pub key: String,
    /// When it was due.
    pub due: Timestamp,
    /// What to do.
    pub body: Body,
}

/// What waits.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Waiting {
    /// Pieces of work, due or not.
    pub count: u64,
    /// When the one that is due longest was due.
    pub oldest_due: Option<Timestamp>,
}

/// The numbers that a record's column of steps holds: each is followed by a space, so that a change only appends.
pub fn steps(column: &str) -> Vec<u64> {
    column
        .split_ascii_whitespace()
        .filter_map(|number| number.parse().ok())
        .collect()
}
