//! What can be done to one pickup, whether it stands alone or in a series.

use jiff::ToSpan;

use super::cases::take_off;
use super::publish::{Alert, Publication};
use super::{Deferred, Desk, Step};
use crate::event::RushDue;
use crate::pickup::Pickup;
use crate::route::Stop;
use crate::state::PickupStep;

/// Tells the dispatchers that a pickup is RUSH: once per request.
pub fn alert_rush(desk: &mut Desk<'_>, pickup: &mut Pickup) {
    if pickup.is_rush && !pickup.rush_alerted {
        pickup.rush_alerted = true;
        desk.alert(Alert::rush_pickup(pickup));
    }
}

/// Cancels a changeable pickup and takes it off its route.
pub fn cancel(desk: &mut Desk<'_>, mut pickup: Pickup) -> Step<Pickup> {
    pickup.status = desk.step(pickup.status, PickupStep::Cancel, "pickup_locked")?;
    if let Some(stop_id) = pickup.stop_id.take() {
        pickup.route_id = None;
        if let Some(stop) = desk.get::<Stop>(&pickup.lab_id, stop_id.as_str())? {
            take_off(desk, stop, |stop| {
                stop.pickup_ids.retain(|id| *id != pickup.id)
            })?;
        }
    }
    desk.put(pickup.clone());
    desk.publish(Publication::pickup(&pickup, "PickupCancelled"));
    Ok(pickup)
}

/// Puts a changed pickup and says so; a RUSH one is announced now or when it comes near.
pub fn confirm(desk: &mut Desk<'_>, mut pickup: Pickup) -> Pickup {
    announce_rush(desk, &mut pickup);
    if desk.put(pickup.clone()) {
        desk.publish(Publication::pickup(&pickup, "PickupConfirmed"));
    }
    pickup
}

/// What a stop promises moves along with its pickup.
pub fn move_stop(desk: &mut Desk<'_>, pickup: &Pickup) -> Step<()> {
    let Some(stop_id) = &pickup.stop_id else {
        return Ok(());
    };
    if let Some(stop) = desk.get::<Stop>(&pickup.lab_id, stop_id.as_str())?
        && stop.status.is_open()
    {
        desk.put(Stop {
            window_start: Some(pickup.window.start),
            window_end: Some(pickup.window.end),
            ..stop
        });
    }
    Ok(())
}

/// The dispatchers hear of a later RUSH occurrence when it comes within a day.
pub fn announce_rush(desk: &mut Desk<'_>, pickup: &mut Pickup) {
    if !pickup.is_rush || pickup.rush_alerted {
        return;
    }
    let due = pickup
        .window
        .start
        .checked_sub(desk.rules.rush_notice_hours.hours())
        .unwrap_or(desk.now);
    if due <= desk.now {
        alert_rush(desk, pickup);
    } else {
        let body = RushDue {
            lab_id: pickup.lab_id.clone(),
            id: pickup.id.clone(),
        }
        .into();
        desk.defer(Deferred {
            key: format!("rush/{}", pickup.id),
            due,
            body,
        });
    }
}
