//! Routes.

use std::sync::Arc;

use axum::Json;
use axum::extract::{Extension, Path, Query, Request, State};
use axum::http::{HeaderMap, StatusCode};
use pontic_core::event::{RouteStarted, StopPlan};
use pontic_core::id::{LabId, PickupId};
use pontic_core::record::{Entity, Kind};
use pontic_core::route::Route;
use pontic_store::Store;
use pontic_wire::resource;
use serde_json::Value;

use super::lookup::{self, Which};
use super::paging::{List, ListQuery};
use super::problem::{Answer, Problem};
use super::taps::Tap;
use super::{body, directory};
use crate::access::{Caller, Role};
use crate::app::App;
use crate::live;

/// Routes with their stops; for a driver their own.
#[utoipa::path(get, path = "/v1/routes", tag = "work", params(ListQuery), responses((status = 200, body = List)))]
pub async fn list(
    State(app): State<Arc<App>>,
    Extension(caller): Extension<Caller>,
    Query(query): Query<ListQuery>,
) -> Answer<Json<List>> {
    let Some(filter) = query.filter(&caller)? else {
        return Ok(Json(List::empty()));
    };
    let paging = query.paging()?;
    let page = app
        .read(move |store| {
            let page = store.list(Kind::Route, &filter, &paging)?;
            let routes = page.items.iter().filter_map(Route::from_record);
            let mine = routes.filter(|route| lookup::is_mine(&caller, route));
            let items = mine
                .map(|route| live::with_stops(store, route))
                .collect::<Result<Vec<Value>, _>>()?;
            Ok(List {
                items,
                next: page.next.map(|next| next.to_string()),
            })
        })
        .await?;
    Ok(Json(page))
}

/// One route with its stops in order.
#[utoipa::path(get, path = "/v1/routes/{id}", tag = "work", params(("id" = String, Path), Which), responses((status = 200, body = Value), (status = 404), (status = 409)))]
pub async fn get(
    State(app): State<Arc<App>>,
    Extension(caller): Extension<Caller>,
    Path(id): Path<String>,
    Query(which): Query<Which>,
) -> Answer<Json<Value>> {
    let route = lookup::route(&app, &caller, &id, &which).await?;
    shown(&app, route).await
}

async fn shown(app: &App, route: Route) -> Answer<Json<Value>> {
    Ok(Json(
        app.read(move |store| live::with_stops(store, &route))
            .await?,
    ))
}

/// Plan a route: `{ id?, labId, driverId, date, stops: [{ id?, clinicId, clinicName?, location?, deliveryIds?, pickupIds?, windowStart?, windowEnd? }] }`.
/// Stops of the same clinic are one stop. Pickups are named by our id or their sender's.
#[utoipa::path(post, path = "/v1/routes", tag = "work", request_body(content = Value), responses((status = 201, body = Value), (status = 400), (status = 409)))]
pub async fn post(
    State(app): State<Arc<App>>,
    Extension(caller): Extension<Caller>,
    headers: HeaderMap,
    request: Request,
) -> Answer<(StatusCode, Json<Value>)> {
    body::require_json(&headers)?;
    let bytes = body::read(request.into_body(), body::USUAL).await?;
    let mut plan = {
        let json = body::parse(&bytes, false)?;
        resource::route_plan(&json)
            .map_err(|faults| Problem::invalid(StatusCode::BAD_REQUEST, faults))?
    };
    if !caller.sees(&plan.lab_id) {
        return Err(Problem::not_found());
    }
    let lab = plan.lab_id.clone();
    plan.stops = named(&app, lab.clone(), plan.stops).await?;
    let accepted = directory::act(&app, &caller, plan.into()).await?;
    let told: Value = serde_json::from_str(&accepted.result).unwrap_or_default();
    let id = told["routeId"].as_str().unwrap_or_default();
    let which = Which {
        lab_id: Some(lab.to_string()),
        clinic_id: None,
    };
    let route = lookup::route(&app, &caller, id, &which).await?;
    Ok((StatusCode::CREATED, shown(&app, route).await?))
}

/// The plans with our ids of the pickups; unknown ones stay as they are, to be refused by name.
async fn named(app: &App, lab: LabId, plans: Vec<StopPlan>) -> Answer<Vec<StopPlan>> {
    let name = move |store: &dyn Store| {
        let mut plans = plans;
        for plan in &mut plans {
            for id in &mut plan.pickup_ids {
                if let Some(ours) =
                    lookup::our_pickup_id(store, &lab, id.as_str(), plan.clinic_id.as_str())?
                {
                    *id = PickupId::known(ours);
                }
            }
        }
        Ok(plans)
    };
    Ok(app.read(name).await?)
}

