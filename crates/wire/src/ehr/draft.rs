//! A body that has been read, on its way to a record.

use std::collections::BTreeMap;

use jiff::civil::DateTime;
use jiff::tz::TimeZone;
use jiff::{SignedDuration, Timestamp};
use pontic_core::fault::{Fault, Reason};

use super::priority::Priority;
use super::record::{Metadata, OriginalPriority, Record, RequestedBy};
use super::{DEFAULT_PACKAGES, Ehr, HALF_WINDOW, PACKAGES};
use crate::fields::{Faults, NAME, NOTES, PHONE, Reader, TextLimits, integer, text};
use crate::json::Json;
use crate::time::{Resolved, WireTime};

/// A word of priority is no longer.
const WORD: TextLimits = TextLimits {
    max_chars: 64,
    max_bytes: 256,
    multiline: false,
};

/// From a system's own ids of clinics to ours.
pub type ClinicMap = BTreeMap<String, String>;

/// From a system's own words of priority, in lower case, to whether they mean a rush; for words that the system does not have of itself.
pub type PriorityMap = BTreeMap<String, bool>;

/// What an endpoint would have to know to use a body.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Missing {
    /// Which clinic this number of the sender's is.
    Clinic(String),
    /// What this word of priority means.
    Priority(String),
}

/// What the body does not say.
pub struct Settings<'s> {
    /// The lab of the endpoint.
    pub lab_id: &'s str,
    /// The zone of the clinic, for times without an offset.
    pub zone: &'s TimeZone,
    /// The endpoint's clinic map; clinics that are not in it keep their id.
    pub clinic_map: &'s ClinicMap,
    /// Further words of priority.
    pub priorities: &'s PriorityMap,
    /// When the pickup may be; `None` to leave that untested.
    pub window: Option<WindowLimits>,
}

/// How far from now a pickup may be, bounds included.
#[derive(Debug, Clone, Copy)]
pub struct WindowLimits {
    /// The time of the request.
    pub now: Timestamp,
    /// Longer ago is `in_past`.
    pub max_past_hours: u32,
    /// Further ahead is `too_far`.
    pub max_future_days: u32,
}

impl WindowLimits {
    /// The usual limits, 24 hours back and 366 days ahead of `now`.
    pub const fn around(now: Timestamp) -> Self {
        Self {
            now,
            max_past_hours: 24,
            max_future_days: 366,
        }
    }

    fn check(&self, time: Timestamp) -> Result<(), Reason> {
        let ahead = time.duration_since(self.now);
        if ahead < -SignedDuration::from_hours(self.max_past_hours.into()) {
            Err(Reason::InPast)
        } else if ahead > SignedDuration::from_hours(i64::from(self.max_future_days) * 24) {
            Err(Reason::TooFar)
        } else {
            Ok(())
        }
    }
}

/// The fields of a body, each read or at fault.
#[derive(Clone)]
pub struct Draft {
    ehr: &'static Ehr,
    id: Result<String, Fault>,
    clinic: Result<String, Fault>,
    time: Result<WireTime, Fault>,
    priority: Result<Priority, Fault>,
    /// The priority as sent, where nobody knows it.
    unknown_priority: Option<String>,
    patient_name: Result<String, Fault>,
    notes: Result<String, Fault>,
    package_count: Result<i64, Fault>,
    contact_name: Result<String, Fault>,
    contact_phone: Result<String, Fault>,
}

/// A clinic by the sender's id and by ours.
struct Clinic {
    external: String,
    ours: String,
}

