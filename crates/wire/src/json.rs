//! The strict JSON door: bytes in, a checked tree out.
//!
//! Stricter than most parsers where leniency hides mistakes or attacks: a key may stand only
//! once in an object (two readers could disagree about which one counts), nesting is bounded,
//! and an integer is never mistaken for a number with a fraction. The tokenizer is
//! `serde_json`'s; the tree is ours, because it keeps the order of keys, borrows texts from
//! the body, and tells `226` from `226.0`.

mod duplicates;
mod seed;
mod write;

use std::borrow::Cow;
use std::fmt;

use pontic_core::fault::{Fault, Reason};

/// The field of a fault that concerns the body as a whole.
pub const WHOLE_BODY: &str = "$";

/// A JSON value that borrows from the text it was read from wherever it can.
#[derive(Clone, PartialEq)]
pub enum Json<'a> {
    /// `null`
    Null,
    /// `true` or `false`
    Bool(bool),
    /// A number written without fraction and exponent.
    Integer(i64),
    /// Such a number outside 64 bits (signed): its text.
    BigInteger(Cow<'a, str>),
    /// A number written with a fraction or an exponent, even if its value is whole.
    Float(f64),
    /// A string, escapes resolved.
    Text(Cow<'a, str>),
    /// An array.
    List(Vec<Json<'a>>),
    /// An object: its members in the order written, each key once.
    Object(Vec<(Cow<'a, str>, Json<'a>)>),
}

/// What a body may demand of the reader.
#[derive(Debug, Clone, Copy)]
pub struct Limits {
    /// Bytes of the whole body.
    pub max_bytes: usize,
    /// Levels of arrays and objects; the outermost is level 1.
    pub max_depth: usize,
}

impl Limits {
    /// For the bodies that practice systems send.
    pub const WEBHOOK: Self = Self {
        max_bytes: 64 * 1024,
        max_depth: 16,
    };
}

/// For all other bodies.
impl Default for Limits {
    fn default() -> Self {
        Self {
            max_bytes: 1024 * 1024,
            max_depth: 16,
        }
    }
}

/// Reads one JSON document.
///
/// Takes the raw body; gives its tree, or the one fault that makes it unreadable: `too_large`,
/// `invalid_utf8`, `invalid_json` or `too_deep` at `$`, or `duplicate_key` at the key's path
/// (`patientInfo.name`, `entries[3].detail.x`).
pub fn parse(bytes: &[u8], limits: Limits) -> Result<Json<'_>, Fault> {
    let json = read(bytes, limits).map_err(|reason| Fault::new(WHOLE_BODY, reason))?;
    match duplicates::first(&json) {
        Some(path) => Err(Fault::new(path, Reason::DuplicateKey)),
        None => Ok(json),
    }
}

fn read(bytes: &[u8], limits: Limits) -> Result<Json<'_>, Reason> {
    if bytes.len() > limits.max_bytes {
        return Err(Reason::TooLarge);
    }
    let text = str::from_utf8(bytes).map_err(|_| Reason::InvalidUtf8)?;
    seed::read(text, limits.max_depth)
}

impl<'a> Json<'a> {
    /// The member `key` of an object; nothing for other values.
    pub fn get(&self, key: &str) -> Option<&Json<'a>> {
        let Self::Object(members) = self else {
            return None;
        };
        members
            .iter()
            .find(|(name, _)| name == key)
            .map(|(_, value)| value)
    }
}

