//! Routes: planned, changed, handed to another driver, driven.

use super::cases::take_off;
use super::publish::{Alert, Publication};
use super::stops::{self, moment};
use super::{Desk, Refusal, Step};
use crate::delivery::{Case, CaseStatus, Delivery};
use crate::event::{RouteChanged, RouteFinished, RoutePlanned, RouteStarted, StopPlan};
use crate::facts::Key;
use crate::fault::{Fault, Reason};
use crate::id::{ClinicId, DriverId, LabId, RouteId, StopId};
use crate::phi::Phi;
use crate::pickup::Pickup;
use crate::record::Kind;
use crate::route::{MAX_STOPS, Route, Stop, Undone};
use crate::state::{DeliveryStep, PickupStatus, PickupStep, RouteStatus, RouteStep, StopStatus};

/// A dispatcher plans a route.
pub fn planned(desk: &mut Desk<'_>, detail: &RoutePlanned) -> Step<String> {
    let lab = desk.lab(&detail.lab_id)?;
    let driver = desk.driver(&lab.id, &detail.driver_id)?;
    let id = detail
        .route_id
        .clone()
        .unwrap_or_else(|| RouteId::known(desk.draw()));
    if desk.get::<Route>(&lab.id, id.as_str())?.is_some() {
        return Err(Refusal::Conflict("route_exists").into());
    }
    let route = Route {
        lab_id: lab.id.clone(),
        id,
        driver_id: driver.id,
        date: detail.date,
        status: RouteStatus::Planned,
        started_at: None,
        taken_over_at: None,
        finished_at: None,
        left: Vec::new(),
        moves: 0,
        version: 0,
    };
    desk.put(route.clone());
    add_stops(desk, &route, 0, &detail.stops, "stops")?;
    Ok(result(&route))
}

fn result(route: &Route) -> String {
    serde_json::json!({ "labId": route.lab_id, "routeId": route.id, "status": route.status })
        .to_string()
}

/// Adds stops after `last`; gives those that are new. Two plans for one clinic are one stop. All faults at once.
fn add_stops(
    desk: &mut Desk<'_>,
    route: &Route,
    last: u32,
    plans: &[StopPlan],
    field: &str,
) -> Step<Vec<StopId>> {
    if usize::try_from(last).unwrap_or(MAX_STOPS) + plans.len() > MAX_STOPS {
        return Err(Refusal::Invalid(vec![Fault::new(field.to_owned(), Reason::TooLong)]).into());
    }
    prefetch(desk, route, plans)?;
    let mut faults = Vec::new();
    let mut sequence = last;
    let mut made: Vec<Stop> = Vec::new();
    let mut new = Vec::new();
    for (index, plan) in plans.iter().enumerate() {
        let path = format!("{field}[{index}]");
        let clinic = desk.clinic(&route.lab_id, &plan.clinic_id)?;
        let same = made.iter().position(|stop| stop.clinic_id == clinic.id);
        let known = match same {
            Some(position) => Some(made.remove(position)),
            None => open_stop_at(desk, route, &clinic.id)?,
        };
        let mut stop = if let Some(stop) = known {
            stop
        } else {
            sequence += 1;
            if plan.id.is_some() && made.iter().any(|stop| Some(&stop.id) == plan.id.as_ref()) {
                faults.push(Fault::new(format!("{path}.id"), Reason::Mismatch));
            }
            let stop = new_stop(desk, route, plan, sequence, &path, &mut faults)?;
            new.push(stop.id.clone());
            stop
        };
        stop.clinic_id = clinic.id;
        take_on(desk, route, &mut stop, plan, &path, &mut faults)?;
        made.push(stop);
    }
    if !faults.is_empty() {
        return Err(Refusal::Invalid(faults).into());
    }
    for stop in made {
        desk.put(stop);
    }
    Ok(new)
}

/// The stop at which the route calls at that clinic anyway, if it is still ahead.
fn open_stop_at(desk: &Desk<'_>, route: &Route, clinic: &ClinicId) -> Step<Option<Stop>> {
    let stops = desk.parts::<Stop>(&route.lab_id, route.id.as_str())?;
    let at = |stop: &Stop| stop.clinic_id == *clinic && stop.status.is_open();
    Ok(stops.into_iter().find(at))
}

