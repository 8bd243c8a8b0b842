//! Counts, health, and the description of the API.

use std::collections::BTreeSet;

use serde_json::{Value, json};

use crate::harness::{Start, case, date_in, pickup, shared};

#[test]
fn integration_metrics_count_and_begin_anew() {
    let server = Start::new().go();
    let admin = server.admin();
    let empty = json!({ "totalEvents": 0, "totalErrors": 0, "errorRate": 0.0, "avgLatencyMs": 0.0, "eventCounts": {}, "errorCounts": {} });
    assert_eq!(admin.get("/v1/integration/metrics").expect(200), empty);
    admin
        .event("CaseReadyToShip", &case("L", "C1", "K1", &date_in(1)))
        .result();
    admin
        .event("CaseReadyToShip", &case("L", "C1", "K1", &date_in(1)))
        .result();
    admin.event("CaseReadyToShip", &json!({}));
    admin
        .event("PickupRequested", &pickup("L", "C1", "P1", 30))
        .result();
    admin.event("Nothing", &json!({}));
    server.webhook("dentrix", &json!({ "externalId": "D-1" }));
    // Whoever cannot sign is counted as nobody's event.
    server.nobody().post("/webhooks/ehr/dentrix", &json!({}));
    let read = admin.get("/v1/integration/metrics").expect(200);
    assert_eq!(
        read["eventCounts"],
        json!({ "CaseReadyToShip": 3, "PickupRequested": 2, "unknown": 1 })
    );
    assert_eq!(
        read["errorCounts"],
        json!({ "CaseReadyToShip": 1, "PickupRequested": 1, "unknown": 1 })
    );
    assert_eq!(
        json!([read["totalEvents"], read["totalErrors"], read["errorRate"]]),
        json!([6, 3, 50.0])
    );
    let latency = read["avgLatencyMs"].as_f64().expect("a number");
    assert!(
        latency >= 0.0 && ((latency * 10.0).round() - latency * 10.0).abs() < 1e-6,
        "{latency}"
    );
    assert_eq!(admin.delete("/v1/integration/metrics").status, 204);
    assert_eq!(admin.get("/v1/integration/metrics").expect(200), empty);
}

#[test]
fn error_rate_has_two_decimals() {
    let server = Start::new().go();
    let good = |number: usize| json!({ "source": "s", "detailType": "CaseReadyToShip", "detail": case("L", "C1", &format!("K{number}"), &date_in(1)) });
    let bad = json!({ "source": "s", "detailType": "CaseReadyToShip", "detail": {} });
    let events: Vec<Value> = (0..1_511)
        .map(good)
        .chain(std::iter::repeat_n(bad, 12))
        .collect();
    for part in events.chunks(800) {
        server.admin().post("/v1/events", &json!(part)).expect(200);
    }
    let read = server.admin().get("/v1/integration/metrics").expect(200);
    assert_eq!(
        json!([read["totalEvents"], read["totalErrors"], read["errorRate"]]),
        json!([1_523, 12, 0.79])
    );
}

#[test]
fn prometheus_can_read_the_metrics() {
    let server = Start::new().go();
    server
        .admin()
        .event("CaseReadyToShip", &case("L", "C1", "K1", &date_in(1)))
        .result();
    let answer = server.admin().get("/metrics");
    assert!(
        answer.status == 200 && answer.header("content-type").starts_with("text/plain"),
        "{}",
        answer.text
    );
    assert!(
        answer
            .text
            .contains("pontic_events_total{type=\"CaseReadyToShip\",status=\"accepted\"} 1"),
        "{}",
        answer.text
    );
    for line in answer
        .text
        .lines()
        .filter(|line| !line.starts_with('#') && !line.is_empty())
    {
        let value = line
            .rsplit_once(' ')
            .and_then(|(_, value)| value.parse::<f64>().ok());
        assert!(value.is_some(), "{line}");
    }
}

