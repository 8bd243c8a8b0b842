//! Webhooks of practice systems: the answers' exact forms, the order of the checks, endpoints.

use pontic_wire::signature::{Secret, sign, sign_standard_webhooks, sign_timestamped};
use serde_json::{Value, json};

use crate::harness::{
    Answer, Server, Start, after_hours, eventually, fresh, now, secret_of, shared, texts, with,
};

/// Posts a webhook signed with `secret`, to an endpoint or the default one.
pub fn signed(
    server: &Server,
    system: &str,
    endpoint: Option<&str>,
    secret: &str,
    body: &Value,
) -> Answer {
    let text = body.to_string();
    let signature = sign(&Secret::new(secret).expect("not empty"), text.as_bytes());
    post(
        server,
        system,
        endpoint,
        &[(&format!("x-{system}-signature"), &signature)],
        text.as_bytes(),
    )
}

fn post(
    server: &Server,
    system: &str,
    endpoint: Option<&str>,
    headers: &[(&str, &str)],
    body: &[u8],
) -> Answer {
    let path = endpoint.map_or_else(
        || format!("/webhooks/ehr/{system}"),
        |endpoint| format!("/webhooks/ehr/{system}/{endpoint}"),
    );
    let headers = [&[("content-type", "application/json")], headers].concat();
    server.nobody().send("POST", &path, &headers, body)
}

fn dentrix(id: &str) -> Value {
    json!({ "externalId": id, "practiceId": "CLI-001", "preferredPickupTime": after_hours(30), "priority": 1, "patientName": "Jane Doe", "notes": "ring" })
}

fn is_failure(answer: &Answer, status: u16, error: &str) {
    assert_eq!(
        (
            answer.status,
            &answer.body["success"],
            answer.body["error"].as_str()
        ),
        (status, &json!(false), Some(error)),
        "{}",
        answer.text
    );
    assert!(answer.body["requestId"].is_string());
    let has_faults = answer.body.get("errors").is_some();
    assert_eq!(
        (has_faults, answer.header("content-type")),
        (error == "validation_failed", "application/json")
    );
    assert_eq!(
        answer.body.as_object().map(serde_json::Map::len),
        Some(3 + usize::from(has_faults))
    );
}

#[test]
fn an_accepted_webhook_has_exactly_this_form() {
    let (server, id) = (shared(), fresh("DX-"));
    let answer = server.webhook("dentrix", &dentrix(&id)).expect(200);
    let expected = json!({
        "success": true, "pickupId": format!("dentrix-{id}"), "confirmationNum": answer["confirmationNum"], "status": "requested", "duplicate": false,
        "pickup": answer["pickup"],
    });
    assert_eq!(answer, expected);
    let again = server.webhook("dentrix", &dentrix(&id)).expect(200);
    assert_eq!(again, with(expected, json!({ "duplicate": true })));
}

#[test]
fn the_pickup_is_in_the_practice_systems_own_shape_without_name_and_notes() {
    let server = shared();
    let id = fresh("9");
    for (system, body, id_field, clinic_field, time_field) in [
        (
            "dentrix",
            dentrix(&id),
            "externalId",
            "practiceId",
            "preferredPickupTime",
        ),
        (
            "opendental",
            json!({ "LabCaseNum": id.parse::<u64>().expect("digits"), "ClinicNum": 3, "DateTimeScheduled": after_hours(30), "PatName": "Jane Doe", "Note": "ring" }),
            "LabCaseNum",
            "ClinicNum",
            "DateTimeScheduled",
        ),
        (
            "eaglesoft",
            json!({ "caseId": id, "practiceId": "P-1", "scheduledPickup": after_hours(30), "patientInfo": { "name": "Jane Doe" }, "comments": "ring", "urgency": "stat" }),
            "caseId",
            "practiceId",
            "scheduledPickup",
        ),
    ] {
        let answer = server.webhook(system, &body);
        assert!(
            answer.status == 200 && !answer.text.contains("Jane") && !answer.text.contains("ring"),
            "{}",
            answer.text
        );
        let pickup = &answer.body["pickup"];
        assert_eq!(
            (&pickup[id_field], &pickup[clinic_field]),
            (&body[id_field], &body[clinic_field]),
            "{pickup}"
        );
        assert!(pickup[time_field].is_string(), "{pickup}");
        assert_eq!(
            pickup.as_object().map(serde_json::Map::len),
            Some(4),
            "{pickup}"
        );
        assert_eq!(answer.body["pickupId"], json!(format!("{system}-{id}")));
    }
}

