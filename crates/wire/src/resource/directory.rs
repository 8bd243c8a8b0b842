//! Labs, clinics, drivers and endpoints as people set them up.

use std::collections::BTreeMap;

use jiff::civil::Time;
use pontic_core::delivery::Priority;
use pontic_core::directory::{Access, Clinic, Driver, Endpoint, Fence, Lab, Open};
use pontic_core::event::{ClinicSet, DriverSet, EndpointSet, LabSet};
use pontic_core::fault::{Fault, Reason};
use pontic_core::id::{ClinicId, DriverId, EndpointId, LabId};
use pontic_core::phi::{Phi, Private};
use pontic_core::time::{Coordinates, Day, is_zone};

use super::notify::notify;
use crate::fields::{self, NAME, PHONE, Reader, TextLimits};
use crate::json::Json;
use crate::signature::Secret;

/// Longest address or e-mail address, in characters.
const LINE: TextLimits = TextLimits {
    max_chars: 400,
    max_bytes: 1_600,
    multiline: false,
};
/// Longest note on how to get in: it is read at a door.
const ACCESS_NOTE: TextLimits = TextLimits {
    max_chars: 1_000,
    max_bytes: 4_000,
    multiline: true,
};
/// Most names of those who usually receive.
const MAX_RECEIVERS: usize = 20;
/// Most holidays of a lab or clinic.
const MAX_HOLIDAYS: usize = 1_000;
/// Most spans of one day.
const MAX_SPANS: usize = 6;
/// Most corners of a fence.
const MAX_CORNERS: usize = 200;
/// Most clinics of one endpoint.
const MAX_CLINICS: usize = 10_000;
/// Most words of priority of one endpoint.
const MAX_PRIORITIES: usize = 100;
/// Longest of them, in characters.
const MAX_WORD_CHARS: usize = 64;
/// Most secrets of one endpoint: the new one and the old while rotating.
pub const MAX_ENDPOINT_SECRETS: usize = 2;

const DAYS: &[(&str, Day)] = &[
    ("MO", Day::Monday),
    ("TU", Day::Tuesday),
    ("WE", Day::Wednesday),
    ("TH", Day::Thursday),
    ("FR", Day::Friday),
    ("SA", Day::Saturday),
    ("SU", Day::Sunday),
];

/// A lab as it is from here on.
pub fn lab(id: LabId, body: &Json<'_>, expected: Option<u64>) -> Result<LabSet, Vec<Fault>> {
    let mut reader = Reader::new(body, "");
    let name = reader.required("name", fields::text(NAME));
    let time_zone = reader.required("timeZone", zone);
    let location = point(&mut reader, "location");
    let phone = reader.optional("phone", fields::text(PHONE));
    let working_days = reader.list("workingDays", DAYS.len(), fields::word(DAYS));
    let has_days = matches!(reader.read("workingDays", |_| Ok(())), Ok(Some(())));
    let holidays = reader.list("holidays", MAX_HOLIDAYS, fields::date);
    let cutoff = reader.optional("cutoff", time_of_day);
    let notify = reader.object("notify", notify);
    reader.finish(|| {
        let lab = Lab {
            name: name?.to_owned(),
            time_zone: Some(time_zone?.to_owned()),
            location,
            phone: phone.map(str::to_owned),
            working_days: if has_days {
                working_days
            } else {
                Day::WORKING.to_vec()
            },
            holidays,
            cutoff,
            ..Lab::stub(id)
        };
        let private = Private {
            notify: notify.unwrap_or_default(),
            ..Private::default()
        };
        Some(LabSet {
            lab,
            expected,
            private: Phi::new(private),
        })
    })
}

/// A clinic as it is from here on.
pub fn clinic(
    id: ClinicId,
    body: &Json<'_>,
    expected: Option<u64>,
) -> Result<ClinicSet, Vec<Fault>> {
    let mut reader = Reader::new(body, "");
    let lab_id = reader.required("labId", fields::id);
    let name = reader.required("name", fields::text(NAME));
    let address = reader.optional("address", fields::text(LINE));
    let location = point(&mut reader, "location");
    let time_zone = reader.optional("timeZone", zone);
    let hours = reader.object("hours", week);
    let holidays = reader.list("holidays", MAX_HOLIDAYS, fields::date);
    let fence = reader.object("fence", fence);
    let private = reader.object("contact", contact);
    let access = reader.object("access", access).unwrap_or_default();
    let notify = reader.object("notify", notify);
    reader.finish(|| {
        let clinic = Clinic {
            name: name?.to_owned(),
            address: address.map(str::to_owned),
            location,
            time_zone: time_zone.map(str::to_owned),
            hours: hours.unwrap_or_default(),
            holidays,
            fence,
            access: Access {
                lock_box: access.lock_box,
            },
            ..Clinic::stub(LabId::known(lab_id?), id)
        };
        let contact = private.unwrap_or_default();
        let private = Private {
            notify: notify.unwrap_or_default(),
            access_note: access.note,
            receivers: access.receivers,
            ..contact
        };
        Some(ClinicSet {
            clinic,
            expected,
            private: Phi::new(private),
        })
    })
}

