//! Drivers, live: positions in, what they mean, and who is told.

use std::collections::BTreeMap;
use std::time::Duration;

use jiff::{SignedDuration, Timestamp};
use serde_json::{Value, json};

use crate::harness::{
    Receiver, Road, Server, Socket, Start, VISIT, eventually, fix, fresh, north, now, shared,
    texts, with,
};

/// Now, to the second: a fix and its answer are compared as texts.
fn second() -> Timestamp {
    Timestamp::from_second(now().as_second()).expect("in range")
}

fn ago(seconds: i64) -> Timestamp {
    second() - SignedDuration::from_secs(seconds)
}

/// A route of one stop 3 km north, driven within what a phone's clock may be off: from 110 s ago.
fn road(server: &Server, stops: &[f64]) -> Road {
    let (lab, driver) = (fresh("L"), fresh("D"));
    Road::start(server, &lab, &driver, ago(110), stops)
}

fn drive(socket: &mut Socket, road: &Road, points: &[(i64, f64, f64)]) -> Vec<String> {
    points
        .iter()
        .map(|(seconds, metres, kmh)| {
            let ack = socket.ask(&fix(road.at(*seconds), *metres, *kmh));
            assert_eq!(ack["type"], "ACK", "{ack}");
            ack["status"].as_str().expect("a word").to_owned()
        })
        .collect()
}

fn of_type<'a>(messages: &'a [Value], kind: &str) -> Vec<&'a Value> {
    messages
        .iter()
        .filter(|message| message["type"] == kind)
        .collect()
}

#[test]
fn a_visit_is_followed_from_afar_to_the_door_and_away() {
    let server = shared();
    let road = road(&server, &[3_000.0, 9_000.0]);
    let mut watcher = Socket::watch(&server.role("dispatcher", &road.lab), "");
    let snapshot = watcher.next();
    assert_eq!(snapshot["type"], "SNAPSHOT");
    let mut phone = Socket::drive(&road.driver_token(&server), "");
    let statuses = drive(&mut phone, &road, &VISIT);
    assert_eq!(statuses, ["accepted"; 8]);
    let stop = road.stops[0].as_str();
    let messages = watcher.until(|message| message["type"] == "STOP_DEPARTED");
    let numbers: Vec<u64> = messages
        .iter()
        .filter_map(|message| message["seq"].as_u64())
        .collect();
    assert!(
        numbers.windows(2).all(|pair| pair[0] < pair[1]),
        "{numbers:?}"
    );
    let updates = of_type(&messages, "DRIVER_LOCATION_UPDATE");
    let first = updates[0];
    assert_eq!(first["driverId"], json!(road.driver));
    assert_eq!(first["routeId"], json!(road.route));
    assert_eq!(first["timestamp"], json!(road.started.to_string()));
    assert_eq!(first["heading"], Value::Null);
    assert_eq!(first["nextStop"]["id"], stop);
    assert_eq!(first["nextStop"]["clinicName"], "Clinic 1");
    assert_eq!(first["nextStop"]["distance"], 3.9);
    assert_eq!(texts(&first["updatedStops"], "id"), road.stops);
    assert_eq!(first["updatedStops"][0]["etaSource"], "straight_line");
    let entered = of_type(&messages, "GEOFENCE_ENTER");
    assert_eq!((entered.len(), &entered[0]["stopId"]), (1, &json!(stop)));
    let arrived = of_type(&messages, "STOP_ARRIVED");
    assert_eq!(arrived[0]["at"], json!(road.at(105).to_string()));
    assert_eq!(of_type(&messages, "GEOFENCE_EXIT").len(), 1);
    assert_eq!(of_type(&messages, "GEOFENCE_CROSSED").len(), 0);
    let notices = of_type(&messages, "ARRIVAL_NOTIFICATION");
    assert_eq!(notices.len(), 1, "{notices:?}");
    assert_eq!(notices[0]["stopId"], stop);
    assert_eq!(notices[0]["clinicId"], "C1");
    assert!(
        notices[0]["minutesAway"]
            .as_u64()
            .is_some_and(|minutes| (4..=5).contains(&minutes))
    );
    let kept = road.stop(&server, 0);
    assert_eq!(kept["status"], "arrived");
    assert_eq!(kept["arrivedAt"], json!(road.at(105).to_string()));
    assert!(kept["departedAt"].is_string() && kept["noticedAt"].is_string());
    assert_eq!(
        road.sightings(&server, 0),
        ["entered", "arrived", "exited", "departed"]
    );
    // A reader that begins now sees where everybody is.
    let snapshot = Socket::watch(&server.role("viewer", &road.lab), "").next();
    let driver = &snapshot["drivers"][0];
    assert_eq!(driver["driverId"], json!(road.driver));
    assert_eq!(driver["timestamp"], json!(road.at(210).to_string()));
    assert_eq!(driver["nextStop"]["id"], json!(road.stops[1]));
}

