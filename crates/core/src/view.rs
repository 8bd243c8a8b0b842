//! Records as the contract shows them: in results, lists and messages to other systems.

use jiff::Timestamp;
use jiff::civil::Date;
use serde::Serialize;

use crate::delivery::{Case, CaseStatus, Delivery, Milligrams, Priority, ProofOfDelivery, Specs};
use crate::id::{CaseId, DeliveryId};
use crate::invoice::{Invoice, InvoiceStatus};
use crate::pickup::Pickup;
use crate::route::{Route, Stop};
use crate::state::{DeliveryStatus, PickupStatus};
use crate::time;

/// A case's box, its weight in kilograms.
#[derive(Debug, Clone, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct SpecsView {
    /// Kilograms.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub weight: Option<f64>,
    /// Handle with care.
    pub fragile: bool,
    /// Only against a signature.
    pub requires_signature: bool,
}

impl From<&Specs> for SpecsView {
    fn from(specs: &Specs) -> Self {
        Self {
            weight: specs.weight.map(Milligrams::kg),
            fragile: specs.fragile,
            requires_signature: specs.requires_signature,
        }
    }
}

/// A case in its delivery.
#[derive(Debug, Clone, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct CaseView<'a> {
    /// The lab's number of it.
    pub case_id: &'a str,
    /// Where it stands; left out in results, which speak of one case only.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub status: Option<CaseStatus>,
    /// How urgent; left out in results.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub priority: Option<Priority>,
    /// Its box.
    pub package_specs: SpecsView,
    /// The patient's name, for roles that may read it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub patient_name: Option<&'a str>,
}

impl<'a> CaseView<'a> {
    /// As results show it.
    pub fn brief(case: &'a Case) -> Self {
        Self {
            case_id: case.id.as_str(),
            status: None,
            priority: None,
            package_specs: SpecsView::from(&case.specs),
            patient_name: None,
        }
    }

    /// As its delivery shows it; the patient's name only where `with_names`, for roles that may read it.
    pub fn full(case: &'a Case, with_names: bool) -> Self {
        let name = Some(case.private.reveal().patient_name.as_str())
            .filter(|name| with_names && !name.is_empty());
        Self {
            status: Some(case.status),
            priority: Some(case.priority),
            patient_name: name,
            ..Self::brief(case)
        }
    }
}

/// A delivery.
#[derive(Debug, Clone, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct DeliveryView<'a> {
    /// Its id.
    pub delivery_id: &'a str,
    /// The lab.
    pub lab_id: &'a str,
    /// The clinic.
    pub clinic_id: &'a str,
    /// The day.
    pub delivery_date: Date,
    /// Where it stands.
    pub status: DeliveryStatus,
    /// RUSH as soon as one of its cases is.
    pub priority: Priority,
    /// The case joined what was there.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub consolidated: Option<bool>,
    /// Its day is over.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub overdue: Option<bool>,
    /// Cases: this event's in a result, all of them for one delivery, none in lists.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub cases: Vec<CaseView<'a>>,
    /// How many cases it has.
    pub package_count: u32,
    /// Their weight in kilograms, as far as known.
    pub total_weight: f64,
    /// One of them is.
    pub fragile: bool,
    /// One of them does.
    pub requires_signature: bool,
    /// Its route.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub route_id: Option<&'a str>,
    /// Its stop.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub stop_id: Option<&'a str>,
    /// Who drives it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub driver_id: Option<&'a str>,
    /// When it was handed over.
    #[serde(with = "time::text::optional", skip_serializing_if = "Option::is_none")]
    pub completed_at: Option<Timestamp>,
    /// The proof.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub proof_of_delivery: Option<&'a ProofOfDelivery>,
    /// Cases that went to a later delivery.
    #[serde(skip_serializing_if = "<[CaseId]>::is_empty")]
    pub handed_on: &'a [CaseId],
    /// Why it failed.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub reason: Option<&'a str>,
}