/// The clinic that this one is to become a part of, if the body says so.
pub fn merge_into(body: &Json<'_>) -> Result<Option<(LabId, ClinicId)>, Vec<Fault>> {
    let mut reader = Reader::new(body, "");
    let Some(into) = reader.optional("mergeInto", fields::id) else {
        return reader.finish(|| Some(None));
    };
    let lab_id = reader.required("labId", fields::id);
    reader.finish(|| Some(Some((LabId::known(lab_id?), ClinicId::known(into)))))
}

/// A driver as they are from here on.
pub fn driver(
    id: DriverId,
    body: &Json<'_>,
    expected: Option<u64>,
) -> Result<DriverSet, Vec<Fault>> {
    let mut reader = Reader::new(body, "");
    let lab_id = reader.required("labId", fields::id);
    let name = reader.required("name", fields::text(NAME));
    let shift = reader.object("shift", span).flatten();
    let capacity = reader.optional("capacity", fields::integer(0..=100_000));
    let phone = reader.optional("phone", fields::text(PHONE));
    reader.finish(|| {
        let driver = Driver {
            name: name?.to_owned(),
            shift,
            capacity: capacity.and_then(|capacity| u32::try_from(capacity).ok()),
            ..Driver::stub(LabId::known(lab_id?), id)
        };
        let private = Private {
            contact_phone: phone.unwrap_or_default().to_owned(),
            ..Private::default()
        };
        Some(DriverSet {
            driver,
            expected,
            private: Phi::new(private),
        })
    })
}

/// An endpoint of a practice system; without `secrets` it keeps those it has.
pub fn endpoint(
    id: EndpointId,
    body: &Json<'_>,
    expected: Option<u64>,
) -> Result<EndpointSet, Vec<Fault>> {
    let mut reader = Reader::new(body, "");
    let lab_id = reader.required("labId", fields::id);
    let system = reader.required("system", |json| {
        crate::ehr::by_system(fields::trimmed(json)?)
            .map(|ehr| ehr.system)
            .ok_or(Reason::UnknownValue)
    });
    let time_zone = reader.optional("timeZone", zone);
    let clinics = reader.list("clinics", MAX_CLINICS, |json| {
        fields::id(json).map(ClinicId::known)
    });
    let clinic_map = reader.optional("clinicMap", clinic_map);
    let priorities = reader.optional("priorities", priorities);
    let secrets = reader.list("secrets", MAX_ENDPOINT_SECRETS, secret);
    reader.finish(|| {
        let endpoint = Endpoint {
            id,
            lab_id: LabId::known(lab_id?),
            system: system?.to_owned(),
            time_zone: time_zone.map(str::to_owned),
            clinics,
            clinic_map: clinic_map.unwrap_or_default(),
            priorities: priorities.unwrap_or_default(),
            version: 0,
            private: Phi::default(),
        };
        Some(EndpointSet {
            endpoint,
            private: Phi::new(Private {
                secrets,
                ..Private::default()
            }),
            expected,
        })
    })
}

/// `{ secret? }`: a further secret of an endpoint.
pub fn endpoint_secret(body: &Json<'_>) -> Result<Option<String>, Vec<Fault>> {
    let mut reader = Reader::new(body, "");
    let named = reader.optional("secret", secret);
    reader.finish(|| Some(named))
}

/// What an endpoint is to learn.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Mapping {
    /// The endpoint.
    pub endpoint: EndpointId,
    /// The sender's clinic ids to ours.
    pub clinic_map: BTreeMap<String, ClinicId>,
    /// Words of priority, in lower case.
    pub priorities: BTreeMap<String, Priority>,
    /// Clinics that it may speak for besides.
    pub clinics: Vec<ClinicId>,
}

/// `{ endpoint, clinicMap?, priorities?, clinics? }`
pub fn mapping(body: &Json<'_>) -> Result<Mapping, Vec<Fault>> {
    let mut reader = Reader::new(body, "");
    let endpoint = reader.required("endpoint", fields::id);
    let clinic_map = reader.optional("clinicMap", clinic_map);
    let priorities = reader.optional("priorities", priorities);
    let clinics = reader.list("clinics", MAX_CLINICS, |json| {
        fields::id(json).map(ClinicId::known)
    });
    reader.finish(|| {
        Some(Mapping {
            endpoint: EndpointId::known(endpoint?),
            clinic_map: clinic_map.unwrap_or_default(),
            priorities: priorities.unwrap_or_default(),
            clinics,
        })
    })
}

