//! Handing over: cases become delivered, invoices billable, and what is left goes to a later delivery.

use jiff::Timestamp;
use serde::Serialize;

use super::cases::{delivery_of, leave, take_off};
use super::handing_on::hand_on;
use super::invoices::{Billing, mark_delivered};
use super::publish::Publication;
use super::{Desk, Refusal, Step};
use crate::delivery::{Case, CaseStatus, Delivery, Handover, ProofOfDelivery};
use crate::event::DeliveryCompleted;
use crate::facts::Key;
use crate::fault::{Fault, Reason};
use crate::id::{CaseId, DeliveryId, InvoiceId, LabId};
use crate::invoice::{Invoice, InvoiceStatus};
use crate::record::Kind;
use crate::route::Stop;
use crate::state::{DeliveryStatus, DeliveryStep, StopStep};
use crate::view;

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct InvoiceStanding {
    invoice_id: InvoiceId,
    status: InvoiceStatus,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct CompletedResult<'a> {
    delivery_id: &'a DeliveryId,
    status: DeliveryStatus,
    invoices: Vec<InvoiceStanding>,
    awaiting_invoice: &'a [CaseId],
    billing_triggered: &'a [InvoiceId],
}

/// A delivery, or a part of it, is at the clinic; says its own system or another one.
pub fn completed(desk: &mut Desk<'_>, detail: &DeliveryCompleted) -> Step<String> {
    let lab_id = lab_of(desk, detail)?;
    let known = match &lab_id {
        Some(lab) => desk.get::<Delivery>(lab, detail.delivery_id.as_str())?,
        None => None,
    };
    let (delivery, new) = match known {
        Some(delivery) => (delivery, false),
        None => (foreign(desk, detail)?, true),
    };
    if delivery.status == DeliveryStatus::Cancelled {
        return Err(Refusal::Conflict("delivery_cancelled").into());
    }
    let mut cases = cases_of(desk, &delivery, detail, new)?;
    if delivery.status == DeliveryStatus::Delivered {
        // It is over: what it did not bring, another delivery does.
        cases.retain(|case| case.status == CaseStatus::Delivered);
    }
    let news = new
        || cases
            .iter()
            .any(|case| case.status != CaseStatus::Delivered);
    let handed = Handing {
        at: detail.completed_at,
        proof: &detail.proof,
        undelivered_on: None,
    };
    let delivery = if news {
        described(delivery, detail)
    } else {
        delivery
    };
    let (delivery, billing) = hand_over(desk, delivery, cases, &handed)?;
    close_stop(desk, &delivery)?;
    Ok(result(&delivery, &billing))
}

/// Where a delivery and the invoices of its cases stand.
pub fn result(delivery: &Delivery, billing: &Billing) -> String {
    let standing = |(id, status): &(InvoiceId, InvoiceStatus)| InvoiceStanding {
        invoice_id: id.clone(),
        status: *status,
    };
    view::json(&CompletedResult {
        delivery_id: &delivery.id,
        status: delivery.status,
        invoices: billing.invoices.iter().map(standing).collect(),
        awaiting_invoice: &billing.awaiting_invoice,
        billing_triggered: &billing.triggered,
    })
}

/// The delivery that an accepted event spoke of, and its cases.
pub fn known(desk: &Desk<'_>, detail: &DeliveryCompleted) -> Step<Option<(Delivery, Vec<Case>)>> {
    let Some(lab) = lab_of(desk, detail)? else {
        return Ok(None);
    };
    let Some(delivery) = desk.get::<Delivery>(&lab, detail.delivery_id.as_str())? else {
        return Ok(None);
    };
    let cases = cases_of(desk, &delivery, detail, true)?;
    Ok(Some((delivery, cases)))
}

/// The lab that has the delivery: the one named, the sender's, or the only one with such an id.
fn lab_of(desk: &Desk<'_>, detail: &DeliveryCompleted) -> Step<Option<LabId>> {
    if let Some(lab) = detail.lab_id.as_ref().or(desk.origin.scope.as_ref()) {
        desk.check_scope(lab)?;
        return Ok(Some(lab.clone()));
    }
    let labs = desk.ids_of(Key::Labs(Kind::Delivery, detail.delivery_id.to_string()))?;
    match labs.as_slice() {
        [] => Ok(None),
        [lab] => Ok(Some(LabId::known(lab.as_str()))),
        _ => Err(Refusal::Conflict("ambiguous_id").into()),
    }
}

