//! Our own form of a position, and the answers to it.
//!
//! It is read typed and once, because it is what comes most: half a microsecond each.

use std::fmt::{self, Write as _};

use jiff::Timestamp;
use pontic_core::fault::{Fault, Reason};
use pontic_core::fix::{Fix, Rejection};
use pontic_core::id::{DriverId, RouteId};
use pontic_core::time;
use serde::de::{Deserialize, Deserializer, Error as _, IgnoredAny, MapAccess, Visitor};
use serde_json::value::RawValue;

use super::place;
use super::text::Text;
use crate::json;
use crate::time::{WireTime, parse};

/// Longest reference of a sender that is given back, in bytes of JSON.
const MAX_REFERENCE: usize = 80;

/// A position as it was reported.
#[derive(Debug, Clone, PartialEq)]
pub struct Reported {
    /// Where and when.
    pub fix: Fix,
    /// Whose; absent where the sender is one driver.
    pub driver_id: Option<DriverId>,
    /// On which route, as the sender believes.
    pub route_id: Option<RouteId>,
    /// The sender's own name for it, a text or a number, as JSON.
    pub reference: Option<String>,
}

/// The members; others are ignored.
#[derive(serde::Deserialize)]
#[serde(rename_all = "camelCase")]
struct Message<'a> {
    #[serde(borrow, default)]
    driver_id: Option<Text<'a>>,
    #[serde(borrow, default)]
    route_id: Option<Text<'a>>,
    #[serde(default)]
    coordinates: Option<Degrees>,
    #[serde(borrow, default)]
    timestamp: Option<Text<'a>>,
    #[serde(default)]
    speed: Option<f64>,
    #[serde(default)]
    heading: Option<f64>,
    #[serde(default)]
    accuracy: Option<f64>,
    #[serde(default)]
    battery: Option<f64>,
    #[serde(default)]
    mock: Option<bool>,
    #[serde(borrow, default, rename = "ref")]
    reference: Option<&'a RawValue>,
}

/// An object and nothing else: an array might as well have the longitude first.
#[derive(Default)]
struct Degrees {
    lat: Option<f64>,
    lng: Option<f64>,
}

impl<'de> Deserialize<'de> for Degrees {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct DegreesVisitor;

        impl<'de> Visitor<'de> for DegreesVisitor {
            type Value = Degrees;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("an object with lat and lng")
            }

            fn visit_map<M: MapAccess<'de>>(self, mut map: M) -> Result<Degrees, M::Error> {
                let mut degrees = Degrees::default();
                while let Some(Text(name)) = map.next_key::<Text<'_>>()? {
                    let member = match name.as_ref() {
                        "lat" => &mut degrees.lat,
                        "lng" => &mut degrees.lng,
                        _ => {
                            map.next_value::<IgnoredAny>()?;
                            continue;
                        }
                    };
                    if member.is_some() {
                        return Err(M::Error::duplicate_field("lat or lng"));
                    }
                    *member = map.next_value()?;
                }
                Ok(degrees)
            }
        }

        deserializer.deserialize_map(DegreesVisitor)
    }
}

/// Reads one position, or says why it cannot be used: the first reason that applies.
pub fn read(bytes: &[u8]) -> Result<Reported, Rejection> {
    // An array of the members in their order would do as well for serde.
    if bytes.trim_ascii_start().first() != Some(&b'{') {
        return Err(Rejection::InvalidType);
    }
    let message = serde_json::from_slice(bytes).map_err(|_| Rejection::InvalidType)?;
    reported(message)
}

/// Reads an array; an item that cannot be used is rejected alone. A fault: it is no array, or has more than `most` items.
pub fn read_all(bytes: &[u8], most: usize) -> Result<Vec<Result<Reported, Rejection>>, Fault> {
    let items: Vec<&RawValue> = serde_json::from_slice(bytes).map_err(|error| {
        let reason = if error.is_data() {
            Reason::InvalidType
        } else {
            Reason::InvalidJson
        };
        Fault::new(json::WHOLE_BODY, reason)
    })?;
    if items.len() > most {
        return Err(Fault::new(json::WHOLE_BODY, Reason::TooLong));
    }
    let read_one = |item: &&RawValue| read(item.get().as_bytes());
    Ok(items.iter().map(read_one).collect())
}

