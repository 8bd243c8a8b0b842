//! The way out over HTTP and HTTPS: one pool of connections, no redirects, and an end to what an answer may hold.

mod reach;

use axum::body::Body;
use bytes::Bytes;
use hyper::body::Incoming;
use hyper::header::{HeaderMap, RETRY_AFTER};
use hyper::{Request, StatusCode};
use hyper_rustls::{HttpsConnector, HttpsConnectorBuilder};
use hyper_util::client::legacy;
use hyper_util::client::legacy::connect::HttpConnector;
use hyper_util::rt::{TokioExecutor, TokioTimer};
use jiff::SignedDuration;

pub use reach::Reach;
use reach::Resolver;

/// Bytes of an answer's body that are read where nobody needs it: so the connection can be used again.
const IGNORED: usize = 64 * 1024;
/// Idle connections that are kept to one host.
const IDLE_CONNECTIONS: usize = 64;
/// Longest wait that another side may ask for, in seconds.
const LONGEST_WAIT_S: i64 = 86_400;

/// Asks others over HTTP; certificates are held against Mozilla's list of authorities. Clones share one pool.
#[derive(Debug, Clone)]
pub struct Client {
    pool: legacy::Client<HttpsConnector<HttpConnector<Resolver>>, Body>,
    reach: Reach,
}

/// What came back, whatever its status: a redirect is an answer like any other.
#[derive(Debug)]
pub struct Answer {
    /// The status.
    pub status: StatusCode,
    /// The headers.
    pub headers: HeaderMap,
    /// The whole body.
    pub body: Bytes,
}

/// Why nothing came back. None of them repeats the address, which may hold a key.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum CallError {
    /// An address within a network of ours, where nobody is to be asked.
    #[error("the address is one that nobody is to be asked at")]
    Forbidden,
    /// No connection, or no trust in it.
    #[error("there is no connection to the other side")]
    Unreachable,
    /// The connection ended before the answer began.
    #[error("the other side hung up")]
    HungUp,
    /// The body is longer than wanted, or ended early.
    #[error("the answer is too long, or ends early")]
    Unreadable,
}

impl CallError {
    /// The word for it where causes are kept.
    pub const fn word(self) -> &'static str {
        match self {
            Self::Unreachable => "unreachable",
            Self::Forbidden => "forbidden_address",
            Self::HungUp => "hung_up",
            Self::Unreadable => "unreadable",
        }
    }
}

impl Client {
    /// A client without connections, for addresses within that reach.
    pub fn new(reach: Reach) -> Self {
        let mut plain = HttpConnector::new_with_resolver(Resolver(reach));
        plain.enforce_http(false);
        let connector = HttpsConnectorBuilder::new()
            .with_webpki_roots()
            .https_or_http()
            .enable_http1()
            .wrap_connector(plain);
        let mut builder = legacy::Client::builder(TokioExecutor::new());
        builder
            .pool_max_idle_per_host(IDLE_CONNECTIONS)
            .pool_timer(TokioTimer::new());
        Self {
            pool: builder.build(connector),
            reach,
        }
    }

    /// Sends `request` and gives the head of the answer; of its body no more is read than the connection needs.
    pub async fn post(&self, request: Request<Body>) -> Result<Answer, CallError> {
        let (head, body) = self.call(request).await?.into_parts();
        // Whatever it says, and however much: the status has said it all.
        let _ = axum::body::to_bytes(Body::new(body), IGNORED).await;
        Ok(Answer {
            status: head.status,
            headers: head.headers,
            body: Bytes::new(),
        })
    }

    /// Sends `request`, and reads at most `max_body` bytes of the answer's body. How long it may take is the caller's to
    /// limit: dropping the future drops the call.
    pub async fn send(&self, request: Request<Body>, max_body: usize) -> Result<Answer, CallError> {
        let (head, body) = self.call(request).await?.into_parts();
        let body = axum::body::to_bytes(Body::new(body), max_body)
            .await
            .map_err(|_| CallError::Unreadable)?;
        Ok(Answer {
            status: head.status,
            headers: head.headers,
            body,
        })
    }

    async fn call(&self, request: Request<Body>) -> Result<hyper::Response<Incoming>, CallError> {
        // A name is looked at when it is resolved; an address is one already.
        if let Some(address) = reach::literal(request.uri())
            && !self.reach.covers(address)
        {
            return Err(CallError::Forbidden);
        }
        self.pool.request(request).await.map_err(|error| {
            if reach::is_refusal(&error) {
                CallError::Forbidden
            } else if error.is_connect() {
                CallError::Unreachable
            } else {
                CallError::HungUp
            }
        })
    }
}

impl Answer {
    /// The seconds that `Retry-After` asks us to wait, at most a day; its other form, a date, is taken as silence.
    pub fn retry_after(&self) -> Option<SignedDuration> {
        let seconds: i64 = self.headers.get(RETRY_AFTER)?.to_str().ok()?.parse().ok()?;
        (seconds >= 0).then(|| SignedDuration::from_secs(seconds.min(LONGEST_WAIT_S)))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn answer(retry_after: Option<&str>) -> Answer {
        let mut headers = HeaderMap::new();
        if let Some(value) = retry_after {
            headers.insert(RETRY_AFTER, value.parse().expect("a header"));
        }
        Answer {
            status: StatusCode::TOO_MANY_REQUESTS,
            headers,
            body: Bytes::new(),
        }
    }

    #[test]
    fn retry_after_in_seconds_is_heard() {
        for (said, expected_s) in [
            (None, None),
            (Some("7"), Some(7)),
            (Some("0"), Some(0)),
            (Some("999999999"), Some(86_400)),
            (Some("-5"), None),
            (Some("soon"), None),
            (Some("Wed, 21 Oct 2026 07:28:00 GMT"), None),
        ] {
            let found = answer(said).retry_after();
            assert_eq!(found, expected_s.map(SignedDuration::from_secs), "{said:?}");
        }
    }
}
