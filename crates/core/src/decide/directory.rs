//! Labs, clinics, drivers and endpoints as people set them up.

use std::collections::BTreeMap;

use super::cases::{join, leave};
use super::pickups::open_at;
use super::publish::{Alert, Publication};
use super::series;
use super::{Desk, Refusal, Step, fault};
use crate::delivery::{Case, Delivery};
use crate::directory::{Clinic, Driver, Endpoint, Lab};
use crate::event::{
    ClinicMerged, ClinicSet, DriverSet, EndpointSet, LabSet, MappingGiven, MessageRefused, RulesSet,
};
use crate::facts::Key;
use crate::fault::Reason;
use crate::id::LabId;
use crate::phi::Phi;
use crate::pickup::Series;
use crate::record::{Entity, Kind};
use crate::rules::RuleBook;
use crate::view;

/// A lab is like this from here on.
pub fn lab_set(desk: &mut Desk<'_>, detail: &LabSet) -> Step<String> {
    let lab = Lab {
        verified: true,
        private: detail.private.clone(),
        ..detail.lab.clone()
    };
    desk.check_scope(&lab.id)?;
    let before = desk.get::<Lab>(&lab.id, lab.id.as_str())?;
    desk.expect(detail.expected, before.map_or(0, |lab| lab.version))?;
    put_new_or_changed(desk, lab)
}

/// The rules are these from here on.
pub fn rules_set(desk: &mut Desk<'_>, detail: &RulesSet) -> Step<String> {
    put_new_or_changed(desk, RuleBook::of(detail.rules.clone()))
}

/// A message of an authentic sender could not be used: somebody must look at it.
pub fn message_refused(desk: &mut Desk<'_>, detail: &MessageRefused) -> String {
    let about = serde_json::json!({
        "quarantineId": detail.quarantine_id,
        "source": detail.source,
        "eventType": detail.name,
        "reason": detail.code,
    });
    // A message that does not say whose it is concerns those who look after all labs.
    let lab = detail.lab_id.clone().unwrap_or_else(|| LabId::known("-"));
    desk.alert(Alert::new(&lab, "quarantined", about));
    "{}".to_owned()
}

/// A driver is like this from here on.
pub fn driver_set(desk: &mut Desk<'_>, detail: &DriverSet) -> Step<String> {
    let lab_id = detail.driver.lab_id.clone();
    desk.lab(&lab_id)?;
    let before = desk.get::<Driver>(&lab_id, detail.driver.id.as_str())?;
    desk.expect(
        detail.expected,
        before.as_ref().map_or(0, |driver| driver.version),
    )?;
    let driver = Driver {
        verified: true,
        private: detail.private.clone(),
        ..detail.driver.clone()
    };
    // Whether they are at work they say themselves.
    let driver = match before {
        Some(before) => Driver {
            presence: before.presence,
            presence_since: before.presence_since,
            paused_until: before.paused_until,
            ..driver
        },
        None => driver,
    };
    put_new_or_changed(desk, driver)
}

/// An endpoint is like this from here on.
pub fn endpoint_set(desk: &mut Desk<'_>, detail: &EndpointSet) -> Step<String> {
    let endpoint = Endpoint {
        private: detail.private.clone(),
        ..detail.endpoint.clone()
    };
    desk.lab(&endpoint.lab_id)?;
    let labs = desk.ids_of(Key::Labs(Kind::Endpoint, endpoint.id.to_string()))?;
    if labs.iter().any(|lab| lab != endpoint.lab_id.as_str()) {
        return Err(Refusal::Conflict("endpoint_of_another_lab").into());
    }
    let before = desk.get::<Endpoint>(&endpoint.lab_id, endpoint.id.as_str())?;
    desk.expect(
        detail.expected,
        before.as_ref().map_or(0, |before| before.version),
    )?;
    // Secrets are written, never read back: who does not name them keeps them.
    let private = match before {
        Some(before) if detail.private.reveal().secrets.is_empty() => before.private,
        _ => endpoint.private.clone(),
    };
    put_new_or_changed(
        desk,
        Endpoint {
            private,
            ..endpoint
        },
    )
}

/// Most clinics that an endpoint's map knows.
const MAX_CLINICS: usize = 10_000;
/// Most words of priority that an endpoint knows.
const MAX_PRIORITIES: usize = 100;

/// An endpoint learns what a number or word of its sender means. What else it knows stays.
pub fn mapping_given(desk: &mut Desk<'_>, detail: &MappingGiven) -> Step<String> {
    desk.lab(&detail.lab_id)?;
    let before = desk.get::<Endpoint>(&detail.lab_id, detail.endpoint_id.as_str())?;
    let mut endpoint = before.unwrap_or_else(|| Endpoint {
        id: detail.endpoint_id.clone(),
        lab_id: detail.lab_id.clone(),
        system: detail.system.clone(),
        time_zone: detail.time_zone.clone(),
        clinics: Vec::new(),
        clinic_map: BTreeMap::new(),
        priorities: BTreeMap::new(),
        version: 0,
        private: Phi::default(),
    });
    endpoint.clinic_map.extend(detail.clinic_map.clone());
    endpoint.priorities.extend(detail.priorities.clone());
    if endpoint.clinic_map.len() > MAX_CLINICS {
        return Err(fault("clinicMap", Reason::TooLong));
    }
    if endpoint.priorities.len() > MAX_PRIORITIES {
        return Err(fault("priorities", Reason::TooLong));
    }
    // A list that names nobody allows everybody: then there is nothing to add.
    if !endpoint.clinics.is_empty() {
        for clinic in &detail.clinics {
            if !endpoint.clinics.contains(clinic) {
                endpoint.clinics.push(clinic.clone());
            }
        }
    }
    put_new_or_changed(desk, endpoint)
}

