//! Which events somebody wants, in the words of EventBridge's patterns: an object names fields, each with a list of values of which
//! one must be there.
//!
//! `{ "detail-type": ["DeliveryCompleted"], "detail": { "caseCount": [{ "numeric": [">", 2] }] } }`
//!
//! Fields are joined by and, the values of a field and the patterns of `$or` by or. Where an event has a list, one of its items
//! must match. How much a pattern can ask for is bounded when it is read, so that none can be made to be slow.

mod matcher;
mod reading;
mod set;

use serde_json::{Map, Value};

use matcher::Matcher;

pub use reading::PatternFault;
pub use set::{Looked, PatternSet};

/// A pattern, read and within its bounds.
#[derive(Debug, Clone, PartialEq)]
pub struct Pattern(Fields);

/// Fields of an object, all of which must match.
#[derive(Debug, Clone, PartialEq, Default)]
struct Fields {
    fields: Vec<(String, Node)>,
    /// For each `$or`: patterns of which one must match.
    either: Vec<Vec<Fields>>,
}

#[derive(Debug, Clone, PartialEq)]
enum Node {
    Inner(Fields),
    Leaf(Vec<Matcher>),
}

impl Pattern {
    /// Reads a pattern; what is wrong with it is said with its place.
    pub fn read(json: &Value) -> Result<Self, PatternFault> {
        reading::read(json).map(Self)
    }

    /// The pattern that wants everything.
    pub fn of_everything() -> Self {
        Self(Fields::default())
    }

    /// The pattern that wants nothing.
    pub fn of_nothing() -> Self {
        Self(Fields {
            fields: Vec::new(),
            either: vec![Vec::new()],
        })
    }

    /// Whether the event, an object, is one of those that are wanted.
    pub fn matches(&self, event: &Value) -> bool {
        event.as_object().is_some_and(|event| self.0.matches(event))
    }
}

impl Fields {
    fn matches(&self, object: &Map<String, Value>) -> bool {
        self.fields
            .iter()
            .all(|(name, node)| node.matches(object.get(name)))
            && self
                .either
                .iter()
                .all(|patterns| patterns.iter().any(|pattern| pattern.matches(object)))
    }

    /// Whether all of it is content with a field that is not there.
    fn matches_nothing(&self) -> bool {
        self.matches(&Map::new())
    }
}

impl Node {
    fn matches(&self, value: Option<&Value>) -> bool {
        match (self, value) {
            (Self::Leaf(matchers), value) => any_matches(matchers, value),
            (Self::Inner(fields), Some(Value::Object(object))) => fields.matches(object),
            (Self::Inner(fields), Some(Value::Array(items))) => items
                .iter()
                .filter_map(Value::as_object)
                .any(|item| fields.matches(item)),
            (Self::Inner(fields), _) => fields.matches_nothing(),
        }
    }
}

