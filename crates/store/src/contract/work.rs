//! Work that waits for its time.

use jiff::SignedDuration;
use pontic_core::event::{Body, RushDue, SeriesExtended};
use pontic_core::id::{PickupId, SeriesId};

use super::sample::{at, commit, entry, lab, of_entries};
use crate::batch::{Batch, Later};
use crate::page::{Claimed, Waiting};
use crate::{Store, StoreError};

const LEASE: SignedDuration = SignedDuration::from_secs(60);

fn rush(id: &str) -> Body {
    RushDue {
        lab_id: lab("LAB1"),
        id: PickupId::known(id),
    }
    .into()
}

/// An entry that leaves work for later.
fn leave(store: &dyn Store, n: u8, key: &str, due: i64, body: Body) {
    let mut entry = entry(n, None);
    entry.later.push(Later {
        key: key.into(),
        due: at(due),
        body,
    });
    commit(store, &of_entries([entry]));
}

fn claim(store: &dyn Store, now: i64) -> Vec<Claimed> {
    store.claim(at(now), LEASE, 10).expect("claimed")
}

fn claim_one(store: &dyn Store, now: i64) -> Claimed {
    claim(store, now).pop().expect("something is due")
}

fn settle(store: &dyn Store, claimed: &Claimed) -> Result<(), StoreError> {
    let batch = Batch {
        settled: vec![(claimed.number, claimed.attempt)],
        ..Batch::default()
    };
    store.commit(&batch).map(|_| ())
}

pub fn due_work_is_claimed_for_a_while(store: &dyn Store) {
    leave(store, 1, "b", 20, rush("P2"));
    leave(store, 2, "a", 10, rush("P1"));
    leave(store, 3, "c", 300, rush("P3"));
    let waiting = Waiting {
        count: 3,
        oldest_due: Some(at(10)),
    };
    assert_eq!(store.waiting().expect("read"), waiting);

    assert_eq!(claim(store, 9), []);
    let claimed = claim(store, 20);
    let told: Vec<_> = claimed
        .iter()
        .map(|work| (work.key.as_str(), work.attempt, work.due, &work.body))
        .collect();
    assert_eq!(
        told,
        [("a", 1, at(10), &rush("P1")), ("b", 1, at(20), &rush("P2"))]
    );
    assert_eq!(claim(store, 79), [], "the lease holds");

    let again = store.claim(at(80), LEASE, 1).expect("claimed");
    assert_eq!(
        again,
        [Claimed {
            attempt: 2,
            ..claimed[0].clone()
        }]
    );
}

pub fn postponed_work_comes_again(store: &dyn Store) {
    leave(store, 1, "a", 10, rush("P1"));
    let first = claim_one(store, 10);
    assert!(store.postpone(&first, at(30)).expect("put back"));
    assert!(
        !store.postpone(&first, at(30)).expect("asked"),
        "it is held no more"
    );
    assert_eq!(claim(store, 29), []);
    let second = claim_one(store, 30);
    assert_eq!(
        second,
        Claimed {
            attempt: 2,
            due: at(30),
            ..first.clone()
        }
    );
    assert!(
        !store.postpone(&first, at(40)).expect("asked"),
        "someone else holds it"
    );
}

pub fn batch_settles_its_work(store: &dyn Store) {
    leave(store, 1, "a", 10, rush("P1"));
    let claimed = claim_one(store, 10);
    let extend: Body = SeriesExtended {
        lab_id: lab("LAB1"),
        series_id: SeriesId::known("S1"),
    }
    .into();
    let mut entry = entry(2, None);
    entry.later.push(Later {
        key: "a".into(),
        due: at(50),
        body: extend.clone(),
    });
    let batch = Batch {
        settled: vec![(claimed.number, claimed.attempt)],
        ..of_entries([entry])
    };
    commit(store, &batch);

    assert_eq!(claim(store, 49), []);
    let next = claim_one(store, 50);
    assert_eq!((next.attempt, &next.body), (1, &extend));
    settle(store, &next).expect("settled");
    assert_eq!(store.waiting().expect("read"), Waiting::default());
}

pub fn lost_claim_settles_nothing(store: &dyn Store) {
    leave(store, 1, "a", 10, rush("P1"));
    let lost = claim_one(store, 10);
    let held = claim_one(store, 70);
    let batch = Batch {
        settled: vec![(lost.number, lost.attempt)],
        ..of_entries([entry(2, None)])
    };
    assert!(matches!(store.commit(&batch), Err(StoreError::Conflict)));
    assert_eq!(
        store.last_seq().expect("read"),
        1,
        "nothing of the batch was written"
    );
    settle(store, &held).expect("settled");
    assert!(
        matches!(settle(store, &held), Err(StoreError::Conflict)),
        "only once"
    );
}

pub fn later_work_replaces(store: &dyn Store) {
    leave(store, 1, "a", 10, rush("P1"));
    let replaced = claim_one(store, 10);
    leave(store, 2, "a", 15, rush("P2"));
    assert!(matches!(
        settle(store, &replaced),
        Err(StoreError::Conflict)
    ));
    let new = claim_one(store, 15);
    assert_eq!((new.attempt, &new.body), (1, &rush("P2")));
    assert!(
        matches!(settle(store, &replaced), Err(StoreError::Conflict)),
        "the same key and attempt, other work"
    );
    settle(store, &new).expect("settled");
}
