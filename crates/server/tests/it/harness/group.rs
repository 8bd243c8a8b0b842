//! Several programs on one database.

use tempfile::TempDir;

use super::{Start, database_at};

/// A database, and the key of all programs on it.
pub struct Group {
    home: TempDir,
    url: String,
}

impl Group {
    /// An empty one.
    pub fn new() -> Self {
        let home = tempfile::tempdir().expect("a folder");
        let url = database_at(home.path());
        Self { home, url }
    }

    /// One more program, with a folder of its own.
    pub fn start(&self) -> Start {
        let key = self.home.path().join("data.key");
        Start::new()
            .env("PONTIC_DATABASE__URL", &self.url)
            .env("PONTIC_KEY_FILE", key.to_str().expect("a path"))
            .env("PONTIC_RELAY__ALLOW_PRIVATE", "true")
    }
}
