//! Labs, clinics, drivers and endpoints.

use std::sync::Arc;

use axum::Json;
use axum::extract::{Extension, Path, Query, Request, State};
use axum::http::{HeaderMap, StatusCode};
use pontic_core::decide::Refusal;
use pontic_core::directory::{Clinic, Driver, Endpoint, Lab};
use pontic_core::event::{Body, ClinicMerged, Event, Origin};
use pontic_core::fault::{Fault, Reason};
use pontic_core::id::{self, ClinicId, DriverId, EndpointId, LabId};
use pontic_core::record::{Entity, Kind, Record};
use pontic_wire::ehr;
use pontic_wire::json::Json as Parsed;
use pontic_wire::resource;
use serde_json::Value;

use super::lookup::{self, Which};
use super::paging::{List, ListQuery};
use super::problem::{Answer, Problem};
use super::{body, names};
use crate::access::Caller;
use crate::app::App;
use crate::door::{Accepted, Draft, Outcome};
use crate::endpoints;
use crate::shape;

/// The source of what people set up.
pub const SOURCE: &str = "pontic.api";

/// A list of records of one kind within what the caller sees.
pub async fn list(app: &App, caller: &Caller, kind: Kind, query: &ListQuery) -> Answer<Json<List>> {
    let Some(filter) = query.filter(caller)? else {
        return Ok(Json(List::empty()));
    };
    let paging = query.paging()?;
    let wanted = names::shown(query.names.as_deref(), caller)?;
    let with_names = wanted || (!names::is_of_patients(kind) && caller.role.reads_names());
    let page = app
        .read(move |store| store.list(kind, &filter, &paging))
        .await?;
    let list = List::of(&page, |record| shape::record(record, with_names));
    if names::is_of_patients(kind) {
        names::note_list(caller, kind, &list.items);
    }
    Ok(Json(list))
}

