//! What is served of schemas is true: real messages are held against it.

use std::collections::{BTreeMap, BTreeSet};
use std::error::Error;

use jiff::{SignedDuration, Timestamp};
use jsonschema::{Retrieve, Uri, Validator};
use serde_json::{Value, json};

use crate::harness::{
    Client, Receiver, Road, Server, Socket, Start, VISIT, after_hours, case, date_in, eventually,
    fix, now, pickup, shared, with,
};
use crate::replay::busy_day;

/// Where references lead: what the server serves, and nothing else.
struct Served(Client);

impl Retrieve for Served {
    fn retrieve(&self, uri: &Uri<String>) -> Result<Value, Box<dyn Error + Send + Sync>> {
        let answer = self.0.get(uri.path().as_str());
        if answer.status == 200 {
            Ok(answer.body)
        } else {
            Err(format!("{} for {uri}", answer.status).into())
        }
    }
}

/// The schemas of a server, each read once.
pub struct Schemas {
    client: Client,
    read: BTreeMap<String, Validator>,
}

impl Schemas {
    pub fn of(server: &Server) -> Self {
        Self {
            client: server.nobody(),
            read: BTreeMap::new(),
        }
    }

    fn named(&mut self, name: &str) -> &Validator {
        let client = &self.client;
        self.read.entry(name.to_owned()).or_insert_with(|| {
            let path = format!("/schemas/{name}.json");
            let schema = client.get(&path).expect(200);
            jsonschema::options()
                .with_base_uri(format!("http://pontic.test{path}"))
                .with_retriever(Served(Client {
                    url: client.url.clone(),
                    token: None,
                }))
                .build(&schema)
                .unwrap_or_else(|error| panic!("{name}: {error}"))
        })
    }

    /// As [`Self::check`], and nothing beside what the schema names.
    #[track_caller]
    pub fn check_closed(&mut self, name: &str, value: &Value) {
        self.check(name, value);
        let schema = self
            .client
            .get(&format!("/schemas/{name}.json"))
            .expect(200);
        let known = schema["properties"].as_object().expect("properties");
        let members = value.as_object().expect("an object").keys();
        let unknown: Vec<&String> = members
            .filter(|member| !known.contains_key(*member))
            .collect();
        // What an alert is about depends on its code.
        assert!(
            unknown.is_empty() || name == "record.Alert",
            "{name} does not name {unknown:?}"
        );
    }

    fn is_valid(&mut self, name: &str, value: &Value) -> bool {
        self.named(name).is_valid(value)
    }

    #[track_caller]
    fn check(&mut self, name: &str, value: &Value) {
        let faults: Vec<String> = self
            .named(name)
            .iter_errors(value)
            .map(|error| format!("{}: {error}", error.instance_path()))
            .collect();
        assert!(faults.is_empty(), "{name}: {faults:?}\n{value}");
    }
}

fn names(server: &Server) -> Vec<String> {
    let index = server.nobody().get("/schemas/").expect(200);
    crate::harness::texts(&index["items"], "name")
}

#[test]
fn every_schema_is_one_and_every_reference_leads_somewhere() {
    let server = shared();
    let mut schemas = Schemas::of(&server);
    let names = names(&server);
    assert!(names.len() > 40, "{names:?}");
    for name in &names {
        schemas.named(name);
        let served = server.nobody().get(&format!("/schemas/{name}.json"));
        assert_eq!(served.header("content-type"), "application/schema+json");
        assert!(jsonschema::meta::is_valid(&served.body), "{name}");
    }
    assert_eq!(server.nobody().get("/schemas/nothing.json").status, 404);
    assert_eq!(server.nobody().get("/schemas/in.CaseOnHold").status, 404);
}

