//! What is sent: bodies made from a number, so that the same number is the same message again.

use std::fmt::Write as _;

use base64::Engine as _;
use hmac::{Hmac, Mac};
use jiff::{Timestamp, ToSpan};
use serde::{Deserialize, Serialize};
use sha2::Sha256;

use crate::numbers::chance;

/// Secret of the webhooks.
pub const SECRET: &str = "bench-secret-of-the-practice-system";
/// Token of whoever posts events.
pub const TOKEN: &str = "bench-token-0123456789-0123456789-0123456789";
/// Where webhooks go.
pub const WEBHOOK_PATH: &str = "/webhooks/ehr/dentrix";
/// Where events go.
pub const EVENTS_PATH: &str = "/v1/events";
/// Where requests go that ask for nothing.
pub const EMPTY_PATH: &str = "/empty";

/// The lab that events are about.
pub const LAB: &str = "LAB001";

/// Clinics that messages are about.
const CLINICS: u64 = 200;
/// Days that deliveries are wanted on, at one time.
const DAYS: u64 = 20;
/// After so many events the days move on: about 25 cases a delivery.
const EVENTS_OF_DAYS: u64 = CLINICS * DAYS * 25;

/// A kind of message.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub enum Message {
    /// A webhook, signed as it should be.
    Webhook,
    /// A webhook whose signature is another's.
    WrongSignature,
    /// So many events together, without ids of their sender.
    Events(usize),
    /// So many events together, each with a random id of its sender.
    ForeignEvents(usize),
    /// A request without a body.
    Empty,
    /// The bytes of a webhook, sent to where nobody reads them.
    Unread,
    /// A position as OwnTracks sends it.
    OwnTracks,
    /// A position as OsmAnd sends it.
    OsmAnd,
}

/// The credentials of a phone.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Phone {
    /// Who it is.
    pub id: String,
    /// That it is.
    pub secret: String,
}

impl Message {
    /// How many operations one request is.
    pub const fn operations(self) -> usize {
        match self {
            Self::Events(count) | Self::ForeignEvents(count) => count,
            _ => 1,
        }
    }

    /// The bytes of request `n`, as they go over the wire.
    pub fn request(self, n: u64, today: Timestamp, phones: &[Phone]) -> Vec<u8> {
        match self {
            Self::Webhook => webhook(WEBHOOK_PATH, n, today, SECRET),
            Self::WrongSignature => {
                webhook(WEBHOOK_PATH, n, today, "bench-secret-of-somebody-else")
            }
            Self::Unread => webhook(EMPTY_PATH, n, today, SECRET),
            Self::Events(count) => events(n, count, today, false),
            Self::ForeignEvents(count) => events(n, count, today, true),
            Self::OwnTracks => owntracks(n, today, phones),
            Self::OsmAnd => osmand(n, today, phones),
            Self::Empty => format!("GET {EMPTY_PATH} HTTP/1.1\r\nhost: bench\r\n\r\n").into_bytes(),
        }
    }
}

fn webhook(path: &str, n: u64, today: Timestamp, secret: &str) -> Vec<u8> {
    let body = webhook_body(n, today);
    let signature = hex(&signature(secret.as_bytes(), body.as_bytes()));
    let header = format!("x-dentrix-signature: sha256={signature}");
    post(path, &header, &body)
}

fn webhook_body(n: u64, today: Timestamp) -> String {
    let random = chance(n);
    let time = after(today, 1 + random % DAYS, 9 + random % 8);
    serde_json::json!({
        "externalId": format!("REQ-{n:010}"),
        "practiceId": format!("CLINIC-{:03}", random % CLINICS),
        "patientName": format!("Patient Number {n}"),
        "preferredPickupTime": time.to_string(),
        "priority": 0,
        "notes": "Two crowns and a bridge in one box, at the side entrance.",
        "packageCount": 1 + random % 3,
        "contactName": "Front Desk",
        "contactPhone": "+1 555 010 0199",
    })
    .to_string()
}

/// Which phone sends request `n`, when, and from where.
fn fix(n: u64, today: Timestamp, phones: &[Phone]) -> (&Phone, i64, String) {
    let count = phones.len() as u64;
    let place = usize::try_from(n % count).unwrap_or_default();
    let seconds = i64::try_from(n / count).unwrap_or_default();
    // From two days ago on, one a second.
    let at = today.as_second() - 2 * 86_400 + seconds;
    let lat = format!("42.{:07}", 3_000_000 + seconds * 100 % 5_000_000);
    (&phones[place], at, lat)
}

