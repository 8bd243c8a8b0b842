//! Events for ourselves that wait for their time, and the workers that hold them for a while.

use std::collections::HashMap;

use deadpool_postgres::GenericClient;
use jiff::{SignedDuration, Timestamp};
use pontic_core::event::Body;
use tokio_postgres::Row;

use super::rows;
use crate::StoreError;
use crate::batch::{Entry, Later};
use crate::page::{Claimed, Waiting};
use crate::vault::Vault;

/// What a batch leaves for later, as arrays, a column each.
#[derive(Default)]
pub struct Sealed {
    keys: Vec<String>,
    dues: Vec<i64>,
    names: Vec<&'static str>,
    details: Vec<String>,
    privates: Vec<Option<Vec<u8>>>,
}

/// Makes it ready to be written: of each key the last.
pub fn seal(vault: &Vault, entries: &[Entry]) -> Result<Sealed, StoreError> {
    let all: Vec<&Later> = entries.iter().flat_map(|entry| &entry.later).collect();
    let last: HashMap<&str, usize> = all
        .iter()
        .enumerate()
        .map(|(place, later)| (later.key.as_str(), place))
        .collect();
    let mut sealed = Sealed::default();
    for (place, later) in all.iter().enumerate() {
        if last[later.key.as_str()] != place {
            continue;
        }
        let private = later
            .body
            .private()
            .map(|private| vault.seal_private(&["work", &later.key], private))
            .transpose()?;
        sealed.keys.push(later.key.clone());
        sealed.dues.push(later.due.as_millisecond());
        sealed.names.push(later.body.name());
        sealed.details.push(later.body.detail());
        sealed.privates.push(private);
    }
    Ok(sealed)
}

/// Keeps it. What replaces other work has a new number, so that a claim of the old one settles nothing.
pub async fn put_all(client: &impl GenericClient, sealed: &Sealed) -> Result<(), StoreError> {
    if sealed.keys.is_empty() {
        return Ok(());
    }
    let sql = "INSERT INTO work (key, due, name, detail, private)
               SELECT * FROM UNNEST($1::text[], $2::bigint[], $3::text[], $4::text[], $5::bytea[])
               ON CONFLICT (key) DO UPDATE SET n = excluded.n, due = excluded.due, attempt = 0, leased_until = NULL,
               name = excluded.name, detail = excluded.detail, private = excluded.private";
    let params: [rows::Param<'_>; 5] = [
        &sealed.keys,
        &sealed.dues,
        &sealed.names,
        &sealed.details,
        &sealed.privates,
    ];
    rows::execute(client, sql, &params).await.map(drop)
}

/// Ends claimed work. A claim is held as long as nobody else has claimed, replaced or settled the work since; one that is
/// not held any more is a conflict.
pub async fn settle(client: &impl GenericClient, settled: &[(u64, u32)]) -> Result<(), StoreError> {
    if settled.is_empty() {
        return Ok(());
    }
    let numbers: Vec<i64> = settled.iter().map(|(n, _)| rows::number(*n)).collect();
    let attempts: Vec<i64> = settled.iter().map(|(_, a)| i64::from(*a)).collect();
    let sql = "DELETE FROM work USING UNNEST($1::bigint[], $2::bigint[]) AS u (n, attempt)
               WHERE work.n = u.n AND work.attempt = u.attempt AND leased_until IS NOT NULL";
    let deleted = rows::execute(client, sql, &[&numbers, &attempts]).await?;
    if deleted == settled.len() as u64 {
        Ok(())
    } else {
        Err(StoreError::Conflict)
    }
}

/// Takes work that is due, longest due first. What somebody else is taking just now is left to them.
pub async fn claim(
    client: &impl GenericClient,
    vault: &Vault,
    now: Timestamp,
    lease: SignedDuration,
    limit: usize,
) -> Result<Vec<Claimed>, StoreError> {
    let until = now.saturating_add(lease).unwrap_or(Timestamp::MAX);
    let sql = "WITH taken AS (
                   SELECT n FROM work WHERE due <= $1 AND (leased_until IS NULL OR leased_until <= $1)
                   ORDER BY due, n LIMIT $3 FOR UPDATE SKIP LOCKED)
               UPDATE work SET attempt = attempt + 1, leased_until = $2 FROM taken WHERE work.n = taken.n
               RETURNING work.n, attempt, key, due, name, detail, private";
    let limit = i64::try_from(limit).unwrap_or(i64::MAX);
    let params: [rows::Param<'_>; 3] = [&now.as_millisecond(), &until.as_millisecond(), &limit];
    let found = rows::query(client, sql, &params).await?;
    let mut claimed = found
        .iter()
        .map(|row| read(vault, row))
        .collect::<Result<Vec<_>, _>>()?;
    claimed.sort_by_key(|work| (work.due, work.number));
    Ok(claimed)
}

fn read(vault: &Vault, row: &Row) -> Result<Claimed, StoreError> {
    let key: String = rows::get(row, 2)?;
    let private = rows::get::<Option<&[u8]>>(row, 6)?
        .map(|sealed| vault.open_private(&["work", &key], sealed))
        .transpose()?;
    let body = Body::from_parts(rows::get(row, 4)?, rows::get(row, 5)?, private);
    let attempt = u32::try_from(rows::get::<i64>(row, 1)?);
    Ok(Claimed {
        number: rows::count(row, 0)?,
        attempt: attempt.map_err(|_| rows::misread("number"))?,
        key,
        due: rows::time(row, 3)?,
        body: body.ok().flatten().ok_or_else(|| rows::misread("event"))?,
    })
}

/// Puts claimed work back. False if the claim is not held any more.
pub async fn postpone(
    client: &impl GenericClient,
    claimed: &Claimed,
    due: Timestamp,
) -> Result<bool, StoreError> {
    let sql = "UPDATE work SET due = $3, leased_until = NULL
               WHERE n = $1 AND attempt = $2 AND leased_until IS NOT NULL";
    let params: [rows::Param<'_>; 3] = [
        &rows::number(claimed.number),
        &i64::from(claimed.attempt),
        &due.as_millisecond(),
    ];
    Ok(rows::execute(client, sql, &params).await? == 1)
}

/// How much waits, and since when.
pub async fn waiting(client: &impl GenericClient) -> Result<Waiting, StoreError> {
    let sql = "SELECT count(*), min(due) FROM work";
    let Some(row) = rows::first(client, sql, &[]).await? else {
        return Ok(Waiting::default());
    };
    Ok(Waiting {
        count: rows::count(&row, 0)?,
        oldest_due: rows::optional_time(&row, 1)?,
    })
}
