//! The five forms of `POST /v1/events`, single and many, their answers, and by what an event is recognised.

use serde_json::{Value, json};

use crate::harness::{Answer, Client, case, date_in, fresh, shared, with};

const NAME: &str = "CaseReadyToShip";

fn short(detail: &Value) -> Value {
    json!({ "source": "cases.production", "detailType": NAME, "detail": detail })
}

fn envelope(id: &str, detail: &Value) -> Value {
    json!({
        "version": "0", "id": id, "detail-type": NAME, "source": "cases.production", "account": "123456789012",
        "time": "2026-01-20T10:00:00Z", "region": "us-east-1", "resources": [], "detail": detail,
    })
}

fn cloud_event(id: &str, detail: &Value) -> Value {
    json!({ "specversion": "1.0", "id": id, "source": "cases.production", "type": NAME, "datacontenttype": "application/json", "data": detail })
}

fn post_as(client: &Client, content_type: &str, body: &Value) -> Answer {
    client.send(
        "POST",
        "/v1/events",
        &[("content-type", content_type)],
        body.to_string().as_bytes(),
    )
}

#[test]
fn one_event_in_every_form_is_answered_alike() {
    let (server, lab) = (shared(), fresh("L"));
    let admin = server.admin();
    let detail = |id: &str| case(&lab, "C1", id, &date_in(2));
    let binary = [
        ("content-type", "application/json"),
        ("ce-specversion", "1.0"),
        ("ce-id", "binary%20%E2%82%AC-is-not-visible"),
        ("ce-source", "cases%2Eproduction"),
        ("ce-type", NAME),
    ];
    let (e, c) = (fresh("envelope-"), fresh("cloud-"));
    let answers = [
        (None, admin.post("/v1/events", &short(&detail("K1")))),
        (
            Some(&e),
            admin.post("/v1/events", &envelope(&e, &detail("K2"))),
        ),
        (
            Some(&c),
            post_as(
                &admin,
                "application/cloudevents+json",
                &cloud_event(&c, &detail("K3")),
            ),
        ),
    ];
    for (id, answer) in answers {
        let body = answer.expect(200);
        assert_eq!(body["status"], "processed");
        assert_eq!(body["result"]["clinicId"], "C1");
        assert_eq!(body.as_object().map(serde_json::Map::len), Some(3));
        match id {
            Some(id) => assert_eq!(body["eventId"], json!(id)),
            None => assert_eq!(body["eventId"].as_str().map(str::len), Some(36)),
        }
    }
    // A blank and a euro sign are decoded, and then are no id.
    let refused = admin.send(
        "POST",
        "/v1/events",
        &binary,
        detail("K4").to_string().as_bytes(),
    );
    assert_eq!(
        refused.faults(),
        [("ce-id".to_owned(), "invalid_char".to_owned())]
    );
    let id = fresh("binary-");
    let encoded = format!("{id}%3A1");
    let mut headers = binary;
    headers[2].1 = &encoded;
    let taken = admin
        .send(
            "POST",
            "/v1/events",
            &headers,
            detail("K4").to_string().as_bytes(),
        )
        .expect(200);
    assert_eq!(taken["eventId"], json!(format!("{id}:1")));
    let log = admin
        .get(&format!("/v1/events?source=cases.production&id={id}:1"))
        .expect(200);
    assert_eq!(
        log["items"].as_array().map(Vec::len),
        Some(1),
        "the source was decoded too"
    );
}

