//! What is found, and where it is.

use std::collections::{HashMap, HashSet};

use jiff::Timestamp;
use jiff::civil::Date;
use pontic_core::delivery::{Case, CaseStatus, Delivery};
use pontic_core::directory::{Clinic, Driver};
use pontic_core::id::{ClinicId, DriverId, LabId, RouteId, StopId};
use pontic_core::pickup::Pickup;
use pontic_core::record::{Entity, Kind, Record};
use pontic_core::route::{Route, Stop};
use pontic_core::state::{DeliveryStatus, PickupStatus, RouteStatus};
use pontic_core::time;
use pontic_store::page::{Filter, Paging};
use pontic_store::{Store, StoreError};
use serde::Serialize;

use super::{MOST, words};
use crate::drivers::Drivers;
use crate::reading::clinic_of;

/// Clinics, drivers and open pickups of a lab that are looked through for a word.
const MOST_NAMES: usize = 5_000;

/// One thing that was found.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Item {
    kind: Kind,
    id: String,
    lab_id: LabId,
    title: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    clinic_id: Option<ClinicId>,
    #[serde(skip_serializing_if = "Option::is_none")]
    clinic_name: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    driver_id: Option<DriverId>,
    #[serde(skip_serializing_if = "Option::is_none")]
    driver_name: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    route_id: Option<RouteId>,
    #[serde(skip_serializing_if = "Option::is_none")]
    stop_id: Option<StopId>,
    #[serde(skip_serializing_if = "Option::is_none")]
    status: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    date: Option<Date>,
    #[serde(skip_serializing_if = "Option::is_none")]
    eta: Option<String>,
    /// Where it is now.
    #[serde(skip_serializing_if = "Option::is_none")]
    at: Option<&'static str>,
}

/// All that the text means, exact numbers first.
pub fn find(drivers: &Drivers, lab: Option<&LabId>, text: &str) -> Result<Vec<Item>, StoreError> {
    let store = drivers.store();
    let mut found = Vec::new();
    let forms = words::forms(text);
    for form in &forms {
        for record in store.starting_with(Kind::Case, lab, form, MOST)? {
            found.push(record);
        }
        for kind in [Kind::Delivery, Kind::Pickup, Kind::Route, Kind::Stop] {
            found.extend(store.get(kind, lab, form)?);
        }
        let sent = Filter {
            lab_id: lab.cloned(),
            pickup_id: Some(form.clone()),
            ..Filter::default()
        };
        found.extend(store.list(Kind::Pickup, &sent, &first(MOST))?.items);
    }
    let is_exact = |record: &Record| {
        let id = match record {
            Record::Pickup(pickup) => pickup.pickup_id.as_str(),
            other => other.id(),
        };
        forms.iter().any(|form| form == id || form == record.id())
    };
    found.extend(named(store, lab, text, &forms)?);
    let mut seen = HashSet::new();
    found.retain(|record| {
        seen.insert((
            record.kind(),
            record.lab_id().clone(),
            record.id().to_owned(),
        ))
    });
    // Stable: of those alike, the order of kinds and ids stays.
    found.sort_by_key(|record| !is_exact(record));
    let exact = found.iter().filter(|record| is_exact(record)).count();
    share_out(&mut found, exact);
    let mut whole = Whole::new(drivers);
    let items = found.iter().map(|record| whole.item(record));
    Ok(items
        .collect::<Result<Vec<_>, _>>()?
        .into_iter()
        .flatten()
        .collect())
}

/// Leaves what is shown: exact numbers, and of each kind a share of the rest, so that no beginning of many cases' numbers hides a clinic.
fn share_out(found: &mut Vec<Record>, exact: usize) {
    let mut of_kind: Vec<(Kind, usize)> = Vec::new();
    for record in found.iter().skip(exact) {
        match of_kind.iter_mut().find(|(kind, _)| *kind == record.kind()) {
            Some((_, count)) => *count += 1,
            None => of_kind.push((record.kind(), 1)),
        }
    }
    let counts: Vec<usize> = of_kind.iter().map(|(_, count)| *count).collect();
    let mut left = words::shares(&counts, MOST.saturating_sub(exact));
    let mut place = 0;
    found.retain(|record| {
        place += 1;
        if place <= exact {
            return place <= MOST;
        }
        let index = of_kind.iter().position(|(kind, _)| *kind == record.kind());
        let Some(left) = index.and_then(|index| left.get_mut(index)) else {
            return false;
        };
        let is_shown = *left > 0;
        *left = left.saturating_sub(1);
        is_shown
    });
}

const fn first(limit: usize) -> Paging {
    Paging { after: None, limit }
}

