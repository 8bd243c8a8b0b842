//! What a field may hold. Each rule takes a value that is there and gives what it means, or why not.

use std::borrow::Cow;
use std::ops::RangeInclusive;

use jiff::Timestamp;
use jiff::civil::Date;
use pontic_core::fault::Reason;
use pontic_core::id::{MAX_BUILT_ID, MAX_ID, check_up_to, is_id_char};

use crate::json::Json;
use crate::time::{self, WireTime};

/// How much a text may hold, and of what.
#[derive(Debug, Clone, Copy)]
pub struct TextLimits {
    /// Characters (Unicode scalar values).
    pub max_chars: usize,
    /// Bytes of UTF-8.
    pub max_bytes: usize,
    /// Whether tabs and line breaks are allowed.
    pub multiline: bool,
}

/// The name of a person or a clinic.
pub const NAME: TextLimits = TextLimits {
    max_chars: 200,
    max_bytes: usize::MAX,
    multiline: false,
};
/// A telephone number, as the sender likes to write it.
pub const PHONE: TextLimits = TextLimits {
    max_chars: 40,
    max_bytes: usize::MAX,
    multiline: false,
};
/// What somebody wants the driver to know.
pub const NOTES: TextLimits = TextLimits {
    max_chars: usize::MAX,
    max_bytes: 16_384,
    multiline: true,
};

/// A text within `limits`, trimmed and else verbatim.
pub fn text<'j>(limits: TextLimits) -> impl Fn(&'j Json<'j>) -> Result<&'j str, Reason> {
    move |json| {
        let text = trimmed(json)?;
        if text.len() > limits.max_bytes || is_longer(text, limits.max_chars) {
            return Err(Reason::TooLong);
        }
        let is_forbidden =
            |c: char| c.is_control() && !(limits.multiline && matches!(c, '\t' | '\r' | '\n'));
        if text.contains(is_forbidden) {
            Err(Reason::InvalidChar)
        } else {
            Ok(text)
        }
    }
}

/// An id: 1 to 64 of `A-Za-z0-9._-`, the first a letter or digit.
pub fn id<'j>(json: &'j Json<'j>) -> Result<&'j str, Reason> {
    check_id(trimmed(json)?, MAX_ID)
}

/// An id that may be built from others: as [`id`], but also `~`, and up to 96 characters.
pub fn built_id<'j>(json: &'j Json<'j>) -> Result<&'j str, Reason> {
    let text = trimmed(json)?;
    let stem = text.split('~').next().unwrap_or_default();
    if is_longer(text, MAX_BUILT_ID) {
        return Err(Reason::TooLong);
    }
    check_id(stem, MAX_BUILT_ID).map_err(|_| Reason::InvalidChar)?;
    if text.chars().all(|c| is_id_char(c) || c == '~') {
        Ok(text)
    } else {
        Err(Reason::InvalidChar)
    }
}

/// An id, or a JSON integer from 0 as its decimal text.
pub fn id_or_integer<'j>(json: &'j Json<'j>) -> Result<Cow<'j, str>, Reason> {
    match json {
        Json::Integer(value) if *value < 0 => Err(Reason::OutOfRange),
        Json::BigInteger(digits) if digits.starts_with('-') => Err(Reason::OutOfRange),
        Json::Integer(value) => Ok(value.to_string().into()),
        Json::BigInteger(digits) => check_id(digits, MAX_ID).map(Cow::Borrowed),
        Json::Float(_) => Err(Reason::NotInteger),
        json => id(json).map(Cow::Borrowed),
    }
}

/// An integer within `range`, also as its decimal text.
pub fn integer(range: RangeInclusive<i64>) -> impl Fn(&Json<'_>) -> Result<i64, Reason> {
    move |json| {
        let value = match json {
            Json::Integer(value) => *value,
            Json::BigInteger(_) => return Err(Reason::OutOfRange),
            Json::Float(_) => return Err(Reason::NotInteger),
            json => decimal(trimmed(json)?)?,
        };
        if range.contains(&value) {
            Ok(value)
        } else {
            Err(Reason::OutOfRange)
        }
    }
}

