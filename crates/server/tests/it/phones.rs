//! Phones with apps of others, and what is kept of every driver.

use jiff::{SignedDuration, Timestamp};
use serde_json::{Value, json};

use crate::harness::{
    Answer, Client, Phone, Road, Server, eventually, fix, fresh, north, now, shared, texts,
};

fn second() -> Timestamp {
    Timestamp::from_second(now().as_second()).expect("in range")
}

fn history(client: &Client, driver: &str, query: &str) -> Answer {
    client.get(&format!("/v1/drivers/{driver}/positions?{query}"))
}

fn items(client: &Client, driver: &str, lab: &str) -> Vec<Value> {
    let body = history(client, driver, &format!("labId={lab}&limit=5000")).expect(200);
    body["items"].as_array().expect("items").clone()
}

#[test]
fn owntracks_is_answered_whatever_it_sends() {
    let (server, lab, driver) = (shared(), fresh("L"), fresh("D"));
    let started = second() - SignedDuration::from_secs(60);
    let road = Road::start(&server, &lab, &driver, started, &[3_000.0, 6_000.0]);
    let phone = Phone::of(&server, &lab, &driver);
    let location = |seconds: i64, metres: f64| {
        let place = north(metres);
        json!({ "_type": "location", "lat": place["lat"], "lon": place["lng"], "tst": road.at(seconds).as_second(), "vel": 42, "acc": 5, "batt": 81, "tid": "ab" }).to_string()
    };
    // The first answer tells the phone which stops to watch.
    let answer = phone.owntracks(&server, &location(10, 300.0)).expect(200);
    assert_eq!(answer[0]["action"], "setWaypoints");
    let regions = &answer[0]["waypoints"]["waypoints"];
    assert_eq!(texts(regions, "rid"), road.stops);
    assert_eq!(
        (&regions[0]["desc"], &regions[0]["rad"]),
        (&json!("Clinic 1"), &json!(100))
    );
    let again = location(20, 600.0);
    assert_eq!(phone.owntracks(&server, &again).expect(200), json!([]));
    for other in [
        again.as_str(),
        &location(5, 100.0),
        "",
        "nonsense",
        r#"{"_type":"lwt","tst":1}"#,
        r#"{"_type":"encrypted","data":"x"}"#,
        r#"{"_type":"location","lat":91,"lon":0,"tst":1}"#,
        r#"{"_type":"location","lat":1,"lon":1,"tst":1}"#,
    ] {
        assert_eq!(
            phone.owntracks(&server, other).expect(200),
            json!([]),
            "{other}"
        );
    }
    let kept = items(&server.admin(), &driver, &lab);
    assert_eq!(kept.len(), 3, "{kept:?}");
    assert_eq!(
        (
            &kept[0]["speed"],
            &kept[0]["accuracy"],
            &kept[0]["battery"],
            &kept[0]["heading"]
        ),
        (&json!(42.0), &json!(5.0), &json!(81.0), &Value::Null)
    );
    // Whoever has no credentials, or none any more, is nobody.
    let stranger = Phone {
        id: phone.id.clone(),
        secret: "guessed".to_owned(),
    };
    assert_eq!(stranger.owntracks(&server, &again).status, 401);
    assert_eq!(server.nobody().post("/owntracks", &json!({})).status, 401);
    let path = format!("/v1/drivers/{driver}/devices/{}?labId={lab}", phone.id);
    assert_eq!(server.admin().delete(&path).status, 204);
    assert_eq!(phone.owntracks(&server, &again).status, 401);
    // A phone's secret opens nothing else.
    assert_eq!(server.holder(&phone.secret).get("/v1/me").status, 401);
}

#[test]
fn osmand_and_traccar_share_a_path() {
    let (server, lab, driver) = (shared(), fresh("L"), fresh("D"));
    server
        .admin()
        .put(
            &format!("/v1/drivers/{driver}?labId={lab}"),
            &json!({ "labId": lab, "name": "Dana" }),
        )
        .expect(201);
    let phone = Phone::of(&server, &lab, &driver);
    let seconds = second().as_second() - 100;
    let query = format!("lat=42.36&lon=-71.06&timestamp={seconds}&speed=10&bearing=90&batt=50");
    for _ in 0..2 {
        assert_eq!(phone.osmand(&server, &query).status, 200, "a duplicate too");
    }
    assert_eq!(phone.osmand(&server, "batt=50").status, 200, "a heartbeat");
    phone
        .osmand(&server, "lat=91&lon=0")
        .refused(400, "validation_failed");
    phone
        .osmand(&server, "lat=1&lon=1&timestamp=soon")
        .refused(400, "validation_failed");
    assert_eq!(
        phone
            .osmand(&server, "lat=1&lon=1&timestamp=1000000000")
            .status,
        200,
        "too old for ever"
    );
    assert_eq!(server.nobody().get("/osmand?lat=1&lon=1").status, 400);
    assert_eq!(
        server.nobody().get("/osmand?id=nobody&lat=1&lon=1").status,
        400
    );
    let at = |ago: i64| {
        Timestamp::from_second(seconds + ago)
            .expect("in range")
            .to_string()
    };
    let locations = [
        json!({ "timestamp": at(20), "coords": { "latitude": 42.361, "longitude": -71.06, "speed": 10, "heading": -1, "accuracy": 4 }, "battery": { "level": 0.5 } }),
        json!({ "timestamp": at(10), "coords": { "latitude": 42.3605, "longitude": -71.06, "speed": -1 } }),
        json!({ "timestamp": at(30) }),
    ];
    assert_eq!(phone.traccar(&server, &locations).status, 200);
    let stranger = json!({ "device_id": "nobody", "location": locations[0] });
    assert_eq!(server.nobody().post("/osmand", &stranger).status, 404);
    let kept = items(&server.admin(), &driver, &lab);
    let speeds: Vec<&Value> = kept.iter().map(|item| &item["speed"]).collect();
    assert_eq!(speeds, [&json!(18.52), &Value::Null, &json!(36.0)]);
    assert_eq!(kept[0]["battery"], 50.0);
}

