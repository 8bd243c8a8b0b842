//! Pickups: windows, what is recognised as the same, updates and locks.

use serde_json::{Value, json};

use crate::harness::{Server, Start, after_hours, date_in, fresh, pickup, shared, texts, with};

const NAME: &str = "PickupRequested";

#[test]
fn a_pickup_is_requested_and_confirmed() {
    let (server, lab) = (shared(), fresh("L"));
    let given = with(
        pickup(&lab, "C1", "P1", 30),
        json!({ "packageCount": 3, "requestedBy": { "userId": "u-1", "name": "Bob", "phone": "555-1234" }, "notes": "back door", "metadata": { "a": 1 } }),
    );
    let result = server.admin().event(NAME, &given).result();
    let expected = json!({
        "id": result["id"], "pickupId": "P1", "labId": lab, "clinicId": "C1", "status": "requested",
        "windowStart": given["windowStart"], "windowEnd": given["windowEnd"], "isRush": false, "packageCount": 3,
        "confirmationNum": result["confirmationNum"],
    });
    assert_eq!(result, expected);
    let number = result["confirmationNum"].as_str().expect("a text");
    assert!(number.len() == 13 && number.starts_with("PN-"), "{number}");
    let log = server
        .admin()
        .all(&format!("/v1/events?labId={lab}&direction=out"));
    assert_eq!(
        (&log[0]["type"], &log[0]["source"]),
        (&json!("PickupConfirmed"), &json!("logistics.pickup"))
    );
    let by_ours = server
        .admin()
        .get(&format!(
            "/v1/pickups/{}",
            result["id"].as_str().expect("an id")
        ))
        .expect(200);
    assert_eq!(
        (&by_ours["notes"], &by_ours["requestedBy"]["phone"]),
        (&json!("back door"), &json!("555-1234"))
    );
    assert_eq!(by_ours["metadata"], json!({ "a": 1 }));
}

/// The number that the contract's rule gives, worked out apart from the program.
#[test]
fn the_confirmation_number_follows_from_lab_source_clinic_and_id() {
    let server = Start::new().go();
    let result = server
        .admin()
        .event(NAME, &pickup("LAB001", "CLI-001", "PU-1", 30))
        .result();
    assert_eq!(
        result["confirmationNum"],
        confirmation("LAB001\ncrm.portal\nCLI-001\nPU-1")
    );
}

fn confirmation(text: &str) -> String {
    use sha2::{Digest, Sha256};
    let digits = b"0123456789ABCDEFGHJKMNPQRSTVWXYZ";
    let hash = Sha256::digest(text.as_bytes());
    let mut bits = hash
        .iter()
        .flat_map(|byte| (0..8).rev().map(move |bit| byte >> bit & 1));
    let digit = |bits: &mut dyn Iterator<Item = u8>| {
        bits.take(5).fold(0, |sum, bit| sum * 2 + usize::from(bit))
    };
    let number: String = (0..10)
        .map(|_| char::from(digits[digit(&mut bits)]))
        .collect();
    format!("PN-{number}")
}

#[test]
fn windows_are_checked() {
    let server = shared();
    let window = |start: &str, end: &str| {
        let given = with(
            pickup("W", "C1", &fresh("P"), 0),
            json!({ "windowStart": start, "windowEnd": end }),
        );
        let answer = server.admin().event(NAME, &given);
        assert!(
            answer.status == 200 || answer.status == 422,
            "{}",
            answer.text
        );
        answer.faults()
    };
    let at = after_hours;
    let fault = |field: &str, reason: &str| vec![(format!("detail.{field}"), reason.to_owned())];
    assert_eq!(window(&at(2), &at(2)), fault("windowEnd", "out_of_range"));
    assert_eq!(window(&at(3), &at(2)), fault("windowEnd", "out_of_range"));
    assert_eq!(window(&at(2), &at(27)), fault("windowEnd", "out_of_range"));
    assert_eq!(window(&at(2), &at(26)), []);
    assert_eq!(window(&at(-27), &at(-25)), fault("windowEnd", "in_past"));
    assert_eq!(
        window(&at(-40), &at(-20)),
        [],
        "it ended less than a day ago"
    );
    assert_eq!(
        window(&at(367 * 24), &at(367 * 24 + 1)),
        fault("windowStart", "too_far")
    );
    assert_eq!(window(&at(365 * 24), &at(365 * 24 + 1)), []);
    let both = [
        fault("windowStart", "too_far"),
        fault("windowEnd", "out_of_range"),
    ]
    .concat();
    assert_eq!(window(&at(400 * 24), &at(399 * 24)), both);
    assert_eq!(
        window("2026-01-20", &at(2)),
        fault("windowStart", "missing_time")
    );
    assert_eq!(
        window("2026-01-20T10:00:00", &at(2)),
        fault("windowStart", "missing_offset")
    );
    assert_eq!(
        window("2026-02-30T10:00:00Z", "soon"),
        [
            fault("windowStart", "invalid_datetime"),
            fault("windowEnd", "invalid_format")
        ]
        .concat()
    );
}

