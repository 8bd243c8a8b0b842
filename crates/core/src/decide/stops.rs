//! Stops: arrived at, done case by case, failed, left out.

use std::collections::BTreeMap;

use jiff::Timestamp;
use jiff::civil::Date;

use super::completion::{Handing, hand_over};
use super::handing_on::hand_on;
use super::publish::{Alert, Publication};
use super::{Desk, Refusal, Step};
use crate::delivery::{Case, CaseStatus, Delivery};
use crate::event::{StopArrived, StopCompleted, StopFailed, StopSkipped};
use crate::facts::Key;
use crate::fault::{Fault, Reason};
use crate::id::{LabId, StopId};
use crate::pickup::Pickup;
use crate::record::Kind;
use crate::route::{Route, Stop, Undone};
use crate::state::{
    DeliveryStatus, DeliveryStep, PickupStatus, PickupStep, RouteStatus, StopStatus, StopStep,
};

fn find(desk: &Desk<'_>, lab: &LabId, id: &StopId) -> Step<Stop> {
    desk.check_scope(lab)?;
    let stop = desk.need::<Stop>(lab, id.as_str(), "unknown_stop")?;
    if desk.origin.driver.is_some() {
        let route = desk.need::<Route>(lab, stop.route_id.as_str(), "unknown_route")?;
        desk.check_driver(&route, "unknown_stop")?;
    }
    Ok(stop)
}

/// A driver is at a stop. Said twice it stays as it was.
pub fn arrived(desk: &mut Desk<'_>, detail: &StopArrived) -> Step<String> {
    let mut stop = find(desk, &detail.lab_id, &detail.stop_id)?;
    if stop.status == StopStatus::Planned {
        require_started(desk, &stop)?;
        stop.status = desk.step(stop.status, StopStep::Arrive, "stop_closed")?;
        stop.arrived_at = Some(moment(desk, detail.at));
        desk.put(stop.clone());
    }
    Ok(stop_result(&stop))
}

fn require_started(desk: &Desk<'_>, stop: &Stop) -> Step<Route> {
    let route = desk.need::<Route>(&stop.lab_id, stop.route_id.as_str(), "unknown_route")?;
    if route.status == RouteStatus::Started {
        Ok(route)
    } else {
        Err(Refusal::Conflict("route_not_started").into())
    }
}

/// What is to be done at a stop.
struct Work {
    deliveries: Vec<(Delivery, Vec<Case>)>,
    pickups: Vec<Pickup>,
}

fn work_of(desk: &Desk<'_>, stop: &Stop) -> Step<Work> {
    let lab = &stop.lab_id;
    let mut keys: Vec<Key> = stop
        .delivery_ids
        .iter()
        .map(|id| Key::of::<Delivery>(lab, id.as_str()))
        .collect();
    keys.extend(
        stop.delivery_ids
            .iter()
            .map(|id| Key::Parts(Kind::Case, lab.clone(), id.to_string())),
    );
    keys.extend(
        stop.pickup_ids
            .iter()
            .map(|id| Key::of::<Pickup>(lab, id.as_str())),
    );
    desk.want(&keys)?;
    let mut deliveries = Vec::new();
    for id in &stop.delivery_ids {
        let Some(delivery) = desk.get::<Delivery>(lab, id.as_str())? else {
            continue;
        };
        let cases = desk.parts::<Case>(lab, id.as_str())?;
        let open = |case: &Case| case.status != CaseStatus::Delivered;
        deliveries.push((delivery, cases.into_iter().filter(open).collect()));
    }
    let mut pickups = Vec::new();
    for id in &stop.pickup_ids {
        pickups.extend(desk.get::<Pickup>(lab, id.as_str())?);
    }
    Ok(Work {
        deliveries,
        pickups,
    })
}

/// Everything at a stop is done, but for what is named with a reason.
pub fn completed(desk: &mut Desk<'_>, detail: &StopCompleted) -> Step<String> {
    let mut stop = find(desk, &detail.lab_id, &detail.stop_id)?;
    if !stop.status.is_open() {
        return if was_said_before(&stop, detail) {
            Ok(stop_result(&stop))
        } else {
            Err(Refusal::Conflict("stop_closed").into())
        };
    }
    let route = require_started(desk, &stop)?;
    let work = work_of(desk, &stop)?;
    check_undone(&work, &detail.undone)?;
    let at = moment(desk, detail.at);
    stop.driver_id = Some(route.driver_id);
    stop.arrived_at = stop.arrived_at.or(Some(at));
    stop.proof = detail.proof.clone();
    stop.private = detail.private.clone();
    stop.undone = undone_of(detail);
    let done = finish_work(desk, work, detail, at)?;
    let step = match (done, stop.undone.is_empty()) {
        (_, true) => StopStep::Complete,
        (0, false) => StopStep::Fail,
        (_, false) => StopStep::CompletePart,
    };
    close(desk, stop, step, at)
}

