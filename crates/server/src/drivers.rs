//! Drivers, live: where they are, what that means for their routes, who is told.
//!
//! A fix is taken under its driver's lock: recognised if it came before, put into the log of positions, held against the route's
//! fences, told to dispatchers. What it means goes through the event door; whoever sent it hears of it when it is on disk.

mod ahead;
mod day;
mod fleet;
mod hearsay;
mod learned;
mod legs;
mod planning;
mod refold;
mod regions;
mod report;
mod road;
mod runs;
mod silence;
mod spread;
mod take;
mod telling;

use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use pontic_core::directory::Driver;
use pontic_core::event::DriverSeen;
use pontic_core::id::{ClinicId, DriverId, LabId, RouteId};
use pontic_core::record::{Change, Entity as _, Kind, Record};
use pontic_core::rules::Rules;
use pontic_core::silence::LastWords;
use pontic_core::tracking::Spread;
use pontic_store::positions::{DriverNo, PositionLog};
use pontic_store::{Store, StoreError};
use serde_json::Value;
use tokio::sync::{mpsc, watch};

use crate::clock::Clock;
use crate::door::{Busy, Door, own_event};
use crate::live::{Hub, Interest};
use crate::maps::Maps;
use crate::reading::one;

pub use ahead::Ahead;
pub use fleet::Fleet;
pub use learned::Learned;
pub use refold::{Late, Stirred, follow_changes, follow_late_fixes};
pub use regions::Region;
pub use report::{Report, report};
pub use runs::{Fit, Forecast, RouteForecast};
pub use take::{Status, Taken};
pub use telling::Current;

/// The disk may take so long before a sender is told to come back.
const PATIENCE: Duration = Duration::from_secs(10);
/// In the log of events, whoever reads positions.
const SOURCE: &str = "pontic.tracker";

/// Who drives a started route.
type OnTheRoad = Arc<Mutex<HashMap<(LabId, RouteId), DriverNo>>>;

/// All drivers.
pub struct Drivers {
    store: Arc<dyn Store>,
    door: Door,
    rules: Rules,
    /// The log of positions.
    pub log: Arc<dyn PositionLog>,
    clock: Clock,
    hub: Arc<Hub>,
    maps: Arc<Maps>,
    fleet: Fleet,
    on_the_road: OnTheRoad,
    /// What labs had learned before an hour began.
    learned: Mutex<HashMap<(LabId, jiff::Timestamp), Arc<Learned>>>,
    /// How well a lab's ETAs hold, as of that day.
    spreads: spread::Daily<Spread>,
    /// Positions up to that ticket are on disk.
    pub durable: watch::Receiver<u64>,
    stopping: watch::Receiver<bool>,
    reports: mpsc::UnboundedSender<Report>,
    stirred: mpsc::UnboundedSender<Stirred>,
    late: mpsc::UnboundedSender<Late>,
    /// Held by whoever folds a route again: what one tells, the next must find told.
    looking: tokio::sync::Mutex<()>,
}

/// What the workers are given to do.
pub struct Inboxes {
    /// What was observed, for the door.
    pub reports: mpsc::UnboundedReceiver<Report>,
    /// Drivers whose fixes came late.
    pub late: mpsc::UnboundedReceiver<Late>,
}

/// What drivers are made of.
pub struct Parts {
    /// Where everything is kept.
    pub store: Arc<dyn Store>,
    /// The way in for what is observed.
    pub door: Door,
    /// The rules in force.
    pub rules: Rules,
    /// The log of positions.
    pub log: Arc<dyn PositionLog>,
    /// How far it is on disk.
    pub durable: watch::Receiver<u64>,
    /// The time.
    pub clock: Clock,
    /// Live messages.
    pub hub: Arc<Hub>,
    /// Travel times.
    pub maps: Arc<Maps>,
    /// Turns true when the program is about to stop.
    pub stopping: watch::Receiver<bool>,
}

/// Hears of what is committed: some of it concerns routes that are being driven.
#[derive(Clone)]
pub struct Heed {
    on_the_road: OnTheRoad,
    stirred: mpsc::UnboundedSender<Stirred>,
}

