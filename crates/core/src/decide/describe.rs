//! What a repeated event is answered: the contract's `result` as it is now, without deciding anything again.

use super::invoices::Billing;
use super::{Desk, Refusal, Step, Verdict, cases, completion, invoices, pickups};
use crate::delivery::Case;
use crate::event::{Body, CaseReadyToShip, DeliveryCompleted, InvoiceIssued};
use crate::facts::Facts;
use crate::id::{CaseId, LabId};
use crate::invoice::Invoice;
use crate::view::{self, CaseView, DeliveryView};

use super::{Context, Event};

/// The result of an event that was accepted before.
pub fn describe(facts: &Facts, event: &Event, context: Context<'_>) -> Result<String, Verdict> {
    let mut desk = Desk::new(facts, event, context);
    match &event.body {
        Body::CaseReadyToShip(detail) => case_ready(&mut desk, detail),
        Body::CaseCancelled(detail) => {
            cases::withdrawn(&desk, &detail.lab_id, &detail.case_id, None)
        }
        Body::CaseOnHold(detail) => cases::withdrawn(&desk, &detail.lab_id, &detail.case_id, None),
        Body::PickupRequested(detail) => pickups::described(&desk, detail),
        Body::PickupCancelled(detail) => pickups::described_cancelled(&desk, detail),
        Body::DeliveryCompleted(detail) => completed(&mut desk, detail),
        Body::InvoiceIssued(detail) => invoice(&desk, detail),
        _ => Ok("{}".to_owned()),
    }
}

fn gone() -> Verdict {
    Refusal::Unknown("gone").into()
}

fn case_ready(desk: &mut Desk<'_>, detail: &CaseReadyToShip) -> Step<String> {
    let lab = desk.lab(&detail.lab_id)?;
    let case = desk.need::<Case>(&lab.id, detail.case_id.as_str(), "gone")?;
    let Some(delivery) = cases::delivery_of(desk, &case)? else {
        return cases::withdrawn(desk, &lab.id, &case.id, None);
    };
    let overdue = delivery.date < desk.today(&lab);
    Ok(view::json(&DeliveryView {
        consolidated: Some(true),
        overdue: Some(overdue),
        cases: vec![CaseView::brief(&case)],
        ..DeliveryView::from(&delivery)
    }))
}

fn completed(desk: &mut Desk<'_>, detail: &DeliveryCompleted) -> Step<String> {
    let (delivery, cases) = completion::known(desk, detail)?.ok_or_else(gone)?;
    let mut billing = Billing::default();
    for case in &cases {
        standing(desk, &delivery.lab_id, &case.id, &mut billing)?;
    }
    Ok(completion::result(&delivery, &billing))
}

fn standing(desk: &Desk<'_>, lab: &LabId, case_id: &CaseId, billing: &mut Billing) -> Step<()> {
    let Some(case) = desk.get::<Case>(lab, case_id.as_str())? else {
        return Ok(());
    };
    if case.invoices.is_empty() {
        billing.awaiting_invoice.push(case.id.clone());
    }
    for id in &case.invoices {
        if let Some(invoice) = desk.get::<Invoice>(lab, id.as_str())? {
            billing.note(id, invoice.status);
        }
    }
    Ok(())
}

fn invoice(desk: &Desk<'_>, detail: &InvoiceIssued) -> Step<String> {
    let invoice = desk.need::<Invoice>(&detail.lab_id, detail.invoice_id.as_str(), "gone")?;
    Ok(invoices::result(&invoice, false))
}
