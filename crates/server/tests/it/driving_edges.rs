//! Drivers' positions where something goes wrong: silent phones, rude senders, services that fail, a server that is killed.

use std::io::{Read as _, Write as _};
use std::net::TcpStream;
use std::time::Duration;

use jiff::{SignedDuration, Timestamp};
use serde_json::{Value, json};
use tokio_tungstenite::tungstenite::Message;

use crate::harness::{
    Behaviour, Matrix, Road, Socket, Start, eventually, fix, fresh, now, shared, texts, with,
};

fn ago(seconds: i64) -> Timestamp {
    let now = Timestamp::from_second(now().as_second()).expect("in range");
    now - SignedDuration::from_secs(seconds)
}

#[test]
fn silence_is_told_once_with_its_likely_cause() {
    let server = Start::new().go();
    let road = Road::start(&server, "L", "D", ago(600), &[9_000.0]);
    let mut watcher = Socket::watch(&server.role("dispatcher", "L"), "");
    watcher.next();
    let mut phone = Socket::drive(&road.driver_token(&server), "");
    phone.ask(&with(fix(ago(150), 1_000.0, 40.0), json!({ "battery": 3 })));
    let messages = watcher.until(|message| message["type"] == "DRIVER_SILENT");
    let told = messages.last().expect("one");
    assert_eq!(
        (&told["driverId"], &told["likelyCause"]),
        (&json!("D"), &json!("battery_empty"))
    );
    assert!(told["lastSeen"].is_string());
    let alerts = server.admin().get("/v1/alerts?limit=200").expect(200);
    let silent = texts(&alerts["items"], "type");
    assert_eq!(
        silent
            .iter()
            .filter(|kind| *kind == "DRIVER_SILENT")
            .count(),
        1
    );
    // Heard again, and silent again: that is told again.
    phone.ask(&fix(ago(130), 1_100.0, 40.0));
    let messages = watcher.until(|message| message["type"] == "DRIVER_SILENT");
    assert_eq!(messages.last().expect("one")["likelyCause"], "no_network");
}

#[test]
fn rude_senders_are_let_go_and_others_are_not_disturbed() {
    let server = shared();
    let road = Road::start(&server, &fresh("L"), &fresh("D"), ago(100), &[9_000.0]);
    let driver = road.driver_token(&server);
    // A megabyte.
    let mut rude = Socket::drive(&driver, "");
    let _ = rude.0.send(Message::text("x".repeat(1_000_000)));
    let ended = std::iter::from_fn(|| rude.0.read().ok()).all(|message| message.is_close());
    assert!(ended, "nothing but a goodbye");
    // Half a frame, then nothing more.
    let half = Socket::drive(&driver, "");
    let tokio_tungstenite::tungstenite::stream::MaybeTlsStream::Plain(stream) = half.0.get_ref()
    else {
        unreachable!("no TLS here")
    };
    let mut stream: &TcpStream = stream;
    stream.write_all(&[0x81, 0xfe, 0x01]).expect("sent");
    // A thousand at once, all answered in order.
    let mut many = Socket::drive(&driver, "");
    for index in 0..1_000_i64 {
        let at = road.started + SignedDuration::from_millis(index * 10);
        let message = with(fix(at, 0.0, 40.0), json!({ "ref": index }));
        many.0
            .write(Message::text(message.to_string()))
            .expect("sent");
    }
    many.0.flush().expect("sent");
    for index in 0..1_000 {
        let ack = many.next();
        assert_eq!(
            (&ack["ref"], &ack["status"]),
            (&json!(index), &json!("accepted"))
        );
    }
    // Arrays are for those who asked for them.
    let mut one = Socket::drive(&driver, "");
    assert_eq!(
        one.ask(&json!([fix(ago(1), 0.0, 0.0)]))["reason"],
        "invalid_type"
    );
    // No socket at all.
    let mut plain =
        TcpStream::connect(server.url.trim_start_matches("http://")).expect("connected");
    plain
        .write_all(b"GET /ws/driver HTTP/1.1\r\nhost: x\r\nconnection: close\r\n\r\n")
        .expect("sent");
    let mut answer = String::new();
    plain.read_to_string(&mut answer).expect("heard");
    assert!(answer.starts_with("HTTP/1.1 401"), "{answer}");
}

#[test]
fn last_weeks_buffer_newest_first_becomes_history_and_no_notice() {
    let server = shared();
    let road = Road::start(
        &server,
        &fresh("L"),
        &fresh("D"),
        ago(5 * 86_400),
        &[3_000.0],
    );
    let mut phone = Socket::drive(&road.driver_token(&server), "?batch=1");
    let fixes = (0..600).rev().map(|index| {
        fix(
            road.at(index * 30),
            90.0 * f64::from(i32::try_from(index).expect("small")),
            12.0,
        )
    });
    let fixes: Vec<Value> = fixes.collect();
    let mut answered = 0;
    for part in fixes.chunks(100) {
        phone.say(&json!(part));
    }
    while answered < 600 {
        for ack in phone.next().as_array().expect("answers") {
            let status = if answered == 0 { "accepted" } else { "late" };
            assert_eq!(ack["status"], status);
            answered += 1;
        }
    }
    eventually(|| (road.sightings(&server, 0).last()? == "departed").then_some(()));
    assert_eq!(road.stop(&server, 0)["noticedAt"], Value::Null);
    let seen = road.sightings(&server, 0);
    assert_eq!(seen, ["entered", "arrived", "exited", "departed"]);
}