fn prefetch(desk: &Desk<'_>, route: &Route, plans: &[StopPlan]) -> Step<()> {
    let lab = &route.lab_id;
    let mut keys = vec![Key::Parts(Kind::Stop, lab.clone(), route.id.to_string())];
    for plan in plans {
        keys.push(Key::of::<crate::directory::Clinic>(
            lab,
            plan.clinic_id.as_str(),
        ));
        keys.extend(
            plan.delivery_ids
                .iter()
                .map(|id| Key::of::<Delivery>(lab, id.as_str())),
        );
        keys.extend(
            plan.pickup_ids
                .iter()
                .map(|id| Key::of::<Pickup>(lab, id.as_str())),
        );
        keys.extend(plan.id.iter().map(|id| Key::of::<Stop>(lab, id.as_str())));
    }
    desk.want(&keys)
}

fn new_stop(
    desk: &mut Desk<'_>,
    route: &Route,
    plan: &StopPlan,
    sequence: u32,
    path: &str,
    faults: &mut Vec<Fault>,
) -> Step<Stop> {
    let id = match &plan.id {
        Some(id) => id.clone(),
        None => StopId::known(desk.draw()),
    };
    if plan.id.is_some() && desk.get::<Stop>(&route.lab_id, id.as_str())?.is_some() {
        faults.push(Fault::new(format!("{path}.id"), Reason::Mismatch));
    }
    Ok(Stop {
        lab_id: route.lab_id.clone(),
        id,
        route_id: route.id.clone(),
        sequence,
        clinic_id: plan.clinic_id.clone(),
        clinic_name: plan.clinic_name.clone(),
        location: plan.location,
        delivery_ids: Vec::new(),
        pickup_ids: Vec::new(),
        window_start: plan.window_start,
        window_end: plan.window_end,
        status: StopStatus::Planned,
        driver_id: None,
        arrived_at: None,
        departed_at: None,
        noticed_at: None,
        sightings: Vec::new(),
        corrections: 0,
        leg: None,
        closed_at: None,
        reason: None,
        undone: Vec::new(),
        proof: crate::delivery::ProofOfDelivery::default(),
        answers: Vec::new(),
        answered: 0,
        joined: None,
        version: 0,
        private: Phi::default(),
    })
}

/// Puts the deliveries and pickups of a plan on its stop.
fn take_on(
    desk: &mut Desk<'_>,
    route: &Route,
    stop: &mut Stop,
    plan: &StopPlan,
    path: &str,
    faults: &mut Vec<Fault>,
) -> Step<()> {
    for (index, id) in plan.delivery_ids.iter().enumerate() {
        let delivery = desk.get::<Delivery>(&route.lab_id, id.as_str())?;
        match fits(
            delivery
                .as_ref()
                .map(|delivery| (&delivery.clinic_id, delivery.status.is_open())),
            stop,
        ) {
            Some(reason) => faults.push(Fault::new(format!("{path}.deliveryIds[{index}]"), reason)),
            None => assign_delivery(desk, route, stop, delivery)?,
        }
    }
    for (index, id) in plan.pickup_ids.iter().enumerate() {
        let pickup = desk.get::<Pickup>(&route.lab_id, id.as_str())?;
        match fits(
            pickup
                .as_ref()
                .map(|pickup| (&pickup.clinic_id, pickup.status.is_changeable())),
            stop,
        ) {
            Some(reason) => faults.push(Fault::new(format!("{path}.pickupIds[{index}]"), reason)),
            None => assign_pickup(desk, route, stop, pickup)?,
        }
    }
    Ok(())
}

/// Why work cannot be done at that stop.
fn fits(work: Option<(&ClinicId, bool)>, stop: &Stop) -> Option<Reason> {
    match work {
        None => Some(Reason::NotFound),
        Some((clinic, _)) if *clinic != stop.clinic_id => Some(Reason::Mismatch),
        Some((_, false)) => Some(Reason::UnknownValue),
        Some(_) => None,
    }
}

