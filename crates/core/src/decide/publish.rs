//! What is told: to other systems by publications, to people by alerts. Neither holds patient data.

use serde_json::{Value, json};

use crate::delivery::{Case, Delivery};
use crate::event::{ArrivalNoticed, ClinicAnswered};
use crate::id::{CaseId, DriverId, LabId, derived};
use crate::invoice::Invoice;
use crate::pickup::Pickup;
use crate::record::Kind;
use crate::route::{Route, Stop};
use crate::time;
use crate::view::{
    self, CompletionView, DeliveryView, InvoiceDeliveredView, InvoiceView, OnTheWayView, PickupView,
};

/// A message to other systems.
#[derive(Debug, Clone, PartialEq)]
pub struct Publication {
    /// `logistics.delivery`, `logistics.pickup`, `logistics.route` or `finance.billing`.
    pub source: &'static str,
    /// Its type.
    pub name: &'static str,
    /// The lab.
    pub lab_id: LabId,
    /// Kind of the record it is about.
    pub kind: Kind,
    /// Id of the record it is about.
    pub record_id: String,
    /// What it says: a JSON object.
    pub detail: String,
}

impl Publication {
    /// A delivery is new, or is not what it was.
    pub fn delivery(delivery: &Delivery, new: bool) -> Self {
        Self {
            source: "logistics.delivery",
            name: if new {
                "DeliveryScheduled"
            } else {
                "DeliveryChanged"
            },
            lab_id: delivery.lab_id.clone(),
            kind: Kind::Delivery,
            record_id: delivery.id.to_string(),
            detail: view::json(&DeliveryView::from(delivery)),
        }
    }

    /// A delivery, or a part of it, was handed over.
    pub fn completed(delivery: &Delivery, cases: &[CaseId]) -> Self {
        let detail = view::json(&CompletionView {
            delivery: DeliveryView::from(delivery),
            case_ids: cases,
        });
        Self {
            name: "DeliveryCompleted",
            detail,
            ..Self::delivery(delivery, false)
        }
    }

    /// What became of a pickup: `PickupConfirmed`, `PickupCancelled`, `PickupCompleted`, `PickupAtLab`, `PickupMissed`.
    pub fn pickup(pickup: &Pickup, name: &'static str) -> Self {
        Self {
            source: "logistics.pickup",
            name,
            lab_id: pickup.lab_id.clone(),
            kind: Kind::Pickup,
            record_id: pickup.id.to_string(),
            detail: view::json(&PickupView::from(pickup)),
        }
    }

    /// All cases of an invoice are delivered: bill it.
    pub fn billing_triggered(invoice: &Invoice) -> Self {
        Self {
            source: "finance.billing",
            name: "BillingTriggered",
            lab_id: invoice.lab_id.clone(),
            kind: Kind::Invoice,
            record_id: invoice.id.to_string(),
            detail: view::json(&InvoiceView::from(invoice)),
        }
    }

    /// All cases of an invoice are delivered: here is the proof.
    pub fn invoice_delivered(invoice: &Invoice) -> Self {
        Self {
            name: "InvoiceDelivered",
            detail: view::json(&InvoiceDeliveredView::from(invoice)),
            ..Self::billing_triggered(invoice)
        }
    }

    /// A driver comes to a clinic: in so many minutes, or is there.
    pub fn arrival(notice: &ArrivalNoticed) -> Self {
        Self {
            source: "logistics.route",
            name: "ArrivalNotification",
            lab_id: notice.lab_id.clone(),
            kind: Kind::Stop,
            record_id: notice.stop_id.to_string(),
            detail: view::json(notice),
        }
    }

    /// A driver has left the lab and will come to a clinic.
    pub fn on_the_way(route: &Route, stop: &Stop, clinic_name: &str) -> Self {
        Self {
            source: "logistics.route",
            name: "DriverOnTheWay",
            lab_id: stop.lab_id.clone(),
            kind: Kind::Stop,
            record_id: stop.id.to_string(),
            detail: view::json(&OnTheWayView::of(route, stop, clinic_name)),
        }
    }

    fn is_about_the_record_of(&self, other: &Self) -> bool {
        self.kind == other.kind && self.record_id == other.record_id && self.lab_id == other.lab_id
    }

