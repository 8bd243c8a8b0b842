//! Notices: who is told what, and what becomes one message.

use deadpool_postgres::GenericClient;
use jiff::{SignedDuration, Timestamp};

use super::outgoing::{COLUMNS, read};
use super::{about, alerts, log, rows};
use crate::StoreError;
use crate::outgoing::{
    ClaimedNotice, FARTHEST, Followed, MessageState, Notice, claimed, most_together, seal,
};
use crate::vault::Vault;

/// How far it is settled. Data from before there were notices begins at its end.
pub async fn followed(client: &impl GenericClient, what: Followed) -> Result<u64, StoreError> {
    match (about::get(client, what.fact()).await?, what) {
        (Some(text), _) => text.parse().map_err(|_| rows::misread("number")),
        (None, Followed::Publications) => log::last(client).await,
        (None, Followed::Alerts) => alerts::last(client).await,
    }
}

/// Settles it from one number to another. Runs within a transaction.
pub async fn keep(
    client: &impl GenericClient,
    vault: &Vault,
    (what, after, up_to): (Followed, u64, u64),
    notices: &[Notice],
) -> Result<bool, StoreError> {
    let known = about::locked(client, what.fact()).await?;
    if known.is_some_and(|known| known != after.to_string()) {
        return Ok(false);
    }
    let sql = "INSERT INTO outgoing (subscription, lab_id, seq, event_id, name, key, state, due, attempt, clinic_id, private,
                   cause, tried_at)
               VALUES ($1, $2, $3, $4, $5, $6, $7, $8, 0, $9, $10, $11, $12)
               ON CONFLICT (subscription, event_id, key) WHERE private IS NOT NULL DO NOTHING";
    for notice in notices {
        let message = &notice.message;
        let state = match &notice.skipped {
            Some(_) => MessageState::Skipped,
            None => MessageState::Waiting,
        };
        let due = message.due.as_millisecond();
        let params: [rows::Param<'_>; 12] = [
            &message.subscription,
            &message.lab_id.as_str(),
            &rows::number(message.seq),
            &message.event_id,
            &message.name,
            &message.key,
            &i16::try_from(state.number()).unwrap_or(0),
            &due,
            &notice.clinic_id,
            &seal(vault, notice)?,
            &notice.skipped,
            &notice.skipped.as_ref().map(|_| due),
        ];
        rows::execute(client, sql, &params).await?;
    }
    about::set(client, what.fact(), &up_to.to_string()).await?;
    Ok(true)
}

/// Takes what is due, each message with all that waits under its key. Runs within a transaction. What somebody else is taking just
/// now is left to them.
pub async fn claim(
    client: &impl GenericClient,
    vault: &Vault,
    channel: &str,
    now: Timestamp,
    lease: SignedDuration,
    limit: usize,
) -> Result<Vec<ClaimedNotice>, StoreError> {
    let far = now.saturating_add(FARTHEST).unwrap_or(Timestamp::MAX);
    let until = now.saturating_add(lease).unwrap_or(Timestamp::MAX);
    let heads = "SELECT n, key, bundle FROM outgoing AS o WHERE subscription = $1 AND state = 0 AND (due <= $2 OR due > $3)
         AND (leased_until IS NULL OR leased_until <= $2 OR leased_until > $3)
         AND NOT EXISTS (SELECT 1 FROM outgoing AS e WHERE e.subscription = o.subscription AND e.key = o.key
                         AND e.state = 0 AND e.n < o.n)
         ORDER BY due, n LIMIT $4 FOR UPDATE SKIP LOCKED";
    let limit = i64::try_from(limit).unwrap_or(i64::MAX);
    let params: [rows::Param<'_>; 4] = [
        &channel,
        &now.as_millisecond(),
        &far.as_millisecond(),
        &limit,
    ];
    let found = rows::query(client, heads, &params).await?;
    // What is one message once stays one: only what never was a part of any joins.
    let take = format!(
        "UPDATE outgoing SET bundle = $3, attempt = attempt + 1, leased_until = $5 WHERE n IN (
             SELECT n FROM outgoing WHERE subscription = $1 AND key = $2 AND state = 0 AND bundle IS NOT DISTINCT FROM $4
             ORDER BY n LIMIT $6)
         RETURNING {COLUMNS}"
    );
    let most = i64::try_from(most_together(channel)).unwrap_or(i64::MAX);
    let mut taken = Vec::new();
    for head in &found {
        let (number, key): (i64, String) = (rows::get(head, 0)?, rows::get(head, 1)?);
        let known: Option<i64> = rows::get(head, 2)?;
        let params: [rows::Param<'_>; 6] = [
            &channel,
            &key,
            &known.unwrap_or(number),
            &known,
            &until.as_millisecond(),
            &most,
        ];
        let together = rows::query(client, &take, &params).await?;
        let mut together = together
            .iter()
            .map(|row| read(vault, row))
            .collect::<Result<Vec<_>, _>>()?;
        together.sort_by_key(|row| row.number);
        taken.extend(together.into_iter().filter_map(claimed));
    }
    Ok(taken)
}
