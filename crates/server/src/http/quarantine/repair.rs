//! A missing mapping, given once: the endpoint learns it, and all that waits for it is sent in again.

use std::sync::Arc;

use axum::Json;
use axum::extract::{Extension, Request, State};
use axum::http::StatusCode;
use pontic_core::event::MappingGiven;
use pontic_core::fault::{Fault, Reason};
use pontic_store::page::QuarantineFilter;
use pontic_wire::resource::{self, Mapping};
use serde_json::Value;

use super::again;
use crate::access::{Caller, Role};
use crate::app::App;
use crate::endpoints::Endpoint;
use crate::http::problem::{Answer, Problem};
use crate::http::{body, directory, refused};

/// Give an endpoint what it lacks: `{ endpoint, clinicMap?: { "theirs": "ours" }, priorities?: { "word": "RUSH" | "STANDARD" }, clinics? }`.
/// It is added to what the endpoint knows; then its open messages are sent in again, in the order in which they came. Only an admin
/// may let it speak for further `clinics`.
#[utoipa::path(post, path = "/v1/quarantine/repair", tag = "quarantine", request_body(content = Value), responses((status = 200, body = Value), (status = 400), (status = 404)))]
pub async fn repair(
    State(app): State<Arc<App>>,
    Extension(caller): Extension<Caller>,
    request: Request,
) -> Answer<Json<Value>> {
    body::require_json(request.headers())?;
    let bytes = body::read(request.into_body(), body::USUAL).await?;
    let mapping = {
        let json = body::parse(&bytes, false)?;
        resource::mapping(&json)
            .map_err(|faults| Problem::invalid(StatusCode::BAD_REQUEST, faults))?
    };
    let endpoint = app.endpoints.by_id(mapping.endpoint.as_str());
    let endpoint = endpoint
        .filter(|endpoint| caller.sees(&endpoint.lab_id))
        .ok_or_else(Problem::not_found)?;
    if !mapping.clinics.is_empty() && caller.role != Role::Admin {
        let errors = vec![Fault::new("clinics", Reason::Forbidden)];
        return Err(Problem {
            errors,
            ..Problem::forbidden()
        });
    }
    let source = endpoint.id.to_string();
    let is_default = app.endpoints.is_default(endpoint.id.as_str());
    let given = given(&endpoint, is_default, mapping);
    directory::act(&app, &caller, given.into()).await?;
    let state = Arc::clone(&app);
    app.read(move |store| state.endpoints.reload(store)).await?;
    let siblings = QuarantineFilter {
        lab_id: Some(endpoint.lab_id.clone()),
        open_only: true,
        source: Some(source),
        name: Some(refused::WEBHOOK.to_owned()),
        about: None,
    };
    Ok(Json(again::all(&app, &caller, siblings).await?.shape()))
}

fn given(endpoint: &Endpoint, is_default: bool, mapping: Mapping) -> MappingGiven {
    MappingGiven {
        lab_id: endpoint.lab_id.clone(),
        endpoint_id: endpoint.id.clone(),
        system: endpoint.ehr.system.to_owned(),
        // That of a default endpoint is the configuration's, also when that changes.
        time_zone: endpoint.time_zone.clone().filter(|_| !is_default),
        clinic_map: mapping.clinic_map,
        priorities: mapping.priorities,
        clinics: mapping.clinics,
    }
}
