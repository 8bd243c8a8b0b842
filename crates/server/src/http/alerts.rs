//! Alerts that wait for somebody.

use std::sync::Arc;

use axum::Json;
use axum::extract::{Extension, Path, Query, State};
use axum::http::StatusCode;
use pontic_core::time;
use pontic_store::page::AlertRow;
use serde::Deserialize;
use serde_json::Value;
use utoipa::IntoParams;

use super::paging::{List, paging, said};
use super::problem::{Answer, Problem};
use crate::access::Caller;
use crate::app::App;

/// Which alerts.
#[derive(Debug, Deserialize, IntoParams)]
#[serde(rename_all = "camelCase")]
#[into_params(parameter_in = Query)]
pub struct AlertQuery {
    /// `open` (usual) or `all`.
    status: Option<String>,
    /// Of that lab.
    lab_id: Option<String>,
    /// At most so many, up to 200.
    limit: Option<String>,
    /// After the last `next`.
    after: Option<String>,
}

/// Alerts, newest first.
#[utoipa::path(get, path = "/v1/alerts", tag = "live", params(AlertQuery), responses((status = 200, body = List)))]
pub async fn list(
    State(app): State<Arc<App>>,
    Extension(caller): Extension<Caller>,
    Query(query): Query<AlertQuery>,
) -> Answer<Json<List>> {
    let asked = said(query.lab_id.as_deref()).map(pontic_core::id::LabId::known);
    if asked.as_ref().is_some_and(|lab| !caller.sees(lab)) {
        return Ok(Json(List::empty()));
    }
    let lab = asked.or(caller.lab_id);
    let open_only = said(query.status.as_deref()) != Some("all");
    let paging = paging(query.limit.as_deref(), query.after.as_deref())?;
    let page = app
        .read(move |store| store.alerts(lab.as_ref(), open_only, &paging))
        .await?;
    Ok(Json(List::of(&page, shape)))
}

fn shape(row: &AlertRow) -> Value {
    let mut shape: Value = serde_json::from_str(&row.body).unwrap_or_default();
    shape["number"] = row.number.into();
    shape["at"] = time::format(row.at).into();
    shape["status"] = if row.open {
        "open".into()
    } else {
        "closed".into()
    };
    if let Some(seq) = row.seq {
        shape["eventSeq"] = seq.into();
    }
    shape
}

/// Mark an alert as dealt with.
#[utoipa::path(post, path = "/v1/alerts/{number}/close", tag = "live", params(("number" = u64, Path)), responses((status = 204), (status = 404)))]
pub async fn close(
    State(app): State<Arc<App>>,
    Extension(caller): Extension<Caller>,
    Path(number): Path<String>,
) -> Answer<StatusCode> {
    let number: u64 = number.parse().map_err(|_| Problem::not_found())?;
    let closed = app
        .read(move |store| store.close_alert(caller.lab_id.as_ref(), number))
        .await?;
    if closed {
        Ok(StatusCode::NO_CONTENT)
    } else {
        Err(Problem::not_found())
    }
}
