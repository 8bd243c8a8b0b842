//! A stop goes to another route, or gets another place on its own.

use super::publish::Publication;
use super::routes::{assign_delivery, assign_pickup, load, reorder, tell_on_the_way, with_stops};
use super::{Desk, Refusal, Step};
use crate::delivery::Delivery;
use crate::event::StopMoved;
use crate::facts::Key;
use crate::fault::Reason;
use crate::id::StopId;
use crate::pickup::Pickup;
use crate::route::{Route, Stop, obstacle};
use crate::state::{DeliveryStatus, DeliveryStep, RouteStatus, StopStep};

/// A dispatcher moves a stop. Said twice it stays where it is.
pub fn moved(desk: &mut Desk<'_>, detail: &StopMoved) -> Step<String> {
    desk.check_scope(&detail.lab_id)?;
    let stop = desk.need::<Stop>(&detail.lab_id, detail.stop_id.as_str(), "unknown_stop")?;
    desk.expect(detail.expected, stop.version)?;
    if detail.position == 0 {
        return Err(super::fault("position", Reason::OutOfRange));
    }
    let (from, _) = with_stops(desk, &detail.lab_id, &stop.route_id)?;
    let (to, stops) = with_stops(desk, &detail.lab_id, &detail.route_id)?;
    let is_loaded = is_loaded(desk, &stop)?;
    let total = stops.len();
    let open = open(stops);
    if let Some(code) = obstacle(&stop, &from, &to, is_loaded, &open, total) {
        return Err(Refusal::Conflict(code).into());
    }
    if from.id == to.id {
        let (position, has_changed) = line_up(desk, &to, &stop.id, detail.position)?;
        if has_changed {
            count(desk, to);
        }
        return Ok(result(&stop, &from, position));
    }
    let twin = open
        .into_iter()
        .find(|other| other.clinic_id == stop.clinic_id);
    let there = match twin {
        Some(twin) => join(desk, &to, stop, twin)?,
        None => bring(desk, &to, stop)?,
    };
    let (position, _) = if there.id == detail.stop_id {
        line_up(desk, &to, &there.id, detail.position)?
    } else {
        (place_of(desk, &to, &there.id)?, false)
    };
    close_gap(desk, &from)?;
    // A clinic is told once that a driver comes: that of a van on the road was, and so was one that is called at anyway.
    let is_news = to.status == RouteStatus::Started && from.status != RouteStatus::Started;
    if is_news
        && there.id == detail.stop_id
        && let Some(stop) = desk.get::<Stop>(&to.lab_id, there.id.as_str())?
    {
        tell_on_the_way(desk, &to, &stop)?;
    }
    let answer = result(&there, &from, position);
    count(desk, from);
    count(desk, to);
    Ok(answer)
}

/// `stopId` is the stop at which the work is now.
fn result(stop: &Stop, from: &Route, position: u32) -> String {
    serde_json::json!({
        "labId": stop.lab_id,
        "stopId": stop.id,
        "routeId": stop.route_id,
        "fromRouteId": from.id,
        "position": position,
    })
    .to_string()
}

fn open(mut stops: Vec<Stop>) -> Vec<Stop> {
    stops.retain(|stop| stop.status.is_open());
    stops.sort_by_key(|stop| stop.sequence);
    stops
}

/// The open stops of a route as they are now, in order.
fn open_of(desk: &Desk<'_>, route: &Route) -> Step<Vec<Stop>> {
    Ok(open(desk.parts::<Stop>(&route.lab_id, route.id.as_str())?))
}

/// Whether some of what the stop brings is in a van.
fn is_loaded(desk: &Desk<'_>, stop: &Stop) -> Step<bool> {
    let lab = &stop.lab_id;
    let deliveries = stop.delivery_ids.iter();
    let deliveries = deliveries.map(|id| Key::of::<Delivery>(lab, id.as_str()));
    let pickups = stop.pickup_ids.iter();
    let pickups = pickups.map(|id| Key::of::<Pickup>(lab, id.as_str()));
    desk.want(&deliveries.chain(pickups).collect::<Vec<_>>())?;
    for id in &stop.delivery_ids {
        let delivery = desk.get::<Delivery>(lab, id.as_str())?;
        if delivery.is_some_and(|delivery| delivery.status == DeliveryStatus::OutForDelivery) {
            return Ok(true);
        }
    }
    Ok(false)
}

