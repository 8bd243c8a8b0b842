//! Each trigger of HTTP: what the function answers is what the server answers.

use jiff::SignedDuration;
use serde_json::{Value, json};

use crate::harness::{
    Asked, Function, SECRET, Server, TRIGGERS, eventually, fresh, header, now, payload, recorded,
};

fn in_hours(hours: i64) -> String {
    let time = now() + SignedDuration::from_hours(hours);
    time.to_string()
}

fn event(id: &str, source: &str) -> Value {
    let date = in_hours(48)[..10].to_owned();
    json!({
        "source": source, "detailType": "CaseReadyToShip", "id": id,
        "detail": { "caseId": id, "clinicId": "C1", "labId": "LAB001", "requestedDeliveryDate": date },
    })
}

fn pickup(id: &str) -> Vec<u8> {
    // Two spaces and a letter beyond ASCII: a signature is over these very bytes.
    let time = in_hours(30);
    format!(
        "{{\"externalId\":  \"{id}\", \"practiceId\":\"CLI-001\",\"preferredPickupTime\":\"{time}\",\"priority\":1,\"patientName\":\"J\u{f6}rg Doe\",\"notes\":\"the xylophone\"}}"
    )
    .into_bytes()
}

/// What two answers to the same request have in common: each has an id of its own.
fn comparable(mut body: Value) -> Value {
    if let Some(object) = body.as_object_mut() {
        object.remove("requestId");
    }
    body
}

/// Asks the function, then the server, then the function again, and holds the last two answers against each other: both know the
/// request by then. The first answer.
#[track_caller]
fn the_same(
    function: &Function,
    server: &Server,
    trigger: &str,
    asked: &Asked,
    status: u16,
) -> Value {
    let first = function.invoke(&payload(trigger, asked));
    let (expected, headers, body) = server.ask(asked);
    let answer = function.invoke(&payload(trigger, asked));
    for answer in [&first, &answer] {
        assert_eq!(answer["statusCode"], status, "{trigger}: {answer}");
        assert_eq!(answer["isBase64Encoded"], false);
        let description = answer.get("statusDescription").and_then(Value::as_str);
        assert_eq!(
            description.is_some_and(|text| text.starts_with(&status.to_string())),
            trigger.starts_with("load-balancer")
        );
    }
    assert_eq!(expected, status, "{trigger}: {body}");
    assert_eq!(comparable(json_of(&answer)), comparable(body), "{trigger}");
    let ignored = [
        "date",
        "content-length",
        "x-request-id",
        "connection",
        "ratelimit",
    ];
    for (name, value) in headers
        .iter()
        .filter(|(name, _)| !ignored.contains(&name.as_str()))
    {
        assert_eq!(
            header(&answer, name).as_ref(),
            Some(value),
            "{trigger}: {name} of {answer}"
        );
    }
    json_of(&first)
}

/// The body of an answer.
#[track_caller]
fn json_of(answer: &Value) -> Value {
    let text = answer["body"].as_str().expect("a body");
    serde_json::from_str(text).unwrap_or_else(|_| panic!("{answer}"))
}

#[test]
fn every_trigger_is_answered_as_the_server_answers() {
    let server = Server::new();
    let function = Function::beside(&server, &[]);
    let token = server.source_token("LAB001", &["cases.production"]);
    for trigger in TRIGGERS {
        let id = fresh("K");
        let accepted = Asked::admin("POST", "/v1/events", &event(&id, "cases.production"));
        let told = the_same(&function, &server, trigger, &accepted, 200);
        assert_eq!(told["status"], "processed", "{trigger}: {told}");

        let found = format!("/v1/events?source=cases.production&id={id}");
        let asked = Asked::admin("GET", &found, &Value::Null);
        let (path, query) = found.split_once('?').expect("a query");
        let mut looked_up = payload(
            trigger,
            &Asked {
                path: path.into(),
                ..asked.clone()
            },
        );
        if looked_up["version"] == "2.0" {
            looked_up["rawQueryString"] = query.into();
        } else {
            let multi = json!({ "source": ["cases.production"], "id": [id] });
            let single = json!({ "source": "cases.production", "id": id });
            looked_up["queryStringParameters"] = single;
            if trigger != "load-balancer" {
                looked_up["multiValueQueryStringParameters"] = multi;
            }
        }
        looked_up["body"] = Value::Null;
        looked_up["isBase64Encoded"] = false.into();
        let answer = function.invoke(&looked_up);
        let list: Value =
            serde_json::from_str(answer["body"].as_str().expect("text")).expect("JSON");
        assert_eq!(list, server.ask(&asked).2, "{trigger}");
        assert_eq!(list["items"].as_array().map(Vec::len), Some(1), "{trigger}");

        let invalid =
            json!({ "source": "cases.production", "detailType": "CaseReadyToShip", "detail": {} });
        let refused = Asked::admin("POST", "/v1/events", &invalid);
        the_same(&function, &server, trigger, &refused, 422);
        let mut unread = refused.clone();
        unread.body = b"{ not json".to_vec();
        the_same(&function, &server, trigger, &unread, 400);
        let mut foreign = Asked::admin("POST", "/v1/events", &event(&id, "crm.portal"));
        foreign.headers[0].1 = format!("Bearer {token}");
        the_same(&function, &server, trigger, &foreign, 403);
        let mut nobody = accepted.clone();
        nobody.headers[0].1 = "Bearer pnt_nobody".into();
        the_same(&function, &server, trigger, &nobody, 401);
        the_same(
            &function,
            &server,
            trigger,
            &Asked::admin("GET", "/v1/nowhere", &Value::Null),
            404,
        );
        the_same(
            &function,
            &server,
            trigger,
            &Asked::admin("PUT", "/v1/events", &json!({})),
            405,
        );
        the_same(
            &function,
            &server,
            trigger,
            &Asked::admin("GET", "/healthz", &Value::Null),
            200,
        );
    }
}