/// Change a route, also under way: `driverId` (the rest goes to another driver), `order`, `addStops`, `removeStops`, `status: "cancelled"`.
#[utoipa::path(patch, path = "/v1/routes/{id}", tag = "work", params(("id" = String, Path), Which), request_body(content = Value), responses((status = 200, body = Value), (status = 400), (status = 404), (status = 409), (status = 412)))]
pub async fn patch(
    State(app): State<Arc<App>>,
    Extension(caller): Extension<Caller>,
    Path(id): Path<String>,
    Query(which): Query<Which>,
    headers: HeaderMap,
    request: Request,
) -> Answer<Json<Value>> {
    body::require_json(&headers)?;
    let expected = body::if_match(&headers)?;
    let bytes = body::read(request.into_body(), body::USUAL).await?;
    let route = lookup::route(&app, &caller, &id, &which).await?;
    let mut change = {
        let json = body::parse(&bytes, false)?;
        let change =
            resource::route_change(route.lab_id.clone(), route.id.clone(), &json, expected);
        change.map_err(|faults| Problem::invalid(StatusCode::BAD_REQUEST, faults))?
    };
    change.add = named(&app, route.lab_id.clone(), change.add).await?;
    directory::act(&app, &caller, change.into()).await?;
    again(&app, &caller, &route).await
}

async fn again(app: &App, caller: &Caller, route: &Route) -> Answer<Json<Value>> {
    // A dispatcher may just have given it to another driver: it is looked up by what it was.
    let desk = Caller {
        role: Role::Dispatcher,
        ..caller.clone()
    };
    let which = Which {
        lab_id: Some(route.lab_id.to_string()),
        clinic_id: None,
    };
    let now = lookup::route(app, &desk, route.id.as_str(), &which).await?;
    shown(app, now).await
}

/// The driver leaves the lab, at `at` or now.
#[utoipa::path(post, path = "/v1/routes/{id}/start", tag = "work", params(("id" = String, Path), ("Idempotency-Key" = Option<String>, Header, description = "Names the tap: told again with the same key and body, it is the same tap"), Which), request_body(content = Value, description = "`{ at? }` or nothing"), responses((status = 200, body = Value), (status = 404), (status = 409)))]
pub async fn start(
    State(app): State<Arc<App>>,
    Extension(caller): Extension<Caller>,
    Path(id): Path<String>,
    Query(which): Query<Which>,
    headers: HeaderMap,
    request: Request,
) -> Answer<Json<Value>> {
    let tap = Tap::of(&headers, &caller)?;
    let at = moment(request).await?;
    let route = tap.route(&app, &caller, &id, &which).await?;
    let event = RouteStarted {
        lab_id: route.lab_id.clone(),
        route_id: route.id.clone(),
        at,
    };
    tap.check_time(&app, &caller, event.at).await?;
    tap.act(&app, &caller, event.into()).await?;
    again(&app, &caller, &route).await
}

/// The driver is back, at `at` or now: what was fetched is in the lab, open stops were not visited. `left` names what is still in the
/// van, and why; dispatchers are told.
#[utoipa::path(post, path = "/v1/routes/{id}/finish", tag = "work", params(("id" = String, Path), ("Idempotency-Key" = Option<String>, Header, description = "Names the tap: told again with the same key and body, it is the same tap"), Which), request_body(content = Value, description = "`{ at?, left?: [{ caseId | id, reason }] }` or nothing"), responses((status = 200, body = Value), (status = 404), (status = 409)))]
pub async fn finish(
    State(app): State<Arc<App>>,
    Extension(caller): Extension<Caller>,
    Path(id): Path<String>,
    Query(which): Query<Which>,
    headers: HeaderMap,
    request: Request,
) -> Answer<Json<Value>> {
    let tap = Tap::of(&headers, &caller)?;
    let bytes = body::read(request.into_body(), body::USUAL).await?;
    let route = tap.route(&app, &caller, &id, &which).await?;
    let event = {
        let json = body::parse(&bytes, true)?;
        resource::route_finished(route.lab_id.clone(), route.id.clone(), &json)
            .map_err(|faults| Problem::invalid(StatusCode::BAD_REQUEST, faults))?
    };
    tap.check_time(&app, &caller, event.at).await?;
    tap.act(&app, &caller, event.into()).await?;
    again(&app, &caller, &route).await
}

/// `{ at? }`, or an empty body.
pub async fn moment(request: Request) -> Answer<Option<jiff::Timestamp>> {
    let bytes = body::read(request.into_body(), body::USUAL).await?;
    let json = body::parse(&bytes, true)?;
    resource::at(&json).map_err(|faults| Problem::invalid(StatusCode::BAD_REQUEST, faults))
}
