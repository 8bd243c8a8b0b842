//! What is said of streams, consumers and the line, and what is refused.

use async_nats::jetstream::consumer::pull;
use async_nats::jetstream::stream::StorageType;
use serde_json::json;

use super::{DURABLE, accepted, bus, cases, event, eventually_done, production, reading};
use crate::harness::{Nats, Start, case, date_in, eventually, said};

#[test]
fn a_stream_that_one_server_can_lose_is_said_and_refused_where_it_must_be() {
    let nats = Nats::start();
    nats.stream_with("PRODUCTION", "cases.>", StorageType::Memory, 1);
    nats.stream("LOGISTICS", "pontic.>");
    let strict = |start: Start| start.env("PONTIC_NATS__REQUIRE_DURABLE_BUS", "true");
    let refused = strict(reading(&nats, "L1", "cases.production")).fails();
    assert_eq!(refused.status.code(), Some(1));
    let words = said(&refused);
    assert!(
        words.contains("the stream PRODUCTION is not durable: it is kept in memory"),
        "{words}"
    );

    let server = reading(&nats, "L1", "cases.production").go();
    let logged = server.logged();
    assert!(
        logged.contains("stream PRODUCTION: memory storage, 1 replica"),
        "{logged}"
    );
    assert!(
        logged.contains("sync_interval"),
        "what is not known is said: {logged}"
    );
    let streams = bus(&server)["streams"].clone();
    assert_eq!(
        streams[0],
        json!({ "name": "PRODUCTION", "durability": "memory storage, 1 replica", "isDurable": false })
    );

    nats.remove("PRODUCTION");
    nats.stream("PRODUCTION", "cases.>");
    let words = said(&strict(reading(&nats, "L1", "cases.production")).fails());
    assert!(words.contains("one replica"), "{words}");
    // Where nothing is read, publications are looked after all the same.
    let server = strict(nats.on(Start::new())).go();
    let put = server.admin().put(
        "/v1/subscriptions/all",
        &json!({ "url": "nats://LOGISTICS/pontic.{type}" }),
    );
    assert_eq!(put.faults(), [("url".to_owned(), "forbidden".to_owned())]);
}

#[test]
fn three_replicas_in_files_are_durable() {
    let nats = Nats::cluster();
    nats.stream_with("PRODUCTION", "cases.>", StorageType::File, 3);
    let server = reading(&nats, "L1", "cases.production")
        .env("PONTIC_NATS__REQUIRE_DURABLE_BUS", "true")
        .go();
    nats.publish(
        "cases.a",
        &event("E-1", &case("L1", "C1", "K1", &date_in(2))),
    );
    eventually_done(&nats);
    assert_eq!(cases(&server), ["K1"]);
    assert_eq!(
        bus(&server)["streams"][0]["durability"],
        "file storage, 3 replicas"
    );
}

#[test]
fn a_consumer_with_which_nothing_can_be_promised_is_not_read() {
    let nats = production();
    nats.publish(
        "cases.a",
        &event("E-1", &case("L1", "C1", "K1", &date_in(2))),
    );
    nats.consumer(
        "PRODUCTION",
        &pull::Config {
            durable_name: Some(DURABLE.into()),
            max_deliver: 3,
            ..pull::Config::default()
        },
    );
    let server = reading(&nats, "L1", "cases.production").go();
    let trouble = eventually(|| {
        bus(&server)["consumers"][0]["trouble"]
            .as_str()
            .map(str::to_owned)
    });
    assert!(trouble.contains("max deliver -1"), "{trouble}");
    assert!(accepted(&server).is_empty());
}

#[test]
fn the_line_is_encrypted_and_asks_for_a_password() {
    let folder = tempfile::tempdir().expect("a folder");
    let (certificate, key) = (
        folder.path().join("server.crt"),
        folder.path().join("server.key"),
    );
    let made = std::process::Command::new("openssl")
        .args([
            "req",
            "-x509",
            "-newkey",
            "rsa:2048",
            "-nodes",
            "-days",
            "2",
            "-subj",
            "/CN=pontic tests",
        ])
        .args([
            "-addext",
            "subjectAltName=IP:127.0.0.1",
            "-addext",
            "basicConstraints=critical,CA:FALSE",
            "-keyout",
        ])
        .arg(&key)
        .arg("-out")
        .arg(&certificate)
        .output()
        .expect("openssl is missing: `apt-get install openssl`");
    assert!(made.status.success(), "{}", said(&made));
    let text = |path: &std::path::Path| path.to_str().expect("text").to_owned();
    let (certificate, key) = (text(&certificate), text(&key));
    let arguments = [
        "--tls",
        "--tlscert",
        &certificate,
        "--tlskey",
        &key,
        "--user",
        "pontic",
        "--pass",
        "hush-hush",
    ];
    let nats = Nats::start_with(&arguments, Some(("pontic", "hush-hush")));
    nats.stream("PRODUCTION", "cases.>");
    nats.publish(
        "cases.a",
        &event("E-1", &case("L1", "C1", "K1", &date_in(2))),
    );
    let start = || reading(&nats, "L1", "cases.production").env("PONTIC_NATS__USER", "pontic");
    let server = start()
        .env("PONTIC_NATS__PASSWORD", "hush-hush")
        .env("PONTIC_NATS__CA_FILE", &certificate)
        .go();
    eventually_done(&nats);
    assert_eq!(cases(&server), ["K1"]);
    assert!(!server.logged().contains("hush"));
    // Nobody whom we know has signed the certificate; and the password is another one.
    let stranger = start().env("PONTIC_NATS__PASSWORD", "hush-hush").go();
    assert_eq!(bus(&stranger)["status"], "unavailable");
    let wrong = start()
        .env("PONTIC_NATS__PASSWORD", "hush")
        .env("PONTIC_NATS__CA_FILE", &certificate)
        .go();
    assert_eq!(bus(&wrong)["status"], "unavailable");
    let logged =
        eventually(|| Some(wrong.logged()).filter(|logged| logged.contains("authorization")));
    assert!(!logged.contains("hush"), "{logged}");
}

#[test]
fn the_doctor_looks_at_the_bus() {
    let nats = production();
    let folder = tempfile::tempdir().expect("a folder");
    let config = folder.path().join("pontic.toml");
    let text = |require: bool| {
        format!(
            "[nats]\nurl = \"{}\"\nrequireDurableBus = {require}\n[nats.consumers.production]\nstream = \"PRODUCTION\"\nlabId = \"L1\"\nsources = [\"cases.production\"]\n",
            nats.url()
        )
    };
    let doctor = || {
        let path = config.to_str().expect("text");
        let data = folder.path().join("data");
        let data = data.to_str().expect("text");
        said(&crate::harness::pontic(
            &["doctor", "--config", path, "--data", data],
            b"",
        ))
    };
    std::fs::write(&config, text(false)).expect("written");
    let words = doctor();
    assert!(words.contains("ok    NATS answers"), "{words}");
    assert!(
        words.contains("note  stream PRODUCTION: file storage, 1 replica"),
        "{words}"
    );
    std::fs::write(&config, text(true)).expect("written");
    assert!(doctor().contains("BAD   the stream PRODUCTION is not durable"));
}
