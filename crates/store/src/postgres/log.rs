//! The log: everything that was accepted and published, in order.

mod lookup;

use deadpool_postgres::GenericClient;
use pontic_core::event::Event;
use pontic_core::id::format_uuid;
use pontic_core::record::Change;

pub use self::lookup::{last, list, row};
use super::rows;
use crate::StoreError;
use crate::batch::Entry;
use crate::vault::Vault;

const COLUMNS: &str = "seq, at, direction, entry, event_id, lab_id, source, name, caused_by, origin, detail, \
                       changes, private";
const IN: i16 = 0;
const OUT: i16 = 1;

/// A batch's rows of the log as arrays, a column each; numbers are counted from 0 until the batch gets its own.
#[derive(Default)]
pub struct Sealed {
    ats: Vec<i64>,
    directions: Vec<i16>,
    entries: Vec<Option<Vec<u8>>>,
    event_ids: Vec<Option<String>>,
    lab_ids: Vec<Option<String>>,
    sources: Vec<String>,
    names: Vec<&'static str>,
    causes: Vec<Option<i64>>,
    origins: Vec<Option<String>>,
    details: Vec<String>,
    changes: Vec<Option<String>>,
    privates: Vec<Option<Vec<u8>>>,
    /// Places of the accepted ones.
    accepted: Vec<i64>,
}

/// Entries, each followed by what it publishes, ready to be written.
pub fn seal(vault: &Vault, entries: &[Entry]) -> Result<Sealed, StoreError> {
    let mut sealed = Sealed::default();
    for entry in entries {
        let place = rows::number(sealed.ats.len() as u64);
        sealed.accepted.push(place);
        sealed.push_accepted(vault, entry)?;
        sealed.push_published(entry, place);
    }
    Ok(sealed)
}

impl Sealed {
    fn push_accepted(&mut self, vault: &Vault, entry: &Entry) -> Result<(), StoreError> {
        let Event { origin, body } = entry.event.as_ref();
        let id = format_uuid(entry.entry);
        let private = body
            .private()
            .map(|private| vault.seal_private(&["log", &id], private))
            .transpose()?;
        self.ats.push(entry.now.as_millisecond());
        self.directions.push(IN);
        self.entries.push(Some(entry.entry.to_vec()));
        self.event_ids.push(origin.id.clone());
        self.lab_ids
            .push(entry.lab_id.as_ref().map(ToString::to_string));
        self.sources.push(origin.source.clone());
        self.names.push(body.name());
        self.causes.push(None);
        self.origins.push(Some(json(origin)?));
        self.details.push(body.detail());
        self.changes.push(changes(&entry.changes)?);
        self.privates.push(private);
        Ok(())
    }

    fn push_published(&mut self, entry: &Entry, caused_by: i64) {
        for published in &entry.published {
            self.ats.push(entry.now.as_millisecond());
            self.directions.push(OUT);
            self.entries.push(None);
            self.event_ids.push(Some(published.id.clone()));
            self.lab_ids.push(Some(published.lab_id.to_string()));
            self.sources.push(published.source.to_owned());
            self.names.push(published.name);
            self.causes.push(Some(caused_by));
            self.origins.push(None);
            self.details.push(published.detail.clone());
            self.changes.push(None);
            self.privates.push(None);
        }
    }

    /// How many rows.
    pub fn len(&self) -> u64 {
        self.ats.len() as u64
    }

    /// Numbers of the entries, the first row having the number `first`.
    pub fn seqs(&self, first: i64) -> Vec<i64> {
        self.accepted.iter().map(|place| first + place).collect()
    }

    /// Appends the rows.
    pub async fn append(&self, client: &impl GenericClient, first: i64) -> Result<(), StoreError> {
        if self.ats.is_empty() {
            return Ok(());
        }
        let seqs: Vec<i64> = (first..).take(self.ats.len()).collect();
        let causes: Vec<Option<i64>> = self
            .causes
            .iter()
            .map(|cause| cause.map(|place| first + place))
            .collect();
        let sql = format!(
            "INSERT INTO log ({COLUMNS}) SELECT * FROM UNNEST($1::bigint[], $2::bigint[], $3::smallint[],
             $4::bytea[], $5::text[], $6::text[], $7::text[], $8::text[], $9::bigint[], $10::text[], $11::text[],
             $12::text[], $13::bytea[])"
        );
        let params: [rows::Param<'_>; 13] = [
            &seqs,
            &self.ats,
            &self.directions,
            &self.entries,
            &self.event_ids,
            &self.lab_ids,
            &self.sources,
            &self.names,
            &causes,
            &self.origins,
            &self.details,
            &self.changes,
            &self.privates,
        ];
        rows::execute(client, &sql, &params).await.map(drop)
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
