//! What clinics and dispatchers are told: kinds and channels of notices, and who wants which of them when.

use std::collections::BTreeMap;

use jiff::Timestamp;
use jiff::tz::TimeZone;
use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::directory::Open;
use crate::state::words;

/// The alert that a notice could not be sent: it is told on screens alone, or it would bring forth itself.
pub const NOTICE_FAILED: &str = "notice_failed";
/// How long several matters are gathered into one message where nobody says, in minutes.
pub const DIGEST_MINUTES: u32 = 2;
/// Most addresses of one channel.
pub const MAX_ADDRESSES: usize = 10;

words! {
    /// By what a notice goes out.
    Channel {
        /// E-mail.
        Email = "email",
        /// A text message.
        Sms = "sms",
    }
}

impl Channel {
    /// The receiver of its messages in the store. No subscription has such a name.
    pub const fn receiver(self) -> &'static str {
        match self {
            Self::Email => "~email",
            Self::Sms => "~sms",
        }
    }

    /// The channel of a receiver's name.
    pub fn of_receiver(name: &str) -> Option<Self> {
        Self::ALL
            .iter()
            .copied()
            .find(|channel| channel.receiver() == name)
    }

    /// An address as it is shown to those who may not read it.
    pub fn masked(self, address: &str) -> String {
        match self {
            Self::Email => crate::mask::mask_email(address).unwrap_or_else(|| "***".to_owned()),
            Self::Sms => crate::mask::mask_phone(address),
        }
    }
}

words! {
    /// A language of notices.
    Language {
        /// English.
        English = "en",
        /// German.
        German = "de",
    }
}

words! {
    /// What a notice is about.
    NoticeKind {
        /// To a clinic: the driver comes.
        Arrival = "arrival",
        /// To a clinic: the driver has left the lab.
        OnTheWay = "onTheWay",
        /// To a clinic: a delivery is new.
        DeliveryScheduled = "deliveryScheduled",
        /// To a clinic: a delivery is another than it was.
        DeliveryChanged = "deliveryChanged",
        /// To a clinic: a delivery, or a part of it, was handed over.
        DeliveryCompleted = "deliveryCompleted",
        /// To a clinic: a delivery could not be handed over.
        DeliveryFailed = "deliveryFailed",
        /// To a clinic: a pickup is settled.
        PickupConfirmed = "pickupConfirmed",
        /// To a clinic: a pickup is at another time, or of another size.
        PickupMoved = "pickupMoved",
        /// To a clinic: a pickup is called off.
        PickupCancelled = "pickupCancelled",
        /// To a clinic: nothing could be fetched.
        PickupMissed = "pickupMissed",
        /// To dispatchers: something is RUSH.
        Rush = "rush",
        /// To dispatchers: nothing is heard of a driver.
        DriverSilent = "driverSilent",
        /// To dispatchers: any other alert.
        Alert = "alert",
    }
}

impl NoticeKind {
    /// Whether clinics are told; if not, dispatchers are.
    pub const fn is_for_clinics(self) -> bool {
        !matches!(self, Self::Rush | Self::DriverSilent | Self::Alert)
    }

    /// Whether it never waits for others to be told with them.
    pub const fn is_urgent(self) -> bool {
        matches!(
            self,
            Self::Arrival | Self::OnTheWay | Self::Rush | Self::DriverSilent
        )
    }

    /// Whether it is told where nobody says, as soon as an address is known.
    pub const fn is_usual(self) -> bool {
        matches!(
            self,
            Self::Arrival | Self::PickupConfirmed | Self::Rush | Self::DriverSilent
        )
    }

