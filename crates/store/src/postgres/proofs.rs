//! Signatures and photos.

use deadpool_postgres::GenericClient;
use pontic_core::id::LabId;

use super::rows::{self, Query};
use crate::StoreError;
use crate::batch::Proof;
use crate::vault::Vault;

/// Keeps a proof with its bytes.
pub async fn put(
    client: &impl GenericClient,
    vault: &Vault,
    proof: &Proof,
    bytes: &[u8],
) -> Result<(), StoreError> {
    let sealed = vault.seal(&["proof", proof.lab_id.as_str(), &proof.id], bytes)?;
    let sql = "INSERT INTO proof (id, lab_id, media_type, sha256, size, at, bytes) VALUES ($1, $2, $3, $4, $5, $6, $7)";
    let params: [rows::Param<'_>; 7] = [
        &proof.id,
        &proof.lab_id.as_str(),
        &proof.media_type,
        &proof.sha256,
        &rows::number(proof.size),
        &proof.at.as_millisecond(),
        &sealed,
    ];
    rows::execute(client, sql, &params).await.map(drop)
}

/// A proof and its bytes.
pub async fn get(
    client: &impl GenericClient,
    vault: &Vault,
    lab: Option<&LabId>,
    id: &str,
) -> Result<Option<(Proof, Vec<u8>)>, StoreError> {
    let found =
        Query::new("SELECT id, lab_id, media_type, sha256, size, at, bytes FROM proof WHERE true")
            .and("id = ?", id.to_owned())
            .and_if("lab_id = ?", lab.map(ToString::to_string))
            .all(client)
            .await?;
    let Some(row) = found.first() else {
        return Ok(None);
    };
    let proof = Proof {
        id: rows::get(row, 0)?,
        lab_id: LabId::known(rows::get::<String>(row, 1)?),
        media_type: rows::get(row, 2)?,
        sha256: rows::get(row, 3)?,
        size: rows::count(row, 4)?,
        at: rows::time(row, 5)?,
    };
    let bytes = vault.open(&["proof", proof.lab_id.as_str(), id], rows::get(row, 6)?)?;
    Ok(Some((proof, bytes)))
}

/// Which of them exist in the lab.
pub async fn known(
    client: &impl GenericClient,
    lab: &LabId,
    ids: &[&str],
) -> Result<Vec<bool>, StoreError> {
    let sql = "SELECT id FROM proof WHERE id = ANY($1) AND lab_id = $2";
    let found = rows::query(client, sql, &[&ids, &lab.as_str()]).await?;
    let found = found
        .iter()
        .map(|row| rows::get(row, 0))
        .collect::<Result<Vec<&str>, _>>()?;
    Ok(ids.iter().map(|id| found.contains(id)).collect())
}