/// A delivery goes onto a stop, from another one if it was there.
pub fn assign_delivery(
    desk: &mut Desk<'_>,
    route: &Route,
    stop: &mut Stop,
    delivery: Option<Delivery>,
) -> Step<()> {
    let Some(mut delivery) = delivery else {
        return Ok(());
    };
    if stop.delivery_ids.contains(&delivery.id) {
        return Ok(());
    }
    if let Some(earlier) = delivery.stop_id.take() {
        // On another stop until now: a dispatcher dragged it here.
        if let Some(earlier) = desk.get::<Stop>(&route.lab_id, earlier.as_str())? {
            take_off(desk, earlier, |stop| {
                stop.delivery_ids.retain(|id| *id != delivery.id)
            })?;
        }
        delivery.status =
            desk.step(delivery.status, DeliveryStep::Unassign, "delivery_not_open")?;
    }
    delivery.status = desk.step(delivery.status, DeliveryStep::Assign, "delivery_not_open")?;
    if route.status == RouteStatus::Started {
        delivery.status = desk.step(delivery.status, DeliveryStep::Depart, "delivery_not_open")?;
        load(desk, &delivery)?;
    }
    delivery.route_id = Some(route.id.clone());
    delivery.stop_id = Some(stop.id.clone());
    delivery.driver_id = Some(route.driver_id.clone());
    stop.delivery_ids.push(delivery.id.clone());
    desk.put(delivery.clone());
    desk.publish(Publication::delivery(&delivery, false));
    Ok(())
}

/// A pickup goes onto a stop, from another one if it was there.
pub fn assign_pickup(
    desk: &mut Desk<'_>,
    route: &Route,
    stop: &mut Stop,
    pickup: Option<Pickup>,
) -> Step<()> {
    let Some(mut pickup) = pickup else {
        return Ok(());
    };
    if stop.pickup_ids.contains(&pickup.id) {
        return Ok(());
    }
    if let Some(earlier) = pickup.stop_id.take()
        && let Some(earlier) = desk.get::<Stop>(&route.lab_id, earlier.as_str())?
    {
        take_off(desk, earlier, |stop| {
            stop.pickup_ids.retain(|id| *id != pickup.id)
        })?;
    }
    if pickup.status != PickupStatus::Scheduled {
        pickup.status = desk.step(pickup.status, PickupStep::Schedule, "pickup_locked")?;
    }
    pickup.route_id = Some(route.id.clone());
    pickup.stop_id = Some(stop.id.clone());
    pickup.driver_id = Some(route.driver_id.clone());
    stop.window_start = stop.window_start.or(Some(pickup.window.start));
    stop.window_end = stop.window_end.or(Some(pickup.window.end));
    stop.pickup_ids.push(pickup.id.clone());
    desk.put(pickup);
    Ok(())
}

/// The cases of a delivery go into the van.
pub fn load(desk: &mut Desk<'_>, delivery: &Delivery) -> Step<()> {
    for mut case in desk.parts::<Case>(&delivery.lab_id, delivery.id.as_str())? {
        case.status = CaseStatus::Out;
        desk.put(case);
    }
    Ok(())
}

/// The route and its stops, in order.
pub fn with_stops(desk: &Desk<'_>, lab: &LabId, id: &RouteId) -> Step<(Route, Vec<Stop>)> {
    desk.check_scope(lab)?;
    desk.want(&[
        Key::of::<Route>(lab, id.as_str()),
        Key::Parts(Kind::Stop, lab.clone(), id.to_string()),
    ])?;
    let route = desk.need::<Route>(lab, id.as_str(), "unknown_route")?;
    desk.check_driver(&route, "unknown_route")?;
    let mut stops = desk.parts::<Stop>(lab, id.as_str())?;
    stops.sort_by_key(|stop| stop.sequence);
    Ok((route, stops))
}

