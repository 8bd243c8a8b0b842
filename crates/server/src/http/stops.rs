//! What drivers do at stops.

use std::sync::Arc;

use axum::Json;
use axum::extract::{Extension, Path, Query, Request, State};
use axum::http::{HeaderMap, StatusCode};
use bytes::Bytes;
use pontic_core::delivery::{Case, Delivery, ProofOfDelivery};
use pontic_core::event::{Body, StopArrived};
use pontic_core::fault::{Fault, Reason};
use pontic_core::pickup::Pickup;
use pontic_core::record::{Entity, Kind};
use pontic_core::route::Stop;
use pontic_store::page::{Filter, Paging};
use pontic_store::{Store, StoreError};
use pontic_wire::resource;
use serde_json::{Value, json};

use super::lookup::{self, Which};
use super::problem::{Answer, Problem};
use super::taps::Tap;
use super::{body, routes};
use crate::access::Caller;
use crate::app::App;
use crate::clinic_page;
use crate::shape;

/// Most cases of one delivery.
const MAX_CASES: usize = 10_000;

/// One stop with what is to be done there; for dispatchers with the link to its page for the clinic (`trackLink`). Names of patients are
/// for nobody on the road.
#[utoipa::path(get, path = "/v1/stops/{id}", tag = "work", params(("id" = String, Path), Which), responses((status = 200, body = Value), (status = 404), (status = 409)))]
pub async fn get(
    State(app): State<Arc<App>>,
    Extension(caller): Extension<Caller>,
    Path(id): Path<String>,
    Query(which): Query<Which>,
) -> Answer<Json<Value>> {
    let stop = lookup::stop(&app, &caller, &id, &which).await?;
    let links = caller.role.reads_names();
    let config = Arc::clone(&app);
    let shown = move |store: &dyn Store| {
        let mut shape = with_work(store, &stop)?;
        if links {
            let whole = clinic_page::url(&config.config, store, &stop.lab_id, &stop.id);
            let link = whole.unwrap_or_else(|| clinic_page::path(store, &stop.lab_id, &stop.id));
            shape["trackLink"] = link.into();
        }
        Ok(shape)
    };
    Ok(Json(app.read(shown).await?))
}

fn with_work(store: &dyn Store, stop: &Stop) -> Result<Value, StoreError> {
    let lab = Some(&stop.lab_id);
    let mut deliveries = Vec::new();
    for id in &stop.delivery_ids {
        let found = store.get(Kind::Delivery, lab, id.as_str())?;
        let Some(delivery) = found.first().and_then(Delivery::from_record) else {
            continue;
        };
        let filter = Filter {
            lab_id: lab.cloned(),
            parent: Some(id.to_string()),
            ..Filter::default()
        };
        let page = store.list(
            Kind::Case,
            &filter,
            &Paging {
                after: None,
                limit: MAX_CASES,
            },
        )?;
        let cases: Vec<&Case> = page.items.iter().filter_map(Case::from_record).collect();
        deliveries.push(shape::delivery_with_cases(delivery, &cases, false));
    }
    let mut pickups = Vec::new();
    for id in &stop.pickup_ids {
        let found = store.get(Kind::Pickup, lab, id.as_str())?;
        pickups.extend(
            found
                .first()
                .and_then(Pickup::from_record)
                .map(|pickup| shape::pickup(pickup, false)),
        );
    }
    let mut shape = shape::stop(stop);
    shape["deliveries"] = json!(deliveries);
    shape["pickups"] = json!(pickups);
    Ok(shape)
}

async fn act(
    app: &App,
    caller: &Caller,
    tap: &Tap,
    stop: Stop,
    event: Body,
) -> Answer<Json<Value>> {
    tap.act(app, caller, event).await?;
    let now = app
        .read(move |store| {
            let found = store.get(Kind::Stop, Some(&stop.lab_id), stop.id.as_str())?;
            found
                .first()
                .and_then(Stop::from_record)
                .map(|stop| with_work(store, stop))
                .transpose()
        })
        .await?;
    now.map(Json).ok_or_else(Problem::internal)
}

/// The driver is there, at `at` or now.
#[utoipa::path(post, path = "/v1/stops/{id}/arrive", tag = "work", params(("id" = String, Path), ("Idempotency-Key" = Option<String>, Header, description = "Names the tap: told again with the same key and body, it is the same tap"), Which), request_body(content = Value, description = "`{ at? }` or nothing"), responses((status = 200, body = Value), (status = 404), (status = 409)))]
pub async fn arrive(
    State(app): State<Arc<App>>,
    Extension(caller): Extension<Caller>,
    Path(id): Path<String>,
    Query(which): Query<Which>,
    headers: HeaderMap,
    request: Request,
) -> Answer<Json<Value>> {
    let tap = Tap::of(&headers, &caller)?;
    let at = routes::moment(request).await?;
    let stop = tap.stop(&app, &caller, &id, &which).await?;
    let event = StopArrived {
        lab_id: stop.lab_id.clone(),
        stop_id: stop.id.clone(),
        at,
    };
    tap.check_time(&app, &caller, event.at).await?;
    act(&app, &caller, &tap, stop, event.into()).await
}

