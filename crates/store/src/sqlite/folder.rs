//! The folder of the data, for its owner's eyes only.

use std::fs::{DirBuilder, OpenOptions};
use std::io;
use std::os::unix::fs::{DirBuilderExt, OpenOptionsExt};
use std::path::{Path, PathBuf};

use crate::StoreError;

/// The database in the folder of the data.
pub const DATABASE: &str = "pontic.db";

/// Makes the folder and an empty database file, where they are missing; answers the path of the file.
///
/// The folder may be there already and open to others: so the file is made here, and not by `SQLite`, which would let
/// others read it. `SQLite` gives the files beside it the same mode.
pub fn prepare(dir: &Path) -> Result<PathBuf, StoreError> {
    let path = dir.join(DATABASE);
    make(dir, &path).map_err(|error| {
        StoreError::Unavailable(format!("the data folder {}: {error}", dir.display()))
    })?;
    Ok(path)
}

fn make(dir: &Path, path: &Path) -> io::Result<()> {
    DirBuilder::new().recursive(true).mode(0o700).create(dir)?;
    OpenOptions::new()
        .append(true)
        .create(true)
        .mode(0o600)
        .open(path)?;
    Ok(())
}
