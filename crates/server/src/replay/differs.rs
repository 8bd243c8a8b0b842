//! Where two things differ: kind, id and field path, never a value.

use std::collections::BTreeSet;
use std::fmt;

use pontic_core::phi::{Phi, Private};
use pontic_core::record::Record;
use pontic_core::view;
use serde::Serialize;
use serde_json::Value;

/// One thing that is not the same.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Difference {
    /// What kind of thing: `pickup`, `event`, `publication`, …
    pub kind: String,
    /// Which one.
    pub id: String,
    /// The path of the field, or that it is missing or too many.
    pub field: String,
}

impl Difference {
    /// Of a thing of that kind and id.
    pub fn new(kind: impl Into<String>, id: impl Into<String>, field: impl Into<String>) -> Self {
        Self {
            kind: kind.into(),
            id: id.into(),
            field: field.into(),
        }
    }
}

impl fmt::Display for Difference {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {}: {}", self.kind, self.id, self.field)
    }
}

/// The paths at which two JSON texts differ.
pub fn paths(expected: &str, found: &str) -> BTreeSet<String> {
    let mut paths = BTreeSet::new();
    if expected != found {
        let read = |text| serde_json::from_str::<Value>(text).unwrap_or_default();
        walk(&read(expected), &read(found), "", &mut paths);
    }
    paths
}

fn walk(expected: &Value, found: &Value, path: &str, paths: &mut BTreeSet<String>) {
    match (expected, found) {
        (Value::Object(one), Value::Object(other)) => {
            for key in one.keys().chain(other.keys()) {
                let below = if path.is_empty() {
                    key.clone()
                } else {
                    format!("{path}.{key}")
                };
                let (one, other) = (one.get(key), other.get(key));
                let (one, other) = (one.unwrap_or(&Value::Null), other.unwrap_or(&Value::Null));
                walk(one, other, &below, paths);
            }
        }
        (Value::Array(one), Value::Array(other)) if one.len() == other.len() => {
            for (index, (one, other)) in one.iter().zip(other).enumerate() {
                walk(one, other, &format!("{path}[{index}]"), paths);
            }
        }
        (one, other) if one != other => {
            paths.insert(path.to_owned());
        }
        _ => {}
    }
}

/// How the private parts of two things compare.
pub enum Privately {
    /// The same.
    Same,
    /// Erased where the log is: nothing to compare with.
    Erased,
    /// Fields that differ.
    Differs(BTreeSet<String>),
}

/// Compares the private parts of two things; only names of fields come out.
pub fn private(expected: Option<&Phi<Private>>, found: Option<&Phi<Private>>) -> Privately {
    let (expected, found) = match (expected, found) {
        (expected, found) if expected == found => return Privately::Same,
        (None, _) => return Privately::Erased,
        (expected, found) => (expected, found),
    };
    // Opened to be compared; of what differs only the name of the field is told.
    let text = |private: Option<&Phi<Private>>| {
        private.map_or_else(|| "{}".to_owned(), |private| view::json(private.reveal()))
    };
    let differing = paths(&text(expected), &text(found));
    Privately::Differs(
        differing
            .into_iter()
            .map(|path| format!("private.{path}"))
            .collect(),
    )
}

/// Compares two records of one id; counts private parts that were erased.
pub fn record(expected: &Record, found: &Record, erased: &mut usize) -> Vec<Difference> {
    if expected == found {
        return Vec::new();
    }
    let (expected, found) = (expected.row(), found.row());
    let mut fields = paths(&expected.body, &found.body);
    match private(expected.private.as_ref(), found.private.as_ref()) {
        Privately::Same => {}
        Privately::Erased => *erased += 1,
        Privately::Differs(names) => fields.extend(names),
    }
    fields
        .into_iter()
        .map(|field| Difference::new(expected.kind.as_str(), &expected.id, field))
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn paths_lead_to_what_differs_and_hold_no_value() {
        let found = paths(
            r#"{"a":1,"b":{"c":[1,{"d":"Jane"}]},"e":[1]}"#,
            r#"{"a":1,"b":{"c":[1,{"d":"Joe"}]},"e":[1,2],"f":true}"#,
        );
        let found: Vec<&str> = found.iter().map(String::as_str).collect();
        assert_eq!(found, ["b.c[1].d", "e", "f"]);
    }
}