/// Open pickups by how their sender's number begins, clinics and drivers by words.
fn named(
    store: &dyn Store,
    lab: Option<&LabId>,
    text: &str,
    forms: &[String],
) -> Result<Vec<Record>, StoreError> {
    let of_lab = Filter {
        lab_id: lab.cloned(),
        ..Filter::default()
    };
    let mut found = Vec::new();
    for status in [PickupStatus::Requested, PickupStatus::Scheduled] {
        let open = Filter {
            status: Some(status.to_string()),
            ..of_lab.clone()
        };
        let pickups = store.list(Kind::Pickup, &open, &first(MOST_NAMES))?.items;
        let begins = |record: &Record| {
            let pickup = Pickup::from_record(record);
            pickup.is_some_and(|pickup| {
                forms
                    .iter()
                    .any(|form| pickup.pickup_id.starts_with(form.as_str()))
            })
        };
        found.extend(pickups.into_iter().filter(begins));
    }
    let clinics = store.list(Kind::Clinic, &of_lab, &first(MOST_NAMES))?.items;
    found.extend(clinics.into_iter().filter(|record| {
        Clinic::from_record(record).is_some_and(|clinic| {
            clinic.merged_into.is_none() && words::match_all(text, &clinic.name, clinic.id.as_str())
        })
    }));
    let drivers = store.list(Kind::Driver, &of_lab, &first(MOST_NAMES))?.items;
    found.extend(drivers.into_iter().filter(|record| {
        Driver::from_record(record)
            .is_some_and(|driver| words::match_all(text, &driver.name, driver.id.as_str()))
    }));
    Ok(found)
}

/// Makes found records whole: names, routes and times are looked up once.
struct Whole<'a> {
    drivers: &'a Drivers,
    etas: HashMap<(LabId, RouteId), HashMap<StopId, Timestamp>>,
}

impl<'a> Whole<'a> {
    fn new(drivers: &'a Drivers) -> Self {
        Self {
            drivers,
            etas: HashMap::new(),
        }
    }

    fn item(&mut self, record: &Record) -> Result<Option<Item>, StoreError> {
        let mut item = blank(record);
        match record {
            Record::Case(case) => self.case(&mut item, case)?,
            Record::Delivery(delivery) => on_delivery(&mut item, delivery),
            Record::Pickup(pickup) => on_pickup(&mut item, pickup),
            Record::Clinic(clinic) => self.clinic(&mut item, clinic)?,
            Record::Driver(driver) => self.driver(&mut item, driver)?,
            Record::Route(route) => {
                item.route_id = Some(route.id.clone());
                item.driver_id = Some(route.driver_id.clone());
            }
            Record::Stop(stop) => {
                item.route_id = Some(stop.route_id.clone());
                item.stop_id = Some(stop.id.clone());
            }
            _ => return Ok(None),
        }
        self.complete(&mut item)?;
        Ok(Some(item))
    }

    fn case(&self, item: &mut Item, case: &Case) -> Result<(), StoreError> {
        if let Some(id) = &case.delivery_id
            && let Some(delivery) = self.drivers.record::<Delivery>(&case.lab_id, id.as_str())?
        {
            on_delivery(item, &delivery);
        }
        item.status = Some(case.status.to_string());
        item.at = match case.status {
            CaseStatus::Known | CaseStatus::OnHold | CaseStatus::Scheduled => Some("lab"),
            CaseStatus::Out => Some("van"),
            CaseStatus::Delivered => Some("clinic"),
            CaseStatus::Cancelled => None,
        };
        Ok(())
    }

    /// Who comes to a clinic next, of what is on a route for it.
    fn clinic(&self, item: &mut Item, clinic: &Clinic) -> Result<(), StoreError> {
        let store = self.drivers.store();
        let on_route = |status: String| Filter {
            lab_id: Some(clinic.lab_id.clone()),
            clinic_id: Some(clinic.id.to_string()),
            status: Some(status),
            ..Filter::default()
        };
        for status in [DeliveryStatus::OutForDelivery, DeliveryStatus::Assigned] {
            let filter = on_route(status.to_string());
            let page = store.list(Kind::Delivery, &filter, &first(1))?;
            if let Some(delivery) = page.items.first().and_then(Delivery::from_record) {
                item.route_id.clone_from(&delivery.route_id);
                item.stop_id.clone_from(&delivery.stop_id);
                item.date = Some(delivery.date);
                return Ok(());
            }
        }
        let filter = on_route(PickupStatus::Scheduled.to_string());
        let page = store.list(Kind::Pickup, &filter, &first(1))?;
        if let Some(pickup) = page.items.first().and_then(Pickup::from_record) {
            item.route_id.clone_from(&pickup.route_id);
            item.stop_id.clone_from(&pickup.stop_id);
            item.date = Some(pickup.date);
        }
        Ok(())
    }

