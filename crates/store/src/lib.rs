//! What is kept: one trait, [`Store`], and the engines behind it.
//!
//! The trait is small and coarse, and synchronous: its callers are one writer thread that wants nothing but the next
//! commit, and readers on a pool of threads. Adding to it means: a method here, its SQL in each engine, a story in the
//! contract suite (`contract.rs`), which every engine must pass.

pub mod access;
pub mod backup;
pub mod batch;
#[cfg(any(test, feature = "contract"))]
pub mod contract;
pub mod heard;
pub mod outgoing;
pub mod page;
pub mod positions;
#[cfg(feature = "postgres")]
pub mod postgres;
pub mod sqlite;
pub mod vault;

use jiff::civil::Date;
use jiff::{SignedDuration, Timestamp};
use pontic_core::facts::{Found, Key};
use pontic_core::id::LabId;
use pontic_core::record::{Kind, Record};

use crate::access::{Token, TokenKind};
use crate::batch::{Batch, Committed, InboxKey, Proof, Seen};
use crate::heard::{HeardDay, Signal};
use crate::outgoing::{
    ClaimedMessage, ClaimedNotice, DeadGroup, Followed, Message, MessageFilter, MessageRow, Notice,
    Tried, Which,
};
use crate::page::{
    AlertRow, Alerts, Claimed, Filter, LogFilter, LogRow, Page, Paging, QuarantineFilter,
    QuarantineRow, Waiting,
};
use crate::positions::Received;

/// Why the store did not do what it was asked.
#[derive(Debug, thiserror::Error)]
pub enum StoreError {
    /// Something else changed a row since it was loaded, or a unique key was taken: load and decide again.
    #[error("a row changed since it was loaded")]
    Conflict,
    /// The disk is full, the file is locked, the server is gone: it may work later. Nothing was written, unless a server was lost
    /// while it committed: then nobody knows, and whoever sends the same again finds out.
    #[error("the store cannot write or read now: {0}")]
    Unavailable(String),
    /// A row breaks a rule of the schema, or cannot be read: trying again does not help.
    #[error("the store refused: {0}")]
    Broken(String),
    /// The data was written by a newer version of this program.
    #[error("the data has format {found}, this program knows up to {known}: use the newer program")]
    Newer {
        /// Format of the data.
        found: u32,
        /// Newest format that this program knows.
        known: u32,
    },
    /// The key that seals patient data is missing, unreadable, or another one than the data was sealed with.
    #[error("{0}")]
    Key(String),
}

/// What other programs on the same data did.
#[derive(Debug, Clone, PartialEq)]
pub enum Heard {
    /// They committed: the log goes up to at least that number.
    Committed(u64),
    /// They took these fixes, each driver's in the order in which they came. One may be told twice, where a connection was cut while
    /// it was written. Whose they are is known to the [`PositionLog`](positions::PositionLog) by then.
    Fixes(Vec<Received>),
    /// They did something with that alert of that lab which is not in the log (closed, snoozed).
    Alert {
        /// The lab.
        lab_id: LabId,
        /// The alert.
        number: u64,
    },
    /// Tokens were revoked: what is held of them is to be forgotten. A new one is not told: nobody can hold what they have not seen.
    Tokens,
    /// The line was cut for a while: anything may have happened.
    Missed,
}

/// Where everything is kept. All writing is one transaction per call, on disk when the call returns.
pub trait Store: Send + Sync {
    /// Answers every key, in the same order; further answers that will be asked for next may follow.
    fn load(&self, keys: &[Key]) -> Result<Vec<(Key, Found)>, StoreError>;

    /// What the inbox knows of these keys, in the same order.
    fn seen(&self, keys: &[InboxKey]) -> Result<Vec<Option<Seen>>, StoreError>;

    /// A digest, keyed with this store's key, by which contents are compared without being kept.
    fn digest(&self, content: &[u8]) -> [u8; 16];

    /// What makes a link to `content` that nobody else can make, with a key of its own.
    fn link_mac(&self, content: &[u8]) -> [u8; vault::LINK_LEN];

    /// Writes a batch of decisions: all of it or, on an error, nothing. [`Batch::stamp`] says what they rest on.
    fn commit(&self, batch: &Batch) -> Result<Committed, StoreError>;

    /// Takes up to `limit` pieces of waiting work that are due, for as long as `lease`; each counts one attempt more.
    fn claim(
        &self,
        now: Timestamp,
        lease: SignedDuration,
        limit: usize,
    ) -> Result<Vec<Claimed>, StoreError>;

    /// Puts claimed work back, to be due again at `due`. False if the claim is not the caller's any more.
    fn postpone(&self, claimed: &Claimed, due: Timestamp) -> Result<bool, StoreError>;

    /// The number of the log up to which it is settled whom each publication goes to.
    fn fanned_out(&self) -> Result<u64, StoreError>;

