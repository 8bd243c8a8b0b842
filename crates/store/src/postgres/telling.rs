//! What programs on one database tell each other: `NOTIFY` in the transaction of what is told, so that it is heard in the order of commits
//! and never of what was rolled back.
//!
//! A payload is the sender's name and, after a space, what it tells. One that cannot be read comes from another version, and means that
//! anything may have happened.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD_NO_PAD;
use deadpool_postgres::GenericClient;
use pontic_core::id::{LabId, hex};

use super::rows;
use crate::positions::record::{self, RECORD};
use crate::positions::row::Row;
use crate::positions::{DriverNo, Received};
use crate::{Heard, StoreError};

/// The log has got so far.
pub const LOG: &str = "pontic_log";
/// These fixes were taken.
pub const FIX: &str = "pontic_fix";
/// A driver got a number.
pub const DRIVER: &str = "pontic_driver";
/// That alert was closed or snoozed.
pub const ALERT: &str = "pontic_alert";
/// Tokens ended.
pub const TOKEN: &str = "pontic_token";
/// All of them.
pub const CHANNELS: [&str; 5] = [LOG, FIX, DRIVER, ALERT, TOKEN];

/// Fixes of one payload: `PostgreSQL` takes less than 8,000 bytes.
const AT_ONCE: usize = 160;

/// A program that has the database open, as the others know it: by chance, so that none hears itself.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Program(String);

/// What a payload tells.
#[derive(Debug, PartialEq)]
pub enum News {
    /// Something for whoever listens.
    Heard(Heard),
    /// There are numbers of drivers that this program may not know yet.
    Drivers,
}

impl Program {
    /// A new name.
    pub fn draw() -> Result<Self, StoreError> {
        let mut chance = [0; 8];
        getrandom::fill(&mut chance).map_err(|error| {
            StoreError::Unavailable(format!("the system gives no random numbers: {error}"))
        })?;
        Ok(Self(hex(&chance)))
    }

    /// The payload that tells that.
    pub fn says(&self, what: &str) -> String {
        format!("{} {what}", self.0)
    }

    /// The payloads that tell of these fixes, in their order.
    pub fn says_fixes(&self, fixes: &[(DriverNo, Row)]) -> Vec<String> {
        let payload = |fixes: &[(DriverNo, Row)]| {
            let mut bytes = Vec::with_capacity(fixes.len() * RECORD);
            for (driver, row) in fixes {
                record::push(&mut bytes, *driver, row);
            }
            self.says(&STANDARD_NO_PAD.encode(bytes))
        };
        fixes.chunks(AT_ONCE).map(payload).collect()
    }

    /// What another program's payload tells; nothing if it is our own.
    pub fn hears(&self, channel: &str, payload: &str) -> Option<News> {
        let (sender, what) = payload.split_once(' ').unwrap_or((payload, ""));
        if sender == self.0 {
            return None;
        }
        let heard = match channel {
            DRIVER => return Some(News::Drivers),
            TOKEN => Some(Heard::Tokens),
            LOG => what.parse().ok().map(Heard::Committed),
            FIX => fixes(what).map(Heard::Fixes),
            ALERT => alert(what),
            _ => None,
        };
        Some(News::Heard(heard.unwrap_or(Heard::Missed)))
    }
}

fn fixes(text: &str) -> Option<Vec<Received>> {
    let bytes = STANDARD_NO_PAD.decode(text).ok()?;
    let (records, rest) = bytes.as_chunks::<RECORD>();
    let received = |bytes| {
        let (driver, row) = record::read(bytes);
        let kept = row.kept();
        Received {
            driver,
            fix: kept.fix,
            received_at: kept.received_at,
        }
    };
    rest.is_empty()
        .then(|| records.iter().map(received).collect())
}

fn alert(text: &str) -> Option<Heard> {
    let (number, lab) = text.split_once(' ')?;
    Some(Heard::Alert {
        lab_id: LabId::known(lab),
        number: number.parse().ok()?,
    })
}

/// Tells the others, if what is under way is committed.
pub async fn tell(
    client: &impl GenericClient,
    channel: &str,
    payload: &str,
) -> Result<(), StoreError> {
    let sql = "SELECT pg_notify($1, $2)";
    rows::execute(client, sql, &[&channel, &payload])
        .await
        .map(drop)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_said_is_heard_by_others_only() {
        let (here, there) = (
            Program::draw().expect("chance"),
            Program::draw().expect("chance"),
        );
        let row = Row {
            at_ms: 1_736_726_400_123,
            received_s: 1_736_726_401,
            lat: -423_600_000,
            speed: 1_234,
            mock: true,
            ..Row::default()
        };
        let many: Vec<_> = (0..500).map(|no| (DriverNo(no), row)).collect();
        let payloads = here.says_fixes(&many);
        let mut heard = Vec::new();
        for payload in &payloads {
            assert!(payload.len() < 8_000, "{}", payload.len());
            assert_eq!(here.hears(FIX, payload), None);
            match there.hears(FIX, payload) {
                Some(News::Heard(Heard::Fixes(fixes))) => heard.extend(fixes),
                other => panic!("{other:?}"),
            }
        }
        let numbers: Vec<u32> = heard.iter().map(|received| received.driver.0).collect();
        assert_eq!(numbers, (0..500).collect::<Vec<_>>());
        let back = Row::of(&heard[7].fix, heard[7].received_at);
        assert_eq!(back, row);
    }

    #[test]
    fn what_another_version_says_may_be_anything() {
        let (here, there) = (
            Program::draw().expect("chance"),
            Program::draw().expect("chance"),
        );
        let alert = there.hears(ALERT, &here.says("7 LAB 1"));
        let expected = Heard::Alert {
            lab_id: LabId::known("LAB 1"),
            number: 7,
        };
        assert_eq!(alert, Some(News::Heard(expected)));
        for (channel, what) in [(LOG, "far"), (FIX, "AAAA"), (FIX, "~"), (ALERT, "7")] {
            let heard = there.hears(channel, &here.says(what));
            assert_eq!(heard, Some(News::Heard(Heard::Missed)), "{channel} {what}");
        }
    }
}