#[test]
fn the_asyncapi_document_is_one_and_names_only_what_is_served() {
    let server = shared();
    let document = server.nobody().get("/asyncapi.json").expect(200);
    let official: Value =
        serde_json::from_str(include_str!("../../testdata/asyncapi-3.0.0.json")).expect("JSON");
    let official = jsonschema::validator_for(&official).expect("a schema");
    let faults: Vec<String> = official
        .iter_errors(&document)
        .map(|error| format!("{}: {error}", error.instance_path()))
        .collect();
    assert!(faults.is_empty(), "{faults:?}");
    assert_eq!(document["info"]["version"], env!("CARGO_PKG_VERSION"));
    let mut found = BTreeSet::new();
    references(&document, &mut found);
    for reference in &found {
        match reference.strip_prefix('#') {
            Some(pointer) => assert!(document.pointer(pointer).is_some(), "{reference}"),
            None => assert_eq!(
                server.nobody().get(&format!("/{reference}")).status,
                200,
                "{reference}"
            ),
        }
    }
    let is_message = |name: &&String| *name != "parts" && !name.starts_with("record.");
    for name in names(&server).iter().filter(is_message) {
        assert!(found.contains(&format!("schemas/{name}.json")), "{name}");
    }
    // Every address is one of ours.
    let paths = server.nobody().get("/openapi.json").expect(200)["paths"].clone();
    for channel in document["channels"].as_object().expect("channels").values() {
        if let Some(address) = channel["address"]
            .as_str()
            .filter(|a| !a.starts_with("/ws/"))
        {
            let known = paths.as_object().expect("paths").keys().any(|path| {
                let (ours, theirs) = (path.split('/'), address.split('/'));
                path.split('/').count() == address.split('/').count()
                    && ours.zip(theirs).all(|(a, b)| a == b || a.starts_with('{'))
            });
            assert!(known, "{address}");
        }
    }
}

fn references(value: &Value, found: &mut BTreeSet<String>) {
    match value {
        Value::Object(members) => {
            if let Some(Value::String(reference)) = members.get("$ref") {
                found.insert(reference.clone());
            }
            members
                .values()
                .for_each(|member| references(member, found));
        }
        Value::Array(items) => items.iter().for_each(|item| references(item, found)),
        _ => {}
    }
}

#[test]
fn every_vector_that_is_accepted_is_valid_and_wrong_shapes_are_not() {
    let server = shared();
    let mut schemas = Schemas::of(&server);
    let vectors: Value =
        serde_json::from_str(include_str!("../../testdata/ehr.json")).expect("JSON");
    let (mut good, mut bad) = (0, 0);
    for case in vectors["cases"].as_array().expect("cases") {
        let body = match case["raw"].as_str() {
            Some(raw) => serde_json::from_str(raw).ok(),
            None => Some(case["body"].clone()).filter(|body| !body.is_null()),
        };
        let Some(body) = body else { continue };
        let name = format!("ehr.{}", case["system"].as_str().expect("a system"));
        if case["expect"]["ok"].is_object() {
            schemas.check(&name, &body);
            schemas.check(&name, &case["inverse"]);
            good += 1;
        } else if !matches!(
            case["expect"]["error"][1].as_str(),
            // What no schema can tell: whether a time exists and how far away it is, how a number was written, and what a
            // document was before it was read.
            Some(
                "invalid_datetime"
                    | "in_past"
                    | "too_far"
                    | "not_integer"
                    | "duplicate_key"
                    | "invalid_json"
                    | "too_deep"
            )
        ) && case["name"] != "year-out-of-range"
        {
            assert!(!schemas.is_valid(&name, &body), "{}: {body}", case["name"]);
            bad += 1;
        }
    }
    assert!(good > 20 && bad > 10, "{good} {bad}");
}

