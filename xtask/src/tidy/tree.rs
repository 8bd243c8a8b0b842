//! The files of the repository, read once.

use std::path::Path;
use std::process::Command;

use anyhow::{Context, Result, ensure};

use super::code::Code;

/// One text file.
pub struct File {
    /// From the root, with `/`.
    pub path: String,
    /// All of it.
    pub text: String,
    /// How a Rust file reads without comments, texts and tests.
    pub rust: Option<Code>,
    /// Whether it is a test or a benchmark as a whole.
    pub is_test: bool,
}

/// All text files that are tracked, or would be with the next commit.
pub struct Tree {
    /// By path.
    pub files: Vec<File>,
}

impl Tree {
    /// Reads the repository at `root`.
    pub fn read(root: &Path) -> Result<Self> {
        let listed = Command::new("git")
            .current_dir(root)
            .args([
                "ls-files",
                "-z",
                "--cached",
                "--others",
                "--exclude-standard",
            ])
            .output()
            .context("git ls-files")?;
        ensure!(
            listed.status.success(),
            "git ls-files: {}",
            String::from_utf8_lossy(&listed.stderr)
        );
        let listed = String::from_utf8(listed.stdout)?;
        let mut found = Vec::new();
        for path in listed.split('\0').filter(|path| !path.is_empty()) {
            // One that was removed since, and one that is no text, say nothing.
            if let Ok(text) = std::fs::read_to_string(root.join(path)) {
                found.push((path.to_owned(), text));
            }
        }
        found.sort();
        found.dedup();
        Ok(Self::of(found))
    }

    /// Of these paths and texts.
    pub fn of(found: impl IntoIterator<Item = (String, String)>) -> Self {
        let mut files: Vec<File> = found
            .into_iter()
            .map(|(path, text)| File {
                rust: Path::new(&path)
                    .extension()
                    .is_some_and(|kind| kind == "rs")
                    .then(|| Code::read(&text)),
                is_test: ["tests", "benches"]
                    .iter()
                    .any(|folder| path.split('/').any(|part| part == *folder)),
                path,
                text,
            })
            .collect();
        mark_test_modules(&mut files);
        Self { files }
    }

    /// That file.
    pub fn file(&self, path: &str) -> Option<&File> {
        self.files.iter().find(|file| file.path == path)
    }

    /// Rust files with their code.
    pub fn rust(&self) -> impl Iterator<Item = (&File, &Code)> {
        self.files
            .iter()
            .filter_map(|file| Some((file, file.rust.as_ref()?)))
    }
}

/// A module that is declared for tests only is a test with all its children.
fn mark_test_modules(files: &mut [File]) {
    let mut modules = Vec::new();
    for file in files.iter() {
        let Some(code) = &file.rust else { continue };
        let stem = file.path.trim_end_matches(".rs");
        let (folder, name) = stem.rsplit_once('/').unwrap_or(("", stem));
        let is_root = matches!(name, "lib" | "main" | "mod");
        let home = if is_root { folder } else { stem };
        modules.extend(
            code.test_modules
                .iter()
                .map(|child| format!("{home}/{child}")),
        );
    }
    for file in files {
        let stem = file.path.trim_end_matches(".rs");
        file.is_test |= modules.iter().any(|module| {
            stem.strip_prefix(module.as_str())
                .is_some_and(|rest| rest.is_empty() || rest.starts_with('/'))
        });
    }
}

#[cfg(test)]
pub fn sample(files: &[(&str, &str)]) -> Tree {
    let owned = |(path, text): &(&str, &str)| ((*path).to_owned(), (*text).to_owned());
    Tree::of(files.iter().map(owned))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn modules_declared_for_tests_are_tests() {
        let tree = sample(&[
            (
                "crates/a/src/lib.rs",
                "#[cfg(any(test, feature = \"x\"))]\npub mod story;\nmod life;",
            ),
            ("crates/a/src/life.rs", "#[cfg(test)]\nmod tests;"),
            ("crates/a/src/life/tests.rs", ""),
            ("crates/a/src/story.rs", ""),
            ("crates/a/src/story/one.rs", ""),
            ("crates/a/src/storyteller.rs", ""),
            ("crates/a/tests/it/main.rs", ""),
            ("crates/a/benches/b.rs", ""),
        ]);
        let tests: Vec<&str> = tree
            .files
            .iter()
            .filter(|file| file.is_test)
            .map(|file| file.path.as_str())
            .collect();
        assert_eq!(
            tests,
            [
                "crates/a/src/life/tests.rs",
                "crates/a/src/story.rs",
                "crates/a/src/story/one.rs",
                "crates/a/tests/it/main.rs",
                "crates/a/benches/b.rs",
            ]
        );
    }
}
