//! What became of an id, told in plain sentences, by the server and by the command line.

use serde_json::{Value, json};

use crate::harness::{
    Client, Receiver, Reply, Server, Start, case, date_in, eventually, fresh, pickup, pontic,
    shared, with,
};

/// The one story of an id.
fn story(client: &Client, path: &str) -> Value {
    let told = client.get(path).expect(200);
    let stories = told["stories"].as_array().expect("a list");
    assert_eq!(stories.len(), 1, "{told}");
    stories[0].clone()
}

fn lines(story: &Value) -> Vec<String> {
    let lines = story["lines"].as_array().expect("lines");
    let text = |line: &Value| line["text"].as_str().expect("a text").to_owned();
    lines.iter().map(text).collect()
}

#[track_caller]
fn tells(story: &Value, parts: &[&str]) {
    let lines = lines(story);
    let mut from = 0;
    for part in parts {
        let found = lines[from..].iter().position(|line| line.contains(part));
        let place = found.unwrap_or_else(|| panic!("{part} after line {from} of {lines:#?}"));
        from += place;
    }
}

/// A case that goes all the way, with its delivery and invoice.
fn whole_way(server: &Server, lab: &str) -> (Value, String) {
    let admin = server.admin();
    let ready = with(
        case(lab, "C1", "K1", &date_in(0)),
        json!({ "patientName": "Jane Canary", "priority": "RUSH" }),
    );
    let made = admin
        .event_with_id("ready-1", "CaseReadyToShip", &ready)
        .result();
    let delivery = made["deliveryId"].as_str().expect("an id").to_owned();
    let invoice = json!({ "invoiceId": "I1", "labId": lab, "clinicId": "C1", "caseIds": ["K1"] });
    admin.event("InvoiceIssued", &invoice).result();
    let plan = json!({
        "id": "R1", "labId": lab, "driverId": "D1", "date": date_in(0),
        "stops": [{ "id": "S1", "clinicId": "C1", "deliveryIds": [delivery] }],
    });
    admin.post("/v1/routes", &plan).expect(201);
    let nothing = json!({});
    admin
        .post(&format!("/v1/routes/R1/start?labId={lab}"), &nothing)
        .expect(200);
    let done = json!({ "receivedBy": "Bob Canary" });
    admin
        .post(&format!("/v1/stops/S1/complete?labId={lab}"), &done)
        .expect(200);
    (made, delivery)
}

#[test]
fn a_delivery_tells_what_came_in_what_it_changed_and_what_went_out() {
    let server = Start::new().env("PONTIC_RELAY__ALLOW_PRIVATE", "true").go();
    let lab = "L1";
    let taking = Receiver::taking();
    let failing = Receiver::start(|_| Reply::Status(500));
    let admin = server.admin();
    for (id, receiver) in [("finance", &taking), ("crm", &failing)] {
        let body = json!({ "url": receiver.url(), "maxRetries": 50, "baseDelayMs": 60_000 });
        admin
            .put(&format!("/v1/subscriptions/{id}"), &body)
            .expect(201);
    }
    let (_, delivery) = whole_way(&server, lab);
    let told = eventually(|| {
        let told = story(&admin, &format!("/v1/explain/{delivery}"));
        let text = told.to_string();
        (text.contains("finance has it") && text.contains("crm did not take it")).then_some(told)
    });
    assert_eq!(told["kind"], "delivery");
    let summary = told["summary"].as_str().expect("a text");
    assert!(
        summary.contains("for clinic C1") && summary.ends_with("delivered"),
        "{summary}"
    );
    tells(
        &told,
        &[
            "Production",
            "case K1 is ready for clinic C1",
            &format!("Delivery {delivery} for clinic C1"),
            "The dispatchers were told: RUSH_ALERT (rush_case)",
            "DeliveryScheduled was published",
            "driver D1 has a route of 1 stops",
            "went from scheduled to assigned",
            "route R1 is started",
            "stop S1 is done",
            "to delivered",
            "Invoice I1 went from issued to delivered",
            "BillingTriggered was published",
        ],
    );
    let text = told.to_string();
    assert!(
        text.contains("(the last time: ") && text.contains("500"),
        "{text}"
    );
    assert!(!text.contains("Canary"), "{text}");

    // By the id under which a receiver knows it.
    let message = taking.received()[0].header("webhook-id").to_owned();
    let event = story(&admin, &format!("/v1/explain/{message}"));
    assert_eq!(event["kind"], "event");
    tells(&event, &["case K1 is ready", "was published"]);
    // Somebody else's lab stays somebody else's.
    let stranger = server.role("dispatcher", "L2");
    assert_eq!(stranger.get(&format!("/v1/explain/{delivery}")).status, 404);
    assert_eq!(stranger.get("/v1/explain/ready-1").status, 404);

    let left = server.kill();
    let folder = left.path.to_str().expect("a path");
    let said = pontic(&["explain", &delivery, "--data", folder], b"");
    let printed = String::from_utf8_lossy(&said.stdout).into_owned();
    assert_eq!(said.status.code(), Some(0), "{printed}");
    assert!(
        printed.contains("case K1 is ready for clinic C1"),
        "{printed}"
    );
    let unknown = pontic(&["explain", "nobody-knows", "--data", folder], b"");
    assert_eq!(unknown.status.code(), Some(1));
}

