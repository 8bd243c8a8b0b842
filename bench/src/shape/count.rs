//! Counting rows, bytes and entries in the data of the real server.

use std::collections::BTreeMap;
use std::path::Path;

use anyhow::{Context, Result};
use rusqlite::{Connection, OptionalExtension};

use super::{Key, Order, Shape, Table};
use crate::numbers::float;

/// Number of the last row of the log.
pub fn last_seq(dir: &Path) -> Result<u64> {
    Ok(
        open(dir)?.query_row("SELECT coalesce(max(seq), 0) FROM log", [], |row| {
            row.get(0)
        })?,
    )
}

/// What was written after the log's row `seq`, per operation.
pub fn count(dir: &Path, seq: u64, operations: usize) -> Result<Shape> {
    let conn = open(dir)?;
    let written = written(&conn, seq)?;
    let mut shape = Shape::default();
    for name in names(&conn)? {
        let Some(place) = place(&name) else { continue };
        let since = since(&conn, &name, seq)?;
        let new = rows(&conn, &format!("SELECT count(*) FROM {name} WHERE {since}"))?;
        let kind = name.trim_start_matches("r_");
        let changed = written.get(kind).copied().unwrap_or(0).saturating_sub(new);
        if new + changed < operations / 100 {
            continue;
        }
        shape.tables.push(Table {
            new: float(new) / float(operations),
            changed: float(changed) / float(operations),
            bytes: bytes(&conn, &name)?,
            keys: keys(&conn, &name, place)?,
            is_index: name == "inbox",
            name,
        });
    }
    shape
        .tables
        .sort_by(|a, b| f64::total_cmp(&(b.new + b.changed), &(a.new + a.changed)));
    Ok(shape)
}

fn open(dir: &Path) -> Result<Connection> {
    Connection::open(dir.join("pontic.db")).context("the server's data")
}

fn names(conn: &Connection) -> Result<Vec<String>> {
    let sql = "SELECT name FROM sqlite_schema WHERE type = 'table' AND name NOT LIKE 'sqlite_%'";
    let mut select = conn.prepare(sql)?;
    let names = select.query_map([], |row| row.get(0))?;
    Ok(names.collect::<Result<_, _>>()?)
}

/// The column that tells in which order the rows of a table came; tables that no operation writes have none here.
fn place(table: &str) -> Option<&'static str> {
    match table {
        "log" | "inbox" => Some("seq"),
        "alert" | "work" | "quarantine" => Some("n"),
        name if name.starts_with("r_") => Some("n"),
        _ => None,
    }
}

/// Which rows of a table came after the log's row `seq`.
fn since(conn: &Connection, table: &str, seq: u64) -> Result<String> {
    if matches!(table, "log" | "inbox" | "alert") {
        return Ok(format!("seq > {seq}"));
    }
    if !table.starts_with("r_") {
        return Ok("true".to_owned());
    }
    // The first entry of the log that made such a record then tells from which one on they are new.
    let kind = table.trim_start_matches("r_");
    let sql = format!(
        "SELECT min(r.n) FROM log, json_each(log.changes) c JOIN {table} r
         ON r.id = c.value ->> 'id' AND r.lab_id = c.value ->> 'labId'
         WHERE log.seq > ?1 AND c.value ->> 'kind' = ?2 AND c.value ->> 'version' = 1"
    );
    let first: Option<u64> = conn
        .query_row(&sql, (seq, kind), |row| row.get(0))
        .optional()?
        .flatten();
    Ok(first.map_or_else(|| "false".to_owned(), |first| format!("n >= {first}")))
}

/// Rows of each kind of record that were written after `seq`, new or not. Events of one commit have the same time, and
/// a record that several of them changed is written once.
fn written(conn: &Connection, seq: u64) -> Result<BTreeMap<String, usize>> {
    let sql = "SELECT kind, count(*) FROM (
                 SELECT DISTINCT log.at, c.value ->> 'kind' AS kind, c.value ->> 'labId', c.value ->> 'id'
                 FROM log, json_each(log.changes) c WHERE log.seq > ?)
               GROUP BY kind";
    let mut select = conn.prepare(sql)?;
    let counts = select.query_map([seq], |row| Ok((row.get(0)?, row.get(1)?)))?;
    Ok(counts.collect::<Result<_, _>>()?)
}

fn rows(conn: &Connection, sql: &str) -> Result<usize> {
    Ok(conn.query_row(sql, [], |row| row.get(0))?)
}

/// Bytes of texts and blobs in a row, on average.
fn bytes(conn: &Connection, table: &str) -> Result<usize> {
    let mut columns =
        conn.prepare("SELECT name FROM pragma_table_info(?) WHERE type <> 'INTEGER'")?;
    let columns = columns.query_map([table], |row| row.get::<_, String>(0))?;
    let lengths: Vec<String> = columns
        .map(|name| Ok(format!("coalesce(octet_length({}), 0)", name?)))
        .collect::<Result<_>>()?;
    let sql = format!(
        "SELECT CAST(avg({}) AS INTEGER) FROM {table}",
        lengths.join(" + ")
    );
    Ok(conn
        .query_row(&sql, [], |row| row.get::<_, Option<usize>>(0))?
        .unwrap_or(0))
}

fn keys(conn: &Connection, table: &str, place: &str) -> Result<Vec<Key>> {
    let mut indexes = conn.prepare(
        "SELECT l.name, l.\"unique\", s.sql FROM pragma_index_list(?1) l LEFT JOIN sqlite_schema s ON s.name = l.name
         ORDER BY l.origin = 'c', l.seq",
    )?;
    let indexes = indexes.query_map([table], |row| {
        Ok((
            row.get::<_, String>(0)?,
            row.get(1)?,
            row.get::<_, Option<String>>(2)?,
        ))
    })?;
    let mut keys = Vec::new();
    for index in indexes {
        let (name, unique, sql) = index?;
        let condition = sql.as_deref().and_then(|sql| sql.split_once(" WHERE "));
        let condition = condition.map_or("true", |(_, condition)| condition);
        let key = key(conn, table, place, (&name, unique, condition))?;
        if key.share > 0.0 {
            keys.push(key);
        }
    }
    Ok(keys)
}

fn key(
    conn: &Connection,
    table: &str,
    place: &str,
    (index, unique, condition): (&str, bool, &str),
) -> Result<Key> {
    let mut columns = conn.prepare("SELECT name FROM pragma_index_info(?) ORDER BY seqno")?;
    let columns = columns.query_map([index], |row| row.get::<_, String>(0))?;
    let columns: Vec<String> = columns.collect::<Result<_, _>>()?;
    let texts: Vec<String> = columns
        .iter()
        // Numbers as texts of one length, so that they are in order.
        .map(|name| {
            format!("CASE typeof({name}) WHEN 'integer' THEN printf('%020d', {name}) ELSE coalesce({name}, '') END")
        })
        .collect();
    let sql = format!(
        "SELECT CAST({} AS BLOB) FROM {table} WHERE {condition} ORDER BY {place}",
        texts.join(" || ")
    );
    let mut select = conn.prepare(&sql)?;
    let found: Vec<Vec<u8>> = select
        .query_map([], |row| row.get(0))?
        .collect::<Result<_, _>>()?;
    let all = rows(conn, &format!("SELECT count(*) FROM {table}"))?;
    let bytes: usize = found.iter().map(Vec::len).sum();
    Ok(Key {
        order: Order::of(&found),
        unique,
        share: float(found.len()) / float(all.max(1)),
        bytes: bytes / found.len().max(1),
    })
}
