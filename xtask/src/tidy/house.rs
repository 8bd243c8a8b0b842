//! Which of our crates may know which: the floors of the house.

use super::Fault;
use super::manifest;
use super::tree::Tree;

/// Each crate and those below it that it may use.
const FLOORS: &[(&str, &[&str])] = &[
    ("pontic-core", &[]),
    ("pontic-wire", &["pontic-core"]),
    ("pontic-store", &["pontic-core"]),
    ("pontic-screens", &[]),
    (
        "pontic-server",
        &[
            "pontic-core",
            "pontic-wire",
            "pontic-store",
            "pontic-screens",
        ],
    ),
    (
        "pontic-lambda",
        &[
            "pontic-core",
            "pontic-wire",
            "pontic-store",
            "pontic-server",
        ],
    ),
    (
        "pontic-bench",
        &[
            "pontic-core",
            "pontic-wire",
            "pontic-store",
            "pontic-server",
        ],
    ),
    ("xtask", &[]),
];

/// A fault for each dependency that leads upward or sideways.
pub fn check(tree: &Tree) -> Vec<Fault> {
    let mut faults = Vec::new();
    for file in tree.files.iter().filter(|file| is_manifest(&file.path)) {
        let (Some(package), dependencies) = manifest::read(&file.text) else {
            continue;
        };
        let Some((_, below)) = FLOORS.iter().find(|(name, _)| *name == package) else {
            let says = format!("`{package}` has no floor in xtask/src/tidy/house.rs yet");
            faults.push(Fault::new(&file.path, 1, says));
            continue;
        };
        let ours = dependencies
            .iter()
            .filter(|found| found.name.starts_with("pontic-"));
        for found in ours.filter(|found| !below.contains(&found.name.as_str())) {
            let says = format!("`{package}` may not use `{}`", found.name);
            faults.push(Fault::new(&file.path, found.line, says));
        }
    }
    faults
}

/// Whether that is a `Cargo.toml`.
pub fn is_manifest(path: &str) -> bool {
    path == "Cargo.toml" || path.ends_with("/Cargo.toml")
}

#[cfg(test)]
mod tests {
    use super::super::tree::sample;
    use super::*;

    #[test]
    fn doors_do_not_know_each_other() {
        let tree = sample(&[
            (
                "crates/wire/Cargo.toml",
                "[package]\nname = \"pontic-wire\"\n[dependencies]\npontic-core.workspace = true\npontic-store.workspace = true\nserde = \"1\"",
            ),
            (
                "crates/new/Cargo.toml",
                "[package]\nname = \"pontic-new\"\n",
            ),
        ]);
        let told: Vec<String> = check(&tree).iter().map(ToString::to_string).collect();
        assert_eq!(
            told,
            [
                "crates/wire/Cargo.toml:5: `pontic-wire` may not use `pontic-store`",
                "crates/new/Cargo.toml:1: `pontic-new` has no floor in xtask/src/tidy/house.rs yet",
            ]
        );
    }
}
