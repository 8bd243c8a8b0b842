//! What authentic senders sent and could not be used: kept, shown masked, sent in again.

use serde_json::{Value, json};

use crate::harness::{Client, case, date_in, eventually, fresh, shared, texts, with};

fn items(client: &Client) -> Vec<Value> {
    client.all("/v1/quarantine")
}

#[test]
fn a_refused_event_is_kept_masked_and_the_dispatcher_told() {
    let (server, lab) = (shared(), fresh("L"));
    let (source, desk) = (server.role("source", &lab), server.role("dispatcher", &lab));
    let bad = with(
        case(&lab, "C1", "bad id", &date_in(2)),
        json!({ "patientName": "Jane Doe" }),
    );
    assert_eq!(source.event("CaseReadyToShip", &bad).status, 422);
    let kept = items(&desk);
    assert_eq!(kept.len(), 1);
    let item = &kept[0];
    assert_eq!(
        (&item["type"], &item["source"], &item["status"]),
        (
            &json!("CaseReadyToShip"),
            &json!("cases.production"),
            &json!("open")
        )
    );
    assert_eq!(
        item["errors"],
        json!([{ "field": "detail.caseId", "reason": "invalid_char" }])
    );
    let id = item["id"].as_str().expect("an id");
    let whole = desk.get(&format!("/v1/quarantine/{id}"));
    assert_eq!(
        (whole.status, &whole.body["body"]["detail"]["clinicId"]),
        (200, &json!("C1"))
    );
    assert!(!whole.text.contains("Jane"), "{}", whole.text);
    let alerts = desk.all("/v1/alerts");
    assert!(
        alerts
            .iter()
            .any(|alert| alert["code"] == "quarantined" && alert["quarantineId"] == json!(id)),
        "{alerts:?}"
    );
    let stranger = server.role("dispatcher", &fresh("L"));
    assert!(items(&stranger).is_empty());
    assert_eq!(stranger.get(&format!("/v1/quarantine/{id}")).status, 404);
    assert_eq!(
        stranger
            .post(&format!("/v1/quarantine/{id}/redrive"), &json!({}))
            .status,
        404
    );
}

#[test]
fn once_the_cause_is_mended_it_is_redriven() {
    let (server, lab) = (shared(), fresh("L"));
    let (source, desk) = (server.role("source", &lab), server.role("dispatcher", &lab));
    // A hold for a case that comes only later.
    let early = json!({ "caseId": "K1", "labId": lab });
    source
        .event("CaseOnHold", &early)
        .refused(422, "unknown_case");
    let id = items(&desk)[0]["id"].as_str().expect("an id").to_owned();
    let path = format!("/v1/quarantine/{id}/redrive");
    assert_eq!(
        desk.post(&path, &json!({})).status,
        422,
        "still nothing to hold"
    );
    assert_eq!(items(&desk).len(), 1, "and it stays");
    source
        .event("CaseReadyToShip", &case(&lab, "C1", "K1", &date_in(2)))
        .result();
    assert_eq!(
        desk.post(&path, &json!({})).expect(200)["status"],
        "processed"
    );
    desk.post(&path, &json!({}))
        .refused(409, "already_redriven");
    assert!(items(&desk).is_empty());
    assert_eq!(
        texts(&json!(desk.all("/v1/quarantine?status=all")), "status"),
        ["redriven"]
    );
    assert_eq!(desk.all("/v1/deliveries")[0]["status"], "cancelled");
}

#[test]
fn every_refused_event_of_a_batch_is_kept_by_itself() {
    let (server, lab) = (shared(), fresh("L"));
    let (source, desk) = (server.role("source", &lab), server.role("dispatcher", &lab));
    let event = |detail: Value| json!({ "source": "cases.production", "detailType": "CaseReadyToShip", "detail": detail });
    let foreign = case("ELSEWHERE", "C1", "K2", &date_in(2));
    let events = json!([event(case(&lab, "C1", "K1", &date_in(2))), event(json!({})), event(foreign), { "source": "x", "detailType": "Nothing", "detail": {} }]);
    assert_eq!(
        source.post("/v1/events", &events).expect(200)["failedEntryCount"],
        3
    );
    let mut codes = texts(&json!(items(&desk)), "code");
    codes.sort_unstable();
    assert_eq!(
        codes,
        ["forbidden", "unknown_event_type", "validation_failed"]
    );
}

#[test]
fn a_webhook_that_cannot_be_mapped_is_kept_and_redriven_through_the_mended_endpoint() {
    let (server, lab, endpoint) = (shared(), fresh("L"), fresh("od-"));
    let admin = server.admin();
    let put = |map: Value| {
        admin.put(
            &format!("/v1/endpoints/{endpoint}"),
            &json!({ "labId": lab, "system": "opendental", "clinicMap": map, "secrets": ["s"] }),
        )
    };
    put(json!({})).expect(201);
    let body = json!({ "LabCaseNum": 226, "ClinicNum": 0, "PatName": "Brown, Alice", "DateTimeScheduled": crate::harness::after_hours(30) });
    let post = || crate::webhooks::signed(&server, "opendental", Some(&endpoint), "s", &body);
    let refused = post();
    assert_eq!(
        (refused.status, refused.faults()),
        (
            400,
            vec![("ClinicNum".to_owned(), "unmapped_clinic".to_owned())]
        )
    );
    let desk = server.role("dispatcher", &lab);
    let item = items(&desk)[0].clone();
    assert_eq!(
        (&item["type"], &item["source"]),
        (&json!("webhook"), &json!(endpoint))
    );
    let id = item["id"].as_str().expect("an id");
    let shown = desk.get(&format!("/v1/quarantine/{id}"));
    assert!(
        shown.body["body"]["LabCaseNum"] == 226 && !shown.text.contains("Alice"),
        "{}",
        shown.text
    );
    put(json!({ "0": "CLI-HQ" })).expect(200);
    let done = desk
        .post(&format!("/v1/quarantine/{id}/redrive"), &json!({}))
        .expect(200);
    assert_eq!(
        (&done["result"]["clinicId"], &done["result"]["pickupId"]),
        (&json!("CLI-HQ"), &json!("opendental-226"))
    );
    assert_eq!(
        post().expect(200)["duplicate"],
        true,
        "the practice that sends it again is told so"
    );
    eventually(|| items(&desk).is_empty().then_some(()));
}
