//! Following the log.

use std::collections::{HashMap, HashSet};

use jiff::Timestamp;
use jiff::civil::Date;
use jiff::tz::TimeZone;
use pontic_core::directory::Lab;
use pontic_core::id::LabId;
use pontic_core::record::{Entity, Kind};
use pontic_core::time;
use pontic_store::heard::{HeardDay, Signal};
use pontic_store::{Store, StoreError};

use super::{Sender, State, kept_since, read_days};

/// Signals that are read at once.
const PAGE: usize = 1_000;
/// The lab of what belongs to none.
const NO_LAB: &str = "-";

/// Brings what is known of senders up to the log's end.
pub fn catch_up(
    state: &mut State,
    store: &dyn Store,
    usual_zone: &str,
    now: Timestamp,
) -> Result<(), StoreError> {
    let today = time::date_at(now, &time::zone(usual_zone));
    if state.up_to.is_none() {
        *state = read_days(store, today)?;
    }
    let mut zones = Zones::new(usual_zone);
    loop {
        let after = state.up_to.unwrap_or(0);
        // Asked before the signals are: what comes meanwhile has a greater number.
        let last = store.last_seq()?;
        if last <= after {
            return Ok(());
        }
        let signals = store.signals(after, PAGE)?;
        let is_full = signals.len() == PAGE;
        let up_to = signals
            .last()
            .filter(|_| is_full)
            .map_or(last, |signal| signal.seq);
        let noted = hear(state, store, &mut zones, &signals, up_to)
            .and_then(|touched| store.note_heard(after, up_to, &touched));
        if noted.is_err() {
            // What was added is not kept: the next look reads the days again.
            state.up_to = None;
        }
        if !noted? {
            // Another program noted some of it: what is in the store counts.
            *state = read_days(store, today)?;
            continue;
        }
        state.up_to = Some(up_to);
        if !is_full {
            forget_old(state, store, today)?;
            return Ok(());
        }
    }
}

/// Days are forgotten once they are no measure any more.
fn forget_old(state: &mut State, store: &dyn Store, today: Date) -> Result<(), StoreError> {
    let first = kept_since(today);
    let old = |days: &Vec<HeardDay>| days.iter().any(|day| day.date < first);
    if state.days.values().any(old) {
        for days in state.days.values_mut() {
            days.retain(|day| day.date >= first);
        }
        state.days.retain(|_, days| !days.is_empty());
        store.forget_heard(first)?;
    }
    Ok(())
}

/// Adds signals; gives the days that are other than before.
fn hear(
    state: &mut State,
    store: &dyn Store,
    zones: &mut Zones,
    signals: &[Signal],
    up_to: u64,
) -> Result<Vec<HeardDay>, StoreError> {
    let mut touched: HashSet<(Sender, Date)> = HashSet::new();
    for signal in signals.iter().filter(|signal| signal.seq <= up_to) {
        for sender in senders(signal) {
            let zone = zones.of(store, &sender.lab_id)?;
            let date = time::date_at(signal.at, &zone);
            let days = state.days.entry(sender.clone()).or_default();
            add(days, &sender, date, signal);
            touched.insert((sender, date));
        }
    }
    let day = |(sender, date): &(Sender, Date)| {
        let days = state.days.get(sender)?;
        days.iter().find(|day| day.date == *date).cloned()
    };
    Ok(touched.iter().filter_map(day).collect())
}

fn add(days: &mut Vec<HeardDay>, sender: &Sender, date: Date, signal: &Signal) {
    let Some(day) = days.iter_mut().find(|day| day.date == date) else {
        days.push(HeardDay {
            kind: sender.kind.clone(),
            lab_id: sender.lab_id.clone(),
            id: sender.id.clone(),
            date,
            first_at: signal.at,
            last_at: signal.at,
            longest_pause_ms: 0,
            count: 1,
            last_seq: signal.seq,
            last_name: signal.name.clone(),
        });
        return;
    };
    let pause = signal.at.duration_since(day.last_at).as_millis();
    let pause = i64::try_from(pause).unwrap_or(i64::MAX);
    day.longest_pause_ms = day.longest_pause_ms.max(pause);
    day.first_at = day.first_at.min(signal.at);
    day.last_at = day.last_at.max(signal.at);
    day.count += 1;
    day.last_seq = signal.seq;
    day.last_name.clone_from(&signal.name);
}

/// Whom a message is a sign of: its endpoint or its source, and the clinic that asks for a pickup.
fn senders(signal: &Signal) -> Vec<Sender> {
    let lab_id = signal.lab_id.clone();
    let lab_id = lab_id.unwrap_or_else(|| LabId::known(NO_LAB));
    let sender = |kind: &str, id: &str| Sender {
        kind: kind.to_owned(),
        lab_id: lab_id.clone(),
        id: id.to_owned(),
    };
    let mut senders = vec![match signal.actor.strip_prefix("endpoint/") {
        Some(endpoint) => sender("endpoint", endpoint),
        None => sender("source", &signal.source),
    }];
    if signal.name == "PickupRequested" {
        senders.extend(signal.clinic_id.as_deref().map(|id| sender("clinic", id)));
    }
    senders
}

/// The zones of labs, each asked for once.
pub struct Zones {
    usual: String,
    known: HashMap<LabId, (TimeZone, Option<Lab>)>,
}

impl Zones {
    /// With the zone of labs that have none.
    pub fn new(usual: &str) -> Self {
        Self {
            usual: usual.to_owned(),
            known: HashMap::new(),
        }
    }

    /// The zone of a lab.
    pub fn of(&mut self, store: &dyn Store, lab: &LabId) -> Result<TimeZone, StoreError> {
        Ok(self.lab(store, lab)?.0.clone())
    }

    /// The zone of a lab, and the lab if there is one.
    pub fn lab(
        &mut self,
        store: &dyn Store,
        id: &LabId,
    ) -> Result<&(TimeZone, Option<Lab>), StoreError> {
        if !self.known.contains_key(id) {
            let found = store.get(Kind::Lab, Some(id), id.as_str())?;
            let lab = found.first().and_then(Lab::from_record).cloned();
            let zone = lab
                .as_ref()
                .map_or_else(|| time::zone(&self.usual), |lab| lab.zone(&self.usual));
            self.known.insert(id.clone(), (zone, lab));
        }
        self.known
            .get(id)
            .ok_or_else(|| StoreError::Broken("a lab that was just read is not there".into()))
    }
}
