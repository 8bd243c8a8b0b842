//! Routes and their stops.

use jiff::Timestamp;
use jiff::civil::Date;
use serde::{Deserialize, Serialize};

use crate::answer::{Answer, MAX_ANSWERS};
use crate::delivery::ProofOfDelivery;
use crate::id::{ClinicId, DeliveryId, DriverId, LabId, PickupId, RouteId, StopId};
use crate::phi::{Phi, Private};
use crate::state::{RouteStatus, StopStatus, words};
use crate::time::Coordinates;
use crate::travel::Source;

/// Most stops of one route.
pub const MAX_STOPS: usize = 200;
/// Most sightings that are kept with a stop; the log has them all.
pub const MAX_SIGHTINGS: usize = 100;

/// One driver's run.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Route {
    /// The lab.
    pub lab_id: LabId,
    /// Its id.
    pub id: RouteId,
    /// Who drives it now.
    pub driver_id: DriverId,
    /// The day.
    pub date: Date,
    /// Where it stands.
    pub status: RouteStatus,
    /// When the driver left the lab.
    #[serde(
        with = "crate::time::text::optional",
        default,
        skip_serializing_if = "Option::is_none"
    )]
    pub started_at: Option<Timestamp>,
    /// When the driver took it over from another one on the road.
    #[serde(
        with = "crate::time::text::optional",
        default,
        skip_serializing_if = "Option::is_none"
    )]
    pub taken_over_at: Option<Timestamp>,
    /// When the driver was back.
    #[serde(
        with = "crate::time::text::optional",
        default,
        skip_serializing_if = "Option::is_none"
    )]
    pub finished_at: Option<Timestamp>,
    /// What was still in the van then, with what the driver said of it.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub left: Vec<Undone>,
    /// How often a dispatcher moved a stop to it, from it or on it: a change of its own, though stops are rows of their own.
    #[serde(default, skip_serializing_if = "is_zero")]
    pub moves: u32,
    /// Counts its changes.
    #[serde(default)]
    pub version: u64,
}

/// What became of one case or pickup at a stop.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Undone {
    /// The case or pickup.
    pub id: String,
    /// Why it was not done.
    pub reason: String,
}

words! {
    /// Something seen at a stop's fence.
    Sighting {
        /// Came into it.
        Entered = "entered",
        /// Left it again after having arrived.
        Exited = "exited",
        /// Went through it without arriving.
        Crossed = "crossed",
        /// Stands or waits in it.
        Arrived = "arrived",
        /// Has left the stop.
        Departed = "departed",
    }
}

/// Something that the positions told of a stop's fence.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Sight {
    /// What.
    pub what: Sighting,
    /// When.
    #[serde(with = "crate::time::text")]
    pub at: Timestamp,
}

/// What a service said of the way to a stop.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct StopLeg {
    /// From where.
    pub from: Coordinates,
    /// Driving time in seconds.
    pub seconds: f64,
    /// The way in metres.
    pub meters: f64,
    /// Who said so.
    pub source: Source,
    /// When.
    #[serde(with = "crate::time::text")]
    pub at: Timestamp,
}

