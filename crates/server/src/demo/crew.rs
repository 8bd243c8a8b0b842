//! A driver with a van and a phone: drives what the dispatcher planned, taps what was done, in good and in bad luck.

use std::collections::VecDeque;

use anyhow::{Result, ensure};
use jiff::{SignedDuration, Timestamp};
use pontic_core::time;
use serde_json::{Value, json};

use super::chance::Chance;
use super::city::{City, Crossing};
use super::doors::Doors;
use super::phone::Phone;
use super::script::TODAY;
use super::van::Van;

/// Whoever drives a route.
pub struct Crew {
    /// The driver's id.
    pub id: String,
    /// Which of the labs.
    pub lab: usize,
    /// The van.
    pub van: Van,
    /// The phone.
    pub phone: Phone,
    /// What is to go wrong, in that order, each at the first stop where it can.
    pub troubles: VecDeque<Trouble>,
    /// The van breaks down on its way, from then on.
    pub breaks_at: Option<Timestamp>,
    /// When it did.
    pub broke_at: Option<Timestamp>,
    /// What is to be driven later.
    pub waiting: VecDeque<Run>,
    /// What happened to it that is worth a line, and is not told yet.
    pub notes: Vec<String>,
    /// Stops at which the van arrived while its phone was heard.
    pub heard_at: Vec<String>,
    task: Task,
    run: Option<Run>,
    taps: VecDeque<Tap>,
    chance: Chance,
    was_silent: bool,
    was_astray: bool,
}

/// What goes wrong at a stop.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Trouble {
    /// Nothing, once.
    Fine,
    /// It is closed; it is tried again the same day.
    Closed,
    /// One of several cases is damaged.
    Damaged,
    /// Nobody is there who could take anything.
    Nobody,
}

impl Trouble {
    const fn word(self) -> &'static str {
        match self {
            Self::Fine => "all is well",
            Self::Closed => "it is closed; again in the afternoon",
            Self::Damaged => "a case is damaged, the others are handed over",
            Self::Nobody => "nobody is there; again tomorrow",
        }
    }
}

/// A route to drive.
#[derive(Debug, Clone)]
pub struct Run {
    /// Its id.
    pub route: String,
    /// Stops and their clinics.
    pub stops: VecDeque<(String, String)>,
    /// When the van leaves.
    pub starts: Timestamp,
}

#[derive(Debug, Clone, Copy, PartialEq)]
enum Task {
    AtLab,
    /// On the way to where another van broke down.
    Joining,
    ToStop,
    AtStop {
        until: Timestamp,
    },
    Home,
    Broken,
    /// Towed away.
    Out,
}

/// Something that the driver says in the app; sent once the phone has a network.
#[derive(Debug)]
enum Tap {
    Start(String, Timestamp),
    Arrive(String, Timestamp),
    Close(String, Timestamp),
    Finish(String, Timestamp),
}

impl Crew {
    /// A driver at the lab.
    pub fn new(id: &str, lab: usize, at: Crossing, phone: Phone, seed: u64) -> Self {
        Self {
            id: id.to_owned(),
            lab,
            van: Van::standing(at),
            phone,
            troubles: VecDeque::new(),
            breaks_at: None,
            broke_at: None,
            waiting: VecDeque::new(),
            notes: Vec::new(),
            heard_at: Vec::new(),
            task: Task::AtLab,
            run: None,
            taps: VecDeque::new(),
            chance: Chance::of(seed, &format!("crew {id}")),
            was_silent: false,
            was_astray: false,
        }
    }

    /// Whether the phone is to send.
    pub fn is_on_duty(&self) -> bool {
        !matches!(self.task, Task::AtLab | Task::Out) || !self.phone.is_empty()
    }

    /// Whether everything that was planned is driven, and said.
    pub fn is_done(&self) -> bool {
        matches!(self.task, Task::AtLab | Task::Out)
            && self.waiting.is_empty()
            && self.taps.is_empty()
    }

    /// Whether the driver could take something on.
    pub fn is_free(&self) -> bool {
        self.task == Task::AtLab && self.run.is_none()
    }

    /// Goes on for so many seconds.
    pub fn drive(&mut self, seconds: f64, hour: f64, now: Timestamp) {
        self.van.drive(seconds, hour);
        let breaks = self.breaks_at.is_some_and(|at| at <= now);
        if breaks && self.task == Task::ToStop && !self.van.is_there() {
            self.van.halt();
            self.task = Task::Broken;
            self.breaks_at = None;
            self.broke_at = Some(now);
            self.notes
                .push(format!("the van of {} breaks down", self.id));
        }
    }

