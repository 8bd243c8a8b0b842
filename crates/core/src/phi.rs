//! Patient data, marked by type, so that it cannot slip into a log, an error or a message.

use std::fmt;

use serde::{Deserialize, Serialize};

/// Something that may name or describe a patient.
///
/// It has no `Display` and no `Serialize`, and its `Debug` prints `[phi]`. What must open it calls
/// [`Phi::reveal`] and says there why it may; `git grep 'reveal('` is the whole list.
#[derive(Clone, Default, PartialEq, Eq)]
pub struct Phi<T>(T);

impl<T> Phi<T> {
    /// Marks `value` as patient data.
    pub const fn new(value: T) -> Self {
        Self(value)
    }

    /// Opens it. Only for sealing at rest, for comparing, and for answers to roles that may read it.
    pub const fn reveal(&self) -> &T {
        &self.0
    }
}

impl<T> fmt::Debug for Phi<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("[phi]")
    }
}

/// The texts of an event or a record that are patient data, or may hold some. Absent is the same as empty.
///
/// They travel and are stored apart from the rest, so that the rest can be logged, listed and sent on.
#[derive(Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct Private {
    /// Name of the patient.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub patient_name: String,
    /// Free text.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub notes: String,
    /// Who asks for the pickup.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub contact_name: String,
    /// Where to call them.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub contact_phone: String,
    /// Who took the delivery.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub received_by: String,
    /// E-mail address of a contact.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub contact_email: String,
    /// How a driver gets in: a code of a gate, a floor, a name to ask for.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub access_note: String,
    /// Who usually receives what is brought.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub receivers: Vec<String>,
    /// How a clinic wants to be told: a JSON object as text, which may name addresses and numbers.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub notify: String,
    /// What the sender sent along: a JSON object as text.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub metadata: String,
    /// Digest of the content that was last accepted, by which the same content is recognised.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub content: String,
    /// Secrets of an endpoint: no patient data, but sealed at rest all the same.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub secrets: Vec<String>,
}

impl Phi<Private> {
    /// Takes over from `before` what somebody who writes without reading does not name: secrets, and what was sent along.
    pub fn keep_absent(&mut self, before: &Self) {
        if self.0.secrets.is_empty() {
            self.0.secrets.clone_from(&before.0.secrets);
        }
        if self.0.metadata.is_empty() {
            self.0.metadata.clone_from(&before.0.metadata);
        }
    }
}

impl Private {
    /// Whether nothing stands in it.
    pub fn is_empty(&self) -> bool {
        *self == Self::default()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn debug_does_not_tell() {
        let name = Private {
            patient_name: "Jane Doe".into(),
            ..Private::default()
        };
        assert_eq!(format!("{:?}", Phi::new(name)), "[phi]");
    }
}
