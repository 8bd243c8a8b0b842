//! Reading the members of a JSON object with all faults at once.
//!
//! A [`Reader`] knows where it is in the body and gathers faults in the order in which fields
//! are asked for; a *rule* says what one field may hold. Rules are plain functions from a value
//! that is there to `Result<T, Reason>`: the ones of the contract stand in this module
//! ([`text`], [`id`], [`integer`], [`timestamp`], …), others can be written in place.
//!
//! `null`, an absent member and a blank text mean the same, so a rule never sees them.
//! A rule that finds that a value stands for "nothing" (the year 1 as a date) answers
//! [`Reason::Required`]; for an optional field that is no fault.
//!
//! ```
//! use pontic_wire::fields::{self, Reader};
//! use pontic_wire::json::{self, Limits};
//!
//! struct Hold<'j> {
//!     case_id: &'j str,
//!     weight_kg: Option<f64>,
//! }
//!
//! let body = br#"{ "caseId": "C-1", "packageSpecs": { "weight": 2.5 } }"#;
//! let json = json::parse(body, Limits::default()).unwrap();
//! let mut detail = Reader::new(&json, "detail");
//! let case_id = detail.required("caseId", fields::id);
//! let weight_kg = detail.optional("packageSpecs.weight", fields::number(0.0..=1000.0));
//! let hold = detail.finish(|| Some(Hold { case_id: case_id?, weight_kg })).unwrap();
//! assert_eq!((hold.case_id, hold.weight_kg), ("C-1", Some(2.5)));
//! ```

mod faults;
mod rules;

use std::borrow::Cow;

use pontic_core::fault::{Fault, Reason};

use crate::json::{Json, WHOLE_BODY};

pub(crate) use rules::trimmed;

pub use faults::Faults;
pub use rules::{
    NAME, NOTES, PHONE, TextLimits, boolean, built_id, date, decimal, id, id_or_integer, integer,
    number, text, timestamp, word,
};

/// Reads the members of one object, and gathers what is wrong with them.
///
/// Names are the sender's; a dot leads into a nested object (`patientInfo.name`). A value on the
/// way that is no object is `invalid_type` at its own path, once.
pub struct Reader<'j> {
    object: &'j Json<'j>,
    /// Path of the object, empty for the body itself.
    path: Cow<'static, str>,
    faults: Faults,
}

impl<'j> Reader<'j> {
    /// A reader of `json`, whose faults are to be named below `path` (`""` for the body itself).
    ///
    /// A value that is no object is `invalid_type`, and has no members.
    pub fn new(json: &'j Json<'j>, path: impl Into<Cow<'static, str>>) -> Self {
        let mut reader = Self {
            object: json,
            path: path.into(),
            faults: Faults::default(),
        };
        if !matches!(json, Json::Object(_)) {
            let fault = Fault::new(reader.place(), Reason::InvalidType);
            reader.faults.note(fault);
        }
        reader
    }

    /// The member `name` by `rule`; `None` if it is absent or at fault.
    pub fn optional<T>(
        &mut self,
        name: &'static str,
        rule: impl FnOnce(&'j Json<'j>) -> Result<T, Reason>,
    ) -> Option<T> {
        let result = self.read(name, rule);
        self.faults.keep(result).flatten()
    }

    /// The member `name` by `rule`; absent is `required`. `None` means that a fault was noted.
    pub fn required<T>(
        &mut self,
        name: &'static str,
        rule: impl FnOnce(&'j Json<'j>) -> Result<T, Reason>,
    ) -> Option<T> {
        let result = self.demand(name, rule);
        self.faults.keep(result)
    }

