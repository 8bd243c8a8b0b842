//! Reading the log: by number, by id, by filter.

use pontic_core::id::{LabId, format_uuid, parse_uuid};
use rusqlite::{Connection, Row};

use super::{COLUMNS, IN, OUT};
use crate::StoreError;
use crate::batch::InboxKey;
use crate::page::{Direction, LogFilter, LogRow};
use crate::sqlite::inbox;
use crate::sqlite::rows::{self, Query};
use crate::vault::Vault;

/// The row with that number.
pub fn row(conn: &Connection, vault: &Vault, seq: u64) -> Result<Option<LogRow>, StoreError> {
    let sql = format!("SELECT {COLUMNS} FROM log WHERE seq = ?");
    let found = rows::first(
        &mut conn.prepare_cached(&sql)?,
        [rows::number(seq)],
        |row| read(vault, row),
    )?;
    found.map(|row| with_alerts(conn, row)).transpose()
}

/// The rows that pass the filter, in order.
///
/// An id is looked up in the inbox, which knows our own ids, and those of senders when the filter names the source. Ids
/// of published rows, of senders without a source, and those that the inbox has forgotten are searched for in the log.
pub fn list(
    conn: &Connection,
    vault: &Vault,
    filter: &LogFilter,
    limit: usize,
) -> Result<Vec<LogRow>, StoreError> {
    let known = numbers_by_id(conn, filter)?;
    let found = if known.is_empty() {
        query(filter)
            .ordered(order(filter), limit)
            .all(conn, |row| read(vault, row))?
    } else {
        let one = |seq: u64| {
            query(filter)
                .and("seq = ?", rows::number(seq))
                .all(conn, |row| read(vault, row))
        };
        known
            .into_iter()
            .map(one)
            .collect::<Result<Vec<_>, _>>()?
            .concat()
    };
    found
        .into_iter()
        .take(limit)
        .map(|row| with_alerts(conn, row))
        .collect()
}

/// Numbers of the accepted rows with the filter's id, as far as the inbox knows them, in order.
fn numbers_by_id(conn: &Connection, filter: &LogFilter) -> Result<Vec<u64>, StoreError> {
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
        keys.extend(
            scopes(conn, filter)?
                .iter()
                .map(|lab| InboxKey::foreign(Some(lab), source, id)),
        );
    }
    let mut seqs: Vec<_> = inbox::seen(conn, &keys)?
        .into_iter()
        .flatten()
        .map(|seen| seen.seq)
        .collect();
    seqs.sort_unstable();
    if filter.newest {
        seqs.reverse();
    }
    Ok(seqs)
}

/// Labs that the sender of such a row may have been bound to.
fn scopes(conn: &Connection, filter: &LogFilter) -> Result<Vec<LabId>, StoreError> {
    match &filter.lab_id {
        Some(lab) => Ok(vec![lab.clone()]),
        None => rows::all(
            &mut conn.prepare_cached("SELECT id FROM r_lab")?,
            [],
            |row| Ok(LabId::known(rows::text(row, 0)?)),
        ),
    }
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

fn word(direction: Direction) -> i64 {
    match direction {
        Direction::In => IN,
        Direction::Out => OUT,
    }
}

fn read(vault: &Vault, row: &Row<'_>) -> Result<LogRow, StoreError> {
    let entry: Option<[u8; 16]> = row.get(3)?;
    let own = format_uuid(entry.unwrap_or_default());
    let private = rows::bytes(row, 12)?
        .map(|sealed| vault.open_private(&["log", &own], sealed))
        .transpose()?;
    let changes = row
        .get_ref(11)?
        .as_str_or_null()
        .map_err(|_| rows::misread("text"))?;
    Ok(LogRow {
        seq: row.get(0)?,
        at: rows::time(row, 1)?,
        direction: if row.get::<_, i64>(2)? == IN {
            Direction::In
        } else {
            Direction::Out
        },
        entry: entry.unwrap_or_default(),
        event_id: row.get::<_, Option<String>>(4)?.unwrap_or(own),
        lab_id: rows::lab(row, 5)?,
        source: row.get(6)?,
        name: row.get(7)?,
        caused_by: row.get(8)?,
        origin: row.get::<_, Option<String>>(9)?.unwrap_or_default(),
        detail: row.get(10)?,
        changes: changes.map_or(Ok(Vec::new()), |text| {
            serde_json::from_str(text).map_err(|_| rows::misread("change"))
        })?,
        private,
        alerts: Vec::new(),
    })
}

fn with_alerts(conn: &Connection, mut row: LogRow) -> Result<LogRow, StoreError> {
    if row.direction == Direction::In {
        let mut select =
            conn.prepare_cached("SELECT n, body FROM alert WHERE seq = ? ORDER BY n")?;
        row.alerts = rows::all(&mut select, [row.seq], |alert| {
            Ok((alert.get(0)?, alert.get(1)?))
        })?;
    }
    Ok(row)
}
