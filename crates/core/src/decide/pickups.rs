//! Pickups: asked for, changed, moved, called off.

use jiff::{SignedDuration, Timestamp, ToSpan};
use serde_json::json;
use sha2::{Digest, Sha256};

use super::pickup_steps::{alert_rush, announce_rush, cancel, confirm, move_stop};
use super::publish::{Alert, Publication};
use super::series;
use super::{Desk, Refusal, Step, Verdict};
use crate::directory::{Clinic, Endpoint, Lab};
use crate::event::{Body, PickupCancelled, PickupEnded, PickupMoved, PickupRequested, RushDue};
use crate::facts::Key;
use crate::fault::{Fault, Reason};
use crate::id::{LabId, PickupId};
use crate::phi::{Phi, Private};
use crate::pickup::{Identity, MAX_WINDOW_HOURS, Pickup, Window, confirmation_num};
use crate::record::{Entity, Kind};
use crate::state::PickupStatus;
use crate::time;
use crate::view::{self, OccurrenceView, PickupView};

/// Something to fetch, or news of it.
pub fn requested(desk: &mut Desk<'_>, detail: &PickupRequested) -> Step<String> {
    let identity = identity_of(desk, detail);
    desk.want(&[
        Key::of::<Lab>(&detail.lab_id, detail.lab_id.as_str()),
        Key::of::<Clinic>(&detail.lab_id, detail.clinic_id.as_str()),
        Key::Identity(Kind::Pickup, identity.digest()),
    ])?;
    desk.check_scope(&detail.lab_id)?;
    let content = content_of(detail);
    let known = desk.by_identity::<Pickup>(identity.digest())?;
    let pickup = match known {
        // Keyed by nothing but compared in memory only; both came sealed.
        Some(pickup) if pickup.private.reveal().content == content => pickup,
        Some(pickup) if !pickup.status.is_changeable() => {
            return Err(Refusal::Conflict("pickup_locked").into());
        }
        known => accept(desk, detail, &identity, content, known)?,
    };
    result(desk, &pickup)
}

fn identity_of(desk: &Desk<'_>, detail: &PickupRequested) -> Identity {
    let sender = detail
        .endpoint
        .as_ref()
        .map_or(desk.origin.source.as_str(), AsRef::as_ref);
    Identity {
        lab_id: detail.lab_id.clone(),
        sender: sender.to_owned(),
        clinic_id: detail.clinic_id.clone(),
        pickup_id: detail.pickup_id.clone(),
    }
}

fn identity_of_cancelled(desk: &Desk<'_>, detail: &PickupCancelled) -> Identity {
    Identity {
        lab_id: detail.lab_id.clone(),
        sender: desk.origin.source.clone(),
        clinic_id: detail.clinic_id.clone(),
        pickup_id: detail.pickup_id.clone(),
    }
}

/// A digest of all that was asked for, the time of asking aside, and what we added to it. It is kept sealed: it covers
/// patient data.
fn content_of(detail: &PickupRequested) -> String {
    let plain = PickupRequested {
        request_time: None,
        time_zone: None,
        sent: None,
        ..detail.clone()
    };
    let hash = Sha256::new()
        .chain_update(Body::from(plain).detail())
        .chain_update([0])
        .chain_update(view::json(detail.private.reveal()));
    crate::id::hex(&hash.finalize()[..16])
}

fn accept(
    desk: &mut Desk<'_>,
    detail: &PickupRequested,
    identity: &Identity,
    content: String,
    known: Option<Pickup>,
) -> Step<Pickup> {
    // Another system's time was tested at its door, where the field has its own name.
    if detail.endpoint.is_none() {
        check_window(desk, detail.window, "detail.")?;
    }
    let lab = desk.lab(&detail.lab_id)?;
    let clinic = desk.clinic(&lab.id, &detail.clinic_id)?;
    let zone = time::zone(&desk.clinic_zone_name(&lab, &clinic, detail.time_zone.as_deref()));
    let mut pickup = match known {
        Some(pickup) => pickup,
        None => new_pickup(desk, detail, identity, &clinic),
    };
    pickup.window = detail.window;
    pickup.date = time::date_at(detail.window.start, &zone);
    pickup.is_rush = detail.is_rush;
    pickup.package_count = detail.package_count;
    pickup.requested_by.clone_from(&detail.requested_by);
    pickup.request_time = detail.request_time;
    // What came sealed is kept sealed.
    pickup.private = Phi::new(Private {
        content,
        ..detail.private.reveal().clone()
    });
    series::plan(desk, &lab, &clinic, detail, &mut pickup)?;
    alert_rush(desk, &mut pickup);
    desk.put(pickup.clone());
    move_stop(desk, &pickup)?;
    desk.publish(Publication::pickup(&pickup, "PickupConfirmed"));
    warn_if_closed(desk, &clinic, &pickup, &zone);
    Ok(pickup)
}

