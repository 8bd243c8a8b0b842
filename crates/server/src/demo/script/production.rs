//! Production: cases that become ready, that move, that are taken back.

use std::collections::BTreeMap;

use jiff::civil::Date;
use serde_json::{Value, json};

use super::{Case, Deed, TODAY, Writer, tomorrow};
use crate::demo::events::{Event, Form};

const SOURCE: &str = "cases.production";
const READY: &str = "CaseReadyToShip";
const CANCELLED: &str = "CaseCancelled";
const PATIENTS: [&str; 8] = [
    "Jane Doe",
    "Alice Brown",
    "Omar Haddad",
    "Lena Fischer",
    "Tom Nguyen",
    "Maria Silva",
    "John Roe",
    "Ida Holm",
];
const ONE: [Form; 3] = [Form::Short, Form::Envelope, Form::Cloud];
const MANY: [Form; 3] = [Form::Array, Form::CloudBatch, Form::PutEvents];
/// Of how many events one is sent again by mistake.
const AGAIN: f64 = 0.15;

impl Writer<'_> {
    pub(super) fn production(&mut self, lab: usize) {
        self.morning = self.cases(lab, 0.9, 3, (3, 40));
        self.noon = self.cases(lab, 0.45, 2, (130, 230));
        self.afternoon = self.cases(lab, 0.3, 2, (290, 390));
        self.cases_of_tomorrow(lab);
        self.taken_back(lab);
        if lab == 0 {
            self.rush(lab);
            self.mistakes(lab);
        }
    }

    /// Cases of as many clinics as that probability makes, up to so many of each, between those minutes.
    fn cases(
        &mut self,
        lab: usize,
        probability: f64,
        most: i64,
        (from, to): (i64, i64),
    ) -> BTreeMap<String, Vec<String>> {
        let mut by_clinic = BTreeMap::new();
        for clinic in self.clinic_ids(lab) {
            if self.chance.happens(probability) {
                let count = self.chance.whole(1, most);
                let minute = self.chance.whole(from, to);
                let cases = self.ready(lab, minute, &clinic, count);
                by_clinic.insert(clinic, cases);
            }
        }
        by_clinic
    }

    /// Some of tomorrow's; one of them is ready earlier than was said, and one of today's later.
    fn cases_of_tomorrow(&mut self, lab: usize) {
        let clinics: Vec<String> = self.clinic_ids(lab).into_iter().step_by(4).collect();
        for (index, clinic) in clinics.iter().enumerate() {
            let case = self.case(clinic);
            let minute = self.chance.whole(60, 200);
            let event = self.event(lab, &case, clinic, tomorrow());
            self.send(
                lab,
                minute,
                "production",
                Form::Short,
                &[event],
                "processed",
            );
            if index == 0 {
                let moved = Event {
                    id: format!("{case}-earlier"),
                    ..self.event(lab, &case, clinic, TODAY)
                };
                self.send(lab, 280, "production", Form::Cloud, &[moved], "processed");
            }
        }
        let later = self.noon.iter().next();
        let later =
            later.and_then(|(clinic, cases)| Some((clinic.clone(), cases.first()?.clone())));
        if let Some((clinic, case)) = later {
            let moved = Event {
                id: format!("{case}-later"),
                ..self.event(lab, &case, &clinic, tomorrow())
            };
            self.send(
                lab,
                250,
                "production",
                Form::Envelope,
                &[moved],
                "processed",
            );
        }
    }

    /// One before its van leaves, one on hold, one before it was announced, one when it is on the road: that is refused.
    fn taken_back(&mut self, lab: usize) {
        let early = self.nth_of(1, false);
        let held = self.nth_of(2, true);
        let on_the_road = self.nth_of(4, false);
        for (case, name, minute, expected) in [
            (early, CANCELLED, 48, "processed"),
            (held, "CaseOnHold", 255, "processed"),
            (on_the_road, CANCELLED, 63, "case_already_shipped"),
        ] {
            let Some(case) = case else { continue };
            if expected == "processed" {
                self.facts.withdrawn.insert(case.clone());
            }
            let event = self.about(lab, name, &case);
            self.send(lab, minute, "production", Form::Short, &[event], expected);
        }
        let Some(clinic) = self.clinic_ids(lab).pop() else {
            return;
        };
        let case = self.case(&clinic);
        let cancelled = self.about(lab, CANCELLED, &case);
        let ready = self.event(lab, &case, &clinic, TODAY);
        self.send(
            lab,
            20,
            "production",
            Form::Short,
            std::slice::from_ref(&cancelled),
            "unknown_case",
        );
        self.send(lab, 25, "production", Form::Short, &[ready], "processed");
        self.send(
            lab,
            30,
            "production",
            Form::Short,
            &[cancelled],
            "processed",
        );
        self.facts.withdrawn.insert(case);
    }

    /// A case in the middle of the day that cannot wait.
    fn rush(&mut self, lab: usize) {
        let clinics = self.clinic_ids(lab);
        let Some(clinic) = self.chance.pick(&clinics).cloned() else {
            return;
        };
        let case = self.case(&clinic);
        let mut event = self.event(lab, &case, &clinic, TODAY);
        event.detail["priority"] = "RUSH".into();
        self.send(
            lab,
            200,
            "production",
            Form::Envelope,
            &[event],
            "processed",
        );
        self.add(lab, 203, Deed::PlanRush { lab });
        self.noon.entry(clinic).or_default().push(case);
    }

    /// An id used twice, a type that nobody knows, a batch with one that cannot be read.
    fn mistakes(&mut self, lab: usize) {
        let early = self.at(lab, 45);
        let first = self.deeds.iter().find_map(|(at, deed)| match deed {
            Deed::Events { form, events, .. } if *at < early && ONE.contains(form) => {
                events.first().filter(|event| event.name == READY).cloned()
            }
            _ => None,
        });
        if let Some(mut event) = first {
            event.detail["requestedDeliveryDate"] = "2026-06-19".into();
            self.send(lab, 50, "production", Form::Short, &[event], "id_reused");
        }
        let unknown = Event {
            source: SOURCE,
            name: "CaseGlazed",
            id: "prod-glazed".to_owned(),
            detail: json!({}),
        };
        self.send(
            lab,
            35,
            "production",
            Form::Envelope,
            &[unknown],
            "unknown_event_type",
        );
        let unreadable = Event {
            source: SOURCE,
            name: READY,
            id: "prod-unreadable".to_owned(),
            detail: json!({ "caseId": "C-0", "clinicId": "CLI-001", "labId": "LAB001", "requestedDeliveryDate": "9 June" }),
        };
        self.send(
            lab,
            36,
            "production",
            Form::Array,
            &[unreadable],
            "validation_failed",
        );
    }

    fn clinic_ids(&self, lab: usize) -> Vec<String> {
        let clinics = self.city.clinics_of(lab);
        clinics.map(|clinic| clinic.id.clone()).collect()
    }

    /// The first case of the lab's nth clinic that has any, of the morning or of noon.
    fn nth_of(&self, nth: usize, noon: bool) -> Option<String> {
        let of = if noon { &self.noon } else { &self.morning };
        of.iter()
            .nth(nth)
            .and_then(|(_, cases)| cases.first().cloned())
    }

    /// A new case.
    fn case(&mut self, clinic: &str) -> String {
        self.last_case += 1;
        let id = format!("C-{}", self.last_case);
        self.facts.cases.push(Case {
            id: id.clone(),
            clinic: clinic.to_owned(),
        });
        id
    }

    /// So many new cases for today, in one message or each in its own; perhaps sent twice. Their ids.
    fn ready(&mut self, lab: usize, minute: i64, clinic: &str, count: i64) -> Vec<String> {
        let cases: Vec<String> = (0..count).map(|_| self.case(clinic)).collect();
        let mut events = Vec::new();
        for case in &cases {
            events.push(self.event(lab, case, clinic, TODAY));
        }
        let forms = if count == 1 { ONE } else { MANY };
        let form = *self.chance.pick(&forms).unwrap_or(&Form::Array);
        let (new, old) = match form {
            Form::PutEvents => ("taken", "taken"),
            _ => ("processed", "duplicate"),
        };
        self.send(lab, minute, "production", form, &events, new);
        if self.chance.happens(AGAIN) {
            self.send(lab, minute + 2, "production", form, &events, old);
        }
        cases
    }

    fn event(&mut self, lab: usize, case: &str, clinic: &str, date: Date) -> Event {
        let patient = self.chance.pick(&PATIENTS).copied();
        let weight = self.chance.whole(1, 9);
        let detail = json!({
            "caseId": case, "clinicId": clinic, "labId": self.city.labs[lab].id, "requestedDeliveryDate": date.to_string(),
            "patientName": patient, "priority": "STANDARD",
            "packageSpecs": { "weight": Value::from(f64::from(i32::try_from(weight).unwrap_or(1)) / 10.0), "fragile": weight > 6 },
        });
        Event {
            source: SOURCE,
            name: READY,
            id: format!("prod-{case}"),
            detail,
        }
    }

    fn about(&self, lab: usize, name: &'static str, case: &str) -> Event {
        Event {
            source: SOURCE,
            name,
            id: format!("prod-{case}-{name}"),
            detail: json!({ "caseId": case, "labId": self.city.labs[lab].id }),
        }
    }
}
