//! Whoever follows the live messages: where a program is gone or says nothing, at another one, from the last message on.

use std::collections::BTreeSet;
use std::time::Duration;

use serde_json::Value;

use super::programs::{Fleet, PATIENCE};
use crate::it::harness::{Client, Socket, Stream};

/// Numbers of one event: its own come first, then those of what is not in the log (decision 5).
const STRIDE: u64 = 1 << 22;
const ROOM: u64 = 4_096;

/// By what it follows.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Way {
    /// `/ws/dispatch`.
    Socket,
    /// `/v1/stream`.
    Stream,
}

/// What a follower heard.
#[derive(Debug)]
pub struct Follower {
    way: Way,
    token: String,
    /// Of the last message: where to go on.
    last: Option<String>,
    /// The number of the snapshot: what came later must be heard.
    pub since: u64,
    /// Messages of the log, in the order in which they came.
    pub heard: Vec<(u64, Value)>,
    /// How often it found another program.
    pub changes: usize,
}

enum Line {
    Socket(Box<Socket>),
    Stream(Stream),
}

impl Follower {
    /// It has heard nothing yet.
    pub const fn new(way: Way, token: String) -> Self {
        Self {
            way,
            token,
            last: None,
            since: 0,
            heard: Vec::new(),
            changes: 0,
        }
    }

    /// Follows until it is enough and the message of that kind came, whoever has to be asked.
    pub fn follow(&mut self, fleet: &Fleet, is_last: impl Fn(&Value) -> bool) {
        loop {
            let (index, client) = fleet.next(&self.token);
            let Some(mut line) = self.open(&client) else {
                fleet.avoid(index);
                std::thread::sleep(Duration::from_millis(20));
                continue;
            };
            self.changes += 1;
            while let Some(message) = self.hear(&mut line) {
                if self.take(message, &is_last) {
                    return;
                }
            }
        }
    }

    fn open(&self, client: &Client) -> Option<Line> {
        match self.way {
            Way::Socket => {
                let after = self.last.as_ref().map(|last| format!("?after={last}"));
                let socket = Socket::reach(client, &after.unwrap_or_default(), PATIENCE)?;
                Some(Line::Socket(Box::new(socket)))
            }
            Way::Stream => {
                let stream = Stream::try_open(client, "/v1/stream", self.last.as_deref(), PATIENCE);
                stream.map(Line::Stream)
            }
        }
    }

    /// The next message, and the place after it.
    fn hear(&mut self, line: &mut Line) -> Option<Value> {
        let message = match line {
            Line::Socket(socket) => socket.try_next()?,
            Line::Stream(stream) => {
                let (id, message) = stream.try_next()?;
                self.last = Some(id);
                message
            }
        };
        if let (Way::Socket, Some(number)) = (self.way, message["seq"].as_u64()) {
            let epoch = match message["epoch"].as_str() {
                Some(epoch) => epoch.to_owned(),
                None => self.epoch(),
            };
            self.last = Some(format!("{epoch}:{number}"));
        }
        Some(message)
    }

    fn epoch(&self) -> String {
        let last = self.last.as_deref().unwrap_or_default();
        last.split(':').next().unwrap_or_default().to_owned()
    }

    fn take(&mut self, message: Value, is_last: &impl Fn(&Value) -> bool) -> bool {
        let number = message["seq"].as_u64().expect("a number");
        if message["type"] == "SNAPSHOT" {
            let last = self.last.as_deref();
            assert_eq!(self.since, 0, "{:?} began anew at {last:?}", self.way);
            self.since = number;
            return false;
        }
        let last = is_last(&message);
        if number % STRIDE < ROOM {
            self.heard.push((number, message));
        }
        last
    }

    /// Everything that the log had to tell since it began, once, in order; `all` is what a reader hears who was never cut off.
    pub fn check(&self, all: &[(u64, Value)]) {
        let rises = self.heard.windows(2).find(|pair| pair[0].0 >= pair[1].0);
        assert!(rises.is_none(), "{:?} heard {rises:?}", self.way);
        let heard: BTreeSet<u64> = self.heard.iter().map(|(number, _)| *number).collect();
        let expected = all.iter().filter(|(number, _)| *number > self.since);
        let missed: Vec<&Value> = expected
            .clone()
            .filter(|(number, _)| !heard.contains(number))
            .map(|(_, message)| message)
            .collect();
        assert!(
            missed.is_empty(),
            "{:?} missed {} {:?}",
            self.way,
            missed.len(),
            missed.first()
        );
        let expected: Vec<&(u64, Value)> = expected.collect();
        assert_eq!(
            self.heard.iter().collect::<Vec<_>>(),
            expected,
            "{:?}",
            self.way
        );
    }
}

/// What the log has to tell from that number on, to a reader who hears it in one piece.
pub fn all_since(
    client: &Client,
    epoch: &str,
    since: u64,
    is_last: impl Fn(&Value) -> bool,
) -> Vec<(u64, Value)> {
    let mut socket = Socket::watch(client, &format!("?after={epoch}:{since}"));
    let told = socket.until(is_last).into_iter();
    let numbered = told.map(|message| (message["seq"].as_u64().expect("a number"), message));
    numbered
        .filter(|(number, _)| number % STRIDE < ROOM)
        .collect()
}
