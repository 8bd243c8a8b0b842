//! CloudEvents 1.0 over HTTP: structured, as an item of a batch, and binary.

use std::borrow::Cow;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use jiff::Timestamp;
use pontic_core::fault::{Fault, Reason};

use super::form::Headers;
use super::{Incoming, Parts, Refused, Rejected, below, event_id};
use crate::fields::{self, NAME, Reader};
use crate::json::{self, Json, Limits};
use crate::time::{self, WireTime};

/// One CloudEvent in JSON: `type` is the event type, `data` (or `data_base64`) its detail.
pub fn read(item: &Json<'_>) -> Result<Incoming, Box<Rejected>> {
    let mut reader = Reader::new(item, "");
    reader.required("specversion", version);
    let id = reader.required("id", event_id);
    let source = reader.required("source", fields::text(NAME));
    let name = reader.required("type", fields::text(NAME));
    let time = reader.optional("time", fields::timestamp);
    let data = reader.optional("data", Ok);
    let encoded = reader.optional(
        "data_base64",
        fields::text(fields::TextLimits {
            max_chars: usize::MAX,
            max_bytes: usize::MAX,
            multiline: false,
        }),
    );
    if data.is_some() && encoded.is_some() {
        reader.fault("data_base64", Reason::Mismatch);
    }
    let bytes = encoded.map(|text| STANDARD.decode(text));
    if let Some(Err(_)) = bytes {
        reader.fault("data_base64", Reason::InvalidFormat);
    }
    let mut faults = reader.finish(|| Some(())).err().unwrap_or_default();
    let decoded = bytes.and_then(Result::ok);
    let parsed = decoded
        .as_deref()
        .map(|bytes| json::parse(bytes, Limits::default()));
    let detail = match &parsed {
        Some(Ok(detail)) => Some(detail),
        Some(Err(fault)) => {
            faults.push(below("data_base64", fault));
            None
        }
        None => data,
    };
    Parts {
        source,
        id,
        time,
        name,
        detail,
        detail_path: "data",
        faults,
    }
    .finish()
}

fn version(json: &Json<'_>) -> Result<(), Reason> {
    if fields::trimmed(json)? == "1.0" {
        Ok(())
    } else {
        Err(Reason::UnknownValue)
    }
}

/// One CloudEvent in binary form: attributes in `ce-*` headers, the detail is the body.
pub fn read_binary(
    headers: &impl Headers,
    body: &[u8],
) -> Result<Result<Incoming, Box<Rejected>>, Refused> {
    let mut faults = Vec::new();
    if headers
        .get("ce-specversion")
        .is_some_and(|version| version.trim() != "1.0")
    {
        faults.push(Fault::new("ce-specversion", Reason::UnknownValue));
    }
    let mut attribute =
        |name: &'static str, needed: bool| match (headers.get(name).map(unquote), needed) {
            (Some(Some(value)), _) if !value.trim().is_empty() => Some(value),
            (Some(None), _) => {
                faults.push(Fault::new(name, Reason::InvalidFormat));
                None
            }
            (_, true) => {
                faults.push(Fault::new(name, Reason::Required));
                None
            }
            _ => None,
        };
    let id = attribute("ce-id", true);
    let source = attribute("ce-source", true);
    let name = attribute("ce-type", true);
    let sent = attribute("ce-time", false);
    if id
        .as_ref()
        .is_some_and(|id| event_id(&Json::text(id.as_ref())).is_err())
    {
        faults.push(Fault::new("ce-id", Reason::InvalidChar));
    }
    let time = sent.map(|text| parse_time(&text));
    if let Some(Err(reason)) = time {
        faults.push(Fault::new("ce-time", reason));
    }
    let data = json::parse(body, Limits::default()).map_err(Refused::Body)?;
    let parts = Parts {
        source: source.as_deref(),
        id: id.as_deref(),
        time: time.and_then(Result::ok),
        name: name.as_deref(),
        detail: Some(&data),
        detail_path: "data",
        faults,
    };
    Ok(parts
        .finish()
        .map_err(|rejected| rejected.with_text(structured(headers, &data))))
}

/// The same event in structured form.
pub fn structured(headers: &impl Headers, data: &Json<'_>) -> String {
    let mut event = Json::object();
    for (header, name) in [
        ("ce-specversion", "specversion"),
        ("ce-id", "id"),
        ("ce-source", "source"),
        ("ce-type", "type"),
        ("ce-time", "time"),
    ] {
        if let Some(value) = headers.get(header).and_then(unquote) {
            event.put(name, Json::text(value.into_owned()));
        }
    }
    event.put("data", data.clone());
    super::text_of(&event)
}

fn parse_time(text: &str) -> Result<Timestamp, Reason> {
    match time::parse(text)? {
        WireTime::Instant(instant) => Ok(instant),
        WireTime::Local { .. } => Err(Reason::MissingOffset),
    }
}

/// A header's value as the HTTP binding writes it: perhaps quoted, then percent-encoded UTF-8.
fn unquote(value: &str) -> Option<Cow<'_, str>> {
    let value = value
        .strip_prefix('"')
        .and_then(|rest| rest.strip_suffix('"'))
        .unwrap_or(value);
    if !value.contains(['%', '\\']) {
        return Some(value.into());
    }
    let mut bytes = Vec::with_capacity(value.len());
    let mut rest = value.bytes();
    while let Some(byte) = rest.next() {
        match byte {
            b'%' => {
                let digits = [rest.next()?, rest.next()?];
                bytes.push(u8::from_str_radix(str::from_utf8(&digits).ok()?, 16).ok()?);
            }
            b'\\' => bytes.push(rest.next()?),
            byte => bytes.push(byte),
        }
    }
    String::from_utf8(bytes).ok().map(Cow::Owned)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn header_values_are_decoded_once() {
        for (given, expected) in [
            ("plain", Some("plain")),
            ("Euro%20%E2%82%AC%20%F0%9F%98%80", Some("Euro € 😀")),
            ("\"a\\\"b\"", Some("a\"b")),
            ("%2525", Some("%25")),
            ("%C0%A0", None),
            ("%4", None),
        ] {
            assert_eq!(unquote(given).as_deref(), expected, "{given}");
        }
    }
}
