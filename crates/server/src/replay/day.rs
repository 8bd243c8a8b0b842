//! A day's log decided twice, as it was and with another configuration, and what would be different at its end.

use std::collections::{BTreeMap, BTreeSet};

use jiff::Timestamp;
use jiff::civil::Date;
use jiff::tz::TimeZone;
use pontic_core::decide::Refusal;
use pontic_core::delivery::{Case, Delivery};
use pontic_core::directory::Lab;
use pontic_core::event::{Body, Event};
use pontic_core::facts::{Found, Key};
use pontic_core::id::LabId;
use pontic_core::pickup::Pickup;
use pontic_core::record::{Entity, Kind, Record};
use pontic_core::rules::RuleBook;
use pontic_core::time;
use pontic_store::Store;
use pontic_store::batch::Entry;
use pontic_store::sqlite::SqliteStore;
use serde::Serialize;
use serde_json::Value;

use super::again::{Again, BATCH, Moment};
use super::log::{Happened, Log};
use super::{Change, ReplayError, placed};

/// What would be different.
#[derive(Debug, Default, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct DayDiff {
    /// The day, on the wall of the lab (or of the default zone).
    pub day: Date,
    /// Only of that lab.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub lab_id: Option<LabId>,
    /// Events of the day.
    pub events: u64,
    /// Pickups that the day touched and that would be the same.
    pub pickups_unchanged: u64,
    /// Pickups that would be at another time.
    pub pickups_moved: Vec<Moved>,
    /// Pickups that would be of another clinic.
    pub pickups_elsewhere: Vec<Moved>,
    /// Pickups that would not be there.
    pub pickups_gone: Vec<String>,
    /// Pickups that would be there besides, those from the quarantine among them.
    pub pickups_new: Vec<String>,
    /// Deliveries that the day touched and that would be the same.
    pub deliveries_unchanged: u64,
    /// Deliveries that would be on another day, or of another clinic.
    pub deliveries_moved: Vec<Moved>,
    /// Cases that would be in another delivery.
    pub cases_moved: Vec<Moved>,
    /// Webhooks that would be refused, by reason.
    pub webhooks_refused: BTreeMap<String, u64>,
    /// Other events that would be refused, by type and code.
    pub events_refused: BTreeMap<String, u64>,
    /// Webhooks of the day that lie in the quarantine and would become pickups.
    pub webhooks_let_in: u64,
    /// Other messages of the day that lie in the quarantine and would be accepted.
    pub messages_let_in: u64,
    /// Alerts: how many more (or fewer, below zero) of each code.
    pub alerts: BTreeMap<String, i64>,
    /// Publications: how many more (or fewer, below zero) of each type.
    pub publications: BTreeMap<String, i64>,
    /// Other records that would differ, by kind.
    pub others: BTreeMap<&'static str, u64>,
    /// Webhooks whose rows do not say whether their time was local; taken as local.
    pub taken_as_local: u64,
}

/// Something that would be elsewhere.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Moved {
    /// The sender's id of a pickup, or the id of a delivery or case.
    pub id: String,
    /// How it was.
    pub from: String,
    /// How it would be.
    pub to: String,
}

impl DayDiff {
    /// Whether nothing would be different.
    pub fn is_empty(&self) -> bool {
        self.pickups_moved.is_empty()
            && self.pickups_elsewhere.is_empty()
            && self.pickups_gone.is_empty()
            && self.pickups_new.is_empty()
            && self.deliveries_moved.is_empty()
            && self.cases_moved.is_empty()
            && self.webhooks_refused.is_empty()
            && self.events_refused.is_empty()
            && self.webhooks_let_in + self.messages_let_in == 0
            && self.alerts.is_empty()
            && self.publications.is_empty()
            && self.others.is_empty()
    }
}