fn owntracks(n: u64, today: Timestamp, phones: &[Phone]) -> Vec<u8> {
    let (phone, at, lat) = fix(n, today, phones);
    let body = format!(
        r#"{{"_type":"location","tid":"dr","t":"u","conn":"m","bs":1,"batt":80,"acc":5,"vac":3,"alt":12,"vel":40,"cog":0,"lat":{lat},"lon":-71.06,"tst":{at}}}"#
    );
    let both =
        base64::engine::general_purpose::STANDARD.encode(format!("{}:{}", phone.id, phone.secret));
    post("/owntracks", &format!("authorization: Basic {both}"), &body)
}

fn osmand(n: u64, today: Timestamp, phones: &[Phone]) -> Vec<u8> {
    let (phone, at, lat) = fix(n, today, phones);
    let query = format!(
        "id={}&lat={lat}&lon=-71.06&timestamp={at}&speed=22&bearing=0&altitude=12&accuracy=5&batt=80",
        phone.id
    );
    format!("GET /osmand?{query} HTTP/1.1\r\nhost: bench\r\n\r\n").into_bytes()
}

fn events(n: u64, count: usize, today: Timestamp, foreign: bool) -> Vec<u8> {
    let first = n * count as u64;
    let list: Vec<_> = (first..first + count as u64)
        .map(|n| event(n, today, foreign))
        .collect();
    let body = serde_json::Value::from(list).to_string();
    post(
        EVENTS_PATH,
        &format!("authorization: Bearer {TOKEN}"),
        &body,
    )
}

fn event(n: u64, today: Timestamp, foreign: bool) -> serde_json::Value {
    let random = chance(n);
    let day = n / EVENTS_OF_DAYS * DAYS + 1 + (random >> 8) % DAYS;
    let date = after(today, day, 0).to_string();
    let mut event = serde_json::json!({
        "source": "cases.production",
        "detailType": "CaseReadyToShip",
        "detail": {
            "caseId": format!("CASE-{n:010}"),
            "clinicId": format!("CLINIC-{:03}", random % CLINICS),
            "labId": LAB,
            "patientName": format!("Patient Number {n}"),
            "requestedDeliveryDate": date.split('T').next(),
            "priority": if random.is_multiple_of(10) { "RUSH" } else { "STANDARD" },
            "packageSpecs": { "weight": 0.4, "fragile": random.is_multiple_of(3), "requiresSignature": false },
        },
    });
    if foreign {
        event["id"] = format!("{:016x}{:016x}", chance(random), random).into();
    }
    event
}

fn after(today: Timestamp, days: u64, hours: u64) -> Timestamp {
    let hours = i64::try_from(days * 24 + hours).unwrap_or_default();
    today.checked_add(hours.hours()).unwrap_or(today)
}

fn post(path: &str, header: &str, body: &str) -> Vec<u8> {
    let length = body.len();
    let head = format!(
        "POST {path} HTTP/1.1\r\nhost: bench\r\ncontent-type: application/json\r\n{header}\r\ncontent-length: {length}\r\n\r\n"
    );
    [head.as_bytes(), body.as_bytes()].concat()
}

/// The signature of a body.
pub fn signature(secret: &[u8], body: &[u8]) -> [u8; 32] {
    mac(secret)
        .chain_update(body)
        .finalize()
        .into_bytes()
        .into()
}

/// HMAC-SHA256 with that secret, nothing signed yet.
pub fn mac(secret: &[u8]) -> Hmac<Sha256> {
    Hmac::new_from_slice(secret).expect("HMAC takes keys of any length")
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().fold(String::new(), |mut text, byte| {
        // Writing into a text cannot fail.
        let _ = write!(text, "{byte:02x}");
        text
    })
}

/// The time by the machine's clock.
pub fn now() -> Timestamp {
    Timestamp::try_from(std::time::SystemTime::now()).unwrap_or(Timestamp::UNIX_EPOCH)
}

/// The midnight before now: all messages of a run count their days from there.
pub fn today() -> Timestamp {
    let midnight = now().as_second().div_euclid(86_400) * 86_400;
    Timestamp::from_second(midnight).unwrap_or(Timestamp::UNIX_EPOCH)
}
