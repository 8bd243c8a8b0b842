//! What the events of the contract hold, field by field.

use pontic_core::delivery::{Milligrams, Priority, ProofOfDelivery};
use pontic_core::event::{
    Body, CaseCancelled, CaseOnHold, CaseReadyToShip, DeliveryCompleted, InvoiceIssued,
    PickupCancelled, PickupRequested, SpecsGiven,
};
use pontic_core::fault::{Fault, Reason};
use pontic_core::id::{CaseId, ClinicId, DeliveryId, DriverId, InvoiceId, LabId};
use pontic_core::phi::{Phi, Private};
use pontic_core::pickup::{PACKAGES, Window};
use pontic_core::recurrence::{Frequency, MAX_COUNT, MAX_SKIPS, Recurrence};
use pontic_core::time::{Coordinates, Day};

use crate::fields::{self, NAME, NOTES, PHONE, Reader, TextLimits};
use crate::json::Json;

/// Most cases that one event may name.
pub const MAX_CASES: usize = 1_000;
/// Largest sum of an invoice.
const MAX_AMOUNT: f64 = 1e12;
/// Longest address of a picture kept elsewhere, in characters.
const URL: TextLimits = TextLimits {
    max_chars: 2_048,
    max_bytes: 2_048,
    multiline: false,
};

const KNOWN: [&str; 7] = [
    "CaseReadyToShip",
    "CaseCancelled",
    "CaseOnHold",
    "PickupRequested",
    "PickupCancelled",
    "DeliveryCompleted",
    "InvoiceIssued",
];

const FREQUENCIES: &[(&str, Frequency)] = &[
    ("daily", Frequency::Daily),
    ("weekly", Frequency::Weekly),
    ("biweekly", Frequency::Biweekly),
];

const DAYS: &[(&str, Day)] = &[
    ("MO", Day::Monday),
    ("TU", Day::Tuesday),
    ("WE", Day::Wednesday),
    ("TH", Day::Thursday),
    ("FR", Day::Friday),
    ("SA", Day::Saturday),
    ("SU", Day::Sunday),
];

/// The type, if other systems may send such events.
pub fn is_known(name: &str) -> Option<&'static str> {
    KNOWN.into_iter().find(|known| *known == name)
}

/// Reads the detail of an event of a known type; `path` is how its sender calls it.
pub fn read(name: &str, detail: &Json<'_>, path: &'static str) -> Result<Body, Vec<Fault>> {
    let reader = Reader::new(detail, path);
    match name {
        "CaseReadyToShip" => case_ready(reader).map(Body::from),
        "CaseCancelled" => {
            case_and_lab(reader, |case_id, lab_id| CaseCancelled { case_id, lab_id })
                .map(Body::from)
        }
        "CaseOnHold" => {
            case_and_lab(reader, |case_id, lab_id| CaseOnHold { case_id, lab_id }).map(Body::from)
        }
        "PickupRequested" => pickup_requested(reader).map(Body::from),
        "PickupCancelled" => pickup_cancelled(reader).map(Body::from),
        "DeliveryCompleted" => delivery_completed(reader).map(Body::from),
        "InvoiceIssued" => invoice_issued(reader).map(Body::from),
        _ => Err(Vec::new()),
    }
}

fn case_ready(mut detail: Reader<'_>) -> Result<CaseReadyToShip, Vec<Fault>> {
    let case_id = detail.required("caseId", fields::id);
    let clinic_id = detail.required("clinicId", fields::id);
    let lab_id = detail.required("labId", fields::id);
    let date = detail.required("requestedDeliveryDate", fields::date);
    let patient_name = detail.optional("patientName", fields::text(NAME));
    let priorities = [("STANDARD", Priority::Standard), ("RUSH", Priority::Rush)];
    let priority = detail.optional("priority", fields::word(&priorities));
    let specs = detail.object("packageSpecs", specs);
    detail.finish(|| {
        Some(CaseReadyToShip {
            case_id: CaseId::known(case_id?),
            clinic_id: ClinicId::known(clinic_id?),
            lab_id: LabId::known(lab_id?),
            requested_delivery_date: date?,
            priority: priority.unwrap_or(Priority::Standard),
            package_specs: specs.unwrap_or_default(),
            private: Phi::new(Private {
                patient_name: owned(patient_name),
                ..Private::default()
            }),
        })
    })
}

fn specs(specs: &mut Reader<'_>) -> SpecsGiven {
    SpecsGiven {
        weight: specs
            .optional("weight", fields::number(0.0..=Milligrams::MAX_KG))
            .map(Milligrams::from_kg),
        fragile: specs.optional("fragile", fields::boolean),
        requires_signature: specs.optional("requiresSignature", fields::boolean),
    }
}

