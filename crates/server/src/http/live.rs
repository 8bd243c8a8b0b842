//! Live messages over WebSocket and as server-sent events.

use std::convert::Infallible;
use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use axum::extract::ws::{Message as Frame, Utf8Bytes, WebSocket, WebSocketUpgrade};
use axum::extract::{Extension, Query, State};
use axum::http::HeaderMap;
use axum::response::sse::{Event, KeepAlive, Sse};
use axum::response::{IntoResponse, Response};
use axum::routing;
use futures_util::stream::{self, Stream};
use pontic_core::id::LabId;
use pontic_store::StoreError;
use serde::Deserialize;
use tokio::sync::broadcast::error::RecvError;
use tokio::sync::{broadcast, watch};
use utoipa::IntoParams;

use super::paging::said;
use super::problem::{Answer, Problem};
use crate::access::Caller;
use crate::app::App;
use crate::live::{self, Interest, Message};

/// Well under the minute after which proxies cut an idle connection.
const KEEP_ALIVE: Duration = Duration::from_secs(25);
/// Bytes read at once from a socket: browsers send next to nothing here, and idle sockets are many.
const READ_BUFFER: usize = 2 * 1024;
/// Longest message that a browser may send.
const MAX_MESSAGE: usize = 4 * 1024;

/// What a reader wants.
#[derive(Debug, Default, Deserialize, IntoParams)]
#[serde(rename_all = "camelCase")]
#[into_params(parameter_in = Query)]
pub struct LiveQuery {
    /// Of that lab.
    lab_id: Option<String>,
    /// Of that route; alerts come all the same.
    route_id: Option<String>,
    /// `epoch:seq` of the last message: what came after it is sent first.
    after: Option<String>,
    /// A ticket, in place of the header.
    #[serde(rename = "ticket")]
    _ticket: Option<String>,
}

/// `/ws/dispatch`.
pub fn sockets() -> Router<Arc<App>> {
    Router::new().route("/ws/dispatch", routing::get(dispatch))
}

async fn dispatch(
    State(app): State<Arc<App>>,
    Extension(caller): Extension<Caller>,
    Query(query): Query<LiveQuery>,
    upgrade: WebSocketUpgrade,
) -> Answer<Response> {
    let reader = Reader::new(app, &caller, &query)?;
    let upgrade = upgrade
        .read_buffer_size(READ_BUFFER)
        .max_message_size(MAX_MESSAGE)
        .max_frame_size(MAX_MESSAGE);
    Ok(upgrade.on_upgrade(|socket| serve(socket, reader)))
}

/// Sends until either side ends. What the browser says is read, so that it can say goodbye, and ignored.
async fn serve(mut socket: WebSocket, mut reader: Reader) {
    let mut pings = tokio::time::interval(KEEP_ALIVE);
    pings.tick().await;
    loop {
        tokio::select! {
            next = reader.next() => match next {
                Some(text) => if socket.send(Frame::Text(text)).await.is_err() { return },
                None => break,
            },
            heard = socket.recv() => if !matches!(heard, Some(Ok(_))) { return },
            _ = pings.tick() => if socket.send(Frame::Ping(bytes::Bytes::new())).await.is_err() { return },
        }
    }
    let _ = socket.send(Frame::Close(None)).await;
}

/// Live messages as server-sent events; `Last-Event-ID` (or `after`) resumes.
#[utoipa::path(get, path = "/v1/stream", tag = "live", params(LiveQuery), responses((status = 200, content_type = "text/event-stream")))]
pub async fn stream(
    State(app): State<Arc<App>>,
    Extension(caller): Extension<Caller>,
    Query(mut query): Query<LiveQuery>,
    headers: HeaderMap,
) -> Answer<Response> {
    let last = headers
        .get("last-event-id")
        .and_then(|id| id.to_str().ok())
        .map(str::to_owned);
    query.after = last.or(query.after);
    let reader = Reader::new(app, &caller, &query)?;
    let events = Sse::new(events(reader)).keep_alive(KeepAlive::new().interval(KEEP_ALIVE));
    Ok(events.into_response())
}

