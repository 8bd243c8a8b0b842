//! The page of a clinic that waits for its driver: its link, what it is told, what it may say.

use jiff::{SignedDuration, Timestamp};
use serde_json::{Value, json};

use crate::harness::{Answer, CANARY, DAY, Day, Server, Socket, Start, fix, north, texts, with};

fn ask(server: &Server, link: &str) -> Answer {
    server.nobody().get(&format!("{link}/state"))
}

fn say(server: &Server, link: &str, answer: &Value) -> Answer {
    server.nobody().post(&format!("{link}/answers"), answer)
}

#[test]
fn a_clinic_follows_its_visit_from_the_start_to_the_end() {
    let day = Day::new();
    let (first, second) = (day.link("S-C1"), day.link("S-C2"));
    ask(&day.server, &first).refused(404, "link_early");
    say(&day.server, &first, &json!({ "kind": "lock_box" })).refused(404, "link_early");
    day.start();
    let answer = ask(&day.server, &first);
    assert_eq!(answer.header("cache-control"), "no-store");
    let state = answer.expect(200);
    assert_eq!(
        (&state["state"], &state["stopsBefore"]),
        (&json!("next"), &json!(0))
    );
    assert_eq!(state["labName"], "Smith Dental Lab");
    assert_eq!(state["labPhone"], "+1 503 555 0199");
    assert_eq!(state["clinicName"], "Clinic 1");
    assert_eq!(state["timeZone"], "America/New_York");
    assert_eq!(state["language"], "en");
    assert_eq!(state["bring"], json!({ "deliveries": 1, "packages": 2 }));
    assert_eq!(state["fetch"], json!({ "pickups": 1, "packages": 3 }));
    assert_eq!(state["windowStart"], "2026-03-02T10:00:00Z");
    // Nobody knows where the driver is: what was promised stands in.
    assert_eq!(state["eta"], Value::Null);
    assert_eq!(state["etaTo"], "2026-03-02T12:00:00Z");
    assert_eq!(state["driver"], Value::Null);
    assert_eq!(state["lockBoxAllowed"], true);
    let state = day.state(&second);
    assert_eq!(
        (&state["state"], &state["stopsBefore"]),
        (&json!("coming"), &json!(1))
    );
    assert_eq!(state["lockBoxAllowed"], false);
    day.position(&day.now(), 1_000.0);
    let state = day.state(&first);
    assert!(state["eta"].is_string(), "{state}");
    assert!(state["etaFrom"].as_str() <= state["eta"].as_str());
    assert!(state["eta"].as_str() < state["etaTo"].as_str());
    assert!(state["driver"]["coordinates"]["lat"].is_f64(), "{state}");
    assert_eq!(state["driver"]["heading"], 0.0);
    let state = day.state(&second);
    assert!(state["eta"].is_string());
    assert_eq!(state["driver"], Value::Null, "others come before");
    day.tap("/v1/stops/S-C1/arrive", &json!({}));
    assert_eq!(day.state(&first)["state"], "here");
    day.tap(
        "/v1/stops/S-C1/complete",
        &json!({ "cases": [{ "caseId": "C1-B", "reason": "missing" }] }),
    );
    let state = day.state(&first);
    assert_eq!(state["state"], "done");
    assert_eq!(
        (&state["outcome"]["delivered"], &state["outcome"]["fetched"]),
        (&json!(1), &json!(3))
    );
    assert_eq!(state["eta"], Value::Null);
    assert_eq!(day.state(&second)["state"], "next");
    day.tap("/v1/stops/S-C2/fail", &json!({ "reason": "closed" }));
    assert_eq!(day.state(&second)["state"], "failed");
    let third = day.link("S-C3");
    day.tap("/v1/stops/S-C3/skip", &json!({}));
    assert_eq!(day.state(&third)["state"], "over");
}

