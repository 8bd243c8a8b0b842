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
use super::names::{self, Names};
use super::paging::{List, ListQuery};
use super::problem::{Answer, Problem};
use super::{body, directory};
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
#[utoipa::path(get, path = "/v1/pickups/{id}", tag = "work", params(("id" = String, Path), Which, Names), responses((status = 200, body = Value), (status = 404), (status = 409)))]
pub async fn get(
    State(app): State<Arc<App>>,
    Extension(caller): Extension<Caller>,
    Path(id): Path<String>,
    Query(which): Query<Which>,
    Query(names): Query<Names>,
) -> Answer<Json<Value>> {
    let with_names = names.shown(&caller)?;
    let pickup = lookup::one::<Pickup>(&app, &caller, &id, &which).await?;
    Ok(shown(&caller, &pickup, with_names))
}

/// Move a pickup (`windowStart`, `windowEnd`) or change it (`packageCount`, `isRush`); with `?following=true` the rest of its series.
#[utoipa::path(patch, path = "/v1/pickups/{id}", tag = "work", params(("id" = String, Path), PickupQuery, Names), request_body(content = Value), responses((status = 200, body = Value), (status = 400), (status = 404), (status = 409), (status = 412)))]
pub async fn patch(
    State(app): State<Arc<App>>,
    Extension(caller): Extension<Caller>,
    Path(id): Path<String>,
    Query(query): Query<PickupQuery>,
    Query(names): Query<Names>,
    headers: HeaderMap,
    request: Request,
) -> Answer<Json<Value>> {
    let with_names = names.shown(&caller)?;
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
    stands(&app, &caller, &pickup, with_names).await
}

/// Call a pickup off; with `?following=true` the rest of its series.
#[utoipa::path(delete, path = "/v1/pickups/{id}", tag = "work", params(("id" = String, Path), PickupQuery, Names), responses((status = 200, body = Value), (status = 404), (status = 409)))]
pub async fn delete(
    State(app): State<Arc<App>>,
    Extension(caller): Extension<Caller>,
    Path(id): Path<String>,
    Query(query): Query<PickupQuery>,
    Query(names): Query<Names>,
) -> Answer<Json<Value>> {
    let with_names = names.shown(&caller)?;
    let pickup = lookup::one::<Pickup>(&app, &caller, &id, &query.which()).await?;
    let following = query.following.unwrap_or(false);
    let event = PickupEnded {
        lab_id: pickup.lab_id.clone(),
        id: pickup.id.clone(),
        following,
    };
    directory::act(&app, &caller, event.into()).await?;
    stands(&app, &caller, &pickup, with_names).await
}

/// As that caller sees it; that they read names is noted.
fn shown(caller: &Caller, pickup: &Pickup, with_names: bool) -> Json<Value> {
    let answer = shape::pickup(pickup, with_names);
    names::note(caller, Kind::Pickup, pickup.id.as_str(), &answer);
    Json(answer)
}

async fn stands(
    app: &App,
    caller: &Caller,
    pickup: &Pickup,
    with_names: bool,
) -> Answer<Json<Value>> {
    let which = Which {
        lab_id: Some(pickup.lab_id.to_string()),
        clinic_id: None,
    };
    let now = lookup::one::<Pickup>(app, caller, pickup.id.as_str(), &which).await?;
    Ok(shown(caller, &now, with_names))
}
