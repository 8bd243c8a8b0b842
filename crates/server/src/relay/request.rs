//! Messages on their way, by HTTP, into a stream of the bus or to a bus of EventBridge: what is sent, and what the answer means.

use std::sync::Arc;
use std::time::Duration;

use axum::body::Body;
use axum::http::{Request, StatusCode, header};
use jiff::{SignedDuration, Timestamp};
use pontic_core::subscription::BusAddress;
use pontic_wire::outgoing::{Publication, content_type};
use pontic_wire::signature::sign_standard_webhooks;

#[cfg(feature = "aws")]
use super::event_bridge;
use super::receiver::Receiver;
#[cfg(feature = "aws")]
use crate::aws::Aws;
use crate::bus::{Bus, Letter};
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
    /// Why it was not taken: a status, or a word. Of one that was taken: the status, or its place in the stream.
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
    /// Over the bus, where there is one.
    pub bus: Option<Arc<Bus>>,
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
        sent.push(try_once(ways, receiver, publication, epoch, now).await);
    }
    sent
}

/// Sends a publication once, signed with every secret of the receiver.
async fn try_once(
    ways: &Ways,
    receiver: &Receiver,
    publication: &Publication,
    epoch: &str,
    now: Timestamp,
) -> Sent {
    let format = receiver.subscription.format;
    let Ok(body) = publication.body(format, Some(&publication.key())) else {
        return Sent::failed("unwritable");
    };
    let headers = headers(receiver, publication, &body, epoch, now);
    match BusAddress::read(&receiver.subscription.url) {
        Some(address) => publish(ways, address, receiver, publication, headers, body).await,
        None => post(ways, receiver, headers, body).await,
    }
}

/// How long the receiver may take.
fn patience(receiver: &Receiver) -> Duration {
    Duration::from_secs(u64::from(receiver.subscription.timeout_s))
}

async fn post(
    ways: &Ways,
    receiver: &Receiver,
    headers: Vec<(String, String)>,
    body: String,
) -> Sent {
    let request = Request::post(&receiver.subscription.url).header(header::USER_AGENT, AGENT);
    let named = headers.into_iter();
    let request = named.fold(request, |request, (name, value)| {
        request.header(name, value)
    });
    let Ok(request) = request.body(Body::from(body)) else {
        return Sent::failed("unwritable");
    };
    match tokio::time::timeout(patience(receiver), ways.client.post(request)).await {
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

async fn publish(
    ways: &Ways,
    address: BusAddress<'_>,
    receiver: &Receiver,
    publication: &Publication,
    headers: Vec<(String, String)>,
    body: String,
) -> Sent {
    let Some(bus) = &ways.bus else {
        return Sent::failed("not_configured");
    };
    let (lab, name) = (&publication.lab_id, &publication.name);
    let letter = Letter {
        stream: address.stream,
        subject: address.subject(lab, name, &publication.about()),
        id: &publication.id,
        headers,
        body,
        patience: patience(receiver),
    };
    match bus.publish(letter).await {
        Ok(place) => Sent {
            taken: true,
            ..Sent::failed(&place)
        },
        Err(cause) => Sent::failed(&cause),
    }
}

/// What a message says beside its body, whichever way it goes.
fn headers(
    receiver: &Receiver,
    publication: &Publication,
    body: &str,
    epoch: &str,
    now: Timestamp,
) -> Vec<(String, String)> {
    let timestamp = now.as_second();
    let id = &publication.id;
    let signatures = receiver.secrets.iter();
    let signatures: Vec<String> = signatures
        .map(|secret| sign_standard_webhooks(secret, id, timestamp, body.as_bytes()))
        .collect();
    let own = |name: &str, value: String| (name.to_owned(), value);
    let mut headers = vec![
        own(
            "content-type",
            content_type(receiver.subscription.format).to_owned(),
        ),
        own("webhook-id", id.clone()),
        own("webhook-timestamp", timestamp.to_string()),
        own(FROM, epoch.to_owned()),
    ];
    if !signatures.is_empty() {
        headers.push(own("webhook-signature", signatures.join(" ")));
    }
    headers.extend(receiver.headers.iter().cloned());
    headers
}