#[test]
fn a_link_ends_half_an_hour_after_the_visit() {
    let day = Day::new();
    let (done, left_out) = (day.link("S-C1"), day.link("S-C3"));
    day.start();
    day.tap("/v1/stops/S-C1/complete", &json!({ "at": DAY }));
    day.tap("/v1/routes/R/finish", &json!({}));
    let folder = day.server.kill();
    let server = folder.again().now("2026-03-02T09:29:00Z").go();
    for link in [&done, &left_out] {
        ask(&server, link).expect(200);
        // What is closed can be looked at; there is nothing more to say.
        say(
            &server,
            link,
            &json!({ "kind": "more_to_fetch", "count": 1 }),
        )
        .refused(409, "stop_closed");
    }
    let server = server.kill().again().now("2026-03-02T09:31:00Z").go();
    for link in [&done, &left_out] {
        ask(&server, link).refused(404, "link_over");
        say(&server, link, &json!({ "kind": "lock_box" })).refused(404, "link_over");
    }
}

#[test]
fn a_route_that_never_started_has_no_visits() {
    let day = Day::new();
    let link = day.link("S-C1");
    day.desk
        .patch("/v1/routes/R", &json!({ "status": "cancelled" }))
        .expect(200);
    ask(&day.server, &link).refused(404, "link_over");
}

#[test]
fn nobody_makes_a_link_or_changes_one() {
    let day = Day::new();
    day.start();
    let link = day.link("S-C1");
    ask(&day.server, &link).expect(200);
    let text = link.strip_prefix("/t/").expect("a path");
    for place in [0, 5, 15, text.len() - 2] {
        let mut forged = text.to_owned().into_bytes();
        forged[place] = if forged[place] == b'A' { b'B' } else { b'A' };
        let forged = String::from_utf8(forged).expect("letters");
        ask(&day.server, &format!("/t/{forged}")).refused(404, "link_unknown");
    }
    // The code of one stop with the id of another.
    let other = day.link("S-C2");
    let mixed = format!("{}{}", &link[..3 + 16], &other[3 + 16..]);
    ask(&day.server, &mixed).refused(404, "link_unknown");
    for nothing in ["/t/x", "/t/S-C1", "/t/..", "/t/%00", &link[..10]] {
        let answer = ask(&day.server, nothing);
        assert_eq!(answer.status, 404, "{nothing}: {}", answer.text);
    }
    ask(&day.server, &format!("/t/{}", "A".repeat(5_000))).refused(404, "link_unknown");
    // Another lab has a stop of the same name: each link leads to its own.
    let plan = json!({ "id": "R", "labId": "L2", "driverId": "D-1", "date": "2026-03-02",
        "stops": [{ "id": "S-C1", "clinicId": "C1", "clinicName": "Elsewhere" }] });
    let admin = day.server.admin();
    admin.post("/v1/routes", &plan).expect(201);
    admin
        .post("/v1/routes/R/start?labId=L2", &json!({}))
        .expect(200);
    let elsewhere = admin.get("/v1/stops/S-C1?labId=L2").expect(200);
    let elsewhere = elsewhere["trackLink"].as_str().expect("a link");
    assert_ne!(elsewhere, link);
    assert_eq!(day.state(elsewhere)["clinicName"], "Elsewhere");
    assert_eq!(day.state(&link)["clinicName"], "Clinic 1");
    // The code of the one with the id of the other, which is the same text, is the other's code: nothing is mixed up.
    assert_eq!(link[3 + 16..], elsewhere[3 + 16..]);
    // Links are the desk's to hand out.
    let shown = day.driver.get("/v1/stops/S-C1").expect(200);
    assert_eq!(shown["trackLink"], Value::Null);
    let shown = day.server.role("viewer", "L1").get("/v1/stops/S-C1");
    assert_eq!(shown.expect(200)["trackLink"], Value::Null);
}

#[test]
fn a_link_outlives_the_program_and_is_whole_where_the_address_is_known() {
    let start = Start::new()
        .now(DAY)
        .env("PONTIC_PUBLIC_URL", "https://pontic.lab.example/");
    let day = Day::on(start.go());
    day.start();
    let whole = day.link("S-C1");
    let link = whole.strip_prefix("https://pontic.lab.example");
    let link = link.expect("a whole address").to_owned();
    let server = day.server.kill().again().now(DAY).go();
    ask(&server, &link).expect(200);
}

