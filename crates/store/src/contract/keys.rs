//! Loading facts.

use pontic_core::facts::{Found, Key};
use pontic_core::id::{ClinicId, DeliveryId};
use pontic_core::phi::Phi;
use pontic_core::record::{Entity, Kind, Record};
use pontic_core::state::DeliveryStatus;

use super::sample::{DAY, case, commit, delivery, lab, new, of_records, pickup};
use crate::Store;

fn load(store: &dyn Store, key: &Key) -> Found {
    let loaded = store.load(std::slice::from_ref(key)).expect("loaded");
    let (asked, found) = loaded.into_iter().next().expect("an answer");
    assert_eq!(&asked, key);
    found
}

fn ids<const N: usize>(ids: [&str; N]) -> Found {
    Found::Ids(ids.map(str::to_owned).to_vec())
}

fn in_delivery(id: &str, delivery: &str) -> (Option<u64>, Record) {
    let mut case = case(id);
    case.delivery_id = Some(DeliveryId::known(delivery));
    new(case)
}

pub fn committed_records_are_found(store: &dyn Store) {
    let pickup = pickup("P1", "226");
    let identity = pickup.identity().digest();
    let mut elsewhere = case("A");
    elsewhere.lab_id = lab("LAB2");
    let records = [
        new(case("X")),
        in_delivery("B", "D1"),
        in_delivery("A", "D1"),
        new(elsewhere),
        new(pickup.clone()),
    ];
    commit(store, &of_records(records));

    let keys = [
        Key::of::<pontic_core::delivery::Case>(&lab("LAB1"), "X"),
        Key::Identity(Kind::Pickup, identity),
        Key::Parts(Kind::Case, lab("LAB1"), "D1".into()),
        Key::Labs(Kind::Case, "A".into()),
    ];
    let expected = [
        Found::Record(Some(case("X").into_record())),
        Found::Record(Some(pickup.into_record())),
        ids(["B", "A"]),
        ids(["LAB1", "LAB2"]),
    ];
    let loaded = store.load(&keys).expect("loaded");
    assert_eq!(loaded, keys.into_iter().zip(expected).collect::<Vec<_>>());
}

pub fn open_work_is_found(store: &dyn Store) {
    let clinic = ClinicId::known("C1");
    let open_delivery = || load(store, &Key::OpenDelivery(lab("LAB1"), clinic.clone(), DAY));
    let open_at = |kind| load(store, &Key::OpenAt(kind, lab("LAB1"), clinic.clone()));
    commit(
        store,
        &of_records([
            new(delivery("D1", "C1")),
            new(delivery("D2", "C2")),
            new(pickup("P1", "226")),
        ]),
    );
    assert_eq!(open_delivery(), ids(["D1"]));
    assert_eq!(open_at(Kind::Delivery), ids(["D1"]));
    assert_eq!(open_at(Kind::Pickup), ids(["P1"]));

    let mut cancelled = delivery("D1", "C1");
    cancelled.status = DeliveryStatus::Cancelled;
    cancelled.version = 2;
    commit(store, &of_records([(Some(1), cancelled.into_record())]));
    assert_eq!(open_delivery(), ids([]));
    assert_eq!(open_at(Kind::Delivery), ids([]));

    commit(store, &of_records([new(delivery("D3", "C1"))]));
    assert_eq!(open_delivery(), ids(["D3"]));
}

pub fn patient_data_comes_back(store: &dyn Store) {
    commit(store, &of_records([new(case("X"))]));
    let found = store.get(Kind::Case, None, "X").expect("read");
    assert_eq!(found, [case("X").into_record()]);

    let mut erased = case("X");
    erased.version = 2;
    erased.private = Phi::default();
    commit(
        store,
        &of_records([(Some(1), erased.clone().into_record())]),
    );
    assert_eq!(
        store
            .get(Kind::Case, Some(&lab("LAB1")), "X")
            .expect("read"),
        [erased.into_record()]
    );
}

pub fn absent_keys_are_nothing(store: &dyn Store) {
    commit(store, &of_records([new(case("X"))]));
    for kind in Kind::ALL {
        assert_eq!(
            load(store, &Key::Record(*kind, lab("LAB2"), "X".into())),
            Found::Record(None),
            "{kind}"
        );
        assert_eq!(
            load(store, &Key::Identity(*kind, [1; 16])),
            Found::Record(None),
            "{kind}"
        );
        assert_eq!(
            load(store, &Key::Parts(*kind, lab("LAB1"), "Y".into())),
            ids([]),
            "{kind}"
        );
        assert_eq!(
            load(
                store,
                &Key::OpenAt(*kind, lab("LAB1"), ClinicId::known("C1"))
            ),
            ids([]),
            "{kind}"
        );
        assert_eq!(
            load(store, &Key::Labs(*kind, "Y".into())),
            ids([]),
            "{kind}"
        );
    }
    assert_eq!(
        load(
            store,
            &Key::OpenDelivery(lab("LAB1"), ClinicId::known("C1"), DAY)
        ),
        ids([])
    );
}
