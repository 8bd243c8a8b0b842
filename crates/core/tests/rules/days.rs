//! Days on which anything may happen: each happening is made an event when it is known what there is.

use jiff::ToSpan;
use pontic_core::answer::AnswerKind;
use pontic_core::delivery::{Case, Delivery};
use pontic_core::directory::Presence;
use pontic_core::event::*;
use pontic_core::id::{CaseId, DeliveryId, DriverId, InvoiceId, LabId, RouteId, StopId};
use pontic_core::pickup::{Pickup, Window};
use pontic_core::recurrence::Frequency;
use pontic_core::route::{Route, Stop};
use pontic_core::state::{DeliveryStatus, RouteStatus};
use proptest::prelude::*;

use crate::events::*;
use crate::harness::{Bench, at, day};

const LABS: [&str; 2] = ["L1", "L2"];
const CLINICS: [&str; 3] = ["A", "B", "C"];
/// From a Thursday over a weekend.
const DATES: [&str; 4] = ["2025-01-16", "2025-01-17", "2025-01-20", "2025-01-21"];

/// What happens; numbers choose among what there is.
#[derive(Debug, Clone)]
pub struct Happening {
    what: What,
    lab: usize,
    /// Chooses the record.
    pick: usize,
    /// Chooses clinic, date and the like.
    detail: usize,
    /// Chooses members of it, as bits.
    mask: u8,
    flag: bool,
}

#[derive(Debug, Clone, Copy)]
enum What {
    Ready,
    Cancel,
    Hold,
    Invoice,
    Complete,
    Foreign,
    Pickup,
    Series,
    PickupCancel,
    Move,
    End,
    Plan,
    Change,
    Start,
    Finish,
    Arrive,
    Done,
    Fail,
    Skip,
    Answer,
    Presence,
    MoveStop,
    Patch,
    Merge,
    Wait,
}

fn what() -> impl Strategy<Value = What> {
    use What as W;
    prop_oneof![
        10 => Just(W::Ready),
        1 => Just(W::Cancel),
        1 => Just(W::Hold),
        4 => Just(W::Invoice),
        4 => Just(W::Complete),
        1 => Just(W::Foreign),
        4 => Just(W::Pickup),
        2 => Just(W::Series),
        1 => Just(W::PickupCancel),
        2 => Just(W::Move),
        1 => Just(W::End),
        5 => Just(W::Plan),
        2 => Just(W::Change),
        4 => Just(W::Start),
        1 => Just(W::Finish),
        2 => Just(W::Arrive),
        8 => Just(W::Done),
        1 => Just(W::Fail),
        1 => Just(W::Skip),
        3 => Just(W::Answer),
        2 => Just(W::Presence),
        4 => Just(W::MoveStop),
        2 => Just(W::Patch),
        1 => Just(W::Merge),
        2 => Just(W::Wait),
    ]
}

/// A few dozen of them.
pub fn happenings() -> impl Strategy<Value = Vec<Happening>> {
    let one = (
        what(),
        0..8usize,
        0..16usize,
        0..16usize,
        any::<u8>(),
        any::<bool>(),
    );
    let one = one.prop_map(|(what, lab, pick, detail, mask, flag)| Happening {
        what,
        // Most of it in one lab, so that things meet.
        lab: usize::from(lab == 0),
        pick,
        detail,
        mask,
        flag,
    });
    prop::collection::vec(one, 10..90)
}

fn chosen<T>(mut all: Vec<T>, pick: usize) -> Option<T> {
    if all.is_empty() {
        return None;
    }
    let index = pick % all.len();
    Some(all.swap_remove(index))
}

impl Happening {
    /// Lets it happen, if it can; what is refused changes nothing.
    pub fn happen(&self, bench: &mut Bench) {
        if let What::Wait = self.what {
            let hours = i64::try_from(self.detail).unwrap_or(0) * 3;
            let then = bench.now.checked_add(hours.hours()).expect("in range");
            bench.wait_until(then);
        } else if let Some(body) = self.body(bench) {
            let _ = bench.try_send(body);
        }
    }

    fn body(&self, bench: &Bench) -> Option<Body> {
        match self.what {
            What::Ready | What::Cancel | What::Hold => Some(self.case()),
            What::Invoice | What::Foreign => Some(self.finance(bench)),
            What::Complete => self.complete(bench),
            What::Pickup | What::Series => Some(self.pickup()),
            What::PickupCancel => Some(self.pickup_cancel()),
            What::Move => self.moved(bench),
            What::End => self.ended(bench),
            What::Plan => self.plan(bench),
            What::Change => self.change(bench),
            What::Start | What::Finish => self.drive(bench),
            What::Arrive | What::Done | What::Fail | What::Skip => self.stop(bench),
            What::Answer => self.answer(bench),
            What::Presence => Some(self.presence(bench)),
            What::MoveStop => self.move_stop(bench),
            What::Patch => self.patch(bench),
            What::Merge => Some(self.merge()),
            What::Wait => None,
        }
    }