#[test]
fn all_other_fields_are_checked_too() {
    let given = with(
        pickup("W", "C1", "P1", 3),
        json!({
            "requestedBy": { "name": 7, "phone": "x".repeat(41) }, "requestTime": "now", "packageCount": 100, "isRush": "no",
            "notes": "a\u{7}b", "metadata": [], "recurrence": { "frequency": "hourly", "count": 367, "daysOfWeek": ["XX"], "skipDates": ["soon"] },
        }),
    );
    let answer = shared().admin().event(NAME, &given);
    answer.refused(422, "validation_failed");
    let expected = [
        ("requestedBy.name", "invalid_type"),
        ("requestedBy.phone", "too_long"),
        ("requestTime", "invalid_format"),
        ("packageCount", "out_of_range"),
        ("isRush", "invalid_type"),
        ("notes", "invalid_char"),
        ("metadata", "invalid_type"),
        ("recurrence.frequency", "unknown_value"),
        ("recurrence.count", "out_of_range"),
        ("recurrence.daysOfWeek[0]", "unknown_value"),
        ("recurrence.skipDates[0]", "invalid_format"),
    ];
    let expected = expected.map(|(field, reason)| (format!("detail.{field}"), reason.to_owned()));
    assert_eq!(answer.faults(), expected);
}

#[test]
fn again_with_the_same_content_is_a_duplicate_and_with_other_content_an_update() {
    let (server, lab) = (shared(), fresh("L"));
    let admin = server.admin();
    let given = with(pickup(&lab, "C1", "P1", 30), json!({ "notes": "ring" }));
    let first = admin.event(NAME, &given).expect(200);
    let later = with(given.clone(), json!({ "requestTime": after_hours(-1) }));
    for same in [&given, &later] {
        let again = admin.event(NAME, same).expect(200);
        assert_eq!(
            (&again["status"], &again["result"]),
            (&json!("duplicate"), &first["result"])
        );
    }
    for more in [
        json!({ "packageCount": 9 }),
        json!({ "notes": "knock", "packageCount": 9 }),
        json!({ "windowEnd": after_hours(33), "packageCount": 9 }),
    ] {
        let changed = admin.event(NAME, &with(given.clone(), more)).expect(200);
        assert_eq!(
            (&changed["status"], &changed["result"]["packageCount"]),
            (&json!("processed"), &json!(9))
        );
        assert_eq!(changed["result"]["id"], first["result"]["id"]);
    }
    let list = admin.all(&format!("/v1/pickups?labId={lab}"));
    assert_eq!(
        (list.len(), &list[0]["windowEnd"]),
        (1, &json!(after_hours(33)))
    );
}

#[test]
fn two_clinics_and_two_senders_may_use_one_pickup_id() {
    let (server, lab) = (shared(), fresh("L"));
    let admin = server.admin();
    admin.event(NAME, &pickup(&lab, "C1", "226", 30)).result();
    admin.event(NAME, &pickup(&lab, "C2", "226", 30)).result();
    let other = json!({ "source": "crm.other", "detailType": NAME, "detail": pickup(&lab, "C1", "226", 30) });
    admin.post("/v1/events", &other).result();
    let all = admin.all(&format!("/v1/pickups?labId={lab}&pickupId=226"));
    assert_eq!(all.len(), 3);
    admin
        .get(&format!("/v1/pickups/226?labId={lab}"))
        .refused(409, "ambiguous_id");
    admin
        .get(&format!("/v1/pickups/226?labId={lab}&clinicId=C1"))
        .refused(409, "ambiguous_id");
    let one = admin
        .get(&format!("/v1/pickups/226?labId={lab}&clinicId=C2"))
        .expect(200);
    assert_eq!(one["clinicId"], "C2");
    let ours = all[2]["id"].as_str().expect("an id");
    assert_eq!(
        admin.get(&format!("/v1/pickups/{ours}")).expect(200)["id"],
        all[2]["id"]
    );
}

#[test]
fn rush_is_announced_once_per_request() {
    let (server, lab) = (shared(), fresh("L"));
    let admin = server.admin();
    let rush = with(pickup(&lab, "C1", "P1", 30), json!({ "isRush": true }));
    for count in [1, 2, 3] {
        admin
            .event(NAME, &with(rush.clone(), json!({ "packageCount": count })))
            .result();
    }
    let alerts = admin.all(&format!("/v1/alerts?labId={lab}"));
    let rushed = alerts
        .iter()
        .filter(|alert| alert["type"] == "RUSH_ALERT")
        .count();
    assert_eq!(rushed, 1);
}

