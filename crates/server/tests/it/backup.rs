//! A copy of the data beside a server that works, and the way back.

use std::path::Path;
use std::sync::atomic::{AtomicBool, Ordering};

use jiff::SignedDuration;
use serde_json::{Value, json};

use crate::harness::{Server, Start, case, date_in, fix, fresh, now, pontic, said};

/// On its folder, whatever the engine of the other tests is.
fn start(path: &Path) -> Server {
    Start::on(path).unset("PONTIC_DATABASE__URL").go()
}

fn run(arguments: &[&str]) -> (bool, String) {
    let output = pontic(arguments, b"");
    (output.status.success(), said(&output))
}

fn text(path: &Path) -> &str {
    path.to_str().expect("a path")
}

/// Everything but what comes and goes.
fn all_of(server: &Server) -> Vec<Value> {
    let lists = ["/v1/events", "/v1/deliveries", "/v1/clinics", "/v1/labs"];
    lists
        .iter()
        .map(|list| json!(server.admin().all(list)))
        .collect()
}

#[test]
fn a_backup_in_of_a_folder_that_is_worked_on_comes_back_whole() {
    let (home, elsewhere) = (
        tempfile::tempdir().expect("a folder"),
        tempfile::tempdir().expect("a folder"),
    );
    let data = home.path().join("data");
    let server = start(&data);
    let driver = server.token(&json!({ "role": "driver", "labId": "L1", "driverId": "D-1" }));
    let at = now() - SignedDuration::from_secs(60);
    driver
        .post("/v1/positions", &fix(at, 0.0, 30.0))
        .expect(200);
    let stop = AtomicBool::new(false);
    let backup = home.path().join("backup");
    std::thread::scope(|scope| {
        scope.spawn(|| {
            while !stop.load(Ordering::Relaxed) {
                let id = fresh("K");
                server
                    .admin()
                    .event("CaseReadyToShip", &case("L1", &id, &id, &date_in(1)))
                    .result();
            }
        });
        std::thread::sleep(std::time::Duration::from_millis(300));
        let (done, said) = run(&["backup", "--data", text(&data), "--to", text(&backup)]);
        stop.store(true, Ordering::Relaxed);
        assert!(done && said.contains("is NOT in it"), "{said}");
    });
    let all = all_of(&server);
    let key = data.join("keys/data.key");
    assert!(!backup.join("keys").exists());

    let new = elsewhere.path().join("data");
    let restore = ["restore", "--from", text(&backup), "--data", text(&new)];
    let (done, told) = run(&restore);
    assert!(
        !done && told.contains("put your copy of it there first"),
        "{told}"
    );
    std::fs::create_dir_all(new.join("keys")).expect("made");
    std::fs::copy(&key, new.join("keys/data.key")).expect("copied");
    let (done, told) = run(&restore);
    assert!(done && told.contains("opened with its key"), "{told}");
    let (done, told) = run(&restore);
    assert!(!done && told.contains("holds data already"), "{told}");

    let back = start(&new);
    let (was, is) = (
        all[0].as_array().expect("a log"),
        back.admin().all("/v1/events"),
    );
    // The configuration's rules may have been logged since.
    assert!(
        is.len() > 5 && is.len() <= was.len() + 1,
        "{} of {}",
        is.len(),
        was.len()
    );
    let common = is.len().min(was.len()) - 1;
    assert_eq!(was[..common], is[..common]);
    let track = back
        .admin()
        .get("/v1/drivers/D-1/positions?labId=L1")
        .expect(200);
    assert_eq!(track["items"].as_array().map(Vec::len), Some(1));
}

#[test]
fn a_damaged_backup_of_a_folder_is_refused_and_nothing_is_put_anywhere() {
    let home = tempfile::tempdir().expect("a folder");
    let (data, backup, new) = (
        home.path().join("data"),
        home.path().join("backup"),
        home.path().join("new"),
    );
    let server = start(&data);
    server
        .admin()
        .event("CaseReadyToShip", &case("L1", "C1", "K1", &date_in(1)))
        .result();
    drop(server);
    let make = ["backup", "--data", text(&data), "--to", text(&backup)];
    assert!(run(&make).0);
    let (done, told) = run(&make);
    assert!(!done && told.contains("exists already"), "{told}");
    std::fs::create_dir_all(new.join("keys")).expect("made");
    std::fs::copy(data.join("keys/data.key"), new.join("keys/data.key")).expect("copied");
    let path = backup.join("pontic.db");
    let whole = std::fs::read(&path).expect("read");
    let mut damaged = whole.clone();
    let middle = damaged.len() / 2;
    damaged[middle] ^= 1;
    std::fs::write(&path, &damaged).expect("written");
    let restore = ["restore", "--from", text(&backup), "--data", text(&new)];
    let (done, told) = run(&restore);
    assert!(!done && told.contains("is damaged"), "{told}");
    assert!(!new.join("pontic.db").exists());

    std::fs::write(&path, &whole).expect("written");
    std::fs::write(
        new.join("keys/data.key"),
        std::fs::read(data.join("keys/data.key")).expect("read"),
    )
    .expect("written");
    let list = backup.join("backup.json");
    let text_of = std::fs::read_to_string(&list).expect("read");
    std::fs::write(&list, text_of.replace("\"pontic.db\"", "\"../pontic.db\"")).expect("written");
    let (done, told) = run(&restore);
    assert!(!done && told.contains("outside of the backup"), "{told}");
    std::fs::write(&list, text_of).expect("written");

    // Another installation's key.
    let other = home.path().join("other");
    drop(start(&other));
    std::fs::copy(other.join("keys/data.key"), new.join("keys/data.key")).expect("copied");
    let (done, told) = run(&restore);
    assert!(!done && told.contains("another key"), "{told}");
    assert!(!new.join("pontic.db").exists());
}