/// Decides the log of `source` up to the end of a day (its newest, if none is named), twice: as it was, and from the day's start
/// on with the change. Nothing is written but in memory.
pub fn dry_run(
    source: &dyn Store,
    change: &Change,
    day: Option<Date>,
    lab_id: Option<&LabId>,
) -> Result<DayDiff, ReplayError> {
    let newest = source.last_seq()?;
    let zone = zone_of(source, lab_id)?;
    let day = match (day, source.log_row(newest)?) {
        (Some(day), _) => day,
        (None, Some(row)) => time::date_at(row.at, &zone),
        (None, None) => return Err(ReplayError::Unfit("the log is empty".to_owned())),
    };
    let (start, end) = bounds(day, &zone)?;
    let (memory_then, memory_now) = (SqliteStore::in_memory()?, SqliteStore::in_memory()?);
    let mut worlds = Worlds {
        source,
        change,
        then: Again::new(&memory_then),
        now: Again::new(&memory_now),
        changes: 0,
        pending: Vec::new(),
        touched: BTreeSet::new(),
        diff: DayDiff {
            day,
            lab_id: lab_id.cloned(),
            ..DayDiff::default()
        },
    };
    let mut log = Log::new(source, lab_id, 0, newest);
    let mut has_begun = false;
    'log: loop {
        let many = log.next_many(BATCH)?;
        if many.is_empty() {
            break;
        }
        let before = || many.iter().filter(|one| one.row.at < start);
        let asked = || before().map(|one| (one.moment(), &one.event));
        worlds.then.begin(asked())?;
        worlds.now.begin(asked())?;
        for happened in &many {
            if happened.row.at >= end {
                break 'log;
            }
            if happened.row.at < start {
                let moment = happened.moment();
                let _ = worlds.then.decide(moment, &happened.event)?;
                let _ = worlds.now.decide(moment, &happened.event)?;
                continue;
            }
            if !has_begun {
                worlds.change_now(start)?;
                has_begun = true;
            }
            worlds.live(happened)?;
        }
    }
    if !has_begun {
        return Err(ReplayError::Unfit(format!(
            "the log has no events of {day}"
        )));
    }
    worlds.compare()
}

/// The zone whose days are meant.
fn zone_of(source: &dyn Store, lab_id: Option<&LabId>) -> Result<TimeZone, ReplayError> {
    let books = source.get(Kind::RuleBook, None, RuleBook::ID)?;
    let book = books.first().and_then(RuleBook::from_record);
    let default = book.map_or_else(
        || "UTC".to_owned(),
        |book| book.rules.default_time_zone.clone(),
    );
    let labs = match lab_id {
        Some(lab) => source.get(Kind::Lab, Some(lab), lab.as_str())?,
        None => Vec::new(),
    };
    let lab = labs.first().and_then(Lab::from_record);
    Ok(lab.map_or_else(|| time::zone(&default), |lab| lab.zone(&default)))
}

fn bounds(day: Date, zone: &TimeZone) -> Result<(Timestamp, Timestamp), ReplayError> {
    let start = |day: Date| {
        zone.to_ambiguous_timestamp(day.to_datetime(jiff::civil::Time::midnight()))
            .compatible()
    };
    let unfit = |_| ReplayError::Unfit(format!("{day} is no day of the calendar"));
    let next = day.tomorrow().map_err(unfit)?;
    Ok((start(day).map_err(unfit)?, start(next).map_err(unfit)?))
}

/// The day as it was, and as it would be.
struct Worlds<'s> {
    source: &'s dyn Store,
    change: &'s Change,
    then: Again<'s>,
    now: Again<'s>,
    /// How many events were made of the change.
    changes: u32,
    /// Parts of the change that cannot hold yet.
    pending: Vec<String>,
    /// Records that the day changed in either world.
    touched: BTreeSet<(Kind, LabId, String)>,
    diff: DayDiff,
}

