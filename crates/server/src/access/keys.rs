//! Tokens, sessions and tickets: made, hashed, looked up.

use std::collections::HashMap;
use std::sync::{Arc, RwLock};

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use jiff::{SignedDuration, Timestamp};
use pontic_core::directory::Driver;
use pontic_core::id::{format_uuid, uuid_v7};
use pontic_store::access::{Token, TokenKind};
use pontic_store::{Store, StoreError};
use sha2::{Digest, Sha256};
use tokio::sync::watch;

use super::devices::Credentials;
use super::{Caller, Role};

/// Every token begins so; tools that look for leaked secrets know such prefixes.
const PREFIX: &str = "pnt_";
/// How long a browser's login lasts.
const SESSION: SignedDuration = SignedDuration::from_hours(12);
/// How long a ticket for a socket lasts.
const TICKET: SignedDuration = SignedDuration::from_secs(60);
/// Most tokens held in memory.
const MAX_CACHED: usize = 10_000;

/// A text that must be shown once and never printed otherwise.
#[derive(Clone)]
pub struct Secretly(pub String);

impl std::fmt::Debug for Secretly {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("[secret]")
    }
}

/// SHA-256 of a token: all that is kept of it.
pub fn hash_of(text: &str) -> [u8; 32] {
    Sha256::digest(text.as_bytes()).into()
}

/// Hash of what was derived from the operator's own admin token: it cannot be found any more once that is another.
fn hash_under(first_admin: &[u8; 32], text: &str) -> [u8; 32] {
    let hash = Sha256::new()
        .chain_update(first_admin)
        .chain_update(text.as_bytes());
    hash.finalize().into()
}

/// A random token (256 bits) and its row, to be completed by the caller.
pub fn new_token(
    kind: TokenKind,
    role: Role,
    now: Timestamp,
) -> Result<(Secretly, Token), StoreError> {
    let mut chance = [0; 42];
    getrandom::fill(&mut chance).map_err(|error| StoreError::Unavailable(error.to_string()))?;
    let text = format!("{PREFIX}{}", URL_SAFE_NO_PAD.encode(&chance[10..]));
    let mut tail = [0; 10];
    tail.copy_from_slice(&chance[..10]);
    let token = Token {
        id: format_uuid(uuid_v7(
            u64::try_from(now.as_millisecond()).unwrap_or(0),
            tail,
        )),
        hash: hash_of(&text),
        kind,
        parent: None,
        role: role.as_str().to_owned(),
        lab_id: None,
        driver_id: None,
        clinic_id: None,
        sources: Vec::new(),
        created_at: now,
        expires_at: None,
    };
    Ok((Secretly(text), token))
}

/// Looks tokens up; holds the ones in use until somebody changes the data.
pub struct Keys {
    store: Arc<dyn Store>,
    /// Hash of the operator's own admin token, which stands in no row.
    first_admin: Option<[u8; 32]>,
    known: RwLock<Known>,
    /// Changes whenever somebody may have lost their access: connections that stay open then ask whether they may.
    revoked: watch::Sender<()>,
}

/// Tokens in use, as of some state of the data.
#[derive(Default)]
struct Known {
    tokens: HashMap<[u8; 32], Token>,
    /// Counts how often they were forgotten: what was looked up before that is not to be held after it.
    age: u64,
}

impl std::fmt::Debug for Keys {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Keys")
    }
}

impl Keys {
    /// Looks up in `store`; `first_admin` is the operator's own admin token.
    pub fn new(store: Arc<dyn Store>, first_admin: Option<&str>) -> Self {
        Self {
            store,
            first_admin: first_admin.map(hash_of),
            known: RwLock::default(),
            revoked: watch::channel(()).0,
        }
    }

    /// Who holds this token or session, if it is live. Tickets open sockets only: see [`Keys::use_ticket`].
    pub fn caller(&self, text: &str, now: Timestamp) -> Result<Option<Caller>, StoreError> {
        // What is compared is a hash: where two differ says nothing of the token.
        let hash = hash_of(text);
        if self.first_admin == Some(hash) {
            return Ok(Some(first_admin()));
        }
        if !text.starts_with(PREFIX) {
            return Ok(None);
        }
        let mut found = self.look_up(&hash, now)?;
        if let (None, Some(admin)) = (&found, &self.first_admin) {
            found = self.look_up(&hash_under(admin, text), now)?;
        }
        let opens_all = |token: &Token| matches!(token.kind, TokenKind::Token | TokenKind::Session);
        Ok(found.filter(opens_all).as_ref().and_then(Caller::of))
    }