    /// The items of the list `name`, each by `rule`, at most `max`; absent is empty.
    ///
    /// Faults of items are named `name[3]`, too many items are `too_long`.
    pub fn list<T>(
        &mut self,
        name: &'static str,
        max: usize,
        mut rule: impl FnMut(&'j Json<'j>) -> Result<T, Reason>,
    ) -> Vec<T> {
        let list = self.optional(name, |json| items(json, max));
        let mut values = Vec::new();
        for (index, item) in list.unwrap_or_default().iter().enumerate() {
            match present(item).ok_or(Reason::Required).and_then(&mut rule) {
                Ok(value) => values.push(value),
                Err(reason) => {
                    let place = format!("{}[{index}]", self.path_of(name));
                    self.faults.note(Fault::new(place, reason));
                }
            }
        }
        values
    }

    /// What `read` makes of the nested object `name`; `None` if it is absent or no object.
    pub fn object<T>(
        &mut self,
        name: &'static str,
        read: impl FnOnce(&mut Reader<'j>) -> T,
    ) -> Option<T> {
        let nested = self.optional(name, Ok)?;
        let path = self.path_of(name);
        Some(self.nested(nested, path, read))
    }

    /// What `read` makes of each object in the list `name`, at most `max`; absent is empty.
    pub fn objects<T>(
        &mut self,
        name: &'static str,
        max: usize,
        mut read: impl FnMut(&mut Reader<'j>) -> T,
    ) -> Vec<T> {
        let list = self.optional(name, |json| items(json, max));
        let mut values = Vec::new();
        for (index, item) in list.unwrap_or_default().iter().enumerate() {
            let place = format!("{}[{index}]", self.path_of(name));
            values.push(self.nested(item, place.into(), &mut read));
        }
        values
    }

    /// Notes a fault that only a comparison of fields can show.
    pub fn fault(&mut self, name: &'static str, reason: Reason) {
        self.faults.note(Fault::new(self.path_of(name), reason));
    }

    /// The same for a place whose name is the sender's own.
    pub fn fault_at(&mut self, name: String, reason: Reason) {
        let place = if self.path.is_empty() {
            name
        } else {
            format!("{}.{name}", self.path)
        };
        self.faults.note(Fault::new(place, reason));
    }

    /// The member `name` by `rule`, without noting a fault: for callers that keep their own order.
    pub fn read<T>(
        &self,
        name: &'static str,
        rule: impl FnOnce(&'j Json<'j>) -> Result<T, Reason>,
    ) -> Result<Option<T>, Fault> {
        let Some(value) = self.find(name)? else {
            return Ok(None);
        };
        match rule(value) {
            Ok(value) => Ok(Some(value)),
            Err(Reason::Required) => Ok(None),
            Err(reason) => Err(Fault::new(self.path_of(name), reason)),
        }
    }

    /// As [`Reader::read`], for a member that must be there.
    pub fn demand<T>(
        &self,
        name: &'static str,
        rule: impl FnOnce(&'j Json<'j>) -> Result<T, Reason>,
    ) -> Result<T, Fault> {
        self.read(name, rule)?
            .ok_or_else(|| Fault::new(self.path_of(name), Reason::Required))
    }

    /// All faults, or what `build` gives when there are none.
    ///
    /// `build` answers `None` only for a required field that was noted, so that `?` can be used.
    pub fn finish<T>(self, build: impl FnOnce() -> Option<T>) -> Result<T, Vec<Fault>> {
        self.faults.finish(build)
    }

    fn find(&self, name: &'static str) -> Result<Option<&'j Json<'j>>, Fault> {
        let mut value = self.object;
        let mut walked = 0;
        for step in name.split('.') {
            if !matches!(value, Json::Object(_)) {
                let place = match walked {
                    0 => self.place(),
                    end => self.path_of(&name[..end - 1]),
                };
                return Err(Fault::new(place, Reason::InvalidType));
            }
            let Some(member) = value.get(step).and_then(present) else {
                return Ok(None);
            };
            value = member;
            walked += step.len() + 1;
        }
        Ok(Some(value))
    }

    fn nested<T>(
        &mut self,
        object: &'j Json<'j>,
        path: Cow<'static, str>,
        read: impl FnOnce(&mut Reader<'j>) -> T,
    ) -> T {
        let mut nested = Reader::new(object, path);
        let value = read(&mut nested);
        self.faults.append(nested.faults);
        value
    }

    fn place(&self) -> Cow<'static, str> {
        if self.path.is_empty() {
            WHOLE_BODY.into()
        } else {
            self.path.clone()
        }
    }

    fn path_of(&self, name: &'static str) -> Cow<'static, str> {
        if self.path.is_empty() {
            name.into()
        } else {
            format!("{}.{name}", self.path).into()
        }
    }
}

/// A value that says something: not `null`, not a blank text.
fn present<'j>(json: &'j Json<'j>) -> Option<&'j Json<'j>> {
    match json {
        Json::Null => None,
        Json::Text(text) if text.trim().is_empty() => None,
        json => Some(json),
    }
}

fn items<'j>(json: &'j Json<'j>, max: usize) -> Result<&'j [Json<'j>], Reason> {
    match json {
        Json::List(items) if items.len() > max => Err(Reason::TooLong),
        Json::List(items) => Ok(items),
        _ => Err(Reason::InvalidType),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::json::{Limits, parse};

    fn check(text: &str, read: impl FnOnce(&mut Reader<'_>), expected: &[(&str, Reason)]) {
        let json = parse(text.as_bytes(), Limits::default()).unwrap();
        let mut reader = Reader::new(&json, "");
        read(&mut reader);
        let faults = reader.finish(|| Some(())).err().unwrap_or_default();
        let faults: Vec<_> = faults
            .iter()
            .map(|fault| (fault.field.as_ref(), fault.reason))
            .collect();
        assert_eq!(faults, expected, "{text}");
    }

    #[test]
    fn all_faults_in_the_order_asked() {
        let read = |reader: &mut Reader<'_>| {
            reader.required("a", id);
            reader.optional("b", integer(1..=9));
            reader.required("c", id);
            reader.required("d.e", id);
            reader.optional("d.f", id);
        };
        let expected = [
            ("a", Reason::Required),
            ("b", Reason::OutOfRange),
            ("c", Reason::InvalidType),
            ("d", Reason::InvalidType),
        ];
        check(r#"{"d":[],"c":1,"b":10,"a":" "}"#, read, &expected);
        check(r#"{"a":"x","b":null,"c":"y","d":{"e":"z"}}"#, read, &[]);
    }

    #[test]
    fn nested_values_are_named_by_path() {
        let read = |reader: &mut Reader<'_>| {
            reader.list("ids", 3, id);
            reader.object("window", |window| {
                window.required("start", timestamp);
                window.required("end.at", timestamp);
            });
            reader.objects("stops", 2, |stop| stop.required("clinicId", id));
        };
        let text = r#"{"ids":["a","b c",null],"window":{"start":"2025-01-01","end":{"at":3}},"stops":[{},7]}"#;
        let expected = [
            ("ids[1]", Reason::InvalidChar),
            ("ids[2]", Reason::Required),
            ("window.start", Reason::MissingTime),
            ("window.end.at", Reason::InvalidType),
            ("stops[0].clinicId", Reason::Required),
            ("stops[1]", Reason::InvalidType),
        ];
        check(text, read, &expected);
        let text = r#"{"ids":[1,2,3,4],"window":3,"stops":{}}"#;
        let expected = [
            ("ids", Reason::TooLong),
            ("window", Reason::InvalidType),
            ("stops", Reason::InvalidType),
        ];
        check(text, read, &expected);
        check("{}", read, &[]);
    }

    #[test]
    fn a_body_that_is_no_object() {
        let read = |reader: &mut Reader<'_>| {
            reader.required("a", id);
            reader.required("b.c", id);
        };
        check("[]", |_| {}, &[("$", Reason::InvalidType)]);
        check("\"hello\"", read, &[("$", Reason::InvalidType)]);
    }
}
