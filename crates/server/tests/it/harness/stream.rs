//! Server-sent events, read line by line.

use std::io::{BufRead, BufReader, Write};
use std::net::TcpStream;
use std::time::Duration;

use serde_json::Value;

use super::client::Client;

/// A stream of somebody who listens.
pub struct Stream(BufReader<TcpStream>);

impl Stream {
    /// Opens it, after the event of the id `last`.
    pub fn open(client: &Client, path: &str, last: Option<&str>) -> Self {
        Self::try_open(client, path, last, Duration::from_secs(10)).expect("a stream")
    }

    /// The same at a server that may be gone, or frozen for so long.
    pub fn try_open(
        client: &Client,
        path: &str,
        last: Option<&str>,
        patience: Duration,
    ) -> Option<Self> {
        let address = client.url.trim_start_matches("http://");
        let mut stream = TcpStream::connect(address).ok()?;
        stream.set_read_timeout(Some(patience)).ok()?;
        let token = client.token.as_deref().unwrap_or_default();
        let last = last
            .map(|last| format!("last-event-id: {last}\r\n"))
            .unwrap_or_default();
        let head = format!(
            "GET {path} HTTP/1.1\r\nhost: {address}\r\nauthorization: Bearer {token}\r\n{last}\r\n"
        );
        stream.write_all(head.as_bytes()).ok()?;
        let mut reader = BufReader::new(stream);
        let mut line = String::new();
        reader.read_line(&mut line).ok()?;
        line.starts_with("HTTP/1.1 200").then_some(Self(reader))
    }

    /// The next event: its id and data.
    pub fn next(&mut self) -> (String, Value) {
        self.try_next().expect("an event")
    }

    /// The same of a server that may be gone, or frozen.
    pub fn try_next(&mut self) -> Option<(String, Value)> {
        let (mut id, mut data) = (String::new(), Value::Null);
        loop {
            let mut line = String::new();
            if self.0.read_line(&mut line).ok()? == 0 {
                return None;
            }
            match line.trim_end().split_once(": ") {
                Some(("id", text)) => text.clone_into(&mut id),
                // A server that dies may leave half a line.
                Some(("data", text)) => data = serde_json::from_str(text).ok()?,
                _ if line.trim().is_empty() && !data.is_null() => return Some((id, data)),
                _ => {}
            }
        }
    }
}
