//! Files of quarters, hours and days that are over: chunks of rows, then an index by driver, then a foot.
//!
//! A chunk holds some thousand rows of one or several drivers as compressed columns (`columns.rs`); the index has one entry of 24
//! bytes a driver, in the order of numbers, so that it is searched in the file and not held in memory.

use std::fs::{self, File};
use std::io::Write as _;
use std::os::unix::fs::FileExt as _;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use super::DriverNo;
use super::columns;
use super::row::{Row, broken, io};
use crate::StoreError;

/// Begins and ends a file; the digit counts the forms.
const MARK: &[u8; 8] = b"PONTIC\x00\x01";
/// Rows from which on a chunk is full.
const CHUNK: usize = 8_192;
/// Bytes of an index entry, of a chunk's place, and of the foot.
const ENTRY: usize = 24;
const CHUNK_PLACE: usize = 16;
const FOOT: usize = 64;

/// How long a span a file holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Tier {
    /// A quarter of an hour, written from memory.
    Quarter,
    /// An hour, merged from quarters.
    Hour,
    /// A day, merged from hours.
    Day,
}

impl Tier {
    const ALL: [(Self, &'static str, i32); 3] = [
        (Self::Quarter, "q", 1),
        (Self::Hour, "h", 6),
        (Self::Day, "d", 17),
    ];

    fn letter(self) -> &'static str {
        Self::ALL[self as usize].1
    }

    /// How hard zstd tries: what stays for years may take longer.
    fn level(self) -> i32 {
        Self::ALL[self as usize].2
    }
}

/// Where a driver's rows lie in a file.
#[derive(Debug, Clone, Copy)]
pub struct Entry {
    pub driver: DriverNo,
    pub chunk: u32,
    /// The first of them in the chunk, and how many.
    pub first: u32,
    pub count: u32,
    /// Times of the oldest and newest, in unix seconds, rounded outwards.
    pub from_s: u32,
    pub to_s: u32,
}

impl Entry {
    fn bytes(&self) -> [u8; ENTRY] {
        let mut out = [0; ENTRY];
        let numbers = [
            self.driver.0,
            self.chunk,
            self.first,
            self.count,
            self.from_s,
            self.to_s,
        ];
        for (place, number) in out.chunks_exact_mut(4).zip(numbers) {
            place.copy_from_slice(&number.to_le_bytes());
        }
        out
    }

    fn read(bytes: &[u8; ENTRY]) -> Self {
        let (numbers, _) = bytes.as_chunks::<4>();
        let number = |place: usize| u32::from_le_bytes(numbers[place]);
        Self {
            driver: DriverNo(number(0)),
            chunk: number(1),
            first: number(2),
            count: number(3),
            from_s: number(4),
            to_s: number(5),
        }
    }

    /// Whether a fix between the two times may be among them.
    pub fn meets(&self, from_ms: i64, to_ms: i64) -> bool {
        i64::from(self.from_s) * 1_000 <= to_ms && from_ms <= i64::from(self.to_s) * 1_000
    }
}

/// A file that is whole.
#[derive(Debug)]
pub struct Closed {
    path: PathBuf,
    file: File,
    pub tier: Tier,
    foot: Foot,
}

/// What stands at the end of a file.
#[derive(Debug, Clone, Copy)]
struct Foot {
    /// Where the places of the chunks begin; the index follows them.
    chunks_at: u64,
    chunks: u32,
    entries: u32,
    first_quarter: i64,
    last_quarter: i64,
    /// Times of the oldest and newest fix in milliseconds.
    from_ms: i64,
    to_ms: i64,
}

