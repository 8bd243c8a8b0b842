//! How things stand, for a reader that begins.

use pontic_core::directory::Driver;
use pontic_core::id::LabId;
use pontic_core::record::{Entity, Kind, Record};
use pontic_core::route::{Route, Stop};
use pontic_core::time;
use pontic_store::page::{Alerts, Filter, Paging};
use pontic_store::{Store, StoreError};
use serde_json::{Value, json};

use super::Interest;

/// Most routes or drivers of a snapshot.
const MOST: usize = 2_000;
/// Alerts of a snapshot: the newest that are open.
const ALERTS: usize = 200;

/// The first message: drivers with where they are (`standing`, by lab and driver), routes that are not over with their stops, open
/// alerts (snoozed ones say until when); true at message number `seq`.
pub fn snapshot(
    store: &dyn Store,
    interest: &Interest,
    seq: u64,
    standing: impl Fn(&LabId, &str) -> Option<Value>,
) -> Result<String, StoreError> {
    let drivers = records(store, Kind::Driver, interest, None)?;
    let mut routes = Vec::new();
    for status in ["planned", "started"] {
        for record in records(store, Kind::Route, interest, Some(status))? {
            let Some(route) = Route::from_record(&record) else {
                continue;
            };
            if interest
                .route_id
                .as_ref()
                .is_none_or(|wanted| wanted == route.id.as_str())
            {
                routes.push(with_stops(store, route)?);
            }
        }
    }
    let paging = Paging {
        after: None,
        limit: ALERTS,
    };
    let alerts = store.alerts(interest.lab_id.as_ref(), Alerts::Unsettled, &paging)?;
    let alerts = alerts.items.iter().map(crate::shape::alert);
    let drivers = drivers
        .iter()
        .filter_map(Driver::from_record)
        .map(|driver| {
            // Where a driver is who is not at work is nobody's matter.
            let standing = standing(&driver.lab_id, driver.id.as_str())
                .filter(|_| driver.presence.is_on_duty());
            let mut shape = standing.unwrap_or_else(|| json!({}));
            shape["driverId"] = driver.id.as_str().into();
            shape["labId"] = driver.lab_id.as_str().into();
            shape["name"] = driver.name.as_str().into();
            shape["presence"] = driver.presence.as_str().into();
            if let Some(until) = driver.paused_until {
                shape["pausedUntil"] = time::format(until).into();
            }
            shape
        });
    Ok(json!({
        "type": "SNAPSHOT",
        "epoch": store.epoch(),
        "seq": seq,
        "drivers": drivers.collect::<Vec<_>>(),
        "routes": routes,
        "alerts": alerts.collect::<Vec<_>>(),
    })
    .to_string())
}

/// For a reader that missed some of what is told of alerts: how the newest open ones of its labs stand.
pub fn alerts(store: &dyn Store, interest: &Interest) -> Result<Value, StoreError> {
    let paging = Paging {
        after: None,
        limit: ALERTS,
    };
    let alerts = store.alerts(interest.lab_id.as_ref(), Alerts::Unsettled, &paging)?;
    Ok(json!({
        "type": "ALERTS_OPEN",
        "alerts": alerts.items.iter().map(crate::shape::alert).collect::<Vec<_>>(),
        "complete": alerts.next.is_none(),
    }))
}

fn records(
    store: &dyn Store,
    kind: Kind,
    interest: &Interest,
    status: Option<&str>,
) -> Result<Vec<Record>, StoreError> {
    let filter = Filter {
        lab_id: interest.lab_id.clone(),
        status: status.map(str::to_owned),
        ..Filter::default()
    };
    Ok(store
        .list(
            kind,
            &filter,
            &Paging {
                after: None,
                limit: MOST,
            },
        )?
        .items)
}

/// A route with its stops in order, as it stands in lists too.
pub fn with_stops(store: &dyn Store, route: &Route) -> Result<Value, StoreError> {
    let filter = Filter {
        lab_id: Some(route.lab_id.clone()),
        parent: Some(route.id.to_string()),
        ..Filter::default()
    };
    let stops = store.list(
        Kind::Stop,
        &filter,
        &Paging {
            after: None,
            limit: MOST,
        },
    )?;
    let mut stops: Vec<&Stop> = stops.items.iter().filter_map(Stop::from_record).collect();
    stops.sort_by_key(|stop| stop.sequence);
    Ok(crate::shape::route(route, &stops))
}