#[test]
fn many_events_are_answered_in_their_order_and_one_bad_one_stops_no_other() {
    let (server, lab) = (shared(), fresh("L"));
    let admin = server.admin();
    let good = |id: &str| case(&lab, "C1", id, &date_in(2));
    let id = fresh("e");
    let events = json!([
        short(&good("K1")),
        short(&json!({ "caseId": "K2" })),
        envelope(&id, &good("K3")),
        { "source": "x", "detailType": "NobodyKnows", "detail": {} },
        7,
    ]);
    let answer = admin.post("/v1/events", &events).expect(200);
    assert_eq!(answer["failedEntryCount"], 3);
    let statuses = crate::harness::texts(&answer["entries"], "status");
    assert_eq!(
        statuses,
        ["processed", "rejected", "processed", "rejected", "rejected"]
    );
    assert_eq!(answer["entries"][2]["eventId"], json!(id));
    assert_eq!(answer["entries"][2]["result"]["packageCount"], 2);
    let faults = json!([
        { "field": "detail.clinicId", "reason": "required" },
        { "field": "detail.labId", "reason": "required" },
        { "field": "detail.requestedDeliveryDate", "reason": "required" },
    ]);
    assert_eq!(answer["entries"][1]["errors"], faults);
    assert!(
        answer["entries"][3]["errors"]
            .to_string()
            .contains("unknown_event_type")
    );
    assert_eq!(
        admin.post("/v1/events", &json!([])).expect(200),
        json!({ "failedEntryCount": 0, "entries": [] })
    );
}

#[test]
fn a_batch_of_cloud_events_is_answered_like_an_array() {
    let (server, lab) = (shared(), fresh("L"));
    let ids = [fresh("c"), fresh("c")];
    let batch = json!([
        cloud_event(&ids[0], &case(&lab, "C1", "K1", &date_in(2))),
        cloud_event(&ids[1], &case(&lab, "C1", "K2", &date_in(2))),
    ]);
    let answer = post_as(
        &server.admin(),
        "application/cloudevents-batch+json",
        &batch,
    )
    .expect(200);
    assert_eq!(
        (
            &answer["failedEntryCount"],
            &answer["entries"][1]["eventId"]
        ),
        (&json!(0), &json!(ids[1]))
    );
}

#[test]
fn put_events_gets_the_answer_of_put_events() {
    let (server, lab) = (shared(), fresh("L"));
    let entry = |detail: &str| json!({ "Source": "cases.production", "DetailType": NAME, "Detail": detail, "Time": 1_768_903_200, "EventBusName": "default" });
    let good = case(&lab, "C1", "K1", &date_in(2)).to_string();
    let entries =
        json!({ "Entries": [entry(&good), entry("{ not json"), entry("{\"caseId\": \"K2\"}")] });
    let answer = post_as(&server.admin(), "application/x-amz-json-1.1", &entries).expect(200);
    assert_eq!(answer["FailedEntryCount"], 2);
    let list = answer["Entries"].as_array().expect("entries");
    assert_eq!(list.len(), 3);
    assert!(list[0]["EventId"].is_string() && list[0].get("ErrorCode").is_none());
    assert_eq!(list[1]["ErrorCode"], "MalformedDetail");
    assert_eq!(list[2]["ErrorCode"], "InvalidArgument");
    assert!(
        list[2]["ErrorMessage"]
            .as_str()
            .is_some_and(|text| text.contains("labId"))
    );
    assert!(list[2].get("EventId").is_none());
}

#[test]
fn the_same_id_again_is_a_duplicate_with_the_result_as_it_is_now() {
    let (server, lab, id) = (shared(), fresh("L"), fresh("e"));
    let admin = server.admin();
    let given = case(&lab, "C1", "K1", &date_in(2));
    let first = admin.event_with_id(&id, NAME, &given).expect(200);
    admin
        .event(NAME, &case(&lab, "C1", "K2", &date_in(2)))
        .result();
    let again = admin.event_with_id(&id, NAME, &given).expect(200);
    assert_eq!(
        (&again["eventId"], &again["status"]),
        (&json!(id), &json!("duplicate"))
    );
    assert_eq!(again["result"]["deliveryId"], first["result"]["deliveryId"]);
    assert_eq!(again["result"]["packageCount"], 2);
    // Another spelling of the same: order of members, unknown fields, null and blank.
    let spelled = with(
        given.clone(),
        json!({ "patientName": "  ", "priority": null, "colour": "A2" }),
    );
    assert_eq!(
        admin.event_with_id(&id, NAME, &spelled).expect(200)["status"],
        "duplicate"
    );
    let other = with(given, json!({ "clinicId": "C2" }));
    admin
        .event_with_id(&id, NAME, &other)
        .refused(409, "id_reused");
    let of_type = json!({ "caseId": "K1", "labId": lab });
    admin
        .event_with_id(&id, "CaseCancelled", &of_type)
        .refused(409, "id_reused");
}

