//! What another configuration would have made of a day.

use std::path::Path;

use serde_json::{Value, json};

use crate::harness::{Answer, Server, Start, case, texts};
use crate::replay::replay;
use crate::webhooks::signed;

/// A Monday, 09:00 in New York.
const MONDAY: &str = "2025-01-20T14:00:00Z";

/// A lab in New York with an endpoint of Open Dental, whose clinic 3 has a zone of its own only where `zone` says so.
fn lab(clinic_map: &Value) -> Server {
    let server = Start::new().now(MONDAY).go();
    let admin = server.admin();
    admin
        .put(
            "/v1/labs/L1",
            &json!({ "name": "Lab", "timeZone": "America/New_York" }),
        )
        .expect(201);
    let endpoint = json!({ "labId": "L1", "system": "opendental", "timeZone": "America/New_York", "clinicMap": clinic_map, "secrets": ["s"] });
    admin.put("/v1/endpoints/od-1", &endpoint).expect(201);
    server
}

fn post(server: &Server, number: i64, clinic: i64, time: &str) -> Answer {
    let body = json!({ "LabCaseNum": number, "ClinicNum": clinic, "DateTimeScheduled": time, "PatName": "Jane Secret" });
    signed(server, "opendental", Some("od-1"), "s", &body)
}

/// What would be different with that change, as JSON and in words.
fn dry_run(server: &Server, change: &str, more: &[&str]) -> (Value, String) {
    let file = tempfile::NamedTempFile::new().expect("a file");
    std::fs::write(file.path(), change).expect("written");
    let run = |form: &[&str]| {
        let change = ["--dry-run", "--change", path(file.path())];
        replay(server.folder(), &[&change, more, form].concat())
    };
    let (code, text) = run(&["--json"]);
    let told: Value = serde_json::from_str(&text).unwrap_or_else(|_| panic!("{text}"));
    let (again, words) = run(&[]);
    assert_eq!(code, again);
    assert_eq!(
        code == Some(0),
        words.contains("nothing would be different")
    );
    assert!(!words.contains("Jane") && !text.contains("Jane"), "{words}");
    (told, words)
}

fn path(path: &Path) -> &str {
    path.to_str().expect("a path")
}

#[test]
fn a_changed_clinic_map_lets_in_moves_and_refuses() {
    let server = lab(&json!({ "3": "CLI-3" }));
    for number in 1..=2 {
        post(&server, number, 3, "2025-01-21 09:30:00").expect(200);
    }
    post(&server, 3, 5, "2025-01-21 09:30:00").expect(200);
    for number in 10..13 {
        post(&server, number, 0, "2025-01-22 10:00:00").expect(400);
    }
    // Refused for something that no clinic map mends.
    post(&server, 20, 0, "2025-01-22").expect(400);

    let (told, words) = dry_run(
        &server,
        "[endpoints.od-1]\nclinicMap = { 0 = \"CLI-9\", 3 = \"CLI-4\" }",
        &[],
    );
    assert_eq!(told["webhooksLetIn"], 3, "{words}");
    assert_eq!(told["pickupsUnchanged"], 1);
    assert_eq!(texts(&told["pickupsElsewhere"], "to"), ["CLI-4", "CLI-4"]);
    assert_eq!(texts(&told["pickupsElsewhere"], "from"), ["CLI-3", "CLI-3"]);
    assert_eq!(told["alerts"]["quarantined"], -3);
    assert_eq!(told["publications"]["PickupConfirmed"], 3);
    for line in [
        "3 webhooks in quarantine would become pickups",
        "1 pickup unchanged",
        "2 pickups would be elsewhere (opendental-",
    ] {
        assert!(words.contains(line), "{words}");
    }

    let (told, words) = dry_run(
        &server,
        r#"{"endpoints":{"od-1":{"clinics":["CLI-3"]}}}"#,
        &[],
    );
    assert_eq!(told["webhooksRefused"], json!({ "forbidden": 1 }));
    assert_eq!(told["pickupsGone"], json!(["opendental-3"]));
    assert!(
        words.contains("1 webhook would be refused (forbidden)"),
        "{words}"
    );

    let (told, _) = dry_run(
        &server,
        "[endpoints.od-1]\nclinicMap = { 3 = \"CLI-3\" }",
        &[],
    );
    assert_eq!(told["pickupsUnchanged"], 3, "the same as it was: {told}");
}

