//! Drivers' phones log in by an invite, and are logged out from the desk.

use std::sync::Arc;

use axum::Json;
use axum::extract::{Extension, Path, Query, State};
use axum::http::StatusCode;
use pontic_core::directory::Driver;
use pontic_core::time;
use serde_json::{Value, json};

use super::lookup::{self, Which};
use super::problem::{Answer, Problem};
use crate::access::Caller;
use crate::app::App;

/// A code by which the driver's phone logs in: once, within half an hour. It is shown this once; `path` opens the driver's page with it,
/// `url` the same as a whole address, where `publicUrl` is set.
#[utoipa::path(post, path = "/v1/drivers/{id}/invites", tag = "drivers", params(("id" = String, Path), Which), responses((status = 201, description = "`{ code, path, url?, expiresAt }`", body = Value), (status = 404), (status = 409)))]
pub async fn invite(
    State(app): State<Arc<App>>,
    Extension(caller): Extension<Caller>,
    Path(id): Path<String>,
    Query(which): Query<Which>,
) -> Answer<(StatusCode, Json<Value>)> {
    let driver = lookup::one::<Driver>(&app, &caller, &id, &which).await?;
    let (keys, now) = (Arc::clone(&app.keys), app.clock.now());
    tracing::info!(
        token = caller.token_id,
        driver = driver.id.as_str(),
        "driver invited"
    );
    let made = tokio::task::spawn_blocking(move || keys.invite(&driver, now)).await;
    let (code, ends) = made.map_err(|_| Problem::internal())??;
    // Behind the mark it stays in the browser: no server's log holds it.
    let path = format!("/drive#invite={}", code.0);
    let mut body = json!({ "code": code.0, "path": path, "expiresAt": time::format(ends) });
    if let Some(base) = &app.config.public_url {
        body["url"] = format!("{base}{path}").into();
    }
    Ok((StatusCode::CREATED, Json(body)))
}

/// Log the driver's phones out, and end invites that were not used: for a phone that was lost. Credentials of apps of others are ended
/// one by one, at `/v1/drivers/{id}/devices`.
#[utoipa::path(delete, path = "/v1/drivers/{id}/sessions", tag = "drivers", params(("id" = String, Path), Which), responses((status = 204), (status = 404), (status = 409)))]
pub async fn end(
    State(app): State<Arc<App>>,
    Extension(caller): Extension<Caller>,
    Path(id): Path<String>,
    Query(which): Query<Which>,
) -> Answer<StatusCode> {
    let driver = lookup::one::<Driver>(&app, &caller, &id, &which).await?;
    let (keys, now) = (Arc::clone(&app.keys), app.clock.now());
    let ended = tokio::task::spawn_blocking(move || keys.end_sessions(&driver, now)).await;
    ended.map_err(|_| Problem::internal())??;
    Ok(StatusCode::NO_CONTENT)
}