#[test]
fn every_publication_of_a_busy_day_is_valid() {
    let server = Start::new().env("PONTIC_RELAY__ALLOW_PRIVATE", "true").go();
    let (cloud, plain) = (Receiver::taking(), Receiver::taking());
    for (id, receiver, format) in [("c", &cloud, "cloudevents"), ("p", &plain, "plain")] {
        let body = json!({ "url": receiver.url(), "format": format });
        server
            .admin()
            .put(&format!("/v1/subscriptions/{id}"), &body)
            .expect(201);
    }
    let watcher = std::thread::scope(|scope| {
        let mut socket = Socket::watch(&server.admin(), "");
        let reading = scope.spawn(move || {
            let mut messages = vec![socket.next()];
            messages.extend(socket.until(|message| message["caseId"] == "K-LAST"));
            messages
        });
        busy_day(&server);
        let last = with(
            case("L0", "C9", "K-LAST", &date_in(3)),
            json!({ "priority": "RUSH" }),
        );
        server.admin().event("CaseReadyToShip", &last).result();
        reading.join().expect("read")
    });
    let mut schemas = Schemas::of(&server);
    let mut kinds = BTreeSet::new();
    for message in &watcher {
        let kind = message["type"].as_str().expect("a type");
        schemas.check(&format!("live.{kind}"), message);
        kinds.insert(kind.to_owned());
    }
    for kind in [
        "SNAPSHOT",
        "ALERT",
        "RUSH_ALERT",
        "DELIVERY_UPDATED",
        "PICKUP_UPDATED",
        "ROUTE_UPDATED",
        "CLINIC_UPDATED",
        "DRIVER_UPDATED",
    ] {
        assert!(kinds.contains(kind), "{kind}: {kinds:?}");
    }
    let published = server.admin().all("/v1/events?direction=out");
    let mut types = BTreeSet::new();
    for row in &published {
        let kind = row["type"].as_str().expect("a type");
        schemas.check(&format!("out.{kind}"), &row["detail"]);
        types.insert(kind.to_owned());
    }
    for kind in [
        "DeliveryScheduled",
        "DeliveryChanged",
        "DeliveryCompleted",
        "PickupConfirmed",
        "PickupCancelled",
        "PickupCompleted",
        "BillingTriggered",
    ] {
        assert!(types.contains(kind), "{kind}: {types:?}");
    }
    eventually(|| (cloud.ids().len() >= published.len()).then_some(()));
    eventually(|| (plain.ids().len() >= published.len()).then_some(()));
    for received in cloud.received() {
        schemas.check("envelope.out.cloudevents", &received.body);
    }
    for received in plain.received() {
        schemas.check("envelope.out.plain", &received.body);
    }
}

#[test]
fn a_drivers_messages_are_valid() {
    let server = shared();
    let (lab, driver) = (crate::harness::fresh("L"), crate::harness::fresh("D"));
    let started = Timestamp::from_second(now().as_second()).expect("in range")
        - SignedDuration::from_secs(110);
    let road = Road::start(&server, &lab, &driver, started, &[3_000.0, 9_000.0]);
    let mut watcher = Socket::watch(&server.role("dispatcher", &lab), "?full=1");
    let mut messages = vec![watcher.next()];
    let mut phone = Socket::drive(&road.driver_token(&server), "");
    let mut schemas = Schemas::of(&server);
    for (seconds, metres, kmh) in VISIT {
        let fix = with(
            fix(road.at(seconds), metres, kmh),
            json!({ "ref": seconds }),
        );
        schemas.check("driver.fix", &fix);
        schemas.check("driver.ack", &phone.ask(&fix));
    }
    schemas.check("driver.ack", &phone.ask(&json!({ "coordinates": null })));
    messages.extend(watcher.until(|message| message["type"] == "STOP_DEPARTED"));
    let mut kinds = BTreeSet::new();
    for message in &messages {
        let kind = message["type"].as_str().expect("a type");
        schemas.check(&format!("live.{kind}"), message);
        kinds.insert(kind);
    }
    for kind in [
        "SNAPSHOT",
        "DRIVER_LOCATION_UPDATE",
        "ARRIVAL_NOTIFICATION",
        "GEOFENCE_ENTER",
        "GEOFENCE_EXIT",
        "STOP_ARRIVED",
        "STOP_DEPARTED",
        "ROUTE_UPDATED",
    ] {
        assert!(kinds.contains(kind), "{kind}: {kinds:?}");
    }
    let published = eventually(|| {
        let path = format!("/v1/events?direction=out&labId={lab}&type=ArrivalNotification");
        Some(server.admin().all(&path)).filter(|rows| !rows.is_empty())
    });
    schemas.check("out.ArrivalNotification", &published[0]["detail"]);
    let path = format!("/v1/events?direction=out&labId={lab}&type=DriverOnTheWay");
    let published = server.admin().all(&path);
    schemas.check("out.DriverOnTheWay", &published[0]["detail"]);
}