#[test]
fn every_refusal_has_its_form() {
    let server = shared();
    let large = vec![b' '; 64 * 1024 + 1];
    let signature = sign(
        &Secret::new(&secret_of("dentrix")).expect("not empty"),
        &large,
    );
    let header = [("x-dentrix-signature", signature.as_str())];
    is_failure(
        &post(&server, "dentrix", None, &header, &large),
        413,
        "too_large",
    );
    is_failure(
        &post(&server, "dentrix", None, &[], b"{}"),
        401,
        "unauthorized",
    );
    is_failure(
        &post(&server, "cerec", None, &[], b"{}"),
        404,
        "unknown_system",
    );
    is_failure(
        &post(&server, "dentrix", Some("nothing"), &[], b"{}"),
        404,
        "unknown_system",
    );
    let xml = server.nobody().send(
        "POST",
        "/webhooks/ehr/dentrix",
        &[("content-type", "application/xml")],
        b"{}",
    );
    is_failure(&xml, 415, "unsupported_media_type");
    let invalid = server.webhook(
        "dentrix",
        &json!({ "priority": 9, "notes": 7, "packageCount": 0 }),
    );
    is_failure(&invalid, 400, "validation_failed");
    let expected = [
        ("externalId", "required"),
        ("practiceId", "required"),
        ("preferredPickupTime", "required"),
        ("priority", "out_of_range"),
        ("notes", "invalid_type"),
        ("packageCount", "out_of_range"),
    ];
    assert_eq!(
        invalid.faults(),
        expected.map(|(field, reason)| (field.to_owned(), reason.to_owned()))
    );
    is_failure(
        &server.webhook_bytes("dentrix", b"[]"),
        400,
        "validation_failed",
    );
}

#[test]
fn what_was_picked_up_is_locked_in_the_same_form() {
    let (server, id) = (shared(), fresh("DX-"));
    let given = dentrix(&id);
    server.webhook("dentrix", &given).expect(200);
    let admin = server.admin();
    let ours = admin
        .get(&format!("/v1/pickups?labId=LAB001&pickupId=dentrix-{id}"))
        .expect(200)["items"][0]["id"]
        .clone();
    admin
        .delete(&format!("/v1/pickups/{}", ours.as_str().expect("an id")))
        .expect(200);
    let changed = server.webhook("dentrix", &with(given, json!({ "packageCount": 7 })));
    is_failure(&changed, 409, "pickup_locked");
}

/// One request with everything wrong, mended fault by fault: each answer is that of the first check that refuses.
#[test]
fn the_checks_come_in_their_order() {
    let server = Start::new()
        .env("PONTIC_LIMITS__ENDPOINT__RATE", "0.001")
        .env("PONTIC_LIMITS__ENDPOINT__BURST", "1")
        .go();
    let large = vec![b'x'; 64 * 1024 + 1];
    let wrong = [("x-dentrix-signature", "00")];
    let at = |content_type: &str, body: &[u8]| {
        let headers = [("content-type", content_type), wrong[0]];
        server
            .nobody()
            .send("POST", "/webhooks/ehr/dentrix", &headers, body)
            .status
    };
    assert_eq!(at("text/plain", &large), 415);
    assert_eq!(at("application/json", &large), 413);
    for _ in 0..5 {
        assert_eq!(
            at("application/json", b"no json"),
            401,
            "a bad signature never spends the endpoint's quota"
        );
    }
    let first = server.webhook_bytes("dentrix", b"no json");
    assert_eq!(
        (first.status, first.header("ratelimit-policy")),
        (400, "\"endpoint\";q=1;w=1000")
    );
    assert!(
        first.header("ratelimit").starts_with("\"endpoint\";r=0;"),
        "{}",
        first.header("ratelimit")
    );
    let second = server.webhook_bytes("dentrix", b"no json");
    is_failure(&second, 429, "rate_limited");
    assert!(
        second
            .header("retry-after")
            .parse::<u64>()
            .is_ok_and(|wait| wait >= 1),
        "{}",
        second.header("retry-after")
    );
    assert_eq!(
        at("application/json", b"no json"),
        401,
        "401 comes before 429"
    );
    assert_eq!(
        server.webhook("eaglesoft", &json!({})).status,
        400,
        "another endpoint has its own"
    );
}

