//! Series of pickups, seen through a server whose clock was set: 2025 in New York.

use serde_json::{Value, json};

use crate::harness::{Client, Server, Start, texts, with};

const NAME: &str = "PickupRequested";
/// A Wednesday.
const NOW: &str = "2025-01-15T12:00:00Z";

fn new_york() -> Server {
    Start::new()
        .now(NOW)
        .env("PONTIC_DEFAULT_TIME_ZONE", "America/New_York")
        .go()
}

/// 09:00 to 11:00 in New York in winter, on the 20th of January (a Monday).
fn request(id: &str, more: Value) -> Value {
    let base = json!({
        "pickupId": id, "clinicId": "C1", "labId": "L", "windowStart": "2025-01-20T14:00:00Z", "windowEnd": "2025-01-20T16:00:00Z",
    });
    with(base, more)
}

fn dates(result: &Value) -> Vec<String> {
    texts(&result["occurrences"], "windowStart")
        .iter()
        .map(|time| time[..10].to_owned())
        .collect()
}

fn of_series(admin: &Client, id: &str) -> Vec<Value> {
    let all = admin.all("/v1/pickups?labId=L");
    let prefix = format!("{id}~");
    let belongs = |pickup: &&Value| {
        pickup["pickupId"]
            .as_str()
            .is_some_and(|own| own == id || own.starts_with(&prefix))
            && pickup["status"] != "cancelled"
    };
    all.iter().filter(belongs).cloned().collect()
}

#[test]
fn weekly_at_nine_in_new_york_stays_at_nine_across_both_changes() {
    let server = Start::new()
        .now("2025-10-01T12:00:00Z")
        .env("PONTIC_DEFAULT_TIME_ZONE", "America/New_York")
        .go();
    let admin = server.admin();
    for (id, start, end, changes) in [
        // Back an hour on the 2nd of November: 13:00Z becomes 14:00Z.
        (
            "autumn",
            "2025-10-20T13:00:00Z",
            "2025-10-20T15:00:00Z",
            ("2025-10-27T13:00:00Z", "2025-11-03T14:00:00Z"),
        ),
        // Forth an hour on the 8th of March.
        (
            "spring",
            "2026-02-23T14:00:00Z",
            "2026-02-23T16:00:00Z",
            ("2026-03-02T14:00:00Z", "2026-03-09T13:00:00Z"),
        ),
    ] {
        let given = request(
            id,
            json!({ "windowStart": start, "windowEnd": end, "recurrence": { "frequency": "weekly" } }),
        );
        let result = admin.event(NAME, &given).result();
        let starts = texts(&result["occurrences"], "windowStart");
        assert_eq!(starts[0], start);
        let place = starts
            .iter()
            .position(|start| start == changes.0)
            .expect("before the change");
        assert_eq!(starts[place + 1], changes.1);
        let ends = texts(&result["occurrences"], "windowEnd");
        let hour = |time: &str| time[11..13].parse::<u32>().expect("an hour");
        assert!(
            starts
                .iter()
                .zip(&ends)
                .all(|(start, end)| hour(end) == hour(start) + 2),
            "two hours long throughout"
        );
    }
}

#[test]
fn occurrences_reach_90_days_beyond_the_first() {
    let server = new_york();
    let result = server
        .admin()
        .event(NAME, &request("S", json!({ "recurrence": "weekly" })))
        .result();
    let ids = texts(&result["occurrences"], "pickupId");
    // The 20th of January and 90 days: the 20th of April; the last Monday is the 14th.
    assert_eq!(
        (
            ids.len(),
            ids[0].as_str(),
            ids[1].as_str(),
            ids[12].as_str()
        ),
        (13, "S", "S~2025-01-27", "S~2025-04-14")
    );
    assert_eq!(result["pickupId"], "S");
    assert!(result["seriesId"].is_string());
    let all = of_series(&server.admin(), "S");
    assert_eq!(all.len(), 13);
    assert!(
        all.iter()
            .all(|pickup| pickup["seriesId"] == result["seriesId"])
    );
    let number = |pickup: &Value| pickup["confirmationNum"].to_string();
    assert_ne!(number(&all[0]), number(&all[1]));
}

