//! Tokens as they are kept: never themselves, only their SHA-256.

use jiff::Timestamp;
use pontic_core::id::{ClinicId, DriverId, LabId};

/// What a token is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum TokenKind {
    /// Made for a person or a program; shown once.
    Token,
    /// A browser's login, derived from a token.
    Session,
    /// One use, within seconds, to open a socket.
    Ticket,
    /// A driver's phone: sends positions and does nothing else.
    Device,
    /// One use, within half an hour, to log a driver's phone in.
    Invite,
}

impl TokenKind {
    /// The word that stands in rows.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Token => "token",
            Self::Session => "session",
            Self::Ticket => "ticket",
            Self::Device => "device",
            Self::Invite => "invite",
        }
    }

    /// The kind of a word, as [`Self::as_str`] writes it.
    pub fn from_word(word: &str) -> Option<Self> {
        [
            Self::Token,
            Self::Session,
            Self::Ticket,
            Self::Device,
            Self::Invite,
        ]
        .into_iter()
        .find(|kind| kind.as_str() == word)
    }
}

/// A token, session or ticket.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Token {
    /// Its id (`UUIDv7`): what stands in lists and logs.
    pub id: String,
    /// SHA-256 of its text.
    pub hash: [u8; 32],
    /// What it is for.
    pub kind: TokenKind,
    /// The token it was derived from.
    pub parent: Option<String>,
    /// `admin`, `dispatcher`, `driver`, `source`, `finance` or `viewer`.
    pub role: String,
    /// Bound to that lab.
    pub lab_id: Option<LabId>,
    /// Is that driver.
    pub driver_id: Option<DriverId>,
    /// Is of that clinic.
    pub clinic_id: Option<ClinicId>,
    /// May post events of these sources; empty: of any.
    pub sources: Vec<String>,
    /// When it was made.
    pub created_at: Timestamp,
    /// When it ends.
    pub expires_at: Option<Timestamp>,
}
