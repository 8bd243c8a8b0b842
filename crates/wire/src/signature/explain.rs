//! Why a webhook does not verify, in words for whoever has to make it verify.

use std::io::{self, Write};

use jiff::Timestamp;
use serde::Serialize;
use serde_json::ser::{CompactFormatter, Formatter, PrettyFormatter};

use super::candidates::to_base64;
use super::headers::{Headers, unix_seconds};
use super::{Secret, TIMESTAMP_HEADER, Unverified, WEBHOOK_TIMESTAMP, verify};
use crate::json::{self, Json, Limits};

/// What was looked at, what was tried, and under which change of the body, the clock or the
/// headers the signature would verify. Takes what [`verify`] takes; gives lines to print.
pub fn explain<'r>(
    signature_header: &'static str,
    headers: impl IntoIterator<Item = (&'r str, &'r [u8])>,
    body: &'r [u8],
    secrets: &'r [Secret],
    now: Timestamp,
) -> Vec<String> {
    let request = Request::of(signature_header, headers, body, secrets, now);
    let mut lines = request.looked_at();
    match request.verify() {
        Ok(()) => lines.push("verified".to_owned()),
        Err(reason) => {
            lines.push(format!("not verified: {reason}"));
            lines.extend(request.hints(reason));
        }
    }
    lines
}

/// Why a signature does not verify, and what would help, without what was tried; nothing for one that verifies.
pub fn hints<'r>(
    signature_header: &'static str,
    headers: impl IntoIterator<Item = (&'r str, &'r [u8])>,
    body: &'r [u8],
    secrets: &'r [Secret],
    now: Timestamp,
) -> Vec<String> {
    let request = Request::of(signature_header, headers, body, secrets, now);
    match request.verify() {
        Ok(()) => Vec::new(),
        Err(reason) => {
            let mut hints = vec![reason.to_string()];
            hints.extend(request.hints(reason));
            hints
        }
    }
}

/// What [`verify`] takes, to be tried again with one thing changed.
#[derive(Clone)]
struct Request<'r> {
    signature_header: &'static str,
    headers: Vec<(&'r str, &'r [u8])>,
    body: &'r [u8],
    secrets: &'r [Secret],
    now: Timestamp,
}

impl<'r> Request<'r> {
    fn of(
        signature_header: &'static str,
        headers: impl IntoIterator<Item = (&'r str, &'r [u8])>,
        body: &'r [u8],
        secrets: &'r [Secret],
        now: Timestamp,
    ) -> Self {
        Self {
            signature_header,
            headers: headers.into_iter().collect(),
            body,
            secrets,
            now,
        }
    }

    fn verify(&self) -> Result<(), Unverified> {
        let headers = self.headers.iter().copied();
        verify(
            self.signature_header,
            headers,
            self.body,
            self.secrets,
            self.now,
        )
    }

    fn verifies_with_body(&self, body: &[u8]) -> bool {
        Request {
            body,
            ..self.clone()
        }
        .verify()
        .is_ok()
    }

    fn verifies_at(&self, now: Timestamp) -> bool {
        Request {
            now,
            ..self.clone()
        }
        .verify()
        .is_ok()
    }

    fn verifies_without(&self, dropped: &str) -> bool {
        let mut changed = self.clone();
        changed
            .headers
            .retain(|(name, _)| !name.eq_ignore_ascii_case(dropped));
        changed.headers.len() < self.headers.len() && changed.verify().is_ok()
    }

    /// Nothing where a header is at fault: then that is the answer.
    fn read_headers(&self) -> Option<Headers<'_>> {
        Headers::collect(self.signature_header, self.headers.iter().copied()).ok()
    }

    fn looked_at(&self) -> Vec<String> {
        let mut lines = vec![format!("body: {} bytes", self.body.len())];
        let Some(headers) = self.read_headers() else {
            return lines;
        };
        lines.push(format!("form: {}", form(&headers)));
        for secret in self.secrets {
            lines.push(format!("secret tried: {}", secret.fingerprint()));
        }
        let timestamps = [
            (TIMESTAMP_HEADER, headers.timestamp),
            (WEBHOOK_TIMESTAMP, headers.webhook_timestamp),
        ];
        for (name, value) in timestamps {
            if let Some(seconds) = value.and_then(unix_seconds) {
                let skew_s = seconds.saturating_sub(self.now.as_second());
                lines.push(format!("{name}: {skew_s} s from our clock"));
            }
        }
        lines
    }

    fn hints(&self, reason: Unverified) -> Vec<String> {
        match reason {
            Unverified::Skew { .. } => self.clock_hint().into_iter().collect(),
            Unverified::NoMatch => self.changes_that_help(),
            Unverified::Missing(_) => self.present_signatures(),
            _ => Vec::new(),
        }
    }

    fn changes_that_help(&self) -> Vec<String> {
        let mut hints: Vec<_> = variants(self.body)
            .into_iter()
            .filter(|(_, body)| self.verifies_with_body(body))
            .map(|(change, _)| format!("it would verify {change}"))
            .collect();
        hints.extend(self.header_hint());
        if hints.is_empty() {
            hints.push("no usual change of the body helps: probably another secret".to_owned());
        }
        hints
    }

    fn clock_hint(&self) -> Option<String> {
        let headers = self.read_headers()?;
        let written = headers.webhook_timestamp.or(headers.timestamp)?;
        let then = Timestamp::from_second(unix_seconds(written)?).ok()?;
        self.verifies_at(then)
            .then(|| format!("it would verify at {then}: compare the clocks"))
    }

    fn header_hint(&self) -> Option<String> {
        self.verifies_without(TIMESTAMP_HEADER).then(|| {
            format!("it would verify without {TIMESTAMP_HEADER}: the body alone was signed")
        })
    }

    /// A signature under another name is the usual reason why ours is missing.
    fn present_signatures(&self) -> Vec<String> {
        let names = self
            .headers
            .iter()
            .map(|(name, _)| name.to_ascii_lowercase());
        names
            .filter(|name| name.contains("signature"))
            .map(|name| format!("there is a header {name}"))
            .collect()
    }
}

