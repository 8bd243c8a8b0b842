//! Patient data is opened only where `docs/phi.md` says why.

use super::Fault;
use super::code::{line_at, words};
use super::table;
use super::tree::Tree;

const LIST: &str = "docs/phi.md";

/// A fault for each file that opens it unlisted, and each listed one that does not.
pub fn check(tree: &Tree) -> Vec<Fault> {
    let listed = tree
        .file(LIST)
        .map_or_else(Vec::new, |file| table::rows(&file.text));
    let mut faults = Vec::new();
    let mut open = Vec::new();
    for (file, code) in tree.rust().filter(|(file, _)| !file.is_test) {
        // Its definition opens nothing.
        let first = words(&code.live, "reveal").find(|at| !code.live[..*at].ends_with("fn "));
        let Some(at) = first else { continue };
        open.push(file.path.as_str());
        if !listed.iter().any(|row| row.name == file.path) {
            let says = format!("opens patient data, but {LIST} has no row that says why");
            faults.push(Fault::new(&file.path, line_at(&code.live, at), says));
        }
    }
    for row in listed {
        if !open.contains(&row.name) {
            let says = format!("`{}` opens no patient data any more", row.name);
            faults.push(Fault::new(LIST, row.line, says));
        } else if row.cells.iter().all(|cell| cell.is_empty()) {
            let says = format!("`{}` has no reason", row.name);
            faults.push(Fault::new(LIST, row.line, says));
        }
    }
    faults
}

#[cfg(test)]
mod tests {
    use super::super::tree::sample;
    use super::*;

    #[test]
    fn every_opening_has_its_reason() {
        let tree = sample(&[
            (
                "docs/phi.md",
                "| file | why |\n|---|---|\n| `a.rs` | sealing |\n| `b.rs` | shown |\n| `c.rs` | |",
            ),
            ("a.rs", "fn f() { x\n.reveal() }"),
            ("b.rs", "/// [`Phi::reveal`]\npub fn reveal(&self) {}"),
            ("c.rs", "x.map(Phi::reveal)"),
            ("d.rs", "\nx.reveal()\n#[cfg(test)] mod t {}"),
            ("e.rs", "#[cfg(test)] mod t { fn f() { x.reveal() } }"),
        ]);
        let told: Vec<String> = check(&tree).iter().map(ToString::to_string).collect();
        assert_eq!(
            told,
            [
                "d.rs:2: opens patient data, but docs/phi.md has no row that says why",
                "docs/phi.md:4: `b.rs` opens no patient data any more",
                "docs/phi.md:5: `c.rs` has no reason",
            ]
        );
    }
}
