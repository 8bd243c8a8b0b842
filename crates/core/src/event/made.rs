//! The details of what people and parts of ours do.

use std::collections::BTreeMap;

use jiff::Timestamp;
use jiff::civil::Date;
use serde::{Deserialize, Serialize};

use crate::answer::AnswerKind;
use crate::delivery::{Priority, ProofOfDelivery};
use crate::directory::{Clinic, Driver, Endpoint, Lab, Presence};
use crate::id::{
    ClinicId, DeliveryId, DriverId, EndpointId, LabId, PickupId, RouteId, SeriesId, StopId,
    SubscriptionId,
};
use crate::phi::{Phi, Private};
use crate::recurrence::Window;
use crate::route::Undone;
use crate::rules::Rules;
use crate::subscription::Subscription;
use crate::time::Coordinates;

/// Version that a change expects, from `If-Match`.
pub type Expected = Option<u64>;

/// Detail of the event.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct LabSet {
    /// The lab as it is from here on.
    pub lab: Lab,
    /// The version it replaces.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub expected: Expected,
    /// How its dispatchers want to be told.
    #[serde(skip)]
    pub private: Phi<Private>,
}

/// Detail of the event.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct ClinicSet {
    /// The clinic as it is from here on.
    pub clinic: Clinic,
    /// The version it replaces.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub expected: Expected,
    /// Its contact.
    #[serde(skip)]
    pub private: Phi<Private>,
}

/// Detail of the event.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct ClinicMerged {
    /// The lab.
    pub lab_id: LabId,
    /// The clinic that is really another one.
    pub clinic_id: ClinicId,
    /// That other one.
    pub into: ClinicId,
}

/// Detail of the event.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct DriverSet {
    /// The driver as they are from here on.
    pub driver: Driver,
    /// The version it replaces.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub expected: Expected,
    /// Where to call them.
    #[serde(skip)]
    pub private: Phi<Private>,
}

/// Detail of the event.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct EndpointSet {
    /// The endpoint as it is from here on.
    pub endpoint: Endpoint,
    /// Its secrets.
    #[serde(skip)]
    pub private: Phi<Private>,
    /// The version that it replaces; absent: whichever.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub expected: Option<u64>,
}

/// Detail of the event.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct MappingGiven {
    /// The lab of the endpoint.
    pub lab_id: LabId,
    /// The endpoint; one that every installation has becomes a record with this.
    pub endpoint_id: EndpointId,
    /// Its practice system.
    pub system: String,
    /// Its zone, where it becomes a record with this.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub time_zone: Option<String>,
    /// The sender's clinic ids to ours, to be added.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub clinic_map: BTreeMap<String, ClinicId>,
    /// Words of priority, in lower case, to be added.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub priorities: BTreeMap<String, Priority>,
    /// Clinics that it may speak for from here on, besides those it may already.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub clinics: Vec<ClinicId>,
}

/// Detail of the event.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct SubscriptionSet {
    /// The subscription as it is from here on.
    pub subscription: Subscription,
    /// Its secrets and headers.
    #[serde(skip)]
    pub private: Phi<Private>,
    /// The version that it replaces, if its sender cares.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub expected: Option<u64>,
}

/// Detail of the event.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct SubscriptionRemoved {
    /// Where it belongs.
    pub lab_id: LabId,
    /// Which one.
    pub id: SubscriptionId,
}

/// Detail of the event.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct SubscriptionPaused {
    /// Where it belongs.
    pub lab_id: LabId,
    /// Which one.
    pub id: SubscriptionId,
    /// Why: `gone` (410) or `failing`.
    pub reason: String,
}

/// Detail of the event. It holds nothing of a single message, so that many of one day are one event.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct MessagesDead {
    /// The lab that they are about.
    pub lab_id: LabId,
    /// For which subscription.
    pub id: SubscriptionId,
    /// Why they were not taken: a status, or a word.
    pub cause: String,
    /// On that day.
    pub date: Date,
}

