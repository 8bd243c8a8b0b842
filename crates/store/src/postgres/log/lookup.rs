//! Reading the log: by number, by id, by filter.

use std::collections::HashMap;

use deadpool_postgres::GenericClient;
use pontic_core::id::{LabId, format_uuid, parse_uuid};
use tokio_postgres::Row;

use super::{COLUMNS, IN, OUT};
use crate::StoreError;
use crate::batch::InboxKey;
use crate::page::{Direction, LogFilter, LogRow};
use crate::postgres::inbox;
use crate::postgres::rows::{self, Query};
use crate::vault::Vault;

/// The newest number.
pub async fn last(client: &impl GenericClient) -> Result<u64, StoreError> {
    let row = rows::first(client, "SELECT seq FROM counter", &[]).await?;
    row.map_or(Ok(0), |row| rows::count(&row, 0))
}

/// The row with that number.
pub async fn row(
    client: &impl GenericClient,
    vault: &Vault,
    seq: u64,
) -> Result<Option<LogRow>, StoreError> {
    let found = Query::new(&format!("SELECT {COLUMNS} FROM log WHERE true"))
        .and("seq = ?", rows::number(seq))
        .all(client)
        .await?;
    let read = read_all(vault, &found)?;
    Ok(with_alerts(client, read).await?.pop())
}

/// The rows that pass the filter, in order.
///
/// An id is looked up in the inbox, which knows our own ids, and those of senders when the filter names the source. Ids
/// of published rows, of senders without a source, and those that the inbox has forgotten are searched for in the log.
pub async fn list(
    client: &impl GenericClient,
    vault: &Vault,
    filter: &LogFilter,
    limit: usize,
) -> Result<Vec<LogRow>, StoreError> {
    let known = numbers_by_id(client, filter).await?;
    let query = if known.is_empty() {
        query(filter)
    } else {
        query(filter).and("seq = ANY(?)", known)
    };
    let found = query.ordered(order(filter), limit).all(client).await?;
    with_alerts(client, read_all(vault, &found)?).await
}

/// Numbers of the accepted rows with the filter's id, as far as the inbox knows them, in order.
async fn numbers_by_id(
    client: &impl GenericClient,
    filter: &LogFilter,
) -> Result<Vec<i64>, StoreError> {
    let Some(id) = filter
        .id
        .as_deref()
        .filter(|_| filter.direction != Some(Direction::Out))
    else {
        return Ok(Vec::new());
    };
    let mut keys: Vec<_> = parse_uuid(id).map(InboxKey::own).into_iter().collect();
    if let Some(source) = &filter.source {
        keys.push(InboxKey::foreign(None, source, id));
        let scopes = scopes(client, filter).await?;
        let of_lab = |lab: &LabId| InboxKey::foreign(Some(lab), source, id);
        keys.extend(scopes.iter().map(of_lab));
    }
    let seen = inbox::seen(client, &keys).await?;
    let known = seen.into_iter().flatten();
    Ok(known.map(|seen| rows::number(seen.seq)).collect())
}

/// Labs that the sender of such a row may have been bound to.
async fn scopes(client: &impl GenericClient, filter: &LogFilter) -> Result<Vec<LabId>, StoreError> {
    if let Some(lab) = &filter.lab_id {
        return Ok(vec![lab.clone()]);
    }
    let labs = rows::query(client, "SELECT id FROM r_lab", &[]).await?;
    labs.iter()
        .map(|row| Ok(LabId::known(rows::get::<String>(row, 0)?)))
        .collect()
}

fn query(filter: &LogFilter) -> Query {
    let after = (filter.after > 0).then(|| rows::number(filter.after));
    let (from_oldest, from_newest) = if filter.newest {
        (None, after)
    } else {
        (after, None)
    };
    let query = Query::new(&format!("SELECT {COLUMNS} FROM log WHERE true"))
        .and_if("seq > ?", from_oldest)
        .and_if("seq < ?", from_newest)
        .and_if(
            "lab_id = ?",
            filter.lab_id.as_ref().map(ToString::to_string),
        )
        .and_if("name = ?", filter.name.clone())
        .and_if("source = ?", filter.source.clone())
        .and_if("direction = ?", filter.direction.map(word));
    match (&filter.id, filter.id.as_deref().and_then(parse_uuid)) {
        (None, _) => query,
        (Some(id), None) => query.and("event_id = ?", id.clone()),
        (Some(id), Some(own)) => query
            .and(
                "(event_id = ? OR (event_id IS NULL AND entry = ?))",
                id.clone(),
            )
            .bind(own.to_vec()),
    }
}

const fn order(filter: &LogFilter) -> &'static str {
    if filter.newest { "seq DESC" } else { "seq" }
}

const fn word(direction: Direction) -> i16 {
    match direction {
        Direction::In => IN,
        Direction::Out => OUT,
    }
}

fn read_all(vault: &Vault, found: &[Row]) -> Result<Vec<LogRow>, StoreError> {
    found.iter().map(|row| read(vault, row)).collect()
}

fn read(vault: &Vault, row: &Row) -> Result<LogRow, StoreError> {
    let direction = if rows::get::<i16>(row, 2)? == IN {
        Direction::In
    } else {
        Direction::Out
    };
    let entry = match direction {
        Direction::In => rows::bytes(row, 3)?,
        Direction::Out => [0; 16],
    };
    let own = format_uuid(entry);
    let private = rows::get::<Option<&[u8]>>(row, 12)?
        .map(|sealed| vault.open_private(&["log", &own], sealed))
        .transpose()?;
    let changes: Option<&str> = rows::get(row, 11)?;
    Ok(LogRow {
        seq: rows::count(row, 0)?,
        at: rows::time(row, 1)?,
        direction,
        entry,
        event_id: rows::get::<Option<String>>(row, 4)?.unwrap_or(own),
        lab_id: rows::lab(row, 5)?,
        source: rows::get(row, 6)?,
        name: rows::get(row, 7)?,
        caused_by: rows::optional_count(row, 8)?,
        origin: rows::get::<Option<String>>(row, 9)?.unwrap_or_default(),
        detail: rows::get(row, 10)?,
        changes: changes.map_or(Ok(Vec::new()), |text| {
            serde_json::from_str(text).map_err(|_| rows::misread("change"))
        })?,
        private,
        alerts: Vec::new(),
    })
}

/// The rows with the alerts that they raised.
async fn with_alerts(
    client: &impl GenericClient,
    mut read: Vec<LogRow>,
) -> Result<Vec<LogRow>, StoreError> {
    let accepted = read.iter().filter(|row| row.direction == Direction::In);
    let seqs: Vec<i64> = accepted.map(|row| rows::number(row.seq)).collect();
    if seqs.is_empty() {
        return Ok(read);
    }
    let sql = "SELECT seq, n, body FROM alert WHERE seq = ANY($1) ORDER BY n";
    let mut raised: HashMap<u64, Vec<(u64, String)>> = HashMap::new();
    for row in rows::query(client, sql, &[&seqs]).await? {
        let alert = (rows::count(&row, 1)?, rows::get(&row, 2)?);
        raised.entry(rows::count(&row, 0)?).or_default().push(alert);
    }
    for row in &mut read {
        row.alerts = raised.remove(&row.seq).unwrap_or_default();
    }
    Ok(read)
}
