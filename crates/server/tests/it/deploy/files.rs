//! The files, read.

use std::path::{Path, PathBuf};

use serde::Deserialize as _;
use serde_json::Value;

/// Where they are.
pub fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../../deploy")
}

/// One of them.
#[track_caller]
pub fn text(path: &str) -> String {
    let path = root().join(path);
    std::fs::read_to_string(&path).unwrap_or_else(|error| panic!("{}: {error}", path.display()))
}

/// All of them that are for `pontic serve`: by path and text.
pub fn all() -> Vec<(String, String)> {
    let mut found = Vec::new();
    let mut folders = vec![root()];
    while let Some(folder) = folders.pop() {
        for entry in std::fs::read_dir(folder).expect("readable") {
            let path = entry.expect("readable").path();
            // What `secrets.sh` made here is nobody's business; what is for AWS is held against its own program (`lambda/tests/it/template.rs`).
            if path == root().join("secrets") || path == root().join("aws") {
                continue;
            }
            if path.is_dir() {
                folders.push(path);
                continue;
            }
            let name = path.strip_prefix(root()).expect("below");
            let name = name.to_str().expect("a name").to_owned();
            found.push((name.clone(), text(&name)));
        }
    }
    found.sort();
    assert!(found.len() >= 20, "{}", found.len());
    found
}

/// The paths of those that are YAML.
pub fn yaml_files() -> Vec<String> {
    let is_yaml = |path: &String| Path::new(path).extension().is_some_and(|end| end == "yaml");
    all()
        .into_iter()
        .map(|(path, _)| path)
        .filter(is_yaml)
        .collect()
}

/// The documents of a text, with what is merged into them.
pub fn parse(text: &str) -> Result<Vec<Value>, yaml_serde::Error> {
    yaml_serde::Deserializer::from_str(text)
        .map(|document| {
            let mut value = yaml_serde::Value::deserialize(document)?;
            // What is merged may merge something itself.
            for _ in 0..3 {
                value.apply_merge()?;
            }
            yaml_serde::from_value(value)
        })
        .collect()
}

/// The documents of a file.
#[track_caller]
pub fn yaml(path: &str) -> Vec<Value> {
    parse(&text(path)).unwrap_or_else(|error| panic!("{path}: {error}"))
}

/// Whether that is the name of an environment variable that makes a setting.
pub fn is_setting(word: &str) -> bool {
    word.strip_prefix("PONTIC_")
        .is_some_and(|rest| !rest.is_empty())
        || word.ends_with("_WEBHOOK_SECRET")
}

/// All texts under members of that name, however deep.
pub fn texts_at<'a>(value: &'a Value, name: &str) -> Vec<&'a str> {
    match value {
        Value::Object(members) => members
            .iter()
            .flat_map(|(member, value)| match value {
                Value::String(text) if member == name => vec![text.as_str()],
                value => texts_at(value, name),
            })
            .collect(),
        Value::Array(items) => items.iter().flat_map(|item| texts_at(item, name)).collect(),
        _ => Vec::new(),
    }
}

/// The images that a file names.
pub fn images(value: &Value) -> Vec<String> {
    let named = texts_at(value, "image").into_iter();
    named.map(str::to_owned).collect()
}

/// A list of texts.
#[track_caller]
pub fn list(value: &Value) -> Vec<String> {
    let items = value.as_array().expect("a list").iter();
    items
        .map(|item| item.as_str().expect("a text").to_owned())
        .collect()
}
