//! Whom each publication goes to: settled in the order of the log, and once.

use std::sync::{Arc, Weak};
use std::time::Duration;

use jiff::Timestamp;
use pontic_core::id::LabId;
use pontic_store::outgoing::Message;
use pontic_store::page::{Direction, LogFilter, LogRow};
use pontic_store::{Store, StoreError};
use pontic_wire::outgoing::Publication;

use crate::app::App;
use crate::relay::{Receiver, Wanted};

/// Publications that are looked at together.
const PAGE: usize = 500;
/// Looked for also when nobody said that there are some.
const TICK: Duration = Duration::from_secs(1);

/// Follows the log as long as the program runs.
pub async fn follow(app: Weak<App>) {
    loop {
        let Some(running) = app.upgrade() else { return };
        let more = match settle_some(&running).await {
            Ok(more) => more,
            Err(error) => {
                tracing::warn!(%error, "whom publications go to is settled later");
                false
            }
        };
        if more {
            continue;
        }
        // Held only while there is something to do: the program ends when nobody else holds it.
        let (relay, clock) = (Arc::clone(&running.relay), running.clock.clone());
        drop(running);
        let _ = clock.timeout(TICK, relay.published.notified()).await;
    }
}

/// Whether somebody is to be told something that is published and of which that is not settled yet.
pub fn is_behind(store: &dyn Store) -> Result<bool, StoreError> {
    let filter = LogFilter {
        after: store.fanned_out()?,
        direction: Some(Direction::Out),
        ..LogFilter::default()
    };
    Ok(!store.log(&filter, 1)?.is_empty())
}

/// Settles a page; says whether there may be more.
async fn settle_some(app: &Arc<App>) -> Result<bool, StoreError> {
    let wanted = app.relay.wanted();
    let state = Arc::clone(app);
    let (more, woken) = app
        .read(move |store| settle(store, &wanted, state.clock.now()))
        .await?;
    for receiver in woken {
        receiver.wake.notify_one();
    }
    Ok(more)
}

type Settled = (bool, Vec<Arc<Receiver>>);

fn settle(store: &dyn Store, wanted: &Wanted, now: Timestamp) -> Result<Settled, StoreError> {
    let after = store.fanned_out()?;
    // Asked before the rows are: what is published meanwhile has a greater number, and its turn comes.
    let last = store.last_seq()?;
    if last <= after {
        return Ok((false, Vec::new()));
    }
    let filter = LogFilter {
        after,
        direction: Some(Direction::Out),
        ..LogFilter::default()
    };
    let rows = store.log(&filter, PAGE)?;
    let is_full = rows.len() == PAGE;
    let up_to = rows.last().filter(|_| is_full).map_or(last, |row| row.seq);
    let mut messages = Vec::new();
    let mut woken: Vec<Arc<Receiver>> = Vec::new();
    for row in rows.into_iter().filter(|row| row.seq <= up_to) {
        let (seq, publication) = (row.seq, publication(row));
        let (envelope, key) = (publication.envelope(), publication.key());
        for receiver in wanted.of(&publication, &envelope) {
            messages.push(message(receiver, &publication, &key, seq, now));
            if !woken.iter().any(|other| other.id() == receiver.id()) {
                woken.push(Arc::clone(receiver));
            }
        }
    }
    if !store.fan_out(after, up_to, &messages)? {
        // Another program was faster; whoever it woke is served there.
        return Ok((true, Vec::new()));
    }
    Ok((is_full, woken))
}

fn message(
    receiver: &Receiver,
    publication: &Publication,
    key: &str,
    seq: u64,
    now: Timestamp,
) -> Message {
    Message {
        subscription: receiver.id().to_owned(),
        lab_id: LabId::known(publication.lab_id.as_str()),
        seq,
        event_id: publication.id.clone(),
        name: publication.name.clone(),
        key: key.to_owned(),
        due: now,
    }
}

/// A published row of the log.
pub fn publication(row: LogRow) -> Publication {
    Publication {
        id: row.event_id,
        source: row.source,
        name: row.name,
        lab_id: row.lab_id.map(|lab| lab.to_string()).unwrap_or_default(),
        at: row.at,
        detail: row.detail,
    }
}
