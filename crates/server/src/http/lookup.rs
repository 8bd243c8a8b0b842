//! From an id in an address to the one record it means, if it exists for the caller.

use axum::http::StatusCode;
use pontic_core::directory::Driver;
use pontic_core::id::{DriverId, LabId};
use pontic_core::pickup::Pickup;
use pontic_core::record::{Entity, Kind, Record};
use pontic_core::route::{Route, Stop};
use pontic_store::page::{Filter, Paging};
use pontic_store::{Store, StoreError};
use serde::Deserialize;
use utoipa::IntoParams;

use super::paging::said;
use super::problem::{Answer, Problem};
use crate::access::{Caller, Role};
use crate::app::App;

/// Which of several records with one id.
#[derive(Debug, Default, Clone, Deserialize, IntoParams)]
#[serde(rename_all = "camelCase")]
#[into_params(parameter_in = Query)]
pub struct Which {
    /// Of that lab.
    pub lab_id: Option<String>,
    /// For that clinic.
    pub clinic_id: Option<String>,
}

/// Matches that are looked at; more than one is ambiguous anyway.
const FEW: usize = 20;

/// The one record of that type and id.
pub async fn one<E: Entity>(app: &App, caller: &Caller, id: &str, which: &Which) -> Answer<E> {
    let lab = said(which.lab_id.as_deref())
        .map(LabId::known)
        .or_else(|| caller.lab_id.clone());
    if lab.as_ref().is_some_and(|lab| !caller.sees(lab)) {
        return Err(Problem::not_found());
    }
    let text = id.to_owned();
    let records = app
        .read(move |store| candidates(store, E::KIND, lab.as_ref(), &text))
        .await?;
    let clinic = said(which.clinic_id.as_deref());
    let fits = |record: &&Record| {
        let columns = record.columns();
        // A clinic is its own.
        let of = match record.kind() {
            Kind::Clinic => Some(columns.id.as_str()),
            _ => columns.clinic_id.as_deref(),
        };
        caller.sees(record.lab_id())
            && caller.sees_clinic(of)
            && clinic.is_none_or(|clinic| columns.clinic_id.as_deref() == Some(clinic))
    };
    let mut found = records.iter().filter(fits);
    match (found.next(), found.next()) {
        (Some(record), None) => E::from_record(record)
            .cloned()
            .ok_or_else(Problem::not_found),
        (Some(_), Some(_)) => Err(Problem::conflict("ambiguous_id")),
        (None, _) => Err(Problem::not_found()),
    }
}

/// By our id or the sender's.
fn candidates(
    store: &dyn Store,
    kind: Kind,
    lab: Option<&LabId>,
    id: &str,
) -> Result<Vec<Record>, StoreError> {
    let records = store.get(kind, lab, id)?;
    if kind != Kind::Pickup || !records.is_empty() {
        return Ok(records);
    }
    let filter = Filter {
        lab_id: lab.cloned(),
        pickup_id: Some(id.to_owned()),
        ..Filter::default()
    };
    Ok(store
        .list(
            kind,
            &filter,
            &Paging {
                after: None,
                limit: FEW,
            },
        )?
        .items)
}

/// The one driver. Whoever has a token may drive before anybody has set them up.
pub async fn driver(app: &App, caller: &Caller, id: &str, which: &Which) -> Answer<Driver> {
    match (one::<Driver>(app, caller, id, which).await, &caller.lab_id) {
        (Err(problem), Some(lab))
            if problem.status == StatusCode::NOT_FOUND
                && caller.role == Role::Driver
                && caller.driver_id.as_ref().map(DriverId::as_str) == Some(id) =>
        {
            Ok(Driver::stub(lab.clone(), DriverId::known(id)))
        }
        (found, _) => found,
    }
}

/// The one route; a driver's own only.
pub async fn route(app: &App, caller: &Caller, id: &str, which: &Which) -> Answer<Route> {
    let route = one::<Route>(app, caller, id, which).await?;
    if is_mine(caller, &route) {
        Ok(route)
    } else {
        Err(Problem::not_found())
    }
}

/// The one stop, of a driver's own routes only.
pub async fn stop(app: &App, caller: &Caller, id: &str, which: &Which) -> Answer<Stop> {
    let stop = one::<Stop>(app, caller, id, which).await?;
    let of = Which {
        lab_id: Some(stop.lab_id.to_string()),
        clinic_id: None,
    };
    route(app, caller, stop.route_id.as_str(), &of).await?;
    Ok(stop)
}

/// Whether a route exists for the caller.
pub fn is_mine(caller: &Caller, route: &Route) -> bool {
    caller.role != Role::Driver || caller.driver_id.as_ref() == Some(&route.driver_id)
}

/// Our ids of the pickups that a plan names by ours or their sender's.
pub fn our_pickup_id(
    store: &dyn Store,
    lab: &LabId,
    id: &str,
    clinic: &str,
) -> Result<Option<String>, StoreError> {
    let records = candidates(store, Kind::Pickup, Some(lab), id)?;
    let pickups: Vec<&Pickup> = records.iter().filter_map(Pickup::from_record).collect();
    let at_clinic = pickups
        .iter()
        .find(|pickup| pickup.clinic_id.as_str() == clinic);
    Ok(at_clinic
        .or(pickups.first())
        .map(|pickup| pickup.id.to_string()))
}