/// One clinic of a run: all that is brought and fetched there.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Stop {
    /// The lab.
    pub lab_id: LabId,
    /// Its id.
    pub id: StopId,
    /// The route.
    pub route_id: RouteId,
    /// Its place on it, from 1.
    pub sequence: u32,
    /// The clinic.
    pub clinic_id: ClinicId,
    /// Stands in for a clinic that is not set up.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub clinic_name: Option<String>,
    /// Stands in for a clinic that is not set up.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub location: Option<Coordinates>,
    /// What to bring.
    #[serde(default)]
    pub delivery_ids: Vec<DeliveryId>,
    /// What to fetch.
    #[serde(default)]
    pub pickup_ids: Vec<PickupId>,
    /// Promised from.
    #[serde(
        with = "crate::time::text::optional",
        default,
        skip_serializing_if = "Option::is_none"
    )]
    pub window_start: Option<Timestamp>,
    /// Promised until.
    #[serde(
        with = "crate::time::text::optional",
        default,
        skip_serializing_if = "Option::is_none"
    )]
    pub window_end: Option<Timestamp>,
    /// Where it stands.
    pub status: StopStatus,
    /// Who did it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub driver_id: Option<DriverId>,
    /// When the driver came.
    #[serde(
        with = "crate::time::text::optional",
        default,
        skip_serializing_if = "Option::is_none"
    )]
    pub arrived_at: Option<Timestamp>,
    /// When the driver left, as the positions tell.
    #[serde(
        with = "crate::time::text::optional",
        default,
        skip_serializing_if = "Option::is_none"
    )]
    pub departed_at: Option<Timestamp>,
    /// When the clinic was told that the driver comes.
    #[serde(
        with = "crate::time::text::optional",
        default,
        skip_serializing_if = "Option::is_none"
    )]
    pub noticed_at: Option<Timestamp>,
    /// What the positions told of its fence, in the order of time.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub sightings: Vec<Sight>,
    /// How often something that was told of its fence turned out different.
    #[serde(default, skip_serializing_if = "is_zero")]
    pub corrections: u32,
    /// The way to it, where a service said something of it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub leg: Option<StopLeg>,
    /// When it was done, failed or skipped.
    #[serde(
        with = "crate::time::text::optional",
        default,
        skip_serializing_if = "Option::is_none"
    )]
    pub closed_at: Option<Timestamp>,
    /// Why it failed or was skipped.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub reason: Option<String>,
    /// Cases and pickups that were not done.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub undone: Vec<Undone>,
    /// The proof.
    #[serde(default, skip_serializing_if = "ProofOfDelivery::is_empty")]
    pub proof: ProofOfDelivery,
    /// What the clinic said of this visit, the newest of each kind.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub answers: Vec<Answer>,
    /// How often it said something.
    #[serde(default, skip_serializing_if = "is_zero")]
    pub answered: u32,
    /// The stop at which its work is now, where its route was to call at the clinic anyway.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub joined: Option<StopId>,
    /// Counts its changes.
    #[serde(default)]
    pub version: u64,
    /// Who received it, and notes.
    #[serde(skip)]
    pub private: Phi<Private>,
}

impl Stop {
    /// Takes over what the clinic said of another visit that becomes this one: of each kind the newest counts.
    pub fn take_answers_of(&mut self, other: &Self) {
        for answer in &other.answers {
            let mut own = self.answers.iter_mut();
            match own.find(|own| own.kind == answer.kind) {
                Some(own) if own.at < answer.at => *own = *answer,
                Some(_) => {}
                None => self.answers.push(*answer),
            }
        }
        self.answers.sort_by_key(|answer| answer.at);
        self.answered = MAX_ANSWERS.min(self.answered + other.answered);
    }

    /// When the driver said to have arrived; none if only the positions say so.
    pub fn tapped_at(&self) -> Option<Timestamp> {
        self.arrived_at.filter(|at| {
            let seen = |sight: &Sight| sight.what == Sighting::Arrived && sight.at == *at;
            !self.sightings.iter().any(seen)
        })
    }

    /// Changes what the positions told of it, and with it when the driver came and left; what the driver said stays.
    pub fn set_sightings(&mut self, mut sightings: Vec<Sight>) {
        let tapped = self.tapped_at();
        sightings.sort_by_key(|sight| sight.at);
        sightings.truncate(MAX_SIGHTINGS);
        let times = |what| {
            let of_kind = sightings.iter().filter(move |sight| sight.what == what);
            of_kind.map(|sight| sight.at)
        };
        self.arrived_at = tapped.or_else(|| times(Sighting::Arrived).next());
        self.departed_at = times(Sighting::Departed).next_back();
        self.sightings = sightings;
    }
}

/// Why a stop cannot go to that route: the contract's word. `is_loaded`: some of what it brings is in a van; `open` are the open
/// stops of the route it would go to, which has `total`.
pub fn obstacle(
    stop: &Stop,
    from: &Route,
    to: &Route,
    is_loaded: bool,
    open: &[Stop],
    total: usize,
) -> Option<&'static str> {
    if !stop.status.is_open() {
        return Some("stop_closed");
    }
    if !matches!(to.status, RouteStatus::Planned | RouteStatus::Started) {
        return Some("route_closed");
    }
    if from.id == to.id {
        return None;
    }
    if stop.status == StopStatus::Arrived {
        return Some("driver_is_there");
    }
    let is_same_van = from.driver_id == to.driver_id && to.status == RouteStatus::Started;
    let joins_another = open.iter().any(|other| other.clinic_id == stop.clinic_id);
    if is_loaded && (!is_same_van || joins_another) {
        return Some("cases_in_van");
    }
    (!joins_another && total >= MAX_STOPS).then_some("route_full")
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "serde asks so")]
const fn is_zero(count: &u32) -> bool {
    *count == 0
}
