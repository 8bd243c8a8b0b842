//! Who sends, when it was last heard, and who is silent.

use std::sync::Arc;

use axum::Json;
use axum::extract::{Extension, Query, State};
use pontic_core::id::LabId;
use serde::Deserialize;
use serde_json::{Value, json};
use utoipa::IntoParams;

use super::paging::said;
use super::problem::Answer;
use crate::access::Caller;
use crate::app::App;

/// Of whom.
#[derive(Debug, Deserialize, IntoParams)]
#[serde(rename_all = "camelCase")]
#[into_params(parameter_in = Query)]
pub struct HeardQuery {
    /// Of that lab.
    lab_id: Option<String>,
}

/// Clinics, endpoints and other systems that sent in the last weeks: `{ items: [{ kind, id, labId, lastSeen, lastEvent, lastSeq, daysHeard,
/// silent: { usually } | null }] }`, as of the last minute.
#[utoipa::path(get, path = "/v1/heard", tag = "events", params(HeardQuery), responses((status = 200, body = Value)))]
pub async fn list(
    State(app): State<Arc<App>>,
    Extension(caller): Extension<Caller>,
    Query(query): Query<HeardQuery>,
) -> Answer<Json<Value>> {
    let lab = said(query.lab_id.as_deref()).map(LabId::known);
    if lab.as_ref().is_some_and(|lab| !caller.sees(lab)) {
        return Ok(Json(json!({ "items": [] })));
    }
    let (state, lab) = (Arc::clone(&app), lab.or(caller.lab_id));
    // A look at the senders holds them while it reads the store: nobody else is to wait for that.
    let items = app
        .read(move |_| Ok(state.rhythms.shape(lab.as_ref())))
        .await?;
    Ok(Json(json!({ "items": items })))
}
