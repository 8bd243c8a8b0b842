//! Journals: the fixes of a quarter as they came, so that nothing is lost that was acknowledged.
//!
//! A journal is a sequence of batches, each one sync: length and CRC-32 of what follows, then records (`record.rs`).

use std::fs::{self, File, OpenOptions};
use std::io::{BufReader, Read};
use std::path::{Path, PathBuf};
use std::sync::Arc;

use jiff::Timestamp;

use super::closed::Closed;
use super::merge;
use super::open::{Open, Tails};
use super::record::{self, RECORD, take};
use super::row::io;
use crate::StoreError;

/// Bytes before a batch.
const HEAD: usize = 8;
/// What is written before the records of a batch.
pub fn head(records: &[u8]) -> [u8; HEAD] {
    let mut head = [0; HEAD];
    let length = u32::try_from(records.len()).unwrap_or(u32::MAX);
    head[..4].copy_from_slice(&length.to_le_bytes());
    head[4..].copy_from_slice(&crc32fast::hash(records).to_le_bytes());
    head
}

/// Where the journal of a quarter lies.
pub fn path(dir: &Path, quarter: i64) -> PathBuf {
    dir.join(format!("{quarter}.journal"))
}

/// Opens a journal to write on.
pub fn open(dir: &Path, quarter: i64) -> Result<File, StoreError> {
    OpenOptions::new()
        .create(true)
        .append(true)
        .open(path(dir, quarter))
        .map_err(io)
}

/// The log as it was found.
pub struct Found {
    /// The quarter that is under way.
    pub open: Open,
    /// Files of those that are over.
    pub closed: Vec<Arc<Closed>>,
}

/// Takes up what the last run left: its newest quarter goes on, earlier ones become files.
pub fn recover(
    dir: &Path,
    mut closed: Vec<Arc<Closed>>,
    now: Timestamp,
) -> Result<Found, StoreError> {
    let mut quarters = Vec::new();
    for entry in fs::read_dir(dir).map_err(io)? {
        let name = entry.map_err(io)?.file_name();
        let quarter = name
            .to_str()
            .and_then(|name| name.strip_suffix(".journal"))
            .and_then(|name| name.parse::<i64>().ok());
        quarters.extend(quarter);
    }
    quarters.sort_unstable();
    let newest = quarters.last().copied();
    let mut open = Open::new(0, Tails::default());
    for quarter in quarters {
        let is_closed = closed.iter().any(|file| file.covers_quarter(quarter));
        if is_closed {
            // The program ended between writing the file and removing the journal.
            fs::remove_file(path(dir, quarter)).map_err(io)?;
            continue;
        }
        let tails = read(dir, quarter)?;
        if newest == Some(quarter) {
            open = Open::new(quarter, tails);
        } else {
            closed.extend(merge::write_tails(dir, quarter, &tails)?);
            fs::remove_file(path(dir, quarter)).map_err(io)?;
        }
    }
    if newest.is_none() || open.quarter == 0 {
        // Numbers of quarters rise, also where the clock was set back.
        let after = closed.iter().map(|file| file.last_quarter() + 1).max();
        open.quarter = merge::quarter_at(now).max(after.unwrap_or(i64::MIN));
    }
    Ok(Found { open, closed })
}

/// Reads a journal up to where a crash left it, and cuts the rest off. One batch is in memory at a time: a fleet's journal is large.
fn read(dir: &Path, quarter: i64) -> Result<Tails, StoreError> {
    let path = path(dir, quarter);
    let file = File::open(&path).map_err(io)?;
    let length = file.metadata().map_err(io)?.len();
    let mut file = BufReader::new(file);
    let mut tails = Tails::default();
    let mut records = Vec::new();
    let mut whole = 0;
    while read_batch(&mut file, length - whole, &mut records).map_err(io)? {
        for bytes in records.as_chunks::<RECORD>().0 {
            let (driver, row) = record::read(bytes);
            tails.push(driver, &row);
        }
        whole += (HEAD + records.len()) as u64;
    }
    if whole < length {
        let file = OpenOptions::new().write(true).open(&path).map_err(io)?;
        file.set_len(whole).map_err(io)?;
        file.sync_data().map_err(io)?;
    }
    Ok(tails)
}

/// Reads the records of the next batch, if it is whole; `left` bytes are to come.
fn read_batch(file: &mut impl Read, left: u64, records: &mut Vec<u8>) -> std::io::Result<bool> {
    if left < HEAD as u64 {
        return Ok(false);
    }
    let mut head = [0; HEAD];
    file.read_exact(&mut head)?;
    let mut rest = &head[..];
    let length = u32::from_le_bytes(take(&mut rest)) as usize;
    let sum = u32::from_le_bytes(take(&mut rest));
    let has_form = length > 0 && length.is_multiple_of(RECORD);
    if !has_form || left - (HEAD as u64) < length as u64 {
        return Ok(false);
    }
    records.resize(length, 0);
    file.read_exact(records)?;
    Ok(crc32fast::hash(records) == sum)
}