#[test]
fn signatures_in_all_their_forms() {
    let server = shared();
    let secret = Secret::new(&secret_of("dentrix")).expect("not empty");
    let body = dentrix(&fresh("DX-")).to_string();
    let bytes = body.as_bytes();
    let at = now().as_second();
    let hex = sign(&secret, bytes);
    let status = |headers: &[(&str, &str)]| post(&server, "dentrix", None, headers, bytes).status;
    assert_eq!(
        status(&[(
            "X-Dentrix-Signature",
            &format!("{}, sha256={}", "0".repeat(64), hex.to_uppercase())
        )]),
        200
    );
    let four = format!("{0},{0},{0},{hex}", "0".repeat(64));
    assert_eq!(status(&[("x-dentrix-signature", &four)]), 200);
    assert_eq!(
        status(&[("x-dentrix-signature", &format!("{four},{hex}"))]),
        401,
        "five are too many"
    );
    assert_eq!(status(&[("x-opendental-signature", &hex)]), 401);
    for (skew, expected) in [(0, 200), (-290, 200), (290, 200), (-310, 401), (310, 401)] {
        let seconds = (at + skew).to_string();
        let stamped = sign_timestamped(&secret, at + skew, bytes);
        assert_eq!(
            status(&[
                ("x-dentrix-signature", &stamped),
                ("x-pontic-timestamp", &seconds)
            ]),
            expected,
            "{skew}"
        );
    }
    assert_eq!(
        status(&[
            ("x-dentrix-signature", &hex),
            ("x-pontic-timestamp", &at.to_string())
        ]),
        401,
        "no falling back"
    );
    let standard = sign_standard_webhooks(&secret, "msg_1", at, bytes);
    let id = [
        ("webhook-id", "msg_1"),
        ("webhook-timestamp", &at.to_string()),
        ("webhook-signature", &standard),
    ];
    assert_eq!(status(&id), 200);
    assert_eq!(status(&[id[0], id[1]]), 401);
    assert_eq!(
        status(&[
            id[0],
            id[1],
            ("webhook-signature", "v1,AAAA"),
            ("x-dentrix-signature", &hex)
        ]),
        401,
        "no falling back here either"
    );
}

#[test]
fn an_endpoint_has_its_own_lab_zone_map_and_clinics() {
    let (server, lab, endpoint) = (shared(), fresh("L"), fresh("od-"));
    let admin = server.admin();
    let body = json!({ "labId": lab, "system": "opendental", "timeZone": "America/Chicago", "clinicMap": { "3": "CLI-3" }, "clinics": ["CLI-3", "4"], "secrets": ["one"] });
    let made = admin.put(&format!("/v1/endpoints/{endpoint}"), &body);
    assert!(
        made.status == 201 && !made.text.contains("\"one\""),
        "{}",
        made.text
    );
    assert_eq!(
        made.body["path"],
        json!(format!("/webhooks/ehr/opendental/{endpoint}"))
    );
    assert_eq!(
        made.body["secretFingerprints"].as_array().map(Vec::len),
        Some(1)
    );
    // Local to Chicago, which is UTC-6 in January; far enough ahead wherever now is.
    let year = if now().to_string() < format!("{}-01-10", &now().to_string()[..4]) {
        now().to_string()[..4].to_owned()
    } else {
        (now().to_string()[..4].parse::<i32>().expect("a year") + 1).to_string()
    };
    let given = |clinic: i64| json!({ "LabCaseNum": 226, "ClinicNum": clinic, "DateTimeScheduled": format!("{year}-01-20T10:00:00") });
    let post = |clinic: i64| {
        signed(
            &server,
            "opendental",
            Some(&endpoint),
            "one",
            &given(clinic),
        )
    };
    let taken = post(3).expect(200);
    assert_eq!(taken["pickup"]["ClinicNum"], 3);
    let pickup = &admin.all(&format!("/v1/pickups?labId={lab}"))[0];
    let seen = json!([
        pickup["clinicId"],
        pickup["windowStart"],
        pickup["windowEnd"]
    ]);
    assert_eq!(
        seen,
        json!([
            "CLI-3",
            format!("{year}-01-20T15:00:00Z"),
            format!("{year}-01-20T17:00:00Z")
        ])
    );
    assert_eq!(
        post(4).status,
        200,
        "two practices may both send lab case 226"
    );
    is_failure(&post(5), 403, "forbidden");
    is_failure(
        &signed(&server, "opendental", None, "one", &given(3)),
        401,
        "unauthorized",
    );
    is_failure(
        &signed(&server, "dentrix", Some(&endpoint), "one", &given(3)),
        404,
        "unknown_system",
    );
    let list = admin.all(&format!("/v1/endpoints?labId={lab}"));
    assert_eq!(texts(&json!(list), "id"), [endpoint.as_str()]);
}

