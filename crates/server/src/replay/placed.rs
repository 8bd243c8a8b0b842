//! Webhooks of practice systems placed again, under the settings that hold now: clinic map, allow-list, zones and limits.

use std::sync::Arc;

use jiff::Timestamp;
use pontic_core::decide::Refusal;
use pontic_core::delivery::Priority;
use pontic_core::directory::{Clinic, Endpoint, Lab};
use pontic_core::event::{Body, Event, Origin, PickupRequested};
use pontic_core::facts::{Found, Key};
use pontic_core::id::{EndpointId, LabId};
use pontic_core::record::{Entity, Kind};
use pontic_core::time;
use pontic_store::page::QuarantineRow;
use pontic_wire::ehr::{self, Ehr, Record};
use pontic_wire::event;
use pontic_wire::json::{self, Limits};
use serde_json::{Value, json};

use super::ReplayError;
use super::again::Again;
use crate::door::WebhookDraft;
use crate::endpoints::DEFAULT_LAB;
use crate::http::WEBHOOK;

/// What a message is when it is placed again: an event, or refused.
pub type Placed = Result<Arc<Event>, Refusal>;

/// The record of that lab and id, as it stands now.
pub fn record<E: Entity>(
    again: &mut Again<'_>,
    lab: &LabId,
    id: &str,
) -> Result<Option<E>, ReplayError> {
    Ok(match again.find(&Key::of::<E>(lab, id))? {
        Some(Found::Record(Some(record))) => E::from_record(record).cloned(),
        _ => None,
    })
}

/// Labs that have a record of that kind and id.
pub fn labs_with(again: &mut Again<'_>, kind: Kind, id: &str) -> Result<Vec<LabId>, ReplayError> {
    Ok(match again.find(&Key::Labs(kind, id.to_owned()))? {
        Some(Found::Ids(ids)) => ids.iter().map(LabId::known).collect(),
        _ => Vec::new(),
    })
}

/// The endpoint as it stands now: set up, or the default one of its system.
pub fn endpoint(
    again: &mut Again<'_>,
    lab: &LabId,
    id: &EndpointId,
) -> Result<Option<Endpoint>, ReplayError> {
    if let Some(endpoint) = record::<Endpoint>(again, lab, id.as_str())? {
        return Ok(Some(endpoint));
    }
    let is_default = lab.as_str() == DEFAULT_LAB;
    let system = ehr::by_system(id.as_str()).filter(|_| is_default);
    Ok(system.map(|ehr| Endpoint {
        id: id.clone(),
        lab_id: lab.clone(),
        system: ehr.system.to_owned(),
        time_zone: Some(again.rules().default_time_zone.clone()),
        clinics: Vec::new(),
        clinic_map: std::collections::BTreeMap::new(),
        priorities: std::collections::BTreeMap::new(),
        version: 0,
        private: pontic_core::phi::Phi::default(),
    }))
}

/// A webhook that was accepted, under the settings that hold now. `local` stands in where its row does not say what was written.
pub fn again(
    world: &mut Again<'_>,
    at: Timestamp,
    event: &Arc<Event>,
    local: Option<jiff::civil::DateTime>,
) -> Result<Placed, ReplayError> {
    let Some((detail, endpoint_id)) = webhook(event) else {
        return Ok(Ok(Arc::clone(event)));
    };
    let found = endpoint(world, &detail.lab_id, endpoint_id)?;
    let (Some(endpoint), Some(record)) = (found, record_of(event, detail)) else {
        return Ok(Ok(Arc::clone(event)));
    };
    let Some(ehr) = ehr::by_system(&endpoint.system) else {
        return Ok(Ok(Arc::clone(event)));
    };
    let local = detail.sent.as_ref().map_or(local, |sent| sent.local_time);
    place(
        world,
        at,
        ehr,
        &endpoint,
        ehr::Draft::of_record(ehr, &record, local),
    )
}

/// The detail and the endpoint of a webhook's event.
pub fn webhook(event: &Event) -> Option<(&PickupRequested, &EndpointId)> {
    match &event.body {
        Body::PickupRequested(detail) => Some((detail, detail.endpoint.as_ref()?)),
        _ => None,
    }
}

