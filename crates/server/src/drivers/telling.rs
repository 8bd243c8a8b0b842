//! Positions as messages: the update of a fix, and where a driver is.

use std::sync::Arc;

use jiff::Timestamp;
use pontic_core::fix::Fix;
use pontic_core::id::{ClinicId, DriverId, LabId, RouteId, StopId};
use pontic_core::time::{Coordinates, format};
use pontic_core::tracking::{Eta, News, Plan};
use pontic_core::travel::Source;
use pontic_store::positions::{DriverNo, Name};
use serde::{Serialize, Serializer};

use super::Drivers;
use super::fleet::locked;
use super::road::Road;
use crate::live::{Interest, Texts};

/// `DRIVER_LOCATION_UPDATE`.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct LocationUpdate<'a> {
    #[serde(rename = "type")]
    kind: &'static str,
    seq: u64,
    lab_id: &'a LabId,
    route_id: Option<&'a RouteId>,
    driver_id: &'a DriverId,
    coordinates: Coordinates,
    #[serde(serialize_with = "time")]
    timestamp: Timestamp,
    speed: Option<f64>,
    heading: Option<f64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    accuracy: Option<f64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    battery: Option<f64>,
    next_stop: Option<NextStop<'a>>,
    updated_stops: Vec<StopEta<'a>>,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct NextStop<'a> {
    id: &'a StopId,
    clinic_id: &'a ClinicId,
    clinic_name: &'a str,
    #[serde(serialize_with = "optional_time")]
    eta: Option<Timestamp>,
    distance: Option<f64>,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct StopEta<'a> {
    id: &'a StopId,
    #[serde(serialize_with = "time")]
    eta: Timestamp,
    distance: f64,
    eta_source: Source,
}

/// `ETA_UPDATE`.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct EtaUpdate<'a> {
    #[serde(rename = "type")]
    kind: &'static str,
    seq: u64,
    lab_id: &'a LabId,
    route_id: &'a RouteId,
    driver_id: &'a DriverId,
    stops: Vec<MovedStop<'a>>,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct MovedStop<'a> {
    id: &'a StopId,
    sequence: u32,
    #[serde(serialize_with = "time")]
    eta: Timestamp,
    #[serde(
        serialize_with = "optional_time",
        skip_serializing_if = "Option::is_none"
    )]
    window_end: Option<Timestamp>,
    late: bool,
}

fn time<S: Serializer>(time: &Timestamp, serializer: S) -> Result<S::Ok, S::Error> {
    serializer.serialize_str(&format(*time))
}

#[expect(clippy::ref_option, reason = "serde asks so")]
fn optional_time<S: Serializer>(
    time: &Option<Timestamp>,
    serializer: S,
) -> Result<S::Ok, S::Error> {
    match time {
        Some(time) => serializer.serialize_str(&format(*time)),
        None => serializer.serialize_none(),
    }
}

/// Kilometres with one decimal.
fn kilometres(metres: f64) -> f64 {
    (metres / 100.0).round() / 10.0
}

fn stop_eta<'a>(plan: &'a Plan, eta: &Eta) -> StopEta<'a> {
    StopEta {
        id: &plan.stops[eta.stop].id,
        eta: eta.at,
        distance: kilometres(eta.way_m),
        eta_source: eta.source,
    }
}

fn next_stop(road: &Road, at: Timestamp) -> Option<NextStop<'_>> {
    let index = road.trip.ahead(&road.plan, at).next()?;
    let stop = &road.plan.stops[index];
    let eta = road.etas.iter().find(|eta| eta.stop == index);
    Some(NextStop {
        id: &stop.id,
        clinic_id: &stop.clinic_id,
        clinic_name: &stop.clinic_name,
        eta: eta.map(|eta| eta.at),
        distance: eta.map(|eta| kilometres(eta.way_m)),
    })
}

/// What a position message is made of.
struct Telling<'a> {
    name: &'a Name,
    fix: &'a Fix,
    road: Option<&'a Road>,
}

