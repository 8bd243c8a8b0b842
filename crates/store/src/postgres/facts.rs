//! What decisions look at: each kind of question once, for all of its keys together.

use std::collections::BTreeMap;

use deadpool_postgres::GenericClient;
use futures_util::future::try_join_all;
use pontic_core::facts::{Found, Key};
use pontic_core::record::Kind;
use tokio_postgres::Row;

use super::{records, rows, tables};
use crate::StoreError;
use crate::vault::Vault;

/// A kind of question.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Question {
    Record,
    Identity,
    Parts,
    OpenOn,
    OpenAt,
    Labs,
}

impl Question {
    const fn of(key: &Key) -> (Self, Kind) {
        match key {
            Key::Record(kind, ..) => (Self::Record, *kind),
            Key::Identity(kind, _) => (Self::Identity, *kind),
            Key::Parts(kind, ..) => (Self::Parts, *kind),
            Key::OpenDelivery(..) => (Self::OpenOn, Kind::Delivery),
            Key::OpenAt(kind, ..) => (Self::OpenAt, *kind),
            Key::Labs(kind, _) => (Self::Labs, *kind),
        }
    }
}

/// Answers every key, in the same order; after these, the open deliveries that were found: whoever asks for one wants it.
pub async fn load(
    client: &impl GenericClient,
    vault: &Vault,
    keys: &[Key],
) -> Result<Vec<(Key, Found)>, StoreError> {
    let mut answers = answer(client, vault, keys).await?;
    let mut deliveries = Vec::new();
    for (key, found) in &answers {
        if let (Key::OpenDelivery(lab, ..), Found::Ids(ids)) = (key, found) {
            let record = |id: &String| Key::Record(Kind::Delivery, lab.clone(), id.clone());
            deliveries.extend(ids.iter().map(record));
        }
    }
    if !deliveries.is_empty() {
        answers.extend(answer(client, vault, &deliveries).await?);
    }
    Ok(answers)
}

async fn answer(
    client: &impl GenericClient,
    vault: &Vault,
    keys: &[Key],
) -> Result<Vec<(Key, Found)>, StoreError> {
    let mut groups: BTreeMap<(Question, u8), (Kind, Vec<usize>)> = BTreeMap::new();
    for (place, key) in keys.iter().enumerate() {
        let (question, kind) = Question::of(key);
        let group = groups.entry((question, kind as u8));
        group.or_insert_with(|| (kind, Vec::new())).1.push(place);
    }
    // Asked one behind the other without waiting: together they are one journey to the server.
    let asked = groups
        .into_iter()
        .map(async |((question, _), (kind, places))| {
            let of_group: Vec<&Key> = places.iter().map(|place| &keys[*place]).collect();
            let found = ask(client, vault, question, kind, &of_group).await?;
            Ok::<_, StoreError>((places, found))
        });
    let mut answers: Vec<Option<Found>> = vec![None; keys.len()];
    for (places, found) in try_join_all(asked).await? {
        for (place, found) in places.into_iter().zip(found) {
            answers[place] = Some(found);
        }
    }
    let nothing = || Found::Ids(Vec::new());
    Ok(keys
        .iter()
        .zip(answers)
        .map(|(key, found)| (key.clone(), found.unwrap_or_else(nothing)))
        .collect())
}

/// The answers to keys of one question and kind, in their order.
async fn ask(
    client: &impl GenericClient,
    vault: &Vault,
    question: Question,
    kind: Kind,
    keys: &[&Key],
) -> Result<Vec<Found>, StoreError> {
    let table = tables::of(kind);
    let mut a: Vec<&str> = Vec::with_capacity(keys.len());
    let mut b: Vec<&str> = Vec::with_capacity(keys.len());
    let mut c: Vec<String> = Vec::new();
    let mut identities: Vec<&[u8]> = Vec::new();
    for key in keys {
        match key {
            Key::Record(_, lab, id) | Key::Parts(_, lab, id) => {
                a.push(id);
                b.push(lab.as_str());
            }
            Key::Identity(_, identity) => identities.push(identity),
            Key::OpenDelivery(lab, clinic, date) => {
                a.push(lab.as_str());
                b.push(clinic.as_str());
                c.push(date.to_string());
            }
            Key::OpenAt(_, lab, clinic) => {
                a.push(lab.as_str());
                b.push(clinic.as_str());
            }
            Key::Labs(_, id) => a.push(id),
        }
    }
    let count = keys.len();
    match question {
        Question::Record => {
            let found = rows::query(client, &table.by_ids, &[&a, &b]).await?;
            of_records(vault, kind, &found, count)
        }
        Question::Identity => {
            let found = rows::query(client, &table.by_identities, &[&identities]).await?;
            of_records(vault, kind, &found, count)
        }
        Question::Parts => ids(&rows::query(client, &table.parts, &[&a, &b]).await?, count),
        Question::OpenOn => {
            let found = rows::query(client, &table.open_on, &[&a, &b, &c]).await?;
            ids(&found, count)
        }
        Question::OpenAt => ids(
            &rows::query(client, &table.open_at, &[&a, &b]).await?,
            count,
        ),
        Question::Labs => ids(&rows::query(client, &table.labs, &[&a]).await?, count),
    }
}

/// The place of the key that a row answers.
fn place(row: &Row, count: usize) -> Result<usize, StoreError> {
    let place = usize::try_from(rows::get::<i64>(row, 0)? - 1).ok();
    place
        .filter(|place| *place < count)
        .ok_or_else(|| rows::misread("place"))
}

fn of_records(
    vault: &Vault,
    kind: Kind,
    found: &[Row],
    count: usize,
) -> Result<Vec<Found>, StoreError> {
    let mut answers = vec![Found::Record(None); count];
    for row in found {
        let record = records::read(vault, kind, row, 1)?;
        answers[place(row, count)?] = Found::Record(Some(record));
    }
    Ok(answers)
}

fn ids(found: &[Row], count: usize) -> Result<Vec<Found>, StoreError> {
    let mut answers: Vec<Vec<String>> = vec![Vec::new(); count];
    for row in found {
        answers[place(row, count)?].push(rows::get(row, 1)?);
    }
    Ok(answers.into_iter().map(Found::Ids).collect())
}
