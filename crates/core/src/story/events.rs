//! What each event said.

use jiff::Timestamp;
use jiff::tz::TimeZone;

use super::wall;
use crate::answer::AnswerKind;
use crate::delivery::Priority;
use crate::directory::Presence;
use crate::event::{
    ArrivalNoticed, Body, CaseReadyToShip, ClinicAnswered, DeliveryCompleted, DriverPresenceSet,
    InvoiceIssued, MappingGiven, PickupMoved, PickupRequested, RouteChanged, SightingCorrected,
    StopCompleted,
};
use crate::recurrence::Window;
use crate::route::Undone;

/// What an event said, its times on the wall of `zone`.
pub fn said(body: &Body, zone: &TimeZone) -> String {
    match body {
        Body::CaseReadyToShip(detail) => ready(detail),
        Body::CaseCancelled(detail) => format!("case {} is cancelled", detail.case_id),
        Body::CaseOnHold(detail) => format!("case {} is on hold", detail.case_id),
        Body::PickupRequested(detail) => requested(detail, zone),
        Body::PickupCancelled(detail) => format!("pickup {} is cancelled", detail.pickup_id),
        Body::DeliveryCompleted(detail) => completed(detail, zone),
        Body::InvoiceIssued(detail) => issued(detail),
        Body::DeliveryPatched(detail) => match detail.date {
            Some(date) => format!("delivery {} goes on {date}", detail.delivery_id),
            None => format!("delivery {} is called off", detail.delivery_id),
        },
        Body::PickupMoved(detail) => moved(detail, zone),
        Body::PickupEnded(detail) => {
            format!(
                "pickup {} is called off{}",
                detail.id,
                following(detail.following)
            )
        }
        Body::SeriesExtended(detail) => {
            format!("series {} needs its next pickups", detail.series_id)
        }
        Body::RushDue(detail) => format!("RUSH pickup {} comes within a day", detail.id),
        Body::RoutePlanned(detail) => format!(
            "driver {} has a route of {} stops on {}",
            detail.driver_id,
            detail.stops.len(),
            detail.date
        ),
        Body::RouteChanged(detail) => route_changed(detail),
        Body::RouteStarted(detail) => {
            format!(
                "route {} is started{}",
                detail.route_id,
                at(detail.at, zone)
            )
        }
        Body::RouteFinished(detail) => {
            format!(
                "route {} is finished{}{}",
                detail.route_id,
                at(detail.at, zone),
                left(&detail.left)
            )
        }
        Body::StopArrived(detail) => {
            format!(
                "the driver is at stop {}{}",
                detail.stop_id,
                at(detail.at, zone)
            )
        }
        Body::StopCompleted(detail) => stop_completed(detail, zone),
        Body::StopFailed(detail) => format!(
            "nothing could be done at stop {}: {}{}",
            detail.stop_id,
            reason(&detail.reason),
            at(detail.at, zone)
        ),
        Body::StopSkipped(detail) => {
            let why = detail
                .reason
                .as_deref()
                .map(|text| format!(": {}", reason(text)));
            format!(
                "stop {} is left out{}",
                detail.stop_id,
                why.unwrap_or_default()
            )
        }
        Body::ClinicAnswered(detail) => answered(detail, zone),
        Body::DriverPresenceSet(detail) => presence(detail, zone),
        Body::BreakEnded(detail) => format!("the break of driver {} is over", detail.driver_id),
        Body::StopMoved(detail) => format!(
            "stop {} goes to route {}, as number {} of its open stops",
            detail.stop_id, detail.route_id, detail.position
        ),
        other => set_up(other)
            .or_else(|| seen(other, zone))
            .unwrap_or_else(|| other.name().to_owned()),
    }
}

/// What somebody set up.
fn set_up(body: &Body) -> Option<String> {
    Some(match body {
        Body::LabSet(detail) => format!("lab {} is set up", detail.lab.id),
        Body::ClinicSet(detail) => format!("clinic {} is set up", detail.clinic.id),
        Body::ClinicMerged(detail) => {
            format!(
                "clinic {} is really clinic {}",
                detail.clinic_id, detail.into
            )
        }
        Body::DriverSet(detail) => format!("driver {} is set up", detail.driver.id),
        Body::EndpointSet(detail) => format!("endpoint {} is set up", detail.endpoint.id),
        Body::MappingGiven(detail) => mapping(detail),
        Body::SubscriptionSet(detail) => {
            format!("subscription {} is set up", detail.subscription.id)
        }
        Body::TemplateSet(detail) => format!("notices {} are worded anew", detail.template.id),
        Body::TemplateRemoved(detail) => format!("notices {} are worded as usual", detail.id),
        Body::SubscriptionRemoved(detail) => format!("subscription {} is removed", detail.id),
        Body::SubscriptionPaused(detail) => {
            format!("subscription {} is paused: {}", detail.id, detail.reason)
        }
        _ => return None,
    })
}