    /// What a publication means to its clinic; a pickup that is confirmed again was moved, which only its cause tells.
    pub fn of_publication(name: &str, detail: &Value) -> Option<Self> {
        Some(match name {
            "ArrivalNotification" => Self::Arrival,
            "DriverOnTheWay" => Self::OnTheWay,
            "DeliveryScheduled" => Self::DeliveryScheduled,
            "DeliveryChanged" if detail["status"] == "failed" => Self::DeliveryFailed,
            "DeliveryChanged" => Self::DeliveryChanged,
            "DeliveryCompleted" => Self::DeliveryCompleted,
            "PickupConfirmed" => Self::PickupConfirmed,
            "PickupCancelled" => Self::PickupCancelled,
            "PickupMissed" => Self::PickupMissed,
            _ => return None,
        })
    }

    /// What an alert means to dispatchers; nothing if it is for screens alone.
    pub fn of_alert(name: &str, code: &str) -> Option<Self> {
        Some(match name {
            _ if code == NOTICE_FAILED => return None,
            "RUSH_ALERT" => Self::Rush,
            "DRIVER_SILENT" => Self::DriverSilent,
            _ => Self::Alert,
        })
    }
}

/// How a clinic, or a lab's dispatchers, want to be told. It names addresses and numbers: it is kept sealed, as text.
#[derive(Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct Preferences {
    /// Where e-mails go.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub email: Vec<String>,
    /// Where text messages go: E.164.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub sms: Vec<String>,
    /// In which language; absent: the lab's, else the program's.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub language: Option<Language>,
    /// By which channels each kind is told: a kind's word, or `alert.` and a code. Absent ones: as is usual.
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    pub kinds: BTreeMap<String, Vec<Channel>>,
    /// When nothing is told, by the clinic's clock; it may go over midnight.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub quiet_hours: Option<Open>,
    /// How long several matters are gathered into one message, in minutes; 0: not at all.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub digest_minutes: Option<u32>,
}

impl std::fmt::Debug for Preferences {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        // Addresses belong to people.
        f.write_str("Preferences")
    }
}

impl Preferences {
    /// From what is kept. What an older version kept had no fixed form: of it, what can be understood counts.
    pub fn read(kept: &str) -> Self {
        let Ok(Value::Object(members)) = serde_json::from_str(kept) else {
            return Self::default();
        };
        let member = |name: &str| members.get(name).cloned().unwrap_or_default();
        let kinds: BTreeMap<String, Value> = understood(member("kinds")).unwrap_or_default();
        Self {
            email: addresses(&member("email")),
            sms: addresses(&member("sms")),
            language: understood(member("language")),
            kinds: kinds
                .into_iter()
                .filter_map(|(kind, channels)| Some((kind, understood(channels)?)))
                .collect(),
            quiet_hours: understood(member("quietHours")),
            digest_minutes: understood(member("digestMinutes")),
        }
    }

    /// Whether anybody can be told at all.
    pub fn has_address(&self) -> bool {
        !self.email.is_empty() || !self.sms.is_empty()
    }

    /// Where messages of a channel go.
    pub fn addresses(&self, channel: Channel) -> &[String] {
        match channel {
            Channel::Email => &self.email,
            Channel::Sms => &self.sms,
        }
    }

    /// By which channels a kind is told. `code` is an alert's.
    pub fn channels(&self, kind: NoticeKind, code: Option<&str>) -> Vec<Channel> {
        let of_code = code
            .filter(|_| kind == NoticeKind::Alert)
            .and_then(|code| self.kinds.get(&format!("alert.{code}")));
        let said = of_code.or_else(|| self.kinds.get(kind.as_str()));
        let usual: &[Channel] = if kind.is_usual() { Channel::ALL } else { &[] };
        said.map_or(usual, Vec::as_slice).to_vec()
    }

    /// The end of the quiet hours that `at` lies in, on the clock of that zone.
    pub fn quiet_until(&self, at: Timestamp, zone: &TimeZone) -> Option<Timestamp> {
        let quiet = self.quiet_hours?;
        let local = zone.to_datetime(at);
        let (date, time) = (local.date(), local.time());
        let within = if quiet.from <= quiet.to {
            quiet.from <= time && time < quiet.to
        } else {
            time >= quiet.from || time < quiet.to
        };
        if !within {
            return None;
        }
        let day = if time < quiet.to {
            date
        } else {
            date.tomorrow().ok()?
        };
        let end = day.to_datetime(quiet.to).to_zoned(zone.clone()).ok()?;
        Some(end.timestamp()).filter(|end| *end > at)
    }
}

