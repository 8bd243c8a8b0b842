//! What goes out.

use deadpool_postgres::GenericClient;
use jiff::{SignedDuration, Timestamp};
use pontic_core::id::LabId;
use tokio_postgres::Row;

use super::rows::{self, Query};
use super::{about, log};
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
/// Sent messages that are forgotten in one transaction.
const PRUNED_AT_ONCE: u64 = 1_000;

/// How far it is settled. Data from before there were subscriptions begins at its end.
pub async fn fanned_out(client: &impl GenericClient) -> Result<u64, StoreError> {
    match about::get(client, FANNED_OUT).await? {
        Some(text) => text.parse().map_err(|_| rows::misread("number")),
        None => log::last(client).await,
    }
}

/// Settles it up to another number. Runs within a transaction.
pub async fn fan_out(
    client: &impl GenericClient,
    after: u64,
    up_to: u64,
    messages: &[Message],
) -> Result<bool, StoreError> {
    let known = about::locked(client, FANNED_OUT).await?;
    if known.is_some_and(|known| known != after.to_string()) {
        return Ok(false);
    }
    let of = |part: fn(&Message) -> &str| messages.iter().map(part).collect::<Vec<_>>();
    let (subscriptions, labs) = (of(|m| &m.subscription), of(|m| m.lab_id.as_str()));
    let (ids, names, keys) = (of(|m| &m.event_id), of(|m| &m.name), of(|m| &m.key));
    let seqs: Vec<i64> = messages.iter().map(|m| rows::number(m.seq)).collect();
    let dues: Vec<i64> = messages.iter().map(|m| m.due.as_millisecond()).collect();
    let sql = "INSERT INTO outgoing (subscription, lab_id, seq, event_id, name, key, state, due, attempt)
               SELECT subscription, lab_id, seq, event_id, name, key, 0, due, 0
               FROM UNNEST($1::text[], $2::text[], $3::bigint[], $4::text[], $5::text[], $6::text[], $7::bigint[])
               WITH ORDINALITY AS u (subscription, lab_id, seq, event_id, name, key, due, place) ORDER BY place";
    let params: [rows::Param<'_>; 7] = [&subscriptions, &labs, &seqs, &ids, &names, &keys, &dues];
    if !messages.is_empty() {
        rows::execute(client, sql, &params).await?;
    }
    about::set(client, FANNED_OUT, &up_to.to_string()).await?;
    Ok(true)
}

/// Takes messages that are due, of each key the oldest; where several labs wait, each has its share of them, so that one with much to
/// tell holds up no other. What somebody else is taking just now is left to them.
pub async fn claim(
    client: &impl GenericClient,
    vault: &Vault,
    subscription: &str,
    now: Timestamp,
    lease: SignedDuration,
    limit: usize,
) -> Result<Vec<ClaimedMessage>, StoreError> {
    let until = now.saturating_add(lease).unwrap_or(Timestamp::MAX);
    let take = async |lab: Option<&str>, limit: usize| {
        take(client, vault, subscription, lab, (now, until), limit).await
    };
    let mut claimed = Vec::new();
    let labs = labs(client, subscription).await?;
    if labs.len() > 1 {
        for lab in in_turn(&labs, now).take(limit) {
            claimed.extend(take(Some(lab), share(limit, labs.len())).await?);
        }
    }
    // What they leave is for whoever has more.
    claimed.extend(take(None, limit.saturating_sub(claimed.len())).await?);
    Ok(claimed)
}

/// Labs of which messages wait, each found by one step over an index.
async fn labs(client: &impl GenericClient, subscription: &str) -> Result<Vec<String>, StoreError> {
    let sql = "WITH RECURSIVE labs (lab) AS (
                   SELECT min(lab_id) FROM outgoing WHERE subscription = $1 AND state = 0
                   UNION ALL
                   SELECT (SELECT min(lab_id) FROM outgoing WHERE subscription = $1 AND state = 0 AND lab_id > lab)
                   FROM labs WHERE lab IS NOT NULL)
               SELECT lab FROM labs WHERE lab IS NOT NULL";
    let found = rows::query(client, sql, &[&subscription]).await?;
    found.iter().map(|row| rows::get(row, 0)).collect()
}