#[test]
fn recurrence_in_all_its_spellings() {
    let server = new_york();
    let admin = server.admin();
    let spelled = [
        ("A", json!({ "recurrence": "Weekly" })),
        ("B", json!({ "recurring": "WEEKLY" })),
        ("C", json!({ "recurring": { "frequency": "weekly" } })),
        (
            "D",
            json!({ "recurrence": { "frequency": "wEEkly", "daysOfWeek": ["mo"] } }),
        ),
        (
            "E",
            json!({ "recurrence": { "frequency": "daily", "daysOfWeek": ["MO"] } }),
        ),
        ("F", json!({ "recurrence": null, "recurring": "weekly" })),
    ];
    for (id, more) in spelled {
        let result = admin.event(NAME, &request(id, more)).result();
        assert_eq!(
            dates(&result)[..3],
            ["2025-01-20", "2025-01-27", "2025-02-03"],
            "{id}"
        );
    }
}

#[test]
fn rules_of_series() {
    let server = new_york();
    let admin = server.admin();
    for (id, rule, expected) in [
        (
            "A",
            json!({ "frequency": "daily", "count": 3 }),
            vec!["2025-01-20", "2025-01-21", "2025-01-22"],
        ),
        (
            "B",
            json!({ "frequency": "biweekly", "until": "2025-03-03" }),
            vec!["2025-01-20", "2025-02-03", "2025-02-17", "2025-03-03"],
        ),
        (
            "C",
            json!({ "frequency": "weekly", "daysOfWeek": ["MO", "TH"], "count": 3 }),
            vec!["2025-01-20", "2025-01-23", "2025-01-27"],
        ),
        (
            "D",
            json!({ "frequency": "daily", "skipWeekends": true, "until": "2025-01-28" }),
            vec![
                "2025-01-20",
                "2025-01-21",
                "2025-01-22",
                "2025-01-23",
                "2025-01-24",
                "2025-01-27",
                "2025-01-28",
            ],
        ),
        (
            "E",
            json!({ "frequency": "weekly", "skipDates": ["2025-01-27"], "until": "2025-02-10" }),
            vec!["2025-01-20", "2025-02-03", "2025-02-10"],
        ),
    ] {
        let result = admin
            .event(NAME, &request(id, json!({ "recurrence": rule })))
            .result();
        assert_eq!(dates(&result), expected, "{id}");
    }
}

#[test]
fn one_occurrence_is_moved_or_cancelled_alone() {
    let server = new_york();
    let admin = server.admin();
    admin
        .event(
            NAME,
            &request(
                "S",
                json!({ "recurrence": { "frequency": "weekly", "count": 5 } }),
            ),
        )
        .result();
    let moved = admin
        .patch(
            "/v1/pickups/S~2025-01-27",
            &json!({ "windowStart": "2025-01-28T14:00:00Z" }),
        )
        .expect(200);
    assert_eq!(
        (&moved["windowEnd"], &moved["pickupId"]),
        (&json!("2025-01-28T16:00:00Z"), &json!("S~2025-01-27"))
    );
    admin.delete("/v1/pickups/S~2025-02-03").expect(200);
    let starts = texts(&json!(of_series(&admin, "S")), "windowStart");
    assert_eq!(
        starts,
        [
            "2025-01-20T14:00:00Z",
            "2025-01-28T14:00:00Z",
            "2025-02-10T14:00:00Z",
            "2025-02-17T14:00:00Z"
        ]
    );
}

