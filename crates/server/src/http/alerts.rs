//! Alerts that wait for somebody.

use std::sync::Arc;

use axum::Json;
use axum::extract::{Extension, Path, Query, Request, State};
use axum::http::{HeaderMap, StatusCode};
use jiff::SignedDuration;
use pontic_core::fault::Reason;
use pontic_store::page::Alerts;
use pontic_wire::fields::{self, Reader};
use serde::Deserialize;
use utoipa::IntoParams;

use super::body;
use super::paging::{List, paging, said};
use super::problem::{Answer, Problem};
use crate::access::Caller;
use crate::app::App;
use crate::live;
use crate::shape;

/// Longest that an alert is put off: half a day.
const MOST_MINUTES: i64 = 720;

/// Which alerts.
#[derive(Debug, Deserialize, IntoParams)]
#[serde(rename_all = "camelCase")]
#[into_params(parameter_in = Query)]
pub struct AlertQuery {
    /// `open` (usual: without those that are snoozed), `snoozed` or `all`.
    status: Option<String>,
    /// Of that lab.
    lab_id: Option<String>,
    /// At most so many, up to 200.
    limit: Option<String>,
    /// After the last `next`.
    after: Option<String>,
}

/// Alerts, newest first.
#[utoipa::path(get, path = "/v1/alerts", tag = "live", params(AlertQuery), responses((status = 200, body = List)))]
pub async fn list(
    State(app): State<Arc<App>>,
    Extension(caller): Extension<Caller>,
    Query(query): Query<AlertQuery>,
) -> Answer<Json<List>> {
    let asked = said(query.lab_id.as_deref()).map(pontic_core::id::LabId::known);
    if asked.as_ref().is_some_and(|lab| !caller.sees(lab)) {
        return Ok(Json(List::empty()));
    }
    let lab = asked.or(caller.lab_id);
    let now = app.clock.now();
    let which = match said(query.status.as_deref()) {
        None | Some("open") => Alerts::Open(now),
        Some("snoozed") => Alerts::Snoozed(now),
        Some("all") => Alerts::All,
        Some(_) => return Err(Problem::parameter("status", Reason::UnknownValue)),
    };
    let paging = paging(query.limit.as_deref(), query.after.as_deref())?;
    let page = app
        .read(move |store| store.alerts(lab.as_ref(), which, &paging))
        .await?;
    Ok(Json(List::of(&page, shape::alert)))
}

/// Mark an alert as dealt with.
#[utoipa::path(post, path = "/v1/alerts/{number}/close", tag = "live", params(("number" = u64, Path)), responses((status = 204), (status = 404)))]
pub async fn close(
    State(app): State<Arc<App>>,
    Extension(caller): Extension<Caller>,
    Path(number): Path<String>,
) -> Answer<StatusCode> {
    let number: u64 = number.parse().map_err(|_| Problem::not_found())?;
    let closed = app
        .read(move |store| store.close_alert(caller.lab_id.as_ref(), number))
        .await?;
    let lab = closed.ok_or_else(Problem::not_found)?;
    app.hub.tell_alert(&lab, live::alert_closed(&lab, number));
    Ok(StatusCode::NO_CONTENT)
}

/// Put an open alert off: `{ minutes }`, 1 to 720. Until then it is not among the open ones; all dispatchers see it so.
#[utoipa::path(post, path = "/v1/alerts/{number}/snooze", tag = "live", params(("number" = u64, Path)), request_body(content = Value), responses((status = 204), (status = 400), (status = 404)))]
pub async fn snooze(
    State(app): State<Arc<App>>,
    Extension(caller): Extension<Caller>,
    Path(number): Path<String>,
    headers: HeaderMap,
    request: Request,
) -> Answer<StatusCode> {
    body::require_json(&headers)?;
    let bytes = body::read(request.into_body(), body::USUAL).await?;
    let minutes = {
        let json = body::parse(&bytes, false)?;
        let mut reader = Reader::new(&json, "");
        let minutes = reader.required("minutes", fields::integer(1..=MOST_MINUTES));
        reader
            .finish(|| minutes)
            .map_err(|faults| Problem::invalid(StatusCode::BAD_REQUEST, faults))?
    };
    let number: u64 = number.parse().map_err(|_| Problem::not_found())?;
    let later = SignedDuration::from_mins(minutes);
    let until = app.clock.now().saturating_add(later);
    let until = until.map_err(|_| Problem::internal())?;
    let snoozed = app
        .read(move |store| store.snooze_alert(caller.lab_id.as_ref(), number, until))
        .await?;
    let lab = snoozed.ok_or_else(Problem::not_found)?;
    app.hub
        .tell_alert(&lab, live::alert_snoozed(&lab, number, until));
    Ok(StatusCode::NO_CONTENT)
}
