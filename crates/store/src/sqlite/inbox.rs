//! By what repeated events are recognised.

use jiff::Timestamp;
use pontic_core::event::Origin;
use rusqlite::{Connection, Row};

use super::{meta, rows};
use crate::StoreError;
use crate::batch::{Entry, InboxKey, Seen};

/// Rows of the log that are looked at in one transaction, so that commits get their turn between two.
const PRUNED_AT_ONCE: usize = 1_000;

/// Remembers the entries of a batch. One that is known already is a conflict.
pub fn remember(conn: &Connection, entries: &[Entry], seqs: &[u64]) -> Result<(), StoreError> {
    let mut insert =
        conn.prepare_cached("INSERT INTO inbox (key, seq, digest) VALUES (?, ?, ?)")?;
    for (entry, seq) in entries.iter().zip(seqs) {
        let key = InboxKey::of(&entry.event.origin, entry.entry);
        insert.execute((key.0, seq, entry.digest))?;
    }
    Ok(())
}

/// What is known of these keys.
pub fn seen(conn: &Connection, keys: &[InboxKey]) -> Result<Vec<Option<Seen>>, StoreError> {
    let mut select = conn.prepare_cached("SELECT seq, digest FROM inbox WHERE key = ?")?;
    keys.iter()
        .map(|key| {
            rows::first(&mut select, [key.0], |row| {
                Ok(Seen {
                    seq: row.get(0)?,
                    digest: row.get(1)?,
                })
            })
        })
        .collect()
}

/// Forgets some of the keys that are older than `before`; says whether there may be more of them.
///
/// The log tells which they are, from where the last call stopped: an index by time beside the keys would cost every
/// event something, and looking through all keys would cost the more the longer nobody needs it.
pub fn forget(conn: &Connection, before: Timestamp) -> Result<bool, StoreError> {
    let done: u64 = meta::get(conn, "inbox_pruned")?.unwrap_or(0);
    let sql = "SELECT seq, at, entry, origin FROM log WHERE seq > ? ORDER BY seq LIMIT ?";
    let logged = rows::all(&mut conn.prepare_cached(sql)?, (done, PRUNED_AT_ONCE), read)?;
    let mut delete = conn.prepare_cached("DELETE FROM inbox WHERE key = ? AND seq = ?")?;
    let old = logged.iter().take_while(|row| row.at < before);
    let mut last = done;
    for row in old {
        last = row.seq;
        if let Some(key) = row.key {
            delete.execute((key.0, row.seq))?;
        }
    }
    if last != done {
        meta::set(conn, "inbox_pruned", last)?;
    }
    Ok(logged.len() == PRUNED_AT_ONCE && logged.last().is_some_and(|row| row.seq == last))
}

/// What pruning must know of a row of the log.
struct Logged {
    seq: u64,
    at: Timestamp,
    /// Absent for what was published: the inbox does not know it.
    key: Option<InboxKey>,
}

fn read(row: &Row<'_>) -> Result<Logged, StoreError> {
    let key = match row.get::<_, Option<[u8; 16]>>(2)? {
        None => None,
        Some(entry) => {
            let origin: Origin =
                serde_json::from_str(rows::text(row, 3)?).map_err(|_| rows::misread("origin"))?;
            Some(InboxKey::of(&origin, entry))
        }
    };
    Ok(Logged {
        seq: row.get(0)?,
        at: rows::time(row, 1)?,
        key,
    })
}