#[test]
fn every_kind_of_fix_has_its_answer() {
    let server = shared();
    let road = road(&server, &[3_000.0]);
    let mut phone = Socket::drive(&road.driver_token(&server), "");
    let now = second();
    let earlier = |seconds: i64| now - SignedDuration::from_secs(seconds);
    let mut answer = |message: &Value| {
        let ack = phone.ask(message);
        (
            ack["status"].as_str().expect("a word").to_owned(),
            ack["reason"].as_str().map(str::to_owned),
        )
    };
    let accepted = ("accepted".to_owned(), None);
    let rejected = |reason: &str| ("rejected".to_owned(), Some(reason.to_owned()));
    let newest = fix(earlier(10), 100.0, 30.0);
    assert_eq!(answer(&newest), accepted);
    assert_eq!(answer(&newest), ("duplicate".to_owned(), None));
    let late = fix(earlier(20), 50.0, 30.0);
    assert_eq!(answer(&late), ("late".to_owned(), None));
    assert_eq!(answer(&late), ("duplicate".to_owned(), None));
    // The same time at another place is another fix.
    assert_eq!(answer(&fix(earlier(10), 101.0, 30.0)), accepted);
    assert_eq!(
        answer(&fix(now + SignedDuration::from_secs(115), 102.0, 30.0)),
        accepted
    );
    assert_eq!(
        answer(&fix(now + SignedDuration::from_secs(200), 102.0, 30.0)),
        rejected("in_future")
    );
    assert_eq!(
        answer(&fix(earlier(7 * 86_400 + 10), 0.0, 30.0)),
        rejected("too_old")
    );
    let mine = |more: Value| with(fix(earlier(1), 0.0, 30.0), more);
    assert_eq!(
        answer(&mine(json!({ "driverId": "somebody-else" }))),
        rejected("not_your_driver")
    );
    assert_eq!(
        answer(&mine(json!({ "coordinates": { "lat": 91, "lng": 0 } }))),
        rejected("invalid_coordinates")
    );
    assert_eq!(
        answer(&mine(json!({ "timestamp": "yesterday" }))),
        rejected("invalid_timestamp")
    );
    assert_eq!(
        answer(&mine(json!({ "speed": "fast" }))),
        rejected("invalid_type")
    );
    assert_eq!(answer(&json!([1])), rejected("invalid_type"));
    // What it was asked with comes back.
    let ack = phone.ask(&with(
        fix(now, 103.0, 30.0),
        json!({ "ref": "a-1", "driverId": road.driver }),
    ));
    assert_eq!(
        ack,
        json!({ "type": "ACK", "driverId": road.driver, "timestamp": now.to_string(), "ref": "a-1", "status": "late" })
    );
}

