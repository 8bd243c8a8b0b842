//! The day, step by step: what is due happens, the vans go on, the phones send.

use std::collections::VecDeque;

use anyhow::{Context, Result};
use futures_util::future::join_all;
use jiff::tz::TimeZone;
use jiff::{SignedDuration, Timestamp};
use pontic_core::time;
use serde_json::Value;

use super::bus::Bus;
use super::city::City;
use super::crew::Crew;
use super::desk::{Desk, text};
use super::doors::Doors;
use super::events::{self, Event, Form};
use super::finance::Finance;
use super::lines::DispatchLine;
use super::opening::{self, endpoint_id};
use super::pace::Pace;
use super::script::{Deed, Facts, Script, Webhook};
use super::tally::Tally;

/// Phones send once in so many seconds.
const STEP_S: i64 = 10;
/// While nobody is on the road, nothing is looked at for so long at most, in seconds.
const IDLE_S: i64 = 60;
/// How long finance may take to hear of everything after the last van is home, in minutes.
const DRAIN_MIN: i64 = 360;
/// By what a practice's body that no secret of its endpoint made is signed.
const FORGED: &str = "a-secret-that-nobody-has";

/// The day and all who take part.
pub struct Day<'a> {
    /// The city.
    pub city: &'a City,
    /// The doors.
    pub doors: &'a Doors,
    /// By which systems say what they have to say, where they do not post it.
    pub bus: Option<&'a Bus>,
    /// How time goes.
    pub pace: &'a Pace<'a>,
    /// The secret of each practice system.
    pub secrets: &'a [(String, String)],
    /// Drivers.
    pub crews: Vec<Crew>,
    /// The finance system.
    pub finance: Finance,
    /// A dispatcher's screen for each lab.
    pub screens: Vec<DispatchLine>,
    /// What is true of the day.
    pub facts: Facts,
    /// What became of events.
    pub events: Tally,
    /// What became of webhooks.
    pub webhooks: Tally,
    /// What became of positions.
    pub positions: Tally,
    /// Quarantined webhooks that were sent in again.
    pub redriven: u64,
    /// What happened that is worth a line, in order.
    pub diary: Vec<String>,
    /// Answers that nobody expected.
    pub surprises: Vec<String>,
    deeds: VecDeque<(Timestamp, Deed)>,
    begins: Timestamp,
}

impl<'a> Day<'a> {
    /// Everybody is there, and nothing has happened.
    pub fn new(
        city: &'a City,
        (doors, bus): (&'a Doors, Option<&'a Bus>),
        pace: &'a Pace<'a>,
        secrets: &'a [(String, String)],
        (script, begins): (Script, Timestamp),
        (crews, finance, screens): (Vec<Crew>, Finance, Vec<DispatchLine>),
    ) -> Self {
        Self {
            city,
            doors,
            bus,
            pace,
            secrets,
            crews,
            finance,
            screens,
            facts: script.facts,
            events: Tally::default(),
            webhooks: Tally::default(),
            positions: Tally::default(),
            redriven: 0,
            diary: Vec::new(),
            surprises: Vec::new(),
            deeds: script.deeds.into(),
            begins,
        }
    }

    /// From its beginning until the last van is home and finance has heard of everything.
    pub async fn run(&mut self) -> Result<()> {
        let mut now = self.begins;
        loop {
            self.pace.until(now).await?;
            self.step(now).await?;
            if self.deeds.is_empty() && self.crews.iter().all(Crew::is_done) {
                break;
            }
            now = self.next(now);
        }
        self.drain(now).await
    }

    /// When something happens next.
    fn next(&self, now: Timestamp) -> Timestamp {
        let step = later(now, STEP_S);
        if self
            .crews
            .iter()
            .any(|crew| crew.is_on_duty() || !crew.is_done())
        {
            return step;
        }
        let deed = self.deeds.front().map_or(Timestamp::MAX, |(at, _)| *at);
        deed.min(later(now, IDLE_S)).max(step)
    }

