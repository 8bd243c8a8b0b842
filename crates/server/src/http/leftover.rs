//! What a handler that refuses leaves of a body: read and thrown away, so that the sender hears the answer.
//!
//! Closing a connection with unread bytes in it resets it, and a reset may overtake the answer that was just sent.

use std::pin::Pin;
use std::sync::{Arc, Mutex, PoisonError};
use std::task::{Context, Poll};
use std::time::Duration;

use axum::body::{Body, BodyDataStream, HttpBody};
use axum::extract::Request;
use bytes::Bytes;
use futures_util::{Stream, StreamExt};

/// Bytes that are thrown away at most.
const DRAIN: usize = 1024 * 1024;
/// Whoever trickles is not waited for longer.
const PATIENCE: Duration = Duration::from_secs(5);

/// A body that can still be read after the handler that had it is gone.
#[derive(Clone)]
pub struct Leftover(Arc<Mutex<BodyDataStream>>);

impl Leftover {
    /// The request with its body shared; nothing where there is none.
    pub fn keep(request: Request) -> (Request, Option<Self>) {
        if request.body().is_end_stream() {
            return (request, None);
        }
        let (parts, body) = request.into_parts();
        let kept = Self(Arc::new(Mutex::new(body.into_data_stream())));
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
        let mut body = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        // At the end it says so again and again.
        if body.is_end_stream() {
            return Poll::Ready(None);
        }
        body.poll_next_unpin(context)
    }
}
