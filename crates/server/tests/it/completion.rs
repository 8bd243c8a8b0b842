//! Handing over and billing: before and after the invoice, in halves, twice, and for deliveries of other systems.

use serde_json::{Value, json};

use crate::harness::{Client, case, date_in, fresh, shared, texts, with};

const AT: &str = "2026-01-20T15:30:00Z";

struct Desk {
    admin: Client,
    lab: String,
}

impl Desk {
    /// A delivery with these cases.
    fn new(cases: &[&str]) -> (Self, String, std::sync::Arc<crate::harness::Server>) {
        let (server, lab) = (shared(), fresh("L"));
        let desk = Self {
            admin: server.admin(),
            lab,
        };
        let mut id = String::new();
        for case_id in cases {
            let result = desk
                .admin
                .event(
                    "CaseReadyToShip",
                    &case(&desk.lab, "C1", case_id, &date_in(0)),
                )
                .result();
            result["deliveryId"]
                .as_str()
                .expect("an id")
                .clone_into(&mut id);
        }
        (desk, id, server)
    }

    fn complete(&self, delivery: &str, more: Value) -> Value {
        let detail = with(
            json!({ "deliveryId": delivery, "completedAt": AT, "labId": self.lab }),
            more,
        );
        self.admin.event("DeliveryCompleted", &detail).expect(200)
    }

    fn invoice(&self, id: &str, cases: &[&str]) -> Value {
        let detail = json!({ "invoiceId": id, "labId": self.lab, "clinicId": "C1", "caseIds": cases, "amount": 120.5, "currency": "usd" });
        self.admin.event("InvoiceIssued", &detail).expect(200)
    }

    /// How often each invoice was billed.
    fn billed(&self) -> Vec<String> {
        let log = self.admin.all(&format!(
            "/v1/events?labId={}&type=BillingTriggered&direction=out",
            self.lab
        ));
        assert!(log.iter().all(|row| row["source"] == "finance.billing"));
        log.iter()
            .filter_map(|row| row["detail"]["invoiceId"].as_str().map(str::to_owned))
            .collect()
    }
}

#[test]
fn after_the_invoice_it_is_delivered_and_billed() {
    let (desk, delivery, _server) = Desk::new(&["K1", "K2"]);
    desk.invoice("I1", &["K1", "K2"]);
    let answer = desk.complete(&delivery, json!({ "receivedBy": "Dr. Who" }));
    let expected = json!({
        "deliveryId": delivery, "status": "delivered", "invoices": [{ "invoiceId": "I1", "status": "delivered" }],
        "awaitingInvoice": [], "billingTriggered": ["I1"],
    });
    assert_eq!(
        (&answer["status"], &answer["result"]),
        (&json!("processed"), &expected)
    );
    assert_eq!(desk.billed(), ["I1"]);
    // Production and Finance are told.
    let out = desk.admin.all(&format!(
        "/v1/events?labId={}&type=DeliveryCompleted&direction=out",
        desk.lab
    ));
    assert_eq!(
        (out.len(), &out[0]["detail"]["caseIds"]),
        (1, &json!(["K1", "K2"]))
    );
    assert!(!out[0].to_string().contains("Dr. Who"));
}

#[test]
fn before_the_invoice_it_waits_for_it() {
    let (desk, delivery, _server) = Desk::new(&["K1", "K2"]);
    let answer = desk.complete(&delivery, json!({}));
    let seen = json!([
        answer["result"]["awaitingInvoice"],
        answer["result"]["invoices"],
        answer["result"]["billingTriggered"]
    ]);
    assert_eq!(seen, json!([["K1", "K2"], [], []]));
    assert!(desk.billed().is_empty());
    desk.invoice("I1", &["K1", "K2"]);
    assert_eq!(desk.billed(), ["I1"]);
    let invoice = desk
        .admin
        .get(&format!("/v1/invoices/I1?labId={}", desk.lab))
        .expect(200);
    assert_eq!(invoice["status"], "delivered");
    assert_eq!(
        (&invoice["amount"], &invoice["currency"]),
        (&json!(120.5), &json!("USD"))
    );
    assert_eq!(invoice["cases"][0]["deliveryId"], json!(delivery));
}

