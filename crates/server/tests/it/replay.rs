//! The log of a busy day, decided again into an empty store, gives the same records, publications and alerts.

use pontic_core::decide::{Context, Decision, Verdict, decide};
use pontic_core::event::{Body, Event, Origin};
use pontic_core::facts::Facts;
use pontic_core::record::{Kind, Record};
use pontic_core::rules::Rules;
use pontic_store::Store;
use pontic_store::batch::{Batch, Entry, Published, Raised};
use pontic_store::page::{Direction, Filter, LogFilter, LogRow, Paging};
use pontic_store::sqlite::SqliteStore;
use serde_json::{Value, json};

use crate::harness::{Server, Start, after_hours, case, date_in, open, pickup, with};

/// A day with everything in it, several senders at once so that batches form.
pub fn busy_day(server: &Server) {
    let admin = server.admin();
    admin
        .put(
            "/v1/labs/L0",
            &json!({ "name": "Lab", "timeZone": "America/New_York" }),
        )
        .expect(201);
    std::thread::scope(|scope| {
        for sender in 0..4 {
            let admin = server.admin();
            scope.spawn(move || day_of_one(server, &admin, sender));
        }
    });
    admin
        .put(
            "/v1/clinics/C0",
            &json!({ "labId": "L0", "mergeInto": "C1" }),
        )
        .expect(200);
    admin.event("CaseReadyToShip", &json!({}));
}

fn day_of_one(server: &Server, admin: &crate::harness::Client, sender: usize) {
    let lab = format!("L{}", sender % 2);
    let named = |number: usize| {
        with(
            case(
                &lab,
                &format!("C{}", number % 3),
                &format!("K{sender}-{number}"),
                &date_in(0),
            ),
            json!({ "patientName": format!("Patient {number}"), "packageSpecs": { "weight": number } }),
        )
    };
    for number in 0..12 {
        let rush = if number == 5 { "RUSH" } else { "STANDARD" };
        admin
            .event(
                "CaseReadyToShip",
                &with(named(number), json!({ "priority": rush })),
            )
            .result();
    }
    admin
        .event_with_id(
            &format!("move-{sender}"),
            "CaseReadyToShip",
            &with(named(3), json!({ "requestedDeliveryDate": date_in(2) })),
        )
        .result();
    admin
        .event(
            "CaseCancelled",
            &json!({ "caseId": format!("K{sender}-4"), "labId": lab }),
        )
        .result();
    let clinic = format!("V{sender}");
    admin
        .event(
            "CaseReadyToShip",
            &with(named(20), json!({ "clinicId": clinic })),
        )
        .result();
    let bring = admin
        .event(
            "CaseReadyToShip",
            &with(named(21), json!({ "clinicId": clinic })),
        )
        .result();
    let fetch = with(
        pickup(&lab, &clinic, &format!("P{sender}"), 3),
        json!({ "notes": "ring", "isRush": true, "recurrence": { "frequency": "daily", "count": 4 } }),
    );
    let fetch = admin.event("PickupRequested", &fetch).result();
    server.webhook("dentrix", &json!({ "externalId": format!("D-{sender}"), "practiceId": "C1", "preferredPickupTime": after_hours(9), "notes": "n" })).expect(200);
    admin.event("InvoiceIssued", &json!({ "invoiceId": format!("I{sender}"), "labId": lab, "clinicId": clinic, "caseIds": [format!("K{sender}-20"), format!("K{sender}-21")] })).result();
    admin
        .delete(&format!("/v1/pickups/P{sender}~{}?labId={lab}", date_in(2)))
        .status
        .to_string();
    let plan = json!({ "labId": lab, "driverId": format!("D-{sender}"), "date": date_in(0), "stops": [{ "clinicId": clinic, "deliveryIds": [bring["deliveryId"]], "pickupIds": [fetch["id"]] }, { "clinicId": "Z" }] });
    let route = admin.post("/v1/routes", &plan).expect(201);
    let (id, stop) = (text(&route, "id"), text(&route["stops"][0], "id"));
    admin
        .post(&format!("/v1/routes/{id}/start"), &json!({}))
        .expect(200);
    let done = json!({ "cases": [{ "caseId": format!("K{sender}-21"), "reason": "broken" }], "receivedBy": "Bob" });
    admin
        .post(&format!("/v1/stops/{stop}/complete"), &done)
        .expect(200);
    admin
        .patch(&format!("/v1/routes/{id}"), &json!({ "driverId": "D-9" }))
        .expect(200);
    admin
        .post(&format!("/v1/routes/{id}/finish"), &json!({}))
        .expect(200);
    let rest = admin.all(&format!(
        "/v1/deliveries?labId={lab}&clinicId={clinic}&status=scheduled"
    ));
    let rest = json!({ "deliveryId": rest[0]["deliveryId"], "labId": lab, "completedAt": after_hours(0), "receivedBy": "Ann" });
    assert_eq!(
        admin.event("DeliveryCompleted", &rest).result()["billingTriggered"],
        json!([format!("I{sender}")])
    );
}

