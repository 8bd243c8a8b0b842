//! Everything that can happen. Whatever changes business state is one of these, goes through one door, and is in one log.

use std::collections::BTreeMap;

use jiff::Timestamp;
use jiff::civil::Date;
use serde::{Deserialize, Serialize};

use crate::delivery::{Milligrams, Priority, ProofOfDelivery};
use crate::directory::{Clinic, Driver, Endpoint, Lab};
use crate::id::{
    CaseId, ClinicId, DeliveryId, DriverId, EndpointId, InvoiceId, LabId, PickupId, RouteId,
    SeriesId, StopId,
};
use crate::phi::{Phi, Private};
use crate::pickup::Window;
use crate::recurrence::Recurrence;
use crate::rules::Rules;
use crate::time::Coordinates;

/// Who says so, and under which name.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Origin {
    /// Lab that the sender is bound to; absent: may speak for all.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub scope: Option<LabId>,
    /// The source it names: `cases.production`, `dentrix`, …
    pub source: String,
    /// The sender's id of the event.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub id: Option<String>,
    /// The sender's time of the event.
    #[serde(
        with = "crate::time::text::optional",
        default,
        skip_serializing_if = "Option::is_none"
    )]
    pub time: Option<Timestamp>,
    /// The token, endpoint or part of ours that brought it.
    pub actor: String,
}

/// Something that happened.
#[derive(Debug, Clone, PartialEq)]
pub struct Event {
    /// Who says so.
    pub origin: Origin,
    /// What.
    pub body: Body,
}

macro_rules! bodies {
    ($($(#[$doc:meta])* $name:ident $(private $private:tt)?),* $(,)?) => {
        /// What happened. In the log its name is the event's type, the rest the `detail`.
        #[derive(Debug, Clone, PartialEq)]
        pub enum Body { $($(#[$doc])* $name($name)),* }

        impl Body {
            /// Its type, in the contract's words.
            pub const fn name(&self) -> &'static str {
                match self { $(Self::$name(_) => stringify!($name)),* }
            }

            /// Everything but patient data: a JSON object.
            pub fn detail(&self) -> String {
                // Details hold nothing that JSON cannot: it cannot fail.
                match self { $(Self::$name(detail) => serde_json::to_string(detail).unwrap_or_default()),* }
            }

            /// Its patient data, if it has any.
            pub fn private(&self) -> Option<&Phi<Private>> {
                match self { $(Self::$name(_detail) => { bodies!(@get _detail $($private)?) })* }
            }

            /// From what a log kept.
            pub fn from_parts(name: &str, detail: &str, private: Option<Phi<Private>>) -> Result<Option<Self>, serde_json::Error> {
                let _private = private.unwrap_or_default();
                Ok(Some(match name {
                    $(stringify!($name) => {
                        #[allow(unused_mut, reason = "not every detail has a private part")]
                        let mut detail: $name = serde_json::from_str(detail)?;
                        bodies!(@set detail _private $($private)?);
                        Self::$name(detail)
                    })*
                    _ => return Ok(None),
                }))
            }
        }

        $(impl From<$name> for Body {
            fn from(detail: $name) -> Self { Self::$name(detail) }
        })*
    };
    (@get $detail:ident private) => { Some(&$detail.private).filter(|private| !private.reveal().is_empty()) };
    (@get $detail:ident) => { None };
    (@set $detail:ident $value:ident private) => { $detail.private = $value };
    (@set $detail:ident $value:ident) => {};
}

bodies! {
    /// Production: a case can be delivered.
    CaseReadyToShip private private,
    /// Production: a case will not be delivered.
    CaseCancelled,
    /// Production: a case will not be delivered for now.
    CaseOnHold,
    /// The portal or a practice system: fetch something.
    PickupRequested private private,
    /// The portal: do not.
    PickupCancelled,
    /// A logistics system or a driver: it is at the clinic.
    DeliveryCompleted private private,
    /// Finance: an invoice.
    InvoiceIssued,
    /// An admin: a lab is like this.
    LabSet,
    /// A dispatcher: a clinic is like this.
    ClinicSet private private,
    /// A dispatcher: one clinic is another.
    ClinicMerged,
    /// A dispatcher: a driver is like this.
    DriverSet,
    /// An admin: an endpoint is like this.
    EndpointSet private private,
    /// A dispatcher: a delivery goes on another day, or not at all.
    DeliveryPatched,
    /// A dispatcher: a pickup, or the rest of its series, is at another time.
    PickupMoved,
    /// A dispatcher: a pickup, or the rest of its series, is called off.
    PickupEnded,
    /// The clock: a series needs its next pickups.
    SeriesExtended,
    /// The clock: a RUSH pickup comes within a day.
    RushDue,
    /// A dispatcher: a route.
    RoutePlanned,
    /// A dispatcher: a route has another driver, order or set of stops, or is called off.
    RouteChanged,
    /// A driver: leaves the lab.
    RouteStarted,
    /// A driver: is back.
    RouteFinished,
    /// A driver: is at a stop.
    StopArrived,
    /// A driver: has done a stop, or a part of it.
    StopCompleted private private,
    /// A driver: could do nothing at a stop.
    StopFailed,
    /// A driver or dispatcher: a stop is left out.
    StopSkipped,
    /// The program's configuration: the rules from here on.
    RulesSet,
    /// The door: an authentic sender's message could not be used and lies in the quarantine.
    MessageRefused,
}

/// Detail of the event.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct CaseReadyToShip {
    /// The case.
    pub case_id: CaseId,
    /// The clinic.
    pub clinic_id: ClinicId,
    /// The lab.
    pub lab_id: LabId,
    /// The day, in the lab's zone.
    pub requested_delivery_date: Date,
    /// How urgent.
    pub priority: Priority,
    /// The box; what is absent stays as it was.
    #[serde(default)]
    pub package_specs: SpecsGiven,
    /// The patient's name.
    #[serde(skip)]
    pub private: Phi<Private>,
}

/// What a sender says of a box.
#[derive(Debug, Clone, Copy, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct SpecsGiven {
    /// Its weight.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub weight: Option<Milligrams>,
    /// Handle with care.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub fragile: Option<bool>,
    /// Only against a signature.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub requires_signature: Option<bool>,
}

/// Detail of the event.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct CaseCancelled {
    /// The case.
    pub case_id: CaseId,
    /// The lab.
    pub lab_id: LabId,
}

/// Detail of the event.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct CaseOnHold {
    /// The case.
    pub case_id: CaseId,
    /// The lab.
    pub lab_id: LabId,
}

