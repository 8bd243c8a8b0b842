//! The log.

use pontic_core::event::{Body, PickupRequested};
use pontic_core::id::{ClinicId, format_uuid};
use pontic_core::pickup::Window;
use pontic_core::record::{Change, Entity, Kind};

use super::sample::{at, case, commit, entry, lab, new, of_entries, patient};
use crate::Store;
use crate::batch::{Batch, Entry, Published, Raised};
use crate::page::{Direction, LogFilter, LogRow};

fn published(id: &str) -> Published {
    Published {
        id: id.into(),
        source: "logistics.pickup",
        name: "PickupConfirmed",
        lab_id: lab("LAB1"),
        detail: r#"{"pickupId":"226"}"#.into(),
    }
}

fn requested() -> Body {
    PickupRequested {
        pickup_id: "226".into(),
        clinic_id: ClinicId::known("C1"),
        lab_id: lab("LAB1"),
        window: Window {
            start: at(0),
            end: at(3_600),
        },
        endpoint: None,
        external_id: None,
        time_zone: None,
        requested_by: None,
        request_time: None,
        package_count: 1,
        is_rush: true,
        recurrence: None,
        sent: None,
        private: patient("Jane Doe"),
    }
    .into()
}

/// An entry with everything that one can have.
fn full_entry(n: u8) -> Entry {
    let mut entry = entry(n, Some("abc"));
    std::sync::Arc::make_mut(&mut entry.event).body = requested();
    entry
        .changes
        .push(Change::between(None, &case("X").into_record()));
    entry.published = vec![published("out-1"), published("out-2")];
    entry.alerts.push(Raised {
        lab_id: lab("LAB1"),
        body: r#"{"type":"RUSH_ALERT"}"#.into(),
    });
    entry
}

fn seqs(rows: &[LogRow]) -> Vec<u64> {
    rows.iter().map(|row| row.seq).collect()
}

pub fn log_tells_everything(store: &dyn Store) {
    let full = full_entry(1);
    assert_eq!(
        commit(store, &of_entries([full.clone(), entry(2, None)])),
        [1, 4]
    );
    assert_eq!(store.last_seq().expect("read"), 4);
    assert_eq!(commit(store, &of_entries([entry(3, None)])), [5]);

    let accepted = store.log_row(1).expect("read").expect("there");
    assert_eq!(
        (accepted.at, accepted.direction, accepted.entry),
        (full.now, Direction::In, full.entry)
    );
    assert_eq!(
        (accepted.event_id.as_str(), accepted.source.as_str()),
        ("abc", "cases.production")
    );
    assert_eq!(
        (&accepted.lab_id, &accepted.changes),
        (&full.lab_id, &full.changes)
    );
    assert_eq!(
        accepted
            .alerts
            .iter()
            .map(|(_, body)| body)
            .collect::<Vec<_>>(),
        [&full.alerts[0].body]
    );
    assert_eq!(
        serde_json::from_str::<pontic_core::event::Origin>(&accepted.origin).expect("origin"),
        full.event.origin
    );
    let body =
        Body::from_parts(&accepted.name, &accepted.detail, accepted.private).expect("readable");
    assert_eq!(body, Some(full.event.body.clone()));

    let out = store.log_row(3).expect("read").expect("there");
    assert_eq!(
        (out.direction, out.caused_by, out.event_id.as_str()),
        (Direction::Out, Some(1), "out-2")
    );
    assert_eq!(
        (out.source.as_str(), out.name.as_str(), out.detail.as_str()),
        (
            "logistics.pickup",
            "PickupConfirmed",
            published("").detail.as_str()
        )
    );
    assert_eq!(
        (out.entry, out.origin.as_str(), out.private),
        ([0; 16], "", None)
    );
    assert_eq!(store.log_row(6).expect("read"), None);
}

