//! Events in from NATS and publications out into it, as those see it who are on the bus.

mod durability;
mod incoming;
mod order;
mod outgoing;

use std::time::{Duration, Instant};

use serde_json::{Value, json};

use crate::harness::{Beside, Message, Nats, Server, Start, case, texts};

/// The consumer of most tests.
const DURABLE: &str = "pontic-production";

/// Reads the stream `PRODUCTION` for that lab and source.
fn reading(nats: &Nats, lab: &str, sources: &str) -> Start {
    let start = nats.on(Start::new());
    consumer(start, "PRODUCTION", "PRODUCTION", lab, sources)
}

fn consumer(start: Start, name: &str, stream: &str, lab: &str, sources: &str) -> Start {
    let key = |part: &str| format!("PONTIC_NATS__CONSUMERS__{name}__{part}");
    start
        .env(&key("STREAM"), stream)
        .env(&key("LAB_ID"), lab)
        .env(&key("SOURCES"), sources)
        .env(&key("ACK_WAIT_SECONDS"), "1")
}

fn production() -> Nats {
    let nats = Nats::start();
    nats.stream("PRODUCTION", "cases.>");
    nats
}

/// A case in the short form, with an id.
fn event(id: &str, detail: &Value) -> Value {
    json!({ "id": id, "source": "cases.production", "detailType": "CaseReadyToShip", "detail": detail })
}

/// Until all of `PRODUCTION` is answered: also after a crash, when another program has to wait for its turn.
#[track_caller]
fn eventually_done(nats: &Nats) {
    let until = Instant::now() + Duration::from_secs(40);
    while !nats.is_done("PRODUCTION", DURABLE) {
        assert!(Instant::now() < until, "it is not all read");
        std::thread::sleep(Duration::from_millis(20));
    }
}

/// What was accepted of that source, in the log's order.
fn accepted(server: &Server) -> Vec<Value> {
    server
        .admin()
        .all("/v1/events?direction=in&source=cases.production")
}

fn cases(server: &Server) -> Vec<String> {
    let details: Vec<Value> = accepted(server)
        .iter()
        .map(|event| event["detail"].clone())
        .collect();
    texts(&Value::from(details), "caseId")
}

fn bus(server: &Server) -> Value {
    server.nobody().get("/readyz").body["bus"].clone()
}

fn quarantined(server: &Server) -> Vec<Value> {
    server.admin().all("/v1/quarantine")
}

fn metric(server: &Server, line: &str) -> f64 {
    let text = server.admin().get("/metrics").text;
    let found = text.lines().find_map(|one| one.strip_prefix(line));
    found.map_or(0.0, |value| value.trim().parse().expect("a number"))
}

/// The case `K1` moves to each of these days, without ids.
fn moves(dates: &[String]) -> Vec<String> {
    let moved = |date: &String| {
        let detail = case("L1", "C1", "K1", date);
        json!({ "source": "cases.production", "detailType": "CaseReadyToShip", "detail": detail })
    };
    dates.iter().map(|date| moved(date).to_string()).collect()
}

fn publish_moves(nats: &Nats, dates: &[String]) {
    let bodies = moves(dates);
    let messages: Vec<Message<'_>> = bodies
        .into_iter()
        .map(|body| ("cases.a", [].as_slice(), body))
        .collect();
    nats.publish_all(&messages);
}

/// The days to which `K1` was moved, in the log's order.
fn moved(server: &Server) -> Vec<String> {
    let all = accepted(server).into_iter();
    let details: Vec<Value> = all
        .map(|event| event["detail"].clone())
        .filter(|detail| detail["caseId"] == "K1")
        .collect();
    texts(&details.into(), "requestedDeliveryDate")
}

/// Whatever the log is to say of `K1` breaks something in us, from now on.
fn break_it(records: &Beside) {
    records.execute(
        "CREATE TRIGGER broken BEFORE INSERT ON log WHEN new.detail LIKE '%\"K1\"%' BEGIN SELECT RAISE(ABORT, 'broken'); END",
        "CREATE FUNCTION break_it() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN RAISE 'broken'; END $$;
         CREATE TRIGGER broken BEFORE INSERT ON log FOR EACH ROW WHEN (new.detail LIKE '%\"K1\"%') EXECUTE FUNCTION break_it()",
    );
}

/// No more.
fn mend_it(records: &Beside) {
    records.execute("DROP TRIGGER broken", "DROP TRIGGER broken ON log");
}

fn subscribe(server: &Server, id: &str, body: &Value) -> Value {
    server
        .admin()
        .put(&format!("/v1/subscriptions/{id}"), body)
        .expect(201)
}

fn ready(server: &Server, lab: &str, id: &str, date: &str) {
    server
        .admin()
        .event("CaseReadyToShip", &case(lab, "C1", id, date))
        .result();
}
