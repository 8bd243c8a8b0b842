//! A page of the documentation as data: code blocks whose first line says which example they are of, and in which way.

use serde_json::Value;

/// What differs from run to run.
const ANYTHING: &str = "…";

/// One example.
pub struct Example {
    pub name: String,
    pub curl: String,
    /// With the command line, where that is shown.
    pub command: Option<String>,
    pub answer: Value,
}

/// A page.
pub struct Page {
    pub examples: Vec<Example>,
    /// Rust blocks by name.
    pub rust: Vec<(String, String)>,
}

impl Page {
    /// `docs/guide.md`.
    pub fn guide() -> Self {
        Self::read(include_str!("../../../../docs/guide.md"))
    }

    /// `docs/drivers.md`.
    pub fn drivers() -> Self {
        Self::read(include_str!("../../../../docs/drivers.md"))
    }

    fn read(text: &str) -> Self {
        let blocks = blocks(text);
        let look = |kind: &str, name: &str| {
            let mut found = blocks.iter();
            let found = found.find(|(info, _)| *info == format!("{kind} {name}"));
            found.map(|(_, code)| code.clone())
        };
        let find = |kind: &str, name: &str| {
            look(kind, name).unwrap_or_else(|| panic!("{name} has no block '{kind}'"))
        };
        let names = blocks
            .iter()
            .filter_map(|(info, _)| info.strip_prefix("json "));
        let examples = names.map(|name| Example {
            name: name.to_owned(),
            curl: find("sh curl", name),
            command: look("sh pontic", name),
            answer: serde_json::from_str(&find("json", name)).expect("the answer is JSON"),
        });
        let rust = blocks.iter().filter_map(|(info, code)| {
            Some((info.strip_prefix("rust ")?.to_owned(), code.clone()))
        });
        Self {
            examples: examples.collect(),
            rust: rust.collect(),
        }
    }
}

/// Code blocks with the line that opens them.
fn blocks(text: &str) -> Vec<(String, String)> {
    let mut blocks = Vec::new();
    let mut open: Option<(String, Vec<&str>)> = None;
    for line in text.lines() {
        match (&mut open, line.strip_prefix("```")) {
            (None, Some(info)) => open = Some((info.to_owned(), Vec::new())),
            (Some(_), Some("")) => {
                let (info, lines) = open.take().expect("a block is open");
                blocks.push((info, lines.join("\n")));
            }
            (Some((_, lines)), _) => lines.push(line),
            (None, None) => {}
        }
    }
    blocks
}

/// The part of a source file between `// guide: name` and `// guide: end`.
pub fn fragment(source: &str, name: &str) -> String {
    let start = format!("// guide: {name}\n");
    let (_, rest) = source
        .split_once(&start)
        .unwrap_or_else(|| panic!("no fragment {name}"));
    rest.split("// guide: end")
        .next()
        .unwrap_or_default()
        .trim()
        .to_owned()
}

/// Whether `answer` is what the guide says; else where it differs.
pub fn same(expected: &Value, answer: &Value, place: &str) -> Result<(), String> {
    match (expected, answer) {
        (Value::String(text), _) if text == ANYTHING && !answer.is_null() => Ok(()),
        (Value::Object(expected), Value::Object(answer)) => {
            let keys: std::collections::BTreeSet<&String> =
                expected.keys().chain(answer.keys()).collect();
            for key in keys {
                let place = format!("{place}.{key}");
                match (expected.get(key), answer.get(key)) {
                    (Some(expected), Some(answer)) => same(expected, answer, &place)?,
                    _ => return Err(place),
                }
            }
            Ok(())
        }
        (Value::Array(expected), Value::Array(answer)) if expected.len() == answer.len() => {
            let mut pairs = expected.iter().zip(answer).enumerate();
            pairs.try_for_each(|(index, (expected, answer))| {
                same(expected, answer, &format!("{place}[{index}]"))
            })
        }
        (expected, answer) if expected == answer => Ok(()),
        _ => Err(place.to_owned()),
    }
}
