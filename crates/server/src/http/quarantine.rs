//! What authentic senders sent and could not be used: kept sealed, shown to the desk, sent in again once the cause is mended.

mod again;
mod groups;
mod repair;

use std::sync::Arc;

use axum::Json;
use axum::extract::{Extension, Path, Query, Request, State};
use axum::http::StatusCode;
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use pontic_core::time;
use pontic_store::page::{QuarantineFilter, QuarantineRow};
use pontic_wire::fields;
use serde::Deserialize;
use serde_json::{Value, json};
use utoipa::IntoParams;

use super::body;
use super::paging::{List, paging, said};
use super::problem::{Answer, Problem};
use crate::access::Caller;
use crate::app::App;

pub use groups::{__path_groups, groups};
pub use repair::{__path_repair, repair};

/// Which refused messages.
#[derive(Debug, Deserialize, IntoParams)]
#[serde(rename_all = "camelCase")]
#[into_params(parameter_in = Query)]
pub struct QuarantineQuery {
    /// `open` (usual) or `all`.
    status: Option<String>,
    /// Of that endpoint, or source.
    source: Option<String>,
    /// About the case, pickup, delivery or invoice with that id.
    about: Option<String>,
    /// At most so many, up to 200.
    limit: Option<String>,
    /// After the last `next`.
    after: Option<String>,
}

/// Refused messages of authentic senders, oldest first.
#[utoipa::path(get, path = "/v1/quarantine", tag = "quarantine", params(QuarantineQuery), responses((status = 200, body = List)))]
pub async fn list(
    State(app): State<Arc<App>>,
    Extension(caller): Extension<Caller>,
    Query(query): Query<QuarantineQuery>,
) -> Answer<Json<List>> {
    let paging = paging(query.limit.as_deref(), query.after.as_deref())?;
    let filter = QuarantineFilter {
        lab_id: caller.lab_id.clone(),
        open_only: said(query.status.as_deref()) != Some("all"),
        source: said(query.source.as_deref()).map(str::to_owned),
        name: None,
        about: said(query.about.as_deref()).map(str::to_owned),
    };
    let page = app
        .read(move |store| store.quarantine(&filter, &paging))
        .await?;
    Ok(Json(List::of(&page, shape)))
}

fn shape(row: &QuarantineRow) -> Value {
    let errors: Value = serde_json::from_str(&row.item.errors).unwrap_or_default();
    json!({
        "id": row.item.id,
        "at": time::format(row.item.at),
        "labId": row.item.lab_id,
        "source": row.item.source,
        "type": row.item.name,
        "actor": row.item.actor,
        "code": errors["code"],
        "errors": errors["errors"],
        "about": row.item.about,
        "status": if row.open { "open" } else { "redriven" },
        "became": row.became,
    })
}

/// One refused message, patient data masked.
#[utoipa::path(get, path = "/v1/quarantine/{id}", tag = "quarantine", params(("id" = String, Path)), responses((status = 200, body = Value), (status = 404)))]
pub async fn get(
    State(app): State<Arc<App>>,
    Extension(caller): Extension<Caller>,
    Path(id): Path<String>,
) -> Answer<Json<Value>> {
    let row = find(&app, &caller, id).await?;
    let mut shape = shape(&row);
    // Shown without names, notes and contacts: what is wrong can be seen all the same.
    let body = serde_json::from_slice::<Value>(row.item.raw.reveal()).ok();
    shape["body"] = body.map_or(Value::Null, |body| {
        pontic_core::mask::sanitize(&opened(body))
    });
    Ok(Json(shape))
}

/// Texts that hold a document of their own (of `PutEvents`, of `CloudEvents`) are opened, so that names in it are found too;
/// one that cannot be opened goes.
fn opened(body: Value) -> Value {
    match body {
        Value::Array(items) => items.into_iter().map(opened).collect(),
        Value::Object(members) => members
            .into_iter()
            .map(|(key, member)| match member {
                Value::String(text) if key == "data_base64" => (key, decoded(&text)),
                member => (key, opened(member)),
            })
            .collect(),
        Value::String(text) if text.trim_start().starts_with(['{', '[']) => {
            serde_json::from_str(&text).map_or(Value::Null, opened)
        }
        other => other,
    }
}

fn decoded(text: &str) -> Value {
    let bytes = STANDARD.decode(text).ok();
    let body = bytes.and_then(|bytes| serde_json::from_slice(&bytes).ok());
    body.map_or(Value::Null, opened)
}

async fn find(app: &App, caller: &Caller, id: String) -> Answer<QuarantineRow> {
    let row = app.read(move |store| store.quarantined(&id)).await?;
    let visible = row.filter(|row| {
        row.item
            .lab_id
            .as_ref()
            .map_or(caller.lab_id.is_none(), |lab| caller.sees(lab))
    });
    visible.ok_or_else(Problem::not_found)
}

/// Send a refused message in again.
#[utoipa::path(post, path = "/v1/quarantine/{id}/redrive", tag = "quarantine", params(("id" = String, Path)),
    responses((status = 200, description = "It was accepted now", body = Value), (status = 409, description = "It was redriven before"), (status = 422, description = "It is still refused, and stays")))]
pub async fn redrive(
    State(app): State<Arc<App>>,
    Extension(caller): Extension<Caller>,
    Path(id): Path<String>,
) -> Answer<Json<Value>> {
    let row = find(&app, &caller, id).await?;
    if !row.open {
        return Err(Problem::conflict("already_redriven"));
    }
    let mut told = again::send(&app, &caller, vec![row]).await?;
    let one = told.pop().ok_or_else(Problem::internal)?;
    one.outcome.map(|taken| Json(taken.shape()))
}

/// Send refused messages in again, in the order in which they came: `{ source?, type? }`; without either, all that are open. Those still
/// refused stay.
#[utoipa::path(post, path = "/v1/quarantine/redrive", tag = "quarantine", request_body(content = Value), responses((status = 200, body = Value), (status = 400)))]
pub async fn redrive_many(
    State(app): State<Arc<App>>,
    Extension(caller): Extension<Caller>,
    request: Request,
) -> Answer<Json<Value>> {
    let bytes = body::read(request.into_body(), body::USUAL).await?;
    let json = body::parse(&bytes, true)?;
    let filter = {
        let mut reader = fields::Reader::new(&json, "");
        let source = reader.optional("source", fields::text(fields::NAME));
        let name = reader.optional("type", fields::text(fields::NAME));
        reader.finish(|| {
            Some(QuarantineFilter {
                lab_id: caller.lab_id.clone(),
                open_only: true,
                source: source.map(str::to_owned),
                name: name.map(str::to_owned),
                about: None,
            })
        })
    };
    let filter = filter.map_err(|faults| Problem::invalid(StatusCode::BAD_REQUEST, faults))?;
    Ok(Json(again::all(&app, &caller, filter).await?.shape()))
}