#[test]
fn what_a_clinic_says_reaches_the_desk_and_the_driver() {
    let day = Day::new();
    day.start();
    let link = day.link("S-C1");
    let mut watcher = Socket::watch(&day.desk, "");
    watcher.next();
    let closed = json!({ "kind": "closed_until", "until": "14:00" });
    let state = say(&day.server, &link, &closed).expect(200);
    let said = &state["answers"][0];
    assert_eq!(said["kind"], "closed_until");
    assert_eq!(said["until"], "2026-03-02T19:00:00Z", "14:00 in New York");
    let messages = watcher.until(|message| message["type"] == "ALERT");
    let alert = messages.last().expect("one");
    for (field, value) in [
        ("code", "clinic_answered"),
        ("stopId", "S-C1"),
        ("routeId", "R"),
        ("clinicId", "C1"),
        ("driverId", "D-1"),
        ("kind", "closed_until"),
        ("until", "2026-03-02T19:00:00Z"),
    ] {
        assert_eq!(alert[field], value, "{alert}");
    }
    let changed =
        |message: &Value| message["type"] == "ROUTE_UPDATED" && message["stopId"] == "S-C1";
    assert!(messages.iter().any(changed), "{messages:?}");
    // Said twice it is said once; said anew, the newest counts.
    say(&day.server, &link, &closed).expect(200);
    say(
        &day.server,
        &link,
        &json!({ "kind": "closed_until", "until": "2026-03-02T10:00:00-05:00" }),
    )
    .expect(200);
    say(
        &day.server,
        &link,
        &json!({ "kind": "more_to_fetch", "count": 4 }),
    )
    .expect(200);
    let state = say(&day.server, &link, &json!({ "kind": "lock_box" })).expect(200);
    assert_eq!(
        texts(&state["answers"], "kind"),
        ["closed_until", "more_to_fetch", "lock_box"]
    );
    assert_eq!(state["answers"][0]["until"], "2026-03-02T15:00:00Z");
    let drive = day.driver.get("/v1/drive").expect(200);
    let stop = &drive["routes"][0]["stops"][0];
    assert_eq!(stop["answers"], state["answers"]);
    assert_eq!(
        stop["requires"],
        json!({ "signature": false, "photo": true, "name": false }),
        "what goes into the box is photographed"
    );
    let state = say(
        &day.server,
        &link,
        &json!({ "kind": "withdraw", "of": "lock_box" }),
    )
    .expect(200);
    assert_eq!(
        texts(&state["answers"], "kind"),
        ["closed_until", "more_to_fetch"]
    );
    let alerts = day.desk.get("/v1/alerts?limit=200").expect(200);
    let told = texts(&alerts["items"], "code");
    let told = told.iter().filter(|code| *code == "clinic_answered");
    assert_eq!(told.count(), 5);
    let story = day
        .desk
        .get("/v1/explain/S-C1?labId=L1")
        .expect(200)
        .to_string();
    assert!(
        story.contains("the clinic of stop S-C1 says: there are 4 packages more to fetch"),
        "{story}"
    );
}

