//! In the order of the stream, whatever breaks, dies or waits.

use std::time::Duration;

use async_nats::jetstream::consumer::{AckPolicy, pull};
use serde_json::{Value, json};

use super::{
    DURABLE, accepted, break_it, bus, cases, consumer, event, eventually_done, mend_it, metric,
    moved, production, publish_moves, quarantined, reading,
};
use crate::harness::{Beside, case, date_in, eventually};

#[test]
fn a_thing_moves_in_the_order_of_its_stream() {
    let nats = production();
    let mut messages = Vec::new();
    for step in 0..200_i64 {
        for lab_case in ["K1", "K2", "K3"] {
            let detail = case("L1", "C1", lab_case, &date_in(2 + step % 7));
            // Without ids: whoever took one twice, or late, would move the case back.
            let body = json!({ "source": "cases.production", "detailType": "CaseReadyToShip", "detail": detail });
            messages.push(("cases.a", [].as_slice(), body.to_string()));
        }
    }
    nats.publish_all(&messages);
    let server = reading(&nats, "L1", "cases.production").go();
    eventually_done(&nats);
    let dates: Vec<Value> = accepted(&server)
        .iter()
        .filter(|event| event["detail"]["caseId"] == "K2")
        .map(|event| event["detail"]["requestedDeliveryDate"].clone())
        .collect();
    let wanted: Vec<Value> = (0..200_i64)
        .map(|step| date_in(2 + step % 7).into())
        .collect();
    assert_eq!(dates, wanted);
}

#[test]
fn what_somebody_left_unanswered_comes_first() {
    let nats = production();
    let dates: Vec<String> = (2..7).map(date_in).collect();
    publish_moves(&nats, &dates);
    nats.consumer(
        "PRODUCTION",
        &pull::Config {
            durable_name: Some(DURABLE.into()),
            ack_policy: AckPolicy::Explicit,
            ack_wait: Duration::from_secs(2),
            ..pull::Config::default()
        },
    );
    // Three are in the hands of somebody who does not answer any more; the rest would be there at once.
    nats.take_and_die("PRODUCTION", DURABLE, 3);
    let server = reading(&nats, "L1", "cases.production").go();
    eventually_done(&nats);
    assert_eq!(moved(&server), dates);
    assert!(
        metric(
            &server,
            "pontic_bus_redelivered_total{consumer=\"production\"}"
        ) > 2.0
    );
}

#[test]
fn a_server_killed_in_the_middle_loses_nothing_and_takes_nothing_twice() {
    let nats = production();
    let date = date_in(2);
    let all: Vec<String> = (0..600).map(|n| format!("K{n}")).collect();
    let bodies: Vec<_> = all
        .iter()
        .map(|one| ("cases.a", [].as_slice(), json!({ "source": "cases.production", "detailType": "CaseReadyToShip", "detail": case("L1", "C1", one, &date) }).to_string()))
        .collect();
    nats.publish_all(&bodies);
    let mut server = reading(&nats, "L1", "cases.production").go();
    for round in 0..3_u64 {
        std::thread::sleep(Duration::from_millis(20 + 15 * round));
        let folder = server.kill();
        server = consumer(
            nats.on(folder.again()),
            "PRODUCTION",
            "PRODUCTION",
            "L1",
            "cases.production",
        )
        .go();
    }
    eventually_done(&nats);
    assert_eq!(cases(&server), all);
}

#[test]
fn while_the_store_cannot_write_messages_wait_in_their_order() {
    let nats = production();
    let server = reading(&nats, "L1", "cases.production").go();
    let records = Beside::of(server.folder());
    eventually(|| (bus(&server)["consumers"][0]["reads"] == true).then_some(()));
    records.execute("BEGIN IMMEDIATE", "BEGIN; LOCK TABLE log IN EXCLUSIVE MODE");
    let dates: Vec<String> = (2..7).map(date_in).collect();
    publish_moves(&nats, &dates);
    // For several times as long as NATS waits for an answer.
    std::thread::sleep(Duration::from_secs(4));
    assert!(accepted(&server).is_empty());
    assert!(!nats.is_done("PRODUCTION", DURABLE));
    records.execute("ROLLBACK", "ROLLBACK");
    eventually_done(&nats);
    assert_eq!(moved(&server), dates);
}

#[test]
fn what_breaks_us_is_put_back_with_all_that_is_about_the_same() {
    let nats = production();
    let server = reading(&nats, "L1", "cases.production")
        .env("PONTIC_NATS__CONSUMERS__PRODUCTION__MAX_DELIVER", "50")
        .go();
    let records = Beside::of(server.folder());
    break_it(&records);
    let dates: Vec<String> = (2..7).map(date_in).collect();
    publish_moves(&nats, &dates);
    nats.publish("cases.a", &event("E-2", &case("L1", "C1", "K2", &dates[0])));
    eventually(|| (cases(&server) == ["K2"]).then_some(()));
    std::thread::sleep(Duration::from_secs(2));
    publish_moves(&nats, &dates[..2]);
    std::thread::sleep(Duration::from_secs(1));
    assert_eq!(
        cases(&server),
        ["K2"],
        "it holds up nobody else, and nothing overtakes it"
    );
    mend_it(&records);
    eventually_done(&nats);
    assert_eq!(moved(&server), [dates.as_slice(), &dates[..2]].concat());
    assert!(quarantined(&server).is_empty());
}

#[test]
fn what_breaks_us_again_and_again_is_kept_in_the_end() {
    let nats = production();
    let server = reading(&nats, "L1", "cases.production")
        .env("PONTIC_NATS__CONSUMERS__PRODUCTION__MAX_DELIVER", "3")
        .go();
    let records = Beside::of(server.folder());
    break_it(&records);
    publish_moves(&nats, &[date_in(2)]);
    nats.publish(
        "cases.a",
        &event("E-2", &case("L1", "C1", "K2", &date_in(2))),
    );
    eventually_done(&nats);
    assert_eq!(cases(&server), ["K2"]);
    let kept = quarantined(&server);
    assert_eq!(
        (&kept[0]["code"], &kept[0]["about"]),
        (&json!("internal"), &json!("K1"))
    );
    let tries = "pontic_bus_messages_total{consumer=\"production\",outcome=\"put_back\"}";
    assert!((metric(&server, tries) - 2.0).abs() < f64::EPSILON);
    mend_it(&records);
    let path = format!(
        "/v1/quarantine/{}/redrive",
        kept[0]["id"].as_str().expect("an id")
    );
    server.admin().post(&path, &json!({})).expect(200);
    assert_eq!(cases(&server), ["K2", "K1"]);
}
