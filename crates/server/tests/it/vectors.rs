//! The law for practice systems' formats (`testdata/ehr.json`), through the command line and over HTTP.

use std::sync::LazyLock;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde_json::{Value, json};

use crate::harness::{Server, Start, pontic, texts};
use crate::webhooks;

static VECTORS: LazyLock<Value> =
    LazyLock::new(|| serde_json::from_str(include_str!("../../testdata/ehr.json")).expect("JSON"));

fn cases(list: &str) -> &'static [Value] {
    VECTORS[list].as_array().expect("a list")
}

fn text<'v>(value: &'v Value, name: &str) -> &'v str {
    value[name].as_str().unwrap_or_default()
}

/// The exact bytes that a case sends.
fn body_of(case: &Value) -> Vec<u8> {
    let mut bytes = match (case["raw"].as_str(), case["rawBase64"].as_str()) {
        (Some(raw), _) => raw.as_bytes().to_vec(),
        (None, Some(raw)) => STANDARD.decode(raw).expect("base64"),
        (None, None) => serde_json::to_vec(&case["body"]).expect("JSON"),
    };
    if let Some(length) = case["padWithSpacesToBytes"].as_u64() {
        bytes.resize(usize::try_from(length).expect("small"), b' ');
    }
    bytes
}

/// A setting of a case, else the usual one.
fn setting<'v>(case: &'v Value, name: &str) -> &'v Value {
    case["config"]
        .get(name)
        .unwrap_or(&VECTORS["defaultConfig"][name])
}

/// The flags that mean the configuration of a case.
fn flags(case: &Value) -> Vec<String> {
    let mut flags: Vec<String> = ["ehr", "map", text(case, "system"), "--lab"]
        .map(str::to_owned)
        .to_vec();
    flags.push(setting(case, "labId").as_str().expect("a lab").to_owned());
    flags.push("--time-zone".to_owned());
    flags.push(
        setting(case, "timeZone")
            .as_str()
            .expect("a zone")
            .to_owned(),
    );
    for (theirs, ours) in setting(case, "clinicMap").as_object().expect("a map") {
        flags.push("--clinic-map".to_owned());
        flags.push(format!("{theirs}={}", ours.as_str().expect("an id")));
    }
    flags
}

fn map(flags: &[String], more: &[&str], body: &[u8]) -> (Option<i32>, Value) {
    let arguments: Vec<&str> = flags
        .iter()
        .map(String::as_str)
        .chain(more.iter().copied())
        .collect();
    let output = pontic(&arguments, body);
    let told = serde_json::from_slice(&output.stdout).unwrap_or_default();
    (output.status.code(), told)
}

fn first_error(told: &Value) -> Value {
    json!([told["errors"][0]["field"], told["errors"][0]["reason"]])
}

#[test]
fn every_case_maps_on_the_command_line() {
    for case in cases("cases") {
        let name = text(case, "name");
        let (code, told) = map(
            &flags(case),
            &["--now", text(&VECTORS, "now")],
            &body_of(case),
        );
        match case["expect"].get("ok") {
            Some(record) => assert_eq!((code, &told), (Some(0), record), "{name}"),
            None => assert_eq!(
                (code, first_error(&told)),
                (Some(1), case["expect"]["error"].clone()),
                "{name}"
            ),
        }
    }
}

#[test]
fn every_record_maps_back_and_in_again() {
    for case in cases("cases")
        .iter()
        .filter(|case| case.get("inverse").is_some())
    {
        let (name, flags) = (text(case, "name"), flags(case));
        let record = &case["expect"]["ok"];
        let (code, written) = map(&flags, &["--inverse"], record.to_string().as_bytes());
        assert_eq!((code, &written), (Some(0), &case["inverse"]), "{name}");
        let (_, mut again) = map(&flags, &[], written.to_string().as_bytes());
        let mut expected = record.clone();
        for record in [&mut again, &mut expected] {
            if record["metadata"]["timeAdjusted"] == "gap" {
                record["metadata"]
                    .as_object_mut()
                    .expect("an object")
                    .remove("timeAdjusted");
            }
        }
        assert_eq!(again, expected, "{name}");
    }
}

