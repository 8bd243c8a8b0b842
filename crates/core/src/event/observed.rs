//! What the tracker reads off a driver's positions. Each has an id of its own kind (route, stop, what, how many before), so that
//! what is observed again after a restart is recognised as a repetition.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use crate::id::{ClinicId, DriverId, LabId, RouteId, StopId};
use crate::route::StopLeg;

pub use crate::route::Sighting;

/// Detail of the event.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct StopSighted {
    /// The lab.
    pub lab_id: LabId,
    /// The route.
    pub route_id: RouteId,
    /// The stop.
    pub stop_id: StopId,
    /// Who.
    pub driver_id: DriverId,
    /// What.
    pub what: Sighting,
    /// When, between two positions where need be.
    #[serde(with = "crate::time::text")]
    pub at: Timestamp,
}

/// Detail of the event.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct SightingCorrected {
    /// The lab.
    pub lab_id: LabId,
    /// The route.
    pub route_id: RouteId,
    /// The stop.
    pub stop_id: StopId,
    /// Who.
    pub driver_id: DriverId,
    /// What was told.
    pub was: Sighting,
    /// When that was told to have been.
    #[serde(with = "crate::time::text")]
    pub was_at: Timestamp,
    /// What it was in truth; absent: nothing.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub now: Option<Sighting>,
    /// When that was; for nothing, when it was told to have been.
    #[serde(with = "crate::time::text")]
    pub at: Timestamp,
}

/// Detail of the event.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct LegEstimated {
    /// The lab.
    pub lab_id: LabId,
    /// The route.
    pub route_id: RouteId,
    /// The stop that the leg leads to.
    pub stop_id: StopId,
    /// What was said.
    pub leg: StopLeg,
}

/// Detail of the event.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct ArrivalNoticed {
    /// The lab.
    pub lab_id: LabId,
    /// The route.
    pub route_id: RouteId,
    /// The stop.
    pub stop_id: StopId,
    /// The clinic that is told.
    pub clinic_id: ClinicId,
    /// Its name.
    pub clinic_name: String,
    /// Who comes.
    pub driver_id: DriverId,
    /// In how many minutes; 0: is there.
    pub minutes_away: u32,
    /// When.
    #[serde(with = "crate::time::text")]
    pub eta: Timestamp,
}

/// Detail of the event.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct DriverSeen {
    /// The lab.
    pub lab_id: LabId,
    /// Who.
    pub driver_id: DriverId,
}

/// Detail of the event.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct DriverSilent {
    /// The lab.
    pub lab_id: LabId,
    /// Who.
    pub driver_id: DriverId,
    /// Time of the last position.
    #[serde(with = "crate::time::text")]
    pub last_seen: Timestamp,
    /// What the phone's last words and habits let us think.
    pub likely_cause: String,
}

/// Detail of the event.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct SenderSilent {
    /// The lab; `-`: none.
    pub lab_id: LabId,
    /// `clinic`, `endpoint` or `source`.
    pub kind: String,
    /// Which one.
    pub id: String,
    /// The last thing that was heard of it: when.
    #[serde(with = "crate::time::text")]
    pub last_heard: Timestamp,
    /// What: the type of an event, or `webhook`.
    pub last_event: String,
    /// And its number in the log.
    pub last_seq: u64,
    /// How it is usually heard, in words.
    pub usually: String,
}