/// Takes messages that are due now, of one lab or of all, until a time.
async fn take(
    client: &impl GenericClient,
    vault: &Vault,
    subscription: &str,
    lab: Option<&str>,
    (now, until): (Timestamp, Timestamp),
    limit: usize,
) -> Result<Vec<ClaimedMessage>, StoreError> {
    let of_lab = if lab.is_some() {
        "lab_id = $5"
    } else {
        "$5::text IS NULL"
    };
    let sql = format!(
        "WITH taken AS (
             SELECT n FROM outgoing AS o WHERE subscription = $1 AND state = 0 AND (due <= $2 OR due > $6) AND {of_lab}
             AND (leased_until IS NULL OR leased_until <= $2 OR leased_until > $6)
             AND NOT EXISTS (SELECT 1 FROM outgoing AS e WHERE e.subscription = o.subscription AND e.key = o.key
                             AND e.state = 0 AND e.n < o.n)
             ORDER BY due, n LIMIT $3 FOR UPDATE SKIP LOCKED)
         UPDATE outgoing SET attempt = attempt + 1, leased_until = $4 FROM taken WHERE outgoing.n = taken.n
         RETURNING {}",
        COLUMNS.replacen("n,", "outgoing.n,", 1)
    );
    let limit = i64::try_from(limit).unwrap_or(i64::MAX);
    let far = now.saturating_add(FARTHEST).unwrap_or(Timestamp::MAX);
    let params: [rows::Param<'_>; 6] = [
        &subscription,
        &now.as_millisecond(),
        &limit,
        &until.as_millisecond(),
        &lab,
        &far.as_millisecond(),
    ];
    let found = rows::query(client, &sql, &params).await?;
    let mut claimed = found
        .iter()
        .map(|row| read(vault, row))
        .collect::<Result<Vec<_>, _>>()?;
    claimed.sort_by_key(|row| (row.message.due, row.number));
    let held = |row: MessageRow| ClaimedMessage {
        number: row.number,
        attempt: row.attempts,
        message: row.message,
    };
    Ok(claimed.into_iter().map(held).collect())
}

/// Says what became of claimed messages. A claim is held as long as nobody else has claimed or settled the message since.
pub async fn settle(client: &impl GenericClient, tried: &[Tried]) -> Result<(), StoreError> {
    let count = tried.len();
    let (mut numbers, mut attempts) = (Vec::with_capacity(count), Vec::with_capacity(count));
    let (mut states, mut dues) = (Vec::with_capacity(count), Vec::with_capacity(count));
    let (mut causes, mut ats) = (Vec::with_capacity(count), Vec::with_capacity(count));
    let mut untried: Vec<i64> = Vec::with_capacity(count);
    for one in tried {
        let (state, due, cause) = match &one.outcome {
            Outcome::Sent => (MessageState::Sent, None, None),
            Outcome::Again { due, cause } => (MessageState::Waiting, Some(*due), Some(cause)),
            Outcome::Dead { cause } => (MessageState::Dead, None, Some(cause)),
            Outcome::Skipped { cause } => (MessageState::Skipped, None, Some(cause)),
            Outcome::Untried { due } => (MessageState::Waiting, Some(*due), None),
        };
        let was_tried = !matches!(one.outcome, Outcome::Untried { .. });
        numbers.push(rows::number(one.number));
        attempts.push(i64::from(one.attempt));
        states.push(i16::try_from(state.number()).unwrap_or(0));
        dues.push(due.map(Timestamp::as_millisecond));
        causes.push(cause);
        ats.push(was_tried.then(|| one.at.as_millisecond()));
        untried.push(i64::from(!was_tried));
    }
    let sql = "UPDATE outgoing AS o SET state = u.state, due = coalesce(u.due, o.due), cause = u.cause,
               tried_at = coalesce(u.at, o.tried_at), attempt = o.attempt - u.untried, leased_until = NULL
               FROM UNNEST($1::bigint[], $2::bigint[], $3::smallint[], $4::bigint[], $5::text[], $6::bigint[], $7::bigint[])
               AS u (n, attempt, state, due, cause, at, untried)
               WHERE o.n = u.n AND o.attempt = u.attempt AND o.state = 0 AND o.leased_until IS NOT NULL";
    let params: [rows::Param<'_>; 7] =
        [&numbers, &attempts, &states, &dues, &causes, &ats, &untried];
    rows::execute(client, sql, &params).await.map(drop)
}

/// A page of messages.
pub async fn list(
    client: &impl GenericClient,
    vault: &Vault,
    filter: &MessageFilter,
    paging: &Paging,
) -> Result<Page<MessageRow>, StoreError> {
    let (beyond, order) = if filter.newest {
        ("n < ?", "n DESC")
    } else {
        ("n > ?", "n")
    };
    Query::new(&format!("SELECT {COLUMNS} FROM outgoing WHERE true"))
        .only_if(filter.state == Some(MessageState::Dead), "state = 2")
        .only_if(filter.state == Some(MessageState::Sent), "state = 1")
        .only_if(filter.state == Some(MessageState::Waiting), "state = 0")
        .only_if(filter.state == Some(MessageState::Skipped), "state = 3")
        .only_if(filter.notices == Some(true), "private IS NOT NULL")
        .only_if(filter.notices == Some(false), "private IS NULL")
        .and_if(
            "lab_id = ?",
            filter.lab_id.as_ref().map(ToString::to_string),
        )
        .and_if("subscription = ?", filter.subscription.clone())
        .and_if("clinic_id = ?", filter.clinic_id.clone())
        .and_if("seq = ?", filter.seq.map(rows::number))
        .and_if("event_id = ?", filter.event_id.clone())
        .and_if(beyond, paging.after.map(rows::number))
        .page(client, order, paging, |row| {
            let message = read(vault, row)?;
            Ok((message.number, message))
        })
        .await
}

/// Dead letters by subscription and cause.
pub async fn dead(
    client: &impl GenericClient,
    lab: Option<&LabId>,
) -> Result<Vec<DeadGroup>, StoreError> {
    let sql = "SELECT subscription, coalesce(cause, ''), count(*), min(due) FROM outgoing
               WHERE state = 2 AND lab_id = coalesce($1, lab_id) GROUP BY 1, 2 ORDER BY min(n)";
    let found = rows::query(client, sql, &[&lab.map(LabId::as_str)]).await?;
    let group = |row: &Row| {
        Ok(DeadGroup {
            subscription: rows::get(row, 0)?,
            cause: rows::get(row, 1)?,
            count: rows::count(row, 2)?,
            first_at: rows::time(row, 3)?,
        })
    };
    found.iter().map(group).collect()
}

/// Lets dead letters wait again.
pub async fn redrive(
    client: &impl GenericClient,
    which: &Which,
    now: Timestamp,
) -> Result<u64, StoreError> {
    let sql = "UPDATE outgoing SET state = 0, due = $1, attempt = 0, leased_until = NULL
               WHERE state = 2 AND lab_id = coalesce($2, lab_id) AND n = coalesce($3, n)
               AND subscription = coalesce($4, subscription) AND coalesce(cause, '') = coalesce($5, cause, '')";
    let params: [rows::Param<'_>; 5] = [
        &now.as_millisecond(),
        &which.lab_id.as_ref().map(LabId::as_str),
        &which.number.map(rows::number),
        &which.subscription,
        &which.cause,
    ];
    rows::execute(client, sql, &params).await
}

/// Ends what waits for a subscription.
pub async fn abandon(client: &impl GenericClient, subscription: &str) -> Result<u64, StoreError> {
    let sql = "UPDATE outgoing SET state = 2, cause = 'removed', leased_until = NULL
               WHERE subscription = $1 AND state = 0";
    rows::execute(client, sql, &[&subscription]).await
}

/// When the next one is due.
pub async fn next(
    client: &impl GenericClient,
    subscription: &str,
) -> Result<Option<Timestamp>, StoreError> {
    let sql = "SELECT min(greatest(due, leased_until)) FROM outgoing AS o WHERE subscription = $1 AND state = 0 AND NOT EXISTS (SELECT 1 FROM outgoing AS e WHERE e.subscription = o.subscription AND e.key = o.key
                         AND e.state = 0 AND e.n < o.n)";
    let row = rows::first(client, sql, &[&subscription]).await?;
    row.map_or(Ok(None), |row| rows::optional_time(&row, 0))
}

