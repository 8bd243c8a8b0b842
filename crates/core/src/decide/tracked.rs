//! What the tracker observed. Nothing here refuses: an observation is a fact, and where the route or the stop has moved on by the
//! time it is decided, it stands in the log and changes nothing.

use serde_json::json;

use super::publish::{Alert, Publication};
use super::{Desk, Step};
use crate::event::{
    ArrivalNoticed, DriverSeen, DriverSilent, LegEstimated, SenderSilent, Sighting,
    SightingCorrected, StopSighted,
};
use crate::id::{LabId, StopId};
use crate::route::{MAX_SIGHTINGS, Route, Sight, Stop};
use crate::state::{RouteStatus, StopStatus, StopStep};

/// The stop that an observation is about, if there is one.
fn stop_of(desk: &mut Desk<'_>, lab: &LabId, id: &StopId) -> Step<Option<Stop>> {
    let lab = desk.lab(lab)?;
    desk.get::<Stop>(&lab.id, id.as_str())
}

/// Something was seen at a stop's fence.
pub fn sighted(desk: &mut Desk<'_>, detail: &StopSighted) -> Step<String> {
    let Some(mut stop) = stop_of(desk, &detail.lab_id, &detail.stop_id)? else {
        return Ok(nothing());
    };
    let sight = Sight {
        what: detail.what,
        at: detail.at,
    };
    let mut sightings = stop.sightings.clone();
    if sightings.contains(&sight) || sightings.len() >= MAX_SIGHTINGS {
        return Ok(nothing());
    }
    sightings.push(sight);
    stop.set_sightings(sightings);
    if detail.what == Sighting::Arrived
        && stop.status == StopStatus::Planned
        && on_the_road(desk, &stop)?
    {
        stop.status = desk.step(stop.status, StopStep::Arrive, "stop_closed")?;
    }
    desk.put(stop);
    Ok(nothing())
}

fn on_the_road(desk: &Desk<'_>, stop: &Stop) -> Step<bool> {
    let route = desk.get::<Route>(&stop.lab_id, stop.route_id.as_str())?;
    Ok(route.is_some_and(|route| route.status == RouteStatus::Started))
}

/// A late position changed the meaning of earlier ones: what is kept with the stop becomes true, and its status stays, because
/// nothing sent is unsent.
pub fn corrected(desk: &mut Desk<'_>, detail: &SightingCorrected) -> Step<String> {
    let Some(mut stop) = stop_of(desk, &detail.lab_id, &detail.stop_id)? else {
        return Ok(nothing());
    };
    let told = Sight {
        what: detail.was,
        at: detail.was_at,
    };
    let mut sightings = stop.sightings.clone();
    sightings.retain(|sight| *sight != told);
    sightings.extend(detail.now.map(|what| Sight {
        what,
        at: detail.at,
    }));
    stop.set_sightings(sightings);
    stop.corrections += 1;
    desk.put(stop);
    Ok(nothing())
}

/// A service said how long a leg takes.
pub fn estimated(desk: &mut Desk<'_>, detail: &LegEstimated) -> Step<String> {
    let Some(mut stop) = stop_of(desk, &detail.lab_id, &detail.stop_id)? else {
        return Ok(nothing());
    };
    stop.leg = Some(detail.leg);
    desk.put(stop);
    Ok(nothing())
}

/// A clinic is to be told that its driver comes: once per stop, whatever happens.
pub fn noticed(desk: &mut Desk<'_>, detail: &ArrivalNoticed) -> Step<String> {
    let Some(mut stop) = stop_of(desk, &detail.lab_id, &detail.stop_id)? else {
        return Ok(nothing());
    };
    if stop.noticed_at.is_none() {
        stop.noticed_at = Some(desk.now);
        desk.put(stop);
        desk.publish(Publication::arrival(detail));
    }
    Ok(nothing())
}

/// A driver sends positions: whoever nobody knows is made as a stub.
pub fn seen(desk: &mut Desk<'_>, detail: &DriverSeen) -> Step<String> {
    let lab = desk.lab(&detail.lab_id)?;
    desk.driver(&lab.id, &detail.driver_id)?;
    Ok(nothing())
}

/// Nothing was heard of a driver for longer than usual.
pub fn silent(desk: &mut Desk<'_>, detail: &DriverSilent) -> Step<String> {
    let lab = desk.lab(&detail.lab_id)?;
    let about = json!({
        "driverId": detail.driver_id,
        "lastSeen": crate::time::format(detail.last_seen),
        "likelyCause": detail.likely_cause,
    });
    desk.alert(Alert {
        name: "DRIVER_SILENT",
        ..Alert::new(&lab.id, "driver_silent", about)
    });
    Ok(nothing())
}

/// A clinic, endpoint or other system is not heard as usual.
pub fn sender_silent(desk: &mut Desk<'_>, detail: &SenderSilent) -> String {
    let about = json!({
        format!("{}Id", detail.kind): detail.id,
        "lastSeen": crate::time::format(detail.last_heard),
        "lastEvent": detail.last_event,
        "lastSeq": detail.last_seq,
        "usually": detail.usually,
    });
    let code = format!("{}_silent", detail.kind);
    desk.alert(Alert::new(&detail.lab_id, &code, about));
    nothing()
}

fn nothing() -> String {
    "{}".to_owned()
}