/// Whether one of the values of a field is the event's, or one of the event's if it has a list.
fn any_matches(matchers: &[Matcher], value: Option<&Value>) -> bool {
    match value {
        // An empty list has nothing in it that could match, and is not absent either.
        Some(Value::Array(items)) => items
            .iter()
            .any(|item| matchers.iter().any(|matcher| matcher.matches(Some(item)))),
        // `exists` is about values: an object is none.
        Some(Value::Object(_)) | None => matchers.iter().any(|matcher| matcher.matches(None)),
        value => matchers.iter().any(|matcher| matcher.matches(value)),
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::fault::Reason;

    fn event() -> Value {
        json!({
            "source": "logistics.delivery", "detail-type": "DeliveryCompleted", "labId": "LAB001",
            "detail": {
                "deliveryId": "D-1", "caseCount": 3, "rush": false, "reason": null, "weight": 2.5, "none": [],
                "caseIds": ["C-1", "C-2"], "stop": { "clinic": "Smith Dental" },
                "packages": [{ "kind": "box", "size": 1 }, { "kind": "bag", "size": 7 }],
            },
        })
    }

    fn wants(pattern: &Value) -> bool {
        let (event, alone) = (event(), Pattern::read(pattern).expect("a pattern"));
        let matches = alone.matches(&event);
        // Together with others it wants the same, also where one of them looks into a list.
        let other = json!({ "detail": { "packages": { "kind": ["box"] } } });
        let other = Pattern::read(&other).expect("a pattern");
        for others in [Vec::new(), vec![other]] {
            let count = others.len();
            let set = PatternSet::new(others.into_iter().chain([alone.clone()]));
            assert_eq!(set.matches(count, &set.look(&event)), matches, "{pattern}");
            assert!(!set.matches(count + 1, &set.look(&event)));
        }
        matches
    }

    #[test]
    fn what_is_wanted() {
        for (pattern, expected) in [
            (json!({ "source": ["logistics.delivery"] }), true),
            (
                json!({ "source": ["a", "logistics.delivery"], "labId": ["LAB001"] }),
                true,
            ),
            (
                json!({ "source": ["logistics.delivery"], "labId": ["LAB002"] }),
                false,
            ),
            (json!({ "detail": { "caseCount": [3] } }), true),
            (json!({ "detail": { "caseCount": [3.0] } }), true),
            (json!({ "detail": { "caseCount": ["3"] } }), false),
            (
                json!({ "detail": { "rush": [false], "reason": [null] } }),
                true,
            ),
            (json!({ "detail": { "caseIds": ["C-2"] } }), true),
            (json!({ "detail": { "caseIds": ["C-3"] } }), false),
            (
                json!({ "detail": { "caseCount": [{ "numeric": [">", 2, "<=", 3] }] } }),
                true,
            ),
            (
                json!({ "detail": { "caseCount": [{ "numeric": ["=", 4] }] } }),
                false,
            ),
            (
                json!({ "detail": { "deliveryId": [{ "numeric": [">", 0] }] } }),
                false,
            ),
        ] {
            assert_eq!(wants(&pattern), expected, "{pattern}");
        }
    }

    #[test]
    fn what_is_wanted_of_texts_and_absent_fields() {
        for (pattern, expected) in [
            (json!({ "detail-type": [{ "prefix": "Delivery" }] }), true),
            (
                json!({ "detail-type": [{ "prefix": { "equals-ignore-case": "DELIVERY" } }] }),
                true,
            ),
            (json!({ "detail-type": [{ "suffix": "ed" }] }), true),
            (
                json!({ "detail-type": [{ "suffix": { "equals-ignore-case": "ED" } }] }),
                true,
            ),
            (
                json!({ "detail-type": [{ "equals-ignore-case": "deliverycompleted" }] }),
                true,
            ),
            (
                json!({ "detail-type": [{ "wildcard": "Del*Com*ed" }] }),
                true,
            ),
            (json!({ "detail-type": [{ "wildcard": "Del*x*" }] }), false),
            (
                json!({ "detail-type": [{ "anything-but": "DeliveryChanged" }] }),
                true,
            ),
            (
                json!({ "detail-type": [{ "anything-but": ["x", "DeliveryCompleted"] }] }),
                false,
            ),
            (
                json!({ "detail-type": [{ "anything-but": { "prefix": "Delivery" } }] }),
                false,
            ),
            (
                json!({ "detail-type": [{ "anything-but": { "wildcard": "Pick*" } }] }),
                true,
            ),
            (
                json!({ "detail": { "absent": [{ "anything-but": "x" }] } }),
                false,
            ),
            (
                json!({ "detail": { "absent": [{ "exists": false }] } }),
                true,
            ),
            (
                json!({ "detail": { "deliveryId": [{ "exists": true }] } }),
                true,
            ),
            (
                json!({ "detail": { "deliveryId": [{ "exists": false }] } }),
                false,
            ),
            (
                json!({ "nowhere": { "at": { "all": [{ "exists": false }] } } }),
                true,
            ),
            (
                json!({ "detail": { "stop": { "clinic": [{ "prefix": "Smith" }] } } }),
                true,
            ),
            (
                json!({ "detail": { "packages": { "kind": ["bag"], "size": [7] } } }),
                true,
            ),
            (
                json!({ "detail": { "packages": { "kind": ["bag"], "size": [1] } } }),
                false,
            ),
            (
                json!({ "$or": [{ "labId": ["X"] }, { "detail": { "rush": [false] } }] }),
                true,
            ),
            (
                json!({ "$or": [{ "labId": ["X"] }, { "labId": ["Y"] }] }),
                false,
            ),
            (
                json!({ "detail": { "$or": [{ "caseCount": [9] }, { "weight": [2.5] }] } }),
                true,
            ),
            (json!({ "detail": { "none": [{ "exists": true }] } }), false),
        ] {
            assert_eq!(wants(&pattern), expected, "{pattern}");
        }
    }

    #[test]
    fn what_is_no_pattern() {
        let deep = (0..20).fold(json!(["x"]), |inner, _| json!({ "a": inner }));
        let long: Vec<String> = (0..300).map(|n| n.to_string()).collect();
        for (pattern, place, reason) in [
            (json!([]), "", Reason::InvalidType),
            (json!({}), "", Reason::Required),
            (json!({ "a": "x" }), ".a", Reason::InvalidType),
            (json!({ "a": [] }), ".a", Reason::Required),
            (
                json!({ "a": [{ "starts": "x" }] }),
                ".a[0]",
                Reason::UnknownValue,
            ),
            (
                json!({ "a": [{ "prefix": 1 }] }),
                ".a[0]",
                Reason::InvalidFormat,
            ),
            (
                json!({ "a": [{ "numeric": [">"] }] }),
                ".a[0]",
                Reason::InvalidFormat,
            ),
            (
                json!({ "a": [{ "wildcard": "a**" }] }),
                ".a[0]",
                Reason::InvalidFormat,
            ),
            (json!({ "a": [["x"]] }), ".a[0]", Reason::InvalidFormat),
            (
                json!({ "$or": [{ "a": ["x"] }] }),
                ".$or",
                Reason::InvalidFormat,
            ),
            (json!({ "a": long }), ".a", Reason::TooLong),
            (deep, ".a.a.a.a.a.a.a.a.a.a.a.a.a.a.a.a", Reason::TooLong),
        ] {
            let fault = Pattern::read(&pattern).expect_err("no pattern");
            assert_eq!(
                (fault.place.as_str(), fault.reason),
                (place, reason),
                "{pattern}"
            );
        }
    }
}
