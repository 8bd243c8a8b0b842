//! What is refused, how it is said, and that nothing of a request is said back.

use std::io::{Read, Write};
use std::net::TcpStream;
use std::time::Duration;

use serde_json::{Value, json};

use crate::harness::{ADMIN, Answer, Server, case, date_in, fresh, shared, with};

const NAME: &str = "CaseReadyToShip";

fn post(server: &Server, body: &[u8]) -> Answer {
    server.admin().send(
        "POST",
        "/v1/events",
        &[("content-type", "application/json")],
        body,
    )
}

fn pairs(faults: &[(&str, &str)]) -> Vec<(String, String)> {
    faults
        .iter()
        .map(|(field, reason)| ((*field).to_owned(), (*reason).to_owned()))
        .collect()
}

#[test]
fn all_faults_come_at_once_in_field_order() {
    let server = shared();
    let detail = json!({
        "packageSpecs": { "weight": -1, "fragile": "yes" }, "priority": "SOON", "patientName": "x".repeat(201),
        "requestedDeliveryDate": "2025-02-30", "clinicId": "-1", "caseId": null,
    });
    let answer = server.admin().event(NAME, &detail);
    answer.refused(422, "validation_failed");
    let expected = pairs(&[
        ("detail.caseId", "required"),
        ("detail.clinicId", "invalid_char"),
        ("detail.labId", "required"),
        ("detail.requestedDeliveryDate", "invalid_datetime"),
        ("detail.patientName", "too_long"),
        ("detail.priority", "unknown_value"),
        ("detail.packageSpecs.weight", "out_of_range"),
        ("detail.packageSpecs.fragile", "invalid_type"),
    ]);
    let fields = |faults: &[(String, String)]| {
        faults
            .iter()
            .map(|(field, _)| field.clone())
            .collect::<Vec<_>>()
    };
    assert_eq!(fields(&answer.faults()), fields(&expected));
    let body = &answer.body;
    assert_eq!(body["status"], 422);
    for member in ["type", "title", "detail", "requestId"] {
        assert!(body[member].is_string(), "{member}");
    }
    assert_eq!(
        answer.header("x-request-id"),
        body["requestId"].as_str().unwrap_or_default()
    );
}

#[test]
fn an_unknown_type_is_named_so() {
    let event = json!({ "source": "x", "detailType": "NobodyKnows", "detail": {} });
    shared()
        .admin()
        .post("/v1/events", &event)
        .refused(422, "unknown_event_type");
}

#[test]
fn null_absent_and_blank_are_the_same_and_unknown_fields_are_ignored() {
    let (server, lab) = (shared(), fresh("L"));
    let plain = case(&lab, "C1", "K1", &date_in(2));
    let first = server.admin().event(NAME, &plain).result();
    for more in [
        json!({ "patientName": null, "priority": "", "packageSpecs": null }),
        json!({ "patientName": "   ", "packageSpecs": { "weight": null, "fragile": null } }),
        json!({ "colour": { "deep": [1, { "caseId": "no" }] }, "$": 1 }),
    ] {
        let answer = server
            .admin()
            .event(NAME, &with(plain.clone(), more))
            .expect(200);
        assert_eq!(answer["status"], "duplicate");
        assert_eq!(answer["result"]["deliveryId"], first["deliveryId"]);
    }
    for absent in [json!(null), json!(""), json!("  ")] {
        let answer = server
            .admin()
            .event(NAME, &with(plain.clone(), json!({ "caseId": absent })));
        assert_eq!(answer.faults(), pairs(&[("detail.caseId", "required")]));
    }
}