/// The zone of the wall clock by which a pickup of that sender has its day.
fn zone_of(desk: &Desk<'_>, lab: &Lab, clinic: &Clinic, sender: &str) -> Step<jiff::tz::TimeZone> {
    let endpoint = desk.get::<Endpoint>(&lab.id, sender)?;
    let own = endpoint.and_then(|endpoint| endpoint.time_zone);
    let name = desk.clinic_zone_name(lab, clinic, own.as_deref());
    Ok(time::zone(&name))
}

fn new_pickup(
    desk: &mut Desk<'_>,
    detail: &PickupRequested,
    identity: &Identity,
    clinic: &Clinic,
) -> Pickup {
    let external = detail.external_id.as_deref().unwrap_or(&detail.pickup_id);
    let (lab, source) = (&detail.lab_id, &desk.origin.source);
    let confirmation_num =
        confirmation_num(lab.as_str(), source, detail.clinic_id.as_str(), external);
    Pickup {
        id: PickupId::known(desk.draw()),
        lab_id: lab.clone(),
        clinic_id: clinic.id.clone(),
        sent_clinic_id: identity.clinic_id.clone(),
        sender: identity.sender.clone(),
        pickup_id: identity.pickup_id.clone(),
        status: PickupStatus::Requested,
        window: detail.window,
        date: jiff::civil::Date::ZERO,
        is_rush: detail.is_rush,
        rush_alerted: false,
        package_count: detail.package_count,
        confirmation_num,
        requested_by: None,
        request_time: None,
        series_id: None,
        slot: None,
        detached: false,
        route_id: None,
        stop_id: None,
        driver_id: None,
        picked_up_at: None,
        reason: None,
        version: 0,
        private: Phi::default(),
    }
}

/// The window must be one, and neither over nor too far ahead. All faults at once.
fn check_window(desk: &Desk<'_>, window: Window, prefix: &str) -> Step<()> {
    let mut faults = Vec::new();
    let mut fault =
        |field: &str, reason| faults.push(Fault::new(format!("{prefix}{field}"), reason));
    let latest = desk
        .now
        .checked_add((desk.rules.max_future_days * 24).hours())
        .unwrap_or(Timestamp::MAX);
    if window.start > latest {
        fault("windowStart", Reason::TooFar);
    }
    let length = window.start.duration_until(window.end);
    if length <= SignedDuration::ZERO || length > SignedDuration::from_hours(MAX_WINDOW_HOURS) {
        fault("windowEnd", Reason::OutOfRange);
    } else if window.end
        <= desk
            .now
            .checked_sub(desk.rules.max_past_hours.hours())
            .unwrap_or(Timestamp::MIN)
    {
        fault("windowEnd", Reason::InPast);
    }
    if faults.is_empty() {
        Ok(())
    } else {
        Err(Refusal::Invalid(faults).into())
    }
}

fn warn_if_closed(
    desk: &mut Desk<'_>,
    clinic: &Clinic,
    pickup: &Pickup,
    zone: &jiff::tz::TimeZone,
) {
    let (start, end) = (
        zone.to_datetime(pickup.window.start),
        zone.to_datetime(pickup.window.end),
    );
    // A window over midnight is somebody's special arrangement.
    if start.date() != end.date() || clinic.is_open_between(start.date(), start.time(), end.time())
    {
        return;
    }
    let about = json!({
        "id": pickup.id,
        "pickupId": pickup.pickup_id,
        "clinicId": clinic.id,
        "windowStart": time::format(pickup.window.start),
        "windowEnd": time::format(pickup.window.end),
    });
    desk.alert(Alert::new(&pickup.lab_id, "clinic_closed", about));
}

/// The pickup as it is now, with all that was made of its series if it stands for the whole of it.
fn result(desk: &Desk<'_>, pickup: &Pickup) -> Step<String> {
    let mut others = Vec::new();
    if let (Some(series_id), false) = (&pickup.series_id, pickup.pickup_id.contains('~')) {
        others = desk.parts::<Pickup>(&pickup.lab_id, series_id.as_str())?;
        others.retain(|other| other.status != PickupStatus::Cancelled);
        others.sort_by_key(|other| other.window.start);
    }
    let occurrences = pickup
        .series_id
        .as_ref()
        .map(|_| others.iter().map(OccurrenceView::from).collect());
    Ok(view::json(&PickupView {
        occurrences,
        ..PickupView::from(pickup)
    }))
}

