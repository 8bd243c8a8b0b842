//! What the page of a clinic that waits for its driver asks, by its link.

use std::sync::Arc;

use axum::Json;
use axum::extract::{Path, Request, State};
use axum::http::StatusCode;
use pontic_core::time::{date_at, zone};
use pontic_wire::resource;
use serde_json::Value;

use super::body;
use super::problem::{Answer, Problem};
use crate::app::App;
use crate::clinic_page::{self, Closed, Visit};
use crate::door::{Outcome, own_event};

/// The source of what clinics say.
const SOURCE: &str = "pontic.clinic";

/// How a visit stands: the stage it is in, when the driver will be there, what is brought and fetched, what the clinic said. It names no
/// person, no case and no note. 404 with `link_unknown`, `link_early` (its route has not started) or `link_over` (half an hour after
/// the stop was closed).
#[utoipa::path(get, path = "/t/{link}/state", tag = "clinic page", security(()), params(("link" = String, Path)), responses((status = 200, body = Value), (status = 404)))]
pub async fn state(State(app): State<Arc<App>>, Path(link): Path<String>) -> Answer<Json<Value>> {
    let visit = visit(&app, &link).await?;
    shown(&app, visit).await
}

/// What the clinic says of the visit, until the stop is closed: `{ kind: "closed_until", until }` (`HH:MM` today on the clinic's wall, or
/// RFC 3339), `{ kind: "lock_box" }`, `{ kind: "more_to_fetch", count }`, `{ kind: "withdraw", of }`. At most 20 for a stop. Answers
/// with the state.
#[utoipa::path(post, path = "/t/{link}/answers", tag = "clinic page", security(()), params(("link" = String, Path)), request_body(content = Value), responses((status = 200, body = Value), (status = 400), (status = 404), (status = 409)))]
pub async fn answer(
    State(app): State<Arc<App>>,
    Path(link): Path<String>,
    request: Request,
) -> Answer<Json<Value>> {
    let (parts, stream) = request.into_parts();
    body::require_json(&parts.headers)?;
    let bytes = body::read(stream, body::WEBHOOK).await?;
    let before = visit(&app, &link).await?;
    let (lab, stop) = (before.stop.lab_id.clone(), before.stop.id.clone());
    let event = {
        let json = body::parse(&bytes, false)?;
        let zone = zone(&clinic_page::time_zone(&app, &before));
        let today = date_at(app.clock.now(), &zone);
        resource::clinic_answer(lab.clone(), stop.clone(), &json, today, &zone)
            .map_err(|faults| Problem::invalid(StatusCode::BAD_REQUEST, faults))?
    };
    let actor = format!("stop/{stop}");
    match app
        .submit(own_event(event.into(), SOURCE, &actor, Some(lab)))
        .await?
    {
        Outcome::Done(_) => {}
        Outcome::Refused(refusal) => {
            return Err(Problem::refused(refusal, StatusCode::BAD_REQUEST));
        }
        Outcome::Reused | Outcome::Internal => return Err(Problem::internal()),
    }
    let now = visit(&app, &link).await?;
    shown(&app, now).await
}

async fn visit(app: &App, link: &str) -> Answer<Visit> {
    let (link, now) = (link.to_owned(), app.clock.now());
    let found = app
        .read(move |store| clinic_page::visit(store, &link, now))
        .await?;
    found.map_err(|closed| {
        Problem::link(match closed {
            Closed::Unknown => "link_unknown",
            Closed::Early => "link_early",
            Closed::Over => "link_over",
        })
    })
}

async fn shown(app: &App, visit: Visit) -> Answer<Json<Value>> {
    let (drivers, route) = (Arc::clone(&app.drivers), visit.route.clone());
    let spread = app.read(move |_| drivers.spread(&route)).await?;
    let state = clinic_page::state(app, &visit, &spread, app.clock.now());
    // It holds nothing that JSON cannot: it cannot fail.
    Ok(Json(serde_json::to_value(&state).unwrap_or_default()))
}
