//! `cargo xtask tidy`: what no compiler checks and everybody relies on. Each rule is a small file.

mod circles;
mod code;
mod dependencies;
mod house;
mod length;
mod manifest;
mod names;
mod packages;
mod paths;
mod phi;
mod screens;
mod table;
mod tree;
mod words;

use std::fmt;
use std::path::Path;

use anyhow::{Result, bail};

use crate::place::root;
use tree::Tree;

/// One thing that is not as it should be.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Fault {
    file: String,
    line: usize,
    says: String,
}

impl Fault {
    fn new(file: &str, line: usize, says: impl Into<String>) -> Self {
        Self {
            file: file.to_owned(),
            line,
            says: says.into(),
        }
    }
}

impl fmt::Display for Fault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:{}: {}", self.file, self.line, self.says)
    }
}

/// Prints every fault of this repository.
pub fn run() -> Result<()> {
    let faults = faults(root())?;
    for fault in &faults {
        println!("{fault}");
    }
    if !faults.is_empty() {
        bail!("{} faults of tidiness", faults.len());
    }
    Ok(())
}

fn faults(root: &Path) -> Result<Vec<Fault>> {
    let tree = Tree::read(root)?;
    let rules: [fn(&Tree) -> Vec<Fault>; 10] = [
        circles::check,
        house::check,
        names::check,
        words::check,
        phi::check,
        dependencies::check,
        length::check,
        paths::check,
        packages::check,
        screens::check,
    ];
    let mut faults: Vec<Fault> = rules.iter().flat_map(|rule| rule(&tree)).collect();
    faults.sort();
    Ok(faults)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn this_repository_is_tidy() -> Result<()> {
        let faults = faults(root())?;
        let told: Vec<String> = faults.iter().map(ToString::to_string).collect();
        assert!(told.is_empty(), "\n{}", told.join("\n"));
        Ok(())
    }
}
