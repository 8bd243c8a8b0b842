//! Drivers on the road of whom nothing is heard any more.

use jiff::Timestamp;
use pontic_core::directory::Driver;
use pontic_core::event::DriverSilent;
use pontic_store::StoreError;
use pontic_store::positions::DriverNo;

use super::Drivers;
use super::fleet::{State, locked};
use super::report::observed;
use crate::reading::one;

impl Drivers {
    /// Looks once at everybody on the road; who is silent for longer than their habit is told, once until they are heard again.
    pub fn watch_for_silence(&self) -> Result<(), StoreError> {
        let on_the_road: Vec<DriverNo> = self.on_the_road().values().copied().collect();
        for no in on_the_road {
            self.look_for(no)?;
        }
        Ok(())
    }

    fn look_for(&self, no: DriverNo) -> Result<(), StoreError> {
        let now = self.clock.now();
        let handle = self.fleet.handle(no);
        if silent_since(&locked(&handle), now, None).is_none() {
            return Ok(());
        }
        // Few come here: only of them it is asked whether they are at work. Nobody waits for the disk with a driver's lock.
        let Some(name) = self.log.name(no) else {
            return Ok(());
        };
        let driver = one::<Driver>(self.store.as_ref(), &name.lab_id, name.driver_id.as_str())?;
        if driver
            .as_ref()
            .is_some_and(|driver| !driver.presence.is_on_duty())
        {
            return Ok(());
        }
        let back = driver.and_then(|driver| driver.presence_since);
        let mut state = locked(&handle);
        let Some(last_seen) = silent_since(&state, now, back) else {
            return Ok(());
        };
        let Some(road) = &state.road else {
            return Ok(());
        };
        let within = road.trip.within().next().is_some();
        let plan = &road.plan;
        let body = DriverSilent {
            lab_id: plan.lab_id.clone(),
            driver_id: plan.driver_id.clone(),
            last_seen,
            likely_cause: state.habit.likely_cause(within).to_string(),
        };
        let id = format!("silent/{}/{}", plan.driver_id, last_seen.as_millisecond());
        self.report(observed(body.into(), &plan.lab_id, id));
        state.silent = true;
        Ok(())
    }
}

/// The last fix of a driver of whom nothing was heard for longer than their habit; `back`: they were not at work before.
fn silent_since(state: &State, now: Timestamp, back: Option<Timestamp>) -> Option<Timestamp> {
    let (road, newest) = (state.road.as_ref()?, state.newest?);
    // Whoever has not begun to send on this route may do so without us.
    if state.silent || newest.at < road.plan.started_at {
        return None;
    }
    let since = back.map_or(newest.at, |back| back.max(newest.at));
    (now.duration_since(since) > state.habit.silent_after()).then_some(newest.at)
}
