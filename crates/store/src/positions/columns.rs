//! Rows as bytes: small numbers first, alike beside alike.
//!
//! Two forms. In memory, a row after the other, each as the difference to the one before in variable-length numbers. In files,
//! column by column and byte by byte (all lowest bytes of a column, then all second ones), each such plane compressed by itself:
//! the code that suits the lowest bytes of a longitude suits no others.

use super::row::{Row, broken, io};
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
        let (north, east) = reckon(&self.last, &next);
        out[2] = out[2].wrapping_sub(north);
        out[3] = out[3].wrapping_sub(east);
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
        let (north, east) = reckon(&self.last, &next);
        next[2] = next[2].wrapping_add(north);
        next[3] = next[3].wrapping_add(east);
        self.last = next;
        self.step_ms = step_ms;
        row(next)
    }
}

/// So far back a speed says how far a van came, in milliseconds.
const RECKONED_MS: i64 = 120_000;
/// Metres of a step of latitude (10⁻⁷ degrees).
const STEP_M: f64 = 0.011_119_5;

/// Where the next row should be by its own time, speed and heading, as steps north and east of the last one. Only additions,
/// multiplications and divisions of binary64, so that every machine reckons the same.
#[expect(
    clippy::cast_precision_loss,
    clippy::cast_possible_truncation,
    reason = "minutes, km/h and degrees are small, and casts saturate"
)]
fn reckon(last: &[i64; COLUMNS], next: &[i64; COLUMNS]) -> (i64, i64) {
    let step_ms = next[0].wrapping_sub(last[0]);
    let (speed, heading) = (next[4], next[5]);
    let is_known = speed < u16::MAX.into() && (0..3_600).contains(&heading);
    if !is_known || !(1..=RECKONED_MS).contains(&step_ms) {
        return (0, 0);
    }
    let metres = speed as f64 / 360.0 * (step_ms as f64 / 1_000.0);
    let (sine, cosine) = turn(heading as f64 / 10.0);
    // The poles are no lab's neighbourhood.
    let narrowing = turn((last[2] as f64 / 1e7).abs().min(89.0)).1;
    let north = metres * cosine / STEP_M;
    let east = metres * sine / (STEP_M * narrowing);
    ((north + 0.5).floor() as i64, (east + 0.5).floor() as i64)
}

/// Sine and cosine of 0 to 360 degrees, by a polynomial.
fn turn(degrees: f64) -> (f64, f64) {
    let of_quadrant = |degrees: f64| {
        let x = degrees * 0.017_453_292_519_943_295;
        let square = x * x;
        x * (1.0
            - square / 6.0 * (1.0 - square / 20.0 * (1.0 - square / 42.0 * (1.0 - square / 72.0))))
    };
    let (quadrant, rest) = ((degrees / 90.0).floor(), degrees % 90.0);
    let (sine, cosine) = (of_quadrant(rest), of_quadrant(90.0 - rest));
    if quadrant < 1.0 {
        (sine, cosine)
    } else if quadrant < 2.0 {
        (cosine, -sine)
    } else if quadrant < 3.0 {
        (-sine, -cosine)
    } else {
        (-cosine, sine)
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
        push_number(out, zigzag(difference));
    }
}

/// Adds a number in as few bytes as it takes, seven bits each.
pub fn push_number(out: &mut Vec<u8>, number: u64) {
    let mut rest = number;
    while rest >= 0x80 {
        out.push(low_byte(rest) | 0x80);
        rest >>= 7;
    }
    out.push(low_byte(rest));
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

/// The number again, and what follows it.
pub fn read_number(bytes: &mut &[u8]) -> Option<u64> {
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

/// Rows of several drivers, each driver's together, as columns: `lengths` says how many rows each driver has, `level` how hard zstd
/// tries.
pub fn pack(rows: &[Row], lengths: &[usize], level: i32) -> Result<Vec<u8>, StoreError> {
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
    let mut compressor = zstd::bulk::Compressor::new(level).map_err(io)?;
    let mut out = Vec::with_capacity(rows.len() * 8);
    for column in &columns {
        let most = column.iter().copied().max().unwrap_or(0);
        let width = 8 - most.leading_zeros() / 8;
        out.push(low_byte(width.into()));
        for byte in 0..width {
            let plane: Vec<u8> = column
                .iter()
                .map(|number| low_byte(number >> (8 * byte)))
                .collect();
            let packed = compressor.compress(&plane).map_err(io)?;
            let length = u32::try_from(packed.len()).unwrap_or(u32::MAX);
            out.extend(length.to_le_bytes());
            out.extend(packed);
        }
    }
    Ok(out)
}

/// The rows again.
pub fn unpack(bytes: &[u8], lengths: &[usize]) -> Result<Vec<Row>, StoreError> {
    let count = lengths.iter().sum();
    let short = || broken("a chunk is too short");
    let mut decompressor = zstd::bulk::Decompressor::new().map_err(io)?;
    let mut rest = bytes;
    let mut columns: [Vec<u64>; COLUMNS] = Default::default();
    for column in &mut columns {
        let (width, after) = rest.split_first().ok_or_else(short)?;
        rest = after;
        *column = vec![0; count];
        for byte in 0..u32::from(*width).min(8) {
            let (length, after) = rest.split_first_chunk::<4>().ok_or_else(short)?;
            let length = u32::from_le_bytes(*length) as usize;
            let (packed, after) = after.split_at_checked(length).ok_or_else(short)?;
            rest = after;
            let plane = decompressor.decompress(packed, count).map_err(io)?;
            if plane.len() != count {
                return Err(short());
            }
            for (number, part) in column.iter_mut().zip(plane) {
                *number |= u64::from(part) << (8 * byte);
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_turn_is_sine_and_cosine() {
        for tenths in 0..3_600 {
            let degrees = f64::from(tenths) / 10.0;
            let (sine, cosine) = turn(degrees);
            let (true_sine, true_cosine) = degrees.to_radians().sin_cos();
            assert!((sine - true_sine).abs() < 1e-5 && (cosine - true_cosine).abs() < 1e-5);
        }
    }
}
