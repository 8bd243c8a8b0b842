//! `OwnTracks` in HTTP mode (owntracks/booklet, `tech/json` and `tech/http`): one object per request, Basic auth, and an array as the
//! answer, which may carry commands for the app.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use jiff::Timestamp;
use pontic_core::fix::{Fix, Rejection};
use pontic_core::time::Coordinates;
use serde::{Deserialize, Serialize};

use super::place;
use super::text::{Number, Text};

/// What the app says.
#[derive(Debug, Clone, PartialEq)]
pub enum Message {
    /// Where it is.
    Location(Fix),
    /// It came into a region or left it, and where that was.
    Transition {
        /// Where it was then, if it says so.
        fix: Option<Fix>,
        /// Into it, or out of it.
        entered: bool,
        /// The region's name.
        region: Option<String>,
    },
    /// Its last will: whoever looks after it says that it is gone.
    LastWill,
    /// Something that we need not know: waypoints, commands, cards, an empty body, what is encrypted.
    Other,
    /// A location that cannot be used.
    Rejected(Rejection),
}

/// Credentials as the app sends them.
#[derive(Clone, PartialEq, Eq)]
pub struct BasicAuth {
    /// The device.
    pub user: String,
    /// Its secret.
    pub password: String,
}

impl std::fmt::Debug for BasicAuth {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("BasicAuth(…)")
    }
}

/// The credentials of an `Authorization` header of scheme Basic (RFC 7617).
pub fn basic_auth(header: &str) -> Option<BasicAuth> {
    let (scheme, encoded) = header.trim().split_once(' ')?;
    if !scheme.eq_ignore_ascii_case("basic") {
        return None;
    }
    let decoded = String::from_utf8(STANDARD.decode(encoded.trim()).ok()?).ok()?;
    let (user, password) = decoded.split_once(':')?;
    Some(BasicAuth {
        user: user.to_owned(),
        password: password.to_owned(),
    })
}

#[derive(Deserialize)]
struct Members<'a> {
    #[serde(borrow, default, rename = "_type")]
    kind: Option<Text<'a>>,
    #[serde(default)]
    lat: Option<Number>,
    #[serde(default)]
    lon: Option<Number>,
    #[serde(default)]
    tst: Option<Number>,
    #[serde(default)]
    acc: Option<Number>,
    #[serde(default)]
    vel: Option<Number>,
    #[serde(default)]
    cog: Option<Number>,
    #[serde(default)]
    batt: Option<Number>,
    #[serde(borrow, default)]
    event: Option<Text<'a>>,
    #[serde(borrow, default)]
    desc: Option<Text<'a>>,
}

/// Reads whatever an app sends; nothing of it is an error, because an error makes the app send it again.
pub fn read(bytes: &[u8]) -> Message {
    // An app may send an array of what it kept; one object is what the booklet says.
    let Ok(members) = serde_json::from_slice::<Members<'_>>(bytes) else {
        return Message::Other;
    };
    match members.kind.as_ref().and_then(Text::said) {
        Some("location") => match fix(&members) {
            Ok(fix) => Message::Location(fix),
            Err(reason) => Message::Rejected(reason),
        },
        Some("transition") => Message::Transition {
            fix: fix(&members).ok(),
            entered: members.event.as_ref().and_then(Text::said) == Some("enter"),
            region: members
                .desc
                .as_ref()
                .and_then(Text::said)
                .map(str::to_owned),
        },
        Some("lwt") => Message::LastWill,
        _ => Message::Other,
    }
}

fn fix(members: &Members<'_>) -> Result<Fix, Rejection> {
    let number = |number: Option<Number>| number.map(|number| number.0);
    let degrees = number(members.lat).zip(number(members.lon));
    let (lat, lng) = degrees.ok_or(Rejection::InvalidCoordinates)?;
    let place = place(lat, lng)?;
    let at = number(members.tst)
        .filter(|seconds| *seconds > 0.0)
        .and_then(unix_seconds)
        .ok_or(Rejection::InvalidTimestamp)?;
    // An accuracy of 0 says that it is not known: the app leaves it out.
    Ok(Fix::new(at, place)
        .with_speed(number(members.vel))
        .with_heading(number(members.cog))
        .with_accuracy(number(members.acc).filter(|metres| *metres > 0.0))
        .with_battery(number(members.batt)))
}

#[expect(
    clippy::cast_possible_truncation,
    reason = "the cast saturates, and what is out of range is no time"
)]
fn unix_seconds(seconds: f64) -> Option<Timestamp> {
    Timestamp::from_millisecond((seconds * 1_000.0).round() as i64).ok()
}

