//! Tokens, and the sessions and tickets that were derived from them.

use deadpool_postgres::GenericClient;
use jiff::Timestamp;
use pontic_core::id::{ClinicId, DriverId, LabId};
use tokio_postgres::Row;

use super::rows;
use crate::StoreError;
use crate::access::{Token, TokenKind};

const COLUMNS: &str =
    "id, hash, kind, parent, role, lab_id, driver_id, clinic_id, sources, created_at, expires_at";
const LIVE: &str = "(expires_at IS NULL OR expires_at > $2)";

/// Keeps a token. One whose parent was revoked in the meantime is a conflict: it would outlive it.
pub async fn put(client: &impl GenericClient, token: &Token) -> Result<(), StoreError> {
    // The parent is held, so that nobody revokes it before the child is there to be revoked with it.
    if let Some(parent) = &token.parent {
        let sql = "SELECT 1 FROM token WHERE id = $1 FOR SHARE";
        let row = rows::first(client, sql, &[parent]).await?;
        row.ok_or(StoreError::Conflict)?;
    }
    let sql = format!(
        "INSERT INTO token ({COLUMNS}) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11)"
    );
    let sources = serde_json::to_string(&token.sources).unwrap_or_default();
    let params: [rows::Param<'_>; 11] = [
        &token.id,
        &&token.hash[..],
        &token.kind.as_str(),
        &token.parent,
        &token.role,
        &token.lab_id.as_ref().map(LabId::as_str),
        &token.driver_id.as_ref().map(DriverId::as_str),
        &token.clinic_id.as_ref().map(ClinicId::as_str),
        &sources,
        &token.created_at.as_millisecond(),
        &token.expires_at.map(Timestamp::as_millisecond),
    ];
    rows::execute(client, &sql, &params).await.map(drop)
}

/// The live token with that hash.
pub async fn get(
    client: &impl GenericClient,
    hash: &[u8; 32],
    now: Timestamp,
) -> Result<Option<Token>, StoreError> {
    let sql = format!("SELECT {COLUMNS} FROM token WHERE hash = $1 AND {LIVE}");
    let row = rows::first(client, &sql, &[&&hash[..], &now.as_millisecond()]).await?;
    row.as_ref().map(read).transpose()
}

/// All live tokens of a kind, oldest first.
pub async fn list(
    client: &impl GenericClient,
    kind: TokenKind,
    now: Timestamp,
) -> Result<Vec<Token>, StoreError> {
    let sql = format!("SELECT {COLUMNS} FROM token WHERE kind = $1 AND {LIVE} ORDER BY n");
    let found = rows::query(client, &sql, &[&kind.as_str(), &now.as_millisecond()]).await?;
    found.iter().map(read).collect()
}

/// Ends a token and all that was derived from it, also by way of others. False if there is none.
pub async fn revoke(client: &impl GenericClient, id: &str) -> Result<bool, StoreError> {
    // Whoever derives something from it just now comes first, or finds it gone.
    rows::query(
        client,
        "SELECT 1 FROM token WHERE id = $1 FOR UPDATE",
        &[&id],
    )
    .await?;
    let sql = "WITH RECURSIVE ended (id) AS (
                   SELECT id FROM token WHERE id = $1
                   UNION SELECT token.id FROM token JOIN ended ON token.parent = ended.id)
               DELETE FROM token WHERE id IN (SELECT id FROM ended)";
    Ok(rows::execute(client, sql, &[&id]).await? > 0)
}

/// Takes a live token of that kind: from then on it is gone.
pub async fn take(
    client: &impl GenericClient,
    kind: TokenKind,
    hash: &[u8; 32],
    now: Timestamp,
) -> Result<Option<Token>, StoreError> {
    let sql =
        format!("DELETE FROM token WHERE hash = $1 AND {LIVE} AND kind = $3 RETURNING {COLUMNS}");
    let params: [rows::Param<'_>; 3] = [&&hash[..], &now.as_millisecond(), &kind.as_str()];
    let row = rows::first(client, &sql, &params).await?;
    row.as_ref().map(read).transpose()
}

/// Forgets what has expired.
pub async fn forget(client: &impl GenericClient, now: Timestamp) -> Result<(), StoreError> {
    let sql = "DELETE FROM token WHERE expires_at <= $1";
    rows::execute(client, sql, &[&now.as_millisecond()])
        .await
        .map(drop)
}

fn read(row: &Row) -> Result<Token, StoreError> {
    Ok(Token {
        id: rows::get(row, 0)?,
        hash: rows::bytes(row, 1)?,
        kind: TokenKind::from_word(rows::get(row, 2)?)
            .ok_or_else(|| rows::misread("kind of token"))?,
        parent: rows::get(row, 3)?,
        role: rows::get(row, 4)?,
        lab_id: rows::lab(row, 5)?,
        driver_id: rows::get::<Option<String>>(row, 6)?.map(DriverId::known),
        clinic_id: rows::get::<Option<String>>(row, 7)?.map(ClinicId::known),
        sources: serde_json::from_str(rows::get(row, 8)?)
            .map_err(|_| rows::misread("list of sources"))?,
        created_at: rows::time(row, 9)?,
        expires_at: rows::optional_time(row, 10)?,
    })
}
