//! Names of things. Ids from outside are unique within their lab; ours are `UUIDv7`.

use std::borrow::Borrow;
use std::fmt;

use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

use crate::fault::Reason;

/// Longest id that another system may send, in characters.
pub const MAX_ID: usize = 64;
/// Longest id that we build from another's (`{pickupId}~{date}`), in characters.
pub const MAX_BUILT_ID: usize = 96;

macro_rules! ids {
    ($($(#[$doc:meta])* $name:ident),* $(,)?) => {$(
        $(#[$doc])*
        #[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
        #[serde(transparent)]
        pub struct $name(Box<str>);

        impl $name {
            /// Takes an id from outside, which must have the contract's form.
            pub fn parse(text: &str) -> Result<Self, Reason> {
                check(text).map(|()| Self(text.into()))
            }

            /// An id that we built or kept: its form was checked when it came in.
            pub fn known(text: impl Into<String>) -> Self {
                Self(text.into().into_boxed_str())
            }

            /// The text.
            pub fn as_str(&self) -> &str {
                &self.0
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(&self.0)
            }
        }

        impl Borrow<str> for $name {
            fn borrow(&self) -> &str {
                &self.0
            }
        }

        impl AsRef<str> for $name {
            fn as_ref(&self) -> &str {
                &self.0
            }
        }
    )*};
}

ids! {
    /// A dental lab: the tenant that every other row belongs to.
    LabId,
    /// A clinic, unique within its lab.
    ClinicId,
    /// A driver, unique within the lab.
    DriverId,
    /// A piece of work of a lab, for one patient; unique within the lab.
    CaseId,
    /// A delivery; ours, or another logistics system's, unique within the lab.
    DeliveryId,
    /// A pickup of ours (`UUIDv7`); the sender's own id is its `pickupId`.
    PickupId,
    /// A series of recurring pickups (`UUIDv7`).
    SeriesId,
    /// An invoice of Finance, unique within the lab.
    InvoiceId,
    /// A route, unique within the lab.
    RouteId,
    /// A stop of a route, unique within the lab.
    StopId,
    /// A place where one practice system posts its webhooks.
    EndpointId,
    /// Somebody who is told by webhook.
    SubscriptionId,
    /// A signature or a photo kept as proof.
    ProofId,
}

/// Whether `text` has the contract's form of an id: 1 to 64 of `A-Za-z0-9._-`, the first a letter or digit.
pub fn check(text: &str) -> Result<(), Reason> {
    check_up_to(text, MAX_ID)
}

/// The same with another limit, for ids that we build.
pub fn check_up_to(text: &str, max_chars: usize) -> Result<(), Reason> {
    let first = text.chars().next().ok_or(Reason::Required)?;
    // Only a text with more bytes can have more characters.
    if text.len() > max_chars && text.chars().nth(max_chars).is_some() {
        return Err(Reason::TooLong);
    }
    if first.is_ascii_alphanumeric() && text.chars().all(is_id_char) {
        Ok(())
    } else {
        Err(Reason::InvalidChar)
    }
}

/// Whether an id may hold it.
pub fn is_id_char(c: char) -> bool {
    c.is_ascii_alphanumeric() || matches!(c, '.' | '_' | '-')
}

/// Draws the ids of one decision from the id of its log entry.
///
/// Nothing here is random: the entry's id was drawn by the shell, and the ones derived from it are the
/// same whenever the entry is decided again. They keep the time of `now` in front, so that rows written
/// after one another lie beside one another.
#[derive(Debug, Clone)]
pub struct Ids {
    entry: [u8; 16],
    now_ms: u64,
    drawn: u32,
}

impl Ids {
    /// Ids for the log entry `entry`, decided at `now`.
    pub fn new(entry: [u8; 16], now: jiff::Timestamp) -> Self {
        Self {
            entry,
            now_ms: u64::try_from(now.as_millisecond()).unwrap_or(0),
            drawn: 0,
        }
    }

    /// The next id.
    pub fn draw(&mut self) -> String {
        self.drawn += 1;
        let digest = Sha256::new()
            .chain_update(self.entry)
            .chain_update(self.drawn.to_be_bytes())
            .finalize();
        let mut tail = [0; 10];
        tail.copy_from_slice(&digest[..10]);
        format_uuid(uuid_v7(self.now_ms, tail))
    }
}

/// The bytes of a `UUIDv7` (RFC 9562, 5.7): 48 bits of milliseconds, then `tail` less version and variant.
pub fn uuid_v7(now_ms: u64, tail: [u8; 10]) -> [u8; 16] {
    let mut bytes = [0; 16];
    bytes[..6].copy_from_slice(&now_ms.to_be_bytes()[2..]);
    bytes[6..].copy_from_slice(&tail);
    mark(bytes, 7)
}

/// An id that follows from `parts` alone (RFC 9562, 5.8), so that a message sent again is recognised.
pub fn derived(parts: &[&str]) -> String {
    let mut hash = Sha256::new();
    for part in parts {
        hash.update(part.as_bytes());
        hash.update([0]);
    }
    let mut bytes = [0; 16];
    bytes.copy_from_slice(&hash.finalize()[..16]);
    format_uuid(mark(bytes, 8))
}

fn mark(mut bytes: [u8; 16], version: u8) -> [u8; 16] {
    bytes[6] = (bytes[6] & 0x0f) | (version << 4);
    bytes[8] = (bytes[8] & 0x3f) | 0x80;
    bytes
}

/// The usual text form, `8-4-4-4-12` hex digits.
pub fn format_uuid(bytes: [u8; 16]) -> String {
    let mut text = hex(&bytes);
    for dash in [8, 13, 18, 23] {
        text.insert(dash, '-');
    }
    text
}

/// Bytes as lower-case hex digits.
pub fn hex(bytes: &[u8]) -> String {
    const DIGITS: &[u8; 16] = b"0123456789abcdef";
    let mut text = String::with_capacity(bytes.len() * 2 + 4);
    for byte in bytes {
        text.push(char::from(DIGITS[usize::from(byte >> 4)]));
        text.push(char::from(DIGITS[usize::from(byte & 15)]));
    }
    text
}

/// The bytes of a text in the form of [`format_uuid`], if it is one.
pub fn parse_uuid(text: &str) -> Option<[u8; 16]> {
    if text.len() != 36 || !text.is_ascii() {
        return None;
    }
    let mut bytes = [0; 16];
    let mut digits = text
        .bytes()
        .enumerate()
        .filter(|(i, _)| !matches!(i, 8 | 13 | 18 | 23))
        .map(|(_, b)| b);
    for byte in &mut bytes {
        let high = char::from(digits.next()?).to_digit(16)?;
        let low = char::from(digits.next()?).to_digit(16)?;
        *byte = u8::try_from(high * 16 + low).ok()?;
    }
    Some(bytes)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_form_of_an_id() {
        let long = "a".repeat(65);
        for (text, expected) in [
            ("LAB001", Ok(())),
            ("0.a_b-C", Ok(())),
            ("", Err(Reason::Required)),
            ("-a", Err(Reason::InvalidChar)),
            ("a~b", Err(Reason::InvalidChar)),
            (&long[..64], Ok(())),
            (&long, Err(Reason::TooLong)),
        ] {
            assert_eq!(check(text), expected, "{text}");
        }
    }

    #[test]
    fn the_same_entry_draws_the_same_ids() {
        let now = jiff::Timestamp::from_millisecond(1_737_000_000_123).expect("in range");
        let draw = |n| {
            let mut ids = Ids::new([7; 16], now);
            (0..n).map(|_| ids.draw()).collect::<Vec<_>>()
        };
        assert_eq!(draw(3), draw(3));
        let ids = draw(3);
        assert_ne!(ids[0], ids[1]);
        assert_eq!(ids[0].as_bytes()[14], b'7');
        assert!(ids.iter().all(|id| id[..13] == ids[0][..13]));
        assert_eq!(
            parse_uuid(&ids[0]).map(format_uuid).as_deref(),
            Some(ids[0].as_str())
        );
    }
}
