//! Drivers on the road of whom nothing is heard any more.

use pontic_core::event::DriverSilent;
use pontic_store::positions::DriverNo;

use super::Drivers;
use super::fleet::locked;
use super::report::observed;

impl Drivers {
    /// Looks once at everybody on the road; who is silent for longer than their habit is told, once until they are heard again.
    pub fn watch_for_silence(&self) {
        let on_the_road: Vec<DriverNo> = self.on_the_road().values().copied().collect();
        for no in on_the_road {
            self.look_for(no);
        }
    }

    fn look_for(&self, no: DriverNo) {
        let now = self.clock.now();
        let handle = self.fleet.handle(no);
        let mut state = locked(&handle);
        let (Some(road), Some(newest)) = (&state.road, state.newest) else {
            return;
        };
        // Whoever has not begun to send on this route may do so without us.
        if state.silent || newest.at < road.plan.started_at {
            return;
        }
        if now.duration_since(newest.at) <= state.habit.silent_after() {
            return;
        }
        let within = road.trip.within().next().is_some();
        let plan = &road.plan;
        let body = DriverSilent {
            lab_id: plan.lab_id.clone(),
            driver_id: plan.driver_id.clone(),
            last_seen: newest.at,
            likely_cause: state.habit.likely_cause(within).to_string(),
        };
        let id = format!("silent/{}/{}", plan.driver_id, newest.at.as_millisecond());
        self.report(observed(body.into(), &plan.lab_id, id));
        state.silent = true;
    }
}
