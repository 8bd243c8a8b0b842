//! The practice systems that send pickups, and how each of them says it.
//!
//! A system is one [`Ehr`]: a declarative description of its fields, in a file of its own. One
//! engine reads bodies by it ([`Ehr::read`]) and writes them by it ([`Ehr::write`]), so the way
//! back cannot drift from the way in. A further system is one file, its cases in the test data,
//! and one line in [`all`].
//!
//! Mapping a body takes two steps, because the zone that a local time is meant in belongs to the
//! clinic, and the clinic is only known once the body has been read:
//!
//! ```
//! use jiff::tz::TimeZone;
//! use pontic_wire::ehr::{self, ClinicMap, PriorityMap, Settings};
//! use pontic_wire::json::{self, Limits};
//!
//! let body = br#"{ "LabCaseNum": 226, "ClinicNum": 3, "DateTimeScheduled": "2025-07-01 09:30:00" }"#;
//! let opendental = ehr::by_system("opendental").unwrap();
//! let clinics = ClinicMap::new();
//!
//! let draft = opendental.read(&json::parse(body, Limits::WEBHOOK).unwrap());
//! assert_eq!(draft.clinic(&clinics).as_deref(), Some("3"));
//! let zone = TimeZone::get("America/New_York").unwrap(); // the zone of clinic 3
//! let settings = Settings {
//!     lab_id: "LAB001",
//!     zone: &zone,
//!     clinic_map: &clinics,
//!     priorities: &PriorityMap::new(),
//!     window: None,
//! };
//! let record = draft.finish(&settings).unwrap();
//! assert_eq!(record.pickup_id, "opendental-226");
//! ```

mod clock;
mod dentrix;
mod draft;
mod eaglesoft;
mod identifier;
mod opendental;
mod outgoing;
mod priority;
mod record;

use std::ops::RangeInclusive;

use jiff::SignedDuration;

use crate::json::Json;
use clock::Clock;
use identifier::Identifier;
use priority::Priorities;

pub use draft::{ClinicMap, Draft, Missing, PriorityMap, Settings, WindowLimits};
pub use record::{Metadata, OriginalPriority, Record, RequestedBy};

/// Half of the time in which a pickup asked for at one moment may happen.
const HALF_WINDOW: SignedDuration = SignedDuration::from_mins(60);
/// So many packages one pickup may have.
const PACKAGES: RangeInclusive<i64> = 1..=99;
/// So many it has where nothing is said.
const DEFAULT_PACKAGES: i64 = 1;

/// A practice system: what it calls each thing, and in which form it writes it.
///
/// Names are as in its bodies; a dot leads into a nested object.
pub struct Ehr {
    /// Its name in paths and ids: `dentrix`.
    pub system: &'static str,
    /// The header that carries its signature.
    pub signature_header: &'static str,
    id: Field<Identifier>,
    clinic: Field<Identifier>,
    time: Field<Clock>,
    priority: Field<Priorities>,
    patient_name: &'static str,
    notes: &'static str,
    package_count: &'static str,
    contact_name: &'static str,
    contact_phone: &'static str,
    window_start: &'static str,
    window_end: &'static str,
}

/// A field whose form differs between systems.
struct Field<F> {
    name: &'static str,
    form: F,
}

static ALL: [&Ehr; 3] = [
    &dentrix::DENTRIX,
    &opendental::OPENDENTAL,
    &eaglesoft::EAGLESOFT,
];

/// Every system we speak to.
pub fn all() -> &'static [&'static Ehr] {
    &ALL
}

/// The system of that name, if we speak to it.
pub fn by_system(system: &str) -> Option<&'static Ehr> {
    all().iter().copied().find(|ehr| ehr.system == system)
}

/// What a system calls each thing; a dot leads into a nested object.
#[derive(Debug, Clone, PartialEq)]
pub struct FieldNames {
    /// Its id of the pickup.
    pub id: &'static str,
    /// Its id of the clinic.
    pub clinic: &'static str,
    /// When.
    pub time: &'static str,
    /// How urgent.
    pub priority: &'static str,
    /// The patient's name.
    pub patient_name: &'static str,
    /// For the driver.
    pub notes: &'static str,
    /// How many packages.
    pub package_count: &'static str,
    /// Whom to ask for.
    pub contact_name: &'static str,
    /// Where to call.
    pub contact_phone: &'static str,
    /// What it writes for a rush.
    pub rush: serde_json::Value,
}

impl Ehr {
    /// What it calls each thing.
    pub fn field_names(&self) -> FieldNames {
        FieldNames {
            id: self.id.name,
            clinic: self.clinic.name,
            time: self.time.name,
            priority: self.priority.name,
            patient_name: self.patient_name,
            notes: self.notes,
            package_count: self.package_count,
            contact_name: self.contact_name,
            contact_phone: self.contact_phone,
            rush: self.priority.form.rush_as_written(),
        }
    }

    /// Whether its ids are numbers.
    pub fn has_numbers(&self) -> bool {
        matches!(self.id.form, Identifier::CaseNumber)
    }

    /// Whether its times may be those of the clinic's wall.
    pub fn writes_local_times(&self) -> bool {
        matches!(self.time.form, Clock::Wall { .. })
    }

    /// Reads the fields of a body. Faults are kept in the draft, and come out when it is finished.
    pub fn read(&'static self, body: &Json<'_>) -> Draft {
        Draft::read(self, body)
    }
}
