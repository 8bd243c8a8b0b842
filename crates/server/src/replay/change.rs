//! Another configuration to decide a day with: a file that says what would be different.

use std::collections::BTreeMap;
use std::sync::Arc;

use jiff::Timestamp;
use pontic_core::directory::{Clinic, Endpoint, Lab};
use pontic_core::event::{
    Body, ClinicMerged, ClinicSet, EndpointSet, Event, LabSet, Origin, RulesSet,
};
use pontic_core::id::{ClinicId, EndpointId, LabId, uuid_v7};
use pontic_core::record::Kind;
use pontic_core::rules::Rules;
use pontic_core::time::is_zone;
use serde::Serialize;
use serde::de::DeserializeOwned;
use serde_json::{Map, Value};

use super::ReplayError;
use super::again::{Again, Moment};
use super::placed;

type Members = Map<String, Value>;

/// What a file says would be different.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Change {
    rules: Members,
    labs: BTreeMap<String, Members>,
    clinics: BTreeMap<String, Members>,
    endpoints: BTreeMap<String, Members>,
}

const RULES: &[&str] = &[
    "defaultTimeZone",
    "maxPastHours",
    "maxFutureDays",
    "horizonDays",
    "rushNoticeHours",
];
const LAB: &[&str] = &["timeZone", "workingDays", "holidays", "cutoff"];
const CLINIC: &[&str] = &["labId", "timeZone", "hours", "holidays", "mergeInto"];
const ENDPOINT: &[&str] = &["labId", "timeZone", "clinics", "clinicMap"];

impl Change {
    /// Reads a file, TOML or JSON; names every fault.
    pub fn read(text: &str) -> Result<Self, Vec<String>> {
        let value = if text.trim_start().starts_with('{') {
            serde_json::from_str(text).map_err(|error| vec![format!("is no JSON: {error}")])?
        } else {
            let table: toml::Table =
                toml::from_str(text).map_err(|error| vec![format!("is no TOML: {error}")])?;
            of_toml(toml::Value::Table(table))
        };
        let mut faults = Vec::new();
        let mut change = Self::default();
        let Value::Object(sections) = value else {
            return Err(vec!["is no table".to_owned()]);
        };
        for (name, section) in sections {
            let Value::Object(members) = section else {
                faults.push(format!("{name}: is no table"));
                continue;
            };
            match name.as_str() {
                "rules" => change.rules = checked("rules", members, RULES, &mut faults),
                "labs" => change.labs = each("labs", members, LAB, &mut faults),
                "clinics" => change.clinics = each("clinics", members, CLINIC, &mut faults),
                "endpoints" => change.endpoints = each("endpoints", members, ENDPOINT, &mut faults),
                _ => faults.push(format!(
                    "{name}: is none of rules, labs, clinics, endpoints"
                )),
            }
        }
        if faults.is_empty() && change == Self::default() {
            faults.push("changes nothing".to_owned());
        }
        if faults.is_empty() {
            Ok(change)
        } else {
            Err(faults)
        }
    }

    /// Makes it hold in `world` from `at` on (things without a lab are those of `lab`); gives what cannot hold yet, because what it speaks of is not there. What holds
    /// already is left alone, so it may be told again.
    pub fn apply(
        &self,
        world: &mut Again<'_>,
        lab: Option<&LabId>,
        at: Timestamp,
        count: &mut u32,
    ) -> Result<Vec<String>, ReplayError> {
        let mut pending = Vec::new();
        if !self.rules.is_empty() {
            let rules: Rules = patched(world.rules(), &self.rules, "rules")?;
            if rules != *world.rules() {
                tell(world, at, count, RulesSet { rules }.into())?;
            }
        }
        for (id, members) in &self.labs {
            let lab_id = LabId::known(id.as_str());
            let lab = placed::record::<Lab>(world, &lab_id, id)?;
            let lab = lab.unwrap_or_else(|| Lab::stub(lab_id));
            let mut changed: Lab = patched(&lab, members, &format!("labs.{id}"))?;
            // What is sealed is no part of the patch.
            changed.private = lab.private.clone();
            if changed != lab {
                let body = LabSet {
                    private: changed.private.clone(),
                    lab: changed,
                    expected: None,
                };
                tell(world, at, count, body.into())?;
            }
        }
        for (id, members) in &self.clinics {
            pending.extend(clinic(world, lab, at, count, id, members)?);
        }
        for (id, members) in &self.endpoints {
            pending.extend(endpoint(world, lab, at, count, id, members)?);
        }
        Ok(pending)
    }
}

