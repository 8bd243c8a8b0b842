//! Live messages: a snapshot first, then what happens, in order, none lost and none twice.

use serde_json::{Value, json};

use crate::harness::{
    ADMIN, Client, Socket, Start, Stream, case, date_in, fresh, pickup, shared, with,
};

fn place_of(snapshot: &Value) -> String {
    format!(
        "{}:{}",
        snapshot["epoch"].as_str().expect("a text"),
        snapshot["seq"]
    )
}

fn rises(messages: &[Value]) -> bool {
    messages
        .windows(2)
        .all(|pair| pair[0]["seq"].as_u64() < pair[1]["seq"].as_u64())
}

/// The last alert of a case of priority RUSH: a message that says that all before it were sent.
fn rush_case(admin: &Client, lab: &str, id: &str) -> impl Fn(&Value) -> bool + use<> {
    let detail = with(
        case(lab, "C1", id, &date_in(2)),
        json!({ "priority": "RUSH" }),
    );
    admin.event("CaseReadyToShip", &detail).result();
    let id = id.to_owned();
    move |message: &Value| message["type"] == "RUSH_ALERT" && message["caseId"] == json!(id)
}

#[test]
fn first_how_things_stand_then_what_happens() {
    let (server, lab) = (shared(), fresh("L"));
    let admin = server.admin();
    admin
        .event("CaseReadyToShip", &case(&lab, "C1", "K1", &date_in(2)))
        .result();
    let plan = json!({ "labId": lab, "driverId": "D-1", "date": date_in(0), "stops": [{ "clinicId": "C1" }] });
    let route = admin.post("/v1/routes", &plan).expect(201);
    let mut socket = Socket::watch(&server.role("dispatcher", &lab), "");
    let snapshot = socket.next();
    assert_eq!(snapshot["type"], "SNAPSHOT");
    assert!(snapshot["epoch"].is_string() && snapshot["seq"].is_u64());
    assert_eq!(
        (
            &snapshot["routes"][0]["id"],
            &snapshot["routes"][0]["stops"][0]["clinicId"]
        ),
        (&route["id"], &json!("C1"))
    );
    assert_eq!(snapshot["drivers"][0]["driverId"], "D-1");
    assert!(
        snapshot["alerts"]
            .as_array()
            .is_some_and(|alerts| alerts.iter().any(|alert| alert["code"] == "unknown_clinic"))
    );

    admin
        .event("PickupRequested", &pickup(&lab, "C2", "P1", 30))
        .result();
    admin
        .post(
            &format!(
                "/v1/routes/{}/start?labId={lab}",
                route["id"].as_str().expect("an id")
            ),
            &json!({}),
        )
        .expect(200);
    // Another lab's affairs are not told here.
    admin
        .event(
            "CaseReadyToShip",
            &case(&fresh("L"), "C1", "K1", &date_in(2)),
        )
        .result();
    let last = rush_case(&admin, &lab, "K2");
    let messages = socket.until(last);
    assert!(
        rises(&messages) && messages[0]["seq"].as_u64() > snapshot["seq"].as_u64(),
        "{messages:?}"
    );
    assert!(
        messages
            .iter()
            .all(|message| message["labId"] == json!(lab)),
        "{messages:?}"
    );
    for name in [
        "DELIVERY_UPDATED",
        "PICKUP_UPDATED",
        "ROUTE_UPDATED",
        "RUSH_ALERT",
        "ALERT",
    ] {
        assert!(
            messages.iter().any(|message| message["type"] == name),
            "{name} in {messages:?}"
        );
    }
}

#[test]
fn a_reader_resumes_without_gap_or_repetition() {
    let (server, lab) = (shared(), fresh("L"));
    let (admin, desk) = (server.admin(), server.role("dispatcher", &lab));
    let mut whole = Socket::watch(&desk, "");
    let snapshot = whole.next();
    for number in 0..5 {
        admin
            .event(
                "CaseReadyToShip",
                &case(
                    &lab,
                    &format!("C{number}"),
                    &format!("K{number}"),
                    &date_in(2),
                ),
            )
            .result();
    }
    let last = rush_case(&admin, &lab, "K9");
    let all = whole.until(&last);
    let epoch = snapshot["epoch"].as_str().expect("a text");
    // From the snapshot, and from each message on: exactly what came after it.
    let mut places = vec![(place_of(&snapshot), 0)];
    places.extend(
        all.iter()
            .enumerate()
            .map(|(index, message)| (format!("{epoch}:{}", message["seq"]), index + 1)),
    );
    places.pop();
    for (place, seen) in places {
        let mut again = Socket::watch(&desk, &format!("?after={place}"));
        assert_eq!(again.until(&last), all[seen..], "{place}");
    }
    let mut other = Socket::watch(&desk, "?after=another-epoch:5");
    assert_eq!(
        other.next()["type"],
        "SNAPSHOT",
        "what cannot be resumed begins anew"
    );
}

#[test]
fn a_reader_resumes_also_when_the_server_was_restarted() {
    let server = Start::new().go();
    let mut socket = Socket::watch(&server.admin(), "");
    let place = place_of(&socket.next());
    let last = rush_case(&server.admin(), "L", "K1");
    let first = socket.until(last);
    let missed = rush_case(&server.admin(), "L", "K2");
    let unheard = socket.until(missed);
    let server = server.kill().again().go();
    let later = rush_case(&server.admin(), "L", "K3");
    let mut again = Socket::watch(&server.admin(), &format!("?after={place}"));
    let all = again.until(later);
    assert_eq!(
        all[..first.len() + unheard.len()],
        [first, unheard].concat()
    );
    assert!(rises(&all));
}

