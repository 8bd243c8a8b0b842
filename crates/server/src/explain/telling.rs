//! From rows of the log to sentences.

use jiff::tz::TimeZone;
use pontic_core::event::{Body, Origin};
use pontic_core::id::parse_uuid;
use pontic_core::notice::Channel;
use pontic_core::record::{Change, Record};
use pontic_core::story::{changed, said, teller, wall};
use pontic_store::batch::InboxKey;
use pontic_store::outgoing::{MessageFilter, MessageRow, MessageState};
use pontic_store::page::{LogFilter, LogRow, Paging, QuarantineRow};
use pontic_store::{Store, StoreError};
use serde_json::Value;

use super::subjects::{Concern, Subject, is_published};
use super::{Line, Story, zone_of};

/// Most events of a story: the first and the last of them.
const MOST: usize = 200;
/// Of these, how many from the beginning.
const FIRST: usize = 20;
/// An event that changed no more is told whole.
const FEW: usize = 4;
/// Most changes of an event that are told one by one.
const MOST_CHANGES: usize = 12;
/// Most publications of an event, and most messages of a publication.
const MOST_SENT: usize = 50;

/// The story of one thing.
pub fn tell(store: &dyn Store, subject: Subject, default_zone: &str) -> Result<Story, StoreError> {
    match subject {
        Subject::Record(record, concern, refused) => {
            of_record(store, &record, concern, &refused, default_zone)
        }
        Subject::Event(row) => of_event(store, &row, default_zone),
        Subject::Refused(row) => of_refused(store, &row, default_zone),
    }
}

fn of_record(
    store: &dyn Store,
    record: &Record,
    concern: Concern,
    refused: &[QuarantineRow],
    default_zone: &str,
) -> Result<Story, StoreError> {
    let zone = zone_of(store, Some(record.lab_id()), default_zone)?;
    let Concern { mut steps, ids } = concern;
    let omitted = steps.len().saturating_sub(MOST);
    steps.drain(FIRST.min(steps.len())..(FIRST.min(steps.len()) + omitted).min(steps.len()));
    let mut lines = Vec::new();
    for seq in steps {
        if let Some(row) = store.log_row(seq)? {
            event(store, &row, &ids, &zone, &mut lines)?;
        }
    }
    // One that was sent in again is told with the event that it became.
    let is_told = |row: &QuarantineRow| lines.iter().any(|line| line.text.contains(&row.item.id));
    let untold: Vec<Line> = refused
        .iter()
        .filter(|row| !is_told(row))
        .map(|row| refusal(row, &zone))
        .collect();
    lines.extend(untold);
    // What is told of one event stays together: the order within one moment is kept.
    lines.sort_by_key(|line| line.at);
    Ok(Story {
        kind: record.kind().to_string(),
        id: record.id().to_owned(),
        lab_id: Some(record.lab_id().clone()),
        summary: standing(record),
        zone,
        lines,
        omitted,
    })
}

/// Where a record stands: `delivery 0199… of lab LAB001 for clinic C1 on 2026-01-31: delivered`.
fn standing(record: &Record) -> String {
    let row = record.columns();
    let clinic = row.clinic_id.map(|clinic| format!(" for clinic {clinic}"));
    let date = row.date.map(|date| format!(" on {date}"));
    let status = row.status.map(|status| format!(": {status}"));
    format!(
        "{} {} of lab {}{}{}{}",
        row.kind,
        row.id,
        row.lab_id,
        clinic.unwrap_or_default(),
        date.unwrap_or_default(),
        status.unwrap_or_default()
    )
}

fn of_event(store: &dyn Store, row: &LogRow, default_zone: &str) -> Result<Story, StoreError> {
    let zone = zone_of(store, row.lab_id.as_ref(), default_zone)?;
    let mut lines = Vec::new();
    let cause = match row.caused_by {
        Some(cause) => store.log_row(cause)?,
        None => None,
    };
    event(store, cause.as_ref().unwrap_or(row), &[], &zone, &mut lines)?;
    let direction = if is_published(row) {
        "was published"
    } else {
        "was accepted"
    };
    Ok(Story {
        kind: "event".to_owned(),
        id: row.event_id.clone(),
        lab_id: row.lab_id.clone(),
        summary: format!(
            "{} of {} {direction} as number {} on {}",
            row.name,
            row.source,
            row.seq,
            wall(row.at, &zone)
        ),
        zone,
        lines,
        omitted: 0,
    })
}

