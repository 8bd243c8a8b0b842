//! Who is told by webhook: an address, and which of our publications it wants.

use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::backoff::Backoff;
use crate::id::{LabId, SubscriptionId};
use crate::phi::{Phi, Private};
use crate::state::words;

/// Where a subscription belongs that is told of all labs.
pub const ALL_LABS: &str = "-";
/// Retries where nobody says another number: with the usual delays the last one is some nine hours after the first try.
pub const MAX_RETRIES: u32 = 15;
/// The first delay, in milliseconds.
pub const BASE_DELAY_MS: u64 = 1_000;
/// No delay is longer, in milliseconds: two hours.
pub const MAX_DELAY_MS: u64 = 7_200_000;
/// How long a receiver may take to answer, in seconds.
pub const TIMEOUT_S: u32 = 15;

words! {
    /// How a message is written.
    Format {
        /// CloudEvents 1.0, structured.
        CloudEvents = "cloudevents",
        /// The short form of `POST /v1/events`.
        Plain = "plain",
    }
}

/// Somebody who is told.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Subscription {
    /// Its id, unique in the installation.
    pub id: SubscriptionId,
    /// The lab whose matters it is told; [`ALL_LABS`]: of every one.
    pub lab_id: LabId,
    /// Where messages are posted.
    pub url: String,
    /// Which ones, in the words of [`crate::pattern`]; absent: all.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub pattern: Option<Value>,
    /// How they are written.
    pub format: Format,
    /// Retries of one message before it is a dead letter.
    pub max_retries: u32,
    /// The first delay, in milliseconds; each further one may be twice as long.
    pub base_delay_ms: u64,
    /// How long a receiver may take to answer, in seconds.
    pub timeout_s: u32,
    /// Nothing is sent for now; what is for it waits.
    #[serde(default)]
    pub paused: bool,
    /// Why we paused it ourselves.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub paused_because: Option<String>,
    /// It is no more.
    #[serde(default)]
    pub removed: bool,
    /// Counts its changes.
    #[serde(default)]
    pub version: u64,
    /// Its secrets, newest first, in [`Private::secrets`]; headers of its own, as a JSON object, in [`Private::metadata`].
    #[serde(skip)]
    pub private: Phi<Private>,
}

impl Subscription {
    /// Whether it is told of that lab.
    pub fn hears_of(&self, lab: &LabId) -> bool {
        self.lab_id.as_str() == ALL_LABS || self.lab_id == *lab
    }

    /// How patiently a message is tried again.
    pub fn backoff(&self) -> Backoff {
        let asked = Backoff::new(self.max_retries, self.base_delay_ms, MAX_DELAY_MS);
        asked.unwrap_or(Backoff::USUAL)
    }
}