#[test]
fn a_history_in_pages_and_in_four_forms() {
    let (server, lab, driver) = (shared(), fresh("L"), fresh("D"));
    let sender = server.token(&json!({ "role": "source", "labId": lab }));
    let start = second() - SignedDuration::from_secs(7_200);
    let at = |index: i64| start + SignedDuration::from_secs(index * 30);
    // One of them is where no van can have been.
    let fixes: Vec<Value> = (0_i32..100)
        .map(|index| {
            let metres = if index == 50 {
                60_000.0
            } else {
                f64::from(index) * 200.0
            };
            fix(at(index.into()), metres, 24.0)
        })
        .collect();
    let path = format!("/v1/drivers/{driver}/positions?labId={lab}");
    let report = sender.post(&path, &Value::Array(fixes)).expect(200);
    assert_eq!(report["accepted"], 100);
    let viewer = server.role("viewer", &lab);
    let mut all: Vec<Value> = Vec::new();
    let mut after = String::new();
    loop {
        let page = history(&viewer, &driver, &format!("limit=7&after={after}")).expect(200);
        all.extend(page["items"].as_array().expect("items").iter().cloned());
        match page["next"].as_str() {
            Some(next) => next.clone_into(&mut after),
            None => break,
        }
    }
    let times: Vec<String> = (0..100).map(|index| at(index).to_string()).collect();
    assert_eq!(texts(&Value::Array(all.clone()), "timestamp"), times);
    let suspect: Vec<usize> = (0..100)
        .filter(|index| all[*index]["suspect"] == true)
        .collect();
    assert_eq!(suspect, [50]);
    assert!(all[0]["receivedAt"].is_string());
    let part = format!("from={}&to={}", at(10), at(20));
    let page = history(&viewer, &driver, &part).expect(200);
    assert_eq!(texts(&page["items"], "timestamp"), times[10..20]);
    let features = history(&viewer, &driver, "format=geojson");
    assert_eq!(features.header("content-type"), "application/geo+json");
    assert_eq!(
        features.body["features"]
            .as_array()
            .expect("features")
            .len(),
        100
    );
    let track = history(&viewer, &driver, "format=gpx");
    assert_eq!(track.text.matches("<trkpt").count(), 100);
    let lines = history(&viewer, &driver, "format=csv");
    assert_eq!(lines.text.lines().count(), 101);
    history(&viewer, &driver, "format=pdf").refused(400, "validation_failed");
    history(&viewer, &driver, "from=yesterday").refused(400, "validation_failed");
    history(&viewer, &driver, "limit=0").refused(400, "validation_failed");
    history(&viewer, &driver, "after=x").refused(400, "validation_failed");
    // Another lab's, and another driver's.
    assert_eq!(
        history(&server.role("viewer", &fresh("L")), &driver, "").status,
        404
    );
    assert_eq!(
        history(&server.role("driver", &lab), &driver, "").status,
        404
    );
}

/// A day's fixes: two visits, a passing and a pause, one fix every 30 s.
fn day(start: Timestamp) -> Vec<Value> {
    let mut fixes = Vec::new();
    let mut metres = 0.0;
    for index in 0_i32..180 {
        let stands =
            (20..32).contains(&index) || (60..75).contains(&index) || (120..150).contains(&index);
        if !stands {
            metres += 290.0;
        }
        let kmh = if stands { 0.0 } else { 34.8 };
        let at = start + SignedDuration::from_secs(i64::from(index) * 30);
        fixes.push(fix(at, metres, kmh));
    }
    fixes
}