/// What a PUT reads: the parsed body and the version it replaces give an event.
type Read<'a> = &'a (dyn Fn(&Parsed<'_>, Option<u64>) -> Result<Body, Vec<Fault>> + Sync);

async fn put(
    app: &App,
    caller: &Caller,
    id: &str,
    headers: &HeaderMap,
    request: Request,
    read: Read<'_>,
) -> Answer<(LabId, Accepted)> {
    id::check(id).map_err(|reason| Problem::parameter("id", reason))?;
    body::require_json(headers)?;
    let expected = body::if_match(headers)?;
    let bytes = body::read(request.into_body(), body::USUAL).await?;
    let event = {
        let json = body::parse(&bytes, false)?;
        read(&json, expected).map_err(|faults| Problem::invalid(StatusCode::BAD_REQUEST, faults))?
    };
    Ok((lab_of(&event), act(app, caller, event).await?))
}

/// Hands in an event of our own API and gives its result.
pub async fn act(app: &App, caller: &Caller, body: Body) -> Answer<Accepted> {
    act_as(app, caller, body, None).await
}

/// The same for an event that may come again with the same `id`.
pub async fn act_as(
    app: &App,
    caller: &Caller,
    body: Body,
    id: Option<String>,
) -> Answer<Accepted> {
    let origin = Origin {
        scope: caller.lab_id.clone(),
        source: SOURCE.to_owned(),
        id,
        time: None,
        actor: caller.actor(),
        redriven: None,
    };
    let event = Event { origin, body };
    match app.submit(Draft::Event(Arc::new(event))).await? {
        Outcome::Done(accepted) => {
            // A driver who sends a position right after the answer finds the route as it says.
            app.drivers.caught_up().await;
            Ok(accepted)
        }
        // A row of another lab does not exist for the caller.
        Outcome::Refused(Refusal::Forbidden(_) | Refusal::Unknown(_)) => Err(Problem::not_found()),
        Outcome::Refused(refusal) => Err(Problem::refused(refusal, StatusCode::BAD_REQUEST)),
        Outcome::Reused => Err(Problem::conflict("id_reused")),
        Outcome::Internal => Err(Problem::internal()),
    }
}

/// 201 for a new record, 200 for a changed one, with the record as it is now.
async fn stands<E: Entity>(
    app: &App,
    caller: &Caller,
    lab: LabId,
    id: String,
    accepted: Accepted,
) -> Answer<(StatusCode, Json<Value>)> {
    let told: Value = serde_json::from_str(&accepted.result).unwrap_or_default();
    let status = if told["new"] == Value::Bool(true) {
        StatusCode::CREATED
    } else {
        StatusCode::OK
    };
    let found = app
        .read(move |store| store.get(E::KIND, Some(&lab), &id))
        .await?;
    let record = found.first().ok_or_else(Problem::internal)?;
    Ok((
        status,
        Json(shape::record(record, caller.role.reads_names())),
    ))
}

fn lab_of(body: &Body) -> LabId {
    match body {
        Body::ClinicSet(detail) => detail.clinic.lab_id.clone(),
        Body::ClinicMerged(detail) => detail.lab_id.clone(),
        Body::DriverSet(detail) => detail.driver.lab_id.clone(),
        Body::EndpointSet(detail) => detail.endpoint.lab_id.clone(),
        Body::LabSet(detail) => detail.lab.id.clone(),
        _ => LabId::known("-"),
    }
}

async fn put_record<E: Entity>(
    app: &App,
    caller: &Caller,
    id: String,
    headers: &HeaderMap,
    request: Request,
    read: Read<'_>,
) -> Answer<(StatusCode, Json<Value>)> {
    let (lab, accepted) = put(app, caller, &id, headers, request, read).await?;
    stands::<E>(app, caller, lab, id, accepted).await
}

/// All labs that exist for the caller.
#[utoipa::path(get, path = "/v1/labs", tag = "directory", params(ListQuery), responses((status = 200, body = List)))]
pub async fn list_labs(
    State(app): State<Arc<App>>,
    Extension(caller): Extension<Caller>,
    Query(query): Query<ListQuery>,
) -> Answer<Json<List>> {
    list(&app, &caller, Kind::Lab, &query).await
}

/// One lab.
#[utoipa::path(get, path = "/v1/labs/{id}", tag = "directory", params(("id" = String, Path)), responses((status = 200, body = Value), (status = 404)))]
pub async fn get_lab(
    State(app): State<Arc<App>>,
    Extension(caller): Extension<Caller>,
    Path(id): Path<String>,
) -> Answer<Json<Value>> {
    let lab = lookup::one::<Lab>(&app, &caller, &id, &Which::default()).await?;
    Ok(Json(shape::lab(&lab, caller.role.reads_names())))
}

/// Set a lab up: `{ name, timeZone, location?, phone?, workingDays?, holidays?, cutoff?, notify? }`.
#[utoipa::path(put, path = "/v1/labs/{id}", tag = "directory", params(("id" = String, Path)), request_body(content = Value), responses((status = 200, body = Value), (status = 201, body = Value), (status = 400), (status = 412)))]
pub async fn put_lab(
    State(app): State<Arc<App>>,
    Extension(caller): Extension<Caller>,
    Path(id): Path<String>,
    headers: HeaderMap,
    request: Request,
) -> Answer<(StatusCode, Json<Value>)> {
    let lab = LabId::known(id.as_str());
    put_record::<Lab>(&app, &caller, id, &headers, request, &|json, expected| {
        resource::lab(lab.clone(), json, expected).map(Body::from)
    })
    .await
}

/// All clinics.
#[utoipa::path(get, path = "/v1/clinics", tag = "directory", params(ListQuery), responses((status = 200, body = List)))]
pub async fn list_clinics(
    State(app): State<Arc<App>>,
    Extension(caller): Extension<Caller>,
    Query(query): Query<ListQuery>,
) -> Answer<Json<List>> {
    list(&app, &caller, Kind::Clinic, &query).await
}

/// One clinic.
#[utoipa::path(get, path = "/v1/clinics/{id}", tag = "directory", params(("id" = String, Path), Which), responses((status = 200, body = Value), (status = 404), (status = 409)))]
pub async fn get_clinic(
    State(app): State<Arc<App>>,
    Extension(caller): Extension<Caller>,
    Path(id): Path<String>,
    Query(which): Query<Which>,
) -> Answer<Json<Value>> {
    let clinic = lookup::one::<Clinic>(&app, &caller, &id, &which).await?;
    Ok(Json(shape::clinic(&clinic, caller.role.reads_names())))
}

/// Set a clinic up: `{ labId, name, address?, location?, timeZone?, hours?, holidays?, fence?, contact?, access?: { note?, lockBox?,
/// receivers? }, notify? }`,
/// or say that it is really another one: `{ labId, mergeInto }`.
#[utoipa::path(put, path = "/v1/clinics/{id}", tag = "directory", params(("id" = String, Path)), request_body(content = Value), responses((status = 200, body = Value), (status = 201, body = Value), (status = 400), (status = 412)))]
pub async fn put_clinic(
    State(app): State<Arc<App>>,
    Extension(caller): Extension<Caller>,
    Path(id): Path<String>,
    headers: HeaderMap,
    request: Request,
) -> Answer<(StatusCode, Json<Value>)> {
    let clinic_id = ClinicId::known(id.as_str());
    put_record::<Clinic>(&app, &caller, id, &headers, request, &|json, expected| {
        clinic_event(&clinic_id, json, expected)
    })
    .await
}

/// What a clinic's body asks for.
pub fn clinic_event(
    id: &ClinicId,
    json: &Parsed<'_>,
    expected: Option<u64>,
) -> Result<Body, Vec<Fault>> {
    match resource::merge_into(json)? {
        Some((lab_id, into)) => Ok(ClinicMerged {
            lab_id,
            clinic_id: id.clone(),
            into,
        }
        .into()),
        None => resource::clinic(id.clone(), json, expected).map(Body::from),
    }
}

/// All drivers.
#[utoipa::path(get, path = "/v1/drivers", tag = "directory", params(ListQuery), responses((status = 200, body = List)))]
pub async fn list_drivers(
    State(app): State<Arc<App>>,
    Extension(caller): Extension<Caller>,
    Query(query): Query<ListQuery>,
) -> Answer<Json<List>> {
    list(&app, &caller, Kind::Driver, &query).await
}

/// One driver.
#[utoipa::path(get, path = "/v1/drivers/{id}", tag = "directory", params(("id" = String, Path), Which), responses((status = 200, body = Value), (status = 404), (status = 409)))]
pub async fn get_driver(
    State(app): State<Arc<App>>,
    Extension(caller): Extension<Caller>,
    Path(id): Path<String>,
    Query(which): Query<Which>,
) -> Answer<Json<Value>> {
    Ok(Json(shape::driver(
        &lookup::one::<Driver>(&app, &caller, &id, &which).await?,
        caller.role.reads_names(),
    )))
}

/// Set a driver up: `{ labId, name, shift?, capacity?, phone? }`.
#[utoipa::path(put, path = "/v1/drivers/{id}", tag = "directory", params(("id" = String, Path)), request_body(content = Value), responses((status = 200, body = Value), (status = 201, body = Value), (status = 400), (status = 412)))]
pub async fn put_driver(
    State(app): State<Arc<App>>,
    Extension(caller): Extension<Caller>,
    Path(id): Path<String>,
    headers: HeaderMap,
    request: Request,
) -> Answer<(StatusCode, Json<Value>)> {
    let driver = DriverId::known(id.as_str());
    put_record::<Driver>(&app, &caller, id, &headers, request, &|json, expected| {
        resource::driver(driver.clone(), json, expected).map(Body::from)
    })
    .await
}

/// All endpoints of practice systems, their secrets by fingerprint.
#[utoipa::path(get, path = "/v1/endpoints", tag = "ehr", params(ListQuery), responses((status = 200, body = List)))]
pub async fn list_endpoints(
    State(app): State<Arc<App>>,
    Extension(caller): Extension<Caller>,
    Query(query): Query<ListQuery>,
) -> Answer<Json<List>> {
    list(&app, &caller, Kind::Endpoint, &query).await
}

/// One endpoint.
#[utoipa::path(get, path = "/v1/endpoints/{id}", tag = "ehr", params(("id" = String, Path), Which), responses((status = 200, body = Value), (status = 404)))]
pub async fn get_endpoint(
    State(app): State<Arc<App>>,
    Extension(caller): Extension<Caller>,
    Path(id): Path<String>,
    Query(which): Query<Which>,
) -> Answer<Json<Value>> {
    Ok(Json(shape::endpoint(
        &lookup::one::<Endpoint>(&app, &caller, &id, &which).await?,
    )))
}

/// Set an endpoint up: `{ labId, system, timeZone?, clinics?, clinicMap?, secrets? }`; its path is `/webhooks/ehr/{system}/{id}`.
/// Ids of endpoints are unique in the whole installation.
#[utoipa::path(put, path = "/v1/endpoints/{id}", tag = "ehr", params(("id" = String, Path)), request_body(content = Value), responses((status = 200, body = Value), (status = 201, body = Value), (status = 400), (status = 409), (status = 412)))]
pub async fn put_endpoint(
    State(app): State<Arc<App>>,
    Extension(caller): Extension<Caller>,
    Path(id): Path<String>,
    headers: HeaderMap,
    request: Request,
) -> Answer<(StatusCode, Json<Value>)> {
    let taken = {
        let id = id.clone();
        app.read(move |store| store.get(Kind::Endpoint, None, &id))
            .await?
    };
    let endpoint_id = EndpointId::known(id.as_str());
    let read = |json: &Parsed<'_>, expected: Option<u64>| {
        let event = resource::endpoint(endpoint_id.clone(), json, expected)?;
        let lab = &event.endpoint.lab_id;
        let elsewhere = |record: &Record| record.lab_id() != lab;
        // One that every installation has belongs to a lab already.
        let is_default = ehr::by_system(endpoint_id.as_str()).is_some();
        let is_foreign = is_default && lab.as_str() != endpoints::DEFAULT_LAB;
        if is_foreign || taken.iter().any(elsewhere) {
            return Err(vec![Fault::new("labId", Reason::Mismatch)]);
        }
        Ok(event.into())
    };
    let answer = put_record::<Endpoint>(&app, &caller, id, &headers, request, &read).await?;
    let state = Arc::clone(&app);
    app.read(move |store| state.endpoints.reload(store)).await?;
    Ok(answer)
}
