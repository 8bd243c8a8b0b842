//! Files that are too long to be one thing.

use super::Fault;
use super::tree::Tree;

/// Most lines of a Rust file that is no test. Its own tests at its end count as such.
const MAX_LINES: usize = 600;

/// A fault for each longer one.
pub fn check(tree: &Tree) -> Vec<Fault> {
    let mut faults = Vec::new();
    for (file, code) in tree.rust().filter(|(file, _)| !file.is_test) {
        let lines = code.live.lines().zip(file.text.lines());
        // A line of a test is blank in live code, though not in the file, nor without comments.
        let tests = code
            .all
            .lines()
            .zip(lines)
            .filter(|(all, (live, _))| live.trim().is_empty() && !all.trim().is_empty())
            .count();
        let count = file.text.lines().count() - tests;
        if count > MAX_LINES {
            let says =
                format!("{count} lines (at most {MAX_LINES}): more than one thing lives here");
            faults.push(Fault::new(&file.path, MAX_LINES + 1, says));
        }
    }
    faults
}

#[cfg(test)]
mod tests {
    use super::super::tree::sample;
    use super::*;

    #[test]
    fn tests_do_not_count() {
        let long = "fn f() {}\n".repeat(601);
        let tested = format!(
            "{}#[cfg(test)]\nmod tests {{\n{}}}\n",
            "fn f() {}\n".repeat(600),
            "fn g() {}\n".repeat(9)
        );
        let tree = sample(&[
            ("a/src/a.rs", &long),
            ("a/src/b.rs", &tested),
            ("a/tests/c.rs", &long),
        ]);
        let told: Vec<String> = check(&tree).iter().map(ToString::to_string).collect();
        assert_eq!(
            told,
            ["a/src/a.rs:601: 601 lines (at most 600): more than one thing lives here"]
        );
    }
}