/// The portal calls a request off: one pickup, or the whole of a series under the id of its first.
pub fn cancelled(desk: &mut Desk<'_>, detail: &PickupCancelled) -> Step<String> {
    desk.check_scope(&detail.lab_id)?;
    let identity = identity_of_cancelled(desk, detail);
    let pickup = desk.by_identity::<Pickup>(identity.digest())?;
    let pickup = pickup.ok_or(Verdict::Refused(Refusal::Unknown("unknown_pickup")))?;
    let heads_series = pickup.series_id.is_some() && !pickup.pickup_id.contains('~');
    let pickup = end(desk, pickup, heads_series)?;
    result(desk, &pickup)
}

/// The pickup that a request made, as it is now.
pub fn described(desk: &Desk<'_>, detail: &PickupRequested) -> Step<String> {
    described_by(desk, &identity_of(desk, detail))
}

/// The pickup that was called off, as it is now.
pub fn described_cancelled(desk: &Desk<'_>, detail: &PickupCancelled) -> Step<String> {
    described_by(desk, &identity_of_cancelled(desk, detail))
}

fn described_by(desk: &Desk<'_>, identity: &Identity) -> Step<String> {
    let pickup = desk.by_identity::<Pickup>(identity.digest())?;
    result(
        desk,
        &pickup.ok_or(Verdict::Refused(Refusal::Unknown("gone")))?,
    )
}

/// A dispatcher calls a pickup off, or the rest of its series with it.
pub fn ended(desk: &mut Desk<'_>, detail: &PickupEnded) -> Step<String> {
    desk.check_scope(&detail.lab_id)?;
    let pickup = desk.need::<Pickup>(&detail.lab_id, detail.id.as_str(), "unknown_pickup")?;
    let pickup = end(desk, pickup, detail.following)?;
    Ok(view::json(&PickupView::from(&pickup)))
}

fn end(desk: &mut Desk<'_>, pickup: Pickup, following: bool) -> Step<Pickup> {
    if following && pickup.series_id.is_some() {
        series::end_from(desk, &pickup)?;
        return desk.need::<Pickup>(&pickup.lab_id, pickup.id.as_str(), "unknown_pickup");
    }
    if pickup.status == PickupStatus::Cancelled {
        return Ok(pickup);
    }
    if !pickup.status.is_changeable() {
        return Err(Refusal::Conflict("pickup_locked").into());
    }
    let detached = pickup.series_id.is_some();
    cancel(desk, Pickup { detached, ..pickup })
}

/// A dispatcher gives a pickup another window or size, or the rest of its series with it.
pub fn moved(desk: &mut Desk<'_>, detail: &PickupMoved) -> Step<String> {
    desk.check_scope(&detail.lab_id)?;
    let mut pickup = desk.need::<Pickup>(&detail.lab_id, detail.id.as_str(), "unknown_pickup")?;
    desk.expect(detail.expected, pickup.version)?;
    if !pickup.status.is_changeable() {
        return Err(Refusal::Conflict("pickup_locked").into());
    }
    if let Some(window) = detail.window {
        check_window(desk, window, "")?;
    }
    if detail.following && pickup.series_id.is_some() {
        let pickup = series::revise_from(desk, pickup, detail)?;
        return Ok(view::json(&PickupView::from(&pickup)));
    }
    let lab = desk.lab(&pickup.lab_id)?;
    let clinic = desk.clinic(&lab.id, &pickup.clinic_id)?;
    let zone = zone_of(desk, &lab, &clinic, &pickup.sender)?;
    pickup.detached = pickup.series_id.is_some();
    pickup.window = detail.window.unwrap_or(pickup.window);
    pickup.date = time::date_at(pickup.window.start, &zone);
    pickup.package_count = detail.package_count.unwrap_or(pickup.package_count);
    pickup.is_rush = detail.is_rush.unwrap_or(pickup.is_rush);
    let pickup = confirm(desk, pickup);
    move_stop(desk, &pickup)?;
    Ok(view::json(&PickupView::from(&pickup)))
}

/// A RUSH occurrence comes near, if it still does.
pub fn rush_due(desk: &mut Desk<'_>, detail: &RushDue) -> Step<String> {
    let pickup = desk.get::<Pickup>(&detail.lab_id, detail.id.as_str())?;
    if let Some(mut pickup) = pickup.filter(|pickup| pickup.status.is_changeable()) {
        announce_rush(desk, &mut pickup);
        desk.put(pickup);
    }
    Ok("{}".to_owned())
}

/// Every open pickup of a clinic.
pub fn open_at(desk: &Desk<'_>, lab: &LabId, clinic: &Clinic) -> Step<Vec<Pickup>> {
    desk.all::<Pickup>(
        lab,
        Key::OpenAt(Pickup::KIND, lab.clone(), clinic.id.clone()),
    )
}
