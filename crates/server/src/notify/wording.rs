//! Notices in words: templates, ours or a lab's, filled in; and what is wrong with one that somebody wants to use.

use std::collections::BTreeMap;
use std::sync::OnceLock;

use minijinja::{AutoEscape, Environment, UndefinedBehavior, Value};
use pontic_core::fault::{Fault, Reason};
use pontic_core::notice::{Language, NoticeKind};
use pontic_core::template::Template;

use super::texts;

/// Steps that filling in one template may take: no loop of anybody's is long.
const FUEL: u64 = 20_000;
/// Text messages of several matters that are longer name their subjects only.
const LONG_SMS: usize = 600;
/// Longest text that comes of it, in bytes.
const MAX_BYTES: usize = 64 * 1024;

/// What templates are filled in with. Nothing of it is patient data.
pub type Fields = BTreeMap<&'static str, Value>;

/// A notice, ready to be sent.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Words {
    /// Subject of an e-mail.
    pub subject: String,
    /// Its plain text.
    pub text: String,
    /// Its HTML, whole.
    pub html: String,
    /// A text message.
    pub sms: String,
}

/// The same, with HTML that stands in a body yet to be put around it.
#[derive(Debug, Clone)]
pub struct Part {
    subject: String,
    text: String,
    html: String,
    sms: String,
}

