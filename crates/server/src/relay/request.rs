//! Messages on their way: what is asked, and what the answer means.

use std::time::Duration;

use axum::body::Body;
use axum::http::{Request, StatusCode, header};
use jiff::{SignedDuration, Timestamp};
use pontic_wire::outgoing::{Publication, content_type};
use pontic_wire::signature::sign_standard_webhooks;

#[cfg(feature = "aws")]
use super::event_bridge;
use super::receiver::Receiver;
#[cfg(feature = "aws")]
use crate::aws::Aws;
use crate::client::Client;

/// Names the installation that sent a message, so that it is not told its own news again.
pub const FROM: &str = "pontic-from";
/// Who we are.
const AGENT: &str = concat!("pontic/", env!("CARGO_PKG_VERSION"));

/// What came of a try.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Sent {
    /// The receiver has it.
    pub taken: bool,
    /// The receiver is gone for good (410).
    pub gone: bool,
    /// Why it was not taken: a status, or a word.
    pub cause: String,
    /// When it asked us to come back.
    pub retry_after: Option<SignedDuration>,
}

impl Sent {
    /// It was not taken, for that cause.
    pub fn failed(cause: &str) -> Self {
        Self {
            taken: false,
            gone: false,
            cause: cause.to_owned(),
            retry_after: None,
        }
    }
}

/// The ways out.
#[derive(Debug)]
pub struct Ways {
    /// Over HTTP.
    pub client: Client,
    /// To AWS.
    #[cfg(feature = "aws")]
    pub aws: Aws,
}

/// Tries each of these once, together where the receiver takes them so; what came of each, in their order.
pub async fn try_all(
    ways: &Ways,
    receiver: &Receiver,
    publications: &[Publication],
    epoch: &str,
    now: Timestamp,
) -> Vec<Sent> {
    if let Some(address) = receiver.event_bus() {
        #[cfg(feature = "aws")]
        return event_bridge::put(&ways.aws, receiver, address, publications, epoch, now).await;
        // A program that has it set this receiver up: what is for it waits for one.
        #[cfg(not(feature = "aws"))]
        {
            let _ = address;
            return vec![Sent::failed("not_built_in"); publications.len()];
        }
    }
    let mut sent = Vec::with_capacity(publications.len());
    for publication in publications {
        sent.push(try_once(&ways.client, receiver, publication, epoch, now).await);
    }
    sent
}

/// Posts a publication once, signed with every secret of the receiver.
async fn try_once(
    client: &Client,
    receiver: &Receiver,
    publication: &Publication,
    epoch: &str,
    now: Timestamp,
) -> Sent {
    let Some(request) = request(receiver, publication, epoch, now) else {
        return Sent::failed("unwritable");
    };
    let patience = Duration::from_secs(u64::from(receiver.subscription.timeout_s));
    match tokio::time::timeout(patience, client.post(request)).await {
        Err(_) => Sent::failed("timeout"),
        Ok(Err(error)) => Sent::failed(error.word()),
        Ok(Ok(answer)) => Sent {
            taken: answer.status.is_success(),
            gone: answer.status == StatusCode::GONE,
            cause: answer.status.as_u16().to_string(),
            retry_after: answer.retry_after(),
        },
    }
}

fn request(
    receiver: &Receiver,
    publication: &Publication,
    epoch: &str,
    now: Timestamp,
) -> Option<Request<Body>> {
    let format = receiver.subscription.format;
    let key = publication.key();
    let body = publication.body(format, Some(&key)).ok()?;
    let timestamp = now.as_second();
    let signatures: Vec<String> = receiver
        .secrets
        .iter()
        .map(|secret| sign_standard_webhooks(secret, &publication.id, timestamp, body.as_bytes()))
        .collect();
    let mut request = Request::post(&receiver.subscription.url)
        .header(header::CONTENT_TYPE, content_type(format))
        .header(header::USER_AGENT, AGENT)
        .header("webhook-id", &publication.id)
        .header("webhook-timestamp", timestamp)
        .header(FROM, epoch);
    if !signatures.is_empty() {
        request = request.header("webhook-signature", signatures.join(" "));
    }
    for (name, value) in &receiver.headers {
        request = request.header(name, value);
    }
    request.body(Body::from(body)).ok()
}