fn text<'v>(value: &'v Value, name: &str) -> &'v str {
    value[name].as_str().expect("a text")
}

fn whole_log(store: &dyn Store) -> Vec<LogRow> {
    let mut rows = Vec::new();
    loop {
        let filter = LogFilter {
            after: rows.last().map_or(0, |row: &LogRow| row.seq),
            ..LogFilter::default()
        };
        let page = store.log(&filter, 500).expect("read");
        if page.is_empty() {
            return rows;
        }
        rows.extend(page);
    }
}

fn all_records(store: &dyn Store) -> Vec<Record> {
    let mut records = Vec::new();
    for kind in Kind::ALL {
        let mut after = None;
        loop {
            let page = store
                .list(*kind, &Filter::default(), &Paging { after, limit: 200 })
                .expect("read");
            records.extend(page.items);
            after = page.next;
            if after.is_none() {
                break;
            }
        }
    }
    records.sort_by_key(|record| {
        (
            record.kind().as_str(),
            record.lab_id().clone(),
            record.id().to_owned(),
        )
    });
    records
}

fn event_of(row: &LogRow) -> Event {
    let origin: Origin = serde_json::from_str(&row.origin).expect("an origin");
    let body = Body::from_parts(&row.name, &row.detail, row.private.clone());
    Event {
        origin,
        body: body.expect("a detail").expect("a known type"),
    }
}

fn decide_again(store: &dyn Store, event: &Event, row: &LogRow, rules: &Rules) -> Decision {
    let mut facts = Facts::default();
    loop {
        let context = Context {
            now: row.at,
            entry: row.entry,
            rules,
        };
        match decide(&facts, event, context) {
            Ok(decision) => return decision,
            Err(Verdict::Missing(keys)) => facts.add(store.load(&keys).expect("loaded")),
            Err(Verdict::Refused(refusal)) => {
                panic!("{} was accepted at {}: {refusal:?}", row.name, row.seq)
            }
        }
    }
}

fn commit(store: &dyn Store, row: &LogRow, event: Event, decision: Decision) {
    let version = |kind: Kind, id: &str| {
        let record = decision
            .records
            .iter()
            .find(|(_, record)| record.kind() == kind && record.id() == id);
        record.map_or(0, |(_, record)| record.version())
    };
    let published = decision.publications.iter().map(|one| Published {
        id: one.id(version(one.kind, &one.record_id)),
        source: one.source,
        name: one.name,
        lab_id: one.lab_id.clone(),
        detail: one.detail.clone(),
    });
    let published: Vec<Published> = published.collect();
    let raised = decision.alerts.into_iter().map(|alert| {
        let mut body = alert.body;
        body["type"] = alert.name.into();
        Raised {
            lab_id: alert.lab_id,
            body: body.to_string(),
        }
    });
    let entry = Entry {
        entry: row.entry,
        now: row.at,
        event: event.into(),
        digest: [0; 16],
        lab_id: decision.lab_id,
        changes: decision.changes,
        published,
        alerts: raised.collect(),
        later: Vec::new(),
    };
    let batch = Batch {
        entries: vec![entry],
        records: decision.records,
        ..Batch::default()
    };
    store.commit(&batch).expect("committed");
}

/// A row without what only its place in the store gives.
fn plain(row: &LogRow) -> LogRow {
    LogRow {
        alerts: row
            .alerts
            .iter()
            .map(|(_, body)| (0, body.clone()))
            .collect(),
        ..row.clone()
    }
}

#[test]
fn the_log_decided_again_gives_the_same_state() {
    let server = Start::new().go();
    busy_day(&server);
    let left = server.kill();
    let lived = open(&left.path);
    let again = SqliteStore::in_memory().expect("opened");
    let log = whole_log(lived.as_ref());
    let mut rules = Rules::default();
    let incoming: Vec<&LogRow> = log
        .iter()
        .filter(|row| row.direction == Direction::In)
        .collect();
    assert!(incoming.len() > 100, "{}", incoming.len());
    for row in incoming {
        let event = event_of(row);
        if let Body::RulesSet(set) = &event.body {
            rules = set.rules.clone();
        }
        let decision = decide_again(&again, &event, row, &rules);
        commit(&again, row, event, decision);
    }
    let (expected, found) = (all_records(lived.as_ref()), all_records(&again));
    assert_eq!(expected.len(), found.len());
    for (expected, found) in expected.iter().zip(&found) {
        assert_eq!(expected, found);
    }
    let rows = whole_log(&again);
    assert_eq!(rows.len(), log.len());
    for (expected, found) in log.iter().zip(&rows) {
        assert_eq!(plain(expected), plain(found));
    }
}