/// What the program itself saw or did.
fn seen(body: &Body, zone: &TimeZone) -> Option<String> {
    Some(match body {
        Body::StopSighted(detail) => format!(
            "driver {} at the fence of stop {}: {}, at {}",
            detail.driver_id,
            detail.stop_id,
            detail.what,
            wall(detail.at, zone)
        ),
        Body::SightingCorrected(detail) => corrected(detail, zone),
        Body::LegEstimated(detail) => {
            format!(
                "the way to stop {} was estimated by a map service",
                detail.stop_id
            )
        }
        Body::ArrivalNoticed(detail) => noticed(detail, zone),
        Body::DriverSeen(detail) => {
            format!(
                "driver {} sends positions for the first time",
                detail.driver_id
            )
        }
        Body::DriverSilent(detail) => format!(
            "nothing is heard of driver {} since {} ({})",
            detail.driver_id,
            wall(detail.last_seen, zone),
            detail.likely_cause
        ),
        Body::SenderSilent(detail) => format!(
            "{} {} is usually heard {}; the last thing was {} (number {}) on {}",
            detail.kind,
            detail.id,
            detail.usually,
            detail.last_event,
            detail.last_seq,
            wall(detail.last_heard, zone)
        ),
        Body::NoticeFailed(detail) => format!(
            "notices by {} to {} did not go out on {}: {}",
            detail.channel,
            detail
                .clinic_id
                .as_ref()
                .map_or("the dispatchers", AsRef::as_ref),
            detail.date,
            detail.cause
        ),
        Body::MessagesDead(detail) => format!(
            "messages to {} are dead letters since {}: {}",
            detail.id, detail.date, detail.cause
        ),
        Body::RulesSet(_) => "the rules are these from here on".to_owned(),
        Body::MessageRefused(detail) => format!(
            "a message of {} ({}) was refused, {}, and lies in the quarantine as {}",
            detail.source, detail.name, detail.code, detail.quarantine_id
        ),
        _ => return None,
    })
}

fn at(time: Option<Timestamp>, zone: &TimeZone) -> String {
    time.map(|time| format!(", at {}", wall(time, zone)))
        .unwrap_or_default()
}

fn span(window: Window, zone: &TimeZone) -> String {
    let end = window.end.to_zoned(zone.clone());
    format!("{}-{}", wall(window.start, zone), end.strftime("%H:%M"))
}

/// A reason in a word; what a driver wrote in words of their own may name somebody, and is not repeated.
fn reason(text: &str) -> &str {
    if crate::id::check(text).is_ok() {
        text
    } else {
        "a reason in words"
    }
}

const fn following(following: bool) -> &'static str {
    if following {
        ", and the rest of its series"
    } else {
        ""
    }
}

fn list<T: ToString>(items: &[T]) -> String {
    items
        .iter()
        .map(ToString::to_string)
        .collect::<Vec<_>>()
        .join(", ")
}

fn answered(detail: &ClinicAnswered, zone: &TimeZone) -> String {
    let said = match detail.kind {
        // Whoever takes something back names only its kind.
        AnswerKind::ClosedUntil => match detail.until {
            Some(until) => format!("it is closed until {}", wall(until, zone)),
            None => "it is closed".to_owned(),
        },
        AnswerKind::LockBox if detail.withdrawn => "it may be left in the lock box".to_owned(),
        AnswerKind::LockBox => "leave it in the lock box".to_owned(),
        AnswerKind::MoreToFetch => match detail.count {
            Some(1) => "there is 1 package more to fetch".to_owned(),
            Some(count) => format!("there are {count} packages more to fetch"),
            None => "there is more to fetch".to_owned(),
        },
    };
    let takes_back = if detail.withdrawn {
        "takes back that "
    } else {
        "says: "
    };
    format!("the clinic of stop {} {takes_back}{said}", detail.stop_id)
}

fn presence(detail: &DriverPresenceSet, zone: &TimeZone) -> String {
    let is = match detail.presence {
        Presence::OnDuty => "is on duty",
        Presence::Break => "has a break",
        Presence::OffDuty => "is off duty",
    };
    let until = detail.paused_until;
    let until = until.map(|until| format!(" until {}", wall(until, zone)));
    format!(
        "driver {} {is}{}",
        detail.driver_id,
        until.unwrap_or_default()
    )
}

fn left(left: &[Undone]) -> String {
    let items: Vec<String> = left
        .iter()
        .map(|one| format!("{}: {}", one.id, reason(&one.reason)))
        .collect();
    if items.is_empty() {
        String::new()
    } else {
        format!("; still in the van: {}", items.join(", "))
    }
}