/// Another system's delivery, heard of for the first time now that it is over.
fn foreign(desk: &mut Desk<'_>, detail: &DeliveryCompleted) -> Step<Delivery> {
    let named = detail.case_ids.as_ref().filter(|ids| !ids.is_empty());
    let (Some(lab_id), Some(clinic_id), Some(_)) = (&detail.lab_id, &detail.clinic_id, named)
    else {
        return Err(Refusal::Unknown("unknown_delivery").into());
    };
    let lab = desk.lab(lab_id)?;
    let clinic = desk.clinic(&lab.id, clinic_id)?;
    let date = crate::time::date_at(detail.completed_at, &desk.lab_zone(&lab));
    Ok(Delivery::new(
        lab.id,
        detail.delivery_id.clone(),
        clinic.id,
        date,
    ))
}

/// The delivery with what the event says of it as a whole.
fn described(mut delivery: Delivery, detail: &DeliveryCompleted) -> Delivery {
    delivery.completed_at = Some(detail.completed_at);
    delivery.driver_id = detail.driver_id.clone().or(delivery.driver_id);
    delivery.coordinates = detail.coordinates.or(delivery.coordinates);
    if !detail.proof.is_empty() {
        delivery.proof = detail.proof.clone();
    }
    // Keeping what came sealed, sealed again.
    if !detail.private.reveal().is_empty() {
        delivery.private = detail.private.clone();
    }
    delivery
}

/// The cases that are handed over, wherever they are now, each once.
fn cases_of(
    desk: &Desk<'_>,
    delivery: &Delivery,
    detail: &DeliveryCompleted,
    new: bool,
) -> Step<Vec<Case>> {
    let lab = &delivery.lab_id;
    let Some(ids) = &detail.case_ids else {
        return all_cases(desk, delivery);
    };
    desk.want(
        &ids.iter()
            .map(|id| Key::of::<Case>(lab, id.as_str()))
            .collect::<Vec<_>>(),
    )?;
    let mut faults = Vec::new();
    let mut cases: Vec<Case> = Vec::with_capacity(ids.len());
    for (index, id) in ids.iter().enumerate() {
        if cases.iter().any(|case| case.id == *id) {
            continue;
        }
        match named_case(desk, delivery, id, new)? {
            Ok(case) => cases.push(case),
            Err(reason) => faults.push(Fault::new(format!("detail.caseIds[{index}]"), reason)),
        }
    }
    // One that is delivered stays so, whatever is said of it now.
    if faults.is_empty() || delivery.status == DeliveryStatus::Delivered {
        Ok(cases)
    } else {
        Err(Refusal::Invalid(faults).into())
    }
}

/// All cases of a known delivery. What it handed on counts too, unless Production took it out since or it is for
/// another clinic now.
fn all_cases(desk: &Desk<'_>, delivery: &Delivery) -> Step<Vec<Case>> {
    let lab = &delivery.lab_id;
    let mut cases = desk.parts::<Case>(lab, delivery.id.as_str())?;
    for id in &delivery.handed_on {
        let Some(case) = desk.get::<Case>(lab, id.as_str())? else {
            continue;
        };
        let taken_out = matches!(case.status, CaseStatus::Cancelled | CaseStatus::OnHold);
        if !taken_out && is_for(desk, &case, delivery)? {
            cases.push(case);
        }
    }
    Ok(cases)
}

/// Whether the case goes to the clinic of the delivery; one of which that is not known may.
fn is_for(desk: &Desk<'_>, case: &Case, delivery: &Delivery) -> Step<bool> {
    match &case.clinic_id {
        Some(clinic) => desk.is_same_clinic(&case.lab_id, clinic, &delivery.clinic_id),
        None => Ok(true),
    }
}

fn named_case(
    desk: &Desk<'_>,
    delivery: &Delivery,
    id: &CaseId,
    new: bool,
) -> Step<Result<Case, Reason>> {
    let Some(case) = desk.get::<Case>(&delivery.lab_id, id.as_str())? else {
        // Another system may bring what Production never announced; of our own deliveries we know the cases.
        let case = Case::new(delivery.lab_id.clone(), id.clone());
        return Ok(if new { Ok(case) } else { Err(Reason::NotFound) });
    };
    let fits = is_for(desk, &case, delivery)?;
    Ok(if fits {
        Ok(case)
    } else {
        Err(Reason::Mismatch)
    })
}

/// How cases were handed over.
#[derive(Debug, Clone, Copy)]
pub struct Handing<'a> {
    /// When.
    pub at: Timestamp,
    /// The proof.
    pub proof: &'a ProofOfDelivery,
    /// When to bring the rest; absent: the next working day.
    pub undelivered_on: Option<jiff::civil::Date>,
}

