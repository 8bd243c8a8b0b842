//! The forms of a system's own ids.

use pontic_core::fault::Reason;

use crate::fields::{decimal, id_or_integer, integer};
use crate::json::Json;

/// How a system writes an id; kept by us as text.
#[derive(Clone, Copy)]
pub(super) enum Identifier {
    /// A text of the usual pattern; a JSON integer from 0 is taken as its decimal text.
    Id,
    /// A row number of 64 bits, from 1.
    CaseNumber,
    /// A row number of 64 bits, from 0; 0 is "no clinic", which only a clinic map can resolve.
    ClinicNumber,
}

impl Identifier {
    pub(super) fn read(self, json: &Json<'_>) -> Result<String, Reason> {
        let first = match self {
            Self::Id => return id_or_integer(json).map(Into::into),
            Self::CaseNumber => 1,
            Self::ClinicNumber => 0,
        };
        integer(first..=i64::MAX)(json).map(|number| number.to_string())
    }

    /// A number where the system has numbers; an id that is none (of a pickup that was not born
    /// there) stays a text, and the system will refuse it.
    pub(super) fn write(self, id: &str) -> Json<'_> {
        match (self, decimal(id)) {
            (Self::CaseNumber | Self::ClinicNumber, Ok(number)) => Json::Integer(number),
            _ => Json::text(id),
        }
    }

    /// Whether `id` means nothing by itself.
    pub(super) fn needs_map(self, id: &str) -> bool {
        matches!(self, Self::ClinicNumber) && id == "0"
    }
}