#[test]
fn a_driver_on_two_phones_is_one_driver() {
    let server = shared();
    let road = Road::start(&server, &fresh("L"), &fresh("D"), ago(110), &[9_000.0]);
    let token = road.driver_token(&server);
    let (mut one, mut two) = (Socket::drive(&token, ""), Socket::drive(&token, ""));
    for index in 0..10_i64 {
        let metres = 50.0 * f64::from(i32::try_from(index).expect("small"));
        let message = fix(road.at(index * 10), metres, 18.0);
        assert_eq!(one.ask(&message)["status"], "accepted");
        assert_eq!(two.ask(&message)["status"], "duplicate");
    }
}

#[test]
fn an_eta_at_every_update_whatever_the_service_does() {
    let matrix = Matrix::start();
    let server = Start::new()
        .env("PONTIC_MAPS__PROVIDER", "google_distance_matrix")
        .env("PONTIC_MAPS__URL", &matrix.url())
        .env("PONTIC_MAPS__KEY", "key-of-the-tests")
        .env("PONTIC_MAPS__TIMEOUTMS", "400")
        .go();
    let drive = |driver: &str, behaviour: Behaviour| {
        matrix.behave(behaviour);
        let road = Road::start(
            &server,
            "L",
            driver,
            ago(110),
            &[3_000.0, 6_000.0, 12_000.0],
        );
        (road.driver_token(&server), road)
    };
    let post = |phone: &crate::harness::Client, road: &Road, second: i64, metres: f64| {
        let path = format!("/v1/drivers/{}/positions", road.driver);
        let update = phone
            .post(&path, &fix(road.at(second), metres, 36.0))
            .expect(200)["update"]
            .clone();
        let stops = update["updatedStops"].as_array().expect("stops").clone();
        assert_eq!(stops.len(), 3, "an ETA for every stop: {update}");
        assert!(update["nextStop"]["eta"].is_string());
        texts(&Value::Array(stops), "etaSource")
    };
    // It answers: soon its word stands for every leg, and is kept with the stops.
    let (phone, road) = drive("D1", Behaviour::Answers);
    assert_eq!(post(&phone, &road, 0, 0.0), ["straight_line"; 3]);
    let mut second = 0;
    eventually(|| {
        second += 1;
        (post(
            &phone,
            &road,
            second,
            f64::from(i32::try_from(second).expect("small")),
        ) == ["google"; 3])
            .then_some(())
    });
    assert_eq!(matrix.elements(), 3, "one a leg, and none for an update");
    assert_eq!(road.stop(&server, 2)["leg"]["source"], "google");
    // It dies in the middle of that route: what it said still holds.
    matrix.behave(Behaviour::HangsUp);
    assert_eq!(post(&phone, &road, second + 1, 300.0), ["google"; 3]);
    // It hangs, refuses, or talks nonsense: the straight line at once, and said so.
    for (driver, behaviour) in [
        ("D2", Behaviour::Hangs),
        ("D3", Behaviour::HangsUp),
        ("D4", Behaviour::Status("REQUEST_DENIED")),
        ("D5", Behaviour::html()),
    ] {
        let (phone, road) = drive(driver, behaviour);
        for index in 0..3 {
            let started = std::time::Instant::now();
            assert_eq!(
                post(&phone, &road, index, 0.0),
                ["straight_line"; 3],
                "{driver}"
            );
            assert!(
                started.elapsed() < Duration::from_millis(350),
                "nobody waits for a service"
            );
        }
    }
}

#[test]
fn nothing_acknowledged_is_lost_when_the_server_is_killed() {
    let mut folder = None;
    let mut expected: Vec<String> = Vec::new();
    let start = ago(3_600);
    for round in 0..4_i64 {
        let server = match &folder {
            None => Start::new().go(),
            Some(folder) => {
                let folder: &crate::harness::Folder = folder;
                folder.again().go()
            }
        };
        let gateway = server.token(&json!({ "role": "source", "labId": "L" }));
        let mut socket = Socket::drive(&gateway, "?batch=1");
        let mut sent = Vec::new();
        let mut acknowledged = 0;
        for index in 0..40_i64 {
            let at = start + SignedDuration::from_secs(round * 500 + index);
            let message = with(fix(at, 0.0, 10.0), json!({ "driverId": "D" }));
            sent.push(at.to_string());
            socket.say(&json!([message]));
            // Some are on their way when it dies.
            if index < 30 {
                acknowledged += socket.next().as_array().expect("answers").len();
            }
        }
        let left = server.kill();
        if folder.is_none() {
            folder = Some(left);
        }
        expected.extend(sent.into_iter().take(acknowledged));
    }
    let server = folder.as_ref().expect("one").again().go();
    let query = format!("from={start}&limit=5000");
    let kept = server
        .admin()
        .get(&format!("/v1/drivers/D/positions?{query}"))
        .expect(200);
    let kept = texts(&kept["items"], "timestamp");
    assert!(kept.windows(2).all(|pair| pair[0] < pair[1]), "none twice");
    for time in &expected {
        assert!(kept.contains(time), "{time} was acknowledged");
    }
    assert!(expected.len() >= 120);
}
