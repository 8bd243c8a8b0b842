//! One thread that writes whatever waits in one transaction, and another that moves the log to its place.

use std::path::{Path, PathBuf};
use std::time::Duration;

use anyhow::Result;
use rusqlite::Connection;
use tokio::sync::{mpsc, oneshot};

use super::rows::Rows;
use crate::shape::Shape;

/// Most operations of one transaction, as the real server has it.
const MAX_BATCH: usize = 2_048;
/// How often the write-ahead log is moved, as the real server does.
const CHECKPOINT: Duration = Duration::from_secs(1);
/// A longer write-ahead log, in pages, begins anew.
const LONG_PAGES: i64 = 16 * 1_024;

struct Job {
    operations: usize,
    written: oneshot::Sender<()>,
}

/// The way to the thread that writes.
#[derive(Clone)]
pub struct Writer(mpsc::UnboundedSender<Job>);

impl Writer {
    /// Makes the tables in `dir` and starts both threads.
    pub fn open(dir: &Path, shape: &Shape) -> Result<Self> {
        std::fs::create_dir_all(dir)?;
        let path = dir.join("floor.db");
        let conn = Connection::open(&path)?;
        // The settings of the real server.
        conn.execute_batch(
            "PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL; PRAGMA wal_autocheckpoint = 0;
             PRAGMA temp_store = MEMORY; PRAGMA cache_size = -8192;",
        )?;
        conn.set_prepared_statement_cache_capacity(64);
        let rows = Rows::create(&conn, shape)?;
        let (sender, queue) = mpsc::unbounded_channel();
        std::thread::spawn(move || write(&conn, rows, queue));
        std::thread::spawn(move || checkpoint(path));
        Ok(Self(sender))
    }

    /// Writes the rows of so many operations; an error means that nothing was written.
    pub async fn write(&self, operations: usize) -> Result<()> {
        let (written, told) = oneshot::channel();
        self.0.send(Job {
            operations,
            written,
        })?;
        Ok(told.await?)
    }
}

fn write(conn: &Connection, mut rows: Rows, mut queue: mpsc::UnboundedReceiver<Job>) {
    let mut jobs = Vec::new();
    while let Some(first) = queue.blocking_recv() {
        let mut count = first.operations;
        jobs.push(first);
        while count < MAX_BATCH
            && let Ok(job) = queue.try_recv()
        {
            count += job.operations;
            jobs.push(job);
        }
        if let Err(error) = commit(conn, &mut rows, count) {
            // Whoever waits learns it from the sender that is dropped.
            eprintln!("floor: {error:#}");
            jobs.clear();
        }
        for job in jobs.drain(..) {
            // Whoever asked may be gone.
            let _ = job.written.send(());
        }
    }
}

fn commit(conn: &Connection, rows: &mut Rows, operations: usize) -> Result<()> {
    conn.prepare_cached("BEGIN IMMEDIATE")?.execute([])?;
    rows.write(conn, operations)?;
    conn.prepare_cached("COMMIT")?.execute([])?;
    Ok(())
}

fn checkpoint(path: PathBuf) {
    let Ok(conn) = Connection::open(path) else {
        return;
    };
    loop {
        std::thread::sleep(CHECKPOINT);
        let pages = |mode: &str| {
            let sql = format!("PRAGMA wal_checkpoint({mode})");
            conn.query_row(&sql, [], |row| row.get::<_, i64>(1))
        };
        // That somebody is in the way is no fault: there is a next time.
        if pages("PASSIVE").is_ok_and(|pages| pages > LONG_PAGES) {
            let _ = pages("RESTART");
        }
    }
}
