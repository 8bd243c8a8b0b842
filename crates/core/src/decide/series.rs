//! Series of pickups: made ahead, topped up, moved and ended from an occurrence on.

use std::collections::BTreeMap;

use jiff::civil::Date;
use jiff::{Timestamp, ToSpan};

use super::pickup_steps::{announce_rush, cancel, confirm};
use super::publish::Publication;
use super::{Deferred, Desk, Step};
use crate::directory::{Clinic, Lab};
use crate::event::{PickupMoved, PickupRequested, SeriesExtended};
use crate::facts::Key;
use crate::id::{PickupId, SeriesId};
use crate::pickup::{Identity, Pickup, Series, Window, confirmation_num};
use crate::record::Kind;
use crate::recurrence::{Recurrence, revision_of, window_of};
use crate::state::{Machine, PickupStatus, PickupStep};
use crate::time;

/// Makes, remakes or ends the series of a request, of which `head` is the first pickup.
pub fn plan(
    desk: &mut Desk<'_>,
    lab: &Lab,
    clinic: &Clinic,
    detail: &PickupRequested,
    head: &mut Pickup,
) -> Step<()> {
    let known = match &head.series_id {
        Some(id) => desk.get::<Series>(&lab.id, id.as_str())?,
        None => None,
    };
    let Some(recurrence) = &detail.recurrence else {
        if known.is_some() {
            end_others(desk, head)?;
            head.slot = None;
        }
        return Ok(());
    };
    let zone_name = desk.clinic_zone_name(lab, clinic, detail.time_zone.as_deref());
    let mut series = match known {
        Some(series) => Series {
            recurrence: recurrence.clone(),
            zone: zone_name,
            ..series
        },
        None => new_series(desk, recurrence, head, zone_name),
    };
    let zone = time::zone(&series.zone);
    let first = time::date_at(head.window.start, &zone);
    series.first = first;
    series.revisions = vec![revision_of(first, head.window, &zone)];
    series.ended_from = None;
    series.is_rush = head.is_rush;
    series.package_count = head.package_count;
    series.requested_by.clone_from(&head.requested_by);
    series.private = head.private.clone();
    head.series_id = Some(series.id.clone());
    head.slot = Some(first);
    head.detached = false;
    // The head is put first: it is one of the occurrences that are listed.
    desk.put(head.clone());
    replan(desk, series, head)
}

fn new_series(desk: &mut Desk<'_>, recurrence: &Recurrence, head: &Pickup, zone: String) -> Series {
    Series {
        id: SeriesId::known(desk.draw()),
        lab_id: head.lab_id.clone(),
        clinic_id: head.clinic_id.clone(),
        sent_clinic_id: head.sent_clinic_id.clone(),
        sender: head.sender.clone(),
        source: desk.origin.source.clone(),
        pickup_id: head.pickup_id.clone(),
        zone,
        recurrence: recurrence.clone(),
        first: head.date,
        revisions: Vec::new(),
        made_until: head.date,
        ended_from: None,
        is_rush: head.is_rush,
        package_count: head.package_count,
        requested_by: head.requested_by.clone(),
        version: 0,
        private: head.private.clone(),
    }
}

/// The last date up to which occurrences are made.
fn horizon(desk: &Desk<'_>, series: &Series) -> Date {
    let today = time::date_at(desk.now, &time::zone(&series.zone));
    today
        .max(series.first)
        .saturating_add(desk.rules.horizon_days.days())
}

/// Brings the pickups of a series in line with its rule.
fn replan(desk: &mut Desk<'_>, mut series: Series, head: &Pickup) -> Step<()> {
    let mut existing: BTreeMap<Date, Pickup> = BTreeMap::new();
    for pickup in desk.parts::<Pickup>(&series.lab_id, series.id.as_str())? {
        if let (Some(slot), true) = (pickup.slot, pickup.id != head.id) {
            existing.insert(slot, pickup);
        }
    }
    let until = horizon(desk, &series);
    let mut fresh = Vec::new();
    for slot in slots(&series, series.first, until).skip(1) {
        match existing.remove(&slot) {
            Some(pickup) => adjust(desk, &series, pickup),
            None => fresh.push(slot),
        }
    }
    make_all(desk, &series, &fresh)?;
    for pickup in existing
        .into_values()
        .filter(|pickup| pickup.status.is_changeable())
    {
        call_off(desk, pickup)?;
    }
    series.made_until = until;
    extend_later(desk, &series);
    desk.put(series);
    Ok(())
}

/// The slots of a series from its first to `until`, as far as it was not ended.
fn slots(series: &Series, first: Date, until: Date) -> impl Iterator<Item = Date> + '_ {
    let ended = series.ended_from.unwrap_or(Date::MAX);
    series
        .recurrence
        .slots(first)
        .take_while(move |slot| *slot <= until && *slot < ended)
}

fn window(series: &Series, slot: Date) -> Option<Window> {
    window_of(&series.revisions, slot, &time::zone(&series.zone))
}