#[test]
fn a_webhook_is_verified_over_the_bytes_that_were_sent_however_they_come() {
    let server = Server::new();
    let function = Function::beside(&server, &[]);
    for trigger in TRIGGERS {
        let body = pickup(&fresh("D"));
        let asked = Asked::webhook(SECRET, &body);
        let told = the_same(&function, &server, trigger, &asked, 200);
        assert_eq!(
            (&told["success"], &told["duplicate"]),
            (&json!(true), &json!(false)),
            "{trigger}"
        );
        the_same(
            &function,
            &server,
            trigger,
            &Asked::webhook("another secret", &body),
            401,
        );
        let unmapped = br#"{"externalId":"","practiceId":"CLI-001"}"#;
        let told = the_same(
            &function,
            &server,
            trigger,
            &Asked::webhook(SECRET, unmapped),
            400,
        );
        assert_eq!(told["error"], "validation_failed", "{trigger}");
    }
    let kept = server.list("/v1/quarantine");
    assert_eq!(
        kept.len(),
        3 * TRIGGERS.len(),
        "one for each time that it was sent"
    );
}

#[test]
fn what_needs_a_server_is_not_there() {
    let server = Server::new();
    let function = Function::beside(&server, &[]);
    for (method, path) in [
        ("GET", "/v1/deliveries"),
        ("POST", "/v1/positions"),
        ("GET", "/v1/stream"),
        ("GET", "/ws/dispatch"),
        ("PUT", "/v1/subscriptions/x"),
        ("GET", "/metrics"),
    ] {
        let asked = Asked::admin(method, path, &Value::Null);
        let answer = function.invoke(&payload("http-api", &asked));
        assert_eq!(answer["statusCode"], 404, "{path}");
    }
}

#[test]
fn what_a_function_takes_in_goes_on_at_the_server() {
    let server = Server::new();
    let function = Function::beside(&server, &[]);
    let id = fresh("K");
    let asked = Asked::admin("POST", "/v1/events", &event(&id, "cases.production"));
    let answer = function.invoke(&payload("rest-api", &asked));
    assert_eq!(answer["statusCode"], 200);
    assert_eq!(server.list("/v1/deliveries?labId=LAB001").len(), 1);
    let published = server.list("/v1/events?type=DeliveryScheduled&direction=out");
    assert_eq!(published.len(), 1);
    // Its live screens hear of it at once, without asking.
    let last = published[0]["seq"].as_u64().expect("a number");
    eventually(|| (server.told() >= last).then_some(()));
}

#[test]
fn a_stage_and_a_path_before_ours_are_taken_off() {
    let server = Server::new();
    let function = Function::beside(&server, &[("PONTIC_LAMBDA__BASE_PATH", "/couriers/")]);
    let asked = Asked::admin("GET", "/healthz", &Value::Null);
    let mut mapped = payload("rest-api", &asked);
    mapped["path"] = "/couriers/healthz".into();
    assert_eq!(function.invoke(&mapped)["statusCode"], 200);
    assert_eq!(
        function.invoke(&payload("http-api", &asked))["statusCode"],
        200
    );
}

#[test]
fn a_payload_of_another_trigger_is_an_error_of_the_invocation() {
    let server = Server::new();
    let function = Function::beside(&server, &[]);
    let mut of_s3 = recorded("queue");
    of_s3["Records"][0]["eventSource"] = "aws:s3".into();
    for payload in [json!({ "hello": "world" }), json!([1]), of_s3] {
        let error = function.try_invoke(&payload).expect_err("not answered");
        let message = error["errorMessage"].as_str().expect("a message");
        assert!(message.contains("of no trigger that is known"), "{message}");
    }
    let mut broken = payload(
        "function-url",
        &Asked::admin("GET", "/healthz", &Value::Null),
    );
    broken["body"] = "!!".into();
    let error = function.try_invoke(&broken).expect_err("not answered");
    assert!(
        error["errorMessage"]
            .as_str()
            .is_some_and(|text| text.contains("base64"))
    );
    // It lives.
    let asked = Asked::admin("GET", "/readyz", &Value::Null);
    assert_eq!(
        function.invoke(&payload("http-api", &asked))["statusCode"],
        200
    );
}

#[test]
fn no_name_of_a_patient_is_printed() {
    let server = Server::new();
    let function = Function::beside(&server, &[("PONTIC_LOG__FILTER", "debug")]);
    let body = pickup(&fresh("D"));
    for secret in [SECRET, "another secret"] {
        function.invoke(&payload("http-api", &Asked::webhook(secret, &body)));
    }
    assert_eq!(function.measured(2).len(), 2, "all of it is read by now");
    let printed = function.printed().join("\n");
    for private in ["Doe", "xylophone", "another secret", SECRET] {
        assert!(!printed.contains(private), "{private}");
    }
}
