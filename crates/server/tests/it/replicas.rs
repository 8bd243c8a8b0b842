//! Several programs on one database: each knows what the others do, and none is missed when it is gone.

use std::time::Duration;

use jiff::{SignedDuration, Timestamp};
use serde_json::{Value, json};

use crate::harness::{
    Client, Group, Receiver, Road, Server, Socket, VISIT, case, date_in, eventually, fix, fresh,
    now, said,
};

fn pair(group: &Group) -> (Server, Server) {
    (group.start().go(), group.start().go())
}

/// The same holder of a token, asking another program.
fn at(server: &Server, holder: &Client) -> Client {
    server.holder(holder.token.as_deref().expect("a token"))
}

fn ago(seconds: i64) -> Timestamp {
    let at = now() - SignedDuration::from_secs(seconds);
    Timestamp::from_second(at.as_second()).expect("in range")
}

fn numbers(messages: &[Value]) -> Vec<u64> {
    messages
        .iter()
        .filter_map(|message| message["seq"].as_u64())
        .collect()
}

fn send_case(server: &Server, lab: &str, clinic: &str, id: &str) -> String {
    let event = json!({
        "source": "cases.production", "detailType": "CaseReadyToShip", "id": id,
        "detail": case(lab, clinic, id, &date_in(3)),
    });
    let result = server.admin().post("/v1/events", &event).expect(200);
    result["results"][0]["result"]["deliveryId"]
        .as_str()
        .or(result["result"]["deliveryId"].as_str())
        .expect("a delivery")
        .to_owned()
}

#[test]
fn what_is_sent_to_one_is_seen_at_all_in_one_order() {
    let group = Group::new();
    let (first, second) = pair(&group);
    let lab = fresh("L");
    let desk = first.role("dispatcher", &lab);
    let mut here = Socket::watch(&desk, "");
    let mut there = Socket::watch(&at(&second, &desk), "");
    assert_eq!(here.next()["epoch"], there.next()["epoch"], "one log");
    for index in 0..10 {
        let server = [&first, &second][index % 2];
        send_case(server, &lab, &format!("C{index}"), &format!("K{index}"));
    }
    let is_last =
        |message: &Value| message["type"] == "CLINIC_UPDATED" && message["clinicId"] == "C9";
    let (at_first, at_second) = (here.until(is_last), there.until(is_last));
    assert_eq!(at_first, at_second);
    let rising = numbers(&at_first);
    assert!(
        rising.windows(2).all(|pair| pair[0] < pair[1]),
        "{rising:?}"
    );
}

#[test]
fn a_stream_goes_on_at_another_program_without_a_gap() {
    let group = Group::new();
    let (first, second) = pair(&group);
    let lab = fresh("L");
    let desk = first.role("dispatcher", &lab);
    let mut here = Socket::watch(&desk, "");
    let snapshot = here.next();
    let epoch = snapshot["epoch"].as_str().expect("an epoch").to_owned();
    send_case(&first, &lab, "C1", "K1");
    let heard = here.until(|message| message["type"] == "CLINIC_UPDATED");
    let last = *numbers(&heard).last().expect("a number");
    drop(first.kill());
    send_case(&second, &lab, "C2", "K2");
    let mut there = Socket::watch(&at(&second, &desk), &format!("?after={epoch}:{last}"));
    let rest =
        there.until(|message| message["type"] == "CLINIC_UPDATED" && message["clinicId"] == "C2");
    assert!(
        rest.iter().all(|message| message["type"] != "SNAPSHOT"),
        "{rest:?}"
    );
    assert!(
        numbers(&rest).iter().all(|number| *number > last),
        "{rest:?}"
    );
    let again =
        |message: &&Value| message["clinicId"] == "C1" && message["type"] == "CLINIC_UPDATED";
    assert_eq!(rest.iter().filter(again).count(), 0, "{rest:?}");
}

