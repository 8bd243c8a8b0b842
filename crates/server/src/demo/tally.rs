//! What came of everything that was sent: counts, by what it was and what became of it.

use std::collections::BTreeMap;

/// Counts by two words.
#[derive(Debug, Default)]
pub struct Tally(BTreeMap<String, BTreeMap<String, u64>>);

impl Tally {
    /// One more.
    pub fn note(&mut self, what: &str, became: &str) {
        let of = self.0.entry(what.to_owned()).or_default();
        *of.entry(became.to_owned()).or_default() += 1;
    }

    /// A line for each, all it became in one.
    pub fn lines(&self) -> impl Iterator<Item = String> {
        self.0
            .iter()
            .map(|(what, of)| format!("  {what}: {}", listed(of)))
    }
}

/// `3 done, 1 failed`; `none` of nothing.
pub fn listed(counts: &BTreeMap<String, u64>) -> String {
    let each: Vec<String> = counts
        .iter()
        .map(|(word, count)| format!("{count} {word}"))
        .collect();
    if each.is_empty() {
        "none".to_owned()
    } else {
        each.join(", ")
    }
}
