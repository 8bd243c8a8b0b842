//! Lists of records.

use jiff::ToSpan;
use pontic_core::id::{ClinicId, SeriesId};
use pontic_core::record::{Kind, Record};
use pontic_core::state::PickupStatus;

use super::sample::{DAY, commit, lab, new, of_records, pickup, whole};
use crate::Store;
use crate::page::{Filter, Page, Paging};

fn ids(page: &Page<Record>) -> Vec<&str> {
    page.items.iter().map(Record::id).collect()
}

pub fn lists_are_filtered(store: &dyn Store) {
    let mut elsewhere = pickup("P2", "227");
    elsewhere.clinic_id = ClinicId::known("C2");
    let mut tomorrow = pickup("P3", "228");
    tomorrow.date = DAY + 1.day();
    let mut done = pickup("P4", "229");
    done.status = PickupStatus::AtLab;
    done.series_id = Some(SeriesId::known("S1"));
    let mut other_lab = pickup("P5", "226");
    other_lab.lab_id = lab("LAB2");
    let records = [pickup("P1", "226"), elsewhere, tomorrow, done, other_lab];
    commit(store, &of_records(records.map(new)));

    let any = Filter::default;
    for (filter, expected) in [
        (any(), vec!["P1", "P2", "P3", "P4", "P5"]),
        (
            Filter {
                lab_id: Some(lab("LAB1")),
                ..any()
            },
            vec!["P1", "P2", "P3", "P4"],
        ),
        (
            Filter {
                clinic_id: Some("C2".into()),
                ..any()
            },
            vec!["P2"],
        ),
        (
            Filter {
                date: Some(DAY + 1.day()),
                ..any()
            },
            vec!["P3"],
        ),
        (
            Filter {
                status: Some("at_lab".into()),
                ..any()
            },
            vec!["P4"],
        ),
        (
            Filter {
                parent: Some("S1".into()),
                ..any()
            },
            vec!["P4"],
        ),
        (
            Filter {
                pickup_id: Some("226".into()),
                ..any()
            },
            vec!["P1", "P5"],
        ),
        (
            Filter {
                pickup_id: Some("226".into()),
                lab_id: Some(lab("LAB2")),
                ..any()
            },
            vec!["P5"],
        ),
        (
            Filter {
                clinic_id: Some("C1".into()),
                date: Some(DAY),
                ..any()
            },
            vec!["P1", "P4", "P5"],
        ),
        (
            Filter {
                status: Some("missed".into()),
                ..any()
            },
            vec![],
        ),
    ] {
        let page = store.list(Kind::Pickup, &filter, &whole()).expect("listed");
        assert_eq!((ids(&page), page.next), (expected, None), "{filter:?}");
    }
    assert_eq!(
        store
            .get(Kind::Pickup, Some(&lab("LAB2")), "P1")
            .expect("read"),
        []
    );
}

pub fn lists_come_in_pages(store: &dyn Store) {
    let records = (0..5).map(|n| new(pickup(&format!("P{n}"), &format!("22{n}"))));
    commit(store, &of_records(records));
    let mut after = None;
    for (expected, more) in [
        (vec!["P0", "P1"], true),
        (vec!["P2", "P3"], true),
        (vec!["P4"], false),
    ] {
        let page = store
            .list(
                Kind::Pickup,
                &Filter::default(),
                &Paging { after, limit: 2 },
            )
            .expect("listed");
        assert_eq!((ids(&page), page.next.is_some()), (expected, more));
        after = page.next;
    }
    let exact = store
        .list(
            Kind::Pickup,
            &Filter::default(),
            &Paging {
                after: None,
                limit: 5,
            },
        )
        .expect("listed");
    assert_eq!(
        (exact.items.len(), exact.next),
        (5, None),
        "a full page need not have a next one"
    );
}

pub fn ids_are_found_by_their_beginning(store: &dyn Store) {
    let mut other_lab = pickup("P10", "230");
    other_lab.lab_id = lab("LAB2");
    let ours = ["P1", "P1_A", "P1-B", "P1%C", "P1\u{e9}", "P2", "p1"];
    let ours = ours
        .into_iter()
        .zip(240..)
        .map(|(id, number)| pickup(id, &number.to_string()));
    commit(store, &of_records(ours.chain([other_lab]).map(new)));
    let found = |lab_id: Option<&str>, beginning: &str, limit| {
        let lab_id = lab_id.map(lab);
        let found = store.starting_with(Kind::Pickup, lab_id.as_ref(), beginning, limit);
        let found = found.expect("looked up");
        found
            .iter()
            .map(|record| record.id().to_owned())
            .collect::<Vec<_>>()
    };
    // Byte by byte, whatever the engine's own order of letters is; marks of SQL's patterns are letters.
    let all = ["P1", "P1%C", "P1-B", "P10", "P1_A", "P1\u{e9}"];
    assert_eq!(found(None, "P1", 9), all);
    assert_eq!(found(None, "P1", 2), all[..2]);
    assert_eq!(found(Some("LAB2"), "P1", 9), ["P10"]);
    assert_eq!(found(None, "P1_", 9), ["P1_A"]);
    assert_eq!(found(None, "P1%", 9), ["P1%C"]);
    assert_eq!(found(None, "%", 9), [""; 0]);
    assert_eq!(found(None, "p", 9), ["p1"]);
    assert_eq!(found(Some("LAB3"), "P", 9), [""; 0]);
}