impl Foot {
    fn bytes(&self) -> [u8; FOOT] {
        let mut out = Vec::with_capacity(FOOT);
        out.extend(self.chunks_at.to_le_bytes());
        out.extend(self.chunks.to_le_bytes());
        out.extend(self.entries.to_le_bytes());
        for number in [
            self.first_quarter,
            self.last_quarter,
            self.from_ms,
            self.to_ms,
        ] {
            out.extend(number.to_le_bytes());
        }
        let sum = crc32fast::hash(&out);
        out.extend(u64::from(sum).to_le_bytes());
        out.extend(MARK);
        let mut foot = [0; FOOT];
        foot.copy_from_slice(&out);
        foot
    }

    fn read(bytes: &[u8; FOOT]) -> Result<Self, StoreError> {
        let (words, _) = bytes.as_chunks::<8>();
        if words[7][..7] != MARK[..7] {
            return Err(broken("a file is none of ours"));
        }
        if words[7][7] > MARK[7] {
            return Err(StoreError::Newer {
                found: words[7][7].into(),
                known: MARK[7].into(),
            });
        }
        if u64::from(crc32fast::hash(&bytes[..48])) != u64::from_le_bytes(words[6]) {
            return Err(broken("a file's foot is damaged"));
        }
        let half = |word: [u8; 8], place: usize| {
            let mut out = [0; 4];
            out.copy_from_slice(&word[place..place + 4]);
            u32::from_le_bytes(out)
        };
        Ok(Self {
            chunks_at: u64::from_le_bytes(words[0]),
            chunks: half(words[1], 0),
            entries: half(words[1], 4),
            first_quarter: i64::from_le_bytes(words[2]),
            last_quarter: i64::from_le_bytes(words[3]),
            from_ms: i64::from_le_bytes(words[4]),
            to_ms: i64::from_le_bytes(words[5]),
        })
    }
}

impl Closed {
    fn open(path: PathBuf, tier: Tier) -> Result<Self, StoreError> {
        let file = File::open(&path).map_err(io)?;
        let length = file.metadata().map_err(io)?.len();
        let foot_at = length
            .checked_sub(FOOT as u64)
            .ok_or_else(|| broken("a file is too short"))?;
        let mut bytes = [0; FOOT];
        file.read_exact_at(&mut bytes, foot_at).map_err(io)?;
        Ok(Self {
            foot: Foot::read(&bytes)?,
            path,
            file,
            tier,
        })
    }

    /// Whether the fixes of that quarter are in it.
    pub const fn covers_quarter(&self, quarter: i64) -> bool {
        self.foot.first_quarter <= quarter && quarter <= self.foot.last_quarter
    }

    /// The first quarter in it.
    pub const fn first_quarter(&self) -> i64 {
        self.foot.first_quarter
    }

    /// The last quarter in it.
    pub const fn last_quarter(&self) -> i64 {
        self.foot.last_quarter
    }

    /// Whether a fix between the two times may be in it.
    pub const fn meets(&self, from_ms: i64, to_ms: i64) -> bool {
        self.foot.from_ms <= to_ms && from_ms <= self.foot.to_ms
    }

    /// Times of the oldest and newest fix in it.
    pub const fn span(&self) -> (i64, i64) {
        (self.foot.from_ms, self.foot.to_ms)
    }

    /// How many drivers have rows in it.
    pub const fn drivers(&self) -> u32 {
        self.foot.entries
    }

    /// Removes the file; whoever reads it goes on reading.
    pub fn remove(&self) -> Result<(), StoreError> {
        fs::remove_file(&self.path).map_err(io)
    }

    /// An entry of the index.
    pub fn entry(&self, place: u32) -> Result<Entry, StoreError> {
        let index_at = self.foot.chunks_at + u64::from(self.foot.chunks) * CHUNK_PLACE as u64;
        let mut bytes = [0; ENTRY];
        let at = index_at + u64::from(place) * ENTRY as u64;
        self.file.read_exact_at(&mut bytes, at).map_err(io)?;
        Ok(Entry::read(&bytes))
    }

