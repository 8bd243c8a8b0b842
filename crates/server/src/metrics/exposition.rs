//! What Prometheus reads: every metric with its meaning. Counters of which all values are known begin at nought, or the first
//! dead letter would be no rise.

use std::sync::OnceLock;
use std::time::Duration;

use axum::http::StatusCode;
use metrics::{Counter, Histogram};
use metrics_exporter_prometheus::{BuildError, Matcher, PrometheusBuilder, PrometheusHandle};

/// Bounds of durations, in seconds. Histograms, not quantiles: those of several replicas can be added up.
const SECONDS: [f64; 13] = [
    0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0,
];
/// Bounds of the number of events in a batch.
const EVENTS: [f64; 11] = [
    1.0, 2.0, 4.0, 8.0, 16.0, 32.0, 64.0, 128.0, 256.0, 512.0, 1_024.0,
];

/// Counters and what they count.
const COUNTERS: [(&str, &str); 9] = [
    (
        "pontic_events_total",
        "Events by type, and whether they were accepted or refused.",
    ),
    (
        "pontic_http_answers_total",
        "Answers to requests, by status.",
    ),
    (
        "pontic_positions_total",
        "Positions of drivers, by what became of them.",
    ),
    (
        "pontic_messages_total",
        "Tries to deliver a publication by webhook, by outcome; dead ones are not tried again.",
    ),
    (
        "pontic_notices_total",
        "Notices to clinics and dispatchers, by channel and outcome.",
    ),
    (
        "pontic_webhooks_unverified_total",
        "Webhooks of practice systems whose signature did not verify, by endpoint.",
    ),
    (
        "pontic_names_read_total",
        "Answers that held names of patients, by kind of record.",
    ),
    (
        "pontic_travel_times_total",
        "Answers of the service for travel times, by outcome.",
    ),
    (
        "pontic_travel_time_elements_total",
        "Elements that the service for travel times was asked for, which is what it bills.",
    ),
];

/// Gauges and what they show.
const GAUGES: [(&str, &str); 11] = [
    ("pontic_build_info", "1, with the version that runs."),
    (
        "pontic_store_up",
        "Whether the store answered when this was read. While it is 0, what is read from the store stands as it was.",
    ),
    (
        "pontic_log_events",
        "Number of the newest event in the log. Of the store, so every replica shows the same.",
    ),
    (
        "pontic_work_waiting",
        "Pieces of work that wait for their time or their turn. Of the store.",
    ),
    (
        "pontic_work_oldest_seconds",
        "For how long the oldest piece of due work has been due. Of the store.",
    ),
    (
        "pontic_relay_behind_events",
        "Events in the log that have not been looked at for subscriptions yet. Of the store.",
    ),
    (
        "pontic_dead_letters",
        "Messages that are not tried again until somebody redrives them. Of the store.",
    ),
    (
        "pontic_door_waiting_events",
        "Events that wait at the door of this program.",
    ),
    (
        "pontic_live_readers",
        "Dispatchers' sockets and streams that are open at this program.",
    ),
    (
        "process_resident_memory_bytes",
        "Memory of this program that is resident.",
    ),
    (
        "process_open_fds",
        "Files and sockets that this program has open.",
    ),
];

/// Histograms and what they measure.
const HISTOGRAMS: [(&str, &str, &[f64]); 3] = [
    (
        "pontic_batch_events",
        "Events that were committed together.",
        &EVENTS,
    ),
    (
        "pontic_batch_seconds",
        "From a batch's first event at the door's desk to its commit.",
        &SECONDS,
    ),
    (
        "pontic_http_seconds",
        "From a request's head to its answer's head.",
        &SECONDS,
    ),
];

/// What becomes of a position.
const POSITIONS: [&str; 4] = ["accepted", "duplicate", "late", "rejected"];
/// Labels whose values are all known.
const KNOWN: [(&str, &str, &[&str]); 5] = [
    (
        "pontic_messages_total",
        "outcome",
        &["sent", "again", "dead", "gone"],
    ),
    ("pontic_positions_total", "outcome", &POSITIONS),
    ("pontic_names_read_total", "kind", &["delivery", "pickup"]),
    ("pontic_travel_times_total", "outcome", &["found"]),
    (
        "pontic_http_answers_total",
        "code",
        &["200", "429", "500", "503"],
    ),
];
/// The same of notices, which have two labels.
const CHANNELS: [&str; 2] = ["email", "sms"];
const OUTCOMES: [&str; 4] = ["sent", "again", "failed", "skipped"];

/// Prometheus' text, of everything this process counts.
pub fn prometheus() -> String {
    recorder().map(PrometheusHandle::render).unwrap_or_default()
}

/// Puts what histograms were told into their buckets: it is gathered one by one until then, also where nobody reads it.
pub fn tidy_up() {
    if let Some(recorder) = recorder() {
        recorder.run_upkeep();
    }
}

/// Installs the recorder of this process, once.
pub fn recorder() -> Option<&'static PrometheusHandle> {
    static HANDLE: OnceLock<Option<PrometheusHandle>> = OnceLock::new();
    HANDLE
        .get_or_init(|| {
            let handle = install().ok()?;
            describe();
            begin();
            Some(handle)
        })
        .as_ref()
}

