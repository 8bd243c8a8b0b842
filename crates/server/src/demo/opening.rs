//! Before the day begins: labs, clinics, drivers, endpoints, tokens, phones.

use anyhow::Result;
use jiff::Timestamp;
use serde_json::{Value, json};

use super::city::{City, Clinic};
use super::crew::{Crew, Trouble};
use super::doors::Doors;
use super::lines::PhoneLine;
use super::phone::{App, Phone, Quirk, after_minutes};
use super::script::{MORNING_MIN, practice};

const DAYS: [&str; 5] = ["MO", "TU", "WE", "TH", "FR"];

/// The lab's own endpoint for that system.
pub fn endpoint_id(lab: &str, system: &str) -> String {
    format!("{}-{system}", lab.to_lowercase())
}

/// Sets everything up, as an administrator and the dispatchers do.
pub async fn set_up(doors: &mut Doors, city: &City, secrets: &[(String, String)]) -> Result<()> {
    for lab in &city.labs {
        let body = json!({
            "name": lab.name, "timeZone": lab.zone, "location": lab.at.spot().on_the_globe(), "workingDays": DAYS,
        });
        put(doors, "admin", &format!("/v1/labs/{}", lab.id), &body).await?;
        let sources = |name: &str| json!({ "role": "source", "labId": lab.id, "sources": [name] });
        for (holder, grant) in [
            ("desk", json!({ "role": "dispatcher", "labId": lab.id })),
            ("production", sources("cases.production")),
            ("portal", sources("crm.portal")),
            ("finance", json!({ "role": "finance", "labId": lab.id })),
        ] {
            doors
                .employ(&format!("{holder} {}", lab.id), &grant)
                .await?;
        }
    }
    for clinic in &city.clinics {
        let lab = city.labs[clinic.lab].id;
        let path = format!("/v1/clinics/{}", clinic.id);
        put(
            doors,
            &format!("desk {lab}"),
            &path,
            &described(clinic, lab),
        )
        .await?;
    }
    for driver in &city.drivers {
        let lab = city.labs[driver.lab].id;
        let body = json!({ "labId": lab, "name": driver.name, "shift": { "from": "08:00", "to": "17:00" }, "capacity": 60 });
        put(
            doors,
            &format!("desk {lab}"),
            &format!("/v1/drivers/{}", driver.id),
            &body,
        )
        .await?;
        let grant = json!({ "role": "driver", "labId": lab, "driverId": driver.id });
        doors.employ(&driver.id, &grant).await?;
    }
    for lab in 0..city.labs.len() {
        for (system, secret) in secrets {
            let known = Vec::new();
            set_endpoint(doors, city, lab, system, Some(secret), &known).await?;
        }
    }
    Ok(())
}

async fn put(doors: &Doors, holder: &str, path: &str, body: &Value) -> Result<()> {
    doors.ask(holder, "PUT", path, body).await?.taken(path)?;
    Ok(())
}

fn described(clinic: &Clinic, lab: &str) -> Value {
    let open = json!([{ "from": clinic.hours.0, "to": clinic.hours.1 }]);
    let hours: serde_json::Map<String, Value> = DAYS
        .into_iter()
        .map(|day| (day.to_owned(), open.clone()))
        .collect();
    json!({
        "labId": lab, "name": clinic.name, "address": clinic.address, "location": clinic.at.spot().on_the_globe(),
        "timeZone": clinic.zone, "hours": hours, "contact": { "name": "Front desk", "phone": "555-0100" },
    })
}

/// The lab's endpoint for that system: whom it speaks for, and what practices call themselves; `more` names beside the usual ones.
/// Without a secret it keeps the one that it has.
pub async fn set_endpoint(
    doors: &Doors,
    city: &City,
    lab: usize,
    system: &str,
    secret: Option<&str>,
    more: &[(String, String)],
) -> Result<()> {
    let clinics: Vec<&Clinic> = city
        .clinics_of(lab)
        .filter(|clinic| clinic.system == system)
        .collect();
    let usual = clinics
        .iter()
        .map(|clinic| (practice(clinic), clinic.id.clone()));
    let map: serde_json::Map<String, Value> = usual
        .chain(more.iter().cloned())
        .map(|(theirs, ours)| (theirs, ours.into()))
        .collect();
    let ids: Vec<&str> = clinics.iter().map(|clinic| clinic.id.as_str()).collect();
    let mut body = json!({
        "labId": city.labs[lab].id, "system": system, "timeZone": city.labs[lab].zone, "clinics": ids, "clinicMap": map,
    });
    if let Some(secret) = secret {
        body["secrets"] = json!([secret]);
    }
    let id = endpoint_id(city.labs[lab].id, system);
    put(doors, "admin", &format!("/v1/endpoints/{id}"), &body).await
}

/// The drivers with their vans and phones, and what will go wrong with them.
pub async fn crews(doors: &Doors, city: &City, begins: Timestamp, seed: u64) -> Result<Vec<Crew>> {
    let mut crews = Vec::new();
    for (index, driver) in city.drivers.iter().enumerate() {
        let lab = &city.labs[driver.lab];
        let at = |minute| after_minutes(begins, lab.later_min + MORNING_MIN + minute);
        let quirks = match index {
            0 => vec![Quirk::Jumps, Quirk::Repeats],
            1 => vec![Quirk::Teleport(at(14))],
            2 => vec![Quirk::Tunnel(at(12), at(17))],
            3 => vec![Quirk::Repeats],
            4 => vec![Quirk::EmptyBattery(at(20), at(42))],
            6 => vec![Quirk::OutOfOrder],
            _ => Vec::new(),
        };
        let app = match index {
            3 => App::OsmAnd(device(doors, lab.id, &driver.id).await?.0),
            5 | 7 => {
                let (device, secret) = device(doors, lab.id, &driver.id).await?;
                App::OwnTracks(device, secret)
            }
            _ => App::Ours(Box::new(PhoneLine::open(doors, &driver.id).await?)),
        };
        let phone = Phone::new(app, &driver.id, quirks, seed);
        let mut crew = Crew::new(&driver.id, driver.lab, lab.at, phone, seed);
        crew.troubles = match index {
            0 => vec![Trouble::Damaged],
            1 => vec![Trouble::Fine, Trouble::Fine, Trouble::Closed],
            6 => vec![Trouble::Fine, Trouble::Nobody],
            _ => Vec::new(),
        }
        .into();
        crew.breaks_at = (index == 5).then(|| at(25));
        crews.push(crew);
    }
    Ok(crews)
}

async fn device(doors: &Doors, lab: &str, driver: &str) -> Result<(String, String)> {
    doors.device(&format!("desk {lab}"), lab, driver).await
}
