//! The line to NATS, as the city's systems have it.

use std::time::Duration;

use anyhow::{Context as _, Result};
use async_nats::HeaderMap;
use async_nats::jetstream::consumer::{AckPolicy, PullConsumer, pull};
use async_nats::jetstream::stream::Config;
use async_nats::jetstream::{self, Context};
use futures_util::StreamExt as _;
use serde_json::Value;

/// How long a message may lie unanswered.
const PATIENCE: Duration = Duration::from_mins(1);
/// How often it is looked at.
const LOOK: Duration = Duration::from_millis(2);
/// Messages that are read at once.
const PAGE: usize = 1_000;

/// A line.
pub struct Line(Context);

impl Line {
    /// To that address.
    pub async fn open(url: &str) -> Result<Self> {
        let client = async_nats::connect(url).await;
        Ok(Self(jetstream::new(
            client.context("NATS does not answer")?,
        )))
    }

    /// There is such a stream.
    pub async fn stream(&self, name: &str, subjects: &str) -> Result<()> {
        let config = Config {
            name: name.to_owned(),
            subjects: vec![subjects.to_owned()],
            ..Config::default()
        };
        self.0.create_stream(config).await?;
        Ok(())
    }

    /// Publishes; its place in the stream.
    pub async fn publish(&self, subject: &str, media: &str, body: &Value) -> Result<u64> {
        let mut headers = HeaderMap::new();
        headers.insert("content-type", media);
        let bytes = body.to_string().into_bytes().into();
        let sent = self
            .0
            .publish_with_headers(subject.to_owned(), headers, bytes);
        Ok(sent.await?.await?.sequence)
    }

    /// Until everything of a stream up to that place is answered.
    pub async fn answered(&self, stream: &str, durable: &str, place: u64) -> Result<()> {
        let stream = self.0.get_stream(stream).await?;
        let answered = async {
            loop {
                let info = stream.consumer_info(durable).await;
                if info.is_ok_and(|info| info.ack_floor.stream_sequence >= place) {
                    return;
                }
                tokio::time::sleep(LOOK).await;
            }
        };
        let waited = tokio::time::timeout(PATIENCE, answered).await;
        waited.with_context(|| format!("nobody answers the message {place} of {durable}"))
    }

    /// By what the messages of a stream are known, in their order.
    pub async fn ids(&self, stream: &str) -> Result<Vec<String>> {
        let mut stream = self.0.get_stream(stream).await?;
        let count = stream.info().await?.state.messages;
        let reader: PullConsumer = stream
            .create_consumer(pull::Config {
                ack_policy: AckPolicy::None,
                ..pull::Config::default()
            })
            .await?;
        let mut ids = Vec::new();
        while u64::try_from(ids.len())? < count {
            let before = ids.len();
            let mut page = reader.fetch().max_messages(PAGE).messages().await?;
            while let Some(message) = page.next().await {
                let message = message.map_err(anyhow::Error::from_boxed)?;
                let id = message.headers.as_ref();
                let id = id.and_then(|headers| headers.get("Nats-Msg-Id"));
                ids.push(id.map(ToString::to_string).unwrap_or_default());
            }
            anyhow::ensure!(ids.len() > before, "a stream is shorter than it says");
        }
        Ok(ids)
    }
}
