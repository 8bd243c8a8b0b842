//! What goes out: messages to subscriptions, from the moment when it is settled whom a publication goes to.

use jiff::Timestamp;
use pontic_core::id::LabId;

/// A message that is to go out.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Message {
    /// To that subscription.
    pub subscription: String,
    /// The lab that it is about.
    pub lab_id: LabId,
    /// Number of the publication in the log.
    pub seq: u64,
    /// Its id: what the receiver recognises it by.
    pub event_id: String,
    /// Its type.
    pub name: String,
    /// Messages of one key go out in order.
    pub key: String,
    /// When it may go out.
    pub due: Timestamp,
}

/// How far a message is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum MessageState {
    /// It waits for its turn, or is under way.
    Waiting,
    /// The receiver has it.
    Sent,
    /// It was tried as often as it may be.
    Dead,
}

impl MessageState {
    /// All of them.
    pub const ALL: [Self; 3] = [Self::Waiting, Self::Sent, Self::Dead];

    /// The number in rows.
    pub const fn number(self) -> i64 {
        match self {
            Self::Waiting => 0,
            Self::Sent => 1,
            Self::Dead => 2,
        }
    }

    /// The state of a number in rows.
    pub fn from_number(number: i64) -> Option<Self> {
        Self::ALL.into_iter().find(|state| state.number() == number)
    }

    /// The word in answers.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Waiting => "waiting",
            Self::Sent => "sent",
            Self::Dead => "dead",
        }
    }
}

/// A message that the relay holds for a while.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ClaimedMessage {
    /// Its number.
    pub number: u64,
    /// Which try this is, from 1.
    pub attempt: u32,
    /// What it says.
    pub message: Message,
}

/// What became of a try.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Tried {
    /// The message's number.
    pub number: u64,
    /// Which try it was.
    pub attempt: u32,
    /// When.
    pub at: Timestamp,
    /// What came of it.
    pub outcome: Outcome,
}

/// What came of a try.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Outcome {
    /// The receiver has it.
    Sent,
    /// Not yet: again at `due`.
    Again {
        /// When.
        due: Timestamp,
        /// Why not, in a word or a status.
        cause: String,
    },
    /// Not at all.
    Dead {
        /// Why.
        cause: String,
    },
    /// It was not tried: back as it was, and this was no attempt.
    Untried {
        /// Due again then.
        due: Timestamp,
    },
}

/// A message as it is kept.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct MessageRow {
    /// Its number.
    pub number: u64,
    /// What it says.
    pub message: Message,
    /// How far it is.
    pub state: MessageState,
    /// How often it was tried.
    pub attempts: u32,
    /// When it was tried last.
    pub tried_at: Option<Timestamp>,
    /// Why it did not go out, the last time.
    pub cause: Option<String>,
}

/// Which messages. Absent: any.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct MessageFilter {
    /// About that lab.
    pub lab_id: Option<LabId>,
    /// To that subscription.
    pub subscription: Option<String>,
    /// That far.
    pub state: Option<MessageState>,
    /// Of that publication.
    pub seq: Option<u64>,
    /// With that id, by which receivers know it.
    pub event_id: Option<String>,
}

/// Dead letters with one cause.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DeadGroup {
    /// To that subscription.
    pub subscription: String,
    /// Why.
    pub cause: String,
    /// How many.
    pub count: u64,
    /// The oldest of them came up then.
    pub first_at: Timestamp,
}

/// Which dead letters. Absent: any.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Which {
    /// About that lab.
    pub lab_id: Option<LabId>,
    /// The one with that number.
    pub number: Option<u64>,
    /// To that subscription.
    pub subscription: Option<String>,
    /// With that cause.
    pub cause: Option<String>,
}
