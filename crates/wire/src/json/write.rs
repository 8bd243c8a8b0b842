//! From tree to text.

use std::borrow::Cow;

use serde::ser::{Error, Serialize, Serializer};
use serde_json::value::RawValue;

use super::Json;

/// Keeps the order of members, which `serde_json::Value` does not.
impl Serialize for Json<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match self {
            Self::Null => serializer.serialize_unit(),
            Self::Bool(value) => serializer.serialize_bool(*value),
            Self::Integer(value) => serializer.serialize_i64(*value),
            Self::BigInteger(digits) => {
                let raw: &RawValue = serde_json::from_str(digits).map_err(S::Error::custom)?;
                raw.serialize(serializer)
            }
            Self::Float(value) => serializer.serialize_f64(*value),
            Self::Text(text) => serializer.serialize_str(text),
            Self::List(items) => serializer.collect_seq(items),
            Self::Object(members) => {
                serializer.collect_map(members.iter().map(|(key, value)| (key, value)))
            }
        }
    }
}

impl<'a> Json<'a> {
    /// A text.
    pub fn text(text: impl Into<Cow<'a, str>>) -> Self {
        Self::Text(text.into())
    }

    /// An object without members, to be filled with [`Json::put`].
    pub const fn object() -> Self {
        Self::Object(Vec::new())
    }

    /// Appends `value` as the member at `path`; a dot leads into a nested object, made if need be.
    ///
    /// For building bodies of our own: an existing member is not looked for, and a value that is
    /// no object is left as it is.
    pub fn put(&mut self, path: &'a str, value: Json<'a>) {
        let Self::Object(members) = self else { return };
        let Some((outer, inner)) = path.split_once('.') else {
            members.push((path.into(), value));
            return;
        };
        if let Some((_, nested)) = members.iter_mut().find(|(key, _)| key == outer) {
            nested.put(inner, value);
        } else {
            let mut nested = Self::object();
            nested.put(inner, value);
            members.push((outer.into(), nested));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::json::{Limits, parse};

    #[test]
    fn a_tree_is_written_as_it_was_read() {
        let text = r#"{"b":[1,2.5,true,null],"a":{"n":"é\n","big":99999999999999999999}}"#;
        let json = parse(text.as_bytes(), Limits::default()).unwrap();
        assert_eq!(serde_json::to_string(&json).unwrap(), text);
    }

    #[test]
    fn members_are_put_where_the_path_says() {
        let mut json = Json::object();
        json.put("patientInfo.name", Json::text("A"));
        json.put("id", Json::Integer(1));
        json.put("patientInfo.id", Json::text("2"));
        assert_eq!(
            serde_json::to_string(&json).unwrap(),
            r#"{"patientInfo":{"name":"A","id":"2"},"id":1}"#
        );
    }
}
