//! Pickups.

use std::sync::Arc;

use axum::Json;
use axum::extract::{Extension, Path, Query, Request, State};
use axum::http::{HeaderMap, StatusCode};
use pontic_core::event::PickupEnded;
use pontic_core::pickup::Pickup;
use pontic_core::record::Kind;
use pontic_wire::resource;
use serde::Deserialize;
use serde_json::Value;
use utoipa::IntoParams;

use super::lookup::{self, Which};
use super::paging::{List, ListQuery};
use super::problem::{Answer, Problem};
use super::{body, directory, names};
use crate::access::Caller;
use crate::app::App;
use crate::shape;

/// Whether the rest of the series is meant too.
#[derive(Debug, Default, Deserialize, IntoParams)]
#[serde(rename_all = "camelCase")]
#[into_params(parameter_in = Query)]
pub struct PickupQuery {
    /// `true`: the series from this one on.
    following: Option<bool>,
    /// Of that lab.
    lab_id: Option<String>,
    /// For that clinic.
    clinic_id: Option<String>,
}

impl PickupQuery {
    fn which(&self) -> Which {
        Which {
            lab_id: self.lab_id.clone(),
            clinic_id: self.clinic_id.clone(),
        }
    }
}

/// Pickups, occurrences of series among them.
#[utoipa::path(get, path = "/v1/pickups", tag = "work", params(ListQuery), responses((status = 200, body = List)))]
pub async fn list(
    State(app): State<Arc<App>>,
    Extension(caller): Extension<Caller>,
    Query(query): Query<ListQuery>,
) -> Answer<Json<List>> {
    directory::list(&app, &caller, Kind::Pickup, &query).await
}

/// One pickup, by our id or its sender's.
#[utoipa::path(get, path = "/v1/pickups/{id}", tag = "work", params(("id" = String, Path), Which), responses((status = 200, body = Value), (status = 404), (status = 409)))]
pub async fn get(
    State(app): State<Arc<App>>,
    Extension(caller): Extension<Caller>,
    Path(id): Path<String>,
    Query(which): Query<Which>,
) -> Answer<Json<Value>> {
    let pickup = lookup::one::<Pickup>(&app, &caller, &id, &which).await?;
    let answer = shape::pickup(&pickup, caller.role.reads_names());
    names::note(&caller, "pickup", pickup.id.as_str(), &answer);
    Ok(Json(answer))
}

/// Move a pickup (`windowStart`, `windowEnd`) or change it (`packageCount`, `isRush`); with `?following=true` the rest of its series.
#[utoipa::path(patch, path = "/v1/pickups/{id}", tag = "work", params(("id" = String, Path), PickupQuery), request_body(content = Value), responses((status = 200, body = Value), (status = 400), (status = 404), (status = 409), (status = 412)))]
pub async fn patch(
    State(app): State<Arc<App>>,
    Extension(caller): Extension<Caller>,
    Path(id): Path<String>,
    Query(query): Query<PickupQuery>,
    headers: HeaderMap,
    request: Request,
) -> Answer<Json<Value>> {
    body::require_json(&headers)?;
    let expected = body::if_match(&headers)?;
    let bytes = body::read(request.into_body(), body::USUAL).await?;
    let pickup = lookup::one::<Pickup>(&app, &caller, &id, &query.which()).await?;
    let following = query.following.unwrap_or(false);
    let event = {
        let json = body::parse(&bytes, false)?;
        let event = resource::pickup_patch(
            pickup.lab_id.clone(),
            pickup.id.clone(),
            pickup.window,
            &json,
            following,
            expected,
        );
        event.map_err(|faults| Problem::invalid(StatusCode::BAD_REQUEST, faults))?
    };
    directory::act(&app, &caller, event.into()).await?;
    stands(&app, &caller, &pickup).await
}

/// Call a pickup off; with `?following=true` the rest of its series.
#[utoipa::path(delete, path = "/v1/pickups/{id}", tag = "work", params(("id" = String, Path), PickupQuery), responses((status = 200, body = Value), (status = 404), (status = 409)))]
pub async fn delete(
    State(app): State<Arc<App>>,
    Extension(caller): Extension<Caller>,
    Path(id): Path<String>,
    Query(query): Query<PickupQuery>,
) -> Answer<Json<Value>> {
    let pickup = lookup::one::<Pickup>(&app, &caller, &id, &query.which()).await?;
    let following = query.following.unwrap_or(false);
    let event = PickupEnded {
        lab_id: pickup.lab_id.clone(),
        id: pickup.id.clone(),
        following,
    };
    directory::act(&app, &caller, event.into()).await?;
    stands(&app, &caller, &pickup).await
}

async fn stands(app: &App, caller: &Caller, pickup: &Pickup) -> Answer<Json<Value>> {
    let which = Which {
        lab_id: Some(pickup.lab_id.to_string()),
        clinic_id: None,
    };
    let now = lookup::one::<Pickup>(app, caller, pickup.id.as_str(), &which).await?;
    let answer = shape::pickup(&now, caller.role.reads_names());
    names::note(caller, "pickup", now.id.as_str(), &answer);
    Ok(Json(answer))
}
