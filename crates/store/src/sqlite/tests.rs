//! What only a folder can show; everything else is told by the contract.

use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::Path;

use pontic_core::record::Kind;
use rusqlite::Connection;
use tempfile::TempDir;

use super::{Options, SqliteStore, migrate, rows, tables};
use crate::access::{Token, TokenKind};
use crate::batch::Proof;
use crate::contract::{self, new_case_batch};
use crate::page::{Filter, LogFilter, Paging};
use crate::{Store, StoreError};

const NOW: jiff::Timestamp = jiff::Timestamp::UNIX_EPOCH;

fn folder() -> TempDir {
    tempfile::tempdir().expect("folder")
}

fn open(dir: &Path) -> SqliteStore {
    SqliteStore::open(dir, None, Options::default()).expect("opened")
}

fn refusal(dir: &Path) -> StoreError {
    SqliteStore::open(dir, None, Options::default())
        .err()
        .expect("refused")
}

fn token() -> Token {
    Token {
        id: "1".into(),
        hash: [1; 32],
        kind: TokenKind::Token,
        parent: None,
        role: "admin".into(),
        lab_id: None,
        driver_id: None,
        clinic_id: None,
        sources: Vec::new(),
        created_at: NOW,
        expires_at: None,
    }
}

/// A proof that fills some pages.
fn proof(id: u32) -> Proof {
    Proof {
        id: id.to_string(),
        lab_id: pontic_core::id::LabId::known("LAB1"),
        media_type: "image/png".into(),
        sha256: String::new(),
        size: 50_000,
        at: NOW,
    }
}

#[test]
fn in_memory_it_keeps_the_contract() {
    contract::tell(|| SqliteStore::in_memory().expect("opened"));
}

#[test]
fn in_a_folder_it_keeps_the_contract() {
    let parent = folder();
    let mut count = 0;
    contract::tell(|| {
        count += 1;
        open(&parent.path().join(count.to_string()))
    });
}

#[test]
fn two_programs_on_a_folder_keep_the_contract() {
    let parent = folder();
    let mut count = 0;
    contract::tell_of_two(|| {
        count += 1;
        let dir = parent.path().join(count.to_string());
        (open(&dir), open(&dir))
    });
}

/// The look-ups that decisions make cost the same however much there is: none reads a whole table.
#[test]
fn decisions_find_what_they_need_by_indexes() {
    let store = SqliteStore::in_memory().expect("opened");
    let table = tables::of;
    let mut statements = vec![
        &table(Kind::Pickup).by_identity,
        &table(Kind::Case).parts,
        &table(Kind::Pickup).parts,
        &table(Kind::Stop).parts,
        &table(Kind::Delivery).open_on,
        &table(Kind::Delivery).open_at,
        &table(Kind::Pickup).open_at,
        &table(Kind::Series).open_at,
    ];
    for kind in Kind::ALL {
        statements.extend([&table(*kind).one, &table(*kind).labs, &table(*kind).update]);
    }
    for sql in statements {
        let plan: Vec<String> = store
            .writer
            .read(|conn| {
                let mut explain = conn.prepare_cached(&format!("EXPLAIN QUERY PLAN {sql}"))?;
                let nulls = vec![rusqlite::types::Null; explain.parameter_count()];
                rows::all(&mut explain, rusqlite::params_from_iter(nulls), |row| {
                    Ok(row.get(3)?)
                })
            })
            .expect("explained");
        assert!(
            plan.iter().all(|step| !step.starts_with("SCAN")),
            "{sql}: {plan:?}"
        );
    }
}

#[test]
fn reopening_keeps_everything() {
    let dir = folder();
    let store = open(dir.path());
    store.commit(&new_case_batch(1)).expect("committed");
    let log = store.log(&LogFilter::default(), 10).expect("read");
    let cases = store.get(Kind::Case, None, "E1").expect("read");
    let (epoch, digest) = (store.epoch().to_owned(), store.digest(b"a"));
    drop(store);

    let store = open(dir.path());
    assert_eq!(store.log(&LogFilter::default(), 10).expect("read"), log);
    assert_eq!(store.get(Kind::Case, None, "E1").expect("read"), cases);
    assert_eq!(
        (store.epoch(), store.digest(b"a")),
        (epoch.as_str(), digest)
    );
    assert_eq!(
        store.commit(&new_case_batch(2)).expect("committed").seqs,
        [2]
    );
}

#[test]
fn nobody_else_may_read_the_folder() {
    let parent = folder();
    let dir = parent.path().join("new");
    let store = open(&dir);
    store.commit(&new_case_batch(1)).expect("committed");
    let mode = |path: &Path| fs::metadata(path).expect("there").permissions().mode() & 0o777;
    assert_eq!(mode(&dir), 0o700);
    for file in ["pontic.db", "pontic.db-wal", "keys/data.key"] {
        assert_eq!(mode(&dir.join(file)), 0o600, "{file}");
    }
}

