//! What a visit's page is told.

use jiff::{SignedDuration, Timestamp};
use pontic_core::answer::Answer;
use pontic_core::delivery::{CaseStatus, Priority};
use pontic_core::id::StopId;
use pontic_core::notice::Language;
use pontic_core::pickup::Pickup;
use pontic_core::state::{DeliveryStatus, PickupStatus, StopStatus};
use pontic_core::time::{self, Coordinates};
use pontic_core::tracking::Spread;
use serde::Serialize;

use super::visit::Visit;
use crate::app::App;
use crate::drivers::Ahead;
use crate::notify::preferences;

/// So near, by time, the clinic sees where the driver is.
const NEAR: SignedDuration = SignedDuration::from_mins(10);
/// A position that is older says nothing of where the driver is.
const FRESH: SignedDuration = SignedDuration::from_mins(5);

/// How far a visit is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
enum Stage {
    /// Other stops come before.
    Coming,
    /// It is the next stop.
    Next,
    /// The driver is there.
    Here,
    /// It was done, or a part of it.
    Done,
    /// Nothing could be done.
    Failed,
    /// The driver does not come on this run.
    Over,
}

/// What the page is told: no name of a person, no case, no note.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct State {
    #[serde(rename = "state")]
    stage: Stage,
    lab_name: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    lab_phone: Option<String>,
    clinic_name: String,
    time_zone: String,
    language: Language,
    #[serde(with = "time::text")]
    server_time: Timestamp,
    #[serde(with = "time::text::optional", skip_serializing_if = "Option::is_none")]
    eta: Option<Timestamp>,
    #[serde(with = "time::text::optional", skip_serializing_if = "Option::is_none")]
    eta_from: Option<Timestamp>,
    #[serde(with = "time::text::optional", skip_serializing_if = "Option::is_none")]
    eta_to: Option<Timestamp>,
    #[serde(with = "time::text::optional", skip_serializing_if = "Option::is_none")]
    window_start: Option<Timestamp>,
    #[serde(with = "time::text::optional", skip_serializing_if = "Option::is_none")]
    window_end: Option<Timestamp>,
    stops_before: usize,
    bring: Bring,
    fetch: Fetch,
    requires_signature: bool,
    rush: bool,
    #[serde(skip_serializing_if = "Option::is_none")]
    driver: Option<Van>,
    #[serde(skip_serializing_if = "Option::is_none")]
    clinic_location: Option<Coordinates>,
    lock_box_allowed: bool,
    answers: Vec<Answer>,
    #[serde(skip_serializing_if = "Option::is_none")]
    outcome: Option<Outcome>,
}

#[derive(Debug, Serialize)]
struct Bring {
    deliveries: usize,
    packages: usize,
}

#[derive(Debug, Serialize)]
struct Fetch {
    pickups: usize,
    packages: u32,
}

/// Where the driver is, and nothing of who they are.
#[derive(Debug, Serialize)]
struct Van {
    coordinates: Coordinates,
    #[serde(with = "time::text")]
    timestamp: Timestamp,
    heading: Option<f64>,
}

/// Packages that were handed over and taken along.
#[derive(Debug, Serialize)]
struct Outcome {
    delivered: usize,
    fetched: u32,
    #[serde(with = "time::text::optional", skip_serializing_if = "Option::is_none")]
    at: Option<Timestamp>,
}

/// How a visit stands at `now`; `spread`: how well ETAs of its route hold.
pub fn state(app: &App, visit: &Visit, spread: &Spread, now: Timestamp) -> State {
    let ahead = app
        .drivers
        .ahead(&visit.route.lab_id, &visit.route.driver_id);
    let ahead = ahead.filter(|ahead| ahead.route_id.as_ref() == Some(&visit.route.id));
    let before = stops_before(visit, ahead.as_ref());
    let stage = stage(visit, &before);
    let is_ahead = matches!(stage, Stage::Coming | Stage::Next);
    let eta = ahead.as_ref().and_then(|ahead| ahead.eta(&visit.stop.id));
    let eta = eta.filter(|_| is_ahead);
    let (eta_from, eta_to) = match eta {
        Some(eta) => {
            let (from, to) = spread.around(eta, now);
            (Some(from), Some(to))
        }
        None if is_ahead => (visit.stop.window_start, visit.stop.window_end),
        None => (None, None),
    };
    let near = eta.filter(|eta| stage == Stage::Next && eta.duration_since(now) <= NEAR);
    State {
        stage,
        lab_name: visit.lab.name.clone(),
        lab_phone: visit.lab.phone.clone(),
        clinic_name: clinic_name(visit),
        time_zone: time_zone(app, visit),
        language: language(app, visit),
        server_time: now,
        eta,
        eta_from,
        eta_to,
        window_start: visit.stop.window_start,
        window_end: visit.stop.window_end,
        stops_before: if is_ahead { before.len() } else { 0 },
        bring: bring(visit),
        fetch: fetch(visit),
        requires_signature: visit
            .deliveries
            .iter()
            .any(|(delivery, _)| delivery.load.signature > 0),
        rush: is_rush(visit),
        driver: near
            .and(ahead.as_ref())
            .and_then(|ahead| van(visit, ahead, now)),
        clinic_location: visit.clinic.location.or(visit.stop.location),
        lock_box_allowed: visit.clinic.access.lock_box,
        answers: visit.stop.answers.clone(),
        outcome: outcome(visit),
    }
}