    /// Hands over what is left to drive; the van is towed away.
    pub fn give_up(&mut self) -> Option<Run> {
        self.task = Task::Out;
        self.broke_at = None;
        self.run.take()
    }

    /// The route that is being driven.
    pub fn route(&self) -> Option<&str> {
        self.run.as_ref().map(|run| run.route.as_str())
    }

    /// Takes over what another leaves, from there.
    pub fn join(&mut self, run: Run, from: Crossing) {
        self.van.go_to(from, 1.0);
        self.run = Some(run);
        self.task = Task::Joining;
    }

    /// Does what is due, and taps what can be tapped.
    pub async fn act(&mut self, doors: &Doors, city: &City, now: Timestamp) -> Result<()> {
        match self.task {
            Task::AtLab => {
                if self.waiting.front().is_some_and(|run| run.starts <= now)
                    && let Some(run) = self.waiting.pop_front()
                {
                    self.taps.push_back(Tap::Start(run.route.clone(), now));
                    self.run = Some(run);
                    self.depart(doors, city, now).await?;
                }
            }
            Task::Joining if self.van.is_there() => self.depart(doors, city, now).await?,
            Task::ToStop if self.van.is_there() => self.arrive(now),
            Task::AtStop { until } if until <= now => {
                let stop = self.run.as_mut().and_then(|run| run.stops.pop_front());
                if let Some((stop, _)) = stop {
                    self.taps.push_back(Tap::Close(stop, now));
                }
                self.depart(doors, city, now).await?;
            }
            Task::Home if self.van.is_there() => {
                if let Some(run) = self.run.take() {
                    self.taps.push_back(Tap::Finish(run.route, now));
                }
                self.task = Task::AtLab;
            }
            _ => {}
        }
        if self.phone.has_teleported() != self.was_astray {
            self.was_astray = true;
            self.notes
                .push(format!("the phone of {} is 30 km wrong, once", self.id));
        }
        let silent = self.phone.is_silent(now);
        if silent != self.was_silent {
            let says = if silent {
                "falls silent"
            } else {
                "is heard again"
            };
            self.notes.push(format!("the phone of {} {says}", self.id));
            self.was_silent = silent;
        }
        self.tap(doors, city, now).await
    }

    fn arrive(&mut self, now: Timestamp) {
        let stop = self.run.as_ref().and_then(|run| run.stops.front());
        if let Some((stop, _)) = stop {
            if !self.phone.is_silent(now) {
                self.heard_at.push(stop.clone());
            }
            // The others leave it to the fence.
            if self.chance.happens(0.6) {
                self.taps.push_back(Tap::Arrive(stop.clone(), now));
            }
        }
        let service = SignedDuration::from_secs(self.chance.whole(12, 30) * 10);
        let until = now.saturating_add(service).unwrap_or(now);
        self.task = Task::AtStop { until };
    }

    /// To the next stop that is still to be visited, or home.
    async fn depart(&mut self, doors: &Doors, city: &City, now: Timestamp) -> Result<()> {
        self.tap(doors, city, now).await?;
        if !self.phone.is_silent(now) && self.taps.is_empty() {
            self.look_at_route(doors, city).await?;
        }
        let next = self.run.as_ref().and_then(|run| run.stops.front());
        let clinic = next.and_then(|(_, clinic)| city.clinic(clinic));
        let luck = self.chance.between(0.8, 1.1);
        match clinic {
            Some(clinic) => {
                self.van.go_to(clinic.at, luck);
                self.task = Task::ToStop;
            }
            None => {
                self.van.go_to(city.labs[self.lab].at, luck);
                self.task = Task::Home;
            }
        }
        Ok(())
    }

    /// What was called off meanwhile is not visited.
    async fn look_at_route(&mut self, doors: &Doors, city: &City) -> Result<()> {
        let Some(run) = &mut self.run else {
            return Ok(());
        };
        let path = format!("/v1/routes/{}?labId={}", run.route, city.labs[self.lab].id);
        let route = doors.ask(&self.id, "GET", &path, &Value::Null).await?;
        let route = route.taken(&path)?;
        let open: Vec<&str> = route["stops"]
            .as_array()
            .into_iter()
            .flatten()
            .filter(|stop| matches!(stop["status"].as_str(), Some("planned" | "arrived")))
            .filter_map(|stop| stop["id"].as_str())
            .collect();
        run.stops.retain(|(stop, _)| open.contains(&stop.as_str()));
        Ok(())
    }

