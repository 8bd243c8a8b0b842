//! Taking out of a JSON value what may name or describe a patient: for logs, and for whoever wants to look at a message.

use serde_json::Value;

/// Fields that go as a whole, in lower case without `_` and `-`.
const REMOVED: &[&str] = &[
    "patientname",
    "patname",
    "patient",
    "patientinfo",
    "patientid",
    "firstname",
    "lastname",
    "fullname",
    "dateofbirth",
    "dob",
    "birthdate",
    "ssn",
    "address",
    "notes",
    "note",
    "comments",
    "comment",
    "instructions",
    "contactname",
    "receivedby",
    "signature",
    "signatureid",
    "signatureurl",
    "signatureimage",
    "photos",
    "photoids",
    "photourls",
    "name",
];

/// The value without names, notes, contacts and signatures. E-mail addresses become `j***@d***.com`, phone numbers keep their
/// last two digits, wherever they stand.
pub fn sanitize(value: &Value) -> Value {
    match value {
        Value::Object(members) => {
            let kept = members
                .iter()
                .filter_map(|(key, member)| Some((key.clone(), sanitized_member(key, member)?)));
            Value::Object(kept.collect())
        }
        Value::Array(items) => Value::Array(items.iter().map(sanitize).collect()),
        Value::String(text) => Value::String(mask_text(text)),
        other => other.clone(),
    }
}

fn sanitized_member(key: &str, member: &Value) -> Option<Value> {
    let folded: String = key
        .chars()
        .filter(|c| *c != '_' && *c != '-')
        .flat_map(char::to_lowercase)
        .collect();
    match member {
        Value::String(text) if is_phone_field(&folded) => Some(Value::String(mask_phone(text))),
        Value::String(text) if folded.ends_with("email") => mask_email(text).map(Value::String),
        _ if REMOVED.contains(&folded.as_str()) => None,
        other => Some(sanitize(other)),
    }
}

fn is_phone_field(folded: &str) -> bool {
    folded.ends_with("phone") || matches!(folded, "phonenumber" | "mobile" | "fax" | "tel")
}

/// Masks what looks like an e-mail address or a phone number inside a text.
pub fn mask_text(text: &str) -> String {
    if !text.contains('@') && text.bytes().filter(u8::is_ascii_digit).count() < 10 {
        return text.to_owned();
    }
    let words = text.split_inclusive(char::is_whitespace).map(|piece| {
        let word = piece.trim_end();
        let rest = &piece[word.len()..];
        let masked = mask_email(word).unwrap_or_else(|| {
            if looks_like_phone(word) {
                mask_phone(word)
            } else {
                word.to_owned()
            }
        });
        masked + rest
    });
    words.collect()
}

/// `jane@dental.com` becomes `j***@d***.com`; `None` if it is no address.
pub fn mask_email(text: &str) -> Option<String> {
    let (user, domain) = text.split_once('@')?;
    let (host, top) = domain.rsplit_once('.')?;
    let first = |part: &str| part.chars().next().map(|c| format!("{c}***"));
    Some(format!("{}@{}.{top}", first(user)?, first(host)?))
}

/// Only the last two digits stay: `555-1234` becomes `***-**34`.
pub fn mask_phone(text: &str) -> String {
    if text.contains('*') {
        return text.to_owned();
    }
    let digits = text.chars().filter(char::is_ascii_digit).count();
    let mut seen = 0;
    let mask = |c: char| {
        if !c.is_ascii_digit() {
            // Letters in a phone field are somebody's remark.
            return if c.is_alphabetic() { '*' } else { c };
        }
        seen += 1;
        if seen + 2 > digits && digits > 2 {
            c
        } else {
            '*'
        }
    };
    text.chars().map(mask).collect()
}

/// A phone number in the middle of a text: ten digits or more and nothing but what such numbers are written with.
/// Dates and our ids are left alone.
fn looks_like_phone(word: &str) -> bool {
    let digits = word.bytes().filter(u8::is_ascii_digit).count();
    let plain = word
        .bytes()
        .all(|b| b.is_ascii_digit() || matches!(b, b'+' | b'-' | b'(' | b')' | b'.' | b'/'));
    (10..=15).contains(&digits) && plain
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn names_notes_contacts_and_signatures_go() {
        let given = json!({
            "caseId": "C-1",
            "patientName": "Jane Doe",
            "PatName": "Brown, Alice",
            "patient_info": { "name": "Jane" },
            "notes": "call Jane",
            "clinicName": "North",
            "requestedBy": { "name": "Bob", "phone": "555-1234" },
            "contact": { "email": "bob@dental.com" },
            "email": "jane@dental.com",
            "phone": "(503)555-1810",
            "items": [{ "signature": "iVBOR" }],
            "text": "mail jane@dental.com or 503-555-1810 on 2025-01-20",
            "count": 2,
            "gone": null,
        });
        let expected = json!({
            "caseId": "C-1",
            "clinicName": "North",
            "requestedBy": { "phone": "***-**34" },
            "contact": { "email": "b***@d***.com" },
            "email": "j***@d***.com",
            "phone": "(***)***-**10",
            "items": [{}],
            "text": "mail j***@d***.com or ***-***-**10 on 2025-01-20",
            "count": 2,
            "gone": null,
        });
        assert_eq!(sanitize(&given), expected);
    }

    #[test]
    fn masking_twice_is_masking_once() {
        let once = sanitize(&json!({ "email": "a@b.co", "phone": "5551234", "notes": "x" }));
        assert_eq!(sanitize(&once)["phone"], once["phone"]);
    }
}
