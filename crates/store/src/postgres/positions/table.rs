//! Rows of the table and back.

use deadpool_postgres::GenericClient;
use tokio_postgres::Row as Found;

use crate::StoreError;
use crate::positions::DriverNo;
use crate::positions::row::{Row, UNKNOWN};
use crate::postgres::rows;
use crate::postgres::telling;

/// Of a fix: what is needed to make it from its row.
pub const COLUMNS: &str = "at, received_at, lat, lng, speed, accuracy, heading, battery, mock";

/// Writes fixes and tells the others of them, in one transaction and one journey. One that is there already stays as it is. Rows
/// go in in the order of their key, so that two programs with the same ones wait for each other and not in a circle.
pub async fn insert(
    client: &impl GenericClient,
    fixes: &[(DriverNo, Row)],
    payloads: &[String],
) -> Result<(), StoreError> {
    let columns = Arrays::of(fixes);
    let sql = format!(
        "WITH kept AS (
             INSERT INTO fix (driver, {COLUMNS})
             SELECT * FROM UNNEST($1::int[], $2::bigint[], $3::bigint[], $4::int[], $5::int[], $6::int[], $7::int[],
                                  $8::smallint[], $9::smallint[], $10::bool[]) AS u (driver, {COLUMNS})
             ORDER BY driver, at, lat, lng
             ON CONFLICT DO NOTHING)
         SELECT pg_notify('{channel}', payload) FROM UNNEST($11::text[]) AS payload",
        channel = telling::FIX
    );
    let params: [rows::Param<'_>; 11] = [
        &columns.drivers,
        &columns.ats,
        &columns.received,
        &columns.lats,
        &columns.lngs,
        &columns.speeds,
        &columns.accuracies,
        &columns.headings,
        &columns.batteries,
        &columns.mocks,
        &payloads,
    ];
    rows::execute(client, &sql, &params).await.map(drop)
}

/// Fixes as arrays, a column each.
#[derive(Default)]
struct Arrays {
    drivers: Vec<i32>,
    ats: Vec<i64>,
    received: Vec<i64>,
    lats: Vec<i32>,
    lngs: Vec<i32>,
    speeds: Vec<Option<i32>>,
    accuracies: Vec<Option<i32>>,
    headings: Vec<Option<i16>>,
    batteries: Vec<Option<i16>>,
    mocks: Vec<bool>,
}

impl Arrays {
    fn of(fixes: &[(DriverNo, Row)]) -> Self {
        let mut arrays = Self::default();
        for (driver, row) in fixes {
            arrays.drivers.push(number(*driver));
            arrays.ats.push(row.at_ms);
            arrays.received.push(row.received_s);
            arrays.lats.push(row.lat);
            arrays.lngs.push(row.lng);
            arrays.speeds.push(known(row.speed).map(i32::from));
            arrays.accuracies.push(known(row.accuracy).map(i32::from));
            // Tenths of degrees and percent never come near the limit.
            arrays.headings.push(known(row.heading).map(small));
            arrays.batteries.push(known(row.battery).map(small));
            arrays.mocks.push(row.mock);
        }
        arrays
    }
}

/// A driver's number as a bound value.
pub fn number(driver: DriverNo) -> i32 {
    i32::try_from(driver.0).unwrap_or(i32::MAX)
}

fn known(steps: u16) -> Option<u16> {
    (steps != UNKNOWN).then_some(steps)
}

fn small(steps: u16) -> i16 {
    i16::try_from(steps).unwrap_or(i16::MAX)
}

/// The fix in the columns from `first` on.
pub fn read(found: &Found, first: usize) -> Result<Row, StoreError> {
    let steps = |column: usize| -> Result<u16, StoreError> {
        let steps: Option<i32> = rows::get(found, column)?;
        unsigned(steps)
    };
    let small = |column: usize| -> Result<u16, StoreError> {
        let steps: Option<i16> = rows::get(found, column)?;
        unsigned(steps.map(i32::from))
    };
    Ok(Row {
        at_ms: rows::get(found, first)?,
        received_s: rows::get(found, first + 1)?,
        lat: rows::get(found, first + 2)?,
        lng: rows::get(found, first + 3)?,
        speed: steps(first + 4)?,
        accuracy: steps(first + 5)?,
        heading: small(first + 6)?,
        battery: small(first + 7)?,
        mock: rows::get(found, first + 8)?,
    })
}

fn unsigned(steps: Option<i32>) -> Result<u16, StoreError> {
    steps.map_or(Ok(UNKNOWN), |steps| {
        u16::try_from(steps).map_err(|_| rows::misread("number"))
    })
}
