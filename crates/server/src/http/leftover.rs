//! What a handler that refuses leaves of a body: read and thrown away, so that the sender hears the answer.
//!
//! Closing a connection with unread bytes in it resets it, and a reset may overtake the answer that was just sent.
//! Here also stands how long a body may be silent.

use std::pin::Pin;
use std::sync::{Arc, Mutex, PoisonError};
use std::task::{Context, Poll};
use std::time::Duration;

use axum::body::{Body, BodyDataStream, HttpBody};
use axum::extract::Request;
use bytes::Bytes;
use futures_util::{Stream, StreamExt};
use tokio::time::Sleep;

/// Bytes that are thrown away at most.
const DRAIN: usize = 1024 * 1024;
/// Whoever trickles is not waited for longer.
const PATIENCE: Duration = Duration::from_secs(5);

/// A sender was silent for too long in the middle of a body.
#[derive(Debug, thiserror::Error)]
#[error("the body did not come")]
pub struct TooSlow;

/// A body that can still be read after the handler that had it is gone.
#[derive(Clone)]
pub struct Leftover(Arc<Mutex<Rest>>);

/// What is still to come of a body.
struct Rest {
    body: BodyDataStream,
    /// How long a sender may be silent in the middle of it.
    silence: Duration,
    /// Set while nothing comes.
    silent_until: Option<Pin<Box<Sleep>>>,
}

impl Rest {
    fn poll_next(&mut self, context: &mut Context<'_>) -> Poll<Option<Result<Bytes, axum::Error>>> {
        // At the end it says so again and again.
        if self.body.is_end_stream() {
            return Poll::Ready(None);
        }
        if let Poll::Ready(chunk) = self.body.poll_next_unpin(context) {
            self.silent_until = None;
            return Poll::Ready(chunk);
        }
        let silent = self
            .silent_until
            .get_or_insert_with(|| Box::pin(tokio::time::sleep(self.silence)));
        silent
            .as_mut()
            .poll(context)
            .map(|()| Some(Err(axum::Error::new(TooSlow))))
    }
}

impl Leftover {
    /// The request with its body shared; nothing where there is none.
    pub fn keep(request: Request, silence: Duration) -> (Request, Option<Self>) {
        if request.body().is_end_stream() {
            return (request, None);
        }
        let (parts, body) = request.into_parts();
        let kept = Self(Arc::new(Mutex::new(Rest {
            body: body.into_data_stream(),
            silence,
            silent_until: None,
        })));
        let request = Request::from_parts(parts, Body::from_stream(kept.clone()));
        (request, Some(kept))
    }

    /// Reads what is left.
    pub async fn drain(mut self) {
        let all = async {
            let mut total = 0_usize;
            while let (Some(Ok(chunk)), true) = (self.next().await, total <= DRAIN) {
                total += chunk.len();
            }
        };
        // Too late is as good as done: the answer goes out either way.
        let _ = tokio::time::timeout(PATIENCE, all).await;
    }
}

impl Stream for Leftover {
    type Item = Result<Bytes, axum::Error>;

    fn poll_next(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        let mut rest = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        rest.poll_next(context)
    }
}