fn understood<T: serde::de::DeserializeOwned>(value: Value) -> Option<T> {
    serde_json::from_value(value).ok()
}

/// A list of texts, or one text.
fn addresses(value: &Value) -> Vec<String> {
    let mut found = Vec::new();
    let items = value
        .as_array()
        .map_or(std::slice::from_ref(value), Vec::as_slice);
    for text in items.iter().filter_map(Value::as_str).map(str::trim) {
        if !text.is_empty()
            && found.len() < MAX_ADDRESSES
            && !found.iter().any(|other| other == text)
        {
            found.push(text.to_owned());
        }
    }
    found
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(text: &str) -> Timestamp {
        text.parse().expect("a time")
    }

    #[test]
    fn quiet_hours_go_over_midnight_by_the_clock_of_the_place() {
        let night = Preferences::read(r#"{"quietHours":{"from":"20:00","to":"07:00"}}"#);
        let zone = crate::time::zone("America/New_York");
        for (now, until) in [
            ("2026-01-15T23:59:00Z", None),
            ("2026-01-16T01:00:00Z", Some("2026-01-16T12:00:00Z")),
            ("2026-01-16T11:59:59Z", Some("2026-01-16T12:00:00Z")),
            ("2026-01-16T12:00:00Z", None),
            // The clock is put forward in that night.
            ("2026-03-08T04:00:00Z", Some("2026-03-08T11:00:00Z")),
        ] {
            assert_eq!(night.quiet_until(at(now), &zone), until.map(at), "{now}");
        }
        let noon = Preferences::read(r#"{"quietHours":{"from":"12:00","to":"13:00"}}"#);
        let until = noon.quiet_until(at("2026-01-15T17:30:00Z"), &zone);
        assert_eq!(until, Some(at("2026-01-15T18:00:00Z")));
        let never = Preferences::read(r#"{"quietHours":{"from":"12:00","to":"12:00"}}"#);
        assert_eq!(never.quiet_until(at("2026-01-15T17:00:00Z"), &zone), None);
    }

    #[test]
    fn what_was_kept_without_a_form_is_still_read() {
        for kept in [
            "",
            "[]",
            "{}",
            "null",
            r#"{"sms":7,"kinds":[],"language":"fr"}"#,
        ] {
            assert_eq!(Preferences::read(kept), Preferences::default(), "{kept}");
        }
        let kept = r#"{"email":" a@b.example ","sms":["+1","+1",3],"kinds":{"arrival":["sms"],"rush":"x"},"fax":1}"#;
        let read = Preferences::read(kept);
        assert_eq!(read.email, ["a@b.example"]);
        assert_eq!(read.sms, ["+1"]);
        assert_eq!(read.channels(NoticeKind::Arrival, None), [Channel::Sms]);
        assert_eq!(read.channels(NoticeKind::Rush, None), Channel::ALL);
        assert_eq!(read.channels(NoticeKind::DeliveryChanged, None), []);
    }

    #[test]
    fn an_alert_is_chosen_by_its_code_before_its_kind() {
        let kept =
            r#"{"kinds":{"alert":["email"],"alert.quarantined":["sms"],"alert.unknown_lab":[]}}"#;
        let read = Preferences::read(kept);
        let of = |code| read.channels(NoticeKind::Alert, Some(code));
        assert_eq!(of("quarantined"), [Channel::Sms]);
        assert_eq!(of("unknown_lab"), []);
        assert_eq!(of("unknown_clinic"), [Channel::Email]);
        assert_eq!(NoticeKind::of_alert("ALERT", NOTICE_FAILED), None);
    }
}
