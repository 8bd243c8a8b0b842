//! A grade for a practice system's sender: nothing is kept, nothing reaches the door, and no real secret is tried.

use std::sync::Arc;

use axum::Json;
use axum::extract::{Path, Request, State};
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use pontic_wire::ehr;
use pontic_wire::kit::{self, Sent};

use super::body;
use super::failure::Failure;
use crate::app::App;

/// Grade a request that is signed with the published secret of the contract kit (`pontic kit`). Nothing is kept.
#[utoipa::path(post, path = "/webhooks/check/{system}", tag = "ehr", security(()), params(("system" = String, Path, description = "`dentrix`, `opendental` or `eaglesoft`")),
    request_body(content = serde_json::Value, description = "What would be sent to the endpoint"), responses((status = 200, description = "`{ grade, checks: [{ name, passed, hint }] }`", body = serde_json::Value), (status = 404), (status = 429)))]
pub async fn check(
    State(app): State<Arc<App>>,
    Path(system): Path<String>,
    request: Request,
) -> Response {
    let Some(ehr) = ehr::by_system(&system) else {
        return Failure::new(StatusCode::NOT_FOUND, "unknown_system").into_response();
    };
    let (parts, stream) = request.into_parts();
    let bytes = match body::read(stream, body::WEBHOOK).await {
        Ok(bytes) => Some(bytes),
        Err(problem) if problem.status == StatusCode::PAYLOAD_TOO_LARGE => None,
        Err(problem) => return Failure::from(problem).into_response(),
    };
    let headers = parts.headers.iter();
    let sent = Sent {
        is_json: body::is_json(&parts.headers),
        headers: headers
            .map(|(name, value)| (name.as_str(), value.as_bytes()))
            .collect(),
        body: bytes.as_deref(),
        now: app.clock.now(),
    };
    Json(kit::grade(ehr, &sent)).into_response()
}
