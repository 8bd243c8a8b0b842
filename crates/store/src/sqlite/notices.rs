//! Notices: who is told what, and what becomes one message.

use jiff::{SignedDuration, Timestamp};
use rusqlite::{Connection, params};

use super::outgoing::{COLUMNS, read};
use super::{alerts, log, meta, rows};
use crate::StoreError;
use crate::outgoing::{
    ClaimedNotice, FARTHEST, Followed, MessageState, Notice, claimed, most_together, seal,
};
use crate::vault::Vault;

/// How far it is settled. Data from before there were notices begins at its end.
pub fn followed(conn: &Connection, what: Followed) -> Result<u64, StoreError> {
    match (meta::get(conn, what.fact())?, what) {
        (Some(number), _) => Ok(number),
        (None, Followed::Publications) => log::last(conn),
        (None, Followed::Alerts) => alerts::last(conn),
    }
}

/// Settles it from one number to another.
pub fn keep(
    conn: &Connection,
    vault: &Vault,
    (what, after, up_to): (Followed, u64, u64),
    notices: &[Notice],
) -> Result<bool, StoreError> {
    let known: Option<u64> = meta::get(conn, what.fact())?;
    if known.is_some_and(|known| known != after) {
        return Ok(false);
    }
    let mut insert = conn.prepare_cached(
        "INSERT INTO outgoing (subscription, lab_id, seq, event_id, name, key, state, due, attempt, clinic_id, private, cause, tried_at)
         VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, 0, ?9, ?10, ?11, CASE WHEN ?11 IS NOT NULL THEN ?8 END)
         ON CONFLICT (subscription, event_id, key) WHERE private IS NOT NULL DO NOTHING",
    )?;
    for notice in notices {
        let message = &notice.message;
        let state = match &notice.skipped {
            Some(_) => MessageState::Skipped,
            None => MessageState::Waiting,
        };
        insert.execute(params![
            message.subscription,
            message.lab_id.as_str(),
            message.seq,
            message.event_id,
            message.name,
            message.key,
            state.number(),
            message.due.as_millisecond(),
            notice.clinic_id,
            seal(vault, notice)?,
            notice.skipped,
        ])?;
    }
    meta::set(conn, what.fact(), up_to)?;
    Ok(true)
}

/// Takes what is due, each message with all that waits under its key.
pub fn claim(
    conn: &Connection,
    vault: &Vault,
    channel: &str,
    now: Timestamp,
    lease: SignedDuration,
    limit: usize,
) -> Result<Vec<ClaimedNotice>, StoreError> {
    let far = now.saturating_add(FARTHEST).unwrap_or(Timestamp::MAX);
    let mut heads = conn.prepare_cached(
        "SELECT n, key, bundle FROM outgoing AS o WHERE subscription = ?1 AND state = 0 AND (due <= ?2 OR due > ?3)
         AND (leased_until IS NULL OR leased_until <= ?2 OR leased_until > ?3)
         AND NOT EXISTS (SELECT 1 FROM outgoing AS e WHERE e.subscription = o.subscription AND e.key = o.key
                         AND e.state = 0 AND e.n < o.n)
         ORDER BY due, n LIMIT ?4",
    )?;
    let params = (channel, now.as_millisecond(), far.as_millisecond(), limit);
    let found = rows::all(&mut heads, params, |row| {
        let head: (u64, String, Option<u64>) = (row.get(0)?, row.get(1)?, row.get(2)?);
        Ok(head)
    })?;
    let until = now.saturating_add(lease).unwrap_or(Timestamp::MAX);
    // What is one message once stays one: only what never was a part of any joins.
    let mut take = conn.prepare_cached(
        "UPDATE outgoing SET bundle = ?3, attempt = attempt + 1, leased_until = ?5 WHERE n IN (
             SELECT n FROM outgoing WHERE subscription = ?1 AND key = ?2 AND state = 0 AND bundle IS ?4 ORDER BY n LIMIT ?6)",
    )?;
    let select = format!(
        "SELECT {COLUMNS} FROM outgoing WHERE subscription = ?1 AND key = ?2 AND state = 0 AND bundle = ?3
         AND leased_until = ?4 ORDER BY n"
    );
    let mut select = conn.prepare_cached(&select)?;
    let mut taken = Vec::new();
    for (number, key, known) in found {
        let bundle = known.unwrap_or(number);
        take.execute(params![
            channel,
            key,
            bundle,
            known,
            until.as_millisecond(),
            most_together(channel)
        ])?;
        let params = params![channel, key, bundle, until.as_millisecond()];
        let together = rows::all(&mut select, params, |row| read(vault, row))?;
        taken.extend(together.into_iter().filter_map(claimed));
    }
    Ok(taken)
}