#[test]
fn a_stream_goes_on_elsewhere_after_a_position_that_followed_a_publication() {
    let group = Group::new();
    let (first, second) = pair(&group);
    let road = Road::start(&first, &fresh("L"), &fresh("D"), ago(110), &[30_000.0]);
    let desk = first.role("dispatcher", &road.lab);
    let mut there = Socket::watch(&at(&second, &desk), "");
    let epoch = there.next()["epoch"].as_str().expect("an epoch").to_owned();
    // Decided by the first, which knows what it published; the second reads it.
    send_case(&first, &road.lab, "C9", "K1");
    there.until(|message| message["type"] == "CLINIC_UPDATED" && message["clinicId"] == "C9");
    let driver = road.driver_token(&first);
    let path = format!("/v1/drivers/{}/positions", road.driver);
    driver.post(&path, &fix(road.at(1), 10.0, 40.0)).expect(200);
    let heard = there.until(|message| message["type"] == "DRIVER_LOCATION_UPDATE");
    let last = *numbers(&heard).last().expect("a number");
    drop(second.kill());
    let mut here = Socket::watch(&desk, &format!("?after={epoch}:{last}"));
    let next = here.next();
    assert_ne!(next["type"], "SNAPSHOT", "{last}");
    assert!(next["seq"].as_u64() > Some(last), "{last} {next}");
}

#[test]
fn settings_made_at_one_count_at_all() {
    let group = Group::new();
    let (first, second) = pair(&group);
    let lab = fresh("L");
    // A token that is revoked.
    let made = first
        .admin()
        .post("/v1/tokens", &json!({ "role": "viewer", "labId": lab }));
    let made = made.expect(201);
    let holder = second.holder(made["token"].as_str().expect("a token"));
    holder.get("/v1/deliveries").expect(200);
    let mut watcher = Socket::watch(&holder, "");
    watcher.next();
    let path = format!("/v1/tokens/{}", made["id"].as_str().expect("an id"));
    first.admin().delete(&path).expect(204);
    watcher.closed();
    holder.get("/v1/deliveries").refused(401, "unauthorized");
    // An endpoint of a practice system.
    let endpoint = json!({ "labId": lab, "system": "opendental", "secrets": ["of-the-test"] });
    first
        .admin()
        .put("/v1/endpoints/od-9", &endpoint)
        .expect(201);
    let unsigned = || {
        second
            .nobody()
            .post("/webhooks/ehr/opendental/od-9", &json!({}))
    };
    eventually(|| (unsigned().status == 401).then_some(()));
    // A subscription: what is published by one is sent by any.
    let receiver = Receiver::taking();
    let subscription = json!({ "labId": lab, "url": receiver.url(), "pattern": { "detail-type": ["DeliveryScheduled"] } });
    first
        .admin()
        .put("/v1/subscriptions/s-9", &subscription)
        .expect(201);
    drop(first.kill());
    send_case(&second, &lab, "C1", "K1");
    eventually(|| (!receiver.received().is_empty()).then_some(()));
}

#[test]
fn an_alert_that_is_dealt_with_at_one_is_gone_at_all() {
    let group = Group::new();
    let (first, second) = pair(&group);
    let lab = fresh("L");
    let desk = first.role("dispatcher", &lab);
    let mut rush = case(&lab, "C1", "K1", &date_in(3));
    rush["priority"] = "RUSH".into();
    first.admin().event("CaseReadyToShip", &rush).result();
    let alerts = desk.get("/v1/alerts").expect(200);
    let number = alerts["items"][0]["number"].as_u64().expect("an alert");
    let mut there = Socket::watch(&at(&second, &desk), "");
    there.next();
    desk.post(
        &format!("/v1/alerts/{number}/snooze"),
        &json!({ "minutes": 30 }),
    )
    .expect(204);
    let told = there.until(|message| message["type"] == "ALERT_SNOOZED");
    assert_eq!(told.last().expect("one")["number"], number);
    desk.post(&format!("/v1/alerts/{number}/close"), &json!({}))
        .expect(204);
    let told = there.until(|message| message["type"] == "ALERT_CLOSED");
    assert_eq!(told.last().expect("one")["number"], number);
}

