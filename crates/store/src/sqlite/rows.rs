//! Values and rows: what the columns' types are in Rust, and queries put together from what a filter asks for.

use jiff::Timestamp;
use pontic_core::id::LabId;
use rusqlite::types::Value;
use rusqlite::{CachedStatement, Connection, Params, Row, params_from_iter};

use crate::StoreError;
use crate::page::{Page, Paging};

/// What `read` makes of every row.
pub fn all<T>(
    statement: &mut CachedStatement<'_>,
    params: impl Params,
    mut read: impl FnMut(&Row<'_>) -> Result<T, StoreError>,
) -> Result<Vec<T>, StoreError> {
    let mut rows = statement.query(params)?;
    let mut items = Vec::new();
    while let Some(row) = rows.next()? {
        items.push(read(row)?);
    }
    Ok(items)
}

/// What `read` makes of the first row, if there is one.
pub fn first<T>(
    statement: &mut CachedStatement<'_>,
    params: impl Params,
    read: impl FnOnce(&Row<'_>) -> Result<T, StoreError>,
) -> Result<Option<T>, StoreError> {
    statement.query(params)?.next()?.map(read).transpose()
}

/// The text in a column, without a copy.
pub fn text<'r>(row: &'r Row<'_>, column: usize) -> Result<&'r str, StoreError> {
    row.get_ref(column)?.as_str().map_err(|_| misread("text"))
}

/// The bytes in a column that may be empty, without a copy.
pub fn bytes<'r>(row: &'r Row<'_>, column: usize) -> Result<Option<&'r [u8]>, StoreError> {
    row.get_ref(column)?
        .as_blob_or_null()
        .map_err(|_| misread("blob"))
}

/// The lab in a column.
pub fn lab(row: &Row<'_>, column: usize) -> Result<Option<LabId>, StoreError> {
    Ok(row.get::<_, Option<String>>(column)?.map(LabId::known))
}

/// The time in a column.
pub fn time(row: &Row<'_>, column: usize) -> Result<Timestamp, StoreError> {
    at(row.get(column)?)
}

/// The time in a column that may be empty.
pub fn optional_time(row: &Row<'_>, column: usize) -> Result<Option<Timestamp>, StoreError> {
    row.get::<_, Option<i64>>(column)?.map(at).transpose()
}

fn at(ms: i64) -> Result<Timestamp, StoreError> {
    Timestamp::from_millisecond(ms).map_err(|_| misread("time"))
}

/// What a column holds is of another kind than this version writes.
pub fn misread(expected: &str) -> StoreError {
    StoreError::Broken(format!(
        "a column does not hold a {expected} of this version"
    ))
}

/// A query whose conditions depend on what is asked for. Only fixed texts become SQL, values are bound.
pub struct Query {
    sql: String,
    values: Vec<Value>,
}

impl Query {
    /// `select` ends with a first condition, to which others are added.
    pub fn new(select: &str) -> Self {
        Self {
            sql: select.to_owned(),
            values: Vec::new(),
        }
    }

    /// With a condition more, with one `?` in it.
    pub fn and(mut self, condition: &str, value: impl Into<Value>) -> Self {
        self.sql.push_str(" AND ");
        self.sql.push_str(condition);
        self.values.push(value.into());
        self
    }

    /// The value of a further `?` in the last condition.
    pub fn bind(mut self, value: impl Into<Value>) -> Self {
        self.values.push(value.into());
        self
    }

    /// With a condition more if there is a value for it.
    pub fn and_if<V: Into<Value>>(self, condition: &str, value: Option<V>) -> Self {
        match value {
            Some(value) => self.and(condition, value),
            None => self,
        }
    }

    /// With a condition more that needs no value, if asked for.
    pub fn only_if(mut self, wanted: bool, condition: &str) -> Self {
        if wanted {
            self.sql.push_str(" AND ");
            self.sql.push_str(condition);
        }
        self
    }

    /// In that order, and at most so many rows.
    pub fn ordered(mut self, order: &str, limit: usize) -> Self {
        self.sql.push_str(" ORDER BY ");
        self.sql.push_str(order);
        self.sql.push_str(" LIMIT ?");
        self.values
            .push(Value::Integer(i64::try_from(limit).unwrap_or(i64::MAX)));
        self
    }

    /// Runs it.
    pub fn all<T>(
        self,
        conn: &Connection,
        read: impl FnMut(&Row<'_>) -> Result<T, StoreError>,
    ) -> Result<Vec<T>, StoreError> {
        all(
            &mut conn.prepare_cached(&self.sql)?,
            params_from_iter(self.values),
            read,
        )
    }

    /// Runs it for a page; `read` also says at which place the row stands.
    pub fn page<T>(
        self,
        conn: &Connection,
        order: &str,
        paging: &Paging,
        read: impl FnMut(&Row<'_>) -> Result<(u64, T), StoreError>,
    ) -> Result<Page<T>, StoreError> {
        // One row more than wanted tells whether there is a next page.
        let mut rows = self
            .ordered(order, paging.limit.saturating_add(1))
            .all(conn, read)?;
        let more = rows.len() > paging.limit;
        rows.truncate(paging.limit);
        let next = rows.last().filter(|_| more).map(|(place, _)| *place);
        Ok(Page {
            items: rows.into_iter().map(|(_, item)| item).collect(),
            next,
        })
    }
}

/// A number as a bound value. Numbers here are counted up from 1 and never come near the limit.
pub fn number(number: u64) -> i64 {
    i64::try_from(number).unwrap_or(i64::MAX)
}
