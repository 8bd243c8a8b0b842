//! Contract 3.2: pickups that recur.

use jiff::ToSpan;
use jiff::civil::Date;
use pontic_core::directory::Clinic;
use pontic_core::event::{ClinicSet, PickupMoved, PickupRequested};
use pontic_core::id::ClinicId;
use pontic_core::phi::Phi;
use pontic_core::pickup::{Pickup, Series};
use pontic_core::recurrence::{Frequency, Recurrence};
use pontic_core::state::PickupStatus;
use pontic_core::time::Day;

use crate::events::*;
use crate::harness::{Bench, at, day};

/// Tuesday 14 January, nine to ten.
fn series(recurrence: Recurrence) -> PickupRequested {
    PickupRequested {
        recurrence: Some(recurrence),
        ..pickup("P1", "A", "2025-01-14T09:00:00Z", "2025-01-14T10:00:00Z")
    }
}

fn weekly(count: u32) -> Recurrence {
    Recurrence {
        count: Some(count),
        ..every(Frequency::Weekly)
    }
}

/// What is still to be fetched: pickup ids and starts, in order.
fn ahead(bench: &Bench) -> Vec<(String, String)> {
    let mut pickups = bench.all::<Pickup>();
    pickups.retain(|pickup| pickup.status.is_changeable());
    pickups.sort_by_key(|pickup| pickup.window.start);
    let pair = |pickup: Pickup| (pickup.pickup_id, pickup.window.start.to_string());
    pickups.into_iter().map(pair).collect()
}

fn dates(bench: &Bench) -> Vec<String> {
    let starts = ahead(bench).into_iter();
    starts.map(|(_, start)| start[..10].to_owned()).collect()
}

fn made(recurrence: Recurrence) -> Vec<String> {
    let mut bench = Bench::new();
    bench.send(series(recurrence));
    dates(&bench)
}

#[test]
fn the_first_keeps_its_id_and_the_others_get_their_dates() {
    let mut bench = Bench::new();
    let done = bench.send(series(weekly(3)));
    assert!(done.result["seriesId"].is_string());
    let shown: Vec<_> = done.result["occurrences"]
        .as_array()
        .expect("a list")
        .iter()
        .collect();
    let ids: Vec<_> = shown
        .iter()
        .map(|one| one["pickupId"].as_str().expect("a text"))
        .collect();
    assert_eq!(ids, ["P1", "P1~2025-01-21", "P1~2025-01-28"]);
    assert_eq!(shown[2]["windowStart"], "2025-01-28T09:00:00Z");
    assert_eq!(shown[2]["windowEnd"], "2025-01-28T10:00:00Z");
    let numbers: std::collections::BTreeSet<_> = bench
        .all::<Pickup>()
        .into_iter()
        .map(|one| one.confirmation_num)
        .collect();
    assert_eq!(numbers.len(), 3);
    assert!(bench.send(series(weekly(3))).idle);
}

#[test]
fn rules_end_and_skip() {
    let until = Recurrence {
        until: Some(day("2025-01-28")),
        ..every(Frequency::Weekly)
    };
    assert_eq!(made(until), ["2025-01-14", "2025-01-21", "2025-01-28"]);
    let days = Recurrence {
        days_of_week: vec![Day::Tuesday, Day::Friday],
        count: Some(3),
        ..every(Frequency::Weekly)
    };
    assert_eq!(made(days), ["2025-01-14", "2025-01-17", "2025-01-21"]);
    let weekdays = Recurrence {
        skip_weekends: true,
        until: Some(day("2025-01-20")),
        ..every(Frequency::Daily)
    };
    assert_eq!(
        made(weekdays),
        [
            "2025-01-14",
            "2025-01-15",
            "2025-01-16",
            "2025-01-17",
            "2025-01-20"
        ]
    );
    let skipping = Recurrence {
        skip_dates: vec![day("2025-01-21")],
        count: Some(2),
        ..every(Frequency::Weekly)
    };
    assert_eq!(made(skipping), ["2025-01-14", "2025-01-28"]);
    let other_weeks = Recurrence {
        count: Some(2),
        ..every(Frequency::Biweekly)
    };
    assert_eq!(made(other_weeks), ["2025-01-14", "2025-01-28"]);
}

