//! Tokens and tickets over the API; the command line makes tokens too.

use std::sync::Arc;

use axum::Json;
use axum::extract::{Extension, Path, Request, State};
use axum::http::{HeaderMap, StatusCode};
use jiff::ToSpan;
use pontic_core::fault::Reason;
use pontic_core::id::{ClinicId, DriverId, LabId};
use pontic_core::time;
use pontic_store::access::{Token, TokenKind};
use pontic_wire::fields::{self, NAME, Reader};
use serde_json::{Value, json};

use super::paging::List;
use super::problem::{Answer, Problem};
use super::{body, gate};
use crate::access::{Caller, Role, new_token};
use crate::app::App;

/// All live tokens, without their texts, which nobody has.
#[utoipa::path(get, path = "/v1/tokens", tag = "access", responses((status = 200, body = List)))]
pub async fn list(
    State(app): State<Arc<App>>,
    Extension(caller): Extension<Caller>,
) -> Answer<Json<List>> {
    let now = app.clock.now();
    let tokens = app
        .read(move |store| store.tokens(TokenKind::Token, now))
        .await?;
    let visible = tokens
        .iter()
        .filter(|token| caller.lab_id.is_none() || token.lab_id == caller.lab_id);
    Ok(Json(List {
        items: visible.map(shape).collect(),
        next: None,
    }))
}

fn shape(token: &Token) -> Value {
    json!({
        "id": token.id,
        "role": token.role,
        "labId": token.lab_id,
        "driverId": token.driver_id,
        "clinicId": token.clinic_id,
        "sources": token.sources,
        "createdAt": time::format(token.created_at),
        "expiresAt": token.expires_at.map(time::format),
    })
}

/// Make a token; its text is shown this once.
#[utoipa::path(post, path = "/v1/tokens", tag = "access", request_body(content = Value, description = "`role`, and `labId`, `driverId`, `clinicId`, `sources`, `expiresInDays` where wanted"),
    responses((status = 201, body = Value), (status = 400), (status = 403)))]
pub async fn create(
    State(app): State<Arc<App>>,
    Extension(caller): Extension<Caller>,
    request: Request,
) -> Answer<(StatusCode, Json<Value>)> {
    let bytes = body::read(request.into_body(), body::USUAL).await?;
    let json = body::parse(&bytes, false)?;
    let now = app.clock.now();
    let mut reader = Reader::new(&json, "");
    let role = reader.required("role", |json| {
        Role::from_word(fields::text(NAME)(json)?).ok_or(Reason::UnknownValue)
    });
    let lab_id = reader.optional("labId", fields::id).map(LabId::known);
    let driver_id = reader.optional("driverId", fields::id).map(DriverId::known);
    let clinic_id = reader.optional("clinicId", fields::id).map(ClinicId::known);
    let sources = reader.list("sources", 100, |json| {
        fields::text(NAME)(json).map(str::to_owned)
    });
    let days = reader.optional("expiresInDays", fields::integer(1..=3_650));
    if role == Some(Role::Driver) && driver_id.is_none() {
        reader.fault("driverId", Reason::Required);
    }
    let role = reader
        .finish(|| role)
        .map_err(|faults| Problem::invalid(StatusCode::BAD_REQUEST, faults))?;
    let lab_id = lab_id.or_else(|| caller.lab_id.clone());
    if lab_id
        .as_ref()
        .map_or(caller.lab_id.is_some(), |lab| !caller.sees(lab))
    {
        return Err(Problem::forbidden());
    }
    let (secret, token) = new_token(TokenKind::Token, role, now)?;
    let expires_at = days.and_then(|days| now.checked_add((days * 24).hours()).ok());
    let token = Token {
        lab_id,
        driver_id,
        clinic_id,
        sources,
        expires_at,
        ..token
    };
    let mut answer = shape(&token);
    answer["token"] = secret.0.into();
    app.read(move |store| store.put_token(&token)).await?;
    Ok((StatusCode::CREATED, Json(answer)))
}

/// End a token, and the sessions made with it.
#[utoipa::path(delete, path = "/v1/tokens/{id}", tag = "access", params(("id" = String, Path)), responses((status = 204), (status = 404)))]
pub async fn revoke(
    State(app): State<Arc<App>>,
    Extension(caller): Extension<Caller>,
    Path(id): Path<String>,
) -> Answer<StatusCode> {
    let now = app.clock.now();
    let revoked = app
        .read(move |store| {
            let tokens = store.tokens(TokenKind::Token, now)?;
            let mine = |token: &&Token| {
                token.id == id && (caller.lab_id.is_none() || token.lab_id == caller.lab_id)
            };
            match tokens.iter().find(mine) {
                Some(token) => store.revoke_token(&token.id),
                None => Ok(false),
            }
        })
        .await?;
    app.keys.heed_revocation();
    if revoked {
        Ok(StatusCode::NO_CONTENT)
    } else {
        Err(Problem::not_found())
    }
}

/// A one-use ticket, good for a minute, for `?ticket=` of a socket or stream.
#[utoipa::path(post, path = "/v1/tickets", tag = "access", responses((status = 201, body = Value)))]
pub async fn ticket(
    State(app): State<Arc<App>>,
    headers: HeaderMap,
) -> Answer<(StatusCode, Json<Value>)> {
    let token = gate::bearer(&headers)
        .or_else(|| gate::cookie(&headers))
        .unwrap_or_default()
        .to_owned();
    let (keys, now) = (Arc::clone(&app.keys), app.clock.now());
    let ticket = tokio::task::spawn_blocking(move || keys.ticket(&token, now))
        .await
        .map_err(|_| Problem::internal())??;
    let ticket = ticket.ok_or_else(Problem::unauthorized)?;
    Ok((
        StatusCode::CREATED,
        Json(json!({ "ticket": ticket.0, "expiresInSeconds": 60 })),
    ))
}
