//! What is handed in at the door: events, and what becomes one once the clinic is known.

use std::collections::BTreeMap;
use std::sync::Arc;

use jiff::Timestamp;
use jiff::tz::TimeZone;
use pontic_core::decide::Refusal;
use pontic_core::event::{Body, Event, Origin, PickupRequested, Sent};
use pontic_core::fault::{Fault, Reason};
use pontic_core::id::{ClinicId, EndpointId, LabId};
use pontic_core::phi::{Phi, Private};
use pontic_core::pickup::{Identity, Window};
use pontic_core::rules::Rules;
use pontic_store::batch::Quarantined;
use pontic_wire::ehr::{self, Settings, WindowLimits};
use serde::Deserialize;

/// Something for the door.
#[derive(Debug)]
pub enum Draft {
    /// An event.
    Event(Arc<Event>),
    /// A webhook of a practice system.
    Webhook(Box<WebhookDraft>),
    /// Something that cannot be used, to be kept.
    Quarantine(Box<Quarantined>),
}

/// An event of our own API or of a part of ours; `scope` is the caller's lab.
pub fn own_event(body: Body, source: &str, actor: &str, scope: Option<LabId>) -> Draft {
    let origin = Origin {
        scope,
        driver: None,
        source: source.to_owned(),
        id: None,
        time: None,
        actor: actor.to_owned(),
        redriven: None,
    };
    Draft::Event(Arc::new(Event { origin, body }))
}

/// A webhook that has been read but not placed: its times may be local to a clinic that is yet to be loaded.
pub struct WebhookDraft {
    /// The practice system.
    pub system: &'static str,
    /// The endpoint.
    pub endpoint: EndpointId,
    /// The endpoint's lab.
    pub lab_id: LabId,
    /// The endpoint's zone.
    pub time_zone: Option<String>,
    /// The endpoint's clinic map.
    pub clinic_map: BTreeMap<String, String>,
    /// Clinics it may speak for; empty: any.
    pub allowed: Vec<ClinicId>,
    /// The endpoint's words of priority.
    pub priorities: BTreeMap<String, bool>,
    /// Who sends it in again from the quarantine, and its id there.
    pub redriven: Option<(String, String)>,
    /// What was read.
    pub read: ehr::Draft,
}

impl std::fmt::Debug for WebhookDraft {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("WebhookDraft")
            .field("system", &self.system)
            .field("endpoint", &self.endpoint)
            .finish_non_exhaustive()
    }
}

impl WebhookDraft {
    /// Our id of the clinic, if it can be told.
    pub fn clinic(&self) -> Option<ClinicId> {
        self.read.clinic(&self.clinic_map).map(ClinicId::known)
    }

    /// Who the pickup will be, if that can be told.
    pub fn identity(&self) -> Option<Identity> {
        Some(Identity {
            lab_id: self.lab_id.clone(),
            sender: self.endpoint.to_string(),
            clinic_id: self.clinic()?,
            pickup_id: self.read.pickup_id()?,
        })
    }

    /// The record that it maps to, now that the clinic's zone is known.
    pub fn record(
        &self,
        zone: &TimeZone,
        now: Timestamp,
        rules: &Rules,
    ) -> Result<ehr::Record, Refusal> {
        if let Some(clinic) = self.clinic()
            && !self.allowed.is_empty()
            && !self.allowed.contains(&clinic)
        {
            return Err(Refusal::Forbidden(Fault::new("$", Reason::Forbidden)));
        }
        let window = WindowLimits {
            now,
            max_past_hours: u32::try_from(rules.max_past_hours).unwrap_or(u32::MAX),
            max_future_days: u32::try_from(rules.max_future_days).unwrap_or(u32::MAX),
        };
        let settings = Settings {
            lab_id: self.lab_id.as_str(),
            zone,
            clinic_map: &self.clinic_map,
            priorities: &self.priorities,
            window: Some(window),
        };
        self.read
            .clone()
            .finish(&settings)
            .map_err(Refusal::Invalid)
    }

    /// The event that it asks for.
    pub fn event(&self, record: &ehr::Record) -> Event {
        // Whoever redrives it answers for it.
        let (actor, redriven) = match self.redriven.clone() {
            Some((actor, id)) => (actor, Some(id)),
            None => (format!("endpoint/{}", self.endpoint), None),
        };
        let origin = Origin {
            scope: Some(self.lab_id.clone()),
            driver: None,
            source: self.system.to_owned(),
            id: None,
            time: None,
            actor,
            redriven,
        };
        let private = Private {
            patient_name: record.metadata.patient_name.clone(),
            notes: record.notes.clone(),
            contact_name: record.requested_by.name.clone(),
            contact_phone: record.requested_by.phone.clone(),
            // What it holds is JSON by its type: it cannot fail.
            metadata: serde_json::to_string(&record.metadata).unwrap_or_default(),
            ..Private::default()
        };
        let body = PickupRequested {
            pickup_id: record.pickup_id.clone(),
            clinic_id: ClinicId::known(record.clinic_id.as_str()),
            lab_id: self.lab_id.clone(),
            window: Window {
                start: record.window_start,
                end: record.window_end,
            },
            endpoint: Some(self.endpoint.clone()),
            external_id: Some(record.metadata.external_id.clone()),
            time_zone: self.time_zone.clone(),
            requested_by: Some(record.requested_by.user_id.clone()),
            request_time: None,
            package_count: u32::try_from(record.package_count).unwrap_or(1),
            is_rush: record.is_rush,
            recurrence: None,
            sent: self.read.sent().map(|(clinic_id, local_time)| Sent {
                clinic_id: clinic_id.to_owned(),
                local_time,
            }),
            private: Phi::new(private),
        };
        Event {
            origin,
            body: body.into(),
        }
    }

    /// The pickup in the practice system's own shape, as it stands by `result`.
    pub fn acknowledge(
        &self,
        mut record: ehr::Record,
        zone: &TimeZone,
        result: &str,
    ) -> Option<String> {
        let agreed: Agreed = serde_json::from_str(result).ok()?;
        record.window_start = agreed.window_start;
        record.window_end = agreed.window_end;
        let ehr = ehr::by_system(self.system)?;
        serde_json::to_string(&ehr.acknowledge(&record, zone, &agreed.status)).ok()
    }
}

/// What an acknowledgement takes from the contract's result.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Agreed {
    status: String,
    window_start: Timestamp,
    window_end: Timestamp,
}