#[test]
fn events_in_are_valid_exactly_where_they_are_taken() {
    let server = shared();
    let lab = crate::harness::fresh("L");
    let mut schemas = Schemas::of(&server);
    let whole = json!({ "patientName": " Jane ", "priority": "rush", "packageSpecs": { "weight": 1.5, "fragile": null } });
    let rule =
        json!({ "frequency": "Weekly", "count": "4", "daysOfWeek": ["mo"], "skipDates": [] });
    let good = [
        ("CaseReadyToShip", case(&lab, "C1", "K1", &date_in(1))),
        (
            "CaseReadyToShip",
            with(case(&lab, " C1 ", "K2", &date_in(1)), whole),
        ),
        ("CaseOnHold", json!({ "labId": lab, "caseId": "K1" })),
        (
            "PickupRequested",
            with(
                pickup(&lab, "C1", "P1", 3),
                json!({ "recurrence": rule, "packageCount": "2", "notes": "" }),
            ),
        ),
        (
            "PickupRequested",
            with(
                pickup(&lab, "C1", "P2", 3),
                json!({ "recurring": "daily", "requestedBy": null }),
            ),
        ),
        (
            "PickupCancelled",
            json!({ "labId": lab, "clinicId": "C1", "pickupId": "P2" }),
        ),
        (
            "InvoiceIssued",
            json!({ "labId": lab, "clinicId": "C1", "invoiceId": "I1", "caseIds": ["K1"], "amount": 3, "currency": "usd" }),
        ),
        (
            "DeliveryCompleted",
            json!({ "deliveryId": "X1", "labId": lab, "clinicId": "C1", "caseIds": ["K9"], "completedAt": after_hours(0) }),
        ),
    ];
    for (name, detail) in good {
        schemas.check(&format!("in.{name}"), &detail);
        let event = json!({ "source": "s", "detailType": name, "detail": detail });
        schemas.check("envelope.short", &event);
        let answer = server.admin().post("/v1/events", &event);
        assert_eq!(answer.status, 200, "{name}: {}", answer.text);
    }
    let bad = [
        ("CaseReadyToShip", json!({ "caseId": "K1" })),
        ("CaseReadyToShip", case(&lab, "C 1", "K1", &date_in(1))),
        (
            "CaseReadyToShip",
            with(case(&lab, "C1", "K1", "soon"), json!({})),
        ),
        (
            "PickupRequested",
            with(pickup(&lab, "C1", "P3", 3), json!({ "packageCount": 100 })),
        ),
        (
            "PickupRequested",
            with(
                pickup(&lab, "C1", "P3", 3),
                json!({ "recurrence": { "frequency": "yearly" } }),
            ),
        ),
        (
            "InvoiceIssued",
            json!({ "labId": lab, "clinicId": "C1", "invoiceId": "I1", "caseIds": [] }),
        ),
        (
            "DeliveryCompleted",
            json!({ "deliveryId": "X2", "completedAt": "2025-01-01" }),
        ),
    ];
    for (name, detail) in bad {
        assert!(
            !schemas.is_valid(&format!("in.{name}"), &detail),
            "{name}: {detail}"
        );
        let event = json!({ "source": "s", "detailType": name, "detail": detail });
        assert!(!schemas.is_valid("envelope.short", &event));
        let answer = server.admin().post("/v1/events", &event);
        assert_eq!(answer.status, 422, "{name}: {}", answer.text);
    }
}
