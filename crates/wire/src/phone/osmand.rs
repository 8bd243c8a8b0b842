//! The query of `OsmAnd`, which `GPSLogger` and many others can send too: parameters in the address or in a form.

use std::borrow::Cow;

use jiff::Timestamp;
use jiff::tz::TimeZone;
use pontic_core::fix::{Fix, Rejection};

use super::{Heard, Said, place};
use crate::time::parse;

/// Unix times up to this one are in seconds, later ones in milliseconds.
const LAST_SECOND: f64 = 2_147_483_647.0;
/// Km/h of a knot.
const KMH_PER_KNOT: f64 = 1.852;
/// Km/h of a mile per hour.
const KMH_PER_MPH: f64 = 1.609_344;
/// Km/h of a metre per second.
const KMH_PER_MPS: f64 = 3.6;

/// The device is not named.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Nameless;

/// Parameters, the first of a name first.
struct Parameters<'a>(Vec<(Cow<'a, str>, Cow<'a, str>)>);

impl<'a> Parameters<'a> {
    fn read(query: &'a str, form: &'a [u8]) -> Self {
        let form = std::str::from_utf8(form).unwrap_or_default();
        let pairs = query.split('&').chain(form.split('&'));
        let pairs = pairs.filter_map(|pair| pair.split_once('='));
        Self(
            pairs
                .map(|(name, value)| (decoded(name), decoded(value)))
                .collect(),
        )
    }

    fn text(&self, names: &[&str]) -> Option<&str> {
        let named = |name: &&str| {
            let found = self.0.iter().find(|(known, _)| known == name);
            found.map(|(_, value)| value.trim())
        };
        names.iter().find_map(named).filter(|text| !text.is_empty())
    }

    fn number(&self, names: &[&str]) -> Option<f64> {
        self.text(names)?.parse().ok()
    }
}

/// `+` is a space, `%41` an A.
fn decoded(text: &str) -> Cow<'_, str> {
    if !text.contains(['+', '%']) {
        return Cow::Borrowed(text);
    }
    let mut bytes = Vec::with_capacity(text.len());
    let mut rest = text.bytes();
    while let Some(byte) = rest.next() {
        bytes.push(match byte {
            b'+' => b' ',
            b'%' => {
                let mut ahead = rest.clone();
                let digit = |byte: Option<u8>| char::from(byte?).to_digit(16);
                let pair = digit(ahead.next()).zip(digit(ahead.next()));
                match pair.and_then(|(high, low)| u8::try_from(high * 16 + low).ok()) {
                    Some(byte) => {
                        rest = ahead;
                        byte
                    }
                    None => b'%',
                }
            }
            byte => byte,
        });
    }
    Cow::Owned(String::from_utf8_lossy(&bytes).into_owned())
}

/// Reads a request's query and form. A message without a time is of `now`.
pub fn read(query: &str, form: &[u8], now: Timestamp) -> Result<Said, Nameless> {
    let parameters = Parameters::read(query, form);
    let device_id = parameters.text(&["id", "deviceid"]).ok_or(Nameless)?;
    let heard = match fix(&parameters, now) {
        Ok(Some(fix)) => Heard::Fix(fix),
        Ok(None) => Heard::Heartbeat,
        Err(reason) => Heard::Rejected(reason),
    };
    Ok(Said {
        device_id: device_id.to_owned(),
        heard,
    })
}

fn fix(parameters: &Parameters<'_>, now: Timestamp) -> Result<Option<Fix>, Rejection> {
    let Some((lat, lng)) = degrees(parameters)? else {
        return Ok(None);
    };
    let place = place(lat, lng)?;
    let at = match parameters.text(&["timestamp"]) {
        Some(text) => time(text).ok_or(Rejection::InvalidTimestamp)?,
        None => now,
    };
    let kmh_per_unit = match parameters.text(&["unit"]) {
        None | Some("kn" | "knots") => KMH_PER_KNOT,
        Some("kmh" | "km/h") => 1.0,
        Some("mps" | "m/s") => KMH_PER_MPS,
        Some("mph") => KMH_PER_MPH,
        Some(_) => return Err(Rejection::InvalidType),
    };
    let speed = parameters.number(&["speed"]);
    let fix = Fix::new(at, place)
        .with_speed(speed.map(|speed| speed * kmh_per_unit))
        .with_heading(parameters.number(&["bearing", "heading"]))
        .with_accuracy(parameters.number(&["accuracy"]))
        .with_battery(parameters.number(&["batt"]));
    Ok(Some(fix))
}

