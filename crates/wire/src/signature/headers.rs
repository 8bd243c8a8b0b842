//! The headers of a request that say who sent it.

use jiff::Timestamp;

use super::{
    TIMESTAMP_HEADER, TOLERANCE_S, Unverified, WEBHOOK_ID, WEBHOOK_SIGNATURE, WEBHOOK_TIMESTAMP,
};

/// The longest number of seconds that is looked at.
const MAX_TIMESTAMP_DIGITS: usize = 20;
const NANOSECONDS: i128 = 1_000_000_000;

/// Those of the request's headers that the forms are made of, each at most once.
pub(super) struct Headers<'h> {
    pub(super) signature_name: &'static str,
    signature: Option<&'h str>,
    pub(super) timestamp: Option<&'h str>,
    pub(super) webhook_id: Option<&'h str>,
    pub(super) webhook_timestamp: Option<&'h str>,
    pub(super) webhook_signature: Option<&'h str>,
}

impl<'h> Headers<'h> {
    /// Picks them out of `headers`; refuses repeated ones, even with equal values.
    pub(super) fn collect(
        signature_name: &'static str,
        headers: impl IntoIterator<Item = (&'h str, &'h [u8])>,
    ) -> Result<Self, Unverified> {
        let names = [
            signature_name,
            TIMESTAMP_HEADER,
            WEBHOOK_ID,
            WEBHOOK_TIMESTAMP,
            WEBHOOK_SIGNATURE,
        ];
        let mut values = [None; 5];
        for (name, value) in headers {
            let Some(index) = names
                .iter()
                .position(|known| known.eq_ignore_ascii_case(name))
            else {
                continue;
            };
            let value = str::from_utf8(value).map_err(|_| Unverified::Malformed(names[index]))?;
            if values[index].replace(value).is_some() {
                return Err(Unverified::Repeated(names[index]));
            }
        }
        let [
            signature,
            timestamp,
            webhook_id,
            webhook_timestamp,
            webhook_signature,
        ] = values;
        Ok(Self {
            signature_name,
            signature,
            timestamp,
            webhook_id,
            webhook_timestamp,
            webhook_signature,
        })
    }

    /// The practice system's own header.
    pub(super) fn signature(&self) -> Result<&'h str, Unverified> {
        given(self.signature, self.signature_name)
    }

    /// One of its headers is enough: then the others are missing, not the whole form.
    pub(super) fn has_standard_webhooks(&self) -> bool {
        [
            self.webhook_id,
            self.webhook_timestamp,
            self.webhook_signature,
        ]
        .iter()
        .any(Option::is_some)
    }
}

/// The value of a header that must be there.
pub(super) fn given<'h>(value: Option<&'h str>, name: &'static str) -> Result<&'h str, Unverified> {
    value
        .filter(|value| !value.trim().is_empty())
        .ok_or(Unverified::Missing(name))
}

/// The value of a timestamp header, if it is near `now`.
///
/// Exactly the text is given back, for it is part of what was signed.
pub(super) fn fresh<'h>(
    value: Option<&'h str>,
    name: &'static str,
    now: Timestamp,
) -> Result<&'h str, Unverified> {
    let text = given(value, name)?;
    let seconds = unix_seconds(text).ok_or(Unverified::Malformed(name))?;
    let ahead = i128::from(seconds) * NANOSECONDS - now.as_nanosecond();
    if ahead.abs() > i128::from(TOLERANCE_S) * NANOSECONDS {
        return Err(Unverified::Skew {
            seconds: seconds.saturating_sub(now.as_second()),
        });
    }
    Ok(text)
}

/// Plain digits only, in the one way to write each number.
pub(super) fn unix_seconds(text: &str) -> Option<i64> {
    let is_plain =
        text.len() <= MAX_TIMESTAMP_DIGITS && text.bytes().all(|byte| byte.is_ascii_digit());
    let has_leading_zero = text.starts_with('0') && text != "0";
    if is_plain && !has_leading_zero {
        text.parse().ok()
    } else {
        None
    }
}
