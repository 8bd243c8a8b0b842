//! Whether drivers are at work, as they say themselves.

use jiff::SignedDuration;

use super::stops::moment;
use super::{Deferred, Desk, Step, fault};
use crate::directory::{Driver, Presence};
use crate::event::{BreakEnded, DriverPresenceSet};
use crate::fault::Reason;

/// A break that lasts longer is none.
const LONGEST_BREAK: SignedDuration = SignedDuration::from_hours(24);

/// A driver begins or ends work, or a break. A break that names its end is over by itself then.
pub fn set(desk: &mut Desk<'_>, detail: &DriverPresenceSet) -> Step<String> {
    let lab = desk.lab(&detail.lab_id)?;
    let driver = desk.driver(&lab.id, &detail.driver_id)?;
    let until = detail
        .paused_until
        .filter(|_| detail.presence == Presence::Break);
    let at = moment(desk, detail.at).min(desk.now);
    if let Some(until) = until {
        if until <= at {
            return Err(fault("pausedUntil", Reason::InPast));
        }
        if until.duration_since(at) > LONGEST_BREAK {
            return Err(fault("pausedUntil", Reason::TooFar));
        }
        // Told so late that it was over before anybody heard of it.
        if until <= desk.now {
            return Ok(result(&driver));
        }
    }
    if driver.presence == detail.presence && driver.paused_until == until {
        return Ok(result(&driver));
    }
    let since = if driver.presence == detail.presence {
        driver.presence_since
    } else {
        Some(at)
    };
    let driver = Driver {
        presence: detail.presence,
        presence_since: since,
        paused_until: until,
        ..driver
    };
    desk.put(driver.clone());
    if let Some(until) = until {
        let body = BreakEnded {
            lab_id: driver.lab_id.clone(),
            driver_id: driver.id.clone(),
            paused_until: until,
        };
        desk.defer(Deferred {
            key: format!("break/{}/{}", driver.lab_id, driver.id),
            due: until,
            body: body.into(),
        });
    }
    Ok(result(&driver))
}

/// The time has come at which a break was to end; one that was ended or prolonged meanwhile is left alone.
pub fn break_ended(desk: &mut Desk<'_>, detail: &BreakEnded) -> Step<String> {
    let lab = desk.lab(&detail.lab_id)?;
    let driver = desk.driver(&lab.id, &detail.driver_id)?;
    if driver.presence != Presence::Break || driver.paused_until != Some(detail.paused_until) {
        return Ok(result(&driver));
    }
    let driver = Driver {
        presence: Presence::OnDuty,
        presence_since: Some(desk.now),
        paused_until: None,
        ..driver
    };
    desk.put(driver.clone());
    Ok(result(&driver))
}

fn result(driver: &Driver) -> String {
    serde_json::json!({ "driverId": driver.id, "presence": driver.presence }).to_string()
}
