//! Events in the forms that systems send them in, and what an answer says of each.

use axum::http::header;
use serde_json::{Value, json};

use anyhow::Result;

use super::doors::Doors;

/// How events are written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Form {
    /// The short form, one.
    Short,
    /// EventBridge's envelope, one.
    Envelope,
    /// CloudEvents 1.0, one.
    Cloud,
    /// CloudEvents 1.0, a batch.
    CloudBatch,
    /// An array of the short form.
    Array,
    /// EventBridge's `PutEvents`; its events have no ids.
    PutEvents,
}

/// An event.
#[derive(Debug, Clone)]
pub struct Event {
    /// Its source.
    pub source: &'static str,
    /// Its type.
    pub name: &'static str,
    /// Its sender's id.
    pub id: String,
    /// What it says.
    pub detail: Value,
}

/// Posts them in that form, as `holder`; what became of each, in order, and what the server said of each.
pub async fn post(
    doors: &Doors,
    holder: &str,
    form: Form,
    events: &[Event],
    now: &str,
) -> Result<Vec<(String, Value)>> {
    let (media, body) = written(form, events, now);
    let headers = [(header::CONTENT_TYPE.as_str(), media)];
    let answer = doors
        .send(
            Some(holder),
            "POST",
            "/v1/events",
            &headers,
            body.to_string().into_bytes(),
        )
        .await?;
    let mut names = ["entries", "Entries"].into_iter();
    let many = names.find_map(|name| answer.body[name].as_array());
    Ok(match many {
        Some(entries) => entries
            .iter()
            .map(|entry| (outcome(entry), entry.clone()))
            .collect(),
        None => vec![(outcome(&answer.body), answer.body)],
    })
}

/// A word for what became of it: `processed`, `duplicate`, or a code.
fn outcome(told: &Value) -> String {
    let mut words = ["ErrorCode", "code", "status"].into_iter();
    let word = words.find_map(|name| told[name].as_str());
    // `PutEvents` has no word for what was taken.
    word.unwrap_or("taken").to_owned()
}

/// The media type and the body.
pub fn written(form: Form, events: &[Event], now: &str) -> (&'static str, Value) {
    let json = "application/json";
    let one = |write: fn(&Event, &str) -> Value| {
        events
            .first()
            .map(|event| write(event, now))
            .unwrap_or_default()
    };
    match form {
        Form::Short => (json, one(short)),
        Form::Envelope => (json, one(envelope)),
        Form::Cloud => ("application/cloudevents+json", one(cloud)),
        Form::CloudBatch => (
            "application/cloudevents-batch+json",
            events.iter().map(|event| cloud(event, now)).collect(),
        ),
        Form::Array => (json, events.iter().map(|event| short(event, now)).collect()),
        Form::PutEvents => {
            let entries: Vec<Value> = events.iter().map(entry).collect();
            (json, json!({ "Entries": entries }))
        }
    }
}

fn short(event: &Event, _now: &str) -> Value {
    json!({ "source": event.source, "detailType": event.name, "id": event.id, "detail": event.detail })
}

fn envelope(event: &Event, now: &str) -> Value {
    json!({
        "version": "0", "id": event.id, "detail-type": event.name, "source": event.source, "account": "111122223333",
        "time": now, "region": "us-east-1", "resources": [], "detail": event.detail,
    })
}

fn cloud(event: &Event, now: &str) -> Value {
    json!({ "specversion": "1.0", "id": event.id, "source": event.source, "type": event.name, "time": now, "data": event.detail })
}

fn entry(event: &Event) -> Value {
    json!({ "Source": event.source, "DetailType": event.name, "Detail": event.detail.to_string() })
}
