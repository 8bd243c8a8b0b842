//! Deliveries.

use std::sync::Arc;

use axum::Json;
use axum::extract::{Extension, Path, Query, Request, State};
use axum::http::{HeaderMap, StatusCode};
use pontic_core::delivery::{Case, Delivery};
use pontic_core::record::{Entity, Kind};
use pontic_store::page::{Filter, Paging};
use pontic_wire::resource;
use serde_json::Value;

use super::lookup::{self, Which};
use super::names::{self, Names};
use super::paging::{List, ListQuery};
use super::problem::{Answer, Problem};
use super::{body, directory};
use crate::access::Caller;
use crate::app::App;
use crate::shape;

/// Most cases of one delivery that are shown.
const MAX_CASES: usize = 10_000;

/// Deliveries, without their cases.
#[utoipa::path(get, path = "/v1/deliveries", tag = "work", params(ListQuery), responses((status = 200, body = List)))]
pub async fn list(
    State(app): State<Arc<App>>,
    Extension(caller): Extension<Caller>,
    Query(query): Query<ListQuery>,
) -> Answer<Json<List>> {
    directory::list(&app, &caller, Kind::Delivery, &query).await
}

/// One delivery with all its cases.
#[utoipa::path(get, path = "/v1/deliveries/{id}", tag = "work", params(("id" = String, Path), Which, Names), responses((status = 200, body = Value), (status = 404), (status = 409)))]
pub async fn get(
    State(app): State<Arc<App>>,
    Extension(caller): Extension<Caller>,
    Path(id): Path<String>,
    Query(which): Query<Which>,
    Query(names): Query<Names>,
) -> Answer<Json<Value>> {
    let with_names = names.shown(&caller)?;
    let delivery = lookup::one::<Delivery>(&app, &caller, &id, &which).await?;
    with_cases(&app, &caller, delivery, with_names).await
}

async fn with_cases(
    app: &App,
    caller: &Caller,
    delivery: Delivery,
    with_names: bool,
) -> Answer<Json<Value>> {
    let filter = Filter {
        lab_id: Some(delivery.lab_id.clone()),
        parent: Some(delivery.id.to_string()),
        ..Filter::default()
    };
    let paging = Paging {
        after: None,
        limit: MAX_CASES,
    };
    let page = app
        .read(move |store| store.list(Kind::Case, &filter, &paging))
        .await?;
    let cases: Vec<&Case> = page.items.iter().filter_map(Case::from_record).collect();
    let answer = shape::delivery_with_cases(&delivery, &cases, with_names);
    names::note(caller, Kind::Delivery, delivery.id.as_str(), &answer);
    Ok(Json(answer))
}

/// Give an open delivery another day (`deliveryDate`), or call it off (`status: "cancelled"`).
#[utoipa::path(patch, path = "/v1/deliveries/{id}", tag = "work", params(("id" = String, Path), Which, Names), request_body(content = Value), responses((status = 200, body = Value), (status = 400), (status = 404), (status = 409), (status = 412)))]
pub async fn patch(
    State(app): State<Arc<App>>,
    Extension(caller): Extension<Caller>,
    Path(id): Path<String>,
    Query(which): Query<Which>,
    Query(names): Query<Names>,
    headers: HeaderMap,
    request: Request,
) -> Answer<Json<Value>> {
    let with_names = names.shown(&caller)?;
    body::require_json(&headers)?;
    let expected = body::if_match(&headers)?;
    let bytes = body::read(request.into_body(), body::USUAL).await?;
    let delivery = lookup::one::<Delivery>(&app, &caller, &id, &which).await?;
    let event = {
        let json = body::parse(&bytes, false)?;
        let event = resource::delivery_patch(
            delivery.lab_id.clone(),
            delivery.id.clone(),
            &json,
            expected,
        );
        event.map_err(|faults| Problem::invalid(StatusCode::BAD_REQUEST, faults))?
    };
    let accepted = directory::act(&app, &caller, event.into()).await?;
    let told: Value = serde_json::from_str(&accepted.result).unwrap_or_default();
    let id = told["deliveryId"]
        .as_str()
        .unwrap_or(delivery.id.as_str())
        .to_owned();
    let now = lookup::one::<Delivery>(
        &app,
        &caller,
        &id,
        &Which {
            lab_id: Some(delivery.lab_id.to_string()),
            clinic_id: None,
        },
    )
    .await?;
    with_cases(&app, &caller, now, with_names).await
}
