//! The file that holds the key: 64 hex digits and a line feed, for its owner's eyes only.

use std::fs::{self, DirBuilder, File, OpenOptions};
use std::io::{self, Write};
use std::os::unix::fs::{DirBuilderExt, MetadataExt, OpenOptionsExt, PermissionsExt};
use std::path::Path;

use crate::StoreError;

/// The key in that file; `None` if there is no such file.
pub fn read(path: &Path) -> Result<Option<[u8; 32]>, StoreError> {
    let metadata = match fs::metadata(path) {
        Ok(metadata) => metadata,
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
        Err(error) => return Err(unreadable(path, &error)),
    };
    let name = path.display();
    if metadata.permissions().mode() & closed_to_others(metadata.uid()) != 0 {
        return Err(StoreError::Key(format!(
            "the key file {name} can be read by others: make it yours alone with `chmod 600 {name}`"
        )));
    }
    let text = fs::read(path).map_err(|error| unreadable(path, &error))?;
    let key = parse(&text).ok_or_else(|| {
        StoreError::Key(format!(
            "the key file {name} does not hold a key (64 hex digits): put it back from your copy of it"
        ))
    })?;
    Ok(Some(key))
}

/// Bits of the mode that must not be set. What belongs to root may be read by one group: so orchestrators give secrets to a
/// program that is not root.
const fn closed_to_others(owner: u32) -> u32 {
    if owner == 0 { 0o037 } else { 0o077 }
}

/// Writes a new key file. When this returns it outlives a power failure, and there is never half of one.
pub fn create(path: &Path, key: &[u8; 32]) -> Result<(), StoreError> {
    write(path, key).map_err(|error| {
        StoreError::Key(format!(
            "the key file {} cannot be made: {error}",
            path.display()
        ))
    })
}

fn write(path: &Path, key: &[u8; 32]) -> io::Result<()> {
    let dir = path.parent().unwrap_or(Path::new("."));
    DirBuilder::new().recursive(true).mode(0o700).create(dir)?;
    let new = path.with_extension("new");
    let mut file = OpenOptions::new()
        .write(true)
        .create(true)
        .truncate(true)
        .mode(0o600)
        .open(&new)?;
    file.write_all(format(key).as_bytes())?;
    file.sync_all()?;
    fs::rename(&new, path)?;
    sync(dir)?;
    dir.parent().map_or(Ok(()), sync)
}

/// A folder's entries are on disk only after the folder itself was synced.
fn sync(dir: &Path) -> io::Result<()> {
    let dir = if dir.as_os_str().is_empty() {
        Path::new(".")
    } else {
        dir
    };
    File::open(dir)?.sync_all()
}

fn unreadable(path: &Path, error: &io::Error) -> StoreError {
    StoreError::Key(format!(
        "the key file {} cannot be read: {error}",
        path.display()
    ))
}

fn format(key: &[u8; 32]) -> String {
    const HEX: &[u8; 16] = b"0123456789abcdef";
    let digits = key
        .iter()
        .flat_map(|byte| [byte >> 4, byte & 15])
        .map(|digit| char::from(HEX[usize::from(digit)]));
    digits.chain(['\n']).collect()
}

/// The key that a text of 64 hex digits is.
pub fn parse(text: &[u8]) -> Option<[u8; 32]> {
    let digits = text.strip_suffix(b"\n").unwrap_or(text);
    let (pairs, []) = digits.as_chunks::<2>() else {
        return None;
    };
    let mut key = [0; 32];
    if pairs.len() != key.len() {
        return None;
    }
    for (byte, pair) in key.iter_mut().zip(pairs) {
        let [high, low] = pair.map(|digit| char::from(digit).to_digit(16));
        *byte = u8::try_from(high? * 16 + low?).ok()?;
    }
    Some(key)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn refusal(path: &Path) -> String {
        read(path).expect_err("refused").to_string()
    }

    #[test]
    fn written_for_its_owner_and_read_back() {
        let dir = tempfile::tempdir().expect("folder");
        let path = dir.path().join("keys/data.key");
        assert_eq!(read(&path).expect("absent"), None);
        create(&path, &[0xa5; 32]).expect("made");
        assert_eq!(read(&path).expect("read"), Some([0xa5; 32]));

        let mode = |path: &Path| fs::metadata(path).expect("there").permissions().mode() & 0o777;
        assert_eq!(
            (mode(&path), mode(&dir.path().join("keys"))),
            (0o600, 0o700)
        );
        assert_eq!(
            fs::read_to_string(&path).expect("text"),
            format!("{}\n", "a5".repeat(32))
        );
    }

    #[test]
    fn a_group_may_read_what_belongs_to_root_only() {
        for (owner, mode, is_closed) in [
            (0, 0o440, true),
            (0, 0o640, true),
            (0, 0o660, false),
            (0, 0o444, false),
            (1_000, 0o400, true),
            (1_000, 0o440, false),
        ] {
            assert_eq!(
                mode & closed_to_others(owner) == 0,
                is_closed,
                "{owner} {mode:o}"
            );
        }
    }

    #[test]
    fn refused_with_a_sentence() {
        let dir = tempfile::tempdir().expect("folder");
        let path = dir.path().join("data.key");
        create(&path, &[1; 32]).expect("made");
        for mode in [0o644, 0o660] {
            fs::set_permissions(&path, fs::Permissions::from_mode(mode)).expect("open to others");
            assert!(refusal(&path).contains("chmod 600"), "{mode:o}");
        }

        fs::set_permissions(&path, fs::Permissions::from_mode(0o600)).expect("closed again");
        for text in ["", "abc", &"0".repeat(63), &"0".repeat(66), &"x".repeat(64)] {
            fs::write(&path, text).expect("spoilt");
            assert!(refusal(&path).contains("64 hex digits"), "{text}");
        }
    }
}