#[test]
fn a_slow_reader_gets_everything() {
    let (server, lab) = (shared(), fresh("L"));
    let desk = server.role("dispatcher", &lab);
    let mut slow = Socket::watch(&desk, "");
    slow.next();
    // More than any queue between us holds: it does not read while all of it happens.
    let event = |round: usize, number: usize| json!({ "source": "cases.production", "detailType": "CaseReadyToShip", "detail": case(&lab, &format!("C{number}"), &format!("K{round}-{number}"), &date_in(2)) });
    for round in 0..30 {
        let events: Vec<Value> = (0..300).map(|number| event(round, number)).collect();
        assert_eq!(
            server
                .admin()
                .post("/v1/events", &json!(events))
                .expect(200)["failedEntryCount"],
            0
        );
    }
    let last = rush_case(&server.admin(), &lab, "LAST");
    let messages = slow.until(last);
    assert!(rises(&messages));
    let updates = messages
        .iter()
        .filter(|message| message["type"] == "DELIVERY_UPDATED")
        .count();
    assert_eq!(updates, 9_001);
}

#[test]
fn a_route_of_interest_leaves_other_routes_out() {
    let (server, lab) = (shared(), fresh("L"));
    let admin = server.admin();
    let plan = |id: &str| json!({ "id": id, "labId": lab, "driverId": "D-1", "date": date_in(0), "stops": [{ "clinicId": "C1" }] });
    let (one, two) = (fresh("r"), fresh("r"));
    for id in [&one, &two] {
        admin.post("/v1/routes", &plan(id)).expect(201);
    }
    let mut socket = Socket::watch(&server.role("viewer", &lab), &format!("?routeId={one}"));
    let routes = socket.next()["routes"].clone();
    assert_eq!(crate::harness::texts(&routes, "id"), [one.as_str()]);
    for id in [&two, &one] {
        admin
            .post(&format!("/v1/routes/{id}/start?labId={lab}"), &json!({}))
            .expect(200);
    }
    let last = rush_case(&admin, &lab, "K1");
    let messages = socket.until(last);
    let told: Vec<&Value> = messages
        .iter()
        .filter(|message| message["type"] == "ROUTE_UPDATED")
        .map(|message| &message["routeId"])
        .collect();
    assert_eq!(told, [&json!(one)]);
}

#[test]
fn sockets_take_the_header_the_cookie_or_a_ticket_once() {
    let (server, lab) = (shared(), fresh("L"));
    let (url, viewer) = (server.url.as_str(), server.role("viewer", &lab));
    let open = |query: &str, headers: &[(&'static str, &str)]| {
        Socket::try_watch(url, query, headers).err()
    };
    assert_eq!(open("", &[]), Some(401));
    assert_eq!(
        open("", &[("authorization", "Bearer pnt_wrong")]),
        Some(401)
    );
    assert_eq!(
        open(&format!("?ticket={ADMIN}"), &[]),
        Some(401),
        "a token is no ticket"
    );
    let ticket = viewer.post("/v1/tickets", &json!({})).expect(201)["ticket"]
        .as_str()
        .expect("a text")
        .to_owned();
    assert_eq!(open(&format!("?ticket={ticket}"), &[]), None);
    assert_eq!(open(&format!("?ticket={ticket}"), &[]), Some(401));
    let body = json!({ "token": viewer.token }).to_string();
    let login = server.nobody().send(
        "POST",
        "/login",
        &[("content-type", "application/json")],
        body.as_bytes(),
    );
    let session = login
        .header("set-cookie")
        .split(';')
        .next()
        .expect("a cookie")
        .to_owned();
    let cookie = ("cookie", session.as_str());
    assert_eq!(open("", &[cookie, ("origin", url)]), None);
    assert_eq!(
        open("", &[cookie, ("origin", "https://elsewhere.example")]),
        Some(403)
    );
    let token = format!("Bearer {}", viewer.token.as_deref().unwrap_or_default());
    assert_eq!(
        open(
            "",
            &[
                ("authorization", &token),
                ("origin", "https://elsewhere.example")
            ]
        ),
        Some(403)
    );
    let source = format!(
        "Bearer {}",
        server.role("source", &lab).token.unwrap_or_default()
    );
    assert_eq!(open("", &[("authorization", &source)]), Some(403));
    assert_eq!(
        open(
            &format!("?labId={}", fresh("L")),
            &[("authorization", &token)]
        ),
        Some(404)
    );
}

#[test]
fn a_stream_tells_the_same_and_resumes_by_last_event_id() {
    let (server, lab) = (shared(), fresh("L"));
    let desk = server.role("dispatcher", &lab);
    let (mut stream, mut socket) = (
        Stream::open(&desk, "/v1/stream", None),
        Socket::watch(&desk, ""),
    );
    let (first_id, snapshot) = stream.next();
    assert_eq!(
        (&snapshot["type"], first_id),
        (&json!("SNAPSHOT"), place_of(&snapshot))
    );
    socket.next();
    server
        .admin()
        .event("PickupRequested", &pickup(&lab, "C1", "P1", 30))
        .result();
    let last = rush_case(&server.admin(), &lab, "K1");
    let expected = socket.until(&last);
    let told: Vec<(String, Value)> = expected.iter().map(|_| stream.next()).collect();
    assert_eq!(
        told.iter()
            .map(|(_, message)| message.clone())
            .collect::<Vec<_>>(),
        expected
    );
    for (index, (id, _)) in told.iter().enumerate().take(told.len() - 1) {
        let mut again = Stream::open(&desk, "/v1/stream", Some(id));
        assert_eq!(again.next().1, expected[index + 1], "after {id}");
    }
}