    async fn step(&mut self, now: Timestamp) -> Result<()> {
        self.drive(now).await?;
        self.pace.settle().await?;
        let mut acted = false;
        while self.deeds.front().is_some_and(|(at, _)| *at <= now)
            && let Some((_, deed)) = self.deeds.pop_front()
        {
            self.act(deed, now).await?;
            acted = true;
        }
        for lab in 0..self.city.labs.len() {
            let desk = desk(self.doors, self.city, self.begins, lab);
            let note = desk.help(&mut self.crews, now).await?;
            self.write(now, note);
        }
        for crew in &mut self.crews {
            crew.act(self.doors, self.city, now).await?;
            acted |= crew.is_on_duty();
        }
        let notes: Vec<String> = self
            .crews
            .iter_mut()
            .flat_map(|crew| crew.notes.drain(..))
            .collect();
        self.write(now, notes);
        if acted {
            self.pace.settle().await?;
        }
        Ok(())
    }

    /// The vans go on, and their phones say where they are, all at once.
    async fn drive(&mut self, now: Timestamp) -> Result<()> {
        let hour = 8.0 + now.duration_since(self.begins).as_secs_f64() / 3_600.0;
        #[expect(clippy::cast_precision_loss, reason = "ten")]
        let seconds = STEP_S as f64;
        let doors = self.doors;
        let sent = self
            .crews
            .iter_mut()
            .filter(|crew| crew.is_on_duty())
            .map(|crew| {
                crew.drive(seconds, hour, now);
                let Crew { phone, van, .. } = crew;
                async move { (phone.app_name(), phone.tick(doors, now, van).await) }
            });
        for (app, became) in join_all(sent).await {
            for became in became.with_context(|| app.to_owned())? {
                self.positions.note(app, &became);
            }
        }
        Ok(())
    }

    async fn act(&mut self, deed: Deed, now: Timestamp) -> Result<()> {
        let (doors, city, begins) = (self.doors, self.city, self.begins);
        let desk = |lab| desk(doors, city, begins, lab);
        match deed {
            Deed::Events {
                holder,
                form,
                events,
                expected,
            } => {
                self.send(&holder, form, &events, expected, now).await?;
            }
            Deed::Invoice { holder, id, body } => {
                let path = format!("/v1/invoices/{id}");
                doors
                    .ask(&holder, "PUT", &path, &body)
                    .await?
                    .taken(&path)?;
                self.events.note("invoices put by their id", "processed");
            }
            Deed::Webhook(webhook) => self.webhook(&webhook).await?,
            Deed::Learn {
                lab,
                system,
                theirs,
                ours,
            } => {
                opening::set_endpoint(doors, city, lab, system, None, &[(theirs, ours)]).await?;
                let count = self.redrive(lab, system).await?;
                self.redriven += count;
                let lab = city.labs[lab].id;
                self.write(now, [format!("the endpoint of {lab} for {system} learns a practice's number; {count} sent in again")]);
            }
            Deed::Plan { lab, wave } => desk(lab).plan(&mut self.crews, wave).await?,
            Deed::PlanRush { lab } => {
                let note = desk(lab).plan_rush(&mut self.crews, now).await?;
                self.write(now, note);
            }
            Deed::MovePickup {
                lab,
                pickup,
                window,
            } => {
                desk(lab).move_pickup(&pickup, window).await?;
                self.write(
                    now,
                    [format!("the pickup {pickup} is moved to the afternoon")],
                );
            }
            Deed::FinanceDown(down) => {
                self.finance.set_down(down);
                let says = if down {
                    "answers nothing but 500"
                } else {
                    "is well again"
                };
                self.write(now, [format!("the finance system {says}")]);
            }
        }
        Ok(())
    }

