//! Words that must not stay in the code: unfinished work, switched-off tests, and panics where none may be.

use super::Fault;
use super::code::{line_at, words};
use super::tree::{File, Tree};

/// Macros of unfinished work.
const UNFINISHED: &[&str] = &["todo", "unimplemented", "dbg"];
/// Marks of it in comments, taken apart so that this file does not hold them.
const MARKS: &[&str] = &[concat!("FIX", "ME"), concat!("XX", "X")];
/// Crates in which no live code may panic on what it did not expect.
const CALM: &[&str] = &["crates/core/", "crates/wire/", "crates/store/"];

/// A fault for each.
pub fn check(tree: &Tree) -> Vec<Fault> {
    let mut faults = Vec::new();
    for (file, code) in tree.rust() {
        for word in UNFINISHED {
            let called =
                words(&code.all, word).filter(|at| code.all[at + word.len()..].starts_with('!'));
            faults
                .extend(called.map(|at| fault(file, at, &format!("`{word}!` is unfinished work"))));
        }
        for mark in MARKS {
            let found = words(&file.text, mark);
            faults.extend(found.map(|at| fault(file, at, &format!("`{mark}` is unfinished work"))));
        }
        let ignored = words(&code.all, "ignore").filter(|at| code.all[..*at].ends_with("#["));
        faults
            .extend(ignored.map(|at| fault(file, at, "a test that is switched off tests nothing")));
        if CALM.iter().any(|calm| file.path.starts_with(calm)) && !file.is_test {
            faults.extend(
                panics(&code.live).map(|(at, call)| {
                    fault(file, at, &format!("`{call}` may panic outside tests"))
                }),
            );
        }
    }
    faults
}

fn fault(file: &File, at: usize, says: &str) -> Fault {
    Fault::new(&file.path, line_at(&file.text, at), says)
}

/// Calls of `unwrap`, and of `expect` with a text (a method of that name with other arguments is one of ours).
fn panics(live: &str) -> impl Iterator<Item = (usize, &'static str)> + '_ {
    let unwraps = live
        .match_indices(".unwrap()")
        .map(|(at, _)| (at, ".unwrap()"));
    let expects = live.match_indices(".expect(").filter_map(|(at, call)| {
        let argument = live[at + call.len()..].trim_start();
        argument
            .starts_with(['"', '&'])
            .then_some((at, ".expect(…)"))
    });
    unwraps.chain(expects)
}

#[cfg(test)]
mod tests {
    use super::super::tree::sample;
    use super::*;

    fn told(path: &str, text: &str) -> Vec<String> {
        check(&sample(&[(path, text)]))
            .iter()
            .map(ToString::to_string)
            .collect()
    }

    #[test]
    fn unfinished_work_is_told() {
        let text = format!(
            "fn f() {{ todo!() }}\n// {}: later\nfn g() {{ dbg!(1); my_dbg!(2) }}\n#[ignore = \"slow\"]\nfn t() {{ \"todo!\" }}",
            MARKS[0]
        );
        let mut told = told("xtask/src/a.rs", &text);
        told.sort();
        assert_eq!(
            told,
            [
                "xtask/src/a.rs:1: `todo!` is unfinished work".to_owned(),
                format!("xtask/src/a.rs:2: `{}` is unfinished work", MARKS[0]),
                "xtask/src/a.rs:3: `dbg!` is unfinished work".to_owned(),
                "xtask/src/a.rs:4: a test that is switched off tests nothing".to_owned(),
            ]
        );
    }

    #[test]
    fn panics_are_told_in_calm_crates_only() {
        let text = "fn f() {\n a.unwrap();\n b.expect(\n \"x\");\n desk.expect(detail.expected, 1); c.unwrap_or(0) }\n#[cfg(test)] mod t { fn g() { a.unwrap() } }";
        assert_eq!(
            told("crates/core/src/a.rs", text),
            [
                "crates/core/src/a.rs:2: `.unwrap()` may panic outside tests",
                "crates/core/src/a.rs:3: `.expect(…)` may panic outside tests",
            ]
        );
        assert!(told("crates/core/tests/it/a.rs", text).is_empty());
        assert!(told("crates/server/src/a.rs", text).is_empty());
    }
}
