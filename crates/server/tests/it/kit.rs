//! The contract kit: a folder to work with alone, and an address that grades what a sender sends.

use std::path::Path;
use std::process::Command;

use jiff::SignedDuration;
use pontic_wire::kit::SECRET;
use pontic_wire::signature::{Secret, sign, sign_timestamped};
use serde_json::{Value, json};

use crate::harness::{Answer, Server, Start, now, pontic, said, shared};

const SYSTEMS: [&str; 3] = ["dentrix", "opendental", "eaglesoft"];

fn kit(system: &str, folder: &Path) {
    let out = folder.to_str().expect("a path");
    let output = pontic(&["kit", system, "--out", out], b"");
    assert!(output.status.success(), "{}", said(&output));
    let again = pontic(&["kit", system, "--out", out], b"");
    assert_eq!(again.status.code(), Some(2), "nothing is written over");
}

fn read(path: &Path) -> Value {
    let text = std::fs::read(path).unwrap_or_else(|_| panic!("{}", path.display()));
    serde_json::from_slice(&text).expect("JSON")
}

fn post(server: &Server, path: &str, headers: &[(&str, &str)], body: &[u8]) -> Answer {
    server.nobody().send("POST", path, headers, body)
}

#[test]
fn every_vector_verifies_as_the_kit_says_and_so_does_its_script() {
    for system in SYSTEMS {
        let home = tempfile::tempdir().expect("a folder");
        let folder = home.path().join("kit");
        kit(system, &folder);
        let vectors = read(&folder.join("vectors.json"));
        assert_eq!(vectors["secret"], SECRET);
        let now = vectors["now"].as_str().expect("a time");
        let mut counts = [0, 0];
        for vector in vectors["vectors"].as_array().expect("vectors") {
            let mut arguments = vec!["verify", system, "--secret", SECRET, "--now", now];
            let headers = vector["headers"].as_object().expect("headers");
            let lines: Vec<String> = headers
                .iter()
                .map(|(name, value)| format!("{name}: {}", value.as_str().expect("a text")))
                .collect();
            for line in &lines {
                arguments.extend(["--header", line]);
            }
            let body = vector["body"].as_str().expect("a text");
            let output = pontic(&arguments, body.as_bytes());
            let expected = vector["verifies"].as_bool().expect("said");
            assert_eq!(output.status.success(), expected, "{vector}");
            counts[usize::from(expected)] += 1;
        }
        assert_eq!(counts, [7, 7]);
        let readme = std::fs::read_to_string(folder.join("README.md")).expect("text");
        assert!(
            !readme.contains("{{") && readme.contains(SECRET),
            "{readme}"
        );
        if Command::new("openssl").arg("version").output().is_ok() {
            let script = Command::new("sh").arg(folder.join("verify.sh")).output();
            let script = script.expect("sh runs");
            assert!(script.status.success(), "{}", said(&script));
            assert_eq!(said(&script).matches("ok    ").count(), 13);
        }
    }
}

#[test]
fn every_example_is_answered_as_the_kit_says() {
    let mut start = Start::new();
    for system in SYSTEMS {
        start = start.env(&format!("{}_WEBHOOK_SECRET", system.to_uppercase()), "mine");
    }
    let server = start.go();
    for system in SYSTEMS {
        let home = tempfile::tempdir().expect("a folder");
        let folder = home.path().join("kit");
        kit(system, &folder);
        let mut statuses = Vec::new();
        for entry in std::fs::read_dir(folder.join("examples")).expect("a folder") {
            let path = entry.expect("an entry").path();
            let name = path
                .file_name()
                .expect("a name")
                .to_string_lossy()
                .into_owned();
            if name.ends_with(".answer.json") {
                continue;
            }
            let answer = path.with_file_name(name.replace(".json", ".answer.json"));
            let expected = read(&answer)["answer"].clone();
            let body = std::fs::read(&path).expect("bytes");
            let signature = sign(&Secret::new("mine").expect("not empty"), &body);
            let header = format!("x-{system}-signature");
            let headers = [
                ("content-type", "application/json"),
                (header.as_str(), signature.as_str()),
            ];
            let got = post(&server, &format!("/webhooks/ehr/{system}"), &headers, &body);
            assert_eq!(
                json!(got.status),
                expected["status"],
                "{name}: {}",
                got.text
            );
            for member in ["success", "pickupId", "error", "errors"] {
                assert_eq!(
                    got.body[member], expected["body"][member],
                    "{name}: {member}"
                );
            }
            statuses.push(got.status);
        }
        let good = statuses.iter().filter(|status| **status == 200).count();
        assert_eq!((good, statuses.len()), (3, 11), "{system}");
    }
}

