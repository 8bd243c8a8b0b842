//! Drivers' phones: credentials are made, listed and revoked.

use std::sync::Arc;

use axum::Json;
use axum::extract::{Extension, Path, Query, State};
use axum::http::StatusCode;
use pontic_core::directory::Driver;
use pontic_core::time;
use pontic_store::access::{Token, TokenKind};
use serde_json::{Value, json};

use super::lookup::{self, Which};
use super::paging::List;
use super::problem::{Answer, Problem};
use crate::access::{Caller, new_device};
use crate::app::App;

/// Credentials for a phone of the driver; the secret is shown this once.
#[utoipa::path(post, path = "/v1/drivers/{id}/devices", tag = "drivers", params(("id" = String, Path), Which), responses((status = 201, description = "`{ deviceId, secret }`", body = Value), (status = 404), (status = 409)))]
pub async fn create(
    State(app): State<Arc<App>>,
    Extension(caller): Extension<Caller>,
    Path(id): Path<String>,
    Query(which): Query<Which>,
) -> Answer<(StatusCode, Json<Value>)> {
    let driver = lookup::one::<Driver>(&app, &caller, &id, &which).await?;
    let (device, secret, rows) = new_device(&driver.lab_id, &driver.id, app.clock.now())?;
    app.read(move |store| rows.iter().try_for_each(|row| store.put_token(row)))
        .await?;
    Ok((
        StatusCode::CREATED,
        Json(json!({ "deviceId": device, "secret": secret.0, "driverId": driver.id })),
    ))
}

/// The driver's phones, without their secrets, which nobody has.
#[utoipa::path(get, path = "/v1/drivers/{id}/devices", tag = "drivers", params(("id" = String, Path), Which), responses((status = 200, body = List), (status = 404), (status = 409)))]
pub async fn list(
    State(app): State<Arc<App>>,
    Extension(caller): Extension<Caller>,
    Path(id): Path<String>,
    Query(which): Query<Which>,
) -> Answer<Json<List>> {
    let driver = lookup::one::<Driver>(&app, &caller, &id, &which).await?;
    let devices = devices(&app, driver).await?;
    let shape = |token: &Token| json!({ "deviceId": token.id, "createdAt": time::format(token.created_at) });
    Ok(Json(List {
        items: devices.iter().map(shape).collect(),
        next: None,
    }))
}

/// End a phone's credentials.
#[utoipa::path(delete, path = "/v1/drivers/{id}/devices/{device}", tag = "drivers", params(("id" = String, Path), ("device" = String, Path), Which), responses((status = 204), (status = 404), (status = 409)))]
pub async fn revoke(
    State(app): State<Arc<App>>,
    Extension(caller): Extension<Caller>,
    Path((id, device)): Path<(String, String)>,
    Query(which): Query<Which>,
) -> Answer<StatusCode> {
    let driver = lookup::one::<Driver>(&app, &caller, &id, &which).await?;
    if !devices(&app, driver)
        .await?
        .iter()
        .any(|token| token.id == device)
    {
        return Err(Problem::not_found());
    }
    app.read(move |store| store.revoke_token(&device)).await?;
    app.keys.heed_revocation();
    Ok(StatusCode::NO_CONTENT)
}

async fn devices(app: &App, driver: Driver) -> Answer<Vec<Token>> {
    let now = app.clock.now();
    let mut tokens = app
        .read(move |store| store.tokens(TokenKind::Device, now))
        .await?;
    // One row of a phone's two stands for it.
    tokens.retain(|token| {
        token.parent.is_none()
            && token.lab_id.as_ref() == Some(&driver.lab_id)
            && token.driver_id.as_ref() == Some(&driver.id)
    });
    Ok(tokens)
}