impl Draft {
    pub(super) fn read(ehr: &'static Ehr, body: &Json<'_>) -> Self {
        let reader = Reader::new(body, "");
        let optional_text = |name, limits: TextLimits| {
            let text = reader.read(name, text(limits))?;
            Ok(text.unwrap_or_default().to_owned())
        };
        let priority = reader.read(ehr.priority.name, |json| ehr.priority.form.read(json));
        let unknown_priority = match &priority {
            Ok(_) => None,
            Err(_) => reader.read(ehr.priority.name, word).ok().flatten(),
        };
        let package_count = reader.read(ehr.package_count, integer(PACKAGES));
        Self {
            ehr,
            id: reader.demand(ehr.id.name, |json| ehr.id.form.read(json)),
            clinic: reader.demand(ehr.clinic.name, |json| ehr.clinic.form.read(json)),
            time: reader.demand(ehr.time.name, |json| ehr.time.form.read(json)),
            priority: priority.map(|said| said.unwrap_or_else(|| ehr.priority.form.absent())),
            unknown_priority,
            patient_name: optional_text(ehr.patient_name, NAME),
            notes: optional_text(ehr.notes, NOTES),
            package_count: package_count.map(|count| count.unwrap_or(DEFAULT_PACKAGES)),
            contact_name: optional_text(ehr.contact_name, NAME),
            contact_phone: optional_text(ehr.contact_phone, PHONE),
        }
    }

    /// The draft of a body that was mapped to `record` before, so that it can be finished under other settings.
    ///
    /// `local` is the time on the clinic's wall, if it was written without an offset. With the settings of then it is finished to
    /// the same record.
    pub fn of_record(ehr: &'static Ehr, record: &Record, local: Option<DateTime>) -> Self {
        let metadata = &record.metadata;
        let clinic = metadata.external_clinic_id.as_ref();
        let priority = ehr.priority.form.absent();
        let time = match local {
            Some(datetime) => WireTime::Local {
                datetime,
                leap_second: false,
            },
            None => WireTime::Instant(record.window_start + HALF_WINDOW),
        };
        Self {
            ehr,
            id: Ok(metadata.external_id.clone()),
            clinic: Ok(clinic.unwrap_or(&record.clinic_id).clone()),
            time: Ok(time),
            priority: Ok(Priority {
                original: metadata
                    .original_priority
                    .clone()
                    .unwrap_or(priority.original),
                is_rush: record.is_rush,
            }),
            unknown_priority: None,
            patient_name: Ok(metadata.patient_name.clone()),
            notes: Ok(record.notes.clone()),
            package_count: Ok(record.package_count),
            contact_name: Ok(record.requested_by.name.clone()),
            contact_phone: Ok(record.requested_by.phone.clone()),
        }
    }

    /// The sender's own id of the clinic, and the time on that clinic's wall where it was written without an offset.
    pub fn sent(&self) -> Option<(&str, Option<DateTime>)> {
        let local = match self.time {
            Ok(WireTime::Local { datetime, .. }) => Some(datetime),
            _ => None,
        };
        Some((self.clinic.as_deref().ok()?, local))
    }

    /// Our id of the clinic, if the body names one and the map knows what it needs to know.
    pub fn clinic(&self, clinic_map: &ClinicMap) -> Option<String> {
        let external = self.clinic.as_ref().ok()?;
        our_clinic(self.ehr, external, clinic_map).ok()
    }

    /// What an endpoint with these maps would have to know besides, the clinic first.
    pub fn missing(&self, clinic_map: &ClinicMap, priorities: &PriorityMap) -> Option<Missing> {
        let clinic = self
            .clinic
            .as_ref()
            .ok()
            .filter(|external| our_clinic(self.ehr, external, clinic_map).is_err());
        let word = || {
            let unknown = self.unknown_priority.as_ref();
            unknown.filter(|word| meant(word, priorities).is_none())
        };
        clinic
            .cloned()
            .map(Missing::Clinic)
            .or_else(|| word().cloned().map(Missing::Priority))
    }

    /// The id that the pickup will have, if the body names one.
    pub fn pickup_id(&self) -> Option<String> {
        let external = self.id.as_ref().ok()?;
        Some(pickup_id(self.ehr.system, external))
    }