    /// Whether whoever showed this token or session may still be here; while nobody can tell, they may.
    pub fn is_live(&self, shown: &Secretly, now: Timestamp) -> bool {
        !matches!(self.caller(&shown.0, now), Ok(None))
    }

    /// The driver of the phone with these credentials.
    pub fn device(
        &self,
        credentials: &Credentials<'_>,
        now: Timestamp,
    ) -> Result<Option<Caller>, StoreError> {
        let found = self.look_up(&hash_of(&credentials.text()), now)?;
        Ok(found
            .filter(|token| token.kind == TokenKind::Device)
            .as_ref()
            .and_then(Caller::of))
    }

    /// The live token with that hash.
    fn look_up(&self, hash: &[u8; 32], now: Timestamp) -> Result<Option<Token>, StoreError> {
        if let Some(token) = self.cached(hash) {
            return Ok(live(&token, now).then_some(token));
        }
        let age = self.known.read().map_or(0, |known| known.age);
        let found = self.store.token(hash, now)?;
        if let Some(token) = &found {
            self.hold(*hash, token, age);
        }
        Ok(found)
    }

    /// Holds a token that was looked up at `age`, unless it may have been revoked since.
    fn hold(&self, hash: [u8; 32], token: &Token, age: u64) {
        let Ok(mut known) = self.known.write() else {
            return;
        };
        if known.tokens.len() >= MAX_CACHED {
            known.tokens.clear();
        }
        if known.age == age {
            known.tokens.insert(hash, token.clone());
        }
    }

    fn cached(&self, hash: &[u8; 32]) -> Option<Token> {
        self.known.read().ok()?.tokens.get(hash).cloned()
    }

    /// A token was revoked, or a session ended.
    pub fn heed_revocation(&self) {
        self.forget();
        self.revoked.send_replace(());
    }

    /// Tells of every revocation from here on.
    pub fn revocations(&self) -> watch::Receiver<()> {
        self.revoked.subscribe()
    }

    /// Forgets what is held: the data may say otherwise by now.
    pub fn forget(&self) {
        if let Ok(mut known) = self.known.write() {
            known.tokens.clear();
            known.age += 1;
        }
    }

    /// A browser's session for whoever holds `text`.
    pub fn log_in(&self, text: &str, now: Timestamp) -> Result<Option<Secretly>, StoreError> {
        self.derive(text, TokenKind::Session, SESSION, now)
    }

    /// A one-use ticket for whoever holds `text`.
    pub fn ticket(&self, text: &str, now: Timestamp) -> Result<Option<Secretly>, StoreError> {
        self.derive(text, TokenKind::Ticket, TICKET, now)
    }

    fn derive(
        &self,
        text: &str,
        kind: TokenKind,
        lasts: SignedDuration,
        now: Timestamp,
    ) -> Result<Option<Secretly>, StoreError> {
        let Some(caller) = self.caller(text, now)? else {
            return Ok(None);
        };
        let (secret, token) = new_token(kind, caller.role, now)?;
        let ends = now.checked_add(lasts).unwrap_or(Timestamp::MAX);
        let parent_ends = self
            .look_up(&hash_of(text), now)?
            .and_then(|parent| parent.expires_at)
            .unwrap_or(Timestamp::MAX);
        // The first admin token has no row that could be the parent: what is derived from it is found with its help only.
        let first_admin = self.first_admin.filter(|_| caller.token_id == FIRST_ADMIN);
        let token = Token {
            hash: first_admin.map_or(token.hash, |admin| hash_under(&admin, &secret.0)),
            parent: first_admin.is_none().then_some(caller.token_id),
            lab_id: caller.lab_id,
            driver_id: caller.driver_id,
            clinic_id: caller.clinic_id,
            sources: caller.sources,
            expires_at: Some(ends.min(parent_ends)),
            ..token
        };
        self.store.put_token(&token)?;
        Ok(Some(secret))
    }

    /// Takes a ticket: whoever comes first has it.
    pub fn use_ticket(&self, text: &str, now: Timestamp) -> Result<Option<Caller>, StoreError> {
        let mut token = self
            .store
            .take_token(TokenKind::Ticket, &hash_of(text), now)?;
        if let (None, Some(admin)) = (&token, &self.first_admin) {
            token = self
                .store
                .take_token(TokenKind::Ticket, &hash_under(admin, text), now)?;
        }
        Ok(token.as_ref().and_then(Caller::of))
    }
}

