//! The pages: shells without data, which ask the API for what they show. No page runs, or asks, anything of another host, but
//! for the tiles of the map that the operator named.

use std::sync::Arc;

use axum::body::Body;
use axum::extract::{Extension, Path, State};
use axum::http::{HeaderMap, HeaderName, HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Redirect, Response};
use pontic_screens::File;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use super::problem::{Answer, Problem};
use crate::access::{Caller, Role};
use crate::app::App;

/// What is asked for again each time it is used, and answered with 304 as long as it is the same.
const ASK_AGAIN: &str = "no-cache";
/// What has its content's hash in its name never changes.
const FOR_EVER: &str = "public, max-age=31536000, immutable";
/// What changes seldom, and does no harm where it is old.
const A_DAY: &str = "public, max-age=86400";

/// What a page needs besides its own scripts, styles and the API.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Needs {
    /// Nothing.
    Nothing,
    /// The map's tiles.
    Tiles,
    /// The camera and where the phone is; the barcode reader is WebAssembly.
    Phone,
    /// All of it: a script that several pages load, perhaps as a worker, which then has this policy and not its page's.
    Everything,
}

/// All of the pages' routes.
pub fn routes() -> OpenApiRouter<Arc<App>> {
    OpenApiRouter::new()
        .routes(routes!(dispatch))
        .routes(routes!(integrations))
        .routes(routes!(drive))
        .routes(routes!(track))
        .routes(routes!(login))
        .routes(routes!(asset))
        .routes(routes!(icon))
        .routes(routes!(worker))
        .routes(routes!(manifest))
}

/// The dispatchers' page. A driver is sent to theirs.
#[utoipa::path(get, path = "/", tag = "pages", responses((status = 200, content_type = "text/html"), (status = 303, description = "To /login, or a driver to /drive"), (status = 304)))]
pub async fn dispatch(
    State(app): State<Arc<App>>,
    Extension(caller): Extension<Caller>,
    headers: HeaderMap,
) -> Answer<Response> {
    if caller.role == Role::Driver {
        return Ok(Redirect::to("/drive").into_response());
    }
    page(&app, &headers, "dispatch.html", Needs::Tiles)
}

/// The page about senders, receivers, refused messages and notices.
#[utoipa::path(get, path = "/integrations", tag = "pages", responses((status = 200, content_type = "text/html"), (status = 303, description = "To /login"), (status = 304), (status = 403)))]
pub async fn integrations(State(app): State<Arc<App>>, headers: HeaderMap) -> Answer<Response> {
    page(&app, &headers, "integrations.html", Needs::Nothing)
}

/// The drivers' page.
#[utoipa::path(get, path = "/drive", tag = "pages", security(()), responses((status = 200, content_type = "text/html"), (status = 304)))]
pub async fn drive(State(app): State<Arc<App>>, headers: HeaderMap) -> Answer<Response> {
    page(&app, &headers, "drive.html", Needs::Phone)
}

/// The clinic's page of one stop, for whoever has its link; what it shows comes from `/t/{link}/state`.
#[utoipa::path(get, path = "/t/{link}", tag = "pages", security(()), params(("link" = String, Path)), responses((status = 200, content_type = "text/html"), (status = 304)))]
pub async fn track(
    State(app): State<Arc<App>>,
    Path(_): Path<String>,
    headers: HeaderMap,
) -> Answer<Response> {
    page(&app, &headers, "track.html", Needs::Nothing)
}

/// The page to log in.
#[utoipa::path(get, path = "/login", tag = "access", security(()), responses((status = 200, content_type = "text/html"), (status = 304)))]
pub async fn login(State(app): State<Arc<App>>, headers: HeaderMap) -> Answer<Response> {
    page(&app, &headers, "login.html", Needs::Nothing)
}

/// Scripts, styles and fonts of the pages, with their content's hash in the name.
#[utoipa::path(get, path = "/assets/{*file}", tag = "pages", security(()), params(("file" = String, Path)), responses((status = 200), (status = 304), (status = 404)))]
pub async fn asset(
    State(app): State<Arc<App>>,
    Path(name): Path<String>,
    headers: HeaderMap,
) -> Answer<Response> {
    let mut response = serve(&headers, &format!("assets/{name}"), FOR_EVER)?;
    guard(&app, &mut response, Needs::Everything)?;
    Ok(response)
}

/// Icons of the pages.
#[utoipa::path(get, path = "/icons/{file}", tag = "pages", security(()), params(("file" = String, Path)), responses((status = 200), (status = 304), (status = 404)))]
pub async fn icon(
    State(app): State<Arc<App>>,
    Path(name): Path<String>,
    headers: HeaderMap,
) -> Answer<Response> {
    let mut response = serve(&headers, &format!("icons/{name}"), A_DAY)?;
    guard(&app, &mut response, Needs::Nothing)?;
    Ok(response)
}

/// The drivers' page without a network: its service worker.
#[utoipa::path(get, path = "/sw.js", tag = "pages", security(()), responses((status = 200, content_type = "text/javascript"), (status = 304)))]
pub async fn worker(State(app): State<Arc<App>>, headers: HeaderMap) -> Answer<Response> {
    let mut response = serve(&headers, "sw.js", ASK_AGAIN)?;
    guard(&app, &mut response, Needs::Phone)?;
    response.headers_mut().insert(
        HeaderName::from_static("service-worker-allowed"),
        HeaderValue::from_static("/drive"),
    );
    Ok(response)
}