fn events(reader: Reader) -> impl Stream<Item = Result<Event, Infallible>> {
    stream::unfold(reader, |mut reader| async {
        let text = reader.next().await?;
        let id = format!("{}:{}", reader.app.store.epoch(), reader.reached);
        Some((Ok(Event::default().id(id).data(text.as_str())), reader))
    })
}

/// One reader: first how things stand (or what it missed), then what happens.
struct Reader {
    app: Arc<App>,
    interest: Interest,
    messages: broadcast::Receiver<Arc<Message>>,
    stopping: watch::Receiver<bool>,
    /// Messages to be sent before those that are heard.
    queue: std::collections::VecDeque<Utf8Bytes>,
    /// Number of the last message sent.
    reached: u64,
    state: Standing,
}

/// Where a reader is.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Standing {
    /// It has nothing yet.
    New,
    /// It reads the log, up to what is heard.
    CatchingUp,
    /// It hears.
    Live,
}

impl Reader {
    fn new(app: Arc<App>, caller: &Caller, query: &LiveQuery) -> Answer<Self> {
        let asked = said(query.lab_id.as_deref()).map(LabId::known);
        if asked.as_ref().is_some_and(|lab| !caller.sees(lab)) {
            return Err(Problem::not_found());
        }
        let interest = Interest {
            lab_id: asked.or_else(|| caller.lab_id.clone()),
            route_id: said(query.route_id.as_deref()).map(str::to_owned),
        };
        let resumed = said(query.after.as_deref()).and_then(|after| {
            let (epoch, seq) = after.rsplit_once(':')?;
            (epoch == app.store.epoch()).then(|| seq.parse::<u64>().ok())?
        });
        // Listening begins before anything is read, so that nothing falls between.
        let messages = app.hub.listen();
        let stopping = app.stopping.clone();
        let state = if resumed.is_some() {
            Standing::CatchingUp
        } else {
            Standing::New
        };
        Ok(Self {
            app,
            interest,
            messages,
            stopping,
            queue: std::collections::VecDeque::new(),
            reached: resumed.unwrap_or(0),
            state,
        })
    }

    /// The next text; `None` when the program stops or the store fails.
    async fn next(&mut self) -> Option<Utf8Bytes> {
        loop {
            if let Some(text) = self.queue.pop_front() {
                return Some(text);
            }
            match self.state {
                Standing::New => self.begin().await.ok()?,
                Standing::CatchingUp => self.catch_up().await.ok()?,
                Standing::Live => {
                    let heard = tokio::select! {
                        heard = self.messages.recv() => heard,
                        _ = self.stopping.wait_for(|stop| *stop) => return None,
                    };
                    match heard {
                        Ok(message) => return_if(self.take(&message), &mut self.queue),
                        // Too slow for the shared queue: the log has it all.
                        Err(RecvError::Lagged(_)) => self.state = Standing::CatchingUp,
                        Err(RecvError::Closed) => return None,
                    }
                }
            }
        }
    }

    fn take(&mut self, message: &Message) -> Option<Utf8Bytes> {
        let fresh = message.seq > self.reached;
        if !fresh || !self.interest.wants(message) {
            return None;
        }
        self.reached = message.seq;
        Some(message.text.clone())
    }

    async fn begin(&mut self) -> Result<(), StoreError> {
        let interest = self.interest.clone();
        let (text, seq) = self
            .app
            .read(move |store| {
                // What comes after this number is heard or read later; the snapshot may already show some of it.
                let seq = live::newest(store)?;
                Ok((live::snapshot(store, &interest, seq)?, seq))
            })
            .await?;
        self.queue.push_back(text.into());
        self.reached = seq;
        self.state = Standing::Live;
        Ok(())
    }

    async fn catch_up(&mut self) -> Result<(), StoreError> {
        let (interest, after) = (self.interest.clone(), self.reached);
        let (messages, reached) = self
            .app
            .read(move |store| live::since(store, &interest, after))
            .await?;
        if reached == after {
            self.state = Standing::Live;
            return Ok(());
        }
        self.queue
            .extend(messages.into_iter().map(|message| message.text));
        self.reached = reached;
        Ok(())
    }
}

fn return_if(text: Option<Utf8Bytes>, queue: &mut std::collections::VecDeque<Utf8Bytes>) {
    queue.extend(text);
}
