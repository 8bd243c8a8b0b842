//! Counts.

use std::sync::Arc;

use axum::Json;
use axum::extract::{Query, State};
use axum::http::{StatusCode, header};
use axum::response::IntoResponse;
use pontic_core::fault::Reason;
use serde::Deserialize;
use utoipa::IntoParams;

use super::paging::said;
use super::problem::{Answer, Problem};
use crate::app::App;
use crate::metrics::IntegrationMetrics;
use crate::metrics::exposition::{self, StoreStands};
use crate::series::{Charts, MOST_STEPS};

/// Events by type, errors, latency: since the start or the last reset.
#[utoipa::path(get, path = "/v1/integration/metrics", tag = "operation", responses((status = 200, body = IntegrationMetrics)))]
pub async fn integration(State(app): State<Arc<App>>) -> Json<IntegrationMetrics> {
    Json(app.integration.read())
}

/// Begin counting anew.
#[utoipa::path(delete, path = "/v1/integration/metrics", tag = "operation", responses((status = 204)))]
pub async fn reset(State(app): State<Arc<App>>) -> StatusCode {
    app.integration.reset();
    StatusCode::NO_CONTENT
}

/// How far back a series goes.
#[derive(Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub struct SeriesQuery {
    /// So many minutes, 1 to 1440; usually 60.
    minutes: Option<String>,
}

/// What went in and out by the minute, for charts: kept in memory since the start of the program, a day at most.
#[utoipa::path(get, path = "/v1/integration/series", tag = "operation", params(SeriesQuery), responses((status = 200, body = Charts), (status = 400)))]
pub async fn series(
    State(app): State<Arc<App>>,
    Query(query): Query<SeriesQuery>,
) -> Answer<Json<Charts>> {
    let minutes = match said(query.minutes.as_deref()) {
        None => 60,
        Some(text) => match text.parse() {
            Ok(minutes @ 1..=MOST_STEPS) => minutes,
            Ok(_) => return Err(Problem::parameter("minutes", Reason::OutOfRange)),
            Err(_) => return Err(Problem::parameter("minutes", Reason::NotInteger)),
        },
    };
    Ok(Json(app.series.read(app.clock.now(), minutes)))
}

/// Prometheus' text form.
#[utoipa::path(get, path = "/metrics", tag = "operation", responses((status = 200, content_type = "text/plain")))]
pub async fn prometheus(State(app): State<Arc<App>>) -> impl IntoResponse {
    let now = app.clock.now();
    let stands = app.read(move |store| {
        let waiting = store.waiting()?;
        let due = waiting.oldest_due;
        let dead = store.dead_letters(None)?;
        Ok(StoreStands {
            log_events: store.last_seq()?,
            work_waiting: waiting.count,
            work_oldest_s: due.map_or(0, |due| now.duration_since(due).as_secs().max(0)),
            fanned_out: store.fanned_out()?,
            dead_letters: dead.iter().map(|group| group.count).sum(),
        })
    });
    exposition::store(stands.await.ok());
    exposition::program(app.door.waiting(), app.hub.readers());
    (
        [(header::CONTENT_TYPE, "text/plain; version=0.0.4")],
        exposition::prometheus(),
    )
}