/// `lat` and `lon`, or both in `location`; neither: the phone only says that it lives.
fn degrees(parameters: &Parameters<'_>) -> Result<Option<(f64, f64)>, Rejection> {
    let pair = match parameters.text(&["location"]) {
        Some(both) => both.split_once(','),
        None => parameters
            .text(&["lat"])
            .zip(parameters.text(&["lon", "lng"])),
    };
    let Some((lat, lng)) = pair else {
        let any = parameters.text(&["lat", "lon", "lng", "location"]);
        return any.map_or(Ok(None), |_| Err(Rejection::InvalidCoordinates));
    };
    let number = |text: &str| {
        text.trim()
            .parse()
            .map_err(|_| Rejection::InvalidCoordinates)
    };
    Ok(Some((number(lat)?, number(lng)?)))
}

/// Unix seconds or milliseconds, ISO 8601, or date and time with a space between, which are then of UTC.
#[expect(
    clippy::cast_possible_truncation,
    reason = "the cast saturates, and what is out of range is no time"
)]
fn time(text: &str) -> Option<Timestamp> {
    if let Ok(number) = text.parse::<f64>() {
        let ms = if number <= LAST_SECOND {
            number * 1_000.0
        } else {
            number
        };
        return Timestamp::from_millisecond(ms.round() as i64).ok();
    }
    let resolved = parse(text).ok()?.resolve(&TimeZone::UTC).ok()?;
    Some(resolved.instant)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn now() -> Timestamp {
        Timestamp::from_second(1_736_762_400).expect("in range")
    }

    fn heard(query: &str) -> Heard {
        read(query, b"", now()).expect("named").heard
    }

    fn fix(query: &str) -> Fix {
        match heard(query) {
            Heard::Fix(fix) => fix,
            other => panic!("{query}: {other:?}"),
        }
    }

    #[test]
    fn speeds_in_their_units() {
        for (unit, kmh) in [
            ("", 18.52),
            ("&unit=kmh", 10.0),
            ("&unit=mps", 36.0),
            ("&unit=mph", 16.09),
        ] {
            let query = format!("id=1&lat=1&lon=2&speed=10{unit}");
            assert_eq!(fix(&query).speed_kmh, Some(kmh), "{unit}");
        }
        assert_eq!(
            heard("id=1&lat=1&lon=2&speed=10&unit=furlongs"),
            Heard::Rejected(Rejection::InvalidType)
        );
    }

    #[test]
    fn times_in_their_forms() {
        for time in [
            "1736762400",
            "1736762400000",
            "2025-01-13T10:00:00Z",
            "2025-01-13T05:00:00-05:00",
            "2025-01-13T05:00:00-05%3A00",
            "2025-01-13+10%3A00%3A00",
        ] {
            assert_eq!(
                fix(&format!("id=1&lat=1&lon=2&timestamp={time}")).at,
                now(),
                "{time}"
            );
        }
        assert_eq!(
            heard("id=1&lat=1&lon=2&timestamp=soon"),
            Heard::Rejected(Rejection::InvalidTimestamp)
        );
    }

    #[test]
    fn a_form_is_as_good_as_a_query() {
        let said = read("deviceid=7", b"lat=1.5&lng=2.5&bearing=90&batt=50", now());
        let said = said.expect("named");
        assert_eq!(said.device_id, "7");
        let Heard::Fix(fix) = said.heard else {
            panic!("a fix");
        };
        assert_eq!(
            (fix.place.lat, fix.heading_deg, fix.battery_percent),
            (1.5, Some(90.0), Some(50.0))
        );
        assert_eq!(heard("id=1&batt=50"), Heard::Heartbeat);
        assert_eq!(read("lat=1&lon=2", b"", now()), Err(Nameless));
        for bad in [
            "id=1&lat=1",
            "id=1&location=7",
            "id=1&lat=x&lon=2",
            "id=1&lat=1&lon=181",
        ] {
            assert_eq!(
                heard(bad),
                Heard::Rejected(Rejection::InvalidCoordinates),
                "{bad}"
            );
        }
    }

    #[test]
    fn what_is_not_encoded_well_stays_as_it_is() {
        assert_eq!(decoded("a%2Bb+c%4"), "a+b c%4");
        assert_eq!(decoded("%zz%41"), "%zzA");
    }
}