    /// Settles it up to another number: `messages` are for those whom the rows between go to. False, and nothing is written, if
    /// somebody else has settled some of it meanwhile.
    fn fan_out(&self, after: u64, up_to: u64, messages: &[Message]) -> Result<bool, StoreError>;

    /// Takes up to `limit` messages of a subscription that are due, for as long as `lease`: of those with one key the oldest only, so
    /// that they go out in order. Each counts one attempt more.
    fn claim_outgoing(
        &self,
        subscription: &str,
        now: Timestamp,
        lease: SignedDuration,
        limit: usize,
    ) -> Result<Vec<ClaimedMessage>, StoreError>;

    /// Says what became of claimed messages. A claim that is not held any more changes nothing.
    fn settle_outgoing(&self, tried: &[Tried]) -> Result<(), StoreError>;

    /// Messages that pass the filter, in the order in which they came up.
    fn outgoing(
        &self,
        filter: &MessageFilter,
        paging: &Paging,
    ) -> Result<Page<MessageRow>, StoreError>;

    /// Dead letters by subscription and cause, how many there are and the oldest of each.
    fn dead_letters(&self, lab: Option<&LabId>) -> Result<Vec<DeadGroup>, StoreError>;

    /// Lets dead letters wait again, due at `now`; says how many.
    fn redrive_outgoing(&self, which: &Which, now: Timestamp) -> Result<u64, StoreError>;

    /// Ends what waits for a subscription that is no more: dead letters with the cause `removed`. Says how many.
    fn abandon_outgoing(&self, subscription: &str) -> Result<u64, StoreError>;

    /// When the next message of a subscription is due that waits and that nobody holds.
    fn next_outgoing(&self, subscription: &str) -> Result<Option<Timestamp>, StoreError>;

    /// The number of the log up to which it is noted when senders were heard.
    fn heard_up_to(&self) -> Result<u64, StoreError>;

    /// What other systems said after that number, in order: what [`Store::note_heard`] is made of.
    fn signals(&self, after: u64, limit: usize) -> Result<Vec<Signal>, StoreError>;

    /// Keeps when senders were heard, whole days as they are now, the log heard from `after` up to another number. False, and nothing is
    /// written, if somebody else has noted some of it meanwhile.
    fn note_heard(&self, after: u64, up_to: u64, days: &[HeardDay]) -> Result<bool, StoreError>;

    /// When senders were heard, from that day on, by sender and day.
    fn heard_since(&self, date: Date) -> Result<Vec<HeardDay>, StoreError>;

    /// Forgets when senders were heard before that day.
    fn forget_heard(&self, before: Date) -> Result<(), StoreError>;

    /// The number up to which it is settled who is noticed of what.
    fn noticed(&self, what: Followed) -> Result<u64, StoreError>;

    /// Settles it up to another number. One whose channel, event and key are known already is that one. False, and nothing is
    /// written, if somebody else has settled some of it meanwhile.
    fn notice(
        &self,
        what: Followed,
        after: u64,
        up_to: u64,
        notices: &[Notice],
    ) -> Result<bool, StoreError>;

    /// Takes notices of a channel that are due, for as long as `lease`: up to `limit` messages, each with all that waits under its
    /// key, as far as one message holds it. What is one message once stays one. Each counts one attempt more.
    fn claim_notices(
        &self,
        channel: &str,
        now: Timestamp,
        lease: SignedDuration,
        limit: usize,
    ) -> Result<Vec<ClaimedNotice>, StoreError>;

    /// How much work waits, and the oldest time at which some of it was due.
    fn waiting(&self) -> Result<Waiting, StoreError>;

    /// The records of that kind and id, of one lab or of all.
    fn get(&self, kind: Kind, lab: Option<&LabId>, id: &str) -> Result<Vec<Record>, StoreError>;

    /// Numbers of the log's rows that changed that record, in order; none for one that nobody knows.
    fn steps(&self, kind: Kind, lab: &LabId, id: &str) -> Result<Vec<u64>, StoreError>;

    /// Records of that kind whose id begins like that, in the order of their ids, at most so many.
    fn starting_with(
        &self,
        kind: Kind,
        lab: Option<&LabId>,
        beginning: &str,
        limit: usize,
    ) -> Result<Vec<Record>, StoreError>;

    /// The records of a kind that pass the filter, in the order of their creation.
    fn list(
        &self,
        kind: Kind,
        filter: &Filter,
        paging: &Paging,
    ) -> Result<Page<Record>, StoreError>;

    /// The log in order, from `filter.after` on (not included).
    fn log(&self, filter: &LogFilter, limit: usize) -> Result<Vec<LogRow>, StoreError>;

    /// The log row with that number.
    fn log_row(&self, seq: u64) -> Result<Option<LogRow>, StoreError>;