/// How long a driver's phone stays logged in.
pub const DRIVER_SESSION: SignedDuration = SignedDuration::from_hours(30 * 24);
/// How long an invite waits to be used.
const INVITE: SignedDuration = SignedDuration::from_mins(30);

impl Keys {
    /// A one-use code by which a phone of that driver logs in, and when it ends.
    pub fn invite(
        &self,
        driver: &Driver,
        now: Timestamp,
    ) -> Result<(Secretly, Timestamp), StoreError> {
        // The newest one counts: what was shown to somebody before opens nothing any more.
        self.end(&[TokenKind::Invite], driver, now)?;
        let (_, token) = new_token(TokenKind::Invite, Role::Driver, now)?;
        let code = new_code()?;
        let ends = now.checked_add(INVITE).unwrap_or(Timestamp::MAX);
        self.store.put_token(&Token {
            hash: hash_of(&code.0),
            lab_id: Some(driver.lab_id.clone()),
            driver_id: Some(driver.id.clone()),
            expires_at: Some(ends),
            ..token
        })?;
        Ok((code, ends))
    }

    /// A session for whoever brings an invite's code: once.
    pub fn accept_invite(
        &self,
        code: &str,
        now: Timestamp,
    ) -> Result<Option<Secretly>, StoreError> {
        let hash = hash_of(&plain_code(code));
        let Some(invite) = self.store.take_token(TokenKind::Invite, &hash, now)? else {
            return Ok(None);
        };
        let (secret, token) = new_token(TokenKind::Session, Role::Driver, now)?;
        let driver = invite.driver_id.as_ref().map(ToString::to_string);
        tracing::info!(
            token = token.id,
            invite = invite.id,
            driver,
            "driver's phone logged in"
        );
        let ends = now.checked_add(DRIVER_SESSION).unwrap_or(Timestamp::MAX);
        self.store.put_token(&Token {
            lab_id: invite.lab_id,
            driver_id: invite.driver_id,
            expires_at: Some(ends),
            ..token
        })?;
        Ok(Some(secret))
    }

    /// Ends the sessions of a driver, and invites that were not used.
    pub fn end_sessions(&self, driver: &Driver, now: Timestamp) -> Result<(), StoreError> {
        self.end(&[TokenKind::Invite, TokenKind::Session], driver, now)?;
        self.heed_revocation();
        Ok(())
    }

    fn end(&self, kinds: &[TokenKind], driver: &Driver, now: Timestamp) -> Result<(), StoreError> {
        for kind in kinds {
            for token in self.store.tokens(*kind, now)? {
                let is_theirs = token.lab_id.as_ref() == Some(&driver.lab_id)
                    && token.driver_id.as_ref() == Some(&driver.id);
                if is_theirs && token.role == Role::Driver.as_str() {
                    self.store.revoke_token(&token.id)?;
                }
            }
        }
        Ok(())
    }
}

/// Twelve digits of Crockford's base 32, 60 bits: short enough to be read out, and tried over the network only, within half an hour.
fn new_code() -> Result<Secretly, StoreError> {
    let mut chance = [0; 12];
    getrandom::fill(&mut chance).map_err(|error| StoreError::Unavailable(error.to_string()))?;
    let digit = |byte: &u8| char::from(DIGITS[usize::from(byte & 31)]);
    Ok(Secretly(chance.iter().map(digit).collect()))
}

const DIGITS: &[u8; 32] = b"0123456789ABCDEFGHJKMNPQRSTVWXYZ";

/// A code as a person may have typed it.
fn plain_code(text: &str) -> String {
    let kept = text.chars().filter(|c| !matches!(c, ' ' | '-'));
    kept.map(|c| match c.to_ascii_uppercase() {
        'O' => '0',
        'I' | 'L' => '1',
        other => other,
    })
    .collect()
}

const FIRST_ADMIN: &str = "first-admin";

fn first_admin() -> Caller {
    Caller {
        token_id: FIRST_ADMIN.to_owned(),
        role: Role::Admin,
        lab_id: None,
        driver_id: None,
        clinic_id: None,
        sources: Vec::new(),
    }
}

fn live(token: &Token, now: Timestamp) -> bool {
    token.expires_at.is_none_or(|ends| ends > now)
}