pub fn log_is_filtered(store: &dyn Store) {
    let mut elsewhere = entry(2, None);
    elsewhere.lab_id = Some(lab("LAB2"));
    commit(
        store,
        &of_entries([full_entry(1), elsewhere, entry(3, None)]),
    );
    let any = LogFilter::default;
    for (filter, expected) in [
        (any(), vec![1, 2, 3, 4, 5]),
        (LogFilter { after: 3, ..any() }, vec![4, 5]),
        (
            LogFilter {
                newest: true,
                ..any()
            },
            vec![5, 4, 3, 2, 1],
        ),
        (
            LogFilter {
                newest: true,
                after: 3,
                ..any()
            },
            vec![2, 1],
        ),
        (
            LogFilter {
                lab_id: Some(lab("LAB2")),
                ..any()
            },
            vec![4],
        ),
        (
            LogFilter {
                name: Some("CaseCancelled".into()),
                ..any()
            },
            vec![4, 5],
        ),
        (
            LogFilter {
                source: Some("logistics.pickup".into()),
                ..any()
            },
            vec![2, 3],
        ),
        (
            LogFilter {
                direction: Some(Direction::In),
                after: 1,
                ..any()
            },
            vec![4, 5],
        ),
        (
            LogFilter {
                direction: Some(Direction::Out),
                lab_id: Some(lab("LAB2")),
                ..any()
            },
            vec![],
        ),
    ] {
        assert_eq!(
            seqs(&store.log(&filter, 10).expect("read")),
            expected,
            "{filter:?}"
        );
    }
    assert_eq!(seqs(&store.log(&any(), 2).expect("read")), [1, 2]);
}

pub fn log_is_looked_up_by_id(store: &dyn Store) {
    commit(store, &of_entries([full_entry(1), entry(2, None)]));
    let by = |id: &str| LogFilter {
        id: Some(id.into()),
        ..LogFilter::default()
    };
    let own = format_uuid([2; 16]);
    let source = || Some("cases.production".to_owned());
    for (filter, expected) in [
        (by("abc"), vec![1]),
        (
            LogFilter {
                source: source(),
                ..by("abc")
            },
            vec![1],
        ),
        (
            LogFilter {
                source: source(),
                lab_id: Some(lab("LAB1")),
                ..by("abc")
            },
            vec![1],
        ),
        (
            LogFilter {
                source: source(),
                lab_id: Some(lab("LAB2")),
                ..by("abc")
            },
            vec![],
        ),
        (
            LogFilter {
                source: Some("crm".into()),
                ..by("abc")
            },
            vec![],
        ),
        (
            LogFilter {
                direction: Some(Direction::Out),
                ..by("abc")
            },
            vec![],
        ),
        (
            LogFilter {
                direction: Some(Direction::Out),
                ..by("out-2")
            },
            vec![3],
        ),
        (by("out-1"), vec![2]),
        (by(&own), vec![4]),
        (
            LogFilter {
                after: 4,
                ..by(&own)
            },
            vec![],
        ),
        (by("nobody"), vec![]),
    ] {
        assert_eq!(
            seqs(&store.log(&filter, 10).expect("read")),
            expected,
            "{filter:?}"
        );
    }
    // What the inbox forgot is still found in the log.
    store.prune(at(100), at(100)).expect("pruned");
    assert_eq!(seqs(&store.log(&by(&own), 10).expect("read")), [4]);
    assert_eq!(
        seqs(
            &store
                .log(
                    &LogFilter {
                        source: source(),
                        ..by("abc")
                    },
                    10
                )
                .expect("read")
        ),
        [1]
    );
}

/// Event number `n`, which changes cases.
fn changes(n: u8, cases: &[&str]) -> Entry {
    let mut entry = entry(n, None);
    let change = |id: &&str| Change::between(None, &case(id).into_record());
    entry.changes.extend(cases.iter().map(change));
    entry
}

pub fn steps_of_records_are_known(store: &dyn Store) {
    let first = Batch {
        records: vec![new(case("X")), new(case("Y"))],
        ..of_entries([changes(1, &["X"]), full_entry(2), changes(3, &["Y", "X"])])
    };
    assert_eq!(commit(store, &first), [1, 2, 5]);
    let mut again = case("X");
    again.version = 2;
    let second = Batch {
        records: vec![(Some(1), again.into_record())],
        ..of_entries([changes(4, &["X"]), entry(5, None)])
    };
    assert_eq!(commit(store, &second), [6, 7]);
    let steps = |lab_id: &str, id: &str| store.steps(Kind::Case, &lab(lab_id), id).expect("read");
    assert_eq!(steps("LAB1", "X"), [1, 2, 5, 6]);
    assert_eq!(steps("LAB1", "Y"), [5]);
    assert!(steps("LAB2", "X").is_empty());
    assert!(steps("LAB1", "Z").is_empty());
}
