//! Alerts put off and dealt with, in front of all dispatchers.

use serde_json::{Value, json};

use crate::harness::{Client, Server, Socket, Start, case, date_in, fresh, shared, with};

/// Raises a RUSH alert in the lab, and gives its number.
fn raised(server: &Server, lab: &str) -> u64 {
    let sent = case(lab, "C1", &fresh("K"), &date_in(1));
    let rush = with(sent, json!({ "priority": "RUSH" }));
    server.admin().event("CaseReadyToShip", &rush).result();
    let open = server.role("dispatcher", lab).all("/v1/alerts");
    let rush = open.iter().find(|alert| alert["type"] == "RUSH_ALERT");
    rush.expect("an alert")["number"]
        .as_u64()
        .expect("a number")
}

fn numbers(desk: &Client, status: &str) -> Vec<u64> {
    let list = desk.all(&format!("/v1/alerts?status={status}"));
    let number = |alert: &Value| alert["number"].as_u64();
    list.iter().filter_map(number).collect()
}

#[test]
fn a_snoozed_alert_is_out_of_sight_until_its_time() {
    let server = Start::new().now("2026-11-02T08:00:00Z").go();
    let desk = server.role("dispatcher", "L");
    let number = raised(&server, "L");
    let path = format!("/v1/alerts/{number}/snooze");
    assert_eq!(desk.post(&path, &json!({ "minutes": 720 })).status, 204);
    assert!(!numbers(&desk, "open").contains(&number));
    assert_eq!(numbers(&desk, "snoozed"), [number]);
    let all = desk.all("/v1/alerts?status=all");
    let it = all.iter().find(|alert| alert["number"] == number);
    let until = it.expect("it is there")["snoozedUntil"]
        .as_str()
        .expect("a time");
    assert!(until.starts_with("2026-11-02T20:00"), "{until}");
    // Put off again, and dealt with.
    assert_eq!(desk.post(&path, &json!({ "minutes": 1 })).status, 204);
    let close = format!("/v1/alerts/{number}/close");
    assert_eq!(desk.post(&close, &json!({})).status, 204);
    assert_eq!(numbers(&desk, "snoozed"), [0_u64; 0]);
    desk.post(&path, &json!({ "minutes": 5 }))
        .refused(404, "not_found");
}

#[test]
fn bad_input_is_named_and_other_labs_alerts_are_not_there() {
    let (server, lab) = (shared(), fresh("L"));
    let desk = server.role("dispatcher", &lab);
    let path = format!("/v1/alerts/{}/snooze", raised(&server, &lab));
    for (body, reason) in [
        (json!({}), "required"),
        (json!({ "minutes": 0 }), "out_of_range"),
        (json!({ "minutes": 721 }), "out_of_range"),
        (json!({ "minutes": 1.5 }), "not_integer"),
        (json!({ "minutes": "soon" }), "not_integer"),
    ] {
        let answer = desk.post(&path, &body);
        answer.refused(400, "validation_failed");
        assert_eq!(
            answer.faults(),
            [("minutes".to_owned(), reason.to_owned())],
            "{body}"
        );
    }
    let stranger = server.role("dispatcher", &fresh("L"));
    stranger
        .post(&path, &json!({ "minutes": 5 }))
        .refused(404, "not_found");
    desk.post("/v1/alerts/x/snooze", &json!({ "minutes": 5 }))
        .refused(404, "not_found");
    desk.get("/v1/alerts?status=asleep")
        .refused(400, "validation_failed");
}

/// The next message of that type.
fn next(socket: &mut Socket, kind: &str) -> Value {
    loop {
        let message = socket.next();
        if message["type"] == kind {
            return message;
        }
    }
}

#[test]
fn every_dispatcher_sees_what_one_does_with_an_alert() {
    let (server, lab) = (shared(), fresh("L"));
    let (desk, watcher) = (server.role("dispatcher", &lab), server.role("viewer", &lab));
    let number = raised(&server, &lab);
    let mut socket = Socket::watch(&watcher, "");
    let snapshot = next(&mut socket, "SNAPSHOT");
    desk.post(
        &format!("/v1/alerts/{number}/snooze"),
        &json!({ "minutes": 30 }),
    );
    let told = next(&mut socket, "ALERT_SNOOZED");
    assert_eq!(
        (&told["number"], &told["labId"]),
        (&json!(number), &json!(lab))
    );
    assert!(
        told["until"].is_string() && told["seq"].as_u64() > snapshot["seq"].as_u64(),
        "{told}"
    );
    // Whoever comes now sees until when.
    let fresh_one = next(&mut Socket::watch(&watcher, ""), "SNAPSHOT");
    let alerts = fresh_one["alerts"].as_array().expect("alerts");
    let it = alerts.iter().find(|alert| alert["number"] == number);
    assert_eq!(it.expect("it is there")["snoozedUntil"], told["until"]);
    desk.post(&format!("/v1/alerts/{number}/close"), &json!({}));
    let closed = next(&mut socket, "ALERT_CLOSED");
    assert_eq!(closed["number"], number);
}

#[test]
fn whoever_was_away_is_told_how_the_alerts_stand() {
    let (server, lab) = (shared(), fresh("L"));
    let desk = server.role("dispatcher", &lab);
    let number = raised(&server, &lab);
    let snapshot = next(&mut Socket::watch(&desk, ""), "SNAPSHOT");
    desk.post(&format!("/v1/alerts/{number}/close"), &json!({}));
    let kept = {
        let sent = case(&lab, "C2", &fresh("K"), &date_in(1));
        let rush = with(sent, json!({ "priority": "RUSH" }));
        server.admin().event("CaseReadyToShip", &rush).result();
        numbers(&desk, "open")
    };
    desk.post(
        &format!("/v1/alerts/{}/snooze", kept[0]),
        &json!({ "minutes": 30 }),
    );
    let after = format!(
        "?after={}:{}",
        snapshot["epoch"].as_str().expect("an epoch"),
        snapshot["seq"]
    );
    let mut socket = Socket::watch(&desk, &after);
    let stand = next(&mut socket, "ALERTS_OPEN");
    let open: Vec<u64> = stand["alerts"]
        .as_array()
        .expect("alerts")
        .iter()
        .filter_map(|alert| alert["number"].as_u64())
        .collect();
    assert_eq!(open, kept);
    assert_eq!(stand["complete"], true);
    assert!(stand["alerts"][0]["snoozedUntil"].is_string(), "{stand}");
    // What comes after it is heard.
    desk.post(&format!("/v1/alerts/{}/close", kept[0]), &json!({}));
    let closed = next(&mut socket, "ALERT_CLOSED");
    assert!(closed["seq"].as_u64() > stand["seq"].as_u64(), "{closed}");
}