/// A phone that sends again what it could not be sure of changes nothing, also where nothing could be done.
fn was_said_before(stop: &Stop, detail: &StopCompleted) -> bool {
    match stop.status {
        StopStatus::Done | StopStatus::PartlyDone => true,
        StopStatus::Failed => !stop.undone.is_empty() && stop.undone == undone_of(detail),
        _ => false,
    }
}

fn undone_of(detail: &StopCompleted) -> Vec<Undone> {
    let one = |(id, reason): (&String, &String)| Undone {
        id: id.clone(),
        reason: reason.clone(),
    };
    detail.undone.iter().map(one).collect()
}

fn close(desk: &mut Desk<'_>, mut stop: Stop, step: StopStep, at: Timestamp) -> Step<String> {
    stop.status = desk.step(stop.status, step, "stop_closed")?;
    stop.closed_at = Some(at);
    desk.put(stop.clone());
    if stop.status != StopStatus::Done {
        alert_trouble(desk, &stop, &format!("stop_{}", stop.status));
    }
    Ok(stop_result(&stop))
}

/// What is named as not done must be a case or pickup of the stop.
fn check_undone(work: &Work, undone: &BTreeMap<String, String>) -> Step<()> {
    let case = |id: &str| {
        work.deliveries
            .iter()
            .any(|(_, cases)| cases.iter().any(|case| case.id.as_str() == id))
    };
    let pickup = |id: &str| work.pickups.iter().any(|pickup| pickup.id.as_str() == id);
    let unknown: Vec<Fault> = undone
        .keys()
        .enumerate()
        .filter(|(_, id)| !case(id) && !pickup(id))
        .map(|(index, _)| Fault::new(format!("undone[{index}]"), Reason::NotFound))
        .collect();
    if unknown.is_empty() {
        Ok(())
    } else {
        Err(Refusal::Invalid(unknown).into())
    }
}

/// Does the deliveries and pickups of a stop. Gives how many cases and pickups were done.
fn finish_work(
    desk: &mut Desk<'_>,
    work: Work,
    detail: &StopCompleted,
    at: Timestamp,
) -> Step<usize> {
    let mut done = 0;
    for (mut delivery, cases) in work.deliveries {
        let handed: Vec<Case> = cases
            .into_iter()
            .filter(|case| !detail.undone.contains_key(case.id.as_str()))
            .collect();
        if handed.is_empty() {
            fail_delivery(desk, delivery, "not_handed_over", detail.redeliver_on)?;
            continue;
        }
        delivery.completed_at = Some(at);
        delivery.coordinates = detail.coordinates;
        delivery.proof = detail.proof.clone();
        delivery.private = detail.private.clone();
        done += handed.len();
        let handing = Handing {
            at,
            proof: &detail.proof,
            undelivered_on: detail.redeliver_on,
        };
        hand_over(desk, delivery, handed, &handing)?;
    }
    for pickup in work.pickups {
        match detail.undone.get(pickup.id.as_str()) {
            Some(reason) => miss(desk, pickup, reason)?,
            None => {
                done += 1;
                pick_up(desk, pickup, at)?;
            }
        }
    }
    Ok(done)
}

fn pick_up(desk: &mut Desk<'_>, mut pickup: Pickup, at: Timestamp) -> Step<()> {
    if pickup.status == PickupStatus::PickedUp {
        return Ok(());
    }
    pickup.status = desk.step(pickup.status, PickupStep::PickUp, "pickup_locked")?;
    pickup.picked_up_at = Some(at);
    desk.put(pickup.clone());
    desk.publish(Publication::pickup(&pickup, "PickupCompleted"));
    Ok(())
}

fn miss(desk: &mut Desk<'_>, mut pickup: Pickup, reason: &str) -> Step<()> {
    if !pickup.status.is_changeable() {
        return Ok(());
    }
    pickup.status = desk.step(pickup.status, PickupStep::Miss, "pickup_locked")?;
    pickup.reason = Some(reason.to_owned());
    desk.put(pickup.clone());
    desk.publish(Publication::pickup(&pickup, "PickupMissed"));
    Ok(())
}

/// None of a delivery could be handed over: it failed, and its cases go to a later one.
fn fail_delivery(
    desk: &mut Desk<'_>,
    mut delivery: Delivery,
    reason: &str,
    on: Option<Date>,
) -> Step<()> {
    if delivery.status.is_open() && delivery.status != DeliveryStatus::Assigned {
        return Ok(());
    }
    delivery.status = desk.step(delivery.status, DeliveryStep::Fail, "delivery_not_open")?;
    delivery.reason = Some(reason.to_owned());
    let cases = desk.parts::<Case>(&delivery.lab_id, delivery.id.as_str())?;
    let rest = cases
        .into_iter()
        .filter(|case| case.status != CaseStatus::Delivered)
        .collect();
    // Closed first: its cases must not join it again.
    desk.put(delivery.clone());
    hand_on(desk, &mut delivery, rest, on)?;
    desk.put(delivery.clone());
    desk.publish(Publication::delivery(&delivery, false));
    Ok(())
}

