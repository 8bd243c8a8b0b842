//! What people must see.

use jiff::Timestamp;
use pontic_core::id::LabId;
use rusqlite::{Connection, Row, params};

use super::rows::{self, Query};
use crate::StoreError;
use crate::batch::{Entry, Raised};
use crate::page::{AlertRow, Page, Paging};

/// Raises the alerts of a batch's entries.
pub fn raise_all(conn: &Connection, entries: &[Entry], seqs: &[u64]) -> Result<(), StoreError> {
    for (entry, seq) in entries.iter().zip(seqs) {
        for raised in &entry.alerts {
            raise(conn, raised, entry.now, Some(*seq))?;
        }
    }
    Ok(())
}

/// Raises one alert; `seq` is the event that led to it.
pub fn raise(
    conn: &Connection,
    raised: &Raised,
    at: Timestamp,
    seq: Option<u64>,
) -> Result<(), StoreError> {
    conn.prepare_cached("INSERT INTO alert (seq, at, lab_id, body, open) VALUES (?, ?, ?, ?, 1)")?
        .execute(params![
            seq,
            at.as_millisecond(),
            raised.lab_id.as_str(),
            raised.body
        ])?;
    Ok(())
}

/// A page of alerts, newest first.
pub fn list(
    conn: &Connection,
    lab: Option<&LabId>,
    open_only: bool,
    paging: &Paging,
) -> Result<Page<AlertRow>, StoreError> {
    Query::new("SELECT n, seq, at, lab_id, body, open FROM alert WHERE true")
        .only_if(open_only, "open = 1")
        .and_if("lab_id = ?", lab.map(ToString::to_string))
        .and_if("n < ?", paging.after.map(rows::number))
        .page(conn, "n DESC", paging, |row| {
            let alert = read(row)?;
            Ok((alert.number, alert))
        })
}

fn read(row: &Row<'_>) -> Result<AlertRow, StoreError> {
    Ok(AlertRow {
        number: row.get(0)?,
        seq: row.get(1)?,
        at: rows::time(row, 2)?,
        lab_id: LabId::known(rows::text(row, 3)?),
        body: row.get(4)?,
        open: row.get(5)?,
    })
}

/// Alerts with greater numbers, oldest first.
pub fn after(conn: &Connection, after: u64, limit: usize) -> Result<Vec<AlertRow>, StoreError> {
    Query::new("SELECT n, seq, at, lab_id, body, open FROM alert WHERE true")
        .and("n > ?", rows::number(after))
        .ordered("n", limit)
        .all(conn, read)
}

/// The greatest number.
pub fn last(conn: &Connection) -> Result<u64, StoreError> {
    let mut select = conn.prepare_cached("SELECT coalesce(max(n), 0) FROM alert")?;
    Ok(rows::first(&mut select, [], |row| Ok(row.get(0)?))?.unwrap_or(0))
}

/// Marks one as dealt with. False if there is none such in that lab.
pub fn close(conn: &Connection, lab: Option<&LabId>, number: u64) -> Result<bool, StoreError> {
    let mut update = conn.prepare_cached(
        "UPDATE alert SET open = 0 WHERE n = ?1 AND lab_id = coalesce(?2, lab_id)",
    )?;
    Ok(update.execute((number, lab.map(LabId::as_str)))? == 1)
}
