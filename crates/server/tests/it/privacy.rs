//! Marked patients go through everything, also through what is refused; then everything is searched for them.

use std::path::Path;

use base64::Engine as _;
use base64::engine::general_purpose::{STANDARD, STANDARD_NO_PAD};
use serde_json::{Value, json};

use crate::harness::{
    Folder, Server, Start, after_hours, case, date_in, pickup, rows_of_database, with,
};

/// Stands in every name, note and contact; nowhere else.
const MARK: &str = "Qzxmark";

fn marked(what: &str) -> String {
    format!("{MARK} {what}")
}

/// How often the mark stands in these bytes, in any case, also as hex, as base64 or in two bytes a letter.
fn hits(bytes: &[u8]) -> usize {
    let mark = MARK.as_bytes();
    let hex = pontic_core::id::hex(mark);
    let wide: Vec<u8> = mark.iter().flat_map(|byte| [*byte, 0]).collect();
    let mut needles = vec![
        mark.to_vec(),
        MARK.to_lowercase().into_bytes(),
        MARK.to_uppercase().into_bytes(),
        hex.into_bytes(),
        wide,
    ];
    for shift in 0..3 {
        let padded = [&b"   "[..shift], mark].concat();
        let encoded = STANDARD_NO_PAD.encode(padded);
        // The letters at either end depend on what stands beside the mark.
        let from = if shift == 0 { 0 } else { shift + 1 };
        needles.push(encoded.as_bytes()[from..encoded.len() - 2].to_vec());
    }
    needles
        .iter()
        .map(|needle| {
            bytes
                .windows(needle.len())
                .filter(|window| window == needle)
                .count()
        })
        .sum()
}

fn send_everything(server: &Server) -> Vec<String> {
    let admin = server.admin();
    let mut said = Vec::new();
    let mut note = |answer: crate::harness::Answer| {
        let text = format!("{}{:?}", answer.text, answer.headers);
        if answer.status >= 300 {
            said.push(text);
        }
        answer.body
    };
    let named = with(
        case("L", "C1", "K1", &date_in(0)),
        json!({ "patientName": marked("one") }),
    );
    let delivery =
        note(admin.event_with_id("e-1", "CaseReadyToShip", &named))["result"]["deliveryId"].clone();
    note(admin.event_with_id(
        "e-1",
        "CaseReadyToShip",
        &with(named.clone(), json!({ "patientName": marked("other") })),
    ));
    note(admin.event(
        "CaseReadyToShip",
        &with(
            named.clone(),
            json!({ "caseId": "bad id", "clinicId": null }),
        ),
    ));
    note(admin.event(
        "CaseReadyToShip",
        &with(named, json!({ "patientName": { "a": marked("nested") } })),
    ));
    note(admin.post("/v1/events", &json!({ "source": "x", "detailType": "Nothing", "detail": { "patientName": marked("unknown") } })));
    note(admin.post("/v1/events", &json!({ "Entries": [{ "Source": "x", "DetailType": "CaseReadyToShip", "Detail": format!("{{\"patientName\":\"{}\"", marked("text")) }] })));
    note(admin.post("/v1/events", &json!({ "source": "x", "detailType": "CaseReadyToShip", "detail": json!({ "patientName": marked("in a text") }).to_string() })));
    let encoded = STANDARD
        .encode(json!({ "caseId": "bad id", "patientName": marked("encoded") }).to_string());
    note(admin.post("/v1/events", &json!({ "specversion": "1.0", "id": "c-1", "source": "x", "type": "CaseReadyToShip", "data_base64": encoded })));
    note(admin.send(
        "POST",
        "/v1/events",
        &[("content-type", "application/json")],
        format!("{{\"patientName\":\"{}", marked("cut")).as_bytes(),
    ));
    let asked = json!({ "notes": marked("note"), "requestedBy": { "userId": "u-1", "name": marked("contact"), "phone": format!("555 {MARK}") }, "metadata": { "patientName": marked("metadata") } });
    note(admin.event(
        "PickupRequested",
        &with(pickup("L", "C1", "P1", 3), asked.clone()),
    ));
    note(admin.event(
        "PickupRequested",
        &with(
            pickup("L", "C1", "P2", 3),
            with(asked.clone(), json!({ "recurrence": "weekly" })),
        ),
    ));
    note(admin.event(
        "PickupRequested",
        &with(
            pickup("L", "C1", "P3", 3),
            with(asked, json!({ "packageCount": 0 })),
        ),
    ));
    let dentrix = json!({ "externalId": "D-1", "practiceId": "C1", "preferredPickupTime": after_hours(5), "patientName": marked("dentrix"), "notes": marked("n"), "contactName": marked("c"), "contactPhone": MARK });
    note(server.webhook("dentrix", &dentrix));
    note(server.webhook("dentrix", &with(dentrix.clone(), json!({ "priority": 9 }))));
    note(server.nobody().post("/webhooks/ehr/dentrix", &dentrix));
    let eaglesoft = json!({ "caseId": "E-1", "practiceId": "C1", "scheduledPickup": after_hours(5), "patientInfo": { "name": marked("eaglesoft") }, "comments": marked("n") });
    note(server.webhook("eaglesoft", &eaglesoft));
    note(server.webhook(
        "eaglesoft",
        &with(eaglesoft, json!({ "patientInfo": marked("text") })),
    ));
    note(server.webhook_bytes(
        "opendental",
        format!("{{\"PatName\":\"{}\"", marked("cut")).as_bytes(),
    ));
    note(admin.put("/v1/clinics/C1", &json!({ "labId": "L", "name": "North", "contact": { "name": marked("c"), "phone": MARK, "email": format!("{MARK}@x.example") } })));
    note(admin.send(
        "POST",
        "/v1/import/clinics",
        &[("content-type", "text/csv")],
        format!("id,labId,name,contact.name\nC2,L,South,{MARK}\nbad id,L,East,{MARK}\n").as_bytes(),
    ));
    drive(server, &delivery, &mut note);
    let refused = admin.all("/v1/quarantine");
    assert!(refused.len() >= 8, "{}", refused.len());
    for item in &refused {
        let id = item["id"].as_str().expect("an id");
        let shown = admin.get(&format!("/v1/quarantine/{id}"));
        assert_eq!(
            (shown.status, hits(shown.text.as_bytes())),
            (200, 0),
            "{}",
            shown.text
        );
        note(admin.post(&format!("/v1/quarantine/{id}/redrive"), &json!({})));
    }
    said
}

