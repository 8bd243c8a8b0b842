//! When senders were heard.

use jiff::ToSpan;
use pontic_core::event::MessageRefused;

use super::sample::{DAY, at, commit, entry, lab, of_entries};
use crate::Store;
use crate::heard::HeardDay;

fn heard(id: &str, weeks_ago: i64, count: u64) -> HeardDay {
    HeardDay {
        kind: "clinic".into(),
        lab_id: lab("LAB1"),
        id: id.into(),
        date: DAY.checked_sub((7 * weeks_ago).days()).expect("a day"),
        first_at: at(1),
        last_at: at(9),
        longest_pause_ms: 5_000,
        count,
        last_seq: 7,
        last_name: "PickupRequested".into(),
    }
}

pub fn signals_are_what_others_said(store: &dyn Store) {
    let mut own = entry(2, None);
    std::sync::Arc::make_mut(&mut own.event).origin.source = "pontic.api".into();
    let mut refused = entry(3, None);
    let event = std::sync::Arc::make_mut(&mut refused.event);
    event.origin.source = "pontic.quarantine".into();
    event.origin.actor = "endpoint/E1".into();
    event.body = MessageRefused {
        quarantine_id: "Q1".into(),
        lab_id: Some(lab("LAB1")),
        source: "E1".into(),
        name: "webhook".into(),
        code: "validation_failed".into(),
    }
    .into();
    let mut again = entry(4, None);
    std::sync::Arc::make_mut(&mut again.event).origin.redriven = Some("Q1".into());
    commit(
        store,
        &of_entries([entry(1, None), own, refused, again, entry(5, None)]),
    );
    let found = store.signals(0, 10).expect("read");
    let told: Vec<(u64, &str, &str, &str)> = found
        .iter()
        .map(|one| {
            (
                one.seq,
                one.source.as_str(),
                one.name.as_str(),
                one.actor.as_str(),
            )
        })
        .collect();
    assert_eq!(
        told,
        [
            (1, "cases.production", "CaseCancelled", "token 1"),
            (3, "E1", "webhook", "endpoint/E1"),
            (5, "cases.production", "CaseCancelled", "token 1"),
        ]
    );
    assert_eq!(found[0].at, at(1));
    assert_eq!(found[0].lab_id, Some(lab("LAB1")));
    let rest = store.signals(1, 1).expect("read");
    assert_eq!(rest.len(), 1);
    assert_eq!(rest[0].seq, 3);
}

pub fn days_are_kept_as_they_are_now(store: &dyn Store) {
    commit(store, &of_entries([entry(1, None), entry(2, None)]));
    assert_eq!(store.heard_up_to().expect("read"), 0);
    let days = [heard("C1", 1, 3), heard("C1", 0, 1), heard("C0", 0, 2)];
    assert!(store.note_heard(0, 5, &days).expect("noted"));
    assert_eq!(store.heard_up_to().expect("read"), 5);
    assert!(!store.note_heard(0, 6, &[heard("C9", 0, 1)]).expect("asked"));
    assert!(store.note_heard(5, 6, &[heard("C1", 0, 4)]).expect("noted"));
    assert!(store.note_heard(6, 8, &[]).expect("noted"));
    let since = |weeks: i64| {
        let date = DAY.checked_sub((7 * weeks).days()).expect("a day");
        store.heard_since(date).expect("read")
    };
    assert_eq!(
        since(9),
        [heard("C0", 0, 2), heard("C1", 1, 3), heard("C1", 0, 4)]
    );
    assert_eq!(since(0).len(), 2);
    store.forget_heard(DAY).expect("forgotten");
    assert_eq!(since(9).len(), 2);
}
