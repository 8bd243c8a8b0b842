//! A missing mapping is given once: everything that waits for it is sent in again, in order.

use serde_json::{Value, json};

use crate::harness::{Client, Server, after_hours, fresh, secret_of, shared};
use crate::webhooks::signed;

fn lab_case(number: usize, clinic: usize, priority: &str) -> Value {
    json!({
        "LabCaseNum": number, "ClinicNum": clinic, "PatName": "Brown, Alice", "Priority": priority,
        "DateTimeScheduled": after_hours(30),
    })
}

fn endpoint(admin: &Client, lab: &str, members: &Value) -> String {
    let id = fresh("od-");
    let body = crate::harness::with(
        json!({ "labId": lab, "system": "opendental", "secrets": ["s"] }),
        members.clone(),
    );
    admin.put(&format!("/v1/endpoints/{id}"), &body).expect(201);
    id
}

fn groups(desk: &Client) -> Vec<Value> {
    let groups = desk.get("/v1/quarantine/groups").expect(200);
    groups["items"].as_array().expect("a list").clone()
}

fn events_of_pickups(server: &Server, lab: &str) -> Vec<String> {
    let events = server
        .admin()
        .all(&format!("/v1/events?type=PickupRequested&labId={lab}"));
    let id = |event: &Value| {
        event["detail"]["pickupId"]
            .as_str()
            .expect("an id")
            .to_owned()
    };
    events.iter().map(id).collect()
}

#[test]
fn a_clinic_number_mapped_once_lets_all_its_siblings_in() {
    let (server, lab) = (shared(), fresh("L"));
    let admin = server.admin();
    let endpoint = endpoint(&admin, &lab, &json!({}));
    for number in 1..=20 {
        let body = lab_case(number, 0, "Normal");
        let refused = signed(&server, "opendental", Some(&endpoint), "s", &body);
        assert_eq!(refused.status, 400);
    }
    // One that has another fault besides stays where it is.
    let mut broken = lab_case(21, 0, "Normal");
    broken["PackageCount"] = 0.into();
    signed(&server, "opendental", Some(&endpoint), "s", &broken);

    let desk = server.role("dispatcher", &lab);
    let told = groups(&desk);
    assert_eq!(told.len(), 1, "{told:?}");
    let group = &told[0];
    assert_eq!(group["count"], 21);
    assert_eq!(
        (&group["source"], &group["field"], &group["reason"]),
        (
            &json!(endpoint),
            &json!("ClinicNum"),
            &json!("unmapped_clinic")
        )
    );
    assert_eq!(group["missing"], json!({ "clinic": "0" }));

    let repair = json!({ "endpoint": endpoint, "clinicMap": { "0": "CLI-HQ" } });
    let stranger = server.role("dispatcher", &fresh("L"));
    assert_eq!(stranger.post("/v1/quarantine/repair", &repair).status, 404);
    let done = desk.post("/v1/quarantine/repair", &repair).expect(200);
    assert_eq!(
        (&done["redriven"], &done["refused"]),
        (&json!(20), &json!(1))
    );
    let pickups = desk.all("/v1/pickups?clinicId=CLI-HQ");
    assert_eq!(pickups.len(), 20);
    let in_order: Vec<String> = (1..=20).map(|n| format!("opendental-{n}")).collect();
    assert_eq!(events_of_pickups(&server, &lab), in_order);

    let left = groups(&desk);
    assert_eq!((left.len(), &left[0]["field"]), (1, &json!("PackageCount")));
    assert_eq!(left[0]["missing"], Value::Null);
    let kept = admin.get(&format!("/v1/endpoints/{endpoint}")).expect(200);
    assert_eq!(kept["clinicMap"], json!({ "0": "CLI-HQ" }));
    assert_eq!(
        kept["secretFingerprints"].as_array().map(Vec::len),
        Some(1),
        "what it knew stays"
    );
    // From here on such a number is known.
    let next = signed(
        &server,
        "opendental",
        Some(&endpoint),
        "s",
        &lab_case(30, 0, "ASAP"),
    );
    assert_eq!(next.expect(200)["success"], true);

    let story = desk.get("/v1/explain/opendental-7").expect(200);
    let text = story.to_string();
    for part in [
        "was refused at first",
        "ClinicNum unmapped_clinic",
        "sent in again",
    ] {
        assert!(text.contains(part), "{part}: {text}");
    }
    assert!(!text.contains("Alice"), "{text}");
}

