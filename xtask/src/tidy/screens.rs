//! What `ESLint` does not look after in `web/`: long files, unfinished work, switched-off tests, and the hosts of others.

use super::Fault;
use super::code::words;
use super::tree::{File, Tree};

/// Most lines of a file that is no test.
const MAX_LINES: usize = 600;
const KINDS: &[&str] = &["ts", "svelte", "css", "html", "js", "mjs"];

/// Texts that no file may hold, and why; taken apart so that this file does not hold them.
const UNFINISHED: &[&str] = &[
    concat!("FIX", "ME"),
    concat!("XX", "X"),
    concat!("TO", "DO"),
];
const FORBIDDEN: &[(&str, &str)] = &[
    (".only(", "a test that is alone switches the others off"),
    ("test.skip(", "a test that is switched off tests nothing"),
    ("test.fixme(", "a test that is switched off tests nothing"),
    ("it.skip(", "a test that is switched off tests nothing"),
    (
        "describe.skip(",
        "a test that is switched off tests nothing",
    ),
    ("@ts-ignore", "types are mended, not silenced"),
    ("@ts-nocheck", "types are mended, not silenced"),
    ("debugger;", "a program that stops for its author"),
];

/// What may follow `://` in a page: the name of a vocabulary, which nobody asks, and the map apps that a driver opens.
const HOSTS: &[&str] = &["www.w3.org/", "www.google.com/maps/", "maps.apple.com/"];

/// A fault for each.
pub fn check(tree: &Tree) -> Vec<Fault> {
    tree.files
        .iter()
        .filter(|file| is_source(&file.path))
        .flat_map(of_file)
        .collect()
}

fn is_source(path: &str) -> bool {
    path.starts_with("web/") && KINDS.contains(&kind(path))
}

fn kind(path: &str) -> &str {
    path.rsplit_once('.').map_or("", |(_, kind)| kind)
}

fn of_file(file: &File) -> Vec<Fault> {
    let mut faults = Vec::new();
    let is_test = file.is_test || file.path.ends_with(".test.ts");
    let count = file.text.lines().count();
    if count > MAX_LINES && !is_test {
        let says = format!("{count} lines (at most {MAX_LINES}): more than one thing lives here");
        faults.push(Fault::new(&file.path, MAX_LINES + 1, says));
    }
    // What browsers get; the settings of the tools name this machine.
    let is_page = ["web/src/", "web/public/"]
        .iter()
        .any(|place| file.path.starts_with(place))
        || kind(&file.path) == "html";
    for (at, line) in file.text.lines().enumerate() {
        let mut tell = |says: String| faults.push(Fault::new(&file.path, at + 1, says));
        for mark in UNFINISHED {
            if words(line, mark).next().is_some() {
                tell(format!("`{mark}` is unfinished work"));
            }
        }
        for (word, why) in FORBIDDEN {
            if line.contains(word) {
                tell(format!("`{word}`: {why}"));
            }
        }
        if is_page && !is_test && line.contains("console.log") {
            tell("`console.log`: a browser's console is nobody's log".to_owned());
        }
        if is_page && !is_test && names_a_host(line) {
            tell("names a host: pages ask their own server only".to_owned());
        }
    }
    faults
}

/// Whether an address with a host of its own stands there; names that are kept for examples lead nowhere.
fn names_a_host(line: &str) -> bool {
    line.match_indices("://").any(|(at, mark)| {
        let rest = &line[at + mark.len()..];
        let end = rest
            .find(|c: char| !c.is_ascii_alphanumeric() && c != '.' && c != '-')
            .unwrap_or(rest.len());
        let host = &rest[..end];
        let is_example = ["example", "example.com", "example.org"]
            .iter()
            .any(|kept| host == *kept || host.ends_with(&format!(".{kept}")));
        !host.is_empty() && !is_example && !HOSTS.iter().any(|known| rest.starts_with(known))
    })
}

#[cfg(test)]
mod tests {
    use super::super::tree::sample;
    use super::*;

    fn told(path: &str, text: &str) -> Vec<String> {
        let tree = sample(&[(path, text)]);
        check(&tree).iter().map(ToString::to_string).collect()
    }

    #[test]
    fn pages_name_no_host() {
        let text = "const a = 'https://tiles.osm.org/{z}';\n`${scheme}://${location.host}/ws`;\n\
                    'http://www.w3.org/2000/svg'\n'https://hooks.example/x'\n'https://www.google.com/maps/dir/?api=1'";
        let says = ["web/src/a.ts:1: names a host: pages ask their own server only"];
        assert_eq!(told("web/src/a.ts", text), says);
        for other in ["web/vite.config.ts", "web/src/a.test.ts", "web/tests/a.ts"] {
            assert!(told(other, text).is_empty(), "{other}");
        }
    }

    #[test]
    fn unfinished_work_and_silent_tests_are_told() {
        let text = format!(
            "// {}: later\ntest{}skip('x')\nconst todos = 1;",
            UNFINISHED[2], "."
        );
        assert_eq!(
            told("web/tests/a.spec.ts", &text),
            [
                format!(
                    "web/tests/a.spec.ts:1: `{}` is unfinished work",
                    UNFINISHED[2]
                ),
                "web/tests/a.spec.ts:2: `test.skip(`: a test that is switched off tests nothing"
                    .to_owned(),
            ]
        );
    }

    #[test]
    fn long_files_are_told_but_for_tests() {
        let long = "let a;\n".repeat(601);
        let says =
            ["web/src/A.svelte:601: 601 lines (at most 600): more than one thing lives here"];
        assert_eq!(told("web/src/A.svelte", &long), says);
        assert!(told("web/src/a.test.ts", &long).is_empty());
        assert!(told("web/README.md", &long).is_empty());
    }
}
