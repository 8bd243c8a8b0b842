//! How well a lab's ETAs hold: learned from its finished routes of the days before, once a day.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};

use jiff::ToSpan as _;
use jiff::civil::Date;
use pontic_core::id::LabId;
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

/// What was learned of each lab on a day. Whoever asks while somebody else finds it out waits for that: the pages of fifty clinics are
/// opened at once, and anybody with a link may ask.
#[derive(Debug)]
pub struct Daily<T>(Mutex<HashMap<LabId, Kept<T>>>);

/// Of one lab.
type Kept<T> = Arc<Mutex<Option<(Date, T)>>>;

impl<T> Default for Daily<T> {
    fn default() -> Self {
        Self(Mutex::default())
    }
}

impl<T: Copy> Daily<T> {
    /// What is known of the lab on that day, or what `learn` gives, once. What fails is tried again by the next.
    fn of<E>(&self, lab: &LabId, day: Date, learn: impl FnOnce() -> Result<T, E>) -> Result<T, E> {
        let kept = {
            let mut labs = self.0.lock().unwrap_or_else(PoisonError::into_inner);
            if labs.len() >= MOST_LABS && !labs.contains_key(lab) {
                labs.clear();
            }
            Arc::clone(labs.entry(lab.clone()).or_default())
        };
        let mut kept = kept.lock().unwrap_or_else(PoisonError::into_inner);
        match *kept {
            Some((of, known)) if of == day => Ok(known),
            _ => {
                let learned = learn()?;
                *kept = Some((day, learned));
                Ok(learned)
            }
        }
    }
}

impl Drivers {
    /// How much sooner and later drivers come than an ETA of that route says.
    pub fn spread(&self, route: &Route) -> Result<Spread, StoreError> {
        let lab = &route.lab_id;
        let store = self.store.as_ref();
        let zone = planning::zone_of(store, lab, &self.rules.default_time_zone)?;
        let today = time::date_at(self.clock.now(), &zone);
        self.spreads.of(lab, today, || {
            let learned = self.learned(route)?;
            self.spread_before(route, &learned, today)
        })
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

#[cfg(test)]
mod tests {
    use std::convert::Infallible;
    use std::sync::atomic::{AtomicU32, Ordering};

    use super::*;

    #[test]
    fn many_who_ask_at_once_learn_once_a_day() {
        let (daily, learned) = (Daily::default(), AtomicU32::new(0));
        let (lab, other) = (LabId::known("L1"), LabId::known("L2"));
        let first: Date = "2026-03-02".parse().expect("a date");
        let ask = |lab: &LabId, day: Date| {
            daily.of(lab, day, || {
                std::thread::sleep(std::time::Duration::from_millis(20));
                Ok::<_, Infallible>(learned.fetch_add(1, Ordering::SeqCst))
            })
        };
        std::thread::scope(|scope| {
            for _ in 0..16 {
                scope.spawn(|| assert_eq!(ask(&lab, first), Ok(0)));
            }
        });
        let next = first.tomorrow().expect("a day");
        assert_eq!(ask(&lab, next), Ok(1));
        assert_eq!(ask(&other, next), Ok(2));
        assert_eq!(ask(&lab, next), Ok(1));
        // What failed is not kept.
        let third = next.tomorrow().expect("a day");
        assert_eq!(daily.of(&lab, third, || Err("no disk")), Err("no disk"));
        assert_eq!(ask(&lab, third), Ok(3));
    }
}
