//! Counts.

use std::sync::Arc;

use axum::Json;
use axum::extract::State;
use axum::http::{StatusCode, header};
use axum::response::IntoResponse;

use crate::app::App;
use crate::metrics::{self, IntegrationMetrics};

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

/// Prometheus' text form.
#[utoipa::path(get, path = "/metrics", tag = "operation", responses((status = 200, content_type = "text/plain")))]
pub async fn prometheus() -> impl IntoResponse {
    (
        [(header::CONTENT_TYPE, "text/plain; version=0.0.4")],
        metrics::prometheus(),
    )
}