/// The integer that `text` writes as a program would: digits without leading zeros, perhaps after
/// a minus. Anything else is `not_integer`, one outside 64 bits `out_of_range`.
pub fn decimal(text: &str) -> Result<i64, Reason> {
    let digits = text.strip_prefix('-').unwrap_or(text);
    let has_leading_zero = digits.starts_with('0') && text != "0";
    if digits.is_empty() || has_leading_zero || !digits.bytes().all(|b| b.is_ascii_digit()) {
        return Err(Reason::NotInteger);
    }
    text.parse().map_err(|_| Reason::OutOfRange)
}

/// A number within `range`, whole or not.
pub fn number(range: RangeInclusive<f64>) -> impl Fn(&Json<'_>) -> Result<f64, Reason> {
    move |json| {
        let value = match json {
            // Rounding above 2^53 cannot carry a value across bounds anyone sets.
            #[expect(clippy::cast_precision_loss)]
            Json::Integer(value) => *value as f64,
            Json::BigInteger(digits) => digits.parse().map_err(|_| Reason::OutOfRange)?,
            Json::Float(value) => *value,
            _ => return Err(Reason::InvalidType),
        };
        if range.contains(&value) {
            Ok(value)
        } else {
            Err(Reason::OutOfRange)
        }
    }
}

/// `true` or `false`.
pub fn boolean(json: &Json<'_>) -> Result<bool, Reason> {
    match json {
        Json::Bool(value) => Ok(*value),
        _ => Err(Reason::InvalidType),
    }
}

/// A date-time with an offset; see [`time::parse`] for its forms and faults.
pub fn timestamp(json: &Json<'_>) -> Result<Timestamp, Reason> {
    match time::parse(trimmed(json)?)? {
        WireTime::Instant(instant) => Ok(instant),
        WireTime::Local { .. } => Err(Reason::MissingOffset),
    }
}

/// A date `YYYY-MM-DD`.
pub fn date(json: &Json<'_>) -> Result<Date, Reason> {
    time::parse_date(trimmed(json)?)
}

/// One of `words`, in any case, and what it stands for.
pub fn word<T: Copy>(words: &[(&str, T)]) -> impl Fn(&Json<'_>) -> Result<T, Reason> {
    move |json| {
        let text = trimmed(json)?;
        let known = words
            .iter()
            .find(|(word, _)| word.eq_ignore_ascii_case(text));
        known
            .map(|(_, meaning)| *meaning)
            .ok_or(Reason::UnknownValue)
    }
}

/// The text without the blanks around it.
pub(crate) fn trimmed<'j>(json: &'j Json<'j>) -> Result<&'j str, Reason> {
    match json {
        Json::Text(text) => Ok(text.trim()),
        _ => Err(Reason::InvalidType),
    }
}

fn check_id(text: &str, max_chars: usize) -> Result<&str, Reason> {
    check_up_to(text, max_chars).map(|()| text)
}

