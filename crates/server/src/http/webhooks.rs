//! Webhooks of practice systems. The order is the contract's: media type, size, signature, endpoint's bucket, then the body.

use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, OnceLock};
use std::time::Instant;

use axum::Json;
use axum::extract::{Path, Request, State};
use axum::http::{HeaderMap, StatusCode};
use axum::response::{IntoResponse, Response};
use pontic_core::decide::Refusal;
use pontic_core::fault::Fault;
use pontic_wire::ehr;
use pontic_wire::json::{self, Limits};
use pontic_wire::signature;
use serde::{Deserialize, Serialize};
use serde_json::value::RawValue;
use serde_json::{Map, Value, json};

use super::failure::Failure;
use super::problem::Problem;
use super::{body, gate, refused};
use crate::app::App;
use crate::door::{Accepted, Draft, Outcome, WebhookDraft};
use crate::endpoints::Endpoint;
use crate::limits::Kind;
use crate::series::{self, Way};

/// For so long after a line about a refused signature no other is written.
const QUIET_MS: u64 = 1_000;
/// The type under which webhooks are counted.
const COUNTED: &str = "PickupRequested";

/// A webhook for the default endpoint of a practice system.
#[utoipa::path(post, path = "/webhooks/ehr/{system}", tag = "ehr", security(()), params(("system" = String, Path, description = "`dentrix`, `opendental` or `eaglesoft`")),
    request_body(content = Value, description = "The practice system's own form, signed"), responses((status = 200, body = Value), (status = 400), (status = 401), (status = 403), (status = 404), (status = 409), (status = 413), (status = 415), (status = 429), (status = 503)))]
pub async fn receive(
    State(app): State<Arc<App>>,
    Path(system): Path<String>,
    request: Request,
) -> Response {
    let endpoint = system.clone();
    answer(&app, &system, &endpoint, request).await
}

/// A webhook for another endpoint.
#[utoipa::path(post, path = "/webhooks/ehr/{system}/{endpoint}", tag = "ehr", security(()), params(("system" = String, Path), ("endpoint" = String, Path)),
    request_body(content = Value), responses((status = 200, body = Value), (status = 400), (status = 401), (status = 403), (status = 404), (status = 409), (status = 413), (status = 415), (status = 429), (status = 503)))]
pub async fn receive_at(
    State(app): State<Arc<App>>,
    Path((system, endpoint)): Path<(String, String)>,
    request: Request,
) -> Response {
    answer(&app, &system, &endpoint, request).await
}

async fn answer(app: &App, system: &str, endpoint: &str, request: Request) -> Response {
    let started = Instant::now();
    let Some(endpoint) = app.endpoints.get(system, endpoint) else {
        return Failure::new(StatusCode::NOT_FOUND, "unknown_system").into_response();
    };
    let mut allowance = None;
    let taken = take(app, &endpoint, request, &mut allowance).await;
    let counts = taken.as_ref().map_or_else(
        |failure| failure.status != StatusCode::UNAUTHORIZED,
        |_| true,
    );
    if counts {
        let (is_good, latency) = (taken.is_ok(), started.elapsed());
        app.integration.record(COUNTED, is_good, latency);
        let line = (Way::In, series::source(system), "webhook");
        app.series.count(line, app.clock.now(), is_good, latency);
    }
    let mut response = taken.map_or_else(Failure::into_response, |accepted| {
        (StatusCode::OK, Json(accepted)).into_response()
    });
    if let Some(allowance) = allowance {
        gate::tell_limit(app, Kind::Endpoint, response.headers_mut(), allowance);
    }
    response
}

async fn take(
    app: &App,
    endpoint: &Endpoint,
    request: Request,
    allowance: &mut Option<pontic_core::bucket::Allowance>,
) -> Result<AcceptedBody, Failure> {
    let (parts, stream) = request.into_parts();
    if !body::is_json(&parts.headers) {
        return Err(Failure::new(
            StatusCode::UNSUPPORTED_MEDIA_TYPE,
            "unsupported_media_type",
        ));
    }
    let bytes = body::read(stream, body::WEBHOOK).await?;
    verify(app, endpoint, &parts.headers, &bytes)?;
    *allowance = app.limits.take(Kind::Endpoint, endpoint.id.as_str());
    if let Some(refused) = allowance.filter(|allowance| !allowance.allowed) {
        return Err(Failure {
            retry_after_s: Some(refused.wait_s),
            ..Failure::new(StatusCode::TOO_MANY_REQUESTS, "rate_limited")
        });
    }
    // In a box of its own: whoever is refused above is not charged for the room that this takes.
    Box::pin(accept(app, endpoint, &bytes)).await
}

/// Maps an authentic body and hands it in.
async fn accept(app: &App, endpoint: &Endpoint, bytes: &[u8]) -> Result<AcceptedBody, Failure> {
    let read = json::parse(bytes, Limits::WEBHOOK).and_then(|json| match json {
        json::Json::Object(_) => Ok(endpoint.ehr.read(&json)),
        _ => Err(Fault::new(
            json::WHOLE_BODY,
            pontic_core::fault::Reason::InvalidType,
        )),
    });
    let read = match read {
        Ok(read) => read,
        Err(fault) => {
            return Err(kept(
                app,
                endpoint,
                "validation_failed",
                vec![fault],
                bytes,
                StatusCode::BAD_REQUEST,
            )
            .await);
        }
    };
    let outcome = app
        .submit(draft(endpoint, read))
        .await
        .map_err(|_| Failure::from(Problem::unavailable()))?;
    match outcome {
        Outcome::Done(accepted) => {
            accepted_body(accepted).ok_or_else(|| Failure::from(Problem::internal()))
        }
        Outcome::Refused(refusal) => Err(answer_refused(app, endpoint, refusal, bytes).await),
        Outcome::Reused | Outcome::Internal => Err(Failure::from(Problem::internal())),
    }
}

