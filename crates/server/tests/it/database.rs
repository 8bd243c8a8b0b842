//! Records in a database: what is said of it, and what happens when it is slow, cut off or gone.

use std::collections::BTreeSet;
use std::path::Path;
use std::time::{Duration, Instant};

use jiff::{SignedDuration, Timestamp};
use serde_json::json;

use crate::harness::{
    Proxy, Server, Start, case, database_at, date_in, eventually, execute, fix, fresh, now, pontic,
    said, texts,
};
use crate::replay::busy_day;

/// A server on a database of its own, by way of a line that can be cut.
fn through(proxy: &Proxy, folder: &Path) -> Start {
    let url = proxy.in_front_of(&database_at(folder));
    Start::on(folder).env("PONTIC_DATABASE__URL", &url)
}

fn post(server: &Server, id: &str) -> u16 {
    let event = json!({
        "source": "cases.production", "detailType": "CaseReadyToShip", "id": id,
        "detail": case("LAB001", "C1", id, &date_in(3)),
    });
    server.admin().post("/v1/events", &event).status
}

#[test]
fn the_program_says_where_records_are_and_never_the_password() {
    let folder = tempfile::tempdir().expect("a folder");
    let url = database_at(folder.path());
    let server = Start::on(folder.path())
        .env("PONTIC_DATABASE__URL", &url)
        .env("PONTIC_LOG__FILTER", "debug")
        .go();
    assert_eq!(post(&server, "E1"), 200);
    eventually(|| {
        server
            .printed()
            .contains("records in the database 127.0.0.1:")
            .then_some(())
    });
    let (_, left) = server.stop();
    let password = url.split([':', '@']).nth(2).expect("a password");
    assert!(!left.logged.contains(password), "{}", left.logged);
}

#[test]
fn an_address_that_cannot_be_used_is_a_fault_among_the_others() {
    let output = Start::new()
        .env("PONTIC_DATABASE__URL", "mysql://u:hush@x/y")
        .env("PONTIC_DATABASE__CONNECTIONS", "0")
        .fails();
    let text = said(&output);
    assert!(
        text.contains("DATABASE__URL") && text.contains("DATABASE__CONNECTIONS"),
        "{text}"
    );
    assert!(!text.contains("hush"), "{text}");
}

#[test]
fn a_database_that_is_not_there_is_said_at_start() {
    let output = Start::new()
        .env(
            "PONTIC_DATABASE__URL",
            "postgres://u:hush@127.0.0.1:1/x?sslmode=disable",
        )
        .fails();
    let text = said(&output);
    assert_eq!(output.status.code(), Some(1), "{text}");
    assert!(
        text.contains("cannot be reached") && !text.contains("hush"),
        "{text}"
    );
}

/// Times of a driver's positions.
fn track(server: &Server, driver: &str) -> Vec<String> {
    let path = format!("/v1/drivers/{driver}/positions?limit=5000");
    let body = server.admin().get(&path).expect(200);
    texts(&body["items"], "timestamp")
}

/// Tells some positions of a driver of lab L; gives the times.
fn drive(server: &Server, driver: &str, seconds: std::ops::Range<i64>) -> Vec<String> {
    let phone = server.token(&json!({ "role": "driver", "labId": "L", "driverId": driver }));
    let start = Timestamp::from_second(now().as_second() - 600).expect("in range");
    let times = seconds.map(|second| start + SignedDuration::from_secs(second));
    times
        .map(|at| {
            let answer = phone.post("/v1/positions", &fix(at, 0.0, 10.0)).expect(200);
            assert_eq!(answer["accepted"], 1, "{answer}");
            at.to_string()
        })
        .collect()
}

#[test]
fn several_programs_serve_one_database_with_one_key() {
    let (one, other) = (
        tempfile::tempdir().expect("a folder"),
        tempfile::tempdir().expect("a folder"),
    );
    let url = database_at(one.path());
    let start = |folder: &Path| Start::on(folder).env("PONTIC_DATABASE__URL", &url);
    let first = start(one.path()).go();
    let mut driven = drive(&first, "D", 0..5);
    let refused = start(other.path()).fails();
    assert!(
        refused.status.code() == Some(1) && said(&refused).contains("key"),
        "{}",
        said(&refused)
    );
    let keys = one.path().join("keys/data.key");
    let with_key = || start(other.path()).env("PONTIC_KEY_FILE", keys.to_str().expect("a path"));
    let second = with_key().go();
    assert_eq!(track(&second, "D"), driven);
    driven.extend(drive(&second, "D", 10..15));
    assert_eq!(track(&first, "D"), driven);
    assert_eq!(post(&first, "E1"), 200);
    assert_eq!(post(&second, "E2"), 200);
    assert_eq!(post(&second, "E1"), 200, "known to both");
    let log = first.admin().all("/v1/events?type=CaseReadyToShip");
    assert_eq!(texts(&json!(log), "id"), ["E1", "E2"]);
    // Whichever ends, the other goes on, and finds everything.
    drop(first);
    assert_eq!(track(&second, "D"), driven);
}

