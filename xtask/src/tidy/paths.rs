//! No file names a folder of somebody's machine.

use super::Fault;
use super::tree::Tree;

/// Folders under `/` in which people and machines work.
const FOLDERS: &[&str] = &["home", "root", "Users", "work"];

/// A fault for each line that does.
pub fn check(tree: &Tree) -> Vec<Fault> {
    let mut faults = Vec::new();
    for file in &tree.files {
        for (at, line) in file.text.lines().enumerate() {
            if let Some(folder) = FOLDERS.iter().find(|folder| names(line, folder)) {
                let says = format!("names a path below /{folder} of somebody's machine");
                faults.push(Fault::new(&file.path, at + 1, says));
            }
        }
    }
    faults
}

/// Whether `/folder/` stands there as the beginning of a path, not in the middle of one.
fn names(line: &str, folder: &str) -> bool {
    let path = format!("/{folder}/");
    line.match_indices(&path).any(|(at, _)| {
        let before = line[..at].chars().next_back();
        !before
            .is_some_and(|c| c.is_alphanumeric() || matches!(c, '.' | '-' | '_' | '/' | '}' | ')'))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_path_begins_with_its_slash() {
        for (before, expected) in [
            ("", true),
            ("see ", true),
            ("\"", true),
            ("file:", true),
            ("src", false),
            ("..", false),
            ("https://example.com", false),
        ] {
            let line = format!("{before}/{}/x", FOLDERS[3]);
            assert_eq!(names(&line, FOLDERS[3]), expected, "{line}");
        }
    }
}