#[test]
fn the_strict_door_names_what_it_refuses() {
    let server = shared();
    let deep = |levels: usize| {
        format!(
            "{{\"a\":{}1{}}}",
            "[".repeat(levels - 1),
            "]".repeat(levels - 1)
        )
    };
    let bodies: [(&[u8], &str, &str); 8] = [
        (b"{\"a\":1,\"a\":2}", "duplicate_key", "a"),
        (
            b"{\"detail\":{\"x\":[{\"y\":1,\"\\u0079\":2}]}}",
            "duplicate_key",
            "detail.x[0].y",
        ),
        (&deep(17).into_bytes(), "too_deep", "$"),
        (b"{\"a\":\"\xff\"}", "invalid_utf8", "$"),
        (b"\xef\xbb\xbf{}", "invalid_json", "$"),
        (b"{} {}", "invalid_json", "$"),
        (b"{\"a\":NaN}", "invalid_json", "$"),
        (b"", "invalid_json", "$"),
    ];
    for (body, code, field) in bodies {
        let answer = post(&server, body);
        answer.refused(400, code);
        assert_eq!(answer.faults(), pairs(&[(field, code)]));
    }
    assert_eq!(
        post(&server, deep(16).as_bytes()).status,
        422,
        "16 levels may be"
    );
    assert_eq!(post(&server, b"7").status, 400);
    let text = server.admin().send(
        "POST",
        "/v1/events",
        &[("content-type", "text/plain")],
        b"{}",
    );
    text.refused(415, "unsupported_media_type");
}

#[test]
fn more_than_a_mebibyte_is_too_large_and_heard_to_be() {
    let server = shared();
    let body = |size: usize| {
        let frame = br#"{"source":"x","detailType":"y","detail":{},"pad":""}"#;
        let (head, tail) = frame.split_at(frame.len() - 2);
        [head, &vec![b'x'; size - frame.len()], tail].concat()
    };
    assert_eq!(
        post(&server, &body(1 << 20)).status,
        422,
        "a mebibyte may be"
    );
    for size in [(1 << 20) + 1, (2 << 20) - 1] {
        // A client that first writes all and then reads: it hears the answer only if the rest was drained.
        let answer = exchange(&server, size, &body(size));
        assert!(answer.starts_with("HTTP/1.1 413"), "{size}: {answer}");
    }
}

/// Writes the whole request before reading a byte.
fn exchange(server: &Server, size: usize, body: &[u8]) -> String {
    let address = server.url.trim_start_matches("http://");
    let mut stream = TcpStream::connect(address).expect("connected");
    stream
        .set_read_timeout(Some(Duration::from_secs(10)))
        .expect("set");
    let head = format!(
        "POST /v1/events HTTP/1.1\r\nhost: {address}\r\nauthorization: Bearer {ADMIN}\r\ncontent-type: application/json\r\ncontent-length: {size}\r\nconnection: close\r\n\r\n"
    );
    stream.write_all(head.as_bytes()).expect("written");
    stream.write_all(body).expect("drained");
    let mut answer = String::new();
    stream.read_to_string(&mut answer).expect("read");
    answer
}