    async fn tap(&mut self, doors: &Doors, city: &City, now: Timestamp) -> Result<()> {
        while !self.phone.is_silent(now)
            && let Some(tap) = self.taps.pop_front()
        {
            let lab = city.labs[self.lab].id;
            let (path, body) = match tap {
                Tap::Start(route, at) => (
                    format!("/v1/routes/{route}/start"),
                    json!({ "at": time::format(at) }),
                ),
                Tap::Finish(route, at) => (
                    format!("/v1/routes/{route}/finish"),
                    json!({ "at": time::format(at) }),
                ),
                Tap::Arrive(stop, at) => (
                    format!("/v1/stops/{stop}/arrive"),
                    json!({ "at": time::format(at) }),
                ),
                Tap::Close(stop, at) => match self.closing(doors, city, &stop, at).await? {
                    Some(said) => said,
                    None => continue,
                },
            };
            let path = format!("{path}?labId={lab}");
            let answer = doors.ask(&self.id, "POST", &path, &body).await?;
            ensure!(
                answer.status == 200,
                "{}: {path}: {} {}",
                self.id,
                answer.status,
                answer.body
            );
        }
        Ok(())
    }

    /// How a stop went.
    async fn closing(
        &mut self,
        doors: &Doors,
        city: &City,
        stop: &str,
        at: Timestamp,
    ) -> Result<Option<(String, Value)>> {
        let lab = city.labs[self.lab].id;
        let path = format!("/v1/stops/{stop}?labId={lab}");
        let work = doors.ask(&self.id, "GET", &path, &Value::Null).await?;
        let work = work.taken(&path)?;
        if !matches!(work["status"].as_str(), Some("planned" | "arrived")) {
            return Ok(None);
        }
        let mut cases: Vec<&str> = work["deliveries"]
            .as_array()
            .into_iter()
            .flatten()
            .flat_map(|delivery| delivery["cases"].as_array().into_iter().flatten())
            .filter_map(|case| case["caseId"].as_str())
            .collect();
        cases.sort_unstable();
        let at = time::format(at);
        let fail = format!("/v1/stops/{stop}/fail");
        let trouble = self.trouble(cases.len());
        if trouble != Trouble::Fine {
            let clinic = work["clinicId"].as_str().and_then(|id| city.clinic(id));
            let clinic = clinic.map_or("a clinic", |clinic| &clinic.name);
            self.notes
                .push(format!("{} at {clinic}: {}", self.id, trouble.word()));
        }
        Ok(Some(match trouble {
            Trouble::Closed => (
                fail,
                json!({ "reason": "closed", "redeliverOn": TODAY.to_string(), "at": at }),
            ),
            Trouble::Nobody => (fail, json!({ "reason": "nobody there", "at": at })),
            trouble => {
                let mut said = json!({ "receivedBy": "Front desk", "coordinates": self.van.at.on_the_globe(), "at": at });
                if trouble == Trouble::Damaged {
                    said["cases"] = json!([{ "caseId": cases.first(), "reason": "damaged" }]);
                }
                if !cases.is_empty() && self.chance.happens(0.6) {
                    let signature = self.draw();
                    let id = doors.signature(&self.id, lab, &signature).await?;
                    said["proofOfDelivery"] = json!({ "signatureId": id });
                }
                (format!("/v1/stops/{stop}/complete"), said)
            }
        }))
    }

    /// What goes wrong here: the next trouble, if it can with so many cases.
    fn trouble(&mut self, cases: usize) -> Trouble {
        let can = match self.troubles.front() {
            Some(Trouble::Fine) => true,
            Some(Trouble::Damaged) => cases > 1,
            Some(_) => cases > 0,
            None => false,
        };
        let next = if can { self.troubles.pop_front() } else { None };
        next.unwrap_or(Trouble::Fine)
    }

    /// A signature, as a finger draws it.
    fn draw(&mut self) -> String {
        let mut path = "M5 20".to_owned();
        for x in 1..8 {
            let point = format!(" L{} {}", x * 12, self.chance.whole(4, 36));
            path.push_str(&point);
        }
        format!(
            "<svg xmlns='http://www.w3.org/2000/svg' viewBox='0 0 100 40'><path d='{path}' fill='none' stroke='black'/></svg>"
        )
    }
}