/// Detail of the event.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct DeliveryPatched {
    /// The lab.
    pub lab_id: LabId,
    /// The delivery.
    pub delivery_id: DeliveryId,
    /// Another day.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub date: Option<Date>,
    /// Call it off.
    #[serde(default)]
    pub cancel: bool,
    /// The version it replaces.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub expected: Expected,
}

/// Detail of the event.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct PickupMoved {
    /// The lab.
    pub lab_id: LabId,
    /// The pickup.
    pub id: PickupId,
    /// Its new window.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub window: Option<Window>,
    /// How many packages.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub package_count: Option<u32>,
    /// Before all others.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub is_rush: Option<bool>,
    /// And all later ones of its series.
    #[serde(default)]
    pub following: bool,
    /// The version it replaces.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub expected: Expected,
}

/// Detail of the event.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct PickupEnded {
    /// The lab.
    pub lab_id: LabId,
    /// The pickup.
    pub id: PickupId,
    /// And all later ones of its series.
    #[serde(default)]
    pub following: bool,
}

/// Detail of the event.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct SeriesExtended {
    /// The lab.
    pub lab_id: LabId,
    /// The series.
    pub series_id: SeriesId,
}

/// Detail of the event.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct RushDue {
    /// The lab.
    pub lab_id: LabId,
    /// The pickup.
    pub id: PickupId,
}

/// A stop as a dispatcher plans it.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct StopPlan {
    /// Its id; absent: one of ours.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub id: Option<StopId>,
    /// The clinic.
    pub clinic_id: ClinicId,
    /// Stands in for a clinic that is not set up.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub clinic_name: Option<String>,
    /// Stands in for a clinic that is not set up.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub location: Option<Coordinates>,
    /// What to bring.
    #[serde(default)]
    pub delivery_ids: Vec<DeliveryId>,
    /// What to fetch: our ids.
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
}

/// Detail of the event.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct RoutePlanned {
    /// The lab.
    pub lab_id: LabId,
    /// Its id; absent: one of ours.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub route_id: Option<RouteId>,
    /// The driver.
    pub driver_id: DriverId,
    /// The day.
    pub date: Date,
    /// The stops, in order.
    pub stops: Vec<StopPlan>,
}

/// Detail of the event.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct RouteChanged {
    /// The lab.
    pub lab_id: LabId,
    /// The route.
    pub route_id: RouteId,
    /// Another driver: all that is still open goes to them.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub driver_id: Option<DriverId>,
    /// The open stops in their new order; those not named follow.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub order: Vec<StopId>,
    /// Further stops.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub add: Vec<StopPlan>,
    /// Stops to take off; their work becomes unassigned.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub remove: Vec<StopId>,
    /// Call it off.
    #[serde(default)]
    pub cancel: bool,
    /// The version it replaces.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub expected: Expected,
}

/// Detail of the event.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct RouteStarted {
    /// The lab.
    pub lab_id: LabId,
    /// The route.
    pub route_id: RouteId,
    /// When; absent: now.
    #[serde(
        with = "crate::time::text::optional",
        default,
        skip_serializing_if = "Option::is_none"
    )]
    pub at: Option<Timestamp>,
}

/// Detail of the event.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct RouteFinished {
    /// The lab.
    pub lab_id: LabId,
    /// The route.
    pub route_id: RouteId,
    /// When; absent: now.
    #[serde(
        with = "crate::time::text::optional",
        default,
        skip_serializing_if = "Option::is_none"
    )]
    pub at: Option<Timestamp>,
    /// Cases and pickups that are still in the van, and why.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub left: Vec<Undone>,
}

/// Detail of the event.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct StopArrived {
    /// The lab.
    pub lab_id: LabId,
    /// The stop.
    pub stop_id: StopId,
    /// When; absent: now.
    #[serde(
        with = "crate::time::text::optional",
        default,
        skip_serializing_if = "Option::is_none"
    )]
    pub at: Option<Timestamp>,
}

