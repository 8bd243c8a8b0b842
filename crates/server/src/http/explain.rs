//! The story of an id.

use std::sync::Arc;

use axum::Json;
use axum::extract::{Extension, Path, Query, State};
use pontic_core::id::LabId;
use serde::Deserialize;
use serde_json::{Value, json};
use utoipa::IntoParams;

use super::paging::said;
use super::problem::{Answer, Problem};
use crate::access::Caller;
use crate::app::App;
use crate::explain::{Asked, explain};

/// Longest id that anything has.
const LONGEST: usize = 256;

/// Which of several meanings.
#[derive(Debug, Deserialize, IntoParams)]
#[serde(rename_all = "camelCase")]
#[into_params(parameter_in = Query)]
pub struct StoryQuery {
    /// Of that lab.
    lab_id: Option<String>,
    /// Of that kind: `delivery`, `pickup`, `case`, `invoice`, `route`, `stop`, …, `event`, `refused`.
    kind: Option<String>,
    /// Who sent the event with that id, where it is none of the usual sources.
    source: Option<String>,
}

/// What became of a delivery, pickup, case, invoice, route, stop, event, message or refused message, in plain sentences:
/// `{ id, stories: [{ kind, id, labId, summary, timeZone, lines: [{ at, seq, text }], omitted }] }`.
#[utoipa::path(get, path = "/v1/explain/{id}", tag = "events", params(("id" = String, Path), StoryQuery), responses((status = 200, body = Value), (status = 404)))]
pub async fn story(
    State(app): State<Arc<App>>,
    Extension(caller): Extension<Caller>,
    Path(id): Path<String>,
    Query(query): Query<StoryQuery>,
) -> Answer<Json<Value>> {
    let lab = said(query.lab_id.as_deref()).map(LabId::known);
    if lab.as_ref().is_some_and(|lab| !caller.sees(lab)) || id.len() > LONGEST {
        return Err(Problem::not_found());
    }
    let asked = Asked {
        id: id.clone(),
        sees_all: caller.lab_id.is_none(),
        lab_id: lab.or(caller.lab_id),
        kind: said(query.kind.as_deref()).map(str::to_owned),
        source: said(query.source.as_deref()).map(str::to_owned),
    };
    let zone = app.config.rules.default_time_zone.clone();
    let stories = app.read(move |store| explain(store, &asked, &zone)).await?;
    if stories.is_empty() {
        return Err(Problem::not_found());
    }
    let stories: Vec<Value> = stories.iter().map(crate::explain::Story::shape).collect();
    Ok(Json(json!({ "id": id, "stories": stories })))
}
