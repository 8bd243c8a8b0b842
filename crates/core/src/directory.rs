//! Who there is: labs, clinics, drivers, and the endpoints that practice systems post to.

use std::collections::BTreeMap;

use jiff::Timestamp;
use jiff::civil::{Date, Time};
use jiff::tz::TimeZone;
use serde::{Deserialize, Serialize};

use crate::delivery::Priority;
use crate::id::{ClinicId, DriverId, EndpointId, LabId};
use crate::phi::{Phi, Private};
use crate::state::words;
use crate::time::{self, Coordinates, Day};

/// How far ahead a working day is looked for, in days; a lab that never works keeps the first one.
const SEARCH_DAYS: u32 = 60;

/// A dental lab.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Lab {
    /// Its id.
    pub id: LabId,
    /// What people call it; its id until someone says.
    pub name: String,
    /// IANA zone of its dates; absent: the default zone.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub time_zone: Option<String>,
    /// Where its vans start.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub location: Option<Coordinates>,
    /// Where clinics and drivers call it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub phone: Option<String>,
    /// Days on which it delivers.
    pub working_days: Vec<Day>,
    /// Dates on which it does not.
    #[serde(default)]
    pub holidays: Vec<Date>,
    /// Time of day after which work counts for the next day.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub cutoff: Option<Time>,
    /// False for a stub that an event made.
    pub verified: bool,
    /// Counts its changes.
    #[serde(default)]
    pub version: u64,
    /// How its dispatchers want to be told.
    #[serde(skip)]
    pub private: Phi<Private>,
}

impl Lab {
    /// What an event that names an unknown lab makes of it.
    pub fn stub(id: LabId) -> Self {
        Self {
            name: id.to_string(),
            id,
            time_zone: None,
            location: None,
            phone: None,
            working_days: Day::WORKING.to_vec(),
            holidays: Vec::new(),
            cutoff: None,
            verified: false,
            version: 0,
            private: Phi::default(),
        }
    }

    /// Its zone, or `default`.
    pub fn zone(&self, default: &str) -> TimeZone {
        time::zone(self.time_zone.as_deref().unwrap_or(default))
    }

    /// Whether it delivers on that day.
    pub fn works_on(&self, date: Date) -> bool {
        self.working_days.contains(&Day::of(date)) && !self.holidays.contains(&date)
    }

    /// The first day after `date` on which the lab works and the clinic is open.
    pub fn next_delivery_day(&self, clinic: Option<&Clinic>, date: Date) -> Date {
        let mut day = date;
        for _ in 0..SEARCH_DAYS {
            let Ok(next) = day.tomorrow() else { break };
            day = next;
            if self.works_on(day) && clinic.is_none_or(|clinic| clinic.is_open_on(day)) {
                return day;
            }
        }
        date.tomorrow().unwrap_or(date)
    }
}

/// A span of the day in which a clinic is open.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Open {
    /// From this time of day.
    pub from: Time,
    /// To this one.
    pub to: Time,
}

/// Around what a driver counts as being at a clinic.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Fence {
    /// Radius in metres.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub radius: Option<f64>,
    /// Corners, where a circle does not do.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub polygon: Vec<Coordinates>,
}

/// How a driver gets in. What may name somebody (a note, who usually receives) is sealed apart.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct Access {
    /// Deliveries may be left in a lock box when the clinic says so.
    pub lock_box: bool,
}

impl Access {
    /// Whether nothing is said of it.
    pub fn is_usual(&self) -> bool {
        *self == Self::default()
    }
}

/// A clinic, unique within its lab.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Clinic {
    /// The lab it works with.
    pub lab_id: LabId,
    /// Its id.
    pub id: ClinicId,
    /// What people call it; its id until someone says.
    pub name: String,
    /// For people and navigation apps.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub address: Option<String>,
    /// Where it is.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub location: Option<Coordinates>,
    /// IANA zone of its wall clock; absent: its endpoint's, its lab's, the default.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub time_zone: Option<String>,
    /// Opening hours by day; without any it counts as always open.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub hours: BTreeMap<Day, Vec<Open>>,
    /// Dates on which it is closed.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub holidays: Vec<Date>,
    /// Its fence, where the usual circle does not do.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub fence: Option<Fence>,
    /// How a driver gets in.
    #[serde(default, skip_serializing_if = "Access::is_usual")]
    pub access: Access,
    /// The clinic that took its place.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub merged_into: Option<ClinicId>,
    /// False for a stub that an event made.
    pub verified: bool,
    /// Counts its changes.
    #[serde(default)]
    pub version: u64,
    /// Whom to call there, and how it wants to be told.
    #[serde(skip)]
    pub private: Phi<Private>,
}

impl Clinic {
    /// What an event that names an unknown clinic makes of it.
    pub fn stub(lab_id: LabId, id: ClinicId) -> Self {
        Self {
            lab_id,
            name: id.to_string(),
            id,
            address: None,
            location: None,
            time_zone: None,
            hours: BTreeMap::new(),
            holidays: Vec::new(),
            fence: None,
            access: Access::default(),
            merged_into: None,
            verified: false,
            version: 0,
            private: Phi::default(),
        }
    }

