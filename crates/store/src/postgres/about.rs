//! Facts about the data itself.

use deadpool_postgres::GenericClient;
use jiff::{SignedDuration, Timestamp};
use pontic_core::id::{format_uuid, hex};

use super::rows;
use crate::StoreError;
use crate::vault::Vault;

/// The value of a fact.
pub async fn get(client: &impl GenericClient, key: &str) -> Result<Option<String>, StoreError> {
    let sql = "SELECT value FROM fact WHERE key = $1";
    let row = rows::first(client, sql, &[&key]).await?;
    row.map(|row| rows::get(&row, 0)).transpose()
}

/// The same, and nobody else gets it so until the transaction is over.
pub async fn locked(client: &impl GenericClient, key: &str) -> Result<Option<String>, StoreError> {
    let sql = "SELECT value FROM fact WHERE key = $1 FOR UPDATE";
    let row = rows::first(client, sql, &[&key]).await?;
    row.map(|row| rows::get(&row, 0)).transpose()
}

/// Keeps a fact.
pub async fn set(client: &impl GenericClient, key: &str, value: &str) -> Result<(), StoreError> {
    let sql = "INSERT INTO fact (key, value) VALUES ($1, $2)
               ON CONFLICT (key) DO UPDATE SET value = excluded.value";
    rows::execute(client, sql, &[&key, &value]).await.map(drop)
}

/// Gives a duty to whoever asks, unless another has it. The fact says until when, in milliseconds, and who.
pub async fn hold(
    client: &impl GenericClient,
    duty: &str,
    holder: &str,
    now: Timestamp,
    lease: SignedDuration,
) -> Result<bool, StoreError> {
    let now = now.as_millisecond();
    let until = now.saturating_add(i64::try_from(lease.as_millis()).unwrap_or(i64::MAX));
    let (key, value) = (format!("duty/{duty}"), format!("{until} {holder}"));
    let sql = "INSERT INTO fact (key, value) VALUES ($1, $2)
               ON CONFLICT (key) DO UPDATE SET value = excluded.value
               WHERE split_part(fact.value, ' ', 2) = $3 OR split_part(fact.value, ' ', 1)::bigint <= $4";
    let changed = rows::execute(client, sql, &[&key, &value, &holder, &now]).await?;
    Ok(changed == 1)
}

/// The name of this data; drawn when there is none yet.
pub async fn epoch(client: &impl GenericClient) -> Result<String, StoreError> {
    if let Some(epoch) = get(client, "epoch").await? {
        return Ok(epoch);
    }
    let mut bytes = [0; 16];
    getrandom::fill(&mut bytes).map_err(|error| {
        StoreError::Unavailable(format!("the system gives no random numbers: {error}"))
    })?;
    let epoch = format_uuid(bytes);
    set(client, "epoch", &epoch).await?;
    Ok(epoch)
}

/// The vault that the data was sealed with. `open` is told whether it may make a new key.
pub async fn vault(
    client: &impl GenericClient,
    open: impl FnOnce(bool) -> Result<Vault, StoreError>,
) -> Result<Vault, StoreError> {
    let kept = get(client, "key_check").await?;
    let vault = open(kept.is_none())?;
    let check = hex(&vault.check());
    match kept {
        None => set(client, "key_check", &check).await?,
        Some(kept) if kept == check => {}
        Some(_) => {
            return Err(StoreError::Key(
                "the data was sealed with another key than the one in the key file: every program on this database needs the same key file"
                    .into(),
            ));
        }
    }
    Ok(vault)
}
