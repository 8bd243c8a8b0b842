//! Many patterns held against one event: what they ask for is looked up in the event once, not once for each.

use serde_json::Value;

use super::matcher::Matcher;
use super::{Fields, Node, Pattern, any_matches};

/// Patterns that are held against the same events.
#[derive(Debug, Default)]
pub struct PatternSet {
    patterns: Vec<Pattern>,
    flat: Vec<Flat>,
    /// Fields that are asked for, each after the one that it lies in.
    steps: Vec<Step>,
}

/// A field: of the event itself, or within another field.
#[derive(Debug, PartialEq, Eq)]
struct Step {
    within: Option<usize>,
    name: String,
}

/// A pattern with its fields by their places in [`PatternSet::steps`].
#[derive(Debug, Default)]
struct Flat {
    all: Vec<(usize, Vec<Matcher>)>,
    either: Vec<Vec<Flat>>,
}

/// An event, with what the patterns of a set ask for.
#[derive(Debug)]
pub struct Looked<'e> {
    event: &'e Value,
    /// Absent where the event has a list on the way to a field: then fields belong together item by item.
    found: Option<Vec<Option<&'e Value>>>,
}

impl PatternSet {
    /// Of these patterns, in this order.
    pub fn new(patterns: impl IntoIterator<Item = Pattern>) -> Self {
        let mut set = Self::default();
        for pattern in patterns {
            let mut flat = Flat::default();
            flatten(&mut set.steps, None, &pattern.0, &mut flat);
            set.flat.push(flat);
            set.patterns.push(pattern);
        }
        set
    }

    /// Looks up in an event what the patterns ask for.
    pub fn look<'e>(&self, event: &'e Value) -> Looked<'e> {
        Looked {
            event,
            found: self.find_all(event),
        }
    }

    fn find_all<'e>(&self, event: &'e Value) -> Option<Vec<Option<&'e Value>>> {
        let mut found: Vec<Option<&'e Value>> = Vec::with_capacity(self.steps.len());
        for step in &self.steps {
            let within = match step.within {
                Some(place) => found.get(place).copied().flatten(),
                None => Some(event),
            };
            found.push(match within {
                Some(Value::Array(_)) => return None,
                Some(Value::Object(object)) => object.get(&step.name),
                _ => None,
            });
        }
        Some(found)
    }

    /// Whether the pattern in that place wants the event; one that is not there wants nothing.
    pub fn matches(&self, place: usize, looked: &Looked<'_>) -> bool {
        match &looked.found {
            Some(found) => self.flat.get(place).is_some_and(|flat| flat.matches(found)),
            None => self
                .patterns
                .get(place)
                .is_some_and(|pattern| pattern.matches(looked.event)),
        }
    }
}

impl Flat {
    fn matches(&self, found: &[Option<&Value>]) -> bool {
        self.all
            .iter()
            .all(|(place, matchers)| any_matches(matchers, found.get(*place).copied().flatten()))
            && self
                .either
                .iter()
                .all(|patterns| patterns.iter().any(|pattern| pattern.matches(found)))
    }
}

fn flatten(steps: &mut Vec<Step>, within: Option<usize>, fields: &Fields, flat: &mut Flat) {
    for (name, node) in &fields.fields {
        let place = place(steps, within, name);
        match node {
            Node::Inner(inner) => flatten(steps, Some(place), inner, flat),
            Node::Leaf(matchers) => flat.all.push((place, matchers.clone())),
        }
    }
    for patterns in &fields.either {
        let either = patterns.iter().map(|pattern| {
            let mut flat = Flat::default();
            flatten(steps, within, pattern, &mut flat);
            flat
        });
        flat.either.push(either.collect());
    }
    // What is told apart fastest comes first.
    let effort = |matchers: &[Matcher]| matchers.iter().map(Matcher::effort).sum::<usize>();
    flat.all.sort_by_key(|(_, matchers)| effort(matchers));
}

/// The place of a field, which gets one if it has none.
fn place(steps: &mut Vec<Step>, within: Option<usize>, name: &str) -> usize {
    let same = |step: &Step| step.within == within && step.name == name;
    steps.iter().position(same).unwrap_or_else(|| {
        steps.push(Step {
            within,
            name: name.to_owned(),
        });
        steps.len() - 1
    })
}