    /// A driver's entry.
    pub fn find(&self, driver: DriverNo) -> Result<Option<Entry>, StoreError> {
        let (mut low, mut high) = (0, self.foot.entries);
        while low < high {
            let middle = low.midpoint(high);
            let entry = self.entry(middle)?;
            match entry.driver.cmp(&driver) {
                std::cmp::Ordering::Less => low = middle + 1,
                std::cmp::Ordering::Greater => high = middle,
                std::cmp::Ordering::Equal => return Ok(Some(entry)),
            }
        }
        Ok(None)
    }

    /// All rows of a chunk.
    pub fn chunk(&self, chunk: u32) -> Result<Vec<Row>, StoreError> {
        let mut place = [0; CHUNK_PLACE];
        let at = self.foot.chunks_at + u64::from(chunk) * CHUNK_PLACE as u64;
        self.file.read_exact_at(&mut place, at).map_err(io)?;
        let (words, _) = place.as_chunks::<8>();
        let at = u64::from_le_bytes(words[0]);
        let (halves, _) = words[1].as_chunks::<4>();
        let mut bytes = vec![0; u32::from_le_bytes(halves[0]) as usize];
        self.file.read_exact_at(&mut bytes, at).map_err(io)?;
        if crc32fast::hash(&bytes) != u32::from_le_bytes(halves[1]) {
            return Err(broken("a chunk is damaged"));
        }
        let mut rest = bytes.as_slice();
        let mut number = || {
            let number = columns::read_number(&mut rest);
            let number = number.and_then(|number| usize::try_from(number).ok());
            number.ok_or_else(|| broken("a chunk is too short"))
        };
        let count = number()?;
        let lengths = (0..count)
            .map(|_| number())
            .collect::<Result<Vec<_>, _>>()?;
        columns::unpack(rest, &lengths)
    }

    /// A driver's rows by their entry.
    pub fn rows(&self, entry: &Entry) -> Result<Vec<Row>, StoreError> {
        let rows = self.chunk(entry.chunk)?;
        let first = entry.first as usize;
        let own = rows.get(first..first + entry.count as usize);
        Ok(own
            .ok_or_else(|| broken("an index points outside its chunk"))?
            .to_vec())
    }
}

/// Every whole file in `dir`, oldest first; those that a merge has taken up are removed, as are unfinished ones.
pub fn open_all(dir: &Path) -> Result<Vec<Arc<Closed>>, StoreError> {
    let mut files: Vec<Arc<Closed>> = Vec::new();
    for entry in fs::read_dir(dir).map_err(io)? {
        let path = entry.map_err(io)?.path();
        let Some(name) = path.file_name().and_then(|name| name.to_str()) else {
            continue;
        };
        if name.starts_with('.') {
            fs::remove_file(&path).map_err(io)?;
            continue;
        }
        let tier = Tier::ALL
            .iter()
            .find(|(_, letter, _)| name.starts_with(&format!("{letter}-")));
        if let Some((tier, ..)) = tier {
            files.push(Arc::new(Closed::open(path.clone(), *tier)?));
        }
    }
    let is_merged = |file: &Closed| {
        files
            .iter()
            .any(|other| other.tier > file.tier && other.covers_quarter(file.first_quarter()))
    };
    let (merged, mut kept): (Vec<_>, Vec<_>) =
        files.iter().cloned().partition(|file| is_merged(file));
    for file in merged {
        file.remove()?;
    }
    kept.sort_by_key(|file| file.first_quarter());
    Ok(kept)
}

/// Writes a file, driver by driver in the order of their numbers.
pub struct Writer {
    dir: PathBuf,
    tier: Tier,
    unfinished: PathBuf,
    file: std::io::BufWriter<File>,
    at: u64,
    rows: Vec<Row>,
    lengths: Vec<usize>,
    chunks: Vec<u8>,
    index: Vec<u8>,
    foot: Foot,
}

