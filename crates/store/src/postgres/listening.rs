//! The thread that hears what other programs on the database do.
//!
//! It calls whoever listens on its own thread: while that works nothing is read, and what was not read waits at the server. Who is
//! frozen for half a minute is cut off by the server, and hears that it missed something.

use std::collections::VecDeque;
use std::sync::{Arc, mpsc};
use std::time::Duration;

use futures_util::StreamExt as _;
use futures_util::future::{Either, select};
use tokio::runtime::Runtime;
use tokio::sync::oneshot;
use tokio::time::{sleep, timeout};
use tokio_postgres::{AsyncMessage, Client, Notification};

use super::connection::{self, Connector, Messages};
use super::error::of_connecting;
use super::numbers::Numbers;
use super::telling::{CHANNELS, News, Program};
use crate::{Heard, StoreError};

/// How long a connection, and every question on it, may take.
const PATIENCE: Duration = Duration::from_secs(10);
/// After so long a silence the server is asked whether it is there.
const SILENCE: Duration = Duration::from_secs(10);
/// After a failure it is tried again after so long, then after twice as long, at last after the other.
const FIRST_PAUSE: Duration = Duration::from_millis(100);
const LAST_PAUSE: Duration = Duration::from_secs(5);

/// Whoever is told.
pub type Told = Box<dyn Fn(Heard) + Send + Sync>;

/// The thread; it ends with the value.
pub struct Listener {
    /// Dropped, it ends the thread, which nobody waits for: it may be the one that drops this.
    _stop: oneshot::Sender<()>,
}

/// What the thread has.
struct Ear {
    connector: Connector,
    program: Program,
    numbers: Arc<Numbers>,
    told: Told,
}

/// The line is gone.
struct Gone(StoreError);

impl Listener {
    /// Listens from now on.
    pub fn start(
        connector: Connector,
        program: Program,
        numbers: Arc<Numbers>,
        told: Told,
    ) -> Result<Self, StoreError> {
        let unusable = |error: std::io::Error| StoreError::Unavailable(error.to_string());
        let runtime = tokio::runtime::Builder::new_current_thread()
            .enable_all()
            .build()
            .map_err(unusable)?;
        let (stop, stopped) = oneshot::channel();
        let (ready, listening) = mpsc::channel();
        let ear = Ear {
            connector,
            program,
            numbers,
            told,
        };
        std::thread::Builder::new()
            .name("listening".to_owned())
            .spawn(move || ear.run(&runtime, stopped, &ready))
            .map_err(unusable)?;
        let ended = || StoreError::Unavailable("the listening thread ended".to_owned());
        listening.recv().map_err(|_| ended())??;
        Ok(Self { _stop: stop })
    }
}

impl Ear {
    fn run(
        &self,
        runtime: &Runtime,
        stopped: oneshot::Receiver<()>,
        ready: &mpsc::Sender<Result<(), StoreError>>,
    ) {
        let work = async {
            let mut line = match self.connect().await {
                Ok(line) => line,
                Err(Gone(error)) => {
                    let _ = ready.send(Err(error));
                    return;
                }
            };
            // Whoever started this may be gone already.
            let _ = ready.send(Ok(()));
            loop {
                self.follow(&mut line).await;
                line = self.connect_again().await;
                (self.told)(Heard::Missed);
            }
        };
        runtime.block_on(select(std::pin::pin!(work), stopped));
    }

    async fn connect(&self) -> Result<Line, Gone> {
        let connecting = timeout(PATIENCE, self.connector.listening()).await;
        let refused = |error| Gone(of_connecting(&error));
        let (client, messages) = connecting.map_err(|_| late())?.map_err(refused)?;
        let mut line = Line {
            client,
            messages,
            waiting: VecDeque::new(),
        };
        line.ask(async |client| connection::set_up_listening(client, &CHANNELS).await)
            .await?;
        self.learn(&mut line).await?;
        Ok(line)
    }

    async fn connect_again(&self) -> Line {
        let mut pause = FIRST_PAUSE;
        loop {
            sleep(pause).await;
            match self.connect().await {
                Ok(line) => return line,
                Err(Gone(_)) => pause = (pause * 2).min(LAST_PAUSE),
            }
        }
    }

    /// Tells what comes, until nothing comes any more.
    async fn follow(&self, line: &mut Line) -> Gone {
        loop {
            let notification = match line.next().await {
                Ok(notification) => notification,
                Err(gone) => return gone,
            };
            let (channel, payload) = (notification.channel(), notification.payload());
            let done = match self.program.hears(channel, payload) {
                None => Ok(()),
                Some(News::Drivers) => self.learn(line).await,
                Some(News::Heard(heard)) => self.tell(line, heard).await,
            };
            if let Err(gone) = done {
                return gone;
            }
        }
    }

    async fn tell(&self, line: &mut Line, heard: Heard) -> Result<(), Gone> {
        if let Heard::Fixes(fixes) = &heard
            && fixes.iter().any(|fix| !self.numbers.knows(fix.driver))
        {
            // Whoever is told of a fix asks whose it is.
            self.learn(line).await?;
        }
        (self.told)(heard);
        Ok(())
    }

    /// Reads the numbers that were drawn since.
    async fn learn(&self, line: &mut Line) -> Result<(), Gone> {
        let after = self.numbers.next();
        let found = line
            .ask(async |client| client.query(Numbers::SINCE, &[&after]).await)
            .await?;
        self.numbers.learn(&found).map_err(Gone)
    }
}

/// A connection that listens.
struct Line {
    client: Client,
    messages: Messages,
    /// What came while a question was answered.
    waiting: VecDeque<Notification>,
}

impl Line {
    /// Asks the server.
    async fn ask<T>(
        &mut self,
        question: impl AsyncFnOnce(&Client) -> Result<T, tokio_postgres::Error>,
    ) -> Result<T, Gone> {
        let (messages, waiting) = (&mut self.messages, &mut self.waiting);
        let question = std::pin::pin!(question(&self.client));
        let hearing = std::pin::pin!(async {
            loop {
                match messages.next().await {
                    Some(Ok(AsyncMessage::Notification(told))) => waiting.push_back(told),
                    Some(Ok(_)) => {}
                    Some(Err(error)) => return Gone::of(error),
                    None => return cut(),
                }
            }
        });
        match timeout(PATIENCE, select(question, hearing)).await {
            Ok(Either::Left((answer, _))) => answer.map_err(Gone::of),
            Ok(Either::Right((gone, _))) => Err(gone),
            Err(_) => Err(late()),
        }
    }

    /// The next notification.
    async fn next(&mut self) -> Result<Notification, Gone> {
        loop {
            if let Some(told) = self.waiting.pop_front() {
                return Ok(told);
            }
            match timeout(SILENCE, self.messages.next()).await {
                Ok(Some(Ok(AsyncMessage::Notification(told)))) => return Ok(told),
                Ok(Some(Ok(_))) => {}
                Ok(Some(Err(error))) => return Err(Gone::of(error)),
                Ok(None) => return Err(cut()),
                Err(_) => {
                    self.ask(async |client| client.batch_execute("").await)
                        .await?
                }
            }
        }
    }
}

impl Gone {
    fn of(error: tokio_postgres::Error) -> Self {
        Self(StoreError::from(error))
    }
}

fn late() -> Gone {
    Gone(StoreError::Unavailable(
        "the database does not answer".to_owned(),
    ))
}

fn cut() -> Gone {
    Gone(StoreError::Unavailable(
        "the connection to the database broke".to_owned(),
    ))
}