fn ready(detail: &CaseReadyToShip) -> String {
    let rush = if detail.priority == Priority::Rush {
        ", RUSH"
    } else {
        ""
    };
    format!(
        "case {} is ready for clinic {}, to be delivered on {}{rush}",
        detail.case_id, detail.clinic_id, detail.requested_delivery_date
    )
}

fn requested(detail: &PickupRequested, zone: &TimeZone) -> String {
    let rush = if detail.is_rush { ", RUSH" } else { "" };
    let again = if detail.recurrence.is_some() {
        ", recurring"
    } else {
        ""
    };
    format!(
        "clinic {} wants pickup {} at {}{rush}{again}",
        detail.clinic_id,
        detail.pickup_id,
        span(detail.window, zone)
    )
}

fn completed(detail: &DeliveryCompleted, zone: &TimeZone) -> String {
    let what = detail.case_ids.as_ref();
    let what = what.map(|ids| format!("cases {} of ", list(ids)));
    let proof = if detail.proof.is_empty() {
        ", without proof"
    } else {
        ", with proof"
    };
    format!(
        "{}delivery {} handed over at {}{proof}",
        what.unwrap_or_default(),
        detail.delivery_id,
        wall(detail.completed_at, zone)
    )
}

fn issued(detail: &InvoiceIssued) -> String {
    format!(
        "invoice {} for clinic {} holds cases {}",
        detail.invoice_id,
        detail.clinic_id,
        list(&detail.case_ids)
    )
}

fn mapping(detail: &MappingGiven) -> String {
    let clinics = detail
        .clinic_map
        .iter()
        .map(|(theirs, ours)| format!("its clinic {theirs} is {ours}"));
    let words = detail
        .priorities
        .iter()
        .map(|(word, priority)| format!("its priority '{word}' means {priority}"));
    let allowed = detail
        .clinics
        .iter()
        .map(|clinic| format!("it may speak for clinic {clinic}"));
    let learned: Vec<String> = clinics.chain(words).chain(allowed).collect();
    format!(
        "endpoint {} learned: {}",
        detail.endpoint_id,
        learned.join("; ")
    )
}

fn moved(detail: &PickupMoved, zone: &TimeZone) -> String {
    let to = detail
        .window
        .map(|window| format!(" to {}", span(window, zone)));
    let count = detail
        .package_count
        .map(|count| format!(", {count} packages"));
    let rush = detail.is_rush.map(|rush| {
        if rush {
            ", RUSH from here on"
        } else {
            ", RUSH no more"
        }
    });
    format!(
        "pickup {} is changed{}{}{}{}",
        detail.id,
        to.unwrap_or_default(),
        count.unwrap_or_default(),
        rush.unwrap_or_default(),
        following(detail.following)
    )
}

fn route_changed(detail: &RouteChanged) -> String {
    if detail.cancel {
        return format!("route {} is called off", detail.route_id);
    }
    let mut done = Vec::new();
    done.extend(
        detail
            .driver_id
            .as_ref()
            .map(|driver| format!("goes to driver {driver}")),
    );
    if !detail.order.is_empty() {
        done.push("has another order".to_owned());
    }
    if !detail.add.is_empty() {
        done.push(format!("has {} stops more", detail.add.len()));
    }
    if !detail.remove.is_empty() {
        done.push(format!("loses the stops {}", list(&detail.remove)));
    }
    format!("route {} {}", detail.route_id, done.join(", "))
}

fn stop_completed(detail: &StopCompleted, zone: &TimeZone) -> String {
    let undone: Vec<String> = detail
        .undone
        .iter()
        .map(|(id, why)| format!("{id}: {}", reason(why)))
        .collect();
    let but = if undone.is_empty() {
        String::new()
    } else {
        format!(", but not {}", undone.join(", "))
    };
    format!(
        "stop {} is done{but}{}",
        detail.stop_id,
        at(detail.at, zone)
    )
}

fn corrected(detail: &SightingCorrected, zone: &TimeZone) -> String {
    let now = detail.now.map_or_else(
        || "nothing of it".to_owned(),
        |now| format!("{now} at {}", wall(detail.at, zone)),
    );
    format!(
        "late positions of driver {} say of stop {}: not {} at {}, but {now}",
        detail.driver_id,
        detail.stop_id,
        detail.was,
        wall(detail.was_at, zone)
    )
}

fn noticed(detail: &ArrivalNoticed, zone: &TimeZone) -> String {
    let away = if detail.minutes_away == 0 {
        "is there".to_owned()
    } else {
        format!(
            "is {} minutes away, ETA {}",
            detail.minutes_away,
            wall(detail.eta, zone)
        )
    };
    format!(
        "clinic {} is to be told that driver {} {away}",
        detail.clinic_id, detail.driver_id
    )
}