fn form(headers: &Headers<'_>) -> String {
    match (headers.has_standard_webhooks(), headers.timestamp.is_some()) {
        (false, false) => format!("{} over the body", headers.signature_name),
        (false, true) => format!("{} over timestamp and body", headers.signature_name),
        (true, false) => "Standard Webhooks".to_owned(),
        (true, true) => format!(
            "Standard Webhooks, and {} over timestamp and body",
            headers.signature_name
        ),
    }
}

/// Longer bodies are not written anew: whoever signs so much by hand is rare, and a deep body grows a lot when it is pretty-printed.
const REWRITTEN: usize = 8 * 1_024;

/// What editors, shells and frameworks do to a body on its way.
fn variants(body: &[u8]) -> Vec<(&'static str, Vec<u8>)> {
    let mut variants = vec![
        ("with a newline at the end", [body, b"\n"].concat()),
        ("with CRLF instead of LF", with_crlf(body)),
        ("with LF instead of CRLF", with_lf(body)),
    ];
    if let Some(shorter) = body.strip_suffix(b"\n") {
        let shorter = shorter.strip_suffix(b"\r").unwrap_or(shorter);
        variants.push(("without the trailing newline", shorter.to_vec()));
    }
    if let Some(rest) = body.strip_prefix(b"\xef\xbb\xbf") {
        variants.push(("without the byte-order mark", rest.to_vec()));
    }
    if body.len() <= REWRITTEN
        && let Ok(json) = json::parse(body, Limits::default())
    {
        let written = [
            (
                "as compact JSON: the bytes that are sent must be signed",
                written(&json, CompactFormatter),
            ),
            (
                "as pretty-printed JSON (2 blanks): the bytes that are sent must be signed",
                written(&json, PrettyFormatter::new()),
            ),
            (
                "as pretty-printed JSON (4 blanks): the bytes that are sent must be signed",
                written(&json, PrettyFormatter::with_indent(b"    ")),
            ),
            (
                "as JSON with blanks after commas and colons: the bytes that are sent must be signed",
                written(&json, Spaced),
            ),
        ];
        variants.extend(written.into_iter().filter(|(_, bytes)| bytes != body));
    }
    if let Some(latin) = latin_1(body) {
        variants.push(("in Latin-1 instead of UTF-8", latin));
    }
    if let Ok(text) = std::str::from_utf8(body) {
        let utf_16 = text.encode_utf16().flat_map(u16::to_le_bytes).collect();
        variants.push(("in UTF-16 instead of UTF-8", utf_16));
        variants.push((
            "as base64: the raw bytes must be signed",
            to_base64(body).into_bytes(),
        ));
    }
    variants
}

fn with_lf(body: &[u8]) -> Vec<u8> {
    let mut bytes = body.to_vec();
    let mut following = body.iter().skip(1);
    bytes.retain(|byte| {
        let next = following.next();
        *byte != b'\r' || next != Some(&b'\n')
    });
    bytes
}

fn with_crlf(body: &[u8]) -> Vec<u8> {
    with_lf(body)
        .split(|byte| *byte == b'\n')
        .collect::<Vec<_>>()
        .join(b"\r\n".as_slice())
}

fn written(json: &Json<'_>, formatter: impl Formatter) -> Vec<u8> {
    let mut bytes = Vec::new();
    let mut serializer = serde_json::Serializer::with_formatter(&mut bytes, formatter);
    // Nothing that was read as JSON cannot be written as such.
    let _ = json.serialize(&mut serializer);
    bytes
}

/// The way in which Python writes JSON.
struct Spaced;

impl Formatter for Spaced {
    fn begin_array_value<W: ?Sized + Write>(&mut self, to: &mut W, first: bool) -> io::Result<()> {
        to.write_all(if first { b"" } else { b", " })
    }

    fn begin_object_key<W: ?Sized + Write>(&mut self, to: &mut W, first: bool) -> io::Result<()> {
        to.write_all(if first { b"" } else { b", " })
    }

    fn begin_object_value<W: ?Sized + Write>(&mut self, to: &mut W) -> io::Result<()> {
        to.write_all(b": ")
    }
}

/// The text in an alphabet of one byte a letter, if that makes a difference and is possible.
fn latin_1(body: &[u8]) -> Option<Vec<u8>> {
    let text = std::str::from_utf8(body)
        .ok()
        .filter(|text| !text.is_ascii())?;
    text.chars()
        .map(|c| u8::try_from(u32::from(c)).ok())
        .collect()
}