/// A stop as a region on the phone: its system then tells when it is entered, also between two positions.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Waypoint<'a> {
    /// The stop.
    pub id: &'a str,
    /// What the driver reads.
    pub name: &'a str,
    /// Where.
    pub place: Coordinates,
    /// How wide, in metres.
    pub radius_m: u32,
    /// Unix seconds that tell it from others: Android takes them for its key.
    pub created_s: i64,
}

#[derive(Serialize)]
struct Command<'a> {
    #[serde(rename = "_type")]
    kind: &'static str,
    action: &'static str,
    waypoints: Waypoints<'a>,
}

#[derive(Serialize)]
struct Waypoints<'a> {
    #[serde(rename = "_type")]
    kind: &'static str,
    waypoints: Vec<Region<'a>>,
}

#[derive(Serialize)]
struct Region<'a> {
    #[serde(rename = "_type")]
    kind: &'static str,
    desc: &'a str,
    lat: f64,
    lon: f64,
    rad: u32,
    tst: i64,
    rid: &'a str,
}

/// The answer: nothing, or the regions that the phone is to watch.
pub fn answer(waypoints: Option<&[Waypoint<'_>]>) -> String {
    let Some(waypoints) = waypoints else {
        return "[]".to_owned();
    };
    let regions = waypoints.iter().map(|waypoint| Region {
        kind: "waypoint",
        desc: waypoint.name,
        lat: waypoint.place.lat,
        lon: waypoint.place.lng,
        rad: waypoint.radius_m,
        tst: waypoint.created_s,
        rid: waypoint.id,
    });
    let command = Command {
        kind: "cmd",
        action: "setWaypoints",
        waypoints: Waypoints {
            kind: "waypoints",
            waypoints: regions.collect(),
        },
    };
    // It holds nothing that JSON cannot: it cannot fail.
    serde_json::to_string(&[command]).unwrap_or_else(|_| "[]".to_owned())
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::*;

    #[test]
    fn whatever_comes_is_understood_as_something() {
        for (text, expected) in [
            ("", Message::Other),
            ("[]", Message::Other),
            ("{}", Message::Other),
            (r#"{"_type":"encrypted","data":"x"}"#, Message::Other),
            (
                r#"{"_type":"waypoint","desc":"a","lat":"1","lon":"2","rad":"3","tst":"4"}"#,
                Message::Other,
            ),
            (r#"{"_type":"lwt","tst":1}"#, Message::LastWill),
            (
                r#"{"_type":"location","lat":1,"lon":2,"tst":0}"#,
                Message::Rejected(Rejection::InvalidTimestamp),
            ),
            (
                r#"{"_type":"location","lat":91,"lon":2,"tst":1}"#,
                Message::Rejected(Rejection::InvalidCoordinates),
            ),
        ] {
            assert_eq!(read(text.as_bytes()), expected, "{text}");
        }
    }

    #[test]
    fn a_transition_says_where_it_was() {
        let text = r#"{"_type":"transition","event":"enter","desc":"Clinic 1","lat":42.0,"lon":"-71.5","tst":1736762400,"wtst":1,"acc":0}"#;
        let Message::Transition {
            fix: Some(fix),
            entered: true,
            region,
        } = read(text.as_bytes())
        else {
            panic!("a transition");
        };
        assert_eq!(region.as_deref(), Some("Clinic 1"));
        assert_eq!((fix.place.lng, fix.accuracy_m), (-71.5, None));
    }

    #[test]
    fn stops_become_regions() {
        assert_eq!(answer(None), "[]");
        let stop = Waypoint {
            id: "S1",
            name: "Clinic \"1\"",
            place: Coordinates {
                lat: 42.5,
                lng: -71.0,
            },
            radius_m: 100,
            created_s: 1_736_762_400,
        };
        let told: Value = serde_json::from_str(&answer(Some(&[stop]))).expect("JSON");
        assert_eq!(
            told,
            json!([{ "_type": "cmd", "action": "setWaypoints", "waypoints": { "_type": "waypoints", "waypoints": [
                { "_type": "waypoint", "desc": "Clinic \"1\"", "lat": 42.5, "lon": -71.0, "rad": 100, "tst": 1_736_762_400, "rid": "S1" },
            ] } }])
        );
    }

    #[test]
    fn credentials() {
        let said = basic_auth("Basic dXNlcm5hbWU6cGFzczp3b3Jk").expect("both");
        assert_eq!(
            (said.user.as_str(), said.password.as_str()),
            ("username", "pass:word")
        );
        for bad in [
            "",
            "Basic",
            "Bearer dXNlcjpw",
            "Basic ####",
            "Basic dXNlcg==",
        ] {
            assert_eq!(basic_auth(bad), None, "{bad}");
        }
    }
}
