//! Invoices of Finance: what is billed once all of it was delivered.

use serde::{Deserialize, Serialize};

use crate::delivery::Handover;
use crate::id::{CaseId, ClinicId, InvoiceId, LabId};
use crate::state::words;

words! {
    /// Where an invoice stands.
    InvoiceStatus {
        /// None of its cases was delivered.
        Issued = "issued",
        /// Some were.
        PartiallyDelivered = "partially_delivered",
        /// All were: it is billed.
        Delivered = "delivered",
    }
}

/// One case of an invoice.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Line {
    /// The case.
    pub case_id: CaseId,
    /// How it was delivered, once it was, with the proof.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub handover: Option<Handover>,
}

/// An invoice.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Invoice {
    /// The lab.
    pub lab_id: LabId,
    /// Finance's number of it.
    pub id: InvoiceId,
    /// The clinic that pays.
    pub clinic_id: ClinicId,
    /// Its cases.
    pub lines: Vec<Line>,
    /// The sum, in `currency`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub amount: Option<f64>,
    /// ISO 4217 code.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub currency: Option<String>,
    /// Where it stands.
    pub status: InvoiceStatus,
    /// Counts its changes.
    #[serde(default)]
    pub version: u64,
}

impl Invoice {
    /// Marks the line of `case` delivered. False if it is not on it, or was already.
    pub fn mark(&mut self, case: &CaseId, handover: &Handover) -> bool {
        let open = |line: &&mut Line| line.case_id == *case && line.handover.is_none();
        let Some(line) = self.lines.iter_mut().find(open) else {
            return false;
        };
        line.handover = Some(handover.clone());
        true
    }

    /// Where it stands by its lines.
    pub fn standing(&self) -> InvoiceStatus {
        let done = self
            .lines
            .iter()
            .filter(|line| line.handover.is_some())
            .count();
        match done {
            0 => InvoiceStatus::Issued,
            n if n == self.lines.len() => InvoiceStatus::Delivered,
            _ => InvoiceStatus::PartiallyDelivered,
        }
    }
}