/// Ears for the door, which is there before the drivers are, and what they are to be given.
pub fn ears() -> (Heed, mpsc::UnboundedReceiver<Stirred>) {
    let (stirred, to_look_at) = mpsc::unbounded_channel();
    let heed = Heed {
        on_the_road: OnTheRoad::default(),
        stirred,
    };
    (heed, to_look_at)
}

impl Heed {
    /// What was committed may concern a route that is being driven.
    pub fn hear(&self, records: &[(Option<u64>, Record)]) {
        for (_, record) in records {
            let stirred = match record {
                Record::Route(route) => Stirred::Route(route.lab_id.clone(), route.id.clone()),
                Record::Stop(stop) if self.is_driven(&stop.lab_id, &stop.route_id) => {
                    Stirred::Route(stop.lab_id.clone(), stop.route_id.clone())
                }
                Record::Clinic(clinic) => Stirred::Clinic(clinic.lab_id.clone(), clinic.id.clone()),
                Record::Driver(driver) => Stirred::Driver {
                    lab_id: driver.lab_id.clone(),
                    id: driver.id.clone(),
                    is_away: !driver.presence.is_on_duty(),
                },
                _ => continue,
            };
            // The worker ends with the program.
            let _ = self.stirred.send(stirred);
        }
    }

    /// Another program committed this change.
    pub fn hear_change(&self, store: &dyn Store, change: &Change) -> Result<(), StoreError> {
        let (lab_id, id) = (change.lab_id.clone(), change.id.clone());
        let stirred = match change.kind {
            Kind::Route => Stirred::Route(lab_id, RouteId::known(id)),
            Kind::Stop => match change.parent.clone().map(RouteId::known) {
                Some(route) if self.is_driven(&lab_id, &route) => Stirred::Route(lab_id, route),
                _ => return Ok(()),
            },
            Kind::Clinic => Stirred::Clinic(lab_id, ClinicId::known(id)),
            Kind::Driver => match one::<Driver>(store, &lab_id, &id)? {
                Some(driver) => Stirred::Driver {
                    is_away: !driver.presence.is_on_duty(),
                    lab_id,
                    id: driver.id,
                },
                None => return Ok(()),
            },
            _ => return Ok(()),
        };
        // The worker ends with the program.
        let _ = self.stirred.send(stirred);
        Ok(())
    }

    fn is_driven(&self, lab: &LabId, route: &RouteId) -> bool {
        let on_the_road = self
            .on_the_road
            .lock()
            .unwrap_or_else(PoisonError::into_inner);
        on_the_road.contains_key(&(lab.clone(), route.clone()))
    }
}

impl Drivers {
    /// Nobody is on the road yet: [`Self::wake`] brings them there.
    pub fn new(parts: Parts, heed: Heed) -> (Self, Inboxes) {
        let (reports, to_report) = mpsc::unbounded_channel();
        let (late, came_late) = mpsc::unbounded_channel();
        let drivers = Self {
            store: parts.store,
            door: parts.door,
            rules: parts.rules,
            log: parts.log,
            clock: parts.clock,
            hub: parts.hub,
            maps: parts.maps,
            fleet: Fleet::default(),
            on_the_road: heed.on_the_road,
            learned: Mutex::default(),
            spreads: spread::Daily::default(),
            durable: parts.durable,
            stopping: parts.stopping,
            reports,
            stirred: heed.stirred,
            late,
            looking: tokio::sync::Mutex::default(),
        };
        let inboxes = Inboxes {
            reports: to_report,
            late: came_late,
        };
        (drivers, inboxes)
    }

    /// After a start: drivers stand where they were last, and started routes go on.
    pub fn wake(&self) -> Result<(), StoreError> {
        let since = self
            .clock
            .now()
            .saturating_sub(jiff::SignedDuration::from_hours(24));
        for (no, kept) in self.log.latest(since.unwrap_or(jiff::Timestamp::MIN))? {
            fleet::locked(&self.fleet.handle(no)).note(&kept.fix);
        }
        for driver in planning::drivers_away(self.store.as_ref())? {
            self.stir(Stirred::Driver {
                lab_id: driver.lab_id,
                id: driver.id,
                is_away: true,
            });
        }
        for (lab, route) in planning::started_routes(self.store.as_ref())? {
            self.stir(Stirred::Route(lab, route));
        }
        Ok(())
    }

