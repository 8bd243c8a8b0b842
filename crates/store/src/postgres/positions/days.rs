//! Partitions of days: made before they are needed, dropped whole when they are too old.

use std::collections::BTreeSet;
use std::ops::RangeInclusive;

use deadpool_postgres::{GenericClient, Transaction};
use jiff::Timestamp;
use jiff::civil::Date;

use crate::StoreError;
use crate::postgres::rows;

/// Milliseconds of a day.
const DAY_MS: i64 = 86_400_000;
/// Fixes may come so many days late, and the others so many days from now.
const LATE: i64 = 7;
const AHEAD: i64 = 2;
/// One program looks after the days at a time. The number is ours alone ("ponticd").
const LOCK: i64 = 0x70_6f6e_7469_6364;

/// The day of a time, counted from 1970.
pub const fn day_of(at_ms: i64) -> i64 {
    at_ms.div_euclid(DAY_MS)
}

/// Days of fixes that may come soon.
pub fn to_come(now: Timestamp) -> RangeInclusive<i64> {
    let today = day_of(now.as_millisecond());
    today - LATE..=today + AHEAD
}

/// The name of a day's partition.
fn name(day: i64) -> Option<String> {
    let begin = Timestamp::from_millisecond(day.checked_mul(DAY_MS)?).ok()?;
    let date = begin.to_zoned(jiff::tz::TimeZone::UTC).date();
    Some(format!(
        "fix_{:04}{:02}{:02}",
        date.year(),
        date.month(),
        date.day()
    ))
}

/// The day of a partition of that name.
fn day_named(name: &str) -> Option<i64> {
    let digits = name.strip_prefix("fix_")?;
    let date = Date::strptime("%Y%m%d", digits).ok()?;
    let begin = date.to_zoned(jiff::tz::TimeZone::UTC).ok()?;
    Some(day_of(begin.timestamp().as_millisecond()))
}

/// The days that have partitions.
async fn known(client: &impl GenericClient) -> Result<BTreeSet<i64>, StoreError> {
    let sql =
        "SELECT c.relname::text FROM pg_inherits AS i JOIN pg_class AS c ON c.oid = i.inhrelid
               WHERE i.inhparent = 'fix'::regclass";
    let mut days = BTreeSet::new();
    for row in rows::query(client, sql, &[]).await? {
        days.extend(day_named(rows::get(&row, 0)?));
    }
    Ok(days)
}

/// Makes the partitions of those days, where there are none; what came of such a day before moves there.
pub async fn make(
    transaction: &Transaction<'_>,
    wanted: RangeInclusive<i64>,
) -> Result<(), StoreError> {
    let have = known(transaction).await?;
    if wanted.clone().all(|day| have.contains(&day)) {
        return Ok(());
    }
    let lock = "SELECT pg_advisory_xact_lock($1)";
    rows::query(transaction, lock, &[&LOCK]).await?;
    // Another program may have made some meanwhile.
    let have = known(transaction).await?;
    // Nobody writes there from here on, or a fix of such a day would be in the way.
    let mut statements = vec!["LOCK TABLE fix_rest IN ACCESS EXCLUSIVE MODE;".to_owned()];
    for day in wanted.filter(|day| !have.contains(day)) {
        let Some(name) = name(day) else { continue };
        let (from, to) = (day * DAY_MS, (day + 1) * DAY_MS);
        // Attached, and not made in its place: so whoever reads and writes the other days goes on meanwhile.
        statements.push(format!(
            "CREATE TABLE {name} (LIKE fix INCLUDING ALL);
             WITH moved AS (DELETE FROM fix_rest WHERE at >= {from} AND at < {to} RETURNING *)
             INSERT INTO {name} SELECT * FROM moved;
             ALTER TABLE fix ATTACH PARTITION {name} FOR VALUES FROM ({from}) TO ({to});"
        ));
    }
    Ok(transaction.batch_execute(&statements.join("\n")).await?)
}

/// Drops the days that end before that time; says how many. Nothing if another program is at it.
pub async fn drop_before(
    transaction: &Transaction<'_>,
    before_ms: i64,
) -> Result<usize, StoreError> {
    let have = known(transaction).await?;
    let old: Vec<String> = have
        .into_iter()
        .filter(|day| (day + 1) * DAY_MS <= before_ms)
        .filter_map(name)
        .collect();
    let lock = "SELECT pg_try_advisory_xact_lock($1)";
    let locked = rows::first(transaction, lock, &[&LOCK]).await?;
    if !locked.map_or(Ok(false), |row| rows::get(&row, 0))? {
        return Ok(0);
    }
    let sql = "DELETE FROM fix_rest WHERE at < $1";
    rows::execute(transaction, sql, &[&before_ms]).await?;
    // Behind a long question it is rather tried again next time: everybody else would wait behind this.
    let dropped = old
        .iter()
        .map(|name| format!("DROP TABLE IF EXISTS {name};"));
    let dropped: Vec<String> = dropped.collect();
    let statements = format!("SET LOCAL lock_timeout = '1s'; {}", dropped.join(" "));
    transaction.batch_execute(&statements).await?;
    Ok(old.len())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_day_is_found_by_its_name() {
        for day in [-1, 0, 20_101, 59] {
            let name = name(day).expect("in range");
            assert_eq!(day_named(&name), Some(day), "{name}");
        }
        assert_eq!(name(20_101).as_deref(), Some("fix_20250113"));
        assert_eq!(day_named("fix_rest"), None);
        assert_eq!(to_come(Timestamp::UNIX_EPOCH), -7..=2);
    }
}
