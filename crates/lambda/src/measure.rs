//! What CloudWatch is told: a line of its embedded metric format for each invocation. No value of a request stands in it.

use std::time::{Duration, Instant};

use axum::http::StatusCode;
use pontic_server::http::Delivered;
use serde_json::{Map, Value, json};

/// Where the metrics are found.
pub const NAMESPACE: &str = "Pontic";
/// By what they are told apart.
pub const DIMENSIONS: [&str; 2] = ["FunctionName", "Trigger"];
/// All of them, with their units.
pub const METRICS: [(&str, &str); 8] = [
    ("Invocations", "Count"),
    ("DurationMs", "Milliseconds"),
    ("StartMs", "Milliseconds"),
    ("Accepted", "Count"),
    ("Refused", "Count"),
    ("Unverified", "Count"),
    ("Kept", "Count"),
    ("Failed", "Count"),
];

/// What became of one invocation.
#[derive(Debug)]
pub struct Tally {
    began: Instant,
    /// Taken in: a 2xx, or a message of a queue.
    accepted: u64,
    /// The sender's fault: a 4xx but 401.
    refused: u64,
    /// 401: another secret, or somebody else.
    unverified: u64,
    /// Messages of a queue that lie in the quarantine.
    kept: u64,
    /// Our fault: a 5xx, or a message that comes again.
    failed: u64,
    /// How long the program took to start, if this is its first invocation.
    start: Option<Duration>,
}

impl Tally {
    /// Begins now.
    pub fn begin(start: Option<Duration>) -> Self {
        Self {
            began: Instant::now(),
            accepted: 0,
            refused: 0,
            unverified: 0,
            kept: 0,
            failed: 0,
            start,
        }
    }

    /// An answer over HTTP.
    pub fn answered(&mut self, status: StatusCode) {
        match status {
            StatusCode::UNAUTHORIZED => self.unverified += 1,
            status if status.is_server_error() => self.failed += 1,
            status if status.is_client_error() => self.refused += 1,
            _ => self.accepted += 1,
        }
    }

    /// A message of a queue.
    pub fn delivered(&mut self, delivered: Delivered) {
        match delivered {
            Delivered::Accepted | Delivered::Ours => self.accepted += 1,
            Delivered::Kept => self.kept += 1,
            Delivered::Again => self.failed += 1,
        }
    }

    /// The line, for an invocation by that trigger that ends at that time.
    pub fn line(&self, function: &str, trigger: &str, at_ms: i64) -> String {
        let ms = |duration: Duration| duration.as_secs_f64() * 1e3;
        let value = |name: &str| match name {
            "Invocations" => Some(json!(1)),
            "DurationMs" => Some(json!(ms(self.began.elapsed()))),
            "StartMs" => self.start.map(|start| json!(ms(start))),
            "Accepted" => Some(json!(self.accepted)),
            "Refused" => Some(json!(self.refused)),
            "Unverified" => Some(json!(self.unverified)),
            "Kept" => Some(json!(self.kept)),
            "Failed" => Some(json!(self.failed)),
            _ => None,
        };
        let mut line = Map::new();
        let mut told = Vec::new();
        for (name, unit) in METRICS {
            if let Some(value) = value(name) {
                line.insert(name.to_owned(), value);
                told.push(json!({ "Name": name, "Unit": unit }));
            }
        }
        for (name, value) in DIMENSIONS.into_iter().zip([function, trigger]) {
            line.insert(name.to_owned(), value.into());
        }
        let directive = json!({
            "Timestamp": at_ms,
            "CloudWatchMetrics": [{ "Namespace": NAMESPACE, "Dimensions": [DIMENSIONS], "Metrics": told }],
        });
        line.insert("_aws".to_owned(), directive);
        Value::Object(line).to_string()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_line_names_every_metric_that_it_holds_and_holds_every_one_that_it_names() {
        for start in [None, Some(Duration::from_millis(42))] {
            let mut tally = Tally::begin(start);
            for status in [200, 201, 401, 422, 503] {
                tally.answered(StatusCode::from_u16(status).expect("a status"));
            }
            for delivered in [
                Delivered::Accepted,
                Delivered::Ours,
                Delivered::Kept,
                Delivered::Again,
            ] {
                tally.delivered(delivered);
            }
            let line = tally.line("doors", "queue", 1_700_000_000_000);
            let line: Value = serde_json::from_str(&line).expect("JSON");
            let told = &line["_aws"]["CloudWatchMetrics"][0];
            let names = told["Metrics"].as_array().expect("a list");
            assert_eq!(names.len(), METRICS.len() - usize::from(start.is_none()));
            for metric in names {
                let name = metric["Name"].as_str().expect("a name");
                assert!(line[name].is_number(), "{name}");
            }
            assert_eq!(told["Dimensions"], json!([["FunctionName", "Trigger"]]));
            assert_eq!(
                (&line["FunctionName"], &line["Trigger"]),
                (&json!("doors"), &json!("queue"))
            );
            let counts = ["Accepted", "Refused", "Unverified", "Kept", "Failed"];
            let counts = counts.map(|name| line[name].as_u64().expect("a count"));
            assert_eq!(counts, [4, 1, 1, 1, 2]);
            assert_eq!(line["_aws"]["Timestamp"], json!(1_700_000_000_000_u64));
        }
    }
}
