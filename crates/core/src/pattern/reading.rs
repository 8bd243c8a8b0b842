//! Reading a pattern, within its bounds.

use serde_json::{Map, Value};

use super::matcher::{Comparison, Matcher, TextForm};
use super::{Fields, Node};
use crate::fault::Reason;

/// Levels of fields.
const MAX_DEPTH: usize = 16;
/// Values in all of it.
const MAX_VALUES: usize = 256;
/// Patterns of one `$or`, and in all of it.
const MAX_EITHER: usize = 32;
/// Stars of one wildcard.
const MAX_STARS: usize = 8;

/// What is wrong with a pattern, and where.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PatternFault {
    /// Where, like `.detail.caseCount[0]`; empty: all of it.
    pub place: String,
    /// What.
    pub reason: Reason,
}

/// What is left of the bounds.
struct Left {
    values: usize,
    either: usize,
}

pub fn read(json: &Value) -> Result<Fields, PatternFault> {
    let Value::Object(object) = json else {
        return Err(fault("", Reason::InvalidType));
    };
    let mut left = Left {
        values: MAX_VALUES,
        either: MAX_EITHER,
    };
    fields(object, "", 0, &mut left)
}

fn fault(place: &str, reason: Reason) -> PatternFault {
    PatternFault {
        place: place.to_owned(),
        reason,
    }
}

fn fields(
    object: &Map<String, Value>,
    place: &str,
    depth: usize,
    left: &mut Left,
) -> Result<Fields, PatternFault> {
    if object.is_empty() {
        return Err(fault(place, Reason::Required));
    }
    if depth >= MAX_DEPTH {
        return Err(fault(place, Reason::TooLong));
    }
    let mut read = Fields::default();
    for (name, value) in object {
        let place = format!("{place}.{name}");
        match value {
            Value::Array(patterns) if name == "$or" => {
                read.either.push(either(patterns, &place, depth, left)?);
            }
            Value::Array(values) => {
                let leaf = leaf(values, &place, left)?;
                read.fields.push((name.clone(), Node::Leaf(leaf)));
            }
            Value::Object(inner) => {
                let inner = fields(inner, &place, depth + 1, left)?;
                read.fields.push((name.clone(), Node::Inner(inner)));
            }
            _ => return Err(fault(&place, Reason::InvalidType)),
        }
    }
    Ok(read)
}

fn either(
    patterns: &[Value],
    place: &str,
    depth: usize,
    left: &mut Left,
) -> Result<Vec<Fields>, PatternFault> {
    if patterns.len() < 2 {
        return Err(fault(place, Reason::InvalidFormat));
    }
    left.either = left
        .either
        .checked_sub(patterns.len())
        .ok_or_else(|| fault(place, Reason::TooLong))?;
    let one = |(index, pattern): (usize, &Value)| {
        let place = format!("{place}[{index}]");
        let object = pattern.as_object();
        let object = object.ok_or_else(|| fault(&place, Reason::InvalidType))?;
        fields(object, &place, depth + 1, left)
    };
    patterns.iter().enumerate().map(one).collect()
}

fn leaf(values: &[Value], place: &str, left: &mut Left) -> Result<Vec<Matcher>, PatternFault> {
    if values.is_empty() {
        return Err(fault(place, Reason::Required));
    }
    let mut matchers = Vec::with_capacity(values.len().min(MAX_VALUES));
    for (index, value) in values.iter().enumerate() {
        let weight = match value {
            Value::Object(operator) => {
                1 + operator
                    .values()
                    .filter_map(Value::as_array)
                    .map(Vec::len)
                    .sum::<usize>()
            }
            _ => 1,
        };
        left.values = left
            .values
            .checked_sub(weight)
            .ok_or_else(|| fault(place, Reason::TooLong))?;
        let of_value = |reason| fault(&format!("{place}[{index}]"), reason);
        matchers.push(match value {
            Value::Object(operator) => self::operator(operator).map_err(of_value)?,
            Value::Array(_) => return Err(of_value(Reason::InvalidFormat)),
            literal => Matcher::Literal(literal.clone()),
        });
    }
    Ok(matchers)
}

