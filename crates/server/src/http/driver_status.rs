//! What drivers, and their phones, say of themselves: at work, on a break, not heard for a while.

use std::sync::Arc;

use axum::Json;
use axum::extract::{Extension, Path, Query, Request, State};
use axum::http::{HeaderMap, StatusCode};
use pontic_core::event::DriverPresenceSet;
use pontic_core::silence::LastWords;
use pontic_wire::resource;
use serde_json::Value;

use super::body;
use super::lookup::{self, Which};
use super::problem::{Answer, Problem};
use super::taps::Tap;
use crate::access::{Caller, Role};
use crate::app::App;
use crate::shape;

/// `{ onDuty?, paused?, pausedUntil?, cause?, at? }`: whether the driver is at work or has a break (until then), and why nothing will be heard of
/// the phone (`permission_off`, `no_network`, `app_closed`), which is told when it falls silent. Nobody is told of the silence of a
/// driver who is not at work.
#[utoipa::path(post, path = "/v1/drivers/{id}/status", tag = "drivers", params(("id" = String, Path), ("Idempotency-Key" = Option<String>, Header, description = "Names the tap: told again with the same key and body, it is the same tap"), Which), request_body(content = Value), responses((status = 200, description = "The driver", body = Value), (status = 400), (status = 404), (status = 409)))]
pub async fn post(
    State(app): State<Arc<App>>,
    Extension(caller): Extension<Caller>,
    Path(id): Path<String>,
    Query(which): Query<Which>,
    headers: HeaderMap,
    request: Request,
) -> Answer<Json<Value>> {
    let tap = Tap::of(&headers, &caller)?;
    let bytes = body::read(request.into_body(), body::USUAL).await?;
    let driver = lookup::driver(&app, &caller, &id, &which).await?;
    if caller.role == Role::Driver && caller.driver_id.as_ref() != Some(&driver.id) {
        return Err(Problem::not_found());
    }
    let status = {
        let json = body::parse(&bytes, false)?;
        resource::driver_status(&json)
            .map_err(|faults| Problem::invalid(StatusCode::BAD_REQUEST, faults))?
    };
    if let Some(presence) = status.presence {
        let event = DriverPresenceSet {
            lab_id: driver.lab_id.clone(),
            driver_id: driver.id.clone(),
            presence,
            paused_until: status.paused_until,
            at: status.at,
        };
        tap.check_time(&app, &caller, event.at).await?;
        tap.act(&app, &caller, event.into()).await?;
    }
    if let (Some(cause), Some(no)) = (
        status.cause,
        app.drivers.log.find(&driver.lab_id, &driver.id),
    ) {
        app.drivers.hear_last_words(no, LastWords::Said(cause));
    }
    let which = Which {
        lab_id: Some(driver.lab_id.to_string()),
        clinic_id: None,
    };
    let now = lookup::driver(&app, &caller, driver.id.as_str(), &which).await?;
    Ok(Json(shape::driver(&now, caller.role.reads_names())))
}
