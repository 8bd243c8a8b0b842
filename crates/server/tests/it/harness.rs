//! A server of its own, or the shared one, and a client that looks at everything of an answer.

mod client;
#[cfg(feature = "otlp")]
mod collector;
mod database;
mod day;
mod group;
mod mail;
mod matrix;
#[cfg(feature = "nats")]
mod nats;
mod phone;
mod proxy;
mod receiver;
mod road;
mod server;
mod socket;
mod stream;
mod time;

pub use client::{Answer, Client};
#[cfg(feature = "otlp")]
pub use collector::{Collector, attribute};
pub use database::{Beside, at as database_at, execute, open, rows as rows_of_database};
pub use day::{CANARY, DAY, Day};
pub use group::Group;
pub use mail::Mailbox;
pub use matrix::{Behaviour, Matrix};
#[cfg(feature = "nats")]
pub use nats::{Message, Nats};
pub use phone::Phone;
pub use proxy::Proxy;
pub use receiver::{Received, Receiver, Reply};
pub use road::{Road, VISIT, fix, north};
pub use server::{ADMIN, Folder, Server, Start, pontic, program, said, secret_of};
pub use socket::Socket;
pub use stream::Stream;
pub use time::{after_hours, date_in, now};

use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, Weak};

use serde_json::{Value, json};

/// The server that tests share which cannot disturb each other. It ends with the last test that holds it.
pub fn shared() -> Arc<Server> {
    static SHARED: Mutex<Weak<Server>> = Mutex::new(Weak::new());
    let mut shared = SHARED
        .lock()
        .expect("no test panics while it starts a server");
    shared.upgrade().unwrap_or_else(|| {
        let server = Arc::new(Start::new().go());
        *shared = Arc::downgrade(&server);
        server
    })
}

/// An id that no other test of this run uses.
pub fn fresh(prefix: &str) -> String {
    static COUNT: AtomicUsize = AtomicUsize::new(0);
    format!("{prefix}{}", COUNT.fetch_add(1, Ordering::Relaxed))
}

/// The detail of a `CaseReadyToShip` without options.
pub fn case(lab: &str, clinic: &str, case: &str, date: &str) -> Value {
    json!({ "caseId": case, "clinicId": clinic, "labId": lab, "requestedDeliveryDate": date })
}

/// The detail of a `PickupRequested` without options: a window of two hours from `start` hours ahead.
pub fn pickup(lab: &str, clinic: &str, id: &str, start: i64) -> Value {
    json!({
        "pickupId": id, "clinicId": clinic, "labId": lab,
        "windowStart": after_hours(start), "windowEnd": after_hours(start + 2),
    })
}

/// `value` with the members of `more` put over its own.
pub fn with(mut value: Value, more: Value) -> Value {
    if let (Value::Object(base), Value::Object(more)) = (&mut value, more) {
        base.extend(more);
    }
    value
}

/// The texts at `field` of every item.
pub fn texts(items: &Value, field: &str) -> Vec<String> {
    let items = items.as_array().expect("a list");
    let text = |item: &Value| item[field].as_str().unwrap_or_default().to_owned();
    items.iter().map(text).collect()
}

/// What `look` finds, as soon as it finds something: for what happens without anybody asking.
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
