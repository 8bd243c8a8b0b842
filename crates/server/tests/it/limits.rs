//! Rate limits, with quotas small enough to see them.

use std::io::{Read, Write};
use std::net::TcpStream;
use std::time::{Duration, Instant};

use serde_json::{Value, json};

use crate::harness::{Client, Server, Start, case, date_in, texts};

/// A bucket that holds two and is not filled again while the test runs.
fn tight(kind: &str) -> Server {
    Start::new()
        .env(&format!("PONTIC_LIMITS__{kind}__RATE"), "0.001")
        .env(&format!("PONTIC_LIMITS__{kind}__BURST"), "2")
        .go()
}

fn statuses(client: &Client, count: usize) -> Vec<u16> {
    (0..count).map(|_| client.get("/v1/me").status).collect()
}

#[test]
fn a_token_has_its_quota_and_hears_of_it() {
    let server = tight("TOKEN");
    let (one, two) = (server.role("viewer", "L"), server.role("viewer", "L"));
    let first = one.get("/v1/me");
    assert_eq!(
        (first.status, first.header("ratelimit-policy")),
        (200, "\"token\";q=2;w=2000")
    );
    assert!(
        first.header("ratelimit").starts_with("\"token\";r=1"),
        "{}",
        first.header("ratelimit")
    );
    assert_eq!(statuses(&one, 1), [200]);
    let third = one.get("/v1/me");
    third.refused(429, "rate_limited");
    let wait: u64 = third.header("retry-after").parse().expect("seconds");
    assert!((900..=1_000).contains(&wait), "{wait}");
    assert!(
        third.header("ratelimit").starts_with("\"token\";r=0;t="),
        "{}",
        third.header("ratelimit")
    );
    assert_eq!(statuses(&two, 1), [200], "another token has its own");
    assert_eq!(
        statuses(&server.admin(), 9),
        [200; 9],
        "admin tokens are not limited"
    );
}

#[test]
fn a_batch_is_one_request() {
    let server = tight("TOKEN");
    let source = server.role("source", "L");
    let event = |number: usize| json!({ "source": "s", "detailType": "CaseReadyToShip", "detail": case("L", "C1", &format!("K{number}"), &date_in(1)) });
    let events: Vec<Value> = (0..50).map(event).collect();
    assert_eq!(
        source.post("/v1/events", &json!(events)).expect(200)["failedEntryCount"],
        0
    );
    assert!(
        source
            .post("/v1/events", &event(50))
            .header("ratelimit")
            .starts_with("\"token\";r=0")
    );
}

#[test]
fn limits_are_looked_at_and_lifted() {
    let server = tight("TOKEN");
    let viewer = server.role("viewer", "L");
    assert_eq!(statuses(&viewer, 3), [200, 200, 429]);
    let list = server.admin().get("/v1/rate-limits").expect(200);
    assert_eq!(
        list["quotas"]["token"],
        json!({ "rate": 0.001, "burst": 2.0 })
    );
    let key = texts(&list["items"], "key")
        .pop()
        .expect("a bucket that is not full");
    assert!(key.starts_with("token/"), "{key}");
    assert_eq!(
        server
            .admin()
            .delete(&format!("/v1/rate-limits/{key}"))
            .status,
        204
    );
    assert_eq!(statuses(&viewer, 1), [200]);
    assert_eq!(
        server.admin().delete("/v1/rate-limits/token/nobody").status,
        404
    );
    assert_eq!(server.admin().delete("/v1/rate-limits/nothing").status, 404);
}

#[test]
fn an_endpoints_quota_can_be_lifted_too() {
    let server = tight("ENDPOINT");
    let post = || server.webhook("dentrix", &json!({})).status;
    assert_eq!([post(), post(), post()], [400, 400, 429]);
    let keys = texts(
        &server.admin().get("/v1/rate-limits").expect(200)["items"],
        "key",
    );
    assert_eq!(keys, ["endpoint/dentrix"]);
    assert_eq!(
        server
            .admin()
            .delete("/v1/rate-limits/endpoint/dentrix")
            .status,
        204
    );
    assert_eq!(post(), 400);
}