/// A body of Dentrix that has nothing wrong with it, with a letter that is not ASCII.
fn body() -> String {
    let at = now() + SignedDuration::from_hours(48);
    json!({ "externalId": "T-1", "practiceId": "CLI-1", "preferredPickupTime": at.to_string(), "notes": "Zürich" }).to_string()
}

fn check(server: &Server, headers: &[(&str, &str)], body: &[u8]) -> Value {
    let json = [("content-type", "application/json")];
    let headers = [&json, headers].concat();
    post(server, "/webhooks/check/dentrix", &headers, body).expect(200)
}

fn hint<'r>(report: &'r Value, name: &str) -> (&'r Value, &'r str) {
    let checks = report["checks"].as_array().expect("checks");
    let check = checks.iter().find(|check| check["name"] == name);
    let check = check.unwrap_or_else(|| panic!("{name}: {report}"));
    (&check["passed"], check["hint"].as_str().expect("a text"))
}

#[test]
fn a_sender_is_graded_and_the_usual_mistakes_are_named() {
    let server = shared();
    let secret = Secret::new(SECRET).expect("not empty");
    let body = body();
    let header = "x-dentrix-signature";
    let seconds = now().as_second().to_string();
    let timed = sign_timestamped(&secret, now().as_second(), body.as_bytes());
    let best = check(
        &server,
        &[(header, &timed), ("x-pontic-timestamp", &seconds)],
        body.as_bytes(),
    );
    assert_eq!(best["grade"], "A", "{best}");
    let plain = sign(&secret, body.as_bytes());
    let good = check(&server, &[(header, &plain)], body.as_bytes());
    assert_eq!(good["grade"], "B", "{good}");
    assert!(hint(&good, "freshness").1.contains("sign the time too"));

    let value: Value = serde_json::from_str(&body).expect("JSON");
    let pretty = serde_json::to_string_pretty(&value).expect("text");
    let spaced = body.replace("\":\"", "\": \"").replace("\",\"", "\", \"");
    let latin: Vec<u8> = body
        .chars()
        .map(|c| u8::try_from(u32::from(c)).expect("Latin-1"))
        .collect();
    let digest = {
        use sha2::{Digest, Sha256};
        pontic_core::id::hex(&Sha256::digest(body.as_bytes()))
    };
    let of = |signed: &[u8]| sign(&secret, signed);
    for (signature, expected) in [
        (of(pretty.as_bytes()), "as pretty-printed JSON (2 blanks)"),
        (of(spaced.as_bytes()), "with blanks after commas and colons"),
        (
            of(format!("{body}\n").as_bytes()),
            "with a newline at the end",
        ),
        (of(&latin), "in Latin-1 instead of UTF-8"),
        (digest, "a plain SHA-256 of the body"),
        (of(b"something else"), "probably another secret"),
        ("abc".to_owned(), "malformed"),
    ] {
        let report = check(&server, &[(header, &signature)], body.as_bytes());
        assert_eq!(report["grade"], "F", "{report}");
        let (passed, said) = hint(&report, "signature");
        assert!(*passed == json!(false) && said.contains(expected), "{said}");
    }
    let elsewhere = check(&server, &[("x-hub-signature-256", &plain)], body.as_bytes());
    assert!(
        hint(&elsewhere, "signature")
            .1
            .contains("x-hub-signature-256")
    );
    // Sent pretty-printed, signed compact.
    let report = check(&server, &[(header, &plain)], pretty.as_bytes());
    assert!(
        hint(&report, "signature").1.contains("as compact JSON"),
        "{report}"
    );
}

