//! What is wrong with a message, field by field, in words that are part of the contract.

use std::borrow::Cow;
use std::fmt;

use serde::{Serialize, Serializer};

/// Why a field was refused. The texts are the contract's.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Reason {
    /// Nothing there, or only blanks.
    Required,
    /// Another JSON type than the field's.
    InvalidType,
    /// A character that the field may not hold.
    InvalidChar,
    /// Not of the field's form.
    InvalidFormat,
    /// Of the form of a time, but no such time exists.
    InvalidDatetime,
    /// A date without a time of day.
    MissingTime,
    /// A time without an offset where one is needed.
    MissingOffset,
    /// Outside the bounds of the field.
    OutOfRange,
    /// A number with a fraction or an exponent, or a text that is no integer.
    NotInteger,
    /// Not one of the words that the field knows.
    UnknownValue,
    /// The endpoint's clinic map has no entry for it.
    UnmappedClinic,
    /// More characters or bytes than the field holds.
    TooLong,
    /// Too long ago.
    InPast,
    /// Too far ahead.
    TooFar,
    /// The body is no JSON document.
    InvalidJson,
    /// The body is not UTF-8.
    InvalidUtf8,
    /// Nested deeper than the limit.
    TooDeep,
    /// Larger than the limit.
    TooLarge,
    /// The same key twice in one object.
    DuplicateKey,
    /// The sender may not speak for this.
    Forbidden,
    /// Names something that does not exist.
    NotFound,
    /// Names something that does not belong to the rest of the message.
    Mismatch,
}

impl Reason {
    /// The word that stands in answers.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Required => "required",
            Self::InvalidType => "invalid_type",
            Self::InvalidChar => "invalid_char",
            Self::InvalidFormat => "invalid_format",
            Self::InvalidDatetime => "invalid_datetime",
            Self::MissingTime => "missing_time",
            Self::MissingOffset => "missing_offset",
            Self::OutOfRange => "out_of_range",
            Self::NotInteger => "not_integer",
            Self::UnknownValue => "unknown_value",
            Self::UnmappedClinic => "unmapped_clinic",
            Self::TooLong => "too_long",
            Self::InPast => "in_past",
            Self::TooFar => "too_far",
            Self::InvalidJson => "invalid_json",
            Self::InvalidUtf8 => "invalid_utf8",
            Self::TooDeep => "too_deep",
            Self::TooLarge => "too_large",
            Self::DuplicateKey => "duplicate_key",
            Self::Forbidden => "forbidden",
            Self::NotFound => "not_found",
            Self::Mismatch => "mismatch",
        }
    }
}

impl fmt::Display for Reason {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

impl Serialize for Reason {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(self.as_str())
    }
}

/// One fault: where, and why. It never holds the value itself, which may be patient data.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Fault {
    /// Path of the field as the sender wrote it (`detail.caseId`), `$` for the body as a whole.
    pub field: Cow<'static, str>,
    /// Why it was refused.
    pub reason: Reason,
}

impl Fault {
    /// A fault at `field`.
    pub fn new(field: impl Into<Cow<'static, str>>, reason: Reason) -> Self {
        Self {
            field: field.into(),
            reason,
        }
    }
}
