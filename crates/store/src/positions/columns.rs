//! Rows as bytes: small numbers first, alike beside alike.
//!
//! Two forms. In memory, a row after the other, each as the difference to the one before in variable-length numbers. In files,
//! column by column and byte by byte (all lowest bytes of a column, then all second ones), which is what compresses well.

use super::row::{Row, broken};
use crate::StoreError;

/// Columns of a row.
const COLUMNS: usize = 9;

/// The numbers of a row.
fn numbers(row: &Row) -> [i64; COLUMNS] {
    [
        row.at_ms,
        row.received_s,
        row.lat.into(),
        row.lng.into(),
        row.speed.into(),
        row.heading.into(),
        row.accuracy.into(),
        row.battery.into(),
        row.mock.into(),
    ]
}

#[expect(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "they were made from such"
)]
const fn row(numbers: [i64; COLUMNS]) -> Row {
    let [
        at_ms,
        received_s,
        lat,
        lng,
        speed,
        heading,
        accuracy,
        battery,
        mock,
    ] = numbers;
    Row {
        at_ms,
        received_s,
        lat: lat as i32,
        lng: lng as i32,
        speed: speed as u16,
        heading: heading as u16,
        accuracy: accuracy as u16,
        battery: battery as u16,
        mock: mock != 0,
    }
}

/// What one row adds to what the one before let expect.
#[derive(Debug, Clone, Copy, Default)]
pub struct Chain {
    last: [i64; COLUMNS],
    /// Time between the last two.
    step_ms: i64,
}

impl Chain {
    /// The differences of the next row; small where a driver sends regularly, and hears soon that it came.
    fn differences(&mut self, row: &Row) -> [i64; COLUMNS] {
        let next = numbers(row);
        let mut out = [0; COLUMNS];
        for (column, difference) in out.iter_mut().enumerate() {
            *difference = next[column].wrapping_sub(self.last[column]);
        }
        let step_ms = out[0];
        out[0] = step_ms.wrapping_sub(self.step_ms);
        out[1] = delay_s(&next);
        self.last = next;
        self.step_ms = step_ms;
        out
    }

    /// The next row from its differences.
    fn next(&mut self, differences: [i64; COLUMNS]) -> Row {
        let step_ms = differences[0].wrapping_add(self.step_ms);
        let mut next = [0; COLUMNS];
        for (column, number) in next.iter_mut().enumerate() {
            *number = self.last[column].wrapping_add(differences[column]);
        }
        next[0] = self.last[0].wrapping_add(step_ms);
        next[1] = differences[1].wrapping_add(next[0].div_euclid(1_000));
        self.last = next;
        self.step_ms = step_ms;
        row(next)
    }
}

/// How long after its time the fix came, in seconds.
const fn delay_s(numbers: &[i64; COLUMNS]) -> i64 {
    numbers[1].wrapping_sub(numbers[0].div_euclid(1_000))
}

#[expect(clippy::cast_sign_loss, reason = "that is what it is for")]
const fn zigzag(number: i64) -> u64 {
    ((number << 1) ^ (number >> 63)) as u64
}

#[expect(clippy::cast_possible_wrap, reason = "that is what it is for")]
const fn unzigzag(number: u64) -> i64 {
    ((number >> 1) as i64) ^ -((number & 1) as i64)
}

/// Adds a row to a driver's tail.
pub fn push(out: &mut Vec<u8>, chain: &mut Chain, row: &Row) {
    for difference in chain.differences(row) {
        let mut rest = zigzag(difference);
        while rest >= 0x80 {
            out.push(low_byte(rest) | 0x80);
            rest >>= 7;
        }
        out.push(low_byte(rest));
    }
}

#[expect(clippy::cast_possible_truncation, reason = "the lowest byte is meant")]
const fn low_byte(number: u64) -> u8 {
    number as u8
}

/// The rows of a tail, in the order in which they were added.
pub fn rows(bytes: &[u8]) -> impl Iterator<Item = Row> + '_ {
    let mut rest = bytes;
    let mut chain = Chain::default();
    std::iter::from_fn(move || {
        let mut differences = [0; COLUMNS];
        for difference in &mut differences {
            *difference = unzigzag(read_number(&mut rest)?);
        }
        Some(chain.next(differences))
    })
}

fn read_number(bytes: &mut &[u8]) -> Option<u64> {
    let mut number = 0;
    for shift in (0..64).step_by(7) {
        let (byte, rest) = bytes.split_first()?;
        *bytes = rest;
        number |= u64::from(byte & 0x7f) << shift;
        if byte & 0x80 == 0 {
            return Some(number);
        }
    }
    None
}

/// Rows of several drivers, each driver's together, as columns: `lengths` says how many rows each driver has.
pub fn pack(rows: &[Row], lengths: &[usize]) -> Vec<u8> {
    let mut columns: [Vec<u64>; COLUMNS] = Default::default();
    let mut rest = rows;
    for length in lengths {
        let (own, after) = rest.split_at((*length).min(rest.len()));
        rest = after;
        let mut chain = Chain::default();
        for row in own {
            let differences = chain.differences(row);
            for (column, difference) in columns.iter_mut().zip(differences) {
                column.push(zigzag(difference));
            }
        }
    }
    let mut out = Vec::with_capacity(rows.len() * 12);
    for column in &columns {
        let most = column.iter().copied().max().unwrap_or(0);
        let width = 8 - most.leading_zeros() / 8;
        out.push(low_byte(width.into()));
        for byte in 0..width {
            out.extend(column.iter().map(|number| low_byte(number >> (8 * byte))));
        }
    }
    out
}

/// The rows again.
pub fn unpack(bytes: &[u8], lengths: &[usize]) -> Result<Vec<Row>, StoreError> {
    let count = lengths.iter().sum();
    let mut rest = bytes;
    let mut columns: [Vec<u64>; COLUMNS] = Default::default();
    for column in &mut columns {
        let short = || broken("a block is too short");
        let (width, after) = rest.split_first().ok_or_else(short)?;
        rest = after;
        *column = vec![0; count];
        for byte in 0..u32::from(*width).min(8) {
            let (plane, after) = rest.split_at_checked(count).ok_or_else(short)?;
            rest = after;
            for (number, part) in column.iter_mut().zip(plane) {
                *number |= u64::from(*part) << (8 * byte);
            }
        }
    }
    let mut rows = Vec::with_capacity(count);
    for length in lengths {
        let mut chain = Chain::default();
        for _ in 0..*length {
            let place = rows.len();
            let differences = std::array::from_fn(|column| unzigzag(columns[column][place]));
            rows.push(chain.next(differences));
        }
    }
    Ok(rows)
}