    /// Whether `earlier` said that the record is new and this one that it changed.
    pub fn announces_again(&self, earlier: &Self) -> bool {
        self.name == "DeliveryChanged"
            && earlier.name == "DeliveryScheduled"
            && self.is_about_the_record_of(earlier)
    }

    /// Whether both tell the same matter, of which only the last word counts.
    pub fn supersedes(&self, earlier: &Self) -> bool {
        self.is_about_the_record_of(earlier)
            && (self.name == earlier.name || self.announces_again(earlier))
    }

    /// An id that follows from what it tells, so that the receiver recognises it when it comes twice.
    pub fn id(&self, version: u64) -> String {
        // An invoice is billed once, and a clinic told once that its driver comes, whatever happens later.
        let version = if matches!(self.kind, Kind::Invoice | Kind::Stop) {
            0
        } else {
            version
        };
        derived(&[
            self.lab_id.as_str(),
            self.kind.as_str(),
            &self.record_id,
            self.name,
            &version.to_string(),
        ])
    }
}

/// Something that the dispatchers must see.
#[derive(Debug, Clone, PartialEq)]
pub struct Alert {
    /// The lab.
    pub lab_id: LabId,
    /// `RUSH_ALERT` or `ALERT`.
    pub name: &'static str,
    /// What it says: an object with `code` and what it is about.
    pub body: Value,
}

impl Alert {
    /// An `ALERT` with that code, about `about` (an object; members that are `null` are left out).
    pub fn new(lab_id: &LabId, code: &str, about: Value) -> Self {
        let mut body = json!({ "labId": lab_id, "code": code });
        if let (Value::Object(body), Value::Object(about)) = (&mut body, about) {
            body.extend(about.into_iter().filter(|(_, member)| !member.is_null()));
        }
        Self {
            lab_id: lab_id.clone(),
            name: "ALERT",
            body,
        }
    }

    /// Somebody named a lab, clinic or driver that nobody knew: it wants to be set up.
    pub fn stub(kind: Kind, lab_id: &LabId, id: &str) -> Self {
        Self::new(
            lab_id,
            &format!("unknown_{kind}"),
            json!({ format!("{kind}Id"): id }),
        )
    }

    /// A case is RUSH.
    pub fn rush_case(case: &Case, delivery: &Delivery) -> Self {
        let about = json!({
            "caseId": case.id,
            "clinicId": delivery.clinic_id,
            "deliveryId": delivery.id,
            "deliveryDate": delivery.date,
        });
        Self {
            name: "RUSH_ALERT",
            ..Self::new(&case.lab_id, "rush_case", about)
        }
    }

    /// A pickup is RUSH.
    pub fn rush_pickup(pickup: &Pickup) -> Self {
        let about = json!({
            "id": pickup.id,
            "pickupId": pickup.pickup_id,
            "clinicId": pickup.clinic_id,
            "windowStart": time::format(pickup.window.start),
            "windowEnd": time::format(pickup.window.end),
        });
        Self {
            name: "RUSH_ALERT",
            ..Self::new(&pickup.lab_id, "rush_pickup", about)
        }
    }

    /// A driver is back with something in the van that should not be there.
    pub fn left_in_van(route: &Route) -> Self {
        let about = json!({
            "routeId": route.id,
            "driverId": route.driver_id,
            "count": route.left.len(),
            "left": route.left,
        });
        Self::new(&route.lab_id, "left_in_van", about)
    }

    /// A clinic said something of a visit that is coming, or took it back.
    pub fn clinic_answered(stop: &Stop, driver: &DriverId, said: &ClinicAnswered) -> Self {
        let about = json!({
            "routeId": stop.route_id,
            "stopId": stop.id,
            "clinicId": stop.clinic_id,
            "driverId": driver,
            "kind": said.kind,
            "until": said.until.map(time::format),
            "count": said.count,
            "withdrawn": said.withdrawn.then_some(true),
        });
        Self::new(&stop.lab_id, "clinic_answered", about)
    }

    /// A delivery was called off with cases in it, which have none now.
    pub fn cases_left(delivery: &Delivery, cases: u32) -> Self {
        let about = json!({ "deliveryId": delivery.id, "clinicId": delivery.clinic_id, "packageCount": cases });
        Self::new(&delivery.lab_id, "delivery_cancelled_with_cases", about)
    }
}
