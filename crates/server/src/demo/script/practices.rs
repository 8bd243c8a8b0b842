//! Practices: signed webhooks of three systems, on their lab's own endpoints and on the default ones.

use jiff::Timestamp;
use jiff::tz::TimeZone;
use pontic_core::time;
use serde_json::{Value, json};

use super::{Deed, Webhook, Writer};
use crate::demo::city::Clinic;

const PATIENTS: [&str; 4] = ["Brown, Alice", "Meyer, Paul", "Ortiz, Ana", "Kim, Sora"];
/// A practice's number that its endpoint does not know yet.
const UNKNOWN: i64 = 990;
const TAKEN: &str = "taken";

impl Writer<'_> {
    pub(super) fn practices(&mut self, lab: usize) {
        let city = self.city;
        let clinics: Vec<&Clinic> = city.clinics_of(lab).collect();
        for clinic in &clinics {
            if !self.chance.happens(0.7) {
                continue;
            }
            let drawn = self.chance.between(0.0, 1.0);
            let (minute, wanted) = if drawn < 0.5 {
                (self.chance.whole(3, 50), self.chance.whole(130, 220))
            } else if drawn < 0.75 {
                (self.chance.whole(70, 240), self.chance.whole(320, 380))
            } else {
                (self.chance.whole(200, 390), self.chance.whole(410, 470))
            };
            let body = self.body(lab, clinic, clinic.number, wanted);
            let again = self.chance.happens(0.2);
            self.webhook(lab, minute, clinic.system, body, again);
        }
        self.troubles(lab, &clinics);
        if lab == 0 {
            self.default_endpoints(lab, &clinics);
        }
    }

    fn webhook(&mut self, lab: usize, minute: i64, system: &'static str, body: Value, again: bool) {
        self.facts.pickups += 1;
        let webhook = Webhook {
            lab,
            system,
            own_endpoint: true,
            body,
            forged: false,
            expected: TAKEN,
        };
        if again {
            let again = Webhook {
                expected: "duplicate",
                ..webhook.clone()
            };
            self.add(lab, minute + 2, Deed::Webhook(again));
        }
        self.add(lab, minute, Deed::Webhook(webhook));
    }

    /// Forged, without a time, of a practice that nobody knows.
    fn troubles(&mut self, lab: usize, clinics: &[&Clinic]) {
        let of = |system: &str| clinics.iter().find(|clinic| clinic.system == system);
        let send = |system, body, forged, expected| {
            Deed::Webhook(Webhook {
                lab,
                system,
                own_endpoint: true,
                body,
                forged,
                expected,
            })
        };
        if let Some(clinic) = of("dentrix") {
            let body = self.body(lab, clinic, clinic.number, 180);
            self.add(lab, 11, send("dentrix", body.clone(), true, "unauthorized"));
            self.add(lab, 12, send("dentrix", body, true, "unauthorized"));
        }
        if let Some(clinic) = of("eaglesoft") {
            let mut body = self.body(lab, clinic, clinic.number, 180);
            if let Some(body) = body.as_object_mut() {
                body.remove("scheduledPickup");
            }
            self.add(lab, 15, send("eaglesoft", body, false, "validation_failed"));
        }
        if let Some(clinic) = of("opendental") {
            let body = self.body(lab, clinic, UNKNOWN, 200);
            self.add(lab, 10, send("opendental", body, false, "forbidden"));
            self.facts.pickups += 1;
            let learn = Deed::Learn {
                lab,
                system: "opendental",
                theirs: UNKNOWN.to_string(),
                ours: clinic.id.clone(),
            };
            self.add(lab, 40, learn);
        }
    }

    /// Practices that were never set up write to the default endpoints, and name their clinics as we do.
    fn default_endpoints(&mut self, lab: usize, clinics: &[&Clinic]) {
        for (system, minute) in [("dentrix", 18), ("eaglesoft", 22)] {
            let Some(clinic) = clinics.iter().rev().find(|clinic| clinic.system == system) else {
                continue;
            };
            let mut body = self.body(lab, clinic, clinic.number, 160);
            body["practiceId"] = clinic.id.as_str().into();
            self.facts.pickups += 1;
            let webhook = Webhook {
                lab,
                system,
                own_endpoint: false,
                body,
                forged: false,
                expected: TAKEN,
            };
            self.add(lab, minute, Deed::Webhook(webhook));
        }
    }

    /// As the clinic's system writes it; the pickup is wanted so many minutes after eight o'clock at the lab.
    fn body(&mut self, lab: usize, clinic: &Clinic, number: i64, wanted_min: i64) -> Value {
        self.last_pickup += 1;
        let id = self.last_pickup;
        let at = self.at(lab, wanted_min);
        let is_urgent = self.chance.happens(0.12);
        let patient = self.chance.pick(&PATIENTS).copied();
        let packages = self.chance.whole(1, 3);
        match clinic.system {
            "dentrix" => json!({
                "externalId": format!("DX-{id}"), "practiceId": format!("PRAC-{number}"), "patientName": patient,
                "preferredPickupTime": time::format(at), "priority": if is_urgent { 2 } else { 0 }, "packageCount": packages,
            }),
            "opendental" => json!({
                "LabCaseNum": id, "ClinicNum": number, "PatName": patient, "DateTimeScheduled": on_the_wall(at, clinic, ' '),
                "Priority": if is_urgent { "ASAP" } else { "Normal" }, "PackageCount": packages,
            }),
            _ => json!({
                "caseId": format!("ES-{id}"), "practiceId": format!("EG-{number}"), "patientInfo": { "name": patient },
                "scheduledPickup": on_the_wall(at, clinic, 'T'), "urgency": if is_urgent { "urgent" } else { "routine" },
                "packageCount": packages, "comments": "ring at the side door",
            }),
        }
    }
}

/// What the clinic's clock shows.
fn on_the_wall(at: Timestamp, clinic: &Clinic, between: char) -> String {
    let zone = TimeZone::get(clinic.zone).unwrap_or(TimeZone::UTC);
    let local = zone.to_datetime(at);
    format!("{}{between}{}", local.date(), local.time())
}

/// A practice's name for itself in its system.
pub fn practice(clinic: &Clinic) -> String {
    match clinic.system {
        "dentrix" => format!("PRAC-{}", clinic.number),
        "opendental" => clinic.number.to_string(),
        _ => format!("EG-{}", clinic.number),
    }
}