fn case_and_lab<T>(
    mut detail: Reader<'_>,
    build: impl FnOnce(CaseId, LabId) -> T,
) -> Result<T, Vec<Fault>> {
    let case_id = detail.required("caseId", fields::id);
    let lab_id = detail.required("labId", fields::id);
    detail.finish(|| Some(build(CaseId::known(case_id?), LabId::known(lab_id?))))
}

fn pickup_requested(mut detail: Reader<'_>) -> Result<PickupRequested, Vec<Fault>> {
    let pickup_id = detail.required("pickupId", fields::id);
    let clinic_id = detail.required("clinicId", fields::id);
    let lab_id = detail.required("labId", fields::id);
    let start = detail.required("windowStart", fields::timestamp);
    let end = detail.required("windowEnd", fields::timestamp);
    let by = detail.object("requestedBy", |by| {
        let user_id = by.optional("userId", fields::text(NAME));
        let name = by.optional("name", fields::text(NAME));
        let phone = by.optional("phone", fields::text(PHONE));
        (user_id, name, phone)
    });
    let (user_id, contact_name, contact_phone) = by.unwrap_or_default();
    let request_time = detail.optional("requestTime", fields::timestamp);
    let package_count = detail.optional("packageCount", packages);
    let is_rush = detail.optional("isRush", fields::boolean);
    let notes = detail.optional("notes", fields::text(NOTES));
    let metadata = detail.optional("metadata", object_text);
    let recurrence = recurrence(&mut detail);
    detail.finish(|| {
        Some(PickupRequested {
            pickup_id: pickup_id?.to_owned(),
            clinic_id: ClinicId::known(clinic_id?),
            lab_id: LabId::known(lab_id?),
            window: Window {
                start: start?,
                end: end?,
            },
            endpoint: None,
            external_id: None,
            time_zone: None,
            requested_by: user_id.map(str::to_owned),
            request_time,
            package_count: package_count.unwrap_or(1),
            is_rush: is_rush.unwrap_or(false),
            recurrence,
            sent: None,
            private: Phi::new(Private {
                notes: owned(notes),
                contact_name: owned(contact_name),
                contact_phone: owned(contact_phone),
                metadata: metadata.unwrap_or_default(),
                ..Private::default()
            }),
        })
    })
}

/// How many packages a pickup has.
pub fn packages(json: &Json<'_>) -> Result<u32, Reason> {
    let range = i64::from(*PACKAGES.start())..=i64::from(*PACKAGES.end());
    u32::try_from(fields::integer(range)(json)?).map_err(|_| Reason::OutOfRange)
}

/// An object of the sender's own, kept as text.
fn object_text(json: &Json<'_>) -> Result<String, Reason> {
    if !matches!(json, Json::Object(_)) {
        return Err(Reason::InvalidType);
    }
    let text = serde_json::to_string(json).map_err(|_| Reason::InvalidType)?;
    if text.len() > NOTES.max_bytes {
        Err(Reason::TooLong)
    } else {
        Ok(text)
    }
}

/// `recurrence`, or under its other name; an object, or just the frequency.
fn recurrence(detail: &mut Reader<'_>) -> Option<Recurrence> {
    let name = match detail.read("recurrence", |_| Ok(())) {
        Ok(None) => "recurring",
        _ => "recurrence",
    };
    let is_text = matches!(
        detail.read(name, |json| Ok(matches!(json, Json::Text(_)))),
        Ok(Some(true))
    );
    if is_text {
        return detail.optional(name, fields::word(FREQUENCIES)).map(plain);
    }
    detail.object(name, rule).flatten()
}

const fn plain(frequency: Frequency) -> Recurrence {
    Recurrence {
        frequency,
        until: None,
        count: None,
        days_of_week: Vec::new(),
        skip_weekends: false,
        skip_dates: Vec::new(),
    }
}

fn rule(rule: &mut Reader<'_>) -> Option<Recurrence> {
    let frequency = rule.required("frequency", fields::word(FREQUENCIES));
    let until = rule.optional("until", fields::date);
    let count = rule.optional("count", fields::integer(1..=i64::from(MAX_COUNT)));
    let days_of_week = rule.list("daysOfWeek", DAYS.len(), fields::word(DAYS));
    let skip_weekends = rule.optional("skipWeekends", fields::boolean);
    let skip_dates = rule.list("skipDates", MAX_SKIPS, fields::date);
    Some(Recurrence {
        until,
        count: count.and_then(|count| u32::try_from(count).ok()),
        days_of_week,
        skip_weekends: skip_weekends.unwrap_or(false),
        skip_dates,
        ..plain(frequency?)
    })
}

fn pickup_cancelled(mut detail: Reader<'_>) -> Result<PickupCancelled, Vec<Fault>> {
    let pickup_id = detail.required("pickupId", fields::built_id);
    let clinic_id = detail.required("clinicId", fields::id);
    let lab_id = detail.required("labId", fields::id);
    detail.finish(|| {
        Some(PickupCancelled {
            pickup_id: pickup_id?.to_owned(),
            clinic_id: ClinicId::known(clinic_id?),
            lab_id: LabId::known(lab_id?),
        })
    })
}