#[test]
fn a_newer_format_is_refused() {
    let dir = folder();
    drop(open(dir.path()));
    let conn = Connection::open(dir.path().join("pontic.db")).expect("opened");
    conn.execute_batch("PRAGMA user_version = 99").expect("set");
    let error = refusal(dir.path());
    assert!(matches!(error, StoreError::Newer { found: 99, .. }));
    assert!(error.to_string().contains("use the newer program"));
}

#[test]
fn a_wrong_or_missing_key_is_refused() {
    let dir = folder();
    drop(open(dir.path()));
    let key = dir.path().join("keys/data.key");
    fs::rename(&key, dir.path().join("aside")).expect("moved");
    let error = refusal(dir.path());
    assert!(matches!(error, StoreError::Key(_)));
    assert!(error.to_string().contains("missing"), "{error}");
    assert!(
        !key.exists(),
        "no new key is made, which could not open the data"
    );

    let other = folder();
    drop(open(other.path()));
    fs::copy(other.path().join("keys/data.key"), &key).expect("copied");
    let error = refusal(dir.path());
    assert!(matches!(error, StoreError::Key(_)));
    assert!(error.to_string().contains("another key"), "{error}");

    SqliteStore::open(
        dir.path(),
        Some(&dir.path().join("aside")),
        Options::default(),
    )
    .expect("the right one, elsewhere");
}

#[test]
fn a_file_that_is_no_database_is_refused() {
    let dir = folder();
    fs::write(dir.path().join("pontic.db"), "no database ".repeat(1_000)).expect("written");
    assert!(matches!(refusal(dir.path()), StoreError::Broken(_)));
}

#[test]
fn no_file_holds_a_patients_name() {
    let dir = folder();
    let store = open(dir.path());
    store.commit(&new_case_batch(1)).expect("committed");
    store
        .put_proof(&proof(1), &b"Jane Doe signed ".repeat(1_000))
        .expect("kept");
    let holds = |needle: &[u8]| {
        let files = fs::read_dir(dir.path())
            .expect("listed")
            .map(|file| file.expect("listed").path());
        files.filter(|path| path.is_file()).any(|path| {
            fs::read(&path)
                .expect("read")
                .windows(needle.len())
                .any(|part| part == needle)
        })
    };
    assert!(holds(b"CaseCancelled"), "the search finds what is there");
    assert!(!holds(b"Jane"), "in the write-ahead log");
    store.checkpoint().expect("moved");
    drop(store);
    assert!(!holds(b"Jane"), "in the database");
}

#[test]
fn a_full_disk_keeps_what_it_has_and_recovers() {
    let dir = folder();
    let store = SqliteStore::open(
        dir.path(),
        None,
        Options {
            max_pages: Some(120),
        },
    )
    .expect("opened");
    store.commit(&new_case_batch(1)).expect("committed");
    let bytes = vec![0; 50_000];
    let full = (0..100)
        .find_map(|id| store.put_proof(&proof(id), &bytes).err())
        .expect("full at last");
    assert!(matches!(full, StoreError::Unavailable(_)), "{full}");
    assert!(!store.get(Kind::Case, None, "E1").expect("read").is_empty());
    assert_eq!(store.last_seq().expect("read"), 1);

    store.limit_pages(None).expect("more room");
    store.put_proof(&proof(1_000), &bytes).expect("kept");
    assert_eq!(
        store.commit(&new_case_batch(2)).expect("committed").seqs,
        [2]
    );
}

#[test]
fn another_process_is_noticed() {
    let dir = folder();
    let (server, command_line) = (open(dir.path()), open(dir.path()));
    let before = server.stamp().expect("read");
    server.commit(&new_case_batch(1)).expect("committed");
    assert_eq!(
        server.stamp().expect("read"),
        before,
        "its own changes do not count"
    );

    command_line.put_token(&token()).expect("kept");
    assert_ne!(server.stamp().expect("read"), before);
    assert_eq!(server.token(&[1; 32], NOW).expect("read"), Some(token()));
    assert_eq!(
        command_line
            .commit(&new_case_batch(2))
            .expect("committed")
            .seqs,
        [2],
        "one log for both"
    );
    assert_eq!(
        server.commit(&new_case_batch(3)).expect("committed").seqs,
        [3]
    );
}

#[test]
fn a_panic_in_the_middle_leaves_nothing_behind() {
    let dir = folder();
    let store = open(dir.path());
    let panicked = std::thread::scope(|scope| {
        let broken = || {
            store.writer.write::<()>(|conn| {
                conn.execute_batch("DELETE FROM meta").expect("deleted");
                panic!("in the middle");
            })
        };
        scope.spawn(broken).join().is_err()
    });
    assert!(panicked);
    assert_eq!(
        store.commit(&new_case_batch(1)).expect("committed").seqs,
        [1]
    );
    drop(store);
    drop(open(dir.path()));
}