#[test]
fn loopback_is_not_limited_but_whom_a_proxy_speaks_for_is() {
    let server = tight("ADDRESS");
    assert_eq!(statuses(&server.admin(), 5), [200; 5]);
    let server = Start::new()
        .env("PONTIC_BEHIND_TLS_PROXY", "true")
        .env("PONTIC_LIMITS__ADDRESS__RATE", "0.001")
        .env("PONTIC_LIMITS__ADDRESS__BURST", "2")
        .go();
    let get = |forwarded: &str| {
        server
            .admin()
            .send("GET", "/v1/me", &[("x-forwarded-for", forwarded)], b"")
            .status
    };
    assert_eq!(
        [
            get("192.0.2.1"),
            get("192.0.2.1"),
            get("192.0.2.1"),
            get("192.0.2.2")
        ],
        [200, 200, 429, 200]
    );
    assert_eq!(
        get("127.0.0.1, 192.0.2.1"),
        429,
        "what the sender says of itself does not count"
    );
    let lines = [
        ("x-forwarded-for", "127.0.0.1"),
        ("x-forwarded-for", "192.0.2.1"),
    ];
    assert_eq!(
        server.admin().send("GET", "/v1/me", &lines, b"").status,
        429,
        "nor on a line of its own"
    );
    let webhook = server.nobody().send(
        "POST",
        "/webhooks/ehr/dentrix",
        &[("x-forwarded-for", "192.0.2.1")],
        b"{}",
    );
    assert_eq!(
        (
            webhook.status,
            &webhook.body["error"],
            &webhook.body["success"]
        ),
        (429, &json!("rate_limited"), &json!(false))
    );
    assert!(!webhook.header("retry-after").is_empty());
}

#[test]
fn a_limit_of_0_is_off() {
    let server = Start::new()
        .env("PONTIC_LIMITS__TOKEN__RATE", "0")
        .env("PONTIC_LIMITS__TOKEN__BURST", "1")
        .go();
    let viewer = server.role("viewer", "L");
    assert_eq!(statuses(&viewer, 9), [200; 9]);
    assert_eq!(viewer.get("/v1/me").header("ratelimit"), "");
    crate::harness::eventually(|| {
        server
            .printed()
            .contains("the rate limit per token is off")
            .then_some(())
    });
}

/// What a server that waits one second answers to `sent`, until it closes the connection.
fn answer_to_silence_after(sent: &str) -> String {
    let server = Start::new().env("PONTIC_LIMITS__SILENCE_SECONDS", "1").go();
    let mut stream =
        TcpStream::connect(server.url.trim_start_matches("http://")).expect("connected");
    let patience = Duration::from_secs(20);
    stream
        .set_read_timeout(Some(patience))
        .expect("a time limit");
    stream.write_all(sent.as_bytes()).expect("written");
    let started = Instant::now();
    let mut answer = String::new();
    stream
        .read_to_string(&mut answer)
        .expect("an answer, then the end");
    let waited = started.elapsed();
    assert!(
        waited > Duration::from_millis(700) && waited < patience,
        "{waited:?}"
    );
    answer
}

#[test]
fn whoever_falls_silent_in_a_body_is_answered_and_let_go() {
    let head = "POST /webhooks/ehr/dentrix HTTP/1.1\r\nhost: x\r\ncontent-type: application/json\r\ncontent-length: 100\r\n\r\n{";
    let answer = answer_to_silence_after(head);
    assert!(answer.starts_with("HTTP/1.1 408 "), "{answer}");
    assert!(answer.contains("\"error\":\"timeout\""), "{answer}");
}

#[test]
fn whoever_falls_silent_in_a_head_or_between_requests_is_let_go() {
    let cut_off = answer_to_silence_after("GET /healthz HTTP/1.1\r\nhost");
    assert!(
        cut_off.is_empty() || cut_off.starts_with("HTTP/1.1 408 "),
        "{cut_off}"
    );
    let idle = answer_to_silence_after("GET /healthz HTTP/1.1\r\nhost: x\r\n\r\n");
    assert!(idle.starts_with("HTTP/1.1 200 "), "{idle}");
}