impl Telling<'_> {
    /// With the ETAs at these places of the list.
    fn text(&self, seq: u64, which: impl Iterator<Item = usize>) -> String {
        let fix = self.fix;
        let stops = |road: &Road| which.map(|place| road.etas[place]).collect::<Vec<_>>();
        let etas = self.road.map(stops).unwrap_or_default();
        let plan = self.road.map(|road| &road.plan);
        let update = LocationUpdate {
            kind: "DRIVER_LOCATION_UPDATE",
            seq,
            lab_id: &self.name.lab_id,
            route_id: plan.map(|plan| &plan.route_id),
            driver_id: &self.name.driver_id,
            coordinates: fix.place,
            timestamp: fix.at,
            speed: fix.speed_kmh,
            heading: fix.heading_deg,
            accuracy: fix.accuracy_m,
            battery: fix.battery_percent,
            next_stop: self.road.and_then(|road| next_stop(road, fix.at)),
            updated_stops: plan
                .map(|plan| etas.iter().map(|eta| stop_eta(plan, eta)).collect())
                .unwrap_or_default(),
        };
        // It holds nothing that JSON cannot: it cannot fail.
        serde_json::to_string(&update).unwrap_or_default()
    }

    fn full_text(&self, seq: u64) -> String {
        self.text(seq, 0..self.road.map_or(0, |road| road.etas.len()))
    }
}

/// Tells dispatchers of the newest fix; gives the full text to whoever sent it and asked.
pub fn tell(
    drivers: &Drivers,
    no: DriverNo,
    fix: &Fix,
    road: Option<(&mut Box<Road>, &News)>,
    wants_update: bool,
) -> Option<String> {
    let is_told = drivers.hub.has_readers() && !drivers.fleet.is_away(no);
    if !wants_update && !is_told {
        return None;
    }
    let name = drivers.log.name(no)?;
    let (road, news) = road.map_or((None, None), |(road, news)| (Some(&**road), Some(news)));
    let telling = Telling {
        name: &name,
        fix,
        road,
    };
    let route_id = road.map(|road| road.plan.route_id.as_str());
    if !is_told {
        return wants_update.then(|| telling.full_text(0));
    }
    let updated = news.map(|news| news.updated.as_slice()).unwrap_or_default();
    let hub = &drivers.hub;
    hub.tell_position(&name.lab_id, route_id, |seq| Texts {
        usual: telling.text(seq, updated.iter().copied()),
        full: hub.has_full_readers().then(|| telling.full_text(seq)),
    });
    if let (Some(road), Some(news)) = (road, news)
        && !news.moved.is_empty()
    {
        hub.tell_position(&name.lab_id, route_id, |seq| Texts {
            usual: eta_update(seq, road, news),
            full: None,
        });
    }
    wants_update.then(|| telling.full_text(0))
}

fn eta_update(seq: u64, road: &Road, news: &News) -> String {
    let plan = &road.plan;
    let moved = news.moved.iter().map(|place| {
        let eta = road.etas[*place];
        let stop = &plan.stops[eta.stop];
        MovedStop {
            id: &stop.id,
            sequence: stop.sequence,
            eta: eta.at,
            window_end: stop.window_end,
            late: stop.window_end.is_some_and(|end| eta.at > end),
        }
    });
    let update = EtaUpdate {
        kind: "ETA_UPDATE",
        seq,
        lab_id: &plan.lab_id,
        route_id: &plan.route_id,
        driver_id: &plan.driver_id,
        stops: moved.collect(),
    };
    // It holds nothing that JSON cannot: it cannot fail.
    serde_json::to_string(&update).unwrap_or_default()
}

/// Where one driver is.
pub struct Current {
    name: Arc<Name>,
    route_id: Option<RouteId>,
    /// The message from its number on, and what stands before it.
    before: String,
    after: String,
}

impl Current {
    /// The message with its number.
    pub fn text(&self, seq: u64) -> String {
        format!("{}{seq}{}", self.before, self.after)
    }

    /// Whether a reader gets it.
    pub fn is_for(&self, interest: &Interest) -> bool {
        let route_id = self.route_id.as_ref().map(RouteId::as_str);
        interest.covers(&self.name.lab_id, route_id, true)
    }
}

impl Drivers {
    /// Where the driver is; nothing if nobody knows.
    pub fn current(&self, no: DriverNo) -> Option<Current> {
        let name = self.log.name(no)?;
        let handle = self.fleet.handle(no);
        let state = locked(&handle);
        let fix = state.newest?;
        let telling = Telling {
            name: &name,
            fix: &fix,
            road: state.road.as_deref(),
        };
        let text = telling.full_text(0);
        let route_id = state.road.as_ref().map(|road| road.plan.route_id.clone());
        drop(state);
        // The number stands behind the type, where this very struct puts it.
        let place = text.find("\"seq\":")? + "\"seq\":".len();
        Some(Current {
            name,
            route_id,
            before: text[..place].to_owned(),
            after: text[place + 1..].to_owned(),
        })
    }
}
