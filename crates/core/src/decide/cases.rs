//! Cases into deliveries and out again.

use jiff::civil::Date;
use serde_json::json;

use super::publish::{Alert, Publication};
use super::{Desk, Refusal, Step};
use crate::delivery::{Case, CaseStatus, Delivery, Priority};
use crate::directory::{Clinic, Lab};
use crate::event::{CaseCancelled, CaseOnHold, CaseReadyToShip, DeliveryPatched};
use crate::facts::Key;
use crate::id::{CaseId, DeliveryId, LabId};
use crate::phi::{Phi, Private};
use crate::route::Stop;
use crate::state::{DeliveryStep, StopStep};
use crate::view::{self, CaseView, DeliveryView};

/// A case can be delivered: it joins the open delivery of its clinic and day, or a new one.
pub fn ready(desk: &mut Desk<'_>, detail: &CaseReadyToShip) -> Step<String> {
    let (lab_id, date) = (&detail.lab_id, detail.requested_delivery_date);
    desk.want(&[
        Key::of::<Lab>(lab_id, lab_id.as_str()),
        Key::of::<Clinic>(lab_id, detail.clinic_id.as_str()),
        Key::of::<Case>(lab_id, detail.case_id.as_str()),
        Key::OpenDelivery(lab_id.clone(), detail.clinic_id.clone(), date),
    ])?;
    let lab = desk.lab(lab_id)?;
    let clinic = desk.clinic(lab_id, &detail.clinic_id)?;
    let case = desk.get::<Case>(lab_id, detail.case_id.as_str())?;
    let case = case.unwrap_or_else(|| Case::new(lab_id.clone(), detail.case_id.clone()));
    if matches!(case.status, CaseStatus::Out | CaseStatus::Delivered) {
        return Err(Refusal::Conflict("case_already_shipped").into());
    }
    let wanted = described(&case, detail);
    let current = delivery_of(desk, &case)?;
    let stays = current.filter(|delivery| {
        delivery.status.is_open() && delivery.clinic_id == clinic.id && delivery.date == date
    });
    let (delivery, case, consolidated) = match stays {
        Some(delivery) => {
            let delivery = refresh(desk, delivery, &case, &wanted);
            (delivery, wanted, true)
        }
        None => move_to(desk, &lab, &clinic, date, case, wanted)?,
    };
    let case = alert_rush(desk, case, &delivery);
    let overdue = date < desk.today(&lab);
    let view = DeliveryView {
        consolidated: Some(consolidated),
        overdue: Some(overdue),
        cases: vec![CaseView::brief(&case)],
        ..DeliveryView::from(&delivery)
    };
    Ok(view::json(&view))
}

/// The case as the event describes it, still where it was. What the event does not say stays.
fn described(case: &Case, detail: &CaseReadyToShip) -> Case {
    let mut wanted = case.clone();
    let given = detail.package_specs;
    wanted.priority = detail.priority;
    wanted.specs.weight = given.weight.or(case.specs.weight);
    wanted.specs.fragile = given.fragile.unwrap_or(case.specs.fragile);
    wanted.specs.requires_signature = given
        .requires_signature
        .unwrap_or(case.specs.requires_signature);
    // Comparing and keeping a name is no disclosure.
    let name = &detail.private.reveal().patient_name;
    if !name.is_empty() {
        wanted.private = Phi::new(Private {
            patient_name: name.clone(),
            ..case.private.reveal().clone()
        });
    }
    wanted
}

/// The case stays in its delivery; its box or priority may be another.
fn refresh(desk: &mut Desk<'_>, mut delivery: Delivery, before: &Case, after: &Case) -> Delivery {
    delivery.load.remove(before.priority, &before.specs);
    delivery.load.add(after.priority, &after.specs);
    desk.put(after.clone());
    if desk.put(delivery.clone()) {
        desk.publish(Publication::delivery(&delivery, false));
    }
    delivery
}

fn move_to(
    desk: &mut Desk<'_>,
    lab: &Lab,
    clinic: &Clinic,
    date: Date,
    before: Case,
    wanted: Case,
) -> Step<(Delivery, Case, bool)> {
    let left = leave(desk, before)?;
    let case = Case {
        delivery_id: left.delivery_id,
        status: left.status,
        ..wanted
    };
    join(desk, lab, clinic, date, case)
}

