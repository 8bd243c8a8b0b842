//! A disk that is really full: a small file system of its own, filled to the last page beside the running server.

use std::fs::File;
use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::Command;

use serde_json::{Value, json};
use tempfile::TempDir;

use crate::harness::{Answer, Server, Start, after_hours, case, date_in, eventually};

/// A file system of a few mebibytes; gone with the value.
struct SmallDisk(TempDir);

impl SmallDisk {
    /// Mounting one needs root: who is not runs the tests as `sudo -E cargo test`, or in a user namespace of their own.
    fn new() -> Self {
        let dir = tempfile::tempdir().expect("a folder");
        let mounted = Command::new("mount")
            .args(["-t", "tmpfs", "-o", "size=6m", "tmpfs"])
            .arg(dir.path())
            .output();
        assert!(
            mounted.is_ok_and(|output| output.status.success()),
            "a file system cannot be mounted here: run `unshare -rm cargo test -p pontic-server --test it full_disk`"
        );
        Self(dir)
    }

    fn data(&self) -> PathBuf {
        self.0.path().join("data")
    }

    /// Takes all the room there is.
    fn fill(&self) {
        let mut ballast = File::create(self.0.path().join("ballast")).expect("made");
        for size in [65_536, 4_096, 1] {
            let piece = vec![0; size];
            while ballast.write_all(&piece).is_ok() {}
        }
    }

    fn make_room(&self) {
        std::fs::remove_file(self.0.path().join("ballast")).expect("removed");
    }
}

impl Drop for SmallDisk {
    fn drop(&mut self) {
        // A lazy one, should a server that is being killed still hold a file.
        let _ = Command::new("umount").arg("-l").arg(self.0.path()).status();
    }
}

fn post(server: &Server, number: usize) -> (String, Answer) {
    let id = format!("e-{number}");
    let detail = case(
        "L",
        &format!("C{number}"),
        &format!("K{number}"),
        &date_in(1),
    );
    let answer = server
        .admin()
        .event_with_id(&id, "CaseReadyToShip", &detail);
    (id, answer)
}

fn kept(server: &Server) -> Vec<String> {
    crate::harness::texts(
        &json!(server.admin().all("/v1/events?type=CaseReadyToShip")),
        "id",
    )
}

/// What became of events posted until one was refused, which comes last.
fn post_until_refused(server: &Server, first: usize) -> (Vec<String>, Answer) {
    let mut accepted = Vec::new();
    for number in first..first + 5_000 {
        let (id, answer) = post(server, number);
        if answer.status != 200 {
            return (accepted, answer);
        }
        accepted.push(id);
    }
    panic!("the disk does not get full");
}

#[test]
fn a_full_disk_is_503_keeps_what_it_has_and_recovers_by_itself() {
    let disk = SmallDisk::new();
    let server = Start::on(&disk.data()).go();
    assert_eq!(post(&server, 0).1.status, 200);
    disk.fill();
    let (mut accepted, refused) = post_until_refused(&server, 1);
    accepted.push("e-0".to_owned());
    refused.refused(503, "unavailable");
    assert!(
        refused
            .header("retry-after")
            .parse::<u32>()
            .is_ok_and(|wait| wait > 0)
    );
    refuse_all_else(&server);
    // What it has can be read all the while.
    let sorted = |mut ids: Vec<String>| {
        ids.sort_unstable();
        ids
    };
    assert_eq!(sorted(kept(&server)), sorted(accepted.clone()));
    disk.make_room();
    let (id, _) =
        eventually(|| Some(post(&server, 9_001)).filter(|(_, answer)| answer.status == 200));
    accepted.push(id);
    assert_eq!(sorted(kept(&server)), sorted(accepted.clone()));
    assert_eq!(server.nobody().get("/readyz").status, 200);
    let server = server.kill().again().go();
    assert_eq!(sorted(kept(&server)), sorted(accepted));
    let cases: Vec<Value> = server.admin().all("/v1/deliveries");
    assert!(
        cases.iter().all(|delivery| delivery["packageCount"] == 1),
        "nothing was done twice"
    );
}

/// Every other way to write says the same, as soon as what little was left is used up.
fn refuse_all_else(server: &Server) {
    let admin = server.admin();
    let webhook = |number: usize| {
        let body = json!({ "externalId": format!("D-{number}"), "practiceId": "C1", "preferredPickupTime": after_hours(5), "notes": "n".repeat(9_000) });
        server.webhook("dentrix", &body)
    };
    let refused = until_refused(webhook);
    assert_eq!(
        (&refused.body["error"], &refused.body["success"]),
        (&json!("unavailable"), &json!(false))
    );
    until_refused(|number| {
        admin.put(
            &format!("/v1/labs/L{number}"),
            &json!({ "name": "x".repeat(190), "timeZone": "UTC" }),
        )
    })
    .refused(503, "unavailable");
    until_refused(|_| admin.post("/v1/tokens", &json!({ "role": "viewer" })))
        .refused(503, "unavailable");
    until_refused(|_| admin.event("CaseReadyToShip", &json!({ "caseId": "x".repeat(9_000) })))
        .refused(503, "unavailable");
}

fn until_refused(send: impl Fn(usize) -> Answer) -> Answer {
    let answer = (0..2_000)
        .map(send)
        .find(|answer| answer.status >= 500)
        .expect("the disk is full");
    assert_eq!(answer.status, 503, "{}", answer.text);
    assert!(!answer.header("retry-after").is_empty());
    answer
}

#[test]
fn a_folder_that_cannot_be_written_is_said_at_start() {
    let folder = tempfile::tempdir().expect("a folder");
    let file = folder.path().join("file");
    std::fs::write(&file, "").expect("written");
    let output = Start::on(&Path::new(&file).join("data")).fails();
    let text = String::from_utf8_lossy(&output.stderr).into_owned();
    assert!(
        output.status.code() == Some(1) && text.contains("data folder"),
        "{text}"
    );
}
