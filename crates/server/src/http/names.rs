//! Who reads what patients are called and what is written about them: noted, answer by answer, without any of it.

use pontic_core::fault::Reason;
use pontic_core::record::Kind;
use serde::Deserialize;
use serde_json::Value;
use utoipa::IntoParams;

use super::paging::said;
use super::problem::{Answer, Problem};
use crate::access::Caller;

/// Members that are free text about patients or the people around them, wherever they stand.
const SEALED: [&str; 4] = ["patientName", "notes", "metadata", "receivedBy"];
/// Who asked for a pickup; the sender's own number of that user is no name.
const ASKER: &str = "requestedBy";

/// Whether names are wanted.
#[derive(Debug, Default, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub struct Names {
    /// `0`: patients' names, notes and whoever asked or received are left out, also for those who may read them. Who does read them is noted.
    names: Option<String>,
}

impl Names {
    /// Whether an answer to that caller holds them.
    pub fn shown(&self, caller: &Caller) -> Answer<bool> {
        shown(self.names.as_deref(), caller)
    }
}

/// Whether an answer holds names, as `names` asks and as far as the caller may read them.
pub fn shown(names: Option<&str>, caller: &Caller) -> Answer<bool> {
    match said(names) {
        None | Some("1") => Ok(caller.role.reads_names()),
        Some("0") => Ok(false),
        Some(_) => Err(Problem::parameter("names", Reason::UnknownValue)),
    }
}

/// Whether records of that kind are about patients; the others only have contacts of clinics.
pub const fn is_of_patients(kind: Kind) -> bool {
    matches!(kind, Kind::Delivery | Kind::Case | Kind::Pickup)
}

/// Notes that an answer about that record holds names, if it does.
pub fn note(caller: &Caller, kind: Kind, id: &str, answer: &Value) {
    if holds_names(answer) {
        let kind = kind.as_str();
        tracing::info!(token = caller.token_id, kind, id, "names read");
        metrics::counter!("pontic_names_read_total", "kind" => kind).increment(1);
    }
}

/// Notes once how many records of a list hold names.
pub fn note_list(caller: &Caller, kind: Kind, items: &[Value]) {
    let count = items.iter().filter(|item| holds_names(item)).count();
    if count > 0 {
        let kind = kind.as_str();
        tracing::info!(token = caller.token_id, kind, count, "names read");
        metrics::counter!("pontic_names_read_total", "kind" => kind)
            .increment(u64::try_from(count).unwrap_or(u64::MAX));
    }
}

fn holds_names(answer: &Value) -> bool {
    match answer {
        Value::Object(members) => members.iter().any(|(name, value)| match name.as_str() {
            ASKER => value["name"].is_string() || value["phone"].is_string(),
            name => (SEALED.contains(&name) && !value.is_null()) || holds_names(value),
        }),
        Value::Array(items) => items.iter().any(holds_names),
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn names_are_seen_wherever_they_stand() {
        for held in [
            json!({ "cases": [{}, { "patientName": "A" }] }),
            json!({ "patientName": "A" }),
            json!({ "notes": "for A" }),
            json!({ "metadata": { "chart": "A" } }),
            json!({ "receivedBy": "A" }),
            json!({ "requestedBy": { "name": "A" } }),
            json!({ "requestedBy": { "phone": "1" } }),
        ] {
            assert!(holds_names(&held), "{held}");
        }
        for bare in [
            json!({ "cases": [{ "patientName": null }], "name": "A" }),
            json!({ "requestedBy": { "userId": "u-1" }, "id": "P" }),
            json!({ "requestedBy": {} }),
        ] {
            assert!(!holds_names(&bare), "{bare}");
        }
    }
}
