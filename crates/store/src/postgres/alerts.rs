//! What people must see.

use deadpool_postgres::GenericClient;
use jiff::Timestamp;
use pontic_core::id::LabId;
use tokio_postgres::Row;

use super::rows::{self, Query};
use super::telling::{self, Program};
use crate::StoreError;
use crate::batch::Entry;
use crate::page::{AlertRow, Alerts, Page, Paging};

const SELECT: &str = "SELECT n, seq, at, lab_id, body, open, snoozed_until FROM alert WHERE true";

/// Raises the alerts of a batch's entries.
pub async fn raise_all(
    client: &impl GenericClient,
    entries: &[Entry],
    numbers: &[i64],
) -> Result<(), StoreError> {
    let (mut seqs, mut ats, mut labs, mut bodies) = (vec![], vec![], vec![], vec![]);
    for (entry, seq) in entries.iter().zip(numbers) {
        for raised in &entry.alerts {
            seqs.push(*seq);
            ats.push(entry.now.as_millisecond());
            labs.push(raised.lab_id.as_str());
            bodies.push(raised.body.as_str());
        }
    }
    if seqs.is_empty() {
        return Ok(());
    }
    let sql = "INSERT INTO alert (seq, at, lab_id, body, open) SELECT seq, at, lab_id, body, true
               FROM UNNEST($1::bigint[], $2::bigint[], $3::text[], $4::text[])
               WITH ORDINALITY AS u (seq, at, lab_id, body, place) ORDER BY place";
    rows::execute(client, sql, &[&seqs, &ats, &labs, &bodies])
        .await
        .map(drop)
}

/// A page of alerts, newest first.
pub async fn list(
    client: &impl GenericClient,
    lab: Option<&LabId>,
    which: Alerts,
    paging: &Paging,
) -> Result<Page<AlertRow>, StoreError> {
    let (due_by, not_before) = which.bounds();
    Query::new(SELECT)
        .only_if(which != Alerts::All, "open")
        .and_if(
            "(snoozed_until IS NULL OR snoozed_until <= ?)",
            due_by.map(Timestamp::as_millisecond),
        )
        .and_if(
            "snoozed_until > ?",
            not_before.map(Timestamp::as_millisecond),
        )
        .and_if("lab_id = ?", lab.map(ToString::to_string))
        .and_if("n < ?", paging.after.map(rows::number))
        .page(client, "n DESC", paging, |row| {
            let alert = read(row)?;
            Ok((alert.number, alert))
        })
        .await
}

fn read(row: &Row) -> Result<AlertRow, StoreError> {
    Ok(AlertRow {
        number: rows::count(row, 0)?,
        seq: rows::optional_count(row, 1)?,
        at: rows::time(row, 2)?,
        lab_id: LabId::known(rows::get::<String>(row, 3)?),
        body: rows::get(row, 4)?,
        open: rows::get(row, 5)?,
        snoozed_until: rows::optional_time(row, 6)?,
    })
}

/// Alerts with greater numbers, oldest first.
pub async fn after(
    client: &impl GenericClient,
    after: u64,
    limit: usize,
) -> Result<Vec<AlertRow>, StoreError> {
    let found = Query::new(SELECT)
        .and("n > ?", rows::number(after))
        .ordered("n", limit)
        .all(client)
        .await?;
    found.iter().map(read).collect()
}

/// The greatest number.
pub async fn last(client: &impl GenericClient) -> Result<u64, StoreError> {
    let sql = "SELECT coalesce(max(n), 0) FROM alert";
    let row = rows::first(client, sql, &[]).await?;
    row.map_or(Ok(0), |row| rows::count(&row, 0))
}

/// Marks one as dealt with, and tells the other programs. Nothing if there is none such in that lab.
pub async fn close(
    client: &impl GenericClient,
    program: &Program,
    lab: Option<&LabId>,
    number: u64,
) -> Result<Option<LabId>, StoreError> {
    let change = "UPDATE alert SET open = false WHERE n = $1 AND lab_id = coalesce($2, lab_id)";
    changed(client, program, change, lab, number, &[]).await
}

/// Puts an open one off, and tells the other programs. Nothing if there is none such in that lab.
pub async fn snooze(
    client: &impl GenericClient,
    program: &Program,
    lab: Option<&LabId>,
    number: u64,
    until: Timestamp,
) -> Result<Option<LabId>, StoreError> {
    let change = "UPDATE alert SET snoozed_until = $4 WHERE n = $1 AND lab_id = coalesce($2, lab_id) AND open";
    let until = until.as_millisecond();
    changed(client, program, change, lab, number, &[&until]).await
}

/// Changes one; the change has the alert's number and lab and the text to be told as its first values.
async fn changed(
    client: &impl GenericClient,
    program: &Program,
    change: &str,
    lab: Option<&LabId>,
    number: u64,
    more: &[rows::Param<'_>],
) -> Result<Option<LabId>, StoreError> {
    let sql = format!(
        "WITH done AS ({change} RETURNING lab_id)
         SELECT lab_id, pg_notify('{channel}', $3 || lab_id) FROM done",
        channel = telling::ALERT
    );
    let told = program.says(&format!("{number} "));
    let (lab, number) = (lab.map(LabId::as_str), rows::number(number));
    let mut values: Vec<rows::Param<'_>> = vec![&number, &lab, &told];
    values.extend(more);
    let row = rows::first(client, &sql, &values).await?;
    row.map(|row| Ok(LabId::known(rows::get::<String>(&row, 0)?)))
        .transpose()
}