#[test]
fn two_secrets_verify_while_they_are_rotated() {
    let (server, lab, endpoint) = (shared(), fresh("L"), fresh("dx-"));
    let put = |secrets: Value| {
        server.admin().put(
            &format!("/v1/endpoints/{endpoint}"),
            &json!({ "labId": lab, "system": "dentrix", "secrets": secrets }),
        )
    };
    let status = |secret: &str| {
        signed(
            &server,
            "dentrix",
            Some(&endpoint),
            secret,
            &dentrix(&fresh("DX-")),
        )
        .status
    };
    put(json!(["old"])).expect(201);
    assert_eq!([status("old"), status("new")], [200, 401]);
    put(json!(["new", "old"])).expect(200);
    assert_eq!([status("old"), status("new")], [200, 200]);
    put(json!(["new"])).expect(200);
    assert_eq!([status("old"), status("new")], [401, 200]);
    put(json!([])).expect(200);
    assert_eq!(status("new"), 200, "without secrets it keeps those it has");
    let refused = put(json!(["a", "b", "c"]));
    assert_eq!(
        (refused.status, refused.faults()),
        (400, vec![("secrets".to_owned(), "too_long".to_owned())])
    );
    assert_eq!(
        put(json!(["  "])).faults(),
        [("secrets[0]".to_owned(), "required".to_owned())],
        "an empty secret is refused"
    );
}

#[test]
fn the_same_webhook_many_times_at_once_is_one_pickup() {
    let (server, id) = (shared(), fresh("DX-"));
    let body = dentrix(&id);
    let answers: Vec<Value> = std::thread::scope(|scope| {
        let senders: Vec<_> = (0..20)
            .map(|_| scope.spawn(|| server.webhook("dentrix", &body).expect(200)))
            .collect();
        senders
            .into_iter()
            .map(|sender| sender.join().expect("answered"))
            .collect()
    });
    let new = answers
        .iter()
        .filter(|answer| answer["duplicate"] == false)
        .count();
    assert_eq!(new, 1);
    let path = format!("/v1/pickups?labId=LAB001&pickupId=dentrix-{id}");
    assert_eq!(server.admin().all(&path).len(), 1);
}

/// The endpoint's own zone stands before the lab's, the clinic's before both.
#[test]
fn times_without_an_offset_are_local_to_the_clinic() {
    let server = Start::new()
        .now("2025-01-15T12:00:00Z")
        .env("PONTIC_DEFAULT_TIME_ZONE", "America/New_York")
        .go();
    let admin = server.admin();
    let mut number = 0;
    let put = |id: &str, zone: Value| {
        admin.put(&format!("/v1/endpoints/{id}"), &json!({ "labId": "LAB001", "system": "opendental", "timeZone": zone, "secrets": ["s"] })).expect(201)
    };
    let mut start = |endpoint: Option<&str>| {
        number += 1;
        let body = json!({ "LabCaseNum": number, "ClinicNum": 7, "DateTimeScheduled": "2025-01-20 10:00:00" });
        let secret = endpoint.map_or_else(|| secret_of("opendental"), |_| "s".to_owned());
        signed(&server, "opendental", endpoint, &secret, &body).expect(200);
        admin.all(&format!("/v1/pickups?pickupId=opendental-{number}"))[0]["windowStart"].clone()
    };
    put("e-0", json!(null));
    assert_eq!(
        start(Some("e-0")),
        "2025-01-20T14:00:00Z",
        "the default zone"
    );
    admin
        .put(
            "/v1/labs/LAB001",
            &json!({ "name": "Lab", "timeZone": "America/Chicago" }),
        )
        .expect(200);
    assert_eq!(start(Some("e-0")), "2025-01-20T15:00:00Z", "the lab's");
    assert_eq!(
        start(None),
        "2025-01-20T14:00:00Z",
        "a default endpoint's is the default zone"
    );
    put("e-1", json!("America/Denver"));
    assert_eq!(start(Some("e-1")), "2025-01-20T16:00:00Z", "the endpoint's");
    admin
        .put(
            "/v1/clinics/7",
            &json!({ "labId": "LAB001", "name": "Seven", "timeZone": "Europe/Berlin" }),
        )
        .expect(200);
    assert_eq!(start(Some("e-1")), "2025-01-20T08:00:00Z", "the clinic's");
}

