//! What goes out.

use jiff::{SignedDuration, Timestamp};
use pontic_core::id::LabId;
use rusqlite::{Connection, Row, params};

use super::rows::{self, Query};
use super::{log, meta};
use crate::StoreError;
use crate::outgoing::{
    ClaimedMessage, DeadGroup, FARTHEST, Message, MessageFilter, MessageRow, MessageState, Outcome,
    Told, Tried, Which, in_turn, share,
};
use crate::page::{Page, Paging};
use crate::vault::Vault;

pub const COLUMNS: &str = "n, attempt, subscription, lab_id, seq, event_id, name, key, due, state, tried_at, cause, \
    clinic_id, bundle, private";
/// The fact that tells how far it is settled.
const FANNED_OUT: &str = "fanned_out";
/// A claim is held as long as nobody else has claimed or settled the message since.
const HELD: &str = "n = ?1 AND attempt = ?2 AND state = 0 AND leased_until IS NOT NULL";
/// Sent messages that are forgotten in one transaction.
const PRUNED_AT_ONCE: usize = 1_000;

/// How far it is settled. Data from before there were subscriptions begins at its end.
pub fn fanned_out(conn: &Connection) -> Result<u64, StoreError> {
    match meta::get(conn, FANNED_OUT)? {
        Some(seq) => Ok(seq),
        None => log::last(conn),
    }
}

/// Settles it up to another number.
pub fn fan_out(
    conn: &Connection,
    after: u64,
    up_to: u64,
    messages: &[Message],
) -> Result<bool, StoreError> {
    let known: Option<u64> = meta::get(conn, FANNED_OUT)?;
    if known.is_some_and(|known| known != after) {
        return Ok(false);
    }
    let mut insert = conn.prepare_cached(
        "INSERT INTO outgoing (subscription, lab_id, seq, event_id, name, key, state, due, attempt)
         VALUES (?, ?, ?, ?, ?, ?, 0, ?, 0)",
    )?;
    for message in messages {
        insert.execute(params![
            message.subscription,
            message.lab_id.as_str(),
            message.seq,
            message.event_id,
            message.name,
            message.key,
            message.due.as_millisecond(),
        ])?;
    }
    meta::set(conn, FANNED_OUT, up_to)?;
    Ok(true)
}

/// Takes messages that are due, of each key the oldest; where several labs wait, each has its share of them, so that one with much to
/// tell holds up no other.
pub fn claim(
    conn: &Connection,
    vault: &Vault,
    subscription: &str,
    now: Timestamp,
    lease: SignedDuration,
    limit: usize,
) -> Result<Vec<ClaimedMessage>, StoreError> {
    let until = now.saturating_add(lease).unwrap_or(Timestamp::MAX);
    let take = |lab: Option<&str>, limit: usize| {
        let due = due(conn, vault, subscription, lab, now, limit)?;
        due.into_iter()
            .map(|row| hold(conn, row, until))
            .collect::<Result<Vec<_>, _>>()
    };
    let mut claimed = Vec::new();
    let labs = labs(conn, subscription)?;
    if labs.len() > 1 {
        for lab in in_turn(&labs, now).take(limit) {
            claimed.extend(take(Some(lab), share(limit, labs.len()))?);
        }
    }
    // What they leave is for whoever has more.
    claimed.extend(take(None, limit.saturating_sub(claimed.len()))?);
    Ok(claimed)
}

/// Labs of which messages wait, each found by one step over an index.
fn labs(conn: &Connection, subscription: &str) -> Result<Vec<String>, StoreError> {
    let sql = "WITH RECURSIVE labs (lab) AS (
                   SELECT min(lab_id) FROM outgoing WHERE subscription = ?1 AND state = 0
                   UNION ALL
                   SELECT (SELECT min(lab_id) FROM outgoing WHERE subscription = ?1 AND state = 0 AND lab_id > lab)
                   FROM labs WHERE lab IS NOT NULL)
               SELECT lab FROM labs WHERE lab IS NOT NULL";
    rows::all(&mut conn.prepare_cached(sql)?, [subscription], |row| {
        Ok(row.get(0)?)
    })
}

