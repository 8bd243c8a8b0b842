//! Messages of authentic senders that cannot be used: kept sealed, and told to the dispatchers.

use jiff::Timestamp;
use pontic_core::event::MessageRefused;
use pontic_core::fault::Fault;
use pontic_core::id::{self, LabId, format_uuid, uuid_v7};
use pontic_core::phi::Phi;
use pontic_store::batch::Quarantined;
use pontic_wire::event::Rejected;
use pontic_wire::json::{self, Json, Limits};
use serde_json::{Value, json};

use super::problem::{Answer, Problem};
use crate::access::Caller;
use crate::app::App;
use crate::door::{Draft, Outcome, own_event};
use crate::endpoints::Endpoint;

/// The type under which webhooks lie in the quarantine.
pub const WEBHOOK: &str = "webhook";

/// What is to be kept, but for id and time.
#[derive(Clone)]
pub struct ToKeep {
    source: String,
    name: String,
    lab_id: Option<LabId>,
    actor: String,
    code: &'static str,
    faults: Vec<Fault>,
    raw: Vec<u8>,
    about: Option<String>,
    /// Its id, if it may come several times; else one is drawn.
    id: Option<String>,
}

/// A message of a queue, which comes again until it is taken: by its id there.
#[derive(Debug, Clone)]
pub struct Delivery(pub String);

impl ToKeep {
    /// It is what stands at that place of a delivered message: kept once, however often it comes.
    pub fn of_delivery(self, delivery: &Delivery, place: usize) -> Self {
        let parts = ["pontic.queue", &delivery.0, &place.to_string()];
        Self {
            id: Some(id::derived(&parts)),
            ..self
        }
    }
}

/// An event that could not be read.
pub fn rejected(caller: &Caller, rejected: &Rejected) -> ToKeep {
    ToKeep {
        source: rejected.source.clone(),
        name: rejected.name.to_owned(),
        lab_id: caller.lab_id.clone(),
        actor: caller.actor(),
        code: rejected.code,
        faults: rejected.faults.clone(),
        // It is kept sealed, but for what it speaks of.
        raw: rejected.text.reveal().clone().into_bytes(),
        about: about(rejected.text.reveal().as_bytes()),
        id: None,
    }
}

/// An event that was refused at the door.
pub fn refused_event(
    caller: &Caller,
    source: &str,
    name: &'static str,
    lab_id: Option<LabId>,
    code: &'static str,
    faults: &[Fault],
    text: String,
) -> ToKeep {
    ToKeep {
        source: source.to_owned(),
        name: name.to_owned(),
        lab_id,
        actor: caller.actor(),
        code,
        faults: faults.to_vec(),
        about: about(text.as_bytes()),
        raw: text.into_bytes(),
        id: None,
    }
}

/// What is no event at all, of a sender whom nobody answers.
pub fn unreadable(
    caller: &Caller,
    source: &str,
    code: &'static str,
    faults: Vec<Fault>,
    raw: &[u8],
) -> ToKeep {
    ToKeep {
        source: source.to_owned(),
        name: "unknown".to_owned(),
        lab_id: caller.lab_id.clone(),
        actor: caller.actor(),
        code,
        faults,
        raw: raw.to_vec(),
        about: None,
        id: None,
    }
}

/// A webhook that could not be used.
pub fn webhook(endpoint: &Endpoint, code: &'static str, faults: Vec<Fault>, raw: &[u8]) -> ToKeep {
    ToKeep {
        source: endpoint.id.to_string(),
        name: WEBHOOK.to_owned(),
        lab_id: Some(endpoint.lab_id.clone()),
        actor: format!("endpoint/{}", endpoint.id),
        code,
        faults,
        raw: raw.to_vec(),
        about: about_webhook(endpoint, raw),
        id: None,
    }
}

/// The id of the case, pickup, delivery or invoice that an event speaks of, in any of its forms.
fn about(text: &[u8]) -> Option<String> {
    let event: Value = serde_json::from_slice(text).ok()?;
    let inner = ["detail", "Detail", "data"]
        .iter()
        .find_map(|name| event.get(name));
    let inner = match inner? {
        Value::String(text) => serde_json::from_str(text).ok()?,
        other => other.clone(),
    };
    let ids = ["caseId", "pickupId", "deliveryId", "invoiceId"];
    let mut said = ids.iter().filter_map(|name| inner.get(name)?.as_str());
    // Only what is an id: nothing else of what came may stand anywhere unsealed.
    said.find(|text| id::check(text).is_ok()).map(str::to_owned)
}

/// The id that its pickup would have.
fn about_webhook(endpoint: &Endpoint, raw: &[u8]) -> Option<String> {
    let json = json::parse(raw, Limits::WEBHOOK).ok()?;
    let json @ Json::Object(_) = json else {
        return None;
    };
    endpoint.ehr.read(&json).pickup_id()
}

/// Those that do not lie there already.
async fn not_yet_kept(app: &App, items: Vec<ToKeep>) -> Answer<Vec<ToKeep>> {
    if items.iter().all(|item| item.id.is_none()) {
        return Ok(items);
    }
    let found = app.read(move |store| {
        let mut new = Vec::with_capacity(items.len());
        for item in items {
            let known = item.id.as_deref().map(|id| store.quarantined(id));
            if known.transpose()?.flatten().is_none() {
                new.push(item);
            }
        }
        Ok(new)
    });
    Ok(found.await?)
}

/// Keeps refused messages, and says in the log that they were.
pub async fn keep(app: &App, items: Vec<ToKeep>) -> Answer<()> {
    let items = not_yet_kept(app, items).await?;
    let now = app.clock.now();
    let mut drafts = Vec::with_capacity(items.len() * 2);
    for item in items {
        let id = item.id.map_or_else(|| drawn(now), Ok)?;
        let told = MessageRefused {
            quarantine_id: id.clone(),
            lab_id: item.lab_id.clone(),
            source: item.source.clone(),
            name: item.name.clone(),
            code: item.code.to_owned(),
        };
        drafts.push(own_event(
            told.into(),
            "pontic.quarantine",
            &item.actor,
            item.lab_id.clone(),
        ));
        drafts.push(Draft::Quarantine(Box::new(Quarantined {
            id,
            at: now,
            lab_id: item.lab_id,
            source: item.source,
            name: item.name,
            actor: item.actor,
            errors: json!({ "code": item.code, "errors": item.faults }).to_string(),
            about: item.about,
            raw: Phi::new(item.raw),
        })));
    }
    let outcomes = app.door.submit(drafts).await?;
    if outcomes
        .iter()
        .any(|outcome| matches!(outcome, Outcome::Internal))
    {
        return Err(Problem::internal());
    }
    Ok(())
}

fn drawn(now: Timestamp) -> Answer<String> {
    let mut tail = [0; 10];
    getrandom::fill(&mut tail).map_err(|_| Problem::internal())?;
    let now_ms = u64::try_from(now.as_millisecond()).unwrap_or(0);
    Ok(format_uuid(uuid_v7(now_ms, tail)))
}
