//! The schema, forward only: each step is a file that never changes once it was released.

use rusqlite::Connection;

use crate::StoreError;

/// Format n is what the first n steps make. A change of the schema is a further file at the end.
const STEPS: &[&str] = &[
    include_str!("migrations/0001_first.sql"),
    include_str!("migrations/0002_routes_of_a_driver.sql"),
    include_str!("migrations/0003_outgoing.sql"),
    include_str!("migrations/0004_stories.sql"),
    include_str!("migrations/0005_heard.sql"),
    include_str!("migrations/0006_notices.sql"),
    include_str!("migrations/0007_snooze.sql"),
];

/// That the data has the newest format already.
pub fn check(conn: &Connection) -> Result<(), StoreError> {
    let found: u32 = conn.query_row("PRAGMA user_version", [], |row| row.get(0))?;
    let known = u32::try_from(STEPS.len()).unwrap_or(u32::MAX);
    match found.cmp(&known) {
        std::cmp::Ordering::Equal => Ok(()),
        std::cmp::Ordering::Greater => Err(StoreError::Newer { found, known }),
        std::cmp::Ordering::Less => Err(StoreError::Broken(format!(
            "the data has format {found}, this program reads format {known}: start this program's server on it first"
        ))),
    }
}

/// Brings the data to the newest format. Runs within a transaction of the caller.
pub fn run(conn: &Connection) -> Result<(), StoreError> {
    let found: u32 = conn.query_row("PRAGMA user_version", [], |row| row.get(0))?;
    let known = u32::try_from(STEPS.len()).unwrap_or(u32::MAX);
    if found > known {
        return Err(StoreError::Newer { found, known });
    }
    up_to(conn, known)
}

/// Takes the steps to that format which were not taken yet.
pub fn up_to(conn: &Connection, wanted: u32) -> Result<(), StoreError> {
    let found: u32 = conn.query_row("PRAGMA user_version", [], |row| row.get(0))?;
    for (step, format) in STEPS
        .iter()
        .zip(1..=wanted)
        .skip_while(|(_, format)| *format <= found)
    {
        conn.execute_batch(step)?;
        conn.execute_batch(&format!("PRAGMA user_version = {format}"))?;
    }
    Ok(())
}
