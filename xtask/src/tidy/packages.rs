//! Every npm package that the screens name has its reason in `docs/dependencies.md`, and every reason its package.

use std::collections::BTreeMap;

use serde_json::Value;

use super::dependencies::{LIST, PACKAGES};
use super::tree::Tree;
use super::{Fault, table};

const MANIFEST: &str = "web/package.json";
/// Members of the manifest, and the word for them in the list.
const KINDS: [(&str, &str); 2] = [("dependencies", "pages"), ("devDependencies", "tools")];

/// A fault for each that is missing, left over, or said to be another kind than it is.
pub fn check(tree: &Tree) -> Vec<Fault> {
    let Some(manifest) = tree.file(MANIFEST) else {
        return Vec::new();
    };
    let Ok(json) = serde_json::from_str::<Value>(&manifest.text) else {
        return vec![Fault::new(MANIFEST, 1, "is no JSON")];
    };
    let used: BTreeMap<&str, &str> = KINDS
        .iter()
        .flat_map(|(member, kind)| {
            let names = json[member].as_object().into_iter().flatten();
            names.map(|(name, _)| (name.as_str(), *kind))
        })
        .collect();
    let listed = tree
        .file(LIST)
        .map_or_else(Vec::new, |file| table::rows(&file.text));
    let listed: Vec<_> = listed
        .into_iter()
        .filter(|row| row.section == PACKAGES)
        .collect();
    let mut faults = Vec::new();
    for name in used.keys() {
        if !listed.iter().any(|row| row.name == *name) {
            let says = format!("`{name}` has no row in {LIST} that says why");
            faults.push(Fault::new(MANIFEST, line_of(&manifest.text, name), says));
        }
    }
    for row in &listed {
        let cell = |at: usize| row.cells.get(at).copied().unwrap_or_default();
        let says = match used.get(row.name) {
            None => format!("the screens do not use `{}` any more", row.name),
            Some(kind) if *kind != cell(0) => format!("`{}` is one of the {kind}", row.name),
            Some(_) if cell(1).is_empty() => format!("`{}` has no reason", row.name),
            Some(_) => continue,
        };
        faults.push(Fault::new(LIST, row.line, says));
    }
    faults
}

fn line_of(text: &str, name: &str) -> usize {
    let member = format!("\"{name}\":");
    let found = text.lines().position(|line| line.contains(&member));
    found.map_or(1, |at| at + 1)
}

#[cfg(test)]
mod tests {
    use super::super::tree::sample;
    use super::*;

    #[test]
    fn list_and_manifest_agree() {
        let tree = sample(&[
            (
                "docs/dependencies.md",
                "| `anyhow` | core | good |\n## Packages of the screens\n| `a` | pages | good |\n| `@b/c` | pages | good |\n\
                 | `d` | tools | |\n| `e` | tools | gone |",
            ),
            (
                "web/package.json",
                "{\n\"dependencies\": { \"a\": \"1\" },\n\"devDependencies\": { \"@b/c\": \"1\", \"d\": \"1\",\n\"f\": \"1\" } }",
            ),
        ]);
        let told: Vec<String> = check(&tree).iter().map(ToString::to_string).collect();
        assert_eq!(
            told,
            [
                "web/package.json:4: `f` has no row in docs/dependencies.md that says why",
                "docs/dependencies.md:4: `@b/c` is one of the tools",
                "docs/dependencies.md:5: `d` has no reason",
                "docs/dependencies.md:6: the screens do not use `e` any more",
            ]
        );
    }
}