#[test]
fn what_a_clinic_cannot_say() {
    let day = Day::new();
    day.start();
    let (first, second) = (day.link("S-C1"), day.link("S-C2"));
    for (answer, field, reason) in [
        (json!({}), "kind", "required"),
        (json!({ "kind": "hello" }), "kind", "unknown_value"),
        (json!({ "kind": "closed_until" }), "until", "required"),
        (
            json!({ "kind": "closed_until", "until": "later" }),
            "until",
            "invalid_format",
        ),
        (
            json!({ "kind": "closed_until", "until": "24:30" }),
            "until",
            "invalid_format",
        ),
        (
            json!({ "kind": "closed_until", "until": 14 }),
            "until",
            "invalid_type",
        ),
        // It is four in the morning in New York.
        (
            json!({ "kind": "closed_until", "until": "03:00" }),
            "until",
            "in_past",
        ),
        (
            json!({ "kind": "closed_until", "until": "2026-03-04T09:00:00Z" }),
            "until",
            "too_far",
        ),
        (
            json!({ "kind": "more_to_fetch", "count": 0 }),
            "count",
            "out_of_range",
        ),
        (
            json!({ "kind": "more_to_fetch", "count": 100 }),
            "count",
            "out_of_range",
        ),
        (json!({ "kind": "withdraw" }), "of", "required"),
    ] {
        let told = say(&day.server, &first, &answer);
        assert_eq!(told.status, 400, "{answer}: {}", told.text);
        assert_eq!(
            told.faults(),
            [(field.to_owned(), reason.to_owned())],
            "{answer}"
        );
    }
    say(&day.server, &second, &json!({ "kind": "lock_box" })).refused(409, "lock_box_not_allowed");
    assert_eq!(day.state(&first)["answers"], json!([]));
    // Twenty, and no more; one that changes nothing is none.
    for count in 1..=20 {
        say(
            &day.server,
            &first,
            &json!({ "kind": "more_to_fetch", "count": count }),
        )
        .expect(200);
    }
    say(
        &day.server,
        &first,
        &json!({ "kind": "more_to_fetch", "count": 20 }),
    )
    .expect(200);
    say(
        &day.server,
        &first,
        &json!({ "kind": "more_to_fetch", "count": 21 }),
    )
    .refused(409, "too_many_answers");
    assert_eq!(day.state(&first)["answers"][0]["count"], 20);
    day.tap("/v1/stops/S-C2/complete", &json!({}));
    say(
        &day.server,
        &second,
        &json!({ "kind": "more_to_fetch", "count": 1 }),
    )
    .refused(409, "stop_closed");
}

#[test]
fn no_patient_stands_on_the_page_or_in_the_drivers_day() {
    let day = Day::new();
    day.start();
    let link = day.link("S-C1");
    let mut seen = vec![
        ask(&day.server, &link).text,
        day.driver.get("/v1/drive").text,
        day.desk.get("/v1/drive?driverId=D-1").text,
    ];
    let proof = json!({ "receivedBy": CANARY, "notes": format!("told {CANARY}"), "cases": [{ "caseId": "C1-A", "reason": "refused" }] });
    day.tap("/v1/stops/S-C1/complete", &proof);
    seen.push(ask(&day.server, &link).text);
    seen.push(day.driver.get("/v1/drive").text);
    for text in &seen {
        assert!(text.len() > 200 && !text.contains(CANARY), "{text}");
    }
    // And the page knows no person and no case at all.
    for text in [&seen[0], &seen[3]] {
        for word in ["Drew", "D-1", "Ann Ace", "4711", "C1-A", "0100"] {
            assert!(!text.contains(word), "{word}: {text}");
        }
    }
    // It was there to be shown.
    let names = day.desk.get("/v1/pickups?labId=L1").text;
    assert!(names.contains(CANARY), "{names}");
}

#[test]
fn a_driver_on_a_break_is_not_shown() {
    let day = Day::new();
    day.start();
    let link = day.link("S-C1");
    day.position(&day.now(), 2_000.0);
    assert!(day.state(&link)["driver"].is_object());
    day.tap("/v1/drivers/D-1/status", &json!({ "paused": true }));
    assert_eq!(day.state(&link)["driver"], Value::Null);
    day.tap("/v1/drivers/D-1/status", &json!({ "paused": false }));
    assert!(day.state(&link)["driver"].is_object());
}