/// What a day left behind: sightings of every stop, figures, history.
fn picture(server: &Server, road: &Road) -> Value {
    let figures = server.admin().get(&format!(
        "/v1/drivers/{}/statistics?labId={}&date={}",
        road.driver,
        road.lab,
        &road.started.to_string()[..10]
    ));
    let sightings =
        (0..road.stops.len()).map(|index| road.stop(server, index)["sightings"].clone());
    let kept = history(
        &server.admin(),
        &road.driver,
        &format!("labId={}&limit=5000&from={}", road.lab, road.started),
    )
    .expect(200);
    let fixes: Vec<Value> = kept["items"]
        .as_array()
        .expect("items")
        .iter()
        .map(|item| json!([item["timestamp"], item["coordinates"], item["speed"]]))
        .collect();
    let mut figures = figures.expect(200);
    figures["driverId"] = Value::Null;
    json!({ "figures": figures, "sightings": sightings.collect::<Vec<_>>(), "fixes": fixes })
}

#[test]
fn a_day_in_order_shuffled_and_doubled_leaves_the_same() {
    let server = shared();
    // Yesterday, so that the day does not end in the middle.
    let today = second().as_second().div_euclid(86_400) * 86_400;
    let start = Timestamp::from_second(today - 86_400 + 8 * 3_600).expect("in range");
    // Stops at the first two pauses, one that is passed, and one that is not reached.
    let stops = [5_800.0, 13_900.0, 16_000.0, 90_000.0];
    let send = |order: &dyn Fn(&mut Vec<Value>)| {
        let (lab, driver) = (fresh("L"), fresh("D"));
        let road = Road::start(&server, &lab, &driver, start, &stops);
        let mut fixes = day(start);
        order(&mut fixes);
        let phone = road.driver_token(&server);
        let mut doubled = 0;
        for part in fixes.chunks(9) {
            let report = phone
                .post("/v1/positions", &Value::Array(part.to_vec()))
                .expect(200);
            assert_eq!(report["rejected"], json!([]));
            doubled += report["duplicates"].as_u64().expect("a number");
        }
        (road, doubled)
    };
    let (in_order, none) = send(&|_| {});
    assert_eq!(none, 0);
    let expected = eventually(|| {
        let picture = picture(&server, &in_order);
        let passed = picture["sightings"][2].as_array()?.last()?;
        (passed["what"] == "crossed").then_some(picture)
    });
    assert_eq!(expected["fixes"].as_array().expect("fixes").len(), 180);
    let seen = |index: usize| texts(&expected["sightings"][index], "what");
    for visited in [0, 1] {
        assert_eq!(seen(visited), ["entered", "arrived", "exited", "departed"]);
    }
    assert!(seen(2).last().is_some_and(|last| last == "crossed"));
    assert_eq!(expected["sightings"][3], Value::Null);
    let figures = &expected["figures"];
    assert!(
        figures["distanceKm"]
            .as_f64()
            .is_some_and(|km| (35.0..36.5).contains(&km)),
        "{figures}"
    );
    assert_eq!(
        (&figures["stopsPlanned"], &figures["gapDistanceKm"]),
        (&json!(4), &json!(0.0))
    );
    assert!(
        figures["serviceSeconds"]
            .as_u64()
            .is_some_and(|s| (700..1_000).contains(&s)),
        "{figures}"
    );
    assert!(
        figures["etaErrorSeconds"]["5min"]["p50"].is_u64(),
        "{figures}"
    );
    // Within ten minutes of their places, and every point twice.
    let (shuffled, _) = send(&|fixes| {
        for block in fixes.chunks_mut(20) {
            block.reverse();
            block.swap(3, 11);
        }
    });
    let (twice, doubled) = send(&|fixes| {
        *fixes = fixes
            .iter()
            .flat_map(|fix| [fix.clone(), fix.clone()])
            .collect();
    });
    assert_eq!(doubled, 180);
    for road in [shuffled, twice] {
        let mut last = Value::Null;
        for _ in 0..200 {
            last = picture(&server, &road);
            if last == expected {
                break;
            }
            std::thread::sleep(std::time::Duration::from_millis(25));
        }
        assert_eq!(last, expected);
    }
}

#[test]
fn statistics_of_a_day_without_anything() {
    let (server, lab) = (shared(), fresh("L"));
    let driver = fresh("D");
    server
        .admin()
        .put(
            &format!("/v1/drivers/{driver}?labId={lab}"),
            &json!({ "labId": lab, "name": "Dana" }),
        )
        .expect(201);
    let path = format!("/v1/drivers/{driver}/statistics?labId={lab}&date=2025-01-13");
    let figures = server.admin().get(&path).expect(200);
    assert_eq!(
        figures,
        json!({
            "driverId": driver, "date": "2025-01-13", "distanceKm": 0.0, "gapDistanceKm": 0.0, "onDutySeconds": 0,
            "drivingSeconds": 0, "idleSeconds": 0, "serviceSeconds": 0, "averageMovingSpeed": null, "maxSpeed": null,
            "stopsPlanned": 0, "stopsCompleted": 0, "stopsMissed": 0, "onTime": 0, "early": 0, "late": 0,
            "etaErrorSeconds": { "30min": null, "15min": null, "5min": null }, "coveragePercent": 0.0,
        })
    );
    let bad = format!("/v1/drivers/{driver}/statistics?labId={lab}&date=today");
    server.admin().get(&bad).refused(400, "validation_failed");
}
