//! Browsers log in with a token and get a session cookie.

use std::fmt::Write as _;
use std::sync::Arc;

use axum::Json;
use axum::extract::{Extension, Request, State};
use axum::http::{HeaderMap, HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Redirect, Response};
use pontic_wire::fields::{self, NAME, Reader, TextLimits};
use serde_json::{Value, json};

use super::body;
use super::gate::{self, SESSION_COOKIE};
use super::problem::{Answer, Problem};
use crate::access::{Caller, DRIVER_SESSION};
use crate::app::App;

/// Where a browser goes that named no page of ours.
const FIRST_PAGE: &str = "/";
/// A path that is gone on to.
const PATH: TextLimits = TextLimits {
    max_chars: 2_000,
    max_bytes: 2_000,
    multiline: false,
};

/// Log in with a token (a form field or JSON member `token`), or a driver's phone with the code of an invite (`invite`); sets the
/// session's cookie. `next` is a page of ours to go on to, which the answer to JSON names; anything else leads to the first page.
#[utoipa::path(post, path = "/login", tag = "access", security(()), request_body(content = Value, description = "`{ token, next? }`, as JSON or form; or `{ invite }`"),
    responses((status = 200, body = Value), (status = 303, description = "From the form: to `next`, or to /login again"), (status = 401), (status = 403)))]
pub async fn log_in(State(app): State<Arc<App>>, request: Request) -> Answer<Response> {
    let (parts, stream) = request.into_parts();
    if !gate::same_origin(&parts.headers) {
        return Err(Problem::forbidden());
    }
    let bytes = body::read(stream, body::WEBHOOK).await?;
    let from_form = !body::is_json(&parts.headers);
    let Asked { key, next } = if from_form {
        Asked::from_form(&bytes)
    } else {
        Asked::from_json(&bytes)?
    };
    let next = next.filter(|next| is_ours(next));
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
            let again = address(next.as_deref().unwrap_or(FIRST_PAGE));
            let mark = if again.contains('?') { '&' } else { '?' };
            Ok(Redirect::to(&format!("{again}{mark}refused=1")).into_response())
        } else {
            Err(Problem::unauthorized())
        };
    };
    let cookie = cookie(&app, &session.0, lasts_s);
    let next = next.as_deref().unwrap_or(FIRST_PAGE);
    let mut response = if from_form {
        Redirect::to(next).into_response()
    } else {
        Json(json!({ "status": "logged_in", "next": next })).into_response()
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

/// What a browser or program says to log in.
struct Asked {
    key: Key,
    next: Option<String>,
}

impl Asked {
    fn from_json(bytes: &[u8]) -> Answer<Self> {
        let json = body::parse(bytes, false)?;
        let mut reader = Reader::new(&json, "");
        let key = match reader.optional("invite", fields::text(NAME)) {
            Some(code) => Some(Key::Invite(code.to_owned())),
            None => {
                let token = reader.required("token", fields::text(NAME));
                token.map(|token| Key::Token(token.to_owned()))
            }
        };
        let next = reader.optional("next", fields::text(PATH));
        let asked = || {
            Some(Self {
                key: key?,
                next: next.map(ToString::to_string),
            })
        };
        reader
            .finish(asked)
            .map_err(|faults| Problem::invalid(StatusCode::BAD_REQUEST, faults))
    }

    fn from_form(bytes: &[u8]) -> Self {
        let field = |name: &str| {
            let mut pairs = bytes.split(|byte| *byte == b'&');
            pairs.find_map(|pair| {
                let value = pair.strip_prefix(name.as_bytes())?.strip_prefix(b"=")?;
                Some(form_text(value).trim().to_owned())
            })
        };
        Self {
            key: Key::Token(field("token").unwrap_or_default()),
            next: field("next"),
        }
    }
}

/// A field of a form: `+` is a space, `%2F` a byte. What is no such escape stays as it is.
fn form_text(value: &[u8]) -> String {
    let digit = |byte: Option<&u8>| byte.and_then(|byte| char::from(*byte).to_digit(16));
    let mut bytes = Vec::with_capacity(value.len());
    let mut rest = value;
    while let Some((first, after)) = rest.split_first() {
        rest = after;
        let escaped = (*first == b'%')
            .then(|| digit(after.first()).zip(digit(after.get(1))))
            .flatten();
        match escaped {
            Some((high, low)) => {
                bytes.extend(u8::try_from(high * 16 + low));
                rest = after.get(2..).unwrap_or_default();
            }
            None => bytes.push(if *first == b'+' { b' ' } else { *first }),
        }
    }
    String::from_utf8_lossy(&bytes).into_owned()
}

/// Whether that is a path of this site, as every browser reads it: `//host` and `/\\host` are another one.
fn is_ours(path: &str) -> bool {
    let is_plain = |byte: u8| byte.is_ascii_graphic() && byte != b'\\';
    path.len() <= PATH.max_bytes
        && path.starts_with('/')
        && !path.starts_with("//")
        && path.bytes().all(is_plain)
}

/// The address of the page to log in for `page`.
pub fn address(page: &str) -> String {
    if page == FIRST_PAGE || !is_ours(page) {
        return "/login".to_owned();
    }
    let mut address = "/login?next=".to_owned();
    for byte in page.bytes() {
        if byte.is_ascii_alphanumeric() || b"/-._~".contains(&byte) {
            address.push(char::from(byte));
        } else {
            // A `String` takes everything.
            let _ = write!(address, "%{byte:02X}");
        }
    }
    address
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
        app.keys.heed_revocation();
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_paths_of_this_site_are_gone_on_to() {
        for ours in ["/", "/integrations", "/?driver=D%201#stop", "/drive/x//y"] {
            assert!(is_ours(ours), "{ours}");
        }
        let long = format!("/{}", "x".repeat(PATH.max_bytes));
        for foreign in [
            "",
            "integrations",
            "//evil.example",
            "/\\evil.example",
            "\\\\evil.example",
            "https://evil.example",
            "javascript:alert(1)",
            "/\t/evil.example",
            "/\n/evil.example",
            "/\u{e9}",
            " /x",
            &long,
        ] {
            assert!(!is_ours(foreign), "{foreign}");
        }
    }

    #[test]
    fn the_page_that_was_asked_for_is_in_the_address_to_log_in() {
        assert_eq!(address("/"), "/login");
        assert_eq!(address("//evil.example"), "/login");
        assert_eq!(address("/integrations"), "/login?next=/integrations");
        assert_eq!(address("/?a=b&c"), "/login?next=/%3Fa%3Db%26c");
    }

    #[test]
    fn forms_are_read_as_browsers_write_them() {
        let asked = Asked::from_form(b"next=%2F%3Fa%3Db+c&token=a%2Bb%26%25%C3%A9%zz%4");
        let token = |asked: &Asked| match &asked.key {
            Key::Token(token) => Some(token.clone()),
            Key::Invite(_) => None,
        };
        assert_eq!(token(&asked).as_deref(), Some("a+b&%\u{e9}%zz%4"));
        assert_eq!(asked.next.as_deref(), Some("/?a=b c"));
        assert_eq!(token(&Asked::from_form(b"")).as_deref(), Some(""));
    }
}
