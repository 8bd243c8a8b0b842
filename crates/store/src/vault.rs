//! Sealing at rest: what may name a patient cannot be read without the key, which lies outside the database.
//!
//! A sealed value is one byte of format, 4 bytes that name the key (so that a later version can hold two keys while it
//! changes from one to the other), a 24-byte nonce, and the ciphertext with its tag. It opens only in the place it was
//! sealed for: table and id are authenticated with it, so that a value moved to another row is refused.

mod key_file;

use std::path::Path;

use chacha20poly1305::aead::{AeadInPlace, KeyInit};
use chacha20poly1305::{Tag, XChaCha20Poly1305, XNonce};
use hmac::{Hmac, Mac};
use pontic_core::phi::{Phi, Private};
use sha2::{Digest, Sha256};

use crate::StoreError;

type HmacSha256 = Hmac<Sha256>;

const FORMAT: u8 = 1;
const KEY_ID_LEN: usize = 4;
const NONCE_LEN: usize = 24;
const TAG_LEN: usize = 16;
/// Bytes of what makes a link genuine: it is tried over the network only, and stands in text messages.
pub const LINK_LEN: usize = 12;
/// Bytes before the ciphertext.
const HEAD_LEN: usize = 1 + KEY_ID_LEN + NONCE_LEN;

/// The key itself, for a program that has no disk of its own to keep it on.
#[derive(Clone)]
pub struct DataKey([u8; 32]);

impl DataKey {
    /// From the text of a key file: 64 hex digits.
    pub fn parse(text: &str) -> Option<Self> {
        key_file::parse(text.as_bytes()).map(Self)
    }
}

impl std::fmt::Debug for DataKey {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("DataKey")
    }
}

/// Seals, opens and digests with keys derived from one key.
#[derive(Clone)]
pub struct Vault {
    cipher: XChaCha20Poly1305,
    /// Begun with its key once, because every digest starts from there.
    digest: HmacSha256,
    /// The same for what is handed out in links.
    link: HmacSha256,
    key_id: [u8; KEY_ID_LEN],
    check: [u8; 16],
}

impl Vault {
    /// With the key in that file. It is made if it is missing and `may_create`, that is, if nothing was sealed yet.
    pub fn open_or_create(path: &Path, may_create: bool) -> Result<Self, StoreError> {
        let key = match key_file::read(path)? {
            Some(key) => key,
            None if may_create => {
                let key = random()?;
                key_file::create(path, &key)?;
                key
            }
            None => {
                return Err(StoreError::Key(format!(
                    "the key file {} is missing, and the data was sealed with it: put it back from your copy of it",
                    path.display()
                )));
            }
        };
        Ok(Self::new(&key))
    }

    /// With that key.
    pub fn of(key: &DataKey) -> Self {
        Self::new(&key.0)
    }

    /// With a key that is forgotten when the program ends.
    pub fn random() -> Result<Self, StoreError> {
        random().map(|key| Self::new(&key))
    }

    fn new(key: &[u8; 32]) -> Self {
        let mut key_id = [0; KEY_ID_LEN];
        key_id.copy_from_slice(&Sha256::digest(key)[..KEY_ID_LEN]);
        Self {
            cipher: XChaCha20Poly1305::new(&derive(key, b"pontic seal").into()),
            digest: keyed(&derive(key, b"pontic digest")),
            link: keyed(&derive(key, b"pontic link")),
            key_id,
            check: first_half(keyed(key).chain_update(b"pontic check")),
        }
    }

    /// What tells this key from others without telling anything about it; kept beside the data.
    pub fn check(&self) -> [u8; 16] {
        self.check
    }

    /// A digest by which contents are compared without being kept.
    pub fn digest(&self, content: &[u8]) -> [u8; 16] {
        first_half(self.digest.clone().chain_update(content))
    }

    /// What makes a link to `content` that nobody else can make: 96 bits.
    pub fn link_mac(&self, content: &[u8]) -> [u8; LINK_LEN] {
        let whole = first_half(self.link.clone().chain_update(content));
        let mut mac = [0; LINK_LEN];
        mac.copy_from_slice(&whole[..LINK_LEN]);
        mac
    }

    /// Seals `plain` for the place that `context` names: table and id.
    pub fn seal(&self, context: &[&str], plain: &[u8]) -> Result<Vec<u8>, StoreError> {
        let mut nonce = [0; NONCE_LEN];
        getrandom::fill(&mut nonce).map_err(no_chance)?;
        let mut sealed = Vec::with_capacity(HEAD_LEN + plain.len() + TAG_LEN);
        sealed.push(FORMAT);
        sealed.extend_from_slice(&self.key_id);
        sealed.extend_from_slice(&nonce);
        sealed.extend_from_slice(plain);
        let tag = self
            .cipher
            .encrypt_in_place_detached(&nonce.into(), &place(context), &mut sealed[HEAD_LEN..])
            .map_err(|_| StoreError::Broken("a value is too long to be sealed".into()))?;
        sealed.extend_from_slice(&tag);
        Ok(sealed)
    }