#[test]
fn a_pickup_is_cancelled_by_its_sender() {
    let (server, lab) = (shared(), fresh("L"));
    let admin = server.admin();
    admin.event(NAME, &pickup(&lab, "C1", "P1", 30)).result();
    let cancel = json!({ "pickupId": "P1", "clinicId": "C1", "labId": lab });
    assert_eq!(
        admin.event("PickupCancelled", &cancel).result()["status"],
        "cancelled"
    );
    assert_eq!(
        admin.event("PickupCancelled", &cancel).expect(200)["status"],
        "duplicate"
    );
    let other = with(cancel, json!({ "pickupId": "P2" }));
    admin
        .event("PickupCancelled", &other)
        .refused(422, "unknown_pickup");
    let out = admin.all(&format!("/v1/events?labId={lab}&direction=out"));
    assert_eq!(
        texts(&json!(out), "type"),
        ["PickupConfirmed", "PickupCancelled"]
    );
}

#[test]
fn patch_moves_and_delete_cancels_one() {
    let (server, lab) = (shared(), fresh("L"));
    let desk = server.role("dispatcher", &lab);
    server
        .admin()
        .event(NAME, &pickup(&lab, "C1", "P1", 30))
        .result();
    let moved = desk
        .patch(
            "/v1/pickups/P1",
            &json!({ "windowStart": after_hours(50), "packageCount": 2 }),
        )
        .expect(200);
    let seen = json!([
        moved["windowStart"],
        moved["windowEnd"],
        moved["packageCount"]
    ]);
    assert_eq!(
        seen,
        json!([after_hours(50), after_hours(52), 2]),
        "its length stays"
    );
    let bad = desk.patch(
        "/v1/pickups/P1",
        &json!({ "windowStart": after_hours(50), "windowEnd": after_hours(49) }),
    );
    assert_eq!(
        (bad.status, bad.faults()),
        (
            400,
            vec![("windowEnd".to_owned(), "out_of_range".to_owned())]
        )
    );
    assert_eq!(
        desk.delete("/v1/pickups/P1").expect(200)["status"],
        "cancelled"
    );
    assert_eq!(
        desk.delete("/v1/pickups/P1").expect(200)["status"],
        "cancelled"
    );
    desk.patch("/v1/pickups/P1", &json!({ "packageCount": 3 }))
        .refused(409, "pickup_locked");
    assert_eq!(desk.delete("/v1/pickups/nothing").status, 404);
}

/// Drives a route with that pickup on it until the pickup is in the van.
fn fetch(server: &Server, lab: &str, id: &str) -> Value {
    let route = json!({ "labId": lab, "driverId": "D-1", "date": date_in(0), "stops": [{ "clinicId": "C1", "pickupIds": [id] }] });
    let route = server.admin().post("/v1/routes", &route).expect(201);
    let (route_id, stop) = (
        route["id"].as_str().expect("an id"),
        route["stops"][0]["id"].as_str().expect("an id"),
    );
    server
        .admin()
        .post(
            &format!("/v1/routes/{route_id}/start?labId={lab}"),
            &json!({}),
        )
        .expect(200);
    server
        .admin()
        .post(
            &format!("/v1/stops/{stop}/complete?labId={lab}"),
            &json!({}),
        )
        .expect(200);
    route
}

#[test]
fn what_was_picked_up_is_locked() {
    let (server, lab) = (shared(), fresh("L"));
    let admin = server.admin();
    let given = pickup(&lab, "C1", "P1", 3);
    admin.event(NAME, &given).result();
    let route = fetch(&server, &lab, "P1");
    assert_eq!(
        admin.event(NAME, &given).expect(200)["result"]["status"],
        "picked_up",
        "the same again is a duplicate"
    );
    let changed = with(given, json!({ "packageCount": 5 }));
    admin.event(NAME, &changed).refused(409, "pickup_locked");
    let cancel = json!({ "pickupId": "P1", "clinicId": "C1", "labId": lab });
    admin
        .event("PickupCancelled", &cancel)
        .refused(409, "pickup_locked");
    admin
        .delete(&format!("/v1/pickups/P1?labId={lab}"))
        .refused(409, "pickup_locked");
    let id = route["id"].as_str().expect("an id");
    admin
        .post(&format!("/v1/routes/{id}/finish?labId={lab}"), &json!({}))
        .expect(200);
    assert_eq!(
        admin
            .get(&format!("/v1/pickups/P1?labId={lab}"))
            .expect(200)["status"],
        "at_lab"
    );
}

#[test]
fn limits_of_windows_can_be_configured() {
    let server = Start::new()
        .env("PONTIC_LIMITS__MAX_PAST_HOURS", "2")
        .env("PONTIC_LIMITS__MAX_FUTURE_DAYS", "3")
        .go();
    let given = |start: i64| pickup("L", "C1", &fresh("P"), start);
    assert_eq!(
        server.admin().event(NAME, &given(-5)).faults()[0].1,
        "in_past"
    );
    assert_eq!(
        server.admin().event(NAME, &given(80)).faults()[0].1,
        "too_far"
    );
    server.admin().event(NAME, &given(60)).result();
}
