//! Who reads patients' names: noted, answer by answer, without any of the names.

use serde_json::Value;

use crate::access::Caller;

/// Where a patient's name stands in answers.
const MEMBER: &str = "patientName";

/// Notes that an answer about that record holds names, if it does.
pub fn note(caller: &Caller, kind: &str, id: &str, answer: &Value) {
    if holds_names(answer) {
        tracing::info!(token = caller.token_id, kind, id, "names read");
        metrics::counter!("pontic_names_read_total", "kind" => kind.to_owned()).increment(1);
    }
}

fn holds_names(answer: &Value) -> bool {
    match answer {
        Value::Object(members) => members
            .iter()
            .any(|(name, value)| (name == MEMBER && value.is_string()) || holds_names(value)),
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
        assert!(holds_names(
            &json!({ "cases": [{}, { "patientName": "A" }] })
        ));
        assert!(holds_names(&json!({ "patientName": "A" })));
        assert!(!holds_names(
            &json!({ "cases": [{ "patientName": null }], "name": "A" })
        ));
    }
}
