//! The bus of a program that was built without it: there is none, and nobody can make one.

use serde_json::Value;

use super::{Letter, Trouble};
use crate::config::Nats;

/// No bus.
#[derive(Debug)]
pub enum Bus {}

impl Bus {
    /// Cannot be opened; the configuration refuses its address before.
    pub async fn open(_: &Nats) -> Result<Self, Trouble> {
        std::future::ready(Err(Trouble::Unusable(
            "this program was built without the feature `nats`".to_owned(),
        )))
        .await
    }

    /// Whether there is a line to it.
    pub fn is_there(&self) -> bool {
        match *self {}
    }

    /// How it is, for `/readyz`.
    pub fn health(&self) -> Value {
        match *self {}
    }

    /// Looks at streams before anything is read or published.
    #[expect(clippy::unused_async, reason = "called as where there is a bus")]
    pub async fn look_at(&self, _: &[String]) -> Result<Vec<String>, Trouble> {
        match *self {}
    }

    /// Whether publications may go into that stream.
    #[expect(clippy::unused_async, reason = "called as where there is a bus")]
    pub async fn admits(&self, _: &str) -> Result<(), Trouble> {
        match *self {}
    }

    /// Publishes.
    #[expect(clippy::unused_async, reason = "called as where there is a bus")]
    pub async fn publish(&self, _: Letter<'_>) -> Result<String, String> {
        match *self {}
    }
}
