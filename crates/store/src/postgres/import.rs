//! Moving the data of a folder into a database: every row as it stands, in one transaction, then compared row by row.

mod shape;

use std::path::Path;

use deadpool_postgres::{GenericClient, Transaction};
use jiff::Timestamp;
use rusqlite::types::ValueRef;
use sha2::{Digest, Sha256};
use tokio_postgres::Row;

use self::shape::{Column, Holds, Table};
use super::positions::{self, MovedPositions};
use super::{PostgresStore, about, counter, rows};
use crate::StoreError;
use crate::sqlite::{Options, SqliteStore};

/// Rows that are sent at once.
const PAGE: usize = 500;

/// What was moved.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Moved {
    /// The table.
    pub table: String,
    /// How many rows, equal on both sides.
    pub rows: u64,
}

/// One value, as both engines have it.
#[derive(Debug, Clone, PartialEq)]
enum Cell {
    Nothing,
    Number(i64),
    Text(String),
    Bytes(Vec<u8>),
}

/// Moves the data in `folder`, records and positions, into the database, which must be empty, and compares. The folder stays as it is; nobody may write to
/// it meanwhile, and a server that has it open is waited for or refused.
pub fn import(
    store: &PostgresStore,
    folder: &Path,
    key_file: Option<&Path>,
    now: Timestamp,
) -> Result<(Vec<Moved>, MovedPositions), StoreError> {
    // Brings the folder to the format of this program, and checks its key.
    drop(SqliteStore::open(folder, key_file, Options::default())?);
    let source = rusqlite::Connection::open(folder.join("pontic.db"))?;
    // Whoever wants to write waits until this is over.
    source.execute_batch("PRAGMA busy_timeout = 5000; BEGIN IMMEDIATE")?;
    let moved = store.write(async |transaction| {
        refuse_if_used(transaction).await?;
        let mut moved = Vec::new();
        for table in shape::tables() {
            let there = copy(&source, transaction, &table).await?;
            let here = digest_of_database(transaction, &table).await?;
            if there != here {
                return Err(StoreError::Broken(format!(
                    "the rows of {} differ after the move; nothing was kept of it",
                    table.name
                )));
            }
            moved.push(Moved {
                table: table.name,
                rows: there.1,
            });
        }
        settle(&source, transaction).await?;
        let positions = positions::take(transaction, &store.program, folder, now).await?;
        Ok((moved, positions))
    })?;
    source.execute_batch("ROLLBACK")?;
    Ok(moved)
}

async fn refuse_if_used(transaction: &Transaction<'_>) -> Result<(), StoreError> {
    let stand = counter::advance(transaction, 0).await?;
    let tokens = rows::first(transaction, "SELECT 1 FROM token LIMIT 1", &[]).await?;
    if stand.seq > 0 || tokens.is_some() {
        return Err(StoreError::Broken(
            "the database holds data already: move into an empty one".into(),
        ));
    }
    Ok(())
}

/// A digest of rows, and how many there were.
type Digested = ([u8; 32], u64);

/// Copies all rows of a table; gives what was read.
async fn copy(
    source: &rusqlite::Connection,
    transaction: &Transaction<'_>,
    table: &Table,
) -> Result<Digested, StoreError> {
    let mut select = source.prepare(&table.select_there())?;
    let mut found = select.query([])?;
    let (mut hash, mut count) = (Sha256::new(), 0);
    let insert = table.insert();
    let mut page = table.arrays();
    while let Some(row) = found.next()? {
        for (place, (column, array)) in table.columns.iter().zip(&mut page).enumerate() {
            let cell = there(column, row.get_ref(place)?)?;
            add(&mut hash, &cell);
            array.push(cell)?;
        }
        count += 1;
        if count % PAGE as u64 == 0 {
            send(
                transaction,
                &insert,
                std::mem::replace(&mut page, table.arrays()),
            )
            .await?;
        }
    }
    send(transaction, &insert, page).await?;
    Ok((hash.finalize().into(), count))
}

async fn send(
    transaction: &Transaction<'_>,
    insert: &str,
    page: Vec<shape::Array>,
) -> Result<(), StoreError> {
    let params: Vec<rows::Param<'_>> = page.iter().map(shape::Array::param).collect();
    rows::execute(transaction, insert, &params).await.map(drop)
}