    /// The newest number in the log; 0 for an empty one.
    fn last_seq(&self) -> Result<u64, StoreError>;

    /// Name of this data, drawn when it was made: numbers of one epoch can be compared.
    fn epoch(&self) -> &str;

    /// Alerts, newest first; `after` is the number of the last one seen.
    fn alerts(
        &self,
        lab: Option<&LabId>,
        which: Alerts,
        paging: &Paging,
    ) -> Result<Page<AlertRow>, StoreError>;

    /// Alerts with greater numbers than `after`, oldest first.
    fn alerts_after(&self, after: u64, limit: usize) -> Result<Vec<AlertRow>, StoreError>;

    /// Marks an alert as dealt with, and gives its lab. Nothing if there is none such in that lab.
    fn close_alert(&self, lab: Option<&LabId>, number: u64) -> Result<Option<LabId>, StoreError>;

    /// Puts an open alert off, and gives its lab. Nothing if there is none such in that lab.
    fn snooze_alert(
        &self,
        lab: Option<&LabId>,
        number: u64,
        until: Timestamp,
    ) -> Result<Option<LabId>, StoreError>;

    /// Refused messages of authentic senders, oldest first.
    fn quarantine(
        &self,
        filter: &QuarantineFilter,
        paging: &Paging,
    ) -> Result<Page<QuarantineRow>, StoreError>;

    /// One of them, with its raw body.
    fn quarantined(&self, id: &str) -> Result<Option<QuarantineRow>, StoreError>;

    /// Marks one as dealt with: redriven, and accepted as the event with the id `became`. False if it was already.
    fn release(&self, id: &str, became: &str) -> Result<bool, StoreError>;

    /// Notes why one that was redriven in vain was refused this time: code and faults, as when it came.
    fn refuse_again(&self, id: &str, errors: &str) -> Result<(), StoreError>;

    /// Keeps a proof; the same id again is refused as [`StoreError::Conflict`].
    fn put_proof(&self, proof: &Proof, bytes: &[u8]) -> Result<(), StoreError>;

    /// A proof and its bytes.
    fn proof(&self, lab: Option<&LabId>, id: &str) -> Result<Option<(Proof, Vec<u8>)>, StoreError>;

    /// Which of these proofs exist in the lab.
    fn known_proofs(&self, lab: &LabId, ids: &[&str]) -> Result<Vec<bool>, StoreError>;

    /// Keeps a token, session or ticket.
    fn put_token(&self, token: &Token) -> Result<(), StoreError>;

    /// The live token with that hash.
    fn token(&self, hash: &[u8; 32], now: Timestamp) -> Result<Option<Token>, StoreError>;

    /// All live tokens of a kind, oldest first.
    fn tokens(&self, kind: TokenKind, now: Timestamp) -> Result<Vec<Token>, StoreError>;

    /// Ends a token and all that was derived from it. False if there is none.
    fn revoke_token(&self, id: &str) -> Result<bool, StoreError>;

    /// Takes a one-use token of that kind: the first caller gets it, later ones nothing.
    fn take_token(
        &self,
        kind: TokenKind,
        hash: &[u8; 32],
        now: Timestamp,
    ) -> Result<Option<Token>, StoreError>;

    /// Tells what other programs on the same data do, from now on and until the store is dropped, on a thread of its own: while that is
    /// busy with what it was told, more waits. Whoever listens must not keep the store alive. Where only one program can be, nothing is
    /// ever told.
    fn listen(&self, heard: Box<dyn Fn(Heard) + Send + Sync>) -> Result<(), StoreError>;

    /// Gives `holder` a duty that only one program at a time may do, for as long as `lease`, unless another has it; says whether it has
    /// it. Who has it may hold it longer, or, without a lease, let it go. Where only one program can serve the data, that one has it.
    fn hold(
        &self,
        duty: &str,
        holder: &str,
        now: Timestamp,
        lease: SignedDuration,
    ) -> Result<bool, StoreError>;

    /// Does `work`, which loads and commits, while no other program on the data does the same: for where programs keep writing about
    /// the same and would decide in vain. It is a courtesy: what is committed meanwhile all the same is noticed as ever.
    fn in_turn(&self, work: &mut dyn FnMut() -> Result<(), StoreError>) -> Result<(), StoreError>;

    /// A number that differs whenever another process changed the data (tokens made by the command line).
    fn stamp(&self) -> Result<u64, StoreError>;

    /// Forgets inbox keys and sent messages older than `before`, and expired tokens.
    fn prune(&self, before: Timestamp, now: Timestamp) -> Result<(), StoreError>;

    /// Moves what was written from the log file of the engine to its place, off the commit path; where there is such a thing.
    fn checkpoint(&self) -> Result<(), StoreError>;
}
