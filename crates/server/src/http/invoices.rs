//! Invoices.

use std::sync::Arc;

use axum::Json;
use axum::extract::{Extension, Path, Query, Request, State};
use axum::http::{HeaderMap, StatusCode};
use pontic_core::fault::Reason;
use pontic_core::id::{self, InvoiceId};
use pontic_core::invoice::Invoice;
use pontic_core::record::Kind;
use pontic_wire::resource;
use serde_json::Value;

use super::lookup::{self, Which};
use super::paging::{List, ListQuery};
use super::problem::{Answer, Problem};
use super::{body, directory};
use crate::access::Caller;
use crate::app::App;
use crate::shape;

/// Invoices.
#[utoipa::path(get, path = "/v1/invoices", tag = "finance", params(ListQuery), responses((status = 200, body = List)))]
pub async fn list(
    State(app): State<Arc<App>>,
    Extension(caller): Extension<Caller>,
    Query(query): Query<ListQuery>,
) -> Answer<Json<List>> {
    directory::list(&app, &caller, Kind::Invoice, &query).await
}

/// One invoice.
#[utoipa::path(get, path = "/v1/invoices/{id}", tag = "finance", params(("id" = String, Path), Which), responses((status = 200, body = Value), (status = 404), (status = 409)))]
pub async fn get(
    State(app): State<Arc<App>>,
    Extension(caller): Extension<Caller>,
    Path(id): Path<String>,
    Query(which): Query<Which>,
) -> Answer<Json<Value>> {
    Ok(Json(shape::invoice(
        &lookup::one::<Invoice>(&app, &caller, &id, &which).await?,
    )))
}

/// An invoice of Finance: `{ labId, clinicId, caseIds, amount?, currency? }`.
#[utoipa::path(put, path = "/v1/invoices/{id}", tag = "finance", params(("id" = String, Path)), request_body(content = Value), responses((status = 200, body = Value), (status = 201, body = Value), (status = 400), (status = 409), (status = 412)))]
pub async fn put(
    State(app): State<Arc<App>>,
    Extension(caller): Extension<Caller>,
    Path(id): Path<String>,
    headers: HeaderMap,
    request: Request,
) -> Answer<(StatusCode, Json<Value>)> {
    id::check(&id).map_err(|reason| Problem::parameter("id", reason))?;
    body::require_json(&headers)?;
    let expected = body::if_match(&headers)?;
    let bytes = body::read(request.into_body(), body::USUAL).await?;
    let invoice_id = InvoiceId::known(id.as_str());
    let event = {
        let json = body::parse(&bytes, false)?;
        resource::invoice(&invoice_id, &json)
            .map_err(|faults| Problem::invalid(StatusCode::BAD_REQUEST, faults))?
    };
    if !caller.sees(&event.lab_id) {
        return Err(Problem::not_found());
    }
    let (lab, key) = (event.lab_id.clone(), id.clone());
    let before = app
        .read(move |store| store.get(Kind::Invoice, Some(&lab), &key))
        .await?;
    let version = before
        .first()
        .map_or(0, pontic_core::record::Record::version);
    if expected.is_some_and(|expected| expected != version) {
        return Err(Problem {
            status: StatusCode::PRECONDITION_FAILED,
            ..Problem::conflict("version_mismatch")
        });
    }
    let which = Which {
        lab_id: Some(event.lab_id.to_string()),
        clinic_id: None,
    };
    directory::act(&app, &caller, event.into())
        .await
        .map_err(in_body)?;
    let invoice = lookup::one::<Invoice>(&app, &caller, &id, &which).await?;
    let status = if before.is_empty() {
        StatusCode::CREATED
    } else {
        StatusCode::OK
    };
    Ok((status, Json(shape::invoice(&invoice))))
}

/// Faults of the event are at the same fields of the body.
fn in_body(mut problem: Problem) -> Problem {
    for fault in &mut problem.errors {
        if let Some(field) = fault.field.strip_prefix("detail.").map(str::to_owned) {
            fault.field = field.into();
        }
        debug_assert!(
            fault.reason != Reason::TooLarge,
            "sizes are tested at the door"
        );
    }
    problem
}