fn delivery_completed(mut detail: Reader<'_>) -> Result<DeliveryCompleted, Vec<Fault>> {
    let delivery_id = detail.required("deliveryId", fields::id);
    let completed_at = detail.required("completedAt", fields::timestamp);
    let lab_id = detail.optional("labId", fields::id);
    let clinic_id = detail.optional("clinicId", fields::id);
    let driver_id = detail.optional("driverId", fields::id);
    let case_ids = detail.list("caseIds", MAX_CASES, fields::id);
    let received_by = detail.optional("receivedBy", fields::text(NAME));
    let coordinates = coordinates(&mut detail, "coordinates");
    let notes = detail.optional("notes", fields::text(NOTES));
    let proof = detail.object("proofOfDelivery", proof);
    detail.finish(|| {
        Some(DeliveryCompleted {
            delivery_id: DeliveryId::known(delivery_id?),
            completed_at: completed_at?,
            lab_id: lab_id.map(LabId::known),
            clinic_id: clinic_id.map(ClinicId::known),
            // An empty list names nothing, like an absent one.
            case_ids: Some(distinct(&case_ids)).filter(|ids| !ids.is_empty()),
            driver_id: driver_id.map(DriverId::known),
            coordinates,
            proof: proof.unwrap_or_default(),
            private: Phi::new(Private {
                received_by: owned(received_by),
                notes: owned(notes),
                ..Private::default()
            }),
        })
    })
}

/// A point on the earth.
pub fn coordinates(reader: &mut Reader<'_>, name: &'static str) -> Option<Coordinates> {
    let point = reader.object(name, |point| {
        let lat = point.required("lat", fields::number(-90.0..=90.0));
        let lng = point.required("lng", fields::number(-180.0..=180.0));
        Some(Coordinates {
            lat: lat?,
            lng: lng?,
        })
    });
    point.flatten()
}

/// Proof kept here (ids) or elsewhere (addresses).
pub fn proof(proof: &mut Reader<'_>) -> ProofOfDelivery {
    const MAX_PHOTOS: usize = 20;
    ProofOfDelivery {
        signature_id: proof.optional("signatureId", fields::id).map(str::to_owned),
        photo_ids: proof.list("photoIds", MAX_PHOTOS, |json| {
            fields::id(json).map(str::to_owned)
        }),
        signature_url: proof.optional("signatureUrl", url),
        photo_urls: proof.list("photoUrls", MAX_PHOTOS, url),
    }
}

fn url(json: &Json<'_>) -> Result<String, Reason> {
    let text = fields::text(URL)(json)?;
    let web = text
        .strip_prefix("https://")
        .or_else(|| text.strip_prefix("http://"));
    match web {
        Some(rest) if !rest.is_empty() && !text.contains(char::is_whitespace) => {
            Ok(text.to_owned())
        }
        _ => Err(Reason::InvalidFormat),
    }
}

fn invoice_issued(mut detail: Reader<'_>) -> Result<InvoiceIssued, Vec<Fault>> {
    let invoice_id = detail.required("invoiceId", fields::id);
    invoice(detail, invoice_id)
}

/// An invoice whose id is known already (from the path).
pub fn invoice(
    mut detail: Reader<'_>,
    invoice_id: Option<&str>,
) -> Result<InvoiceIssued, Vec<Fault>> {
    let lab_id = detail.required("labId", fields::id);
    let clinic_id = detail.required("clinicId", fields::id);
    detail.required("caseIds", |json| match json {
        Json::List(items) if items.is_empty() => Err(Reason::Required),
        _ => Ok(()),
    });
    let case_ids = detail.list("caseIds", MAX_CASES, fields::id);
    let amount = detail.optional("amount", fields::number(0.0..=MAX_AMOUNT));
    let currency = detail.optional("currency", currency);
    detail.finish(|| {
        Some(InvoiceIssued {
            invoice_id: InvoiceId::known(invoice_id?),
            lab_id: LabId::known(lab_id?),
            clinic_id: ClinicId::known(clinic_id?),
            case_ids: distinct(&case_ids),
            amount,
            currency,
        })
    })
}

/// Three letters (ISO 4217).
fn currency(json: &Json<'_>) -> Result<String, Reason> {
    let text = fields::trimmed(json)?;
    if text.len() == 3 && text.bytes().all(|b| b.is_ascii_alphabetic()) {
        Ok(text.to_ascii_uppercase())
    } else {
        Err(Reason::InvalidFormat)
    }
}

/// Each id once, in the order given.
fn distinct(ids: &[&str]) -> Vec<CaseId> {
    let mut seen = std::collections::HashSet::new();
    ids.iter()
        .filter(|id| seen.insert(**id))
        .map(|id| CaseId::known(*id))
        .collect()
}

fn owned(text: Option<&str>) -> String {
    text.unwrap_or_default().to_owned()
}