#[test]
fn a_database_that_is_gone_is_503_and_comes_back_by_itself() {
    let folder = tempfile::tempdir().expect("a folder");
    let proxy = Proxy::new();
    let server = through(&proxy, folder.path()).go();
    assert_eq!(post(&server, "E1"), 200);
    proxy.cut();
    let began = Instant::now();
    assert_eq!(post(&server, "E2"), 503);
    assert!(
        began.elapsed() < Duration::from_secs(20),
        "answered in time"
    );
    assert_eq!(server.nobody().get("/healthz").status, 200, "it lives");
    assert_eq!(
        server.nobody().get("/readyz").status,
        503,
        "it is not ready"
    );
    proxy.mend();
    eventually(|| (post(&server, "E2") == 200).then_some(()));
    eventually(|| (server.nobody().get("/readyz").status == 200).then_some(()));
    let log = server.admin().all("/v1/events?type=CaseReadyToShip");
    assert_eq!(texts(&json!(log), "id"), ["E1", "E2"]);
}

#[test]
fn a_slow_database_makes_a_slow_server_and_no_wrong_one() {
    let folder = tempfile::tempdir().expect("a folder");
    let proxy = Proxy::new();
    let server = through(&proxy, folder.path()).go();
    assert_eq!(post(&server, "E1"), 200);
    proxy.slow(Duration::from_millis(150));
    let statuses: Vec<u16> = std::thread::scope(|scope| {
        let senders: Vec<_> = (0..8)
            .map(|number| {
                let server = &server;
                scope.spawn(move || post(server, &format!("S{number}")))
            })
            .collect();
        // Whoever asks whether it lives is answered meanwhile.
        let began = Instant::now();
        assert_eq!(server.nobody().get("/healthz").status, 200);
        assert!(began.elapsed() < Duration::from_secs(1), "at once");
        let join = |sender: std::thread::ScopedJoinHandle<'_, _>| sender.join().expect("sent");
        senders.into_iter().map(join).collect()
    });
    assert!(
        statuses.iter().all(|status| [200, 503].contains(status)),
        "{statuses:?}"
    );
    // So slow that nobody is answered: an error in time, and nothing that was not kept is called accepted.
    proxy.slow(Duration::from_secs(8));
    let began = Instant::now();
    assert_eq!(post(&server, "E2"), 503);
    assert!(
        began.elapsed() < Duration::from_secs(20),
        "answered in time"
    );
    proxy.slow(Duration::ZERO);
    for number in 0..8 {
        eventually(|| (post(&server, &format!("S{number}")) == 200).then_some(()));
    }
    eventually(|| (post(&server, "E2") == 200).then_some(()));
    let log = server.admin().all("/v1/events?type=CaseReadyToShip");
    let mut ids = texts(&json!(log), "id");
    ids.sort();
    let wanted = ["E1", "E2", "S0", "S1", "S2", "S3", "S4", "S5", "S6", "S7"];
    assert_eq!(ids, wanted);
}

/// As after a failover to a standby that was not promoted yet.
#[test]
fn a_database_that_only_reads_is_503_and_reading_goes_on() {
    let folder = tempfile::tempdir().expect("a folder");
    let proxy = Proxy::new();
    let server = through(&proxy, folder.path()).go();
    assert_eq!(post(&server, "E1"), 200);
    let only_reads = |is_so: &str| {
        let sql = format!(
            "DO $$ BEGIN EXECUTE format('ALTER DATABASE %I SET default_transaction_read_only = {is_so}', current_database()); END $$"
        );
        execute(&database_at(folder.path()), &sql);
        // What is connected came before.
        proxy.cut();
        proxy.mend();
    };
    only_reads("on");
    eventually(|| (post(&server, "E2") == 503).then_some(()));
    let log = server.admin().all("/v1/events?type=CaseReadyToShip");
    assert_eq!(texts(&json!(log), "id"), ["E1"]);
    only_reads("off");
    eventually(|| (post(&server, "E2") == 200).then_some(()));
    let log = server.admin().all("/v1/events?type=CaseReadyToShip");
    assert_eq!(texts(&json!(log), "id"), ["E1", "E2"]);
}

