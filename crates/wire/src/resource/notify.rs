//! How somebody wants to be told, and in which words.

use std::collections::BTreeMap;

use pontic_core::directory::Open;
use pontic_core::event::TemplateSet;
use pontic_core::fault::{Fault, Reason};
use pontic_core::id::LabId;
use pontic_core::notice::{Channel, Language, MAX_ADDRESSES, NoticeKind, Preferences};
use pontic_core::subscription::ALL_LABS;
use pontic_core::template::Template;

use super::directory::time_of_day;
use crate::fields::{self, Reader, TextLimits};
use crate::json::Json;

/// The longest address that SMTP carries.
const EMAIL: TextLimits = TextLimits {
    max_chars: 254,
    max_bytes: 254,
    multiline: false,
};
/// A number as people write it.
const NUMBER: TextLimits = TextLimits {
    max_chars: 40,
    max_bytes: 40,
    multiline: false,
};
/// The subject of an e-mail, before its fields are filled in.
const SUBJECT: TextLimits = TextLimits {
    max_chars: 500,
    max_bytes: 2_000,
    multiline: false,
};
/// A text, before its fields are filled in.
const TEXT: TextLimits = TextLimits {
    max_chars: 16_384,
    max_bytes: 16_384,
    multiline: true,
};
const CHANNELS: &[(&str, Channel)] = &[("email", Channel::Email), ("sms", Channel::Sms)];
const LANGUAGES: &[(&str, Language)] = &[("en", Language::English), ("de", Language::German)];
/// Most kinds that preferences name; codes of alerts among them.
const MAX_KINDS: usize = 100;
/// Longest gathering, in minutes.
const MAX_DIGEST: i64 = 240;

/// `{ email?, sms?, language?, kinds?, quietHours?: { from, to }, digestMinutes? }`, as it is kept: a JSON object as text. Members and
/// kinds that nobody knows are left out.
pub fn notify(reader: &mut Reader<'_>) -> String {
    let email = addresses(reader, "email", email);
    let sms = addresses(reader, "sms", number);
    let language = reader.optional("language", fields::word(LANGUAGES));
    let kinds = reader.object("kinds", |_| ()).and_then(|()| {
        let members = reader.optional("kinds", Ok)?;
        Some(kinds(reader, members))
    });
    let quiet_hours = reader.object("quietHours", |span| {
        let from = span.required("from", time_of_day);
        let to = span.required("to", time_of_day);
        Some(Open {
            from: from?,
            to: to?,
        })
    });
    let digest = reader.optional("digestMinutes", fields::integer(0..=MAX_DIGEST));
    let preferences = Preferences {
        email,
        sms,
        language,
        kinds: kinds.unwrap_or_default(),
        quiet_hours: quiet_hours.flatten(),
        digest_minutes: digest.and_then(|minutes| u32::try_from(minutes).ok()),
    };
    // It holds nothing that JSON cannot: it cannot fail.
    serde_json::to_string(&preferences).unwrap_or_default()
}

/// A list of addresses, or a single one, each once.
fn addresses(
    reader: &mut Reader<'_>,
    name: &'static str,
    rule: fn(&Json<'_>) -> Result<String, Reason>,
) -> Vec<String> {
    let is_one = matches!(
        reader.read(name, |json| Ok(matches!(json, Json::Text(_)))),
        Ok(Some(true))
    );
    let mut found = if is_one {
        reader.optional(name, rule).into_iter().collect()
    } else {
        reader.list(name, MAX_ADDRESSES, rule)
    };
    let mut seen = Vec::with_capacity(found.len());
    found.retain(|address| {
        let is_new = !seen.contains(address);
        seen.push(address.clone());
        is_new
    });
    found
}

fn kinds<'j>(reader: &mut Reader<'j>, members: &'j Json<'j>) -> BTreeMap<String, Vec<Channel>> {
    let Json::Object(members) = members else {
        return BTreeMap::new();
    };
    if members.len() > MAX_KINDS {
        reader.fault("kinds", Reason::TooLong);
        return BTreeMap::new();
    }
    let mut kinds = BTreeMap::new();
    for (name, channels) in members {
        let code = name.strip_prefix("alert.");
        let is_known = NoticeKind::from_word(name).is_some() || code.is_some_and(is_code);
        if !is_known || matches!(channels, Json::Null) {
            continue;
        }
        let items = match channels {
            Json::List(items) if items.len() <= Channel::ALL.len() * 2 => items.as_slice(),
            Json::List(_) => {
                reader.fault_at(format!("kinds.{name}"), Reason::TooLong);
                continue;
            }
            _ => {
                reader.fault_at(format!("kinds.{name}"), Reason::InvalidType);
                continue;
            }
        };
        let mut chosen = Vec::new();
        for (index, item) in items.iter().enumerate() {
            match fields::word(CHANNELS)(item) {
                Ok(channel) if chosen.contains(&channel) => {}
                Ok(channel) => chosen.push(channel),
                Err(reason) => reader.fault_at(format!("kinds.{name}[{index}]"), reason),
            }
        }
        kinds.insert(name.to_string(), chosen);
    }
    kinds
}

/// Codes of alerts are ours: short and plain.
fn is_code(text: &str) -> bool {
    let plain = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'_';
    (1..=64).contains(&text.len()) && text.bytes().all(plain)
}