    /// Opens what was sealed for that place.
    pub fn open(&self, context: &[&str], sealed: &[u8]) -> Result<Vec<u8>, StoreError> {
        let damaged = || {
            StoreError::Broken("a sealed value is damaged, or not where it was sealed for".into())
        };
        let (head, rest) = sealed.split_at_checked(HEAD_LEN).ok_or_else(damaged)?;
        let (&[format], rest_of_head) = head.split_first_chunk().ok_or_else(damaged)?;
        let (key_id, nonce) = rest_of_head.split_at(KEY_ID_LEN);
        if format != FORMAT {
            return Err(StoreError::Broken(
                "a value was sealed in a form that this version does not know".into(),
            ));
        }
        if key_id != self.key_id {
            return Err(StoreError::Key(
                "a value was sealed with another key: put that key file back".into(),
            ));
        }
        let (cipher, tag) = rest.split_last_chunk::<TAG_LEN>().ok_or_else(damaged)?;
        let mut plain = cipher.to_vec();
        self.cipher
            .decrypt_in_place_detached(
                XNonce::from_slice(nonce),
                &place(context),
                &mut plain,
                Tag::from_slice(tag),
            )
            .map_err(|_| damaged())?;
        Ok(plain)
    }

    /// Seals the patient data of a row.
    pub fn seal_private(
        &self,
        context: &[&str],
        private: &Phi<Private>,
    ) -> Result<Vec<u8>, StoreError> {
        // Sealing is the one purpose of opening it here; it holds texts only, so writing it as JSON cannot fail.
        let plain = serde_json::to_vec(private.reveal()).unwrap_or_default();
        self.seal(context, &plain)
    }

    /// Opens the patient data of a row.
    pub fn open_private(
        &self,
        context: &[&str],
        sealed: &[u8],
    ) -> Result<Phi<Private>, StoreError> {
        let plain = self.open(context, sealed)?;
        // serde's own words may quote what it read: they are left out.
        let private = serde_json::from_slice(&plain).map_err(|_| {
            StoreError::Broken(
                "sealed patient data has a form that this version does not know".into(),
            )
        })?;
        Ok(Phi::new(private))
    }
}

fn random() -> Result<[u8; 32], StoreError> {
    let mut key = [0; 32];
    getrandom::fill(&mut key).map_err(no_chance)?;
    Ok(key)
}

fn no_chance(error: getrandom::Error) -> StoreError {
    StoreError::Unavailable(format!("the system gives no random numbers: {error}"))
}

/// HMAC with a key shorter than a block, which HMAC itself fills up with zeros: this way it cannot fail.
fn keyed(key: &[u8; 32]) -> HmacSha256 {
    let mut block = [0; 64];
    block[..32].copy_from_slice(key);
    <HmacSha256 as KeyInit>::new(&block.into())
}

fn derive(key: &[u8; 32], label: &[u8]) -> [u8; 32] {
    keyed(key)
        .chain_update(label)
        .finalize()
        .into_bytes()
        .into()
}

fn first_half(mac: HmacSha256) -> [u8; 16] {
    let mut half = [0; 16];
    half.copy_from_slice(&mac.finalize().into_bytes()[..16]);
    half
}

/// The parts of a context in one text. No part holds a NUL, so no two contexts read the same.
fn place(context: &[&str]) -> Vec<u8> {
    context.join("\0").into_bytes()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn opens_only_where_and_as_it_was_sealed() {
        let vault = Vault::new(&[7; 32]);
        let sealed = vault
            .seal(&["case", "LAB1", "C1"], b"Jane Doe")
            .expect("sealed");
        assert_eq!(
            vault
                .open(&["case", "LAB1", "C1"], &sealed)
                .expect("opened"),
            b"Jane Doe"
        );
        assert!(!sealed.windows(4).any(|part| part == b"Jane"));

        assert!(matches!(
            vault.open(&["case", "LAB1", "C2"], &sealed),
            Err(StoreError::Broken(_))
        ));
        assert!(matches!(
            Vault::new(&[8; 32]).open(&["case", "LAB1", "C1"], &sealed),
            Err(StoreError::Key(_))
        ));
        for index in (0..sealed.len()).filter(|index| !(1..5).contains(index)) {
            let mut changed = sealed.clone();
            changed[index] ^= 1;
            assert!(
                matches!(
                    vault.open(&["case", "LAB1", "C1"], &changed),
                    Err(StoreError::Broken(_))
                ),
                "{index}"
            );
        }
        for len in 0..sealed.len() {
            assert!(
                vault.open(&["case", "LAB1", "C1"], &sealed[..len]).is_err(),
                "{len}"
            );
        }
    }

    #[test]
    fn digests_depend_on_key_and_content() {
        let vault = Vault::new(&[7; 32]);
        assert_eq!(vault.digest(b"a"), Vault::new(&[7; 32]).digest(b"a"));
        assert_ne!(vault.digest(b"a"), vault.digest(b"b"));
        assert_ne!(vault.digest(b"a"), Vault::new(&[8; 32]).digest(b"a"));
    }

    #[test]
    fn the_same_key_from_the_file_every_time() {
        let dir = tempfile::tempdir().expect("folder");
        let path = dir.path().join("keys/data.key");
        let made = Vault::open_or_create(&path, true).expect("made");
        let read = Vault::open_or_create(&path, false).expect("read");
        assert_eq!(made.check(), read.check());
    }
}
