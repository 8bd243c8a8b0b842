//! `/ws/driver`: positions in, each answered when it is on disk.

use std::collections::VecDeque;
use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use axum::extract::ws::{CloseFrame, Message as Frame, WebSocket, WebSocketUpgrade, close_code};
use axum::extract::{Extension, Query, State};
use axum::http::HeaderMap;
use axum::response::Response;
use axum::routing;
use futures_util::{FutureExt as _, SinkExt as _};
use pontic_core::fix::Rejection;
use pontic_core::silence::LastWords;
use pontic_wire::phone::native::{self, Ack, Reported};
use serde::Deserialize;
use tokio::sync::watch;
use tokio::time::{Instant, Interval, interval_at};

use super::gate;
use super::paging::said;
use super::problem::Answer;
use super::senders::Sender;
use crate::access::{Caller, Secretly};
use crate::app::App;
use crate::drivers::Status;

/// Well under the minute after which proxies cut an idle connection.
const KEEP_ALIVE: Duration = Duration::from_secs(50);
/// Bytes read at once: idle sockets are many, and each holds so much.
const READ_BUFFER: usize = 2 * 1024;
/// Bytes of answers that are written at once: those of a sync go together.
const WRITE_BUFFER: usize = 16 * 1024;
/// Longest message.
const MAX_MESSAGE: usize = 64 * 1024;
/// Longest message of a gateway that sends arrays.
const MAX_BATCH_MESSAGE: usize = 1024 * 1024;
/// Most fixes of one array.
const MOST_FIXES: usize = 1_000;
/// Answers that may wait for the disk before more is read.
const MOST_WAITING: usize = 4_096;
/// Messages that are read before what is on disk is answered.
const MOST_TOGETHER: usize = 64;

/// How a sender speaks.
#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct SocketQuery {
    /// The lab of the drivers, for a token of no lab.
    lab_id: Option<String>,
    /// `1`: arrays, both ways.
    batch: Option<String>,
}

/// `/ws/driver`.
pub fn sockets() -> Router<Arc<App>> {
    Router::new().route("/ws/driver", routing::get(driver))
}

async fn driver(
    State(app): State<Arc<App>>,
    Extension(caller): Extension<Caller>,
    Query(query): Query<SocketQuery>,
    headers: HeaderMap,
    upgrade: WebSocketUpgrade,
) -> Answer<Response> {
    let sender = Sender::new(&caller, said(query.lab_id.as_deref()))?;
    let batch = said(query.batch.as_deref()).is_some_and(|batch| batch == "1" || batch == "true");
    let longest = if batch {
        MAX_BATCH_MESSAGE
    } else {
        MAX_MESSAGE
    };
    let upgrade = upgrade
        .read_buffer_size(READ_BUFFER)
        .write_buffer_size(WRITE_BUFFER)
        .max_message_size(longest)
        .max_frame_size(longest);
    let session = Session {
        durable: app.drivers.durable.clone(),
        stopping: app.stopping.clone(),
        revocations: app.keys.revocations(),
        app,
        sender,
        shown: gate::shown(&headers),
        batch,
        waiting: VecDeque::new(),
        pings: interval_at(Instant::now() + KEEP_ALIVE, KEEP_ALIVE),
    };
    Ok(upgrade.on_upgrade(|socket| session.converse(socket)))
}

/// One sender's connection.
struct Session {
    app: Arc<App>,
    sender: Sender,
    /// By what it came; nothing: by a ticket, which counts once.
    shown: Option<Secretly>,
    revocations: watch::Receiver<()>,
    batch: bool,
    /// Answers with the tickets of what they answer.
    waiting: VecDeque<(u64, String)>,
    durable: watch::Receiver<u64>,
    stopping: watch::Receiver<bool>,
    pings: Interval,
}

/// What a conversation waits for.
enum Happened {
    Heard(Option<Result<Frame, axum::Error>>),
    OnDisk,
    Stopping,
    Revocation,
    Nothing,
}

/// Why a conversation ends.
enum End {
    /// The other side is gone.
    Gone,
    /// It said goodbye.
    Goodbye,
    /// Nothing can be kept now: it shall come back.
    Unavailable,
    /// The program stops.
    Stopping,
    /// Its session was ended, or its token revoked.
    LoggedOut,
}

impl Session {
    async fn converse(mut self, mut socket: WebSocket) {
        let end = loop {
            if let Err(end) = self.go_on(&mut socket).await {
                break end;
            }
        };
        let code = match end {
            End::Gone => return,
            End::Goodbye => {
                if let Some(no) = self.sender.the_driver() {
                    self.app
                        .drivers
                        .hear_last_words(no, LastWords::SocketClosed);
                }
                close_code::NORMAL
            }
            End::Unavailable => close_code::AGAIN,
            End::Stopping => close_code::RESTART,
            End::LoggedOut => close_code::POLICY,
        };
        let close = CloseFrame {
            code,
            reason: "".into(),
        };
        // Whoever is gone needs no goodbye.
        let _ = socket.send(Frame::Close(Some(close))).await;
    }

