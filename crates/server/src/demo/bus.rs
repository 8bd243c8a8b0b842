//! The bus of the city: its systems publish what they have to say there, and read from it what was decided.

#[cfg(not(feature = "nats"))]
mod absent;
#[cfg(feature = "nats")]
mod line;

use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Mutex, PoisonError};

use anyhow::Result;
use serde_json::json;

use super::desk::text;
use super::doors::Doors;
use super::events::{self, Event, Form};
#[cfg(not(feature = "nats"))]
use absent::Line;
#[cfg(feature = "nats")]
use line::Line;

/// Whoever publishes.
#[derive(Debug)]
pub struct Domain {
    /// Its stream.
    pub stream: &'static str,
    /// For whom it speaks: the source of its events, and their subject.
    pub source: &'static str,
}

/// All of them.
pub const DOMAINS: [Domain; 3] = [
    Domain {
        stream: "CASES",
        source: "cases.production",
    },
    Domain {
        stream: "CRM",
        source: "crm.portal",
    },
    Domain {
        stream: "FINANCE",
        source: "finance.billing",
    },
];

/// What was decided, for whoever reads it.
const OUT: &str = "LOGISTICS";
const OUT_SUBJECTS: &str = "pontic.>";

/// The bus, and what was published on it.
pub struct Bus {
    line: Line,
    published: Mutex<Vec<Published>>,
}

/// An event that was published.
struct Published {
    source: &'static str,
    /// Its id; `PutEvents` has none.
    id: Option<String>,
    expected: &'static str,
}

impl Bus {
    /// The streams are made, as those do it to whom they belong.
    pub async fn open(url: &str) -> Result<Self> {
        let line = Line::open(url).await?;
        for domain in &DOMAINS {
            line.stream(domain.stream, domain.source).await?;
        }
        line.stream(OUT, OUT_SUBJECTS).await?;
        Ok(Self {
            line,
            published: Mutex::default(),
        })
    }

    /// Everything that is published is to be on the bus.
    pub async fn subscribe(&self, doors: &Doors) -> Result<()> {
        let body = json!({ "url": format!("nats://{OUT}/pontic.{{lab}}.{{type}}") });
        let path = "/v1/subscriptions/logistics";
        let made = doors.ask("admin", "PUT", path, &body).await?;
        made.taken("a subscription on the bus").map(drop)
    }

    /// Publishes events in one message, and waits until it is answered.
    pub async fn publish(
        &self,
        form: Form,
        of: &[Event],
        expected: &'static str,
        now: &str,
    ) -> Result<()> {
        let domain = DOMAINS.iter().find(|domain| {
            of.first()
                .is_some_and(|event| event.source == domain.source)
        });
        let Some(domain) = domain else {
            return Ok(());
        };
        let (media, body) = events::written(form, of, now);
        let place = self.line.publish(domain.source, media, &body).await?;
        let durable = format!("pontic-{}", domain.stream.to_lowercase());
        self.line.answered(domain.stream, &durable, place).await?;
        let each = of.iter().map(|event| Published {
            source: event.source,
            id: (form != Form::PutEvents).then(|| event.id.clone()),
            expected,
        });
        let mut published = self
            .published
            .lock()
            .unwrap_or_else(PoisonError::into_inner);
        published.extend(each);
        Ok(())
    }

    /// What came in by the bus and was not taken once, and what went out and is not there.
    pub async fn faults(&self, doors: &Doors) -> Result<Vec<String>> {
        let mut faults = self.faults_in(doors).await?;
        let out = doors.list("admin", "/v1/events?direction=out").await?;
        let decided: BTreeSet<String> = out.iter().map(|event| text(event, "id")).collect();
        let there = self.line.ids(OUT).await?;
        let once: BTreeSet<String> = there.iter().cloned().collect();
        if decided != once {
            faults.push(format!(
                "{} of {} publications are on the bus, and {} that nobody published",
                decided.intersection(&once).count(),
                decided.len(),
                once.difference(&decided).count()
            ));
        }
        if there.len() != once.len() {
            faults.push(format!(
                "{} messages are on the bus twice",
                there.len() - once.len()
            ));
        }
        Ok(faults)
    }

    async fn faults_in(&self, doors: &Doors) -> Result<Vec<String>> {
        let mut taken: BTreeMap<String, u64> = BTreeMap::new();
        for domain in &DOMAINS {
            let path = format!("/v1/events?direction=in&source={}", domain.source);
            for event in doors.list("admin", &path).await? {
                let key = format!("{} {}", domain.source, text(&event, "id"));
                *taken.entry(key).or_default() += 1;
            }
        }
        let mut refused: BTreeMap<String, usize> = BTreeMap::new();
        for row in doors.list("admin", "/v1/quarantine?status=all").await? {
            *refused.entry(text(&row, "code")).or_default() += 1;
        }
        let published = self
            .published
            .lock()
            .unwrap_or_else(PoisonError::into_inner);
        let mut faults = Vec::new();
        let mut codes: BTreeMap<&str, usize> = BTreeMap::new();
        for event in published.iter() {
            if !matches!(event.expected, "processed" | "duplicate" | "taken") {
                *codes.entry(event.expected).or_default() += 1;
            } else if let Some(id) = &event.id {
                let times = taken.get(&format!("{} {id}", event.source)).copied();
                if times != Some(1) {
                    faults.push(format!("{id} was taken {} times", times.unwrap_or(0)));
                }
            }
        }
        for (code, count) in codes {
            let found = refused.get(code).copied().unwrap_or(0);
            if found < count {
                faults.push(format!("{found} of {count} were refused as {code}"));
            }
        }
        Ok(faults)
    }

    /// In words for the summary.
    pub async fn told(&self) -> Result<String> {
        let published = self
            .published
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .len();
        let out = self.line.ids(OUT).await?.len();
        Ok(format!(
            "by the bus: {published} events in, {out} publications out"
        ))
    }
}
