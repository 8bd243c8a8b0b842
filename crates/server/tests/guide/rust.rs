//! The guide's examples in Rust; `docs/guide.md` shows them as they stand here.

use pontic_wire::ehr;
use pontic_wire::signature::{self, Secret};
use serde_json::{Value, json};

// guide: api
/// What an answer may be.
pub type Answer = Result<Value, Box<dyn std::error::Error>>;

/// A server, and who we are to it.
pub struct Api {
    pub url: String,
    pub token: String,
    pub secret: String,
}

impl Api {
    /// Posts one event or many.
    pub fn event(&self, content_type: &str, event: &Value) -> Answer {
        let authorization = format!("Bearer {}", self.token);
        let headers = [
            ("authorization", authorization.as_str()),
            ("content-type", content_type),
        ];
        self.post("/v1/events", &headers, &event.to_string())
    }

    /// Posts a webhook, signed as its practice system does.
    pub fn webhook(&self, system: &str, body: &Value) -> Answer {
        let ehr = ehr::by_system(system).ok_or("no such system")?;
        let body = body.to_string();
        let signature = signature::sign(&Secret::new(&self.secret)?, body.as_bytes());
        let headers = [
            (ehr.signature_header, signature.as_str()),
            ("content-type", "application/json"),
        ];
        self.post(&format!("/webhooks/ehr/{system}"), &headers, &body)
    }

    /// Reads.
    pub fn get(&self, path: &str) -> Answer {
        let authorization = format!("Bearer {}", self.token);
        let mut response = ureq::get(format!("{}{path}", self.url))
            .header("authorization", authorization)
            .call()?;
        Ok(serde_json::from_str(
            &response.body_mut().read_to_string()?,
        )?)
    }

    fn post(&self, path: &str, headers: &[(&str, &str)], body: &str) -> Answer {
        let request = ureq::post(format!("{}{path}", self.url));
        let request = headers.iter().fold(request, |request, (name, value)| {
            request.header(*name, *value)
        });
        let mut response = request.send(body)?;
        Ok(serde_json::from_str(
            &response.body_mut().read_to_string()?,
        )?)
    }
}
// guide: end

// guide: case_ready
/// A case is ready: it becomes a delivery.
pub fn case_ready(api: &Api) -> Answer {
    let event = json!({
        "source": "cases.production",
        "detailType": "CaseReadyToShip",
        "detail": {
            "caseId": "CASE-1001",
            "clinicId": "CLI-001",
            "labId": "LAB001",
            "requestedDeliveryDate": "2025-01-20",
            "patientName": "Jane Doe",
            "priority": "STANDARD",
            "packageSpecs": {
                "weight": 0.5,
                "fragile": true,
                "requiresSignature": true
            }
        }
    });
    api.event("application/json", &event)
}
// guide: end

// guide: case_joins
/// Another case of that clinic and day joins it.
pub fn case_joins(api: &Api) -> Answer {
    let event = json!({
        "version": "0",
        "id": "6a7e8feb-b491-4cf7-a9f1-bf3703467718",
        "detail-type": "CaseReadyToShip",
        "source": "cases.production",
        "account": "111122223333",
        "time": "2025-01-15T11:59:00Z",
        "region": "us-east-1",
        "resources": [],
        "detail": {
            "caseId": "CASE-1002",
            "clinicId": "CLI-001",
            "labId": "LAB001",
            "requestedDeliveryDate": "2025-01-20",
            "priority": "RUSH"
        }
    });
    api.event("application/json", &event)
}
// guide: end

// guide: batch
/// Many at once: one bad event never stops the others.
pub fn batch(api: &Api) -> Answer {
    let event = json!([
        {
            "source": "cases.production",
            "detailType": "CaseReadyToShip",
            "detail": {
                "caseId": "CASE-1003",
                "clinicId": "CLI-002",
                "labId": "LAB001",
                "requestedDeliveryDate": "2025-01-21"
            }
        },
        {
            "source": "cases.production",
            "detailType": "CaseReadyToShip",
            "detail": {
                "caseId": "CASE-1004",
                "clinicId": "CLI-002",
                "labId": "LAB001",
                "requestedDeliveryDate": "21.01.2025"
            }
        }
    ]);
    api.event("application/json", &event)
}
// guide: end

// guide: put_events
/// What an AWS client sends.
pub fn put_events(api: &Api) -> Answer {
    let event = json!({
        "Entries": [
            {
                "Source": "cases.production",
                "DetailType": "CaseOnHold",
                "Detail": "{\"caseId\":\"CASE-1003\",\"labId\":\"LAB001\"}"
            }
        ]
    });
    api.event("application/json", &event)
}
// guide: end

