//! What goes out to a bus of EventBridge: in batches within AWS's limits, signed, settled entry by entry; and through an emulator to
//! whoever the bus's rules name.

use std::collections::BTreeMap;
use std::sync::Mutex;
use std::time::Duration;

use serde_json::{Value, json};

use crate::harness::{
    Receiver, Reply, Server, Start, case, date_in, eventually, fresh, pickup, texts,
};

/// A server whose way to AWS leads there.
fn start(endpoint: &str) -> Server {
    Start::new()
        .env("PONTIC_AWS__ENDPOINT", endpoint)
        .env("AWS_ACCESS_KEY_ID", "AKIDEXAMPLE")
        .env(
            "AWS_SECRET_ACCESS_KEY",
            "wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY",
        )
        .env("AWS_SESSION_TOKEN", "session")
        .go()
}

fn subscribe(server: &Server, body: &Value) -> Value {
    server
        .admin()
        .put("/v1/subscriptions/bus", body)
        .expect(201)
}

fn ready(server: &Server, id: &str) {
    let detail = case("L1", &format!("C-{id}"), id, &date_in(2));
    server.admin().event("CaseReadyToShip", &detail).result();
}

/// Takes every entry of which `refuse` says nothing.
fn bus(refuse: impl Fn(&Value) -> Option<&'static str> + Send + 'static) -> Receiver {
    Receiver::start(move |received| {
        let entries = received.body["Entries"]
            .as_array()
            .cloned()
            .unwrap_or_default();
        let each = entries.iter().map(|entry| match refuse(entry) {
            None => json!({ "EventId": "11710aed-b79e-4468-a20b-bb3c0c3b4860" }),
            Some(code) => json!({ "ErrorCode": code, "ErrorMessage": "no" }),
        });
        let each: Vec<Value> = each.collect();
        let failed = each
            .iter()
            .filter(|one| one["ErrorCode"].is_string())
            .count();
        Reply::Json(
            200,
            json!({ "FailedEntryCount": failed, "Entries": each }).to_string(),
        )
    })
}

fn endpoint(receiver: &Receiver) -> String {
    format!("http://{}", receiver.address())
}

/// Entries so far, in the order in which they came.
fn entries(receiver: &Receiver) -> Vec<Value> {
    let received = receiver.received();
    let each = received
        .iter()
        .filter_map(|one| one.body["Entries"].as_array());
    each.flatten().cloned().collect()
}

#[test]
fn publications_go_out_in_signed_batches_of_ten_at_most() {
    let bus = bus(|_| None);
    let server = start(&endpoint(&bus));
    let set =
        json!({ "url": "eventbridge://eu-central-1/couriers", "labId": "L1", "paused": true });
    let made = subscribe(&server, &set);
    assert_eq!(made["secret"], Value::Null, "AWS's signature needs none");
    for _ in 0..23 {
        ready(&server, &fresh("K"));
    }
    server
        .admin()
        .put(
            "/v1/subscriptions/bus",
            &json!({ "url": set["url"], "labId": "L1" }),
        )
        .expect(200);
    let all = eventually(|| Some(entries(&bus)).filter(|all| all.len() == 23));
    let first = &all[0];
    assert_eq!(
        (
            &first["EventBusName"],
            &first["Source"],
            &first["DetailType"]
        ),
        (
            &json!("couriers"),
            &json!("logistics.delivery"),
            &json!("DeliveryScheduled")
        )
    );
    let detail: Value =
        serde_json::from_str(first["Detail"].as_str().expect("a text")).expect("JSON");
    assert!(
        detail["clinicId"]
            .as_str()
            .is_some_and(|id| id.starts_with("C-K"))
    );
    let resources = first["Resources"].as_array().expect("a list");
    assert!(
        resources[0]
            .as_str()
            .is_some_and(|one| one.starts_with("pontic:"))
    );
    assert_eq!(resources[1], "lab/L1");
    for request in bus.received() {
        let entries = request.body["Entries"].as_array().expect("entries");
        assert!((1..=10).contains(&entries.len()), "{}", entries.len());
        assert_eq!(request.header("x-amz-target"), "AWSEvents.PutEvents");
        assert_eq!(request.header("content-type"), "application/x-amz-json-1.1");
        assert_eq!(request.header("x-amz-security-token"), "session");
        let signed = request.header("authorization");
        assert!(
            signed.starts_with("AWS4-HMAC-SHA256 Credential=AKIDEXAMPLE/")
                && signed.contains("/eu-central-1/events/aws4_request"),
            "{signed}"
        );
    }
    assert!(
        bus.received().len() <= 6,
        "23 in few requests: {}",
        bus.received().len()
    );
}

