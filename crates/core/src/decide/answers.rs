//! What clinics say of visits that are coming.

use super::publish::Alert;
use super::{Desk, Refusal, Step, fault, stops};
use crate::answer::{Answer, AnswerKind, LONGEST_CLOSED, MAX_ANSWERS, MAX_COUNT};
use crate::event::ClinicAnswered;
use crate::fault::Reason;
use crate::route::{Route, Stop};
use crate::state::RouteStatus;

/// A clinic says something of the visit, or takes it back, as long as the stop is open. Said twice it stays as it was.
pub fn answered(desk: &mut Desk<'_>, detail: &ClinicAnswered) -> Step<String> {
    desk.check_scope(&detail.lab_id)?;
    let lab = &detail.lab_id;
    let mut stop = desk.need::<Stop>(lab, detail.stop_id.as_str(), "unknown_stop")?;
    let route = desk.need::<Route>(lab, stop.route_id.as_str(), "unknown_route")?;
    if !stop.status.is_open() {
        return Err(Refusal::Conflict("stop_closed").into());
    }
    if route.status != RouteStatus::Started {
        return Err(Refusal::Conflict("route_not_started").into());
    }
    let said = Answer {
        kind: detail.kind,
        until: detail.until,
        count: detail.count,
        at: desk.now,
    };
    let before = stop.answers.iter().find(|answer| answer.kind == said.kind);
    let is_known = match before {
        Some(before) => !detail.withdrawn && before.says(&said),
        None => detail.withdrawn,
    };
    if is_known {
        return Ok(stops::stop_result(&stop));
    }
    if !detail.withdrawn {
        check(desk, &stop, &said)?;
    }
    if stop.answered >= MAX_ANSWERS {
        return Err(Refusal::Conflict("too_many_answers").into());
    }
    stop.answered += 1;
    stop.answers.retain(|answer| answer.kind != said.kind);
    if !detail.withdrawn {
        stop.answers.push(said);
    }
    desk.put(stop.clone());
    desk.alert(Alert::clinic_answered(&stop, &route.driver_id, detail));
    Ok(stops::stop_result(&stop))
}

/// Whether it can be said of that stop now.
fn check(desk: &mut Desk<'_>, stop: &Stop, said: &Answer) -> Step<()> {
    match said.kind {
        AnswerKind::ClosedUntil => {
            let until = said.until.ok_or_else(|| fault("until", Reason::Required))?;
            if until <= desk.now {
                return Err(fault("until", Reason::InPast));
            }
            if until.duration_since(desk.now) > LONGEST_CLOSED {
                return Err(fault("until", Reason::TooFar));
            }
            Ok(())
        }
        AnswerKind::LockBox => {
            if desk.clinic(&stop.lab_id, &stop.clinic_id)?.access.lock_box {
                Ok(())
            } else {
                Err(Refusal::Conflict("lock_box_not_allowed").into())
            }
        }
        AnswerKind::MoreToFetch => match said.count {
            Some(1..=MAX_COUNT) => Ok(()),
            Some(_) => Err(fault("count", Reason::OutOfRange)),
            None => Err(fault("count", Reason::Required)),
        },
    }
}