/// Words to priorities. A practice system's words are told apart in any case, so they are kept in lower case.
fn priorities(json: &Json<'_>) -> Result<BTreeMap<String, Priority>, Reason> {
    const WORDS: &[(&str, Priority)] =
        &[("STANDARD", Priority::Standard), ("RUSH", Priority::Rush)];
    let Json::Object(members) = json else {
        return Err(Reason::InvalidType);
    };
    if members.len() > MAX_PRIORITIES {
        return Err(Reason::TooLong);
    }
    let meaning = fields::word(WORDS);
    let word = |key: &str| {
        let word = key.trim().to_lowercase();
        if word.is_empty() || word.chars().count() > MAX_WORD_CHARS {
            return Err(Reason::InvalidFormat);
        }
        Ok(word)
    };
    members
        .iter()
        .map(|(key, value)| Ok((word(key)?, meaning(value)?)))
        .collect()
}

fn secret(json: &Json<'_>) -> Result<String, Reason> {
    const SECRET: TextLimits = TextLimits {
        max_chars: 256,
        max_bytes: 256,
        multiline: false,
    };
    let text = fields::text(SECRET)(json)?;
    let secret = Secret::new(text).map_err(|_| Reason::Required)?;
    // Everybody knows it.
    if crate::kit::is_secret_of_it(&secret) {
        return Err(Reason::Forbidden);
    }
    Ok(text.to_owned())
}

fn clinic_map(json: &Json<'_>) -> Result<BTreeMap<String, ClinicId>, Reason> {
    let Json::Object(members) = json else {
        return Err(Reason::InvalidType);
    };
    if members.len() > MAX_CLINICS {
        return Err(Reason::TooLong);
    }
    members
        .iter()
        .map(|(key, value)| {
            Ok((
                key.clone().into_owned(),
                ClinicId::known(fields::id(value)?),
            ))
        })
        .collect()
}

/// The name of an IANA zone.
fn zone<'j>(json: &'j Json<'j>) -> Result<&'j str, Reason> {
    let name = fields::text(NAME)(json)?;
    if is_zone(name) {
        Ok(name)
    } else {
        Err(Reason::UnknownValue)
    }
}

fn point(reader: &mut Reader<'_>, name: &'static str) -> Option<Coordinates> {
    crate::event::read_coordinates(reader, name)
}

/// `HH:MM`, perhaps with seconds.
pub(super) fn time_of_day(json: &Json<'_>) -> Result<Time, Reason> {
    let text = fields::trimmed(json)?;
    let digits = text.len() == 5 || text.len() == 8;
    if digits {
        text.parse().map_err(|_| Reason::InvalidFormat)
    } else {
        Err(Reason::InvalidFormat)
    }
}

fn span(span: &mut Reader<'_>) -> Option<Open> {
    let from = span.required("from", time_of_day);
    let to = span.required("to", time_of_day);
    if from.zip(to).is_some_and(|(from, to)| from >= to) {
        span.fault("to", Reason::OutOfRange);
    }
    Some(Open {
        from: from?,
        to: to?,
    })
}

fn week(week: &mut Reader<'_>) -> BTreeMap<Day, Vec<Open>> {
    let mut hours = BTreeMap::new();
    for (name, day) in DAYS {
        if matches!(week.read(name, |_| Ok(())), Ok(Some(()))) {
            let spans = week.objects(name, MAX_SPANS, span);
            hours.insert(*day, spans.into_iter().flatten().collect());
        }
    }
    hours
}

fn fence(fence: &mut Reader<'_>) -> Fence {
    let radius = fence.optional("radius", fields::number(10.0..=5_000.0));
    let corners = fence.objects("polygon", MAX_CORNERS, |corner| {
        let lat = corner.required("lat", fields::number(-90.0..=90.0));
        let lng = corner.required("lng", fields::number(-180.0..=180.0));
        Some(Coordinates {
            lat: lat?,
            lng: lng?,
        })
    });
    let polygon: Vec<Coordinates> = corners.into_iter().flatten().collect();
    if matches!(polygon.len(), 1 | 2) {
        fence.fault("polygon", Reason::OutOfRange);
    }
    Fence { radius, polygon }
}

/// How a driver gets in.
#[derive(Default)]
struct Entrance {
    lock_box: bool,
    note: String,
    receivers: Vec<String>,
}

fn access(access: &mut Reader<'_>) -> Entrance {
    let note = access.optional("note", fields::text(ACCESS_NOTE));
    let lock_box = access.optional("lockBox", fields::boolean);
    let receivers = access.list("receivers", MAX_RECEIVERS, |json| {
        fields::text(NAME)(json).map(str::to_owned)
    });
    Entrance {
        lock_box: lock_box.unwrap_or(false),
        note: note.unwrap_or_default().to_owned(),
        receivers,
    }
}

fn contact(contact: &mut Reader<'_>) -> Private {
    let text = |text: Option<&str>| text.unwrap_or_default().to_owned();
    Private {
        contact_name: text(contact.optional("name", fields::text(NAME))),
        contact_phone: text(contact.optional("phone", fields::text(PHONE))),
        contact_email: text(contact.optional("email", fields::text(LINE))),
        ..Private::default()
    }
}
