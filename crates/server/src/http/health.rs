//! Whether the process lives, and whether it should be asked anything.

use std::sync::Arc;

use axum::Json;
use axum::extract::State;
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use pontic_core::time;
use serde_json::{Value, json};

use crate::app::App;

/// The process lives.
#[utoipa::path(get, path = "/healthz", tag = "operation", security(()), responses((status = 200, body = Value)))]
pub async fn alive() -> Json<Value> {
    Json(json!({ "status": "alive", "version": env!("CARGO_PKG_VERSION") }))
}

/// The store answers, no due work waits for too long, and no other program decides by newer rules. 503 if not. A bus that is away makes nobody unready: HTTP goes on.
#[utoipa::path(get, path = "/readyz", tag = "operation", security(()), responses((status = 200, body = Value), (status = 503, body = Value)))]
pub async fn ready(State(app): State<Arc<App>>) -> Response {
    let now = app.clock.now();
    let stopping = *app.stopping.borrow();
    let waiting = app.read(|store| store.waiting()).await;
    let oldest_s = waiting
        .as_ref()
        .ok()
        .and_then(|waiting| waiting.oldest_due)
        .map_or(0, |due| now.duration_since(due).as_secs().max(0));
    let late = oldest_s > app.config.max_waiting_s;
    let outdated = app.door.is_outdated();
    let ready = waiting.is_ok() && !late && !stopping && !outdated;
    let body = json!({
        "status": if ready { "ready" } else { "not_ready" },
        "store": if waiting.is_ok() { "ok" } else { "unavailable" },
        "rules": if outdated { "outdated" } else { "ok" },
        "bus": app.bus.as_ref().map(|bus| bus.health()),
        "stopping": stopping,
        "waitingEvents": app.door.waiting(),
        "waitingWork": waiting.as_ref().map_or(0, |waiting| waiting.count),
        "oldestWaitingSeconds": oldest_s,
        "clock": { "now": time::format(now), "set": app.clock.is_set(), "rate": app.clock.rate() },
    });
    let status = if ready {
        StatusCode::OK
    } else {
        StatusCode::SERVICE_UNAVAILABLE
    };
    (status, Json(body)).into_response()
}
