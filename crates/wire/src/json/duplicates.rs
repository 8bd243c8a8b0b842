//! Looks for keys that stand twice in one object.
//!
//! A pass of its own after reading: so a body that is no JSON at all is called that, and the
//! reader needs no path of where it is.

use std::borrow::Cow;
use std::collections::HashSet;

use super::Json;

/// Up to so many members, comparing each with each is cheaper than hashing.
const FEW: usize = 24;

/// The path of the first repeated key, if there is one.
pub(super) fn first(json: &Json<'_>) -> Option<String> {
    match json {
        Json::Object(members) => repeated_key(members).map(str::to_owned).or_else(|| {
            members
                .iter()
                .find_map(|(key, value)| first(value).map(|rest| join(key, &rest)))
        }),
        Json::List(items) => items
            .iter()
            .enumerate()
            .find_map(|(index, item)| first(item).map(|rest| join(&format!("[{index}]"), &rest))),
        _ => None,
    }
}

fn join(step: &str, rest: &str) -> String {
    let dot = if rest.starts_with('[') { "" } else { "." };
    format!("{step}{dot}{rest}")
}

fn repeated_key<'m>(members: &'m [(Cow<'_, str>, Json<'_>)]) -> Option<&'m str> {
    let mut keys = members.iter().map(|(key, _)| key.as_ref());
    if members.len() > FEW {
        let mut seen = HashSet::with_capacity(members.len());
        return keys.find(|key| !seen.insert(*key));
    }
    keys.enumerate()
        .find(|(index, key)| members[..*index].iter().any(|(earlier, _)| earlier == key))
        .map(|(_, key)| key)
}
