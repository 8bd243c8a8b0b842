//! Counts: for people (`/v1/integration/metrics`) and for Prometheus (`/metrics`).

pub mod exposition;

use std::collections::BTreeMap;
use std::sync::Mutex;
use std::time::Duration;

use serde::Serialize;

/// What was counted of one type of event.
#[derive(Debug, Default, Clone, Copy)]
struct Count {
    events: u64,
    errors: u64,
    latency: Duration,
}

/// Counts since the start, or since somebody reset them.
#[derive(Debug, Default)]
pub struct Integration {
    counts: Mutex<BTreeMap<&'static str, Count>>,
}

/// The counts as the contract shows them.
#[derive(Debug, Serialize, PartialEq, utoipa::ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct IntegrationMetrics {
    total_events: u64,
    total_errors: u64,
    /// Percent, two decimals.
    error_rate: f64,
    /// Milliseconds, one decimal.
    avg_latency_ms: f64,
    event_counts: BTreeMap<&'static str, u64>,
    error_counts: BTreeMap<&'static str, u64>,
}

impl Integration {
    /// Counts one event of a type: whether it was accepted, and how long that took.
    pub fn record(&self, name: &'static str, accepted: bool, latency: Duration) {
        let status = if accepted { "accepted" } else { "refused" };
        metrics::counter!("pontic_events_total", "type" => name, "status" => status).increment(1);
        if let Ok(mut counts) = self.counts.lock() {
            let count = counts.entry(name).or_default();
            count.events += 1;
            count.errors += u64::from(!accepted);
            count.latency += latency;
        }
    }

    /// The counts.
    #[expect(clippy::cast_precision_loss, reason = "counts are far below 2^53")]
    pub fn read(&self) -> IntegrationMetrics {
        let counts = self
            .counts
            .lock()
            .map(|counts| counts.clone())
            .unwrap_or_default();
        let total_events: u64 = counts.values().map(|count| count.events).sum();
        let total_errors: u64 = counts.values().map(|count| count.errors).sum();
        let latency: Duration = counts.values().map(|count| count.latency).sum();
        let per_event = |sum: f64| {
            if total_events == 0 {
                0.0
            } else {
                sum / total_events as f64
            }
        };
        IntegrationMetrics {
            total_events,
            total_errors,
            error_rate: (per_event(total_errors as f64) * 1e4).round() / 1e2,
            avg_latency_ms: (per_event(latency.as_secs_f64() * 1e3) * 10.0).round() / 10.0,
            event_counts: counts
                .iter()
                .map(|(name, count)| (*name, count.events))
                .collect(),
            error_counts: counts
                .iter()
                .filter(|(_, count)| count.errors > 0)
                .map(|(name, count)| (*name, count.errors))
                .collect(),
        }
    }

    /// Begins anew.
    pub fn reset(&self) {
        if let Ok(mut counts) = self.counts.lock() {
            counts.clear();
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn twelve_of_1523_are_079_percent() {
        let integration = Integration::default();
        assert!((integration.read().avg_latency_ms).abs() < f64::EPSILON);
        for index in 0..1523 {
            integration.record("CaseReadyToShip", index >= 12, Duration::from_micros(1_250));
        }
        let read = integration.read();
        assert!((read.error_rate - 0.79).abs() < 1e-9);
        assert!((read.avg_latency_ms - 1.3).abs() < 1e-9);
        assert_eq!((read.total_events, read.total_errors), (1523, 12));
        integration.reset();
        assert_eq!(integration.read().total_events, 0);
    }
}