    /// The route that a driver is on.
    fn driver(&self, item: &mut Item, driver: &Driver) -> Result<(), StoreError> {
        item.driver_id = Some(driver.id.clone());
        let started = Filter {
            lab_id: Some(driver.lab_id.clone()),
            status: Some(RouteStatus::Started.to_string()),
            parent: Some(driver.id.to_string()),
            ..Filter::default()
        };
        let page = self
            .drivers
            .store()
            .list(Kind::Route, &started, &first(1))?;
        if let Some(route) = page.items.first().and_then(Route::from_record) {
            item.route_id = Some(route.id.clone());
            item.date = Some(route.date);
            item.status = Some(route.status.to_string());
        }
        Ok(())
    }

    /// Driver, names, and when it arrives.
    fn complete(&mut self, item: &mut Item) -> Result<(), StoreError> {
        let (drivers, lab) = (self.drivers, item.lab_id.clone());
        if let Some(id) = &item.route_id
            && let Some(route) = drivers.record::<Route>(&lab, id.as_str())?
        {
            item.date.get_or_insert(route.date);
            item.driver_id
                .get_or_insert_with(|| route.driver_id.clone());
            if matches!(route.status, RouteStatus::Planned | RouteStatus::Started) {
                item.eta = self.eta(item, route)?;
            }
        }
        if let Some(id) = &item.stop_id
            && item.clinic_name.is_none()
        {
            let stop = drivers.record::<Stop>(&lab, id.as_str())?;
            item.clinic_name = stop.and_then(|stop| stop.clinic_name);
        }
        if let Some(id) = &item.clinic_id
            && let Some(clinic) = clinic_of(drivers.store(), &lab, id.as_str())?
        {
            // A stub is called by its id; the plan may know better.
            let name = item.clinic_name.take().filter(|_| !clinic.verified);
            item.clinic_name = Some(name.unwrap_or(clinic.name));
        }
        if let Some(id) = &item.driver_id {
            let driver = drivers.record::<Driver>(&lab, id.as_str())?;
            item.driver_name = driver.map(|driver| driver.name);
        }
        Ok(())
    }

    fn eta(&mut self, item: &Item, route: Route) -> Result<Option<String>, StoreError> {
        let Some(stop) = &item.stop_id else {
            return Ok(None);
        };
        let key = (route.lab_id.clone(), route.id.clone());
        if !self.etas.contains_key(&key) {
            let etas = self.drivers.etas_of(route)?;
            self.etas.insert(key.clone(), etas);
        }
        let eta = self.etas.get(&key).and_then(|etas| etas.get(stop));
        Ok(eta.copied().map(time::format))
    }
}

fn blank(record: &Record) -> Item {
    let columns = record.columns();
    let title = match record {
        Record::Clinic(clinic) => clinic.name.clone(),
        Record::Driver(driver) => driver.name.clone(),
        Record::Pickup(pickup) => pickup.pickup_id.clone(),
        _ => columns.id.clone(),
    };
    let clinic_id = match record {
        Record::Clinic(clinic) => Some(clinic.id.clone()),
        _ => columns.clinic_id.map(ClinicId::known),
    };
    Item {
        kind: columns.kind,
        id: columns.id,
        lab_id: columns.lab_id,
        title,
        clinic_id,
        clinic_name: None,
        driver_id: None,
        driver_name: None,
        route_id: None,
        stop_id: None,
        status: columns.status.map(str::to_owned),
        date: columns.date,
        eta: None,
        at: None,
    }
}

fn on_delivery(item: &mut Item, delivery: &Delivery) {
    item.date = Some(delivery.date);
    item.route_id.clone_from(&delivery.route_id);
    item.stop_id.clone_from(&delivery.stop_id);
    item.driver_id.clone_from(&delivery.driver_id);
    item.at = match delivery.status {
        DeliveryStatus::Scheduled | DeliveryStatus::Assigned => Some("lab"),
        DeliveryStatus::OutForDelivery => Some("van"),
        DeliveryStatus::Delivered | DeliveryStatus::PartiallyDelivered => Some("clinic"),
        DeliveryStatus::Failed | DeliveryStatus::Cancelled => None,
    };
}

fn on_pickup(item: &mut Item, pickup: &Pickup) {
    item.route_id.clone_from(&pickup.route_id);
    item.stop_id.clone_from(&pickup.stop_id);
    item.driver_id.clone_from(&pickup.driver_id);
    item.at = match pickup.status {
        PickupStatus::Requested | PickupStatus::Scheduled | PickupStatus::Missed => Some("clinic"),
        PickupStatus::PickedUp => Some("van"),
        PickupStatus::AtLab => Some("lab"),
        PickupStatus::Cancelled => None,
    };
}