#[test]
fn following_means_the_rest_of_the_series() {
    let server = new_york();
    let admin = server.admin();
    admin
        .event(
            NAME,
            &request(
                "S",
                json!({ "recurrence": { "frequency": "weekly", "count": 6 } }),
            ),
        )
        .result();
    let change = json!({ "windowStart": "2025-02-03T15:00:00Z", "windowEnd": "2025-02-03T16:00:00Z", "packageCount": 4 });
    admin
        .patch("/v1/pickups/S~2025-02-03?following=true", &change)
        .expect(200);
    let starts = texts(&json!(of_series(&admin, "S")), "windowStart");
    let expected = [
        "2025-01-20T14:00:00Z",
        "2025-01-27T14:00:00Z",
        "2025-02-03T15:00:00Z",
        "2025-02-10T15:00:00Z",
        "2025-02-17T15:00:00Z",
        "2025-02-24T15:00:00Z",
    ];
    assert_eq!(starts, expected);
    assert_eq!(of_series(&admin, "S")[5]["packageCount"], 4);
    admin
        .delete("/v1/pickups/S~2025-02-17?following=true")
        .expect(200);
    assert_eq!(of_series(&admin, "S").len(), 4);
    let cancel = json!({ "pickupId": "S", "clinicId": "C1", "labId": "L" });
    admin.event("PickupCancelled", &cancel).result();
    assert!(of_series(&admin, "S").is_empty());
}

#[test]
fn a_series_asked_for_again_is_a_duplicate_and_a_changed_one_is_changed() {
    let server = new_york();
    let admin = server.admin();
    let given = request(
        "S",
        json!({ "recurrence": { "frequency": "weekly", "count": 4 } }),
    );
    let first = admin.event(NAME, &given).expect(200);
    let again = admin.event(NAME, &given).expect(200);
    assert_eq!(
        (&again["status"], &again["result"]),
        (&json!("duplicate"), &first["result"])
    );
    let shorter = request(
        "S",
        json!({ "recurrence": { "frequency": "weekly", "count": 2 } }),
    );
    assert_eq!(
        dates(&admin.event(NAME, &shorter).result()),
        ["2025-01-20", "2025-01-27"]
    );
    assert_eq!(of_series(&admin, "S").len(), 2);
    let single = request("S", json!({}));
    assert_eq!(admin.event(NAME, &single).result().get("seriesId"), None);
    assert_eq!(of_series(&admin, "S").len(), 1);
}

#[test]
fn rush_of_a_later_occurrence_is_announced_when_it_comes_within_a_day() {
    let server = new_york();
    let admin = server.admin();
    // The clock stands at 12:00 on the 15th; the second occurrence is on the 16th, 13 hours from now.
    let given = request(
        "S",
        json!({
            "windowStart": "2025-01-15T13:00:00Z", "windowEnd": "2025-01-15T14:00:00Z", "isRush": true,
            "recurrence": { "frequency": "daily", "count": 4 },
        }),
    );
    admin.event(NAME, &given).result();
    let rushed = |admin: &Client| {
        let alerts = admin.all("/v1/alerts?labId=L");
        let rushed = alerts.iter().filter(|alert| alert["type"] == "RUSH_ALERT");
        rushed
            .filter_map(|alert| alert["pickupId"].as_str().map(str::to_owned))
            .collect::<Vec<_>>()
    };
    assert_eq!(rushed(&admin), ["S"]);
    let left = server.kill();
    // Two hours later the second one is less than a day away, which nobody had to say.
    let server = left
        .again()
        .now("2025-01-15T14:00:00Z")
        .env("PONTIC_DEFAULT_TIME_ZONE", "America/New_York")
        .go();
    let found =
        crate::harness::eventually(|| Some(rushed(&server.admin())).filter(|ids| ids.len() > 1));
    assert_eq!(found, ["S~2025-01-16", "S"]);
}

#[test]
fn a_series_is_topped_up_as_time_goes_by() {
    let server = new_york();
    server
        .admin()
        .event(NAME, &request("S", json!({ "recurrence": "weekly" })))
        .result();
    let left = server.kill();
    let server = left
        .again()
        .now("2025-02-10T12:00:00Z")
        .env("PONTIC_DEFAULT_TIME_ZONE", "America/New_York")
        .go();
    // The 10th of February and 90 days: the 11th of May.
    let last = crate::harness::eventually(|| {
        let all = of_series(&server.admin(), "S");
        all.last()
            .map(|last| last["pickupId"].clone())
            .filter(|id| id != "S~2025-04-14")
    });
    assert_eq!(last, "S~2025-05-05");
}
