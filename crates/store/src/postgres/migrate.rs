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
/// Programs that know this format may serve what we have migrated, beside us: the release before ours always may, so that programs
/// are exchanged one after the other.
const OLDEST_BESIDE: u32 = 7;
/// One starter at a time: the others wait here, and find the work done. The number is ours alone ("pontic").
const LOCK: i64 = 0x706f_6e74_6963;

/// Brings the data to the newest format. Runs within a transaction of the caller, whose end lets the next starter in.
pub async fn run(transaction: &Transaction<'_>) -> Result<(), StoreError> {
    let lock = format!(
        "SELECT pg_advisory_xact_lock({LOCK});
         CREATE TABLE IF NOT EXISTS fact (key TEXT PRIMARY KEY, value TEXT NOT NULL);"
    );
    transaction.batch_execute(&lock).await?;
    let found = read(transaction, "format").await?.unwrap_or(0);
    let known = u32::try_from(STEPS.len()).unwrap_or(u32::MAX);
    if found > known {
        // Somebody newer was here, and says who may still be.
        let oldest = read(transaction, "oldest_beside").await?;
        if oldest.is_some_and(|oldest| oldest <= known) {
            return Ok(());
        }
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
    if found < known {
        let oldest = OLDEST_BESIDE.to_string();
        about::set(transaction, "oldest_beside", &oldest).await?;
    }
    Ok(())
}

async fn read(transaction: &Transaction<'_>, key: &str) -> Result<Option<u32>, StoreError> {
    let text = about::get(transaction, key).await?;
    Ok(text.and_then(|text| text.parse().ok()))
}