/// Puts a case that is in no delivery into the open one of that clinic and day, or a new one.
/// Gives the delivery, the case in it, and whether the delivery was there before.
pub fn join(
    desk: &mut Desk<'_>,
    lab: &Lab,
    clinic: &Clinic,
    date: Date,
    mut case: Case,
) -> Step<(Delivery, Case, bool)> {
    let open = desk.ids_of(Key::OpenDelivery(lab.id.clone(), clinic.id.clone(), date))?;
    let existing = match open.first() {
        Some(id) => desk.get::<Delivery>(&lab.id, id)?,
        None => None,
    };
    let joined = existing.is_some();
    let mut delivery = existing.unwrap_or_else(|| {
        let id = DeliveryId::known(desk.draw());
        Delivery::new(lab.id.clone(), id, clinic.id.clone(), date)
    });
    delivery.load.add(case.priority, &case.specs);
    case.clinic_id = Some(clinic.id.clone());
    case.delivery_id = Some(delivery.id.clone());
    case.status = CaseStatus::Scheduled;
    desk.put(case.clone());
    desk.put(delivery.clone());
    desk.publish(Publication::delivery(&delivery, !joined));
    if !joined && date >= desk.today(lab) && !clinic.is_open_on(date) {
        let about =
            json!({ "deliveryId": delivery.id, "clinicId": clinic.id, "deliveryDate": date });
        desk.alert(Alert::new(&lab.id, "clinic_closed", about));
    }
    Ok((delivery, case, joined))
}

/// Takes a case out of its open delivery, if it is in one; a delivery left empty is cancelled.
pub fn leave(desk: &mut Desk<'_>, mut case: Case) -> Step<Case> {
    let current = delivery_of(desk, &case)?;
    case.delivery_id = None;
    if case.status == CaseStatus::Scheduled {
        case.status = CaseStatus::Known;
    }
    if let Some(mut delivery) = current.filter(|delivery| delivery.status.is_open()) {
        delivery.load.remove(case.priority, &case.specs);
        desk.put(case.clone());
        if delivery.load.cases == 0 {
            delivery = cancel_delivery(desk, delivery)?;
        }
        desk.put(delivery.clone());
        desk.publish(Publication::delivery(&delivery, false));
    }
    Ok(case)
}

/// Calls an open delivery off and takes it off its route.
fn cancel_delivery(desk: &mut Desk<'_>, mut delivery: Delivery) -> Step<Delivery> {
    delivery.status = desk.step(delivery.status, DeliveryStep::Cancel, "delivery_not_open")?;
    if let Some(stop_id) = delivery.stop_id.take() {
        if let Some(stop) = desk.get::<Stop>(&delivery.lab_id, stop_id.as_str())? {
            take_off(desk, stop, |stop| {
                stop.delivery_ids.retain(|id| *id != delivery.id)
            })?;
        }
        delivery.route_id = None;
    }
    Ok(delivery)
}

/// Removes work from an open stop; a stop with no work left is skipped.
pub fn take_off(desk: &mut Desk<'_>, mut stop: Stop, remove: impl FnOnce(&mut Stop)) -> Step<()> {
    if !stop.status.is_open() {
        return Ok(());
    }
    remove(&mut stop);
    if stop.delivery_ids.is_empty() && stop.pickup_ids.is_empty() {
        stop.status = desk.step(stop.status, StopStep::Skip, "stop_closed")?;
        stop.reason = Some("nothing_left".to_owned());
        stop.closed_at = Some(desk.now);
    }
    desk.put(stop);
    Ok(())
}

/// The delivery that a case is in.
pub fn delivery_of(desk: &Desk<'_>, case: &Case) -> Step<Option<Delivery>> {
    match &case.delivery_id {
        Some(id) => desk.get::<Delivery>(&case.lab_id, id.as_str()),
        None => Ok(None),
    }
}

/// Tells the dispatchers that a case is RUSH: once per case.
fn alert_rush(desk: &mut Desk<'_>, mut case: Case, delivery: &Delivery) -> Case {
    if case.priority == Priority::Rush && !case.rush_alerted {
        case.rush_alerted = true;
        desk.put(case.clone());
        desk.alert(Alert::rush_case(&case, delivery));
    }
    case
}

/// A case will not be delivered.
pub fn cancelled(desk: &mut Desk<'_>, detail: &CaseCancelled) -> Step<String> {
    withdraw(desk, &detail.lab_id, &detail.case_id, CaseStatus::Cancelled)
}

