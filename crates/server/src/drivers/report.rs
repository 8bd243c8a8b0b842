//! What was observed goes through the event door, in order, and is tried until it is on disk.

use std::sync::{Arc, Weak};
use std::time::Duration;

use jiff::Timestamp;
use pontic_core::event::{
    ArrivalNoticed, Body, Event, Origin, Sighting, SightingCorrected, StopSighted,
};
use pontic_core::id::{LabId, StopId};
use pontic_core::route::Sight;
use pontic_core::tracking::{Notice, Plan, Seen};
use tokio::sync::{mpsc, oneshot};

use super::{Drivers, SOURCE};
use crate::door::{Draft, Outcome};

/// Most events of one submission.
const MOST: usize = 500;
/// The store cannot write: how long until the next try.
const PAUSE: Duration = Duration::from_millis(200);

/// Something for the door.
pub enum Report {
    /// An event.
    Event(Draft),
    /// Answered when all that was reported before is on disk.
    Flushed(oneshot::Sender<()>),
}

/// An event of the tracker. Its id says what was observed, so that whoever observes it again changes nothing.
pub fn observed(body: Body, lab: &LabId, id: String) -> Draft {
    let origin = Origin {
        scope: Some(lab.clone()),
        driver: None,
        source: SOURCE.to_owned(),
        id: Some(id),
        time: None,
        actor: SOURCE.to_owned(),
        redriven: None,
    };
    Draft::Event(Arc::new(Event { origin, body }))
}

/// A sighting as an event.
pub fn sighting(plan: &Plan, stop: &StopId, what: Sighting, at: Timestamp) -> Draft {
    let id = format!("{}/{stop}/{what}/{}", plan.route_id, at.as_millisecond());
    let body = StopSighted {
        lab_id: plan.lab_id.clone(),
        route_id: plan.route_id.clone(),
        stop_id: stop.clone(),
        driver_id: plan.driver_id.clone(),
        what,
        at,
    };
    observed(body.into(), &plan.lab_id, id)
}

/// The `number`th correction of what was told of a stop.
pub fn correction(
    plan: &Plan,
    stop: &StopId,
    number: u32,
    was: Sight,
    now: Option<Sight>,
) -> Draft {
    let body = SightingCorrected {
        lab_id: plan.lab_id.clone(),
        route_id: plan.route_id.clone(),
        stop_id: stop.clone(),
        driver_id: plan.driver_id.clone(),
        was: was.what,
        was_at: was.at,
        now: now.map(|now| now.what),
        at: now.unwrap_or(was).at,
    };
    let id = format!("{}/{stop}/corrected/{number}", plan.route_id);
    observed(body.into(), &plan.lab_id, id)
}

impl Drivers {
    /// Hands in what was seen.
    pub(super) fn report_seen(&self, plan: &Plan, seen: &Seen) {
        let stop = &plan.stops[seen.stop].id;
        self.report(sighting(plan, stop, seen.what, seen.at));
    }

    /// Hands in that a clinic is to be told.
    pub(super) fn report_notice(&self, plan: &Plan, notice: &Notice) {
        let stop = &plan.stops[notice.stop];
        let body = ArrivalNoticed {
            lab_id: plan.lab_id.clone(),
            route_id: plan.route_id.clone(),
            stop_id: stop.id.clone(),
            clinic_id: stop.clinic_id.clone(),
            clinic_name: stop.clinic_name.clone(),
            driver_id: plan.driver_id.clone(),
            minutes_away: notice.minutes_away,
            eta: notice.eta,
        };
        let id = format!("{}/{}/notice", plan.route_id, stop.id);
        self.report(observed(body.into(), &plan.lab_id, id));
    }

    pub(super) fn report(&self, draft: Draft) {
        // The worker ends with the program.
        let _ = self.reports.send(Report::Event(draft));
    }

    /// Waits until all that was reported is on disk.
    pub(super) async fn flush_reports(&self) {
        let (done, heard) = oneshot::channel();
        let _ = self.reports.send(Report::Flushed(done));
        // The worker ends with the program.
        let _ = heard.await;
    }
}

/// Hands in what is reported, as long as the program runs.
pub async fn report(drivers: Weak<Drivers>, mut reports: mpsc::UnboundedReceiver<Report>) {
    while let Some(first) = reports.recv().await {
        let mut drafts = Vec::new();
        let mut waiting = Vec::new();
        let mut next = Some(first);
        while let Some(report) = next {
            match report {
                Report::Event(draft) => drafts.push(draft),
                Report::Flushed(done) => waiting.push(done),
            }
            next = if drafts.len() < MOST {
                reports.try_recv().ok()
            } else {
                None
            };
        }
        let Some(drivers) = drivers.upgrade() else {
            return;
        };
        drivers.submit(drafts).await;
        for done in waiting {
            // Whoever waited may be gone.
            let _ = done.send(());
        }
    }
}

impl Drivers {
    /// Hands drafts in until they are on disk, or the program stops: then the next start observes them again. Says how many another
    /// program had told otherwise before.
    pub(super) async fn submit(&self, drafts: Vec<Draft>) -> usize {
        if drafts.is_empty() {
            return 0;
        }
        let shared = |draft: &Draft| match draft {
            Draft::Event(event) => Some(Draft::Event(Arc::clone(event))),
            Draft::Webhook(_) | Draft::Quarantine(_) => None,
        };
        loop {
            let copies: Vec<Draft> = drafts.iter().filter_map(shared).collect();
            match self.door.submit(copies).await {
                Ok(outcomes) => {
                    let count = |is: fn(&Outcome) -> bool| {
                        outcomes.iter().filter(|outcome| is(outcome)).count()
                    };
                    let otherwise = count(|outcome| matches!(outcome, Outcome::Reused));
                    let done = count(|outcome| matches!(outcome, Outcome::Done(_)));
                    let refused = outcomes.len() - done - otherwise;
                    if refused > 0 {
                        tracing::warn!(refused, "observations were refused at the door");
                    }
                    return otherwise;
                }
                Err(_) if *self.stopping.borrow() => return 0,
                Err(_) => tokio::time::sleep(PAUSE).await,
            }
        }
    }
}
