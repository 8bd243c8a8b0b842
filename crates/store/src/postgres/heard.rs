//! When senders were heard.

use deadpool_postgres::GenericClient;
use jiff::civil::Date;
use pontic_core::id::LabId;

use super::{about, rows};
use crate::StoreError;
use crate::heard::{HeardDay, Signal};

/// The fact that tells how far the log was heard.
const HEARD: &str = "heard";

/// How far the log was heard.
pub async fn up_to(client: &impl GenericClient) -> Result<u64, StoreError> {
    match about::get(client, HEARD).await? {
        Some(text) => text.parse().map_err(|_| rows::misread("number")),
        None => Ok(0),
    }
}

/// What other systems said after that number. What was sent in again from the quarantine was heard before.
pub async fn signals(
    client: &impl GenericClient,
    after: u64,
    limit: usize,
) -> Result<Vec<Signal>, StoreError> {
    let sql = "SELECT seq, at, lab_id, source, name, origin::jsonb ->> 'actor', detail::jsonb ->> 'clinicId',
                   CASE WHEN name = 'MessageRefused' THEN detail::jsonb ->> 'source' END,
                   CASE WHEN name = 'MessageRefused' THEN detail::jsonb ->> 'name' END
               FROM log WHERE seq > $1 AND direction = 0 AND (substr(source, 1, 7) <> 'pontic.' OR name = 'MessageRefused')
                   AND origin::jsonb ->> 'redriven' IS NULL
               ORDER BY seq LIMIT $2";
    let limit = rows::number(limit as u64);
    let found = rows::query(client, sql, &[&rows::number(after), &limit]).await?;
    let signal = |row: &tokio_postgres::Row| {
        let (source, name): (String, String) = (rows::get(row, 3)?, rows::get(row, 4)?);
        Ok(Signal {
            seq: rows::count(row, 0)?,
            at: rows::time(row, 1)?,
            lab_id: rows::lab(row, 2)?,
            source: rows::get::<Option<String>>(row, 7)?.unwrap_or(source),
            name: rows::get::<Option<String>>(row, 8)?.unwrap_or(name),
            actor: rows::get::<Option<String>>(row, 5)?.unwrap_or_default(),
            clinic_id: rows::get(row, 6)?,
        })
    };
    found.iter().map(signal).collect()
}

/// Keeps days as they are now, the log heard up to another number. Runs within a transaction.
pub async fn note(
    client: &impl GenericClient,
    after: u64,
    up_to: u64,
    days: &[HeardDay],
) -> Result<bool, StoreError> {
    let known = about::locked(client, HEARD).await?;
    if known.as_deref().unwrap_or("0") != after.to_string() {
        return Ok(false);
    }
    let texts = |part: fn(&HeardDay) -> &str| days.iter().map(part).collect::<Vec<_>>();
    let numbers = |part: fn(&HeardDay) -> i64| days.iter().map(part).collect::<Vec<_>>();
    let dates: Vec<String> = days.iter().map(|day| day.date.to_string()).collect();
    let sql = "INSERT INTO heard (kind, lab_id, id, date, first_at, last_at, longest_pause, count, last_seq, last_name)
               SELECT * FROM UNNEST($1::text[], $2::text[], $3::text[], $4::text[], $5::bigint[], $6::bigint[],
                   $7::bigint[], $8::bigint[], $9::bigint[], $10::text[])
               ON CONFLICT (date, kind, lab_id, id) DO UPDATE SET first_at = excluded.first_at, last_at = excluded.last_at,
                   longest_pause = excluded.longest_pause, count = excluded.count, last_seq = excluded.last_seq,
                   last_name = excluded.last_name";
    let params: [rows::Param<'_>; 10] = [
        &texts(|day| &day.kind),
        &texts(|day| day.lab_id.as_str()),
        &texts(|day| &day.id),
        &dates,
        &numbers(|day| day.first_at.as_millisecond()),
        &numbers(|day| day.last_at.as_millisecond()),
        &numbers(|day| day.longest_pause_ms),
        &numbers(|day| rows::number(day.count)),
        &numbers(|day| rows::number(day.last_seq)),
        &texts(|day| &day.last_name),
    ];
    if !days.is_empty() {
        rows::execute(client, sql, &params).await?;
    }
    about::set(client, HEARD, &up_to.to_string()).await?;
    Ok(true)
}

/// Days from that one on.
pub async fn since(client: &impl GenericClient, date: Date) -> Result<Vec<HeardDay>, StoreError> {
    let sql = "SELECT kind, lab_id, id, date, first_at, last_at, longest_pause, count, last_seq, last_name
               FROM heard WHERE date >= $1 ORDER BY kind COLLATE \"C\", lab_id COLLATE \"C\", id COLLATE \"C\", date";
    let found = rows::query(client, sql, &[&date.to_string()]).await?;
    let day = |row: &tokio_postgres::Row| {
        Ok(HeardDay {
            kind: rows::get(row, 0)?,
            lab_id: LabId::known(rows::get::<String>(row, 1)?),
            id: rows::get(row, 2)?,
            date: rows::get::<&str>(row, 3)?
                .parse()
                .map_err(|_| rows::misread("date"))?,
            first_at: rows::time(row, 4)?,
            last_at: rows::time(row, 5)?,
            longest_pause_ms: rows::get(row, 6)?,
            count: rows::count(row, 7)?,
            last_seq: rows::count(row, 8)?,
            last_name: rows::get(row, 9)?,
        })
    };
    found.iter().map(day).collect()
}

/// Forgets days before that one.
pub async fn forget(client: &impl GenericClient, before: Date) -> Result<(), StoreError> {
    let sql = "DELETE FROM heard WHERE date < $1";
    rows::execute(client, sql, &[&before.to_string()])
        .await
        .map(drop)
}
