//! Three programs on one database, of which one is always being killed or frozen, and whoever asks them.

use std::sync::Mutex;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use serde_json::Value;

use crate::Message;
use crate::it::harness::{ADMIN, Answer, Client, Group, Server};

/// How many there are.
pub const SIZE: usize = 3;
/// So long a sender waits for an answer; then it asks another program.
pub const PATIENCE: Duration = Duration::from_secs(3);
/// So long others go before one that did not answer.
const AVOIDED: Duration = Duration::from_secs(1);
/// Between two tries.
const PAUSE: Duration = Duration::from_millis(20);

/// Programs on one database. Each start is on a folder and a port of its own.
pub struct Fleet {
    group: Group,
    servers: [Mutex<Option<Server>>; SIZE],
    /// Where each is, or was last.
    urls: [Mutex<String>; SIZE],
    /// Until then nobody asks it who has another to ask, as a proxy would do it.
    avoided: [Mutex<Option<Instant>>; SIZE],
    turn: AtomicUsize,
    /// Questions without an answer, or with 503.
    pub unanswered: AtomicUsize,
}

impl Fleet {
    /// All of them run.
    pub fn start() -> Self {
        let fleet = Self {
            group: Group::new(),
            servers: Default::default(),
            urls: Default::default(),
            avoided: Default::default(),
            turn: AtomicUsize::new(0),
            unanswered: AtomicUsize::new(0),
        };
        for index in 0..SIZE {
            fleet.start_one(index);
        }
        fleet
    }

    /// Starts one that does not run.
    pub fn start_one(&self, index: usize) {
        let server = self.group.start().go();
        self.urls[index]
            .lock()
            .expect("no panic")
            .clone_from(&server.url);
        *self.servers[index].lock().expect("no panic") = Some(server);
    }

    /// `kill -9`.
    pub fn kill(&self, index: usize) {
        let server = self.servers[index].lock().expect("no panic").take();
        drop(server.expect("it runs").kill());
    }

    /// `kill -STOP`.
    pub fn freeze(&self, index: usize) {
        self.with(index, Server::freeze);
    }

    /// `kill -CONT`.
    pub fn thaw(&self, index: usize) {
        self.with(index, Server::thaw);
    }

    /// Looks at one that runs.
    pub fn with<T>(&self, index: usize, look: impl FnOnce(&Server) -> T) -> T {
        let server = self.servers[index].lock().expect("no panic");
        look(server.as_ref().expect("it runs"))
    }

    /// The next in turn, for whoever holds that token; most likely it is there.
    pub fn next(&self, token: &str) -> (usize, Client) {
        let mut turns = (0..SIZE).map(|_| self.turn.fetch_add(1, Ordering::Relaxed) % SIZE);
        let index = turns.find(|index| !self.is_avoided(*index));
        let index = index.unwrap_or_else(|| self.turn.load(Ordering::Relaxed) % SIZE);
        let client = Client {
            url: self.urls[index].lock().expect("no panic").clone(),
            token: Some(token.to_owned()),
        };
        (index, client)
    }

    /// It said nothing.
    pub fn avoid(&self, index: usize) {
        *self.avoided[index].lock().expect("no panic") = Some(Instant::now() + AVOIDED);
    }

    fn is_avoided(&self, index: usize) -> bool {
        let until = *self.avoided[index].lock().expect("no panic");
        until.is_some_and(|until| Instant::now() < until)
    }

    /// Asks one after the other until one answers something else than 503.
    pub fn ask<T>(&self, token: &str, question: impl Fn(&Client) -> Option<(u16, T)>) -> (u16, T) {
        loop {
            let (index, client) = self.next(token);
            match question(&client) {
                Some((status, body)) if status != 503 => return (status, body),
                _ => {
                    self.avoid(index);
                    self.unanswered.fetch_add(1, Ordering::Relaxed);
                    std::thread::sleep(PAUSE);
                }
            }
        }
    }

    /// The operator posts that; `key` tells a second try from a second matter.
    pub fn post(&self, path: &str, key: &str, body: &Value) -> Answer {
        let headers = [
            ("content-type", "application/json"),
            ("idempotency-key", key),
        ];
        let text = body.to_string();
        let send = |client: &Client| {
            let answer = client.try_send_for("POST", path, &headers, text.as_bytes(), PATIENCE);
            answer.ok().map(|answer| (answer.status, answer))
        };
        self.ask(ADMIN, send).1
    }

    /// Sends a message until somebody has accepted it.
    pub fn deliver(&self, message: &Message) {
        let (status, body) = self.ask(ADMIN, |client| message.send(client, PATIENCE));
        assert_eq!(status, 200, "{body} for {message:?}");
    }
}