/// An address of e-mail: of the form `user@host`, in visible characters.
pub fn email(json: &Json<'_>) -> Result<String, Reason> {
    let text = fields::text(EMAIL)(json)?;
    let (user, host) = text.rsplit_once('@').ok_or(Reason::InvalidFormat)?;
    let plain = text.chars().all(|c| {
        !c.is_whitespace() && !c.is_control() && !matches!(c, '<' | '>' | ',' | ';' | '"')
    });
    let is_host = !host.is_empty()
        && host.split('.').all(|label| {
            !label.is_empty() && label.chars().all(|c| c.is_alphanumeric() || c == '-')
        });
    if plain && is_host && !user.is_empty() && !user.contains('@') {
        Ok(text.to_owned())
    } else {
        Err(Reason::InvalidFormat)
    }
}

/// A phone number with its country: `+` and 7 to 15 digits; what people part digits with is left out.
pub fn number(json: &Json<'_>) -> Result<String, Reason> {
    let text = fields::text(NUMBER)(json)?;
    let digits = text.strip_prefix('+').ok_or(Reason::InvalidFormat)?;
    let digits: String = digits
        .chars()
        .filter(|c| !matches!(c, ' ' | '-' | '(' | ')' | '.' | '/'))
        .collect();
    let is_number = (7..=15).contains(&digits.len())
        && digits.bytes().all(|byte| byte.is_ascii_digit())
        && !digits.starts_with('0');
    if is_number {
        Ok(format!("+{digits}"))
    } else {
        Err(Reason::InvalidFormat)
    }
}

/// `{ channel, to }`: whom a test goes to.
pub fn notice_test(body: &Json<'_>) -> Result<(Channel, String), Vec<Fault>> {
    let mut reader = Reader::new(body, "");
    let channel = reader.required("channel", fields::word(CHANNELS));
    let to = match channel {
        Some(Channel::Sms) => reader.required("to", number),
        _ => reader.required("to", email),
    };
    reader.finish(|| Some((channel?, to?)))
}

/// The words of a kind of notices: `{ labId?, language?, subject, text, html?, sms? }`. Whether they can be filled in is asked by whoever
/// fills them in.
pub fn template(
    kind: NoticeKind,
    body: &Json<'_>,
    expected: Option<u64>,
) -> Result<TemplateSet, Vec<Fault>> {
    let mut reader = Reader::new(body, "");
    let lab_id = reader.optional("labId", fields::id);
    let language = reader.optional("language", fields::word(LANGUAGES));
    let subject = reader.required("subject", fields::text(SUBJECT));
    let text = reader.required("text", fields::text(TEXT));
    let html = reader.optional("html", fields::text(TEXT));
    let sms = reader.optional("sms", fields::text(TEXT));
    reader.finish(|| {
        let language = language.unwrap_or(Language::English);
        let template = Template {
            id: Template::id_of(kind, language),
            lab_id: LabId::known(lab_id.unwrap_or(ALL_LABS)),
            kind,
            language,
            subject: subject?.to_owned(),
            text: text?.to_owned(),
            html: html.map(str::to_owned),
            sms: sms.map(str::to_owned),
            removed: false,
            version: 0,
        };
        Some(TemplateSet { template, expected })
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::json::{Limits, parse};

    fn read(text: &str) -> Result<String, Vec<(String, Reason)>> {
        let json = parse(text.as_bytes(), Limits::default()).expect("JSON");
        let mut reader = Reader::new(&json, "notify");
        let kept = notify(&mut reader);
        let faults = reader.finish(|| Some(kept));
        faults.map_err(|faults| {
            let pair = |fault: &Fault| (fault.field.to_string(), fault.reason);
            faults.iter().map(pair).collect()
        })
    }

    #[test]
    fn what_is_understood_is_kept_and_nothing_else() {
        let text = r#"{"email":"a@b.example","sms":["+1 (503) 555-0100","+15035550100"],"language":"de","fax":"x",
            "kinds":{"arrival":["email","sms","sms"],"pickupConfirmed":[],"alert.quarantined":["email"],"birthday":7},
            "quietHours":{"from":"20:00","to":"07:00"},"digestMinutes":0}"#;
        assert_eq!(
            read(text).expect("sound"),
            r#"{"email":["a@b.example"],"sms":["+15035550100"],"language":"de","kinds":{"alert.quarantined":["email"],"arrival":["email","sms"],"pickupConfirmed":[]},"quietHours":{"from":"20:00:00","to":"07:00:00"},"digestMinutes":0}"#
        );
        assert_eq!(read("{}").expect("sound"), "{}");
    }

    #[test]
    fn every_fault_is_named() {
        let text = r#"{"email":["a@b.example","a b@c","@x.y","a@b@c.d","a@b..c"],"sms":["5550100","+0123456789","+1x"],"language":"fr",
            "kinds":{"arrival":"email","rush":["email","fax"]},"quietHours":{"from":"25:00"},"digestMinutes":-1}"#;
        let expected = [
            ("notify.email[1]", Reason::InvalidFormat),
            ("notify.email[2]", Reason::InvalidFormat),
            ("notify.email[3]", Reason::InvalidFormat),
            ("notify.email[4]", Reason::InvalidFormat),
            ("notify.sms[0]", Reason::InvalidFormat),
            ("notify.sms[1]", Reason::InvalidFormat),
            ("notify.sms[2]", Reason::InvalidFormat),
            ("notify.language", Reason::UnknownValue),
            ("notify.kinds.arrival", Reason::InvalidType),
            ("notify.kinds.rush[1]", Reason::UnknownValue),
            ("notify.quietHours.from", Reason::InvalidFormat),
            ("notify.quietHours.to", Reason::Required),
            ("notify.digestMinutes", Reason::OutOfRange),
        ];
        let expected = expected.map(|(field, reason)| (field.to_owned(), reason));
        assert_eq!(read(text).expect_err("not sound"), expected);
        let wrong = read(r#"{"kinds":[]}"#).expect_err("no object");
        assert_eq!(wrong, [("notify.kinds".to_owned(), Reason::InvalidType)]);
    }
}
