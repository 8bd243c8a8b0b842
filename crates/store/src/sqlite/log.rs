//! The log: everything that was accepted and published, in order.

mod lookup;

use pontic_core::event::Event;
use pontic_core::id::format_uuid;
use pontic_core::record::Change;
use rusqlite::{CachedStatement, Connection, params};

pub use self::lookup::{list, row};
use crate::StoreError;
use crate::batch::{Entry, Published};
use crate::vault::Vault;

const COLUMNS: &str = "seq, at, direction, entry, event_id, lab_id, source, name, caused_by, origin, detail, \
                       changes, private";
const IN: i64 = 0;
const OUT: i64 = 1;

/// The newest number.
pub fn last(conn: &Connection) -> Result<u64, StoreError> {
    let mut statement = conn.prepare_cached("SELECT coalesce(max(seq), 0) FROM log")?;
    Ok(statement.query_row([], |row| row.get(0))?)
}

/// Appends entries, each followed by what it publishes; answers their numbers.
pub fn append(conn: &Connection, vault: &Vault, entries: &[Entry]) -> Result<Vec<u64>, StoreError> {
    let mut append = Append {
        insert: conn.prepare_cached(&insert())?,
        vault,
        seq: last(conn)?,
    };
    let mut seqs = Vec::with_capacity(entries.len());
    for entry in entries {
        let seq = append.accepted(entry)?;
        for published in &entry.published {
            append.published(entry, seq, published)?;
        }
        seqs.push(seq);
    }
    Ok(seqs)
}

fn insert() -> String {
    format!("INSERT INTO log ({COLUMNS}) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)")
}

/// Appending to the log, from its newest number on.
struct Append<'c> {
    insert: CachedStatement<'c>,
    vault: &'c Vault,
    seq: u64,
}

impl Append<'_> {
    fn accepted(&mut self, entry: &Entry) -> Result<u64, StoreError> {
        self.seq += 1;
        let Event { origin, body } = entry.event.as_ref();
        let id = format_uuid(entry.entry);
        let private = body
            .private()
            .map(|private| self.vault.seal_private(&["log", &id], private))
            .transpose()?;
        self.insert.execute(params![
            self.seq,
            entry.now.as_millisecond(),
            IN,
            entry.entry,
            origin.id,
            entry.lab_id.as_ref().map(AsRef::as_ref),
            origin.source,
            body.name(),
            None::<u64>,
            json(origin)?,
            body.detail(),
            changes(&entry.changes)?,
            private,
        ])?;
        Ok(self.seq)
    }

    fn published(
        &mut self,
        entry: &Entry,
        caused_by: u64,
        published: &Published,
    ) -> Result<(), StoreError> {
        self.seq += 1;
        self.insert.execute(params![
            self.seq,
            entry.now.as_millisecond(),
            OUT,
            None::<[u8; 16]>,
            published.id,
            published.lab_id.as_str(),
            published.source,
            published.name,
            caused_by,
            None::<&str>,
            published.detail,
            None::<&str>,
            None::<&[u8]>,
        ])?;
        Ok(())
    }
}

fn changes(changes: &[Change]) -> Result<Option<String>, StoreError> {
    if changes.is_empty() {
        Ok(None)
    } else {
        json(changes).map(Some)
    }
}

fn json(value: &(impl serde::Serialize + ?Sized)) -> Result<String, StoreError> {
    serde_json::to_string(value)
        .map_err(|_| StoreError::Broken("an entry cannot be written as JSON".into()))
}
