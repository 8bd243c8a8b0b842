//! WebSockets, read message by message.

use std::net::TcpStream;
use std::time::Duration;

use serde_json::Value;
use tokio_tungstenite::tungstenite::client::{IntoClientRequest, client};
use tokio_tungstenite::tungstenite::handshake::client::Request;
use tokio_tungstenite::tungstenite::http::{HeaderName, HeaderValue};
use tokio_tungstenite::tungstenite::stream::MaybeTlsStream;
use tokio_tungstenite::tungstenite::{Error, Message, WebSocket, connect};

use super::client::Client;

/// A socket of a dispatcher or a driver.
pub struct Socket(pub WebSocket<MaybeTlsStream<TcpStream>>);

impl Socket {
    /// A dispatcher's.
    pub fn watch(client: &Client, query: &str) -> Self {
        let token = format!("Bearer {}", client.token.as_deref().unwrap_or_default());
        Self::try_watch(&client.url, query, &[("authorization", &token)]).expect("opened")
    }

    /// A sender's of positions.
    pub fn drive(client: &Client, query: &str) -> Self {
        let token = format!("Bearer {}", client.token.as_deref().unwrap_or_default());
        let path = format!("/ws/driver{query}");
        Self::try_open(&client.url, &path, &[("authorization", &token)]).expect("opened")
    }

    /// A dispatcher's socket, or the status that refused it.
    pub fn try_watch(
        url: &str,
        query: &str,
        headers: &[(&'static str, &str)],
    ) -> Result<Self, u16> {
        Self::try_open(url, &format!("/ws/dispatch{query}"), headers)
    }

    /// A socket, or the status that refused it.
    pub fn try_open(url: &str, path: &str, headers: &[(&'static str, &str)]) -> Result<Self, u16> {
        match connect(request(url, path, headers)) {
            Ok((socket, _)) => {
                let MaybeTlsStream::Plain(stream) = socket.get_ref() else {
                    unreachable!("no TLS here")
                };
                stream
                    .set_read_timeout(Some(Duration::from_secs(10)))
                    .expect("set");
                Ok(Self(socket))
            }
            Err(Error::Http(response)) => Err(response.status().as_u16()),
            Err(error) => panic!("{error}"),
        }
    }

    /// A dispatcher's at a server that may be gone, or frozen for so long.
    pub fn reach(holder: &Client, query: &str, patience: Duration) -> Option<Self> {
        let token = format!("Bearer {}", holder.token.as_deref().unwrap_or_default());
        let path = format!("/ws/dispatch{query}");
        let asked = request(&holder.url, &path, &[("authorization", &token)]);
        let line = TcpStream::connect(holder.url.trim_start_matches("http://")).ok()?;
        line.set_read_timeout(Some(patience)).ok()?;
        let (socket, _) = client(asked, MaybeTlsStream::Plain(line)).ok()?;
        Some(Self(socket))
    }

    /// The next message.
    pub fn next(&mut self) -> Value {
        self.try_next().expect("a message")
    }

    /// The same of a server that may be gone, or frozen.
    pub fn try_next(&mut self) -> Option<Value> {
        loop {
            if let Message::Text(text) = self.0.read().ok()? {
                return Some(serde_json::from_str(&text).expect("JSON"));
            }
        }
    }

    /// Messages up to and including the first that `is_last` holds for.
    pub fn until(&mut self, is_last: impl Fn(&Value) -> bool) -> Vec<Value> {
        let mut messages = Vec::new();
        loop {
            let message = self.next();
            let last = is_last(&message);
            messages.push(message);
            if last {
                return messages;
            }
        }
    }

    /// The code with which the other side ends it, once it does; whatever it says before is not heard.
    pub fn closed(&mut self) -> Option<u16> {
        loop {
            match self.0.read() {
                Ok(Message::Close(frame)) => return frame.map(|frame| frame.code.into()),
                Ok(_) => {}
                Err(error) => panic!("not closed: {error}"),
            }
        }
    }

    /// Says something.
    pub fn say(&mut self, message: &Value) {
        self.0
            .send(Message::text(message.to_string()))
            .expect("said");
    }

    /// Says something, and hears the answer.
    pub fn ask(&mut self, message: &Value) -> Value {
        self.say(message);
        self.next()
    }
}

fn request(url: &str, path: &str, headers: &[(&'static str, &str)]) -> Request {
    let url = format!("{}{path}", url.replace("http://", "ws://"));
    let mut request = url.into_client_request().expect("an address");
    for (name, value) in headers {
        let value = HeaderValue::from_str(value).expect("visible");
        request
            .headers_mut()
            .insert(HeaderName::from_static(name), value);
    }
    request
}
