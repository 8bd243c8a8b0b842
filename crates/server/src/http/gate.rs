//! What every request passes: an id, the address's bucket, then who asks and whether they may. One layer for all of it, because
//! each costs a request a box and a copy of the service below.

use std::net::{IpAddr, SocketAddr};
use std::sync::Arc;
use std::time::Instant;

use axum::extract::{ConnectInfo, MatchedPath, Request, State};
use axum::http::request::Parts;
use axum::http::uri::PathAndQuery;
use axum::http::{HeaderMap, HeaderValue, Method, StatusCode, header};
use axum::middleware::Next;
use axum::response::{IntoResponse, Redirect, Response};
use pontic_core::bucket::Allowance;

use super::failure::Failure;
use super::leftover::Leftover;
use super::login;
use super::problem::Problem;
use super::request_id;
use crate::access::{Caller, Need, Role, Secretly, is_for_clinics, need};
use crate::app::App;
use crate::limits::Kind;
use crate::metrics::exposition;
use crate::traces;

/// Name of the cookie of a browser's session.
pub const SESSION_COOKIE: &str = "pontic_session";

/// Pages for which a browser must be logged in.
const PAGES: [&str; 2] = ["/", "/integrations"];

/// The gate.
pub async fn admit(State(app): State<Arc<App>>, request: Request, next: Next) -> Response {
    let address = address_of(&app, &request);
    let asked = request_id::asked(request.headers());
    let answer = async move {
        let started = Instant::now();
        let method = request.method().clone();
        let is_of_ehr = request.uri().path().starts_with("/webhooks/");
        let trace = traces::Request::begin(&request);
        let refused = address.and_then(|address| over_limit(&app, &address));
        let mut response = match refused {
            Some(wait_s) => too_often(is_of_ehr, wait_s),
            None => trace.during(run(&app, next, request)).await,
        };
        let told = request_id::told();
        if let Some(value) = told
            .as_deref()
            .and_then(|id| HeaderValue::from_str(id).ok())
        {
            response.headers_mut().insert("x-request-id", value);
        }
        protect(response.headers_mut());
        exposition::answered(response.status(), started.elapsed());
        trace.end(response.status());
        if response.status().is_server_error() || tracing::enabled!(tracing::Level::DEBUG) {
            tracing::info!(status = response.status().as_u16(), %method, id = told, ms = started.elapsed().as_millis(), "answered");
        }
        response
    };
    request_id::with(asked, answer).await
}

/// Who is limited: the peer, or whom the proxy says it asks for. Loopback is not.
fn address_of(app: &App, request: &Request) -> Option<String> {
    let peer = request
        .extensions()
        .get::<ConnectInfo<SocketAddr>>()
        .map(|info| info.0.ip())?;
    let forwarded = || {
        // The last one is the one that our own proxy saw, whether it put it on the sender's line or on one of its own.
        let lines = request.headers().get_all("x-forwarded-for");
        let header = lines.iter().next_back()?.to_str().ok()?;
        header.rsplit(',').next()?.trim().parse::<IpAddr>().ok()
    };
    let address = if app.config.behind_tls_proxy {
        forwarded().unwrap_or(peer)
    } else {
        peer
    };
    (!address.is_loopback()).then(|| address.to_string())
}

fn over_limit(app: &App, address: &str) -> Option<u64> {
    let allowance = app.limits.take(Kind::Address, address)?;
    (!allowance.allowed).then_some(allowance.wait_s)
}

/// What the handlers answer; whoever is refused is heard to the end first.
async fn run(app: &App, next: Next, request: Request) -> Response {
    let (request, leftover) = Leftover::keep(request, app.config.silence);
    let response = in_our_form(authorize(app, request, next).await);
    if let (Some(leftover), true) = (leftover, response.status().is_client_error()) {
        // A box, because few requests need the room that it takes.
        Box::pin(leftover.drain()).await;
    }
    response
}

/// Practice systems are answered in their own form.
fn too_often(is_of_ehr: bool, wait_s: u64) -> Response {
    let problem = Problem::rate_limited(wait_s);
    if is_of_ehr {
        Failure::from(problem).into_response()
    } else {
        problem.into_response()
    }
}

/// What the framework refuses by itself (a parameter that cannot be read, a socket that is none) it says in plain text,
/// which may quote the request.
fn in_our_form(response: Response) -> Response {
    let status = response.status();
    let content_type = response.headers().get(header::CONTENT_TYPE);
    let is_plain = content_type.is_none_or(|value| value.as_bytes().starts_with(b"text/plain"));
    if is_plain && (status.is_client_error() || status.is_server_error()) {
        Problem::of_the_framework(status).into_response()
    } else {
        response
    }
}

/// Headers that every answer has.
fn protect(headers: &mut HeaderMap) {
    headers.insert(
        header::X_CONTENT_TYPE_OPTIONS,
        HeaderValue::from_static("nosniff"),
    );
    headers
        .entry(header::CACHE_CONTROL)
        .or_insert(HeaderValue::from_static("no-store"));
    headers
        .entry(header::REFERRER_POLICY)
        .or_insert(HeaderValue::from_static("no-referrer"));
    headers
        .entry(header::X_FRAME_OPTIONS)
        .or_insert(HeaderValue::from_static("DENY"));
}