#[test]
fn without_now_the_window_is_not_tested() {
    let cases = cases("cases").iter();
    let beyond = cases.filter(|case| {
        matches!(
            text(case, "name"),
            "far-future-beyond-horizon" | "past-beyond-24h"
        )
    });
    assert_eq!(
        beyond
            .map(|case| map(&flags(case), &[], &body_of(case)).0)
            .collect::<Vec<_>>(),
        [Some(0); 2]
    );
}

fn signature_arguments(case: &Value) -> Vec<String> {
    let mut arguments = vec!["verify".to_owned(), "dentrix".to_owned()];
    for secret in case["secrets"].as_array().expect("secrets") {
        arguments.extend([
            "--secret".to_owned(),
            secret.as_str().expect("a text").to_owned(),
        ]);
    }
    for (name, value) in case["headers"].as_object().expect("headers") {
        arguments.extend([
            "--header".to_owned(),
            format!("{name}: {}", value.as_str().expect("a text")),
        ]);
    }
    if let Some(now) = case["now"].as_str() {
        arguments.extend(["--now".to_owned(), now.to_owned()]);
    }
    arguments
}

#[test]
fn every_signature_is_judged_on_the_command_line() {
    for case in cases("signatures") {
        let arguments = signature_arguments(case);
        let output = pontic(
            &arguments.iter().map(String::as_str).collect::<Vec<_>>(),
            &body_of(case),
        );
        let expected = if case["valid"] == true {
            Some(0)
        } else {
            Some(1)
        };
        assert_eq!(output.status.code(), expected, "{}", text(case, "name"));
        let said = String::from_utf8_lossy(&output.stdout).into_owned();
        assert!(
            said.starts_with(if case["valid"] == true {
                "verifies"
            } else {
                "does not verify: "
            }),
            "{said}"
        );
        assert!(
            !said.contains("test-secret") && !said.contains("old-secret"),
            "{said}"
        );
    }
}

/// Where a timestamp is tested the server's clock stands half a minute before the case's: it goes on.
#[test]
fn every_signature_is_judged_over_http() {
    let clocks = [
        None,
        Some(("2025-01-20T14:04:59Z", "2025-01-20T14:04:29Z")),
        Some(("2025-01-20T14:05:00Z", "2025-01-20T14:04:30Z")),
        Some(("2025-01-20T14:00:00Z", "2025-01-20T14:00:00Z")),
    ];
    for clock in clocks {
        let now = clock.map_or("2025-01-15T12:00:00Z", |(_, start)| start);
        let server = Start::new()
            .now(now)
            .env("DENTRIX_WEBHOOK_SECRET", "test-secret,old-secret")
            .go();
        for case in cases("signatures")
            .iter()
            .filter(|case| case["now"].as_str() == clock.map(|(now, _)| now))
        {
            let headers = case["headers"].as_object().expect("headers").iter();
            let mut headers: Vec<(&str, &str)> = headers
                .map(|(name, value)| (name.as_str(), value.as_str().expect("a text")))
                .collect();
            headers.push(("content-type", "application/json"));
            let answer =
                server
                    .nobody()
                    .send("POST", "/webhooks/ehr/dentrix", &headers, &body_of(case));
            let expected = if case["valid"] == true { 200 } else { 401 };
            assert_eq!(
                answer.status,
                expected,
                "{} {}",
                text(case, "name"),
                answer.text
            );
        }
    }
}

/// A server whose clock stands close to the cases', with an endpoint of each configuration.
struct House {
    server: Server,
}

impl House {
    fn new(now: &str) -> Self {
        let server = Start::new()
            .now(now)
            .env("PONTIC_DEFAULT_TIME_ZONE", "America/New_York")
            .go();
        Self { server }
    }

