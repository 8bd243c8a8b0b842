//! Values and rows: what the columns' types are in Rust, and queries put together from what a filter asks for.

use std::time::Duration;

use deadpool_postgres::GenericClient;
use jiff::Timestamp;
use pontic_core::id::LabId;
use tokio_postgres::Row;
use tokio_postgres::types::{FromSql, ToSql};

use crate::StoreError;
use crate::page::{Page, Paging};

/// A value of a statement.
pub type Param<'a> = &'a (dyn ToSql + Sync);

/// The server itself ends a statement after 30 s. One that does not even say so is frozen, or the line to it is, and would be waited
/// for as long as it is.
const ANSWER: Duration = Duration::from_secs(35);

/// What the server answers, in time. After an error nobody knows whether it was done.
pub async fn answered<T>(
    asked: impl Future<Output = Result<T, tokio_postgres::Error>>,
) -> Result<T, StoreError> {
    let Ok(done) = tokio::time::timeout(ANSWER, asked).await else {
        return Err(StoreError::Unavailable(
            "the database does not answer".to_owned(),
        ));
    };
    Ok(done?)
}

/// The rows that a statement gives.
pub async fn query(
    client: &impl GenericClient,
    sql: &str,
    params: &[Param<'_>],
) -> Result<Vec<Row>, StoreError> {
    answered(async {
        let statement = client.prepare_cached(sql).await?;
        client.query(&statement, params).await
    })
    .await
}

/// The first row that a statement gives, if there is one.
pub async fn first(
    client: &impl GenericClient,
    sql: &str,
    params: &[Param<'_>],
) -> Result<Option<Row>, StoreError> {
    Ok(query(client, sql, params).await?.into_iter().next())
}

/// How many rows a statement changed.
pub async fn execute(
    client: &impl GenericClient,
    sql: &str,
    params: &[Param<'_>],
) -> Result<u64, StoreError> {
    answered(async {
        let statement = client.prepare_cached(sql).await?;
        client.execute(&statement, params).await
    })
    .await
}

/// The value in a column.
pub fn get<'r, T: FromSql<'r>>(row: &'r Row, column: usize) -> Result<T, StoreError> {
    row.try_get(column).map_err(|_| misread("value"))
}

/// The number in a column: counted up from 1, never negative.
pub fn count(row: &Row, column: usize) -> Result<u64, StoreError> {
    u64::try_from(get::<i64>(row, column)?).map_err(|_| misread("number"))
}

/// The number in a column that may be empty.
pub fn optional_count(row: &Row, column: usize) -> Result<Option<u64>, StoreError> {
    let number: Option<i64> = get(row, column)?;
    number
        .map(|number| u64::try_from(number).map_err(|_| misread("number")))
        .transpose()
}

/// So many bytes in a column.
pub fn bytes<const N: usize>(row: &Row, column: usize) -> Result<[u8; N], StoreError> {
    get::<&[u8]>(row, column)?
        .try_into()
        .map_err(|_| misread("digest"))
}

/// The lab in a column.
pub fn lab(row: &Row, column: usize) -> Result<Option<LabId>, StoreError> {
    Ok(get::<Option<String>>(row, column)?.map(LabId::known))
}

/// The time in a column.
pub fn time(row: &Row, column: usize) -> Result<Timestamp, StoreError> {
    at(get(row, column)?)
}

/// The time in a column that may be empty.
pub fn optional_time(row: &Row, column: usize) -> Result<Option<Timestamp>, StoreError> {
    get::<Option<i64>>(row, column)?.map(at).transpose()
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

/// A number as a bound value. Numbers here are counted up from 1 and never come near the limit.
pub fn number(number: u64) -> i64 {
    i64::try_from(number).unwrap_or(i64::MAX)
}

/// A query whose conditions depend on what is asked for. Only fixed texts become SQL, values are bound.
pub struct Query {
    sql: String,
    values: Vec<Box<dyn ToSql + Send + Sync>>,
}

impl Query {
    /// `select` ends with a first condition, to which others are added.
    pub fn new(select: &str) -> Self {
        Self {
            sql: select.to_owned(),
            values: Vec::new(),
        }
    }

    /// With a condition more, with one `?` in it, which stands for the value.
    pub fn and(mut self, condition: &str, value: impl ToSql + Send + Sync + 'static) -> Self {
        self.values.push(Box::new(value));
        let place = format!("${}", self.values.len());
        self.sql.push_str(" AND ");
        self.sql.push_str(&condition.replacen('?', &place, 1));
        self
    }

    /// The value of a further `?` in the last condition.
    pub fn bind(mut self, value: impl ToSql + Send + Sync + 'static) -> Self {
        self.values.push(Box::new(value));
        let place = format!("${}", self.values.len());
        self.sql = self.sql.replacen('?', &place, 1);
        self
    }

    /// With a condition more if there is a value for it.
    pub fn and_if(
        self,
        condition: &str,
        value: Option<impl ToSql + Send + Sync + 'static>,
    ) -> Self {
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
        self.values
            .push(Box::new(i64::try_from(limit).unwrap_or(i64::MAX)));
        let place = self.values.len();
        self.sql = format!("{} ORDER BY {order} LIMIT ${place}", self.sql);
        self
    }

    /// Runs it.
    pub async fn all(self, client: &impl GenericClient) -> Result<Vec<Row>, StoreError> {
        let params: Vec<Param<'_>> = self
            .values
            .iter()
            .map(|value| value.as_ref() as Param<'_>)
            .collect();
        query(client, &self.sql, &params).await
    }

    /// Runs it for a page; `read` also says at which place the row stands.
    pub async fn page<T>(
        self,
        client: &impl GenericClient,
        order: &str,
        paging: &Paging,
        read: impl Fn(&Row) -> Result<(u64, T), StoreError>,
    ) -> Result<Page<T>, StoreError> {
        // One row more than wanted tells whether there is a next page.
        let limit = paging.limit.saturating_add(1);
        let mut rows = self.ordered(order, limit).all(client).await?;
        let more = rows.len() > paging.limit;
        rows.truncate(paging.limit);
        let mut read = rows.iter().map(read).collect::<Result<Vec<_>, _>>()?;
        let next = read.last().filter(|_| more).map(|(place, _)| *place);
        Ok(Page {
            items: read.drain(..).map(|(_, item)| item).collect(),
            next,
        })
    }
}