fn clinic(
    world: &mut Again<'_>,
    lab: Option<&LabId>,
    at: Timestamp,
    count: &mut u32,
    id: &str,
    members: &Members,
) -> Result<Option<String>, ReplayError> {
    let path = format!("clinics.{id}");
    let Some(lab_id) = lab_of(world, lab, Kind::Clinic, id, members, &path)? else {
        return Ok(Some(format!(
            "{path}: there is no such clinic on that day; labId says where it would be"
        )));
    };
    let mut members = members.clone();
    members.remove("labId");
    let into = members.remove("mergeInto");
    let known = placed::record::<Clinic>(world, &lab_id, id)?;
    let clinic = known
        .clone()
        .unwrap_or_else(|| Clinic::stub(lab_id.clone(), ClinicId::known(id)));
    let mut changed: Clinic = patched(&clinic, &members, &path)?;
    // What is sealed is no part of the patch.
    changed.private = clinic.private.clone();
    if known.as_ref() != Some(&changed) {
        let body = ClinicSet {
            private: changed.private.clone(),
            clinic: changed,
            expected: None,
        };
        tell(world, at, count, body.into())?;
    }
    let into = into.as_ref().and_then(Value::as_str).map(ClinicId::known);
    let Some(into) = into.filter(|into| clinic.merged_into.as_ref() != Some(into)) else {
        return Ok(None);
    };
    if placed::record::<Clinic>(world, &lab_id, into.as_str())?.is_none() {
        return Ok(Some(format!(
            "{path}.mergeInto: there is no such clinic on that day"
        )));
    }
    let body = ClinicMerged {
        lab_id,
        clinic_id: ClinicId::known(id),
        into,
    };
    tell(world, at, count, body.into()).map(|()| None)
}

fn endpoint(
    world: &mut Again<'_>,
    lab: Option<&LabId>,
    at: Timestamp,
    count: &mut u32,
    id: &str,
    members: &Members,
) -> Result<Option<String>, ReplayError> {
    let path = format!("endpoints.{id}");
    let lab_id = match placed::labs_with(world, Kind::Endpoint, id)?.as_slice() {
        [] if pontic_wire::ehr::by_system(id).is_some() => {
            Some(LabId::known(crate::endpoints::DEFAULT_LAB))
        }
        _ => lab_of(world, lab, Kind::Endpoint, id, members, &path)?,
    };
    let known = match &lab_id {
        Some(lab_id) => placed::endpoint(world, lab_id, &EndpointId::known(id))?,
        None => None,
    };
    let Some(endpoint) = known else {
        return Ok(Some(format!(
            "{path}: there is no such endpoint on that day"
        )));
    };
    let mut members = members.clone();
    members.remove("labId");
    let mut changed: Endpoint = patched(&endpoint, &members, &path)?;
    changed.private = endpoint.private.clone();
    if changed != endpoint {
        let body = EndpointSet {
            private: changed.private.clone(),
            endpoint: changed,
            expected: None,
        };
        tell(world, at, count, body.into())?;
    }
    Ok(None)
}

/// The lab that a clinic or endpoint is of: as said, or the one that is looked at, or the only one that has it; nothing if there is
/// none yet.
fn lab_of(
    world: &mut Again<'_>,
    lab: Option<&LabId>,
    kind: Kind,
    id: &str,
    members: &Members,
    path: &str,
) -> Result<Option<LabId>, ReplayError> {
    if let Some(said) = members.get("labId").and_then(Value::as_str) {
        return Ok(Some(LabId::known(said)));
    }
    let known = placed::labs_with(world, kind, id)?;
    if let Some(lab) = lab.filter(|lab| known.is_empty() || known.contains(lab)) {
        return Ok(Some(lab.clone()));
    }
    match known.as_slice() {
        [] => Ok(None),
        [lab] => Ok(Some(lab.clone())),
        _ => Err(ReplayError::Unfit(format!(
            "{path}: several labs have one: labId says which"
        ))),
    }
}

