//! Traces, as a collector gets them from the real binary.

use std::time::{Duration, Instant};

use opentelemetry_proto::tonic::trace::v1::Span;
use pontic_core::id::hex;
use serde_json::json;

use crate::harness::{
    Collector, Receiver, Start, attribute, case, date_in, eventually, fresh, said, with,
};

fn start(collector: &Collector) -> Start {
    // Spans are gathered for five seconds where nobody says otherwise.
    Start::new()
        .env("PONTIC_TELEMETRY__OTLP_ENDPOINT", collector.url())
        .env("OTEL_BSP_SCHEDULE_DELAY", "100")
}

fn named<'a>(spans: &'a [Span], name: &str) -> Vec<&'a Span> {
    spans.iter().filter(|span| span.name == name).collect()
}

#[test]
fn a_request_is_a_span_with_its_wait_at_the_door_and_the_commit_knows_it() {
    let collector = Collector::start();
    let server = start(&collector)
        .env("PONTIC_TELEMETRY__OTLP_HEADERS", "x-key=of the tests")
        .go();
    let (trace, parent) = ("0af7651916cd43dd8448eb211c80319c", "b7ad6b7169203331");
    let canary = json!({ "patientName": "Zebulon Canary", "notes": "Canary" });
    let detail = with(case("L", "C-Canary", "K-Canary", &date_in(1)), canary);
    let event =
        json!({ "source": "cases.production", "detailType": "CaseReadyToShip", "detail": detail });
    let sent = format!("00-{trace}-{parent}-01");
    let token = format!("Bearer {}", crate::harness::ADMIN);
    let headers = [
        ("authorization", token.as_str()),
        ("content-type", "application/json"),
        ("traceparent", sent.as_str()),
        ("tracestate", "vendor=Canary"),
        ("x-request-id", "Canary"),
    ];
    let body = event.to_string();
    let answer = server
        .nobody()
        .send("POST", "/v1/events?note=Canary", &headers, body.as_bytes());
    let delivery = answer.result()["deliveryId"].clone();
    let delivery = delivery.as_str().expect("an id");
    let admin = server.admin();
    assert_eq!(admin.get(&format!("/v1/deliveries/{delivery}")).status, 200);
    assert_eq!(admin.get("/Canary").status, 404);
    let spans = eventually(|| {
        let spans = collector.spans();
        (!named(&spans, "GET").is_empty()).then_some(spans)
    });
    let request = named(&spans, "POST /v1/events")[0];
    assert_eq!(hex(&request.trace_id), trace);
    assert_eq!(hex(&request.parent_span_id), parent);
    assert_eq!(attribute(request, "http.route"), "/v1/events");
    assert_eq!(attribute(request, "http.response.status_code"), "200");
    let door = named(&spans, "door");
    let door = door.iter().find(|span| hex(&span.trace_id) == trace);
    let door = door.expect("a wait at the door");
    assert_eq!(door.parent_span_id, request.span_id);
    assert_eq!(attribute(door, "pontic.events"), "1");
    assert!(
        request.start_time_unix_nano <= door.start_time_unix_nano
            && door.start_time_unix_nano < door.end_time_unix_nano
            && door.end_time_unix_nano <= request.end_time_unix_nano
    );
    let commits = named(&spans, "commit");
    let links = |span: &&&Span| {
        span.links
            .iter()
            .any(|link| link.span_id == request.span_id)
    };
    assert_eq!(commits.iter().filter(links).count(), 1);
    assert_eq!(named(&spans, "GET /v1/deliveries/{id}").len(), 1);
    assert!(collector.services().iter().all(|name| name == "pontic"));
    let head = collector.heads().remove(0).to_ascii_lowercase();
    assert!(
        head.starts_with("post /v1/traces ") && head.contains("x-key: of the tests"),
        "{head}"
    );
    for secret in ["Canary", "canary", delivery, crate::harness::ADMIN] {
        assert!(!collector.holds(secret), "{secret}");
    }
}

