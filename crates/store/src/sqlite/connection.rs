//! Connections to the database and how each kind of them is set up.

use std::path::{Path, PathBuf};
use std::time::Duration;

use rusqlite::{Connection, OpenFlags};

use crate::StoreError;

/// How long a connection waits for another process, or for a checkpoint that holds the writer up on a slow disk.
const BUSY_TIMEOUT: Duration = Duration::from_secs(30);
/// How long a checkpoint waits for readers. It holds the writer up meanwhile, and there is a next one.
const CHECKPOINT_TIMEOUT: Duration = Duration::from_millis(200);
/// Statements that a connection keeps prepared; more than there are.
const STATEMENTS: usize = 192;

/// No checkpoints on the commit path: another thread makes them. The cache holds the inner pages of the indexes.
const WRITER: &str = "
    PRAGMA journal_mode = WAL;
    PRAGMA synchronous = FULL;
    PRAGMA wal_autocheckpoint = 0;
    PRAGMA foreign_keys = OFF;
    PRAGMA temp_store = MEMORY;
    PRAGMA cache_size = -8192;
";
/// Small, because there are several, and the system caches the file anyway.
const READER: &str = "
    PRAGMA query_only = ON;
    PRAGMA temp_store = MEMORY;
    PRAGMA cache_size = -1024;
";
const CHECKPOINTER: &str = "
    PRAGMA synchronous = FULL;
    PRAGMA wal_autocheckpoint = 0;
    PRAGMA cache_size = -64;
";

/// Where the data is.
#[derive(Debug, Clone)]
pub enum Place {
    /// In that file.
    File(PathBuf),
    /// In that file, which another program works on: it is only read.
    Beside(PathBuf),
    /// In the memory of one connection.
    Memory,
}

impl Place {
    /// The connection that writes.
    pub fn writer(&self) -> Result<Connection, StoreError> {
        match self {
            Self::File(path) => open(path, WRITER, BUSY_TIMEOUT),
            Self::Beside(path) => reader(path),
            Self::Memory => set_up(Connection::open_in_memory()?, WRITER, BUSY_TIMEOUT),
        }
    }
}

/// A connection that reads.
pub fn reader(path: &Path) -> Result<Connection, StoreError> {
    open(path, READER, BUSY_TIMEOUT)
}

/// A connection that moves what was written to its place.
pub fn checkpointer(path: &Path) -> Result<Connection, StoreError> {
    open(path, CHECKPOINTER, CHECKPOINT_TIMEOUT)
}

fn open(path: &Path, pragmas: &str, patience: Duration) -> Result<Connection, StoreError> {
    // Each connection is behind a lock of ours: SQLite needs none of its own.
    let flags = OpenFlags::SQLITE_OPEN_READ_WRITE
        | OpenFlags::SQLITE_OPEN_CREATE
        | OpenFlags::SQLITE_OPEN_NO_MUTEX;
    set_up(Connection::open_with_flags(path, flags)?, pragmas, patience)
}

fn set_up(conn: Connection, pragmas: &str, patience: Duration) -> Result<Connection, StoreError> {
    conn.busy_timeout(patience)?;
    conn.set_prepared_statement_cache_capacity(STATEMENTS);
    conn.execute_batch(pragmas)?;
    Ok(conn)
}
