//! What was said: settings by name, each with where it stands, later layers over earlier ones.

use std::collections::BTreeMap;
use std::fs;
use std::ops::RangeInclusive;
use std::path::{Path, PathBuf};

use super::Faults;

/// Environment variables with names of their own: they are older than this program, or secrets.
const OWN_NAMES: [(&str, &str); 3] = [
    ("DENTRIX_WEBHOOK_SECRET", "ehr.dentrix.secret"),
    ("OPENDENTAL_WEBHOOK_SECRET", "ehr.opendental.secret"),
    ("EAGLESOFT_WEBHOOK_SECRET", "ehr.eaglesoft.secret"),
];
const PREFIX: &str = "PONTIC_";

/// One setting and where it was said.
#[derive(Debug, Clone)]
pub struct Setting {
    value: toml::Value,
    place: String,
}

impl Setting {
    /// As text.
    pub fn text(&self) -> Result<String, String> {
        match &self.value {
            toml::Value::String(text) => Ok(text.clone()),
            _ => Err("is no text".to_owned()),
        }
    }

    /// As texts: a list of them, or one with commas between.
    pub fn texts(&self) -> Result<Vec<String>, String> {
        let text = |value: &toml::Value| value.as_str().map(|text| text.trim().to_owned());
        let texts: Option<Vec<String>> = match &self.value {
            toml::Value::Array(values) => values.iter().map(text).collect(),
            toml::Value::String(all) => {
                Some(all.split(',').map(|text| text.trim().to_owned()).collect())
            }
            _ => None,
        };
        let texts = texts.ok_or("is no list of texts")?;
        if texts.is_empty() || texts.iter().any(String::is_empty) {
            return Err("names nothing".to_owned());
        }
        Ok(texts)
    }

    /// As `true` or `false`.
    pub fn boolean(&self) -> Result<bool, String> {
        match &self.value {
            toml::Value::Boolean(value) => Ok(*value),
            toml::Value::String(text) if matches!(text.as_str(), "true" | "1") => Ok(true),
            toml::Value::String(text) if matches!(text.as_str(), "false" | "0") => Ok(false),
            _ => Err("is neither true nor false".to_owned()),
        }
    }

    /// As a whole number within `range`.
    pub fn integer(&self, range: RangeInclusive<i64>) -> Result<i64, String> {
        let value = match &self.value {
            toml::Value::Integer(value) => Some(*value),
            toml::Value::String(text) => text.parse().ok(),
            _ => None,
        };
        let expected = format!(
            "is no whole number from {} to {}",
            range.start(),
            range.end()
        );
        value.filter(|value| range.contains(value)).ok_or(expected)
    }

    /// As a number within `range`.
    pub fn number(&self, range: RangeInclusive<f64>) -> Result<f64, String> {
        let value = match &self.value {
            #[expect(clippy::cast_precision_loss, reason = "settings are small")]
            toml::Value::Integer(value) => Some(*value as f64),
            toml::Value::Float(value) => Some(*value),
            toml::Value::String(text) => text.parse().ok(),
            _ => None,
        };
        let expected = format!("is no number from {} to {}", range.start(), range.end());
        value.filter(|value| range.contains(value)).ok_or(expected)
    }
}

/// All settings that were said, and what is wrong with them.
#[derive(Debug, Default)]
pub struct Layers {
    /// By name in lower case without `_`, so that `PONTIC_DEFAULT_TIME_ZONE` finds `defaultTimeZone`.
    settings: BTreeMap<String, Setting>,
    faults: Vec<String>,
}

impl Layers {
    /// The text of a TOML file.
    pub fn add_file(&mut self, name: &str, text: &str) {
        match text.parse::<toml::Table>() {
            Ok(table) => self.add_table("", &table, name),
            // The message shows the line, which may hold a secret: only its place is told.
            Err(error) => {
                let line = error
                    .span()
                    .map_or(1, |span| text[..span.start].matches('\n').count() + 1);
                self.faults
                    .push(format!("{name}, line {line}: {}", error.message()));
            }
        }
    }

    fn add_table(&mut self, prefix: &str, table: &toml::Table, file: &str) {
        for (key, value) in table {
            let name = if prefix.is_empty() {
                key.clone()
            } else {
                format!("{prefix}.{key}")
            };
            match value {
                toml::Value::Table(table) => self.add_table(&name, table, file),
                value => self.add(&name, value.clone(), format!("{name} in {file}")),
            }
        }
    }