fn reported(message: Message<'_>) -> Result<Reported, Rejection> {
    let id = |text: &Option<Text<'_>>| text.as_ref().and_then(Text::said).map(str::to_owned);
    let driver_id = id(&message.driver_id)
        .map(|id| DriverId::parse(&id))
        .transpose()
        .map_err(|_| Rejection::InvalidType)?;
    let route_id = id(&message.route_id)
        .map(|id| RouteId::parse(&id))
        .transpose()
        .map_err(|_| Rejection::InvalidType)?;
    let degrees = message.coordinates.and_then(|at| at.lat.zip(at.lng));
    let (lat, lng) = degrees.ok_or(Rejection::InvalidCoordinates)?;
    let place = place(lat, lng)?;
    let written = message.timestamp.as_ref().and_then(Text::said);
    let at = written
        .and_then(instant)
        .ok_or(Rejection::InvalidTimestamp)?;
    let fix = Fix::new(at, place)
        .with_speed(message.speed)
        .with_heading(message.heading)
        .with_accuracy(message.accuracy)
        .with_battery(message.battery);
    Ok(Reported {
        fix: Fix {
            mock: message.mock.unwrap_or(false),
            ..fix
        },
        driver_id,
        route_id,
        reference: message.reference.and_then(reference),
    })
}

/// A time with an offset.
fn instant(text: &str) -> Option<Timestamp> {
    match parse(text) {
        Ok(WireTime::Instant(instant)) => Some(instant),
        _ => None,
    }
}

/// What is given back is a text or a number, and short.
fn reference(value: &RawValue) -> Option<String> {
    let text = value.get();
    let first = text.bytes().next()?;
    let is_scalar = first == b'"' || first == b'-' || first.is_ascii_digit();
    (is_scalar && text.len() <= MAX_REFERENCE && text != "\"\"").then(|| text.to_owned())
}

/// The answer to a position.
#[derive(Debug, Clone, Copy)]
pub struct Ack<'a> {
    /// Whose; absent where nobody can tell.
    pub driver_id: Option<&'a DriverId>,
    /// Its time; absent where it has none.
    pub at: Option<Timestamp>,
    /// The sender's own name for it, as JSON.
    pub reference: Option<&'a str>,
    /// `accepted`, `duplicate`, `late`, `rejected`.
    pub status: &'static str,
    /// Why it is rejected.
    pub reason: Option<Rejection>,
}

