//! Who sent a webhook: HMAC-SHA256 over the raw bytes, in the forms that senders use.
//!
//! | form | headers | signed bytes |
//! |---|---|---|
//! | plain | the practice system's own (`x-dentrix-signature`) | body |
//! | timestamped | the same, and `x-pontic-timestamp` | `{ts}.{body}` |
//! | [Standard Webhooks](https://www.standardwebhooks.com) | `webhook-id`, `-timestamp`, `-signature` | `{id}.{ts}.{body}` |
//!
//! A timestamp proves that a message is fresh, so whoever sends one must have signed it: where a
//! header of a timestamped form is present that form must verify, and the plain one is not asked.
//! Every secret is compared with every candidate, in constant time and without an early exit.

mod candidates;
mod explain;
mod headers;
mod secret;

use jiff::Timestamp;
use subtle::{Choice, ConstantTimeEq};

use candidates::Candidates;
use headers::Headers;

pub use explain::{explain, hints};
pub use secret::{EmptySecret, Secret};

/// Header that carries the unix seconds of the timestamped form.
pub const TIMESTAMP_HEADER: &str = "x-pontic-timestamp";
/// Signatures that one header may offer.
pub const MAX_CANDIDATES: usize = 4;
/// How far a timestamp may be from our clock, either way.
pub const TOLERANCE_S: i64 = 300;

const WEBHOOK_ID: &str = "webhook-id";
const WEBHOOK_TIMESTAMP: &str = "webhook-timestamp";
const WEBHOOK_SIGNATURE: &str = "webhook-signature";

/// Why a signature was refused. For operators; a sender is told none of it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum Unverified {
    /// A header that the form needs is absent or empty.
    #[error("the header {0} is missing or empty")]
    Missing(&'static str),
    /// A header stands twice: no telling which one the sender meant.
    #[error("the header {0} is given more than once")]
    Repeated(&'static str),
    /// A header is not of its form.
    #[error("the header {0} is malformed")]
    Malformed(&'static str),
    /// More signatures than anyone needs while rotating secrets.
    #[error("the header {0} offers more than {MAX_CANDIDATES} signatures")]
    TooManyCandidates(&'static str),
    /// The timestamp is too far from our clock.
    #[error(
        "the timestamp is {seconds} s from our clock (negative: behind it), {TOLERANCE_S} s are allowed"
    )]
    Skew {
        /// Whole seconds from our clock to the timestamp.
        seconds: i64,
    },
    /// Nothing to compare with.
    #[error("no secret is configured")]
    NoSecret,
    /// No candidate is what any of the secrets gives.
    #[error("no signature matches any secret")]
    NoMatch,
}

/// Checks the signature of a webhook.
///
/// Takes the name of the practice system's header, all headers of the request (names in any case),
/// the raw body, the active secrets and the time; gives why the sender cannot be trusted, if so.
pub fn verify<'h>(
    signature_header: &'static str,
    headers: impl IntoIterator<Item = (&'h str, &'h [u8])>,
    body: &[u8],
    secrets: &[Secret],
    now: Timestamp,
) -> Result<(), Unverified> {
    let headers = Headers::collect(signature_header, headers)?;
    if secrets.is_empty() {
        return Err(Unverified::NoSecret);
    }
    if headers.has_standard_webhooks() {
        verify_standard_webhooks(&headers, body, secrets, now)?;
    }
    if headers.timestamp.is_some() {
        verify_timestamped(&headers, body, secrets, now)
    } else if headers.has_standard_webhooks() {
        Ok(())
    } else {
        let candidates = Candidates::parse_list(headers.signature()?, signature_header)?;
        matches(
            &candidates,
            secrets.iter().map(|secret| secret.mac(&[body])),
        )
    }
}

/// Signs `body`; gives 64 hex digits for the practice system's header.
pub fn sign(secret: &Secret, body: &[u8]) -> String {
    candidates::to_hex(&secret.mac(&[body]))
}

/// Signs `body` as sent at the unix second `timestamp`, which goes into [`TIMESTAMP_HEADER`].
pub fn sign_timestamped(secret: &Secret, timestamp: i64, body: &[u8]) -> String {
    candidates::to_hex(&secret.mac(&[timestamp.to_string().as_bytes(), b".", body]))
}

/// Signs `body` by Standard Webhooks; gives the value of `webhook-signature`.
///
/// `id` and `timestamp` go into `webhook-id` and `webhook-timestamp`; an id may not hold a dot.
pub fn sign_standard_webhooks(secret: &Secret, id: &str, timestamp: i64, body: &[u8]) -> String {
    let timestamp = timestamp.to_string();
    let mac =
        secret.standard_webhooks_mac(&[id.as_bytes(), b".", timestamp.as_bytes(), b".", body]);
    format!("v1,{}", candidates::to_base64(&mac))
}

fn verify_timestamped(
    headers: &Headers<'_>,
    body: &[u8],
    secrets: &[Secret],
    now: Timestamp,
) -> Result<(), Unverified> {
    let timestamp = headers::fresh(headers.timestamp, TIMESTAMP_HEADER, now)?;
    let candidates = Candidates::parse_list(headers.signature()?, headers.signature_name)?;
    let parts = [timestamp.as_bytes(), b".", body];
    matches(&candidates, secrets.iter().map(|secret| secret.mac(&parts)))
}

fn verify_standard_webhooks(
    headers: &Headers<'_>,
    body: &[u8],
    secrets: &[Secret],
    now: Timestamp,
) -> Result<(), Unverified> {
    let id = headers::given(headers.webhook_id, WEBHOOK_ID)?;
    if id.contains('.') {
        // The dot separates the signed parts: `a.b` could also be the id `a`.
        return Err(Unverified::Malformed(WEBHOOK_ID));
    }
    let timestamp = headers::fresh(headers.webhook_timestamp, WEBHOOK_TIMESTAMP, now)?;
    let signature = headers::given(headers.webhook_signature, WEBHOOK_SIGNATURE)?;
    let candidates = Candidates::parse_standard_webhooks(signature, WEBHOOK_SIGNATURE)?;
    let parts = [id.as_bytes(), b".", timestamp.as_bytes(), b".", body];
    matches(
        &candidates,
        secrets
            .iter()
            .map(|secret| secret.standard_webhooks_mac(&parts)),
    )
}

fn matches(
    candidates: &Candidates,
    macs: impl Iterator<Item = [u8; 32]>,
) -> Result<(), Unverified> {
    let mut any = Choice::from(0);
    for mac in macs {
        for candidate in candidates.iter() {
            any |= mac.ct_eq(candidate);
        }
    }
    if bool::from(any) {
        Ok(())
    } else {
        Err(Unverified::NoMatch)
    }
}

#[cfg(test)]
mod tests;