    /// Systems say something; how it is answered is told at once, or, by the bus, found out when the day is over.
    async fn send(
        &mut self,
        holder: &str,
        form: Form,
        events: &[Event],
        expected: &'static str,
        now: Timestamp,
    ) -> Result<()> {
        let now = time::format(now);
        if let Some(bus) = self.bus {
            bus.publish(form, events, expected, &now).await?;
            for event in events {
                self.events.note(event.name, "published");
            }
            return Ok(());
        }
        let told = events::post(self.doors, holder, form, events, &now).await?;
        for (index, event) in events.iter().enumerate() {
            let became = told.get(index).map_or("nothing", |(became, _)| became);
            self.events.note(event.name, became);
            if became != expected {
                let said = told.get(index).map(|(_, said)| said.to_string());
                self.surprises.push(format!(
                    "{} {}: {became} instead of {expected} {}",
                    event.name,
                    event.id,
                    said.unwrap_or_default()
                ));
            }
        }
        Ok(())
    }

    /// Into the diary, with the time that the first lab's clock shows; who watches reads it at once.
    fn write(&mut self, now: Timestamp, notes: impl IntoIterator<Item = String>) {
        let zone = TimeZone::get(self.city.labs[0].zone).unwrap_or(TimeZone::UTC);
        for note in notes {
            let line = format!("{} {note}", zone.to_datetime(now).strftime("%H:%M"));
            if self.pace.is_watched() {
                println!("{line}");
            }
            self.diary.push(line);
        }
    }

    async fn webhook(&mut self, webhook: &Webhook) -> Result<()> {
        let endpoint = endpoint_id(self.city.labs[webhook.lab].id, webhook.system);
        let known = self
            .secrets
            .iter()
            .find(|(system, _)| system == webhook.system);
        let secret = known.map_or(FORGED, |(_, secret)| secret);
        let secret = if webhook.forged { FORGED } else { secret };
        let endpoint = webhook.own_endpoint.then_some(endpoint.as_str());
        let answer = self
            .doors
            .webhook(webhook.system, endpoint, secret, &webhook.body)
            .await?;
        let became = match answer.text("error") {
            "" if answer.body["duplicate"] == true => "duplicate",
            "" if answer.status == 200 => "taken",
            "" => "nothing",
            error => error,
        };
        self.webhooks.note(webhook.system, became);
        if became != webhook.expected {
            self.surprises.push(format!(
                "a webhook of {}: {became} instead of {} {}",
                webhook.system, webhook.expected, answer.body
            ));
        }
        Ok(())
    }

    /// What was refused of that endpoint because of its clinic is sent in again.
    async fn redrive(&self, lab: usize, system: &str) -> Result<u64> {
        let mut redriven = 0;
        let lab = self.city.labs[lab].id;
        let (holder, endpoint) = (format!("desk {lab}"), endpoint_id(lab, system));
        for row in self.doors.list(&holder, "/v1/quarantine").await? {
            if text(&row, "source") == endpoint && row["code"] == "forbidden" {
                let path = format!("/v1/quarantine/{}/redrive", text(&row, "id"));
                let answer = self.doors.ask(&holder, "POST", &path, &Value::Null).await?;
                answer.taken("a redrive")?;
                redriven += 1;
            }
        }
        Ok(redriven)
    }

    /// Waits until nothing is on its way to finance any more.
    async fn drain(&mut self, mut now: Timestamp) -> Result<()> {
        let end = later(now, DRAIN_MIN * 60);
        while now < end {
            let path = "/v1/messages?status=waiting&limit=1";
            let waiting = self.doors.ask("admin", "GET", path, &Value::Null).await?;
            let waiting = waiting.taken(path)?;
            if waiting["items"].as_array().is_some_and(Vec::is_empty) {
                break;
            }
            now = later(now, IDLE_S);
            self.pace.until(now).await?;
            self.pace.settle().await?;
        }
        Ok(())
    }
}

const fn desk<'a>(doors: &'a Doors, city: &'a City, begins: Timestamp, lab: usize) -> Desk<'a> {
    Desk {
        doors,
        city,
        lab,
        begins,
    }
}

fn later(now: Timestamp, seconds: i64) -> Timestamp {
    now.saturating_add(SignedDuration::from_secs(seconds))
        .unwrap_or(now)
}