/// Messages that are due, of one lab or of all.
fn due(
    conn: &Connection,
    vault: &Vault,
    subscription: &str,
    lab: Option<&str>,
    now: Timestamp,
    limit: usize,
) -> Result<Vec<MessageRow>, StoreError> {
    let of_lab = if lab.is_some() {
        "lab_id = ?4"
    } else {
        "?4 IS NULL"
    };
    let sql = format!(
        "SELECT {COLUMNS} FROM outgoing AS o WHERE subscription = ?1 AND state = 0 AND (due <= ?2 OR due > ?5) AND {of_lab}
         AND (leased_until IS NULL OR leased_until <= ?2 OR leased_until > ?5)
         AND NOT EXISTS (SELECT 1 FROM outgoing AS e WHERE e.subscription = o.subscription AND e.key = o.key
                         AND e.state = 0 AND e.n < o.n)
         ORDER BY due, n LIMIT ?3"
    );
    // What seems to be put off for so long was put off by a clock that was wrong.
    let far = now.saturating_add(FARTHEST).unwrap_or(Timestamp::MAX);
    let params = (
        subscription,
        now.as_millisecond(),
        limit,
        lab,
        far.as_millisecond(),
    );
    rows::all(&mut conn.prepare_cached(&sql)?, params, |row| {
        read(vault, row)
    })
}

fn hold(
    conn: &Connection,
    row: MessageRow,
    until: Timestamp,
) -> Result<ClaimedMessage, StoreError> {
    let attempt = row.attempts + 1;
    conn.prepare_cached("UPDATE outgoing SET attempt = ?2, leased_until = ?3 WHERE n = ?1")?
        .execute((row.number, attempt, until.as_millisecond()))?;
    Ok(ClaimedMessage {
        number: row.number,
        attempt,
        message: row.message,
    })
}

/// Says what became of claimed messages.
pub fn settle(conn: &Connection, tried: &[Tried]) -> Result<(), StoreError> {
    let sql = format!(
        "UPDATE outgoing SET state = ?3, due = coalesce(?4, due), cause = ?5, tried_at = coalesce(?6, tried_at),
         attempt = attempt - ?7, leased_until = NULL WHERE {HELD}"
    );
    let mut update = conn.prepare_cached(&sql)?;
    for one in tried {
        let (state, due, cause, untried) = match &one.outcome {
            Outcome::Sent => (MessageState::Sent, None, None, false),
            Outcome::Again { due, cause } => {
                (MessageState::Waiting, Some(*due), Some(cause), false)
            }
            Outcome::Dead { cause } => (MessageState::Dead, None, Some(cause), false),
            Outcome::Skipped { cause } => (MessageState::Skipped, None, Some(cause), false),
            Outcome::Untried { due } => (MessageState::Waiting, Some(*due), None, true),
        };
        update.execute(params![
            one.number,
            one.attempt,
            state.number(),
            due.map(Timestamp::as_millisecond),
            cause,
            (!untried).then(|| one.at.as_millisecond()),
            untried,
        ])?;
    }
    Ok(())
}

/// A page of messages.
pub fn list(
    conn: &Connection,
    vault: &Vault,
    filter: &MessageFilter,
    paging: &Paging,
) -> Result<Page<MessageRow>, StoreError> {
    let (beyond, order) = if filter.newest {
        ("n < ?", "n DESC")
    } else {
        ("n > ?", "n")
    };
    let query = Query::new(&format!("SELECT {COLUMNS} FROM outgoing WHERE true"))
        .only_if(filter.state == Some(MessageState::Dead), "state = 2")
        .only_if(filter.state == Some(MessageState::Sent), "state = 1")
        .only_if(filter.state == Some(MessageState::Waiting), "state = 0")
        .only_if(filter.state == Some(MessageState::Skipped), "state = 3")
        .only_if(filter.notices == Some(true), "private IS NOT NULL")
        .only_if(filter.notices == Some(false), "private IS NULL");
    query
        .and_if(
            "lab_id = ?",
            filter.lab_id.as_ref().map(ToString::to_string),
        )
        .and_if("subscription = ?", filter.subscription.clone())
        .and_if("clinic_id = ?", filter.clinic_id.clone())
        .and_if("seq = ?", filter.seq.map(rows::number))
        .and_if("event_id = ?", filter.event_id.clone())
        .and_if(beyond, paging.after.map(rows::number))
        .page(conn, order, paging, |row| {
            let message = read(vault, row)?;
            Ok((message.number, message))
        })
}

