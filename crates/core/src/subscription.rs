//! Who is told by webhook or on the bus: an address, and which of our publications it wants.

use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::backoff::Backoff;
use crate::id::{LabId, SubscriptionId};
use crate::phi::{Phi, Private};
use crate::state::words;

/// Where a subscription belongs that is told of all labs.
pub const ALL_LABS: &str = "-";
/// Retries where nobody says another number: with the usual delays the last one is some nine hours after the first try.
pub const MAX_RETRIES: u32 = 15;
/// The first delay, in milliseconds.
pub const BASE_DELAY_MS: u64 = 1_000;
/// No delay is longer, in milliseconds: two hours.
pub const MAX_DELAY_MS: u64 = 7_200_000;
/// How long a receiver may take to answer, in seconds.
pub const TIMEOUT_S: u32 = 15;

words! {
    /// How a message is written.
    Format {
        /// CloudEvents 1.0, structured.
        CloudEvents = "cloudevents",
        /// The short form of `POST /v1/events`.
        Plain = "plain",
    }
}

/// Somebody who is told.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Subscription {
    /// Its id, unique in the installation.
    pub id: SubscriptionId,
    /// The lab whose matters it is told; [`ALL_LABS`]: of every one.
    pub lab_id: LabId,
    /// Where messages are posted; or where on the bus they are published, see [`BusAddress`].
    pub url: String,
    /// Which ones, in the words of [`crate::pattern`]; absent: all.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub pattern: Option<Value>,
    /// How they are written.
    pub format: Format,
    /// Retries of one message before it is a dead letter.
    pub max_retries: u32,
    /// The first delay, in milliseconds; each further one may be twice as long.
    pub base_delay_ms: u64,
    /// How long a receiver may take to answer, in seconds.
    pub timeout_s: u32,
    /// Nothing is sent for now; what is for it waits.
    #[serde(default)]
    pub paused: bool,
    /// Why we paused it ourselves.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub paused_because: Option<String>,
    /// It is no more.
    #[serde(default)]
    pub removed: bool,
    /// Counts its changes.
    #[serde(default)]
    pub version: u64,
    /// Its secrets, newest first, in [`Private::secrets`]; headers of its own, as a JSON object, in [`Private::metadata`].
    #[serde(skip)]
    pub private: Phi<Private>,
}

impl Subscription {
    /// Whether it is told of that lab.
    pub fn hears_of(&self, lab: &LabId) -> bool {
        self.lab_id.as_str() == ALL_LABS || self.lab_id == *lab
    }

    /// How patiently a message is tried again.
    pub fn backoff(&self) -> Backoff {
        let asked = Backoff::new(self.max_retries, self.base_delay_ms, MAX_DELAY_MS);
        asked.unwrap_or(Backoff::USUAL)
    }
}

/// A place on the bus: `nats://STREAM/SUBJECT`. The stream is the one that must take what is published there; the subject may hold
/// `{lab}`, `{type}` and `{about}`. Which servers the bus has is the operator's matter, and stands in no address.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct BusAddress<'a> {
    /// Name of the stream.
    pub stream: &'a str,
    subject: &'a str,
}

/// How an address on the bus begins.
const BUS: &str = "nats://";
/// Longest name of a stream, in bytes.
const STREAM_LEN: usize = 255;
/// What a subject is filled in with.
const PLACES: [&str; 3] = ["{lab}", "{type}", "{about}"];

impl<'a> BusAddress<'a> {
    /// Whether it is meant as one.
    pub fn is_meant(url: &str) -> bool {
        url.starts_with(BUS)
    }

    /// Reads an address; nothing if it is none.
    pub fn read(url: &'a str) -> Option<Self> {
        let (stream, subject) = url.strip_prefix(BUS)?.split_once('/')?;
        let is_sound = is_stream(stream) && is_template(subject);
        is_sound.then_some(Self { stream, subject })
    }

    /// The subject of a publication of that lab and type, about that thing.
    pub fn subject(&self, lab: &str, name: &str, about: &str) -> String {
        let filled = PLACES.into_iter().zip([lab, name, about]);
        filled.fold(self.subject.to_owned(), |subject, (place, text)| {
            subject.replace(place, &token(text))
        })
    }
}

/// Whether a stream may be called so.
pub fn is_stream(name: &str) -> bool {
    let is_plain = |byte: u8| byte.is_ascii_graphic() && !b".*>/\\".contains(&byte);
    !name.is_empty() && name.len() <= STREAM_LEN && name.bytes().all(is_plain)
}

/// Subjects that begin with `$` or `_` are the bus's own.
fn is_template(subject: &str) -> bool {
    let bare = PLACES
        .into_iter()
        .fold(subject.to_owned(), |bare, place| bare.replace(place, "x"));
    let is_plain = |byte: u8| byte.is_ascii_graphic() && !b"*>{}".contains(&byte);
    let is_token = |token: &str| !token.is_empty() && token.bytes().all(is_plain);
    !bare.starts_with(['$', '_']) && bare.split('.').all(is_token)
}

/// An id as one token of a subject: a point in it would make two.
fn token(text: &str) -> String {
    if text.is_empty() {
        return "_".to_owned();
    }
    let plain = |c: char| c.is_ascii_graphic() && !matches!(c, '.' | '*' | '>');
    text.chars()
        .map(|c| if plain(c) { c } else { '_' })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_place_on_the_bus_names_its_stream_and_a_subject() {
        let address = BusAddress::read("nats://LOGISTICS/pontic.{lab}.{type}.{about}");
        let address = address.expect("an address");
        assert_eq!(address.stream, "LOGISTICS");
        assert_eq!(
            address.subject("LAB.001", "DeliveryScheduled", "D 7"),
            "pontic.LAB_001.DeliveryScheduled.D_7"
        );
        assert_eq!(address.subject("", "T", "x"), "pontic._.T.x");
    }

    #[test]
    fn what_is_no_place_on_the_bus() {
        for url in [
            "https://finance.example.com/x",
            "nats://LOGISTICS",
            "nats:///pontic.{lab}",
            "nats://bus.lab:4222.x/pontic",
            "nats://LOGISTICS/",
            "nats://LOGISTICS/pontic..x",
            "nats://LOGISTICS/pontic.>",
            "nats://LOGISTICS/pontic.*",
            "nats://LOGISTICS/pontic.{clinic}",
            "nats://LOGISTICS/pontic. x",
            "nats://LOGISTICS/$JS.API.STREAM.DELETE.X",
            "nats://LOGISTICS/_INBOX.x",
        ] {
            assert_eq!(BusAddress::read(url), None, "{url}");
        }
    }
}