#[test]
fn an_id_is_its_senders_own() {
    let (server, lab, id) = (shared(), fresh("L"), fresh("e"));
    let given = case(&lab, "C1", "K1", &date_in(2));
    let bound = server.role("source", &lab);
    assert_eq!(
        server.admin().event_with_id(&id, NAME, &given).expect(200)["status"],
        "processed"
    );
    // Another scope: the rules of the domain alone hold, and the event is taken as new though it changes nothing.
    assert_eq!(
        bound.event_with_id(&id, NAME, &given).expect(200)["status"],
        "processed"
    );
    assert_eq!(
        bound.event_with_id(&id, NAME, &given).expect(200)["status"],
        "duplicate"
    );
    let from_elsewhere =
        json!({ "source": "elsewhere", "detailType": NAME, "detail": given, "id": id });
    assert_eq!(
        bound.post("/v1/events", &from_elsewhere).expect(200)["status"],
        "processed"
    );
}

#[test]
fn the_same_id_twice_in_one_request_is_taken_once() {
    let (server, lab, id) = (shared(), fresh("L"), fresh("e"));
    let event = envelope(&id, &case(&lab, "C1", "K1", &date_in(2)));
    let other = envelope(&id, &case(&lab, "C1", "K2", &date_in(2)));
    let answer = server
        .admin()
        .post("/v1/events", &json!([event, event, other]))
        .expect(200);
    assert_eq!(
        crate::harness::texts(&answer["entries"], "status"),
        ["processed", "duplicate", "rejected"]
    );
    assert!(
        answer["entries"][2]["errors"]
            .to_string()
            .contains("id_reused")
    );
}

#[test]
fn ids_have_1_to_256_visible_characters() {
    let (server, lab) = (shared(), fresh("L"));
    let given = case(&lab, "C1", "K1", &date_in(2));
    let admin = server.admin();
    assert_eq!(
        admin.event_with_id(&"x".repeat(256), NAME, &given).status,
        200
    );
    for (id, reason) in [
        ("x".repeat(257), "too_long"),
        ("a b".to_owned(), "invalid_char"),
        ("ä".to_owned(), "invalid_char"),
    ] {
        let answer = admin.event_with_id(&id, NAME, &given);
        assert_eq!(
            (answer.status, answer.faults()),
            (422, vec![("id".to_owned(), reason.to_owned())])
        );
    }
}

#[test]
fn a_batch_of_1000_with_every_tenth_bad_and_none_of_1001() {
    let (server, lab) = (shared(), fresh("L"));
    let event = |number: usize| {
        let name = if number.is_multiple_of(10) {
            "bad id"
        } else {
            "K"
        };
        short(&case(&lab, "C1", &format!("{name}{number}"), &date_in(2)))
    };
    let events: Vec<Value> = (0..1_000).map(event).collect();
    let answer = server
        .admin()
        .post("/v1/events", &json!(events))
        .expect(200);
    assert_eq!(answer["failedEntryCount"], 100);
    let entries = answer["entries"].as_array().expect("entries");
    assert_eq!(entries.len(), 1_000);
    for (number, entry) in entries.iter().enumerate() {
        let expected = if number.is_multiple_of(10) {
            "rejected"
        } else {
            "processed"
        };
        assert_eq!(entry["status"], expected, "{number}");
    }
    let events: Vec<Value> = (0..1_001).map(event).collect();
    server
        .admin()
        .post("/v1/events", &json!(events))
        .refused(413, "too_large");
}
