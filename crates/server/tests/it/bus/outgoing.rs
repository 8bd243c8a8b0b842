//! What goes out into a stream, and what becomes of both ways while NATS is away.

use std::time::{Duration, Instant};

use serde_json::{Value, json};

use super::{bus, cases, event, eventually_done, metric, production, reading, ready, subscribe};
use crate::harness::{Nats, Start, case, date_in, eventually, with};

#[test]
fn publications_go_out_into_a_stream_signed_and_in_order() {
    let nats = Nats::start();
    nats.stream("LOGISTICS", "pontic.>");
    let server = nats.on(Start::new()).go();
    let secret = "whsec_C2FVsBQIhrscChlQIMV+b5sSYspob7oD";
    subscribe(
        &server,
        "all",
        &json!({ "url": "nats://LOGISTICS/pontic.{lab}.{type}", "secrets": [secret], "headers": { "x-own": "1" } }),
    );
    let shown = server.admin().get("/v1/subscriptions/all").body;
    assert_eq!(shown["url"], "nats://LOGISTICS/pontic.{lab}.{type}");
    server
        .admin()
        .put("/v1/subscriptions/all", &shown)
        .expect(200);
    for n in 0..20 {
        ready(&server, "L.1", &format!("K{n}"), &date_in(2));
    }
    let sent = eventually(|| Some(nats.messages("LOGISTICS")).filter(|sent| sent.len() >= 20));
    assert_eq!(sent.len(), 20);
    assert_eq!(sent[0].subject, "pontic.L_1.DeliveryScheduled");
    assert_eq!(sent[1].subject, "pontic.L_1.DeliveryChanged");
    let counts: Vec<i64> = sent
        .iter()
        .filter_map(|one| one.body["data"]["packageCount"].as_i64())
        .collect();
    assert_eq!(
        counts,
        (1..=20).collect::<Vec<i64>>(),
        "in the order of the delivery"
    );
    let library = standardwebhooks::Webhook::new(secret).expect("a secret");
    for one in &sent {
        assert_eq!(one.header("Nats-Msg-Id"), one.body["id"]);
        assert_eq!(one.header("content-type"), "application/cloudevents+json");
        assert_eq!(one.header("x-own"), "1");
        let mut headers = ureq::http::HeaderMap::new();
        for name in ["webhook-id", "webhook-timestamp", "webhook-signature"] {
            headers.insert(name, one.header(name).parse().expect("a header"));
        }
        library
            .verify(one.text.as_bytes(), &headers)
            .expect("whoever trusts no bus can verify it");
    }
    let sent = eventually(|| {
        Some(server.admin().all("/v1/messages?status=sent")).filter(|all| all.len() == 20)
    });
    assert_eq!(sent[0]["subscriptionId"], "all");
    let test = server
        .admin()
        .post("/v1/subscriptions/all/test", &json!({}))
        .expect(200);
    assert_eq!(
        (&test["taken"], &test["answer"]),
        (&json!(true), &json!("LOGISTICS/21"))
    );
    let charts = server.admin().get("/v1/integration/series").text;
    assert!(charts.contains("\"nats\""), "{charts}");
}

#[test]
fn what_no_stream_takes_is_a_dead_letter_and_goes_out_later() {
    let nats = Nats::start();
    nats.stream("LOGISTICS", "pontic.>");
    let server = nats.on(Start::new()).go();
    let body =
        json!({ "url": "nats://LOGISTICS/pontic.{type}", "maxRetries": 1, "baseDelayMs": 10 });
    subscribe(&server, "all", &body);
    // The stream is there, and takes other subjects.
    subscribe(
        &server,
        "lost",
        &with(body, json!({ "url": "nats://LOGISTICS/elsewhere.{type}" })),
    );
    ready(&server, "L1", "K1", &date_in(2));
    let dead =
        eventually(|| Some(server.admin().all("/v1/dead-letters")).filter(|dead| !dead.is_empty()));
    assert_eq!(
        (&dead[0]["subscriptionId"], &dead[0]["cause"]),
        (&json!("lost"), &json!("no_stream"))
    );
    nats.remove("LOGISTICS");
    nats.stream("LOGISTICS", "elsewhere.>");
    let number = &dead[0]["number"];
    server
        .admin()
        .post(&format!("/v1/dead-letters/{number}/redrive"), &json!({}))
        .expect(200);
    let sent = eventually(|| Some(nats.messages("LOGISTICS")).filter(|sent| !sent.is_empty()));
    assert_eq!(sent[0].subject, "elsewhere.DeliveryScheduled");
}

