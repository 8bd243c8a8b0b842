//! A stop that was asked for: what was accepted is kept, nobody waits for ever.

use std::io::Write;
use std::net::TcpStream;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use serde_json::{Value, json};

use crate::harness::{ADMIN, Start, case, date_in};

#[test]
fn under_load_everything_accepted_is_there_afterwards() {
    let server = Start::new().go();
    let stopped = AtomicBool::new(false);
    let accepted: Vec<String> = std::thread::scope(|scope| {
        let senders: Vec<_> = (0..6)
            .map(|sender| {
                let (admin, stopped) = (server.admin(), &stopped);
                scope.spawn(move || {
                    let mut accepted = Vec::new();
                    for number in 0.. {
                        let id = format!("s{sender}-{number}");
                        let event = json!({ "source": "s", "detailType": "CaseReadyToShip", "id": id, "detail": case("L", &format!("C{sender}"), &id, &date_in(1)) });
                        let sent = admin.try_send("POST", "/v1/events", &[("content-type", "application/json")], event.to_string().as_bytes());
                        match sent {
                            Ok(answer) if answer.status == 200 => accepted.push(id),
                            _ if stopped.load(Ordering::Relaxed) => return accepted,
                            other => panic!("refused before the stop: {other:?}"),
                        }
                    }
                    accepted
                })
            })
            .collect();
        std::thread::sleep(Duration::from_millis(400));
        stopped.store(true, Ordering::Relaxed);
        server.ask_to_stop();
        senders
            .into_iter()
            .flat_map(|sender| sender.join().expect("joined"))
            .collect()
    });
    assert!(accepted.len() > 20, "{}", accepted.len());
    let (status, left) = server.stop();
    assert_eq!(status.code(), Some(0), "{}", left.logged);
    let server = left.again().go();
    let log = server.admin().all("/v1/events?type=CaseReadyToShip");
    let kept: std::collections::BTreeSet<&str> =
        log.iter().filter_map(|row| row["id"].as_str()).collect();
    let lost: Vec<&String> = accepted
        .iter()
        .filter(|id| !kept.contains(id.as_str()))
        .collect();
    assert!(lost.is_empty(), "{lost:?}");
    assert_eq!(kept.len(), log.len(), "each once");
}

/// Somebody opened a stream and a socket, and then looked away: more is waiting for them than any buffer holds.
#[test]
fn readers_who_do_not_read_hold_nobody_up() {
    let server = Start::new().go();
    let address = server.url.trim_start_matches("http://").to_owned();
    let open = |head: &str| {
        let mut stream = TcpStream::connect(&address).expect("connected");
        let head =
            format!("GET {head} HTTP/1.1\r\nhost: {address}\r\nauthorization: Bearer {ADMIN}\r\n");
        stream.write_all(head.as_bytes()).expect("written");
        stream
    };
    let mut stream = open("/v1/stream");
    stream.write_all(b"\r\n").expect("written");
    let mut socket = open("/ws/dispatch");
    let upgrade = "connection: upgrade\r\nupgrade: websocket\r\nsec-websocket-version: 13\r\nsec-websocket-key: AQIDBAUGBwgJCgsMDQ4PEA==\r\n\r\n";
    socket.write_all(upgrade.as_bytes()).expect("written");
    let name = "N".repeat(150);
    let event = |round: usize, number: usize| json!({ "source": name, "detailType": "CaseReadyToShip", "detail": case("L", &format!("clinic-of-some-length-{number}"), &format!("K{round}-{number}"), &date_in(1)) });
    for round in 0..15 {
        let events: Vec<Value> = (0..1_000).map(|number| event(round, number)).collect();
        server
            .admin()
            .post("/v1/events", &json!(events))
            .expect(200);
    }
    let asked = Instant::now();
    let (status, _) = server.stop();
    assert_eq!(status.code(), Some(0));
    assert!(
        asked.elapsed() < Duration::from_secs(20),
        "{:?}",
        asked.elapsed()
    );
    drop((stream, socket));
}

#[test]
fn while_it_stops_it_says_goodbye_to_readers() {
    use std::io::Read;
    let server = Start::new().go();
    let address = server.url.trim_start_matches("http://").to_owned();
    let mut stream = TcpStream::connect(&address).expect("connected");
    let head = format!(
        "GET /v1/stream HTTP/1.1\r\nhost: {address}\r\nauthorization: Bearer {ADMIN}\r\n\r\n"
    );
    stream.write_all(head.as_bytes()).expect("written");
    let mut piece = [0; 64];
    assert_ne!(stream.read(&mut piece).expect("read"), 0);
    let asked = Instant::now();
    let (status, _) = server.stop();
    assert_eq!(status.code(), Some(0));
    assert!(
        asked.elapsed() < Duration::from_secs(5),
        "{:?}",
        asked.elapsed()
    );
    let mut rest = Vec::new();
    stream.read_to_end(&mut rest).expect("ended in order");
}
