//! Signatures and photos.

use pontic_core::id::LabId;
use rusqlite::{Connection, params};

use super::rows::{self, Query};
use crate::StoreError;
use crate::batch::Proof;
use crate::vault::Vault;

/// Keeps a proof, its bytes sealed already with [`seal`].
pub fn put(conn: &Connection, proof: &Proof, sealed: &[u8]) -> Result<(), StoreError> {
    let sql = "INSERT INTO proof (id, lab_id, media_type, sha256, size, at, bytes) VALUES (?, ?, ?, ?, ?, ?, ?)";
    conn.prepare_cached(sql)?.execute(params![
        proof.id,
        proof.lab_id.as_str(),
        proof.media_type,
        proof.sha256,
        proof.size,
        proof.at.as_millisecond(),
        sealed,
    ])?;
    Ok(())
}

/// Seals the bytes of a proof. Apart from [`put`], because it takes a while, and the writer must not wait for it.
pub fn seal(vault: &Vault, proof: &Proof, bytes: &[u8]) -> Result<Vec<u8>, StoreError> {
    vault.seal(&["proof", proof.lab_id.as_str(), &proof.id], bytes)
}

/// A proof and its bytes.
pub fn get(
    conn: &Connection,
    vault: &Vault,
    lab: Option<&LabId>,
    id: &str,
) -> Result<Option<(Proof, Vec<u8>)>, StoreError> {
    let found =
        Query::new("SELECT id, lab_id, media_type, sha256, size, at, bytes FROM proof WHERE true")
            .and("id = ?", id.to_owned())
            .and_if("lab_id = ?", lab.map(ToString::to_string))
            .all(conn, |row| {
                let proof = Proof {
                    id: row.get(0)?,
                    lab_id: LabId::known(rows::text(row, 1)?),
                    media_type: row.get(2)?,
                    sha256: row.get(3)?,
                    size: row.get(4)?,
                    at: rows::time(row, 5)?,
                };
                let sealed = rows::bytes(row, 6)?.unwrap_or_default();
                let bytes = vault.open(&["proof", proof.lab_id.as_str(), id], sealed)?;
                Ok((proof, bytes))
            })?;
    Ok(found.into_iter().next())
}

/// Which of them exist in the lab.
pub fn known(conn: &Connection, lab: &LabId, ids: &[&str]) -> Result<Vec<bool>, StoreError> {
    let mut select = conn.prepare_cached("SELECT 1 FROM proof WHERE id = ? AND lab_id = ?")?;
    ids.iter()
        .map(|id| Ok(select.exists((id, lab.as_str()))?))
        .collect()
}
