//! The dashboard and the alerts ask for metrics, labels and values that the program really serves.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::{Value, json};

use super::files::{root, text, texts_at, yaml};
use crate::harness::{Start, case, date_in, fix, now, pickup, with};

/// Labels that Prometheus puts on whatever it reads, and that of a histogram's buckets.
const OF_PROMETHEUS: [&str; 2] = ["instance", "job"];

/// A line: its name, and its labels.
type Series = (String, BTreeMap<String, String>);

/// What a server serves that has had something to do.
fn served() -> (Vec<Series>, String) {
    let server = Start::new().go();
    let admin = server.admin();
    let good = case("L", "C1", "K1", &date_in(1));
    admin.event("CaseReadyToShip", &good).result();
    admin.event("CaseReadyToShip", &json!({}));
    server.nobody().post("/webhooks/ehr/dentrix", &json!({}));
    server
        .token(&json!({ "role": "driver", "labId": "L", "driverId": "D" }))
        .post("/v1/positions", &fix(now(), 0.0, 30.0))
        .expect(200);
    let text = admin.get("/metrics").text;
    let lines = text
        .lines()
        .filter(|line| !line.starts_with('#') && !line.is_empty());
    (lines.map(series).collect(), text.clone())
}

fn series(line: &str) -> Series {
    let (series, _) = line.rsplit_once(' ').expect("a value");
    let (name, labels) = series.split_once('{').unwrap_or((series, ""));
    let labels = labels.trim_end_matches('}').split("\",");
    let labels = labels.filter_map(|label| label.split_once("=\""));
    let labels =
        labels.map(|(name, value)| (name.to_owned(), value.trim_end_matches('"').to_owned()));
    (name.to_owned(), labels.collect())
}

/// One `name{label="value"}` of an expression: the name, and of each condition its label, its operator and its value.
type Selector = (String, Vec<(String, String, String)>);

/// The metrics of an expression, which are names of ours or `up`.
fn selectors(expression: &str) -> Vec<Selector> {
    let mut found = Vec::new();
    let mut rest = expression;
    while let Some(start) = rest.find(|c: char| c.is_ascii_alphabetic()) {
        rest = &rest[start..];
        let end = rest.find(|c: char| !c.is_ascii_alphanumeric() && c != '_');
        let (name, after) = rest.split_at(end.unwrap_or(rest.len()));
        rest = after;
        if !is_metric(name) {
            // A text between quotes names nothing.
            continue;
        }
        let mut conditions = Vec::new();
        if let Some((inside, after)) = rest.strip_prefix('{').and_then(|rest| rest.split_once('}'))
        {
            rest = after;
            for condition in inside.split(',') {
                let at = condition.find(['=', '!']).expect("an operator");
                let (label, condition) = condition.split_at(at);
                let at = condition.find('"').expect("a value");
                let (operator, value) = condition.split_at(at);
                let value = value.trim_matches('"');
                conditions.push((label.to_owned(), operator.to_owned(), value.to_owned()));
            }
        }
        found.push((name.to_owned(), conditions));
    }
    found
}

fn is_metric(name: &str) -> bool {
    name.starts_with("pontic_") || name.starts_with("process_") || name == "up"
}

/// The labels of `by (…)`.
fn grouped(expression: &str) -> BTreeSet<String> {
    let lists = expression.match_indices("by (");
    let lists = lists.filter_map(|(at, by)| expression[at + by.len()..].split_once(')'));
    lists
        .flat_map(|(labels, _)| labels.split(','))
        .map(|label| label.trim().to_owned())
        .collect()
}

/// What an expression asks for that nobody serves.
fn unserved(expression: &str, served: &[Series]) -> Vec<String> {
    let mut faults = Vec::new();
    let mut labels = BTreeSet::from(OF_PROMETHEUS.map(str::to_owned));
    let found = selectors(expression);
    if found.is_empty() {
        faults.push(format!("{expression} asks for nothing"));
    }
    for (name, conditions) in found {
        let of_name: Vec<&Series> = served.iter().filter(|(known, _)| *known == name).collect();
        if of_name.is_empty() && name != "up" {
            faults.push(format!("{name} is not served"));
        }
        labels.extend(
            of_name
                .iter()
                .flat_map(|(_, labels)| labels.keys().cloned()),
        );
        for (label, operator, value) in conditions {
            let mut values = of_name.iter().filter_map(|(_, labels)| labels.get(&label));
            let is_there = match operator.as_str() {
                _ if OF_PROMETHEUS.contains(&label.as_str()) => true,
                "=" | "!=" => values.any(|known| *known == value),
                _ => values.next().is_some(),
            };
            if !is_there {
                faults.push(format!("{name} has no {label}{operator}{value}"));
            }
        }
    }
    let asked = grouped(expression);
    faults.extend(
        asked
            .difference(&labels)
            .map(|label| format!("no label {label}")),
    );
    faults
}

/// The expressions of the alerts.
fn alerts() -> Vec<Value> {
    let rules = yaml("prometheus/alerts.yaml").remove(0);
    let rules = rules["groups"][0]["rules"].as_array().cloned();
    rules.expect("rules")
}

