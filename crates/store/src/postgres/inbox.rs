//! By what repeated events are recognised.

use std::collections::HashMap;

use deadpool_postgres::GenericClient;
use jiff::Timestamp;
use pontic_core::event::Origin;
use tokio_postgres::Row;

use super::{about, rows};
use crate::StoreError;
use crate::batch::{Entry, InboxKey, Seen};

/// Rows of the log that are looked at in one transaction.
const PRUNED_AT_ONCE: usize = 1_000;
/// The fact that tells how far the inbox was pruned.
const PRUNED: &str = "inbox_pruned";

/// Remembers the entries of a batch. One that is known already is a conflict.
pub async fn remember(
    client: &impl GenericClient,
    entries: &[Entry],
    seqs: &[i64],
) -> Result<(), StoreError> {
    if entries.is_empty() {
        return Ok(());
    }
    let key = |entry: &Entry| InboxKey::of(&entry.event.origin, entry.entry).0.to_vec();
    let keys: Vec<Vec<u8>> = entries.iter().map(key).collect();
    let digests: Vec<&[u8]> = entries.iter().map(|entry| &entry.digest[..]).collect();
    let sql = "INSERT INTO inbox (key, seq, digest) SELECT * FROM UNNEST($1::bytea[], $2::bigint[], $3::bytea[])";
    rows::execute(client, sql, &[&keys, &seqs, &digests])
        .await
        .map(drop)
}

/// What is known of these keys.
pub async fn seen(
    client: &impl GenericClient,
    keys: &[InboxKey],
) -> Result<Vec<Option<Seen>>, StoreError> {
    if keys.is_empty() {
        return Ok(Vec::new());
    }
    let asked: Vec<&[u8]> = keys.iter().map(|key| &key.0[..]).collect();
    let sql = "SELECT key, seq, digest FROM inbox WHERE key = ANY($1)";
    let mut found = HashMap::new();
    for row in rows::query(client, sql, &[&asked]).await? {
        let seen = Seen {
            seq: rows::count(&row, 1)?,
            digest: rows::bytes(&row, 2)?,
        };
        found.insert(InboxKey(rows::bytes(&row, 0)?), seen);
    }
    Ok(keys.iter().map(|key| found.get(key).copied()).collect())
}

/// Forgets some of the keys that are older than `before`; says whether there may be more of them. Runs within a transaction.
///
/// The log tells which they are, from where the last call stopped: an index by time beside the keys would cost every
/// event something, and looking through all keys would cost the more the longer nobody needs it.
pub async fn forget(client: &impl GenericClient, before: Timestamp) -> Result<bool, StoreError> {
    let done: i64 = about::locked(client, PRUNED)
        .await?
        .and_then(|text| text.parse().ok())
        .unwrap_or(0);
    let limit = rows::number(PRUNED_AT_ONCE as u64);
    let sql = "SELECT seq, at, entry, origin FROM log WHERE seq > $1 ORDER BY seq LIMIT $2";
    let rows = rows::query(client, sql, &[&done, &limit]).await?;
    let logged = rows.iter().map(read).collect::<Result<Vec<_>, _>>()?;
    let old: Vec<&Logged> = logged.iter().take_while(|row| row.at < before).collect();
    let Some(last) = old.last() else {
        return Ok(false);
    };
    let known = old
        .iter()
        .filter_map(|row| row.key.map(|key| (key, row.seq)));
    let (keys, seqs): (Vec<Vec<u8>>, Vec<i64>) =
        known.map(|(key, seq)| (key.0.to_vec(), seq)).unzip();
    let sql = "DELETE FROM inbox USING UNNEST($1::bytea[], $2::bigint[]) AS u (key, seq)
               WHERE inbox.key = u.key AND inbox.seq = u.seq";
    rows::execute(client, sql, &[&keys, &seqs]).await?;
    about::set(client, PRUNED, &last.seq.to_string()).await?;
    Ok(old.len() == PRUNED_AT_ONCE)
}

/// What pruning must know of a row of the log.
struct Logged {
    seq: i64,
    at: Timestamp,
    /// Absent for what was published: the inbox does not know it.
    key: Option<InboxKey>,
}

fn read(row: &Row) -> Result<Logged, StoreError> {
    let key = match rows::get::<Option<&[u8]>>(row, 2)? {
        None => None,
        Some(_) => {
            let origin: Origin =
                serde_json::from_str(rows::get(row, 3)?).map_err(|_| rows::misread("origin"))?;
            Some(InboxKey::of(&origin, rows::bytes(row, 2)?))
        }
    };
    Ok(Logged {
        seq: rows::get(row, 0)?,
        at: rows::time(row, 1)?,
        key,
    })
}