/// Name of the zone of the clinic's wall clock.
pub fn time_zone(app: &App, visit: &Visit) -> String {
    let own = visit.clinic.time_zone.as_ref();
    let zone = own.or(visit.lab.time_zone.as_ref());
    zone.unwrap_or(&app.config.rules.default_time_zone).clone()
}

fn language(app: &App, visit: &Visit) -> Language {
    let own = preferences(&visit.clinic.private).language;
    let lab = || preferences(&visit.lab.private).language;
    own.or_else(lab).unwrap_or(app.notify.language)
}

fn clinic_name(visit: &Visit) -> String {
    let stands_in = visit.stop.clinic_name.as_ref();
    let stands_in = stands_in.filter(|_| !visit.clinic.verified);
    stands_in.unwrap_or(&visit.clinic.name).clone()
}

/// The stops that the driver goes to before this one: as the tracker has it, or by their order.
fn stops_before<'v>(visit: &'v Visit, ahead: Option<&'v Ahead>) -> Vec<&'v StopId> {
    if let Some(ahead) = ahead
        && let Some(place) = ahead.stops.iter().position(|(id, _)| *id == visit.stop.id)
    {
        return ahead.stops[..place].iter().map(|(id, _)| id).collect();
    }
    let earlier = visit
        .stops
        .iter()
        .filter(|stop| stop.status == StopStatus::Planned && stop.sequence < visit.stop.sequence);
    earlier.map(|stop| &stop.id).collect()
}

fn stage(visit: &Visit, before: &[&StopId]) -> Stage {
    match visit.stop.status {
        StopStatus::Planned if before.is_empty() => Stage::Next,
        StopStatus::Planned => Stage::Coming,
        StopStatus::Arrived => Stage::Here,
        StopStatus::Done | StopStatus::PartlyDone => Stage::Done,
        StopStatus::Failed => Stage::Failed,
        StopStatus::Skipped => Stage::Over,
    }
}

fn bring(visit: &Visit) -> Bring {
    let open = visit
        .deliveries
        .iter()
        .filter(|(delivery, _)| delivery.status != DeliveryStatus::Cancelled);
    Bring {
        deliveries: open.clone().count(),
        packages: open.map(|(_, cases)| cases.len()).sum(),
    }
}

/// Those that were not called off and did not go to another stop.
fn pickups(visit: &Visit) -> impl Iterator<Item = &Pickup> {
    visit.pickups.iter().filter(|pickup| {
        pickup.status != PickupStatus::Cancelled && pickup.stop_id.as_ref() == Some(&visit.stop.id)
    })
}

fn fetch(visit: &Visit) -> Fetch {
    Fetch {
        pickups: pickups(visit).count(),
        packages: pickups(visit).map(|pickup| pickup.package_count).sum(),
    }
}

fn is_rush(visit: &Visit) -> bool {
    let delivery = visit
        .deliveries
        .iter()
        .any(|(delivery, _)| delivery.priority() == Priority::Rush);
    delivery || pickups(visit).any(|pickup| pickup.is_rush)
}

fn van(visit: &Visit, ahead: &Ahead, now: Timestamp) -> Option<Van> {
    let fix = &ahead.fix;
    let is_shown = visit.driver.presence.is_on_duty() && now.duration_since(fix.at) <= FRESH;
    is_shown.then_some(Van {
        coordinates: fix.place,
        timestamp: fix.at,
        heading: fix.heading_deg,
    })
}

fn outcome(visit: &Visit) -> Option<Outcome> {
    use StopStatus::{Done, Failed, PartlyDone};
    if !matches!(visit.stop.status, Done | PartlyDone | Failed) {
        return None;
    }
    let cases = visit.deliveries.iter().flat_map(|(_, cases)| cases);
    let taken =
        |pickup: &&Pickup| matches!(pickup.status, PickupStatus::PickedUp | PickupStatus::AtLab);
    Some(Outcome {
        delivered: cases
            .filter(|case| case.status == CaseStatus::Delivered)
            .count(),
        fetched: pickups(visit)
            .filter(taken)
            .map(|pickup| pickup.package_count)
            .sum(),
        at: visit.stop.closed_at,
    })
}