    /// The record, or all faults in the contract's order: id, clinic, time, priority, name, notes,
    /// packages, contact, window. A body that is no object has that one fault only.
    pub fn finish(self, settings: &Settings<'_>) -> Result<Record, Vec<Fault>> {
        let ehr = self.ehr;
        let mut faults = Faults::default();
        let id = faults.keep(self.id);
        let clinic = faults.keep(self.clinic.and_then(|external| {
            let ours = our_clinic(ehr, &external, settings.clinic_map)?;
            Ok(Clinic { external, ours })
        }));
        let time = faults.keep(self.time.and_then(|written| {
            ehr.time
                .form
                .resolve(written, settings.zone)
                .map_err(|reason| Fault::new(ehr.time.name, reason))
        }));
        let unknown = self.unknown_priority.as_deref();
        let priority = faults.keep(self.priority.or_else(|fault| {
            unknown
                .and_then(|word| meant(word, settings.priorities))
                .ok_or(fault)
        }));
        let patient_name = faults.keep(self.patient_name);
        let notes = faults.keep(self.notes);
        let package_count = faults.keep(self.package_count);
        let contact_name = faults.keep(self.contact_name);
        let contact_phone = faults.keep(self.contact_phone);
        if let (Some(limits), Some(time)) = (settings.window, &time) {
            faults.keep(
                limits
                    .check(time.instant)
                    .map_err(|reason| Fault::new(ehr.time.name, reason)),
            );
        }
        faults.finish(|| {
            Some(
                Parts {
                    id: id?,
                    clinic: clinic?,
                    time: time?,
                    priority: priority?,
                    patient_name: patient_name?,
                    notes: notes?,
                    package_count: package_count?,
                    contact_name: contact_name?,
                    contact_phone: contact_phone?,
                }
                .into_record(ehr.system, settings.lab_id),
            )
        })
    }
}

/// `{system}-{the sender's id}`
fn pickup_id(system: &str, external: &str) -> String {
    format!("{system}-{external}")
}

/// What a record is made of, without faults.
struct Parts {
    id: String,
    clinic: Clinic,
    time: Resolved,
    priority: Priority,
    patient_name: String,
    notes: String,
    package_count: i64,
    contact_name: String,
    contact_phone: String,
}

impl Parts {
    fn into_record(self, system: &str, lab_id: &str) -> Record {
        let Clinic { external, ours } = self.clinic;
        let instant = self.time.instant;
        Record {
            pickup_id: pickup_id(system, &self.id),
            lab_id: lab_id.to_owned(),
            requested_by: RequestedBy {
                user_id: format!("{system}-user-{ours}"),
                name: self.contact_name,
                phone: self.contact_phone,
            },
            // Years end at 2099 here, far from where a time could not be added to.
            window_start: instant - HALF_WINDOW,
            window_end: instant + HALF_WINDOW,
            is_rush: self.priority.is_rush,
            notes: self.notes,
            package_count: self.package_count,
            metadata: Metadata {
                source: system.to_owned(),
                external_id: self.id,
                patient_name: self.patient_name,
                original_priority: Some(self.priority.original),
                external_clinic_id: (external != ours).then_some(external),
                time_adjusted: self.time.adjusted,
            },
            clinic_id: ours,
        }
    }
}

/// A word of priority, or a number as its text.
fn word(json: &Json<'_>) -> Result<String, Reason> {
    match json {
        Json::Integer(number) => Ok(number.to_string()),
        json => text(WORD)(json).map(str::to_owned),
    }
}

/// What a word means that the system does not have of itself.
fn meant(word: &str, priorities: &PriorityMap) -> Option<Priority> {
    let is_rush = *priorities.get(&word.to_lowercase())?;
    Some(Priority {
        original: OriginalPriority::Word(word.to_owned()),
        is_rush,
    })
}

fn our_clinic(ehr: &Ehr, external: &str, clinic_map: &ClinicMap) -> Result<String, Fault> {
    match clinic_map.get(external) {
        Some(ours) => Ok(ours.clone()),
        None if ehr.clinic.form.needs_map(external) => {
            Err(Fault::new(ehr.clinic.name, Reason::UnmappedClinic))
        }
        None => Ok(external.to_owned()),
    }
}
