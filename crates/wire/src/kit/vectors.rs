//! Signed messages with the published secret: which verify, which do not, and why.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use jiff::Timestamp;
use serde_json::{Value, json};

use super::examples::Example;
use super::{File, SECRET};
use crate::ehr::Ehr;
use crate::signature::{
    Secret, TIMESTAMP_HEADER, sign, sign_standard_webhooks, sign_timestamped, verify,
};

struct Vector {
    name: &'static str,
    about: &'static str,
    body: Vec<u8>,
    headers: Vec<(String, String)>,
}

/// `vectors.json`, and the same as a folder a vector, for the shell.
pub fn files(ehr: &'static Ehr, examples: &[Example], now: Timestamp) -> Vec<File> {
    let (Ok(secret), Ok(other)) = (Secret::new(SECRET), Secret::new("another-secret")) else {
        return Vec::new();
    };
    let body = examples
        .iter()
        .find(|example| example.name == "good-full")
        .map(|example| example.body.clone().into_bytes())
        .unwrap_or_default();
    let bench = Bench {
        name: ehr.signature_header,
        body: &body,
        secret: &secret,
        other: &other,
        seconds: now.as_second(),
    };
    let mut files = Vec::new();
    let mut listed = Vec::new();
    for vector in bench.good().into_iter().chain(bench.bad()) {
        let headers = vector.headers.iter();
        let headers = headers.map(|(name, value)| (name.as_str(), value.as_bytes()));
        let verifies = verify(
            ehr.signature_header,
            headers,
            &vector.body,
            std::slice::from_ref(&secret),
            now,
        )
        .is_ok();
        let lines = vector
            .headers
            .iter()
            .map(|(name, value)| format!("{name}: {value}\n"));
        let folder = format!("vectors/{}", vector.name);
        files.push(File::new(
            format!("{folder}/headers.txt"),
            lines.collect::<String>(),
        ));
        files.push(File::new(
            format!("{folder}/expected.txt"),
            format!("{verifies}\n"),
        ));
        let text = String::from_utf8_lossy(&vector.body).into_owned();
        files.push(File::new(format!("{folder}/body.json"), vector.body));
        let headers: serde_json::Map<String, Value> = vector
            .headers
            .into_iter()
            .map(|(name, value)| (name, value.into()))
            .collect();
        listed.push(json!({ "name": vector.name, "about": vector.about, "body": text, "headers": headers, "verifies": verifies }));
    }
    let whole = json!({
        "secret": SECRET,
        "signatureHeader": ehr.signature_header,
        "now": pontic_core::time::format(now),
        "vectors": listed,
    });
    let text = serde_json::to_string_pretty(&whole).unwrap_or_default() + "\n";
    files.push(File::new("vectors.json", text));
    files.push(File::new(
        "vectors/now.txt",
        format!("{}\n", now.as_second()),
    ));
    files
}

/// What vectors are made of.
struct Bench<'b> {
    name: &'static str,
    body: &'b [u8],
    secret: &'b Secret,
    other: &'b Secret,
    seconds: i64,
}

impl Bench<'_> {
    /// With that signature in the practice system's header.
    fn plain(&self, name: &'static str, about: &'static str, signature: String) -> Vector {
        Vector {
            name,
            about,
            body: self.body.to_vec(),
            headers: vec![(self.name.to_owned(), signature)],
        }
    }

    /// With a signed time.
    fn timed(&self, name: &'static str, about: &'static str, at: i64) -> Vector {
        let signature = sign_timestamped(self.secret, at, self.body);
        let mut vector = self.plain(name, about, signature);
        vector
            .headers
            .push((TIMESTAMP_HEADER.to_owned(), at.to_string()));
        vector
    }

    fn good(&self) -> Vec<Vector> {
        let (secret, seconds) = (self.secret, self.seconds);
        let hex = sign(secret, self.body);
        let base64 = as_base64(&hex);
        let url_safe = base64.replace('+', "-").replace('/', "_");
        let both = format!("{},{hex}", sign(self.other, self.body));
        let standard = sign_standard_webhooks(secret, "msg_1", seconds, self.body);
        vec![
            self.plain(
                "02-hex-upper-case",
                "In upper case, after sha256=.",
                format!("sha256={}", hex.to_uppercase()),
            ),
            self.plain(
                "01-hex",
                "64 hex digits over the raw bytes of the body.",
                hex,
            ),
            self.plain("03-base64", "As base64.", base64),
            self.plain(
                "04-base64url",
                "As base64url without padding.",
                url_safe.trim_end_matches('=').to_owned(),
            ),
            self.plain(
                "05-two-candidates",
                "Two signatures while a secret is rotated: one must be ours.",
                both,
            ),
            self.timed(
                "06-timestamp",
                "The signed text is the seconds, a dot, and the body; valid for 300 s either way.",
                seconds,
            ),
            Vector {
                name: "07-standard-webhooks",
                about: "The headers of Standard Webhooks.",
                body: self.body.to_vec(),
                headers: vec![
                    ("webhook-id".to_owned(), "msg_1".to_owned()),
                    ("webhook-timestamp".to_owned(), seconds.to_string()),
                    ("webhook-signature".to_owned(), standard),
                ],
            },
        ]
    }

    fn bad(&self) -> Vec<Vector> {
        let hex = sign(self.secret, self.body);
        let mut tampered = self.body.to_vec();
        if let Some(last) = tampered.iter_mut().rev().nth(1) {
            *last = last.wrapping_add(1);
        }
        let pretty = serde_json::from_slice::<Value>(self.body)
            .and_then(|value| serde_json::to_vec_pretty(&value));
        let mut unsigned_time = self.plain(
            "16-timestamp-not-signed",
            "A time stands beside it that was not signed.",
            hex.clone(),
        );
        unsigned_time
            .headers
            .push((TIMESTAMP_HEADER.to_owned(), self.seconds.to_string()));
        let mut unsigned = self.plain("17-no-signature", "The header is missing.", String::new());
        unsigned.headers.clear();
        vec![
            Vector {
                body: tampered,
                ..self.plain(
                    "11-tampered-body",
                    "One byte of the body was changed on its way.",
                    hex.clone(),
                )
            },
            self.plain(
                "12-wrong-secret",
                "Signed with another secret.",
                sign(self.other, self.body),
            ),
            Vector {
                body: pretty.unwrap_or_default(),
                ..self.plain(
                    "13-serialised-again",
                    "Signed was the text; sent was the same JSON, written again.",
                    hex.clone(),
                )
            },
            self.plain("14-truncated", "Half a signature.", hex[..32].to_owned()),
            self.timed("15-stale-timestamp", "An hour old.", self.seconds - 3_600),
            unsigned_time,
            unsigned,
        ]
    }
}

/// The same code as base64.
fn as_base64(hex: &str) -> String {
    let digits = hex.as_bytes().chunks_exact(2);
    let bytes: Vec<u8> = digits
        .filter_map(|pair| u8::from_str_radix(std::str::from_utf8(pair).ok()?, 16).ok())
        .collect();
    let text = URL_SAFE_NO_PAD
        .encode(bytes)
        .replace('-', "+")
        .replace('_', "/");
    text + "="
}
