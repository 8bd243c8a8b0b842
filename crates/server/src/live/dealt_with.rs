//! What a dispatcher did with an alert, as the others are told.

use jiff::Timestamp;
use pontic_core::id::LabId;
use pontic_core::time;
use pontic_store::page::AlertRow;
use serde_json::{Value, json};

/// What was done last with an alert; nothing for one with which nothing was done.
pub fn alert_dealt_with(row: &AlertRow) -> Option<Value> {
    if !row.open {
        return Some(alert_closed(&row.lab_id, row.number));
    }
    let until = row.snoozed_until?;
    Some(alert_snoozed(&row.lab_id, row.number, until))
}

/// It is closed.
pub fn alert_closed(lab: &LabId, number: u64) -> Value {
    json!({ "type": "ALERT_CLOSED", "number": number, "labId": lab })
}

/// It is put off until then.
pub fn alert_snoozed(lab: &LabId, number: u64, until: Timestamp) -> Value {
    json!({
        "type": "ALERT_SNOOZED",
        "number": number,
        "labId": lab,
        "until": time::format(until),
    })
}
