//! Finance: invoices before, with and after what they are for, and none at all; and half an hour without finance.

use serde_json::{Value, json};

use super::{Deed, Writer};
use crate::demo::events::{Event, Form};

impl Writer<'_> {
    pub(super) fn finance(&mut self, lab: usize) {
        let morning = std::mem::take(&mut self.morning);
        for (index, (clinic, cases)) in morning.into_iter().enumerate() {
            let drawn = self.chance.between(0.0, 1.0);
            let minute = match index {
                // Before anybody has heard of the cases.
                0 | 5 => Some(1),
                _ if drawn < 0.7 => Some(57),
                // Long after they were handed over.
                _ if drawn < 0.87 => Some(300),
                _ => None,
            };
            if let Some(minute) = minute {
                self.invoice(lab, minute, &clinic, &cases);
            }
        }
        let noon = std::mem::take(&mut self.noon);
        let afternoon = std::mem::take(&mut self.afternoon);
        for (minute, of) in [(320, noon), (412, afternoon)] {
            for (clinic, cases) in of {
                if self.chance.happens(0.6) {
                    self.invoice(lab, minute, &clinic, &cases);
                }
            }
        }
        if lab == 0 {
            self.add(lab, 150, Deed::FinanceDown(true));
            self.add(lab, 180, Deed::FinanceDown(false));
        }
    }

    fn invoice(&mut self, lab: usize, minute: i64, clinic: &str, cases: &[String]) {
        // What is taken back is not invoiced.
        let cases: Vec<String> = cases
            .iter()
            .filter(|case| !self.facts.withdrawn.contains(*case))
            .cloned()
            .collect();
        let Some(first) = cases.first() else { return };
        let id = format!("INV-{}", first.trim_start_matches("C-"));
        let mut body = json!({
            "labId": self.city.labs[lab].id, "clinicId": clinic, "caseIds": cases,
            "amount": self.chance.whole(120, 900), "currency": "USD",
        });
        self.facts.invoices.insert(id.clone(), cases);
        let holder = self.holder("finance", lab);
        if self.chance.happens(0.3) {
            return self.add(lab, minute, Deed::Invoice { holder, id, body });
        }
        body["invoiceId"] = Value::from(id.as_str());
        let event = Event {
            source: "finance.billing",
            name: "InvoiceIssued",
            id,
            detail: body,
        };
        self.send(lab, minute, "finance", Form::Short, &[event], "processed");
    }
}
