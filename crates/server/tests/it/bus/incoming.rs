//! What comes in by the bus: every form, once, within its rights, and what cannot be used.

use serde_json::json;

use super::{
    DURABLE, bus, cases, consumer, event, eventually_done, metric, production, quarantined,
    reading, ready, subscribe,
};
use crate::harness::{Nats, case, date_in, eventually, texts, with};

#[test]
fn events_in_every_form_come_in_by_the_bus() {
    let nats = production();
    let date = date_in(2);
    // What was published before the first start is read as well.
    nats.publish("cases.ready", &event("E-1", &case("L1", "C1", "K1", &date)));
    let server = reading(&nats, "L1", "cases.production").go();
    let envelope = json!({
        "version": "0", "id": "E-2", "detail-type": "CaseReadyToShip", "source": "cases.production",
        "account": "1", "time": "2026-01-01T00:00:00Z", "region": "x", "resources": [],
        "detail": case("L1", "C1", "K2", &date),
    });
    let cloud = json!({
        "specversion": "1.0", "id": "E-3", "source": "cases.production", "type": "CaseReadyToShip",
        "data": case("L1", "C1", "K3", &date),
    });
    let binary = [
        ("Content-Type", "application/json"),
        ("ce-specversion", "1.0"),
        ("ce-id", "E-4"),
        ("ce-source", "cases.production"),
        ("Ce-Type", "CaseReadyToShip"),
    ];
    let two = json!([
        event("E-5", &case("L1", "C1", "K5", &date)),
        event("E-6", &case("L1", "C1", "K6", &date))
    ]);
    nats.publish("cases.ready", &envelope);
    nats.publish_all(&[
        (
            "cases.ready",
            &[("content-type", "application/cloudevents+json")],
            cloud.to_string(),
        ),
        (
            "cases.ready",
            &binary,
            case("L1", "C1", "K4", &date).to_string(),
        ),
        ("cases.many", &[], two.to_string()),
    ]);
    eventually_done(&nats);
    assert_eq!(cases(&server), ["K1", "K2", "K3", "K4", "K5", "K6"]);
    let found = server
        .admin()
        .get("/v1/events?source=cases.production&id=E-4")
        .body;
    assert_eq!(
        found["items"][0]["actor"], "source/nats/production",
        "{found}"
    );
    let delivery = &server.admin().all("/v1/deliveries?labId=L1")[0];
    assert_eq!(delivery["packageCount"], 6);
    assert!(quarantined(&server).is_empty());
    assert_eq!(
        nats.info("PRODUCTION", DURABLE)
            .expect("there")
            .config
            .max_deliver,
        -1
    );
    let line = "pontic_bus_messages_total{consumer=\"production\",outcome=\"accepted\"}";
    assert!((metric(&server, line) - 5.0).abs() < f64::EPSILON);
}

#[test]
fn the_inbox_knows_what_came_before_whichever_way() {
    let nats = production();
    let server = reading(&nats, "L1", "cases.production").go();
    let source =
        server.token(&json!({ "role": "source", "labId": "L1", "sources": ["cases.production"] }));
    let first = case("L1", "C1", "K1", &date_in(2));
    source
        .event_with_id("E-1", "CaseReadyToShip", &first)
        .result();
    let once = event("E-1", &first).to_string();
    // NATS itself would let all of these through: their ids there differ, or they have none.
    nats.publish_all(&[
        ("cases.a", &[("Nats-Msg-Id", "m-1")], once.clone()),
        ("cases.b", &[("Nats-Msg-Id", "m-2")], once.clone()),
        ("cases.c", &[], once),
        (
            "cases.c",
            &[],
            event("E-2", &case("L1", "C1", "K2", &date_in(2))).to_string(),
        ),
    ]);
    eventually_done(&nats);
    assert_eq!(cases(&server), ["K1", "K2"]);
    let line = "pontic_bus_messages_total{consumer=\"production\",outcome=\"duplicate\"}";
    assert!((metric(&server, line) - 3.0).abs() < f64::EPSILON);
    // The other way round.
    let again = source.event_with_id(
        "E-2",
        "CaseReadyToShip",
        &case("L1", "C1", "K2", &date_in(2)),
    );
    assert_eq!(again.body["status"], "duplicate");
    // The same id with other content is refused, and kept.
    nats.publish(
        "cases.a",
        &event("E-2", &case("L1", "C1", "K9", &date_in(2))),
    );
    eventually_done(&nats);
    assert_eq!(texts(&quarantined(&server).into(), "code"), ["id_reused"]);
}