    /// Whether anybody is there on that day.
    pub fn is_open_on(&self, date: Date) -> bool {
        let hours = || {
            self.hours
                .get(&Day::of(date))
                .is_some_and(|spans| !spans.is_empty())
        };
        !self.holidays.contains(&date) && (self.hours.is_empty() || hours())
    }

    /// Whether it is open at some time between the two, which lie on one date.
    pub fn is_open_between(&self, date: Date, from: Time, to: Time) -> bool {
        if self.hours.is_empty() {
            return self.is_open_on(date);
        }
        let meets = |span: &Open| span.from < to && from < span.to;
        self.is_open_on(date)
            && self
                .hours
                .get(&Day::of(date))
                .is_some_and(|spans| spans.iter().any(meets))
    }
}

words! {
    /// Whether a driver is at work.
    Presence {
        /// Is.
        OnDuty = "on_duty",
        /// Has a break.
        Break = "break",
        /// Is not.
        OffDuty = "off_duty",
    }
}

impl Presence {
    const fn on_duty() -> Self {
        Self::OnDuty
    }

    /// Whether the driver is at work.
    pub const fn is_on_duty(&self) -> bool {
        matches!(self, Self::OnDuty)
    }
}

/// A driver of a lab.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Driver {
    /// The lab.
    pub lab_id: LabId,
    /// Their id.
    pub id: DriverId,
    /// What people call them.
    pub name: String,
    /// Usual working time.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub shift: Option<Open>,
    /// Packages that fit into the van.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub capacity: Option<u32>,
    /// Whether they are at work, as they say themselves; on duty until they do.
    #[serde(
        default = "Presence::on_duty",
        skip_serializing_if = "Presence::is_on_duty"
    )]
    pub presence: Presence,
    /// Since when.
    #[serde(
        with = "crate::time::text::optional",
        default,
        skip_serializing_if = "Option::is_none"
    )]
    pub presence_since: Option<Timestamp>,
    /// When the break ends by itself.
    #[serde(
        with = "crate::time::text::optional",
        default,
        skip_serializing_if = "Option::is_none"
    )]
    pub paused_until: Option<Timestamp>,
    /// False for a stub that a message made.
    pub verified: bool,
    /// Counts the changes.
    #[serde(default)]
    pub version: u64,
    /// Where to call them, in [`Private::contact_phone`].
    #[serde(skip)]
    pub private: Phi<Private>,
}

impl Driver {
    /// What a message that names an unknown driver makes of them.
    pub fn stub(lab_id: LabId, id: DriverId) -> Self {
        Self {
            lab_id,
            name: id.to_string(),
            id,
            shift: None,
            capacity: None,
            presence: Presence::OnDuty,
            presence_since: None,
            paused_until: None,
            verified: false,
            version: 0,
            private: Phi::default(),
        }
    }
}

/// A place where one practice system posts its webhooks for one lab.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Endpoint {
    /// Its id, the last part of its path.
    pub id: EndpointId,
    /// The lab that its pickups are for.
    pub lab_id: LabId,
    /// `dentrix`, `opendental` or `eaglesoft`.
    pub system: String,
    /// IANA zone of times without an offset, where the clinic has none of its own.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub time_zone: Option<String>,
    /// Clinics it may speak for (our ids); empty: any.
    #[serde(default)]
    pub clinics: Vec<ClinicId>,
    /// The sender's clinic ids to ours.
    #[serde(default)]
    pub clinic_map: BTreeMap<String, ClinicId>,
    /// The sender's own words of priority, in lower case, besides those that its system has.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub priorities: BTreeMap<String, Priority>,
    /// Counts its changes.
    #[serde(default)]
    pub version: u64,
    /// Its secrets, newest first, in [`Private::secrets`].
    #[serde(skip)]
    pub private: Phi<Private>,
}

#[cfg(test)]
mod tests {
    use super::*;

    fn date(text: &str) -> Date {
        text.parse().expect("a date")
    }

    #[test]
    fn the_next_delivery_day_skips_weekends_holidays_and_closed_days() {
        let mut lab = Lab::stub(LabId::known("L"));
        lab.holidays = vec![date("2025-01-20")];
        let mut clinic = Clinic::stub(lab.id.clone(), ClinicId::known("C"));
        assert_eq!(
            lab.next_delivery_day(Some(&clinic), date("2025-01-17")),
            date("2025-01-21")
        );
        let morning = Open {
            from: Time::constant(8, 0, 0, 0),
            to: Time::constant(12, 0, 0, 0),
        };
        clinic.hours.insert(Day::Thursday, vec![morning]);
        assert_eq!(
            lab.next_delivery_day(Some(&clinic), date("2025-01-17")),
            date("2025-01-23")
        );
        assert!(clinic.is_open_between(
            date("2025-01-23"),
            Time::constant(11, 0, 0, 0),
            Time::constant(13, 0, 0, 0)
        ));
        assert!(!clinic.is_open_between(
            date("2025-01-23"),
            Time::constant(12, 0, 0, 0),
            Time::constant(13, 0, 0, 0)
        ));
    }

    #[test]
    fn a_lab_that_never_works_still_gets_a_day() {
        let mut lab = Lab::stub(LabId::known("L"));
        lab.working_days.clear();
        assert_eq!(
            lab.next_delivery_day(None, date("2025-01-17")),
            date("2025-01-18")
        );
    }
}