/// Last Friday: thirty clinics two kilometres apart, one every five minutes, to the second.
fn punctual_friday(server: &Server) {
    let admin = server.admin();
    let left: Timestamp = "2026-02-27T09:00:00Z".parse().expect("a time");
    let stops = (1..=30_i32).map(|number| json!({ "id": format!("F-{number}"), "clinicId": format!("F-C{number}"), "location": north(2_000.0 * f64::from(number)) }));
    let plan = json!({ "id": "F", "labId": "L1", "driverId": "D-8", "date": "2026-02-27", "stops": stops.collect::<Vec<_>>() });
    admin.post("/v1/routes", &plan).expect(201);
    let at = |minutes: i64| (left + SignedDuration::from_mins(minutes)).to_string();
    admin
        .post("/v1/routes/F/start", &json!({ "at": at(0) }))
        .expect(200);
    let token = json!({ "role": "driver", "labId": "L1", "driverId": "D-8" });
    let phone = server.token(&token);
    for number in 0..30_i32 {
        let fixes = (0..5_i32).map(|minute| {
            let metres = 2_000.0 * (f64::from(number) + f64::from(minute.min(4)) / 4.0);
            let speed = if minute == 4 { 0.0 } else { 30.0 };
            let minutes = i64::from(number * 5 + minute);
            with(
                fix(left + SignedDuration::from_mins(minutes), metres, speed),
                json!({ "driverId": "D-8" }),
            )
        });
        let sent = phone.post("/v1/positions", &fixes.collect::<Vec<_>>().into());
        assert_eq!(sent.expect(200)["rejected"], json!([]));
    }
    admin
        .post("/v1/routes/F/finish", &json!({ "at": at(160) }))
        .expect(200);
}

/// Seconds until the third clinic's ETA, and from there to the end of the span.
fn span_of_third(day: &Day) -> (f64, f64) {
    day.start();
    day.position(&day.now(), 0.0);
    let state = day.state(&day.link("S-C3"));
    let time = |name: &str| {
        let text = state[name].as_str().expect("a time");
        text.parse::<Timestamp>().expect("a time")
    };
    let seconds = |from: &str, to: &str| time(to).duration_since(time(from)).as_secs_f64();
    (seconds("serverTime", "eta"), seconds("eta", "etaTo"))
}

#[test]
fn the_span_is_as_wide_as_the_labs_etas_were_wrong() {
    let (left_s, later_s) = span_of_third(&Day::new());
    assert!(left_s > 1_200.0, "{left_s}");
    assert!(
        (later_s - left_s / 4.0).abs() < 2.0,
        "{later_s} of {left_s}"
    );
    let day = Day::new();
    punctual_friday(&day.server);
    let (left_s, later_s) = span_of_third(&day);
    assert!(left_s > 900.0, "{left_s}");
    assert!(
        (119.0..130.0).contains(&later_s),
        "nobody came later: {later_s} of {left_s}"
    );
}

#[test]
fn a_visit_that_becomes_part_of_another_goes_on_there() {
    let day = Day::new();
    let link = day.link("S-C2");
    let plan = json!({ "id": "R2", "labId": "L1", "driverId": "D-2", "date": "2026-03-02",
        "stops": [{ "id": "S-X", "clinicId": "C2" }] });
    day.desk.post("/v1/routes", &plan).expect(201);
    let other = json!({ "role": "driver", "labId": "L1", "driverId": "D-2" });
    let other = day.server.token(&other);
    other.post("/v1/routes/R2/start", &json!({})).expect(200);
    let moved = json!({ "routeId": "R2" });
    let done = day.desk.post("/v1/stops/S-C2/move", &moved).expect(200);
    assert_eq!(done["joins"], "S-X");
    let shown = day.state(&link);
    assert_eq!(
        (&shown["state"], &shown["bring"]["deliveries"]),
        (&json!("next"), &json!(1)),
        "{shown}"
    );
    // What it says there reaches the driver who comes.
    say(
        &day.server,
        &link,
        &json!({ "kind": "more_to_fetch", "count": 2 }),
    )
    .expect(200);
    let stop = day.desk.get("/v1/stops/S-X").expect(200);
    assert_eq!(stop["answers"][0]["count"], 2);
}