#[test]
fn in_halves_it_is_billed_with_the_second() {
    let (desk, delivery, _server) = Desk::new(&["K1", "K2"]);
    desk.invoice("I1", &["K1", "K2"]);
    let half = desk.complete(&delivery, json!({ "caseIds": ["K1"] }));
    assert_eq!(half["result"]["status"], "partially_delivered");
    assert_eq!(
        half["result"]["invoices"],
        json!([{ "invoiceId": "I1", "status": "partially_delivered" }])
    );
    assert!(desk.billed().is_empty());
    // The other half went to an open delivery of a later day by itself.
    let open = desk
        .admin
        .get(&format!(
            "/v1/deliveries?labId={}&status=scheduled",
            desk.lab
        ))
        .expect(200);
    assert_eq!(open["items"].as_array().map(Vec::len), Some(1));
    let next = open["items"][0]["deliveryId"].as_str().expect("an id");
    assert!(open["items"][0]["deliveryDate"].as_str() > Some(&date_in(0)));
    let rest = desk.complete(next, json!({}));
    assert_eq!(rest["result"]["billingTriggered"], json!(["I1"]));
    assert_eq!(desk.billed(), ["I1"]);
}

#[test]
fn twice_it_changes_nothing_the_second_time() {
    let (desk, delivery, _server) = Desk::new(&["K1"]);
    desk.invoice("I1", &["K1"]);
    desk.complete(&delivery, json!({}));
    for more in [
        json!({}),
        json!({ "receivedBy": "another", "completedAt": "2026-01-21T10:00:00Z" }),
        json!({ "caseIds": ["K1"] }),
    ] {
        let again = desk.complete(&delivery, more);
        assert_eq!(
            (&again["status"], &again["result"]["billingTriggered"]),
            (&json!("duplicate"), &json!([]))
        );
        assert_eq!(
            again["result"]["invoices"],
            json!([{ "invoiceId": "I1", "status": "delivered" }])
        );
    }
    let whole = desk
        .admin
        .get(&format!("/v1/deliveries/{delivery}"))
        .expect(200);
    assert_eq!(whole["completedAt"], AT);
    assert_eq!(desk.billed(), ["I1"]);
    assert_eq!(desk.invoice("I1", &["K1"])["status"], "duplicate");
    assert_eq!(desk.billed(), ["I1"]);
}

#[test]
fn proof_is_attached_to_the_case_lines() {
    let (desk, delivery, _server) = Desk::new(&["K1", "K2"]);
    desk.invoice("I1", &["K1"]);
    let proof = json!({ "signatureUrl": "https://elsewhere.example/s.png", "photoUrls": ["https://elsewhere.example/p.jpg"] });
    desk.complete(&delivery, json!({ "proofOfDelivery": proof }));
    desk.invoice("I2", &["K2"]);
    for id in ["I1", "I2"] {
        let invoice = desk
            .admin
            .get(&format!("/v1/invoices/{id}?labId={}", desk.lab))
            .expect(200);
        let line = &invoice["cases"][0];
        assert_eq!(
            (&line["delivered"], &line["deliveredAt"]),
            (&json!(true), &json!(AT))
        );
        assert_eq!(
            line["proofOfDelivery"]["signatureUrl"],
            proof["signatureUrl"]
        );
        assert_eq!(line["proofOfDelivery"]["photoUrls"], proof["photoUrls"]);
    }
}