/// Makes the pickups of slots. An earlier series of the same request may have left some, called off with it:
/// these are taken up again, for there can be but one of a name.
fn make_all(desk: &mut Desk<'_>, series: &Series, slots: &[Date]) -> Step<()> {
    let of = |slot: &Date| identity(series, *slot).digest();
    let keys = slots
        .iter()
        .map(|slot| Key::Identity(Kind::Pickup, of(slot)));
    desk.want(&keys.collect::<Vec<_>>())?;
    for slot in slots {
        let Some(mut earlier) = desk.by_identity::<Pickup>(of(slot))? else {
            make(desk, series, *slot);
            continue;
        };
        earlier.series_id = Some(series.id.clone());
        earlier.slot = Some(*slot);
        adjust(desk, series, earlier);
    }
    Ok(())
}

/// Who the pickup of a slot is, to the sender of its series.
fn identity(series: &Series, slot: Date) -> Identity {
    Identity {
        lab_id: series.lab_id.clone(),
        sender: series.sender.clone(),
        clinic_id: series.sent_clinic_id.clone(),
        pickup_id: format!("{}~{slot}", series.pickup_id),
    }
}

/// Calls an occurrence off with its series. That is not its own doing: with the series it may come back.
fn call_off(desk: &mut Desk<'_>, pickup: Pickup) -> Step<Pickup> {
    let detached = false;
    cancel(desk, Pickup { detached, ..pickup })
}

/// Makes the pickup of a slot.
fn make(desk: &mut Desk<'_>, series: &Series, slot: Date) {
    let Some(window) = window(series, slot) else {
        return;
    };
    let pickup_id = identity(series, slot).pickup_id;
    let number = confirmation_num(
        series.lab_id.as_str(),
        &series.source,
        series.sent_clinic_id.as_str(),
        &pickup_id,
    );
    let mut pickup = Pickup {
        id: PickupId::known(desk.draw()),
        lab_id: series.lab_id.clone(),
        clinic_id: series.clinic_id.clone(),
        sent_clinic_id: series.sent_clinic_id.clone(),
        sender: series.sender.clone(),
        pickup_id,
        status: PickupStatus::Requested,
        window,
        date: time::date_at(window.start, &time::zone(&series.zone)),
        is_rush: series.is_rush,
        rush_alerted: false,
        package_count: series.package_count,
        confirmation_num: number,
        requested_by: series.requested_by.clone(),
        request_time: None,
        series_id: Some(series.id.clone()),
        slot: Some(slot),
        detached: false,
        route_id: None,
        stop_id: None,
        driver_id: None,
        picked_up_at: None,
        reason: None,
        version: 0,
        private: series.private.clone(),
    };
    announce_rush(desk, &mut pickup);
    desk.put(pickup);
}

/// Brings an existing occurrence in line, unless it was dealt with alone or is over.
fn adjust(desk: &mut Desk<'_>, series: &Series, mut pickup: Pickup) {
    let renewed = pickup.status.after(PickupStep::Renew);
    if pickup.detached || !(pickup.status.is_changeable() || renewed.is_some()) {
        return;
    }
    let Some(window) = pickup.slot.and_then(|slot| window(series, slot)) else {
        return;
    };
    pickup.status = renewed.unwrap_or(pickup.status);
    pickup.window = window;
    pickup.date = time::date_at(window.start, &time::zone(&series.zone));
    pickup.is_rush = series.is_rush;
    pickup.package_count = series.package_count;
    pickup.requested_by.clone_from(&series.requested_by);
    pickup.private = series.private.clone();
    announce_rush(desk, &mut pickup);
    desk.put(pickup);
}

/// Leaves word to make more when the next slot comes within the horizon.
fn extend_later(desk: &mut Desk<'_>, series: &Series) {
    let next = slots(series, series.first, Date::MAX).find(|slot| *slot > series.made_until);
    let Some(next) = next else { return };
    let day = next.saturating_sub(desk.rules.horizon_days.days());
    let due = time::zone(&series.zone).to_timestamp(day.to_datetime(jiff::civil::Time::midnight()));
    let body = SeriesExtended {
        lab_id: series.lab_id.clone(),
        series_id: series.id.clone(),
    }
    .into();
    desk.defer(Deferred {
        key: format!("series/{}", series.id),
        due: due.unwrap_or(Timestamp::MAX),
        body,
    });
}

/// The clock: makes what has come within the horizon.
pub fn extended(desk: &mut Desk<'_>, detail: &SeriesExtended) -> Step<String> {
    let mut series =
        desk.need::<Series>(&detail.lab_id, detail.series_id.as_str(), "unknown_series")?;
    let until = horizon(desk, &series);
    let fresh: Vec<Date> = slots(&series, series.first, until)
        .filter(|slot| *slot > series.made_until)
        .collect();
    make_all(desk, &series, &fresh)?;
    series.made_until = until.max(series.made_until);
    extend_later(desk, &series);
    for pickup in desk.parts::<Pickup>(&series.lab_id, series.id.as_str())? {
        if pickup.slot.is_some_and(|slot| fresh.contains(&slot)) {
            desk.publish(Publication::pickup(&pickup, "PickupConfirmed"));
        }
    }
    desk.put(series);
    Ok(serde_json::json!({ "seriesId": detail.series_id, "made": fresh.len() }).to_string())
}

