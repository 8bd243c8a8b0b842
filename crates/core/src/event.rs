//! Everything that can happen. Whatever changes business state is one of these, goes through one door, and is in one log.

mod made;
mod noticed;
mod observed;
mod received;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use crate::id::{ClinicId, DriverId, LabId};
use crate::phi::{Phi, Private};

pub use made::*;
pub use noticed::*;
pub use observed::*;
pub use received::*;

/// Who says so, and under which name.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Origin {
    /// Lab that the sender is bound to; absent: may speak for all.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub scope: Option<LabId>,
    /// Driver that the sender is; absent: acts for all. Where a route went to another driver meanwhile, this one does nothing on it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub driver: Option<DriverId>,
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
    /// Its id in the quarantine, where it was refused first and sent in again from there.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub redriven: Option<String>,
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
    LabSet private private,
    /// A dispatcher: a clinic is like this.
    ClinicSet private private,
    /// A dispatcher: one clinic is another.
    ClinicMerged,
    /// A dispatcher: a driver is like this.
    DriverSet private private,
    /// An admin: an endpoint is like this.
    EndpointSet private private,
    /// A dispatcher: an endpoint's number of a clinic, or word of priority, means this.
    MappingGiven,
    /// An admin: somebody is to be told by webhook.
    SubscriptionSet private private,
    /// An admin: nobody is told there any more.
    SubscriptionRemoved,
    /// The relay: a receiver is gone, or fails for long.
    SubscriptionPaused,
    /// An admin: notices of a kind are worded like this.
    TemplateSet,
    /// An admin: notices of a kind are worded as usual again.
    TemplateRemoved,
    /// The couriers: a notice could not be sent.
    NoticeFailed,
    /// The relay: messages were tried as often as they may be.
    MessagesDead,
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
    /// A clinic: something about a visit that is coming.
    ClinicAnswered,
    /// A driver: begins or ends work, or a break.
    DriverPresenceSet,
    /// The clock: a driver's break is over.
    BreakEnded,
    /// A dispatcher: a stop goes to another route, or gets another place on its own.
    StopMoved,
    /// The tracker: a driver was seen at a stop's fence.
    StopSighted,
    /// The tracker: what was seen there was something else.
    SightingCorrected,
    /// The tracker: a service said how long the way to a stop takes.
    LegEstimated,
    /// The tracker: a clinic is to be told that its driver comes.
    ArrivalNoticed,
    /// The tracker: a driver sends positions whom nobody knows yet.
    DriverSeen,
    /// The tracker: nothing is heard of a driver.
    DriverSilent,
    /// The program: a clinic, endpoint or other system is not heard as usual.
    SenderSilent,
    /// The program's configuration: the rules from here on.
    RulesSet,
    /// The door: an authentic sender's message could not be used and lies in the quarantine.
    MessageRefused,
}

impl Body {
    /// The id of the case, pickup, delivery or invoice that another system's event is about.
    pub fn about(&self) -> Option<&str> {
        match self {
            Self::CaseReadyToShip(detail) => Some(detail.case_id.as_str()),
            Self::CaseCancelled(detail) => Some(detail.case_id.as_str()),
            Self::CaseOnHold(detail) => Some(detail.case_id.as_str()),
            Self::PickupRequested(detail) => Some(&detail.pickup_id),
            Self::PickupCancelled(detail) => Some(&detail.pickup_id),
            Self::DeliveryCompleted(detail) => Some(detail.delivery_id.as_str()),
            Self::InvoiceIssued(detail) => Some(detail.invoice_id.as_str()),
            _ => None,
        }
    }

    /// The clinic that another system's event speaks of, if it names one.
    pub fn clinic(&self) -> Option<&ClinicId> {
        match self {
            Self::CaseReadyToShip(detail) => Some(&detail.clinic_id),
            Self::PickupRequested(detail) => Some(&detail.clinic_id),
            Self::PickupCancelled(detail) => Some(&detail.clinic_id),
            Self::InvoiceIssued(detail) => Some(&detail.clinic_id),
            Self::DeliveryCompleted(detail) => detail.clinic_id.as_ref(),
            _ => None,
        }
    }
}