#[test]
fn what_cannot_be_used_is_kept_and_holds_up_nobody() {
    let nats = production();
    let server = reading(&nats, "L1", "cases.production").go();
    let date = date_in(2);
    let unknown = json!({ "id": "E-3", "source": "cases.production", "detailType": "CaseSneezed", "detail": {} });
    let foreign = with(
        event("E-4", &case("L1", "C1", "K4", &date)),
        json!({ "source": "finance.billing" }),
    );
    nats.publish_all(&[
        ("cases.a", &[], "{ this is no JSON".into()),
        ("cases.a", &[("content-type", "text/plain")], "hello".into()),
        ("cases.a", &[], unknown.to_string()),
        ("cases.a", &[], foreign.to_string()),
        (
            "cases.a",
            &[],
            event("E-5", &case("L2", "C1", "K5", &date)).to_string(),
        ),
        (
            "cases.a",
            &[],
            event("E-6", &json!({ "caseId": "K6" })).to_string(),
        ),
        (
            "cases.a",
            &[],
            event("E-7", &case("L1", "C1", "K7", &date)).to_string(),
        ),
    ]);
    eventually_done(&nats);
    assert_eq!(cases(&server), ["K7"]);
    let kept = quarantined(&server);
    let mut codes = texts(&kept.clone().into(), "code");
    codes.sort_unstable();
    assert_eq!(
        codes,
        [
            "forbidden",
            "forbidden",
            "invalid_json",
            "unknown_event_type",
            "unsupported_media_type",
            "validation_failed"
        ]
    );
    let open = server.admin().get("/v1/alerts").text;
    assert!(
        open.contains("unknown_event_type"),
        "the dispatchers are told: {open}"
    );
    // It stays so after a start: nothing comes again.
    let (_, folder) = server.stop();
    let again = folder.again();
    let server = consumer(
        nats.on(again),
        "PRODUCTION",
        "PRODUCTION",
        "L1",
        "cases.production",
    )
    .go();
    eventually(|| (bus(&server)["consumers"][0]["reads"] == true).then_some(()));
    assert_eq!(quarantined(&server).len(), 6);
    // Whoever may let the foreign one in does so.
    let foreign = kept
        .iter()
        .find(|one| one["source"] == "finance.billing")
        .expect("kept");
    let path = format!(
        "/v1/quarantine/{}/redrive",
        foreign["id"].as_str().expect("an id")
    );
    server.admin().post(&path, &json!({})).expect(200);
    assert_eq!(
        server.admin().all("/v1/deliveries?labId=L1")[0]["packageCount"],
        2
    );
}

#[test]
fn domains_have_streams_and_rights_of_their_own() {
    let nats = production();
    nats.stream("PORTAL", "crm.>");
    let start = reading(&nats, "L1", "cases.production");
    let start = consumer(start, "PORTAL", "PORTAL", "*", "crm.portal")
        .env("PONTIC_NATS__CONSUMERS__PORTAL__SUBJECT", "crm.*.pickups")
        .env("PONTIC_NATS__CONSUMERS__PORTAL__DURABLE", "desk");
    let server = start.go();
    let pickup = |id: &str, lab: &str| json!({ "id": id, "source": "crm.portal", "detailType": "PickupRequested", "detail": crate::harness::pickup(lab, "C1", id, 40) });
    nats.publish("crm.east.pickups", &pickup("P1", "L1"));
    nats.publish("crm.east.pickups", &pickup("P2", "L2"));
    nats.publish("crm.east.news", &pickup("P3", "L1"));
    nats.publish("cases.a", &pickup("P4", "L1"));
    nats.publish(
        "cases.a",
        &event("E-1", &case("L1", "C1", "K1", &date_in(2))),
    );
    eventually_done(&nats);
    eventually(|| nats.is_done("PORTAL", "desk").then_some(()));
    let pickups = server.admin().all("/v1/pickups");
    let mut labs = texts(&pickups.into(), "labId");
    labs.sort_unstable();
    assert_eq!(labs, ["L1", "L2"]);
    assert_eq!(cases(&server), ["K1"]);
    assert_eq!(texts(&quarantined(&server).into(), "code"), ["forbidden"]);
}

#[test]
fn our_own_news_are_not_read_as_somebody_elses() {
    let nats = Nats::start();
    nats.stream("PRODUCTION", "pontic.>");
    let server = reading(&nats, "*", "*").go();
    subscribe(
        &server,
        "all",
        &json!({ "url": "nats://PRODUCTION/pontic.{type}", "format": "plain" }),
    );
    ready(&server, "L1", "K1", &date_in(2));
    eventually(|| (!nats.messages("PRODUCTION").is_empty()).then_some(()));
    eventually_done(&nats);
    assert!(quarantined(&server).is_empty());
    let line = "pontic_bus_messages_total{consumer=\"production\",outcome=\"own_news\"}";
    assert!((metric(&server, line) - 1.0).abs() < f64::EPSILON);
}
