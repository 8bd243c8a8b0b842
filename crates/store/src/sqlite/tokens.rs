//! Tokens, and the sessions and tickets that were derived from them.

use jiff::Timestamp;
use pontic_core::id::{ClinicId, DriverId, LabId};
use rusqlite::{Connection, Row, params};

use super::rows;
use crate::StoreError;
use crate::access::{Token, TokenKind};

const COLUMNS: &str =
    "id, hash, kind, parent, role, lab_id, driver_id, clinic_id, sources, created_at, expires_at";
const LIVE: &str = "(expires_at IS NULL OR expires_at > ?2)";

/// Keeps a token. One whose parent was revoked in the meantime is a conflict: it would outlive it.
pub fn put(conn: &Connection, token: &Token) -> Result<(), StoreError> {
    let sql = format!(
        "INSERT INTO token ({COLUMNS}) SELECT ?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11
         WHERE ?4 IS NULL OR EXISTS (SELECT 1 FROM token WHERE id = ?4)"
    );
    let sources = serde_json::to_string(&token.sources).unwrap_or_default();
    let written = conn.prepare_cached(&sql)?.execute(params![
        token.id,
        token.hash,
        token.kind.as_str(),
        token.parent,
        token.role,
        token.lab_id.as_ref().map(LabId::as_str),
        token.driver_id.as_ref().map(DriverId::as_str),
        token.clinic_id.as_ref().map(ClinicId::as_str),
        sources,
        token.created_at.as_millisecond(),
        token.expires_at.map(Timestamp::as_millisecond),
    ])?;
    if written == 1 {
        Ok(())
    } else {
        Err(StoreError::Conflict)
    }
}

/// The live token with that hash.
pub fn get(
    conn: &Connection,
    hash: &[u8; 32],
    now: Timestamp,
) -> Result<Option<Token>, StoreError> {
    let sql = format!("SELECT {COLUMNS} FROM token WHERE hash = ?1 AND {LIVE}");
    rows::first(
        &mut conn.prepare_cached(&sql)?,
        (hash, now.as_millisecond()),
        read,
    )
}

/// All live tokens of a kind, oldest first.
pub fn list(conn: &Connection, kind: TokenKind, now: Timestamp) -> Result<Vec<Token>, StoreError> {
    let sql = format!("SELECT {COLUMNS} FROM token WHERE kind = ?1 AND {LIVE} ORDER BY n");
    rows::all(
        &mut conn.prepare_cached(&sql)?,
        (kind.as_str(), now.as_millisecond()),
        read,
    )
}

/// Ends a token and all that was derived from it, also by way of others. False if there is none.
pub fn revoke(conn: &Connection, id: &str) -> Result<bool, StoreError> {
    let sql = "WITH RECURSIVE ended (id) AS (
                   SELECT id FROM token WHERE id = ?
                   UNION SELECT token.id FROM token JOIN ended ON token.parent = ended.id)
               DELETE FROM token WHERE id IN ended";
    Ok(conn.prepare_cached(sql)?.execute([id])? > 0)
}

/// Takes a live token of that kind: from then on it is gone.
pub fn take(
    conn: &Connection,
    kind: TokenKind,
    hash: &[u8; 32],
    now: Timestamp,
) -> Result<Option<Token>, StoreError> {
    let sql =
        format!("DELETE FROM token WHERE hash = ?1 AND {LIVE} AND kind = ?3 RETURNING {COLUMNS}");
    Ok(rows::all(
        &mut conn.prepare_cached(&sql)?,
        (hash, now.as_millisecond(), kind.as_str()),
        read,
    )?
    .pop())
}

/// Forgets what has expired.
pub fn forget(conn: &Connection, now: Timestamp) -> Result<(), StoreError> {
    conn.prepare_cached("DELETE FROM token WHERE expires_at <= ?")?
        .execute([now.as_millisecond()])?;
    Ok(())
}

fn read(row: &Row<'_>) -> Result<Token, StoreError> {
    Ok(Token {
        id: row.get(0)?,
        hash: row.get(1)?,
        kind: TokenKind::from_word(rows::text(row, 2)?)
            .ok_or_else(|| rows::misread("kind of token"))?,
        parent: row.get(3)?,
        role: row.get(4)?,
        lab_id: rows::lab(row, 5)?,
        driver_id: row.get::<_, Option<String>>(6)?.map(DriverId::known),
        clinic_id: row.get::<_, Option<String>>(7)?.map(ClinicId::known),
        sources: serde_json::from_str(rows::text(row, 8)?)
            .map_err(|_| rows::misread("list of sources"))?,
        created_at: rows::time(row, 9)?,
        expires_at: rows::optional_time(row, 10)?,
    })
}
