//! The signatures that a header offers.

use std::fmt::Write as _;

use base64::Engine as _;
use base64::alphabet::STANDARD;
use base64::engine::{DecodePaddingMode, GeneralPurpose, GeneralPurposeConfig};

use super::{MAX_CANDIDATES, Unverified};

/// Base64 with padding, which a sender may leave out.
pub(super) const BASE64: GeneralPurpose = GeneralPurpose::new(
    &STANDARD,
    GeneralPurposeConfig::new().with_decode_padding_mode(DecodePaddingMode::Indifferent),
);

/// What stands before the code by the custom of GitHub.
const PREFIX: &[u8] = b"sha256=";
/// Standard Webhooks' name for HMAC-SHA256; other versions are other algorithms.
const VERSION: &str = "v1,";

/// The codes that are to be compared.
pub(super) struct Candidates(Vec<[u8; 32]>);

impl Candidates {
    /// Reads comma-separated codes, each perhaps after `sha256=`.
    pub(super) fn parse_list(header: &str, name: &'static str) -> Result<Self, Unverified> {
        Self::decode(
            header.split(',').map(|item| without_prefix(item.trim())),
            name,
        )
    }

    /// Reads space-separated codes, of which those of version 1 count.
    pub(super) fn parse_standard_webhooks(
        header: &str,
        name: &'static str,
    ) -> Result<Self, Unverified> {
        Self::decode(
            header
                .split_ascii_whitespace()
                .filter_map(|item| item.strip_prefix(VERSION)),
            name,
        )
    }

    pub(super) fn iter(&self) -> impl Iterator<Item = &[u8; 32]> {
        self.0.iter()
    }

    /// Those that are no code are passed over, so that one for another algorithm may stand beside.
    fn decode<'h>(
        items: impl Iterator<Item = &'h str> + Clone,
        name: &'static str,
    ) -> Result<Self, Unverified> {
        if items.clone().nth(MAX_CANDIDATES).is_some() {
            return Err(Unverified::TooManyCandidates(name));
        }
        let codes: Vec<_> = items
            .filter_map(|item| from_hex(item).or_else(|| from_base64(item)))
            .collect();
        if codes.is_empty() {
            Err(Unverified::Malformed(name))
        } else {
            Ok(Self(codes))
        }
    }
}

/// `bytes` as lower-case hex digits.
pub(super) fn to_hex(bytes: &[u8]) -> String {
    bytes
        .iter()
        .fold(String::with_capacity(bytes.len() * 2), |mut hex, byte| {
            // Writing to a String cannot fail.
            let _ = write!(hex, "{byte:02x}");
            hex
        })
}

/// `bytes` as padded base64.
pub(super) fn to_base64(bytes: &[u8]) -> String {
    BASE64.encode(bytes)
}

fn without_prefix(item: &str) -> &str {
    match item.split_at_checked(PREFIX.len()) {
        Some((prefix, code)) if prefix.as_bytes().eq_ignore_ascii_case(PREFIX) => code,
        _ => item,
    }
}

fn from_hex(text: &str) -> Option<[u8; 32]> {
    let digits: &[u8; 64] = text.as_bytes().try_into().ok()?;
    let mut bytes = [0; 32];
    for (byte, pair) in bytes.iter_mut().zip(digits.chunks_exact(2)) {
        *byte = nibble(pair[0])? << 4 | nibble(pair[1])?;
    }
    Some(bytes)
}

fn nibble(digit: u8) -> Option<u8> {
    char::from(digit)
        .to_digit(16)
        .and_then(|value| u8::try_from(value).ok())
}

/// Either alphabet: the two differ in two digits, and no text means different bytes in them.
fn from_base64(text: &str) -> Option<[u8; 32]> {
    let standard = text.replace('-', "+").replace('_', "/");
    BASE64.decode(standard).ok()?.try_into().ok()
}
