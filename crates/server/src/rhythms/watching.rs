//! Who is silent that should not be.

use std::collections::BTreeMap;

use jiff::Timestamp;
use jiff::civil::Date;
use jiff::tz::TimeZone;
use pontic_core::directory::{Clinic, Lab};
use pontic_core::event::{Event, Origin, SenderSilent};
use pontic_core::record::{Entity, Kind};
use pontic_core::rhythm::{self, LOOKED_AT, Odd};
use pontic_store::heard::HeardDay;
use pontic_store::{Store, StoreError};

use super::following::Zones;
use super::{SOURCE, Sender, State, rhythm_days};
use crate::door::Draft;

/// What was told of a silent sender.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Silence {
    /// By what it is told once: the day, and what is odd.
    pub id: String,
    /// How the sender is usually heard, in words.
    pub usually: String,
}

/// Looks at every sender; gives what is to be told of those that fell silent since the last look.
pub fn find_silent(
    state: &mut State,
    store: &dyn Store,
    usual_zone: &str,
    now: Timestamp,
) -> Result<Vec<Draft>, StoreError> {
    let mut zones = Zones::new(usual_zone);
    let mut silent = BTreeMap::new();
    let mut drafts = Vec::new();
    for (sender, days) in &state.days {
        let (zone, lab) = zones.lab(store, &sender.lab_id)?.clone();
        let Some(odd) = odd(store, sender, days, lab.as_ref(), &zone, now)? else {
            continue;
        };
        let Some(last) = days.iter().max_by_key(|day| day.last_seq) else {
            continue;
        };
        let silence = told(sender, &odd, now, &zone);
        if state.silent.get(sender) != Some(&silence) {
            drafts.push(draft(sender, last, &silence));
        }
        silent.insert(sender.clone(), silence);
    }
    state.silent = silent;
    Ok(drafts)
}

/// Nothing is odd on days on which the lab rests or the clinic is closed.
fn odd(
    store: &dyn Store,
    sender: &Sender,
    days: &[HeardDay],
    lab: Option<&Lab>,
    zone: &TimeZone,
    now: Timestamp,
) -> Result<Option<Odd>, StoreError> {
    let works = |date: Date| lab.is_none_or(|lab| lab.works_on(date));
    let wall = now.to_zoned(zone.clone()).datetime();
    let known = rhythm_days(days, zone);
    let last = days.iter().map(|day| day.last_at).max().unwrap_or(now);
    let paused = now.duration_since(last);
    let Some(odd) = rhythm::odd(&known, wall, paused, works) else {
        return Ok(None);
    };
    if sender.kind != Kind::Clinic.as_str() {
        return Ok(Some(odd));
    }
    // Few are odd at all: only then is the clinic looked up.
    let found = store.get(Kind::Clinic, Some(&sender.lab_id), &sender.id)?;
    let clinic = found.first().and_then(Clinic::from_record);
    let open = |date: Date| clinic.is_none_or(|clinic| clinic.is_open_on(date));
    Ok(rhythm::odd(&known, wall, paused, |date| {
        works(date) && open(date)
    }))
}

fn told(sender: &Sender, odd: &Odd, now: Timestamp, zone: &TimeZone) -> Silence {
    let today = now.to_zoned(zone.clone());
    let weekday = today.strftime("%A");
    let (what, usually) = match odd {
        Odd::NotBegun {
            usually_by,
            heard_on,
        } => (
            "begun",
            format!(
                "by {} on a {weekday} ({heard_on} of the last {LOOKED_AT})",
                usually_by.strftime("%H:%M")
            ),
        ),
        Odd::Stopped {
            longest_pause,
            usually_until,
        } => (
            "stopped",
            format!(
                "every {} minutes or sooner, until {} on a {weekday}",
                longest_pause.as_mins() + 1,
                usually_until.strftime("%H:%M")
            ),
        ),
    };
    let Sender { kind, lab_id, id } = sender;
    Silence {
        id: format!("silent/{kind}/{lab_id}/{id}/{}/{what}", today.date()),
        usually,
    }
}

fn draft(sender: &Sender, last: &HeardDay, silence: &Silence) -> Draft {
    let body = SenderSilent {
        lab_id: sender.lab_id.clone(),
        kind: sender.kind.clone(),
        id: sender.id.clone(),
        last_heard: last.last_at,
        last_event: last.last_name.clone(),
        last_seq: last.last_seq,
        usually: silence.usually.clone(),
    };
    let origin = Origin {
        scope: None,
        driver: None,
        source: SOURCE.to_owned(),
        // Once a day, whoever looks and however often.
        id: Some(silence.id.clone()),
        time: None,
        actor: SOURCE.to_owned(),
        redriven: None,
    };
    Draft::Event(std::sync::Arc::new(Event {
        origin,
        body: body.into(),
    }))
}
