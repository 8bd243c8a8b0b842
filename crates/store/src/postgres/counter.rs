//! The one row that orders commits, and tells whether others have written.

use deadpool_postgres::GenericClient;

use super::rows;
use crate::StoreError;

/// Where the data stands.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Stand {
    /// The newest number of the log.
    pub seq: i64,
    /// How often anything was written that others must notice.
    pub stamp: i64,
}

/// Where it stands now.
pub async fn read(client: &impl GenericClient) -> Result<Stand, StoreError> {
    stand(client, "SELECT seq, stamp FROM counter", &[]).await
}

/// Takes so many numbers, and gives where the data stands with them. From here until the transaction ends nobody else commits.
pub async fn advance(client: &impl GenericClient, rows: u64) -> Result<Stand, StoreError> {
    let sql = "UPDATE counter SET seq = seq + $1, stamp = stamp + 1 RETURNING seq, stamp";
    stand(client, sql, &[&rows::number(rows)]).await
}

async fn stand(
    client: &impl GenericClient,
    sql: &str,
    params: &[rows::Param<'_>],
) -> Result<Stand, StoreError> {
    let row = rows::first(client, sql, params).await?;
    let row = row.ok_or_else(|| rows::misread("counter"))?;
    Ok(Stand {
        seq: rows::get(&row, 0)?,
        stamp: rows::get(&row, 1)?,
    })
}

/// Whether others have logged anything of these labs (or of none) after that number and up to the other.
pub async fn others_wrote(
    client: &impl GenericClient,
    after: i64,
    up_to: i64,
    labs: &[Option<&str>],
) -> Result<bool, StoreError> {
    let any = labs.contains(&None);
    let labs: Vec<&str> = labs.iter().copied().flatten().collect();
    let sql = "SELECT 1 FROM log WHERE seq > $1 AND seq <= $2 AND ($3 OR lab_id IS NULL OR lab_id = ANY($4)) LIMIT 1";
    let found = rows::first(client, sql, &[&after, &up_to, &any, &labs]).await?;
    Ok(found.is_some())
}