/// The driver leaves the lab: what is on the route is in the van.
pub fn started(desk: &mut Desk<'_>, detail: &RouteStarted) -> Step<String> {
    let (mut route, stops) = with_stops(desk, &detail.lab_id, &detail.route_id)?;
    if route.status == RouteStatus::Started {
        return Ok(result(&route));
    }
    route.status = desk.step(route.status, RouteStep::Start, "route_not_planned")?;
    route.started_at = Some(moment(desk, detail.at));
    for stop in stops.iter().filter(|stop| stop.status.is_open()) {
        for id in &stop.delivery_ids {
            let Some(mut delivery) = desk.get::<Delivery>(&route.lab_id, id.as_str())? else {
                continue;
            };
            delivery.status =
                desk.step(delivery.status, DeliveryStep::Depart, "delivery_not_open")?;
            load(desk, &delivery)?;
            desk.put(delivery.clone());
            desk.publish(Publication::delivery(&delivery, false));
        }
    }
    // After all else, so that what is said of the work comes as it always did.
    for stop in stops.iter().filter(|stop| stop.status.is_open()) {
        tell_on_the_way(desk, &route, stop)?;
    }
    desk.put(route.clone());
    Ok(result(&route))
}

/// The clinic is one that the van comes to, from now on.
pub fn tell_on_the_way(desk: &mut Desk<'_>, route: &Route, stop: &Stop) -> Step<()> {
    let clinic = desk.clinic(&stop.lab_id, &stop.clinic_id)?;
    let stands_in = stop.clinic_name.as_ref().filter(|_| !clinic.verified);
    let name = stands_in.unwrap_or(&clinic.name);
    desk.publish(Publication::on_the_way(route, stop, name));
    Ok(())
}

/// The driver is back: what was fetched is in the lab, and stops that are still open were not visited.
pub fn finished(desk: &mut Desk<'_>, detail: &RouteFinished) -> Step<String> {
    let (mut route, stops) = with_stops(desk, &detail.lab_id, &detail.route_id)?;
    if route.status == RouteStatus::Finished {
        return Ok(result(&route));
    }
    route.status = desk.step(route.status, RouteStep::Finish, "route_not_started")?;
    let at = moment(desk, detail.at);
    route.finished_at = Some(at);
    check_left(desk, &detail.lab_id, &detail.left)?;
    for one in &detail.left {
        if !route.left.iter().any(|known| known.id == one.id) {
            route.left.push(one.clone());
        }
    }
    for stop in stops {
        if stop.status.is_open() {
            stops::leave_out(desk, stop, Some("route_finished".to_owned()), at)?;
        } else {
            unload(desk, &stop)?;
        }
    }
    desk.put(route.clone());
    if !route.left.is_empty() {
        desk.alert(Alert::left_in_van(&route));
    }
    Ok(result(&route))
}

/// What a driver says is still in the van: cases and pickups that there are, each with a reason.
fn check_left(desk: &Desk<'_>, lab: &LabId, left: &[Undone]) -> Step<()> {
    let keys = left.iter().flat_map(|one| {
        [
            Key::of::<Case>(lab, &one.id),
            Key::of::<Pickup>(lab, &one.id),
        ]
    });
    desk.want(&keys.collect::<Vec<_>>())?;
    let mut unknown = Vec::new();
    for (index, Undone { id, .. }) in left.iter().enumerate() {
        if desk.get::<Case>(lab, id)?.is_none() && desk.get::<Pickup>(lab, id)?.is_none() {
            unknown.push(Fault::new(format!("left[{index}]"), Reason::NotFound));
        }
    }
    if unknown.is_empty() {
        Ok(())
    } else {
        Err(Refusal::Invalid(unknown).into())
    }
}

/// What was fetched at a stop is handed over in the lab.
fn unload(desk: &mut Desk<'_>, stop: &Stop) -> Step<()> {
    for id in &stop.pickup_ids {
        let Some(mut pickup) = desk.get::<Pickup>(&stop.lab_id, id.as_str())? else {
            continue;
        };
        // A stop that was left out still names what another route fetched since.
        let here = pickup.stop_id.as_ref() == Some(&stop.id);
        if here && pickup.status == PickupStatus::PickedUp {
            pickup.status = desk.step(pickup.status, PickupStep::Arrive, "pickup_locked")?;
            desk.put(pickup.clone());
            desk.publish(Publication::pickup(&pickup, "PickupAtLab"));
        }
    }
    Ok(())
}