fn clinic_in_new_york() -> ClinicSet {
    let clinic = Clinic {
        time_zone: Some("America/New_York".to_owned()),
        ..Clinic::stub(lab(), ClinicId::known("A"))
    };
    ClinicSet {
        clinic,
        expected: None,
        private: Phi::default(),
    }
}

#[test]
fn nine_in_new_york_stays_nine_across_both_changes_of_the_year() {
    let mut bench = Bench::new();
    bench.send(clinic_in_new_york());
    bench.send(PickupRequested {
        recurrence: Some(every(Frequency::Weekly)),
        ..pickup("P1", "A", "2025-01-14T14:00:00Z", "2025-01-14T15:00:00Z")
    });
    bench.wait_until(at("2025-11-20T00:00:00Z"));
    for (id, start, end) in [
        (
            "P1~2025-03-04",
            "2025-03-04T14:00:00Z",
            "2025-03-04T15:00:00Z",
        ),
        (
            "P1~2025-03-11",
            "2025-03-11T13:00:00Z",
            "2025-03-11T14:00:00Z",
        ),
        (
            "P1~2025-10-28",
            "2025-10-28T13:00:00Z",
            "2025-10-28T14:00:00Z",
        ),
        (
            "P1~2025-11-04",
            "2025-11-04T14:00:00Z",
            "2025-11-04T15:00:00Z",
        ),
    ] {
        assert_eq!(bench.pickup(id).window, window(start, end), "{id}");
    }
}

/// The last date that has a pickup.
fn last(bench: &Bench) -> Date {
    let slots = bench
        .all::<Pickup>()
        .into_iter()
        .filter_map(|pickup| pickup.slot);
    slots.max().expect("there are some")
}

#[test]
fn occurrences_reach_ninety_days_after_today_or_after_the_first() {
    let mut bench = Bench::new();
    bench.send(series(every(Frequency::Daily)));
    assert_eq!(last(&bench), day("2025-01-14") + 90.days());
    let mut bench = Bench::new();
    bench.now = at("2025-01-15T08:00:00Z");
    bench.send(series(every(Frequency::Daily)));
    assert_eq!(last(&bench), day("2025-01-15") + 90.days());
}

#[test]
fn they_are_topped_up_day_by_day() {
    let mut bench = Bench::new();
    bench.send(series(every(Frequency::Daily)));
    for date in ["2025-01-16", "2025-01-17", "2025-02-20", "2025-06-01"] {
        bench.wait_until(at(&format!("{date}T00:00:00Z")));
        assert_eq!(last(&bench), day(date) + 90.days());
    }
    assert_eq!(bench.replayed(&[5], true).records, bench.records);
}

#[test]
fn a_weekly_one_is_topped_up_when_its_next_comes_within_the_horizon() {
    let mut bench = Bench::new();
    bench.send(series(every(Frequency::Weekly)));
    // Made until 14 April, a Monday; the next slot is the 15th.
    assert_eq!(last(&bench), day("2025-04-08"));
    let due = bench.deferred.values().next().expect("left for later").due;
    assert_eq!(due, at("2025-01-15T00:00:00Z"));
    bench.wait_until(due);
    assert_eq!(last(&bench), day("2025-04-15"));
    let told = bench.publications.last().expect("published");
    assert_eq!(told.name, "PickupConfirmed");
}

#[test]
fn a_finished_rule_leaves_nothing_for_later() {
    let mut bench = Bench::new();
    bench.send(series(weekly(3)));
    assert!(bench.deferred.is_empty());
}