#[test]
fn a_driver_who_changes_programs_in_mid_route_is_seen_as_one() {
    let group = Group::new();
    let (first, second) = pair(&group);
    let road = Road::start(
        &first,
        &fresh("L"),
        &fresh("D"),
        ago(110),
        &[3_000.0, 9_000.0],
    );
    let desk = first.role("dispatcher", &road.lab);
    let mut watchers = [
        Socket::watch(&desk, ""),
        Socket::watch(&at(&second, &desk), ""),
    ];
    let driver = road.driver_token(&first);
    // Every other position goes to the other program, sooner or later than it heard of the one before.
    let mut phones = [
        Socket::drive(&driver, ""),
        Socket::drive(&at(&second, &driver), ""),
    ];
    for (index, (seconds, metres, kmh)) in VISIT.iter().enumerate() {
        let ack = phones[index % 2].ask(&fix(road.at(*seconds), *metres, *kmh));
        assert_eq!(ack["type"], "ACK", "{ack}");
    }
    for watcher in &mut watchers {
        let last = json!(road.at(210).to_string());
        let is_last = |message: &Value| message["timestamp"] == last;
        let mut told =
            watcher.until(|message| message["type"] == "STOP_DEPARTED" || is_last(message));
        let departed = told
            .last()
            .is_some_and(|message| message["type"] == "STOP_DEPARTED");
        let rest = if departed {
            watcher.until(is_last)
        } else {
            watcher.until(|message| message["type"] == "STOP_DEPARTED")
        };
        told.extend(rest);
        let of = |kind: &str| {
            told.iter()
                .filter(|message| message["type"] == kind)
                .count()
        };
        assert_eq!(of("ARRIVAL_NOTIFICATION"), 1, "{told:?}");
        assert!(of("STOP_ARRIVED") > 0, "{told:?}");
    }
    for server in [&first, &second] {
        // What one told before it heard of a position is put right.
        let visit = ["entered", "arrived", "exited", "departed"];
        eventually(|| (road.sightings(server, 0) == visit).then_some(()));
        let stop = road.stop(server, 0);
        assert_eq!(stop["arrivedAt"], json!(road.at(105).to_string()));
    }
}

#[test]
fn what_a_program_took_before_it_died_is_told_by_the_others() {
    let group = Group::new();
    let (first, second) = pair(&group);
    let road = Road::start(&first, &fresh("L"), &fresh("D"), ago(110), &[3_000.0]);
    let driver = road.driver_token(&first);
    let mut phone = Socket::drive(&driver, "");
    for (seconds, metres, kmh) in &VISIT[..6] {
        phone.ask(&fix(road.at(*seconds), *metres, *kmh));
    }
    // Nobody waits until it has told what they mean.
    drop(first.kill());
    eventually(|| (road.sightings(&second, 0) == ["entered", "arrived"]).then_some(()));
    let mut phone = Socket::drive(&at(&second, &driver), "");
    for (seconds, metres, kmh) in &VISIT[6..] {
        phone.ask(&fix(road.at(*seconds), *metres, *kmh));
    }
    eventually(|| (road.sightings(&second, 0).len() == 4).then_some(()));
    assert!(road.stop(&second, 0)["noticedAt"].is_string());
    let history = format!("/v1/drivers/{}/positions?labId={}", road.driver, road.lab);
    let kept = second.admin().get(&history).expect(200);
    assert_eq!(kept["items"].as_array().map(Vec::len), Some(VISIT.len()));
}