    fn lab_id(&self) -> LabId {
        LabId::known(LABS[self.lab])
    }

    fn clinic(&self) -> &'static str {
        CLINICS[self.detail % CLINICS.len()]
    }

    fn date(&self) -> &'static str {
        DATES[self.detail / 4 % DATES.len()]
    }

    fn case_name(number: usize) -> String {
        format!("C{}", number % 10)
    }

    /// Some of the ten cases.
    fn some_cases(&self) -> Vec<CaseId> {
        let bits = (0..8usize).filter(|bit| self.mask >> bit & 1 == 1);
        bits.map(|bit| CaseId::known(Self::case_name(bit + self.pick)))
            .collect()
    }

    fn own<E: pontic_core::record::Entity>(&self, bench: &Bench) -> Vec<E> {
        let mut all = bench.all::<E>();
        all.retain(|one| one.lab_id().as_str() == LABS[self.lab]);
        all
    }

    fn case(&self) -> Body {
        let name = Self::case_name(self.pick);
        let lab_id = self.lab_id();
        match self.what {
            What::Cancel => CaseCancelled {
                lab_id,
                ..cancelled(&name)
            }
            .into(),
            What::Hold => CaseOnHold {
                lab_id,
                ..on_hold(&name)
            }
            .into(),
            _ if self.flag => CaseReadyToShip {
                lab_id,
                ..rush(&name, self.clinic(), self.date())
            }
            .into(),
            _ => CaseReadyToShip {
                lab_id,
                ..heavy(&name, self.clinic(), self.date(), 0.2)
            }
            .into(),
        }
    }

    fn finance(&self, bench: &Bench) -> Body {
        let lab_id = self.lab_id();
        let clinic = self.clinic();
        let id = format!("X{}", self.pick % 3);
        if let What::Foreign = self.what {
            return DeliveryCompleted {
                lab_id: Some(lab_id),
                case_ids: Some(self.some_cases()),
                ..foreign(&id, clinic, &[])
            }
            .into();
        }
        let (clinic, case_ids) = self
            .billable(bench)
            .unwrap_or((clinic.into(), self.some_cases()));
        InvoiceIssued {
            lab_id,
            invoice_id: InvoiceId::known(format!("I{}", self.pick % 4)),
            case_ids,
            ..invoice("", &clinic, &[])
        }
        .into()
    }

    /// Some cases of one clinic.
    fn billable(&self, bench: &Bench) -> Option<(String, Vec<CaseId>)> {
        let cases = self.own::<Case>(bench);
        let clinic = chosen(cases.clone(), self.detail)?.clinic_id?;
        let own = cases
            .into_iter()
            .filter(|case| case.clinic_id.as_ref() == Some(&clinic));
        let some = own
            .enumerate()
            .filter(|(index, _)| self.mask >> (index % 8) & 1 == 1);
        Some((clinic.to_string(), some.map(|(_, case)| case.id).collect()))
    }

    fn complete(&self, bench: &Bench) -> Option<Body> {
        let mut deliveries = self.own::<Delivery>(bench);
        deliveries.retain(|one| self.mask == 0 || one.status != DeliveryStatus::Cancelled);
        let delivery = chosen(deliveries, self.pick)?;
        let mut cases: Vec<CaseId> = self
            .own::<Case>(bench)
            .into_iter()
            .filter(|case| case.delivery_id.as_ref() == Some(&delivery.id))
            .map(|case| case.id)
            .collect();
        cases.extend(delivery.handed_on.iter().cloned());
        let part = cases
            .into_iter()
            .enumerate()
            .filter(|(index, _)| self.mask >> (index % 8) & 1 == 1);
        let part: Vec<CaseId> = part.map(|(_, case)| case).collect();
        let event = DeliveryCompleted {
            lab_id: Some(self.lab_id()),
            completed_at: bench.now,
            case_ids: Some(part).filter(|_| self.flag),
            ..complete(&delivery.id)
        };
        Some(event.into())
    }

    fn window(&self) -> Window {
        let start = at("2025-01-16T08:00:00Z");
        let later = i64::try_from(self.detail).unwrap_or(0) * 5;
        let start = start.checked_add(later.hours()).expect("in range");
        let end = start.checked_add(2.hours()).expect("in range");
        Window { start, end }
    }

    fn pickup(&self) -> Body {
        let rule = [Frequency::Daily, Frequency::Weekly, Frequency::Biweekly][self.pick % 3];
        let rule = pontic_core::recurrence::Recurrence {
            count: Some(2 + u32::from(self.mask % 4)),
            skip_weekends: self.flag,
            ..every(rule)
        };
        let name = format!("P{}", self.pick % 3);
        PickupRequested {
            lab_id: self.lab_id(),
            window: self.window(),
            is_rush: self.flag,
            package_count: 1 + u32::from(self.mask % 2),
            recurrence: Some(rule).filter(|_| matches!(self.what, What::Series)),
            ..pickup(
                &name,
                CLINICS[self.pick % 2],
                "2025-01-16T08:00:00Z",
                "2025-01-16T08:00:00Z",
            )
        }
        .into()
    }

    fn pickup_cancel(&self) -> Body {
        let name = format!("P{}", self.pick % 3);
        PickupCancelled {
            lab_id: self.lab_id(),
            ..pickup_cancelled(&name, CLINICS[self.pick % 2])
        }
        .into()
    }

    fn moved(&self, bench: &Bench) -> Option<Body> {
        let pickup = chosen(self.own::<Pickup>(bench), self.pick)?;
        let event = PickupMoved {
            lab_id: self.lab_id(),
            id: pickup.id,
            window: Some(self.window()),
            package_count: Some(3),
            is_rush: Some(true).filter(|_| self.mask.is_multiple_of(2)),
            following: self.flag,
            expected: None,
        };
        Some(event.into())
    }

    fn ended(&self, bench: &Bench) -> Option<Body> {
        let pickup = chosen(self.own::<Pickup>(bench), self.pick)?;
        let event = PickupEnded {
            lab_id: self.lab_id(),
            ..ended(&pickup.id, self.flag)
        };
        Some(event.into())
    }

    /// Open work of the lab, a stop for each.
    fn stops_for_open_work(&self, bench: &Bench) -> Vec<StopPlan> {
        let wanted = |index: usize| self.mask >> (index % 8) & 1 == 1;
        let deliveries = self.own::<Delivery>(bench).into_iter();
        let deliveries = deliveries.filter(|delivery| delivery.status.is_open());
        let deliveries = deliveries.map(|one| stop_plan(one.clinic_id.as_str(), &[&one.id], &[]));
        let pickups = self.own::<Pickup>(bench).into_iter();
        let pickups = pickups
            .filter(|pickup| pickup.status.is_changeable())
            .take(4);
        let pickups = pickups.map(|one| stop_plan(one.clinic_id.as_str(), &[], &[&one.id]));
        let all = deliveries.chain(pickups).enumerate();
        all.filter(|(index, _)| wanted(*index))
            .map(|(_, plan)| plan)
            .collect()
    }

    fn plan(&self, bench: &Bench) -> Option<Body> {
        let stops = self.stops_for_open_work(bench);
        if stops.is_empty() {
            return None;
        }
        let event = RoutePlanned {
            lab_id: self.lab_id(),
            route_id: Some(RouteId::known(format!("R{}", self.pick))),
            driver_id: DriverId::known(format!("D{}", self.detail % 2)),
            date: day("2025-01-16"),
            stops,
        };
        Some(event.into())
    }

    fn change(&self, bench: &Bench) -> Option<Body> {
        let route = chosen(self.own::<Route>(bench), self.pick)?;
        let mut stops: Vec<StopId> = self
            .own::<Stop>(bench)
            .into_iter()
            .filter(|stop| stop.route_id == route.id)
            .map(|stop| stop.id)
            .collect();
        stops.reverse();
        let mut event = RouteChanged {
            lab_id: self.lab_id(),
            route_id: route.id,
            ..change("")
        };
        match self.detail % 5 {
            0 => event.driver_id = Some(DriverId::known(format!("D{}", self.pick % 2))),
            1 => event.order = stops,
            2 => event.remove = stops.into_iter().take(1).collect(),
            3 => event.cancel = self.flag,
            _ => event.add = self.stops_for_open_work(bench),
        }
        Some(event.into())
    }

    fn drive(&self, bench: &Bench) -> Option<Body> {
        let next = match self.what {
            What::Start => RouteStatus::Planned,
            _ => RouteStatus::Started,
        };
        let mut routes = self.own::<Route>(bench);
        routes.retain(|route| self.mask == 0 || route.status == next);
        let route = chosen(routes, self.pick)?;
        let (lab_id, route_id) = (self.lab_id(), route.id);
        Some(match self.what {
            What::Start => RouteStarted {
                lab_id,
                route_id,
                at: None,
            }
            .into(),
            _ => RouteFinished {
                lab_id,
                route_id,
                at: None,
                left: self
                    .some_cases()
                    .iter()
                    .filter(|_| self.flag)
                    .map(|id| pontic_core::route::Undone {
                        id: id.to_string(),
                        reason: "refused".to_owned(),
                    })
                    .collect(),
            }
            .into(),
        })
    }

    fn answer(&self, bench: &Bench) -> Option<Body> {
        let stop = chosen(self.own::<Stop>(bench), self.pick)?;
        let hours = i64::from(self.mask % 32) - 4;
        let event = ClinicAnswered {
            lab_id: self.lab_id(),
            stop_id: stop.id,
            kind: AnswerKind::ALL[self.detail % AnswerKind::ALL.len()],
            until: bench.now.checked_add(hours.hours()).ok(),
            count: Some(u32::from(self.mask)),
            withdrawn: self.flag,
        };
        Some(event.into())
    }

    fn presence(&self, bench: &Bench) -> Body {
        let until = bench.now.checked_add(i64::from(self.mask % 8).hours());
        DriverPresenceSet {
            lab_id: self.lab_id(),
            driver_id: DriverId::known(format!("D{}", self.detail % 2)),
            presence: Presence::ALL[self.pick % Presence::ALL.len()],
            paused_until: until.ok().filter(|_| self.flag),
            at: None,
        }
        .into()
    }

    fn stop(&self, bench: &Bench) -> Option<Body> {
        let mut stops = self.own::<Stop>(bench);
        let on_the_road = |stop: &Stop| {
            let route: Option<Route> = bench.find(LABS[self.lab], stop.route_id.as_str());
            route.is_some_and(|route| route.status == RouteStatus::Started)
        };
        stops.retain(|stop| self.mask < 16 || (stop.status.is_open() && on_the_road(stop)));
        let stop = chosen(stops, self.pick)?;
        let (lab_id, id) = (self.lab_id(), stop.id.clone());
        let redeliver_on = Some(day(self.date())).filter(|_| self.flag);
        Some(match self.what {
            What::Arrive => StopArrived {
                lab_id,
                ..arrive(&id)
            }
            .into(),
            What::Fail => StopFailed {
                lab_id,
                redeliver_on,
                ..stop_failed(&id, "closed")
            }
            .into(),
            What::Skip => StopSkipped {
                lab_id,
                ..stop_skipped(&id)
            }
            .into(),
            _ => {
                let undone = self.undone(bench, &stop);
                let undone: Vec<(&str, &str)> =
                    undone.iter().map(|id| (id.as_str(), "not there")).collect();
                StopCompleted {
                    lab_id,
                    redeliver_on,
                    ..stop_done(&id, &undone)
                }
                .into()
            }
        })
    }

    /// A stop goes to one of the lab's routes: mostly one that can be moved to one that takes it.
    fn move_stop(&self, bench: &Bench) -> Option<Body> {
        let mut stops = self.own::<Stop>(bench);
        stops.retain(|stop| self.mask < 16 || stop.status.is_open());
        let mut routes = self.own::<Route>(bench);
        routes.retain(|route| {
            let goes_on = matches!(route.status, RouteStatus::Planned | RouteStatus::Started);
            self.mask < 16 || goes_on
        });
        let event = StopMoved {
            lab_id: self.lab_id(),
            stop_id: chosen(stops, self.pick)?.id,
            route_id: chosen(routes, self.detail)?.id,
            position: u32::from(self.mask % 5),
            expected: None,
        };
        Some(event.into())
    }

    /// Some of the cases and pickups of a stop.
    fn undone(&self, bench: &Bench, stop: &Stop) -> Vec<String> {
        let at = |delivery: &DeliveryId| stop.delivery_ids.contains(delivery);
        let cases = self.own::<Case>(bench).into_iter();
        let cases = cases.filter(|case| case.delivery_id.as_ref().is_some_and(at));
        let all = cases.map(|case| case.id.to_string());
        let all = all
            .chain(stop.pickup_ids.iter().map(ToString::to_string))
            .enumerate();
        all.filter(|(index, _)| self.mask >> (index % 8) & 1 == 1)
            .map(|(_, id)| id)
            .collect()
    }

    fn patch(&self, bench: &Bench) -> Option<Body> {
        let delivery = chosen(self.own::<Delivery>(bench), self.pick)?;
        let event = DeliveryPatched {
            lab_id: self.lab_id(),
            date: Some(day(self.date())).filter(|_| !self.mask.is_multiple_of(4)),
            cancel: self.mask.is_multiple_of(4),
            ..patched(&delivery.id)
        };
        Some(event.into())
    }

    /// Clinic C becomes another: not often, for there is no way back.
    fn merge(&self) -> Body {
        ClinicMerged {
            lab_id: self.lab_id(),
            ..merged("C", CLINICS[self.pick % 2])
        }
        .into()
    }
}