/// Everything at the stop is done, but for the `cases` (`{ caseId, reason }`) and `pickups` (`{ id, reason }`) that are named with a
/// reason. `proofOfDelivery`, `receivedBy`, `notes`, `coordinates`, `redeliverOn`, `at` where there are any.
#[utoipa::path(post, path = "/v1/stops/{id}/complete", tag = "work", params(("id" = String, Path), ("Idempotency-Key" = Option<String>, Header, description = "Names the tap: told again with the same key and body, it is the same tap"), Which), request_body(content = Value), responses((status = 200, body = Value), (status = 400), (status = 404), (status = 409)))]
pub async fn complete(
    State(app): State<Arc<App>>,
    Extension(caller): Extension<Caller>,
    Path(id): Path<String>,
    Query(which): Query<Which>,
    headers: HeaderMap,
    request: Request,
) -> Answer<Json<Value>> {
    let tap = Tap::of(&headers, &caller)?;
    let bytes = body::read(request.into_body(), body::USUAL).await?;
    let stop = tap.stop(&app, &caller, &id, &which).await?;
    let mut event = parsed(&bytes, |json| {
        resource::stop_completed(stop.lab_id.clone(), stop.id.clone(), json)
    })?;
    require_proofs(&app, &stop, &event.proof).await?;
    let (lab, clinic) = (stop.lab_id.clone(), stop.clinic_id.to_string());
    event.undone = app
        .read(move |store| {
            let mut undone = std::collections::BTreeMap::new();
            for (id, reason) in event.undone {
                // A pickup may be named by its sender's id.
                let ours = lookup::our_pickup_id(store, &lab, &id, &clinic)?;
                undone.insert(ours.unwrap_or(id), reason);
            }
            Ok(undone)
        })
        .await?;
    tap.check_time(&app, &caller, event.at).await?;
    act(&app, &caller, &tap, stop, event.into()).await
}

/// Proofs that are named must have been uploaded.
async fn require_proofs(app: &App, stop: &Stop, proof: &ProofOfDelivery) -> Answer<()> {
    let ids: Vec<String> = proof
        .signature_id
        .iter()
        .chain(&proof.photo_ids)
        .cloned()
        .collect();
    if ids.is_empty() {
        return Ok(());
    }
    let lab = stop.lab_id.clone();
    let known = app
        .read(move |store| {
            store.known_proofs(&lab, &ids.iter().map(String::as_str).collect::<Vec<_>>())
        })
        .await?;
    let has_signature = proof.signature_id.is_some();
    let faults = known
        .iter()
        .enumerate()
        .filter(|(_, known)| !**known)
        .map(|(index, _)| match (has_signature, index) {
            (true, 0) => Fault::new("proofOfDelivery.signatureId", Reason::NotFound),
            (true, index) => Fault::new(
                format!("proofOfDelivery.photoIds[{}]", index - 1),
                Reason::NotFound,
            ),
            (false, index) => Fault::new(
                format!("proofOfDelivery.photoIds[{index}]"),
                Reason::NotFound,
            ),
        });
    let faults: Vec<Fault> = faults.collect();
    if faults.is_empty() {
        Ok(())
    } else {
        Err(Problem::invalid(StatusCode::BAD_REQUEST, faults))
    }
}

/// Nothing could be done: `{ reason, redeliverOn?, at? }`.
#[utoipa::path(post, path = "/v1/stops/{id}/fail", tag = "work", params(("id" = String, Path), ("Idempotency-Key" = Option<String>, Header, description = "Names the tap: told again with the same key and body, it is the same tap"), Which), request_body(content = Value), responses((status = 200, body = Value), (status = 400), (status = 404), (status = 409)))]
pub async fn fail(
    State(app): State<Arc<App>>,
    Extension(caller): Extension<Caller>,
    Path(id): Path<String>,
    Query(which): Query<Which>,
    headers: HeaderMap,
    request: Request,
) -> Answer<Json<Value>> {
    let tap = Tap::of(&headers, &caller)?;
    let bytes = body::read(request.into_body(), body::USUAL).await?;
    let stop = tap.stop(&app, &caller, &id, &which).await?;
    let event = parsed(&bytes, |json| {
        resource::stop_failed(stop.lab_id.clone(), stop.id.clone(), json)
    })?;
    tap.check_time(&app, &caller, event.at).await?;
    act(&app, &caller, &tap, stop, event.into()).await
}

/// The stop is left out: `{ reason?, at? }` or nothing.
#[utoipa::path(post, path = "/v1/stops/{id}/skip", tag = "work", params(("id" = String, Path), ("Idempotency-Key" = Option<String>, Header, description = "Names the tap: told again with the same key and body, it is the same tap"), Which), request_body(content = Value), responses((status = 200, body = Value), (status = 404), (status = 409)))]
pub async fn skip(
    State(app): State<Arc<App>>,
    Extension(caller): Extension<Caller>,
    Path(id): Path<String>,
    Query(which): Query<Which>,
    headers: HeaderMap,
    request: Request,
) -> Answer<Json<Value>> {
    let tap = Tap::of(&headers, &caller)?;
    let bytes = body::read(request.into_body(), body::USUAL).await?;
    let stop = tap.stop(&app, &caller, &id, &which).await?;
    let event = parsed(&bytes, |json| {
        resource::stop_skipped(stop.lab_id.clone(), stop.id.clone(), json)
    })?;
    tap.check_time(&app, &caller, event.at).await?;
    act(&app, &caller, &tap, stop, event.into()).await
}

fn parsed<T>(
    bytes: &Bytes,
    read: impl FnOnce(&pontic_wire::json::Json<'_>) -> Result<T, Vec<Fault>>,
) -> Answer<T> {
    let json = body::parse(bytes, true)?;
    read(&json).map_err(|faults| Problem::invalid(StatusCode::BAD_REQUEST, faults))
}