/// Hands `cases` over with `delivery`; its other cases go to a later one.
pub fn hand_over(
    desk: &mut Desk<'_>,
    mut delivery: Delivery,
    cases: Vec<Case>,
    handing: &Handing<'_>,
) -> Step<(Delivery, Billing)> {
    prefetch_invoices(desk, &cases)?;
    let mut billing = Billing::default();
    let mut handed = Vec::new();
    for case in cases {
        let case = take_over(desk, &mut delivery, case, handing, &mut handed)?;
        if let Some(handover) = case.handover.clone() {
            mark_delivered(desk, &case, &handover, &mut billing)?;
        }
    }
    let rest = desk.parts::<Case>(&delivery.lab_id, delivery.id.as_str())?;
    let rest: Vec<Case> = rest
        .into_iter()
        .filter(|case| case.status != CaseStatus::Delivered)
        .collect();
    if !handed.is_empty() || (rest.is_empty() && is_under_way(&delivery)) {
        let complete = rest.is_empty() && delivery.handed_on.is_empty();
        let step = if complete {
            DeliveryStep::Deliver
        } else {
            DeliveryStep::DeliverPart
        };
        delivery.status = desk.step(delivery.status, step, "delivery_not_open")?;
        // Closed first: its cases must not join it again.
        desk.put(delivery.clone());
        hand_on(desk, &mut delivery, rest, handing.undelivered_on)?;
    }
    desk.put(delivery.clone());
    if !handed.is_empty() {
        desk.publish(Publication::completed(&delivery, &handed));
    }
    Ok((delivery, billing))
}

/// Whether it is neither over nor given up.
fn is_under_way(delivery: &Delivery) -> bool {
    delivery.status.is_open() || delivery.status == DeliveryStatus::OutForDelivery
}

fn prefetch_invoices(desk: &Desk<'_>, cases: &[Case]) -> Step<()> {
    let of = |case: &Case| {
        case.invoices
            .iter()
            .map(|id| Key::of::<Invoice>(&case.lab_id, id.as_str()))
            .collect::<Vec<_>>()
    };
    desk.want(&cases.iter().flat_map(of).collect::<Vec<_>>())
}

/// Makes one case delivered with this delivery, out of whichever it is in. One that was delivered before stays as it is.
fn take_over(
    desk: &mut Desk<'_>,
    delivery: &mut Delivery,
    case: Case,
    handing: &Handing<'_>,
    handed: &mut Vec<CaseId>,
) -> Step<Case> {
    if case.status == CaseStatus::Delivered {
        return Ok(case);
    }
    let elsewhere = case.delivery_id.as_ref() != Some(&delivery.id);
    let mut case = if elsewhere {
        come_from(desk, case)?
    } else {
        case
    };
    if elsewhere {
        delivery.load.add(case.priority, &case.specs);
        delivery.handed_on.retain(|id| *id != case.id);
    }
    case.clinic_id = Some(delivery.clinic_id.clone());
    case.delivery_id = Some(delivery.id.clone());
    case.status = CaseStatus::Delivered;
    case.handover = Some(Handover {
        delivery_id: delivery.id.clone(),
        at: handing.at,
        proof: handing.proof.clone(),
    });
    desk.put(case.clone());
    handed.push(case.id.clone());
    Ok(case)
}

/// Takes the case out of the delivery that had it, open or on the road.
fn come_from(desk: &mut Desk<'_>, case: Case) -> Step<Case> {
    if let Some(mut other) = delivery_of(desk, &case)?.filter(|other| !other.status.is_open()) {
        other.load.remove(case.priority, &case.specs);
        desk.put(other);
        return Ok(case);
    }
    leave(desk, case)
}

/// A delivery that another system completed leaves its stop; a stop with nothing else to do is done.
fn close_stop(desk: &mut Desk<'_>, delivery: &Delivery) -> Step<()> {
    let Some(stop_id) = &delivery.stop_id else {
        return Ok(());
    };
    let Some(mut stop) = desk.get::<Stop>(&delivery.lab_id, stop_id.as_str())? else {
        return Ok(());
    };
    if !stop.status.is_open() || is_under_way(delivery) {
        return Ok(());
    }
    if stop.pickup_ids.is_empty() && stop.delivery_ids == [delivery.id.clone()] {
        stop.status = desk.step(stop.status, StopStep::Complete, "stop_closed")?;
        stop.closed_at = Some(desk.now);
        desk.put(stop);
        return Ok(());
    }
    take_off(desk, stop, |stop| {
        stop.delivery_ids.retain(|id| *id != delivery.id)
    })
}
