//! A driver's day: what the fixes and stops of it amount to.

use jiff::civil::Date;
use jiff::{Timestamp, ToSpan as _};
use pontic_core::directory::Driver;
use pontic_core::fix::Fix;
use pontic_core::route::{Route, Stop};
use pontic_core::state::{RouteStatus, StopStatus};
use pontic_core::statistics::{self, Visit};
use pontic_core::tracking::{Promise, promises};
use pontic_core::{suspect, time};
use pontic_store::StoreError;
use pontic_store::positions::DriverNo;
use serde_json::{Value, json};

use super::Drivers;
use super::planning::{self, Planned};

impl Drivers {
    /// The figures of a driver's day in the lab's zone; `date` absent: today.
    pub fn day(&self, driver: &Driver, date: Option<Date>) -> Result<Value, StoreError> {
        let store = self.store.as_ref();
        let zone = planning::zone_of(store, &driver.lab_id, &self.rules.default_time_zone)?;
        let today = time::date_at(self.clock.now(), &zone);
        let date = date.unwrap_or(today);
        let starts = |date: Date| date.to_zoned(zone.clone()).map(|zoned| zoned.timestamp());
        let tomorrow = date.checked_add(1.day()).unwrap_or(date);
        let from = starts(date).unwrap_or(Timestamp::MIN);
        let to = starts(tomorrow).unwrap_or(Timestamp::MAX);
        let no = self.log.find(&driver.lab_id, &driver.id);
        let mut visits = Vec::new();
        let mut kept_promises: Vec<Promise> = Vec::new();
        let routes = planning::routes_on(store, &driver.lab_id, None, date)?;
        for route in routes.iter().filter(|route| concerns(route, driver)) {
            let learned = self.learned(route)?;
            let planned = planning::of_route(store, route, &learned)?;
            let is_over = date < today || !planned.is_started && route.started_at.is_some();
            let own = planned
                .stops
                .iter()
                .filter(|stop| is_of(stop, route, driver));
            visits.extend(own.map(|stop| visit(stop, is_over)));
            kept_promises.extend(self.promises(no, &planned)?);
        }
        let fixes = match no {
            Some(no) => self.of_day(no, from, to)?,
            None => Vec::new(),
        };
        let figures = statistics::of_day(&fixes, &visits, &kept_promises);
        // It holds nothing that JSON cannot: it cannot fail.
        let mut day = serde_json::to_value(&figures).unwrap_or_else(|_| json!({}));
        day["driverId"] = driver.id.as_str().into();
        day["date"] = date.to_string().into();
        Ok(day)
    }

    fn promises(
        &self,
        no: Option<DriverNo>,
        planned: &Planned,
    ) -> Result<Vec<Promise>, StoreError> {
        match (no, &planned.plan) {
            (Some(no), Some(plan)) => Ok(promises(plan, &self.driven(no, plan)?)),
            _ => Ok(Vec::new()),
        }
    }

    /// The fixes of a span that count: neither suspect nor made up.
    fn of_day(&self, no: DriverNo, from: Timestamp, to: Timestamp) -> Result<Vec<Fix>, StoreError> {
        let fixes = self.fixes(no, from, to)?;
        let suspects = suspect::suspects(&fixes);
        let counts = |(fix, suspect): (Fix, bool)| (!suspect && !fix.mock).then_some(fix);
        Ok(fixes.into_iter().zip(suspects).filter_map(counts).collect())
    }
}

fn concerns(route: &Route, driver: &Driver) -> bool {
    route.status != RouteStatus::Cancelled
        && (route.driver_id == driver.id || route.taken_over_at.is_some())
}

/// Of a route that changed hands, those that were done belong to whoever did them, the rest to whoever has it now.
fn is_of(stop: &Stop, route: &Route, driver: &Driver) -> bool {
    let done_by = stop
        .driver_id
        .as_ref()
        .filter(|_| stop.status != StopStatus::Planned);
    *done_by.unwrap_or(&route.driver_id) == driver.id
}

fn visit(stop: &Stop, is_over: bool) -> Visit {
    Visit {
        status: stop.status,
        is_over,
        window_start: stop.window_start,
        window_end: stop.window_end,
        arrived_at: stop.arrived_at,
        departed_at: stop.departed_at,
        closed_at: stop.closed_at,
    }
}