/// The fields of a kind, each with a value of its sort.
pub fn sample(kind: NoticeKind) -> Fields {
    let text = || Value::from("x");
    let mut fields = Fields::from([
        ("lab", text()),
        ("clinic", text()),
        ("date", text()),
        ("time", text()),
    ]);
    let more: &[(&'static str, Value)] = &match kind {
        NoticeKind::Arrival => vec![("minutes", Value::from(5)), ("link", text())],
        NoticeKind::OnTheWay => vec![
            ("eta", text()),
            ("from", text()),
            ("to", text()),
            ("link", text()),
        ],
        NoticeKind::DeliveryScheduled
        | NoticeKind::DeliveryChanged
        | NoticeKind::DeliveryCompleted
        | NoticeKind::DeliveryFailed => {
            vec![
                ("packages", Value::from(2)),
                ("cancelled", Value::from(false)),
            ]
        }
        NoticeKind::PickupConfirmed
        | NoticeKind::PickupMoved
        | NoticeKind::PickupCancelled
        | NoticeKind::PickupMissed => vec![
            ("from", text()),
            ("to", text()),
            ("packages", Value::from(2)),
            ("confirmation", text()),
            ("rush", Value::from(false)),
        ],
        NoticeKind::Rush | NoticeKind::DriverSilent | NoticeKind::Alert => vec![
            ("code", text()),
            ("about", text()),
            ("driver", text()),
            ("cause", text()),
        ],
    };
    fields.extend(more.iter().cloned());
    fields
}

/// What is wrong with a template: the member and the line where it is, all at once.
pub fn faults(template: &Template) -> Vec<Fault> {
    let fields = sample(template.kind);
    let members = [
        ("subject", Some(&template.subject)),
        ("text", Some(&template.text)),
        ("html", template.html.as_ref()),
        ("sms", template.sms.as_ref()),
    ];
    let mut found = Vec::new();
    for (member, source) in members {
        let Some(source) = source else { continue };
        found.extend(faults_of(member, source, &fields));
    }
    found
}

fn faults_of(member: &'static str, source: &str, fields: &Fields) -> Vec<Fault> {
    let at = |line: usize, reason| Fault::new(format!("{member}:{line}"), reason);
    let template = match environment().template_from_named_str(member, source) {
        Ok(template) => template,
        Err(error) => return vec![at(error.line().unwrap_or(1), Reason::InvalidFormat)],
    };
    let mut unknown: Vec<Fault> = template
        .undeclared_variables(false)
        .iter()
        .filter(|name| !fields.contains_key(name.as_str()))
        .map(|name| at(line_of(source, name), Reason::UnknownValue))
        .collect();
    if !unknown.is_empty() {
        unknown.sort_by(|a, b| a.field.cmp(&b.field));
        unknown.dedup();
        return unknown;
    }
    match template.render(values(fields)) {
        Ok(text) if text.len() > MAX_BYTES => vec![at(1, Reason::TooLong)],
        Ok(text) if member == "subject" && text.trim().is_empty() => vec![at(1, Reason::Required)],
        Ok(_) => Vec::new(),
        Err(error) => vec![at(error.line().unwrap_or(1), Reason::InvalidFormat)],
    }
}

/// The first line within braces on which a word stands by itself.
fn line_of(source: &str, word: &str) -> usize {
    let is_part = |c: char| c.is_alphanumeric() || c == '_';
    let stands = |line: &str| {
        line.match_indices(word).any(|(at, _)| {
            !line[..at].ends_with(is_part) && !line[at + word.len()..].starts_with(is_part)
        })
    };
    let lines = || source.lines().zip(1..);
    let braced = lines().find(|(line, _)| line.contains('{') && stands(line));
    braced
        .or_else(|| lines().find(|(line, _)| stands(line)))
        .map_or(1, |(_, line)| line)
}

fn environment() -> &'static Environment<'static> {
    static ENVIRONMENT: OnceLock<Environment<'static>> = OnceLock::new();
    ENVIRONMENT.get_or_init(|| {
        let mut environment = Environment::new();
        environment.set_undefined_behavior(UndefinedBehavior::Strict);
        environment.set_fuel(Some(FUEL));
        environment.set_auto_escape_callback(|name| match name {
            "html" => AutoEscape::Html,
            _ => AutoEscape::None,
        });
        environment
    })
}

fn values(fields: &Fields) -> Value {
    Value::from_pairs(fields.iter().map(|(name, value)| (*name, value.clone())))
}

fn filled(member: &str, source: &str, fields: &Fields) -> Option<String> {
    let template = environment().template_from_named_str(member, source).ok()?;
    let text = template.render(values(fields)).ok()?;
    (text.len() <= MAX_BYTES).then_some(text)
}

/// A notice in words: the lab's, or ours where it has none or they cannot be filled in after all.
pub fn part(
    kind: NoticeKind,
    language: Language,
    custom: Option<&Template>,
    fields: &Fields,
) -> Part {
    let of_lab = custom.and_then(|template| {
        let made = filled_in(
            (&template.subject, &template.text),
            template.html.as_deref(),
            template.sms.as_deref(),
            fields,
        );
        if made.is_none() {
            tracing::warn!(template = %template.id, "a template cannot be filled in; ours is used");
        }
        made
    });
    of_lab.unwrap_or_else(|| ours(texts::usual(kind, language), fields))
}

/// Words of our own, which can be filled in.
pub fn ours(words: (&str, &str), fields: &Fields) -> Part {
    filled_in(words, None, None, fields).unwrap_or_else(|| Part {
        subject: "Pontic".to_owned(),
        text: String::new(),
        html: String::new(),
        sms: String::new(),
    })
}

fn filled_in(
    (subject, text): (&str, &str),
    html: Option<&str>,
    sms: Option<&str>,
    fields: &Fields,
) -> Option<Part> {
    let text = filled("text", text, fields)?;
    let html = match html {
        Some(html) => filled("html", html, fields)?,
        None => paragraphs(&text),
    };
    let sms = match sms {
        Some(sms) => filled("sms", sms, fields)?,
        None => text.clone(),
    };
    Some(Part {
        subject: one_line(&filled("subject", subject, fields)?),
        text,
        html,
        sms,
    })
}

/// Whatever a name holds, a subject is one line.
fn one_line(text: &str) -> String {
    let words: Vec<&str> = text
        .split(|c: char| c.is_whitespace() || c.is_control())
        .collect();
    let words: Vec<&str> = words.into_iter().filter(|word| !word.is_empty()).collect();
    words.join(" ").chars().take(250).collect()
}

/// A text as HTML.
fn paragraphs(text: &str) -> String {
    let paragraph = |part: &str| {
        let lines: Vec<String> = part.lines().map(escaped).collect();
        format!("<p>{}</p>", lines.join("<br>"))
    };
    let parts: Vec<String> = text
        .split("\n\n")
        .filter(|part| !part.trim().is_empty())
        .map(paragraph)
        .collect();
    parts.join("\n")
}

fn escaped(text: &str) -> String {
    text.replace('&', "&amp;")
        .replace('<', "&lt;")
        .replace('>', "&gt;")
        .replace('"', "&quot;")
}

/// One message of some notices: of one its own words, of several all of theirs under a subject that counts them.
pub fn message(parts: &[Part], language: Language, lab: &str) -> Words {
    let joined = |texts: Vec<&str>, between: &str| texts.join(between);
    let subject = match parts {
        [one] => one.subject.clone(),
        several => {
            let fields = Fields::from([
                ("count", Value::from(several.len())),
                ("lab", Value::from(lab)),
            ]);
            let subject = filled("subject", texts::together(language), &fields);
            one_line(&subject.unwrap_or_default())
        }
    };
    let text = joined(
        parts.iter().map(|part| part.text.trim_end()).collect(),
        "\n\n",
    );
    let html = joined(
        parts.iter().map(|part| part.html.as_str()).collect(),
        "\n<hr>\n",
    );
    let mut sms = joined(parts.iter().map(|part| part.sms.trim_end()).collect(), "\n");
    if parts.len() > 1 && sms.chars().count() > LONG_SMS {
        // All of them in a few words rather than some of them in many.
        sms = joined(
            parts.iter().map(|part| part.subject.as_str()).collect(),
            "\n",
        );
    }
    let html = format!(
        "<!doctype html>\n<html lang=\"{language}\"><head><meta charset=\"utf-8\"></head><body>\n{html}\n</body></html>\n"
    );
    Words {
        subject,
        text: text + "\n",
        html,
        sms,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use pontic_core::id::LabId;

    fn template(subject: &str, text: &str, html: Option<&str>) -> Template {
        Template {
            id: Template::id_of(NoticeKind::Arrival, Language::English),
            lab_id: LabId::known("-"),
            kind: NoticeKind::Arrival,
            language: Language::English,
            subject: subject.into(),
            text: text.into(),
            html: html.map(str::to_owned),
            sms: None,
            removed: false,
            version: 0,
        }
    }

    #[test]
    fn our_own_words_can_be_filled_in() {
        for kind in NoticeKind::ALL {
            for language in Language::ALL {
                let (subject, text) = texts::usual(*kind, *language);
                let own = Template {
                    kind: *kind,
                    ..template(subject, text, None)
                };
                assert_eq!(faults(&own), [], "{kind} {language}");
                let part = part(*kind, *language, None, &sample(*kind));
                assert!(part.text.contains('x') && !part.subject.is_empty());
            }
        }
    }

    #[test]
    fn what_is_wrong_is_named_with_its_line() {
        for (text, expected) in [
            (
                "Hello\n{{ clinik }}",
                vec![("text:2", Reason::UnknownValue)],
            ),
            (
                "{{ patientName }}\n{% if dob %}x{% endif %}",
                vec![
                    ("text:1", Reason::UnknownValue),
                    ("text:2", Reason::UnknownValue),
                ],
            ),
            ("a\n\n{{ time ", vec![("text:3", Reason::InvalidFormat)]),
            ("{% if minutes %}x", vec![("text:1", Reason::InvalidFormat)]),
            (
                "{{ time | shout }}",
                vec![("text:1", Reason::InvalidFormat)],
            ),
            (
                "{% for i in range(100000) %}x{% endfor %}",
                vec![("text:1", Reason::UnknownValue)],
            ),
        ] {
            let found = faults(&template("s", text, None));
            let found: Vec<(&str, Reason)> = found
                .iter()
                .map(|fault| (fault.field.as_ref(), fault.reason))
                .collect();
            assert_eq!(found, expected, "{text}");
        }
        assert_eq!(faults(&template("{{ x }}", "y", Some("{{ z }}"))).len(), 2);
    }

    #[test]
    fn names_are_text_and_nothing_else() {
        let mut fields = sample(NoticeKind::Arrival);
        fields.insert("clinic", Value::from("<b>A & B</b>\r\nBcc: x@y.example"));
        let custom = template(
            "To {{ clinic }}",
            "{{ clinic }}",
            Some("<i>{{ clinic }}</i>"),
        );
        let part = part(
            NoticeKind::Arrival,
            Language::English,
            Some(&custom),
            &fields,
        );
        let words = message(&[part], Language::English, "Lab");
        assert_eq!(words.subject, "To <b>A & B</b> Bcc: x@y.example");
        assert!(
            words.html.contains("<i>&lt;b&gt;A &amp; B&lt;"),
            "{}",
            words.html
        );
        let made = paragraphs("a <b>\nc\n\nd");
        assert_eq!(made, "<p>a &lt;b&gt;<br>c</p>\n<p>d</p>");
    }
}