#[test]
fn another_systems_delivery_is_made_as_delivered() {
    let (desk, _, _server) = Desk::new(&["K1"]);
    let id = fresh("their-delivery-");
    for missing in [
        json!({}),
        json!({ "clinicId": "C1" }),
        json!({ "caseIds": ["K1"] }),
        json!({ "clinicId": "C1", "caseIds": [] }),
    ] {
        let detail = with(
            json!({ "deliveryId": id, "completedAt": AT, "labId": desk.lab }),
            missing,
        );
        desk.admin
            .event("DeliveryCompleted", &detail)
            .refused(422, "unknown_delivery");
    }
    desk.admin
        .event(
            "DeliveryCompleted",
            &json!({ "deliveryId": id, "completedAt": AT }),
        )
        .refused(422, "unknown_delivery");
    desk.invoice("I1", &["K1", "X9"]);
    let answer = desk.complete(&id, json!({ "clinicId": "C1", "caseIds": ["K1", "X9"] }));
    assert_eq!(answer["result"]["billingTriggered"], json!(["I1"]));
    let made = desk.admin.get(&format!("/v1/deliveries/{id}")).expect(200);
    assert_eq!(
        (&made["status"], texts(&made["cases"], "caseId").len()),
        (&json!("delivered"), 2)
    );
    let emptied = desk
        .admin
        .get(&format!(
            "/v1/deliveries?labId={}&status=cancelled",
            desk.lab
        ))
        .expect(200);
    assert_eq!(
        emptied["items"].as_array().map(Vec::len),
        Some(1),
        "our own delivery of the case was left empty"
    );
}

#[test]
fn a_cancelled_delivery_cannot_be_completed() {
    let (desk, delivery, _server) = Desk::new(&["K1"]);
    desk.admin
        .event(
            "CaseCancelled",
            &json!({ "caseId": "K1", "labId": desk.lab }),
        )
        .result();
    let detail = json!({ "deliveryId": delivery, "completedAt": AT, "labId": desk.lab });
    desk.admin
        .event("DeliveryCompleted", &detail)
        .refused(409, "delivery_cancelled");
}

#[test]
fn a_case_that_is_not_of_the_clinic_is_named() {
    let (desk, delivery, _server) = Desk::new(&["K1"]);
    desk.admin
        .event("CaseReadyToShip", &case(&desk.lab, "C2", "K2", &date_in(0)))
        .result();
    let detail = json!({ "deliveryId": delivery, "completedAt": AT, "labId": desk.lab, "caseIds": ["K1", "K2", "K3"] });
    let answer = desk.admin.event("DeliveryCompleted", &detail);
    let expected = [
        ("detail.caseIds[1]", "mismatch"),
        ("detail.caseIds[2]", "not_found"),
    ];
    assert_eq!(
        answer.faults(),
        expected.map(|(field, reason)| (field.to_owned(), reason.to_owned()))
    );
    assert_eq!(answer.status, 422);
}

#[test]
fn an_invoice_by_put_is_the_same_as_by_event() {
    let (desk, delivery, server) = Desk::new(&["K1"]);
    let finance = server.role("finance", &desk.lab);
    let body = json!({ "labId": desk.lab, "clinicId": "C1", "caseIds": ["K1"], "amount": 80 });
    let made = finance.put("/v1/invoices/I1", &body).expect(201);
    assert_eq!(
        (&made["status"], &made["version"]),
        (&json!("issued"), &json!(1))
    );
    assert_eq!(finance.put("/v1/invoices/I1", &body).status, 200);
    desk.complete(&delivery, json!({}));
    assert_eq!(
        finance.get("/v1/invoices/I1").expect(200)["status"],
        "delivered"
    );
    assert_eq!(desk.billed(), ["I1"]);
    let bad = finance.put(
        "/v1/invoices/I2",
        &json!({ "labId": desk.lab, "caseIds": [], "amount": -1, "currency": "EURO" }),
    );
    let fields: Vec<String> = bad.faults().into_iter().map(|(field, _)| field).collect();
    assert_eq!(
        (bad.status, fields.as_slice()),
        (
            400,
            ["clinicId", "caseIds", "amount", "currency"]
                .map(str::to_owned)
                .as_slice()
        )
    );
}
