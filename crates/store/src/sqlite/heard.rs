//! When senders were heard.

use jiff::civil::Date;
use pontic_core::id::LabId;
use rusqlite::{Connection, params};

use super::{meta, rows};
use crate::StoreError;
use crate::heard::{HeardDay, Signal};

/// The fact that tells how far the log was heard.
const HEARD: &str = "heard";

/// How far the log was heard.
pub fn up_to(conn: &Connection) -> Result<u64, StoreError> {
    Ok(meta::get(conn, HEARD)?.unwrap_or(0))
}

/// What other systems said after that number. What was sent in again from the quarantine was heard before.
pub fn signals(conn: &Connection, after: u64, limit: usize) -> Result<Vec<Signal>, StoreError> {
    let sql = "SELECT seq, at, lab_id, source, name, origin ->> 'actor', detail ->> 'clinicId',
                   CASE WHEN name = 'MessageRefused' THEN detail ->> 'source' END,
                   CASE WHEN name = 'MessageRefused' THEN detail ->> 'name' END
               FROM log WHERE seq > ? AND direction = 0 AND (substr(source, 1, 7) <> 'pontic.' OR name = 'MessageRefused')
                   AND origin ->> 'redriven' IS NULL
               ORDER BY seq LIMIT ?";
    rows::all(&mut conn.prepare_cached(sql)?, (after, limit), |row| {
        let (source, name): (String, String) = (row.get(3)?, row.get(4)?);
        Ok(Signal {
            seq: row.get(0)?,
            at: rows::time(row, 1)?,
            lab_id: rows::lab(row, 2)?,
            source: row.get::<_, Option<String>>(7)?.unwrap_or(source),
            name: row.get::<_, Option<String>>(8)?.unwrap_or(name),
            actor: row.get::<_, Option<String>>(5)?.unwrap_or_default(),
            clinic_id: row.get(6)?,
        })
    })
}

/// Keeps days as they are now, the log heard up to another number.
pub fn note(
    conn: &Connection,
    after: u64,
    up_to: u64,
    days: &[HeardDay],
) -> Result<bool, StoreError> {
    let known: Option<u64> = meta::get(conn, HEARD)?;
    if known.unwrap_or(0) != after {
        return Ok(false);
    }
    let mut put = conn.prepare_cached(
        "INSERT INTO heard (kind, lab_id, id, date, first_at, last_at, longest_pause, count, last_seq, last_name)
         VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
         ON CONFLICT (date, kind, lab_id, id) DO UPDATE SET first_at = excluded.first_at, last_at = excluded.last_at,
             longest_pause = excluded.longest_pause, count = excluded.count, last_seq = excluded.last_seq,
             last_name = excluded.last_name",
    )?;
    for day in days {
        put.execute(params![
            day.kind,
            day.lab_id.as_str(),
            day.id,
            day.date.to_string(),
            day.first_at.as_millisecond(),
            day.last_at.as_millisecond(),
            day.longest_pause_ms,
            day.count,
            day.last_seq,
            day.last_name,
        ])?;
    }
    meta::set(conn, HEARD, up_to)?;
    Ok(true)
}

/// Days from that one on.
pub fn since(conn: &Connection, date: Date) -> Result<Vec<HeardDay>, StoreError> {
    let sql = "SELECT kind, lab_id, id, date, first_at, last_at, longest_pause, count, last_seq, last_name
               FROM heard WHERE date >= ? ORDER BY kind, lab_id, id, date";
    rows::all(&mut conn.prepare_cached(sql)?, [date.to_string()], |row| {
        Ok(HeardDay {
            kind: row.get(0)?,
            lab_id: LabId::known(rows::text(row, 1)?),
            id: row.get(2)?,
            date: rows::text(row, 3)?
                .parse()
                .map_err(|_| rows::misread("date"))?,
            first_at: rows::time(row, 4)?,
            last_at: rows::time(row, 5)?,
            longest_pause_ms: row.get(6)?,
            count: row.get(7)?,
            last_seq: row.get(8)?,
            last_name: row.get(9)?,
        })
    })
}

/// Forgets days before that one.
pub fn forget(conn: &Connection, before: Date) -> Result<(), StoreError> {
    conn.prepare_cached("DELETE FROM heard WHERE date < ?")?
        .execute([before.to_string()])?;
    Ok(())
}
