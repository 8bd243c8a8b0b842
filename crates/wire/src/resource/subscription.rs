//! Who is to be told by webhook, or on the bus.

use pontic_core::event::SubscriptionSet;
use pontic_core::event_bridge::EventBusAddress;
use pontic_core::fault::{Fault, Reason};
use pontic_core::id::{LabId, SubscriptionId};
use pontic_core::pattern::Pattern;
use pontic_core::phi::{Phi, Private};
use pontic_core::subscription::{
    ALL_LABS, BASE_DELAY_MS, BusAddress, Format, MAX_RETRIES, Subscription, TIMEOUT_S,
};

use crate::fields::{self, Reader, TextLimits};
use crate::json::Json;
use crate::signature::Secret;

/// Longest address.
const URL: TextLimits = TextLimits {
    max_chars: 2_000,
    max_bytes: 2_000,
    multiline: false,
};
const SECRET: TextLimits = TextLimits {
    max_chars: 256,
    max_bytes: 256,
    multiline: false,
};
/// Shortest secret: whoever can guess it can speak for us.
const MIN_SECRET: usize = 16;
/// Most secrets: the new one and the old ones while rotating.
pub const MAX_SUBSCRIPTION_SECRETS: usize = 3;
/// Most headers of its own, and their longest value.
const MAX_HEADERS: usize = 20;
const MAX_HEADER_VALUE: usize = 1_024;
/// Headers that are ours, or the connection's.
const OWN_HEADERS: [&str; 9] = [
    "connection",
    "content-length",
    "content-type",
    "host",
    "keep-alive",
    "te",
    "transfer-encoding",
    "upgrade",
    "user-agent",
];
const FORMATS: &[(&str, Format)] = &[
    ("cloudevents", Format::CloudEvents),
    ("plain", Format::Plain),
];

/// A subscription as it is from here on: `{ labId?, url, pattern?, format?, secrets?, headers?, maxRetries?, baseDelayMs?,
/// timeoutSeconds?, paused? }`.
pub fn subscription(
    id: SubscriptionId,
    body: &Json<'_>,
    expected: Option<u64>,
) -> Result<SubscriptionSet, Vec<Fault>> {
    let mut reader = Reader::new(body, "");
    let lab_id = reader.optional("labId", fields::id);
    let url = reader.required("url", url);
    let wanted = reader.optional("pattern", Ok);
    let format = reader.optional("format", fields::word(FORMATS));
    let secrets = reader.list("secrets", MAX_SUBSCRIPTION_SECRETS, secret);
    let headers = reader.optional("headers", headers);
    let max_retries = reader.optional("maxRetries", fields::integer(0..=100));
    let base_delay_ms = reader.optional("baseDelayMs", fields::integer(1..=3_600_000));
    let timeout_s = reader.optional("timeoutSeconds", fields::integer(1..=60));
    let paused = reader.optional("paused", fields::boolean);
    let pattern = wanted.map(|wanted| serde_json::to_value(wanted).unwrap_or_default());
    let mut faults = Vec::new();
    if let Some(Err(fault)) = pattern.as_ref().map(Pattern::read) {
        faults.push(Fault::new(format!("pattern{}", fault.place), fault.reason));
    }
    let read = reader.finish(|| {
        let small = |number: Option<i64>, usual: u32| {
            number.map_or(usual, |number| u32::try_from(number).unwrap_or(usual))
        };
        let subscription = Subscription {
            id,
            lab_id: LabId::known(lab_id.unwrap_or(ALL_LABS)),
            url: url?.to_owned(),
            pattern,
            format: format.unwrap_or(Format::CloudEvents),
            max_retries: small(max_retries, MAX_RETRIES),
            base_delay_ms: base_delay_ms.map_or(BASE_DELAY_MS, i64::unsigned_abs),
            timeout_s: small(timeout_s, TIMEOUT_S),
            paused: paused.unwrap_or(false),
            paused_because: None,
            removed: false,
            version: 0,
            private: Phi::default(),
        };
        Some(SubscriptionSet {
            subscription,
            private: Phi::new(Private {
                secrets,
                metadata: headers.unwrap_or_default(),
                ..Private::default()
            }),
            expected,
        })
    });
    match read {
        Ok(set) if faults.is_empty() => Ok(set),
        Ok(_) => Err(faults),
        Err(mut others) => {
            others.append(&mut faults);
            Err(others)
        }
    }
}

/// `{ secret? }`: a further secret of a subscription.
pub fn subscription_secret(body: &Json<'_>) -> Result<Option<String>, Vec<Fault>> {
    let mut reader = Reader::new(body, "");
    let named = reader.optional("secret", secret);
    reader.finish(|| Some(named))
}

/// An address of HTTP without a user, a password or a fragment; or a place on the bus, or a bus of EventBridge.
fn url<'j>(json: &'j Json<'j>) -> Result<&'j str, Reason> {
    let text = fields::text(URL)(json)?;
    if BusAddress::is_meant(text) {
        let read = BusAddress::read(text).ok_or(Reason::InvalidFormat);
        return read.map(|_| text);
    }
    if EventBusAddress::is_meant(text) {
        let read = EventBusAddress::read(text).ok_or(Reason::InvalidFormat);
        return read.map(|_| text);
    }
    let rest = text
        .strip_prefix("https://")
        .or_else(|| text.strip_prefix("http://"))
        .ok_or(Reason::InvalidFormat)?;
    let host = rest.split(['/', '?']).next().unwrap_or_default();
    let plain = text.bytes().all(|byte| byte.is_ascii_graphic());
    if host.is_empty() || host.contains('@') || text.contains('#') || !plain {
        return Err(Reason::InvalidFormat);
    }
    Ok(text)
}

fn secret(json: &Json<'_>) -> Result<String, Reason> {
    let text = fields::text(SECRET)(json)?;
    if text.len() < MIN_SECRET {
        return Err(Reason::OutOfRange);
    }
    Secret::new(text)
        .map(|_| text.to_owned())
        .map_err(|_| Reason::Required)
}

/// As they are kept: a JSON object as text.
fn headers(json: &Json<'_>) -> Result<String, Reason> {
    let Json::Object(members) = json else {
        return Err(Reason::InvalidType);
    };
    if members.len() > MAX_HEADERS {
        return Err(Reason::TooLong);
    }
    for (name, value) in members {
        let Json::Text(value) = value else {
            return Err(Reason::InvalidType);
        };
        let name = name.to_ascii_lowercase();
        let token = |byte: u8| byte.is_ascii_alphanumeric() || byte == b'-' || byte == b'_';
        if name.is_empty() || !name.bytes().all(token) {
            return Err(Reason::InvalidChar);
        }
        let is_ours = OWN_HEADERS.contains(&name.as_str())
            || name.starts_with("webhook-")
            || name.starts_with("pontic-");
        if is_ours {
            return Err(Reason::Forbidden);
        }
        let printable = value.bytes().all(|byte| (0x20..0x7f).contains(&byte));
        if value.len() > MAX_HEADER_VALUE || !printable {
            return Err(Reason::InvalidChar);
        }
    }
    serde_json::to_string(json).map_err(|_| Reason::InvalidType)
}
