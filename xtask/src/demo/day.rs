//! The script of the demo: one day of a lab, with what goes wrong on a usual one.

use anyhow::{Context, Result};
use serde_json::{Value, json};

use super::report::Sent;
use super::server::Server;
use crate::clock;

/// The lab of the practice systems' default endpoints.
const LAB: &str = "LAB001";
const ROUTE: &str = "RUN-1";

/// Sends everything, in order; what was answered, in the same order.
pub fn send(server: &Server) -> Result<Vec<Sent>> {
    let mut day = Day {
        server,
        now_s: clock::now_s(),
        sent: Vec::new(),
    };
    let deliveries = day.production()?;
    day.faults()?;
    let pickup = day.portal()?;
    day.practices()?;
    day.finance()?;
    day.road(&deliveries, &pickup)?;
    day.afterwards()?;
    Ok(day.sent)
}

struct Day<'a> {
    server: &'a Server,
    now_s: u64,
    sent: Vec<Sent>,
}

impl Day<'_> {
    fn event(
        &mut self,
        from: &'static str,
        what: &'static str,
        expected: u64,
        event: &Value,
    ) -> Result<Value> {
        let answer = self.server.send_event(event).context(what)?;
        let body = answer.body.clone();
        self.sent.push(Sent {
            from,
            what,
            expected,
            answer,
        });
        Ok(body)
    }

    fn webhook(
        &mut self,
        system: &'static str,
        what: &'static str,
        expected: u64,
        signer: &str,
        body: &Value,
    ) -> Result<()> {
        let answer = self
            .server
            .send_webhook(system, signer, body)
            .context(what)?;
        self.sent.push(Sent {
            from: system,
            what,
            expected,
            answer,
        });
        Ok(())
    }

    fn ask(
        &mut self,
        from: &'static str,
        what: &'static str,
        expected: u64,
        request: (&str, &str),
        body: &Value,
    ) -> Result<()> {
        let answer = self.server.ask(request.0, request.1, body).context(what)?;
        self.sent.push(Sent {
            from,
            what,
            expected,
            answer,
        });
        Ok(())
    }

    fn date(&self, days: u64) -> String {
        clock::date(clock::at(self.now_s, days, 0))
    }

    /// Cases of three clinics become three deliveries; their ids.
    fn production(&mut self) -> Result<Vec<String>> {
        let (today, tomorrow) = (self.date(0), self.date(1));
        let from = "production";
        let mut ids = Vec::new();
        let first = self.event(
            from,
            "a crown for Harbor",
            200,
            &case("CASE-101", "HARBOR", &today, "STANDARD"),
        )?;
        ids.push(delivery_id(&first)?);
        self.event(
            from,
            "a bridge for Harbor joins it",
            200,
            &case("CASE-102", "HARBOR", &today, "STANDARD"),
        )?;
        let elm = self.event(
            from,
            "a night guard for Elm Street",
            200,
            &case("CASE-201", "ELM", &today, "STANDARD"),
        )?;
        ids.push(delivery_id(&elm)?);
        self.event(
            from,
            "a RUSH case for Elm Street",
            200,
            &case("CASE-202", "ELM", &today, "RUSH"),
        )?;
        self.event(
            from,
            "an implant for Lakeside, tomorrow",
            200,
            &case("CASE-301", "LAKESIDE", &tomorrow, "STANDARD"),
        )?;
        let moved = self.event(
            from,
            "the implant is ready today: moved",
            200,
            &case("CASE-301", "LAKESIDE", &today, "STANDARD"),
        )?;
        ids.push(delivery_id(&moved)?);
        Ok(ids)
    }

    /// The same again, unreadable, unknown, and a batch with one bad event.
    fn faults(&mut self) -> Result<()> {
        let today = self.date(0);
        let from = "production";
        self.event(
            from,
            "the first crown again: a duplicate",
            200,
            &case("CASE-101", "HARBOR", &today, "STANDARD"),
        )?;
        self.event(from, "the same id with another day", 409, &{
            let mut other = case("CASE-101", "HARBOR", &today, "STANDARD");
            other["detail"]["requestedDeliveryDate"] = self.date(3).into();
            other
        })?;
        self.event(
            from,
            "a case without clinic and with a false date",
            422,
            &json!({
                "source": "cases.production", "detailType": "CaseReadyToShip",
                "detail": { "caseId": "CASE-900", "labId": LAB, "requestedDeliveryDate": "31/12" }
            }),
        )?;
        self.event(
            from,
            "an event that nobody knows",
            422,
            &json!({
                "source": "cases.production", "detailType": "CaseGlazed", "detail": {}
            }),
        )?;
        self.event(
            from,
            "a batch of three, one of them bad",
            200,
            &json!([
                case("CASE-103", "HARBOR", &today, "STANDARD"),
                { "source": "cases.production", "detailType": "CaseReadyToShip", "detail": {} },
                case("CASE-302", "LAKESIDE", &today, "STANDARD")
            ]),
        )?;
        Ok(())
    }

    /// A pickup of today, which goes on the road, and a weekly one.
    fn portal(&mut self) -> Result<String> {
        let from = "portal";
        let soon = clock::time(self.now_s + 3600);
        let later = clock::time(self.now_s + 3 * 3600);
        let asked = self.event(
            from,
            "Harbor asks for a pickup today",
            200,
            &pickup("PU-1", "HARBOR", (&soon, &later), &Value::Null),
        )?;
        let nine = clock::at(self.now_s, 1, 9);
        let (start, end) = (clock::time(nine), clock::time(nine + 2 * 3600));
        let weekly = json!({ "frequency": "weekly", "count": 8 });
        self.event(
            from,
            "Lakeside wants one every week, eight times",
            200,
            &pickup("PU-2", "LAKESIDE", (&start, &end), &weekly),
        )?;
        let id = asked["result"]["id"].as_str();
        Ok(id.context("the pickup got no id")?.to_owned())
    }

    /// A signed webhook of each practice system, one of them twice, one with a false signature, one unreadable.
    fn practices(&mut self) -> Result<()> {
        let time = clock::at(self.now_s, 2, 15);
        let utc = clock::time(time);
        let local = utc.trim_end_matches('Z').replace('T', " ");
        let dentrix = json!({
            "externalId": "DX-54321", "practiceId": "HARBOR", "patientName": "Jane Doe",
            "preferredPickupTime": utc, "priority": 1, "notes": "Please call upon arrival", "packageCount": 2
        });
        self.webhook(
            "dentrix",
            "a pickup, high priority",
            200,
            "dentrix",
            &dentrix,
        )?;
        self.webhook(
            "dentrix",
            "the same webhook again",
            200,
            "dentrix",
            &dentrix,
        )?;
        self.webhook("dentrix", "a false signature", 401, "eaglesoft", &dentrix)?;
        self.webhook(
            "dentrix",
            "a pickup without time",
            400,
            "dentrix",
            &json!({ "externalId": "DX-2", "practiceId": "HARBOR" }),
        )?;
        self.webhook("opendental", "a lab case", 200, "opendental", &json!({
            "LabCaseNum": 226, "ClinicNum": 3, "DateTimeScheduled": local, "PatName": "John Roe", "Priority": "Normal"
        }))?;
        self.webhook("eaglesoft", "an urgent case", 200, "eaglesoft", &json!({
            "caseId": "ES-77", "practiceId": "ELM", "scheduledPickup": local, "urgency": "urgent",
            "patientInfo": { "name": "Ann Poe" }
        }))
    }

    /// Invoices that come before the deliveries.
    fn finance(&mut self) -> Result<()> {
        let from = "finance";
        for (id, what, cases) in [
            (
                "INV-1",
                "the invoice of Harbor's three cases",
                &["CASE-101", "CASE-102", "CASE-103"][..],
            ),
            (
                "INV-2",
                "the invoice of Elm Street's two cases",
                &["CASE-201", "CASE-202"][..],
            ),
        ] {
            self.event(from, what, 200, &json!({
                "source": "finance.billing", "detailType": "InvoiceIssued", "id": id,
                "detail": { "invoiceId": id, "labId": LAB, "clinicId": if id == "INV-1" { "HARBOR" } else { "ELM" }, "caseIds": cases }
            }))?;
        }
        Ok(())
    }

    /// A route with three stops: one done, one in part, one failed.
    fn road(&mut self, deliveries: &[String], pickup: &str) -> Result<()> {
        let [harbor, elm, lakeside] = deliveries else {
            anyhow::bail!("three deliveries are planned");
        };
        self.ask("dispatcher", "plans a route of three stops", 201, ("POST", "/v1/routes"), &json!({
            "id": ROUTE, "labId": LAB, "driverId": "DRV-1", "date": self.date(0),
            "stops": [
                { "id": "RUN-1.1", "clinicId": "HARBOR", "deliveryIds": [harbor], "pickupIds": [pickup] },
                { "id": "RUN-1.2", "clinicId": "ELM", "deliveryIds": [elm] },
                { "id": "RUN-1.3", "clinicId": "LAKESIDE", "deliveryIds": [lakeside] }
            ]
        }))?;
        let nothing = json!({});
        let from = "driver";
        self.ask(
            from,
            "starts",
            200,
            ("POST", "/v1/routes/RUN-1/start"),
            &nothing,
        )?;
        self.event(
            "production",
            "too late: Harbor's crown is on the road",
            409,
            &{
                let mut late = case("CASE-101", "HARBOR", &self.date(4), "STANDARD");
                late["id"] = "late-CASE-101".into();
                late
            },
        )?;
        self.ask(
            from,
            "arrives at Harbor",
            200,
            ("POST", "/v1/stops/RUN-1.1/arrive"),
            &nothing,
        )?;
        self.ask(
            from,
            "hands over, and takes the pickup along",
            200,
            ("POST", "/v1/stops/RUN-1.1/complete"),
            &json!({ "receivedBy": "Front desk" }),
        )?;
        self.ask(
            from,
            "arrives at Elm Street",
            200,
            ("POST", "/v1/stops/RUN-1.2/arrive"),
            &nothing,
        )?;
        self.ask(
            from,
            "hands over all but a damaged case",
            200,
            ("POST", "/v1/stops/RUN-1.2/complete"),
            &json!({
                "cases": [{ "caseId": "CASE-201", "reason": "damaged" }]
            }),
        )?;
        self.ask(
            from,
            "finds Lakeside closed",
            200,
            ("POST", "/v1/stops/RUN-1.3/fail"),
            &json!({ "reason": "closed" }),
        )?;
        self.ask(
            from,
            "is back at the lab",
            200,
            ("POST", "/v1/routes/RUN-1/finish"),
            &nothing,
        )
    }

    /// What another courier delivered, before its invoice comes.
    fn afterwards(&mut self) -> Result<()> {
        self.event(
            "courier",
            "another system delivered a case",
            200,
            &json!({
                "source": "logistics.delivery", "detailType": "DeliveryCompleted", "id": "ext-1",
                "detail": {
                    "deliveryId": "EXT-1", "completedAt": clock::time(self.now_s), "labId": LAB,
                    "clinicId": "HARBOR", "caseIds": ["CASE-801"], "receivedBy": "Front desk"
                }
            }),
        )?;
        self.event("finance", "its invoice comes: billed at once", 200, &json!({
            "source": "finance.billing", "detailType": "InvoiceIssued", "id": "INV-3",
            "detail": { "invoiceId": "INV-3", "labId": LAB, "clinicId": "HARBOR", "caseIds": ["CASE-801"] }
        }))?;
        Ok(())
    }
}

fn case(id: &str, clinic: &str, date: &str, priority: &str) -> Value {
    json!({
        "source": "cases.production", "detailType": "CaseReadyToShip", "id": format!("{id}@{date}"),
        "detail": {
            "caseId": id, "clinicId": clinic, "labId": LAB, "requestedDeliveryDate": date, "priority": priority,
            "patientName": "Jane Doe", "packageSpecs": { "weight": 0.4, "fragile": true }
        }
    })
}

fn pickup(id: &str, clinic: &str, window: (&str, &str), recurrence: &Value) -> Value {
    json!({
        "source": "crm.portal", "detailType": "PickupRequested", "id": id,
        "detail": {
            "pickupId": id, "clinicId": clinic, "labId": LAB, "windowStart": window.0, "windowEnd": window.1,
            "recurrence": recurrence
        }
    })
}

fn delivery_id(answer: &Value) -> Result<String> {
    let id = answer["result"]["deliveryId"].as_str();
    Ok(id.context("the case got no delivery")?.to_owned())
}
