//! A build without NATS.

#![expect(clippy::unused_async, reason = "it is called as the one with NATS is")]

use anyhow::{Result, bail};
use serde_json::Value;

/// Nothing: it cannot be opened.
pub enum Line {}

impl Line {
    pub async fn open(_url: &str) -> Result<Self> {
        bail!("this program was built without the feature `nats`")
    }

    pub async fn stream(&self, _name: &str, _subjects: &str) -> Result<()> {
        match *self {}
    }

    pub async fn publish(&self, _subject: &str, _media: &str, _body: &Value) -> Result<u64> {
        match *self {}
    }

    pub async fn answered(&self, _stream: &str, _durable: &str, _place: u64) -> Result<()> {
        match *self {}
    }

    pub async fn ids(&self, _stream: &str) -> Result<Vec<String>> {
        match *self {}
    }
}
