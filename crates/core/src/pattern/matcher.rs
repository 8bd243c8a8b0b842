//! One value of a pattern, held against one of an event.

use serde_json::Value;

/// What a value must be.
#[derive(Debug, Clone, PartialEq)]
pub enum Matcher {
    /// This very value; numbers by their worth.
    Literal(Value),
    /// There, or not there.
    Exists(bool),
    /// A text of that form.
    Text(TextForm),
    /// A number within all of these.
    Numeric(Vec<(Comparison, f64)>),
    /// Any value but these.
    AnythingBut(Vec<Value>),
    /// Any text but those of these forms.
    NoneOf(Vec<TextForm>),
}

/// What a text must look like.
#[derive(Debug, Clone, PartialEq)]
pub enum TextForm {
    Prefix(String),
    Suffix(String),
    PrefixIgnoringCase(String),
    SuffixIgnoringCase(String),
    IgnoringCase(String),
    /// Parts between stars.
    Wildcard(Vec<String>),
}

/// How a number compares.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Comparison {
    Equal,
    Less,
    LessOrEqual,
    Greater,
    GreaterOrEqual,
}

impl Matcher {
    /// How long it takes to hold a value against it, by comparison.
    pub const fn effort(&self) -> usize {
        match self {
            Self::Exists(_) => 0,
            Self::Literal(_) | Self::Numeric(_) => 1,
            Self::Text(TextForm::Wildcard(_)) => 20,
            Self::Text(_) => 2,
            Self::AnythingBut(values) => 2 + values.len(),
            Self::NoneOf(forms) => 4 + 2 * forms.len(),
        }
    }

    /// `None`: the value is not there.
    pub fn matches(&self, value: Option<&Value>) -> bool {
        match (self, value) {
            (Self::Exists(wanted), value) => *wanted == value.is_some(),
            (Self::Literal(literal), Some(value)) => same(literal, value),
            (Self::Text(form), Some(Value::String(text))) => form.fits(text),
            (Self::Numeric(bounds), Some(Value::Number(number))) => {
                let number = number.as_f64().unwrap_or(f64::NAN);
                bounds.iter().all(|(how, bound)| how.holds(number, *bound))
            }
            (Self::AnythingBut(values), Some(value)) => {
                !values.iter().any(|other| same(other, value))
            }
            (Self::NoneOf(forms), Some(Value::String(text))) => {
                !forms.iter().any(|form| form.fits(text))
            }
            (Self::NoneOf(_), Some(_)) => true,
            (_, None) | (Self::Text(_) | Self::Numeric(_), Some(_)) => false,
        }
    }
}

fn same(a: &Value, b: &Value) -> bool {
    match (a, b) {
        (Value::Number(a), Value::Number(b)) => {
            a == b
                || a.as_f64()
                    .zip(b.as_f64())
                    .is_some_and(|(a, b)| a.to_bits() == b.to_bits())
        }
        (a, b) => a == b,
    }
}

impl TextForm {
    fn fits(&self, text: &str) -> bool {
        match self {
            Self::Prefix(prefix) => text.starts_with(prefix.as_str()),
            Self::Suffix(suffix) => text.ends_with(suffix.as_str()),
            Self::PrefixIgnoringCase(prefix) => text
                .get(..prefix.len())
                .is_some_and(|start| start.eq_ignore_ascii_case(prefix)),
            Self::SuffixIgnoringCase(suffix) => text
                .len()
                .checked_sub(suffix.len())
                .and_then(|from| text.get(from..))
                .is_some_and(|end| end.eq_ignore_ascii_case(suffix)),
            Self::IgnoringCase(other) => text.eq_ignore_ascii_case(other),
            Self::Wildcard(parts) => fits_parts(parts, text),
        }
    }
}

/// The first part begins the text, the last one ends it, the others follow one another between: each at its first place, because
/// what an earlier place takes, a later one leaves.
fn fits_parts(parts: &[String], text: &str) -> bool {
    let Some((first, others)) = parts.split_first() else {
        return false;
    };
    let Some(mut rest) = text.strip_prefix(first.as_str()) else {
        return false;
    };
    let Some((last, between)) = others.split_last() else {
        return rest.is_empty();
    };
    for part in between {
        let Some(at) = rest.find(part.as_str()) else {
            return false;
        };
        rest = &rest[at + part.len()..];
    }
    rest.ends_with(last.as_str())
}

impl Comparison {
    fn holds(self, number: f64, bound: f64) -> bool {
        match self {
            Self::Equal => number.to_bits() == bound.to_bits(),
            Self::Less => number < bound,
            Self::LessOrEqual => number <= bound,
            Self::Greater => number > bound,
            Self::GreaterOrEqual => number >= bound,
        }
    }
}