#[test]
fn a_gateway_sends_for_many_in_arrays() {
    let (server, lab) = (shared(), fresh("L"));
    let gateway = server.token(&json!({ "role": "source", "labId": lab }));
    let mut socket = Socket::drive(&gateway, "?batch=1");
    let now = second();
    let fixes: Vec<Value> = (0..50)
        .map(|index| {
            with(
                fix(now, f64::from(index), 30.0),
                json!({ "driverId": format!("G{index}") }),
            )
        })
        .collect();
    let mut answered = 0;
    socket.say(&Value::Array(fixes));
    while answered < 50 {
        let acks = socket.next();
        for ack in acks.as_array().expect("an array") {
            assert_eq!(ack["driverId"], json!(format!("G{answered}")));
            assert_eq!(ack["status"], "accepted");
            answered += 1;
        }
    }
    // Whoever nobody knew is a stub now, and the dispatcher is told.
    let driver = server
        .admin()
        .get(&format!("/v1/drivers/G7?labId={lab}"))
        .expect(200);
    assert_eq!(driver["verified"], false);
    let told = server
        .admin()
        .get(&format!("/v1/alerts?labId={lab}&limit=200"))
        .expect(200);
    assert_eq!(texts(&told["items"], "code").len(), 51, "{told}");
    // Without naming a driver there is nobody to send for.
    socket.say(&json!([fix(now, 0.0, 0.0)]));
    assert_eq!(socket.next()[0]["reason"], "invalid_type");
}

#[test]
fn by_http_one_or_many() {
    let server = shared();
    let road = road(&server, &[3_000.0, 6_000.0]);
    let driver = road.driver_token(&server);
    let path = format!("/v1/drivers/{}/positions", road.driver);
    let report = driver
        .post(&path, &fix(road.at(10), 300.0, 40.0))
        .expect(200);
    assert_eq!(report["accepted"], 1);
    let update = &report["update"];
    assert_eq!(update["type"], "DRIVER_LOCATION_UPDATE");
    assert_eq!(texts(&update["updatedStops"], "id"), road.stops);
    let many = json!([
        fix(road.at(40), 1_200.0, 40.0),
        fix(road.at(10), 300.0, 40.0),
        fix(road.at(5), 150.0, 40.0),
        { "coordinates": north(0.0) },
        with(fix(road.at(50), 0.0, 0.0), json!({ "driverId": "another" })),
    ]);
    let report = driver.post("/v1/positions", &many).expect(200);
    assert_eq!(
        report,
        json!({ "accepted": 1, "duplicates": 1, "late": 1, "rejected": [{ "index": 3, "reason": "invalid_timestamp" }, { "index": 4, "reason": "not_your_driver" }] })
    );
    driver
        .send("POST", &path, &[("content-type", "application/json")], b"{")
        .refused(400, "invalid_json");
    let thousand_and_one = Value::Array(vec![fix(road.at(60), 0.0, 0.0); 1_001]);
    driver
        .post("/v1/positions", &thousand_and_one)
        .refused(413, "too_large");
    server
        .role("viewer", &road.lab)
        .post(&path, &many)
        .refused(403, "forbidden");
    server
        .nobody()
        .post(&path, &many)
        .refused(401, "unauthorized");
}

#[test]
fn a_driver_without_a_route_is_on_the_map_all_the_same() {
    let (server, lab, driver) = (shared(), fresh("L"), fresh("D"));
    let phone = server.token(&json!({ "role": "driver", "labId": lab, "driverId": driver }));
    let report = phone
        .post("/v1/positions", &fix(second(), 0.0, 0.0))
        .expect(200);
    assert_eq!(report["update"]["nextStop"], Value::Null);
    assert_eq!(report["update"]["updatedStops"], json!([]));
    assert_eq!(report["update"]["routeId"], Value::Null);
}

#[test]
fn readers_get_what_they_asked_for() {
    let server = shared();
    let road = road(&server, &[3_000.0, 9_000.0]);
    let other = Road::start(&server, &road.lab, &fresh("D"), road.started, &[3_000.0]);
    let watcher = server.role("dispatcher", &road.lab);
    let mut full = Socket::watch(&watcher, "?full=1");
    let mut one = Socket::watch(&watcher, &format!("?routeId={}", road.route));
    let (_, _) = (full.next(), one.next());
    let mut phone = Socket::drive(&road.driver_token(&server), "");
    let mut others = Socket::drive(&other.driver_token(&server), "");
    drive(&mut others, &other, &[(0, 0.0, 40.0)]);
    drive(&mut phone, &road, &[(0, 0.0, 40.0), (1, 14.0, 40.0)]);
    let is_last = |message: &Value| message["timestamp"] == json!(road.at(1).to_string());
    let mine = one.until(is_last);
    let updates = of_type(&mine, "DRIVER_LOCATION_UPDATE");
    assert!(
        updates
            .iter()
            .all(|update| update["routeId"] == json!(road.route))
    );
    assert_eq!(
        updates[1]["updatedStops"],
        json!([]),
        "nothing moved in a second"
    );
    let all = full.until(is_last);
    let updates = of_type(&all, "DRIVER_LOCATION_UPDATE");
    assert_eq!(updates.len(), 3);
    assert_eq!(texts(&updates[2]["updatedStops"], "id"), road.stops);
}

