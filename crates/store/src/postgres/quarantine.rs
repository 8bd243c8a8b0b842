//! Messages of authentic senders that could not be used.

use deadpool_postgres::GenericClient;
use futures_util::future::try_join_all;
use pontic_core::id::LabId;
use pontic_core::phi::Phi;
use tokio_postgres::Row;

use super::rows::{self, Query};
use crate::StoreError;
use crate::batch::Quarantined;
use crate::page::{Page, Paging, QuarantineFilter, QuarantineRow};
use crate::vault::Vault;

const COLUMNS: &str = "n, id, at, lab_id, source, name, actor, errors, about, became, open";

/// Seals what came, of each message.
pub fn seal(vault: &Vault, quarantined: &[Quarantined]) -> Result<Vec<Vec<u8>>, StoreError> {
    // Sealing is the one purpose of opening it here.
    let raw = |item: &Quarantined| vault.seal(&["quarantine", &item.id], item.raw.reveal());
    quarantined.iter().map(raw).collect()
}

/// Keeps refused messages; what came with each is sealed already.
pub async fn keep(
    client: &impl GenericClient,
    quarantined: &[Quarantined],
    sealed: &[Vec<u8>],
) -> Result<(), StoreError> {
    let sql =
        "INSERT INTO quarantine (id, at, lab_id, source, name, actor, errors, raw, about, open)
               VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, true)";
    let kept = quarantined.iter().zip(sealed).map(async |(item, raw)| {
        let params: [rows::Param<'_>; 9] = [
            &item.id,
            &item.at.as_millisecond(),
            &item.lab_id.as_ref().map(LabId::as_str),
            &item.source,
            &item.name,
            &item.actor,
            &item.errors,
            raw,
            &item.about,
        ];
        rows::execute(client, sql, &params).await
    });
    try_join_all(kept).await.map(drop)
}

/// A page of them, oldest first, without what came.
pub async fn list(
    client: &impl GenericClient,
    filter: &QuarantineFilter,
    paging: &Paging,
) -> Result<Page<QuarantineRow>, StoreError> {
    Query::new(&format!("SELECT {COLUMNS} FROM quarantine WHERE true"))
        .only_if(filter.open_only, "open")
        .and_if(
            "lab_id = ?",
            filter.lab_id.as_ref().map(ToString::to_string),
        )
        .and_if("source = ?", filter.source.clone())
        .and_if("name = ?", filter.name.clone())
        .and_if("about = ?", filter.about.clone())
        .and_if("n > ?", paging.after.map(rows::number))
        .page(client, "n", paging, |row| {
            Ok((rows::count(row, 0)?, read(row, Vec::new())?))
        })
        .await
}

/// One of them, with what came.
pub async fn get(
    client: &impl GenericClient,
    vault: &Vault,
    id: &str,
) -> Result<Option<QuarantineRow>, StoreError> {
    let sql = format!("SELECT {COLUMNS}, raw FROM quarantine WHERE id = $1");
    let row = rows::first(client, &sql, &[&id]).await?;
    row.map(|row| {
        let sealed = rows::get(&row, 11)?;
        read(&row, vault.open(&["quarantine", id], sealed)?)
    })
    .transpose()
}

fn read(row: &Row, raw: Vec<u8>) -> Result<QuarantineRow, StoreError> {
    let item = Quarantined {
        id: rows::get(row, 1)?,
        at: rows::time(row, 2)?,
        lab_id: rows::lab(row, 3)?,
        source: rows::get(row, 4)?,
        name: rows::get(row, 5)?,
        actor: rows::get(row, 6)?,
        errors: rows::get(row, 7)?,
        about: rows::get(row, 8)?,
        raw: Phi::new(raw),
    };
    Ok(QuarantineRow {
        item,
        became: rows::get(row, 9)?,
        open: rows::get(row, 10)?,
    })
}

/// Marks one as dealt with. False if it was already, or if there is none.
pub async fn release(
    client: &impl GenericClient,
    id: &str,
    became: &str,
) -> Result<bool, StoreError> {
    let sql = "UPDATE quarantine SET open = false, became = $2 WHERE id = $1 AND open";
    Ok(rows::execute(client, sql, &[&id, &became]).await? == 1)
}

/// Notes why one was refused again.
pub async fn refuse_again(
    client: &impl GenericClient,
    id: &str,
    errors: &str,
) -> Result<(), StoreError> {
    let sql = "UPDATE quarantine SET errors = $2 WHERE id = $1 AND open";
    rows::execute(client, sql, &[&id, &errors]).await.map(drop)
}
