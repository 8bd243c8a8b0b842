//! What an event led to, as messages: what was observed, what changed, what people must see.

use jiff::Timestamp;
use pontic_core::event::Body;
use pontic_core::record::{Change, Kind};
use pontic_core::time;
use serde_json::{Value, json};

use super::observed::of_body;
use super::{Kept, Message};

/// Messages of one event: their numbers leave room for so many.
const ROOM: u64 = 4_096;
/// Numbers of one event: after its own come those of the positions until the next event, as long as there are some. With 2^22 of
/// them a number stays exact in JSON (2^53) for two thousand million events.
const STRIDE: u64 = 1 << 22;

/// Numbers of messages.
#[derive(Debug, Clone, Copy)]
pub struct Place;

impl Place {
    /// The number of an event's message.
    pub const fn of(seq: u64, index: u64) -> u64 {
        seq * STRIDE + if index < ROOM { index } else { ROOM - 1 }
    }

    /// The last number of an event's messages.
    pub const fn end_of(seq: u64) -> u64 {
        seq * STRIDE + ROOM - 1
    }

    /// The number of the next position after the message of that number, before the next event; the last one is given again.
    pub const fn next_position(after: u64) -> u64 {
        let (seq, index) = (after / STRIDE, after % STRIDE);
        let next = if index < ROOM { ROOM } else { index + 1 };
        seq * STRIDE + if next < STRIDE { next } else { STRIDE - 1 }
    }

    /// The event of a message.
    pub const fn event(number: u64) -> u64 {
        number / STRIDE
    }
}

/// An event and what it led to, as the log has it.
pub struct Logged<'a> {
    /// Its number.
    pub seq: u64,
    /// When it was decided.
    pub at: Timestamp,
    /// What happened, where that is a message by itself.
    pub body: Option<&'a Body>,
    /// What it changed.
    pub changes: &'a [Change],
    /// What people must see.
    pub alerts: &'a [&'a str],
}

/// The messages of one event: what was observed, then its changes, then its alerts.
pub fn of_entry(logged: &Logged<'_>) -> Vec<Message> {
    let (seq, at) = (logged.seq, logged.at);
    let observed = logged.body.and_then(of_body);
    let observed = observed.map(|observed| Draft {
        body: observed.body,
        lab_id: observed.lab_id.to_string(),
        route_id: Some(observed.route_id.to_string()),
    });
    let changes = logged
        .changes
        .iter()
        .filter_map(|change| of_change(change, at));
    let alerts = logged.alerts.iter().filter_map(|alert| of_alert(alert, at));
    observed
        .into_iter()
        .chain(changes)
        .chain(alerts)
        .zip(0..)
        .map(|(draft, index)| draft.number(Place::of(seq, index)))
        .collect()
}

struct Draft {
    body: Value,
    lab_id: String,
    route_id: Option<String>,
}

impl Draft {
    fn number(mut self, seq: u64) -> Message {
        self.body["seq"] = seq.into();
        Message {
            seq,
            lab_id: pontic_core::id::LabId::known(self.lab_id),
            route_id: self.route_id,
            text: self.body.to_string().into(),
            kept: Kept::Log,
        }
    }
}

/// `DELIVERY_UPDATED` and the like; records that nobody watches live make none.
fn of_change(change: &Change, at: Timestamp) -> Option<Draft> {
    let (name, id_field) = match change.kind {
        Kind::Delivery => ("DELIVERY_UPDATED", "deliveryId"),
        Kind::Pickup => ("PICKUP_UPDATED", "id"),
        Kind::Route => ("ROUTE_UPDATED", "routeId"),
        Kind::Stop => ("ROUTE_UPDATED", "stopId"),
        Kind::Clinic => ("CLINIC_UPDATED", "clinicId"),
        Kind::Driver => ("DRIVER_UPDATED", "driverId"),
        Kind::Lab
        | Kind::Endpoint
        | Kind::Case
        | Kind::Series
        | Kind::Invoice
        | Kind::RuleBook
        | Kind::Subscription
        | Kind::Template => {
            return None;
        }
    };
    let mut body = json!({ "type": name, "labId": change.lab_id, "at": time::format(at), "version": change.version });
    body[id_field] = change.id.as_str().into();
    for (field, value) in [
        ("clinicId", &change.clinic_id),
        ("status", &change.status),
        ("was", &change.was),
    ] {
        if let (Some(value), true) = (value, body.get(field).is_none()) {
            body[field] = value.as_str().into();
        }
    }
    if change.kind == Kind::Driver {
        // A driver who says nothing else is at work.
        let presence = change.status.as_deref().unwrap_or("on_duty");
        body["presence"] = presence.into();
    }
    if let Some(date) = change.date {
        body["date"] = date.to_string().into();
    }
    let route_id = match change.kind {
        Kind::Route => Some(change.id.clone()),
        Kind::Stop => change.parent.clone(),
        _ => None,
    };
    if let (Kind::Stop, Some(route)) = (change.kind, &route_id) {
        body["routeId"] = route.as_str().into();
    }
    Some(Draft {
        body,
        lab_id: change.lab_id.to_string(),
        route_id,
    })
}

fn of_alert(alert: &str, at: Timestamp) -> Option<Draft> {
    let mut body: Value = serde_json::from_str(alert).ok()?;
    body["at"] = time::format(at).into();
    let lab_id = body.get("labId")?.as_str()?.to_owned();
    Some(Draft {
        body,
        lab_id,
        route_id: None,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_rise_and_can_be_taken_apart() {
        assert!(Place::of(7, 0) > Place::end_of(6));
        assert_eq!(Place::event(Place::of(7, 3)), 7);
        assert_eq!(Place::of(7, 9_999), Place::end_of(7));
        let first = Place::next_position(Place::of(7, 3));
        assert!(first > Place::end_of(7));
        assert_eq!(Place::next_position(first), first + 1);
        let mut last = first;
        for _ in 0..STRIDE {
            last = Place::next_position(last);
        }
        assert_eq!(Place::event(last), 7);
        assert!(last < Place::of(8, 0));
    }
}