fn of_refused(
    store: &dyn Store,
    row: &QuarantineRow,
    default_zone: &str,
) -> Result<Story, StoreError> {
    let zone = zone_of(store, row.item.lab_id.as_ref(), default_zone)?;
    let mut lines = vec![refusal(row, &zone)];
    let since = match &row.became {
        Some(event_id) => {
            if let Some(came) = became(store, row, event_id)? {
                event(store, &came, &[], &zone, &mut lines)?;
            }
            format!("sent in again and accepted as event {event_id}")
        }
        None if row.open => "and waits in the quarantine".to_owned(),
        None => "and was sent in again".to_owned(),
    };
    Ok(Story {
        kind: "refused".to_owned(),
        id: row.item.id.clone(),
        lab_id: row.item.lab_id.clone(),
        summary: format!(
            "{} of {} was refused, {since}",
            row.item.name, row.item.source
        ),
        zone,
        lines,
        omitted: 0,
    })
}

/// The event that came of a refused message.
fn became(
    store: &dyn Store,
    row: &QuarantineRow,
    event_id: &str,
) -> Result<Option<LogRow>, StoreError> {
    let (lab, source) = (row.item.lab_id.as_ref(), row.item.source.as_str());
    let mut keys = vec![
        InboxKey::foreign(lab, source, event_id),
        InboxKey::foreign(None, source, event_id),
    ];
    keys.extend(parse_uuid(event_id).map(InboxKey::own));
    match store.seen(&keys)?.into_iter().flatten().next() {
        Some(seen) => store.log_row(seen.seq),
        None => Ok(None),
    }
}

/// Everything about one accepted event; where it did much, what concerns these ids.
fn event(
    store: &dyn Store,
    row: &LogRow,
    ids: &[String],
    zone: &TimeZone,
    lines: &mut Vec<Line>,
) -> Result<(), StoreError> {
    let mut line = |text: String| {
        lines.push(Line {
            at: row.at,
            seq: Some(row.seq),
            text,
        });
    };
    let origin: Option<Origin> = serde_json::from_str(&row.origin).ok();
    // Private parts are not opened: no sentence needs them.
    let body = Body::from_parts(&row.name, &row.detail, None)
        .ok()
        .flatten();
    let what = body.map_or_else(|| row.name.clone(), |body| said(&body, zone));
    let who = origin.as_ref().map_or_else(|| row.source.clone(), teller);
    line(format!("{who}: {what}."));
    if let Some(id) = origin.and_then(|origin| origin.redriven) {
        let first = store.quarantined(&id)?;
        let first =
            first.map(|first| format!(" on {} ({})", wall(first.item.at, zone), why(&first)));
        line(format!(
            "It was refused at first{}, lay in the quarantine as {id} and was sent in again.",
            first.unwrap_or_default()
        ));
    }
    let much = !ids.is_empty() && row.changes.len() > FEW;
    let concerns = |change: &&Change| {
        !much
            || ids.contains(&change.id)
            || change.parent.as_ref().is_some_and(|id| ids.contains(id))
    };
    let told: Vec<&Change> = row
        .changes
        .iter()
        .filter(concerns)
        .take(MOST_CHANGES)
        .collect();
    for change in &told {
        line(format!("{}.", capital(&changed(change))));
    }
    let more = row.changes.len() - told.len();
    if more > 0 {
        line(format!("And {more} other records changed."));
    }
    for (_, body) in &row.alerts {
        line(format!("The dispatchers were told: {}.", alert(body)));
    }
    let names_it = |published: &LogRow| {
        !much
            || ids
                .iter()
                .any(|id| published.detail.contains(&format!("\"{id}\"")))
    };
    for published in published(store, row)?.into_iter().filter(names_it) {
        line(format!(
            "{} was published as number {}{}.",
            published.name,
            published.seq,
            messages(store, published.seq, zone)?
        ));
    }
    Ok(())
}

