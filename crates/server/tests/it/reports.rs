//! What Finance asks: what was delivered and is not billed.

use serde_json::{Value, json};

use crate::harness::{Client, after_hours, case, date_in, fresh, shared};

fn delivered(admin: &Client, lab: &str, id: &str, hours_ago: i64) {
    let made = admin
        .event("CaseReadyToShip", &case(lab, "C1", id, &date_in(1)))
        .result();
    let done = json!({
        "deliveryId": made["deliveryId"], "labId": lab, "completedAt": after_hours(-hours_ago), "caseIds": [id],
        "proofOfDelivery": { "signatureUrl": "https://proofs.example/1" },
    });
    admin.event("DeliveryCompleted", &done).result();
}

fn invoice(admin: &Client, lab: &str, id: &str, cases: &[&str]) -> Value {
    let detail = json!({ "invoiceId": id, "labId": lab, "clinicId": "C1", "caseIds": cases });
    admin.event("InvoiceIssued", &detail).result()
}

fn unbilled(client: &Client, query: &str) -> Vec<(String, String)> {
    let rows = client.all(&format!("/v1/reports/unbilled?{query}"));
    let text = |row: &Value, name: &str| row[name].as_str().unwrap_or_default().to_owned();
    let mut found: Vec<_> = rows
        .iter()
        .map(|row| (text(row, "caseId"), text(row, "reason")))
        .collect();
    found.sort();
    found
}

#[test]
fn what_was_delivered_and_is_not_billed_is_reported() {
    let (server, lab) = (shared(), fresh("L"));
    let admin = server.admin();
    for (id, hours_ago) in [("K1", 1), ("K2", 50), ("K3", 1), ("K4", 1)] {
        delivered(&admin, &lab, id, hours_ago);
    }
    admin
        .event("CaseReadyToShip", &case(&lab, "C1", "K5", &date_in(1)))
        .result();
    invoice(&admin, &lab, "I1", &["K3"]);
    invoice(&admin, &lab, "I2", &["K4", "K5"]);

    let finance = server.role("finance", &lab);
    let expected = [
        ("K1", "no_invoice"),
        ("K2", "no_invoice"),
        ("K4", "invoice_incomplete"),
    ];
    let expected = expected.map(|(id, reason)| (id.to_owned(), reason.to_owned()));
    assert_eq!(unbilled(&finance, ""), expected);
    assert_eq!(unbilled(&finance, "olderThanDays=2"), expected[1..2]);
    assert!(unbilled(&finance, "clinicId=C9").is_empty());
    assert!(unbilled(&server.role("finance", &fresh("L")), "").is_empty());

    let file = finance.get("/v1/reports/unbilled?format=csv");
    assert_eq!(file.header("content-type"), "text/csv; charset=utf-8");
    let row = file
        .text
        .lines()
        .find(|line| line.starts_with("K4,"))
        .expect("a row");
    assert!(
        row.contains("invoice_incomplete,I2,K5,1,https://proofs.example/1"),
        "{row}"
    );

    // The invoice that was missing comes, and the case that it waited for is delivered.
    assert_eq!(
        invoice(&admin, &lab, "I3", &["K1", "K2"])["billingTriggered"],
        json!(["I3"])
    );
    delivered(&admin, &lab, "K5", 0);
    assert!(unbilled(&finance, "").is_empty());
    for bad in ["olderThanDays=x", "format=xls", "after=z9"] {
        assert_eq!(
            finance.get(&format!("/v1/reports/unbilled?{bad}")).status,
            400,
            "{bad}"
        );
    }
}

#[test]
fn a_delivered_invoice_is_told_with_its_proof() {
    let (server, lab) = (shared(), fresh("L"));
    let admin = server.admin();
    invoice(&admin, &lab, "I1", &["K1"]);
    delivered(&admin, &lab, "K1", 0);
    let told = admin.all(&format!(
        "/v1/events?direction=out&type=InvoiceDelivered&labId={lab}"
    ));
    assert_eq!(told.len(), 1);
    let detail = &told[0]["detail"];
    assert_eq!(detail["proofLinks"], json!(["https://proofs.example/1"]));
    assert_eq!(detail["invoiceId"], "I1");
    assert_eq!(detail["deliveredAt"], after_hours_like(detail));
    assert_eq!(told[0]["source"], "finance.billing");
}

/// The time at which its one case was delivered.
fn after_hours_like(detail: &Value) -> Value {
    detail["cases"][0]["deliveredAt"].clone()
}
