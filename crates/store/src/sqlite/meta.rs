//! Facts about the data itself.

use pontic_core::id::format_uuid;
use rusqlite::types::{FromSql, ToSql};
use rusqlite::{Connection, OptionalExtension};

use crate::StoreError;
use crate::vault::Vault;

/// The value of a fact.
pub fn get<T: FromSql>(conn: &Connection, key: &str) -> Result<Option<T>, StoreError> {
    let mut statement = conn.prepare_cached("SELECT value FROM meta WHERE key = ?")?;
    Ok(statement.query_row([key], |row| row.get(0)).optional()?)
}

/// Keeps a fact.
pub fn set(conn: &Connection, key: &str, value: impl ToSql) -> Result<(), StoreError> {
    conn.prepare_cached("INSERT OR REPLACE INTO meta (key, value) VALUES (?, ?)")?
        .execute((key, value))?;
    Ok(())
}

/// The name of this data; drawn when there is none yet.
pub fn epoch(conn: &Connection) -> Result<String, StoreError> {
    if let Some(epoch) = get(conn, "epoch")? {
        return Ok(epoch);
    }
    let mut bytes = [0; 16];
    getrandom::fill(&mut bytes).map_err(|error| {
        StoreError::Unavailable(format!("the system gives no random numbers: {error}"))
    })?;
    let epoch = format_uuid(bytes);
    set(conn, "epoch", &epoch)?;
    Ok(epoch)
}

/// The vault that the data was sealed with. `open` is told whether it may make a new key.
pub fn vault(
    conn: &Connection,
    open: impl FnOnce(bool) -> Result<Vault, StoreError>,
) -> Result<Vault, StoreError> {
    let kept: Option<[u8; 16]> = get(conn, "key_check")?;
    let vault = open(kept.is_none())?;
    match kept {
        None => set(conn, "key_check", vault.check())?,
        Some(check) if check == vault.check() => {}
        Some(_) => return Err(StoreError::Key(
            "the data was sealed with another key than the one in the key file: put the right key file in its place"
                .into(),
        )),
    }
    Ok(vault)
}
