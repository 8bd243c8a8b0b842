//! WebSockets: a phone's, and a dispatcher's.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, PoisonError};

use anyhow::{Context, Result, bail};
use futures_util::{SinkExt as _, StreamExt as _};
use serde_json::Value;
use tokio::net::TcpStream;
use tokio::task::JoinHandle;
use tokio_tungstenite::tungstenite::Message;
use tokio_tungstenite::tungstenite::client::IntoClientRequest as _;
use tokio_tungstenite::{MaybeTlsStream, WebSocketStream, connect_async};

use super::doors::Doors;

type Socket = WebSocketStream<MaybeTlsStream<TcpStream>>;

async fn connect(doors: &Doors, holder: &str, path: &str) -> Result<Socket> {
    let url = format!(
        "{}{path}",
        doors.url(Some(holder)).replacen("http", "ws", 1)
    );
    let mut request = url.into_client_request()?;
    let bearer = format!("Bearer {}", doors.token(holder)?);
    request
        .headers_mut()
        .insert("authorization", bearer.parse()?);
    let (socket, _) = connect_async(request)
        .await
        .with_context(|| path.to_owned())?;
    Ok(socket)
}

/// A phone on `/ws/driver`.
#[derive(Debug)]
pub struct PhoneLine(Socket);

impl PhoneLine {
    /// Opens it, as that driver.
    pub async fn open(doors: &Doors, driver: &str) -> Result<Self> {
        Ok(Self(connect(doors, driver, "/ws/driver").await?))
    }

    /// Sends fixes, one a message, and waits until each is answered; what became of them.
    pub async fn send(&mut self, fixes: &[Value]) -> Result<Vec<String>> {
        for fix in fixes {
            self.0.feed(Message::text(fix.to_string())).await?;
        }
        self.0.flush().await?;
        let mut statuses = Vec::with_capacity(fixes.len());
        while statuses.len() < fixes.len() {
            match self.0.next().await {
                Some(Ok(Message::Text(text))) => {
                    let ack: Value = serde_json::from_str(&text)?;
                    statuses.push(ack["status"].as_str().unwrap_or("nothing").to_owned());
                }
                Some(Ok(_)) => {}
                Some(Err(error)) => return Err(error.into()),
                None => bail!("the line of a phone ended"),
            }
        }
        Ok(statuses)
    }
}

/// What a dispatcher was told so far.
#[derive(Debug, Default)]
pub struct Heard {
    /// Messages by type.
    pub by_type: BTreeMap<String, u64>,
    /// Arrival notices by stop.
    pub notices: BTreeMap<String, u64>,
    /// Numbers of messages that did not rise.
    pub out_of_order: u64,
    last: u64,
}

impl Heard {
    fn take(&mut self, message: &Value) {
        let kind = message["type"].as_str().unwrap_or_default();
        *self.by_type.entry(kind.to_owned()).or_default() += 1;
        if kind == "ARRIVAL_NOTIFICATION" {
            let stop = message["stopId"].as_str().unwrap_or_default();
            *self.notices.entry(stop.to_owned()).or_default() += 1;
        }
        let number = message["seq"].as_u64().unwrap_or(0);
        if number < self.last {
            self.out_of_order += 1;
        }
        self.last = number;
    }
}

/// A dispatcher on `/ws/dispatch`, who listens until this is dropped.
#[derive(Debug)]
pub struct DispatchLine {
    heard: Arc<Mutex<Heard>>,
    listening: JoinHandle<()>,
}

impl DispatchLine {
    /// Listens, as whoever that is.
    pub async fn open(doors: &Doors, holder: &str) -> Result<Self> {
        let mut socket = connect(doors, holder, "/ws/dispatch").await?;
        let heard = Arc::new(Mutex::new(Heard::default()));
        let notes = Arc::clone(&heard);
        let listening = tokio::spawn(async move {
            while let Some(Ok(message)) = socket.next().await {
                let Message::Text(text) = message else {
                    continue;
                };
                if let Ok(message) = serde_json::from_str(&text) {
                    notes
                        .lock()
                        .unwrap_or_else(PoisonError::into_inner)
                        .take(&message);
                }
            }
        });
        Ok(Self { heard, listening })
    }

    /// Looks at what was told so far.
    pub fn look<T>(&self, look: impl FnOnce(&Heard) -> T) -> T {
        look(&self.heard.lock().unwrap_or_else(PoisonError::into_inner))
    }
}

impl Drop for DispatchLine {
    fn drop(&mut self) {
        self.listening.abort();
    }
}