#[test]
fn what_goes_out_is_a_span_and_says_why_it_failed() {
    let collector = Collector::start();
    let server = start(&collector)
        .env("PONTIC_RELAY__ALLOW_PRIVATE", "true")
        .go();
    let (admin, lab) = (server.admin(), fresh("L"));
    let mut answers = [503, 204].into_iter();
    let receiver =
        Receiver::start(move |_| crate::harness::Reply::Status(answers.next().unwrap_or(204)));
    let body = json!({ "labId": lab, "url": receiver.url(), "baseDelayMs": 50, "pattern": { "source": ["logistics.delivery"] } });
    admin
        .put(&format!("/v1/subscriptions/{}", fresh("sub")), &body)
        .expect(201);
    admin
        .event("CaseReadyToShip", &case(&lab, "C1", "K1", &date_in(1)))
        .result();
    let spans = eventually(|| {
        let spans = collector.spans();
        (named(&spans, "deliver DeliveryScheduled").len() >= 2).then_some(spans)
    });
    let tries = named(&spans, "deliver DeliveryScheduled");
    assert_eq!(attribute(tries[0], "error.type"), "503");
    assert_eq!(attribute(tries[0], "pontic.attempt"), "1");
    assert_eq!(attribute(tries[1], "pontic.attempt"), "2");
    assert!(
        tries[1]
            .attributes
            .iter()
            .all(|one| one.key != "error.type")
    );
}

#[test]
fn the_last_spans_are_told_at_the_end_and_no_trace_that_was_not_chosen() {
    let collector = Collector::start();
    let server = Start::new()
        .env("PONTIC_TELEMETRY__OTLP_ENDPOINT", collector.url())
        .env("PONTIC_TELEMETRY__TRACE_SHARE", "0")
        .go();
    let ask = |flags: &str| {
        let parent = format!("00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-{flags}");
        server
            .nobody()
            .send("GET", "/healthz", &[("traceparent", &parent)], b"")
            .status
    };
    assert_eq!([ask("00"), ask("01"), ask("00")], [200; 3]);
    assert_eq!(server.nobody().get("/healthz").status, 200);
    let (status, _) = server.stop();
    assert!(status.success());
    let spans = collector.spans();
    assert_eq!(
        spans.len(),
        1,
        "whoever began the trace wanted it: {spans:?}"
    );
    assert_eq!(spans[0].name, "GET /healthz");
}

#[test]
fn without_a_collector_everything_goes_on_and_it_is_said_once() {
    let server = Start::new()
        .env("PONTIC_TELEMETRY__OTLP_ENDPOINT", "http://127.0.0.1:1")
        .env("PONTIC_TELEMETRY__OTLP_HEADERS", "x-key=hush")
        .env("OTEL_BSP_SCHEDULE_DELAY", "50")
        .go();
    let told = || {
        server
            .logged()
            .matches("the collector takes no traces")
            .count()
    };
    eventually(|| {
        let good = case("L", "C1", &fresh("K"), &date_in(1));
        server.admin().event("CaseReadyToShip", &good).result();
        (told() > 0).then_some(())
    });
    for _ in 0..5 {
        assert_eq!(server.nobody().get("/healthz").status, 200);
        std::thread::sleep(Duration::from_millis(60));
    }
    assert_eq!(told(), 1);
    let began = Instant::now();
    let (status, left) = server.stop();
    assert!(status.success() && began.elapsed() < Duration::from_secs(8));
    assert!(!left.logged.contains("hush"), "{}", left.logged);
}

#[test]
fn an_address_that_is_none_is_a_fault_among_the_others() {
    let output = Start::new()
        .env("PONTIC_TELEMETRY__OTLP_ENDPOINT", "collector:4317")
        .env("PONTIC_TELEMETRY__OTLP_HEADERS", "hush")
        .env("PONTIC_TELEMETRY__TRACE_SHARE", "2")
        .fails();
    let text = said(&output);
    for part in [
        "OTLP_ENDPOINT is no address",
        "OTLP_HEADERS is no list",
        "TRACE_SHARE is no number",
    ] {
        assert!(text.contains(part), "{part} in {text}");
    }
    assert!(!text.contains("hush"), "{text}");
}