    /// A folder of secrets, a file each, as orchestrators mount them: a file is named like the environment variable that it stands
    /// for. Other files are left alone.
    pub fn add_secrets(&mut self, folder: &Path) {
        let files = match files(folder) {
            Ok(files) => files,
            Err(error) => return self.fault(format!("{}: {error}", folder.display())),
        };
        for path in files {
            let name = path.file_name().and_then(|name| name.to_str());
            let Some(name) = name.and_then(setting_of) else {
                continue;
            };
            let place = format!("the file {}", path.display());
            // What cannot be read is told by its place only; it may be half a secret.
            match fs::read_to_string(&path) {
                Ok(text) => {
                    let value = text.trim_end_matches(['\r', '\n']).to_owned();
                    self.add(&name, toml::Value::String(value), place);
                }
                Err(error) => self.fault(format!("{place} cannot be read: {}", error.kind())),
            }
        }
    }

    /// Environment variables: those that begin with `PONTIC_`, `__` between levels, and the secrets of practice systems.
    pub fn add_environment(&mut self, variables: impl IntoIterator<Item = (String, String)>) {
        for (variable, value) in variables {
            if let Some(name) = setting_of(&variable) {
                self.add(
                    &name,
                    toml::Value::String(value),
                    format!("the environment variable {variable}"),
                );
            }
        }
    }

    /// A flag of the command line.
    pub fn add_flag(&mut self, name: &str, value: impl Into<toml::Value>) {
        self.add(name, value.into(), format!("the flag for {name}"));
    }

    fn add(&mut self, name: &str, value: toml::Value, place: String) {
        self.settings.insert(folded(name), Setting { value, place });
    }

    /// The setting `name` as `read` understands it, or `usual` where nothing was said. Faults are noted.
    pub fn take<T>(
        &mut self,
        name: &str,
        usual: T,
        read: impl FnOnce(&Setting) -> Result<T, String>,
    ) -> T {
        let Some(setting) = self.settings.remove(&folded(name)) else {
            return usual;
        };
        read(&setting).unwrap_or_else(|fault| {
            self.faults.push(format!("{} {fault}", setting.place));
            usual
        })
    }

    /// Whether anything was said of `name` that has not been taken yet.
    pub fn has(&self, name: &str) -> bool {
        self.settings.contains_key(&folded(name))
    }

    /// Names of the groups of settings below `name`, of which anything was said that has not been taken yet: in lower case, without `_`.
    pub fn groups(&self, name: &str) -> Vec<String> {
        let below = format!("{}.", folded(name));
        let rest = self
            .settings
            .keys()
            .filter_map(|key| key.strip_prefix(&below));
        let mut groups: Vec<String> = rest
            .filter_map(|rest| Some(rest.split_once('.')?.0.to_owned()))
            .collect();
        groups.dedup();
        groups
    }

    /// Notes a fault.
    pub fn fault(&mut self, fault: impl Into<String>) {
        self.faults.push(fault.into());
    }

    /// `config`, if nothing is wrong and nothing was said that nobody asked for.
    pub fn finish<T>(mut self, config: T) -> Result<T, Faults> {
        let unknown = self
            .settings
            .values()
            .map(|setting| format!("{} is no setting", setting.place));
        self.faults.extend(unknown);
        if self.faults.is_empty() {
            Ok(config)
        } else {
            Err(Faults(self.faults))
        }
    }
}

/// The setting that an environment variable of that name stands for, if it stands for one.
fn setting_of(variable: &str) -> Option<String> {
    let own = OWN_NAMES.iter().find(|(name, _)| *name == variable);
    let derived = || variable.strip_prefix(PREFIX);
    own.map(|(_, key)| (*key).to_owned())
        .or_else(|| derived().map(|rest| rest.replace("__", ".")))
}

/// What lies in a folder, in order, links followed.
fn files(folder: &Path) -> std::io::Result<Vec<PathBuf>> {
    let mut paths = Vec::new();
    for entry in fs::read_dir(folder)? {
        let path = entry?.path();
        if path.is_file() {
            paths.push(path);
        }
    }
    paths.sort();
    Ok(paths)
}

fn folded(name: &str) -> String {
    name.chars()
        .filter(|c| *c != '_')
        .flat_map(char::to_lowercase)
        .collect()
}
