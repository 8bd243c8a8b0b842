//! What goes out: messages to subscriptions, from the moment when it is settled whom a publication goes to.

use jiff::{SignedDuration, Timestamp};
use pontic_core::id::LabId;
use pontic_core::notice::Channel;
use pontic_core::phi::Phi;

use crate::StoreError;
use crate::vault::Vault;

/// Notices that become one message at most.
pub const MOST_TOGETHER: usize = 50;
/// Those that become one text message at most: of more, what does not fit would never be told.
const MOST_IN_A_TEXT: usize = 4;

/// How many notices become one message of a channel at most.
pub fn most_together(channel: &str) -> usize {
    match Channel::of_receiver(channel) {
        Some(Channel::Sms) => MOST_IN_A_TEXT,
        _ => MOST_TOGETHER,
    }
}

/// Nothing is put off for so long: what seems to be was put off by a clock that was wrong, and is due.
pub const FARTHEST: SignedDuration = SignedDuration::from_hours(49);

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
    /// It was not to be sent after all.
    Skipped,
}

impl MessageState {
    /// All of them.
    pub const ALL: [Self; 4] = [Self::Waiting, Self::Sent, Self::Dead, Self::Skipped];

    /// The number in rows.
    pub const fn number(self) -> i64 {
        match self {
            Self::Waiting => 0,
            Self::Sent => 1,
            Self::Dead => 2,
            Self::Skipped => 3,
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
            Self::Skipped => "skipped",
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
    /// It is not to be sent any more.
    Skipped {
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
    /// What it is beside, if it is a notice.
    pub notice: Option<Told>,
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
    /// Only notices, or none of them.
    pub notices: Option<bool>,
    /// To that clinic.
    pub clinic_id: Option<String>,
    /// The newest first; a page then ends where the next, older one begins.
    pub newest: bool,
}

/// What a notice has that other messages have not.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Told {
    /// The clinic that is told; absent: the lab's dispatchers.
    pub clinic_id: Option<String>,
    /// Where it goes.
    pub to: Phi<String>,
    /// The message that it is a part of, from the first time that it was claimed: the number of that one's oldest notice.
    pub bundle: Option<u64>,
}

/// A notice that is to go out, or that is not and is kept all the same.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Notice {
    /// What it says; its subscription is the channel, its key the receiver and, where it must wait for no other, more.
    pub message: Message,
    /// The clinic that is told; absent: the lab's dispatchers.
    pub clinic_id: Option<String>,
    /// Where it goes.
    pub to: Phi<String>,
    /// Why it is not sent.
    pub skipped: Option<String>,
}

/// A notice that a courier holds for a while.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ClaimedNotice {
    /// Its number.
    pub number: u64,
    /// Which try this is, from 1.
    pub attempt: u32,
    /// The message that it is a part of: always the same, once it was claimed.
    pub bundle: u64,
    /// What it says.
    pub message: Message,
    /// The clinic that is told.
    pub clinic_id: Option<String>,
    /// Where it goes.
    pub to: Phi<String>,
}

/// What notices are made of, each followed by its numbers on its own account.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Followed {
    /// Publications: numbers of the log.
    Publications,
    /// Alerts: their own numbers.
    Alerts,
}

impl Followed {
    /// The fact that tells how far it was followed.
    pub(crate) const fn fact(self) -> &'static str {
        match self {
            Self::Publications => "noticed",
            Self::Alerts => "noticed_alerts",
        }
    }
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

/// Seals where a notice goes, for its row.
pub(crate) fn seal(vault: &Vault, notice: &Notice) -> Result<Vec<u8>, StoreError> {
    // Sealing is the one purpose of opening it here.
    let to = notice.to.reveal().as_bytes();
    vault.seal(&place(&notice.message), to)
}

/// Opens where a notice goes.
pub(crate) fn open(
    vault: &Vault,
    message: &Message,
    sealed: &[u8],
) -> Result<Phi<String>, StoreError> {
    let plain = vault.open(&place(message), sealed)?;
    let text = String::from_utf8(plain).map_err(|_| {
        StoreError::Broken("a sealed address has a form that this version does not know".into())
    })?;
    Ok(Phi::new(text))
}

/// By what the row is known before it has a number.
fn place(message: &Message) -> [&str; 4] {
    [
        "outgoing",
        &message.subscription,
        &message.event_id,
        &message.key,
    ]
}

/// A claimed row as a notice; nothing if it is none.
pub(crate) fn claimed(row: MessageRow) -> Option<ClaimedNotice> {
    let told = row.notice?;
    Some(ClaimedNotice {
        number: row.number,
        attempt: row.attempts,
        bundle: told.bundle.unwrap_or(row.number),
        message: row.message,
        clinic_id: told.clinic_id,
        to: told.to,
    })
}

/// How many messages each of so many labs may have of a claim.
pub(crate) fn share(limit: usize, labs: usize) -> usize {
    (limit / labs.max(1)).max(1)
}

/// The labs, beginning with another one each time, so that with more labs than messages in a claim all have their turn.
pub(crate) fn in_turn(labs: &[String], now: Timestamp) -> impl Iterator<Item = &str> {
    let turn = usize::try_from(now.as_millisecond()).unwrap_or(0);
    let first = turn % labs.len().max(1);
    let (before, after) = labs.split_at(first);
    after.iter().chain(before).map(String::as_str)
}