#[test]
fn alerts_ask_for_what_is_served_and_say_what_to_do() {
    let (served, _) = served();
    let alerts = alerts();
    assert!(alerts.len() >= 10);
    let mut names = BTreeSet::new();
    for alert in &alerts {
        let expression = alert["expr"].as_str().expect("an expression");
        assert_eq!(
            unserved(expression, &served),
            Vec::<String>::new(),
            "{alert}"
        );
        assert!(names.insert(alert["alert"].as_str().expect("a name")));
        let severity = &alert["labels"]["severity"];
        assert!(*severity == "warning" || *severity == "critical", "{alert}");
        for part in ["summary", "description", "action"] {
            assert!(alert["annotations"][part].is_string(), "{alert}");
        }
    }
    let tests = text("prometheus/alerts.test.yaml");
    for name in names {
        assert!(
            tests.contains(name),
            "{name} is never told in alerts.test.yaml"
        );
    }
    for (wrong, says) in [
        (
            "rate(pontic_nothing_total[5m])",
            "pontic_nothing_total is not served",
        ),
        (
            "pontic_messages_total{outcome=\"ded\"}",
            "pontic_messages_total has no outcome=ded",
        ),
        (
            "sum by (kindness) (pontic_names_read_total)",
            "no label kindness",
        ),
    ] {
        assert_eq!(unserved(wrong, &served), [says]);
    }
}

#[test]
fn the_dashboard_asks_for_what_is_served() {
    let (served, _) = served();
    let dashboard: Value = serde_json::from_str(&text("grafana/pontic.json")).expect("JSON");
    let expressions = texts_at(&dashboard, "expr");
    assert!(expressions.len() >= 25);
    for expression in expressions {
        assert_eq!(
            unserved(expression, &served),
            Vec::<String>::new(),
            "{expression}"
        );
    }
    let mut ids = BTreeSet::new();
    for panel in dashboard["panels"].as_array().expect("panels") {
        assert!(ids.insert(panel["id"].as_u64().expect("a number")));
        let place = &panel["gridPos"];
        let right = place["x"].as_u64().expect("x") + place["w"].as_u64().expect("w");
        assert!(right <= 24, "{}", panel["title"]);
        for target in panel["targets"].as_array().into_iter().flatten() {
            assert_eq!(target["datasource"]["uid"], "${datasource}");
            let grouped = grouped(target["expr"].as_str().expect("an expression"));
            let legend = target["legendFormat"].as_str().unwrap_or_default();
            for label in legend.split("{{").skip(1) {
                let label = label.split("}}").next().expect("a label");
                let is_there =
                    grouped.contains(label) || (grouped.is_empty() && label == "instance");
                assert!(is_there, "{legend}");
            }
        }
    }
    let variables = dashboard["templating"]["list"]
        .as_array()
        .expect("variables");
    let names = variables.iter().map(|variable| variable["name"].as_str());
    assert_eq!(
        names.collect::<Vec<_>>(),
        [Some("datasource"), Some("instance")]
    );
}

#[test]
fn every_metric_says_what_it_is_and_stands_in_the_documentation() {
    let (served, text) = served();
    let docs = std::fs::read_to_string(root().join("../docs/deploy.md")).expect("docs/deploy.md");
    for (name, _) in served {
        let base = ["_bucket", "_sum", "_count"]
            .iter()
            .find_map(|end| name.strip_suffix(end))
            .unwrap_or(&name);
        assert!(text.contains(&format!("# HELP {base} ")), "{name}");
        assert!(docs.contains(&format!("`{base}`")), "{base}");
    }
}

#[test]
fn counters_begin_at_nought_and_gauges_show_how_the_store_stands() {
    let server = Start::new().go();
    let read = || server.admin().get("/metrics").text;
    let value = |text: &str, line: &str| {
        let line = text.lines().find_map(|known| known.strip_prefix(line));
        line.and_then(|value| value.trim().parse::<f64>().ok())
    };
    let before = read();
    for line in [
        "pontic_messages_total{outcome=\"dead\"}",
        "pontic_positions_total{outcome=\"accepted\"}",
        "pontic_http_answers_total{code=\"500\"}",
        "pontic_notices_total{channel=\"sms\",outcome=\"failed\"}",
    ] {
        assert_eq!(value(&before, line), Some(0.0), "{line} in {before}");
    }
    assert_eq!(value(&before, "pontic_store_up"), Some(1.0));
    let log = value(&before, "pontic_log_events").expect("a number");
    let series = with(
        pickup("L", "C1", "P1", 30),
        json!({ "recurrence": "daily" }),
    );
    server.admin().event("PickupRequested", &series).result();
    let after = read();
    assert!(value(&after, "pontic_log_events") > Some(log), "{after}");
    assert!(value(&after, "pontic_work_waiting") >= Some(1.0), "{after}");
    assert_eq!(value(&after, "pontic_work_oldest_seconds"), Some(0.0));
    let answers = value(&after, "pontic_http_answers_total{code=\"200\"}");
    assert!(answers >= Some(2.0), "{after}");
    assert_eq!(
        value(&after, "pontic_http_seconds_bucket{le=\"+Inf\"}"),
        value(&after, "pontic_http_seconds_count")
    );
    assert!(
        value(&after, "process_resident_memory_bytes") > Some(1e6),
        "{after}"
    );
    assert!(value(&after, "process_open_fds") > Some(3.0), "{after}");
}
