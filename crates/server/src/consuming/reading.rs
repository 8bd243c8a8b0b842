//! A message of a stream as what it says: events for the door, or what is to be kept because it cannot be used.

use std::collections::HashMap;
use std::sync::Arc;

use async_nats::jetstream;
use async_nats::jetstream::message::Acker;
use bytes::Bytes;
use pontic_core::event::Event;
use pontic_core::fault::{Fault, Reason};
use pontic_core::id;
use pontic_wire::event::{self, Headers, Incoming, Refused, Rejected};

use crate::access::{Caller, Role};
use crate::config::Consumer;
use crate::door::Draft;
use crate::http::body;
use crate::http::events::{draft, may_say, name_of, source_of};
use crate::http::refused::{self, ToKeep};
use crate::relay;

/// The header by which its sender has NATS recognise a message.
const MESSAGE_ID: &str = "nats-msg-id";
/// Longest id of an event, in bytes.
const ID_LEN: usize = 256;

/// For whom a consumer's events speak.
pub fn caller(consumer: &Consumer) -> Caller {
    Caller {
        token_id: format!("nats/{}", consumer.name),
        role: Role::Source,
        lab_id: consumer.lab_id.clone(),
        driver_id: None,
        clinic_id: None,
        sources: consumer.sources.clone(),
    }
}

/// A message in our hands.
pub struct Taken {
    /// By which it is answered.
    pub acker: Acker,
    /// Its number in the stream.
    pub number: u64,
    /// Messages that NATS has for the consumer after it.
    pub waiting: u64,
    /// It was handed out before.
    pub is_again: bool,
    /// What it is about.
    pub keys: Vec<String>,
    /// Its events.
    pub parts: Vec<Part>,
    headers: Texts,
    payload: Bytes,
}

/// One event of a message.
pub struct Part {
    /// Its type, in a word of ours.
    pub name: &'static str,
    /// Its source, in a word of ours.
    pub source: &'static str,
    /// For the door, or to be kept.
    pub said: Said,
}

/// What an event says.
pub enum Said {
    /// For the door.
    Event(Arc<Event>),
    /// To be kept; the code says why.
    Refused(Box<ToKeep>),
}

impl Taken {
    /// Its events for the door.
    pub fn events(&self) -> impl Iterator<Item = &Arc<Event>> {
        self.parts.iter().filter_map(|part| match &part.said {
            Said::Event(event) => Some(event),
            Said::Refused(_) => None,
        })
    }

    /// Its events as texts, for the quarantine.
    pub fn texts(&self) -> Vec<String> {
        event::texts(&self.headers, &self.payload)
    }
}

/// Headers by name in lower case: NATS keeps them as they were written.
#[derive(Default)]
struct Texts(HashMap<String, String>);

impl Headers for Texts {
    fn get(&self, name: &str) -> Option<&str> {
        self.0.get(name).map(String::as_str)
    }
}

impl Texts {
    fn of(message: &async_nats::Message) -> Self {
        let headers = message.headers.iter().flat_map(|headers| headers.iter());
        let texts = headers.filter_map(|(name, values)| {
            let value = values.last()?.as_str().to_owned();
            Some((name.to_string().to_ascii_lowercase(), value))
        });
        Self(texts.collect())
    }
}

/// Reads a message. `epoch` names our data: what we published ourselves and is led back to us says nothing new.
pub fn read(message: jetstream::Message, caller: &Caller, epoch: &str) -> Taken {
    let (number, waiting, is_again, place) = match message.info() {
        Ok(info) => {
            let at = info.published.unix_timestamp_nanos();
            // A stream that was made anew counts from 1 again, but not at the same instant.
            let place = [
                info.stream.to_owned(),
                info.stream_sequence.to_string(),
                at.to_string(),
            ];
            (
                info.stream_sequence,
                info.pending,
                info.delivered > 1,
                place,
            )
        }
        Err(_) => (0, 0, false, [String::new(), String::new(), String::new()]),
    };
    let (message, acker) = message.split();
    let mut taken = Taken {
        acker,
        number,
        waiting,
        is_again,
        keys: Vec::new(),
        parts: Vec::new(),
        headers: Texts::of(&message),
        payload: message.payload,
    };
    if taken.headers.get(relay::FROM) == Some(epoch) {
        return taken;
    }
    taken.parts = parts(&taken, caller, &place);
    let mut keys: Vec<String> = taken.events().map(|event| key(event)).collect();
    keys.sort_unstable();
    keys.dedup();
    taken.keys = keys;
    taken
}

