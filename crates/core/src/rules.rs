//! What the operator may set and decisions depend on. Rules change by an event, so that the log can be decided again.

use serde::{Deserialize, Serialize};

use crate::id::LabId;

/// The rules that hold for a decision.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct Rules {
    /// IANA zone of whoever has none of their own.
    pub default_time_zone: String,
    /// How long ago a pickup's window may have ended, in hours.
    pub max_past_hours: i64,
    /// How far ahead a pickup's window may start, in days.
    pub max_future_days: i64,
    /// How far ahead the pickups of a series are made, in days.
    pub horizon_days: i32,
    /// Before a RUSH occurrence of a series the dispatchers are told, in hours.
    pub rush_notice_hours: i64,
}

impl Default for Rules {
    fn default() -> Self {
        Self {
            default_time_zone: "UTC".to_owned(),
            max_past_hours: 24,
            max_future_days: 366,
            horizon_days: 90,
            rush_notice_hours: 24,
        }
    }
}

/// The rules in force, as a record: there is one, and it belongs to no lab.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct RuleBook {
    /// Always [`RuleBook::ID`].
    pub id: String,
    /// No lab's: `-` can be no lab's id.
    pub lab_id: LabId,
    /// The rules.
    pub rules: Rules,
    /// Counts its changes.
    #[serde(default)]
    pub version: u64,
}

impl RuleBook {
    /// The id of the one there is.
    pub const ID: &'static str = "rules";

    /// A book with these rules.
    pub fn of(rules: Rules) -> Self {
        Self {
            id: Self::ID.to_owned(),
            lab_id: LabId::known("-"),
            rules,
            version: 0,
        }
    }
}
