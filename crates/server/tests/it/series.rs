//! Charts of what goes in and out, and who reads names.

use serde_json::{Value, json};

use crate::harness::{Receiver, Start, case, date_in, eventually, fresh, pickup, shared, with};

fn line<'a>(charts: &'a Value, direction: &str, source: &str, kind: &str) -> Option<&'a Value> {
    let items = charts["items"].as_array().expect("items");
    items.iter().find(|item| {
        item["direction"] == direction && item["source"] == source && item["kind"] == kind
    })
}

fn sum(line: Option<&Value>, member: &str) -> u64 {
    let numbers = line.and_then(|line| line[member].as_array());
    let numbers = numbers.into_iter().flatten();
    numbers.filter_map(Value::as_u64).sum()
}

#[test]
fn what_goes_in_and_out_is_counted_by_the_minute() {
    let server = Start::new().env("PONTIC_RELAY__ALLOW_PRIVATE", "true").go();
    let (admin, lab) = (server.admin(), fresh("L"));
    let receiver = Receiver::taking();
    let body = json!({ "labId": lab, "url": receiver.url(), "pattern": { "source": ["logistics.delivery"] } });
    let made = admin.put(&format!("/v1/subscriptions/{}", fresh("sub")), &body);
    assert_eq!(made.status, 201, "{}", made.text);
    for number in 0..3 {
        let sent = case(&lab, "C1", &format!("K{number}"), &date_in(1));
        admin.event("CaseReadyToShip", &sent).result();
    }
    admin.event("CaseReadyToShip", &json!({ "labId": lab }));
    let charts = eventually(|| {
        let charts = admin.get("/v1/integration/series?minutes=5").expect(200);
        let out = line(&charts, "out", "webhook", "DeliveryScheduled");
        (sum(out, "counts") == 1).then_some(charts)
    });
    assert_eq!(charts["stepSeconds"], 60);
    assert!(
        charts["since"].is_string() && charts["from"].is_string(),
        "{charts}"
    );
    let came = line(&charts, "in", "cases.production", "CaseReadyToShip");
    assert_eq!(
        (sum(came, "counts"), sum(came, "errors")),
        (4, 1),
        "{charts}"
    );
    let came = came.expect("a line");
    for member in ["counts", "errors", "latencyMs"] {
        assert_eq!(came[member].as_array().map(Vec::len), Some(5), "{member}");
    }
    assert!(
        came["latencyMs"]
            .as_array()
            .expect("a list")
            .iter()
            .any(Value::is_f64),
        "{came}"
    );
    let long = admin.get("/v1/integration/series?minutes=1440").expect(200);
    assert_eq!(
        long["items"][0]["counts"].as_array().map(Vec::len),
        Some(1_440)
    );
}

#[test]
fn how_far_back_is_a_number_of_minutes() {
    let server = shared();
    for (minutes, reason) in [
        ("0", "out_of_range"),
        ("1441", "out_of_range"),
        ("-1", "out_of_range"),
        ("all", "not_integer"),
    ] {
        let answer = server
            .admin()
            .get(&format!("/v1/integration/series?minutes={minutes}"));
        answer.refused(400, "validation_failed");
        assert_eq!(answer.faults(), [("minutes".to_owned(), reason.to_owned())]);
    }
}

#[test]
fn names_are_left_out_where_nobody_needs_them_and_reading_them_is_counted() {
    let server = Start::new().go();
    let (admin, lab) = (server.admin(), fresh("L"));
    let name = json!({ "patientName": "Zebulon Canary" });
    let sent = with(case(&lab, "C1", "K1", &date_in(1)), name.clone());
    let done = admin.event("CaseReadyToShip", &sent).result();
    let path = format!(
        "/v1/deliveries/{}",
        done["deliveryId"].as_str().expect("an id")
    );
    let counted = |kind: &str| {
        let text = admin.get("/metrics").text;
        let start = format!("pontic_names_read_total{{kind=\"{kind}\"}} ");
        let line = text.lines().find_map(|line| line.strip_prefix(&start));
        line.map_or(0, |count| count.parse().expect("a number"))
    };
    let desk = server.role("dispatcher", &lab);
    let without = desk.get(&format!("{path}?names=0"));
    assert!(
        without.status == 200 && !without.text.contains("Canary"),
        "{}",
        without.text
    );
    let viewer = server.role("viewer", &lab).get(&path);
    assert!(
        viewer.status == 200 && !viewer.text.contains("Canary"),
        "{}",
        viewer.text
    );
    assert_eq!(counted("delivery"), 0);
    assert!(desk.get(&path).text.contains("Canary"));
    assert!(desk.get(&format!("{path}?names=1")).text.contains("Canary"));
    assert_eq!(counted("delivery"), 2);
    desk.get(&format!("{path}?names=perhaps"))
        .refused(400, "validation_failed");
    let moved = json!({ "deliveryDate": date_in(2) });
    let quiet = desk.patch(&format!("{path}?names=0"), &moved);
    assert!(
        quiet.status == 200 && !quiet.text.contains("Canary"),
        "{}",
        quiet.text
    );
    assert_eq!(counted("delivery"), 2);
}

#[test]
fn pickups_tell_who_they_are_for_only_where_asked_and_a_list_is_noted_once() {
    let server = Start::new().go();
    let (admin, lab) = (server.admin(), fresh("L"));
    let private = json!({
        "notes": "for Zebulon Canary", "metadata": { "chart": "Canary" }, "requestedBy": { "userId": "u", "name": "Canary" },
    });
    let mut ids = Vec::new();
    for number in ["P1", "P2"] {
        let asked = with(pickup(&lab, "C1", number, 3), private.clone());
        let made = admin.event("PickupRequested", &asked).result();
        ids.push(made["id"].as_str().expect("an id").to_owned());
    }
    let desk = server.role("dispatcher", &lab);
    let one = format!("/v1/pickups/{}", ids[0]);
    let change = json!({ "packageCount": 2 });
    for answer in [
        desk.get("/v1/pickups?names=0"),
        desk.get(&format!("{one}?names=0")),
        desk.patch(&format!("{one}?names=0"), &change),
        desk.delete(&format!("/v1/pickups/{}?names=0", ids[1])),
    ] {
        assert!(
            answer.status == 200 && !answer.text.contains("Canary"),
            "{}",
            answer.text
        );
    }
    assert!(desk.get("/v1/pickups").text.contains("Canary"));
    assert!(desk.get(&one).text.contains("Canary"));
    // The log comes in order: what the first answers had noted would stand before.
    let lines = eventually(|| {
        let logged = server.logged();
        let lines = logged.lines().filter(|line| line.contains("names read"));
        let lines: Vec<String> = lines.map(str::to_owned).collect();
        Some(lines).filter(|lines| lines.len() >= 2)
    });
    assert_eq!(lines.len(), 2, "{lines:?}");
    assert!(lines[0].contains("count"), "{lines:?}");
    assert!(!lines.concat().contains("Canary"), "{lines:?}");
}
