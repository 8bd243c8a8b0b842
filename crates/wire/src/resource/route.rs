//! Routes as a dispatcher plans and changes them.

use jiff::Timestamp;
use jiff::civil::Date;
use pontic_core::event::{RouteChanged, RoutePlanned, StopPlan};
use pontic_core::fault::{Fault, Reason};
use pontic_core::id::{ClinicId, DeliveryId, DriverId, LabId, PickupId, RouteId, StopId};
use pontic_core::route::MAX_STOPS;

use crate::event::read_coordinates;
use crate::fields::{self, NAME, Reader};
use crate::json::Json;

/// Most deliveries or pickups of one stop.
const MAX_WORK: usize = 200;

/// A new route. Pickups are named by our id or their sender's; the caller finds out which.
pub fn plan(body: &Json<'_>) -> Result<RoutePlanned, Vec<Fault>> {
    let mut reader = Reader::new(body, "");
    let route_id = reader.optional("id", fields::id);
    let lab_id = reader.required("labId", fields::id);
    let driver_id = reader.required("driverId", fields::id);
    let date = reader.required("date", fields::date);
    let stops = reader.objects("stops", MAX_STOPS, stop);
    reader.finish(|| {
        Some(RoutePlanned {
            lab_id: LabId::known(lab_id?),
            route_id: route_id.map(RouteId::known),
            driver_id: DriverId::known(driver_id?),
            date: date?,
            stops: stops.into_iter().flatten().collect(),
        })
    })
}

fn stop(stop: &mut Reader<'_>) -> Option<StopPlan> {
    let id = stop.optional("id", fields::id);
    let clinic_id = stop.required("clinicId", fields::id);
    let clinic_name = stop.optional("clinicName", fields::text(NAME));
    let location = read_coordinates(stop, "location");
    let delivery_ids = stop.list("deliveryIds", MAX_WORK, |json| {
        fields::id(json).map(DeliveryId::known)
    });
    let pickup_ids = stop.list("pickupIds", MAX_WORK, |json| {
        fields::built_id(json).map(PickupId::known)
    });
    let (window_start, window_end) = window(stop);
    Some(StopPlan {
        id: id.map(StopId::known),
        clinic_id: ClinicId::known(clinic_id?),
        clinic_name: clinic_name.map(str::to_owned),
        location,
        delivery_ids,
        pickup_ids,
        window_start,
        window_end,
    })
}

fn window(reader: &mut Reader<'_>) -> (Option<Timestamp>, Option<Timestamp>) {
    let start = reader.optional("windowStart", fields::timestamp);
    let end = reader.optional("windowEnd", fields::timestamp);
    if start.zip(end).is_some_and(|(start, end)| start >= end) {
        reader.fault("windowEnd", Reason::OutOfRange);
    }
    (start, end)
}

/// A change of a route: driver, order, stops added or removed, or `status: cancelled`.
pub fn change(
    lab_id: LabId,
    route_id: RouteId,
    body: &Json<'_>,
    expected: Option<u64>,
) -> Result<RouteChanged, Vec<Fault>> {
    let mut reader = Reader::new(body, "");
    let driver_id = reader.optional("driverId", fields::id);
    let order = reader.list("order", MAX_STOPS, |json| {
        fields::id(json).map(StopId::known)
    });
    let add = reader.objects("addStops", MAX_STOPS, stop);
    let remove = reader.list("removeStops", MAX_STOPS, |json| {
        fields::id(json).map(StopId::known)
    });
    let cancel = reader.optional("status", fields::word(&[("cancelled", true)]));
    reader.finish(|| {
        Some(RouteChanged {
            lab_id,
            route_id,
            driver_id: driver_id.map(DriverId::known),
            order,
            add: add.into_iter().flatten().collect(),
            remove,
            cancel: cancel.unwrap_or(false),
            expected,
        })
    })
}

/// Where a stop is to go.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StopMove {
    /// The route.
    pub route_id: RouteId,
    /// Its place among the open stops there, from 1; absent: where it costs least.
    pub position: Option<u32>,
}

/// Where a stop is to go. A place past the end is the end.
pub fn stop_move(body: &Json<'_>) -> Result<StopMove, Vec<Fault>> {
    let mut reader = Reader::new(body, "");
    let route_id = reader.required("routeId", fields::id);
    let position = reader.optional("position", fields::integer(1..=i64::from(u32::MAX)));
    reader.finish(|| {
        Some(StopMove {
            route_id: RouteId::known(route_id?),
            position: position.and_then(|position| u32::try_from(position).ok()),
        })
    })
}

/// A visit for which a place is sought.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Visit {
    /// The lab.
    pub lab_id: LabId,
    /// The day.
    pub date: Date,
    /// The clinic.
    pub clinic_id: ClinicId,
    /// Promised until.
    pub window_end: Option<Timestamp>,
}

/// A visit for which a place is sought.
pub fn visit(body: &Json<'_>) -> Result<Visit, Vec<Fault>> {
    let mut reader = Reader::new(body, "");
    let lab_id = reader.required("labId", fields::id);
    let date = reader.required("date", fields::date);
    let clinic_id = reader.required("clinicId", fields::id);
    let window_end = reader.optional("windowEnd", fields::timestamp);
    reader.finish(|| {
        Some(Visit {
            lab_id: LabId::known(lab_id?),
            date: date?,
            clinic_id: ClinicId::known(clinic_id?),
            window_end,
        })
    })
}
