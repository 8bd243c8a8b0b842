//! A driver's row as 37 bytes, in journals and wherever else rows go one by one.

use super::DriverNo;
use super::row::Row;

/// Bytes of a record.
pub const RECORD: usize = 37;

/// Adds a record.
pub fn push(out: &mut Vec<u8>, driver: DriverNo, row: &Row) {
    out.extend(driver.0.to_le_bytes());
    out.extend(row.at_ms.to_le_bytes());
    out.extend(row.received_s.to_le_bytes());
    out.extend(row.lat.to_le_bytes());
    out.extend(row.lng.to_le_bytes());
    for number in [row.speed, row.heading, row.accuracy, row.battery] {
        out.extend(number.to_le_bytes());
    }
    out.push(row.mock.into());
}

/// A record again.
pub fn read(bytes: &[u8; RECORD]) -> (DriverNo, Row) {
    let mut rest = &bytes[..];
    let driver = DriverNo(u32::from_le_bytes(take(&mut rest)));
    let row = Row {
        at_ms: i64::from_le_bytes(take(&mut rest)),
        received_s: i64::from_le_bytes(take(&mut rest)),
        lat: i32::from_le_bytes(take(&mut rest)),
        lng: i32::from_le_bytes(take(&mut rest)),
        speed: u16::from_le_bytes(take(&mut rest)),
        heading: u16::from_le_bytes(take(&mut rest)),
        accuracy: u16::from_le_bytes(take(&mut rest)),
        battery: u16::from_le_bytes(take(&mut rest)),
        mock: take::<1>(&mut rest) != [0],
    };
    (driver, row)
}

/// The next bytes; zeros where there are none left, which a record's length rules out.
pub fn take<const N: usize>(rest: &mut &[u8]) -> [u8; N] {
    let mut out = [0; N];
    if let Some((bytes, after)) = rest.split_at_checked(N) {
        out.copy_from_slice(bytes);
        *rest = after;
    }
    out
}
