//! A grade for what a practice system's sender sends, against the published secret of the kit only.

use jiff::Timestamp;
use jiff::tz::TimeZone;
use pontic_core::fault::Fault;
use serde::Serialize;
use sha2::{Digest, Sha256};

use super::SECRET;
use crate::ehr::{ClinicMap, Ehr, PriorityMap, Settings, WindowLimits};
use crate::json::{self, Json, Limits};
use crate::signature::{self, Secret, TIMESTAMP_HEADER};

/// A request as it came.
#[derive(Debug, Clone)]
pub struct Sent<'r> {
    /// Whether its content type is JSON, and whether it has one.
    pub is_json: bool,
    /// Its headers.
    pub headers: Vec<(&'r str, &'r [u8])>,
    /// Its raw body; absent where it was too large to be read.
    pub body: Option<&'r [u8]>,
    /// When it came.
    pub now: Timestamp,
}

/// One thing that was looked at.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Check {
    /// What.
    pub name: &'static str,
    /// Whether it is as it must be.
    pub passed: bool,
    /// What to do, or what could be better; empty where there is nothing to say.
    pub hint: String,
}

/// What was found. Nothing of what was sent stands in it but names of fields and headers.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Report {
    /// `A`: would be accepted, nothing to say; `B`: would be accepted, with advice; `C`: authentic, but its body would be refused;
    /// `F`: would be refused before anybody looks at its body.
    pub grade: char,
    /// One after the other, in the order in which a server looks.
    pub checks: Vec<Check>,
}

impl Report {
    fn of(checks: Vec<Check>) -> Self {
        let failed = |names: &[&str]| {
            let of_them = |check: &&Check| names.contains(&check.name);
            checks.iter().filter(of_them).any(|check| !check.passed)
        };
        let grade = if failed(&["contentType", "size", "signature"]) {
            'F'
        } else if checks.iter().any(|check| !check.passed) {
            'C'
        } else if checks.iter().any(|check| !check.hint.is_empty()) {
            'B'
        } else {
            'A'
        };
        Self { grade, checks }
    }
}

fn check(name: &'static str, hints: &[String]) -> Check {
    Check {
        name,
        passed: hints.is_empty(),
        hint: hints.join("; "),
    }
}

/// Looks at a request in the order of the contract: media type, size, signature, then the body.
pub fn grade(ehr: &'static Ehr, sent: &Sent<'_>) -> Report {
    let media = if sent.is_json {
        Vec::new()
    } else {
        vec!["content-type must be application/json".to_owned()]
    };
    let mut checks = vec![check("contentType", &media)];
    let Some(body) = sent.body else {
        let hint = format!("more than {} bytes", Limits::WEBHOOK.max_bytes);
        checks.push(check("size", &[hint]));
        return Report::of(checks);
    };
    checks.push(check("size", &[]));
    checks.push(check("signature", &signature_hints(ehr, sent, body)));
    checks.push(freshness(sent));
    let json = match json::parse(body, Limits::WEBHOOK) {
        Ok(json @ Json::Object(_)) => json,
        Ok(_) => {
            checks.push(check("json", &["the body must be one object".to_owned()]));
            return Report::of(checks);
        }
        Err(fault) => {
            checks.push(check("json", &[told(&fault)]));
            return Report::of(checks);
        }
    };
    checks.push(check("json", &[]));
    checks.extend(of_fields(ehr, &json, sent.now));
    Report::of(checks)
}

fn signature_hints(ehr: &'static Ehr, sent: &Sent<'_>, body: &[u8]) -> Vec<String> {
    let Ok(secret) = Secret::new(SECRET) else {
        return Vec::new();
    };
    let headers = || sent.headers.iter().copied();
    let secrets = [secret];
    let name = ehr.signature_header;
    let mut hints = signature::hints(name, headers(), body, &secrets, sent.now);
    if let (false, Some(mistake)) = (hints.is_empty(), not_hmac(ehr, sent, body)) {
        hints.push(mistake.to_owned());
    }
    hints
}

/// What people do who have not read that it is HMAC.
fn not_hmac(ehr: &Ehr, sent: &Sent<'_>, body: &[u8]) -> Option<&'static str> {
    let header = sent
        .headers
        .iter()
        .find(|(name, _)| name.eq_ignore_ascii_case(ehr.signature_header));
    let said = std::str::from_utf8(header?.1)
        .ok()?
        .trim()
        .to_ascii_lowercase();
    let said = said.strip_prefix("sha256=").unwrap_or(&said);
    let is = |parts: &[&[u8]]| pontic_core::id::hex(&Sha256::digest(parts.concat())) == said;
    let secret = SECRET.as_bytes();
    if is(&[body]) {
        Some("it is a plain SHA-256 of the body: HMAC-SHA256 with the secret is wanted")
    } else if is(&[secret, body]) || is(&[body, secret]) {
        Some("it is a SHA-256 of secret and body put together: HMAC-SHA256 is wanted")
    } else {
        matches!(said.len(), 40 | 28 | 27)
            .then_some("it has the length of SHA-1: HMAC-SHA256 is wanted")
    }
}

/// A signed time makes a message worthless to whoever records it and sends it again.
fn freshness(sent: &Sent<'_>) -> Check {
    let has = |wanted: &str| {
        let mut names = sent.headers.iter();
        names.any(|(name, _)| name.eq_ignore_ascii_case(wanted))
    };
    let hint = if has(TIMESTAMP_HEADER) || has("webhook-timestamp") {
        String::new()
    } else {
        format!(
            "advice: sign the time too ({TIMESTAMP_HEADER}), so that nobody can send a recorded message again"
        )
    };
    Check {
        name: "freshness",
        passed: true,
        hint,
    }
}

fn of_fields(ehr: &'static Ehr, json: &Json<'_>, now: Timestamp) -> Vec<Check> {
    // Whatever clinic map an endpoint has, 0 may stand in it.
    let clinic_map = ClinicMap::from([("0".to_owned(), "KIT-0".to_owned())]);
    let settings = Settings {
        lab_id: "KIT",
        zone: &TimeZone::UTC,
        clinic_map: &clinic_map,
        priorities: &PriorityMap::new(),
        window: Some(WindowLimits::around(now)),
    };
    let draft = ehr.read(json);
    let has_local_time = draft.sent().is_some_and(|(_, local)| local.is_some());
    let faults = draft.finish(&settings).err().unwrap_or_default();
    let names = ehr.field_names();
    let of = |wanted: &dyn Fn(&str) -> bool| -> Vec<String> {
        let faults = faults.iter().filter(|fault| wanted(&fault.field));
        faults.map(told).collect()
    };
    let is_id = |field: &str| field == names.id || field == names.clinic;
    let is_time = |field: &str| field == names.time;
    let mut time = check("time", &of(&is_time));
    if time.passed && has_local_time {
        "advice: without an offset it is read by the clock on the clinic's wall; an offset says what is meant"
            .clone_into(&mut time.hint);
    }
    vec![
        check("ids", &of(&is_id)),
        time,
        check("fields", &of(&|field| !is_id(field) && !is_time(field))),
    ]
}

fn told(fault: &Fault) -> String {
    format!("{}: {}", fault.field, fault.reason.as_str())
}