/// Counts characters only where the bytes do not already decide.
fn is_longer(text: &str, max_chars: usize) -> bool {
    text.len() > max_chars && text.chars().nth(max_chars).is_some()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check<T: PartialEq + std::fmt::Debug>(
        rule: impl Fn(&Json<'static>) -> Result<T, Reason>,
        cases: impl IntoIterator<Item = (Json<'static>, Result<T, Reason>)>,
    ) {
        for (json, expected) in cases {
            assert_eq!(rule(&json), expected, "{json:?}");
        }
    }

    fn of(text: &'static str) -> Json<'static> {
        Json::text(text)
    }

    #[test]
    fn texts() {
        let owned = |limits| move |json: &Json<'_>| text(limits)(json).map(str::to_owned);
        check(
            owned(NAME),
            [
                (of(" Jane\u{301} \n"), Ok("Jane\u{301}".to_owned())),
                (of("a\tb"), Err(Reason::InvalidChar)),
                (of("a\u{7f}b"), Err(Reason::InvalidChar)),
                (of("a\u{85}b"), Err(Reason::InvalidChar)),
                (Json::text("é".repeat(200)), Ok("é".repeat(200))),
                (Json::text("é".repeat(201)), Err(Reason::TooLong)),
                (Json::Integer(5), Err(Reason::InvalidType)),
            ],
        );
        check(
            owned(NOTES),
            [
                (of("a\r\n\tb"), Ok("a\r\n\tb".to_owned())),
                (of("a\u{0}b"), Err(Reason::InvalidChar)),
                (Json::text("é".repeat(8192)), Ok("é".repeat(8192))),
                (Json::text("é".repeat(8192) + "x"), Err(Reason::TooLong)),
            ],
        );
    }

    #[test]
    fn ids() {
        let owned = |json: &Json<'_>| id_or_integer(json).map(Cow::into_owned);
        check(
            owned,
            [
                (of(" DX-1 "), Ok("DX-1".to_owned())),
                (of("-1"), Err(Reason::InvalidChar)),
                (of("D\u{425}"), Err(Reason::InvalidChar)),
                (Json::text("A".repeat(64)), Ok("A".repeat(64))),
                (Json::text("A".repeat(65)), Err(Reason::TooLong)),
                (Json::Integer(0), Ok("0".to_owned())),
                (
                    Json::Integer(i64::MAX),
                    Ok("9223372036854775807".to_owned()),
                ),
                (
                    Json::BigInteger("18446744073709551616".into()),
                    Ok("18446744073709551616".to_owned()),
                ),
                (Json::Integer(-1), Err(Reason::OutOfRange)),
                (
                    Json::BigInteger("-9223372036854775809".into()),
                    Err(Reason::OutOfRange),
                ),
                (Json::Float(226.0), Err(Reason::NotInteger)),
                (Json::Bool(true), Err(Reason::InvalidType)),
            ],
        );
        check(
            |json| built_id(json).map(str::to_owned),
            [
                (of("PK-1~2025-01-20"), Ok("PK-1~2025-01-20".to_owned())),
                (of("~1"), Err(Reason::InvalidChar)),
                (Json::text("A".repeat(97)), Err(Reason::TooLong)),
            ],
        );
    }

    #[test]
    fn numbers() {
        check(
            integer(1..=99),
            [
                (Json::Integer(99), Ok(99)),
                (of("2"), Ok(2)),
                (of("02"), Err(Reason::NotInteger)),
                (of("+2"), Err(Reason::NotInteger)),
                (of("two"), Err(Reason::NotInteger)),
                (of("-3"), Err(Reason::OutOfRange)),
                (of("99999999999999999999"), Err(Reason::OutOfRange)),
                (Json::Integer(0), Err(Reason::OutOfRange)),
                (Json::Float(2.0), Err(Reason::NotInteger)),
                (Json::Bool(true), Err(Reason::InvalidType)),
                (Json::List(vec![]), Err(Reason::InvalidType)),
            ],
        );
        check(
            number(0.0..=90.0),
            [
                (Json::Integer(45), Ok(45.0)),
                (Json::Float(89.5), Ok(89.5)),
                (Json::Float(f64::INFINITY), Err(Reason::OutOfRange)),
                (of("45"), Err(Reason::InvalidType)),
            ],
        );
    }

    #[test]
    fn words_and_times() {
        check(
            word(&[("STANDARD", 1), ("RUSH", 2)]),
            [
                (of("rush "), Ok(2)),
                (of("fast"), Err(Reason::UnknownValue)),
                (Json::Integer(1), Err(Reason::InvalidType)),
            ],
        );
        check(
            timestamp,
            [
                (
                    of("2025-01-20T14:00:00Z"),
                    Ok("2025-01-20T14:00:00Z".parse().unwrap()),
                ),
                (of("2025-01-20T14:00:00"), Err(Reason::MissingOffset)),
                (of("2025-01-20"), Err(Reason::MissingTime)),
            ],
        );
        check(
            date,
            [(of("2025-01-20"), Ok(jiff::civil::date(2025, 1, 20)))],
        );
        check(
            boolean,
            [
                (Json::Bool(true), Ok(true)),
                (of("true"), Err(Reason::InvalidType)),
            ],
        );
    }
}
