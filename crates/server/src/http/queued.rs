//! An event that a queue delivered. Nobody waits for an answer: what cannot be used is kept, whatever it is and once however often it
//! is delivered, and what could only not be taken now is left to the queue, which delivers it again.

use std::sync::Arc;

use axum::Router;
use axum::body::Body;
use axum::http::{HeaderMap, Method, Request, StatusCode, header};
use pontic_wire::event::{self, Refused};
use pontic_wire::outgoing;
use serde::Deserialize;
use tower_service::Service as _;

use super::events::HeaderTexts;
use super::refused::{self, Delivery};
use crate::app::App;

/// Bytes of an answer: 1,000 events are answered in less.
const ANSWER: usize = 8 * 1024 * 1024;
/// The event as it came; a queue says nothing of its content type.
const PATH: &str = "/v1/events";
/// The source of what names none.
const SOURCE: &str = "queue";
/// Codes of events that were not accepted because of us.
const OUR_FAULT: [&str; 3] = ["internal", "unavailable", "InternalFailure"];

/// What became of it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Delivered {
    /// All of it was accepted, now or before.
    Accepted,
    /// It, or some of it, cannot be used, and lies in the quarantine.
    Kept,
    /// We said it ourselves, and have no use for it.
    Ours,
    /// It is to be delivered again: neither accepted nor kept.
    Again,
}

/// Hands in the body of the message with that id, as whoever holds `token` would.
pub async fn deliver(
    app: &Arc<App>,
    router: &Router,
    token: &str,
    message: &str,
    body: &str,
) -> Delivered {
    let delivery = Delivery(message.to_owned());
    if is_ours(app, body) {
        return Delivered::Ours;
    }
    let request = Request::builder()
        .method(Method::POST)
        .uri(PATH)
        .header(header::CONTENT_TYPE, "application/json")
        .header(header::AUTHORIZATION, format!("Bearer {token}"))
        .extension(delivery.clone())
        .body(Body::from(body.to_owned()));
    let Ok(request) = request else {
        return Delivered::Again;
    };
    // A router is always ready, and never fails.
    let Ok(answer) = router.clone().call(request).await;
    let status = answer.status();
    let Ok(said) = axum::body::to_bytes(answer.into_body(), ANSWER).await else {
        return Delivered::Again;
    };
    match status {
        StatusCode::OK => each(&said),
        // The event was read, and refused with all its faults: the handler kept it.
        StatusCode::UNPROCESSABLE_ENTITY | StatusCode::CONFLICT => Delivered::Kept,
        StatusCode::BAD_REQUEST | StatusCode::PAYLOAD_TOO_LARGE => {
            keep_whole(app, token, body, &delivery).await
        }
        // We are not able, or whoever put it there is not allowed to: both are mended by somebody else than the sender.
        _ => {
            tracing::warn!(
                status = status.as_u16(),
                "a message of a queue is left there, to come again"
            );
            Delivered::Again
        }
    }
}

/// Whether that is news of this installation, which came back by a rule that lets everything through.
fn is_ours(app: &App, body: &str) -> bool {
    #[derive(Deserialize)]
    struct Envelope {
        #[serde(default)]
        resources: Vec<String>,
    }
    let envelope: Option<Envelope> = serde_json::from_str(body).ok();
    let epoch = app.store.epoch();
    envelope.is_some_and(|envelope| {
        let mut resources = envelope.resources.iter();
        resources.any(|resource| outgoing::is_resource_of(resource, epoch))
    })
}

/// What became of the events of one body.
fn each(said: &[u8]) -> Delivered {
    #[derive(Deserialize)]
    struct Said {
        #[serde(default, alias = "Entries")]
        entries: Vec<Entry>,
    }
    #[derive(Deserialize)]
    struct Entry {
        #[serde(alias = "ErrorCode")]
        code: Option<String>,
    }
    // A list would be read as the members of an object in their order.
    if !said.starts_with(b"{") {
        return Delivered::Again;
    }
    let Ok(said) = serde_json::from_slice::<Said>(said) else {
        return Delivered::Again;
    };
    let mut codes = said
        .entries
        .iter()
        .filter_map(|entry| entry.code.as_deref());
    let mut refused = codes.clone();
    if codes.any(|code| OUR_FAULT.contains(&code)) {
        // Those that were accepted are recognised when they come again.
        Delivered::Again
    } else if refused.next().is_some() {
        Delivered::Kept
    } else {
        Delivered::Accepted
    }
}

/// A body in which no event can be found: over HTTP its sender would be told, here it is kept as it came.
async fn keep_whole(app: &Arc<App>, token: &str, body: &str, delivery: &Delivery) -> Delivered {
    let keys = Arc::clone(&app.keys);
    let (token, now) = (token.to_owned(), app.clock.now());
    let asked = tokio::task::spawn_blocking(move || keys.caller(&token, now)).await;
    let Ok(Ok(Some(caller))) = asked else {
        return Delivered::Again;
    };
    let faults = match event::read(&HeaderTexts(&HeaderMap::new()), body.as_bytes()) {
        Err(Refused::Body(fault)) => vec![fault],
        _ => Vec::new(),
    };
    let code = "validation_failed";
    let item = refused::unreadable(&caller, SOURCE, code, faults, body.as_bytes());
    match refused::keep(app, vec![item.of_delivery(delivery, 0)]).await {
        Ok(()) => Delivered::Kept,
        Err(_) => Delivered::Again,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_event_that_is_our_fault_brings_all_of_them_again() {
        for (said, expected) in [
            (
                r#"{"eventId":"1","status":"processed"}"#,
                Delivered::Accepted,
            ),
            (
                r#"{"entries":[{"status":"processed"},{"code":"unknown_event_type"}]}"#,
                Delivered::Kept,
            ),
            (
                r#"{"entries":[{"code":"validation_failed"},{"code":"unavailable"}]}"#,
                Delivered::Again,
            ),
            (
                r#"{"Entries":[{"EventId":"1"},{"ErrorCode":"InvalidArgument"}]}"#,
                Delivered::Kept,
            ),
            (
                r#"{"Entries":[{"ErrorCode":"InternalFailure"}]}"#,
                Delivered::Again,
            ),
            ("[]", Delivered::Again),
        ] {
            assert_eq!(each(said.as_bytes()), expected, "{said}");
        }
    }
}