/// The line is cut again and again under load, in the middle of commits too: what was answered as accepted is there, and
/// nothing is there twice, whatever the answer was.
#[test]
fn a_line_that_is_cut_in_the_middle_of_commits_tells_no_lies() {
    let folder = tempfile::tempdir().expect("a folder");
    let proxy = Proxy::new();
    let server = through(&proxy, folder.path()).go();
    let until = Instant::now() + Duration::from_secs(6);
    let sent: Vec<(BTreeSet<String>, BTreeSet<String>)> = std::thread::scope(|scope| {
        let senders: Vec<_> = (0..4)
            .map(|_| {
                scope.spawn(|| {
                    let (mut accepted, mut unknown) = (BTreeSet::new(), BTreeSet::new());
                    while Instant::now() < until {
                        let id = fresh("E");
                        match post(&server, &id) {
                            200 => accepted.insert(id),
                            503 => unknown.insert(id),
                            status => panic!("{status}"),
                        };
                    }
                    (accepted, unknown)
                })
            })
            .collect();
        let mut pause = 13;
        while Instant::now() < until {
            std::thread::sleep(Duration::from_millis(40 + pause));
            pause = (pause * 7 + 5) % 151;
            proxy.cut();
            proxy.mend();
        }
        let join = |sender: std::thread::ScopedJoinHandle<'_, _>| sender.join().expect("sent");
        senders.into_iter().map(join).collect()
    });
    let accepted: BTreeSet<String> = sent.iter().flat_map(|(a, _)| a.clone()).collect();
    let unknown: BTreeSet<String> = sent.iter().flat_map(|(_, u)| u.clone()).collect();
    assert!(
        accepted.len() > 20 && !unknown.is_empty(),
        "{} {}",
        accepted.len(),
        unknown.len()
    );
    // Whoever had no good answer sends again, as real senders do.
    for id in &unknown {
        eventually(|| (post(&server, id) == 200).then_some(()));
    }
    let log = server.admin().all("/v1/events?type=CaseReadyToShip");
    let ids = texts(&json!(log), "id");
    let distinct: BTreeSet<String> = ids.iter().cloned().collect();
    assert_eq!(ids.len(), distinct.len(), "nothing twice");
    assert_eq!(distinct, accepted.union(&unknown).cloned().collect());
    let deliveries = server.admin().all("/v1/deliveries");
    assert_eq!(deliveries.len(), 1);
}

/// Everything that can be read of a server's records.
fn all_of(server: &Server) -> Vec<serde_json::Value> {
    let lists = [
        "/v1/events",
        "/v1/deliveries",
        "/v1/pickups",
        "/v1/invoices",
        "/v1/clinics",
        "/v1/labs",
        "/v1/alerts",
        "/v1/quarantine",
        "/v1/routes",
        "/v1/drivers",
    ];
    lists
        .iter()
        .map(|list| json!(server.admin().all(list)))
        .collect()
}

#[test]
fn a_day_moved_from_a_folder_is_the_same_and_goes_on() {
    let folder = tempfile::tempdir().expect("a folder");
    let server = Start::on(folder.path()).unset("PONTIC_DATABASE__URL").go();
    busy_day(&server);
    let driven = drive(&server, "D-moved", 0..50);
    let token = server
        .token(&json!({ "role": "viewer", "labId": "L0" }))
        .token;
    let before = all_of(&server);
    drop(server);

    let url = database_at(folder.path());
    let from = format!("sqlite://{}", folder.path().display());
    let migrate = ["migrate", "--from", from.as_str(), "--to", url.as_str()];
    let moved = pontic(&migrate, b"");
    let text = said(&moved);
    assert!(
        moved.status.success()
            && text.contains("equal row by row")
            && text.contains(" positions of "),
        "{text}"
    );
    let again = pontic(&migrate, b"");
    assert!(
        !again.status.success() && said(&again).contains("holds data already"),
        "{}",
        said(&again)
    );

    let server = Start::on(folder.path())
        .env("PONTIC_DATABASE__URL", &url)
        .go();
    assert_eq!(all_of(&server), before);
    assert_eq!(track(&server, "D-moved"), driven);
    let viewer = server.holder(token.as_deref().expect("shown once"));
    assert_eq!(
        viewer.get("/v1/deliveries").status,
        200,
        "its tokens are good"
    );
    let last = |server: &Server| {
        let log = server.admin().all("/v1/events");
        log.last()
            .and_then(|row| row["seq"].as_u64())
            .expect("a row")
    };
    let was = last(&server);
    let one_more = case("L0", "C1", "K-more", &date_in(1));
    server.admin().event("CaseReadyToShip", &one_more).result();
    assert!(last(&server) > was);
}

#[test]
fn what_is_to_be_moved_must_be_there() {
    let folder = tempfile::tempdir().expect("a folder");
    let url = database_at(folder.path());
    let from = format!("sqlite://{}", folder.path().join("nowhere").display());
    for (from, says) in [(from.as_str(), "holds no data"), ("pontic-data", "--from")] {
        let output = pontic(&["migrate", "--from", from, "--to", &url], b"");
        assert_eq!(output.status.code(), Some(2));
        assert!(said(&output).contains(says), "{}", said(&output));
    }
}