/// Forgets some of what was sent, or was not to be, before; says whether there may be more of it.
pub async fn forget(client: &impl GenericClient, before: Timestamp) -> Result<bool, StoreError> {
    let mut more = false;
    for state in [1, 3] {
        // Literally: only so is a partial index seen.
        let sql = format!(
            "DELETE FROM outgoing WHERE n IN (SELECT n FROM outgoing WHERE state = {state} AND tried_at < $1 LIMIT $2)"
        );
        let params: [rows::Param<'_>; 2] =
            [&before.as_millisecond(), &rows::number(PRUNED_AT_ONCE)];
        more |= rows::execute(client, &sql, &params).await? == PRUNED_AT_ONCE;
    }
    Ok(more)
}

/// A row of the columns.
pub fn read(vault: &Vault, row: &Row) -> Result<MessageRow, StoreError> {
    let state = MessageState::from_number(i64::from(rows::get::<i16>(row, 9)?));
    let attempts = u32::try_from(rows::get::<i64>(row, 1)?);
    let mut read = MessageRow {
        number: rows::count(row, 0)?,
        attempts: attempts.map_err(|_| rows::misread("number"))?,
        message: Message {
            subscription: rows::get(row, 2)?,
            lab_id: LabId::known(rows::get::<String>(row, 3)?),
            seq: rows::count(row, 4)?,
            event_id: rows::get(row, 5)?,
            name: rows::get(row, 6)?,
            key: rows::get(row, 7)?,
            due: rows::time(row, 8)?,
        },
        state: state.ok_or_else(|| rows::misread("state"))?,
        tried_at: rows::optional_time(row, 10)?,
        cause: rows::get(row, 11)?,
        notice: None,
    };
    if let Some(sealed) = rows::get::<Option<&[u8]>>(row, 14)? {
        read.notice = Some(Told {
            clinic_id: rows::get(row, 12)?,
            to: crate::outgoing::open(vault, &read.message, sealed)?,
            bundle: rows::optional_count(row, 13)?,
        });
    }
    Ok(read)
}
