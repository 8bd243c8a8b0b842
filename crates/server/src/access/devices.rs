//! Credentials of drivers' phones: an id and a secret, random, of 128 bits each, kept as hashes like tokens.
//!
//! Some apps can send both, others nothing but an id: for these the id by itself lets positions in, and nothing else.

use jiff::Timestamp;
use pontic_core::id::{DriverId, LabId, hex};
use pontic_store::StoreError;
use pontic_store::access::{Token, TokenKind};

use super::keys::{hash_of, new_token};
use super::{Role, Secretly};

/// What a phone shows.
#[derive(Debug, Clone, Copy)]
pub enum Credentials<'a> {
    /// Id and secret.
    Both(&'a str, &'a str),
    /// The id alone.
    Id(&'a str),
}

impl Credentials<'_> {
    /// The text whose hash is kept; no two kinds of credentials have the same.
    pub(super) fn text(&self) -> String {
        match self {
            Self::Both(id, secret) => format!("device/{id}/{secret}"),
            Self::Id(id) => format!("device/{id}"),
        }
    }
}

/// A phone of that driver: its id, its secret to be shown once, and the rows to be kept, in this order.
pub fn new_device(
    lab: &LabId,
    driver: &DriverId,
    now: Timestamp,
) -> Result<(String, Secretly, [Token; 2]), StoreError> {
    let mut chance = [0; 32];
    getrandom::fill(&mut chance).map_err(|error| StoreError::Unavailable(error.to_string()))?;
    let (id, secret) = (hex(&chance[..16]), hex(&chance[16..]));
    let row = |credentials: Credentials<'_>| {
        let (_, token) = new_token(TokenKind::Device, Role::Driver, now)?;
        Ok::<_, StoreError>(Token {
            hash: hash_of(&credentials.text()),
            lab_id: Some(lab.clone()),
            driver_id: Some(driver.clone()),
            ..token
        })
    };
    let own = Token {
        id: id.clone(),
        ..row(Credentials::Both(&id, &secret))?
    };
    // Ends with the other one.
    let by_id = Token {
        parent: Some(id.clone()),
        ..row(Credentials::Id(&id))?
    };
    Ok((id, Secretly(secret), [own, by_id]))
}
