//! What went in and out, minute by minute, for charts: since the start of the program, a day at most, in memory only.

use std::collections::BTreeMap;
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use jiff::Timestamp;
use serde::Serialize;
use utoipa::ToSchema;

/// Seconds of a step.
const STEP_S: i64 = 60;
/// Steps that are kept: a day.
pub const MOST_STEPS: i64 = 1_440;
/// Sources that are told apart in the series; whatever else a sender calls itself is `other`, so that no request's own words are kept.
const SOURCES: [&str; 7] = [
    "cases.production",
    "crm.portal",
    "finance.billing",
    "logistics.delivery",
    "dentrix",
    "opendental",
    "eaglesoft",
];

/// Publications, by their types.
const PUBLICATIONS: [&str; 12] = [
    "ArrivalNotification",
    "BillingTriggered",
    "DeliveryChanged",
    "DeliveryCompleted",
    "DeliveryScheduled",
    "DriverOnTheWay",
    "InvoiceDelivered",
    "PickupAtLab",
    "PickupCancelled",
    "PickupCompleted",
    "PickupConfirmed",
    "PickupMissed",
];

/// Which way something went.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub enum Way {
    /// An event or webhook came.
    In,
    /// A publication or notice was sent.
    Out,
}

/// One thing that is counted: which way, of whom, what.
type Line = (Way, &'static str, &'static str);

/// What was counted in one step.
#[derive(Debug, Clone, Copy, Default)]
struct Step {
    count: u64,
    errors: u64,
    latency: Duration,
}

/// All of it. Lines are made of words of ours, so there are few.
#[derive(Debug)]
pub struct Series {
    since: Timestamp,
    lines: Mutex<BTreeMap<Line, BTreeMap<i64, Step>>>,
}

/// A series as charts take it.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct Charts {
    /// When the first step begins.
    #[schema(value_type = String)]
    from: Text,
    /// Since when anything is counted.
    #[schema(value_type = String)]
    since: Text,
    /// Seconds of a step.
    step_seconds: i64,
    /// The lines.
    items: Vec<Chart>,
}

/// One line: a number a step, the newest last, which is not over yet.
#[derive(Debug, Serialize, PartialEq, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct Chart {
    direction: Way,
    /// A source, practice system or `other`; out: `webhook`, `nats`, `email` or `sms`.
    source: &'static str,
    /// The type of the event, publication or notice.
    kind: &'static str,
    counts: Vec<u64>,
    /// Of these, how many were refused or could not be sent.
    errors: Vec<u64>,
    /// On average, in milliseconds, with one decimal; none where nothing was counted.
    latency_ms: Vec<Option<f64>>,
}

/// A time as answers write it.
#[derive(Debug)]
struct Text(Timestamp);

impl Serialize for Text {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(&pontic_core::time::format(self.0))
    }
}

/// The word of a source that is counted by itself, or `other`.
pub fn source(name: &str) -> &'static str {
    let known = SOURCES.iter().find(|known| **known == name);
    known.copied().unwrap_or("other")
}

/// The type of a publication, or `other` for one of another version.
pub fn publication(name: &str) -> &'static str {
    let known = PUBLICATIONS.iter().find(|known| **known == name);
    known.copied().unwrap_or("other")
}

impl Series {
    /// Nothing was counted yet.
    pub const fn since(since: Timestamp) -> Self {
        Self {
            since,
            lines: Mutex::new(BTreeMap::new()),
        }
    }

    /// Counts one.
    pub fn count(&self, line: Line, at: Timestamp, is_good: bool, latency: Duration) {
        let now = step_of(at);
        let mut lines = self.lines.lock().unwrap_or_else(PoisonError::into_inner);
        let steps = lines.entry(line).or_default();
        let step = steps.entry(now).or_default();
        step.count += 1;
        step.errors += u64::from(!is_good);
        step.latency += latency;
        while steps
            .first_key_value()
            .is_some_and(|(first, _)| *first <= now - MOST_STEPS)
        {
            steps.pop_first();
        }
    }

    /// The last so many steps, the one that is not over yet among them.
    pub fn read(&self, now: Timestamp, steps: i64) -> Charts {
        let last = step_of(now);
        let first = last - steps + 1;
        let lines = self.lines.lock().unwrap_or_else(PoisonError::into_inner);
        let items = lines.iter().filter_map(|(line, counted)| {
            counted.range(first..=last).next()?;
            let each =
                || (first..=last).map(|step| counted.get(&step).copied().unwrap_or_default());
            Some(Chart {
                direction: line.0,
                source: line.1,
                kind: line.2,
                counts: each().map(|step| step.count).collect(),
                errors: each().map(|step| step.errors).collect(),
                latency_ms: each().map(average_ms).collect(),
            })
        });
        let from = Timestamp::from_second(first * STEP_S).unwrap_or(now);
        Charts {
            from: Text(from),
            since: Text(self.since),
            step_seconds: STEP_S,
            items: items.collect(),
        }
    }
}

fn step_of(at: Timestamp) -> i64 {
    at.as_second().div_euclid(STEP_S)
}

#[expect(clippy::cast_precision_loss, reason = "counts are far below 2^53")]
fn average_ms(step: Step) -> Option<f64> {
    let average = step.latency.as_secs_f64() * 1e3 / step.count as f64;
    (step.count > 0).then(|| (average * 10.0).round() / 10.0)
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    const LINE: Line = (Way::In, "crm.portal", "PickupRequested");

    fn at(second: i64) -> Timestamp {
        Timestamp::from_second(1_800_000_000 + second).expect("a time")
    }

    #[test]
    fn every_publication_has_a_line_of_its_own() {
        let schemas = pontic_wire::schemas::all().iter();
        let names: BTreeSet<&str> = schemas
            .filter_map(|schema| schema.name.strip_prefix("out."))
            .collect();
        assert_eq!(names, BTreeSet::from(PUBLICATIONS));
    }

    #[test]
    fn minutes_are_counted_apart_and_the_newest_is_last() {
        let series = Series::since(at(0));
        for (second, is_good, ms) in [
            (1, true, 10),
            (59, false, 20),
            (61, true, 5),
            (180, true, 1),
        ] {
            series.count(LINE, at(second), is_good, Duration::from_millis(ms));
        }
        let charts = series.read(at(200), 4);
        assert_eq!(charts.from.0, at(0));
        let chart = &charts.items[0];
        assert_eq!(chart.counts, [2, 1, 0, 1]);
        assert_eq!(chart.errors, [1, 0, 0, 0]);
        assert_eq!(chart.latency_ms, [Some(15.0), Some(5.0), None, Some(1.0)]);
        assert_eq!(series.read(at(200), 1).items[0].counts, [1]);
        // A line of which nothing falls into the span is not there.
        assert_eq!(series.read(at(2_000), 4).items, []);
    }

    #[test]
    fn a_day_is_kept_and_no_more() {
        let series = Series::since(at(0));
        for minute in 0..3_000 {
            series.count(LINE, at(minute * STEP_S), true, Duration::ZERO);
        }
        let kept: usize = {
            let lines = series.lines.lock().expect("no panic");
            lines.values().map(BTreeMap::len).sum()
        };
        assert_eq!(kept, 1_440);
        let all = series.read(at(2_999 * STEP_S), MOST_STEPS);
        assert_eq!(all.items[0].counts.iter().sum::<u64>(), 1_440);
    }

    #[test]
    fn what_senders_call_themselves_is_not_kept() {
        assert_eq!(source("dentrix"), "dentrix");
        assert_eq!(source("Zebulon Canary"), "other");
    }
}