#[test]
fn one_is_moved_and_the_series_is_not() {
    let mut bench = Bench::new();
    bench.send(series(weekly(3)));
    let second = bench.pickup("P1~2025-01-21").id;
    bench.send(moved(
        &second,
        "2025-01-22T12:00:00Z",
        "2025-01-22T13:00:00Z",
    ));
    assert_eq!(dates(&bench), ["2025-01-14", "2025-01-22", "2025-01-28"]);
    // Another size for all leaves the moved one alone.
    bench.send(PickupRequested {
        package_count: 4,
        ..series(weekly(3))
    });
    assert_eq!(dates(&bench), ["2025-01-14", "2025-01-22", "2025-01-28"]);
    assert_eq!(bench.pickup("P1~2025-01-21").package_count, 1);
    assert_eq!(bench.pickup("P1~2025-01-28").package_count, 4);
}

#[test]
fn the_rest_is_moved_with_it() {
    let mut bench = Bench::new();
    bench.send(clinic_in_new_york());
    bench.send(PickupRequested {
        recurrence: Some(every(Frequency::Weekly)),
        ..pickup("P1", "A", "2025-02-25T14:00:00Z", "2025-02-25T15:00:00Z")
    });
    let second = bench.pickup("P1~2025-03-04").id;
    let change = PickupMoved {
        following: true,
        package_count: Some(2),
        ..moved(&second, "2025-03-05T16:00:00Z", "2025-03-05T18:00:00Z")
    };
    bench.send(change.clone());
    assert!(bench.send(change).idle);
    assert_eq!(bench.pickup("P1").window.start, at("2025-02-25T14:00:00Z"));
    assert_eq!(
        bench.pickup("P1~2025-03-04").window.start,
        at("2025-03-05T16:00:00Z")
    );
    // A day later and at eleven on the wall, also after the clocks changed, and in what is made later.
    let later = window("2025-03-12T15:00:00Z", "2025-03-12T17:00:00Z");
    assert_eq!(bench.pickup("P1~2025-03-11").window, later);
    bench.wait_until(at("2025-04-01T00:00:00Z"));
    let fresh = bench.pickup("P1~2025-06-24");
    assert_eq!(fresh.window.start, at("2025-06-25T15:00:00Z"));
    assert_eq!((fresh.package_count, fresh.date), (2, day("2025-06-25")));
}

#[test]
fn one_is_cancelled_and_stays_so() {
    let mut bench = Bench::new();
    bench.send(series(weekly(3)));
    let second = bench.pickup("P1~2025-01-21").id;
    bench.send(ended(&second, false));
    bench.send(PickupRequested {
        package_count: 4,
        ..series(weekly(3))
    });
    assert_eq!(dates(&bench), ["2025-01-14", "2025-01-28"]);
}

#[test]
fn the_rest_is_cancelled_with_it() {
    let mut bench = Bench::new();
    bench.send(series(every(Frequency::Weekly)));
    let second = bench.pickup("P1~2025-01-21").id;
    bench.send(ended(&second, true));
    assert_eq!(dates(&bench), ["2025-01-14"]);
    assert!(bench.send(ended(&second, true)).idle);
    bench.wait_until(at("2025-06-01T00:00:00Z"));
    assert_eq!(dates(&bench), ["2025-01-14"]);
}

#[test]
fn the_portal_cancels_one_or_all() {
    let mut bench = Bench::new();
    bench.send(series(weekly(4)));
    bench.send(pickup_cancelled("P1~2025-01-21", "A"));
    assert_eq!(dates(&bench), ["2025-01-14", "2025-01-28", "2025-02-04"]);
    bench.send(pickup_cancelled("P1", "A"));
    assert!(dates(&bench).is_empty());
    assert!(bench.send(pickup_cancelled("P1", "A")).idle);
}

#[test]
fn a_changed_rule_remakes_the_series() {
    let mut bench = Bench::new();
    bench.send(series(weekly(3)));
    let third = bench.pickup("P1~2025-01-28").id;
    bench.send(series(Recurrence {
        count: Some(2),
        ..every(Frequency::Biweekly)
    }));
    assert_eq!(dates(&bench), ["2025-01-14", "2025-01-28"]);
    assert_eq!(bench.pickup("P1~2025-01-28").id, third);
    bench.send(series(weekly(3)));
    assert_eq!(dates(&bench), ["2025-01-14", "2025-01-21", "2025-01-28"]);
    assert_eq!(bench.all::<Series>().len(), 1);
}

