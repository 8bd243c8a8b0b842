//! Every direct dependency has its reason in `docs/dependencies.md`, and every reason its dependency.

use std::collections::{BTreeMap, BTreeSet};

use super::house::is_manifest;
use super::tree::Tree;
use super::{Fault, manifest, table};

/// Where all of them stand.
pub const LIST: &str = "docs/dependencies.md";
/// The heading below which the packages of the screens stand; crates stand above it.
pub const PACKAGES: &str = "Packages of the screens";

/// A fault for each that is missing, left over, or said to be used elsewhere than it is.
pub fn check(tree: &Tree) -> Vec<Fault> {
    let listed = tree
        .file(LIST)
        .map_or_else(Vec::new, |file| table::rows(&file.text))
        .into_iter()
        .filter(|row| row.section != PACKAGES)
        .collect::<Vec<_>>();
    let mut faults = Vec::new();
    let mut used: BTreeMap<String, BTreeSet<String>> = BTreeMap::new();
    for file in tree.files.iter().filter(|file| is_manifest(&file.path)) {
        let (Some(package), dependencies) = manifest::read(&file.text) else {
            continue;
        };
        let package = package.trim_start_matches("pontic-");
        for found in dependencies {
            if found.name.starts_with("pontic-") {
                continue;
            }
            if !listed.iter().any(|row| row.name == found.name) {
                let says = format!("`{}` has no row in {LIST} that says why", found.name);
                faults.push(Fault::new(&file.path, found.line, says));
            }
            used.entry(found.name)
                .or_default()
                .insert(package.to_owned());
        }
    }
    for row in &listed {
        let said: BTreeSet<String> = row
            .cells
            .first()
            .map_or("", |cell| cell)
            .split(", ")
            .map(str::to_owned)
            .collect();
        let says = match used.get(row.name) {
            None => format!("nobody depends on `{}` any more", row.name),
            Some(users) if *users != said => {
                let users: Vec<&str> = users.iter().map(String::as_str).collect();
                format!("`{}` is used in: {}", row.name, users.join(", "))
            }
            Some(_) if row.cells.get(1).is_none_or(|why| why.is_empty()) => {
                format!("`{}` has no reason", row.name)
            }
            Some(_) => continue,
        };
        faults.push(Fault::new(LIST, row.line, says));
    }
    faults
}

#[cfg(test)]
mod tests {
    use super::super::tree::sample;
    use super::*;

    #[test]
    fn list_and_manifests_agree() {
        let tree = sample(&[
            (
                "docs/dependencies.md",
                "| `a` | core, wire | good |\n| `b` | core | good |\n| `c` | core | |\n| `d` | core | gone |",
            ),
            (
                "crates/core/Cargo.toml",
                "[package]\nname = \"pontic-core\"\n[dependencies]\na = \"1\"\nb = \"1\"\nc = \"1\"\ne = \"1\"",
            ),
            (
                "crates/wire/Cargo.toml",
                "[package]\nname = \"pontic-wire\"\n[dependencies]\npontic-core = \"1\"\na = \"1\"\n[dev-dependencies]\nb = \"1\"",
            ),
        ]);
        let told: Vec<String> = check(&tree).iter().map(ToString::to_string).collect();
        assert_eq!(
            told,
            [
                "crates/core/Cargo.toml:7: `e` has no row in docs/dependencies.md that says why",
                "docs/dependencies.md:2: `b` is used in: core, wire",
                "docs/dependencies.md:3: `c` has no reason",
                "docs/dependencies.md:4: nobody depends on `d` any more",
            ]
        );
    }
}
