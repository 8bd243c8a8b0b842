//! Invoices: delivered case by case, billed once.

use super::publish::Publication;
use super::{Desk, Refusal, Step};
use crate::delivery::{Case, Handover};
use crate::event::InvoiceIssued;
use crate::facts::Key;
use crate::fault::{Fault, Reason};
use crate::id::{CaseId, ClinicId, InvoiceId, LabId};
use crate::invoice::{Invoice, InvoiceStatus, Line};
use crate::view;
use serde::Serialize;

/// What Finance hears about its invoice.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct IssuedResult<'a> {
    invoice_id: &'a InvoiceId,
    lab_id: &'a LabId,
    clinic_id: &'a ClinicId,
    status: InvoiceStatus,
    delivered: Vec<&'a CaseId>,
    awaiting_delivery: Vec<&'a CaseId>,
    billing_triggered: Vec<&'a InvoiceId>,
}

/// An invoice comes, or comes again changed. Cases that were delivered before it count at once.
pub fn issued(desk: &mut Desk<'_>, detail: &InvoiceIssued) -> Step<String> {
    let lab = desk.lab(&detail.lab_id)?;
    let clinic = desk.clinic(&lab.id, &detail.clinic_id)?;
    let mut wanted: Vec<Key> = detail
        .case_ids
        .iter()
        .map(|id| Key::of::<Case>(&lab.id, id.as_str()))
        .collect();
    wanted.push(Key::of::<Invoice>(&lab.id, detail.invoice_id.as_str()));
    desk.want(&wanted)?;
    let before = desk.get::<Invoice>(&lab.id, detail.invoice_id.as_str())?;
    let was_billed = before
        .as_ref()
        .is_some_and(|invoice| invoice.status == InvoiceStatus::Delivered);
    let clinic_id = match &before {
        // A bill that is out names the clinic as it did, also after that became another.
        Some(invoice)
            if was_billed && desk.is_same_clinic(&lab.id, &invoice.clinic_id, &clinic.id)? =>
        {
            invoice.clinic_id.clone()
        }
        _ => clinic.id,
    };
    let mut invoice = described(detail, clinic_id, before.as_ref());
    if was_billed && before.as_ref() != Some(&invoice) {
        return Err(Refusal::Conflict("invoice_closed").into());
    }
    let dropped = before
        .iter()
        .flat_map(|invoice| &invoice.lines)
        .map(|line| &line.case_id);
    unlink(desk, &invoice, dropped)?;
    link_all(desk, &mut invoice, &detail.case_ids)?;
    let billed = settle(desk, invoice.clone());
    invoice.status = invoice.standing();
    Ok(result(&invoice, billed))
}

/// The invoice as its sender hears of it; `billed` if that happened just now.
pub fn result(invoice: &Invoice, billed: bool) -> String {
    let (delivered, open): (Vec<&Line>, Vec<&Line>) = invoice
        .lines
        .iter()
        .partition(|line| line.handover.is_some());
    view::json(&IssuedResult {
        invoice_id: &invoice.id,
        lab_id: &invoice.lab_id,
        clinic_id: &invoice.clinic_id,
        status: invoice.status,
        delivered: delivered.into_iter().map(|line| &line.case_id).collect(),
        awaiting_delivery: open.into_iter().map(|line| &line.case_id).collect(),
        billing_triggered: if billed {
            vec![&invoice.id]
        } else {
            Vec::new()
        },
    })
}

/// The invoice as the event describes it, keeping what is known of its lines.
fn described(detail: &InvoiceIssued, clinic_id: ClinicId, before: Option<&Invoice>) -> Invoice {
    let known = |id: &CaseId| {
        before.and_then(|invoice| invoice.lines.iter().find(|line| line.case_id == *id))
    };
    let line = |id: &CaseId| {
        known(id).cloned().unwrap_or_else(|| Line {
            case_id: id.clone(),
            handover: None,
        })
    };
    // A case named twice is one line: it is delivered once.
    let mut lines: Vec<Line> = Vec::with_capacity(detail.case_ids.len());
    for id in &detail.case_ids {
        if !lines.iter().any(|line| line.case_id == *id) {
            lines.push(line(id));
        }
    }
    Invoice {
        lab_id: detail.lab_id.clone(),
        id: detail.invoice_id.clone(),
        clinic_id,
        lines,
        amount: detail.amount,
        currency: detail.currency.clone(),
        status: before.map_or(InvoiceStatus::Issued, |invoice| invoice.status),
        version: before.map_or(0, |invoice| invoice.version),
    }
}

