//! For a reader that was away, or read too slowly: its messages, made again from the log.

use pontic_store::page::{Direction, LogFilter, LogRow};
use pontic_store::{Store, StoreError};

use super::message::{Logged, Place, of_entry};
use super::observed;
use super::{Interest, Message};

/// Log rows that are read at once.
const PAGE: usize = 500;

/// The messages after number `after`, as far as one page of the log has them, and the number up to which that is.
/// Nothing new: the number given.
pub fn since(
    store: &dyn Store,
    interest: &Interest,
    after: u64,
) -> Result<(Vec<Message>, u64), StoreError> {
    let filter = LogFilter {
        // The event of the last message may have had more.
        after: Place::event(after).saturating_sub(1),
        lab_id: interest.lab_id.clone(),
        direction: Some(Direction::In),
        ..LogFilter::default()
    };
    let rows = store.log(&filter, PAGE)?;
    let mut messages = Vec::new();
    let mut reached = after;
    for row in rows {
        messages.extend(
            messages_of(&row)
                .into_iter()
                .filter(|message| message.seq > after && interest.wants(message)),
        );
        reached = reached.max(Place::end_of(row.seq));
    }
    Ok((messages, reached))
}

/// The messages of a row of the log.
pub fn messages_of(row: &LogRow) -> Vec<Message> {
    let alerts: Vec<&str> = row.alerts.iter().map(|(_, body)| body.as_str()).collect();
    of_entry(&Logged {
        seq: row.seq,
        at: row.at,
        body: observed::read(&row.name, &row.detail).as_ref(),
        changes: &row.changes,
        alerts: &alerts,
    })
}