fn operator(object: &Map<String, Value>) -> Result<Matcher, Reason> {
    let mut members = object.iter();
    let (Some((name, operand)), None) = (members.next(), members.next()) else {
        return Err(Reason::InvalidFormat);
    };
    match name.as_str() {
        "exists" => operand
            .as_bool()
            .map(Matcher::Exists)
            .ok_or(Reason::InvalidFormat),
        "numeric" => numeric(operand).map(Matcher::Numeric),
        "anything-but" => anything_but(operand),
        _ => form(name, operand).map(Matcher::Text),
    }
}

fn form(name: &str, operand: &Value) -> Result<TextForm, Reason> {
    let ignoring_case = operand.get("equals-ignore-case").and_then(Value::as_str);
    let text = || {
        operand
            .as_str()
            .map(str::to_owned)
            .ok_or(Reason::InvalidFormat)
    };
    match (name, ignoring_case) {
        ("prefix", Some(prefix)) => Ok(TextForm::PrefixIgnoringCase(prefix.to_owned())),
        ("suffix", Some(suffix)) => Ok(TextForm::SuffixIgnoringCase(suffix.to_owned())),
        ("prefix", None) => text().map(TextForm::Prefix),
        ("suffix", None) => text().map(TextForm::Suffix),
        ("equals-ignore-case", _) => text().map(TextForm::IgnoringCase),
        ("wildcard", _) => wildcard(&text()?).map(TextForm::Wildcard),
        _ => Err(Reason::UnknownValue),
    }
}

fn anything_but(operand: &Value) -> Result<Matcher, Reason> {
    match operand {
        Value::Object(object) => {
            let mut members = object.iter();
            let (Some((name, operand)), None) = (members.next(), members.next()) else {
                return Err(Reason::InvalidFormat);
            };
            let forms = match operand {
                Value::Array(operands) if !operands.is_empty() => operands
                    .iter()
                    .map(|operand| form(name, operand))
                    .collect::<Result<_, _>>()?,
                operand => vec![form(name, operand)?],
            };
            Ok(Matcher::NoneOf(forms))
        }
        Value::Array(values)
            if values.is_empty() || values.iter().any(|v| v.is_array() || v.is_object()) =>
        {
            Err(Reason::InvalidFormat)
        }
        Value::Array(values) => Ok(Matcher::AnythingBut(values.clone())),
        value => Ok(Matcher::AnythingBut(vec![value.clone()])),
    }
}

fn numeric(operand: &Value) -> Result<Vec<(Comparison, f64)>, Reason> {
    let parts = operand.as_array().ok_or(Reason::InvalidFormat)?;
    if !matches!(parts.len(), 2 | 4) {
        return Err(Reason::InvalidFormat);
    }
    let bound = |pair: &[Value]| {
        let how = match pair[0].as_str() {
            Some("=") => Comparison::Equal,
            Some("<") => Comparison::Less,
            Some("<=") => Comparison::LessOrEqual,
            Some(">") => Comparison::Greater,
            Some(">=") => Comparison::GreaterOrEqual,
            _ => return Err(Reason::InvalidFormat),
        };
        Ok((how, pair[1].as_f64().ok_or(Reason::InvalidFormat)?))
    };
    parts.chunks(2).map(bound).collect()
}

/// The parts between stars; `\*` is a star and `\\` a backslash.
fn wildcard(text: &str) -> Result<Vec<String>, Reason> {
    let mut parts = vec![String::new()];
    let mut chars = text.chars();
    let mut after_star = false;
    while let Some(c) = chars.next() {
        if c == '*' {
            if after_star || parts.len() > MAX_STARS {
                return Err(Reason::InvalidFormat);
            }
            parts.push(String::new());
            after_star = true;
            continue;
        }
        let c = match c {
            '\\' => match chars.next() {
                Some(escaped @ ('*' | '\\')) => escaped,
                _ => return Err(Reason::InvalidFormat),
            },
            c => c,
        };
        if let Some(part) = parts.last_mut() {
            part.push(c);
        }
        after_star = false;
    }
    Ok(parts)
}