/// A case will not be delivered for now.
pub fn on_hold(desk: &mut Desk<'_>, detail: &CaseOnHold) -> Step<String> {
    withdraw(desk, &detail.lab_id, &detail.case_id, CaseStatus::OnHold)
}

fn withdraw(
    desk: &mut Desk<'_>,
    lab_id: &LabId,
    case_id: &CaseId,
    status: CaseStatus,
) -> Step<String> {
    desk.check_scope(lab_id)?;
    let case = desk.need::<Case>(lab_id, case_id.as_str(), "unknown_case")?;
    if matches!(case.status, CaseStatus::Out | CaseStatus::Delivered) {
        return Err(Refusal::Conflict("case_already_shipped").into());
    }
    let delivery_id = case.delivery_id.clone();
    let mut case = leave(desk, case)?;
    case.status = status;
    desk.put(case);
    withdrawn(desk, lab_id, case_id, delivery_id)
}

/// A case that was taken out, and the delivery that it was in.
pub fn withdrawn(
    desk: &Desk<'_>,
    lab_id: &LabId,
    case_id: &CaseId,
    delivery_id: Option<DeliveryId>,
) -> Step<String> {
    let case = desk.need::<Case>(lab_id, case_id.as_str(), "unknown_case")?;
    let mut result = json!({ "caseId": case_id, "labId": lab_id, "status": case.status });
    if let Some(id) = delivery_id {
        let delivery = desk.get::<Delivery>(lab_id, id.as_str())?;
        result["deliveryId"] = json!(id);
        result["deliveryStatus"] = json!(delivery.map(|delivery| delivery.status));
    }
    Ok(result.to_string())
}

/// A dispatcher gives an open delivery another day, or calls it off.
pub fn delivery_patched(desk: &mut Desk<'_>, detail: &DeliveryPatched) -> Step<String> {
    let lab = desk.lab(&detail.lab_id)?;
    let delivery =
        desk.need::<Delivery>(&lab.id, detail.delivery_id.as_str(), "unknown_delivery")?;
    desk.expect(detail.expected, delivery.version)?;
    let delivery = match detail.date {
        Some(date) if date != delivery.date => {
            require_open(&delivery)?;
            move_delivery(desk, &lab, delivery, date)?
        }
        _ => delivery,
    };
    let delivery = if detail.cancel && delivery.status != crate::state::DeliveryStatus::Cancelled {
        require_open(&delivery)?;
        call_off(desk, delivery)?
    } else {
        delivery
    };
    Ok(view::json(&DeliveryView::from(&delivery)))
}

fn require_open(delivery: &Delivery) -> Step<()> {
    if delivery.status.is_open() {
        Ok(())
    } else {
        Err(Refusal::Conflict("delivery_not_open").into())
    }
}

/// Moves an open delivery to another day: alone it keeps its id, else its cases join the one that is there.
fn move_delivery(
    desk: &mut Desk<'_>,
    lab: &Lab,
    mut delivery: Delivery,
    date: Date,
) -> Step<Delivery> {
    let there = desk.ids_of(Key::OpenDelivery(
        lab.id.clone(),
        delivery.clinic_id.clone(),
        date,
    ))?;
    if there.is_empty() && delivery.stop_id.is_none() {
        delivery.date = date;
        desk.put(delivery.clone());
        desk.publish(Publication::delivery(&delivery, false));
        return Ok(delivery);
    }
    let clinic = desk.clinic(&lab.id, &delivery.clinic_id)?;
    let mut target = delivery.clone();
    for case in desk.parts::<Case>(&lab.id, delivery.id.as_str())? {
        let case = leave(desk, case)?;
        (target, _, _) = join(desk, lab, &clinic, date, case)?;
    }
    Ok(target)
}

fn call_off(desk: &mut Desk<'_>, delivery: Delivery) -> Step<Delivery> {
    let cases = desk.parts::<Case>(&delivery.lab_id, delivery.id.as_str())?;
    let left = u32::try_from(cases.len()).unwrap_or(u32::MAX);
    for mut case in cases {
        case.delivery_id = None;
        case.status = CaseStatus::Known;
        desk.put(case);
    }
    let mut delivery = cancel_delivery(desk, delivery)?;
    delivery.load = crate::delivery::Load::default();
    desk.put(delivery.clone());
    desk.publish(Publication::delivery(&delivery, false));
    if left > 0 {
        desk.alert(Alert::cases_left(&delivery, left));
    }
    Ok(delivery)
}
