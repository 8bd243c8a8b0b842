//! What happened, in plain sentences, for people who ask what became of something. No sentence holds patient data: what is said is made
//! of ids, times, words of status and reasons.

mod events;

use jiff::Timestamp;
use jiff::tz::TimeZone;

use crate::event::Origin;
use crate::record::{Change, Kind};

pub use events::said;

/// Who said it: `Production (cases.production)`, `Dentrix (endpoint/dentrix)`, `dispatcher/0199…`.
pub fn teller(origin: &Origin) -> String {
    let by_name = match origin.source.as_str() {
        "cases.production" => Some("Production"),
        "crm.portal" => Some("The portal"),
        "finance.billing" => Some("Finance"),
        "logistics.delivery" => Some("A delivery system"),
        "dentrix" => Some("Dentrix"),
        "opendental" => Some("Open Dental"),
        "eaglesoft" => Some("Eaglesoft"),
        "pontic.tracker" => Some("The tracker"),
        "pontic.clock" => Some("The clock"),
        "pontic.config" => Some("The configuration"),
        "pontic.relay" => Some("The relay"),
        "pontic.quarantine" => Some("The quarantine"),
        "pontic.clinic" => Some("The clinic"),
        "pontic.rhythm" => Some("The watch over senders"),
        _ => None,
    };
    match by_name {
        Some(name) if origin.source.starts_with("pontic.") => name.to_owned(),
        Some(name) => format!("{name} ({})", origin.actor),
        None if origin.source == "pontic.api" => origin.actor.clone(),
        None => format!("{} ({})", origin.source, origin.actor),
    }
}

/// A time on the wall of `zone`: `2026-01-31 09:30`.
pub fn wall(at: Timestamp, zone: &TimeZone) -> String {
    at.to_zoned(zone.clone())
        .strftime("%Y-%m-%d %H:%M")
        .to_string()
}

/// What an event did to a record: `delivery 0199… for clinic C1 on 2026-01-31 was made: scheduled`.
pub fn changed(change: &Change) -> String {
    let what = format!("{} {}", change.kind, change.id);
    let status = change.status.as_deref();
    let done = match (&change.was, status) {
        (Some(was), Some(status)) if was != status => {
            format!("{what} went from {was} to {status}")
        }
        _ if change.version == 1 => {
            let clinic = change.clinic_id.as_ref();
            let clinic = clinic.map(|clinic| format!(" for clinic {clinic}"));
            let date = change.date.map(|date| format!(" on {date}"));
            let status = status.map(|status| format!(": {status}"));
            [
                what,
                clinic.unwrap_or_default(),
                date.unwrap_or_default(),
                " was made".to_owned(),
                status.unwrap_or_default(),
            ]
            .concat()
        }
        (_, Some(status)) => format!("{what} was changed and is still {status}"),
        (_, None) => format!("{what} was changed"),
    };
    match (&change.parent, part_of(change.kind)) {
        (Some(parent), Some(word)) => format!("{done}, {word} {parent}"),
        _ => done,
    }
}

/// How a record belongs to its parent.
const fn part_of(kind: Kind) -> Option<&'static str> {
    match kind {
        Kind::Case => Some("in delivery"),
        Kind::Pickup => Some("in series"),
        Kind::Stop => Some("on route"),
        Kind::Route => Some("of driver"),
        Kind::Clinic => Some("merged into"),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::id::LabId;

    fn change(was: Option<&str>, status: &str, version: u64) -> Change {
        Change {
            kind: Kind::Case,
            id: "K1".into(),
            lab_id: LabId::known("L"),
            clinic_id: Some("C1".into()),
            date: None,
            was: was.map(Into::into),
            status: Some(status.into()),
            parent: Some("D1".into()),
            version,
        }
    }

    #[test]
    fn a_change_is_told_by_what_it_did() {
        let told = changed(&change(None, "ready", 1));
        assert_eq!(
            told,
            "case K1 for clinic C1 was made: ready, in delivery D1"
        );
        let told = changed(&change(Some("ready"), "delivered", 2));
        assert_eq!(told, "case K1 went from ready to delivered, in delivery D1");
        let told = changed(&change(Some("ready"), "ready", 3));
        assert_eq!(
            told,
            "case K1 was changed and is still ready, in delivery D1"
        );
    }
}