/// A driver could do nothing at a stop.
pub fn failed(desk: &mut Desk<'_>, detail: &StopFailed) -> Step<String> {
    let mut stop = find(desk, &detail.lab_id, &detail.stop_id)?;
    if stop.status == StopStatus::Failed {
        return Ok(stop_result(&stop));
    }
    if !stop.status.is_open() {
        return Err(Refusal::Conflict("stop_closed").into());
    }
    let route = require_started(desk, &stop)?;
    stop.driver_id = Some(route.driver_id);
    stop.reason = Some(detail.reason.clone());
    let work = work_of(desk, &stop)?;
    for (delivery, _) in work.deliveries {
        fail_delivery(desk, delivery, &detail.reason, detail.redeliver_on)?;
    }
    for pickup in work.pickups {
        miss(desk, pickup, &detail.reason)?;
    }
    let at = moment(desk, detail.at);
    close(desk, stop, StopStep::Fail, at)
}

/// A stop is left out.
pub fn skipped(desk: &mut Desk<'_>, detail: &StopSkipped) -> Step<String> {
    let stop = find(desk, &detail.lab_id, &detail.stop_id)?;
    if stop.status == StopStatus::Skipped {
        return Ok(stop_result(&stop));
    }
    if !stop.status.is_open() {
        return Err(Refusal::Conflict("stop_closed").into());
    }
    let at = moment(desk, detail.at);
    let stop = leave_out(desk, stop, detail.reason.clone(), at)?;
    Ok(stop_result(&stop))
}

/// Closes an open stop without its work: what is in the van goes to a later delivery, the rest becomes unassigned.
pub fn leave_out(
    desk: &mut Desk<'_>,
    mut stop: Stop,
    reason: Option<String>,
    at: Timestamp,
) -> Step<Stop> {
    let work = work_of(desk, &stop)?;
    let why = reason.as_deref().unwrap_or("skipped").to_owned();
    for (delivery, _) in work.deliveries {
        if delivery.status == DeliveryStatus::OutForDelivery {
            fail_delivery(desk, delivery, &why, None)?;
        } else {
            unassign(desk, delivery)?;
        }
    }
    for pickup in work
        .pickups
        .into_iter()
        .filter(|pickup| pickup.status == PickupStatus::Scheduled)
    {
        let status = desk.step(pickup.status, PickupStep::Unschedule, "pickup_locked")?;
        desk.put(Pickup {
            status,
            route_id: None,
            stop_id: None,
            driver_id: None,
            ..pickup
        });
    }
    stop.status = desk.step(stop.status, StopStep::Skip, "stop_closed")?;
    stop.reason = reason;
    stop.closed_at = Some(at);
    desk.put(stop.clone());
    if desk
        .get::<Route>(&stop.lab_id, stop.route_id.as_str())?
        .is_some_and(|route| route.status == RouteStatus::Started)
    {
        alert_trouble(desk, &stop, "stop_skipped");
    }
    Ok(stop)
}

fn unassign(desk: &mut Desk<'_>, delivery: Delivery) -> Step<()> {
    if delivery.status != DeliveryStatus::Assigned {
        return Ok(());
    }
    let status = desk.step(delivery.status, DeliveryStep::Unassign, "delivery_not_open")?;
    let delivery = Delivery {
        status,
        route_id: None,
        stop_id: None,
        driver_id: None,
        ..delivery
    };
    desk.put(delivery.clone());
    desk.publish(Publication::delivery(&delivery, false));
    Ok(())
}

/// The time that an event names, or now.
pub fn moment(desk: &Desk<'_>, at: Option<Timestamp>) -> Timestamp {
    at.unwrap_or(desk.now)
}

/// A driver could not do (all of) a stop, or left it out: the dispatchers want to know.
pub fn alert_trouble(desk: &mut Desk<'_>, stop: &Stop, code: &str) {
    let about = serde_json::json!({
        "routeId": stop.route_id,
        "stopId": stop.id,
        "clinicId": stop.clinic_id,
        "reason": stop.reason,
    });
    desk.alert(Alert::new(&stop.lab_id, code, about));
}

/// What a driver's tap is answered.
pub fn stop_result(stop: &Stop) -> String {
    serde_json::json!({
        "labId": stop.lab_id,
        "stopId": stop.id,
        "routeId": stop.route_id,
        "status": stop.status,
    })
    .to_string()
}
