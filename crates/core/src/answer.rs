//! What a clinic says of a visit that is coming: it is closed until then, leave it in the lock box, there is more to fetch.

use jiff::{SignedDuration, Timestamp};
use serde::{Deserialize, Serialize};

use crate::state::words;

/// Most answers to one stop, those that take one back among them.
pub const MAX_ANSWERS: u32 = 20;
/// Most packages that a clinic may announce.
pub const MAX_COUNT: u32 = 99;
/// A clinic that is closed for longer is not closed for this visit.
pub const LONGEST_CLOSED: SignedDuration = SignedDuration::from_hours(24);

words! {
    /// What a clinic can say.
    AnswerKind {
        /// Nobody is there before some time.
        ClosedUntil = "closed_until",
        /// Leave it in the lock box.
        LockBox = "lock_box",
        /// There is more to fetch than was announced.
        MoreToFetch = "more_to_fetch",
    }
}

/// What a clinic said, the newest of its kind.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Answer {
    /// What.
    pub kind: AnswerKind,
    /// Until when it is closed.
    #[serde(
        with = "crate::time::text::optional",
        default,
        skip_serializing_if = "Option::is_none"
    )]
    pub until: Option<Timestamp>,
    /// How many packages there are more.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub count: Option<u32>,
    /// When it was said.
    #[serde(with = "crate::time::text")]
    pub at: Timestamp,
}

impl Answer {
    /// Whether both say the same, whenever they were said.
    pub fn says(&self, other: &Self) -> bool {
        Self {
            at: other.at,
            ..*self
        } == *other
    }
}