/// The drivers' page as an app.
#[utoipa::path(get, path = "/drive.webmanifest", tag = "pages", security(()), responses((status = 200, content_type = "application/manifest+json"), (status = 304)))]
pub async fn manifest(headers: HeaderMap) -> Answer<Response> {
    serve(&headers, "drive.webmanifest", ASK_AGAIN)
}

fn page(app: &App, headers: &HeaderMap, path: &str, needs: Needs) -> Answer<Response> {
    let mut response = serve(headers, path, ASK_AGAIN)?;
    guard(app, &mut response, needs)?;
    Ok(response)
}

/// A file of the pages, in the smallest form that the client takes; 304 where it has it already.
fn serve(headers: &HeaderMap, path: &str, caching: &'static str) -> Answer<Response> {
    let file = pontic_screens::file(path).ok_or_else(Problem::not_found)?;
    let said = |name: HeaderName| {
        let lines = headers.get_all(name).iter();
        let texts: Vec<&str> = lines.filter_map(|value| value.to_str().ok()).collect();
        texts.join(",")
    };
    let (coding, bytes) = file
        .body(&said(header::ACCEPT_ENCODING))
        .map_err(|_| Problem::internal())?;
    let tag = tag(file, coding.word());
    let mut response = if has(&said(header::IF_NONE_MATCH), &tag) {
        StatusCode::NOT_MODIFIED.into_response()
    } else {
        let mut response = Response::new(Body::from(match bytes {
            std::borrow::Cow::Borrowed(bytes) => bytes::Bytes::from_static(bytes),
            std::borrow::Cow::Owned(bytes) => bytes.into(),
        }));
        let headers = response.headers_mut();
        headers.insert(
            header::CONTENT_TYPE,
            HeaderValue::from_static(file.media_type),
        );
        if let Some(word) = coding.word() {
            headers.insert(header::CONTENT_ENCODING, HeaderValue::from_static(word));
        }
        response
    };
    let headers = response.headers_mut();
    headers.insert(header::CACHE_CONTROL, HeaderValue::from_static(caching));
    headers.insert(header::ETAG, text(&tag)?);
    if file.varies() {
        headers.insert(header::VARY, HeaderValue::from_static("accept-encoding"));
    }
    Ok(response)
}

/// One form of a file has one tag.
fn tag(file: &File, coding: Option<&str>) -> String {
    let form = coding.map_or_else(String::new, |word| format!("-{word}"));
    format!("\"{}{form}\"", file.digest)
}

/// Whether `If-None-Match` names the tag.
fn has(said: &str, tag: &str) -> bool {
    said.split(',')
        .map(|item| item.trim().trim_start_matches("W/"))
        .any(|item| item == "*" || item == tag)
}

fn text(value: &str) -> Answer<HeaderValue> {
    HeaderValue::from_str(value).map_err(|_| Problem::internal())
}

/// Says what the browser lets the page do.
fn guard(app: &App, response: &mut Response, needs: Needs) -> Answer<()> {
    let tiles = app.config.map.as_ref().map(|map| map.origin.as_str());
    let headers = response.headers_mut();
    headers.insert(
        header::CONTENT_SECURITY_POLICY,
        text(&policy(needs, tiles))?,
    );
    let devices = if matches!(needs, Needs::Phone) {
        "camera=(self), geolocation=(self), microphone=(), payment=(), usb=()"
    } else {
        "camera=(), geolocation=(), microphone=(), payment=(), usb=()"
    };
    headers.insert(
        HeaderName::from_static("permissions-policy"),
        HeaderValue::from_static(devices),
    );
    Ok(())
}

/// The content security policy.
fn policy(needs: Needs, tiles: Option<&str>) -> String {
    let has_tiles = matches!(needs, Needs::Tiles | Needs::Everything);
    let has_wasm = matches!(needs, Needs::Phone | Needs::Everything);
    let tiles = tiles.filter(|_| has_tiles);
    let tiles = tiles.map_or_else(String::new, |host| format!(" {host}"));
    let wasm = if has_wasm { " 'wasm-unsafe-eval'" } else { "" };
    format!(
        "default-src 'none'; script-src 'self'{wasm}; style-src 'self'; img-src 'self' data: blob:{tiles}; font-src 'self'; \
         connect-src 'self'{tiles}; worker-src 'self'; manifest-src 'self'; frame-ancestors 'none'; base-uri 'none'; form-action 'self'"
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_pages_with_a_map_may_ask_for_tiles_and_only_the_drivers_may_run_webassembly() {
        let host = "https://tiles.example";
        let rows = [
            (Needs::Nothing, false, false),
            (Needs::Tiles, true, false),
            (Needs::Phone, false, true),
            (Needs::Everything, true, true),
        ];
        for (needs, tiles, wasm) in rows {
            let said = policy(needs, Some(host));
            assert_eq!(
                said.matches(host).count(),
                if tiles { 2 } else { 0 },
                "{needs:?}"
            );
            assert_eq!(said.contains("wasm-unsafe-eval"), wasm, "{needs:?}");
            assert!(
                !said.contains("unsafe-inline") && !said.contains("'unsafe-eval'"),
                "{said}"
            );
            assert!(!policy(needs, None).contains("http"), "{needs:?}");
        }
    }

    #[test]
    fn a_tag_that_the_client_has_is_known_in_every_way_of_saying_it() {
        let tag = "\"12-br\"";
        for said in ["\"12-br\"", "W/\"12-br\"", "\"1\", \"12-br\"", "*"] {
            assert!(has(said, tag), "{said}");
        }
        for said in ["", "\"12\"", "12-br", "\"12-gzip\""] {
            assert!(!has(said, tag), "{said}");
        }
    }
}