#[test]
fn a_word_of_priority_is_learned_in_any_case() {
    let (server, lab) = (shared(), fresh("L"));
    let endpoint = endpoint(&server.admin(), &lab, &json!({}));
    for (number, word) in [(1, "Yesterday"), (2, "yesterday"), (3, "whenever")] {
        let body = lab_case(number, 5, word);
        let refused = signed(&server, "opendental", Some(&endpoint), "s", &body);
        assert_eq!(
            refused.faults(),
            [("Priority".to_owned(), "unknown_value".to_owned())]
        );
    }
    let desk = server.role("dispatcher", &lab);
    let repair = json!({ "endpoint": endpoint, "priorities": { "YESTERDAY": "RUSH" } });
    let done = desk.post("/v1/quarantine/repair", &repair).expect(200);
    assert_eq!(
        (&done["redriven"], &done["refused"]),
        (&json!(2), &json!(1))
    );
    let pickups = desk.all("/v1/pickups?clinicId=5");
    assert!(
        pickups.iter().all(|pickup| pickup["isRush"] == true),
        "{pickups:?}"
    );
    assert_eq!(pickups.len(), 2);
    let missing = &groups(&desk)[0]["missing"];
    assert_eq!(missing, &json!({ "priority": "whenever" }));
}

#[test]
fn an_endpoint_that_every_installation_has_learns_too_and_keeps_its_secret() {
    let server = crate::harness::Start::new().go();
    let refused = server.webhook("opendental", &lab_case(1, 0, "Normal"));
    assert_eq!(refused.status, 400);
    let repair = json!({ "endpoint": "opendental", "clinicMap": { "0": "C-0" } });
    let done = server
        .admin()
        .post("/v1/quarantine/repair", &repair)
        .expect(200);
    assert_eq!(done["redriven"], 1);
    let server = server.kill().again().go();
    let body = lab_case(2, 0, "Normal");
    let taken = signed(&server, "opendental", None, &secret_of("opendental"), &body);
    assert_eq!(taken.expect(200)["success"], true);
}

#[test]
fn faults_of_a_repair_are_named_and_only_an_admin_widens_an_endpoint() {
    let (server, lab) = (shared(), fresh("L"));
    let endpoint = endpoint(&server.admin(), &lab, &json!({ "clinics": ["C-1"] }));
    let desk = server.role("dispatcher", &lab);
    let bad = json!({ "clinicMap": { "0": "no id!" }, "priorities": { "x": "SOON" } });
    let faults = desk.post("/v1/quarantine/repair", &bad).faults();
    let fields: Vec<&str> = faults.iter().map(|(field, _)| field.as_str()).collect();
    assert_eq!(fields, ["endpoint", "clinicMap", "priorities"]);

    let foreign = signed(
        &server,
        "opendental",
        Some(&endpoint),
        "s",
        &lab_case(1, 2, "Low"),
    );
    assert_eq!(foreign.status, 403);
    let widen = json!({ "endpoint": endpoint, "clinics": ["2"] });
    assert_eq!(desk.post("/v1/quarantine/repair", &widen).status, 403);
    let done = server
        .admin()
        .post("/v1/quarantine/repair", &widen)
        .expect(200);
    assert_eq!(done["redriven"], 1);
}

#[test]
fn a_group_of_refused_events_is_sent_in_again_in_order() {
    let (server, lab) = (shared(), fresh("L"));
    let (source, desk) = (server.role("source", &lab), server.role("dispatcher", &lab));
    for number in 1..=3 {
        let early = json!({ "caseId": format!("K{number}"), "labId": lab });
        source
            .event("CaseOnHold", &early)
            .refused(422, "unknown_case");
    }
    let about = desk.all("/v1/quarantine?about=K2");
    assert_eq!(about.len(), 1);
    for number in [1, 3] {
        let case = crate::harness::case(
            &lab,
            "C1",
            &format!("K{number}"),
            &crate::harness::date_in(2),
        );
        source.event("CaseReadyToShip", &case).result();
    }
    let again = json!({ "source": "cases.production", "type": "CaseOnHold" });
    let done = desk.post("/v1/quarantine/redrive", &again).expect(200);
    assert_eq!(
        (&done["redriven"], &done["refused"]),
        (&json!(2), &json!(1))
    );
    assert_eq!(desk.all("/v1/quarantine")[0]["about"], "K2");
}

#[test]
fn an_endpoint_that_every_installation_has_stays_its_labs() {
    let server = crate::harness::Start::new().go();
    let stranger = server.role("admin", "LAB-B");
    let body = json!({ "labId": "LAB-B", "system": "opendental" });
    let answer = stranger.put("/v1/endpoints/opendental", &body);
    assert_eq!(answer.status, 400, "{}", answer.text);
    assert_eq!(
        answer.faults(),
        [("labId".to_owned(), "mismatch".to_owned())]
    );
    let taken = server.webhook("opendental", &lab_case(1, 3, "Normal"));
    assert_eq!(taken.expect(200)["success"], true);
    assert_eq!(server.admin().all("/v1/pickups?labId=LAB001").len(), 1);
}

#[test]
fn nobody_speaks_for_a_part_of_ours() {
    let (server, lab) = (shared(), fresh("L"));
    let event = json!({
        "source": "pontic.clock", "detailType": "CaseReadyToShip",
        "detail": crate::harness::case(&lab, "C1", "K1", &crate::harness::date_in(2)),
    });
    let answer = server.role("source", &lab).post("/v1/events", &event);
    assert_eq!(answer.status, 403, "{}", answer.text);
    assert_eq!(
        answer.faults(),
        [("source".to_owned(), "forbidden".to_owned())]
    );
}