impl<'a> From<&'a Delivery> for DeliveryView<'a> {
    fn from(delivery: &'a Delivery) -> Self {
        Self {
            delivery_id: delivery.id.as_str(),
            lab_id: delivery.lab_id.as_str(),
            clinic_id: delivery.clinic_id.as_str(),
            delivery_date: delivery.date,
            status: delivery.status,
            priority: delivery.priority(),
            consolidated: None,
            overdue: None,
            cases: Vec::new(),
            package_count: delivery.load.cases,
            total_weight: delivery.load.weight.kg(),
            fragile: delivery.load.fragile > 0,
            requires_signature: delivery.load.signature > 0,
            route_id: delivery.route_id.as_ref().map(AsRef::as_ref),
            stop_id: delivery.stop_id.as_ref().map(AsRef::as_ref),
            driver_id: delivery.driver_id.as_ref().map(AsRef::as_ref),
            completed_at: delivery.completed_at,
            proof_of_delivery: Some(&delivery.proof).filter(|proof| !proof.is_empty()),
            handed_on: &delivery.handed_on,
            reason: delivery.reason.as_deref(),
        }
    }
}

/// That a delivery, or a part of it, was handed over: what Production and Finance are told.
#[derive(Debug, Clone, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct CompletionView<'a> {
    /// The delivery.
    #[serde(flatten)]
    pub delivery: DeliveryView<'a>,
    /// The cases that were handed over now.
    pub case_ids: &'a [CaseId],
}

/// That a driver has left the lab and will come to a clinic.
#[derive(Debug, Clone, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct OnTheWayView<'a> {
    /// The lab.
    pub lab_id: &'a str,
    /// The route.
    pub route_id: &'a str,
    /// The stop.
    pub stop_id: &'a str,
    /// The clinic.
    pub clinic_id: &'a str,
    /// What people call it.
    pub clinic_name: &'a str,
    /// Who comes.
    pub driver_id: &'a str,
    /// When they left.
    #[serde(with = "time::text::optional", skip_serializing_if = "Option::is_none")]
    pub started_at: Option<Timestamp>,
    /// Promised from.
    #[serde(with = "time::text::optional", skip_serializing_if = "Option::is_none")]
    pub window_start: Option<Timestamp>,
    /// Promised until.
    #[serde(with = "time::text::optional", skip_serializing_if = "Option::is_none")]
    pub window_end: Option<Timestamp>,
}

impl<'a> OnTheWayView<'a> {
    /// Of a stop of a route that has started.
    pub fn of(route: &'a Route, stop: &'a Stop, clinic_name: &'a str) -> Self {
        Self {
            lab_id: stop.lab_id.as_str(),
            route_id: route.id.as_str(),
            stop_id: stop.id.as_str(),
            clinic_id: stop.clinic_id.as_str(),
            clinic_name,
            driver_id: route.driver_id.as_str(),
            started_at: route.started_at,
            window_start: stop.window_start,
            window_end: stop.window_end,
        }
    }
}

/// One occurrence of a series.
#[derive(Debug, Clone, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct OccurrenceView<'a> {
    /// The sender's id of it.
    pub pickup_id: &'a str,
    /// Not before.
    #[serde(with = "time::text")]
    pub window_start: Timestamp,
    /// Not after.
    #[serde(with = "time::text")]
    pub window_end: Timestamp,
}

impl<'a> From<&'a Pickup> for OccurrenceView<'a> {
    fn from(pickup: &'a Pickup) -> Self {
        Self {
            pickup_id: &pickup.pickup_id,
            window_start: pickup.window.start,
            window_end: pickup.window.end,
        }
    }
}

/// A pickup.
#[derive(Debug, Clone, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct PickupView<'a> {
    /// Ours.
    pub id: &'a str,
    /// The sender's.
    pub pickup_id: &'a str,
    /// The lab.
    pub lab_id: &'a str,
    /// The clinic.
    pub clinic_id: &'a str,
    /// Where it stands.
    pub status: PickupStatus,
    /// Not before.
    #[serde(with = "time::text")]
    pub window_start: Timestamp,
    /// Not after.
    #[serde(with = "time::text")]
    pub window_end: Timestamp,
    /// Before all others.
    pub is_rush: bool,
    /// How many packages.
    pub package_count: u32,
    /// The number that a person can read out.
    pub confirmation_num: &'a str,
    /// The series it is of.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub series_id: Option<&'a str>,
    /// All that were made of that series, this one included; in results only.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub occurrences: Option<Vec<OccurrenceView<'a>>>,
    /// Its route.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub route_id: Option<&'a str>,
    /// Its stop.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub stop_id: Option<&'a str>,
    /// Who fetches it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub driver_id: Option<&'a str>,
    /// When it was taken along.
    #[serde(with = "time::text::optional", skip_serializing_if = "Option::is_none")]
    pub picked_up_at: Option<Timestamp>,
    /// Why it was missed.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub reason: Option<&'a str>,
}