#[test]
fn checkpoints_move_what_was_written() {
    let dir = folder();
    let store = open(dir.path());
    let size = || {
        fs::metadata(dir.path().join("pontic.db"))
            .expect("there")
            .len()
    };
    let before = size();
    for n in 0..50 {
        store.commit(&new_case_batch(n)).expect("committed");
    }
    assert_eq!(size(), before, "nothing moves on the commit path");
    store.checkpoint().expect("moved");
    assert!(size() > before);
}

#[test]
fn many_readers_beside_a_writer() {
    let dir = folder();
    let store = open(dir.path());
    std::thread::scope(|scope| {
        for _ in 0..8 {
            scope.spawn(|| {
                for _ in 0..50 {
                    let page = store.list(
                        Kind::Case,
                        &Filter::default(),
                        &Paging {
                            after: None,
                            limit: 100,
                        },
                    );
                    let seen = u64::try_from(page.expect("listed").items.len()).expect("small");
                    assert!(store.last_seq().expect("read") >= seen);
                }
            });
        }
        for n in 0..50 {
            store.commit(&new_case_batch(n)).expect("committed");
        }
    });
}

/// A folder as a program of that format left it, with what `sql` puts into it; and what the newest program makes of it.
fn older(format: u32, sql: &str) -> (TempDir, Connection) {
    let dir = folder();
    let database = dir.path().join("pontic.db");
    let conn = Connection::open(&database).expect("made");
    migrate::up_to(&conn, format).expect("made old");
    conn.execute_batch(sql).expect("filled");
    drop(conn);
    drop(open(dir.path()));
    let conn = Connection::open(database).expect("opened");
    (dir, conn)
}

#[test]
fn routes_of_an_older_folder_are_found_by_their_driver() {
    let (_dir, conn) = older(
        1,
        r#"INSERT INTO r_route (lab_id, id, open, version, body)
           VALUES ('LAB1', 'R1', 1, 1, '{"id":"R1","labId":"LAB1","driverId":"DRV-7"}');"#,
    );
    let parent: String = conn
        .query_row("SELECT parent FROM r_route", [], |row| row.get(0))
        .expect("a route");
    assert_eq!(parent, "DRV-7");
}

#[test]
fn an_older_folder_knows_the_steps_of_its_records_and_what_is_not_billed() {
    let (dir, conn) = older(
        3,
        r#"INSERT INTO r_case (lab_id, id, status, open, version, body) VALUES
               ('LAB1', 'K1', 'delivered', 0, 2, '{"id":"K1","labId":"LAB1","status":"delivered"}'),
               ('LAB1', 'K2', 'delivered', 0, 1, '{"id":"K2","labId":"LAB1","status":"delivered","invoices":["I1"]}');
           INSERT INTO log (seq, at, direction, source, name, detail, changes) VALUES
               (1, 0, 0, 's', 'n', '{}', '[{"kind":"case","id":"K1","labId":"LAB1"},{"kind":"case","id":"K2","labId":"LAB1"}]'),
               (2, 0, 0, 's', 'n', '{}', NULL),
               (10, 0, 0, 's', 'n', '{}', '[{"kind":"case","id":"K1","labId":"LAB1"}]');"#,
    );
    let store = open(dir.path());
    let lab = pontic_core::id::LabId::known("LAB1");
    let steps = |id: &str| store.steps(Kind::Case, &lab, id).expect("read");
    assert_eq!((steps("K1"), steps("K2")), (vec![1, 10], vec![1]));
    let unbilled: String = conn
        .query_row("SELECT id FROM r_case WHERE open = 1", [], |row| row.get(0))
        .expect("one");
    assert_eq!(unbilled, "K1");
}

#[test]
fn messages_of_an_older_folder_stay_and_no_number_comes_again() {
    // The newest was forgotten already.
    let (dir, _conn) = older(
        3,
        "INSERT INTO outgoing (subscription, lab_id, seq, event_id, name, key, state, due, attempt)
         VALUES ('S', 'L', 7, 'E7', 'X', 'k', 0, 5, 2), ('S', 'L', 8, 'E8', 'X', 'k', 1, 5, 2);
         DELETE FROM outgoing WHERE seq = 8;",
    );
    let store = open(dir.path());
    let message = |seq| crate::outgoing::Message {
        subscription: "S".into(),
        lab_id: pontic_core::id::LabId::known("L"),
        seq,
        event_id: format!("E{seq}"),
        name: "X".into(),
        key: "k".into(),
        due: jiff::Timestamp::UNIX_EPOCH,
    };
    let settled = store.fanned_out().expect("read");
    store.fan_out(settled, 9, &[message(9)]).expect("written");
    let filter = crate::outgoing::MessageFilter::default();
    let paging = Paging {
        after: None,
        limit: 10,
    };
    let page = store.outgoing(&filter, &paging).expect("listed");
    let kept: Vec<_> = page
        .items
        .iter()
        .map(|row| (row.number, row.message.seq, row.attempts))
        .collect();
    assert_eq!(kept, [(1, 7, 2), (3, 9, 0)]);
    let twice = store.fan_out(9, 10, &[message(9)]);
    assert!(twice.is_err(), "a publication goes to a subscription once");
}
