//! Traccar Client's JSON (and that of the location library it is built on, which sends several at once).

use jiff::tz::TimeZone;
use pontic_core::fault::{Fault, Reason};
use pontic_core::fix::{Fix, Rejection};
use serde::Deserialize;
use serde_json::value::RawValue;

use super::text::Text;
use super::{Heard, Said, place};
use crate::json;
use crate::time::parse;

/// Km/h of a metre per second.
const KMH_PER_MPS: f64 = 3.6;

#[derive(Deserialize)]
struct Message<'a> {
    #[serde(borrow, default)]
    device_id: Option<&'a RawValue>,
    #[serde(borrow, default)]
    location: Option<&'a RawValue>,
    #[serde(borrow, default)]
    locations: Vec<&'a RawValue>,
}

#[derive(Deserialize)]
struct Location<'a> {
    #[serde(borrow, default)]
    timestamp: Option<Text<'a>>,
    #[serde(default)]
    coords: Option<Coords>,
    #[serde(default)]
    battery: Option<Battery>,
    #[serde(default)]
    mock: Option<bool>,
}

#[derive(Deserialize)]
struct Coords {
    #[serde(default)]
    latitude: Option<f64>,
    #[serde(default)]
    longitude: Option<f64>,
    #[serde(default)]
    speed: Option<f64>,
    #[serde(default)]
    heading: Option<f64>,
    #[serde(default)]
    accuracy: Option<f64>,
}

#[derive(Deserialize)]
struct Battery {
    #[serde(default)]
    level: Option<f64>,
}

/// Reads one message, or an array of them; each may hold several locations. What cannot be used is rejected alone; a fault: nobody
/// can tell who says it, or it is more than `most`.
pub fn read(bytes: &[u8], most: usize) -> Result<Vec<Said>, Fault> {
    let is_array = bytes.trim_ascii_start().first() == Some(&b'[');
    let messages: Vec<Message<'_>> = if is_array {
        serde_json::from_slice(bytes)
    } else {
        serde_json::from_slice(bytes).map(|one| vec![one])
    }
    .map_err(|error| {
        let reason = if error.is_data() {
            Reason::InvalidType
        } else {
            Reason::InvalidJson
        };
        Fault::new(json::WHOLE_BODY, reason)
    })?;
    let mut said = Vec::with_capacity(messages.len());
    for message in messages {
        let device_id = message
            .device_id
            .and_then(device)
            .ok_or_else(|| Fault::new("device_id", Reason::Required))?;
        if said.len() + message.locations.len() >= most {
            return Err(Fault::new(json::WHOLE_BODY, Reason::TooLong));
        }
        let locations = message.location.into_iter().chain(message.locations);
        let before = said.len();
        said.extend(locations.map(|location| Said {
            device_id: device_id.clone(),
            heard: heard(location),
        }));
        if said.len() == before {
            said.push(Said {
                device_id,
                heard: Heard::Heartbeat,
            });
        }
    }
    Ok(said)
}

/// A text or a number.
fn device(value: &RawValue) -> Option<String> {
    let text = value.get();
    if text.starts_with('"') {
        let text: String = serde_json::from_str(text).ok()?;
        return Some(text.trim().to_owned()).filter(|text| !text.is_empty());
    }
    let is_number = text.bytes().all(|byte| byte.is_ascii_digit());
    is_number.then(|| text.to_owned())
}

fn heard(location: &RawValue) -> Heard {
    let Ok(location) = serde_json::from_str::<Location<'_>>(location.get()) else {
        return Heard::Rejected(Rejection::InvalidType);
    };
    match fix(&location) {
        Ok(Some(fix)) => Heard::Fix(fix),
        Ok(None) => Heard::Heartbeat,
        Err(reason) => Heard::Rejected(reason),
    }
}

fn fix(location: &Location<'_>) -> Result<Option<Fix>, Rejection> {
    let Some(coords) = &location.coords else {
        return Ok(None);
    };
    let degrees = coords.latitude.zip(coords.longitude);
    let (lat, lng) = degrees.ok_or(Rejection::InvalidCoordinates)?;
    let place = place(lat, lng)?;
    let at = location
        .timestamp
        .as_ref()
        .and_then(Text::said)
        .and_then(|text| parse(text).ok()?.resolve(&TimeZone::UTC).ok())
        .ok_or(Rejection::InvalidTimestamp)?;
    // -1 says that it is not known; a fix takes negative numbers so.
    let level = location.battery.as_ref().and_then(|battery| battery.level);
    let fix = Fix::new(at.instant, place)
        .with_speed(coords.speed.map(|mps| mps * KMH_PER_MPS))
        .with_heading(coords.heading)
        .with_accuracy(coords.accuracy)
        .with_battery(level.map(|share| share * 100.0));
    Ok(Some(Fix {
        mock: location.mock.unwrap_or(false),
        ..fix
    }))
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::*;

    fn location(more: Value) -> Value {
        let mut location = json!({ "timestamp": "2025-06-15T13:45:12.862Z", "coords": { "latitude": 42.5, "longitude": -71.5, "accuracy": 4, "speed": 10.0, "heading": 90.0, "altitude": 5 }, "battery": { "level": 0.87, "is_charging": false }, "_": "&id=1&lat=2&" });
        if let (Value::Object(base), Value::Object(more)) = (&mut location, more) {
            base.extend(more);
        }
        location
    }

    fn read_all(body: &Value) -> Vec<Said> {
        read(body.to_string().as_bytes(), 100).expect("readable")
    }

    #[test]
    fn metres_per_second_and_shares() {
        let said = read_all(&json!({ "device_id": 48_241_179, "location": location(json!({})) }));
        assert_eq!(said[0].device_id, "48241179");
        let Heard::Fix(fix) = said[0].heard else {
            panic!("a fix");
        };
        assert_eq!(
            (
                fix.speed_kmh,
                fix.heading_deg,
                fix.accuracy_m,
                fix.battery_percent
            ),
            (Some(36.0), Some(90.0), Some(4.0), Some(87.0))
        );
        let unknown = json!({ "coords": { "latitude": 42.5, "longitude": -71.5, "speed": -1, "heading": -1 }, "battery": { "level": -1 }, "mock": true });
        let said = read_all(&json!({ "device_id": "a", "location": location(unknown) }));
        let Heard::Fix(fix) = said[0].heard else {
            panic!("a fix");
        };
        assert_eq!(
            (
                fix.speed_kmh,
                fix.heading_deg,
                fix.battery_percent,
                fix.mock
            ),
            (None, None, None, true)
        );
    }

    #[test]
    fn many_at_once_and_each_by_itself() {
        let bad = location(json!({ "timestamp": "never" }));
        let said = read_all(&json!([
            { "device_id": "a", "locations": [location(json!({})), bad, 7] },
            { "device_id": "b", "location": location(json!({ "coords": null })) },
            { "device_id": "c" },
        ]));
        let heard: Vec<Heard> = said.iter().map(|said| said.heard).collect();
        assert!(matches!(heard[0], Heard::Fix(_)));
        assert_eq!(
            heard[1..],
            [
                Heard::Rejected(Rejection::InvalidTimestamp),
                Heard::Rejected(Rejection::InvalidType),
                Heard::Heartbeat,
                Heard::Heartbeat
            ]
        );
        for (bad, reason) in [
            ("{}", Reason::Required),
            ("{\"device_id\":\"\"}", Reason::Required),
            ("7", Reason::InvalidType),
            ("{", Reason::InvalidJson),
        ] {
            assert_eq!(
                read(bad.as_bytes(), 9).expect_err("a fault").reason,
                reason,
                "{bad}"
            );
        }
    }
}