/// Shows the kind of the value only: bodies hold patient data, and logs are made with `Debug`.
impl fmt::Debug for Json<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Null => f.write_str("null"),
            Self::Bool(_) => f.write_str("bool"),
            Self::Integer(_) | Self::BigInteger(_) => f.write_str("integer"),
            Self::Float(_) => f.write_str("float"),
            Self::Text(text) => write!(f, "text of {} bytes", text.len()),
            Self::List(items) => write!(f, "list of {}", items.len()),
            Self::Object(members) => write!(f, "object of {}", members.len()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(text: &str) -> Result<Json<'_>, (String, Reason)> {
        let limits = Limits {
            max_bytes: usize::MAX,
            ..Limits::default()
        };
        parse(text.as_bytes(), limits).map_err(|fault| (fault.field.into_owned(), fault.reason))
    }

    fn check_fault(text: &str, field: &str, reason: Reason) {
        assert_eq!(
            read(text).err(),
            Some((field.to_owned(), reason)),
            "{text:.60}"
        );
    }

    #[test]
    fn what_is_no_json_document() {
        let texts = [
            "",
            " ",
            "{",
            "{} {}",
            "[1,]",
            "{\"a\":NaN}",
            "Infinity",
            "'a'",
            "\u{feff}{}",
            "01",
            "+1",
            "1.",
            "\"\\ud800\"",
            "\"\\udc00\\ud800\"",
            "\"a\tb\"",
            "{a:1}",
            "nul",
            "[1e999",
            "[99999999999999999999,]",
        ];
        for text in texts {
            check_fault(text, "$", Reason::InvalidJson);
        }
        let fault = parse(b"{\"a\":\"\xff\"}", Limits::default()).unwrap_err();
        assert_eq!(fault, Fault::new("$", Reason::InvalidUtf8));
    }

    #[test]
    fn integers_are_told_from_floats() {
        let big = |text: &'static str| Json::BigInteger(text.into());
        let cases = [
            ("226", Json::Integer(226)),
            ("-0", Json::Integer(0)),
            ("9223372036854775807", Json::Integer(i64::MAX)),
            ("-9223372036854775808", Json::Integer(i64::MIN)),
            ("9223372036854775808", big("9223372036854775808")),
            ("-9223372036854775809", big("-9223372036854775809")),
            ("100000000000000000000", big("100000000000000000000")),
            ("226.0", Json::Float(226.0)),
            ("2.26e2", Json::Float(226.0)),
            ("1e20", Json::Float(1e20)),
            ("1E400", Json::Float(f64::INFINITY)),
            ("-0.0", Json::Float(0.0)),
            ("0.0", Json::Float(0.0)),
        ];
        for (text, expected) in cases {
            assert_eq!(read(text).unwrap(), expected, "{text}");
            // The same beside members that are read twice because of it.
            let object = format!("{{ \"a\\n\": [ {text} , \"\\u00e9\", 9.5e30 ], \"b\": {{ }} }}");
            let Json::Object(members) = read(&object).unwrap() else {
                panic!("no object")
            };
            let list = Json::List(vec![expected, Json::Text("é".into()), Json::Float(9.5e30)]);
            assert_eq!(
                members,
                [("a\n".into(), list), ("b".into(), Json::Object(vec![]))]
            );
        }
    }

    #[test]
    fn depth_is_bounded() {
        let nested = |levels: usize| "[".repeat(levels) + &"]".repeat(levels);
        assert!(read(&nested(16)).is_ok());
        assert!(read(&format!("{{\"x\":{}}}", nested(15))).is_ok());
        check_fault(&nested(17), "$", Reason::TooDeep);
        check_fault(
            &format!("{{\"x\":1e999,\"y\":{}}}", nested(16)),
            "$",
            Reason::TooDeep,
        );
        check_fault(&nested(5000), "$", Reason::TooDeep);
        check_fault(&"{\"a\":".repeat(100_000), "$", Reason::TooDeep);
        assert!(read("\"[[[[[[[[[[[[[[[[[[[[[[[[[\"").is_ok());
    }

    #[test]
    fn duplicate_keys_are_named_by_path() {
        check_fault(r#"{"a":1,"a":1}"#, "a", Reason::DuplicateKey);
        check_fault(
            r#"{"practiceId":1,"practice\u0049d":2}"#,
            "practiceId",
            Reason::DuplicateKey,
        );
        check_fault(
            r#"{"patientInfo":{"name":1,"name":2}}"#,
            "patientInfo.name",
            Reason::DuplicateKey,
        );
        let deep = r#"{"entries":[{},{},[1],{"detail":{"x":[],"x":0}}]}"#;
        check_fault(deep, "entries[3].detail.x", Reason::DuplicateKey);
        check_fault(
            r#"[[{"a":1},{"a":1,"a":2}]]"#,
            "[0][1].a",
            Reason::DuplicateKey,
        );
        assert!(read(r#"{"a":{"a":{"a":1}},"b":[{"a":1},{"a":1}]}"#).is_ok());
    }

    #[test]
    fn size_is_bounded() {
        let spaces = |bytes: usize| format!("{{{}}}", " ".repeat(bytes - 2));
        assert!(parse(spaces(65_536).as_bytes(), Limits::WEBHOOK).is_ok());
        let fault = parse(spaces(65_537).as_bytes(), Limits::WEBHOOK).unwrap_err();
        assert_eq!(fault, Fault::new("$", Reason::TooLarge));
    }

    #[test]
    fn very_many_keys_are_no_burden() {
        let keys: Vec<String> = (0..100_000).map(|key| format!("\"k{key}\":0")).collect();
        let unique = format!("{{{}}}", keys.join(","));
        assert!(read(&unique).is_ok());
        let repeated = format!("{{{},\"k7\":0}}", keys.join(","));
        check_fault(&repeated, "k7", Reason::DuplicateKey);
    }

    #[test]
    fn plain_texts_are_borrowed_and_order_is_kept() {
        let Json::Object(members) = read(r#"{"b":"x","a":"\n"}"#).unwrap() else {
            panic!("no object")
        };
        assert!(matches!(
            &members[0],
            (Cow::Borrowed("b"), Json::Text(Cow::Borrowed("x")))
        ));
        assert_eq!(members[1], ("a".into(), Json::Text("\n".into())));
    }

    #[test]
    fn debug_hides_what_was_sent() {
        let text = format!("{:?}", read(r#"{"patientName":"Jane Doe"}"#).unwrap());
        assert_eq!(text, "object of 1");
    }
}