/// Decides an event that is in no log.
fn tell(
    world: &mut Again<'_>,
    at: Timestamp,
    count: &mut u32,
    body: Body,
) -> Result<(), ReplayError> {
    *count += 1;
    let mut tail = [0xd9; 10];
    tail[6..].copy_from_slice(&count.to_be_bytes());
    let moment = Moment {
        seq: 0,
        at,
        entry: uuid_v7(u64::try_from(at.as_millisecond()).unwrap_or(0), tail),
    };
    let name = body.name();
    let origin = Origin {
        scope: None,
        driver: None,
        source: "pontic.dry-run".to_owned(),
        id: None,
        time: None,
        actor: "dry-run".to_owned(),
        redriven: None,
    };
    let event = Arc::new(Event { origin, body });
    match world.decide(moment, &event)? {
        Ok(_) => Ok(()),
        Err(refusal) => Err(ReplayError::Unfit(format!(
            "the change would be refused: {name}: {}",
            refusal.code()
        ))),
    }
}

/// `value` with these members in place of its own; `null` takes one away.
fn patched<T: Serialize + DeserializeOwned>(
    value: &T,
    members: &Members,
    path: &str,
) -> Result<T, ReplayError> {
    let unfit = |error: serde_json::Error| ReplayError::Unfit(format!("{path}: {error}"));
    let mut json = serde_json::to_value(value).map_err(unfit)?;
    if let Value::Object(own) = &mut json {
        for (name, member) in members {
            if member.is_null() {
                own.remove(name);
            } else {
                own.insert(name.clone(), member.clone());
            }
        }
    }
    serde_json::from_value(json).map_err(unfit)
}

fn each(
    section: &str,
    items: Members,
    known: &[&str],
    faults: &mut Vec<String>,
) -> BTreeMap<String, Members> {
    let mut all = BTreeMap::new();
    for (id, item) in items {
        let path = format!("{section}.{id}");
        match item {
            Value::Object(members) if pontic_core::id::check(&id).is_ok() => {
                let members = checked(&path, members, known, faults);
                all.insert(id, members);
            }
            Value::Object(_) => faults.push(format!("{path}: is no id")),
            _ => faults.push(format!("{path}: is no table")),
        }
    }
    all
}

fn checked(path: &str, members: Members, known: &[&str], faults: &mut Vec<String>) -> Members {
    for (name, member) in &members {
        if !known.contains(&name.as_str()) {
            faults.push(format!("{path}.{name}: is none of {}", known.join(", ")));
        }
        let is_unknown_zone = member.as_str().is_some_and(|zone| !is_zone(zone));
        if matches!(name.as_str(), "timeZone" | "defaultTimeZone") && is_unknown_zone {
            faults.push(format!("{path}.{name}: is no IANA zone"));
        }
    }
    members
}

/// TOML has dates and times of its own: here they are the texts that JSON has.
fn of_toml(value: toml::Value) -> Value {
    match value {
        toml::Value::String(text) => text.into(),
        toml::Value::Integer(number) => number.into(),
        toml::Value::Float(number) => number.into(),
        toml::Value::Boolean(value) => value.into(),
        toml::Value::Datetime(time) => time.to_string().into(),
        toml::Value::Array(items) => items.into_iter().map(of_toml).collect(),
        toml::Value::Table(members) => members
            .into_iter()
            .map(|(name, member)| (name, of_toml(member)))
            .collect::<Members>()
            .into(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_file_is_toml_or_json_and_every_fault_is_named() {
        let toml = Change::read(
            "[rules]\nmaxPastHours = 48\n[labs.L1]\nholidays = [2026-01-01]\n[endpoints.opendental.clinicMap]\n0 = \"CLI-9\"",
        );
        let json = Change::read(
            r#"{"rules":{"maxPastHours":48},"labs":{"L1":{"holidays":["2026-01-01"]}},"endpoints":{"opendental":{"clinicMap":{"0":"CLI-9"}}}}"#,
        );
        assert_eq!(toml, json);
        let faults = Change::read(
            r#"{"rules":{"maxPast":1},"labs":{"L1":{"timeZone":"Mars/Olympus"}},"lab":{}}"#,
        );
        assert_eq!(faults.expect_err("faulty").len(), 3);
        assert!(Change::read("").is_err());
    }
}
