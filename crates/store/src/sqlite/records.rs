//! Records: written with their versions, read one by one and in lists.

use pontic_core::id::LabId;
use pontic_core::pickup::Identity;
use pontic_core::record::{Kind, Record};
use rusqlite::{Connection, Row, params};

use super::rows::{self, Query};
use super::tables;
use crate::StoreError;
use crate::page::{self, Filter, Page, Paging};
use crate::vault::Vault;

/// Writes records: new ones, and changed ones over the version that was loaded; each with the steps that it has now done more.
pub fn save(
    conn: &Connection,
    vault: &Vault,
    records: &[(Option<u64>, Record)],
    steps: &[String],
) -> Result<(), StoreError> {
    for ((loaded, record), steps) in records.iter().zip(steps) {
        save_one(conn, vault, *loaded, record, steps)?;
    }
    Ok(())
}

fn save_one(
    conn: &Connection,
    vault: &Vault,
    loaded: Option<u64>,
    record: &Record,
    steps: &str,
) -> Result<(), StoreError> {
    let row = record.row();
    let table = tables::of(row.kind);
    let place = [row.kind.as_str(), row.lab_id.as_str(), &row.id];
    let private = row
        .private
        .as_ref()
        .map(|private| vault.seal_private(&place, private))
        .transpose()?;
    let date = row.date.map(|date| date.to_string());
    if let Some(version) = loaded {
        // Most changes leave the columns alone that indexes hold, and an index is written again only if its columns are named.
        let mut statement = conn.prepare_cached(&table.rewrite)?;
        let (lab, open) = (row.lab_id.as_str(), row.open);
        let same = params![
            lab,
            row.id,
            row.clinic_id,
            date,
            row.status,
            row.parent,
            open,
            row.version,
            row.body,
            private,
            version,
            steps
        ];
        if statement.execute(same)? == 1 {
            return Ok(());
        }
    }
    let mut statement = conn.prepare_cached(if loaded.is_some() {
        &table.update
    } else {
        &table.insert
    })?;
    let columns = params![
        row.lab_id.as_str(),
        row.id,
        row.clinic_id,
        date,
        row.status,
        row.parent,
        row.identity,
        row.open,
        row.version,
        row.body,
        private,
        steps,
    ];
    let written = match loaded {
        Some(version) => statement.execute(&[columns, params![version]].concat()[..])?,
        None => statement.execute(columns)?,
    };
    if written == 1 {
        Ok(())
    } else {
        Err(StoreError::Conflict)
    }
}

/// The record that a row of [`tables::COLUMNS`] holds.
pub fn read(vault: &Vault, kind: Kind, row: &Row<'_>) -> Result<Record, StoreError> {
    let place = [kind.as_str(), rows::text(row, 1)?, rows::text(row, 2)?];
    let private = rows::bytes(row, 4)?
        .map(|sealed| vault.open_private(&place, sealed))
        .transpose()?;
    Record::from_row(kind, rows::text(row, 3)?, private)
        .map_err(|unreadable| StoreError::Broken(unreadable.to_string()))
}

/// The records of that kind and id.
pub fn get(
    conn: &Connection,
    vault: &Vault,
    kind: Kind,
    lab: Option<&LabId>,
    id: &str,
) -> Result<Vec<Record>, StoreError> {
    Query::new(&tables::of(kind).list)
        .and("id = ?", id.to_owned())
        .and_if("lab_id = ?", lab.map(ToString::to_string))
        .all(conn, |row| read(vault, kind, row))
}

/// Records whose id begins like that, by id.
pub fn starting_with(
    conn: &Connection,
    vault: &Vault,
    kind: Kind,
    lab: Option<&LabId>,
    beginning: &str,
    limit: usize,
) -> Result<Vec<Record>, StoreError> {
    Query::new(&tables::of(kind).list)
        .and("id >= ?", beginning.to_owned())
        .and("id < ?", format!("{beginning}{}", char::MAX))
        .and_if("lab_id = ?", lab.map(ToString::to_string))
        .ordered("id, lab_id", limit)
        .all(conn, |row| read(vault, kind, row))
}

/// The steps of a record.
pub fn steps(conn: &Connection, kind: Kind, lab: &LabId, id: &str) -> Result<Vec<u64>, StoreError> {
    let mut select = conn.prepare_cached(&tables::of(kind).steps)?;
    let found = rows::first(&mut select, [id, lab.as_str()], |row| {
        Ok(page::steps(rows::text(row, 0)?))
    })?;
    Ok(found.unwrap_or_default())
}

/// A page of the records that pass the filter.
pub fn list(
    conn: &Connection,
    vault: &Vault,
    kind: Kind,
    filter: &Filter,
    paging: &Paging,
) -> Result<Page<Record>, StoreError> {
    let bounds = filter.pickup_id.as_deref().map(Identity::bounds);
    Query::new(&tables::of(kind).list)
        .and_if(
            "lab_id = ?",
            filter.lab_id.as_ref().map(ToString::to_string),
        )
        .only_if(filter.open, "open = 1")
        .and_if("clinic_id = ?", filter.clinic_id.clone())
        .and_if("date = ?", filter.date.map(|date| date.to_string()))
        .and_if("status = ?", filter.status.clone())
        .and_if("parent = ?", filter.parent.clone())
        .and_if("identity >= ?", bounds.map(|(first, _)| first.to_vec()))
        .and_if("identity <= ?", bounds.map(|(_, last)| last.to_vec()))
        .and_if("n > ?", paging.after.map(rows::number))
        .page(conn, "n", paging, |row| {
            Ok((row.get(0)?, read(vault, kind, row)?))
        })
}
