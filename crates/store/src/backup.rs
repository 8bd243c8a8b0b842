//! A copy of a data folder, made while a server works on it, and the way back.
//!
//! A backup is a folder: the database as it was at one moment, the positions, and `backup.json`, which names every file with its size
//! and digest. The key is not in it: whoever finds a backup cannot read what names patients.

use std::fs::{self, DirBuilder, File, OpenOptions};
use std::io::{self, Read, Write};
use std::os::unix::fs::{DirBuilderExt, OpenOptionsExt};
use std::path::{Path, PathBuf};

use jiff::Timestamp;
use rusqlite::Connection;
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

use crate::sqlite::{Options, SqliteStore};
use crate::{Store, StoreError};

const MANIFEST: &str = "backup.json";
const DATABASE: &str = "pontic.db";
const POSITIONS: &str = "positions";
/// Files of positions are merged and removed while they are copied: so often the list is looked at again.
const PASSES: usize = 10;
/// Bytes that are copied at once.
const PIECE: usize = 1 << 20;

/// What a backup holds.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Manifest {
    /// When it was begun.
    #[serde(with = "pontic_core::time::text")]
    pub made_at: Timestamp,
    /// Name of the data.
    pub epoch: String,
    /// The newest number of the log.
    pub last_seq: u64,
    /// Its files.
    pub files: Vec<Kept>,
}

/// One file of a backup.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Kept {
    /// Its path within the backup.
    pub path: String,
    /// Its size in bytes.
    pub size: u64,
    /// SHA-256 of its bytes, in hex.
    pub sha256: String,
}

/// Copies the data in `dir` to the new folder `to`, beside a server that may be running, and looks at the copy.
pub fn make(dir: &Path, to: &Path, now: Timestamp) -> Result<Manifest, StoreError> {
    if !dir.join(DATABASE).exists() {
        return Err(refused(&format!("{} holds no data", dir.display())));
    }
    if to.exists() {
        return Err(refused(&format!("{} exists already", to.display())));
    }
    let done = copy_all(dir, to, now);
    if done.is_err() {
        // Half a backup is none.
        let _ = fs::remove_dir_all(to);
    }
    done
}

fn copy_all(dir: &Path, to: &Path, now: Timestamp) -> Result<Manifest, StoreError> {
    make_folder(to).map_err(|error| of(to, &error))?;
    let copy = to.join(DATABASE);
    // Made here, so that it is for its owner's eyes only from its first byte.
    new_file(&copy).map_err(|error| of(&copy, &error))?;
    let source = Connection::open(dir.join(DATABASE))?;
    source.execute("VACUUM INTO ?", [copy.to_string_lossy()])?;
    drop(source);
    let (epoch, last_seq) = look_at(&copy)?;
    let mut files = vec![kept(to, DATABASE)?];
    files.extend(copy_positions(&dir.join(POSITIONS), to)?);
    let manifest = Manifest {
        made_at: now,
        epoch,
        last_seq,
        files,
    };
    let text = serde_json::to_vec_pretty(&manifest).unwrap_or_default();
    let path = to.join(MANIFEST);
    let written = new_file(&path).and_then(|mut file| {
        file.write_all(&text)?;
        file.sync_all()
    });
    written.map_err(|error| of(&path, &error))?;
    Ok(manifest)
}

/// The epoch and the newest number of a database that is whole.
fn look_at(path: &Path) -> Result<(String, u64), StoreError> {
    let conn = Connection::open(path)?;
    let found: String = conn.query_row("PRAGMA integrity_check", [], |row| row.get(0))?;
    if found != "ok" {
        return Err(StoreError::Broken(format!("{} is damaged", path.display())));
    }
    let epoch = conn.query_row("SELECT value FROM meta WHERE key = 'epoch'", [], |row| {
        row.get(0)
    })?;
    let last = conn.query_row("SELECT coalesce(max(seq), 0) FROM log", [], |row| {
        row.get(0)
    })?;
    Ok((epoch, last))
}

/// Journals first, then what never changes, and the names last: what a journal became meanwhile is there as a file, and every
/// number that stands in either has its name.
fn copy_positions(from: &Path, to: &Path) -> Result<Vec<Kept>, StoreError> {
    if !from.exists() {
        return Ok(Vec::new());
    }
    let folder = to.join(POSITIONS);
    make_folder(&folder).map_err(|error| of(&folder, &error))?;
    let mut copied: Vec<String> = Vec::new();
    for pass in 0..PASSES {
        let mut names: Vec<String> = list(from).map_err(|error| of(from, &error))?;
        names.retain(|name| !name.starts_with('.') && name != "names" && !copied.contains(name));
        names.sort_by_key(|name| (!is_journal(name), name.clone()));
        // A journal that began after the first look belongs to what the next backup has.
        names.retain(|name| pass == 0 || !is_journal(name));
        if names.is_empty() {
            break;
        }
        for name in names {
            match copy_file(&from.join(&name), &folder.join(&name)) {
                Ok(()) => copied.push(name),
                // Merged into another one, which the next look finds.
                Err(error) if error.kind() == io::ErrorKind::NotFound => {}
                Err(error) => return Err(of(&from.join(name), &error)),
            }
        }
    }
    if from.join("names").exists() {
        copy_file(&from.join("names"), &folder.join("names")).map_err(|error| of(from, &error))?;
        copied.push("names".to_owned());
    }
    copied
        .iter()
        .map(|name| kept(to, &format!("{POSITIONS}/{name}")))
        .collect()
}

