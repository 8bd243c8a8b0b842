//! The schema, forward only: each step is a file that never changes once it was released.

use deadpool_postgres::Transaction;

use super::about;
use crate::StoreError;

/// Format n is what the first n steps make. A change of the schema is a further file at the end.
const STEPS: &[&str] = &[
    include_str!("migrations/0001_first.sql"),
    include_str!("migrations/0002_outgoing.sql"),
    include_str!("migrations/0003_stories.sql"),
    include_str!("migrations/0004_heard.sql"),
    include_str!("migrations/0005_notices.sql"),
    include_str!("migrations/0006_snooze_search.sql"),
    include_str!("migrations/0007_positions.sql"),
];
/// One starter at a time: the others wait here, and find the work done. The number is ours alone ("pontic").
const LOCK: i64 = 0x706f_6e74_6963;

/// Brings the data to the newest format. Runs within a transaction of the caller, whose end lets the next starter in.
pub async fn run(transaction: &Transaction<'_>) -> Result<(), StoreError> {
    let lock = format!(
        "SELECT pg_advisory_xact_lock({LOCK});
         CREATE TABLE IF NOT EXISTS fact (key TEXT PRIMARY KEY, value TEXT NOT NULL);"
    );
    transaction.batch_execute(&lock).await?;
    let found: u32 = about::get(transaction, "format")
        .await?
        .and_then(|text| text.parse().ok())
        .unwrap_or(0);
    let known = u32::try_from(STEPS.len()).unwrap_or(u32::MAX);
    if found > known {
        return Err(StoreError::Newer { found, known });
    }
    for (step, format) in STEPS
        .iter()
        .zip(1..=known)
        .skip_while(|(_, format)| *format <= found)
    {
        transaction.batch_execute(step).await?;
        about::set(transaction, "format", &format.to_string()).await?;
    }
    Ok(())
}