/// Who asks, whether they may, and their bucket. Handlers find the [`Caller`] among the extensions.
async fn authorize(app: &App, request: Request, next: Next) -> Response {
    let Some(path) = request.extensions().get::<MatchedPath>().cloned() else {
        // Nothing lies there: whoever asks is told so.
        return next.run(request).await;
    };
    let path = path.as_str();
    let roles = match need(path, request.method()) {
        Some(Need::Nothing) => return next.run(request).await,
        Some(Need::Role(roles)) => roles,
        None => return Problem::forbidden().into_response(),
    };
    let (mut parts, body) = request.into_parts();
    match identify(app, &parts, path).await {
        Ok(caller) if caller.clinic_id.is_some() && !is_for_clinics(path, &parts.method) => {
            Problem::forbidden().into_response()
        }
        Ok(caller) if caller.role == Role::Admin || roles.contains(&caller.role) => {
            let allowance = token_allowance(app, &caller);
            if let Some(refused) = allowance.filter(|allowance| !allowance.allowed) {
                let mut response = Problem::rate_limited(refused.wait_s).into_response();
                tell_limit(app, Kind::Token, response.headers_mut(), refused);
                return response;
            }
            parts.extensions.insert(caller);
            let mut response = next.run(Request::from_parts(parts, body)).await;
            if let Some(allowance) = allowance {
                tell_limit(app, Kind::Token, response.headers_mut(), allowance);
            }
            response
        }
        Ok(_) => Problem::forbidden().into_response(),
        Err(problem) if PAGES.contains(&path) && problem.status == StatusCode::UNAUTHORIZED => {
            let page = parts
                .uri
                .path_and_query()
                .map_or(path, PathAndQuery::as_str);
            Redirect::to(&login::address(page)).into_response()
        }
        Err(problem) => problem.into_response(),
    }
}

fn token_allowance(app: &App, caller: &Caller) -> Option<Allowance> {
    if caller.role == Role::Admin {
        None
    } else {
        app.limits.take(Kind::Token, &caller.token_id)
    }
}

/// `RateLimit` and `RateLimit-Policy` (IETF draft).
pub fn tell_limit(app: &App, kind: Kind, headers: &mut HeaderMap, allowance: Allowance) {
    let quota = app.limits.quota(kind);
    let name = kind.as_str();
    let limit = format!(
        "\"{name}\";r={};t={}",
        allowance.remaining, allowance.wait_s
    );
    let window_s = (quota.burst / quota.rate).ceil();
    let policy = format!("\"{name}\";q={};w={window_s}", quota.burst);
    for (header, value) in [("ratelimit", limit), ("ratelimit-policy", policy)] {
        if let Ok(value) = HeaderValue::from_str(&value) {
            headers.insert(header, value);
        }
    }
}

/// The token or session that a request shows: a connection that stays open asks again whether it still counts.
pub fn shown(headers: &HeaderMap) -> Option<Secretly> {
    let text = bearer(headers).or_else(|| cookie(headers))?;
    Some(Secretly(text.to_owned()))
}

/// Who asks: by the header, the session's cookie, or (for sockets) a ticket.
async fn identify(app: &App, request: &Parts, path: &str) -> Result<Caller, Problem> {
    let now = app.clock.now();
    let is_socket = path.starts_with("/ws/");
    if is_socket && !same_origin(&request.headers) {
        return Err(Problem::forbidden());
    }
    if let Some(token) = bearer(&request.headers) {
        return app
            .keys
            .caller(token, now)?
            .ok_or_else(Problem::unauthorized);
    }
    if let Some(session) = cookie(&request.headers) {
        if request.method != Method::GET && !same_origin(&request.headers) {
            return Err(Problem::forbidden());
        }
        return app
            .keys
            .caller(session, now)?
            .ok_or_else(Problem::unauthorized);
    }
    let is_stream = is_socket || path == "/v1/stream";
    let ticket = request.uri.query().and_then(|query| {
        query
            .split('&')
            .find_map(|pair| pair.strip_prefix("ticket="))
    });
    match ticket {
        Some(ticket) if is_stream => {
            let (app_keys, ticket) = (Arc::clone(&app.keys), ticket.to_owned());
            let used = tokio::task::spawn_blocking(move || app_keys.use_ticket(&ticket, now)).await;
            used.map_err(|_| Problem::internal())??
                .ok_or_else(Problem::unauthorized)
        }
        _ => Err(Problem::unauthorized()),
    }
}

/// The token of `Authorization: Bearer`.
pub fn bearer(headers: &HeaderMap) -> Option<&str> {
    let value = headers.get(header::AUTHORIZATION)?.to_str().ok()?;
    let (scheme, token) = value.split_once(' ')?;
    scheme.eq_ignore_ascii_case("bearer").then(|| token.trim())
}

/// The session of a browser.
pub fn cookie(headers: &HeaderMap) -> Option<&str> {
    let cookies = headers
        .get_all(header::COOKIE)
        .iter()
        .filter_map(|value| value.to_str().ok());
    let mut pairs = cookies
        .flat_map(|value| value.split(';'))
        .filter_map(|pair| pair.trim().split_once('='));
    pairs
        .find(|(name, _)| *name == SESSION_COOKIE)
        .map(|(_, value)| value)
}

/// Whether a browser's request comes from our own pages. Programs send no `Origin`.
pub fn same_origin(headers: &HeaderMap) -> bool {
    let Some(origin) = headers
        .get(header::ORIGIN)
        .and_then(|origin| origin.to_str().ok())
    else {
        return true;
    };
    let host = headers
        .get(header::HOST)
        .and_then(|host| host.to_str().ok())
        .unwrap_or_default();
    let origin_host = origin.split_once("://").map_or("", |(_, host)| host);
    origin_host.eq_ignore_ascii_case(host)
}

/// A path that leads nowhere.
pub async fn nowhere() -> Problem {
    Problem::not_found()
}

/// A method that a path does not know.
pub async fn wrong_method() -> Problem {
    Problem::wrong_method()
}