fn key(event: &Event) -> String {
    let about = event.body.about().unwrap_or(event.body.name());
    about.to_owned()
}

fn parts(taken: &Taken, caller: &Caller, place: &[String; 3]) -> Vec<Part> {
    let unreadable = |code: &'static str, faults: Vec<Fault>| {
        let item = refused::unreadable(caller, &caller.token_id, code, faults, &taken.payload);
        vec![Part {
            name: "unknown",
            source: "other",
            said: Said::Refused(Box::new(item)),
        }]
    };
    if taken.payload.len() > body::USUAL {
        return unreadable("too_large", Vec::new());
    }
    match event::read(&taken.headers, &taken.payload) {
        Ok(request) => {
            let ids = Ids { taken, place };
            let events = request.events.into_iter().enumerate();
            events
                .map(|(index, event)| part(taken, caller, &ids, index, event))
                .collect()
        }
        Err(Refused::Body(fault)) => unreadable(fault.reason.as_str(), vec![fault]),
        Err(Refused::TooMany) => unreadable("too_large", Vec::new()),
        Err(Refused::MediaType) => unreadable("unsupported_media_type", Vec::new()),
    }
}

fn part(
    taken: &Taken,
    caller: &Caller,
    ids: &Ids<'_>,
    index: usize,
    event: Result<Incoming, Box<Rejected>>,
) -> Part {
    let (name, source) = (name_of(&event), source_of(&event));
    let said = match event {
        Ok(incoming) if may_say(caller, &incoming.source) => {
            let id = incoming.id.clone().or_else(|| Some(ids.of(index)));
            match draft(caller, Incoming { id, ..incoming }) {
                Draft::Event(event) => Said::Event(event),
                // An event becomes nothing else.
                Draft::Webhook(_) | Draft::Quarantine(_) => {
                    Said::Refused(Box::new(foreign(taken, caller, "", name, index)))
                }
            }
        }
        Ok(incoming) => Said::Refused(Box::new(foreign(
            taken,
            caller,
            &incoming.source,
            name,
            index,
        ))),
        Err(rejected) => Said::Refused(Box::new(refused::rejected(caller, &rejected))),
    };
    Part { name, source, said }
}

/// Nobody hears an answer: an event that may not speak for its source is kept as well, for whoever set the consumer up.
fn foreign(
    taken: &Taken,
    caller: &Caller,
    source: &str,
    name: &'static str,
    index: usize,
) -> ToKeep {
    let text = taken.texts().get(index).cloned().unwrap_or_default();
    let faults = [Fault::new("source", Reason::Forbidden)];
    let lab_id = caller.lab_id.clone();
    refused::refused_event(caller, source, name, lab_id, "forbidden", &faults, text)
}

/// Ids of events that have none of their sender: the same whenever the message comes again, so that no word is taken twice.
struct Ids<'a> {
    taken: &'a Taken,
    place: &'a [String; 3],
}

impl Ids<'_> {
    fn of(&self, index: usize) -> String {
        let [stream, number, at] = self.place;
        let named = self.taken.headers.get(MESSAGE_ID).map(str::trim);
        let is_id = |text: &&str| {
            !text.is_empty()
                && text.len() <= ID_LEN
                && text.bytes().all(|byte| byte.is_ascii_graphic())
        };
        match named.filter(is_id) {
            Some(named) if index == 0 => named.to_owned(),
            Some(named) => id::derived(&["nats", named, &index.to_string()]),
            None => id::derived(&["nats", stream, number, at, &index.to_string()]),
        }
    }
}