fn drive(
    server: &Server,
    delivery: &Value,
    note: &mut impl FnMut(crate::harness::Answer) -> Value,
) {
    let admin = server.admin();
    let plan = json!({ "labId": "L", "driverId": "D-1", "date": date_in(0), "stops": [{ "clinicId": "C1", "deliveryIds": [delivery], "pickupIds": ["P1"] }] });
    let route = note(admin.post("/v1/routes", &plan));
    let (id, stop) = (
        route["id"].as_str().expect("an id").to_owned(),
        route["stops"][0]["id"].as_str().expect("an id").to_owned(),
    );
    note(admin.post(&format!("/v1/routes/{id}/start"), &json!({})));
    let svg = format!("<svg><title>{MARK}</title><path d='M0 0'/></svg>");
    let form = format!(
        "--b\r\ncontent-disposition: form-data; name=\"labId\"\r\n\r\nL\r\n--b\r\ncontent-disposition: form-data; name=\"file\"; filename=\"{MARK}.svg\"\r\n\r\n{svg}\r\n--b--\r\n"
    );
    let proof = note(admin.send(
        "POST",
        "/v1/proofs",
        &[("content-type", "multipart/form-data; boundary=b")],
        form.as_bytes(),
    ))["id"]
        .clone();
    assert!(proof.is_string());
    note(admin.post(&format!("/v1/stops/{stop}/complete"), &json!({ "receivedBy": marked("receiver"), "notes": marked("door"), "proofOfDelivery": { "signatureId": proof } })));
    note(admin.post(&format!("/v1/stops/{stop}/fail"), &json!({})));
    let done = json!({ "deliveryId": "theirs", "labId": "L", "clinicId": "C1", "caseIds": ["K9"], "completedAt": after_hours(0), "receivedBy": marked("other"), "notes": marked("n") });
    note(admin.event("DeliveryCompleted", &done));
    note(admin.event(
        "DeliveryCompleted",
        &with(done, json!({ "clinicId": null, "deliveryId": "another" })),
    ));
    note(admin.event("InvoiceIssued", &json!({ "invoiceId": "I1", "labId": "L", "clinicId": "C1", "caseIds": ["K1"], "patientName": MARK })));
}

