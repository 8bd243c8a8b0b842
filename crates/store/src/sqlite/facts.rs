//! What decisions look at.

use pontic_core::facts::{Found, Key};
use pontic_core::record::Kind;
use rusqlite::{Connection, Params};

use super::{records, rows, tables};
use crate::StoreError;
use crate::vault::Vault;

/// Answers every key, in the same order; after these, the open deliveries that were found: whoever asks for one wants it.
pub fn load(
    conn: &Connection,
    vault: &Vault,
    keys: &[Key],
) -> Result<Vec<(Key, Found)>, StoreError> {
    let mut answers = Vec::with_capacity(keys.len());
    let mut deliveries = Vec::new();
    for key in keys {
        let found = find(conn, vault, key)?;
        if let (Key::OpenDelivery(lab, ..), Found::Ids(ids)) = (key, &found) {
            deliveries.extend(
                ids.iter()
                    .map(|id| Key::Record(Kind::Delivery, lab.clone(), id.clone())),
            );
        }
        answers.push((key.clone(), found));
    }
    for key in deliveries {
        let found = find(conn, vault, &key)?;
        answers.push((key, found));
    }
    Ok(answers)
}

fn find(conn: &Connection, vault: &Vault, key: &Key) -> Result<Found, StoreError> {
    let of = tables::of;
    match key {
        Key::Record(kind, lab, id) => {
            let params = (id, lab.as_str());
            record(conn, vault, *kind, &of(*kind).one, params)
        }
        Key::Identity(kind, identity) => {
            record(conn, vault, *kind, &of(*kind).by_identity, [identity])
        }
        Key::Parts(kind, lab, parent) => ids(conn, &of(*kind).parts, (parent, lab.as_str())),
        Key::OpenDelivery(lab, clinic, date) => {
            let params = (lab.as_str(), clinic.as_str(), date.to_string());
            ids(conn, &of(Kind::Delivery).open_on, params)
        }
        Key::OpenAt(kind, lab, clinic) => {
            ids(conn, &of(*kind).open_at, (lab.as_str(), clinic.as_str()))
        }
        Key::Labs(kind, id) => ids(conn, &of(*kind).labs, [id]),
    }
}

fn record(
    conn: &Connection,
    vault: &Vault,
    kind: Kind,
    sql: &str,
    params: impl Params,
) -> Result<Found, StoreError> {
    let mut statement = conn.prepare_cached(sql)?;
    rows::first(&mut statement, params, |row| {
        records::read(vault, kind, row)
    })
    .map(Found::Record)
}

fn ids(conn: &Connection, sql: &str, params: impl Params) -> Result<Found, StoreError> {
    let mut statement = conn.prepare_cached(sql)?;
    rows::all(&mut statement, params, |row| Ok(row.get(0)?)).map(Found::Ids)
}