    fn on_the_road(&self) -> MutexGuard<'_, HashMap<(LabId, RouteId), DriverNo>> {
        self.on_the_road
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
    }

    fn learned_by_hour(&self) -> MutexGuard<'_, HashMap<(LabId, jiff::Timestamp), Arc<Learned>>> {
        self.learned.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn stir(&self, what: Stirred) {
        // The worker ends with the program.
        let _ = self.stirred.send(what);
    }

    /// Runs `work` on a thread that may wait for the disk.
    pub async fn apart<T: Send + 'static>(
        self: &Arc<Self>,
        work: impl FnOnce(&Self) -> Result<T, StoreError> + Send + 'static,
    ) -> Result<T, StoreError> {
        let drivers = Arc::clone(self);
        let done = tokio::task::spawn_blocking(move || work(&drivers)).await;
        done.unwrap_or_else(|error| Err(StoreError::Broken(error.to_string())))
    }

    /// The driver's number; whoever nobody knows becomes a stub, through the door.
    pub async fn enlist(
        self: &Arc<Self>,
        lab: &LabId,
        driver: &DriverId,
    ) -> Result<DriverNo, Busy> {
        if let Some(no) = self.log.find(lab, driver)
            && self.fleet.is_enlisted(no)
        {
            return Ok(no);
        }
        let key = (lab.clone(), driver.clone());
        let found = self.apart(move |drivers| {
            let store = drivers.store.as_ref();
            store.get(Kind::Driver, Some(&key.0), key.1.as_str())
        });
        let known = !found.await.map_err(|_| Busy)?.is_empty();
        if !known {
            let seen = DriverSeen {
                lab_id: lab.clone(),
                driver_id: driver.clone(),
            };
            let draft = own_event(seen.into(), SOURCE, SOURCE, Some(lab.clone()));
            self.door.submit(vec![draft]).await?;
        }
        let (lab, driver) = (lab.clone(), driver.clone());
        let enlisted = self.apart(move |drivers| {
            let no = drivers.log.number(&lab, &driver)?;
            let last = drivers.log.last(no)?;
            drivers.fleet.enlist(no, last.map(|kept| kept.fix).as_ref());
            Ok(no)
        });
        enlisted.await.map_err(|_| Busy)
    }

    /// Labs that have a driver of that id.
    pub async fn labs_of(self: &Arc<Self>, driver: &DriverId) -> Result<Vec<LabId>, StoreError> {
        let id = driver.to_string();
        self.apart(move |drivers| {
            let records = drivers.store.get(Kind::Driver, None, &id)?;
            let drivers = records.iter().filter_map(Driver::from_record);
            Ok(drivers.map(|driver| driver.lab_id.clone()).collect())
        })
        .await
    }

    /// What a phone said before it fell silent.
    pub fn hear_last_words(&self, no: DriverNo, words: LastWords) {
        fleet::locked(&self.fleet.handle(no)).habit.hear(words);
    }

    /// Waits until what has that ticket is on disk; false if that takes too long.
    pub async fn on_disk(&self, ticket: u64) -> bool {
        let mut durable = self.durable.clone();
        let reached = durable.wait_for(|durable| *durable >= ticket);
        matches!(tokio::time::timeout(PATIENCE, reached).await, Ok(Ok(_)))
    }

    /// Where a driver is, for a reader that begins; nothing if nobody knows.
    pub fn standing(&self, lab: &LabId, driver: &str) -> Option<Value> {
        let no = self.log.find(lab, &DriverId::known(driver))?;
        let current = self.current(no)?;
        let mut value: Value = serde_json::from_str(&current.text(0)).ok()?;
        let object = value.as_object_mut()?;
        object.remove("type");
        object.remove("seq");
        Some(value)
    }

    /// Where everybody is, for a reader that missed some of it.
    pub fn positions(&self, interest: &Interest) -> Vec<Current> {
        self.fleet
            .numbers()
            .filter(|no| !self.fleet.is_away(*no))
            .filter_map(|no| self.current(no))
            .filter(|current| current.is_for(interest))
            .collect()
    }
}