#[test]
fn from_series_to_single_and_back() {
    let mut bench = Bench::new();
    bench.send(series(weekly(3)));
    let second = bench.pickup("P1~2025-01-21").id;
    let single = PickupRequested {
        recurrence: None,
        ..series(weekly(3))
    };
    let done = bench.send(single.clone());
    assert!(done.result.get("seriesId").is_none());
    assert_eq!(dates(&bench), ["2025-01-14"]);
    for _ in 0..2 {
        bench.send(series(weekly(3)));
        assert_eq!(dates(&bench), ["2025-01-14", "2025-01-21", "2025-01-28"]);
        assert_eq!(bench.pickup("P1~2025-01-21").id, second);
        bench.send(single.clone());
    }
}

#[test]
fn from_single_to_series() {
    let mut bench = Bench::new();
    let single = PickupRequested {
        recurrence: None,
        ..series(weekly(3))
    };
    let id = bench.send(single).result["id"].clone();
    let done = bench.send(series(weekly(2)));
    assert_eq!(done.result["id"], id);
    assert_eq!(dates(&bench), ["2025-01-14", "2025-01-21"]);
}

#[test]
fn a_head_that_is_fetched_does_not_stop_the_rest() {
    let mut bench = Bench::new();
    bench.send(series(weekly(3)));
    let head = bench.pickup("P1").id;
    bench.send(route("R1", "D1", vec![stop_plan("A", &[], &[&head])]));
    bench.send(start("R1"));
    let stop = bench.stops("R1").remove(0).id;
    bench.send(stop_done(&stop, &[]));
    assert_eq!(bench.refuse(series(weekly(4))), "pickup_locked");
    bench.send(pickup_cancelled("P1", "A"));
    assert!(dates(&bench).is_empty());
    assert_eq!(bench.pickup("P1").status, PickupStatus::PickedUp);
}

/// Which occurrences the dispatchers were told to be RUSH, and when it was.
#[test]
fn a_rush_occurrence_is_told_when_it_comes_within_a_day() {
    let mut bench = Bench::new();
    bench.send(PickupRequested {
        is_rush: true,
        ..series(weekly(3))
    });
    let told = |bench: &Bench| {
        let alerts = bench
            .alerts
            .iter()
            .filter(|alert| alert.name == "RUSH_ALERT");
        alerts
            .map(|alert| alert.body["pickupId"].as_str().map(str::to_owned))
            .collect::<Vec<_>>()
    };
    let text = |id: &str| Some(id.to_owned());
    assert_eq!(told(&bench), [text("P1")]);
    bench.wait_until(at("2025-01-20T08:59:59Z"));
    assert_eq!(told(&bench).len(), 1);
    bench.wait_until(at("2025-01-20T09:00:00Z"));
    assert_eq!(told(&bench), [text("P1"), text("P1~2025-01-21")]);
    // One that is called off is not told.
    let third = bench.pickup("P1~2025-01-28").id;
    bench.send(ended(&third, false));
    bench.wait_until(at("2025-02-20T09:00:00Z"));
    assert_eq!(told(&bench).len(), 2);
}

#[test]
fn a_clinic_whose_zone_is_set_later_keeps_its_series_on_that_clock() {
    let mut bench = Bench::new();
    bench.send(PickupRequested {
        recurrence: Some(weekly(10)),
        ..pickup("P1", "A", "2025-02-17T14:00:00Z", "2025-02-17T15:00:00Z")
    });
    bench.send(ClinicSet {
        clinic: Clinic {
            time_zone: Some("America/New_York".to_owned()),
            ..Clinic::stub(lab(), ClinicId::known("A"))
        },
        expected: None,
        private: Phi::default(),
    });
    let starts: Vec<String> = ahead(&bench).into_iter().map(|(_, start)| start).collect();
    assert_eq!(starts[0], "2025-02-17T14:00:00Z");
    assert_eq!(
        starts[3], "2025-03-10T13:00:00Z",
        "nine o'clock there, a change later"
    );
}
