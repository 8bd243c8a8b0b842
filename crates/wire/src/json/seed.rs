//! From text to tree: a visitor for `serde_json`'s deserializer.

use std::borrow::Cow;
use std::fmt;

use pontic_core::fault::Reason;
use serde::de::{DeserializeSeed, Deserializer, Error, MapAccess, SeqAccess, Visitor};
use serde::{Deserialize, de};
use serde_json::value::RawValue;

use super::Json;

/// Reads `text` as one document of at most `max_depth` levels.
///
/// `serde_json` turns a number outside 64 bits into a float and refuses one outside binary64,
/// so that `1e20` and `100000000000000000000` look alike. Such numbers are rare: only a body
/// that seems to hold one is read again, each number from its own text.
pub(super) fn read(text: &str, max_depth: usize) -> Result<Json<'_>, Reason> {
    match read_as(text, max_depth, Numbers::Converted) {
        Err(Reason::InvalidJson) => read_as(text, max_depth, Numbers::AsWritten),
        result => result,
    }
}

fn read_as(text: &str, max_depth: usize, numbers: Numbers) -> Result<Json<'_>, Reason> {
    let mut too_deep = false;
    let mut deserializer = serde_json::Deserializer::from_str(text);
    let seed = Seed {
        levels_left: max_depth,
        numbers,
        too_deep: &mut too_deep,
    };
    let result = seed
        .deserialize(&mut deserializer)
        .and_then(|json| deserializer.end().map(|()| json));
    result.map_err(|_| {
        if too_deep {
            Reason::TooDeep
        } else {
            Reason::InvalidJson
        }
    })
}

/// How the numbers of a body are read.
#[derive(Clone, Copy)]
enum Numbers {
    /// By `serde_json`; one that it cannot tell for certain is an error.
    Converted,
    /// By us, from the text. Slower, for every value is first skipped and then read.
    AsWritten,
}

struct Seed<'s> {
    levels_left: usize,
    numbers: Numbers,
    /// Set before failing, because a `serde_json::Error` carries nothing but text.
    too_deep: &'s mut bool,
}

impl Seed<'_> {
    /// For a value inside of this one.
    fn child(&mut self) -> Seed<'_> {
        Seed {
            levels_left: self.levels_left,
            numbers: self.numbers,
            too_deep: self.too_deep,
        }
    }

    /// Enters an array or object, if the limit allows one more level.
    fn descend<E: de::Error>(&mut self) -> Result<(), E> {
        let Some(left) = self.levels_left.checked_sub(1) else {
            *self.too_deep = true;
            return Err(E::custom("too deep"));
        };
        self.levels_left = left;
        Ok(())
    }
}

impl<'de> DeserializeSeed<'de> for Seed<'_> {
    type Value = Json<'de>;

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<Json<'de>, D::Error> {
        match self.numbers {
            Numbers::Converted => deserializer.deserialize_any(self),
            Numbers::AsWritten => {
                let text = <&RawValue>::deserialize(deserializer)?.get();
                if text.starts_with(|first: char| first == '-' || first.is_ascii_digit()) {
                    return number(text).map_err(D::Error::custom);
                }
                serde_json::Deserializer::from_str(text)
                    .deserialize_any(self)
                    .map_err(D::Error::custom)
            }
        }
    }
}

/// The value of a number whose grammar has been checked.
fn number(text: &str) -> Result<Json<'_>, std::num::ParseFloatError> {
    if text.contains(['.', 'e', 'E']) {
        return text.parse().map(Json::Float);
    }
    Ok(text
        .parse()
        .map_or(Json::BigInteger(Cow::Borrowed(text)), Json::Integer))
}

impl<'de> Visitor<'de> for Seed<'_> {
    type Value = Json<'de>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a JSON value")
    }

    fn visit_unit<E>(self) -> Result<Json<'de>, E> {
        Ok(Json::Null)
    }

    fn visit_bool<E>(self, value: bool) -> Result<Json<'de>, E> {
        Ok(Json::Bool(value))
    }

    fn visit_i64<E>(self, value: i64) -> Result<Json<'de>, E> {
        Ok(Json::Integer(value))
    }

    fn visit_u64<E>(self, value: u64) -> Result<Json<'de>, E> {
        Ok(i64::try_from(value).map_or_else(
            |_| Json::BigInteger(value.to_string().into()),
            Json::Integer,
        ))
    }

    fn visit_f64<E: de::Error>(self, value: f64) -> Result<Json<'de>, E> {
        const BEYOND_64_BITS: f64 = 9_223_372_036_854_775_808.0;
        // `-0` is an integer too, but arrives here as a float.
        let is_minus_zero = value == 0.0 && value.is_sign_negative();
        let may_be_integer = value.abs() >= BEYOND_64_BITS || is_minus_zero;
        if may_be_integer && matches!(self.numbers, Numbers::Converted) {
            return Err(E::custom("a number to be read from its text"));
        }
        Ok(Json::Float(value))
    }

    fn visit_borrowed_str<E>(self, text: &'de str) -> Result<Json<'de>, E> {
        Ok(Json::Text(Cow::Borrowed(text)))
    }

    fn visit_str<E>(self, text: &str) -> Result<Json<'de>, E> {
        Ok(Json::Text(Cow::Owned(text.to_owned())))
    }

    fn visit_seq<A: SeqAccess<'de>>(mut self, mut seq: A) -> Result<Json<'de>, A::Error> {
        self.descend()?;
        let mut items = Vec::new();
        while let Some(item) = seq.next_element_seed(self.child())? {
            items.push(item);
        }
        Ok(Json::List(items))
    }

    fn visit_map<A: MapAccess<'de>>(mut self, mut map: A) -> Result<Json<'de>, A::Error> {
        self.descend()?;
        let mut members = Vec::new();
        while let Some(key) = map.next_key_seed(Key)? {
            let value = map.next_value_seed(self.child())?;
            members.push((key, value));
        }
        Ok(Json::Object(members))
    }
}

/// A key, borrowed unless it holds escapes.
struct Key;

impl<'de> DeserializeSeed<'de> for Key {
    type Value = Cow<'de, str>;

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<Self::Value, D::Error> {
        deserializer.deserialize_str(self)
    }
}

impl<'de> Visitor<'de> for Key {
    type Value = Cow<'de, str>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a key")
    }

    fn visit_borrowed_str<E>(self, key: &'de str) -> Result<Self::Value, E> {
        Ok(Cow::Borrowed(key))
    }

    fn visit_str<E>(self, key: &str) -> Result<Self::Value, E> {
        Ok(Cow::Owned(key.to_owned()))
    }
}
