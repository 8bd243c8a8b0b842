//! `pontic demo`: a whole day of the made-up city, and a city that lives.

use std::path::Path;
use std::thread;

use jiff::Timestamp;
use serde_json::json;

#[cfg(all(feature = "postgres", feature = "nats"))]
use crate::harness::{Nats, database_at};
use crate::harness::{Server, Start, eventually, pontic, said};
use crate::webhooks::signed;

fn day(seed: &'static str) -> thread::JoinHandle<(Option<i32>, String)> {
    thread::spawn(move || {
        let output = pontic(&["demo", "--once", "--seed", seed], b"");
        let printed = String::from_utf8(output.stdout).expect("text");
        (output.status.code(), printed)
    })
}

fn digest(printed: &str) -> Option<String> {
    let mut lines = printed.lines();
    let digest = lines.find(|line| line.starts_with("digest: "));
    digest.map(str::to_owned)
}

#[test]
fn the_same_seed_is_the_same_day_and_all_is_as_it_must_be() {
    let days = [day("1"), day("1"), day("2")].map(|day| day.join().expect("no panic"));
    for (code, printed) in &days {
        assert_eq!(*code, Some(0), "{printed}");
        assert!(printed.ends_with("all is as it must be\n"), "{printed}");
    }
    let [(_, first), (_, again), (_, other)] = &days;
    assert_eq!(first, again);
    assert!(digest(first).is_some());
    assert_ne!(digest(first), digest(other), "another seed is another day");
    for part in [
        "breaks down",
        "falls silent",
        "30 km wrong, once",
        "the finance system answers nothing but 500",
        "CaseReadyToShip: ",
        "case_already_shipped",
        "id_reused",
        "unauthorized",
        "redriven 2",
        "missed 0, twice 0",
        "billing triggered: ",
        "1 rush_case",
        "partially_delivered",
    ] {
        assert!(first.contains(part), "{part} in {first}");
    }
}

/// The demo's city is always in a folder, whatever the other tests run on.
fn in_folder(arguments: &[&str]) -> std::process::Output {
    let mut command = std::process::Command::new(env!("CARGO_BIN_EXE_pontic"));
    command.args(arguments).output().expect("it runs")
}

#[test]
fn a_day_decided_again_is_the_same_day_and_each_thing_of_it_has_its_story() {
    let folder = tempfile::tempdir().expect("a folder");
    let data = folder.path().join("data");
    let data = data.to_str().expect("text");
    let done = in_folder(&["demo", "--once", "--data", data]);
    assert_eq!(done.status.code(), Some(0));
    let again = in_folder(&["replay", "--data", data]);
    let printed = String::from_utf8_lossy(&again.stdout).into_owned();
    assert_eq!(again.status.code(), Some(0), "{printed}");
    assert!(printed.ends_with("everything is the same\n"), "{printed}");
    assert!(!printed.contains("compared: 0 events"), "{printed}");
    let story = in_folder(&["explain", "PU-102", "--data", data]);
    let printed = String::from_utf8_lossy(&story.stdout).into_owned();
    for part in [
        "wants pickup PU-102",
        "is changed to",
        "went from picked_up to at_lab",
        "other records changed",
    ] {
        assert!(printed.contains(part), "{part} in {printed}");
    }
}

#[test]
fn what_is_no_day_is_refused() {
    let folder = tempfile::tempdir().expect("a folder");
    std::fs::write(folder.path().join("mine"), b"1").expect("written");
    let path = folder.path().to_str().expect("text");
    for (arguments, code) in [
        (["demo", "--once", "--data", path].as_slice(), 1),
        (["demo", "--once", "--listen", "0.0.0.0:0"].as_slice(), 1),
        (["demo", "--speed", "1000000"].as_slice(), 2),
        (["demo", "--once", "--speed", "2"].as_slice(), 2),
    ] {
        let output = pontic(arguments, b"");
        assert_eq!(output.status.code(), Some(code), "{arguments:?}");
        assert!(!output.stderr.is_empty(), "{arguments:?}");
    }
}

#[cfg(all(feature = "postgres", feature = "nats"))]
#[test]
fn the_same_day_through_two_programs_with_events_by_the_bus() {
    let (folder, nats) = (tempfile::tempdir().expect("a folder"), Nats::start());
    let (database, bus) = (database_at(folder.path()), nats.url());
    let alone = day("1");
    let options = ["--replicas", "2", "--database", &database, "--nats", &bus];
    let output = pontic(
        &[&["demo", "--once", "--seed", "1"], &options[..]].concat(),
        b"",
    );
    assert_eq!(output.status.code(), Some(0), "{}", said(&output));
    let printed = String::from_utf8(output.stdout).expect("text");
    // Both programs show it, each event was taken once, and all that was decided is on the bus: the demo itself looks.
    assert!(printed.ends_with("all is as it must be\n"), "{printed}");
    for part in ["published\n", "missed 0, twice 0", "by the bus: "] {
        assert!(printed.contains(part), "{part} in {printed}");
    }
    let (_, alone) = alone.join().expect("no panic");
    assert_eq!(digest(&printed), digest(&alone), "{printed}\n{alone}");
    // A day needs a database of its own.
    let again = pontic(&[&["demo", "--once"], &options[..]].concat(), b"");
    assert_eq!(again.status.code(), Some(2), "{}", said(&again));
    assert!(
        said(&again).contains("a database of its own"),
        "{}",
        said(&again)
    );
}

/// What the demo printed behind that name.
fn printed(server: &Server, name: &str) -> String {
    eventually(|| {
        let text = server.printed();
        let line = text.lines().find_map(|line| line.strip_prefix(name));
        line.map(str::to_owned)
    })
}

#[test]
fn a_city_lives_and_can_be_looked_at() {
    let server = Start::demo(&["--speed", "200"]).go();
    let admin = server.holder(&printed(&server, "admin token: "));
    let folder = printed(&server, "data in ");
    assert!(Path::new(&folder).exists());
    let secret = printed(&server, "secret of dentrix: ");
    let shown = || -> Timestamp {
        let clock = &server.nobody().get("/readyz").expect(200)["clock"];
        assert_eq!(clock["set"], true);
        clock["now"]
            .as_str()
            .expect("a text")
            .parse()
            .expect("a time")
    };
    // Ten minutes and more pass in seconds.
    let later: Timestamp = "2026-06-09T13:04:00Z".parse().expect("a time");
    eventually(|| (shown() > later).then_some(()));
    assert_eq!(admin.all("/v1/clinics").len(), 40);
    assert_eq!(admin.all("/v1/drivers").len(), 8);
    eventually(|| (!admin.all("/v1/deliveries").is_empty()).then_some(()));
    // Others may join in.
    let body = json!({ "externalId": "mine", "practiceId": "CLI-001", "preferredPickupTime": "2026-06-09T18:00:00Z" });
    signed(&server, "dentrix", None, &secret, &body).expect(200);
    let (status, _) = server.stop();
    assert_eq!(status.code(), Some(0));
    assert!(!Path::new(&folder).exists(), "its folder goes with it");
}
