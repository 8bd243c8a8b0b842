//! Messages of authentic senders that could not be used.

use pontic_core::id::LabId;
use pontic_core::phi::Phi;
use rusqlite::{Connection, Row, params};

use super::rows::{self, Query};
use crate::StoreError;
use crate::batch::Quarantined;
use crate::page::{Page, Paging, QuarantineFilter, QuarantineRow};
use crate::vault::Vault;

const COLUMNS: &str = "n, id, at, lab_id, source, name, actor, errors, about, became, open";

/// Keeps refused messages.
pub fn keep(
    conn: &Connection,
    vault: &Vault,
    quarantined: &[Quarantined],
) -> Result<(), StoreError> {
    for item in quarantined {
        insert(conn, vault, item)?;
    }
    Ok(())
}

fn insert(conn: &Connection, vault: &Vault, item: &Quarantined) -> Result<(), StoreError> {
    let sql =
        "INSERT INTO quarantine (id, at, lab_id, source, name, actor, errors, raw, about, open)
               VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, 1)";
    conn.prepare_cached(sql)?.execute(params![
        item.id,
        item.at.as_millisecond(),
        item.lab_id.as_ref().map(LabId::as_str),
        item.source,
        item.name,
        item.actor,
        item.errors,
        // Sealing is the one purpose of opening it here.
        vault.seal(&["quarantine", &item.id], item.raw.reveal())?,
        item.about,
    ])?;
    Ok(())
}

/// A page of them, oldest first, without what came.
pub fn list(
    conn: &Connection,
    filter: &QuarantineFilter,
    paging: &Paging,
) -> Result<Page<QuarantineRow>, StoreError> {
    Query::new(&format!("SELECT {COLUMNS} FROM quarantine WHERE true"))
        .only_if(filter.open_only, "open = 1")
        .and_if(
            "lab_id = ?",
            filter.lab_id.as_ref().map(ToString::to_string),
        )
        .and_if("source = ?", filter.source.clone())
        .and_if("name = ?", filter.name.clone())
        .and_if("about = ?", filter.about.clone())
        .and_if("n > ?", paging.after.map(rows::number))
        .page(conn, "n", paging, |row| {
            Ok((row.get(0)?, read(row, Vec::new())?))
        })
}

/// One of them, with what came.
pub fn get(
    conn: &Connection,
    vault: &Vault,
    id: &str,
) -> Result<Option<QuarantineRow>, StoreError> {
    let sql = format!("SELECT {COLUMNS}, raw FROM quarantine WHERE id = ?");
    rows::first(&mut conn.prepare_cached(&sql)?, [id], |row| {
        let sealed = rows::bytes(row, 11)?.unwrap_or_default();
        read(row, vault.open(&["quarantine", id], sealed)?)
    })
}

fn read(row: &Row<'_>, raw: Vec<u8>) -> Result<QuarantineRow, StoreError> {
    let item = Quarantined {
        id: row.get(1)?,
        at: rows::time(row, 2)?,
        lab_id: rows::lab(row, 3)?,
        source: row.get(4)?,
        name: row.get(5)?,
        actor: row.get(6)?,
        errors: row.get(7)?,
        about: row.get(8)?,
        raw: Phi::new(raw),
    };
    Ok(QuarantineRow {
        item,
        became: row.get(9)?,
        open: row.get(10)?,
    })
}

/// Marks one as dealt with. False if it was already, or if there is none.
pub fn release(conn: &Connection, id: &str, became: &str) -> Result<bool, StoreError> {
    let mut update = conn
        .prepare_cached("UPDATE quarantine SET open = 0, became = ? WHERE id = ? AND open = 1")?;
    Ok(update.execute([became, id])? == 1)
}

/// Notes why one was refused again.
pub fn refuse_again(conn: &Connection, id: &str, errors: &str) -> Result<(), StoreError> {
    let mut update =
        conn.prepare_cached("UPDATE quarantine SET errors = ? WHERE id = ? AND open = 1")?;
    update.execute([errors, id])?;
    Ok(())
}