/// Every file of a folder, whatever its name.
fn search(dir: &Path, found: &mut Vec<String>) -> usize {
    let mut files = 0;
    for entry in std::fs::read_dir(dir)
        .expect("readable")
        .filter_map(Result::ok)
    {
        let path = entry.path();
        if path.is_dir() {
            files += search(&path, found);
            continue;
        }
        files += 1;
        let count = hits(&std::fs::read(&path).expect("readable"));
        if count > 0 {
            found.push(format!("{} times in {}", count, path.display()));
        }
    }
    files
}

fn search_left(left: &Folder) {
    let mut found = Vec::new();
    let files = search(&left.path, &mut found);
    // The key, and the records: in a file beside it, or in a database.
    if let Some(rows) = rows_of_database(&left.path) {
        assert!(files >= 1 && rows.len() > 20, "{files}, {}", rows.len());
        found.extend(rows.into_iter().filter(|row| hits(row.as_bytes()) > 0));
    } else {
        assert!(files >= 2, "{files}");
    }
    assert!(found.is_empty(), "{found:?}");
    let lines: Vec<&str> = left
        .logged
        .lines()
        .filter(|line| hits(line.as_bytes()) > 0)
        .collect();
    assert!(lines.is_empty(), "{lines:?}");
}

#[test]
fn patients_stand_nowhere_they_have_no_business() {
    for filter in ["info", "trace"] {
        let server = Start::new().env("PONTIC_LOG__FILTER", filter).go();
        for (number, text) in send_everything(&server).iter().enumerate() {
            assert_eq!(hits(text.as_bytes()), 0, "{number}: {text}");
        }
        let admin = server.admin();
        for path in [
            "/metrics",
            "/v1/events?limit=200",
            "/v1/alerts",
            "/v1/integration/metrics",
            "/readyz",
            "/v1/quarantine",
            "/v1/deliveries",
            "/v1/routes",
            "/v1/invoices",
        ] {
            let answer = admin.get(path);
            assert_eq!(
                (answer.status, hits(answer.text.as_bytes())),
                (200, 0),
                "{path} {}",
                answer.text
            );
        }
        // Killed, so that the write-ahead log is still there to be searched.
        search_left(&server.kill());
    }
}

#[test]
fn the_log_file_says_something_though() {
    let server = Start::new()
        .env("PONTIC_LOG__FILTER", "debug")
        .env("PONTIC_LOG__FORMAT", "json")
        .go();
    server.admin().event("CaseReadyToShip", &json!({}));
    server.nobody().post("/webhooks/ehr/dentrix", &json!({}));
    let left = server.kill();
    let lines: Vec<Value> = left
        .logged
        .lines()
        .filter_map(|line| serde_json::from_str(line).ok())
        .collect();
    assert!(
        lines.iter().any(|line| line["fields"]["status"] == 422),
        "{}",
        left.logged
    );
    assert!(
        lines
            .iter()
            .any(|line| line["level"] == "WARN" && line["fields"]["endpoint"] == "dentrix"),
        "{}",
        left.logged
    );
}

#[test]
fn a_delivery_shows_names_to_dispatcher_and_admin_only() {
    let server = Start::new().go();
    let named = with(
        case("L", "C1", "K1", &date_in(2)),
        json!({ "patientName": marked("one") }),
    );
    let answer = server.admin().event("CaseReadyToShip", &named);
    assert_eq!(
        hits(answer.text.as_bytes()),
        0,
        "not even in the answer to who sent it"
    );
    let path = format!(
        "/v1/deliveries/{}",
        answer.body["result"]["deliveryId"].as_str().expect("an id")
    );
    for (role, sees) in [
        ("admin", 1),
        ("dispatcher", 1),
        ("viewer", 0),
        ("finance", 0),
    ] {
        let shown = server.role(role, "L").get(&path);
        assert_eq!(
            (shown.status, hits(shown.text.as_bytes())),
            (200, sees),
            "{role}"
        );
    }
    for list in ["/v1/deliveries", "/v1/events"] {
        assert_eq!(hits(server.admin().get(list).text.as_bytes()), 0, "{list}");
    }
}
