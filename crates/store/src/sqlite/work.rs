//! Events for ourselves that wait for their time, and the workers that hold them for a while.

use jiff::{SignedDuration, Timestamp};
use pontic_core::event::Body;
use rusqlite::{Connection, Row, params};

use super::rows;
use crate::StoreError;
use crate::batch::{Entry, Later};
use crate::page::{Claimed, Waiting};
use crate::vault::Vault;

/// A claim is held as long as nobody else has claimed, replaced or settled the work since.
const HELD: &str = "n = ?1 AND attempt = ?2 AND leased_until IS NOT NULL";

/// Keeps what a batch's entries leave for later.
pub fn put_all(conn: &Connection, vault: &Vault, entries: &[Entry]) -> Result<(), StoreError> {
    entries
        .iter()
        .flat_map(|entry| &entry.later)
        .try_for_each(|later| put(conn, vault, later))
}

/// REPLACE: the work has a new number then, so that a claim of the old one settles nothing.
fn put(conn: &Connection, vault: &Vault, later: &Later) -> Result<(), StoreError> {
    let private = later
        .body
        .private()
        .map(|private| vault.seal_private(&["work", &later.key], private))
        .transpose()?;
    let sql =
        "INSERT OR REPLACE INTO work (key, due, name, detail, private) VALUES (?, ?, ?, ?, ?)";
    conn.prepare_cached(sql)?.execute(params![
        later.key,
        later.due.as_millisecond(),
        later.body.name(),
        later.body.detail(),
        private
    ])?;
    Ok(())
}

/// Ends claimed work. A claim that is not held any more is a conflict.
pub fn settle(conn: &Connection, settled: &[(u64, u32)]) -> Result<(), StoreError> {
    for claim in settled {
        if conn
            .prepare_cached(&format!("DELETE FROM work WHERE {HELD}"))?
            .execute(*claim)?
            != 1
        {
            return Err(StoreError::Conflict);
        }
    }
    Ok(())
}

/// Takes work that is due, longest due first.
pub fn claim(
    conn: &Connection,
    vault: &Vault,
    now: Timestamp,
    lease: SignedDuration,
    limit: usize,
) -> Result<Vec<Claimed>, StoreError> {
    let sql = "SELECT n, attempt + 1, key, due, name, detail, private FROM work
               WHERE due <= ?1 AND (leased_until IS NULL OR leased_until <= ?1) ORDER BY due, n LIMIT ?2";
    let mut select = conn.prepare_cached(sql)?;
    let claimed = rows::all(&mut select, (now.as_millisecond(), limit), |row| {
        read(vault, row)
    })?;
    let until = now
        .saturating_add(lease)
        .unwrap_or(Timestamp::MAX)
        .as_millisecond();
    let mut take =
        conn.prepare_cached("UPDATE work SET attempt = ?2, leased_until = ?3 WHERE n = ?1")?;
    for work in &claimed {
        take.execute((work.number, work.attempt, until))?;
    }
    Ok(claimed)
}

fn read(vault: &Vault, row: &Row<'_>) -> Result<Claimed, StoreError> {
    let key: String = row.get(2)?;
    let private = rows::bytes(row, 6)?
        .map(|sealed| vault.open_private(&["work", &key], sealed))
        .transpose()?;
    let body = Body::from_parts(rows::text(row, 4)?, rows::text(row, 5)?, private)
        .ok()
        .flatten();
    Ok(Claimed {
        number: row.get(0)?,
        attempt: row.get(1)?,
        key,
        due: rows::time(row, 3)?,
        body: body.ok_or_else(|| rows::misread("event"))?,
    })
}

/// Puts claimed work back. False if the claim is not held any more.
pub fn postpone(conn: &Connection, claimed: &Claimed, due: Timestamp) -> Result<bool, StoreError> {
    let sql = format!("UPDATE work SET due = ?3, leased_until = NULL WHERE {HELD}");
    let changed = conn.prepare_cached(&sql)?.execute((
        claimed.number,
        claimed.attempt,
        due.as_millisecond(),
    ))?;
    Ok(changed == 1)
}

/// How much waits, and since when.
pub fn waiting(conn: &Connection) -> Result<Waiting, StoreError> {
    // Two questions, because each of them alone is answered from the index.
    let sql = "SELECT (SELECT count(*) FROM work), (SELECT min(due) FROM work)";
    let mut select = conn.prepare_cached(sql)?;
    let read = |row: &Row<'_>| {
        Ok(Waiting {
            count: row.get(0)?,
            oldest_due: rows::optional_time(row, 1)?,
        })
    };
    Ok(rows::first(&mut select, [], read)?.unwrap_or_default())
}
