//! Records: written with their versions, read one by one and in lists.

use std::collections::BTreeMap;

use deadpool_postgres::GenericClient;
use futures_util::future::try_join_all;
use pontic_core::id::LabId;
use pontic_core::pickup::Identity;
use pontic_core::record::{Kind, Record};
use tokio_postgres::Row;

use super::rows::{self, Param, Query};
use super::tables;
use crate::StoreError;
use crate::page::{self, Filter, Page, Paging};
use crate::vault::Vault;

/// Records of one kind as arrays, a column each; all of them new, or all of them changed.
#[derive(Default)]
struct Columns {
    lab_ids: Vec<String>,
    ids: Vec<String>,
    clinic_ids: Vec<Option<String>>,
    dates: Vec<Option<String>>,
    statuses: Vec<Option<&'static str>>,
    parents: Vec<Option<String>>,
    identities: Vec<Option<Vec<u8>>>,
    open: Vec<bool>,
    versions: Vec<i64>,
    bodies: Vec<String>,
    privates: Vec<Option<Vec<u8>>>,
    /// Places in the batch.
    places: Vec<usize>,
    /// Versions that were loaded; empty for new records.
    loaded: Vec<i64>,
}

impl Columns {
    fn push(
        &mut self,
        vault: &Vault,
        place_in_batch: usize,
        (loaded, record): &(Option<u64>, Record),
    ) -> Result<(), StoreError> {
        let row = record.row();
        let place = [row.kind.as_str(), row.lab_id.as_str(), &row.id];
        let private = row
            .private
            .as_ref()
            .map(|private| vault.seal_private(&place, private))
            .transpose()?;
        self.lab_ids.push(row.lab_id.to_string());
        self.ids.push(row.id);
        self.clinic_ids.push(row.clinic_id);
        self.dates.push(row.date.map(|date| date.to_string()));
        self.statuses.push(row.status);
        self.parents.push(row.parent);
        self.identities
            .push(row.identity.map(|identity| identity.to_vec()));
        self.open.push(row.open);
        self.versions.push(rows::number(row.version));
        self.bodies.push(row.body);
        self.privates.push(private);
        self.places.push(place_in_batch);
        self.loaded.extend(loaded.map(rows::number));
        Ok(())
    }

    fn steps(&self, steps: &[String]) -> Vec<String> {
        let of = |place: &usize| steps.get(*place).cloned().unwrap_or_default();
        self.places.iter().map(of).collect()
    }

    fn params<'p>(&'p self, steps: &'p Vec<String>) -> Vec<Param<'p>> {
        let mut params: Vec<Param<'_>> = vec![
            &self.lab_ids,
            &self.ids,
            &self.clinic_ids,
            &self.dates,
            &self.statuses,
            &self.parents,
            &self.identities,
            &self.open,
            &self.versions,
            &self.bodies,
            &self.privates,
            steps,
        ];
        if !self.loaded.is_empty() {
            params.push(&self.loaded);
        }
        params
    }
}

/// A batch's records, ready to be written.
pub struct Sealed(BTreeMap<(u8, bool), (Kind, Columns)>);

/// Sorts records by what is done with them, and seals their patient data.
pub fn seal(vault: &Vault, records: &[(Option<u64>, Record)]) -> Result<Sealed, StoreError> {
    let mut groups = BTreeMap::new();
    for (place, record) in records.iter().enumerate() {
        let kind = record.1.kind();
        let group = groups.entry((kind as u8, record.0.is_some()));
        let (_, columns) = group.or_insert_with(|| (kind, Columns::default()));
        columns.push(vault, place, record)?;
    }
    Ok(Sealed(groups))
}