#[test]
fn a_changed_zone_moves_what_was_written_without_an_offset() {
    let server = lab(&json!({}));
    post(&server, 7, 3, "2025-01-21 10:00:00").expect(200);
    post(&server, 8, 3, "2025-01-21T10:00:00-05:00").expect(200);
    for change in [
        "[endpoints.od-1]\ntimeZone = \"America/Chicago\"",
        "[clinics.3]\ntimeZone = \"America/Chicago\"",
    ] {
        let (told, words) = dry_run(&server, change, &["--day", "2025-01-20", "--lab", "L1"]);
        assert_eq!(told["pickupsUnchanged"], 1, "{words}");
        assert!(
            words.contains("1 pickup would move (opendental-7: 09:00-11:00 -> 10:00-12:00)"),
            "{words}"
        );
    }
}

#[test]
fn a_merged_clinic_joins_its_cases() {
    let server = lab(&json!({}));
    let ready = |clinic: &str, id: &str| {
        let detail = case("L1", clinic, id, "2025-01-21");
        server.admin().event("CaseReadyToShip", &detail).result()
    };
    let (one, two) = (ready("C1", "K1"), ready("C2", "K2"));
    let (told, words) = dry_run(
        &server,
        "[clinics.C2]\nlabId = \"L1\"\nmergeInto = \"C1\"",
        &[],
    );
    let (one, two) = (one["deliveryId"].as_str(), two["deliveryId"].as_str());
    let line = format!(
        "case K2 would join delivery {} instead of delivery {}",
        one.expect("an id"),
        two.expect("an id")
    );
    assert!(words.contains(&line), "{words}");
    assert_eq!(told["deliveriesUnchanged"], 1, "{words}");
    assert_eq!(texts(&told["deliveriesMoved"], "to"), ["not there"]);
}

#[test]
fn a_holiday_moves_what_is_brought_again_and_a_limit_refuses() {
    let server = lab(&json!({}));
    let admin = server.admin();
    let made = admin
        .event("CaseReadyToShip", &case("L1", "C1", "K1", "2025-01-20"))
        .result();
    let plan = json!({ "labId": "L1", "driverId": "D-1", "date": "2025-01-20", "stops": [{ "clinicId": "C1", "deliveryIds": [made["deliveryId"]] }] });
    let route = admin.post("/v1/routes", &plan).expect(201);
    let id = route["routeId"]
        .as_str()
        .or(route["id"].as_str())
        .expect("an id");
    admin
        .post(&format!("/v1/routes/{id}/start"), &json!({}))
        .expect(200);
    let stop = route["stops"][0]["id"].as_str().expect("an id");
    admin
        .post(
            &format!("/v1/stops/{stop}/fail"),
            &json!({ "reason": "closed" }),
        )
        .expect(200);
    let (told, words) = dry_run(&server, "[labs.L1]\nholidays = [2025-01-21]", &[]);
    assert_eq!(
        texts(&told["deliveriesMoved"], "to"),
        ["2025-01-22 at C1, scheduled"],
        "{words}"
    );
    let late = json!({ "pickupId": "P1", "clinicId": "C1", "labId": "L1", "windowStart": "2025-01-20T11:00:00Z", "windowEnd": "2025-01-20T12:00:00Z" });
    admin.event("PickupRequested", &late).result();
    let (told, words) = dry_run(&server, "[rules]\nmaxPastHours = 1", &[]);
    assert_eq!(
        told["eventsRefused"],
        json!({ "PickupRequested (validation_failed)": 1 }),
        "{words}"
    );
    assert_eq!(told["pickupsGone"], json!(["P1"]));
}

#[test]
fn a_change_that_cannot_be_made_is_said() {
    let server = lab(&json!({}));
    post(&server, 7, 3, "2025-01-21 10:00:00").expect(200);
    let refused = |change: &str, more: &[&str], expected: &str| {
        let file = tempfile::NamedTempFile::new().expect("a file");
        std::fs::write(file.path(), change).expect("written");
        let arguments = ["--dry-run", "--change", path(file.path())];
        let (code, text) = replay(server.folder(), &[&arguments, more].concat());
        assert!(code == Some(2) && text.contains(expected), "{text}");
    };
    refused(
        "[endpoints.nobody]\nclinics = []",
        &[],
        "endpoints.nobody: there is no such endpoint",
    );
    refused(
        "[labs.L1]\nworkingdays = []",
        &[],
        "labs.L1.workingdays: is none of",
    );
    refused(
        "[rules]\nmaxPastHours = 1",
        &["--day", "2024-01-01"],
        "no events of 2024-01-01",
    );
}