/// The clinic's zone, else the endpoint's, else the lab's, else the default.
pub fn zone(
    again: &mut Again<'_>,
    lab: &LabId,
    clinic: Option<&str>,
    endpoint: Option<&str>,
) -> Result<jiff::tz::TimeZone, ReplayError> {
    let own = match clinic {
        Some(clinic) => record::<Clinic>(again, lab, clinic)?.and_then(|clinic| clinic.time_zone),
        None => None,
    };
    let name = match own.or(endpoint.map(str::to_owned)) {
        Some(name) => Some(name),
        None => record::<Lab>(again, lab, lab.as_str())?.and_then(|lab| lab.time_zone),
    };
    Ok(time::zone(&name.unwrap_or_else(|| {
        again.rules().default_time_zone.clone()
    })))
}

fn place(
    world: &mut Again<'_>,
    at: Timestamp,
    ehr: &'static Ehr,
    endpoint: &Endpoint,
    read: ehr::Draft,
) -> Result<Placed, ReplayError> {
    let (clinics, words) = (endpoint.clinic_map.iter(), endpoint.priorities.iter());
    let draft = WebhookDraft {
        system: ehr.system,
        endpoint: endpoint.id.clone(),
        lab_id: endpoint.lab_id.clone(),
        time_zone: endpoint.time_zone.clone(),
        clinic_map: clinics
            .map(|(theirs, ours)| (theirs.clone(), ours.to_string()))
            .collect(),
        allowed: endpoint.clinics.clone(),
        priorities: words
            .map(|(word, priority)| (word.clone(), *priority == Priority::Rush))
            .collect(),
        redriven: None,
        read,
    };
    let clinic = draft.clinic();
    let zone = zone(
        world,
        &endpoint.lab_id,
        clinic.as_ref().map(AsRef::as_ref),
        endpoint.time_zone.as_deref(),
    )?;
    let record = draft.record(&zone, at, world.rules());
    Ok(record.map(|record| Arc::new(draft.event(&record))))
}

/// The internal record that a webhook's event was made of.
fn record_of(event: &Event, detail: &PickupRequested) -> Option<Record> {
    // Opened to be placed again, in memory only: nothing of it is printed or kept.
    let private = event.body.private().map(|private| private.reveal().clone());
    let private = private.unwrap_or_default();
    let mut metadata: Value = serde_json::from_str(&private.metadata).unwrap_or_else(|_| json!({}));
    metadata["source"] = event.origin.source.as_str().into();
    metadata["externalId"] = detail.external_id.as_deref().into();
    if let Some(sent) = detail
        .sent
        .as_ref()
        .filter(|sent| sent.clinic_id != detail.clinic_id.as_str())
    {
        metadata["externalClinicId"] = sent.clinic_id.as_str().into();
    }
    let text = json!({
        "pickupId": detail.pickup_id, "clinicId": detail.clinic_id, "labId": detail.lab_id,
        "requestedBy": { "userId": detail.requested_by, "name": private.contact_name, "phone": private.contact_phone },
        "windowStart": time::format(detail.window.start), "windowEnd": time::format(detail.window.end),
        "isRush": detail.is_rush, "notes": private.notes, "packageCount": detail.package_count, "metadata": metadata,
    })
    .to_string();
    let json = json::parse(text.as_bytes(), Limits::default()).ok()?;
    Record::read(&json).ok()
}

/// A message from the quarantine, under the settings that hold now; nothing if it cannot be read at all.
pub fn quarantined(
    world: &mut Again<'_>,
    at: Timestamp,
    row: &QuarantineRow,
) -> Result<Option<Placed>, ReplayError> {
    // Opened to be read again, in memory only: nothing of it is printed or kept.
    let raw = row.item.raw.reveal();
    if row.item.name != WEBHOOK {
        return Ok(event_again(row, raw).map(|event| Ok(Arc::new(event))));
    }
    let (Some(lab), Ok(json)) = (&row.item.lab_id, json::parse(raw, Limits::WEBHOOK)) else {
        return Ok(None);
    };
    let id = EndpointId::known(row.item.source.as_str());
    let Some(endpoint) = endpoint(world, lab, &id)? else {
        return Ok(None);
    };
    let Some(ehr) = ehr::by_system(&endpoint.system) else {
        return Ok(None);
    };
    place(world, at, ehr, &endpoint, ehr.read(&json)).map(Some)
}

fn event_again(row: &QuarantineRow, raw: &[u8]) -> Option<Event> {
    let headers = |_: &str| None;
    let request = event::read(&headers, raw).ok()?;
    let incoming = request.events.into_iter().next()?.ok()?;
    Some(Event {
        origin: Origin {
            scope: row.item.lab_id.clone(),
            driver: None,
            source: incoming.source,
            id: incoming.id,
            time: incoming.time,
            actor: row.item.actor.clone(),
            redriven: None,
        },
        body: incoming.body,
    })
}
