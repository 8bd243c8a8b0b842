//! Three programs on one database, of which one is always being killed or frozen, and whoever asks them.

use std::sync::Mutex;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use serde_json::Value;

use crate::Message;
use crate::it::harness::{ADMIN, Answer, Client, Group, Server};

/// How many there are.
pub const SIZE: usize = 3;
/// So long a sender waits for an answer; then it asks another program.
pub const PATIENCE: Duration = Duration::from_secs(3);
/// Between two tries.
const PAUSE: Duration = Duration::from_millis(20);

/// Programs on one database. Each start is on a folder and a port of its own.
pub struct Fleet {
    group: Group,
    servers: [Mutex<Option<Server>>; SIZE],
    /// Where each is, or was last.
    urls: [Mutex<String>; SIZE],
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

    /// The next in turn, whether it is there or not, for whoever holds that token.
    pub fn next(&self, token: &str) -> Client {
        let index = self.turn.fetch_add(1, Ordering::Relaxed) % SIZE;
        Client {
            url: self.urls[index].lock().expect("no panic").clone(),
            token: Some(token.to_owned()),
        }
    }

    /// Asks one after the other until one answers something else than 503.
    pub fn ask<T>(&self, token: &str, question: impl Fn(&Client) -> Option<(u16, T)>) -> (u16, T) {
        loop {
            match question(&self.next(token)) {
                Some((status, body)) if status != 503 => return (status, body),
                _ => {
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
