//! Live messages over WebSocket and as server-sent events.

use std::collections::VecDeque;
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
use futures_util::SinkExt as _;
use futures_util::stream::{self, Stream};
use pontic_core::id::LabId;
use pontic_store::StoreError;
use serde::Deserialize;
use tokio::sync::broadcast::error::{RecvError, TryRecvError};
use tokio::sync::watch;
use utoipa::IntoParams;

use super::gate;
use super::paging::said;
use super::problem::{Answer, Problem};
use crate::access::{Caller, Secretly};
use crate::app::App;
use crate::live::{self, Interest, Kept, Listener, Message, Place};

/// Well under the minute after which proxies cut an idle connection.
const KEEP_ALIVE: Duration = Duration::from_secs(25);
/// Bytes read at once from a socket: browsers send next to nothing here, and idle sockets are many.
const READ_BUFFER: usize = 2 * 1024;
/// So long messages gather before the next write.
const GATHER: Duration = Duration::from_millis(10);
/// Most messages of one write: what the browser says must be heard in between.
const MOST_TOGETHER: usize = 256;
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
    /// `1`: every position with all stops of its route.
    full: Option<String>,
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
    headers: HeaderMap,
    upgrade: WebSocketUpgrade,
) -> Answer<Response> {
    let reader = Reader::new(app, &caller, &query, &headers)?;
    let upgrade = upgrade
        .read_buffer_size(READ_BUFFER)
        .max_message_size(MAX_MESSAGE)
        .max_frame_size(MAX_MESSAGE);
    Ok(upgrade.on_upgrade(|socket| serve(socket, reader)))
}

/// Sends until either side ends, or the session or token by which it came does. What the browser says is read, so that it can say
/// goodbye, and ignored.
async fn serve(mut socket: WebSocket, mut reader: Reader) {
    let mut pings = tokio::time::interval(KEEP_ALIVE);
    pings.tick().await;
    loop {
        tokio::select! {
            next = reader.next() => match next {
                Some(text) => if send_all(&mut socket, &mut reader, text).await.is_err() { return },
                None => break,
            },
            heard = socket.recv() => if !matches!(heard, Some(Ok(_))) { return },
            _ = pings.tick() => {
                if !reader.may_stay() {
                    break;
                }
                if socket.send(Frame::Ping(bytes::Bytes::new())).await.is_err() {
                    return;
                }
            }
        }
    }
    let _ = socket.send(Frame::Close(None)).await;
}

/// Sends what is due by now in one write, then lets some more gather: at a thousand positions a second the writes are what costs.
async fn send_all(
    socket: &mut WebSocket,
    reader: &mut Reader,
    first: Utf8Bytes,
) -> Result<(), axum::Error> {
    let mut next = Some(first);
    let mut gathered = 0;
    while let Some(text) = next {
        socket.feed(Frame::Text(text)).await?;
        gathered += 1;
        next = if gathered < MOST_TOGETHER {
            reader.next_at_hand()
        } else {
            None
        };
    }
    socket.flush().await?;
    tokio::time::sleep(GATHER).await;
    Ok(())
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
    let reader = Reader::new(app, &caller, &query, &headers)?;
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
    full: bool,
    listener: Listener,
    stopping: watch::Receiver<bool>,
    /// By what it came; nothing: by a ticket, which counts once.
    shown: Option<Secretly>,
    revocations: watch::Receiver<()>,
    /// Messages to be sent before those that are heard.
    queue: VecDeque<Utf8Bytes>,
    /// Number of the last message sent.
    reached: u64,
    state: Standing,
}

/// Where a reader is.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Standing {
    /// It has nothing yet.
    New,
    /// It reads the log, up to what is heard; then, as it may have missed some, where everybody is.
    CatchingUp,
    /// It hears.
    Live,
}

impl Reader {
    fn new(app: Arc<App>, caller: &Caller, query: &LiveQuery, headers: &HeaderMap) -> Answer<Self> {
        let asked = said(query.lab_id.as_deref()).map(LabId::known);
        if asked.as_ref().is_some_and(|lab| !caller.sees(lab)) {
            return Err(Problem::not_found());
        }
        let interest = Interest {
            lab_id: asked.or_else(|| caller.lab_id.clone()),
            route_id: said(query.route_id.as_deref()).map(str::to_owned),
        };
        let full = said(query.full.as_deref()).is_some_and(|full| full == "1" || full == "true");
        let resumed = said(query.after.as_deref()).and_then(|after| {
            let (epoch, seq) = after.rsplit_once(':')?;
            (epoch == app.store.epoch()).then(|| seq.parse::<u64>().ok())?
        });
        // Listening begins before anything is read, so that nothing falls between.
        let listener = app.hub.listen(full, resumed.unwrap_or(0));
        // A number that was never given is nobody's: whoever says so begins anew.
        let resumed = resumed.filter(|heard| *heard <= listener.since);
        let stopping = app.stopping.clone();
        Ok(Self {
            interest,
            full,
            stopping,
            shown: gate::shown(headers),
            revocations: app.keys.revocations(),
            queue: VecDeque::new(),
            reached: resumed.unwrap_or(0),
            state: resumed.map_or(Standing::New, |_| Standing::CatchingUp),
            listener,
            app,
        })
    }

