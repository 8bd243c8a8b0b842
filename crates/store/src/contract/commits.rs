//! Writing batches.

use pontic_core::record::{Entity, Kind};
use pontic_core::state::DeliveryStatus;

use super::sample::{
    at, case, commit, delivery, entry, lab, new, new_case_batch, of_entries, of_records, patient,
    pickup, whole,
};
use crate::batch::{Batch, InboxKey, Raised, Seen};
use crate::page::{Alerts, Filter, LogFilter, Waiting};
use crate::{Store, StoreError};

fn conflicts(store: &dyn Store, batch: &Batch) {
    assert!(matches!(store.commit(batch), Err(StoreError::Conflict)));
}

pub fn stale_version_conflicts(store: &dyn Store) {
    commit(store, &of_records([new(case("X"))]));
    let changed = |version, name| {
        let mut case = case("X");
        case.version = version;
        case.private = patient(name);
        case.into_record()
    };
    commit(store, &of_records([(Some(1), changed(2, "Joe Bloggs"))]));
    conflicts(store, &of_records([(Some(1), changed(2, "Max Muster"))]));
    conflicts(store, &of_records([(Some(3), changed(4, "Max Muster"))]));
    assert_eq!(
        store.get(Kind::Case, None, "X").expect("read"),
        [changed(2, "Joe Bloggs")]
    );

    let mut unknown = case("Y");
    unknown.version = 2;
    conflicts(store, &of_records([(Some(1), unknown.into_record())]));
}

pub fn taken_keys_conflict(store: &dyn Store) {
    commit(
        store,
        &of_records([new(case("X")), new(pickup("P1", "226"))]),
    );
    conflicts(store, &of_records([new(case("X"))]));
    conflicts(store, &of_records([new(pickup("P2", "226"))]));
    let mut elsewhere = case("X");
    elsewhere.lab_id = lab("LAB2");
    commit(
        store,
        &of_records([new(elsewhere), new(pickup("P2", "227"))]),
    );
}

pub fn second_open_delivery_conflicts(store: &dyn Store) {
    commit(store, &of_records([new(delivery("D1", "C1"))]));
    conflicts(store, &of_records([new(delivery("D2", "C1"))]));
    let mut closed = delivery("D2", "C1");
    closed.status = DeliveryStatus::Delivered;
    commit(store, &of_records([new(closed), new(delivery("D3", "C2"))]));
}

pub fn inbox_knows_what_was_committed(store: &dyn Store) {
    let seqs = commit(store, &of_entries([entry(1, None), entry(2, Some("abc"))]));
    let keys = [
        InboxKey::foreign(Some(&lab("LAB1")), "cases.production", "abc"),
        InboxKey::foreign(None, "cases.production", "abc"),
        InboxKey::own([1; 16]),
    ];
    let seen = |index: usize, n| {
        Some(Seen {
            seq: seqs[index],
            digest: [n; 16],
        })
    };
    assert_eq!(
        store.seen(&keys).expect("read"),
        [seen(1, 2), None, seen(0, 1)]
    );
}

pub fn known_event_conflicts(store: &dyn Store) {
    commit(store, &of_entries([entry(1, Some("abc"))]));
    conflicts(store, &of_entries([entry(2, Some("abc"))]));
    conflicts(
        store,
        &of_entries([entry(3, Some("def")), entry(4, Some("def"))]),
    );
    assert_eq!(store.last_seq().expect("read"), 1);
}

pub fn failing_batch_leaves_nothing(store: &dyn Store) {
    commit(store, &of_records([new(case("X"))]));
    let mut first = entry(1, None);
    first.alerts.push(Raised {
        lab_id: lab("LAB1"),
        body: "{}".into(),
    });
    let batch = Batch {
        records: vec![new(case("Y")), new(case("X"))],
        ..of_entries([first])
    };
    conflicts(store, &batch);

    assert_eq!(store.get(Kind::Case, None, "Y").expect("read"), []);
    assert_eq!(store.log(&LogFilter::default(), 10).expect("read"), []);
    assert_eq!(store.seen(&[InboxKey::own([1; 16])]).expect("read"), [None]);
    assert_eq!(
        store
            .alerts(None, Alerts::All, &whole())
            .expect("read")
            .items,
        []
    );

    assert_eq!(
        commit(store, &new_case_batch(1)),
        [1],
        "the next batch finds everything as it was"
    );
}

pub fn empty_batch_changes_nothing(store: &dyn Store) {
    assert_eq!(commit(store, &Batch::default()), Vec::<u64>::new());
    assert_eq!(store.last_seq().expect("read"), 0);
    assert_eq!(store.waiting().expect("read"), Waiting::default());
    assert_eq!(
        store
            .list(Kind::Case, &Filter::default(), &whole())
            .expect("read")
            .items,
        []
    );
}

pub fn old_keys_are_forgotten(store: &dyn Store) {
    commit(
        store,
        &of_entries([entry(1, None), entry(2, Some("abc")), entry(3, None)]),
    );
    let known = || {
        let foreign = InboxKey::foreign(Some(&lab("LAB1")), "cases.production", "abc");
        let keys = [InboxKey::own([1; 16]), foreign, InboxKey::own([3; 16])];
        store
            .seen(&keys)
            .expect("read")
            .iter()
            .map(Option::is_some)
            .collect::<Vec<_>>()
    };
    store.prune(at(2), at(100)).expect("pruned");
    assert_eq!(known(), [false, true, true]);

    // What was forgotten may come again, and is then as young as any other.
    commit(store, &of_entries([entry(4, None), entry(1, None)]));
    store.prune(at(3), at(100)).expect("pruned");
    assert_eq!(known(), [true, false, true]);
}

pub fn digests_compare_contents(store: &dyn Store) {
    assert_eq!(store.digest(b"a"), store.digest(b"a"));
    assert_ne!(store.digest(b"a"), store.digest(b"b"));
}

pub fn links_are_made_with_a_key_of_their_own(store: &dyn Store) {
    let mac = store.link_mac(b"a");
    assert_eq!(mac, store.link_mac(b"a"));
    assert_ne!(mac, store.link_mac(b"b"));
    assert_ne!(mac[..], store.digest(b"a")[..mac.len()]);
}
