//! `pontic demo`: a made-up city on one of its working days, through the real doors.
//!
//! Two labs, forty clinics, eight drivers; production, portal, practices and finance send what they send, dispatchers plan, phones say
//! where vans are, and some of it goes wrong on purpose. All chance is drawn from a seed. The server in the same process is used over
//! sockets like any other; only its clock is the demo's: it runs fast, or stands until the demo moves it on.

mod bus;
mod chance;
mod checks;
mod city;
mod crew;
mod day;
mod desk;
mod doors;
mod events;
mod finance;
mod lines;
mod opening;
mod outcome;
mod pace;
mod phone;
mod programs;
mod script;
mod summary;
mod tally;
mod van;

use std::time::Duration;

use anyhow::Result;
use jiff::Timestamp;

use crate::clock::Clock;
use city::City;
use day::Day;
use doors::Doors;
use finance::Finance;
use lines::DispatchLine;
use outcome::Outcome;
use script::Script;

pub use bus::Bus;
pub use pace::Pace;
pub use programs::{Plan, Programs};

/// How long screens may take to show the last of what was told.
const SCREENS: Duration = Duration::from_secs(10);

/// Whoever watches sees the vans leave after so long, in minutes of the city; what comes before is hurried through.
const WATCHED_BEFORE_MIN: i64 = 8;

/// Where the day is lived through.
pub struct Site {
    /// The programs: drivers and practices use the first, dispatchers and the office the last.
    pub urls: Vec<String>,
    /// The clock that all of them have.
    pub clock: Clock,
    /// By which systems say what they have to say; without it, by HTTP.
    pub bus: Option<Bus>,
}

/// How the server can be entered.
#[derive(Debug)]
pub struct Keys {
    /// An administrator's token.
    pub admin_token: String,
    /// Practice systems and their secrets.
    pub secrets: Vec<(String, String)>,
}

/// How a day ended.
#[derive(Debug)]
pub struct Ended {
    /// The day in plain lines.
    pub summary: Vec<String>,
    /// What must be true and is not.
    pub faults: Vec<String>,
}

/// When the day begins: what the server's clock is set to.
pub fn begins() -> Timestamp {
    script::begins()
}

/// Shortly before the first vans leave: whoever watches need not wait for them.
pub fn worth_watching() -> Timestamp {
    phone::after_minutes(script::begins(), script::MORNING_MIN - WATCHED_BEFORE_MIN)
}

/// Sets the city up and lives through its day.
pub async fn run(site: &Site, keys: &Keys, pace: &Pace<'_>, seed: u64) -> Result<Ended> {
    let city = City::new(seed);
    let script = Script::write(&city, seed);
    let begins = begins();
    let mut doors = Doors::new(site.urls.clone(), &keys.admin_token);
    opening::set_up(&mut doors, &city, &keys.secrets).await?;
    if let Some(bus) = &site.bus {
        bus.subscribe(&doors).await?;
    }
    let crews = opening::crews(&doors, &city, begins, seed).await?;
    let finance = Finance::open(&doors, site.clock.clone()).await?;
    let mut screens = Vec::new();
    for lab in &city.labs {
        screens.push(DispatchLine::open(&doors, &format!("desk {}", lab.id)).await?);
    }
    let mut day = Day::new(
        &city,
        (&doors, site.bus.as_ref()),
        pace,
        &keys.secrets,
        (script, begins),
        (crews, finance, screens),
    );
    day.run().await?;
    let outcome = Outcome::read(&doors, &city).await?;
    wait_for_screens(&day, &outcome).await;
    let mut summary = summary::lines(&day, &outcome);
    let mut faults = checks::broken(&day, &outcome);
    if let Some(bus) = &site.bus {
        summary.push(bus.told().await?);
        faults.extend(bus.faults(&doors).await?);
    }
    for url in site.urls.iter().rev().skip(1) {
        let there = Outcome::read(&doors.all_at(url), &city).await?;
        faults.extend(checks::differences(&outcome, &there));
    }
    Ok(Ended { summary, faults })
}

/// Screens are told at once, and draw when they can.
async fn wait_for_screens(day: &Day<'_>, outcome: &Outcome) {
    let shown = || -> usize {
        let each = day.screens.iter();
        each.map(|screen| screen.look(|heard| heard.notices.len()))
            .sum()
    };
    let all = async {
        while shown() < outcome.notices.len() {
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
    };
    // Those that do not come are told by the checks.
    let _ = tokio::time::timeout(SCREENS, all).await;
}