#[test]
fn an_entry_that_fails_comes_again_alone_and_holds_up_its_own_key_only() {
    static TRIES: Mutex<BTreeMap<String, u32>> = Mutex::new(BTreeMap::new());
    let bus = bus(|entry| {
        let detail = entry["Detail"].as_str().unwrap_or_default();
        let mut tries = TRIES.lock().expect("no panic");
        let tries = tries.entry(detail.to_owned()).or_default();
        *tries += 1;
        (detail.contains("C-BAD") && *tries < 3).then_some("ThrottlingException")
    });
    let server = start(&endpoint(&bus));
    let set =
        json!({ "url": "eventbridge://eu-central-1/couriers", "baseDelayMs": 1, "paused": true });
    subscribe(&server, &set);
    for clinic in ["GOOD1", "BAD", "GOOD2"] {
        ready(&server, clinic);
    }
    // The same delivery once more: it has to wait for the one that fails.
    let second = case("L1", "C-BAD", "BAD2", &date_in(2));
    server.admin().event("CaseReadyToShip", &second).result();
    server
        .admin()
        .put(
            "/v1/subscriptions/bus",
            &json!({ "url": set["url"], "baseDelayMs": 1 }),
        )
        .expect(200);
    let all = eventually(|| Some(entries(&bus)).filter(|all| all.len() >= 6));
    std::thread::sleep(Duration::from_millis(200));
    let all = if entries(&bus).len() > all.len() {
        entries(&bus)
    } else {
        all
    };
    let of = |clinic: &str| -> Vec<String> {
        let about = all.iter().filter(|entry| {
            entry["Detail"]
                .as_str()
                .is_some_and(|text| text.contains(clinic))
        });
        about
            .map(|entry| entry["DetailType"].as_str().unwrap_or_default().to_owned())
            .collect()
    };
    assert_eq!(of("C-GOOD1").len(), 1);
    assert_eq!(of("C-GOOD2").len(), 1);
    let (scheduled, changed) = ("DeliveryScheduled", "DeliveryChanged");
    assert_eq!(
        of("C-BAD"),
        [scheduled, scheduled, scheduled, changed, changed, changed]
    );
    let waiting = server
        .admin()
        .get("/v1/messages?subscriptionId=bus&status=waiting")
        .expect(200);
    assert_eq!(texts(&waiting["items"], "messageId"), [""; 0]);
}

#[test]
fn what_a_bus_never_takes_is_a_dead_letter_with_its_word() {
    let bus = bus(|_| Some("NotAuthorizedForSource"));
    let server = start(&endpoint(&bus));
    let set =
        json!({ "url": "eventbridge://eu-central-1/couriers", "maxRetries": 1, "baseDelayMs": 1 });
    subscribe(&server, &set);
    ready(&server, "K");
    let dead = eventually(|| server.admin().all("/v1/dead-letters").pop());
    assert_eq!(
        (&dead["cause"], &dead["attempts"]),
        (&json!("NotAuthorizedForSource"), &json!(2))
    );
    bus.behave(|_| Reply::Json(400, json!({ "__type": "com.amazon.coral.service#AccessDeniedException", "message": "arn:aws:secret" }).to_string()));
    let test = server
        .admin()
        .post("/v1/subscriptions/bus/test", &json!({}))
        .expect(200);
    assert_eq!(
        (&test["taken"], &test["answer"]),
        (&json!(false), &json!("AccessDeniedException"))
    );
}