    /// Posts a case and looks at the answer and the pickup.
    fn tell(&self, case: &Value) {
        let name = text(case, "name");
        let answer = self.post(case);
        let Some(record) = case["expect"].get("ok") else {
            assert_eq!(
                (answer.status, answer.body["error"].as_str()),
                (400, Some("validation_failed")),
                "{name} {}",
                answer.text
            );
            assert_eq!(first_error(&answer.body), case["expect"]["error"], "{name}");
            return;
        };
        let body = answer.expect(200);
        let seen = json!([
            body["success"],
            body["pickupId"],
            body["confirmationNum"],
            body["status"]
        ]);
        assert_eq!(
            seen,
            json!([
                true,
                record["pickupId"],
                case["confirmationNum"],
                "requested"
            ]),
            "{name}"
        );
        assert_eq!(&self.record(case, record), record, "{name}");
    }

    fn post(&self, case: &Value) -> crate::harness::Answer {
        let system = text(case, "system");
        let Some(config) = case.get("config") else {
            return self.server.webhook_bytes(system, &body_of(case));
        };
        let endpoint = text(case, "name");
        let body = json!({ "labId": "LAB001", "system": system, "timeZone": config["timeZone"], "clinicMap": config["clinicMap"], "secrets": ["s"] });
        self.server
            .admin()
            .put(&format!("/v1/endpoints/{endpoint}"), &body)
            .expect(201);
        webhooks::signed(&self.server, system, Some(endpoint), "s", &case["body"])
    }

    /// The pickup as the desk sees it now, in the members of an internal record.
    fn record(&self, case: &Value, record: &Value) -> Value {
        let path = format!(
            "/v1/pickups?pickupId={}&clinicId={}",
            text(record, "pickupId"),
            text(record, "clinicId")
        );
        let items = self.server.admin().get(&path).expect(200)["items"].clone();
        // Endpoints are senders of their own: two of them may have sent a pickup of that name.
        let sender = if case.get("config").is_some() {
            text(case, "name")
        } else {
            text(case, "system")
        };
        let mut items = items.as_array().expect("items").iter();
        let mut newest = items
            .find(|item| item["source"] == sender)
            .expect("there")
            .clone();
        let members = newest.as_object_mut().expect("there");
        let mut metadata = members["metadata"].clone();
        // What is absent in a pickup is an empty text in a record.
        let blank = |value: Option<&Value>| value.cloned().unwrap_or_else(|| "".into());
        let by = members["requestedBy"].clone();
        if metadata.get("patientName").is_none() {
            metadata["patientName"] = "".into();
        }
        json!({
            "pickupId": members["pickupId"], "clinicId": members["clinicId"], "labId": members["labId"],
            "requestedBy": { "userId": by["userId"], "name": blank(by.get("name")), "phone": blank(by.get("phone")) },
            "windowStart": members["windowStart"], "windowEnd": members["windowEnd"], "isRush": members["isRush"],
            "notes": blank(members.get("notes")), "packageCount": members["packageCount"], "metadata": metadata,
        })
    }
}

/// The case whose time lies on the bound, and would be past it as soon as the clock goes on.
const ON_THE_BOUND: &str = "past-within-24h";

#[test]
fn every_case_is_answered_over_http_and_kept_as_its_record() {
    let house = House::new(text(&VECTORS, "now"));
    let (bound, others): (Vec<&Value>, Vec<&Value>) = cases("cases")
        .iter()
        .partition(|case| text(case, "name") == ON_THE_BOUND);
    for case in &others {
        house.tell(case);
    }
    let kept = house.server.admin().all("/v1/quarantine");
    let refused = others
        .iter()
        .filter(|case| case["expect"].get("ok").is_none())
        .count();
    assert_eq!(
        kept.len(),
        refused,
        "every authentic body that cannot be mapped is kept"
    );
    assert!(
        texts(&json!(kept), "code")
            .iter()
            .all(|code| code == "validation_failed")
    );
    House::new("2025-01-15T11:59:00Z").tell(bound[0]);
}
