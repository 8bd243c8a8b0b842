//! What people look after: alerts and refused messages.

use pontic_core::phi::Phi;

use super::sample::{at, commit, entry, lab, of_entries, whole};
use crate::Store;
use crate::batch::{Batch, Quarantined, Raised};
use crate::page::{Alerts, Page, Paging, QuarantineFilter, QuarantineRow};

fn raised(lab_id: &str, body: &str) -> Raised {
    Raised {
        lab_id: lab(lab_id),
        body: body.into(),
    }
}

pub fn alerts_are_raised_listed_and_closed(store: &dyn Store) {
    let mut first = entry(1, None);
    first.alerts = vec![
        raised("LAB1", "1"),
        raised("LAB2", "2"),
        raised("LAB1", "3"),
    ];
    commit(store, &of_entries([first]));
    let told = |lab_id: Option<&str>, which| {
        let page = store
            .alerts(lab_id.map(lab).as_ref(), which, &whole())
            .expect("listed");
        page.items
            .into_iter()
            .map(|alert| alert.body)
            .collect::<Vec<_>>()
    };
    assert_eq!(
        told(None, Alerts::Unsettled),
        ["3", "2", "1"],
        "newest first"
    );
    assert_eq!(told(Some("LAB1"), Alerts::Unsettled), ["3", "1"]);

    let newest = store
        .alerts(
            None,
            Alerts::Unsettled,
            &Paging {
                after: None,
                limit: 1,
            },
        )
        .expect("listed");
    let alert = &newest.items[0];
    assert_eq!((alert.seq, alert.at, alert.open), (Some(1), at(1), true));
    let rest = store
        .alerts(
            None,
            Alerts::Unsettled,
            &Paging {
                after: newest.next,
                limit: 5,
            },
        )
        .expect("listed");
    assert_eq!((rest.items.len(), rest.next), (2, None));

    let close = |lab_id: &str| {
        let closed = store.close_alert(Some(&lab(lab_id)), alert.number);
        closed.expect("asked")
    };
    assert_eq!(close("LAB2"), None, "of another lab");
    assert_eq!(close("LAB1"), Some(lab("LAB1")));
    let none = store.close_alert(None, 99).expect("asked");
    assert_eq!(none, None, "there is none");
    assert_eq!(told(Some("LAB1"), Alerts::Unsettled), ["1"]);
    assert_eq!(told(Some("LAB1"), Alerts::All), ["3", "1"]);
}

pub fn snoozed_alerts_come_back(store: &dyn Store) {
    let mut first = entry(1, None);
    first.alerts = vec![raised("LAB1", "1"), raised("LAB1", "2")];
    commit(store, &of_entries([first]));
    let listed = |which| {
        let page = store.alerts(None, which, &whole()).expect("listed");
        let told = page.items.into_iter();
        told.map(|alert| (alert.body, alert.snoozed_until))
            .collect::<Vec<_>>()
    };
    let number = store
        .alerts(None, Alerts::All, &whole())
        .expect("listed")
        .items[0]
        .number;
    let snooze = |lab_id: &str, until| {
        let snoozed = store.snooze_alert(Some(&lab(lab_id)), number, until);
        snoozed.expect("asked")
    };
    assert_eq!(snooze("LAB2", at(9)), None, "of another lab");
    assert_eq!(snooze("LAB1", at(5)), Some(lab("LAB1")));
    let (one, two) = (("1".to_owned(), None), ("2".to_owned(), Some(at(5))));
    let only = std::slice::from_ref;
    assert_eq!(listed(Alerts::Open(at(4))), only(&one));
    assert_eq!(listed(Alerts::Snoozed(at(4))), only(&two));
    assert_eq!(listed(Alerts::Open(at(5))), [two.clone(), one.clone()]);
    assert_eq!(listed(Alerts::Snoozed(at(5))), []);
    assert_eq!(listed(Alerts::Unsettled), [two.clone(), one.clone()]);
    store.close_alert(None, number).expect("closed");
    assert_eq!(snooze("LAB1", at(9)), None, "it is dealt with");
    assert_eq!(listed(Alerts::Open(at(9))), only(&one));
    assert_eq!(listed(Alerts::All), [two, one]);
}

fn refused(id: &str, lab_id: Option<&str>) -> Quarantined {
    Quarantined {
        id: id.into(),
        at: at(5),
        lab_id: lab_id.map(lab),
        source: "dentrix".into(),
        name: "webhook".into(),
        actor: "E1".into(),
        errors: r#"{"error":"validation_failed"}"#.into(),
        about: Some("K1".into()),
        raw: Phi::new(b"{\"patName\":\"Jane Doe\"}".to_vec()),
    }
}

fn ids(page: &Page<QuarantineRow>) -> Vec<&str> {
    page.items.iter().map(|row| row.item.id.as_str()).collect()
}

pub fn refused_messages_are_kept_and_released(store: &dyn Store) {
    let told = refused("Q1", Some("LAB1"));
    commit(
        store,
        &Batch {
            quarantined: vec![told, refused("Q2", None)],
            ..Batch::default()
        },
    );
    let asked = |filter| store.quarantine(&filter, &whole()).expect("listed");
    let list = |open_only| {
        asked(QuarantineFilter {
            open_only,
            ..QuarantineFilter::default()
        })
    };
    assert_eq!(ids(&list(true)), ["Q1", "Q2"], "oldest first");
    assert!(
        list(true).items[0].item.raw.reveal().is_empty(),
        "lists do not open what came"
    );
    let of_lab = asked(QuarantineFilter {
        lab_id: Some(lab("LAB1")),
        open_only: true,
        ..QuarantineFilter::default()
    });
    assert_eq!(ids(&of_lab), ["Q1"]);
    let about = |id: &str| {
        asked(QuarantineFilter {
            about: Some(id.into()),
            ..QuarantineFilter::default()
        })
    };
    assert_eq!(ids(&about("K1")), ["Q1", "Q2"]);
    assert!(about("K2").items.is_empty());
    let from = |source: &str, name: &str| {
        asked(QuarantineFilter {
            source: Some(source.into()),
            name: Some(name.into()),
            ..QuarantineFilter::default()
        })
    };
    let sample = refused("Q1", None);
    assert_eq!(ids(&from(&sample.source, &sample.name)), ["Q1", "Q2"]);
    assert!(from(&sample.source, "other").items.is_empty());
    assert!(from("other", &sample.name).items.is_empty());

    let kept = store.quarantined("Q1").expect("read").expect("there");
    assert_eq!(
        kept,
        QuarantineRow {
            item: refused("Q1", Some("LAB1")),
            open: true,
            became: None,
        }
    );
    assert_eq!(store.quarantined("Q9").expect("read"), None);

    let errors = r#"{"code":"in_past"}"#;
    store.refuse_again("Q1", errors).expect("noted");
    assert!(store.release("Q1", "event-1").expect("released"));
    assert!(!store.release("Q1", "event-2").expect("asked"), "only once");
    assert!(!store.release("Q9", "event-1").expect("asked"));
    store.refuse_again("Q1", "{}").expect("asked");
    let dealt_with = store.quarantined("Q1").expect("read").expect("there");
    assert_eq!(dealt_with.became.as_deref(), Some("event-1"));
    assert_eq!(
        dealt_with.item.errors, errors,
        "what is done stays as it is"
    );
    assert_eq!(ids(&list(true)), ["Q2"]);
    assert_eq!(ids(&list(false)), ["Q1", "Q2"]);
}