#[test]
fn every_kind_of_id_has_its_story() {
    let (server, lab) = (shared(), fresh("L"));
    let admin = server.admin();
    whole_way(&server, &lab);
    let of_lab =
        |id: &str, more: &str| story(&admin, &format!("/v1/explain/{id}?labId={lab}{more}"));
    tells(
        &of_lab("K1", ""),
        &["case K1 is ready", "route R1 is started", "stop S1 is done"],
    );
    tells(
        &of_lab("I1", ""),
        &["invoice I1 for clinic C1 holds cases K1", "to delivered"],
    );
    tells(
        &of_lab("R1", ""),
        &["has a route", "is started", "stop S1 is done"],
    );
    tells(&of_lab("S1", ""), &["has a route", "stop S1 is done"]);
    tells(&of_lab("ready-1", ""), &["case K1 is ready"]);
    tells(
        &of_lab("D1", ""),
        &["driver D1 has a route", "Driver D1 was made"],
    );

    let again = with(
        pickup(&lab, "C2", "P1", 5),
        json!({ "recurrence": { "frequency": "daily", "count": 3 } }),
    );
    let made = admin.event("PickupRequested", &again).result();
    let by_sender = of_lab("P1", "&kind=pickup");
    let by_us = of_lab(made["id"].as_str().expect("an id"), "&kind=pickup");
    assert_eq!(by_sender, by_us);
    tells(
        &by_us,
        &[
            "clinic C2 wants pickup P1",
            "recurring",
            "PickupConfirmed was published",
        ],
    );

    // A late event about a case on its way is refused: the case's story says so.
    let late = case(&lab, "C1", "K1", &date_in(3));
    admin
        .event_with_id("late-1", "CaseReadyToShip", &late)
        .refused(409, "case_already_shipped");
    let told = story(&admin, &format!("/v1/explain/K1?labId={lab}"));
    tells(&told, &["was refused on", "case_already_shipped"]);
    let kept = admin.all("/v1/quarantine?about=K1");
    let kept = kept
        .iter()
        .find(|item| item["code"] == "case_already_shipped");
    let id = kept.expect("kept")["id"]
        .as_str()
        .expect("an id")
        .to_owned();
    let refused = story(&admin, &format!("/v1/explain/{id}"));
    assert_eq!(refused["kind"], "refused");
    for nobody in [
        "nobody-knows-this",
        "9999999999999999999",
        "99999999999999999999999",
    ] {
        assert_eq!(
            admin.get(&format!("/v1/explain/{nobody}")).status,
            404,
            "{nobody}"
        );
    }
}

#[test]
fn one_id_of_two_labs_has_two_stories() {
    let (server, one, other) = (shared(), fresh("L"), fresh("L"));
    let id = fresh("TWICE-");
    for lab in [&one, &other] {
        server
            .admin()
            .event("CaseReadyToShip", &case(lab, "C1", &id, &date_in(1)))
            .result();
    }
    let told = server.admin().get(&format!("/v1/explain/{id}")).expect(200);
    assert_eq!(told["stories"].as_array().map(Vec::len), Some(2));
    let desk = server.role("dispatcher", &one);
    assert_eq!(
        story(&desk, &format!("/v1/explain/{id}"))["labId"],
        json!(one)
    );
}

#[test]
fn times_are_on_the_labs_wall() {
    let (server, lab) = (shared(), fresh("L"));
    let admin = server.admin();
    let set = json!({ "name": "Lab", "timeZone": "Asia/Kolkata" });
    admin.put(&format!("/v1/labs/{lab}"), &set).expect(201);
    let date = date_in(5);
    let detail = json!({
        "pickupId": "P1", "clinicId": "C1", "labId": lab,
        "windowStart": format!("{date}T03:30:00Z"), "windowEnd": format!("{date}T05:30:00Z"),
    });
    admin.event("PickupRequested", &detail).result();
    let told = story(&admin, &format!("/v1/explain/P1?labId={lab}"));
    tells(&told, &[&format!("at {date} 09:00-11:00")]);
}
