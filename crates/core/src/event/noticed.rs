//! The details of what has to do with notices.

use jiff::civil::Date;
use serde::{Deserialize, Serialize};

use super::Expected;
use crate::id::{ClinicId, LabId};
use crate::notice::Channel;
use crate::template::Template;

/// Detail of the event.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct TemplateSet {
    /// The words from here on.
    pub template: Template,
    /// The version it replaces.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub expected: Expected,
}

/// Detail of the event.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct TemplateRemoved {
    /// Where they belong.
    pub lab_id: LabId,
    /// Which ones.
    pub id: String,
}

/// Detail of the event. It holds nothing of a single message, so that many of one day are one event.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct NoticeFailed {
    /// The lab.
    pub lab_id: LabId,
    /// Who was to be told; absent: the lab's dispatchers.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub clinic_id: Option<ClinicId>,
    /// By what.
    pub channel: Channel,
    /// Why not: a status, or a word.
    pub cause: String,
    /// On that day.
    pub date: Date,
}
