//! Tokens, sessions and tickets.

use pontic_core::id::{ClinicId, DriverId};

use super::sample::{at, lab};
use crate::access::{Token, TokenKind};
use crate::{Store, StoreError};

/// A token that ends after 100 seconds.
pub fn token(n: u8, kind: TokenKind, parent: Option<u8>) -> Token {
    Token {
        id: n.to_string(),
        hash: [n; 32],
        kind,
        parent: parent.map(|parent| parent.to_string()),
        role: "driver".into(),
        lab_id: Some(lab("LAB1")),
        driver_id: Some(DriverId::known("DRV-1")),
        clinic_id: Some(ClinicId::known("C1")),
        sources: vec!["cases.production".into(), "crm".into()],
        created_at: at(0),
        expires_at: Some(at(100)),
    }
}

fn put(store: &dyn Store, tokens: &[Token]) {
    for token in tokens {
        store.put_token(token).expect("kept");
    }
}

fn is_live(store: &dyn Store, n: u8, now: i64) -> bool {
    store.token(&[n; 32], at(now)).expect("read").is_some()
}

pub fn tokens_live_until_they_expire(store: &dyn Store) {
    let lasting = Token {
        lab_id: None,
        driver_id: None,
        clinic_id: None,
        sources: Vec::new(),
        expires_at: None,
        ..token(2, TokenKind::Token, None)
    };
    put(store, &[token(1, TokenKind::Token, None), lasting.clone()]);
    assert!(matches!(
        store.put_token(&lasting),
        Err(StoreError::Conflict)
    ));

    assert_eq!(
        store.token(&[1; 32], at(99)).expect("read"),
        Some(token(1, TokenKind::Token, None))
    );
    assert_eq!(
        store.token(&[2; 32], at(99_999)).expect("read"),
        Some(lasting.clone())
    );
    assert!(!is_live(store, 1, 100));
    assert!(!is_live(store, 3, 0));
    assert_eq!(
        store
            .tokens(TokenKind::Token, at(99))
            .expect("listed")
            .len(),
        2
    );
    assert_eq!(
        store.tokens(TokenKind::Token, at(100)).expect("listed"),
        [lasting]
    );

    store.prune(at(0), at(100)).expect("pruned");
    assert!(!is_live(store, 1, 0), "gone");
    assert!(is_live(store, 2, 0));
}

pub fn revoking_ends_what_was_derived(store: &dyn Store) {
    let session = token(2, TokenKind::Session, Some(1));
    put(
        store,
        &[
            token(1, TokenKind::Token, None),
            session.clone(),
            token(3, TokenKind::Ticket, Some(2)),
            token(4, TokenKind::Token, None),
        ],
    );
    assert_eq!(
        store.tokens(TokenKind::Session, at(0)).expect("listed"),
        std::slice::from_ref(&session)
    );
    assert!(store.revoke_token("1").expect("revoked"));
    assert_eq!(
        [1, 2, 3, 4].map(|n| is_live(store, n, 0)),
        [false, false, false, true]
    );
    assert!(!store.revoke_token("1").expect("asked"), "there is none");
    assert!(
        matches!(store.put_token(&session), Err(StoreError::Conflict)),
        "its parent is gone"
    );
}

pub fn tickets_are_taken_once(store: &dyn Store) {
    let ticket = token(2, TokenKind::Ticket, Some(1));
    put(
        store,
        &[
            token(1, TokenKind::Token, None),
            ticket.clone(),
            token(3, TokenKind::Ticket, Some(1)),
        ],
    );
    assert_eq!(
        store
            .take_token(TokenKind::Ticket, &[2; 32], at(0))
            .expect("taken"),
        Some(ticket)
    );
    assert_eq!(
        store
            .take_token(TokenKind::Ticket, &[2; 32], at(0))
            .expect("asked"),
        None,
        "only once"
    );
    assert_eq!(
        store
            .take_token(TokenKind::Invite, &[3; 32], at(0))
            .expect("asked"),
        None,
        "of another kind"
    );
    assert_eq!(
        store
            .take_token(TokenKind::Ticket, &[3; 32], at(100))
            .expect("asked"),
        None,
        "too late"
    );
    assert_eq!(
        store
            .take_token(TokenKind::Ticket, &[1; 32], at(0))
            .expect("asked"),
        None,
        "no ticket"
    );
    assert!(is_live(store, 1, 0));
}