#[test]
fn health_and_readiness_need_no_token() {
    let server = shared();
    assert_eq!(
        server.nobody().get("/healthz").expect(200)["status"],
        "alive"
    );
    let ready = server.nobody().get("/readyz").expect(200);
    assert_eq!(
        (&ready["status"], &ready["store"], &ready["clock"]["set"]),
        (&json!("ready"), &json!("ok"), &json!(false))
    );
    assert!(ready["oldestWaitingSeconds"].is_number());
    let set = Start::new().now("2025-01-15T12:00:00Z").go();
    let clock = &set.nobody().get("/readyz").expect(200)["clock"];
    assert!(
        clock["set"] == true
            && clock["now"]
                .as_str()
                .is_some_and(|now| now.starts_with("2025-01-15T12:0")),
        "{clock}"
    );
    crate::harness::eventually(|| set.printed().contains("the clock was set").then_some(()));
}

/// Paths that are no part of the description: the description itself, and a socket.
const NOT_DESCRIBED: [&str; 6] = [
    "/openapi.json",
    "/docs",
    "/docs/",
    "/docs/{*rest}",
    "/ws/dispatch",
    "/ws/driver",
];

#[test]
fn the_description_and_the_access_table_name_the_same_paths() {
    let answer = shared().nobody().get("/openapi.json");
    let document = answer.expect(200);
    assert!(
        document["openapi"]
            .as_str()
            .is_some_and(|version| version.starts_with("3."))
    );
    let described: BTreeSet<String> = document["paths"]
        .as_object()
        .expect("paths")
        .keys()
        .cloned()
        .collect();
    let table = include_str!("../../src/access/table.rs");
    let texts = table
        .split('"')
        .skip(1)
        .step_by(2)
        .filter(|text| text.starts_with('/'));
    let in_table: BTreeSet<String> = texts
        .filter(|text| !NOT_DESCRIBED.contains(text) && !text.contains("nobody"))
        .map(|text| text.replace("{*", "{"))
        .collect();
    let described: BTreeSet<String> = described
        .iter()
        .map(|path| path.replace("{*", "{"))
        .collect();
    assert_eq!(described, in_table);
}

#[test]
fn every_operation_is_described_with_its_answers_and_its_own_name() {
    let document = shared().nobody().get("/openapi.json").expect(200);
    let mut names = BTreeSet::new();
    for (path, methods) in document["paths"].as_object().expect("paths") {
        for (method, operation) in methods.as_object().expect("methods") {
            let name = operation["operationId"]
                .as_str()
                .unwrap_or_default()
                .to_owned();
            assert!(
                names.insert(name.clone()),
                "{name} of {method} {path} is another's"
            );
            assert!(operation["summary"].is_string(), "{method} {path}");
            assert!(
                operation["responses"]
                    .as_object()
                    .is_some_and(|answers| !answers.is_empty()),
                "{method} {path}"
            );
            let given: BTreeSet<&str> = path
                .split('{')
                .skip(1)
                .filter_map(|part| part.split('}').next())
                .collect();
            let parameters = operation["parameters"]
                .as_array()
                .cloned()
                .unwrap_or_default();
            let said: BTreeSet<&str> = parameters
                .iter()
                .filter(|one| one["in"] == "path")
                .filter_map(|one| one["name"].as_str())
                .collect();
            assert_eq!(said, given, "{method} {path}");
        }
    }
}

#[test]
fn the_page_to_read_it_loads_nothing_from_elsewhere() {
    let server = shared();
    let nobody = server.nobody();
    let moved = nobody.get("/docs");
    assert!(
        moved.status == 200 || moved.header("location").starts_with("/docs/"),
        "{}",
        moved.status
    );
    let page = nobody.get("/docs/");
    assert_eq!(page.status, 200);
    let parts = page
        .text
        .split(['"', '\''])
        .filter(|part| matches!(part.rsplit_once('.'), Some((_, "js" | "css"))));
    let mut texts = vec![page.text.clone()];
    for part in parts {
        assert!(!part.contains("//"), "{part}");
        let loaded = nobody.get(&format!("/docs/{}", part.trim_start_matches("./")));
        assert_eq!(loaded.status, 200, "{part}");
        if part.contains("initializer") {
            texts.push(loaded.text);
        }
    }
    assert!(texts.len() > 1, "the page's own script was looked at");
    for text in texts {
        for (at, _) in text.match_indices("://") {
            let start = text[..at]
                .rfind(|c: char| !c.is_ascii_alphanumeric())
                .map_or(0, |start| start + 1);
            let scheme = &text[start..at];
            assert!(
                !matches!(scheme, "http" | "https" | "ws" | "wss"),
                "{}",
                &text[start..(at + 60).min(text.len())]
            );
        }
    }
}