fn install() -> Result<PrometheusHandle, BuildError> {
    let mut builder = PrometheusBuilder::new();
    for (name, _, bounds) in HISTOGRAMS {
        builder = builder.set_buckets_for_metric(Matcher::Full(name.to_owned()), bounds)?;
    }
    builder.install_recorder()
}

fn describe() {
    for (name, says) in COUNTERS {
        metrics::describe_counter!(name, says);
    }
    for (name, says) in GAUGES {
        metrics::describe_gauge!(name, says);
    }
    for (name, says, _) in HISTOGRAMS {
        metrics::describe_histogram!(name, says);
    }
}

fn begin() {
    for (name, label, values) in KNOWN {
        for value in values {
            metrics::counter!(name, label => *value).absolute(0);
        }
    }
    for channel in CHANNELS {
        for outcome in OUTCOMES {
            metrics::counter!("pontic_notices_total", "channel" => channel, "outcome" => outcome)
                .absolute(0);
        }
    }
    metrics::counter!("pontic_travel_time_elements_total").absolute(0);
    metrics::gauge!("pontic_build_info", "version" => env!("CARGO_PKG_VERSION")).set(1.0);
}

/// Counts an answer, and how long its head took. Every request comes by here, so the counters are found once only.
pub fn answered(status: StatusCode, took: Duration) {
    const FIRST: u16 = 100;
    const LAST: u16 = 599;
    static ANSWERS: [OnceLock<Counter>; (LAST - FIRST + 1) as usize] =
        [const { OnceLock::new() }; (LAST - FIRST + 1) as usize];
    static SECONDS: OnceLock<Histogram> = OnceLock::new();
    let code = status.as_u16().clamp(FIRST, LAST);
    ANSWERS[usize::from(code - FIRST)]
        .get_or_init(|| metrics::counter!("pontic_http_answers_total", "code" => code.to_string()))
        .increment(1);
    SECONDS
        .get_or_init(|| metrics::histogram!("pontic_http_seconds"))
        .record(took.as_secs_f64());
}

/// Counts a position, by one of the four words for what became of it.
pub fn position(outcome: &'static str) {
    static COUNTERS: [OnceLock<Counter>; POSITIONS.len()] =
        [const { OnceLock::new() }; POSITIONS.len()];
    let mut known = POSITIONS.iter().zip(&COUNTERS);
    if let Some((word, counter)) = known.find(|(word, _)| **word == outcome) {
        counter
            .get_or_init(|| metrics::counter!("pontic_positions_total", "outcome" => *word))
            .increment(1);
    }
}

/// How the store stands.
#[derive(Debug, Clone, Copy)]
pub struct StoreStands {
    /// Number of the newest event.
    pub log_events: u64,
    /// Pieces of work.
    pub work_waiting: u64,
    /// For how long the oldest due one has been due, in seconds.
    pub work_oldest_s: i64,
    /// Up to which event subscriptions were served.
    pub fanned_out: u64,
    /// Messages that are not tried again.
    pub dead_letters: u64,
}

/// Shows how the store stands; nothing where it does not answer.
#[expect(clippy::cast_precision_loss, reason = "counts are far below 2^53")]
pub fn store(stands: Option<StoreStands>) {
    metrics::gauge!("pontic_store_up").set(f64::from(u8::from(stands.is_some())));
    let Some(stands) = stands else { return };
    let behind = stands.log_events.saturating_sub(stands.fanned_out);
    metrics::gauge!("pontic_log_events").set(stands.log_events as f64);
    metrics::gauge!("pontic_work_waiting").set(stands.work_waiting as f64);
    metrics::gauge!("pontic_work_oldest_seconds").set(stands.work_oldest_s as f64);
    metrics::gauge!("pontic_relay_behind_events").set(behind as f64);
    metrics::gauge!("pontic_dead_letters").set(stands.dead_letters as f64);
}

/// Shows how this program stands.
#[expect(clippy::cast_precision_loss, reason = "counts are far below 2^53")]
pub fn program(waiting_events: usize, live_readers: usize) {
    metrics::gauge!("pontic_door_waiting_events").set(waiting_events as f64);
    metrics::gauge!("pontic_live_readers").set(live_readers as f64);
    if let Some(bytes) = resident_bytes() {
        metrics::gauge!("process_resident_memory_bytes").set(bytes as f64);
    }
    if let Ok(files) = std::fs::read_dir("/proc/self/fd") {
        metrics::gauge!("process_open_fds").set(files.count() as f64);
    }
}

/// As the operating system says it: `VmRSS:    19912 kB`.
fn resident_bytes() -> Option<u64> {
    let status = std::fs::read_to_string("/proc/self/status").ok()?;
    let line = status
        .lines()
        .find_map(|line| line.strip_prefix("VmRSS:"))?;
    let kib: u64 = line.trim().strip_suffix("kB")?.trim().parse().ok()?;
    Some(kib * 1024)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_operating_system_tells_the_memory() {
        assert!(resident_bytes().is_some_and(|bytes| bytes > 1024 * 1024));
    }
}
