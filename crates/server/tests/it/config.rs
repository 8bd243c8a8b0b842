//! Configuration and data folders that cannot be used, said in sentences; and `pontic doctor`.

use std::path::Path;

use rusqlite::Connection;
use tempfile::TempDir;

use crate::harness::{Start, case, date_in, pontic, said};

fn folder() -> TempDir {
    tempfile::tempdir().expect("a folder")
}

/// The database file in a data folder.
fn database(dir: &Path) -> std::path::PathBuf {
    let entries = std::fs::read_dir(dir)
        .expect("readable")
        .filter_map(Result::ok);
    let is_database = |path: &std::path::PathBuf| {
        std::fs::read(path).is_ok_and(|bytes| bytes.starts_with(b"SQLite format 3\0"))
    };
    entries
        .map(|entry| entry.path())
        .filter(|path| path.is_file())
        .find(is_database)
        .expect("a database")
}

#[test]
fn three_faults_are_all_named() {
    let output = Start::new()
        .env("PONTIC_DEFAULT_TIME_ZONE", "Mars/Olympus")
        .env("PONTIC_LIMITS__TOKEN__BURST", "many")
        .env("PONTIC_ADMIN_TOKEN", "tooshortsecret")
        .fails();
    let text = said(&output);
    assert_eq!(output.status.code(), Some(1), "{text}");
    for part in [
        "PONTIC_DEFAULT_TIME_ZONE",
        "PONTIC_LIMITS__TOKEN__BURST",
        "PONTIC_ADMIN_TOKEN",
    ] {
        assert!(text.contains(part), "{part} in {text}");
    }
    assert!(!text.contains("tooshortsecret"), "{text}");
}

#[test]
fn a_file_then_the_environment_then_flags() {
    let dir = folder();
    let file = dir.path().join("pontic.toml");
    std::fs::write(&file, "defaultTimeZone = \"America/Chicago\"\nlisten = \"127.0.0.1:1\"\n[limits.token]\nrate = 7\nburst = 9\n").expect("written");
    let server = Start::new()
        .args(&["--config", file.to_str().expect("a path")])
        .env("PONTIC_LIMITS__TOKEN__RATE", "11")
        .go();
    let quotas = server.admin().get("/v1/rate-limits").expect(200)["quotas"]["token"].clone();
    assert_eq!(quotas, serde_json::json!({ "rate": 11.0, "burst": 9.0 }));
    let broken = dir.path().join("broken.toml");
    std::fs::write(&broken, "adminToken = \"a-secret-that-must-not-be-shown\nx").expect("written");
    let output = Start::new()
        .args(&["--config", broken.to_str().expect("a path")])
        .fails();
    assert!(
        output.status.code() == Some(1) && said(&output).contains("broken.toml, line "),
        "{}",
        said(&output)
    );
    assert!(!said(&output).contains("must-not-be-shown"));
}

#[test]
fn what_would_be_unsafe_does_not_start() {
    for (start, part) in [
        (Start::new().listen("0.0.0.0:0"), "loopback"),
        (
            Start::new()
                .env("PONTIC_BEHIND_TLS_PROXY", "true")
                .listen("0.0.0.0:0")
                .args(&["--dev"]),
            "dev",
        ),
        (
            Start::new()
                .env("PONTIC_BEHIND_TLS_PROXY", "true")
                .listen("0.0.0.0:0")
                .now("2025-01-15T12:00:00Z"),
            "now",
        ),
        (
            Start::new().env("DENTRIX_WEBHOOK_SECRET", ""),
            "DENTRIX_WEBHOOK_SECRET",
        ),
        (
            Start::new().env("EAGLESOFT_WEBHOOK_SECRET", "a,,b"),
            "EAGLESOFT_WEBHOOK_SECRET",
        ),
        (Start::new().env("PONTIC_COLOUR", "red"), "PONTIC_COLOUR"),
        (Start::new().env("PONTIC_NOW", "soon"), "PONTIC_NOW"),
    ] {
        let output = start.fails();
        let text = said(&output);
        assert!(
            !output.status.success() && text.contains(part),
            "{part}: {text}"
        );
    }
}

#[test]
fn a_data_folder_of_a_newer_version_is_refused_with_a_sentence() {
    let server = Start::new().go();
    server
        .admin()
        .event("CaseReadyToShip", &case("L", "C1", "K1", &date_in(1)))
        .result();
    let left = server.kill();
    let connection = Connection::open(database(&left.path)).expect("opened");
    connection
        .pragma_update(None, "user_version", 9_999)
        .expect("written");
    drop(connection);
    let output = left.again().fails();
    let text = said(&output);
    assert_eq!(output.status.code(), Some(1), "{text}");
    assert!(
        text.contains("9999") && text.contains("newer program"),
        "{text}"
    );
    let path = left.path.to_str().expect("a path");
    let doctor = pontic(&["doctor", "--data", path], b"");
    assert!(
        doctor.status.code() == Some(1) && said(&doctor).contains("newer program"),
        "{}",
        said(&doctor)
    );
    let token = pontic(&["token", "list", "--data", path], b"");
    assert!(
        !token.status.success() && said(&token).contains("newer program"),
        "{}",
        said(&token)
    );
}

#[test]
fn a_lost_key_is_named_and_none_is_made_in_its_place() {
    let server = Start::new().go();
    server
        .admin()
        .event("CaseReadyToShip", &case("L", "C1", "K1", &date_in(1)))
        .result();
    let left = server.kill();
    let keys = left.path.join("keys");
    let key = std::fs::read_dir(&keys)
        .expect("readable")
        .find_map(Result::ok)
        .expect("a key")
        .path();
    let mode = std::os::unix::fs::PermissionsExt::mode(
        &std::fs::metadata(&key).expect("there").permissions(),
    );
    assert_eq!(mode & 0o777, 0o600);
    let kept = left.path.join("elsewhere.key");
    std::fs::rename(&key, &kept).expect("moved");
    let output = left.again().fails();
    assert!(
        output.status.code() == Some(1) && said(&output).contains("key"),
        "{}",
        said(&output)
    );
    assert!(!key.exists());
    let server = left
        .again()
        .env("PONTIC_KEY_FILE", kept.to_str().expect("a path"))
        .go();
    assert_eq!(server.admin().all("/v1/deliveries").len(), 1);
}

#[test]
fn doctor_says_what_is_well_and_what_is_not() {
    let dir = folder();
    let path = dir.path().to_str().expect("a path");
    let output = pontic(&["doctor", "--data", path], b"");
    let text = said(&output);
    assert!(
        output.status.success() && text.contains("ok    the configuration can be used"),
        "{text}"
    );
    assert!(text.contains("note  dentrix has no secret"), "{text}");
    let file = dir.path().join("p.toml");
    std::fs::write(&file, "listen = 7\ncolour = 1\ndefaultTimeZone = \"x\"\n").expect("written");
    let output = pontic(&["doctor", "--config", file.to_str().expect("a path")], b"");
    let text = said(&output);
    assert_eq!(
        (output.status.code(), text.matches("BAD   ").count()),
        (Some(1), 3),
        "{text}"
    );
    let server = Start::new().go();
    server
        .admin()
        .event("CaseReadyToShip", &serde_json::json!({}));
    let running = pontic(
        &[
            "doctor",
            "--data",
            server.folder().to_str().expect("a path"),
        ],
        b"",
    );
    assert!(
        running.status.success() && said(&running).contains("1 messages in the quarantine"),
        "{}",
        said(&running)
    );
}