/// Ends a series from the slot of `from` on.
pub fn end_from(desk: &mut Desk<'_>, from: &Pickup) -> Step<()> {
    let (Some(series_id), Some(slot)) = (&from.series_id, from.slot) else {
        return Ok(());
    };
    for pickup in following(desk, from, slot)? {
        call_off(desk, pickup)?;
    }
    if let Some(mut series) = desk.get::<Series>(&from.lab_id, series_id.as_str())? {
        let earlier = series.ended_from.map_or(slot, |ended| ended.min(slot));
        series.ended_from = Some(earlier);
        desk.put(series);
    }
    Ok(())
}

/// Ends all of a series but its head, which from now on stands alone.
fn end_others(desk: &mut Desk<'_>, head: &mut Pickup) -> Step<()> {
    let Some(series_id) = head.series_id.clone() else {
        return Ok(());
    };
    for pickup in desk.parts::<Pickup>(&head.lab_id, series_id.as_str())? {
        if pickup.id != head.id && pickup.status.is_changeable() {
            call_off(desk, pickup)?;
        }
    }
    if let Some(mut series) = desk.get::<Series>(&head.lab_id, series_id.as_str())? {
        series.ended_from = Some(series.first);
        desk.put(series);
    }
    head.series_id = None;
    Ok(())
}

/// The occurrences from `slot` on that can still be changed, in order.
fn following(desk: &Desk<'_>, of: &Pickup, slot: Date) -> Step<Vec<Pickup>> {
    let Some(series_id) = &of.series_id else {
        return Ok(Vec::new());
    };
    let mut pickups = desk.parts::<Pickup>(&of.lab_id, series_id.as_str())?;
    pickups.retain(|pickup| {
        pickup.status.is_changeable() && pickup.slot.is_some_and(|other| other >= slot)
    });
    pickups.sort_by_key(|pickup| pickup.slot);
    Ok(pickups)
}

/// Gives the rest of a series another window or size, from the slot of `from` on.
pub fn revise_from(desk: &mut Desk<'_>, from: Pickup, detail: &PickupMoved) -> Step<Pickup> {
    let (Some(series_id), Some(slot)) = (from.series_id.clone(), from.slot) else {
        return Ok(from);
    };
    let mut series = desk.need::<Series>(&from.lab_id, series_id.as_str(), "unknown_series")?;
    if let Some(window) = detail.window {
        let revision = revision_of(slot, window, &time::zone(&series.zone));
        series.revisions.retain(|earlier| earlier.from < slot);
        series.revisions.push(revision);
    }
    series.package_count = detail.package_count.unwrap_or(series.package_count);
    series.is_rush = detail.is_rush.unwrap_or(series.is_rush);
    for mut pickup in following(desk, &from, slot)? {
        if pickup.detached && pickup.id != from.id {
            continue;
        }
        pickup.detached = false;
        let own = pickup.slot.and_then(|slot| window(&series, slot));
        pickup.window = own.unwrap_or(pickup.window);
        pickup.date = time::date_at(pickup.window.start, &time::zone(&series.zone));
        pickup.package_count = detail.package_count.unwrap_or(pickup.package_count);
        pickup.is_rush = detail.is_rush.unwrap_or(pickup.is_rush);
        confirm(desk, pickup);
    }
    desk.put(series);
    desk.need::<Pickup>(&from.lab_id, from.id.as_str(), "unknown_pickup")
}

/// A clinic's clock turns out to be another: its series keep the moments that were asked for, and from here on that clock's
/// time of day.
pub fn rezone(desk: &mut Desk<'_>, mut series: Series, zone_name: String) -> Step<()> {
    if series.zone == zone_name {
        return Ok(());
    }
    let (old, new) = (time::zone(&series.zone), time::zone(&zone_name));
    for revision in &mut series.revisions {
        let from = revision.from;
        if let Some(window) = window_of(std::slice::from_ref(revision), from, &old) {
            *revision = revision_of(from, window, &new);
        }
    }
    series.zone = zone_name;
    for mut pickup in desk.parts::<Pickup>(&series.lab_id, series.id.as_str())? {
        let own = pickup.slot.and_then(|slot| window(&series, slot));
        let fits = pickup.status.is_changeable() && !pickup.detached;
        if let Some(window) = own.filter(|_| fits) {
            pickup.window = window;
            pickup.date = time::date_at(window.start, &new);
            confirm(desk, pickup);
        }
    }
    desk.put(series);
    Ok(())
}
