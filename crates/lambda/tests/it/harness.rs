//! A database with a server on it, functions on the same database, and payloads.

mod emulator;
mod function;
mod proxy;
mod server;

use std::path::Path;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde_json::{Value, json};

pub use emulator::{Emulator, fresh};
pub use function::{Function, program};
pub use proxy::Proxy;
pub use server::{ADMIN, Asked, Server, database};

/// The secret of the endpoint of Dentrix.
pub const SECRET: &str = "secret-of-dentrix";

/// A recorded payload.
pub fn recorded(name: &str) -> Value {
    let path = Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("testdata")
        .join(format!("{name}.json"));
    let text = std::fs::read_to_string(&path).expect("recorded");
    serde_json::from_str(&text).expect("JSON")
}

/// A recorded payload, with this request in it as that trigger would put it there. A function URL and a REST API encode the body.
pub fn payload(name: &str, asked: &Asked) -> Value {
    let mut payload = recorded(name);
    let is_second = payload["version"] == "2.0";
    if is_second {
        let stage = payload["requestContext"]["stage"]
            .as_str()
            .expect("a stage");
        let before = if stage == "$default" {
            String::new()
        } else {
            format!("/{stage}")
        };
        payload["rawPath"] = format!("{before}{}", asked.path).into();
        payload["requestContext"]["http"]["method"] = asked.method.into();
    } else {
        payload["path"] = asked.path.clone().into();
        payload["httpMethod"] = asked.method.into();
    }
    for (name, value) in &asked.headers {
        for (member, value) in [
            ("headers", json!(value)),
            ("multiValueHeaders", json!([value])),
        ] {
            if let Some(headers) = payload[member].as_object_mut() {
                headers.retain(|known, _| !known.eq_ignore_ascii_case(name));
                headers.insert(name.clone(), value);
            }
        }
    }
    let is_encoded = name == "function-url" || name == "rest-api";
    payload["isBase64Encoded"] = is_encoded.into();
    payload["body"] = if is_encoded {
        STANDARD.encode(&asked.body).into()
    } else {
        String::from_utf8(asked.body.clone()).expect("text").into()
    };
    payload
}

/// The triggers of HTTP, each with its recorded payload.
pub const TRIGGERS: [&str; 5] = [
    "rest-api",
    "http-api",
    "function-url",
    "load-balancer",
    "load-balancer-multi",
];

/// The headers of an answer, by name in lower case.
pub fn header(answer: &Value, name: &str) -> Option<String> {
    let single = answer["headers"][name].as_str();
    let multi = answer["multiValueHeaders"][name][0].as_str();
    single.or(multi).map(str::to_owned)
}

/// What `look` finds, as soon as it finds something.
#[track_caller]
pub fn eventually<T>(mut look: impl FnMut() -> Option<T>) -> T {
    let until = std::time::Instant::now() + std::time::Duration::from_secs(10);
    loop {
        if let Some(found) = look() {
            return found;
        }
        assert!(std::time::Instant::now() < until, "it does not happen");
        std::thread::sleep(std::time::Duration::from_millis(20));
    }
}

/// The time.
pub fn now() -> jiff::Timestamp {
    pontic_server::clock::Clock::system().now()
}

/// The day after tomorrow.
pub fn in_two_days() -> String {
    let then = now() + jiff::SignedDuration::from_hours(48);
    then.to_string()[..10].to_owned()
}
