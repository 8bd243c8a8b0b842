//! The direct dependencies that a `Cargo.toml` names, line by line.

/// One dependency.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Dependency {
    /// The crate.
    pub name: String,
    /// Its line.
    pub line: usize,
}

/// Name of the package, and its dependencies of every kind. The lists of the workspace are no dependency of anyone.
pub fn read(text: &str) -> (Option<String>, Vec<Dependency>) {
    let mut package = None;
    let mut found: Vec<Dependency> = Vec::new();
    let mut section = String::new();
    for (at, line) in text.lines().enumerate() {
        let line = line.trim();
        if let Some(header) = line.strip_prefix('[') {
            header
                .trim_start_matches('[')
                .split(']')
                .next()
                .unwrap_or_default()
                .clone_into(&mut section);
            if let Some(name) = table_of_one(&section) {
                found.push(Dependency {
                    name: name.to_owned(),
                    line: at + 1,
                });
            }
            continue;
        }
        let Some((key, value)) = line.split_once('=') else {
            continue;
        };
        let key = key.trim();
        if section == "package" && key == "name" {
            package = Some(value.trim().trim_matches('"').to_owned());
        }
        if is_list(&section) && !line.starts_with('#') {
            let name = key.split('.').next().unwrap_or(key).trim_matches('"');
            let name = renamed(value).unwrap_or(name);
            found.push(Dependency {
                name: name.to_owned(),
                line: at + 1,
            });
        }
    }
    (package, found)
}

const KINDS: [&str; 3] = ["dependencies", "dev-dependencies", "build-dependencies"];

/// `[dependencies]`, `[target.'…'.dev-dependencies]`.
fn is_list(section: &str) -> bool {
    !section.starts_with("workspace")
        && KINDS.iter().any(|kind| {
            section == *kind
                || section
                    .strip_suffix(kind)
                    .is_some_and(|before| before.starts_with("target.") && before.ends_with('.'))
        })
}

/// `[dependencies.name]`.
fn table_of_one(section: &str) -> Option<&str> {
    let (before, name) = section.rsplit_once('.')?;
    is_list(before).then_some(name)
}

/// `{ package = "name", … }`.
fn renamed(value: &str) -> Option<&str> {
    let (_, rest) = value.split_once("package")?;
    rest.trim_start()
        .strip_prefix('=')?
        .trim_start()
        .strip_prefix('"')?
        .split('"')
        .next()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_kind_is_found() {
        let (package, found) = read(
            "\
[package]
name = \"pontic-x\"
[workspace.dependencies]
not = \"1\"
[dependencies]
# a = \"1\"
b.workspace = true
c = { version = \"1\", features = [\"d\"] }
e = { package = \"real\", version = \"1\" }
[target.'cfg(unix)'.dev-dependencies]
f = \"1\"
[dependencies.g]
version = \"1\"
[features]
h = []
",
        );
        let found: Vec<(&str, usize)> = found
            .iter()
            .map(|found| (found.name.as_str(), found.line))
            .collect();
        assert_eq!(package.as_deref(), Some("pontic-x"));
        assert_eq!(
            found,
            [("b", 7), ("c", 8), ("real", 9), ("f", 11), ("g", 12)]
        );
    }
}
