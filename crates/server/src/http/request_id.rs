//! The id of a request: the sender's, or one that is made when somebody wants to know it.

use std::cell::RefCell;
use std::sync::OnceLock;
use std::sync::atomic::{AtomicU64, Ordering};

use axum::http::HeaderMap;

tokio::task_local! {
    static REQUEST: RefCell<Option<String>>;
}

/// The id of the request that is being answered; made when somebody wants to know it.
pub fn current() -> String {
    let known = REQUEST.try_with(|id| id.borrow_mut().get_or_insert_with(new_request_id).clone());
    known.unwrap_or_else(|_| new_request_id())
}

fn new_request_id() -> String {
    static COUNT: AtomicU64 = AtomicU64::new(0);
    static START: OnceLock<[u8; 8]> = OnceLock::new();
    let start = START.get_or_init(|| {
        let mut chance = [0; 8];
        // Without chance ids are still distinct within this run.
        let _ = getrandom::fill(&mut chance);
        chance
    });
    format!(
        "{}-{:x}",
        pontic_core::id::hex(start),
        COUNT.fetch_add(1, Ordering::Relaxed)
    )
}

/// The id that the sender gave, if it is fit to be shown.
pub fn asked(headers: &HeaderMap) -> Option<String> {
    let id = headers.get("x-request-id")?.to_str().ok()?;
    is_fit_id(id).then(|| id.to_owned())
}

fn is_fit_id(id: &str) -> bool {
    (1..=64).contains(&id.len())
        && id
            .bytes()
            .all(|b| b.is_ascii_alphanumeric() || matches!(b, b'-' | b'_' | b'.'))
}

/// Answers a request under an id.
pub async fn with<T>(asked: Option<String>, answer: impl Future<Output = T>) -> T {
    REQUEST.scope(RefCell::new(asked), answer).await
}

/// The id, if there is one by now.
pub fn told() -> Option<String> {
    REQUEST.try_with(|id| id.borrow().clone()).ok().flatten()
}
