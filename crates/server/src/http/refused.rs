//! Messages of authentic senders that cannot be used: kept sealed, and told to the dispatchers.

use pontic_core::event::MessageRefused;
use pontic_core::fault::Fault;
use pontic_core::id::{LabId, format_uuid, uuid_v7};
use pontic_core::phi::Phi;
use pontic_store::batch::Quarantined;
use pontic_wire::event::Rejected;
use serde_json::json;

use super::problem::{Answer, Problem};
use crate::access::Caller;
use crate::app::App;
use crate::door::{Draft, own_event};
use crate::endpoints::Endpoint;

/// The type under which webhooks lie in the quarantine.
pub const WEBHOOK: &str = "webhook";

/// What is to be kept, but for id and time.
pub struct ToKeep {
    source: String,
    name: String,
    lab_id: Option<LabId>,
    actor: String,
    code: &'static str,
    faults: Vec<Fault>,
    raw: Vec<u8>,
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
        // It is kept sealed.
        raw: rejected.text.reveal().clone().into_bytes(),
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
        raw: text.into_bytes(),
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
    }
}

/// Keeps refused messages, and says in the log that they were.
pub async fn keep(app: &App, items: Vec<ToKeep>) -> Answer<()> {
    let now = app.clock.now();
    let mut drafts = Vec::with_capacity(items.len() * 2);
    for item in items {
        let mut tail = [0; 10];
        getrandom::fill(&mut tail).map_err(|_| Problem::internal())?;
        let id = format_uuid(uuid_v7(
            u64::try_from(now.as_millisecond()).unwrap_or(0),
            tail,
        ));
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
            raw: Phi::new(item.raw),
        })));
    }
    app.door.submit(drafts).await?;
    Ok(())
}
