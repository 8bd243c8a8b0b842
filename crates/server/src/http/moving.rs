//! A dispatcher moves a stop, and is told before what it would mean.

use std::sync::Arc;

use axum::Json;
use axum::extract::{Extension, Path, Query, Request, State};
use axum::http::{HeaderMap, StatusCode};
use jiff::Timestamp;
use pontic_core::delivery::Delivery;
use pontic_core::directory::Clinic;
use pontic_core::event::StopMoved;
use pontic_core::fault::Reason;
use pontic_core::route::{Route, Stop, obstacle};
use pontic_core::state::DeliveryStatus;
use pontic_core::time;
use pontic_wire::resource;
use serde::Deserialize;
use serde_json::{Value, json};
use utoipa::IntoParams;

use super::lookup::{self, Which};
use super::paging::said;
use super::problem::{Answer, Problem};
use super::{body, directory};
use crate::access::Caller;
use crate::app::App;
use crate::drivers::{Fit, Forecast, RouteForecast};
use crate::shape;

/// Whether it is only asked.
#[derive(Debug, Deserialize, IntoParams)]
#[serde(rename_all = "camelCase")]
#[into_params(parameter_in = Query)]
pub struct Preview {
    /// `1`: nothing is decided.
    preview: Option<String>,
}

/// Move a stop: `{ routeId, position? }`, `position` among that route's open stops, from 1; absent: where it costs least. The answer
/// says when each stop of both routes would be reached, which become late, and how to undo it; with `preview=1` nothing is decided.
/// Where the route calls at the clinic anyway, the work joins that stop (`joins`). Refused with 409 `stop_closed`, `route_closed`,
/// `route_full`, `driver_is_there` or `cases_in_van`, and with 412 where `If-Match` does not hold; `current` then says where the stop is.
#[utoipa::path(post, path = "/v1/stops/{id}/move", tag = "work", params(("id" = String, Path), Which, Preview), request_body(content = Value), responses((status = 200, body = Value), (status = 400), (status = 404), (status = 409), (status = 412)))]
pub async fn post(
    State(app): State<Arc<App>>,
    Extension(caller): Extension<Caller>,
    Path(id): Path<String>,
    Query(which): Query<Which>,
    Query(preview): Query<Preview>,
    headers: HeaderMap,
    request: Request,
) -> Answer<Json<Value>> {
    let is_preview = match said(preview.preview.as_deref()) {
        None | Some("0" | "false") => false,
        Some("1" | "true") => true,
        Some(_) => return Err(Problem::parameter("preview", Reason::UnknownValue)),
    };
    body::require_json(&headers)?;
    let expected = body::if_match(&headers)?;
    let bytes = body::read(request.into_body(), body::USUAL).await?;
    let asked = {
        let json = body::parse(&bytes, false)?;
        resource::stop_move(&json)
            .map_err(|faults| Problem::invalid(StatusCode::BAD_REQUEST, faults))?
    };
    let stop = lookup::stop(&app, &caller, &id, &which).await?;
    let (from, to) = routes(&app, &stop, asked.route_id.as_str()).await?;
    refuse(&app, &stop, &from, &to, expected).await?;
    let forecast = {
        let (stop, position) = (stop.clone(), asked.position);
        let position = position.and_then(|position| usize::try_from(position).ok());
        app.drivers
            .apart(move |drivers| drivers.forecast(&stop, from, to, position))
            .await?
    };
    if is_preview {
        return Ok(Json(shown(&forecast)));
    }
    let event = StopMoved {
        lab_id: stop.lab_id.clone(),
        stop_id: stop.id.clone(),
        route_id: forecast.to.clone(),
        position: u32::try_from(forecast.position).unwrap_or(u32::MAX),
        expected,
    };
    let accepted = match directory::act(&app, &caller, event.into()).await {
        Ok(accepted) => accepted,
        Err(problem) => return Err(with_current(&app, &stop, problem).await?),
    };
    let told: Value = serde_json::from_str(&accepted.result).unwrap_or_default();
    let mut shape = shown(&forecast);
    shape["position"] = told["position"].clone();
    let id = told["stopId"]
        .as_str()
        .unwrap_or(stop.id.as_str())
        .to_owned();
    let now = current(&app, &stop, id).await?;
    shape["stop"] = now.as_ref().map(shape::stop).into();
    Ok(Json(shape))
}

/// The stop's route and the one that it goes to, of the same lab.
async fn routes(app: &App, stop: &Stop, to: &str) -> Answer<(Route, Route)> {
    let (lab, to) = (stop.lab_id.clone(), to.to_owned());
    let from = stop.route_id.clone();
    let found = app.drivers.apart(move |drivers| {
        let from = drivers.record::<Route>(&lab, from.as_str())?;
        Ok(from.zip(drivers.record::<Route>(&lab, &to)?))
    });
    found.await?.ok_or_else(Problem::not_found)
}

