//! The least that an honest server does: it checks the signature, parses, and answers when as many rows as the real one
//! writes are on disk. It knows nothing of deliveries and pickups.

mod rows;
mod writer;

use std::path::Path;

use anyhow::{Context, Result};
use axum::Router;
use axum::body::Bytes;
use axum::extract::State;
use axum::http::{HeaderMap, StatusCode};
use axum::routing::{get, post};
use hmac::{Hmac, Mac};
use sha2::Sha256;

use crate::bodies::{EMPTY_PATH, EVENTS_PATH, SECRET, WEBHOOK_PATH, mac};
use crate::shape::Shape;
use writer::Writer;

#[derive(Clone)]
struct Floor {
    writer: Writer,
    /// Begun with its secret once.
    mac: Hmac<Sha256>,
}

/// Is the floor, with rows of that shape in `dir`.
pub fn run(dir: &str, shape: &str) -> Result<()> {
    let shape: Shape = serde_json::from_str(shape)?;
    let writer = Writer::open(Path::new(dir), &shape)?;
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .enable_all()
        .build()?;
    runtime.block_on(serve(writer))
}

async fn serve(writer: Writer) -> Result<()> {
    let floor = Floor {
        writer,
        mac: mac(SECRET.as_bytes()),
    };
    let router = Router::new()
        .route(WEBHOOK_PATH, post(webhook))
        .route(EVENTS_PATH, post(events))
        .route(EMPTY_PATH, get(nothing).post(unread))
        .with_state(floor);
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await?;
    println!("listening on http://{}", listener.local_addr()?);
    axum::serve(listener, router).await.context("the floor")
}

async fn nothing() {}

async fn unread(_body: Bytes) {}

async fn webhook(
    State(floor): State<Floor>,
    headers: HeaderMap,
    body: Bytes,
) -> Result<&'static str, StatusCode> {
    let signature = headers
        .get("x-dentrix-signature")
        .and_then(|value| unhex(value.as_bytes().strip_prefix(b"sha256=")?))
        .ok_or(StatusCode::UNAUTHORIZED)?;
    floor
        .mac
        .clone()
        .chain_update(&body)
        .verify_slice(&signature)
        .map_err(|_| StatusCode::UNAUTHORIZED)?;
    parse(&body)?;
    floor.write(1).await?;
    Ok(r#"{"success":true,"duplicate":false}"#)
}

async fn events(State(floor): State<Floor>, body: Bytes) -> Result<&'static str, StatusCode> {
    let count = parse(&body)?.as_array().map_or(1, Vec::len);
    floor.write(count).await?;
    Ok(r#"{"failedEntryCount":0}"#)
}

fn parse(body: &[u8]) -> Result<serde_json::Value, StatusCode> {
    serde_json::from_slice(body).map_err(|_| StatusCode::BAD_REQUEST)
}

impl Floor {
    async fn write(&self, operations: usize) -> Result<(), StatusCode> {
        let written = self.writer.write(operations).await;
        written.map_err(|_| StatusCode::SERVICE_UNAVAILABLE)
    }
}

fn unhex(text: &[u8]) -> Option<[u8; 32]> {
    let mut bytes = [0; 32];
    let (pairs, []) = text.as_chunks::<2>() else {
        return None;
    };
    for (byte, pair) in bytes.iter_mut().zip(pairs) {
        *byte = u8::from_str_radix(std::str::from_utf8(pair).ok()?, 16).ok()?;
    }
    (pairs.len() == bytes.len()).then_some(bytes)
}