/// What an event published follows it directly.
fn published(store: &dyn Store, row: &LogRow) -> Result<Vec<LogRow>, StoreError> {
    let filter = LogFilter {
        after: row.seq,
        ..LogFilter::default()
    };
    let rows = store.log(&filter, 4)?;
    let of_it = |found: &LogRow| found.caused_by == Some(row.seq);
    if rows.len() == 4 && rows.iter().all(of_it) {
        let rows = store.log(&filter, MOST_SENT)?;
        return Ok(rows.into_iter().take_while(of_it).collect());
    }
    Ok(rows.into_iter().take_while(of_it).collect())
}

/// Whom it went to, and how far.
fn messages(store: &dyn Store, seq: u64, zone: &TimeZone) -> Result<String, StoreError> {
    let filter = MessageFilter {
        seq: Some(seq),
        ..MessageFilter::default()
    };
    let limit = MOST_SENT;
    let page = store.outgoing(&filter, &Paging { after: None, limit })?;
    let told: Vec<String> = page.items.iter().map(|row| message(row, zone)).collect();
    Ok(if told.is_empty() {
        String::new()
    } else {
        format!("; {}", told.join("; "))
    })
}

fn message(row: &MessageRow, zone: &TimeZone) -> String {
    let to = receiver(row);
    let cause = row.cause.as_deref().unwrap_or("unknown");
    match row.state {
        MessageState::Sent => {
            let at = row.tried_at.map(|at| format!(" on {}", wall(at, zone)));
            format!(
                "{to} has it since try {}{}",
                row.attempts,
                at.unwrap_or_default()
            )
        }
        MessageState::Waiting if row.attempts == 0 => format!("{to} is to have it"),
        MessageState::Waiting => format!(
            "{to} did not take it by try {} (the last time: {cause}), the next is on {}",
            row.attempts,
            wall(row.message.due, zone)
        ),
        MessageState::Skipped => format!("{to} is not told: {cause}"),
        MessageState::Dead => format!(
            "{to} did not take it by try {} ({cause}): it is a dead letter",
            row.attempts
        ),
    }
}

/// A subscription, or whom a notice is for; where that goes is theirs.
fn receiver(row: &MessageRow) -> String {
    let name = &row.message.subscription;
    let (Some(channel), Some(told)) = (Channel::of_receiver(name), &row.notice) else {
        return name.clone();
    };
    match &told.clinic_id {
        Some(clinic) => format!("clinic {clinic} (by {channel})"),
        None => format!("the dispatchers (by {channel})"),
    }
}

fn refusal(row: &QuarantineRow, zone: &TimeZone) -> Line {
    let rest = match &row.became {
        Some(_) => "it was sent in again from there",
        None => "it waits there",
    };
    Line {
        at: row.item.at,
        seq: None,
        text: format!(
            "{} ({}) sent a message that was refused on {}: {}; it was put into the quarantine as {}, {rest}.",
            row.item.source,
            row.item.name,
            wall(row.item.at, zone),
            why(row),
            row.item.id,
        ),
    }
}

/// `validation_failed: ClinicNum unmapped_clinic`
fn why(row: &QuarantineRow) -> String {
    let errors: Value = serde_json::from_str(&row.item.errors).unwrap_or_default();
    let code = errors["code"].as_str().unwrap_or("refused");
    let faults = errors["errors"].as_array().into_iter().flatten();
    let text = |fault: &Value, name: &str| fault[name].as_str().unwrap_or_default().to_owned();
    let faults: Vec<String> = faults
        .map(|fault| format!("{} {}", text(fault, "field"), text(fault, "reason")))
        .collect();
    if faults.is_empty() {
        code.to_owned()
    } else {
        format!("{code}: {}", faults.join(", "))
    }
}

fn alert(body: &str) -> String {
    let body: Value = serde_json::from_str(body).unwrap_or_default();
    let text = |name: &str| body[name].as_str().unwrap_or_default().to_owned();
    format!("{} ({})", text("type"), text("code"))
}

fn capital(text: &str) -> String {
    let mut letters = text.chars();
    let first = letters.next().map(|first| first.to_ascii_uppercase());
    first.into_iter().chain(letters).collect()
}
