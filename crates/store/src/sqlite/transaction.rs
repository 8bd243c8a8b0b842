//! All or nothing.

use rusqlite::Connection;

use crate::StoreError;

/// Runs `work` in a transaction that writes; on an error nothing of it remains.
pub fn write<T>(
    conn: &Connection,
    work: impl FnOnce(&Connection) -> Result<T, StoreError>,
) -> Result<T, StoreError> {
    // IMMEDIATE: it waits for another process here, and not in the middle, where waiting could not help any more.
    run(conn, "BEGIN IMMEDIATE", work)
}

/// Runs several reads on one state of the data, for the price of one lock.
pub fn read<T>(
    conn: &Connection,
    work: impl FnOnce(&Connection) -> Result<T, StoreError>,
) -> Result<T, StoreError> {
    run(conn, "BEGIN", work)
}

fn run<T>(
    conn: &Connection,
    begin: &str,
    work: impl FnOnce(&Connection) -> Result<T, StoreError>,
) -> Result<T, StoreError> {
    conn.prepare_cached(begin)?.execute([])?;
    let _guard = RollBack(conn);
    let done = work(conn)?;
    conn.prepare_cached("COMMIT")?.execute([])?;
    Ok(done)
}

/// Ends what was not committed, so that an error or a panic leaves the connection ready for the next transaction.
struct RollBack<'c>(&'c Connection);

impl Drop for RollBack<'_> {
    fn drop(&mut self) {
        if !self.0.is_autocommit() {
            // If even this fails, the writer sees that the transaction is still open and takes a new connection.
            let _ = self.0.execute_batch("ROLLBACK");
        }
    }
}
