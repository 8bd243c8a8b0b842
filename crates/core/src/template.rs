//! How a lab words its notices, where it does not like ours.

use serde::{Deserialize, Serialize};

use crate::id::LabId;
use crate::notice::{Language, NoticeKind};

/// The words of one kind of notice in one language.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Template {
    /// Kind and language: `arrival.en`.
    pub id: String,
    /// The lab; [`crate::subscription::ALL_LABS`]: all that have none of their own.
    pub lab_id: LabId,
    /// Of which notices.
    pub kind: NoticeKind,
    /// In which language.
    pub language: Language,
    /// Subject of an e-mail.
    pub subject: String,
    /// An e-mail's plain text, and a text message where `sms` is absent.
    pub text: String,
    /// What stands in an e-mail's HTML body; absent: made of the text.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub html: Option<String>,
    /// A text message.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub sms: Option<String>,
    /// It is no more: ours counts again.
    #[serde(default)]
    pub removed: bool,
    /// Counts its changes.
    #[serde(default)]
    pub version: u64,
}

impl Template {
    /// The id of the words of a kind in a language.
    pub fn id_of(kind: NoticeKind, language: Language) -> String {
        format!("{kind}.{language}")
    }
}