#[test]
fn a_slow_reader_ends_with_the_same_picture() {
    let server = shared();
    let road = road(&server, &[3_000.0]);
    let watcher = server.role("dispatcher", &road.lab);
    let mut slow = Socket::watch(&watcher, "");
    slow.next();
    let gateway = server.token(&json!({ "role": "source", "labId": road.lab }));
    let mut socket = Socket::drive(&gateway, "?batch=1");
    // More than any queue holds, of twenty drivers, in one go.
    let mut answered = 0;
    for round in 0..60_i64 {
        let fixes: Vec<Value> = (0..400_i64)
            .map(|index| {
                let at = road.started + SignedDuration::from_millis(round * 1_000 + index);
                with(
                    fix(at, 0.0, 30.0),
                    json!({ "driverId": format!("N{}", index % 20) }),
                )
            })
            .collect();
        socket.say(&Value::Array(fixes));
    }
    while answered < 60 * 400 {
        answered += socket.next().as_array().expect("answers").len();
    }
    let mut phone = Socket::drive(&road.driver_token(&server), "");
    drive(&mut phone, &road, &VISIT);
    // What the log has comes first, then where everybody is by now.
    let mut newest: BTreeMap<String, Timestamp> = BTreeMap::new();
    let is_newest = |(driver, at): (&String, &Timestamp)| {
        let index: Option<i64> = driver
            .strip_prefix('N')
            .and_then(|number| number.parse().ok());
        index.is_none_or(|index| {
            *at == road.started + SignedDuration::from_millis(59_000 + 380 + index)
        })
    };
    let mut last = 0;
    let mut messages = Vec::new();
    let has_left = |message: &Value| message["type"] == "STOP_DEPARTED";
    while newest.len() < 21 || !newest.iter().all(is_newest) || !messages.iter().any(has_left) {
        let message = slow.next();
        let number = message["seq"].as_u64().expect("a number");
        assert!(number > last, "{message}");
        last = number;
        if message["type"] == "DRIVER_LOCATION_UPDATE" {
            let text = |name: &str| message[name].as_str().expect("a text").to_owned();
            newest.insert(text("driverId"), text("timestamp").parse().expect("a time"));
        }
        messages.push(message);
    }
    assert!(
        messages.len() < 60 * 400,
        "none was left out for a newer one: the reader was not slow"
    );
    assert_eq!(of_type(&messages, "STOP_DEPARTED").len(), 1);
    assert_eq!(of_type(&messages, "STOP_ARRIVED").len(), 1);
    assert_eq!(of_type(&messages, "ARRIVAL_NOTIFICATION").len(), 1);
}

#[test]
fn whoever_comes_back_gets_what_was_missed() {
    let server = shared();
    let road = road(&server, &[3_000.0]);
    let watcher = server.role("dispatcher", &road.lab);
    let snapshot = Socket::watch(&watcher, "").next();
    let mut phone = Socket::drive(&road.driver_token(&server), "");
    drive(&mut phone, &road, &VISIT);
    eventually(|| {
        road.stop(&server, 0)["departedAt"]
            .as_str()
            .map(str::to_owned)
    });
    let after = format!(
        "?after={}:{}",
        snapshot["epoch"].as_str().expect("a text"),
        snapshot["seq"]
    );
    let mut back = Socket::watch(&watcher, &after);
    let missed = back.until(|message| message["type"] == "DRIVER_LOCATION_UPDATE");
    for kind in [
        "GEOFENCE_ENTER",
        "STOP_ARRIVED",
        "ARRIVAL_NOTIFICATION",
        "STOP_DEPARTED",
    ] {
        assert_eq!(of_type(&missed, kind).len(), 1, "{kind}");
    }
    let last = missed.last().expect("one");
    assert_eq!(last["timestamp"], json!(road.at(210).to_string()));
}