#[test]
fn a_bus_is_named_by_region_and_name() {
    let server = start("http://127.0.0.1:1");
    for url in [
        "eventbridge://",
        "eventbridge://eu-central-1/",
        "eventbridge://EU/x",
    ] {
        let answer = server
            .admin()
            .put("/v1/subscriptions/bus", &json!({ "url": url }));
        answer.refused(400, "validation_failed");
    }
}

/// AWS as `cargo xtask servers` starts it.
struct Emulator(String);

impl Emulator {
    fn new() -> Self {
        Self(std::env::var("TEST_MOTO").expect(
            "TEST_MOTO names no emulator of AWS; `cargo xtask test` starts one, and so does `cargo xtask servers -- COMMAND`",
        ))
    }

    fn call(&self, service: &str, target: &str, body: &Value) -> Value {
        let scope = format!(
            "AWS4-HMAC-SHA256 Credential=x/20260101/us-east-1/{service}/aws4_request, SignedHeaders=host, Signature=x"
        );
        let mut answer = ureq::post(&self.0)
            .header("authorization", &scope)
            .header("content-type", "application/x-amz-json-1.1")
            .header("x-amz-target", target)
            .send(body.to_string())
            .unwrap_or_else(|error| panic!("{target}: {error}"));
        let text = answer.body_mut().read_to_string().expect("text");
        serde_json::from_str(&text).unwrap_or_default()
    }
}

#[test]
fn what_goes_out_reaches_whom_the_rules_of_the_bus_name() {
    let aws = Emulator::new();
    let name = format!("couriers-{}", std::process::id());
    aws.call(
        "events",
        "AWSEvents.CreateEventBus",
        &json!({ "Name": name }),
    );
    let queue = aws.call(
        "sqs",
        "AmazonSQS.CreateQueue",
        &json!({ "QueueName": name }),
    );
    let queue = queue["QueueUrl"].as_str().expect("a queue").to_owned();
    let pattern = json!({ "detail-type": ["PickupConfirmed"] }).to_string();
    let rule = json!({ "Name": name, "EventBusName": name, "EventPattern": pattern });
    aws.call("events", "AWSEvents.PutRule", &rule);
    let arn = format!("arn:aws:sqs:us-east-1:123456789012:{name}");
    let targets =
        json!({ "Rule": name, "EventBusName": name, "Targets": [{ "Id": "queue", "Arn": arn }] });
    aws.call("events", "AWSEvents.PutTargets", &targets);

    let server = start(&aws.0);
    subscribe(
        &server,
        &json!({ "url": format!("eventbridge://us-east-1/{name}") }),
    );
    ready(&server, "K1");
    let detail = pickup("L1", "C1", "P1", 40);
    server.admin().event("PickupRequested", &detail).result();
    let received = eventually(|| {
        let take = json!({ "QueueUrl": queue, "MaxNumberOfMessages": 10 });
        let answer = aws.call("sqs", "AmazonSQS.ReceiveMessage", &take);
        let messages = answer["Messages"].as_array().cloned().unwrap_or_default();
        (!messages.is_empty()).then_some(messages)
    });
    assert_eq!(received.len(), 1, "the rule lets one of two through");
    let event: Value =
        serde_json::from_str(received[0]["Body"].as_str().expect("a body")).expect("JSON");
    assert_eq!(
        (&event["detail-type"], &event["source"], &event["region"]),
        (
            &json!("PickupConfirmed"),
            &json!("logistics.pickup"),
            &json!("us-east-1")
        )
    );
    assert_eq!(event["detail"]["clinicId"], "C1");
    let published = server
        .admin()
        .all("/v1/events?type=PickupConfirmed&direction=out");
    let ends = |resource: &Value| {
        let id = published[0]["id"].as_str().unwrap_or("-");
        resource.as_str().is_some_and(|text| text.ends_with(id))
    };
    let resources = event["resources"].as_array().expect("a list");
    assert!(resources.iter().any(ends), "{resources:?} in {published:?}");
}