#[test]
fn health_says_which_systems_can_post() {
    let server = Start::new().env("EAGLESOFT_WEBHOOK_SECRET", "a,b").go();
    let health = server.nobody().get("/webhooks/ehr/health").expect(200);
    let expected = json!({
        "status": "healthy", "supportedSystems": ["dentrix", "opendental", "eaglesoft"], "notConfigured": [],
        "endpoints": { "dentrix": "/webhooks/ehr/dentrix", "opendental": "/webhooks/ehr/opendental", "eaglesoft": "/webhooks/ehr/eaglesoft" },
        "requiredHeaders": { "dentrix": "x-dentrix-signature", "opendental": "x-opendental-signature", "eaglesoft": "x-eaglesoft-signature" },
    });
    assert_eq!(health, expected);
    let bare = Start::new().bare().go();
    let health = bare.nobody().get("/webhooks/ehr/health").expect(200);
    assert_eq!(
        (&health["status"], &health["notConfigured"]),
        (
            &json!("degraded"),
            &json!(["dentrix", "opendental", "eaglesoft"])
        )
    );
    is_failure(
        &post(
            &bare,
            "dentrix",
            None,
            &[(
                "x-dentrix-signature",
                &sign(&Secret::new("x").expect("not empty"), b"{}"),
            )],
            b"{}",
        ),
        401,
        "unauthorized",
    );
    eventually(|| {
        bare.printed()
            .contains("dentrix has no secret")
            .then_some(())
    });
}

/// A sender changes over without a webhook lost: both secrets open the door until the old one is taken away.
#[test]
fn an_endpoint_changes_over_to_another_secret() {
    let (server, lab, endpoint) = (shared(), fresh("L"), fresh("dx-"));
    let admin = server.admin();
    let path = format!("/v1/endpoints/{endpoint}");
    let body = json!({ "labId": lab, "system": "dentrix", "clinicMap": { "9": "CLI-9" }, "secrets": ["old-secret"] });
    let made = admin.put(&path, &body).expect(201);
    let old = made["secretFingerprints"][0]
        .as_str()
        .expect("one")
        .to_owned();
    let sent = |secret: &str, id: &str| {
        signed(&server, "dentrix", Some(&endpoint), secret, &dentrix(id)).status
    };

    let secrets = format!("{path}/secrets");
    let added = admin.post(&secrets, &json!({ "secret": "new-secret" }));
    assert_eq!(
        (added.status, &added.body["secret"]),
        (201, &Value::Null),
        "{}",
        added.text
    );
    assert!(!added.text.contains("new-secret"));
    assert_eq!(added.body["clinicMap"], json!({ "9": "CLI-9" }));
    assert_eq!(
        (sent("old-secret", "r1"), sent("new-secret", "r2")),
        (200, 200)
    );
    let third = admin.post(&secrets, &json!({}));
    assert_eq!(
        (third.status, &third.body["code"]),
        (409, &json!("too_many_secrets"))
    );

    admin.delete(&format!("{secrets}/{old}")).expect(200);
    assert_eq!(
        (sent("old-secret", "r3"), sent("new-secret", "r4")),
        (401, 200)
    );
    let new = admin.get(&path).body["secretFingerprints"][0].clone();
    let last = format!("{secrets}/{}", new.as_str().expect("one"));
    assert_eq!(admin.delete(&last).body["code"], "last_secret");
    assert_eq!(admin.delete(&format!("{secrets}/00000000")).status, 404);

    // A screen that read an older version does not undo it.
    let stale = admin.send(
        "PUT",
        &path,
        &[("content-type", "application/json"), ("if-match", "\"1\"")],
        body.to_string().as_bytes(),
    );
    assert_eq!(stale.status, 412, "{}", stale.text);
}

/// The secrets of a default endpoint stand in the configuration: one beside them in a record would put them out of force.
#[test]
fn secrets_of_the_configuration_are_not_put_out_of_force() {
    let server = Start::new().go();
    let admin = server.admin();
    let mapping = json!({ "endpoint": "opendental", "clinicMap": { "77": "CLI-77" } });
    admin.post("/v1/quarantine/repair", &mapping).expect(200);
    let added = admin.post("/v1/endpoints/opendental/secrets", &json!({}));
    assert_eq!(
        (added.status, &added.body["code"]),
        (409, &json!("secrets_in_configuration"))
    );
}