/// Why a signature is refused is for the operator's log only; the sender is told nothing.
fn verify(
    app: &App,
    endpoint: &Endpoint,
    headers: &HeaderMap,
    bytes: &[u8],
) -> Result<(), Failure> {
    let headers = headers
        .iter()
        .map(|(name, value)| (name.as_str(), value.as_bytes()));
    let verified = signature::verify(
        endpoint.ehr.signature_header,
        headers,
        bytes,
        &endpoint.secrets,
        app.clock.now(),
    );
    verified.map_err(|unverified| {
        endpoint.unverified.increment(1);
        if is_news() {
            tracing::warn!(endpoint = %endpoint.id, %unverified, "a webhook's signature was refused; others are only counted for a while");
        }
        Failure::new(StatusCode::UNAUTHORIZED, "unauthorized")
    })
}

/// Whether a refused signature is worth a line: whoever floods us with them must not fill the log. All are counted.
fn is_news() -> bool {
    static START: OnceLock<Instant> = OnceLock::new();
    static NEXT_MS: AtomicU64 = AtomicU64::new(0);
    let now = START.get_or_init(Instant::now).elapsed();
    let now_ms = u64::try_from(now.as_millis()).unwrap_or(u64::MAX);
    let next_ms = NEXT_MS.load(Ordering::Relaxed);
    let later = now_ms + QUIET_MS;
    // Of several at the same moment one writes.
    now_ms >= next_ms
        && NEXT_MS
            .compare_exchange(next_ms, later, Ordering::Relaxed, Ordering::Relaxed)
            .is_ok()
}

/// The webhook for the door.
fn draft(endpoint: &Endpoint, read: ehr::Draft) -> Draft {
    Draft::Webhook(Box::new(webhook_draft(endpoint, read)))
}

/// The same before it is handed in.
pub fn webhook_draft(endpoint: &Endpoint, read: ehr::Draft) -> WebhookDraft {
    WebhookDraft {
        system: endpoint.ehr.system,
        endpoint: endpoint.id.clone(),
        lab_id: endpoint.lab_id.clone(),
        time_zone: endpoint.time_zone.clone(),
        clinic_map: endpoint.clinic_map.clone(),
        allowed: endpoint.clinics.clone(),
        priorities: endpoint.priorities.clone(),
        redriven: None,
        read,
    }
}

async fn answer_refused(app: &App, endpoint: &Endpoint, refusal: Refusal, bytes: &[u8]) -> Failure {
    let code = refusal.code();
    match refusal {
        Refusal::Invalid(faults) => {
            kept(app, endpoint, code, faults, bytes, StatusCode::BAD_REQUEST).await
        }
        Refusal::Forbidden(_) => {
            kept(
                app,
                endpoint,
                code,
                Vec::new(),
                bytes,
                StatusCode::FORBIDDEN,
            )
            .await
        }
        _ => kept(app, endpoint, code, Vec::new(), bytes, StatusCode::CONFLICT).await,
    }
}

/// Keeps the body in the quarantine, and says so to nobody but the dispatchers.
async fn kept(
    app: &App,
    endpoint: &Endpoint,
    code: &'static str,
    faults: Vec<Fault>,
    bytes: &[u8],
    status: StatusCode,
) -> Failure {
    let item = refused::webhook(endpoint, code, faults.clone(), bytes);
    match refused::keep(app, vec![item]).await {
        Ok(()) if code == "validation_failed" => Failure::invalid(faults),
        Ok(()) => Failure::new(status, code),
        Err(problem) => problem.into(),
    }
}

/// The answer to an accepted webhook.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
struct AcceptedBody {
    success: bool,
    pickup_id: String,
    confirmation_num: String,
    status: String,
    duplicate: bool,
    pickup: Box<RawValue>,
}

/// What is taken from the contract's result.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Agreed {
    pickup_id: String,
    status: String,
    confirmation_num: String,
}

fn accepted_body(accepted: Accepted) -> Option<AcceptedBody> {
    let agreed: Agreed = serde_json::from_str(&accepted.result).ok()?;
    Some(AcceptedBody {
        success: true,
        pickup_id: agreed.pickup_id,
        confirmation_num: agreed.confirmation_num,
        status: agreed.status,
        duplicate: accepted.duplicate,
        pickup: RawValue::from_string(accepted.acknowledgement?).ok()?,
    })
}

/// Which practice systems can post here.
#[utoipa::path(get, path = "/webhooks/ehr/health", tag = "ehr", security(()), responses((status = 200, body = Value)))]
pub async fn health(State(app): State<Arc<App>>) -> Json<Value> {
    let systems: Vec<&'static ehr::Ehr> = ehr::all().to_vec();
    let missing: Vec<&str> = systems
        .iter()
        .map(|ehr| ehr.system)
        .filter(|system| !app.endpoints.is_configured(system))
        .collect();
    let store_works = app.read(|store| store.last_seq()).await.is_ok();
    let healthy = store_works && missing.len() < systems.len();
    let map = |value: fn(&ehr::Ehr) -> String| -> Map<String, Value> {
        systems
            .iter()
            .map(|ehr| (ehr.system.to_owned(), value(ehr).into()))
            .collect()
    };
    Json(json!({
        "status": if healthy { "healthy" } else { "degraded" },
        "supportedSystems": systems.iter().map(|ehr| ehr.system).collect::<Vec<_>>(),
        "notConfigured": missing,
        "endpoints": map(|ehr| format!("/webhooks/ehr/{}", ehr.system)),
        "requiredHeaders": map(|ehr| ehr.signature_header.to_owned()),
    }))
}