#[test]
fn what_a_late_fix_changes_is_corrected_and_nobody_is_told_twice() {
    let server = shared();
    let road = road(&server, &[3_000.0]);
    let mut watcher = Socket::watch(&server.role("dispatcher", &road.lab), "");
    watcher.next();
    let mut phone = Socket::drive(&road.driver_token(&server), "");
    // Through the fence, as it seems; then what the phone kept while it had no network: it stood there.
    drive(
        &mut phone,
        &road,
        &[(0, 0.0, 40.0), (60, 2_000.0, 40.0), (160, 4_000.0, 40.0)],
    );
    eventually(|| (road.sightings(&server, 0) == ["crossed"]).then_some(()));
    let statuses = drive(
        &mut phone,
        &road,
        &[(130, 2_995.0, 0.0), (100, 2_990.0, 0.0)],
    );
    assert_eq!(statuses, ["late", "late"]);
    let messages = watcher.until(|message| message["type"] == "STOP_DEPARTED");
    let corrected = of_type(&messages, "GEOFENCE_CORRECTED");
    assert_eq!(corrected.len(), 1, "{messages:?}");
    assert_eq!(
        (&corrected[0]["was"], &corrected[0]["now"]),
        (&json!("GEOFENCE_CROSSED"), &json!("GEOFENCE_EXIT"))
    );
    assert_eq!(
        road.sightings(&server, 0),
        ["entered", "arrived", "exited", "departed"]
    );
    let arrived = of_type(&messages, "STOP_ARRIVED");
    assert_eq!(
        arrived[0]["at"],
        json!(road.at(100).to_string()),
        "its true time"
    );
    assert_eq!(of_type(&messages, "ARRIVAL_NOTIFICATION").len(), 1);
    // The marker does not move back.
    let updates = of_type(&messages, "DRIVER_LOCATION_UPDATE");
    assert_eq!(
        updates.last().expect("one")["timestamp"],
        json!(road.at(160).to_string())
    );
}

#[test]
fn a_clinic_is_told_once_however_often_the_server_dies() {
    let server = Start::new().go();
    let road = road(&server, &[3_000.0, 6_000.0]);
    let token = road.driver_token(&server).token;
    let mut server = Some(server);
    for (index, point) in VISIT.iter().enumerate() {
        let running = server.take().expect("one");
        let mut phone = Socket::drive(&running.holder(token.as_deref().expect("a token")), "");
        drive(&mut phone, &road, &[*point]);
        // On disk, and perhaps not yet thought about.
        let folder = running.kill();
        server = Some(folder.again().go());
        // The folder is the test's until the next server has it.
        std::mem::forget(folder);
        assert!(index < VISIT.len());
    }
    let server = server.expect("one");
    eventually(|| {
        let seen = road.sightings(&server, 0);
        (seen == ["entered", "arrived", "exited", "departed"]).then_some(())
    });
    let mut expected = vec![format!("{}/{}/notice", road.route, road.stops[0])];
    // The second clinic lies within five minutes once the driver has left the first.
    expected.push(format!("{}/{}/notice", road.route, road.stops[1]));
    expected.sort();
    let told = || {
        let events = server
            .admin()
            .get("/v1/events?type=ArrivalNoticed&limit=200")
            .expect(200);
        let mut told = texts(&events["items"], "id");
        told.sort();
        told
    };
    // What was seen and what follows from it go their own ways to the disk.
    let all = eventually(|| Some(told()).filter(|told| told.len() >= expected.len()));
    assert_eq!(all, expected);
    std::fs::remove_dir_all(server.folder()).unwrap_or_default();
}

