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
    let all = all(ehr, &body, &secret, &other, now);
    let mut files = Vec::new();
    let mut listed = Vec::new();
    for vector in all {
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

fn all(
    ehr: &'static Ehr,
    body: &[u8],
    secret: &Secret,
    other: &Secret,
    now: Timestamp,
) -> Vec<Vector> {
    let name = ehr.signature_header;
    let hex = sign(secret, body);
    let base64 = sign_standard_base64(&hex);
    let url_safe = base64.replace('+', "-").replace('/', "_");
    let seconds = now.as_second();
    let stale = seconds - 3_600;
    let mut tampered = body.to_vec();
    if let Some(last) = tampered.iter_mut().rev().nth(1) {
        *last = last.wrapping_add(1);
    }
    let pretty =
        serde_json::from_slice::<Value>(body).and_then(|value| serde_json::to_vec_pretty(&value));
    let plain = |name_of: &'static str, about, body: &[u8], signature: String| Vector {
        name: name_of,
        about,
        body: body.to_vec(),
        headers: vec![(name.to_owned(), signature)],
    };
    let timed = |name_of: &'static str, about, at: i64| Vector {
        name: name_of,
        about,
        body: body.to_vec(),
        headers: vec![
            (name.to_owned(), sign_timestamped(secret, at, body)),
            (TIMESTAMP_HEADER.to_owned(), at.to_string()),
        ],
    };
    vec![
        plain(
            "01-hex",
            "64 hex digits over the raw bytes of the body.",
            body,
            hex.clone(),
        ),
        plain(
            "02-hex-upper-case",
            "In upper case, after sha256=.",
            body,
            format!("sha256={}", hex.to_uppercase()),
        ),
        plain("03-base64", "As base64.", body, base64),
        plain(
            "04-base64url",
            "As base64url without padding.",
            body,
            url_safe.trim_end_matches('=').to_owned(),
        ),
        plain(
            "05-two-candidates",
            "Two signatures while a secret is rotated: one must be ours.",
            body,
            format!("{},{hex}", sign(other, body)),
        ),
        timed(
            "06-timestamp",
            "The signed text is the seconds, a dot, and the body; valid for 300 s either way.",
            seconds,
        ),
        Vector {
            name: "07-standard-webhooks",
            about: "The headers of Standard Webhooks.",
            body: body.to_vec(),
            headers: vec![
                ("webhook-id".to_owned(), "msg_1".to_owned()),
                ("webhook-timestamp".to_owned(), seconds.to_string()),
                (
                    "webhook-signature".to_owned(),
                    sign_standard_webhooks(secret, "msg_1", seconds, body),
                ),
            ],
        },
        plain(
            "11-tampered-body",
            "One byte of the body was changed on its way.",
            &tampered,
            hex.clone(),
        ),
        plain(
            "12-wrong-secret",
            "Signed with another secret.",
            body,
            sign(other, body),
        ),
        plain(
            "13-serialised-again",
            "Signed was the text; sent was the same JSON, written again.",
            &pretty.unwrap_or_default(),
            hex.clone(),
        ),
        plain(
            "14-truncated",
            "Half a signature.",
            body,
            hex[..32].to_owned(),
        ),
        timed("15-stale-timestamp", "An hour old.", stale),
        Vector {
            name: "16-timestamp-not-signed",
            about: "A time stands beside it that was not signed.",
            body: body.to_vec(),
            headers: vec![
                (name.to_owned(), hex),
                (TIMESTAMP_HEADER.to_owned(), seconds.to_string()),
            ],
        },
        Vector {
            name: "17-no-signature",
            about: "The header is missing.",
            body: body.to_vec(),
            headers: Vec::new(),
        },
    ]
}

/// The same code as base64.
fn sign_standard_base64(hex: &str) -> String {
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
