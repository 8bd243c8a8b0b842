//! The internal record of a pickup, as it is printed and read.

use std::fmt;

use jiff::Timestamp;
use pontic_core::fault::{Fault, Reason};
use serde::{Serialize, Serializer};

use super::{DEFAULT_PACKAGES, PACKAGES};
use crate::fields::{self, NAME, NOTES, PHONE, Reader};
use crate::json::Json;
use crate::time::Adjusted;

/// A pickup as all systems' bodies are mapped to it.
///
/// Holds patient data in plain; `Debug` leaves names, notes and telephones out.
#[derive(Clone, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Record {
    /// `{system}-{the sender's id}`
    pub pickup_id: String,
    /// Our id of the clinic.
    pub clinic_id: String,
    /// The lab that picks up.
    pub lab_id: String,
    /// Who asked.
    pub requested_by: RequestedBy,
    /// From when.
    #[serde(serialize_with = "write_time")]
    pub window_start: Timestamp,
    /// Until when.
    #[serde(serialize_with = "write_time")]
    pub window_end: Timestamp,
    /// Whether it is urgent.
    pub is_rush: bool,
    /// For the driver; empty where nothing was said.
    pub notes: String,
    /// Packages to be picked up.
    pub package_count: i64,
    /// Where it came from.
    pub metadata: Metadata,
}

/// Who asked for a pickup. Texts are empty where nothing was said.
#[derive(Clone, PartialEq, Default, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct RequestedBy {
    /// `{system}-user-{clinicId}`
    pub user_id: String,
    /// Whom to ask for.
    pub name: String,
    /// Where to call.
    pub phone: String,
}

/// What the sender said in its own words.
#[derive(Clone, PartialEq, Default, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Metadata {
    /// The system: `dentrix`.
    pub source: String,
    /// The sender's own id of the pickup.
    pub external_id: String,
    /// Whose case it is; empty where nothing was said.
    pub patient_name: String,
    /// The priority as sent.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub original_priority: Option<OriginalPriority>,
    /// The sender's id of the clinic, where ours is another.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub external_clinic_id: Option<String>,
    /// How the time was fitted to a change of the clocks.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub time_adjusted: Option<Adjusted>,
}

/// A priority in the words of the system that sent it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(untagged)]
pub enum OriginalPriority {
    /// Of a system that counts.
    Number(u8),
    /// Of a system that names.
    Word(String),
}

impl Record {
    /// Reads a record as it is printed; gives all its faults in the order of its fields.
    ///
    /// Ids and window must be there; the rest has the defaults of a body that does not say it.
    pub fn read(json: &Json<'_>) -> Result<Self, Vec<Fault>> {
        let mut reader = Reader::new(json, "");
        let pickup_id = reader.required("pickupId", fields::built_id);
        let clinic_id = reader.required("clinicId", fields::id);
        let lab_id = reader.required("labId", fields::id);
        let requested_by = reader
            .object("requestedBy", RequestedBy::read)
            .unwrap_or_default();
        let window_start = reader.required("windowStart", fields::timestamp);
        let window_end = reader.required("windowEnd", fields::timestamp);
        if window_start
            .zip(window_end)
            .is_some_and(|(start, end)| start >= end)
        {
            reader.fault("windowEnd", Reason::OutOfRange);
        }
        let is_rush = reader
            .optional("isRush", fields::boolean)
            .unwrap_or_default();
        let notes = optional_text(&mut reader, "notes", NOTES);
        let package_count = reader
            .optional("packageCount", fields::integer(PACKAGES))
            .unwrap_or(DEFAULT_PACKAGES);
        let metadata = reader
            .object("metadata", Metadata::read)
            .unwrap_or_default();
        reader.finish(|| {
            Some(Self {
                pickup_id: pickup_id?.to_owned(),
                clinic_id: clinic_id?.to_owned(),
                lab_id: lab_id?.to_owned(),
                requested_by,
                window_start: window_start?,
                window_end: window_end?,
                is_rush,
                notes,
                package_count,
                metadata,
            })
        })
    }
}

impl RequestedBy {
    fn read(reader: &mut Reader<'_>) -> Self {
        Self {
            user_id: reader
                .optional("userId", fields::built_id)
                .unwrap_or_default()
                .to_owned(),
            name: optional_text(reader, "name", NAME),
            phone: optional_text(reader, "phone", PHONE),
        }
    }
}

impl Metadata {
    fn read(reader: &mut Reader<'_>) -> Self {
        Self {
            source: reader
                .optional("source", fields::id)
                .unwrap_or_default()
                .to_owned(),
            external_id: reader
                .optional("externalId", fields::built_id)
                .unwrap_or_default()
                .to_owned(),
            patient_name: optional_text(reader, "patientName", NAME),
            original_priority: reader.optional("originalPriority", OriginalPriority::read),
            external_clinic_id: reader
                .optional("externalClinicId", fields::id)
                .map(str::to_owned),
            time_adjusted: reader.optional("timeAdjusted", fields::word(Adjusted::WORDS)),
        }
    }
}

impl OriginalPriority {
    fn read(json: &Json<'_>) -> Result<Self, Reason> {
        match json {
            Json::Integer(number) => u8::try_from(*number)
                .map(Self::Number)
                .map_err(|_| Reason::OutOfRange),
            json => fields::text(NAME)(json).map(|word| Self::Word(word.to_owned())),
        }
    }
}

impl fmt::Debug for Record {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Record")
            .field("pickup_id", &self.pickup_id)
            .field("clinic_id", &self.clinic_id)
            .field("lab_id", &self.lab_id)
            .field("window_start", &self.window_start)
            .field("window_end", &self.window_end)
            .field("is_rush", &self.is_rush)
            .field("package_count", &self.package_count)
            .finish_non_exhaustive()
    }
}

fn optional_text(
    reader: &mut Reader<'_>,
    name: &'static str,
    limits: fields::TextLimits,
) -> String {
    reader
        .optional(name, fields::text(limits))
        .unwrap_or_default()
        .to_owned()
}

fn write_time<S: Serializer>(time: &Timestamp, serializer: S) -> Result<S::Ok, S::Error> {
    serializer.serialize_str(&pontic_core::time::format(*time))
}