#[test]
fn every_fault_of_a_body_is_named_and_no_value() {
    let server = shared();
    let secret = Secret::new(SECRET).expect("not empty");
    let body = json!({ "externalId": "a b", "preferredPickupTime": "2025-01-20", "priority": "whenever", "patientName": 5 }).to_string();
    let signature = sign(&secret, body.as_bytes());
    let report = check(
        &server,
        &[("x-dentrix-signature", &signature)],
        body.as_bytes(),
    );
    assert_eq!(report["grade"], "C");
    assert_eq!(
        hint(&report, "ids").1,
        "externalId: invalid_char; practiceId: required"
    );
    assert_eq!(hint(&report, "time").1, "preferredPickupTime: missing_time");
    assert_eq!(
        hint(&report, "fields").1,
        "priority: unknown_value; patientName: invalid_type"
    );
    assert!(!report.to_string().contains("whenever"), "{report}");
    let twice = br#"{"externalId":"1","externalId":"2"}"#;
    let report = check(
        &server,
        &[("x-dentrix-signature", &sign(&secret, twice))],
        twice,
    );
    assert_eq!(hint(&report, "json").1, "externalId: duplicate_key");

    let large = vec![b' '; 65_537];
    let report = check(&server, &[], &large);
    assert_eq!(
        (&report["grade"], hint(&report, "size").0),
        (&json!("F"), &json!(false))
    );
    let report = post(
        &server,
        "/webhooks/check/dentrix",
        &[("content-type", "text/plain")],
        b"{}",
    )
    .expect(200);
    assert_eq!(*hint(&report, "contentType").0, json!(false));
    let local = json!({ "LabCaseNum": 1, "ClinicNum": 0, "DateTimeScheduled": (now() + SignedDuration::from_hours(24)).to_string()[..19] }).to_string();
    let headers = [
        ("content-type", "application/json"),
        ("x-opendental-signature", &sign(&secret, local.as_bytes())),
    ];
    let report = post(
        &server,
        "/webhooks/check/opendental",
        &headers,
        local.as_bytes(),
    )
    .expect(200);
    assert_eq!(report["grade"], "B");
    assert!(
        hint(&report, "time").1.contains("without an offset"),
        "{report}"
    );
    assert_eq!(
        post(&server, "/webhooks/check/other", &[], b"{}").status,
        404
    );
}

#[test]
fn the_check_knows_no_real_secret_keeps_nothing_and_takes_no_endpoints_name() {
    let server = Start::new().go();
    let before = server.admin().all("/v1/events").len();
    let body = body();
    let real = crate::harness::secret_of("dentrix");
    let signature = sign(&Secret::new(&real).expect("not empty"), body.as_bytes());
    let report = check(
        &server,
        &[("x-dentrix-signature", &signature)],
        body.as_bytes(),
    );
    assert_eq!(report["grade"], "F");
    assert!(!report.to_string().contains("it would verify"), "{report}");
    let good = sign(&Secret::new(SECRET).expect("not empty"), body.as_bytes());
    check(&server, &[("x-dentrix-signature", &good)], body.as_bytes());
    assert_eq!(server.admin().all("/v1/events").len(), before);
    assert!(server.admin().all("/v1/quarantine").is_empty());
    // No endpoint may have the secret that everybody knows.
    let known = json!({ "labId": "L1", "system": "dentrix", "secrets": [SECRET] });
    let refused = server.admin().put("/v1/endpoints/e", &known);
    assert_eq!(refused.status, 400, "{}", refused.text);
    let output = Start::new().env("DENTRIX_WEBHOOK_SECRET", SECRET).fails();
    assert!(
        said(&output).contains("which everybody knows"),
        "{}",
        said(&output)
    );
    // An endpoint may be called so.
    let endpoint = json!({ "labId": "L1", "system": "dentrix", "secrets": ["own"] });
    server
        .admin()
        .put("/v1/endpoints/check", &endpoint)
        .expect(201);
    let own = sign(&Secret::new("own").expect("not empty"), body.as_bytes());
    let headers = [
        ("content-type", "application/json"),
        ("x-dentrix-signature", own.as_str()),
    ];
    post(
        &server,
        "/webhooks/ehr/dentrix/check",
        &headers,
        body.as_bytes(),
    )
    .expect(200);
}
