//! Cases and the deliveries that bring them.

use jiff::Timestamp;
use jiff::civil::Date;
use serde::{Deserialize, Serialize};

use crate::id::{CaseId, ClinicId, DeliveryId, DriverId, InvoiceId, LabId, RouteId, StopId};
use crate::phi::{Phi, Private};
use crate::state::{DeliveryStatus, words};
use crate::time::Coordinates;

words! {
    /// How urgent a case or a delivery is.
    Priority {
        /// On the usual run.
        Standard = "STANDARD",
        /// Before all others.
        Rush = "RUSH",
    }
}

words! {
    /// Where a case stands.
    CaseStatus {
        /// Known (from an invoice, say), in no delivery.
        Known = "known",
        /// In an open delivery.
        Scheduled = "scheduled",
        /// In the van.
        Out = "out",
        /// At the clinic.
        Delivered = "delivered",
        /// Taken out again by Production, for now.
        OnHold = "on_hold",
        /// Taken out again by Production, for good.
        Cancelled = "cancelled",
    }
}

/// A weight in milligrams: sums of decimals stay exact.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Milligrams(pub i64);

impl Milligrams {
    /// Heaviest case that we believe, in kilograms.
    pub const MAX_KG: f64 = 1_000.0;

    /// From kilograms, as the contract gives weights.
    #[expect(
        clippy::cast_possible_truncation,
        reason = "weights are at most 1,000 kg"
    )]
    pub fn from_kg(kg: f64) -> Self {
        Self((kg * 1e6).round() as i64)
    }

    /// To kilograms.
    #[expect(
        clippy::cast_precision_loss,
        reason = "a van's load is far below 2^53 mg"
    )]
    pub fn kg(self) -> f64 {
        self.0 as f64 / 1e6
    }
}

/// What a case's box is like.
#[derive(Debug, Clone, Copy, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Specs {
    /// Weight, where it was given.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub weight: Option<Milligrams>,
    /// Handle with care.
    #[serde(default)]
    pub fragile: bool,
    /// Only against a signature.
    #[serde(default)]
    pub requires_signature: bool,
}

/// Proof that a case was handed over.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct ProofOfDelivery {
    /// A signature kept here.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub signature_id: Option<String>,
    /// Photos kept here.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub photo_ids: Vec<String>,
    /// A signature kept elsewhere.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub signature_url: Option<String>,
    /// Photos kept elsewhere.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub photo_urls: Vec<String>,
}

impl ProofOfDelivery {
    /// Whether there is none.
    pub fn is_empty(&self) -> bool {
        *self == Self::default()
    }
}

/// How a case reached its clinic.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Handover {
    /// With which delivery.
    pub delivery_id: DeliveryId,
    /// When.
    #[serde(with = "crate::time::text")]
    pub at: Timestamp,
    /// The proof, where there is some.
    #[serde(default, skip_serializing_if = "ProofOfDelivery::is_empty")]
    pub proof: ProofOfDelivery,
}

impl ProofOfDelivery {
    /// Where its signature and photos are: elsewhere, or (a path) here.
    pub fn links(&self, lab: &LabId) -> Vec<String> {
        let ids = self.signature_id.iter().chain(&self.photo_ids);
        let urls = self.signature_url.iter().chain(&self.photo_urls);
        ids.map(|id| format!("/v1/proofs/{id}?labId={lab}"))
            .chain(urls.cloned())
            .collect()
    }
}

/// A case of a lab, from the first message that names it on.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Case {
    /// The lab.
    pub lab_id: LabId,
    /// The lab's number of it.
    pub id: CaseId,
    /// The clinic it is for.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub clinic_id: Option<ClinicId>,
    /// The delivery that holds it, or brought it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub delivery_id: Option<DeliveryId>,
    /// Where it stands.
    pub status: CaseStatus,
    /// How urgent it is.
    pub priority: Priority,
    /// Its box.
    pub specs: Specs,
    /// The dispatchers were told that it is RUSH.
    #[serde(default)]
    pub rush_alerted: bool,
    /// Invoices that hold it.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub invoices: Vec<InvoiceId>,
    /// How it reached the clinic.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub handover: Option<Handover>,
    /// Counts its changes.
    #[serde(default)]
    pub version: u64,
    /// The patient's name.
    #[serde(skip)]
    pub private: Phi<Private>,
}