impl<'a> From<&'a Pickup> for PickupView<'a> {
    fn from(pickup: &'a Pickup) -> Self {
        Self {
            id: pickup.id.as_str(),
            pickup_id: &pickup.pickup_id,
            lab_id: pickup.lab_id.as_str(),
            clinic_id: pickup.clinic_id.as_str(),
            status: pickup.status,
            window_start: pickup.window.start,
            window_end: pickup.window.end,
            is_rush: pickup.is_rush,
            package_count: pickup.package_count,
            confirmation_num: &pickup.confirmation_num,
            series_id: pickup.series_id.as_ref().map(AsRef::as_ref),
            occurrences: None,
            route_id: pickup.route_id.as_ref().map(AsRef::as_ref),
            stop_id: pickup.stop_id.as_ref().map(AsRef::as_ref),
            driver_id: pickup.driver_id.as_ref().map(AsRef::as_ref),
            picked_up_at: pickup.picked_up_at,
            reason: pickup.reason.as_deref(),
        }
    }
}

/// One case of an invoice.
#[derive(Debug, Clone, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct LineView<'a> {
    /// The case.
    pub case_id: &'a str,
    /// Whether it was delivered.
    pub delivered: bool,
    /// With which delivery.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub delivery_id: Option<&'a DeliveryId>,
    /// When.
    #[serde(with = "time::text::optional", skip_serializing_if = "Option::is_none")]
    pub delivered_at: Option<Timestamp>,
    /// The proof.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub proof_of_delivery: Option<&'a ProofOfDelivery>,
}

/// An invoice.
#[derive(Debug, Clone, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct InvoiceView<'a> {
    /// Finance's number of it.
    pub invoice_id: &'a str,
    /// The lab.
    pub lab_id: &'a str,
    /// The clinic that pays.
    pub clinic_id: &'a str,
    /// Where it stands.
    pub status: InvoiceStatus,
    /// The sum.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub amount: Option<f64>,
    /// ISO 4217 code.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub currency: Option<&'a str>,
    /// Its cases.
    pub cases: Vec<LineView<'a>>,
}

impl<'a> From<&'a Invoice> for InvoiceView<'a> {
    fn from(invoice: &'a Invoice) -> Self {
        let line = |line: &'a crate::invoice::Line| {
            let handover = line.handover.as_ref();
            LineView {
                case_id: line.case_id.as_str(),
                delivered: handover.is_some(),
                delivery_id: handover.map(|handover| &handover.delivery_id),
                delivered_at: handover.map(|handover| handover.at),
                proof_of_delivery: handover
                    .map(|handover| &handover.proof)
                    .filter(|proof| !proof.is_empty()),
            }
        };
        Self {
            invoice_id: invoice.id.as_str(),
            lab_id: invoice.lab_id.as_str(),
            clinic_id: invoice.clinic_id.as_str(),
            status: invoice.status,
            amount: invoice.amount,
            currency: invoice.currency.as_deref(),
            cases: invoice.lines.iter().map(line).collect(),
        }
    }
}

/// An invoice whose cases are all delivered, with where the proofs are.
#[derive(Debug, Clone, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct InvoiceDeliveredView<'a> {
    /// The invoice.
    #[serde(flatten)]
    pub invoice: InvoiceView<'a>,
    /// When the last of its cases was delivered.
    #[serde(with = "time::text::optional", skip_serializing_if = "Option::is_none")]
    pub delivered_at: Option<Timestamp>,
    /// Where its signatures and photos are, each once: elsewhere, or (a path) here.
    pub proof_links: Vec<String>,
}

impl<'a> From<&'a Invoice> for InvoiceDeliveredView<'a> {
    fn from(invoice: &'a Invoice) -> Self {
        let handovers = || {
            invoice
                .lines
                .iter()
                .filter_map(|line| line.handover.as_ref())
        };
        let mut proof_links = Vec::new();
        for link in handovers().flat_map(|handover| handover.proof.links(&invoice.lab_id)) {
            if !proof_links.contains(&link) {
                proof_links.push(link);
            }
        }
        Self {
            invoice: InvoiceView::from(invoice),
            delivered_at: handovers().map(|handover| handover.at).max(),
            proof_links,
        }
    }
}

/// As JSON text. Views hold nothing that JSON cannot (weights and sums are finite): it cannot fail.
pub fn json(view: &impl Serialize) -> String {
    serde_json::to_string(view).unwrap_or_default()
}
