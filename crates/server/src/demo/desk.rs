//! What dispatchers plan: who drives where, from the lists that the server gives them.

use std::collections::BTreeMap;

use anyhow::{Context, Result};
use jiff::Timestamp;
use pontic_core::time;
use serde_json::{Value, json};

use super::city::{City, Crossing};
use super::crew::{Crew, Run};
use super::doors::Doors;
use super::phone::after_minutes;
use super::script::{TODAY, Wave};

/// Minutes that a run may take: what is promised to the clinics.
const RUN_MIN: i64 = 150;
/// A van that stands is taken over after so long, in minutes.
const HELP_MIN: i64 = 12;

/// What is to be done at a clinic.
#[derive(Debug, Default)]
struct Work {
    deliveries: Vec<String>,
    pickups: Vec<String>,
}

/// A dispatcher of a lab.
pub struct Desk<'a> {
    /// The doors.
    pub doors: &'a Doors,
    /// The city.
    pub city: &'a City,
    /// Which of the labs.
    pub lab: usize,
    /// When the demo's day began.
    pub begins: Timestamp,
}

impl Desk<'_> {
    fn holder(&self) -> String {
        format!("desk {}", self.city.labs[self.lab].id)
    }

    fn at(&self, minute: i64) -> Timestamp {
        after_minutes(self.begins, self.city.labs[self.lab].later_min + minute)
    }

    /// Plans a run.
    pub async fn plan(&self, crews: &mut [Crew], wave: Wave) -> Result<()> {
        let until = self.at(wave.fetches_until_min());
        let work = self.open_work(until, |_| true).await?;
        let mut free: Vec<&mut Crew> = crews
            .iter_mut()
            .filter(|crew| crew.lab == self.lab && crew.is_free())
            .collect();
        if wave == Wave::Morning {
            // The last one is kept back for what goes wrong.
            free.pop();
        }
        let parts = self.split(work.keys().cloned().collect(), free.len());
        for (crew, clinics) in free.into_iter().zip(parts) {
            let run = self
                .route(
                    &crew.id,
                    wave.word(),
                    &clinics,
                    &work,
                    self.at(wave.leaves_min()),
                )
                .await?;
            crew.waiting.push_back(run);
        }
        Ok(())
    }

    /// Sends the one who was kept back out with what is urgent.
    pub async fn plan_rush(&self, crews: &mut [Crew], now: Timestamp) -> Result<Option<String>> {
        let is_rush = |delivery: &Value| delivery["priority"] == "RUSH";
        let mut work = self.open_work(Timestamp::MIN, is_rush).await?;
        work.retain(|_, work| !work.deliveries.is_empty());
        let mut mine = crews
            .iter_mut()
            .filter(|crew| crew.lab == self.lab && crew.is_free());
        let Some(crew) = mine.next_back().filter(|_| !work.is_empty()) else {
            return Ok(None);
        };
        let clinics: Vec<String> = work.keys().cloned().collect();
        let run = self.route(&crew.id, "RUSH", &clinics, &work, now).await?;
        crew.waiting.push_back(run);
        Ok(Some(format!(
            "a RUSH case is ready; {} leaves with it at once",
            crew.id
        )))
    }

    /// Gives what a broken-down van leaves to somebody who is free.
    pub async fn help(&self, crews: &mut [Crew], now: Timestamp) -> Result<Option<String>> {
        let stands = |crew: &Crew| {
            let since = crew.broke_at.map(|at| after_minutes(at, HELP_MIN));
            crew.lab == self.lab && since.is_some_and(|since| since <= now)
        };
        let (Some(broken), Some(helper)) = (
            crews.iter().position(stands),
            crews
                .iter()
                .rposition(|crew| crew.lab == self.lab && crew.is_free()),
        ) else {
            return Ok(None);
        };
        let route = crews[broken]
            .route()
            .context("a broken van without a route")?;
        let path = format!("/v1/routes/{route}?labId={}", self.city.labs[self.lab].id);
        let change = json!({ "driverId": crews[helper].id });
        self.doors
            .ask(&self.holder(), "PATCH", &path, &change)
            .await?
            .taken(&path)?;
        let from = Crossing::near(crews[broken].van.at);
        if let Some(run) = crews[broken].give_up() {
            crews[helper].join(run, from);
        }
        Ok(Some(format!(
            "{} drives what {} leaves",
            crews[helper].id, crews[broken].id
        )))
    }

    /// A clinic rang: its pickup has another window.
    pub async fn move_pickup(&self, pickup: &str, window: (Timestamp, Timestamp)) -> Result<()> {
        let path = format!("/v1/pickups/{pickup}?labId={}", self.city.labs[self.lab].id);
        let change =
            json!({ "windowStart": time::format(window.0), "windowEnd": time::format(window.1) });
        self.doors
            .ask(&self.holder(), "PATCH", &path, &change)
            .await?
            .taken(&path)?;
        Ok(())
    }

    /// By clinic: today's deliveries that `wanted` likes, and pickups that begin before that time.
    async fn open_work(
        &self,
        until: Timestamp,
        wanted: impl Fn(&Value) -> bool,
    ) -> Result<BTreeMap<String, Work>> {
        let holder = self.holder();
        let mut work: BTreeMap<String, Work> = BTreeMap::new();
        let path = format!("/v1/deliveries?date={TODAY}&status=scheduled");
        for delivery in self
            .doors
            .list(&holder, &path)
            .await?
            .iter()
            .filter(|one| wanted(one))
        {
            let of = work.entry(text(delivery, "clinicId")).or_default();
            of.deliveries.push(text(delivery, "deliveryId"));
        }
        let mut pickups = self
            .doors
            .list(&holder, "/v1/pickups?status=requested")
            .await?;
        // Ids of ours of one instant are in no order that another run would have.
        pickups.sort_by_key(|pickup| (text(pickup, "pickupId"), text(pickup, "source")));
        for pickup in &pickups {
            let starts: Option<Timestamp> = text(pickup, "windowStart").parse().ok();
            if starts.is_some_and(|starts| starts < until) {
                let of = work.entry(text(pickup, "clinicId")).or_default();
                of.pickups.push(text(pickup, "id"));
            }
        }
        Ok(work)
    }

    /// Around the lab, as a clock's hand goes, in so many parts; each in the order of a short way.
    fn split(&self, mut clinics: Vec<String>, parts: usize) -> Vec<Vec<String>> {
        let lab = self.city.labs[self.lab].at.spot();
        let angle = |id: &String| {
            let spot = self.city.clinic(id).map_or(lab, |clinic| clinic.at.spot());
            (spot.x - lab.x).atan2(spot.y - lab.y)
        };
        clinics.sort_by(|a, b| angle(a).total_cmp(&angle(b)));
        let each = clinics.len().div_ceil(parts.max(1)).max(1);
        clinics
            .chunks(each)
            .map(|part| self.in_order(part))
            .collect()
    }

    /// Always to the nearest one that is left.
    fn in_order(&self, clinics: &[String]) -> Vec<String> {
        let mut left = clinics.to_vec();
        let mut here = self.city.labs[self.lab].at.spot();
        let mut order = Vec::new();
        while !left.is_empty() {
            let away = |id: &String| {
                self.city
                    .clinic(id)
                    .map_or(0.0, |clinic| clinic.at.spot().metres_to(here))
            };
            let nearest =
                (0..left.len()).min_by(|a, b| away(&left[*a]).total_cmp(&away(&left[*b])));
            let next = left.remove(nearest.unwrap_or(0));
            here = self
                .city
                .clinic(&next)
                .map_or(here, |clinic| clinic.at.spot());
            order.push(next);
        }
        order
    }

    async fn route(
        &self,
        driver: &str,
        name: &str,
        clinics: &[String],
        work: &BTreeMap<String, Work>,
        starts: Timestamp,
    ) -> Result<Run> {
        let lab = self.city.labs[self.lab].id;
        let id = format!("{driver}-{name}");
        let until = time::format(after_minutes(starts, RUN_MIN));
        let stops: Vec<Value> = clinics
            .iter()
            .enumerate()
            .filter_map(|(index, clinic)| {
                let work = work.get(clinic)?;
                Some(json!({
                    "id": format!("{id}.{}", index + 1), "clinicId": clinic, "deliveryIds": work.deliveries,
                    "pickupIds": work.pickups, "windowStart": time::format(starts), "windowEnd": until,
                }))
            })
            .collect();
        let body = json!({ "id": id, "labId": lab, "driverId": driver, "date": TODAY.to_string(), "stops": stops });
        let planned = self
            .doors
            .ask(&self.holder(), "POST", "/v1/routes", &body)
            .await?;
        let planned = planned.taken("a route")?;
        let stops = planned["stops"].as_array().into_iter().flatten();
        Ok(Run {
            route: id,
            stops: stops
                .map(|stop| (text(stop, "id"), text(stop, "clinicId")))
                .collect(),
            starts,
        })
    }
}

/// A text of a record; empty if there is none.
pub fn text(record: &Value, name: &str) -> String {
    record[name].as_str().unwrap_or_default().to_owned()
}