/// The stop with all its work goes to a route on which its clinic has none yet.
fn bring(desk: &mut Desk<'_>, to: &Route, stop: Stop) -> Step<Stop> {
    for id in &stop.delivery_ids {
        let Some(mut delivery) = desk.get::<Delivery>(&to.lab_id, id.as_str())? else {
            continue;
        };
        delivery.route_id = Some(to.id.clone());
        delivery.driver_id = Some(to.driver_id.clone());
        if to.status == RouteStatus::Started && delivery.status == DeliveryStatus::Assigned {
            delivery.status =
                desk.step(delivery.status, DeliveryStep::Depart, "delivery_not_open")?;
            load(desk, &delivery)?;
            desk.publish(Publication::delivery(&delivery, false));
        }
        desk.put(delivery);
    }
    for id in &stop.pickup_ids {
        if let Some(pickup) = desk.get::<Pickup>(&to.lab_id, id.as_str())? {
            desk.put(Pickup {
                route_id: Some(to.id.clone()),
                driver_id: Some(to.driver_id.clone()),
                ..pickup
            });
        }
    }
    let stops = desk.parts::<Stop>(&to.lab_id, to.id.as_str())?;
    let last = stops.iter().map(|stop| stop.sequence).max().unwrap_or(0);
    let mut stop = Stop {
        route_id: to.id.clone(),
        sequence: last + 1,
        // What was said of the way, seen at the fence and told to the clinic was of another van.
        leg: None,
        noticed_at: None,
        ..stop
    };
    stop.set_sightings(Vec::new());
    desk.put(stop.clone());
    Ok(stop)
}

/// The route calls at the clinic anyway: the work joins the stop there, and this one is over.
fn join(desk: &mut Desk<'_>, to: &Route, stop: Stop, mut twin: Stop) -> Step<Stop> {
    twin.window_start = twin.window_start.or(stop.window_start);
    twin.window_end = twin.window_end.or(stop.window_end);
    for id in &stop.delivery_ids {
        let delivery = desk.get::<Delivery>(&to.lab_id, id.as_str())?;
        assign_delivery(desk, to, &mut twin, delivery)?;
    }
    for id in &stop.pickup_ids {
        let pickup = desk.get::<Pickup>(&to.lab_id, id.as_str())?;
        assign_pickup(desk, to, &mut twin, pickup)?;
    }
    twin.take_answers_of(&stop);
    desk.put(twin.clone());
    // With its last piece of work it was closed already.
    let mut left = desk
        .get::<Stop>(&stop.lab_id, stop.id.as_str())?
        .unwrap_or(stop);
    if left.status.is_open() {
        left.status = desk.step(left.status, StopStep::Skip, "stop_closed")?;
        left.closed_at = Some(desk.now);
    }
    left.reason = Some("moved".to_owned());
    left.joined = Some(twin.id.clone());
    desk.put(left);
    Ok(twin)
}

/// Puts a stop into its place among the open ones. Gives the place, and whether anything is different now.
fn line_up(desk: &mut Desk<'_>, route: &Route, id: &StopId, position: u32) -> Step<(u32, bool)> {
    let before: Vec<StopId> = open_of(desk, route)?
        .into_iter()
        .map(|stop| stop.id)
        .collect();
    let mut order = before.clone();
    order.retain(|other| other != id);
    let index = usize::try_from(position - 1).unwrap_or(usize::MAX);
    let index = index.min(order.len());
    order.insert(index, id.clone());
    let has_changed = order != before;
    if has_changed {
        reorder(desk, route, &order)?;
    }
    Ok((u32::try_from(index + 1).unwrap_or(u32::MAX), has_changed))
}

/// The place of an open stop, from 1.
fn place_of(desk: &Desk<'_>, route: &Route, id: &StopId) -> Step<u32> {
    let open = open_of(desk, route)?;
    let index = open.iter().position(|stop| stop.id == *id);
    Ok(index.map_or(1, |index| u32::try_from(index + 1).unwrap_or(u32::MAX)))
}

/// Those that stay are numbered without a gap.
fn close_gap(desk: &mut Desk<'_>, route: &Route) -> Step<()> {
    let order: Vec<StopId> = open_of(desk, route)?
        .into_iter()
        .map(|stop| stop.id)
        .collect();
    reorder(desk, route, &order)
}

/// Both routes are told to be different: whoever follows one of them would not hear of a stop that is no more on it.
fn count(desk: &mut Desk<'_>, route: Route) {
    let moves = route.moves + 1;
    desk.put(Route { moves, ..route });
}