/// What the decision would refuse, so that a preview refuses it as well.
async fn refuse(
    app: &App,
    stop: &Stop,
    from: &Route,
    to: &Route,
    expected: Option<u64>,
) -> Answer<()> {
    let problem = if expected.is_some_and(|expected| expected != stop.version) {
        Some(Problem::refused(
            pontic_core::decide::Refusal::Stale,
            StatusCode::BAD_REQUEST,
        ))
    } else {
        let (stop, lab) = (stop.clone(), stop.lab_id.clone());
        let (from, to) = (from.clone(), to.clone());
        let code = app
            .drivers
            .apart(move |drivers| {
                let mut is_loaded = false;
                for id in &stop.delivery_ids {
                    let found = drivers.record::<Delivery>(&lab, id.as_str())?;
                    is_loaded |=
                        found.is_some_and(|found| found.status == DeliveryStatus::OutForDelivery);
                }
                let there = drivers.on_route(to.clone())?;
                let total = there.open.len() + there.closed;
                Ok(obstacle(&stop, &from, &to, is_loaded, &there.open, total))
            })
            .await?;
        code.map(Problem::conflict)
    };
    match problem {
        Some(problem) => Err(with_current(app, stop, problem).await?),
        None => Ok(()),
    }
}

/// A refusal of what somebody else was faster with says how the stop stands.
async fn with_current(app: &App, stop: &Stop, problem: Problem) -> Answer<Problem> {
    if !matches!(
        problem.status,
        StatusCode::CONFLICT | StatusCode::PRECONDITION_FAILED
    ) {
        return Ok(problem);
    }
    let now = current(app, stop, stop.id.to_string()).await?;
    let now = now.unwrap_or_else(|| stop.clone());
    let (route, _) = routes(app, &now, now.route_id.as_str()).await?;
    let current = json!({
        "routeId": now.route_id,
        "driverId": route.driver_id,
        "sequence": now.sequence,
        "status": now.status,
        "version": now.version,
    });
    Ok(Problem {
        current: Some(Box::new(current)),
        ..problem
    })
}

async fn current(app: &App, stop: &Stop, id: String) -> Answer<Option<Stop>> {
    let lab = stop.lab_id.clone();
    let found = app
        .drivers
        .apart(move |drivers| drivers.record::<Stop>(&lab, &id));
    Ok(found.await?)
}

/// Minutes with one decimal.
fn minutes(seconds: f64) -> f64 {
    (seconds / 6.0).round() / 10.0
}

fn when(at: Option<Timestamp>) -> Value {
    at.map(time::format).into()
}

fn shown(forecast: &Forecast) -> Value {
    let undo = forecast.undo.as_ref();
    let undo = undo.map(|(route, position)| json!({ "routeId": route, "position": position }));
    json!({
        "fromRouteId": forecast.from,
        "toRouteId": forecast.to,
        "position": forecast.position,
        "joins": forecast.joins,
        "addedMinutes": forecast.added_s.map(minutes),
        "savedMinutes": forecast.saved_s.map(minutes),
        "routes": forecast.routes.iter().map(route_shown).collect::<Vec<_>>(),
        "becomesLate": forecast.becomes_late,
        "undo": undo,
    })
}

fn route_shown(route: &RouteForecast) -> Value {
    let stops = route.stops.iter().map(|stop| {
        json!({
            "id": stop.id,
            "sequence": stop.sequence,
            "clinicId": stop.clinic_id,
            "eta": when(stop.eta),
            "before": when(stop.before),
            "windowEnd": when(stop.window_end),
            "late": stop.late,
            "wasLate": stop.was_late,
        })
    });
    json!({
        "routeId": route.route_id,
        "driverId": route.driver_id,
        "stops": stops.collect::<Vec<_>>(),
    })
}

/// Where a visit of a clinic costs least on each open route of a day, the best first: `{ labId, date, clinicId, windowEnd? }`. Where
/// nothing is known of a route's times, `addedMinutes` is `null`.
#[utoipa::path(post, path = "/v1/fit", tag = "work", request_body(content = Value), responses((status = 200, body = Value), (status = 400), (status = 404)))]
pub async fn fit(
    State(app): State<Arc<App>>,
    Extension(caller): Extension<Caller>,
    headers: HeaderMap,
    request: Request,
) -> Answer<Json<Value>> {
    body::require_json(&headers)?;
    let bytes = body::read(request.into_body(), body::USUAL).await?;
    let asked = {
        let json = body::parse(&bytes, false)?;
        resource::visit(&json)
            .map_err(|faults| Problem::invalid(StatusCode::BAD_REQUEST, faults))?
    };
    let which = Which {
        lab_id: Some(asked.lab_id.to_string()),
        clinic_id: None,
    };
    let clinic = lookup::one::<Clinic>(&app, &caller, asked.clinic_id.as_str(), &which).await?;
    let fits = app
        .drivers
        .apart(move |drivers| drivers.fits(&asked.lab_id, asked.date, &clinic, asked.window_end))
        .await?;
    let items: Vec<Value> = fits.iter().map(fit_shown).collect();
    Ok(Json(json!({ "items": items })))
}

fn fit_shown(fit: &Fit) -> Value {
    json!({
        "routeId": fit.route_id,
        "driverId": fit.driver_id,
        "position": fit.position,
        "addedMinutes": fit.added_s.map(minutes),
        "becomesLate": fit.becomes_late,
        "late": fit.late,
        "eta": when(fit.eta),
    })
}
