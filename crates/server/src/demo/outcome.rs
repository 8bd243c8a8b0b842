//! How the day ended, as the server tells it: all its lists, read once.

use std::collections::{BTreeMap, BTreeSet};

use anyhow::Result;
use serde_json::Value;

use super::city::City;
use super::desk::text;
use super::doors::Doors;
use super::finance::WANTED;
use super::script::TODAY;

/// Positions of a page.
const PAGE: usize = 5_000;

/// What the server says of the day.
pub struct Outcome {
    /// Deliveries with their cases.
    pub deliveries: Vec<Value>,
    /// Pickups whose window begins today.
    pub pickups: Vec<Value>,
    /// Invoices.
    pub invoices: Vec<Value>,
    /// Routes with their stops.
    pub routes: Vec<Value>,
    /// All alerts.
    pub alerts: Vec<Value>,
    /// Messages that are still in quarantine, and all that ever were.
    pub quarantined: (usize, usize),
    /// What was published of what finance wants: ids.
    pub for_finance: BTreeSet<String>,
    /// What was published, by type.
    pub published: BTreeMap<String, u64>,
    /// How often each invoice was billed.
    pub billed: BTreeMap<String, u64>,
    /// How often each clinic was told that its driver comes, by stop.
    pub notices: BTreeMap<String, u64>,
    /// How often it was observed, by what.
    pub observed: BTreeMap<String, u64>,
    /// Messages that will not be tried again.
    pub dead_letters: usize,
    /// By driver: the day's statistics, and how many positions were kept and how many are suspect.
    pub drivers: Vec<(String, Value, u64, u64)>,
}

impl Outcome {
    /// Reads everything.
    pub async fn read(doors: &Doors, city: &City) -> Result<Self> {
        let mut deliveries = Vec::new();
        for delivery in doors.list("admin", "/v1/deliveries").await? {
            let path = format!("/v1/deliveries/{}", text(&delivery, "deliveryId"));
            let whole = doors.ask("admin", "GET", &path, &Value::Null).await?;
            deliveries.push(whole.taken(&path)?);
        }
        let mut outcome = Self {
            deliveries,
            pickups: doors
                .list("admin", &format!("/v1/pickups?date={TODAY}"))
                .await?,
            invoices: doors.list("admin", "/v1/invoices").await?,
            routes: doors.list("admin", "/v1/routes").await?,
            alerts: doors.list("admin", "/v1/alerts?status=all").await?,
            quarantined: (
                doors.list("admin", "/v1/quarantine").await?.len(),
                doors
                    .list("admin", "/v1/quarantine?status=all")
                    .await?
                    .len(),
            ),
            for_finance: BTreeSet::new(),
            published: BTreeMap::new(),
            billed: BTreeMap::new(),
            notices: BTreeMap::new(),
            observed: BTreeMap::new(),
            dead_letters: doors.list("admin", "/v1/dead-letters").await?.len(),
            drivers: Vec::new(),
        };
        for event in doors.list("admin", "/v1/events?direction=out").await? {
            outcome.hear(&event);
        }
        for name in ["StopSighted", "SightingCorrected", "DriverSilent"] {
            let path = format!("/v1/events?direction=in&type={name}");
            let seen = doors.list("admin", &path).await?;
            outcome
                .observed
                .insert(name.to_owned(), u64::try_from(seen.len()).unwrap_or(0));
        }
        for driver in &city.drivers {
            let lab = city.labs[driver.lab].id;
            let path = format!(
                "/v1/drivers/{}/statistics?date={TODAY}&labId={lab}",
                driver.id
            );
            let statistics = doors.ask("admin", "GET", &path, &Value::Null).await?;
            let (kept, suspect) = positions(doors, &driver.id, lab).await?;
            outcome
                .drivers
                .push((driver.id.clone(), statistics.taken(&path)?, kept, suspect));
        }
        Ok(outcome)
    }

    fn hear(&mut self, event: &Value) {
        let name = text(event, "type");
        if WANTED.contains(&name.as_str()) {
            self.for_finance.insert(text(event, "id"));
        }
        let detail = &event["detail"];
        match name.as_str() {
            "BillingTriggered" => *self.billed.entry(text(detail, "invoiceId")).or_default() += 1,
            "ArrivalNotification" => *self.notices.entry(text(detail, "stopId")).or_default() += 1,
            _ => {}
        }
        *self.published.entry(name).or_default() += 1;
    }

    /// All stops, in the order of routes.
    pub fn stops(&self) -> impl Iterator<Item = &Value> {
        let routes = self.routes.iter();
        routes.flat_map(|route| route["stops"].as_array().into_iter().flatten())
    }

    /// All cases, with the delivery that each is in.
    pub fn cases(&self) -> impl Iterator<Item = (&Value, &Value)> {
        self.deliveries.iter().flat_map(|delivery| {
            let cases = delivery["cases"].as_array().into_iter().flatten();
            cases.map(move |case| (case, delivery))
        })
    }

    /// Delivered cases that no invoice holds.
    pub fn unbilled(&self) -> Vec<String> {
        let lines = self
            .invoices
            .iter()
            .flat_map(|invoice| invoice["cases"].as_array().into_iter().flatten());
        let invoiced: BTreeSet<String> = lines.map(|line| text(line, "caseId")).collect();
        let delivered = self
            .cases()
            .filter(|(case, _)| case["status"] == "delivered");
        let mut unbilled: Vec<String> = delivered
            .map(|(case, _)| text(case, "caseId"))
            .filter(|case| !invoiced.contains(case))
            .collect();
        unbilled.sort_unstable();
        unbilled
    }
}

async fn positions(doors: &Doors, driver: &str, lab: &str) -> Result<(u64, u64)> {
    let (mut kept, mut suspect) = (0, 0);
    let mut after = String::new();
    loop {
        let path = format!("/v1/drivers/{driver}/positions?labId={lab}&limit={PAGE}{after}");
        let page = doors.ask("admin", "GET", &path, &Value::Null).await?;
        let page = page.taken(&path)?;
        for fix in page["items"].as_array().into_iter().flatten() {
            kept += 1;
            suspect += u64::from(fix["suspect"] == true);
        }
        match page["next"].as_str() {
            Some(next) => after = format!("&after={next}"),
            None => return Ok((kept, suspect)),
        }
    }
}
