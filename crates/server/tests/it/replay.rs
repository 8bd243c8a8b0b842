//! The log of a busy day, decided again into an empty store, gives the same records, publications and alerts: by the command, beside
//! the server.

use std::path::Path;

use pontic_core::record::{Kind, Record};
use pontic_store::batch::Batch;
use pontic_store::page::{Filter, Paging};
use serde_json::{Value, json};

use crate::harness::{
    Folder, Server, Start, after_hours, case, date_in, open, pickup, pontic, said, with,
};

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
    words_on_the_way(server, &lab, stop, sender);
    let done = json!({ "cases": [{ "caseId": format!("K{sender}-21"), "reason": "broken" }], "receivedBy": "Bob" });
    admin
        .post(&format!("/v1/stops/{stop}/complete"), &done)
        .expect(200);
    admin
        .patch(&format!("/v1/routes/{id}"), &json!({ "driverId": "D-9" }))
        .expect(200);
    admin
        .post(
            &format!("/v1/routes/{id}/finish"),
            &json!({ "left": [{ "caseId": format!("K{sender}-21"), "reason": "broken" }] }),
        )
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

/// What a clinic says of its visit, and a driver of a break.
fn words_on_the_way(server: &Server, lab: &str, stop: &str, sender: usize) {
    let admin = server.admin();
    let link = text(
        &admin.get(&format!("/v1/stops/{stop}")).expect(200),
        "trackLink",
    )
    .to_owned();
    let said = json!({ "kind": "more_to_fetch", "count": 2 });
    server
        .nobody()
        .post(&format!("{link}/answers"), &said)
        .expect(200);
    let status = format!("/v1/drivers/D-{sender}/status?labId={lab}");
    for said in [
        json!({ "pausedUntil": after_hours(1) }),
        json!({ "paused": false }),
    ] {
        admin.post(&status, &said).expect(200);
    }
}

fn text<'v>(value: &'v Value, name: &str) -> &'v str {
    value[name].as_str().expect("a text")
}

/// Runs `pontic replay` on that folder; gives its exit code and what it said.
pub fn replay(data: &Path, more: &[&str]) -> (Option<i32>, String) {
    let mut arguments = vec!["replay", "--data", data.to_str().expect("a path")];
    arguments.extend(more);
    let output = pontic(&arguments, b"");
    (output.status.code(), said(&output))
}

/// The same with `--json`.
fn replay_json(data: &Path, more: &[&str]) -> (Option<i32>, Value) {
    let (code, text) = replay(data, &[more, &["--json"]].concat());
    let told = serde_json::from_str(&text).unwrap_or_else(|_| panic!("{text}"));
    (code, told)
}

#[test]
fn the_log_decided_again_gives_the_same_state() {
    let server = Start::new().go();
    busy_day(&server);
    // Beside the server that goes on.
    let (code, text) = replay(server.folder(), &[]);
    assert!(
        code == Some(0) && text.contains("everything is the same"),
        "{text}"
    );
    let (_, told) = replay_json(server.folder(), &[]);
    let number = |told: &Value, name: &str| told[name].as_u64().expect("a number");
    assert!(number(&told, "events") > 100, "{told}");
    assert!(number(&told, "publications") > 50, "{told}");
    assert!(number(&told, "alerts") > 10, "{told}");
    for kind in [
        "case", "delivery", "pickup", "series", "invoice", "route", "stop", "clinic",
    ] {
        assert!(told["records"][kind].as_u64() > Some(0), "{kind}: {told}");
    }

    let (code, one_lab) = replay_json(server.folder(), &["--lab", "L0"]);
    assert_eq!(code, Some(0), "{one_lab}");
    assert!(number(&one_lab, "decided") < number(&told, "decided"));
    assert!(number(&one_lab, "events") > 20, "{one_lab}");
    let middle = (number(&told, "upTo") / 2).to_string();
    let (code, half) = replay_json(server.folder(), &["--from", &middle]);
    assert_eq!(code, Some(0), "{half}");
    assert_eq!(half["decided"], told["decided"]);
    assert!(number(&half, "events") < number(&told, "events"));
    let (code, none) = replay_json(server.folder(), &["--from", "2099-01-01T00:00:00Z"]);
    assert_eq!((code, &none["events"]), (Some(0), &json!(0)));
    assert_eq!(server.admin().get("/readyz").status, 200);
}

#[test]
fn what_was_decided_again_can_be_kept_and_served() {
    let server = Start::new().go();
    busy_day(&server);
    let home = tempfile::tempdir().expect("a folder");
    let kept = home.path().join("again");
    let into = ["--into", kept.to_str().expect("a path")];
    let (code, text) = replay(server.folder(), &into);
    assert_eq!(code, Some(0), "{text}");
    let again = Start::on(&kept).unset("PONTIC_DATABASE__URL").go();
    for list in [
        "/v1/deliveries",
        "/v1/pickups",
        "/v1/invoices",
        "/v1/routes",
    ] {
        assert_eq!(by_id(&again, list), by_id(&server, list), "{list}");
    }
    let (code, text) = replay(server.folder(), &into);
    assert!(code == Some(2) && text.contains("exists already"), "{text}");
}

/// The items of a list, in an order of their own: of the events of one batch any may be written first.
fn by_id(server: &Server, list: &str) -> Vec<String> {
    let mut items: Vec<String> = server
        .admin()
        .all(list)
        .iter()
        .map(ToString::to_string)
        .collect();
    items.sort();
    items
}

#[test]
fn what_differs_is_named_without_its_value() {
    let server = Start::new().go();
    let detail = with(
        case("L1", "C1", "K1", &date_in(1)),
        json!({ "patientName": "Jane Secret" }),
    );
    server.admin().event("CaseReadyToShip", &detail).result();
    let left = server.kill();
    change_by_hand(&left);
    let (code, text) = replay(&left.path, &[]);
    assert_eq!(code, Some(1), "{text}");
    assert!(text.contains("differs: case K1: status"), "{text}");
    assert!(
        text.contains("differs: case K1: private.patientName"),
        "{text}"
    );
    assert!(!text.contains("Jane") && !text.contains("Joe"), "{text}");
}

/// As no event would: somebody worked on the data by other means.
fn change_by_hand(left: &Folder) {
    let store = open(&left.path);
    let paging = Paging {
        after: None,
        limit: 10,
    };
    let page = store.list(Kind::Case, &Filter::default(), &paging);
    let Record::Case(case) = page.expect("read").items.remove(0) else {
        panic!("a case");
    };
    let mut changed = case.as_ref().clone();
    changed.status = pontic_core::delivery::CaseStatus::OnHold;
    changed.private = pontic_core::phi::Phi::new(pontic_core::phi::Private {
        patient_name: "Joe Other".into(),
        ..pontic_core::phi::Private::default()
    });
    let batch = Batch {
        records: vec![(Some(case.version), Record::Case(changed.into()))],
        ..Batch::default()
    };
    store.commit(&batch).expect("written");
}

#[test]
fn a_folder_without_data_is_said_and_not_made() {
    let home = tempfile::tempdir().expect("a folder");
    let nowhere = home.path().join("nowhere");
    let (code, text) = replay(&nowhere, &[]);
    assert!(code == Some(2) && text.contains("holds no data"), "{text}");
    assert!(!nowhere.exists());
}
