//! Browsers log in with a token and get a session cookie.

use std::sync::Arc;

use axum::Json;
use axum::extract::{Extension, Request, State};
use axum::http::{HeaderMap, HeaderValue, StatusCode, header};
use axum::response::{Html, IntoResponse, Redirect, Response};
use pontic_wire::fields::{self, NAME, Reader};
use serde_json::{Value, json};

use super::body;
use super::gate::{self, SESSION_COOKIE};
use super::problem::{Answer, Problem};
use crate::access::{Caller, DRIVER_SESSION};
use crate::app::App;

const LOGIN_PAGE: &str = include_str!("../../assets/login.html");
const HOME_PAGE: &str = include_str!("../../assets/home.html");

/// A page with a field for the token.
#[utoipa::path(get, path = "/login", tag = "access", security(()), responses((status = 200, content_type = "text/html")))]
pub async fn page() -> Response {
    guarded(LOGIN_PAGE)
}

/// The page after the login.
#[utoipa::path(get, path = "/", tag = "access", responses((status = 200, content_type = "text/html"), (status = 303, description = "To /login")))]
pub async fn home() -> Response {
    guarded(HOME_PAGE)
}

fn guarded(page: &'static str) -> Response {
    const POLICY: &str = "default-src 'self'; style-src 'self' 'unsafe-inline'; frame-ancestors 'none'; form-action 'self'; base-uri 'none'";
    let mut response = Html(page).into_response();
    response.headers_mut().insert(
        header::CONTENT_SECURITY_POLICY,
        HeaderValue::from_static(POLICY),
    );
    response
}

/// Log in with a token (a form field or JSON member `token`), or a driver's phone with the code of an invite (`{ invite }`); sets the
/// session's cookie.
#[utoipa::path(post, path = "/login", tag = "access", security(()), request_body(content = Value, description = "`token`, as JSON or form; or `{ invite }`"),
    responses((status = 200, body = Value), (status = 303, description = "From the form"), (status = 401), (status = 403)))]
pub async fn log_in(State(app): State<Arc<App>>, request: Request) -> Answer<Response> {
    let (parts, stream) = request.into_parts();
    if !gate::same_origin(&parts.headers) {
        return Err(Problem::forbidden());
    }
    let bytes = body::read(stream, body::WEBHOOK).await?;
    let from_form = !body::is_json(&parts.headers);
    let key = if from_form {
        Key::Token(form_token(&bytes))
    } else {
        json_key(&bytes)?
    };
    let now = app.clock.now();
    let keys = Arc::clone(&app.keys);
    let lasts_s = key.lasts_s();
    let session = tokio::task::spawn_blocking(move || match key {
        Key::Token(token) => keys.log_in(&token, now),
        Key::Invite(code) => keys.accept_invite(&code, now),
    })
    .await
    .map_err(|_| Problem::internal())??;
    let Some(session) = session else {
        return if from_form {
            Ok(Redirect::to("/login?refused=1").into_response())
        } else {
            Err(Problem::unauthorized())
        };
    };
    let cookie = cookie(&app, &session.0, lasts_s);
    let mut response = if from_form {
        Redirect::to("/").into_response()
    } else {
        Json(json!({ "status": "logged_in" })).into_response()
    };
    response.headers_mut().insert(
        header::SET_COOKIE,
        HeaderValue::from_str(&cookie).map_err(|_| Problem::internal())?,
    );
    Ok(response)
}

/// What somebody logs in with.
enum Key {
    /// A token.
    Token(String),
    /// The code of an invite.
    Invite(String),
}

impl Key {
    /// How long the session lasts, in seconds.
    const fn lasts_s(&self) -> u64 {
        match self {
            Self::Token(_) => 12 * 3_600,
            Self::Invite(_) => DRIVER_SESSION.as_secs().unsigned_abs(),
        }
    }
}

fn json_key(bytes: &[u8]) -> Answer<Key> {
    let json = body::parse(bytes, false)?;
    let mut reader = Reader::new(&json, "");
    let invite = reader.optional("invite", fields::text(NAME));
    let key = match invite {
        Some(code) => Some(Key::Invite(code.to_owned())),
        None => {
            let token = reader.required("token", fields::text(NAME));
            token.map(|token| Key::Token(token.to_owned()))
        }
    };
    reader
        .finish(|| key)
        .map_err(|faults| Problem::invalid(StatusCode::BAD_REQUEST, faults))
}

/// `token=…`; tokens hold nothing that a form would encode.
fn form_token(bytes: &[u8]) -> String {
    let text = String::from_utf8_lossy(bytes);
    text.split('&')
        .find_map(|pair| pair.strip_prefix("token="))
        .unwrap_or_default()
        .trim()
        .to_owned()
}

fn cookie(app: &App, session: &str, max_age_s: u64) -> String {
    let secure = if app.config.behind_tls_proxy {
        "; Secure"
    } else {
        ""
    };
    format!(
        "{SESSION_COOKIE}={session}; Path=/; HttpOnly; SameSite=Strict; Max-Age={max_age_s}{secure}"
    )
}

/// End the session.
#[utoipa::path(post, path = "/logout", tag = "access", security(()), responses((status = 200, body = Value)))]
pub async fn log_out(State(app): State<Arc<App>>, headers: HeaderMap) -> Answer<Response> {
    if !gate::same_origin(&headers) {
        return Err(Problem::forbidden());
    }
    if let Some(session) = gate::cookie(&headers) {
        if let Some(caller) = app.keys.caller(session, app.clock.now())? {
            app.read(move |store| store.revoke_token(&caller.token_id))
                .await?;
        }
        app.keys.forget();
    }
    let mut response = Json(json!({ "status": "logged_out" })).into_response();
    let cookie = cookie(&app, "", 0);
    response.headers_mut().insert(
        header::SET_COOKIE,
        HeaderValue::from_str(&cookie).map_err(|_| Problem::internal())?,
    );
    Ok(response)
}

/// Who asks.
#[utoipa::path(get, path = "/v1/me", tag = "access", responses((status = 200, body = Value)))]
pub async fn me(Extension(caller): Extension<Caller>) -> Json<Value> {
    Json(json!({
        "tokenId": caller.token_id,
        "role": caller.role.as_str(),
        "labId": caller.lab_id,
        "driverId": caller.driver_id,
        "clinicId": caller.clinic_id,
        "sources": caller.sources,
    }))
}
