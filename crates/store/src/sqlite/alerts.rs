//! What people must see.

use jiff::Timestamp;
use pontic_core::id::LabId;
use rusqlite::{Connection, Row, params};

use super::rows::{self, Query};
use crate::StoreError;
use crate::batch::{Entry, Raised};
use crate::page::{AlertRow, Alerts, Page, Paging};

const SELECT: &str = "SELECT n, seq, at, lab_id, body, open, snoozed_until FROM alert WHERE true";

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
    which: Alerts,
    paging: &Paging,
) -> Result<Page<AlertRow>, StoreError> {
    let (due_by, not_before) = which.bounds();
    Query::new(SELECT)
        .only_if(which != Alerts::All, "open = 1")
        .and_if(
            "(snoozed_until IS NULL OR snoozed_until <= ?)",
            due_by.map(Timestamp::as_millisecond),
        )
        .and_if(
            "snoozed_until > ?",
            not_before.map(Timestamp::as_millisecond),
        )
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
        snoozed_until: rows::optional_time(row, 6)?,
    })
}

/// Alerts with greater numbers, oldest first.
pub fn after(conn: &Connection, after: u64, limit: usize) -> Result<Vec<AlertRow>, StoreError> {
    Query::new(SELECT)
        .and("n > ?", rows::number(after))
        .ordered("n", limit)
        .all(conn, read)
}

/// The greatest number.
pub fn last(conn: &Connection) -> Result<u64, StoreError> {
    let mut select = conn.prepare_cached("SELECT coalesce(max(n), 0) FROM alert")?;
    Ok(rows::first(&mut select, [], |row| Ok(row.get(0)?))?.unwrap_or(0))
}

/// Marks one as dealt with. Nothing if there is none such in that lab.
pub fn close(
    conn: &Connection,
    lab: Option<&LabId>,
    number: u64,
) -> Result<Option<LabId>, StoreError> {
    let mut update = conn.prepare_cached(
        "UPDATE alert SET open = 0 WHERE n = ?1 AND lab_id = coalesce(?2, lab_id) RETURNING lab_id",
    )?;
    rows::first(&mut update, (number, lab.map(LabId::as_str)), lab_of)
}

/// Puts an open one off. Nothing if there is none such in that lab.
pub fn snooze(
    conn: &Connection,
    lab: Option<&LabId>,
    number: u64,
    until: Timestamp,
) -> Result<Option<LabId>, StoreError> {
    let mut update = conn.prepare_cached(
        "UPDATE alert SET snoozed_until = ?3 WHERE n = ?1 AND lab_id = coalesce(?2, lab_id) AND open = 1
         RETURNING lab_id",
    )?;
    let values = (number, lab.map(LabId::as_str), until.as_millisecond());
    rows::first(&mut update, values, lab_of)
}

fn lab_of(row: &Row<'_>) -> Result<LabId, StoreError> {
    Ok(LabId::known(rows::text(row, 0)?))
}
