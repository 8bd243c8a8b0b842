//! Nobody is told: all of it is nothing, and takes no time.

use axum::extract;
use axum::http::StatusCode;

use crate::config::Telemetry;

/// Nothing begins.
#[allow(clippy::unnecessary_wraps, reason = "with a collector it may fail")]
pub const fn start(_: &Telemetry) -> Result<(), &'static str> {
    Ok(())
}

/// Nothing is left to be told.
pub const fn stop() {}

/// A request.
pub struct Request;

impl Request {
    /// It came.
    pub const fn begin(_: &extract::Request) -> Self {
        Self
    }

    /// What happens in it.
    pub async fn during<F: Future>(&self, work: F) -> F::Output {
        work.await
    }

    /// It is answered.
    pub const fn end(self, _: StatusCode) {}
}

/// A visit of the door.
#[derive(Clone)]
pub struct Visit;

impl Visit {
    /// It begins.
    pub const fn begin() -> Self {
        Self
    }
}

/// A commit.
pub struct Commit;

impl Commit {
    /// It begins, for these visits.
    pub fn begin<'a>(_: impl Iterator<Item = (&'a Visit, usize)>) -> Self {
        Self
    }

    /// It is over.
    pub const fn end(self, _: bool) {}
}

/// A try to deliver a publication.
pub struct Delivery;

impl Delivery {
    /// It begins.
    pub const fn begin(_: &'static str, _: u32) -> Self {
        Self
    }

    /// It is over: whether it was taken, and else why not.
    pub const fn end(self, _: bool, _: &str) {}
}
