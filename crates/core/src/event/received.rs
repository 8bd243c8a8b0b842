//! The details of what other systems say.

use jiff::Timestamp;
use jiff::civil::{Date, DateTime};
use serde::{Deserialize, Serialize};

use crate::delivery::{Milligrams, Priority, ProofOfDelivery};
use crate::id::{CaseId, ClinicId, DeliveryId, DriverId, EndpointId, InvoiceId, LabId};
use crate::phi::{Phi, Private};
use crate::recurrence::{Recurrence, Window};
use crate::time::Coordinates;

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

/// What a practice system said, where the settings of its endpoint may make another thing of it: so that other settings can be tried.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Sent {
    /// Its own id of the clinic.
    pub clinic_id: String,
    /// The time on the clinic's wall, where it was written without an offset.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub local_time: Option<DateTime>,
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
    /// What a practice system's body said before clinic map and zone made something of it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub sent: Option<Sent>,
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