    /// Whether what it came by still counts.
    fn may_stay(&self) -> bool {
        let now = self.app.clock.now();
        let shown = self.shown.as_ref();
        shown.is_none_or(|shown| self.app.keys.is_live(shown, now))
    }

    /// The next text; `None` when the program stops, the store fails or access was revoked.
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
                        heard = self.listener.messages.recv() => Some(heard),
                        _ = self.stopping.wait_for(|stop| *stop) => return None,
                        _ = self.revocations.changed() => None,
                    };
                    let Some(heard) = heard else {
                        if self.may_stay() {
                            continue;
                        }
                        return None;
                    };
                    match heard {
                        Ok(message) => self.hear(&message),
                        // Too slow for the shared queue: the log has it all but the positions.
                        Err(RecvError::Lagged(_)) => self.state = Standing::CatchingUp,
                        Err(RecvError::Closed) => return None,
                    }
                }
            }
        }
    }

    /// The next text, if there is one without waiting.
    fn next_at_hand(&mut self) -> Option<Utf8Bytes> {
        loop {
            if let Some(text) = self.queue.pop_front() {
                return Some(text);
            }
            if self.state != Standing::Live {
                return None;
            }
            match self.listener.messages.try_recv() {
                Ok(message) => self.hear(&message),
                Err(TryRecvError::Lagged(_)) => self.state = Standing::CatchingUp,
                Err(TryRecvError::Empty | TryRecvError::Closed) => return None,
            }
        }
    }

    fn hear(&mut self, message: &Message) {
        let text = self.take(message);
        self.queue.extend(text);
    }

    fn take(&mut self, message: &Message) -> Option<Utf8Bytes> {
        // Where numbers between two events run out, the last is given again.
        let is_between = !matches!(message.kept, Kept::Log);
        let fresh = message.seq > self.reached || (is_between && message.seq == self.reached);
        if !fresh || !self.interest.wants(message) {
            return None;
        }
        self.reached = message.seq;
        let full = match &message.kept {
            Kept::Position(full) => full.as_ref().filter(|_| self.full),
            Kept::Log | Kept::Alert => None,
        };
        Some(full.unwrap_or(&message.text).clone())
    }

    async fn begin(&mut self) -> Result<(), StoreError> {
        let interest = self.interest.clone();
        let (app, seq) = (Arc::clone(&self.app), self.listener.since);
        let text = self
            .app
            .read(move |store| {
                // What comes after this number is heard; the snapshot may already show some of it.
                live::snapshot(store, &interest, seq, |lab, driver| {
                    app.drivers.standing(lab, driver)
                })
            })
            .await?;
        self.queue.push_back(text.into());
        self.reached = seq;
        self.state = Standing::Live;
        Ok(())
    }

    /// Reads on in the log; at its end, tells where everybody is and how the alerts stand, in place of what was missed between.
    async fn catch_up(&mut self) -> Result<(), StoreError> {
        if self.read_log(u64::MAX).await? {
            return Ok(());
        }
        let positions = self.app.drivers.positions(&self.interest);
        let first = self.app.hub.renew(&mut self.listener, positions.len() + 1);
        // What was committed since the last look and is not heard any more.
        while self.read_log(first).await? {}
        let mut number = first;
        for position in positions {
            self.queue.push_back(position.text(number).into());
            self.reached = number;
            number = Place::next_position(number);
        }
        // Read after the listener was renewed: what is done with an alert from here on is heard.
        let interest = self.interest.clone();
        let mut alerts = self
            .app
            .read(move |store| live::alerts(store, &interest))
            .await?;
        alerts["seq"] = number.into();
        self.queue.push_back(alerts.to_string().into());
        self.reached = number;
        self.state = Standing::Live;
        Ok(())
    }

    /// Reads a page of the log, up to the number `until`; false at its end.
    async fn read_log(&mut self, until: u64) -> Result<bool, StoreError> {
        let (interest, after) = (self.interest.clone(), self.reached);
        let (messages, reached) = self
            .app
            .read(move |store| live::since(store, &interest, after))
            .await?;
        let before = messages.into_iter().filter(|message| message.seq < until);
        self.queue.extend(before.map(|message| message.text));
        self.reached = reached.min(until.saturating_sub(1)).max(after);
        Ok(self.reached > after && reached < until)
    }
}