/// Ties the invoice and its cases together. All faults at once.
fn link_all(desk: &mut Desk<'_>, invoice: &mut Invoice, case_ids: &[CaseId]) -> Step<()> {
    let mut faults = Vec::new();
    for (index, case_id) in case_ids.iter().enumerate() {
        if !link(desk, invoice, case_id)? {
            let field = format!("detail.caseIds[{index}]");
            faults.push(Fault::new(field, Reason::Mismatch));
        }
    }
    if faults.is_empty() {
        Ok(())
    } else {
        Err(Refusal::Invalid(faults).into())
    }
}

/// False if the case is another clinic's.
fn link(desk: &mut Desk<'_>, invoice: &mut Invoice, case_id: &CaseId) -> Step<bool> {
    let case = desk.get::<Case>(&invoice.lab_id, case_id.as_str())?;
    let mut case = case.unwrap_or_else(|| Case::new(invoice.lab_id.clone(), case_id.clone()));
    if let Some(clinic) = &case.clinic_id
        && !desk.is_same_clinic(&invoice.lab_id, clinic, &invoice.clinic_id)?
    {
        return Ok(false);
    }
    if let Some(handover) = &case.handover {
        invoice.mark(case_id, handover);
    }
    if !case.invoices.contains(&invoice.id) {
        case.invoices.push(invoice.id.clone());
        desk.put(case);
    }
    Ok(true)
}

fn unlink<'a>(
    desk: &mut Desk<'_>,
    invoice: &Invoice,
    before: impl Iterator<Item = &'a CaseId>,
) -> Step<()> {
    for case_id in before.filter(|id| !invoice.lines.iter().any(|line| line.case_id == **id)) {
        if let Some(mut case) = desk.get::<Case>(&invoice.lab_id, case_id.as_str())? {
            case.invoices.retain(|id| *id != invoice.id);
            desk.put(case);
        }
    }
    Ok(())
}

/// Puts the invoice with the status of its lines. True if this is the moment at which it is billed.
fn settle(desk: &mut Desk<'_>, mut invoice: Invoice) -> bool {
    let was = invoice.status;
    invoice.status = invoice.standing();
    let billed = invoice.status == InvoiceStatus::Delivered && was != InvoiceStatus::Delivered;
    if billed {
        desk.publish(Publication::billing_triggered(&invoice));
        desk.publish(Publication::invoice_delivered(&invoice));
    }
    desk.put(invoice);
    billed
}

/// What a handover did to invoices.
#[derive(Debug, Default, PartialEq)]
pub struct Billing {
    /// Every invoice that holds one of the cases.
    pub invoices: Vec<(InvoiceId, InvoiceStatus)>,
    /// Cases that no invoice holds yet.
    pub awaiting_invoice: Vec<CaseId>,
    /// Invoices that became billable just now.
    pub triggered: Vec<InvoiceId>,
}

/// Marks a delivered case on every invoice that holds it.
pub fn mark_delivered(
    desk: &mut Desk<'_>,
    case: &Case,
    handover: &Handover,
    billing: &mut Billing,
) -> Step<()> {
    if case.invoices.is_empty() {
        billing.awaiting_invoice.push(case.id.clone());
    }
    for id in &case.invoices {
        let Some(mut invoice) = desk.get::<Invoice>(&case.lab_id, id.as_str())? else {
            continue;
        };
        if invoice.mark(&case.id, handover) {
            let status = invoice.standing();
            if settle(desk, invoice) {
                billing.triggered.push(id.clone());
            }
            billing.note(id, status);
        } else {
            billing.note(id, invoice.status);
        }
    }
    Ok(())
}

impl Billing {
    /// Notes where an invoice stands; the last word counts.
    pub fn note(&mut self, id: &InvoiceId, status: InvoiceStatus) {
        self.invoices.retain(|(known, _)| known != id);
        self.invoices.push((id.clone(), status));
    }
}