/// A dispatcher changes a route, also one that is under way.
pub fn changed(desk: &mut Desk<'_>, detail: &RouteChanged) -> Step<String> {
    let (mut route, stops) = with_stops(desk, &detail.lab_id, &detail.route_id)?;
    desk.expect(detail.expected, route.version)?;
    if !matches!(route.status, RouteStatus::Planned | RouteStatus::Started) {
        return Err(Refusal::Conflict("route_closed").into());
    }
    if let Some(driver_id) = &detail.driver_id {
        let driver_id = desk.driver(&route.lab_id, driver_id)?.id;
        if route.status == RouteStatus::Started && driver_id != route.driver_id {
            route.taken_over_at = Some(desk.now);
        }
        route.driver_id = driver_id;
        hand_to(desk, &stops, &route.driver_id)?;
    }
    remove_stops(desk, &stops, &detail.remove)?;
    let last = stops.iter().map(|stop| stop.sequence).max().unwrap_or(0);
    let new = add_stops(desk, &route, last, &detail.add, "addStops")?;
    reorder(desk, &route, &detail.order)?;
    if detail.cancel {
        route.status = desk.step(route.status, RouteStep::Cancel, "route_closed")?;
        for stop in desk.parts::<Stop>(&route.lab_id, route.id.as_str())? {
            if stop.status.is_open() {
                stops::leave_out(desk, stop, Some("route_cancelled".to_owned()), desk.now)?;
            }
        }
    }
    if route.status == RouteStatus::Started {
        for id in new {
            if let Some(stop) = desk.get::<Stop>(&route.lab_id, id.as_str())? {
                tell_on_the_way(desk, &route, &stop)?;
            }
        }
    }
    desk.put(route.clone());
    Ok(result(&route))
}

/// All open work of a route goes to another driver.
fn hand_to(desk: &mut Desk<'_>, stops: &[Stop], driver: &DriverId) -> Step<()> {
    for stop in stops.iter().filter(|stop| stop.status.is_open()) {
        for id in &stop.delivery_ids {
            if let Some(delivery) = desk.get::<Delivery>(&stop.lab_id, id.as_str())? {
                desk.put(Delivery {
                    driver_id: Some(driver.clone()),
                    ..delivery
                });
            }
        }
        for id in &stop.pickup_ids {
            if let Some(pickup) = desk.get::<Pickup>(&stop.lab_id, id.as_str())? {
                desk.put(Pickup {
                    driver_id: Some(driver.clone()),
                    ..pickup
                });
            }
        }
    }
    Ok(())
}

fn remove_stops(desk: &mut Desk<'_>, stops: &[Stop], remove: &[StopId]) -> Step<()> {
    for (index, id) in remove.iter().enumerate() {
        match stops.iter().find(|stop| stop.id == *id) {
            Some(stop) if stop.status.is_open() => {
                stops::leave_out(desk, stop.clone(), Some("removed".to_owned()), desk.now)?;
            }
            Some(_) => return Err(Refusal::Conflict("stop_closed").into()),
            None => {
                let fault = Fault::new(format!("removeStops[{index}]"), Reason::NotFound);
                return Err(Refusal::Invalid(vec![fault]).into());
            }
        }
    }
    Ok(())
}

/// Numbers the stops anew: closed ones first, then the open ones as named, then the rest.
pub fn reorder(desk: &mut Desk<'_>, route: &Route, order: &[StopId]) -> Step<()> {
    if order.is_empty() {
        return Ok(());
    }
    let mut stops = desk.parts::<Stop>(&route.lab_id, route.id.as_str())?;
    for (index, id) in order.iter().enumerate() {
        if !stops.iter().any(|stop| stop.id == *id) {
            let fault = Fault::new(format!("order[{index}]"), Reason::NotFound);
            return Err(Refusal::Invalid(vec![fault]).into());
        }
    }
    let place = |stop: &Stop| {
        order
            .iter()
            .position(|id| *id == stop.id)
            .unwrap_or(order.len())
    };
    stops.sort_by_key(|stop| {
        if stop.status.is_open() {
            (1, place(stop), stop.sequence)
        } else {
            (0, 0, stop.sequence)
        }
    });
    for (sequence, stop) in (1..).zip(stops) {
        desk.put(Stop { sequence, ..stop });
    }
    Ok(())
}