impl Case {
    /// Whether it was delivered and is on no invoice.
    pub fn is_unbilled(&self) -> bool {
        self.status == CaseStatus::Delivered && self.invoices.is_empty()
    }

    /// A case of which nothing but the id is known.
    pub fn new(lab_id: LabId, id: CaseId) -> Self {
        Self {
            lab_id,
            id,
            clinic_id: None,
            delivery_id: None,
            status: CaseStatus::Known,
            priority: Priority::Standard,
            specs: Specs::default(),
            rush_alerted: false,
            invoices: Vec::new(),
            handover: None,
            version: 0,
            private: Phi::default(),
        }
    }
}

/// What the cases of a delivery add up to. Kept as sums, so that joining one costs the same however many there are.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct Load {
    /// Cases.
    pub cases: u32,
    /// Of them, RUSH.
    pub rush: u32,
    /// Of them, fragile.
    pub fragile: u32,
    /// Of them, only against a signature.
    pub signature: u32,
    /// Weight of those whose weight is known.
    pub weight: Milligrams,
}

impl Load {
    /// With one case more.
    pub fn add(&mut self, priority: Priority, specs: &Specs) {
        self.cases += 1;
        self.rush += u32::from(priority == Priority::Rush);
        self.fragile += u32::from(specs.fragile);
        self.signature += u32::from(specs.requires_signature);
        self.weight.0 += specs.weight.unwrap_or_default().0;
    }

    /// With one case less, which was in it.
    pub fn remove(&mut self, priority: Priority, specs: &Specs) {
        self.cases = self.cases.saturating_sub(1);
        self.rush = self
            .rush
            .saturating_sub(u32::from(priority == Priority::Rush));
        self.fragile = self.fragile.saturating_sub(u32::from(specs.fragile));
        self.signature = self
            .signature
            .saturating_sub(u32::from(specs.requires_signature));
        self.weight.0 -= specs.weight.unwrap_or_default().0;
    }
}

/// What is brought to one clinic on one day.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Delivery {
    /// The lab.
    pub lab_id: LabId,
    /// Ours, or another logistics system's.
    pub id: DeliveryId,
    /// The clinic.
    pub clinic_id: ClinicId,
    /// The day.
    pub date: Date,
    /// Where it stands.
    pub status: DeliveryStatus,
    /// What its cases add up to.
    pub load: Load,
    /// Cases that it should have brought and that went to a later delivery.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub handed_on: Vec<CaseId>,
    /// Its route.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub route_id: Option<RouteId>,
    /// Its stop on that route.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub stop_id: Option<StopId>,
    /// Who drives it, or did.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub driver_id: Option<DriverId>,
    /// When it, or its last part, was handed over.
    #[serde(
        with = "crate::time::text::optional",
        default,
        skip_serializing_if = "Option::is_none"
    )]
    pub completed_at: Option<Timestamp>,
    /// Where it was handed over.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub coordinates: Option<Coordinates>,
    /// The proof.
    #[serde(default, skip_serializing_if = "ProofOfDelivery::is_empty")]
    pub proof: ProofOfDelivery,
    /// Why it failed, if it did.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub reason: Option<String>,
    /// Counts its changes.
    #[serde(default)]
    pub version: u64,
    /// Who received it, and notes.
    #[serde(skip)]
    pub private: Phi<Private>,
}

impl Delivery {
    /// A new one, with nothing in it.
    pub fn new(lab_id: LabId, id: DeliveryId, clinic_id: ClinicId, date: Date) -> Self {
        Self {
            lab_id,
            id,
            clinic_id,
            date,
            status: DeliveryStatus::Scheduled,
            load: Load::default(),
            handed_on: Vec::new(),
            route_id: None,
            stop_id: None,
            driver_id: None,
            completed_at: None,
            coordinates: None,
            proof: ProofOfDelivery::default(),
            reason: None,
            version: 0,
            private: Phi::default(),
        }
    }

    /// RUSH as soon as one of its cases is.
    pub fn priority(&self) -> Priority {
        if self.load.rush > 0 {
            Priority::Rush
        } else {
            Priority::Standard
        }
    }
}