/// Detail of the event.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct StopCompleted {
    /// The lab.
    pub lab_id: LabId,
    /// The stop.
    pub stop_id: StopId,
    /// When; absent: now.
    #[serde(
        with = "crate::time::text::optional",
        default,
        skip_serializing_if = "Option::is_none"
    )]
    pub at: Option<Timestamp>,
    /// Cases and pickups that were not done, and why; all others were.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub undone: BTreeMap<String, String>,
    /// When to try again what was not delivered; absent: the next working day.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub redeliver_on: Option<Date>,
    /// Where.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub coordinates: Option<Coordinates>,
    /// The proof.
    #[serde(default, skip_serializing_if = "ProofOfDelivery::is_empty")]
    pub proof: ProofOfDelivery,
    /// Who received it, and notes.
    #[serde(skip)]
    pub private: Phi<Private>,
}

/// Detail of the event.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct StopFailed {
    /// The lab.
    pub lab_id: LabId,
    /// The stop.
    pub stop_id: StopId,
    /// Why.
    pub reason: String,
    /// When; absent: now.
    #[serde(
        with = "crate::time::text::optional",
        default,
        skip_serializing_if = "Option::is_none"
    )]
    pub at: Option<Timestamp>,
    /// When to try again; absent: the next working day.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub redeliver_on: Option<Date>,
}

/// Detail of the event.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct StopSkipped {
    /// The lab.
    pub lab_id: LabId,
    /// The stop.
    pub stop_id: StopId,
    /// Why, if anybody says.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reason: Option<String>,
    /// When; absent: now.
    #[serde(
        with = "crate::time::text::optional",
        default,
        skip_serializing_if = "Option::is_none"
    )]
    pub at: Option<Timestamp>,
}

/// Detail of the event.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct ClinicAnswered {
    /// The lab.
    pub lab_id: LabId,
    /// The stop.
    pub stop_id: StopId,
    /// What it says.
    pub kind: AnswerKind,
    /// Until when it is closed.
    #[serde(
        with = "crate::time::text::optional",
        default,
        skip_serializing_if = "Option::is_none"
    )]
    pub until: Option<Timestamp>,
    /// How many packages there are more.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub count: Option<u32>,
    /// It takes back what it said of that kind.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub withdrawn: bool,
}

/// Detail of the event.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct DriverPresenceSet {
    /// The lab.
    pub lab_id: LabId,
    /// Who.
    pub driver_id: DriverId,
    /// How they are from here on.
    pub presence: Presence,
    /// When the break ends by itself.
    #[serde(
        with = "crate::time::text::optional",
        default,
        skip_serializing_if = "Option::is_none"
    )]
    pub paused_until: Option<Timestamp>,
    /// When; absent: now.
    #[serde(
        with = "crate::time::text::optional",
        default,
        skip_serializing_if = "Option::is_none"
    )]
    pub at: Option<Timestamp>,
}

/// Detail of the event.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct BreakEnded {
    /// The lab.
    pub lab_id: LabId,
    /// Whose.
    pub driver_id: DriverId,
    /// The end that was named.
    #[serde(with = "crate::time::text")]
    pub paused_until: Timestamp,
}

/// Detail of the event.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct StopMoved {
    /// The lab.
    pub lab_id: LabId,
    /// The stop.
    pub stop_id: StopId,
    /// The route that it goes to; its own: it only gets another place.
    pub route_id: RouteId,
    /// Its place among the open stops there, from 1; past the end is the end.
    pub position: u32,
    /// The version of the stop that the sender saw.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub expected: Expected,
}

/// Detail of the event.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct MessageRefused {
    /// Its id in the quarantine.
    pub quarantine_id: String,
    /// The lab, as far as known.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub lab_id: Option<LabId>,
    /// The source or endpoint.
    pub source: String,
    /// Type of the event, or `webhook`.
    pub name: String,
    /// Why.
    pub code: String,
}

/// Detail of the event.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct RulesSet {
    /// The rules from here on.
    pub rules: Rules,
}