/// Dead letters by subscription and cause.
pub fn dead(conn: &Connection, lab: Option<&LabId>) -> Result<Vec<DeadGroup>, StoreError> {
    let sql = "SELECT subscription, coalesce(cause, ''), count(*), min(due) FROM outgoing
               WHERE state = 2 AND lab_id = coalesce(?1, lab_id) GROUP BY 1, 2 ORDER BY min(n)";
    let mut select = conn.prepare_cached(sql)?;
    rows::all(&mut select, [lab.map(LabId::as_str)], |row| {
        Ok(DeadGroup {
            subscription: row.get(0)?,
            cause: row.get(1)?,
            count: row.get(2)?,
            first_at: rows::time(row, 3)?,
        })
    })
}

/// Lets dead letters wait again.
pub fn redrive(conn: &Connection, which: &Which, now: Timestamp) -> Result<u64, StoreError> {
    let sql = "UPDATE outgoing SET state = 0, due = ?1, attempt = 0, leased_until = NULL
               WHERE state = 2 AND lab_id = coalesce(?2, lab_id) AND n = coalesce(?3, n)
               AND subscription = coalesce(?4, subscription) AND coalesce(cause, '') = coalesce(?5, cause, '')";
    let changed = conn.prepare_cached(sql)?.execute(params![
        now.as_millisecond(),
        which.lab_id.as_ref().map(LabId::as_str),
        which.number,
        which.subscription,
        which.cause,
    ])?;
    Ok(changed as u64)
}

/// Ends what waits for a subscription.
pub fn abandon(conn: &Connection, subscription: &str) -> Result<u64, StoreError> {
    let sql = "UPDATE outgoing SET state = 2, cause = 'removed', leased_until = NULL
               WHERE subscription = ? AND state = 0";
    Ok(conn.prepare_cached(sql)?.execute([subscription])? as u64)
}

/// When the next one is due that does not wait for another of its key.
pub fn next(conn: &Connection, subscription: &str) -> Result<Option<Timestamp>, StoreError> {
    let sql = "SELECT min(max(due, coalesce(leased_until, due))) FROM outgoing AS o WHERE subscription = ? AND state = 0 AND NOT EXISTS (SELECT 1 FROM outgoing AS e WHERE e.subscription = o.subscription AND e.key = o.key
                         AND e.state = 0 AND e.n < o.n)";
    let mut select = conn.prepare_cached(sql)?;
    let due = rows::first(&mut select, [subscription], |row| {
        rows::optional_time(row, 0)
    })?;
    Ok(due.flatten())
}

/// Forgets some of what was sent, or was not to be, before; says whether there may be more of it.
pub fn forget(conn: &Connection, before: Timestamp) -> Result<bool, StoreError> {
    let params = (before.as_millisecond(), PRUNED_AT_ONCE);
    let mut is_full = false;
    for state in [MessageState::Sent, MessageState::Skipped] {
        // The state stands there literally: only so can SQLite see that a partial index holds the row.
        let sql = format!(
            "DELETE FROM outgoing WHERE n IN (SELECT n FROM outgoing WHERE state = {} AND tried_at < ?1 LIMIT ?2)",
            state.number()
        );
        is_full |= conn.prepare_cached(&sql)?.execute(params)? == PRUNED_AT_ONCE;
    }
    Ok(is_full)
}

/// A row of the columns.
pub fn read(vault: &Vault, row: &Row<'_>) -> Result<MessageRow, StoreError> {
    let mut read = MessageRow {
        number: row.get(0)?,
        attempts: row.get(1)?,
        message: Message {
            subscription: row.get(2)?,
            lab_id: LabId::known(rows::text(row, 3)?),
            seq: row.get(4)?,
            event_id: row.get(5)?,
            name: row.get(6)?,
            key: row.get(7)?,
            due: rows::time(row, 8)?,
        },
        state: MessageState::from_number(row.get(9)?).ok_or_else(|| rows::misread("state"))?,
        tried_at: rows::optional_time(row, 10)?,
        cause: row.get(11)?,
        notice: None,
    };
    if let Some(sealed) = rows::bytes(row, 14)? {
        read.notice = Some(Told {
            clinic_id: row.get(12)?,
            to: crate::outgoing::open(vault, &read.message, sealed)?,
            bundle: row.get(13)?,
        });
    }
    Ok(read)
}