/// A clinic is like this from here on.
pub fn clinic_set(desk: &mut Desk<'_>, detail: &ClinicSet) -> Step<String> {
    let lab = desk.lab(&detail.clinic.lab_id)?;
    let before = desk.get::<Clinic>(&lab.id, detail.clinic.id.as_str())?;
    desk.expect(
        detail.expected,
        before.as_ref().map_or(0, |clinic| clinic.version),
    )?;
    let merged_into = before
        .as_ref()
        .and_then(|clinic| clinic.merged_into.clone());
    let private = detail.private.clone();
    let clinic = Clinic {
        verified: true,
        merged_into,
        private,
        ..detail.clinic.clone()
    };
    if let Some(zone) = clinic.time_zone.clone()
        && before.is_some_and(|before| before.time_zone.as_ref() != Some(&zone))
    {
        let open = Key::OpenAt(Kind::Series, lab.id.clone(), clinic.id.clone());
        for series in desk.all::<Series>(&lab.id, open)? {
            series::rezone(desk, series, zone.clone())?;
        }
    }
    put_new_or_changed(desk, clinic)
}

/// Puts a record in its place; the result says whether it is new.
pub fn put_new_or_changed<E: Entity>(desk: &mut Desk<'_>, value: E) -> Step<String> {
    let (lab, id) = (value.lab_id().clone(), value.id().to_owned());
    let new = desk.get::<E>(&lab, &id)?.is_none();
    desk.put(value);
    let value = desk.need::<E>(&lab, &id, "unknown")?;
    Ok(format!(
        "{{\"new\":{new},\"record\":{}}}",
        view::json(&value)
    ))
}

/// One clinic is really another: what is open moves there, and whoever names the old one means the new one.
pub fn clinic_merged(desk: &mut Desk<'_>, detail: &ClinicMerged) -> Step<String> {
    if detail.clinic_id == detail.into {
        return Err(fault("mergeInto", Reason::OutOfRange));
    }
    let lab = desk.lab(&detail.lab_id)?;
    let mut old = desk.need::<Clinic>(&lab.id, detail.clinic_id.as_str(), "unknown_clinic")?;
    let into = desk.get::<Clinic>(&lab.id, detail.into.as_str())?;
    let Some(into) = into.filter(|into| into.merged_into.is_none()) else {
        return Err(fault("mergeInto", Reason::NotFound));
    };
    if old
        .merged_into
        .as_ref()
        .is_some_and(|target| *target != into.id)
    {
        return Err(Refusal::Conflict("already_merged").into());
    }
    old.merged_into = Some(into.id.clone());
    move_deliveries(desk, &lab, &old, &into)?;
    move_pickups(desk, &lab, &old, &into)?;
    redirect_earlier(desk, &lab, &old, &into)?;
    put_new_or_changed(desk, old)
}

fn move_deliveries(desk: &mut Desk<'_>, lab: &Lab, old: &Clinic, into: &Clinic) -> Step<()> {
    for mut delivery in desk.all::<Delivery>(
        &lab.id,
        Key::OpenAt(Kind::Delivery, lab.id.clone(), old.id.clone()),
    )? {
        let cases = desk.parts::<Case>(&lab.id, delivery.id.as_str())?;
        let there = desk.ids_of(Key::OpenDelivery(
            lab.id.clone(),
            into.id.clone(),
            delivery.date,
        ))?;
        if there.is_empty() {
            delivery.clinic_id = into.id.clone();
            for case in cases {
                desk.put(Case {
                    clinic_id: Some(into.id.clone()),
                    ..case
                });
            }
            desk.put(delivery.clone());
            desk.publish(Publication::delivery(&delivery, false));
            continue;
        }
        for case in cases {
            let case = leave(desk, case)?;
            join(desk, lab, into, delivery.date, case)?;
        }
    }
    Ok(())
}

fn move_pickups(desk: &mut Desk<'_>, lab: &Lab, old: &Clinic, into: &Clinic) -> Step<()> {
    for mut pickup in open_at(desk, &lab.id, old)? {
        pickup.clinic_id = into.id.clone();
        desk.put(pickup);
    }
    for mut series in desk.all::<Series>(
        &lab.id,
        Key::OpenAt(Kind::Series, lab.id.clone(), old.id.clone()),
    )? {
        series.clinic_id = into.id.clone();
        desk.put(series);
    }
    Ok(())
}

/// Clinics that were merged into the old one point at the new one, so that one step always suffices.
fn redirect_earlier(desk: &mut Desk<'_>, lab: &Lab, old: &Clinic, into: &Clinic) -> Step<()> {
    for mut clinic in desk.parts::<Clinic>(&lab.id, old.id.as_str())? {
        clinic.merged_into = Some(into.id.clone());
        desk.put(clinic);
    }
    Ok(())
}