impl Worlds<'_> {
    fn change_now(&mut self, at: Timestamp) -> Result<(), ReplayError> {
        self.pending = self.change.apply(
            &mut self.now,
            self.diff.lab_id.as_ref(),
            at,
            &mut self.changes,
        )?;
        Ok(())
    }

    /// One event of the day, in both worlds.
    fn live(&mut self, happened: &Happened) -> Result<(), ReplayError> {
        self.diff.events += 1;
        let (moment, event) = (happened.moment(), &happened.event);
        let local = self.assumed_local(event)?;
        if let Ok(entry) = self.then.decide(moment, event)? {
            note(entry, -1, &mut self.touched, &mut self.diff);
        }
        if let Body::MessageRefused(told) = &event.body
            && self.lets_in(moment, &told.quarantine_id)?
        {
            return Ok(());
        }
        let refused = match placed::again(&mut self.now, moment.at, event, local)? {
            Ok(placed) => match self.now.decide(moment, &placed)? {
                Ok(entry) => {
                    note(entry, 1, &mut self.touched, &mut self.diff);
                    None
                }
                Err(refusal) => Some(refusal),
            },
            Err(refusal) => Some(refusal),
        };
        if let Some(refusal) = refused {
            self.refused(event, &refusal);
        }
        // Whoever set something up on that day did not know of the change.
        if !self.pending.is_empty()
            || matches!(
                event.body,
                Body::LabSet(_)
                    | Body::ClinicSet(_)
                    | Body::ClinicMerged(_)
                    | Body::EndpointSet(_)
                    | Body::MappingGiven(_)
                    | Body::RulesSet(_)
            )
        {
            self.change_now(moment.at)?;
        }
        Ok(())
    }

    /// For a webhook whose row does not say what was written: the time on the wall of its clinic then, if its system writes such.
    fn assumed_local(
        &mut self,
        event: &Event,
    ) -> Result<Option<jiff::civil::DateTime>, ReplayError> {
        let Some((detail, _)) = placed::webhook(event).filter(|(detail, _)| detail.sent.is_none())
        else {
            return Ok(None);
        };
        let ehr = pontic_wire::ehr::by_system(&event.origin.source);
        if !ehr.is_some_and(pontic_wire::ehr::Ehr::writes_local_times) {
            return Ok(None);
        }
        self.diff.taken_as_local += 1;
        let zone = placed::zone(
            &mut self.then,
            &detail.lab_id,
            Some(detail.clinic_id.as_str()),
            detail.time_zone.as_deref(),
        )?;
        let middle = detail.window.start.duration_until(detail.window.end) / 2;
        let middle = detail.window.start.saturating_add(middle);
        Ok(middle.ok().map(|middle| zone.to_datetime(middle)))
    }

    /// Whether the message that was refused would be accepted; then it is.
    fn lets_in(&mut self, moment: Moment, id: &str) -> Result<bool, ReplayError> {
        let Some(row) = self.source.quarantined(id)?.filter(|row| row.open) else {
            return Ok(false);
        };
        let is_webhook = row.item.name == crate::http::WEBHOOK;
        let Some(Ok(event)) = placed::quarantined(&mut self.now, moment.at, &row)? else {
            return Ok(false);
        };
        let Ok(entry) = self.now.decide(moment, &event)? else {
            return Ok(false);
        };
        note(entry, 1, &mut self.touched, &mut self.diff);
        if is_webhook {
            self.diff.webhooks_let_in += 1;
        } else {
            self.diff.messages_let_in += 1;
        }
        Ok(true)
    }

    fn refused(&mut self, event: &Event, refusal: &Refusal) {
        let is_webhook = placed::webhook(event).is_some();
        if !is_webhook {
            let name = format!("{} ({})", event.body.name(), refusal.code());
            *self.diff.events_refused.entry(name).or_default() += 1;
            return;
        }
        let reason = match refusal {
            Refusal::Invalid(faults) => faults
                .first()
                .map_or(refusal.code(), |fault| fault.reason.as_str()),
            other => other.code(),
        };
        *self
            .diff
            .webhooks_refused
            .entry(reason.to_owned())
            .or_default() += 1;
    }

    /// Looks at every record that the day touched, in both worlds.
    fn compare(mut self) -> Result<DayDiff, ReplayError> {
        if !self.pending.is_empty() {
            return Err(ReplayError::Unfit(self.pending.join("\n")));
        }
        self.diff.alerts.retain(|_, count| *count != 0);
        self.diff.publications.retain(|_, count| *count != 0);
        for (kind, lab, id) in std::mem::take(&mut self.touched) {
            let key = Key::Record(kind, lab.clone(), id.clone());
            let then = found(&mut self.then, &key)?;
            let now = found(&mut self.now, &key)?;
            match kind {
                Kind::Pickup => self.pickup(then, now)?,
                Kind::Delivery => self.delivery(then, now),
                Kind::Case => self.case(then, now),
                // They are the change.
                Kind::Lab | Kind::Clinic | Kind::Endpoint | Kind::RuleBook => {}
                _ if same(then.as_ref(), now.as_ref()) => {}
                other => *self.diff.others.entry(other.as_str()).or_default() += 1,
            }
        }
        Ok(self.diff)
    }

    fn pickup(&mut self, then: Option<Record>, now: Option<Record>) -> Result<(), ReplayError> {
        let read = |record: Option<Record>| record.as_ref().and_then(Pickup::from_record).cloned();
        match (read(then), read(now)) {
            (Some(then), Some(now)) => {
                // Both by the clock as it was, so that a change of the zone is seen.
                let zone = placed::zone(
                    &mut self.then,
                    &then.lab_id,
                    Some(then.clinic_id.as_str()),
                    None,
                )?;
                let moved = |from: String, to: String| Moved {
                    id: then.pickup_id.clone(),
                    from,
                    to,
                };
                let is_elsewhere = then.clinic_id != now.clinic_id;
                if is_elsewhere {
                    let (from, to) = (then.clinic_id.to_string(), now.clinic_id.to_string());
                    self.diff.pickups_elsewhere.push(moved(from, to));
                }
                if then.window != now.window {
                    let (from, to) = spans(&then, &now, &zone);
                    self.diff.pickups_moved.push(moved(from, to));
                } else if !is_elsewhere && then.status == now.status {
                    self.diff.pickups_unchanged += 1;
                } else if !is_elsewhere {
                    let (from, to) = (
                        then.status.as_str().to_owned(),
                        now.status.as_str().to_owned(),
                    );
                    self.diff.pickups_elsewhere.push(moved(from, to));
                }
            }
            (Some(then), None) => self.diff.pickups_gone.push(then.pickup_id),
            (None, Some(now)) => self.diff.pickups_new.push(now.pickup_id),
            (None, None) => {}
        }
        Ok(())
    }

    fn delivery(&mut self, then: Option<Record>, now: Option<Record>) {
        let words = |record: Option<&Record>| match record.and_then(Delivery::from_record) {
            Some(delivery) => format!(
                "{} at {}, {}",
                delivery.date,
                delivery.clinic_id,
                delivery.status.as_str()
            ),
            None => "not there".to_owned(),
        };
        let (from, to) = (words(then.as_ref()), words(now.as_ref()));
        let id = then.or(now).map(|record| record.id().to_owned());
        if from == to {
            self.diff.deliveries_unchanged += 1;
        } else {
            let id = id.unwrap_or_default();
            self.diff.deliveries_moved.push(Moved { id, from, to });
        }
    }

    fn case(&mut self, then: Option<Record>, now: Option<Record>) {
        let of = |record: Option<&Record>| {
            let case = record.and_then(Case::from_record);
            let delivery = case.and_then(|case| case.delivery_id.as_ref());
            delivery.map_or_else(|| "no delivery".to_owned(), |id| format!("delivery {id}"))
        };
        let (from, to) = (of(then.as_ref()), of(now.as_ref()));
        if from != to {
            let id = then.or(now).map(|record| record.id().to_owned());
            let id = id.unwrap_or_default();
            self.diff.cases_moved.push(Moved { id, from, to });
        }
    }
}

