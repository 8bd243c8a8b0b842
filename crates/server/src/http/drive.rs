//! The driver's day for their phone.

use std::sync::Arc;

use axum::Json;
use axum::extract::{Extension, Query, State};
use axum::http::{HeaderMap, HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use pontic_core::directory::Driver;
use pontic_core::fault::Reason;
use pontic_core::id::{DriverId, LabId, hex};
use pontic_core::time;
use serde::Deserialize;
use serde_json::Value;
use sha2::{Digest, Sha256};
use utoipa::IntoParams;

use super::lookup::{self, Which};
use super::paging::said;
use super::problem::{Answer, Problem};
use crate::access::{Caller, Role};
use crate::app::App;
use crate::drive_day;

/// Whose day.
#[derive(Debug, Default, Deserialize, IntoParams)]
#[serde(rename_all = "camelCase")]
#[into_params(parameter_in = Query)]
pub struct DriveQuery {
    /// Whose; a driver's own where nobody says.
    driver_id: Option<String>,
    /// Of that lab.
    lab_id: Option<String>,
}

/// All that a phone needs for the day: today's routes of the driver, and yesterday's that are not over, with stops, cases, pickups, how to
/// get in, what proof is wanted. The `ETag` is that of all but `serverTime`: `If-None-Match` answers 304 where nothing is new.
#[utoipa::path(get, path = "/v1/drive", tag = "drivers", params(DriveQuery), responses((status = 200, body = Value), (status = 304), (status = 400), (status = 404)))]
pub async fn get(
    State(app): State<Arc<App>>,
    Extension(caller): Extension<Caller>,
    Query(query): Query<DriveQuery>,
    headers: HeaderMap,
) -> Answer<Response> {
    let driver = driver(&app, &caller, query).await?;
    let (state, now) = (Arc::clone(&app), app.clock.now());
    let day = app
        .read(move |store| drive_day::day(&state, store, &driver, now))
        .await?;
    // It holds nothing that JSON cannot: it cannot fail.
    let mut body = serde_json::to_value(&day).unwrap_or_default();
    let digest = Sha256::digest(body.to_string().as_bytes());
    let tag = format!("\"{}\"", hex(&digest[..16]));
    let mut response = if is_known(&headers, &tag) {
        StatusCode::NOT_MODIFIED.into_response()
    } else {
        body["serverTime"] = Value::from(time::format(now));
        Json(body).into_response()
    };
    let answered = response.headers_mut();
    let tag = HeaderValue::from_str(&tag).map_err(|_| Problem::internal())?;
    answered.insert(header::ETAG, tag);
    answered.insert(
        header::CACHE_CONTROL,
        HeaderValue::from_static("private, no-cache"),
    );
    Ok(response)
}

async fn driver(app: &App, caller: &Caller, query: DriveQuery) -> Answer<Driver> {
    let asked = said(query.driver_id.as_deref());
    let own = caller.driver_id.as_ref().map(DriverId::as_str);
    let id = match (caller.role, asked) {
        (Role::Driver, Some(asked)) if Some(asked) != own => return Err(Problem::not_found()),
        (Role::Driver, _) => own.ok_or_else(Problem::not_found)?,
        (_, asked) => asked.ok_or_else(|| Problem::parameter("driverId", Reason::Required))?,
    };
    let lab = said(query.lab_id.as_deref()).map(LabId::known);
    if lab.is_some_and(|lab| !caller.sees(&lab)) {
        return Err(Problem::not_found());
    }
    let which = Which {
        lab_id: query.lab_id,
        clinic_id: None,
    };
    lookup::driver(app, caller, id, &which).await
}

fn is_known(headers: &HeaderMap, tag: &str) -> bool {
    let known = headers.get_all(header::IF_NONE_MATCH).iter();
    known
        .filter_map(|value| value.to_str().ok())
        .flat_map(|value| value.split(','))
        .any(|one| one.trim().trim_start_matches("W/") == tag)
}
