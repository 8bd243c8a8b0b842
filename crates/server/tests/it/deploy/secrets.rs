//! Secrets as files: what `secrets.sh` draws, what compose hands on, and how the program reads it.

use std::collections::BTreeMap;
use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::Path;
use std::process::Command;

use super::files::{root, yaml};
use crate::harness::{Start, pontic, said};

/// Runs the script, and gives the files that are there then.
fn draw(folder: &Path) -> BTreeMap<String, String> {
    let script = root().join("secrets.sh");
    let done = Command::new("sh").arg(script).arg(folder).output();
    let done = done.expect("sh runs");
    assert!(done.status.success(), "{}", said(&done));
    let files = fs::read_dir(folder).expect("a folder");
    files
        .map(|entry| {
            let path = entry.expect("readable").path();
            let name = path.file_name().and_then(|name| name.to_str());
            let text = fs::read_to_string(&path).expect("readable");
            (name.expect("a name").to_owned(), text)
        })
        .collect()
}

#[test]
fn the_script_draws_what_compose_reads_once() {
    let folder = tempfile::tempdir().expect("a folder");
    let folder = folder.path().join("secrets");
    let drawn = draw(&folder);
    let compose = yaml("compose.yaml").remove(0);
    let read = compose["secrets"].as_object().expect("secrets").values();
    let read: Vec<&str> = read
        .filter_map(|secret| secret["file"].as_str()?.strip_prefix("./secrets/"))
        .collect();
    assert_eq!(read.len(), drawn.len());
    for name in read {
        assert!(drawn.contains_key(name), "{name}");
    }
    let mode = |path: &Path| fs::metadata(path).expect("there").permissions().mode() & 0o777;
    assert_eq!(mode(&folder), 0o700, "who may not enter reads nothing");
    assert_eq!(mode(&folder.join("PONTIC_ADMIN_TOKEN")), 0o444);
    let password = drawn["database_password"].trim();
    assert!(password.len() >= 32 && drawn["PONTIC_DATABASE__URL"].contains(password));
    assert_eq!(draw(&folder), drawn, "nothing is drawn anew");
}

#[test]
fn the_program_starts_with_what_the_script_drew() {
    let folder = tempfile::tempdir().expect("a folder");
    let drawn = draw(folder.path());
    // There is no server of that name here.
    fs::remove_file(folder.path().join("PONTIC_DATABASE__URL")).expect("removed");
    let server = Start::new()
        .unset("PONTIC_ADMIN_TOKEN")
        .env("PONTIC_SECRETS", folder.path().to_str().expect("a path"))
        // The bus is compose's; its password alone would be half a login.
        .env("PONTIC_NATS__USER", "pontic")
        .go();
    let holder = server.holder(drawn["PONTIC_ADMIN_TOKEN"].trim());
    assert_eq!(holder.get("/v1/tokens").status, 200);
    assert_eq!(server.admin().get("/v1/tokens").status, 401);
}

#[test]
fn a_secret_that_is_none_is_told_by_its_file_and_never_shown() {
    let folder = tempfile::tempdir().expect("a folder");
    let put = |name: &str, text: &[u8]| fs::write(folder.path().join(name), text).expect("put");
    put("PONTIC_ADMIN_TOKEN", b"too-short-secret\n");
    put("PONTIC_ADMIN_TOKN", b"misspelt-secret");
    put("PONTIC_MAPS__KEY", b"\xff\xfe");
    put("DENTRIX_WEBHOOK_SECRET", b"good,\n");
    put("tls.key", b"of somebody else");
    let path = folder.path().to_str().expect("a path");
    let told = said(&pontic(&["doctor", "--secrets", path], b""));
    for part in [
        "PONTIC_ADMIN_TOKEN needs 32",
        "PONTIC_ADMIN_TOKN is no setting",
        "PONTIC_MAPS__KEY cannot be read",
        "DENTRIX_WEBHOOK_SECRET holds an empty secret",
    ] {
        assert!(told.contains(part), "{part} in {told}");
    }
    for part in ["too-short", "misspelt-secret", "good,", "tls.key"] {
        assert!(!told.contains(part), "{part} in {told}");
    }
    let told = said(&pontic(&["doctor", "--secrets", "/nowhere/at-all"], b""));
    assert!(told.contains("/nowhere/at-all: "), "{told}");
}

#[test]
fn the_environment_is_heard_over_a_file() {
    let folder = tempfile::tempdir().expect("a folder");
    let token = "a-token-of-a-file-with-32-characters";
    fs::write(folder.path().join("PONTIC_ADMIN_TOKEN"), token).expect("put");
    let server = Start::new()
        .env("PONTIC_SECRETS", folder.path().to_str().expect("a path"))
        .go();
    assert_eq!(server.admin().get("/v1/tokens").status, 200);
    assert_eq!(server.holder(token).get("/v1/tokens").status, 401);
}