/// Detail of the event.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct PickupRequested {
    /// The sender's id.
    pub pickup_id: String,
    /// The clinic.
    pub clinic_id: ClinicId,
    /// The lab.
    pub lab_id: LabId,
    /// When.
    pub window: Window,
    /// The endpoint of a practice system that it came through.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub endpoint: Option<EndpointId>,
    /// The sender's own id, where `pickup_id` was built from it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub external_id: Option<String>,
    /// The user who asks.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub requested_by: Option<String>,
    /// When they asked, by the sender's clock.
    #[serde(
        with = "crate::time::text::optional",
        default,
        skip_serializing_if = "Option::is_none"
    )]
    pub request_time: Option<Timestamp>,
    /// How many packages.
    pub package_count: u32,
    /// Before all others.
    pub is_rush: bool,
    /// Zone of the endpoint, for a clinic that has none of its own.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub time_zone: Option<String>,
    /// How it recurs.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub recurrence: Option<Recurrence>,
    /// Contact, notes, the patient's name, metadata.
    #[serde(skip)]
    pub private: Phi<Private>,
}

/// Detail of the event.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct PickupCancelled {
    /// The sender's id.
    pub pickup_id: String,
    /// The clinic.
    pub clinic_id: ClinicId,
    /// The lab.
    pub lab_id: LabId,
}

/// Detail of the event.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct DeliveryCompleted {
    /// The delivery.
    pub delivery_id: DeliveryId,
    /// When it was handed over.
    #[serde(with = "crate::time::text")]
    pub completed_at: Timestamp,
    /// The lab; needed for an unknown delivery.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub lab_id: Option<LabId>,
    /// The clinic; needed for an unknown delivery.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub clinic_id: Option<ClinicId>,
    /// The cases; absent: all.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub case_ids: Option<Vec<CaseId>>,
    /// Who drove.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub driver_id: Option<DriverId>,
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
pub struct InvoiceIssued {
    /// The invoice.
    pub invoice_id: InvoiceId,
    /// The lab.
    pub lab_id: LabId,
    /// The clinic.
    pub clinic_id: ClinicId,
    /// Its cases.
    pub case_ids: Vec<CaseId>,
    /// The sum.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub amount: Option<f64>,
    /// ISO 4217 code.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub currency: Option<String>,
}

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
