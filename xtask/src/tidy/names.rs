//! Names of files that say nothing, and files that do not say what they are.

use super::Fault;
use super::tree::Tree;

const EMPTY_NAMES: &[&str] = &[
    "common", "utils", "util", "helpers", "helper", "types", "prelude", "misc",
];

/// A fault for each such file.
pub fn check(tree: &Tree) -> Vec<Fault> {
    let mut faults = Vec::new();
    for file in &tree.files {
        let stem = file
            .path
            .rsplit_once('.')
            .map_or(&*file.path, |(stem, _)| stem);
        if let Some(part) = stem.split('/').find(|part| EMPTY_NAMES.contains(part)) {
            let says = format!("`{part}` says nothing: name what is in it");
            faults.push(Fault::new(&file.path, 1, says));
        }
        let is_source = file.rust.is_some() && format!("/{}", file.path).contains("/src/");
        if is_source && !file.text.starts_with("//!") {
            let says = "begins without a `//!` line that says what is in it";
            faults.push(Fault::new(&file.path, 1, says));
        }
    }
    faults
}

#[cfg(test)]
mod tests {
    use super::super::tree::sample;
    use super::*;

    #[test]
    fn names_say_what_is_there_and_files_begin_with_it() {
        let tree = sample(&[
            ("a/src/utils.rs", "//! Things."),
            ("web/helpers/x.ts", ""),
            ("a/src/commonplace.rs", "//! Fine."),
            ("a/src/silent.rs", "use x;"),
            ("a/tests/it.rs", "use x;"),
        ]);
        let told: Vec<String> = check(&tree).iter().map(ToString::to_string).collect();
        assert_eq!(
            told,
            [
                "a/src/utils.rs:1: `utils` says nothing: name what is in it",
                "web/helpers/x.ts:1: `helpers` says nothing: name what is in it",
                "a/src/silent.rs:1: begins without a `//!` line that says what is in it",
            ]
        );
    }
}