#[test]
fn whoever_subscribed_hears_once_that_the_driver_comes() {
    let server = Start::new().env("PONTIC_RELAY__ALLOW_PRIVATE", "true").go();
    let receiver = Receiver::taking();
    let wanted = json!({ "detail-type": ["ArrivalNotification"] });
    let body = json!({ "url": receiver.url(), "pattern": wanted, "format": "plain" });
    server.admin().put("/v1/subscriptions/s", &body).expect(201);
    let road = road(&server, &[3_000.0]);
    let mut phone = Socket::drive(&road.driver_token(&server), "");
    for point in VISIT {
        drive(&mut phone, &road, &[point]);
    }
    let told = eventually(|| receiver.received().first().cloned());
    assert_eq!(told.body["source"], "logistics.route");
    assert_eq!(told.body["detail"]["stopId"], json!(road.stops[0]));
    assert!(
        told.body["detail"]["minutesAway"]
            .as_u64()
            .is_some_and(|minutes| minutes <= 5)
    );
    std::thread::sleep(Duration::from_millis(500));
    assert_eq!(receiver.received().len(), 1);
}

#[test]
fn the_rest_of_a_route_goes_on_with_another_driver() {
    let server = shared();
    let road = road(&server, &[3_000.0, 6_000.0]);
    let mut first = Socket::drive(&road.driver_token(&server), "");
    drive(&mut first, &road, &[(0, 0.0, 40.0), (60, 1_500.0, 40.0)]);
    let second_driver = fresh("D");
    let path = format!("/v1/routes/{}?labId={}", road.route, road.lab);
    let change = json!({ "driverId": second_driver });
    server.admin().patch(&path, &change).expect(200);
    let token = json!({ "role": "driver", "labId": road.lab, "driverId": second_driver });
    let second_phone = server.token(&token);
    let report = eventually(|| {
        let sent = fix(second() + SignedDuration::from_secs(5), 2_000.0, 40.0);
        let report = second_phone.post("/v1/positions", &sent).expect(200);
        (report["update"]["routeId"] == json!(road.route)).then_some(report)
    });
    assert_eq!(report["update"]["nextStop"]["id"], json!(road.stops[0]));
    let path = format!("/v1/drivers/{}/positions", road.driver);
    let old = road
        .driver_token(&server)
        .post(&path, &fix(second(), 1_500.0, 0.0))
        .expect(200);
    assert_eq!(old["update"]["routeId"], Value::Null);
}

#[test]
fn a_fence_can_have_a_radius_or_a_shape() {
    let server = shared();
    let road = road(&server, &[3_000.0]);
    let square = |south: f64, north_m: f64| {
        json!([
            { "lat": north(south)["lat"], "lng": -71.061 }, { "lat": north(south)["lat"], "lng": -71.059 },
            { "lat": north(north_m)["lat"], "lng": -71.059 }, { "lat": north(north_m)["lat"], "lng": -71.061 },
        ])
    };
    let clinic = json!({ "labId": road.lab, "name": "Wide", "location": north(3_000.0), "fence": { "polygon": square(2_000.0, 3_200.0) } });
    server
        .admin()
        .put(&format!("/v1/clinics/C1?labId={}", road.lab), &clinic)
        .expect(200);
    let mut phone = Socket::drive(&road.driver_token(&server), "");
    let mut seconds = 0;
    eventually(|| {
        seconds += 1;
        drive(&mut phone, &road, &[(seconds, 2_100.0, 0.0)]);
        (road.sightings(&server, 0) == ["entered", "arrived"]).then_some(())
    });
}

#[test]
fn sockets_are_for_senders_only() {
    let server = shared();
    let open = |token: &str| {
        let header = format!("Bearer {token}");
        Socket::try_open(&server.url, "/ws/driver", &[("authorization", &header)]).err()
    };
    assert_eq!(open("pnt_nobody"), Some(401));
    let viewer = server.role("viewer", "L").token.expect("a token");
    assert_eq!(open(&viewer), Some(403));
    let driver = server.role("driver", "L");
    let ticket = driver.post("/v1/tickets", &json!({})).expect(201);
    let path = format!(
        "/ws/driver?ticket={}",
        ticket["ticket"].as_str().expect("a text")
    );
    assert!(Socket::try_open(&server.url, &path, &[]).is_ok());
    assert_eq!(
        Socket::try_open(&server.url, &path, &[]).err(),
        Some(401),
        "once"
    );
    let foreign = [("origin", "https://elsewhere.example")];
    assert_eq!(
        Socket::try_open(&server.url, &path, &foreign).err(),
        Some(403)
    );
}