// guide: cloud_event
/// A CloudEvent.
pub fn cloud_event(api: &Api) -> Answer {
    let event = json!({
        "specversion": "1.0",
        "id": "A234-1234-1234",
        "source": "cases.production",
        "type": "CaseReadyToShip",
        "time": "2025-01-15T12:00:00Z",
        "data": {
            "caseId": "CASE-1005",
            "clinicId": "CLI-003",
            "labId": "LAB001",
            "requestedDeliveryDate": "2025-01-22"
        }
    });
    api.event("application/cloudevents+json", &event)
}
// guide: end

// guide: pickup_requested
/// A pickup, every week.
pub fn pickup_requested(api: &Api) -> Answer {
    let event = json!({
        "source": "crm.portal",
        "detailType": "PickupRequested",
        "detail": {
            "pickupId": "PU-501",
            "clinicId": "CLI-001",
            "labId": "LAB001",
            "requestedBy": {
                "userId": "user-7",
                "name": "Diane Martin",
                "phone": "555-0100"
            },
            "windowStart": "2025-01-20T09:00:00Z",
            "windowEnd": "2025-01-20T11:00:00Z",
            "packageCount": 2,
            "notes": "Ask at the front desk",
            "recurrence": {
                "frequency": "weekly",
                "count": 3
            }
        }
    });
    api.event("application/json", &event)
}
// guide: end

// guide: invoice_issued
/// An invoice of Finance.
pub fn invoice_issued(api: &Api) -> Answer {
    let event = json!({
        "source": "finance.billing",
        "detailType": "InvoiceIssued",
        "detail": {
            "invoiceId": "INV-9001",
            "labId": "LAB001",
            "clinicId": "CLI-004",
            "caseIds": [
                "CASE-2001"
            ],
            "amount": 480.0,
            "currency": "USD"
        }
    });
    api.event("application/json", &event)
}
// guide: end

// guide: delivery_completed
/// A delivery is completed: the invoice is billed.
pub fn delivery_completed(api: &Api) -> Answer {
    let event = json!({
        "source": "logistics.delivery",
        "detailType": "DeliveryCompleted",
        "detail": {
            "deliveryId": "DEL-77",
            "labId": "LAB001",
            "clinicId": "CLI-004",
            "caseIds": [
                "CASE-2001"
            ],
            "completedAt": "2025-01-15T11:30:00Z",
            "receivedBy": "Front desk",
            "proofOfDelivery": {
                "signatureUrl": "https://pod.example.com/s/77.png"
            }
        }
    });
    api.event("application/json", &event)
}
// guide: end

// guide: dentrix
/// A webhook of Dentrix.
pub fn dentrix(api: &Api) -> Answer {
    let body = json!({
        "externalId": "DX-54321",
        "practiceId": "CLI-001",
        "patientName": "Jane Doe",
        "preferredPickupTime": "2025-01-20T14:00:00Z",
        "priority": 1,
        "notes": "Please call upon arrival",
        "packageCount": 2,
        "contactName": "Dr. Johnson",
        "contactPhone": "555-1234"
    });
    api.webhook("dentrix", &body)
}
// guide: end

// guide: opendental
/// A webhook of Open Dental.
pub fn opendental(api: &Api) -> Answer {
    let body = json!({
        "LabCaseNum": 226,
        "ClinicNum": 3,
        "DateTimeScheduled": "2025-01-21 09:30:00",
        "PatName": "Brown, Alice",
        "Priority": "ASAP",
        "Note": "Upper impression + bite"
    });
    api.webhook("opendental", &body)
}
// guide: end

// guide: eaglesoft
/// A webhook of Eaglesoft.
pub fn eaglesoft(api: &Api) -> Answer {
    let body = json!({
        "caseId": "ES-1",
        "practiceId": "CLI-001",
        "scheduledPickup": "2025-01-20T09:00:00",
        "patientInfo": {
            "name": "Alice Brown"
        },
        "urgency": "routine",
        "comments": "Shade A2, call first"
    });
    api.webhook("eaglesoft", &body)
}
// guide: end

// guide: health
/// Which practice systems can post.
pub fn health(api: &Api) -> Answer {
    api.get("/webhooks/ehr/health")
}
// guide: end

// guide: metrics
/// What was counted.
pub fn metrics(api: &Api) -> Answer {
    api.get("/v1/integration/metrics")
}
// guide: end
