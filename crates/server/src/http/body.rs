//! Bodies: read within their limit, then let through the strict door.

use std::error::Error;

use axum::body::Body;
use axum::http::{HeaderMap, header};
use bytes::{Bytes, BytesMut};
use futures_util::StreamExt;
use pontic_core::fault::{Fault, Reason};
use pontic_wire::json::{self, Json, Limits};

use super::leftover::TooSlow;
use super::problem::{Answer, Problem};

/// Bytes of a webhook.
pub const WEBHOOK: usize = 64 * 1024;
/// Bytes of everything else.
pub const USUAL: usize = 1024 * 1024;
/// Bytes of a request with a proof.
pub const PROOF: usize = 8 * 1024 * 1024;
/// So much more is read and thrown away, so that the sender hears the answer.
const DRAIN: usize = 1024 * 1024;

/// The body, or that it is too large.
pub async fn read(body: Body, limit: usize) -> Answer<Bytes> {
    let mut stream = body.into_data_stream();
    let mut kept = Kept::default();
    let mut total = 0_usize;
    while let Some(chunk) = stream.next().await {
        let chunk = chunk.map_err(|error| broken_off(&error))?;
        total += chunk.len();
        if total <= limit {
            kept.add(chunk);
        } else if total > limit + DRAIN {
            break;
        }
    }
    if total > limit {
        Err(Problem::too_large())
    } else {
        Ok(kept.bytes())
    }
}

/// A body that ended before its end.
fn broken_off(error: &(dyn Error + 'static)) -> Problem {
    let mut cause: Option<&(dyn Error + 'static)> = Some(error);
    while let Some(error) = cause {
        if error.is::<TooSlow>() {
            return Problem::too_slow();
        }
        cause = error.source();
    }
    Problem::body(Fault::new("$", Reason::InvalidJson))
}

/// Chunks put together; a body usually is one, which is then not copied.
#[derive(Default)]
struct Kept {
    first: Bytes,
    all: BytesMut,
}

impl Kept {
    fn add(&mut self, chunk: Bytes) {
        if self.first.is_empty() && self.all.is_empty() {
            self.first = chunk;
            return;
        }
        if self.all.is_empty() {
            self.all.extend_from_slice(&self.first);
        }
        self.all.extend_from_slice(&chunk);
    }

    fn bytes(self) -> Bytes {
        if self.all.is_empty() {
            self.first
        } else {
            self.all.freeze()
        }
    }
}

/// The body as JSON through the strict door; an empty body is an empty object where `may_be_empty`.
pub fn parse(bytes: &[u8], may_be_empty: bool) -> Answer<Json<'_>> {
    if bytes.is_empty() && may_be_empty {
        return Ok(Json::object());
    }
    json::parse(bytes, Limits::default()).map_err(Problem::body)
}

/// Whether the content type is JSON, or absent.
pub fn is_json(headers: &HeaderMap) -> bool {
    let Some(value) = headers.get(header::CONTENT_TYPE) else {
        return true;
    };
    let essence = value
        .to_str()
        .unwrap_or_default()
        .split(';')
        .next()
        .unwrap_or_default()
        .trim()
        .to_ascii_lowercase();
    essence == "application/json" || essence.ends_with("+json")
}

/// Refuses what is not JSON.
pub fn require_json(headers: &HeaderMap) -> Answer<()> {
    if is_json(headers) {
        Ok(())
    } else {
        Err(Problem::media_type())
    }
}

/// The version that `If-Match` names: `"7"`, `W/"7"` or `7`; `*` and absence name none.
pub fn if_match(headers: &HeaderMap) -> Answer<Option<u64>> {
    let Some(value) = headers.get(header::IF_MATCH) else {
        return Ok(None);
    };
    let text = value
        .to_str()
        .unwrap_or_default()
        .trim()
        .trim_start_matches("W/")
        .trim_matches('"');
    match text {
        "*" => Ok(None),
        text => text
            .parse()
            .map(Some)
            .map_err(|_| Problem::parameter("If-Match", Reason::InvalidFormat)),
    }
}
