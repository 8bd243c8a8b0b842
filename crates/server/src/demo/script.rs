//! What happens on the day, and when: drawn from the seed before it begins, so that no answer can change it.

mod finance;
mod portal;
mod practices;
mod production;

pub use practices::practice;

use std::collections::{BTreeMap, BTreeSet};

use jiff::civil::Date;
use jiff::{Timestamp, ToSpan as _};
use serde_json::Value;

use super::chance::Chance;
use super::city::City;
use super::events::{Event, Form};
use super::phone::after_minutes;

/// The day, for both labs.
pub const TODAY: Date = Date::constant(2026, 6, 9);
/// When it begins: eight o'clock at the first lab.
const BEGINS: &str = "2026-06-09T12:00:00Z";
/// When the vans leave in the morning, after the beginning of their lab's day; what goes wrong on the road is told from there.
pub const MORNING_MIN: i64 = 60;
/// A run is planned so long before its vans leave.
const PLANNED_MIN: i64 = 5;

/// The runs of a day.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Wave {
    /// At nine.
    Morning,
    /// At half past twelve.
    Noon,
    /// At three.
    Afternoon,
}

impl Wave {
    /// When its vans leave, in minutes after the beginning of their lab's day.
    pub const fn leaves_min(self) -> i64 {
        match self {
            Self::Morning => MORNING_MIN,
            Self::Noon => 270,
            Self::Afternoon => 420,
        }
    }

    /// It fetches what can be fetched before that minute.
    pub const fn fetches_until_min(self) -> i64 {
        match self {
            Self::Morning => 240,
            Self::Noon => 330,
            Self::Afternoon => 540,
        }
    }

    /// In the names of routes.
    pub const fn word(self) -> &'static str {
        match self {
            Self::Morning => "AM",
            Self::Noon => "NOON",
            Self::Afternoon => "PM",
        }
    }
}

/// Something that somebody does.
#[derive(Debug, Clone)]
pub enum Deed {
    /// Events of a system; what is expected of each.
    Events {
        /// Whose token.
        holder: String,
        /// How they are written.
        form: Form,
        /// The events.
        events: Vec<Event>,
        /// What becomes of each of them.
        expected: &'static str,
    },
    /// Finance puts an invoice by its id.
    Invoice {
        /// Whose token.
        holder: String,
        /// Its id.
        id: String,
        /// What it says.
        body: Value,
    },
    /// A webhook of a practice.
    Webhook(Webhook),
    /// An endpoint learns a practice's number, and what was refused because of it is sent in again.
    Learn {
        /// Which of the labs.
        lab: usize,
        /// The practice system.
        system: &'static str,
        /// The unknown number.
        theirs: String,
        /// Our clinic.
        ours: String,
    },
    /// A dispatcher plans a run.
    Plan {
        /// Which of the labs.
        lab: usize,
        /// Which of the runs.
        wave: Wave,
    },
    /// A dispatcher sends somebody out with what is urgent.
    PlanRush {
        /// Which of the labs.
        lab: usize,
    },
    /// A dispatcher moves a pickup.
    MovePickup {
        /// Which of the labs.
        lab: usize,
        /// Its sender's id.
        pickup: String,
        /// Its new window.
        window: (Timestamp, Timestamp),
    },
    /// The finance system goes down, or comes back.
    FinanceDown(bool),
}

/// A webhook.
#[derive(Debug, Clone)]
pub struct Webhook {
    /// Which of the labs.
    pub lab: usize,
    /// The practice system.
    pub system: &'static str,
    /// On the lab's own endpoint, else on the default one.
    pub own_endpoint: bool,
    /// What it says.
    pub body: Value,
    /// Signed with a false secret.
    pub forged: bool,
    /// What is expected of it.
    pub expected: &'static str,
}

/// A case as production knows it.
#[derive(Debug, Clone)]
pub struct Case {
    /// Its id.
    pub id: String,
    /// Its clinic.
    pub clinic: String,
}

/// What is true of the day, whatever the server says.
#[derive(Debug, Default)]
pub struct Facts {
    /// All cases that were announced.
    pub cases: Vec<Case>,
    /// Of those, the ones that were taken back.
    pub withdrawn: BTreeSet<String>,
    /// Invoices, with their cases.
    pub invoices: BTreeMap<String, Vec<String>>,
    /// How many pickups were asked for, each once: those of a series count as one.
    pub pickups: u64,
}

/// The day.
#[derive(Debug)]
pub struct Script {
    /// What happens, in order of time.
    pub deeds: Vec<(Timestamp, Deed)>,
    /// What is true of it.
    pub facts: Facts,
}

/// Whoever writes it.
struct Writer<'a> {
    city: &'a City,
    chance: Chance,
    begins: Timestamp,
    deeds: Vec<(Timestamp, Deed)>,
    facts: Facts,
    /// Cases of the lab that are ready in the morning, by noon and in the afternoon, by clinic.
    morning: BTreeMap<String, Vec<String>>,
    noon: BTreeMap<String, Vec<String>>,
    afternoon: BTreeMap<String, Vec<String>>,
    last_case: u32,
    last_pickup: u32,
}

/// When the day begins.
pub fn begins() -> Timestamp {
    BEGINS.parse().unwrap_or(Timestamp::UNIX_EPOCH)
}

/// Tomorrow.
pub fn tomorrow() -> Date {
    TODAY.checked_add(1.day()).unwrap_or(TODAY)
}

impl Script {
    /// The day of that seed in that city.
    pub fn write(city: &City, seed: u64) -> Self {
        let mut writer = Writer {
            city,
            chance: Chance::of(seed, "script"),
            begins: begins(),
            deeds: Vec::new(),
            facts: Facts::default(),
            morning: BTreeMap::new(),
            noon: BTreeMap::new(),
            afternoon: BTreeMap::new(),
            last_case: 1000,
            last_pickup: 100,
        };
        for lab in 0..city.labs.len() {
            writer.production(lab);
            writer.portal(lab);
            writer.practices(lab);
            writer.finance(lab);
            writer.desk(lab);
        }
        let Writer {
            mut deeds, facts, ..
        } = writer;
        // Whatever is written first of the same minute happens first.
        deeds.sort_by_key(|(at, _)| *at);
        Self { deeds, facts }
    }
}

impl Writer<'_> {
    /// So many minutes after eight o'clock at that lab.
    fn at(&self, lab: usize, minute: i64) -> Timestamp {
        after_minutes(self.begins, self.city.labs[lab].later_min + minute)
    }

    fn add(&mut self, lab: usize, minute: i64, deed: Deed) {
        self.deeds.push((self.at(lab, minute), deed));
    }

    /// A token's holder: a system of that lab.
    fn holder(&self, system: &str, lab: usize) -> String {
        format!("{system} {}", self.city.labs[lab].id)
    }

    fn send(
        &mut self,
        lab: usize,
        minute: i64,
        system: &str,
        form: Form,
        events: &[Event],
        expected: &'static str,
    ) {
        let deed = Deed::Events {
            holder: self.holder(system, lab),
            form,
            events: events.to_vec(),
            expected,
        };
        self.add(lab, minute, deed);
    }

    fn desk(&mut self, lab: usize) {
        for wave in [Wave::Morning, Wave::Noon, Wave::Afternoon] {
            let minute = wave.leaves_min() - PLANNED_MIN;
            self.add(lab, minute, Deed::Plan { lab, wave });
        }
    }
}
