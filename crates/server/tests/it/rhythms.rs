//! Clinics, endpoints and other systems that are not heard as usual.

use serde_json::{Value, json};
use tempfile::TempDir;

use crate::harness::{Server, Start, case, eventually};
use crate::schemas::Schemas;

/// Mondays, in the order of weeks.
const MONDAYS: [&str; 6] = [
    "2026-10-05",
    "2026-10-12",
    "2026-10-19",
    "2026-10-26",
    "2026-11-02",
    "2026-11-09",
];
const LAB: &str = "LAB001";

/// A server on the folder, at that time.
fn at(folder: &TempDir, time: &str) -> Server {
    Start::on(folder.path()).now(time).go()
}

/// A Monday on which a practice and Production send something at nine.
fn usual(server: &Server, day: &str) {
    let body = json!({
        "externalId": format!("D-{day}"), "practiceId": "HARBOR", "preferredPickupTime": format!("{day}T15:00:00Z"),
        "patientName": "Jane Canary",
    });
    server.webhook("dentrix", &body).expect(200);
    let ready = case(LAB, "HARBOR", &format!("K-{day}"), day);
    server.admin().event("CaseReadyToShip", &ready).result();
}

fn silent(server: &Server) -> Vec<Value> {
    let alerts = server.admin().all("/v1/alerts");
    let is_silent = |alert: &Value| {
        alert["code"]
            .as_str()
            .is_some_and(|code| code.ends_with("_silent"))
    };
    alerts.into_iter().filter(is_silent).collect()
}

fn heard(server: &Server) -> Vec<Value> {
    let told = server.admin().get("/v1/heard").expect(200);
    let mut schemas = Schemas::of(server);
    for item in told["items"].as_array().expect("items") {
        schemas.check_closed("record.Heard", item);
    }
    told["items"].as_array().expect("a list").clone()
}

#[test]
fn whoever_sends_every_monday_is_missed_on_the_monday_when_nothing_comes() {
    let folder = tempfile::tempdir().expect("a folder");
    for day in &MONDAYS[..5] {
        let server = at(&folder, &format!("{day}T09:00:00Z"));
        usual(&server, day);
        server.stop();
    }
    // Before ten it is not late yet; the watch has looked when it knows everybody.
    let server = at(&folder, "2026-11-09T09:30:00Z");
    eventually(|| (heard(&server).len() == 3).then_some(()));
    assert!(silent(&server).is_empty());
    server.stop();

    let server = at(&folder, "2026-11-09T12:30:00Z");
    let alerts = eventually(|| Some(silent(&server)).filter(|alerts| alerts.len() == 3));
    let mut codes: Vec<&str> = alerts
        .iter()
        .map(|alert| alert["code"].as_str().expect("a text"))
        .collect();
    codes.sort_unstable();
    assert_eq!(codes, ["clinic_silent", "endpoint_silent", "source_silent"]);
    let clinic = alerts.iter().find(|alert| alert["code"] == "clinic_silent");
    let clinic = clinic.expect("among them");
    assert_eq!(clinic["clinicId"], "HARBOR");
    assert_eq!(clinic["lastEvent"], "PickupRequested");
    let seen = clinic["lastSeen"].as_str().expect("a time");
    assert!(seen.starts_with("2026-11-02T09:0"), "{seen}");
    let usually = clinic["usually"].as_str().expect("a text");
    assert!(
        usually.starts_with("by 09:0") && usually.contains("Monday (5 of"),
        "{usually}"
    );
    let marked = heard(&server);
    assert!(
        marked
            .iter()
            .all(|sender| sender["silent"]["usually"].is_string()),
        "{marked:?}"
    );
    server.stop();

    // Told once a day, however often the program starts; and no more when it is heard.
    let server = at(&folder, "2026-11-09T13:00:00Z");
    eventually(|| (heard(&server).len() == 3).then_some(()));
    usual(&server, MONDAYS[5]);
    assert_eq!(silent(&server).len(), 3);
    server.stop();
    let server = at(&folder, "2026-11-09T13:10:00Z");
    let well = |sender: &Value| sender["silent"].is_null();
    eventually(|| heard(&server).iter().all(well).then_some(()));
    assert_eq!(silent(&server).len(), 3);
}

#[test]
fn on_a_day_on_which_the_lab_rests_nobody_is_missed() {
    let folder = tempfile::tempdir().expect("a folder");
    for day in &MONDAYS[..5] {
        let server = at(&folder, &format!("{day}T09:00:00Z"));
        usual(&server, day);
        server.stop();
    }
    let server = at(&folder, "2026-11-08T12:00:00Z");
    let rests = json!({ "name": "Lab", "timeZone": "UTC", "holidays": ["2026-11-09"] });
    server.admin().put(&format!("/v1/labs/{LAB}"), &rests);
    server.stop();
    let server = at(&folder, "2026-11-09T12:30:00Z");
    eventually(|| (heard(&server).len() == 3).then_some(()));
    assert!(silent(&server).is_empty());
}
