//! What authentic senders sent and could not be used: kept sealed, shown to the desk, sent in again once the cause is mended.

use std::sync::Arc;

use axum::Json;
use axum::extract::{Extension, Path, Query, State};
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use pontic_core::time;
use pontic_store::page::QuarantineRow;
use pontic_wire::event::{self};
use pontic_wire::json::Limits;
use serde::Deserialize;
use serde_json::{Value, json};
use utoipa::IntoParams;

use super::paging::{List, paging, said};
use super::problem::{Answer, Problem};
use super::refused;
use super::webhooks;
use crate::access::Caller;
use crate::app::App;
use crate::door::{Draft, Outcome};

/// Which refused messages.
#[derive(Debug, Deserialize, IntoParams)]
#[serde(rename_all = "camelCase")]
#[into_params(parameter_in = Query)]
pub struct QuarantineQuery {
    /// `open` (usual) or `all`.
    status: Option<String>,
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
    let open_only = said(query.status.as_deref()) != Some("all");
    let paging = paging(query.limit.as_deref(), query.after.as_deref())?;
    let page = app
        .read(move |store| store.quarantine(caller.lab_id.as_ref(), open_only, &paging))
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
        "status": if row.open { "open" } else { "redriven" },
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
    let row = find(&app, &caller, id.clone()).await?;
    if !row.open {
        return Err(Problem::conflict("already_redriven"));
    }
    let draft = if row.item.name == refused::WEBHOOK {
        webhook_again(&app, &row)?
    } else {
        event_again(&caller, &row)?
    };
    match app.submit(draft).await? {
        Outcome::Done(accepted) => {
            app.read(move |store| store.release(&id)).await?;
            let result: Value = serde_json::from_str(&accepted.result).unwrap_or_default();
            let status = if accepted.duplicate {
                "duplicate"
            } else {
                "processed"
            };
            Ok(Json(
                json!({ "eventId": accepted.event_id, "status": status, "result": result }),
            ))
        }
        Outcome::Refused(refusal) => Err(Problem::refused(
            refusal,
            axum::http::StatusCode::UNPROCESSABLE_ENTITY,
        )),
        Outcome::Reused => Err(Problem::conflict("id_reused")),
        Outcome::Internal => Err(Problem::internal()),
    }
}

fn event_again(caller: &Caller, row: &QuarantineRow) -> Answer<Draft> {
    // It is read again as it came; whoever redrives it answers for it, within the lab that it was sent for.
    let headers = |_: &str| None;
    let request = event::read(&headers, row.item.raw.reveal())
        .map_err(|_| Problem::conflict("not_readable"))?;
    let incoming = request
        .events
        .into_iter()
        .next()
        .ok_or(Problem::conflict("not_readable"))?;
    let incoming = incoming.map_err(|rejected| {
        Problem::invalid(
            axum::http::StatusCode::UNPROCESSABLE_ENTITY,
            rejected.faults,
        )
    })?;
    let origin = pontic_core::event::Origin {
        scope: row.item.lab_id.clone(),
        source: incoming.source,
        id: incoming.id,
        time: incoming.time,
        actor: caller.actor(),
    };
    Ok(Draft::Event(Arc::new(pontic_core::event::Event {
        origin,
        body: incoming.body,
    })))
}

fn webhook_again(app: &App, row: &QuarantineRow) -> Answer<Draft> {
    let mut systems = pontic_wire::ehr::all().iter();
    let endpoint = systems.find_map(|ehr| app.endpoints.get(ehr.system, &row.item.source));
    let endpoint = endpoint.ok_or(Problem::conflict("unknown_endpoint"))?;
    let json =
        pontic_wire::json::parse(row.item.raw.reveal(), Limits::WEBHOOK).map_err(Problem::body)?;
    Ok(webhooks::draft(&endpoint, endpoint.ehr.read(&json)))
}