#[test]
fn a_phone_that_was_offline_sends_its_buffer_to_whichever_answers() {
    let group = Group::new();
    let (first, second) = pair(&group);
    let road = Road::start(&first, &fresh("L"), &fresh("D"), ago(600), &[3_000.0]);
    let driver = road.driver_token(&first);
    let path = format!("/v1/drivers/{}/positions", road.driver);
    let post = |client: &Client, points: &[(i64, f64, f64)]| {
        let fixes: Vec<Value> = points
            .iter()
            .map(|(seconds, metres, kmh)| fix(road.at(*seconds), *metres, *kmh))
            .collect();
        client.post(&path, &json!(fixes)).expect(200)
    };
    // The end of the visit first, the middle of it later, and elsewhere.
    post(&driver, &VISIT[..4]);
    post(&driver, &VISIT[6..]);
    // Whether it has heard of the end by now or hears of it in a moment.
    let late = post(&at(&second, &driver), &VISIT[4..6]);
    let taken = ["late", "accepted"].map(|word| late[word].as_u64().expect("a count"));
    assert_eq!(taken.iter().sum::<u64>(), 2, "{late}");
    let again = post(&driver, &VISIT[4..6]);
    assert_eq!(again["duplicates"], 2, "{again}");
    eventually(|| {
        (road.stop(&first, 0)["arrivedAt"] == json!(road.at(105).to_string())).then_some(())
    });
}

#[test]
fn a_program_with_other_rules_puts_those_before_it_out_of_service() {
    let group = Group::new();
    let first = group.start().go();
    let lab = fresh("L");
    send_case(&first, &lab, "C1", "K1");
    let second = group
        .start()
        .env("PONTIC_DEFAULT_TIME_ZONE", "Europe/Berlin")
        .go();
    let ready = |server: &Server| server.nobody().get("/readyz");
    eventually(|| (ready(&first).status == 503).then_some(()));
    assert_eq!(ready(&first).body["rules"], "outdated");
    let event = json!({
        "source": "cases.production", "detailType": "CaseReadyToShip", "id": "K2",
        "detail": case(&lab, "C1", "K2", &date_in(3)),
    });
    assert_eq!(first.admin().post("/v1/events", &event).status, 503);
    assert_eq!(second.admin().post("/v1/events", &event).status, 200);
    assert_eq!(ready(&second).status, 200);
    // Started anew with the same ones it is in service again.
    drop(first.kill());
    let first = group
        .start()
        .env("PONTIC_DEFAULT_TIME_ZONE", "Europe/Berlin")
        .go();
    assert_eq!(ready(&first).status, 200);
    assert_eq!(ready(&second).status, 200);
}

#[test]
fn due_work_is_done_once_whoever_does_it() {
    let group = Group::new();
    let servers: Vec<Server> = (0..3).map(|_| group.start().go()).collect();
    let lab = fresh("L");
    let receiver = Receiver::taking();
    let subscription = json!({ "labId": lab, "url": receiver.url(), "pattern": { "detail-type": ["DeliveryScheduled"] } });
    servers[0]
        .admin()
        .put("/v1/subscriptions/s-1", &subscription)
        .expect(201);
    for index in 0..60 {
        let clinic = format!("C{index}");
        send_case(&servers[index % 3], &lab, &clinic, &format!("K{index}"));
    }
    let ids = || {
        let mut ids = receiver.ids();
        ids.sort();
        ids
    };
    eventually(|| (ids().len() >= 60).then_some(()));
    std::thread::sleep(Duration::from_secs(1));
    let mut once = ids();
    once.dedup();
    assert_eq!((once.len(), ids().len()), (60, 60));
}

#[test]
fn a_program_that_is_frozen_holds_up_nobody_and_catches_up() {
    let group = Group::new();
    let (first, second) = pair(&group);
    let lab = fresh("L");
    let desk = first.role("dispatcher", &lab);
    let mut here = Socket::watch(&desk, "");
    here.next();
    first.freeze();
    assert!(Socket::reach(&desk, "", Duration::from_millis(300)).is_none());
    send_case(&second, &lab, "C1", "K1");
    first.thaw();
    here.until(|message| message["type"] == "CLINIC_UPDATED");
    assert!(Socket::reach(&desk, "", Duration::from_secs(10)).is_some());
}

#[test]
fn another_key_is_refused() {
    let group = Group::new();
    let _first = group.start().go();
    let other = tempfile::tempdir().expect("a folder");
    let key = other.path().join("data.key");
    let refused = group
        .start()
        .env("PONTIC_KEY_FILE", key.to_str().expect("a path"))
        .fails();
    let text = said(&refused);
    assert!(
        refused.status.code() == Some(1) && text.contains("key"),
        "{text}"
    );
}