#[test]
fn http_goes_on_while_nats_is_gone_and_all_comes_when_it_is_back() {
    let mut nats = production();
    nats.stream("LOGISTICS", "pontic.>");
    let server = reading(&nats, "L1", "cases.production").go();
    subscribe(
        &server,
        "all",
        &json!({ "url": "nats://LOGISTICS/pontic.{lab}.{type}", "maxRetries": 0 }),
    );
    nats.publish(
        "cases.a",
        &event("E-1", &case("L1", "C1", "K1", &date_in(2))),
    );
    eventually_done(&nats);
    assert_eq!(bus(&server)["status"], "ok");
    nats.stop();
    eventually(|| (bus(&server)["status"] == "unavailable").then_some(()));
    let answer = server.nobody().get("/readyz");
    assert_eq!(
        (answer.status, &answer.body["status"]),
        (200, &json!("ready"))
    );
    assert!(metric(&server, "pontic_bus_connected").abs() < f64::EPSILON);
    for n in 2..7 {
        ready(&server, "L1", &format!("K{n}"), &date_in(2));
    }
    std::thread::sleep(Duration::from_secs(3));
    let waiting = server.admin().all("/v1/messages?status=waiting");
    assert_eq!(waiting.len(), 5, "they wait, and nothing was tried in vain");
    nats.go();
    nats.publish(
        "cases.a",
        &event("E-8", &case("L1", "C1", "K8", &date_in(2))),
    );
    let began = Instant::now();
    eventually_done(&nats);
    let sent = eventually(|| Some(nats.messages("LOGISTICS")).filter(|sent| sent.len() == 7));
    assert!(began.elapsed() < Duration::from_secs(10));
    let counts: Vec<i64> = sent
        .iter()
        .filter_map(|one| one.body["data"]["packageCount"].as_i64())
        .collect();
    assert_eq!(counts, (1..=7).collect::<Vec<i64>>());
    assert_eq!(bus(&server)["status"], "ok");
    assert!((metric(&server, "pontic_bus_connected") - 1.0).abs() < f64::EPSILON);
    assert!(server.admin().all("/v1/dead-letters").is_empty());
}

#[test]
fn a_server_starts_without_nats_and_reads_when_it_comes() {
    let mut nats = production();
    nats.publish(
        "cases.a",
        &event("E-1", &case("L1", "C1", "K1", &date_in(2))),
    );
    nats.stop();
    let server = reading(&nats, "L1", "cases.production")
        .env("PONTIC_NATS__REQUIRE_DURABLE_BUS", "false")
        .go();
    assert_eq!(bus(&server)["status"], "unavailable");
    ready(&server, "L1", "K2", &date_in(2));
    nats.go();
    eventually_done(&nats);
    assert_eq!(cases(&server), ["K2", "K1"]);
}

#[test]
fn without_a_bus_nobody_is_told_over_it() {
    let server = Start::new().go();
    let put = server.admin().put(
        "/v1/subscriptions/all",
        &json!({ "url": "nats://LOGISTICS/pontic.{type}" }),
    );
    assert_eq!(put.faults(), [("url".to_owned(), "not_found".to_owned())]);
    let put = server.admin().put(
        "/v1/subscriptions/all",
        &json!({ "url": "nats://LOGISTICS/pontic.>" }),
    );
    assert_eq!(
        put.faults(),
        [("url".to_owned(), "invalid_format".to_owned())]
    );
    assert_eq!(bus(&server), Value::Null);
}