fn same(then: Option<&Record>, now: Option<&Record>) -> bool {
    then.map(|record| record.row().body) == now.map(|record| record.row().body)
}

fn found(world: &mut Again<'_>, key: &Key) -> Result<Option<Record>, ReplayError> {
    Ok(match world.find(key)? {
        Some(Found::Record(record)) => record.clone(),
        _ => None,
    })
}

/// Both windows, with their dates where those differ.
fn spans(then: &Pickup, now: &Pickup, zone: &TimeZone) -> (String, String) {
    let of = |pickup: &Pickup| {
        (
            zone.to_datetime(pickup.window.start),
            zone.to_datetime(pickup.window.end),
        )
    };
    let with_date = of(then).0.date() != of(now).0.date();
    let text = |pickup: &Pickup| {
        let (start, end) = of(pickup);
        let date = if with_date {
            format!("{} ", start.date())
        } else {
            String::new()
        };
        format!(
            "{date}{}-{}",
            start.strftime("%H:%M"),
            end.strftime("%H:%M")
        )
    };
    (text(then), text(now))
}

/// Remembers what an event touched, and counts what it told.
fn note(entry: &Entry, by: i64, touched: &mut BTreeSet<(Kind, LabId, String)>, diff: &mut DayDiff) {
    let places = entry.changes.iter();
    touched.extend(places.map(|change| (change.kind, change.lab_id.clone(), change.id.clone())));
    for alert in &entry.alerts {
        let body: Value = serde_json::from_str(&alert.body).unwrap_or_default();
        let code = body["code"].as_str().unwrap_or_default().to_owned();
        *diff.alerts.entry(code).or_default() += by;
    }
    for published in &entry.published {
        *diff
            .publications
            .entry(published.name.to_owned())
            .or_default() += by;
    }
}