/// Writes records: new ones, and changed ones over the versions that were loaded; each with the steps that it has now done more, in
/// the order of the batch.
pub async fn save(
    client: &impl GenericClient,
    sealed: &Sealed,
    steps: &[String],
) -> Result<(), StoreError> {
    let writes = sealed
        .0
        .iter()
        .map(async |((_, changed), (kind, columns))| {
            let table = tables::of(*kind);
            let sql = if *changed {
                &table.update
            } else {
                &table.insert
            };
            let steps = columns.steps(steps);
            let written = rows::execute(client, sql, &columns.params(&steps)).await?;
            if written == columns.ids.len() as u64 {
                Ok(())
            } else {
                Err(StoreError::Conflict)
            }
        });
    try_join_all(writes).await.map(drop)
}

/// The record in a row of which number, lab, id, body and private part stand from column `first` on.
pub fn read(vault: &Vault, kind: Kind, row: &Row, first: usize) -> Result<Record, StoreError> {
    let place = [
        kind.as_str(),
        rows::get(row, first + 1)?,
        rows::get(row, first + 2)?,
    ];
    let private = rows::get::<Option<&[u8]>>(row, first + 4)?
        .map(|sealed| vault.open_private(&place, sealed))
        .transpose()?;
    Record::from_row(kind, rows::get(row, first + 3)?, private)
        .map_err(|unreadable| StoreError::Broken(unreadable.to_string()))
}

/// The records of that kind and id.
pub async fn get(
    client: &impl GenericClient,
    vault: &Vault,
    kind: Kind,
    lab: Option<&LabId>,
    id: &str,
) -> Result<Vec<Record>, StoreError> {
    let found = Query::new(&tables::of(kind).list)
        .and("id = ?", id.to_owned())
        .and_if("lab_id = ?", lab.map(ToString::to_string))
        .all(client)
        .await?;
    found.iter().map(|row| read(vault, kind, row, 0)).collect()
}

/// Records whose id begins like that, by id: byte by byte, as the index for it has them.
pub async fn starting_with(
    client: &impl GenericClient,
    vault: &Vault,
    kind: Kind,
    lab: Option<&LabId>,
    beginning: &str,
    limit: usize,
) -> Result<Vec<Record>, StoreError> {
    let found = Query::new(&tables::of(kind).list)
        .and("id ~>=~ ?", beginning.to_owned())
        .and("id ~<~ ?", format!("{beginning}{}", char::MAX))
        .and_if("lab_id = ?", lab.map(ToString::to_string))
        .ordered("id USING ~<~, lab_id", limit)
        .all(client)
        .await?;
    found.iter().map(|row| read(vault, kind, row, 0)).collect()
}

/// The steps of a record.
pub async fn steps(
    client: &impl GenericClient,
    kind: Kind,
    lab: &LabId,
    id: &str,
) -> Result<Vec<u64>, StoreError> {
    let found = rows::first(client, &tables::of(kind).steps, &[&id, &lab.as_str()]).await?;
    match found {
        Some(row) => Ok(page::steps(rows::get(&row, 0)?)),
        None => Ok(Vec::new()),
    }
}

/// A page of the records that pass the filter.
pub async fn list(
    client: &impl GenericClient,
    vault: &Vault,
    kind: Kind,
    filter: &Filter,
    paging: &Paging,
) -> Result<Page<Record>, StoreError> {
    let bounds = filter.pickup_id.as_deref().map(Identity::bounds);
    Query::new(&tables::of(kind).list)
        .and_if(
            "lab_id = ?",
            filter.lab_id.as_ref().map(ToString::to_string),
        )
        .only_if(filter.open, "open")
        .and_if("clinic_id = ?", filter.clinic_id.clone())
        .and_if("date = ?", filter.date.map(|date| date.to_string()))
        .and_if("status = ?", filter.status.clone())
        .and_if("parent = ?", filter.parent.clone())
        .and_if("identity >= ?", bounds.map(|(first, _)| first.to_vec()))
        .and_if("identity <= ?", bounds.map(|(_, last)| last.to_vec()))
        .and_if("n > ?", paging.after.map(rows::number))
        .page(client, "n", paging, |row| {
            Ok((rows::count(row, 0)?, read(vault, kind, row, 0)?))
        })
        .await
}