#[test]
fn no_value_of_a_request_is_said_back() {
    let server = shared();
    let mark = "Zyxmarked";
    let marked = json!({
        "caseId": format!("{mark} 1"), "clinicId": format!("{mark} 2"), "labId": mark.repeat(20), "requestedDeliveryDate": mark,
        "patientName": mark.repeat(60), "priority": mark, "packageSpecs": { "weight": mark }, mark: { mark: mark },
    });
    let ids = json!({ "id": format!("{mark} 3"), "time": mark, "source": "x", "detailType": mark, "detail": marked });
    let admin = server.admin();
    let answers = [
        admin.event(NAME, &marked),
        admin.post("/v1/events", &ids),
        admin.post("/v1/events", &json!([ids, { "Source": mark }, mark])),
        admin.post("/v1/events", &json!({ "Entries": [{ "Source": "x", "DetailType": mark, "Detail": format!("{{{mark}") }] })),
        post(&server, format!("{{\"patientName\":\"{mark}").as_bytes()),
        server.webhook("dentrix", &json!({ "externalId": mark.repeat(9), "practiceId": format!("{mark} x"), "patientName": { "a": mark }, "preferredPickupTime": mark, "priority": mark })),
        server.webhook_bytes("eaglesoft", mark.as_bytes()),
        admin.get(&format!("/v1/deliveries/{mark}")),
        admin.get(&format!("/v1/deliveries?date={mark}&limit={mark}&after={mark}")),
        admin.get(&format!("/v1/events?limit=2&limit={mark}")),
        admin.delete(&format!("/v1/pickups/{mark}?following={mark}")),
        admin.get(&format!("/v1/{mark}")),
        admin.put(&format!("/v1/clinics/{mark}%20x"), &json!({ "name": mark })),
        admin.put("/v1/labs/ok", &json!({ "name": mark.repeat(60), "timeZone": mark, "cutoff": mark })),
        admin.send("PUT", "/v1/labs/ok", &[("content-type", "application/json"), ("if-match", mark)], b"{}"),
        admin.send("POST", "/v1/import/clinics", &[("content-type", "text/csv")], format!("id,labId,{mark}\n{mark} 1,{mark} 2,{mark}\n").as_bytes()),
        admin.send("POST", "/v1/proofs", &[("content-type", "multipart/form-data; boundary=x")], mark.as_bytes()),
    ];
    for (number, answer) in answers.iter().enumerate() {
        // The report of an import says which row it means.
        let text = answer.text.replace(&format!("\"id\":\"{mark} 1\""), "");
        assert!(!text.contains(mark), "{number}: {text}");
        let headers = format!("{:?}", answer.headers);
        assert!(!headers.contains(mark), "{number}: {headers}");
    }
}

/// Also what the router refuses before any handler sees it.
#[test]
fn every_error_is_a_problem() {
    let server = shared();
    let admin = server.admin();
    let json = [("content-type", "application/json")];
    for answer in [
        admin.get("/v1/nobody/thought/of"),
        admin.get("/nowhere"),
        admin.send("DELETE", "/v1/events", &[], b""),
        admin.get("/v1/deliveries?limit=1&limit=2"),
        admin.delete("/v1/pickups/x?following=perhaps"),
        admin.get("/v1/pickups/%FF"),
        admin.get("/v1/events/x"),
        admin.get("/ws/dispatch"),
        admin.send("POST", "/v1/proofs", &json, b"{}"),
        admin.send("POST", "/v1/tokens", &json, b"{"),
        admin.send("POST", "/login", &json, b"{"),
        server.nobody().get("/v1/events"),
    ] {
        assert!(
            (400..500).contains(&answer.status),
            "{} {}",
            answer.status,
            answer.text
        );
        assert_eq!(
            answer.header("content-type"),
            "application/problem+json",
            "{} {}",
            answer.status,
            answer.text
        );
        assert_eq!(answer.body["status"], answer.status);
        assert!(answer.body["requestId"].is_string());
    }
}

#[test]
fn parameters_of_lists_are_checked_by_name() {
    let server = shared();
    let admin = server.admin();
    for (query, field, reason) in [
        ("limit=0", "limit", "out_of_range"),
        ("limit=201", "limit", "out_of_range"),
        ("limit=many", "limit", "not_integer"),
        ("after=x", "after", "invalid_format"),
        ("date=tomorrow", "date", "invalid_format"),
    ] {
        let answer = admin.get(&format!("/v1/deliveries?{query}"));
        answer.refused(400, "validation_failed");
        assert_eq!(answer.faults(), pairs(&[(field, reason)]));
    }
    assert_eq!(
        admin.get("/v1/deliveries?limit=&after=&date=").status,
        200,
        "blank means absent"
    );
    let direction = admin.get("/v1/events?direction=sideways");
    assert_eq!(direction.faults(), pairs(&[("direction", "unknown_value")]));
}

#[test]
fn a_request_id_of_the_sender_is_kept_if_it_is_fit() {
    let server = shared();
    let told = |id: &str| {
        server
            .admin()
            .send("GET", "/v1/nowhere", &[("x-request-id", id)], b"")
            .body["requestId"]
            .clone()
    };
    assert_eq!(told("my-request.1"), Value::from("my-request.1"));
    assert_ne!(told("not fit"), Value::from("not fit"));
}