impl Writer {
    /// Of these quarters.
    pub fn new(
        dir: &Path,
        tier: Tier,
        first_quarter: i64,
        last_quarter: i64,
    ) -> Result<Self, StoreError> {
        let unfinished = dir.join(format!(".{}-{first_quarter}", tier.letter()));
        let file = File::create(&unfinished).map_err(io)?;
        Ok(Self {
            dir: dir.to_owned(),
            tier,
            unfinished,
            file: std::io::BufWriter::with_capacity(1 << 16, file),
            at: 0,
            rows: Vec::new(),
            lengths: Vec::new(),
            chunks: Vec::new(),
            index: Vec::new(),
            foot: Foot {
                chunks_at: 0,
                chunks: 0,
                entries: 0,
                first_quarter,
                last_quarter,
                from_ms: i64::MAX,
                to_ms: i64::MIN,
            },
        })
    }

    /// A driver's rows, in the order of their places.
    pub fn add(&mut self, driver: DriverNo, rows: &[Row]) -> Result<(), StoreError> {
        let (Some(first), Some(last)) = (rows.first(), rows.last()) else {
            return Ok(());
        };
        let second = |ms: i64| u32::try_from(ms.div_euclid(1_000).max(0)).unwrap_or(u32::MAX);
        let entry = Entry {
            driver,
            chunk: self.foot.chunks,
            first: u32::try_from(self.rows.len()).unwrap_or(u32::MAX),
            count: u32::try_from(rows.len()).unwrap_or(u32::MAX),
            from_s: second(first.at_ms),
            to_s: second(last.at_ms.saturating_add(999)),
        };
        self.index.extend(entry.bytes());
        self.foot.entries += 1;
        self.foot.from_ms = self.foot.from_ms.min(first.at_ms);
        self.foot.to_ms = self.foot.to_ms.max(last.at_ms);
        self.rows.extend_from_slice(rows);
        self.lengths.push(rows.len());
        if self.rows.len() >= CHUNK {
            self.end_chunk()?;
        }
        Ok(())
    }

    fn end_chunk(&mut self) -> Result<(), StoreError> {
        if self.rows.is_empty() {
            return Ok(());
        }
        let number = |length: usize| u32::try_from(length).unwrap_or(u32::MAX).to_le_bytes();
        let mut bytes = Vec::new();
        columns::push_number(&mut bytes, self.lengths.len() as u64);
        for length in &self.lengths {
            columns::push_number(&mut bytes, *length as u64);
        }
        bytes.extend(columns::pack(&self.rows, &self.lengths, self.tier.level())?);
        self.chunks.extend(self.at.to_le_bytes());
        self.chunks.extend(number(bytes.len()));
        self.chunks.extend(crc32fast::hash(&bytes).to_le_bytes());
        self.foot.chunks += 1;
        self.write(&bytes)?;
        self.rows.clear();
        self.lengths.clear();
        Ok(())
    }

    fn write(&mut self, bytes: &[u8]) -> Result<(), StoreError> {
        self.file.write_all(bytes).map_err(io)?;
        self.at += bytes.len() as u64;
        Ok(())
    }

    /// Puts it on disk, under its name, whole.
    pub fn finish(mut self) -> Result<Arc<Closed>, StoreError> {
        self.end_chunk()?;
        self.foot.chunks_at = self.at;
        let tables = [
            std::mem::take(&mut self.chunks),
            std::mem::take(&mut self.index),
        ];
        for table in tables {
            self.write(&table)?;
        }
        let foot = self.foot.bytes();
        self.write(&foot)?;
        self.file.flush().map_err(io)?;
        self.file.get_ref().sync_all().map_err(io)?;
        let name = format!("{}-{}", self.tier.letter(), self.foot.first_quarter);
        let path = self.dir.join(name);
        fs::rename(&self.unfinished, &path).map_err(io)?;
        File::open(&self.dir)
            .and_then(|dir| dir.sync_all())
            .map_err(io)?;
        Ok(Arc::new(Closed::open(path, self.tier)?))
    }
}