fn there(column: &Column, value: ValueRef<'_>) -> Result<Cell, StoreError> {
    let misread = || rows::misread(column.name);
    Ok(match value {
        ValueRef::Null => Cell::Nothing,
        ValueRef::Integer(number) => Cell::Number(number),
        ValueRef::Text(text) => {
            Cell::Text(String::from_utf8(text.to_vec()).map_err(|_| misread())?)
        }
        ValueRef::Blob(bytes) => Cell::Bytes(bytes.to_vec()),
        ValueRef::Real(_) => return Err(misread()),
    })
}

async fn digest_of_database(
    client: &impl GenericClient,
    table: &Table,
) -> Result<Digested, StoreError> {
    let (mut hash, mut count) = (Sha256::new(), 0);
    let mut after: Option<Cell> = None;
    loop {
        let sql = table.select_here(after.is_some(), PAGE);
        let found = match &after {
            None => rows::query(client, &sql, &[]).await?,
            Some(Cell::Number(number)) => rows::query(client, &sql, &[number]).await?,
            Some(Cell::Text(text)) => rows::query(client, &sql, &[text]).await?,
            Some(Cell::Bytes(bytes)) => rows::query(client, &sql, &[bytes]).await?,
            Some(Cell::Nothing) => return Err(rows::misread("key")),
        };
        for row in &found {
            for (place, column) in table.columns.iter().enumerate() {
                let cell = here(row, place, column)?;
                add(&mut hash, &cell);
                if column.name == table.key {
                    after = Some(cell);
                }
            }
            count += 1;
        }
        if found.len() < PAGE {
            return Ok((hash.finalize().into(), count));
        }
    }
}

fn here(row: &Row, place: usize, column: &Column) -> Result<Cell, StoreError> {
    let number = |number: Option<i64>| number.map_or(Cell::Nothing, Cell::Number);
    Ok(match column.holds {
        Holds::Number => number(rows::get(row, place)?),
        Holds::Small => number(rows::get::<Option<i16>>(row, place)?.map(i64::from)),
        Holds::Truth => number(rows::get::<Option<bool>>(row, place)?.map(i64::from)),
        Holds::Text => rows::get::<Option<String>>(row, place)?.map_or(Cell::Nothing, Cell::Text),
        Holds::Bytes => {
            rows::get::<Option<Vec<u8>>>(row, place)?.map_or(Cell::Nothing, Cell::Bytes)
        }
    })
}

/// Each value with its kind and length before it, so that no two rows read the same.
fn add(hash: &mut Sha256, cell: &Cell) {
    let (kind, bytes) = match cell {
        Cell::Nothing => (0_u8, Vec::new()),
        Cell::Number(number) => (1, number.to_be_bytes().to_vec()),
        Cell::Text(text) => (2, text.as_bytes().to_vec()),
        Cell::Bytes(bytes) => (3, bytes.clone()),
    };
    hash.update([kind]);
    hash.update((bytes.len() as u64).to_be_bytes());
    hash.update(bytes);
}

/// The epoch, how far the inbox was pruned, and the numbers that come next.
async fn settle(
    source: &rusqlite::Connection,
    transaction: &Transaction<'_>,
) -> Result<(), StoreError> {
    let fact = |key: &str| {
        let mut select = source.prepare("SELECT CAST(value AS TEXT) FROM meta WHERE key = ?")?;
        let mut found = select.query([key])?;
        let value = found.next()?.map(|row| row.get::<_, String>(0));
        value.transpose().map_err(StoreError::from)
    };
    for key in [
        "epoch",
        "inbox_pruned",
        "fanned_out",
        "noticed",
        "noticed_alerts",
        "heard",
    ] {
        if let Some(value) = fact(key)? {
            about::set(transaction, key, &value).await?;
        }
    }
    let last = rows::first(transaction, "SELECT coalesce(max(seq), 0) FROM log", &[]).await?;
    let last: i64 = last.map_or(Ok(0), |row| rows::get(&row, 0))?;
    rows::execute(transaction, "UPDATE counter SET seq = $1", &[&last]).await?;
    for table in shape::tables() {
        if table.key != "n" {
            continue;
        }
        let name = &table.name;
        let sequence = if name == "work" {
            "'work_n'".to_owned()
        } else {
            format!("pg_get_serial_sequence('{name}', 'n')")
        };
        // `false`: the number given is the next one.
        let sql = format!("SELECT setval({sequence}, coalesce(max(n), 0) + 1, false) FROM {name}");
        rows::query(transaction, &sql, &[]).await?;
    }
    Ok(())
}
