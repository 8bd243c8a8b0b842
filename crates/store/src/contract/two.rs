//! Two programs on one data.

use jiff::SignedDuration;
use pontic_core::event::RushDue;
use pontic_core::id::PickupId;

use super::sample::{at, commit, entry, lab, new_case_batch, of_entries};
use super::tokens::token;
use crate::access::TokenKind;
use crate::batch::{Batch, Later};
use crate::page::LogFilter;
use crate::{Store, StoreError};

/// A batch that rests on what the store knows now.
fn resting(store: &dyn Store, n: u8) -> Batch {
    Batch {
        stamp: Some(store.stamp().expect("read")),
        ..new_case_batch(n)
    }
}

pub fn what_others_wrote_since_is_a_conflict(here: &dyn Store, there: &dyn Store) {
    let early = resting(here, 1);
    commit(there, &new_case_batch(2));
    assert!(matches!(here.commit(&early), Err(StoreError::Conflict)));
    assert_eq!(here.last_seq().expect("read"), 1, "nothing was written");
    commit(here, &resting(here, 1));
    commit(here, &resting(here, 3));
}

pub fn stamp_tells_of_others(here: &dyn Store, there: &dyn Store) {
    here.put_token(&token(1, TokenKind::Token, None))
        .expect("kept");
    let before = here.stamp().expect("read");
    commit(here, &new_case_batch(1));
    assert_eq!(here.stamp().expect("read"), before, "its own do not count");
    commit(there, &new_case_batch(2));
    let after = here.stamp().expect("read");
    assert_ne!(after, before);
    assert!(there.revoke_token("1").expect("revoked"));
    assert_ne!(here.stamp().expect("read"), after);
}

pub fn one_log_for_both(here: &dyn Store, there: &dyn Store) {
    assert_eq!(commit(here, &new_case_batch(1)), [1]);
    assert_eq!(commit(there, &new_case_batch(2)), [2]);
    assert_eq!(commit(here, &new_case_batch(3)), [3]);
    let log = |store: &dyn Store| store.log(&LogFilter::default(), 10).expect("read");
    assert_eq!(log(here).len(), 3);
    assert_eq!(log(here), log(there));
    assert_eq!(here.epoch(), there.epoch());
    assert_eq!(here.digest(b"a"), there.digest(b"a"));
}

pub fn work_is_claimed_by_one(here: &dyn Store, there: &dyn Store) {
    let mut entry = entry(1, None);
    entry.later.push(Later {
        key: "a".into(),
        due: at(10),
        body: RushDue {
            lab_id: lab("LAB1"),
            id: PickupId::known("P1"),
        }
        .into(),
    });
    commit(here, &of_entries([entry]));
    let lease = SignedDuration::from_secs(60);
    let claim = |store: &dyn Store, now| store.claim(at(now), lease, 10).expect("claimed");
    let held = claim(here, 10);
    assert_eq!(held.len(), 1);
    assert_eq!(claim(there, 10), []);
    // Its holder was away for too long: another has it now.
    assert_eq!(claim(there, 70).len(), 1);
    let settled = held.iter().map(|work| (work.number, work.attempt));
    let late = Batch {
        settled: settled.collect(),
        ..Batch::default()
    };
    assert!(matches!(here.commit(&late), Err(StoreError::Conflict)));
}

pub fn tokens_are_shared(here: &dyn Store, there: &dyn Store) {
    here.put_token(&token(1, TokenKind::Ticket, None))
        .expect("kept");
    assert!(
        there
            .take_token(TokenKind::Ticket, &[1; 32], at(0))
            .expect("taken")
            .is_some()
    );
    assert!(
        here.take_token(TokenKind::Ticket, &[1; 32], at(0))
            .expect("asked")
            .is_none()
    );
}
