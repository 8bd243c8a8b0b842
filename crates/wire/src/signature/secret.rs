//! Shared secrets, kept as keyed states that cannot be printed.

use std::fmt;

use base64::Engine as _;
use hmac::{Hmac, Mac};
use sha2::{Digest, Sha256};

use super::candidates::{BASE64, to_hex};

/// What Standard Webhooks puts before a secret that is written as base64.
const BASE64_PREFIX: &str = "whsec_";

/// A secret shared with a sender.
///
/// Holds hashed key states only, to be cloned for each message: keying costs as much as signing a
/// short body. `Debug` shows a fingerprint.
#[derive(Clone)]
pub struct Secret {
    keyed: Hmac<Sha256>,
    keyed_standard_webhooks: Hmac<Sha256>,
    fingerprint: [u8; 4],
}

/// A secret without content would be everybody's secret.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("a webhook secret is empty")]
pub struct EmptySecret;

impl Secret {
    /// Takes the secret as configured.
    ///
    /// One that begins with `whsec_` is base64 for Standard Webhooks, and plain text in the other
    /// forms. Blank ones and a bare `whsec_` are refused.
    pub fn new(text: &str) -> Result<Self, EmptySecret> {
        let encoded = text.strip_prefix(BASE64_PREFIX);
        if encoded.unwrap_or(text).trim().is_empty() {
            return Err(EmptySecret);
        }
        // Some senders use the prefix before what is no base64: then the text itself is the key.
        let decoded = encoded.and_then(|encoded| {
            BASE64
                .decode(encoded.replace('-', "+").replace('_', "/"))
                .ok()
        });
        Ok(Self {
            keyed: keyed(text.as_bytes()),
            keyed_standard_webhooks: keyed(decoded.as_deref().unwrap_or(text.as_bytes())),
            fingerprint: fingerprint(text.as_bytes()),
        })
    }

    /// Whether one of the keys of both is the same.
    pub fn shares_a_key_with(&self, other: &Self) -> bool {
        let keys = |secret: &Self| {
            [&secret.keyed, &secret.keyed_standard_webhooks].map(|key| finish(key.clone(), &[]))
        };
        let theirs = keys(other);
        keys(self).iter().any(|key| theirs.contains(key))
    }

    /// Takes comma-separated secrets, as they stand in an environment variable while rotating.
    pub fn parse_list(text: &str) -> Result<Vec<Self>, EmptySecret> {
        text.split(',')
            .map(|secret| Self::new(secret.trim()))
            .collect()
    }

    /// The first 8 hex digits of the secret's SHA-256: enough to tell secrets apart, no help to guess one.
    pub fn fingerprint(&self) -> String {
        to_hex(&self.fingerprint)
    }

    /// The code of `parts` one after the other.
    pub(super) fn mac(&self, parts: &[&[u8]]) -> [u8; 32] {
        finish(self.keyed.clone(), parts)
    }

    /// The same with the key that Standard Webhooks makes of the secret.
    pub(super) fn standard_webhooks_mac(&self, parts: &[&[u8]]) -> [u8; 32] {
        finish(self.keyed_standard_webhooks.clone(), parts)
    }
}

impl fmt::Debug for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Secret({})", self.fingerprint())
    }
}

fn finish(mut state: Hmac<Sha256>, parts: &[&[u8]]) -> [u8; 32] {
    for part in parts {
        state.update(part);
    }
    state.finalize().into_bytes().into()
}

fn fingerprint(secret: &[u8]) -> [u8; 4] {
    let [a, b, c, d, ..] = <[u8; 32]>::from(Sha256::digest(secret));
    [a, b, c, d]
}

/// HMAC takes keys of any length, but the trait's constructor for that answers a `Result`;
/// one for a full block does not, and RFC 2104 says how to fill it.
fn keyed(key: &[u8]) -> Hmac<Sha256> {
    const BLOCK_BYTES: usize = 64;
    let hashed: [u8; 32];
    let key = if key.len() > BLOCK_BYTES {
        hashed = Sha256::digest(key).into();
        &hashed
    } else {
        key
    };
    let mut block = [0; BLOCK_BYTES];
    block[..key.len()].copy_from_slice(key);
    Mac::new(&block.into())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn empty_secrets_are_refused() {
        for text in ["", " ", "whsec_", "whsec_ "] {
            assert_eq!(Secret::new(text).err(), Some(EmptySecret), "{text:?}");
        }
        assert!(Secret::parse_list("a,").is_err());
        assert_eq!(Secret::parse_list("a, b").unwrap().len(), 2);
    }

    #[test]
    fn a_secret_cannot_be_printed() {
        let secret = Secret::new("test-secret").unwrap();
        assert_eq!(format!("{secret:?}"), "Secret(9caf06bb)");
    }

    #[test]
    fn codes_are_those_of_rfc_4231() {
        let cases: [(Vec<u8>, Vec<u8>, &str); 7] = [
            (vec![0x0b; 20], b"Hi There".to_vec(), "b0344c61d8db38535ca8afceaf0bf12b881dc200c9833da726e9376c2e32cff7"),
            (
                b"Jefe".to_vec(),
                b"what do ya want for nothing?".to_vec(),
                "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843",
            ),
            (vec![0xaa; 20], vec![0xdd; 50], "773ea91e36800e46854db8ebd09181a72959098b3ef8c122d9635514ced565fe"),
            ((1..=25).collect(), vec![0xcd; 50], "82558a389a443c0ea4cc819899f2083a85f0faa3e578f8077a2e3ff46729665b"),
            (
                vec![0x0c; 20],
                b"Test With Truncation".to_vec(),
                "a3b6167473100ee06e0c796c2955552bfa6f7c0a6a8aef8b93f860aab0cd20c5",
            ),
            (
                vec![0xaa; 131],
                b"Test Using Larger Than Block-Size Key - Hash Key First".to_vec(),
                "60e431591ee0b67f0d8a26aacbf5b77f8e0bc6213728c5140546040f0ee37f54",
            ),
            (
                vec![0xaa; 131],
                b"This is a test using a larger than block-size key and a larger than block-size data. \
                  The key needs to be hashed before being used by the HMAC algorithm."
                    .to_vec(),
                "9b09ffa71b942fcb27635fbcd5b0e944bfdc63644f0713938a7f51535c3a35e2",
            ),
        ];
        for (key, data, expected) in cases {
            assert_eq!(to_hex(&finish(keyed(&key), &[&data])), expected);
        }
    }
}
