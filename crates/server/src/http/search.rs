//! One field for what dispatchers look for: a case, delivery or pickup by its number, a clinic or driver by a word of its name. The
//! answer says where it is now and when it arrives. Patients are neither looked for nor told.

mod found;
mod words;

use std::sync::Arc;

use axum::Json;
use axum::extract::{Extension, Query, State};
use pontic_core::fault::Reason;
use pontic_core::id::LabId;
use serde::Deserialize;
use serde_json::{Value, json};
use utoipa::IntoParams;

use super::paging::said;
use super::problem::{Answer, Problem};
use crate::access::Caller;
use crate::app::App;

/// Most items of an answer.
const MOST: usize = 20;
/// With fewer characters everything would be found.
const FEWEST_CHARS: usize = 2;
/// Longest text that is looked for.
const MOST_CHARS: usize = 100;

/// What is looked for.
#[derive(Debug, Deserialize, IntoParams)]
#[serde(rename_all = "camelCase")]
#[into_params(parameter_in = Query)]
pub struct SearchQuery {
    /// A number or its beginning, or words of a name; of fewer than two characters nothing is found.
    q: Option<String>,
    /// Of that lab.
    lab_id: Option<String>,
}

/// Up to 20 cases, pickups, clinics, drivers, deliveries, routes and stops, exact numbers first: `{ kind, id, labId, title, clinicId?,
/// clinicName?, driverId?, driverName?, routeId?, stopId?, status?, date?, eta?, at? }`; `at` is `lab`, `van` or `clinic`.
#[utoipa::path(get, path = "/v1/search", tag = "work", params(SearchQuery), responses((status = 200, body = Value), (status = 400)))]
pub async fn search(
    State(app): State<Arc<App>>,
    Extension(caller): Extension<Caller>,
    Query(query): Query<SearchQuery>,
) -> Answer<Json<Value>> {
    let nothing = || Ok(Json(json!({ "items": [] })));
    let text = query.q.as_deref().unwrap_or_default();
    if text.contains(char::is_control) {
        return Err(Problem::parameter("q", Reason::InvalidChar));
    }
    let text = text.trim().to_owned();
    let chars = text.chars().count();
    if chars > MOST_CHARS {
        return Err(Problem::parameter("q", Reason::TooLong));
    }
    let asked = said(query.lab_id.as_deref()).map(LabId::known);
    let is_foreign = asked.as_ref().is_some_and(|lab| !caller.sees(lab));
    if chars < FEWEST_CHARS || is_foreign {
        return nothing();
    }
    let lab = asked.or(caller.lab_id);
    let items = app
        .drivers
        .apart(move |drivers| found::find(drivers, lab.as_ref(), &text))
        .await?;
    Ok(Json(json!({ "items": items })))
}