/// Writes an answer.
pub fn write_ack(out: &mut String, ack: &Ack<'_>) {
    // Ids, times and words hold nothing that JSON would escape. Writing to a String cannot fail.
    out.push_str("{\"type\":\"ACK\"");
    if let Some(driver) = ack.driver_id {
        let _ = write!(out, ",\"driverId\":\"{driver}\"");
    }
    if let Some(at) = ack.at {
        let _ = write!(out, ",\"timestamp\":\"{}\"", time::format(at));
    }
    if let Some(reference) = ack.reference {
        let _ = write!(out, ",\"ref\":{reference}");
    }
    let _ = write!(out, ",\"status\":\"{}\"", ack.status);
    if let Some(reason) = ack.reason {
        let _ = write!(out, ",\"reason\":\"{reason}\"");
    }
    out.push('}');
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::*;

    fn with(more: Value) -> Result<Reported, Rejection> {
        let mut message = json!({ "driverId": "D-1", "coordinates": { "lat": 42.36, "lng": -71.06 }, "timestamp": "2025-01-13T10:00:00.5Z" });
        if let (Value::Object(base), Value::Object(more)) = (&mut message, more) {
            base.extend(more);
        }
        read(message.to_string().as_bytes())
    }

    #[test]
    fn everything_that_can_be_said() {
        let more = json!({ "routeId": "R", "speed": 42.5, "heading": 361, "accuracy": 5, "battery": 80, "ref": "a\"b", "mock": true, "unknown": [1] });
        let reported = with(more).expect("sound");
        assert_eq!(reported.fix.at.as_millisecond(), 1_736_762_400_500);
        assert_eq!(reported.fix.speed_kmh, Some(42.5));
        assert_eq!(reported.fix.heading_deg, None);
        assert!(reported.fix.mock);
        assert_eq!(reported.reference.as_deref(), Some(r#""a\"b""#));
        assert_eq!(reported.driver_id, Some(DriverId::known("D-1")));
        assert_eq!(reported.route_id, Some(RouteId::known("R")));
        let other = with(
            json!({ "timestamp": "2025-01-13T05:00:00.5-05:00", "driverId": " ", "routeId": null, "ref": 7 }),
        );
        let other = other.expect("sound");
        assert_eq!((other.driver_id, other.route_id), (None, None));
        assert_eq!(other.fix.at, reported.fix.at);
        assert_eq!(other.reference.as_deref(), Some("7"));
    }

    #[test]
    fn the_first_reason_that_applies() {
        for (more, reason) in [
            (
                json!({ "coordinates": null }),
                Rejection::InvalidCoordinates,
            ),
            (json!({ "coordinates": {} }), Rejection::InvalidCoordinates),
            (
                json!({ "coordinates": { "lat": 90.1, "lng": 0 } }),
                Rejection::InvalidCoordinates,
            ),
            (
                json!({ "coordinates": { "lat": 0, "lng": 0 } }),
                Rejection::InvalidCoordinates,
            ),
            (
                json!({ "coordinates": { "lat": "42", "lng": 0 } }),
                Rejection::InvalidType,
            ),
            (json!({ "coordinates": [42, 0] }), Rejection::InvalidType),
            (
                json!({ "timestamp": "2025-01-13" }),
                Rejection::InvalidTimestamp,
            ),
            (
                json!({ "timestamp": "2025-01-13T10:00:00" }),
                Rejection::InvalidTimestamp,
            ),
            (json!({ "timestamp": "" }), Rejection::InvalidTimestamp),
            (
                json!({ "timestamp": 1_736_762_400 }),
                Rejection::InvalidType,
            ),
            (json!({ "speed": "fast" }), Rejection::InvalidType),
            (json!({ "driverId": "-x" }), Rejection::InvalidType),
            (json!({ "driverId": 7 }), Rejection::InvalidType),
            (
                json!({ "timestamp": "never", "coordinates": { "lat": 91, "lng": 0 } }),
                Rejection::InvalidCoordinates,
            ),
        ] {
            assert_eq!(with(more.clone()), Err(reason), "{more}");
        }
        for text in [
            "",
            "7",
            "[]",
            "null",
            "{\"speed\":1,\"speed\":2}",
            "\u{feff}{}",
        ] {
            assert_eq!(read(text.as_bytes()), Err(Rejection::InvalidType), "{text}");
        }
    }

    #[test]
    fn a_bad_item_is_rejected_alone() {
        let good = r#"{"coordinates":{"lat":1,"lng":2},"timestamp":"2025-01-13T10:00:00Z"}"#;
        let all = read_all(format!("[{good},7,{good}]").as_bytes(), 3).expect("an array");
        assert_eq!(all[1], Err(Rejection::InvalidType));
        assert!(all[0].is_ok() && all[2].is_ok());
        let reason = |text: &str| read_all(text.as_bytes(), 3).expect_err("a fault").reason;
        assert_eq!(reason("[1,2,3,4]"), Reason::TooLong);
        assert_eq!(reason("{}"), Reason::InvalidType);
        assert_eq!(reason("[1"), Reason::InvalidJson);
    }

    #[test]
    fn an_answer() {
        let mut out = String::new();
        let driver = DriverId::known("D-1");
        write_ack(
            &mut out,
            &Ack {
                driver_id: Some(&driver),
                at: Timestamp::from_millisecond(1_736_762_400_500).ok(),
                reference: Some("\"a\""),
                status: "rejected",
                reason: Some(Rejection::InFuture),
            },
        );
        assert_eq!(
            out,
            r#"{"type":"ACK","driverId":"D-1","timestamp":"2025-01-13T10:00:00.500Z","ref":"a","status":"rejected","reason":"in_future"}"#
        );
    }
}
