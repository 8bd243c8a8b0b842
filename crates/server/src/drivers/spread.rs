//! How well a lab's ETAs hold: learned from its finished routes of the days before, once a day.

use std::sync::{Arc, PoisonError};

use jiff::ToSpan as _;
use jiff::civil::Date;
use pontic_core::route::Route;
use pontic_core::state::RouteStatus;
use pontic_core::time;
use pontic_core::tracking::{Spread, promises};
use pontic_store::StoreError;

use super::{Drivers, Learned, planning};

/// How far back we look, in days.
const DAYS: i64 = 14;
/// Routes that teach enough.
const MOST_ROUTES: usize = 40;
/// Labs of which it is kept.
const MOST_LABS: usize = 1_000;

impl Drivers {
    /// How much sooner and later drivers come than an ETA of that route says.
    pub fn spread(&self, route: &Route) -> Result<Spread, StoreError> {
        let lab = &route.lab_id;
        let store = self.store.as_ref();
        let zone = planning::zone_of(store, lab, &self.rules.default_time_zone)?;
        let today = time::date_at(self.clock.now(), &zone);
        let held = || self.spreads.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some((of, spread)) = held().get(lab)
            && *of == today
        {
            return Ok(*spread);
        }
        let learned = self.learned(route)?;
        let spread = self.spread_before(route, &learned, today)?;
        let mut spreads = held();
        if spreads.len() >= MOST_LABS {
            spreads.clear();
        }
        spreads.insert(lab.clone(), (today, spread));
        Ok(spread)
    }

    /// What today's ETAs would have been worth on the days before.
    fn spread_before(
        &self,
        route: &Route,
        learned: &Arc<Learned>,
        today: Date,
    ) -> Result<Spread, StoreError> {
        let store = self.store.as_ref();
        let mut kept = Vec::new();
        let mut routes = 0;
        for date in (1..=DAYS).filter_map(|back| today.checked_sub(back.days()).ok()) {
            let left = MOST_ROUTES - routes;
            if left == 0 {
                break;
            }
            for earlier in planning::some_routes_on(store, &route.lab_id, date, left)? {
                // One that changed hands was driven by two: whose fixes tell what is not asked here.
                if earlier.status != RouteStatus::Finished || earlier.taken_over_at.is_some() {
                    continue;
                }
                let no = self.log.find(&earlier.lab_id, &earlier.driver_id);
                let planned = planning::of_route(store, &earlier, learned)?;
                if let (Some(no), Some(plan)) = (no, &planned.plan) {
                    kept.extend(promises(plan, &self.driven(no, plan)?));
                    routes += 1;
                }
            }
        }
        Ok(Spread::learned(&kept).unwrap_or_else(Spread::usual))
    }
}
