//! The customers' portal: pickups, once and every week, moved and called off.

use pontic_core::time;
use serde_json::{Value, json};

use super::{Deed, Writer};
use crate::demo::events::{Event, Form};

const SOURCE: &str = "crm.portal";
/// A pickup's window, in minutes.
const WINDOW_MIN: i64 = 120;

impl Writer<'_> {
    pub(super) fn portal(&mut self, lab: usize) {
        let clinics: Vec<String> = self
            .city
            .clinics_of(lab)
            .map(|clinic| clinic.id.clone())
            .collect();
        for (index, clinic) in clinics.iter().skip(1).step_by(3).enumerate() {
            let minute = self.chance.whole(5, 38);
            // The first ones in the morning, the others after noon.
            let from = if index < 4 {
                self.chance.whole(90, 170)
            } else {
                self.chance.whole(330, 400)
            };
            let mut event = self.pickup(lab, clinic, from);
            match index {
                0 => event.detail["recurrence"] = json!({ "frequency": "weekly", "count": 4 }),
                1 => self.move_it(lab, &event),
                2 => self.call_off_early(lab, &event),
                5 => {
                    let cancelled = Self::cancelled(&event);
                    self.send(lab, 100, "portal", Form::Cloud, &[cancelled], "processed");
                }
                _ => {}
            }
            if index == 2 {
                continue;
            }
            self.send(
                lab,
                minute,
                "portal",
                Form::Short,
                std::slice::from_ref(&event),
                "processed",
            );
            if index == 3 {
                self.send(
                    lab,
                    minute + 1,
                    "portal",
                    Form::Envelope,
                    &[event],
                    "duplicate",
                );
            }
        }
    }

    fn pickup(&mut self, lab: usize, clinic: &str, from_min: i64) -> Event {
        self.last_pickup += 1;
        self.facts.pickups += 1;
        let id = format!("PU-{}", self.last_pickup);
        let window =
            [from_min, from_min + WINDOW_MIN].map(|minute| time::format(self.at(lab, minute)));
        let detail = json!({
            "pickupId": id, "clinicId": clinic, "labId": self.city.labs[lab].id, "windowStart": window[0], "windowEnd": window[1],
            "packageCount": self.chance.whole(1, 3), "requestedBy": { "userId": format!("user-{clinic}"), "name": "Front desk" },
            "recurrence": Value::Null,
        });
        Event {
            source: SOURCE,
            name: "PickupRequested",
            id: format!("portal-{id}"),
            detail,
        }
    }

    fn cancelled(requested: &Event) -> Event {
        let detail = json!({
            "pickupId": requested.detail["pickupId"], "clinicId": requested.detail["clinicId"], "labId": requested.detail["labId"],
        });
        Event {
            source: SOURCE,
            name: "PickupCancelled",
            id: format!("{}-cancelled", requested.id),
            detail,
        }
    }

    /// The clinic rings: not in the morning, after noon.
    fn move_it(&mut self, lab: usize, requested: &Event) {
        let window = (self.at(lab, 350), self.at(lab, 350 + WINDOW_MIN));
        let pickup = requested.detail["pickupId"]
            .as_str()
            .unwrap_or_default()
            .to_owned();
        self.add(
            lab,
            45,
            Deed::MovePickup {
                lab,
                pickup,
                window,
            },
        );
    }

    /// The portal's messages overtake each other: that it was called off comes before that it was asked for.
    fn call_off_early(&mut self, lab: usize, requested: &Event) {
        let cancelled = Self::cancelled(requested);
        self.send(
            lab,
            12,
            "portal",
            Form::Short,
            std::slice::from_ref(&cancelled),
            "unknown_pickup",
        );
        self.send(
            lab,
            13,
            "portal",
            Form::Short,
            std::slice::from_ref(requested),
            "processed",
        );
        self.send(lab, 14, "portal", Form::Short, &[cancelled], "processed");
    }
}