    /// Waits for the next thing to happen, and does it.
    async fn go_on(&mut self, socket: &mut WebSocket) -> Result<(), End> {
        let room = self.waiting.len() < MOST_WAITING;
        let happened = tokio::select! {
            frame = socket.recv(), if room => Happened::Heard(frame),
            on_disk = self.durable.changed(), if !self.waiting.is_empty() => {
                on_disk.map_or(Happened::Stopping, |()| Happened::OnDisk)
            }
            _ = self.stopping.wait_for(|stop| *stop) => Happened::Stopping,
            revoked = self.revocations.changed() => {
                revoked.map_or(Happened::Stopping, |()| Happened::Revocation)
            }
            _ = self.pings.tick() => Happened::Nothing,
        };
        match happened {
            Happened::Heard(frame) => self.hear_all(socket, frame).await?,
            Happened::OnDisk => {}
            Happened::Stopping => return self.finish(socket).await,
            Happened::Revocation => self.may_stay()?,
            Happened::Nothing => {
                self.may_stay()?;
                let ping = Frame::Ping(bytes::Bytes::new());
                socket.send(ping).await.map_err(|_| End::Gone)?;
            }
        }
        self.answer(socket).await
    }

    /// Whether what it came by still counts.
    fn may_stay(&self) -> Result<(), End> {
        let now = self.app.clock.now();
        match &self.shown {
            Some(shown) if !self.app.keys.is_live(shown, now) => Err(End::LoggedOut),
            _ => Ok(()),
        }
    }

    /// What was taken is answered before the program stops.
    async fn finish(&mut self, socket: &mut WebSocket) -> Result<(), End> {
        while !self.waiting.is_empty() {
            self.durable.changed().await.map_err(|_| End::Stopping)?;
            self.answer(socket).await?;
        }
        Err(End::Stopping)
    }

    /// A message, and those that are there already.
    async fn hear_all(
        &mut self,
        socket: &mut WebSocket,
        first: Option<Result<Frame, axum::Error>>,
    ) -> Result<(), End> {
        let mut next = Some(first);
        let mut heard = 0;
        while let Some(frame) = next {
            match frame {
                Some(Ok(Frame::Text(text))) => self.hear(text.as_bytes()).await?,
                Some(Ok(Frame::Binary(bytes))) => self.hear(&bytes).await?,
                Some(Ok(Frame::Ping(_) | Frame::Pong(_))) => {}
                Some(Ok(Frame::Close(_))) => return Err(End::Goodbye),
                Some(Err(_)) | None => return Err(End::Gone),
            }
            heard += 1;
            next = if heard < MOST_TOGETHER {
                socket.recv().now_or_never()
            } else {
                None
            };
        }
        Ok(())
    }

    async fn hear(&mut self, bytes: &[u8]) -> Result<(), End> {
        let is_array = bytes.trim_ascii_start().first() == Some(&b'[');
        if !(self.batch && is_array) {
            return self.take(vec![native::read(bytes)]).await;
        }
        match native::read_all(bytes, MOST_FIXES) {
            Ok(reports) => self.take(reports).await,
            Err(_) => self.take(vec![Err(Rejection::InvalidType)]).await,
        }
    }

    async fn take(&mut self, reports: Vec<Result<Reported, Rejection>>) -> Result<(), End> {
        let taken = self.sender.take(&self.app, None, &reports, false).await;
        let taken = taken.map_err(|_| End::Unavailable)?;
        for (report, taken) in reports.iter().zip(taken) {
            let report = report.as_ref().ok();
            let ack = Ack {
                driver_id: report
                    .and_then(|report| report.driver_id.as_ref())
                    .or(self.sender.own()),
                at: report.map(|report| report.fix.at),
                reference: report.and_then(|report| report.reference.as_deref()),
                status: taken.status.as_str(),
                reason: taken.status.reason(),
            };
            let mut text = String::with_capacity(128);
            native::write_ack(&mut text, &ack);
            self.waiting.push_back((taken.ticket, text));
        }
        Ok(())
    }

    /// Answers what is on disk by now, in one write.
    async fn answer(&mut self, socket: &mut WebSocket) -> Result<(), End> {
        let durable = *self.durable.borrow_and_update();
        let ready = self
            .waiting
            .iter()
            .take_while(|(ticket, _)| *ticket <= durable)
            .count();
        if ready == 0 {
            return Ok(());
        }
        let ready = self.waiting.drain(..ready).map(|(_, text)| text);
        if self.batch {
            let all = format!("[{}]", ready.collect::<Vec<_>>().join(","));
            let sent = socket.send(Frame::Text(all.into())).await;
            return sent.map_err(|_| End::Gone);
        }
        for text in ready {
            let fed = socket.feed(Frame::Text(text.into())).await;
            fed.map_err(|_| End::Gone)?;
        }
        socket.flush().await.map_err(|_| End::Gone)
    }
}

impl Status {
    const fn reason(self) -> Option<Rejection> {
        match self {
            Self::Rejected(reason) => Some(reason),
            _ => None,
        }
    }
}