fn is_journal(name: &str) -> bool {
    Path::new(name)
        .extension()
        .is_some_and(|extension| extension == "journal")
}

/// Puts a backup into `dir`, where there is nothing yet but the key, and opens it to see that it is whole and that the key is its own.
pub fn restore(from: &Path, dir: &Path, key_file: Option<&Path>) -> Result<Manifest, StoreError> {
    let path = from.join(MANIFEST);
    let text = fs::read(&path).map_err(|error| of(&path, &error))?;
    let manifest: Manifest = serde_json::from_slice(&text)
        .map_err(|_| refused(&format!("{} is no list of a backup", path.display())))?;
    let key = key_file.map_or_else(|| dir.join("keys/data.key"), Path::to_owned);
    if !key.exists() {
        return Err(StoreError::Key(format!(
            "the key file {} is missing, and a backup does not hold it: put your copy of it there first",
            key.display()
        )));
    }
    for name in [DATABASE, POSITIONS] {
        if dir.join(name).exists() {
            return Err(refused(&format!("{} holds data already", dir.display())));
        }
    }
    // All of it is looked at before anything is put anywhere.
    for file in &manifest.files {
        check(from, file)?;
    }
    let done = put(from, dir, &manifest, key_file);
    if done.is_err() {
        // What stands beside the database belongs to it, and to no other.
        for name in [DATABASE, "pontic.db-wal", "pontic.db-shm"] {
            let _ = fs::remove_file(dir.join(name));
        }
        let _ = fs::remove_dir_all(dir.join(POSITIONS));
    }
    done.map(|()| manifest)
}

fn put(
    from: &Path,
    dir: &Path,
    manifest: &Manifest,
    key_file: Option<&Path>,
) -> Result<(), StoreError> {
    make_folder(dir).map_err(|error| of(dir, &error))?;
    for file in &manifest.files {
        let to = dir.join(&file.path);
        if let Some(folder) = to.parent() {
            make_folder(folder).map_err(|error| of(folder, &error))?;
        }
        copy_file(&from.join(&file.path), &to).map_err(|error| of(&to, &error))?;
    }
    let (epoch, last_seq) = look_at(&dir.join(DATABASE))?;
    if (&epoch, last_seq) != (&manifest.epoch, manifest.last_seq) {
        return Err(refused("the database is not the one of the list"));
    }
    let store = SqliteStore::open(dir, key_file, Options::default())?;
    store.last_seq().map(drop)
}

/// That a file of a backup is what its list says. Its path must not lead out of the backup.
fn check(from: &Path, file: &Kept) -> Result<(), StoreError> {
    let inside = Path::new(&file.path)
        .components()
        .all(|part| matches!(part, std::path::Component::Normal(_)));
    if !inside {
        return Err(refused("the list names a file outside of the backup"));
    }
    let found = kept(from, &file.path)?;
    if found == *file {
        Ok(())
    } else {
        Err(refused(&format!(
            "{} is damaged",
            from.join(&file.path).display()
        )))
    }
}

fn kept(root: &Path, path: &str) -> Result<Kept, StoreError> {
    let whole: PathBuf = root.join(path);
    let mut file = File::open(&whole).map_err(|error| of(&whole, &error))?;
    let (mut hash, mut size) = (Sha256::new(), 0);
    let mut piece = vec![0; PIECE];
    loop {
        let length = file.read(&mut piece).map_err(|error| of(&whole, &error))?;
        if length == 0 {
            break;
        }
        hash.update(&piece[..length]);
        size += length as u64;
    }
    Ok(Kept {
        path: path.to_owned(),
        size,
        sha256: pontic_core::id::hex(&hash.finalize()),
    })
}

fn list(folder: &Path) -> io::Result<Vec<String>> {
    fs::read_dir(folder)?
        .map(|entry| Ok(entry?.file_name().to_string_lossy().into_owned()))
        .collect()
}

fn copy_file(from: &Path, to: &Path) -> io::Result<()> {
    let mut source = File::open(from)?;
    let mut copy = new_file(to)?;
    io::copy(&mut source, &mut copy)?;
    copy.sync_all()
}

fn new_file(path: &Path) -> io::Result<File> {
    OpenOptions::new()
        .write(true)
        .create(true)
        .truncate(true)
        .mode(0o600)
        .open(path)
}

fn make_folder(path: &Path) -> io::Result<()> {
    DirBuilder::new().recursive(true).mode(0o700).create(path)
}

fn of(path: &Path, error: &io::Error) -> StoreError {
    StoreError::Unavailable(format!("{}: {error}", path.display()))
}

fn refused(why: &str) -> StoreError {
    StoreError::Broken(why.to_owned())
}
