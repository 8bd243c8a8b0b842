//! A driver's day at one lab: three clinics with something to bring and to fetch, and a mark in everything that names a patient.

use serde_json::{Value, json};

use super::client::Client;
use super::road::north;
use super::server::{Server, Start};

/// When it begins: a Monday morning in Greenwich.
pub const DAY: &str = "2026-03-02T09:00:00Z";
/// Stands in every patient's name and in every note; nowhere else.
pub const CANARY: &str = "Qzxcanary";

/// The lab and its route `R`, planned.
pub struct Day {
    pub server: Server,
    pub desk: Client,
    pub driver: Client,
}

impl Day {
    /// Set up on a server of its own.
    pub fn new() -> Self {
        Self::on(Start::new().now(DAY).go())
    }

    /// Set up on that server.
    pub fn on(server: Server) -> Self {
        let admin = server.admin();
        let lab = json!({ "name": "Smith Dental Lab", "timeZone": "America/New_York", "phone": "+1 503 555 0199", "location": north(0.0) });
        admin.put("/v1/labs/L1", &lab).expect(201);
        admin
            .put(
                "/v1/drivers/D-1",
                &json!({ "labId": "L1", "name": "Drew Iver" }),
            )
            .expect(201);
        for (index, metres) in [3_000.0, 9_000.0, 15_000.0].into_iter().enumerate() {
            let clinic = json!({
                "labId": "L1", "name": format!("Clinic {}", index + 1), "address": "1 Main Street", "location": north(metres),
                "contact": { "name": "Ann Ace", "phone": "+1 503 555 0100" },
                "access": { "note": "Gate code 4711", "lockBox": index == 0, "receivers": ["Ann Ace", "Bob Bee"] },
            });
            admin
                .put(&format!("/v1/clinics/C{}", index + 1), &clinic)
                .expect(201);
        }
        let mut stops = Vec::new();
        for clinic in ["C1", "C2", "C3"] {
            let mut delivery = Value::Null;
            for case in ["A", "B"] {
                let detail = json!({
                    "caseId": format!("{clinic}-{case}"), "clinicId": clinic, "labId": "L1", "requestedDeliveryDate": "2026-03-02",
                    "patientName": format!("{CANARY} {case}"), "packageSpecs": { "weight": 0.5, "fragile": case == "A" },
                });
                let made = admin.event("CaseReadyToShip", &detail).result();
                delivery = made["deliveryId"].clone();
            }
            let pickup = json!({
                "pickupId": format!("P-{clinic}"), "clinicId": clinic, "labId": "L1", "packageCount": 3, "notes": format!("for {CANARY}"),
                "windowStart": "2026-03-02T10:00:00Z", "windowEnd": "2026-03-02T12:00:00Z",
                "requestedBy": { "userId": "u", "name": CANARY }, "metadata": { "patientName": CANARY },
            });
            let pickup = admin.event("PickupRequested", &pickup).result()["id"].clone();
            stops.push(json!({
                "id": format!("S-{clinic}"), "clinicId": clinic, "deliveryIds": [delivery], "pickupIds": [pickup],
            }));
        }
        let plan = json!({ "id": "R", "labId": "L1", "driverId": "D-1", "date": "2026-03-02", "stops": stops });
        admin.post("/v1/routes", &plan).expect(201);
        Self {
            desk: server.role("dispatcher", "L1"),
            driver: server.role("driver", "L1"),
            server,
        }
    }

    /// Something that the driver does.
    #[track_caller]
    pub fn tap(&self, path: &str, body: &Value) -> Value {
        self.driver.post(path, body).expect(200)
    }

    /// The driver leaves the lab.
    pub fn start(&self) {
        self.tap("/v1/routes/R/start", &json!({}));
    }

    /// The path of a clinic's page.
    pub fn link(&self, stop: &str) -> String {
        let shown = self.desk.get(&format!("/v1/stops/{stop}")).expect(200);
        shown["trackLink"].as_str().expect("a link").to_owned()
    }

    /// What the page of that link is told.
    #[track_caller]
    pub fn state(&self, link: &str) -> Value {
        self.server
            .nobody()
            .get(&format!("{link}/state"))
            .expect(200)
    }

    /// What the server's clock shows.
    pub fn now(&self) -> String {
        let shown = self.driver.get("/v1/drive").expect(200);
        shown["serverTime"].as_str().expect("a time").to_owned()
    }

    /// A position of the driver, so many metres north.
    pub fn position(&self, at: &str, metres: f64) {
        let fix =
            json!({ "coordinates": north(metres), "timestamp": at, "speed": 40, "heading": 0 });
        self.driver
            .post("/v1/drivers/D-1/positions", &fix)
            .expect(200);
    }
}
