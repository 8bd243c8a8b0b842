//! Bodies of a practice system, good and bad, each with the answer that it gets.

use jiff::{Timestamp, ToSpan};
use serde_json::{Map, Value, json};

use super::File;
use crate::ehr::{ClinicMap, Ehr, FieldNames, PriorityMap, Settings, WindowLimits};
use crate::json::{self, Limits};

/// A body and its answer.
pub struct Example {
    /// Its name, which is the name of its files.
    pub name: &'static str,
    /// What it shows.
    pub about: &'static str,
    /// The exact bytes.
    pub body: String,
    /// The status and the answer's parts that can be foretold.
    pub answer: Value,
}

impl Example {
    /// The body, and its answer beside it.
    pub fn files(&self) -> Vec<File> {
        let answer = json!({ "about": self.about, "answer": self.answer });
        vec![
            File::new(format!("examples/{}.json", self.name), self.body.as_str()),
            File::new(
                format!("examples/{}.answer.json", self.name),
                serde_json::to_string_pretty(&answer).unwrap_or_default() + "\n",
            ),
        ]
    }
}

/// All of them. What they are answered is what the code that serves answers.
pub fn all(ehr: &'static Ehr, now: Timestamp) -> Vec<Example> {
    let names = ehr.field_names();
    let day = now.saturating_add((7 * 24).hours()).unwrap_or(now);
    let time = format!("{}T15:00:00Z", day.strftime("%Y-%m-%d"));
    let numbered = ehr.has_numbers();
    let base = |number: u32| {
        let mut body = Map::new();
        let (id, clinic) = if numbered {
            (json!(number), json!(3))
        } else {
            (json!(format!("KIT-{number}")), json!("CLI-1"))
        };
        body.insert(names.id.into(), id);
        body.insert(names.clinic.into(), clinic);
        body.insert(names.time.into(), time.as_str().into());
        body
    };
    let with = |number: u32, members: &[(&str, Value)]| {
        let mut body = base(number);
        for (name, member) in members {
            body.insert((*name).to_owned(), member.clone());
        }
        Value::Object(body).to_string()
    };
    let full = full(&names);
    let bodies = [
        ("good-minimal", "The least that is needed.", with(1, &[])),
        ("good-full", "Everything that we read.", with(2, &full)),
        (
            "good-unknown-member",
            "What we do not know is ignored.",
            with(3, &[("ourOwn", json!({ "a": 1 }))]),
        ),
        (
            "bad-without-id",
            "A required member is missing.",
            with(4, &[(names.id, Value::Null)]),
        ),
        (
            "bad-date-only",
            "A time of day is needed.",
            with(5, &[(names.time, json!(time[..10]))]),
        ),
        (
            "bad-long-ago",
            "A pickup of years ago.",
            with(6, &[(names.time, json!("2020-01-06T15:00:00Z"))]),
        ),
        (
            "bad-priority",
            "A word that means nothing to us.",
            with(7, &[(names.priority, json!("whenever"))]),
        ),
        (
            "bad-packages",
            "1 to 99.",
            with(8, &[(names.package_count, json!(100))]),
        ),
        (
            "bad-several",
            "All faults are told at once.",
            with(
                9,
                &[(names.clinic, json!(true)), (names.package_count, json!(0))],
            ),
        ),
        ("bad-array", "The body must be one object.", "[]".to_owned()),
        (
            "bad-json",
            "The body must be JSON.",
            "{ pickup }".to_owned(),
        ),
    ];
    bodies
        .into_iter()
        .map(|(name, about, body)| Example {
            answer: answer(ehr, &body, now),
            name,
            about,
            body,
        })
        .collect()
}

fn full(names: &FieldNames) -> Vec<(&'static str, Value)> {
    let name = match names.patient_name.split_once('.') {
        Some((outer, inner)) => (outer, json!({ inner: "Test Patient" })),
        None => (names.patient_name, json!("Test Patient")),
    };
    vec![
        name,
        (names.priority, names.rush.clone()),
        (
            names.notes,
            json!("Ring twice.\nSecond floor, Zürich room."),
        ),
        (names.package_count, json!(2)),
        (names.contact_name, json!("Test Contact")),
        (names.contact_phone, json!("555-0100")),
    ]
}

fn answer(ehr: &'static Ehr, body: &str, now: Timestamp) -> Value {
    let read = json::parse(body.as_bytes(), Limits::WEBHOOK).map_err(|fault| vec![fault]);
    let read = read.and_then(|json| match json {
        json::Json::Object(_) => {
            let settings = Settings {
                lab_id: "KIT",
                zone: &jiff::tz::TimeZone::UTC,
                clinic_map: &ClinicMap::new(),
                priorities: &PriorityMap::new(),
                window: Some(WindowLimits::around(now)),
            };
            ehr.read(&json).finish(&settings)
        }
        _ => Err(vec![pontic_core::fault::Fault::new(
            json::WHOLE_BODY,
            pontic_core::fault::Reason::InvalidType,
        )]),
    });
    match read {
        Ok(record) => {
            json!({ "status": 200, "body": { "success": true, "pickupId": record.pickup_id } })
        }
        Err(faults) => {
            json!({ "status": 400, "body": { "success": false, "error": "validation_failed", "errors": faults } })
        }
    }
}
