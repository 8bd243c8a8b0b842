//! Inside a crate, modules use each other downward: no circle between the top-level modules.
//!
//! An edge is any path in live code that begins with `crate::` (or as many `super::` as lead to the root) and names a
//! top-level module. Within one top-level module parents and children may know each other, and the crate's root, which
//! declares the modules, does not count.

use std::collections::BTreeMap;

use super::Fault;
use super::code::{Code, line_at, name, words};
use super::tree::Tree;

/// Where one module first uses another.
type Uses<'a> = BTreeMap<&'a str, BTreeMap<String, (&'a str, usize)>>;

/// A fault for each circle.
pub fn check(tree: &Tree) -> Vec<Fault> {
    let mut crates: BTreeMap<&str, Uses<'_>> = BTreeMap::new();
    for (file, code) in tree.rust().filter(|(file, _)| !file.is_test) {
        let Some((home, inside)) = file.path.split_once("/src/") else {
            continue;
        };
        let inside = inside.trim_end_matches(".rs");
        let module = inside.split('/').next().unwrap_or(inside);
        if matches!(module, "lib" | "main" | "bin") {
            continue;
        }
        let depth = inside.split('/').count();
        let uses = crates.entry(home).or_default().entry(module).or_default();
        for (used, at) in used_modules(code, depth) {
            let line = line_at(&code.live, at);
            uses.entry(used).or_insert((&file.path, line));
        }
    }
    crates.values().flat_map(circles).collect()
}

/// Names that follow the crate's root in a path, and where.
fn used_modules(code: &Code, depth: usize) -> Vec<(String, usize)> {
    let live = &code.live;
    let mut roots: Vec<(usize, usize)> = words(live, "crate")
        .map(|at| (at, at + "crate".len()))
        .collect();
    let up = vec!["super"; depth].join("::");
    roots.extend(
        words(live, &up)
            .filter(|at| !live[..*at].ends_with("super::"))
            .map(|at| (at, at + up.len())),
    );
    let mut used = Vec::new();
    for (at, end) in roots {
        let Some(rest) = live[end..].strip_prefix("::") else {
            continue;
        };
        match rest.strip_prefix('{') {
            Some(group) => used.extend(group_heads(group).into_iter().map(|head| (head, at))),
            None => used.push((name(rest).to_owned(), at)),
        }
    }
    used
}

/// The first names of `a::b, c::{d, e}, f}`.
fn group_heads(group: &str) -> Vec<String> {
    let mut heads = vec![String::new()];
    let mut depth = 0;
    for c in group.chars() {
        match c {
            '{' => depth += 1,
            '}' if depth == 0 => break,
            '}' => depth -= 1,
            ',' if depth == 0 => heads.push(String::new()),
            _ if depth == 0 => heads.last_mut().into_iter().for_each(|head| head.push(c)),
            _ => {}
        }
    }
    heads
        .iter()
        .map(|head| name(head.trim()).to_owned())
        .collect()
}

/// Walks down from every module; a step back to one that is still being walked closes a circle.
fn circles(uses: &Uses<'_>) -> Vec<Fault> {
    let mut walk = Walk {
        uses,
        path: Vec::new(),
        done: Vec::new(),
        faults: Vec::new(),
    };
    for module in uses.keys() {
        walk.visit(module);
    }
    walk.faults
}

struct Walk<'a> {
    uses: &'a Uses<'a>,
    path: Vec<&'a str>,
    done: Vec<&'a str>,
    faults: Vec<Fault>,
}

impl<'a> Walk<'a> {
    fn visit(&mut self, module: &'a str) {
        if self.done.contains(&module) {
            return;
        }
        self.path.push(module);
        for (used, (file, line)) in &self.uses[module] {
            if used == module || !self.uses.contains_key(used.as_str()) {
                continue;
            }
            if let Some(start) = self.path.iter().position(|before| before == used) {
                let circle = [&self.path[start..], &[used.as_str()]]
                    .concat()
                    .join(" -> ");
                self.faults.push(Fault::new(
                    file,
                    *line,
                    format!("closes a circle of modules: {circle}"),
                ));
            } else {
                self.visit(used);
            }
        }
        self.path.pop();
        self.done.push(module);
    }
}

#[cfg(test)]
mod tests {
    use super::super::tree::sample;
    use super::*;

    fn told(files: &[(&str, &str)]) -> Vec<String> {
        check(&sample(files))
            .iter()
            .map(ToString::to_string)
            .collect()
    }

    #[test]
    fn a_circle_is_told_with_its_path() {
        assert_eq!(
            told(&[
                ("c/src/lib.rs", "mod a; mod b; mod d; pub use crate::d::X;"),
                ("c/src/a.rs", "use crate::b::B;"),
                ("c/src/b/inner.rs", "\nuse crate::{d::{a, D}, E};"),
                ("c/src/d.rs", "fn f() {\n super::a::g() }"),
            ]),
            ["c/src/d.rs:2: closes a circle of modules: a -> b -> d -> a"]
        );
    }

    #[test]
    fn downward_is_fine_and_so_is_the_family() {
        let none: [&str; 0] = [];
        assert_eq!(
            told(&[
                ("c/src/lib.rs", "mod a; use crate::a::X;"),
                ("c/src/a.rs", "mod inner; use crate::b; // use crate::d"),
                (
                    "c/src/a/inner.rs",
                    "use super::X; use crate::a::Y; use super::super::b::Z;"
                ),
                ("c/src/b.rs", "#[cfg(test)] mod tests { use crate::a::X; }"),
                ("d/src/b.rs", "use crate::a;"),
            ]),
            none
        );
    }
}
