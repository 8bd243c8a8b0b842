//! What only a server can show; everything else is told by the contract.

mod listening;
mod positions;

use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU32, Ordering};

use jiff::{SignedDuration, Timestamp};
use pontic_core::record::Kind;
use tempfile::TempDir;

use super::{Options, PostgresStore, rows, tables};
use crate::contract::{self, new_case_batch};
use crate::page::{Filter, LogFilter, Paging};
use crate::{Store, StoreError};

/// A database of its own on the tests' server, and the folder of its key.
struct Database {
    url: String,
    folder: TempDir,
}

impl Database {
    fn new() -> Self {
        static MADE: AtomicU32 = AtomicU32::new(0);
        let server = std::env::var("TEST_POSTGRES").expect(
            "TEST_POSTGRES names no server; `cargo xtask test` starts one, and so does \
             `cargo xtask servers -- cargo nextest run -p pontic-store --all-features`",
        );
        let name = format!(
            "t_{}_{}",
            std::process::id(),
            MADE.fetch_add(1, Ordering::Relaxed)
        );
        run(&server, &format!("CREATE DATABASE {name}"));
        Self {
            url: server.replace("/postgres?", &format!("/{name}?")),
            folder: tempfile::tempdir().expect("folder"),
        }
    }

    fn key(&self) -> PathBuf {
        self.folder.path().join("data.key")
    }

    fn try_open(&self, key: &Path) -> Result<PostgresStore, StoreError> {
        PostgresStore::open(&self.url, key, &Options::default())
    }

    fn open(&self) -> PostgresStore {
        self.try_open(&self.key()).expect("opened")
    }
}

/// Runs statements on a connection of its own.
fn run(url: &str, sql: &str) {
    let connector = super::connection::Connector::new(url, None).expect("an address");
    let pool = connector.pool(1).expect("settings");
    let runtime = tokio::runtime::Runtime::new().expect("a runtime");
    runtime.block_on(async {
        let client = pool.get().await.expect("connected");
        client.batch_execute(sql).await.expect("run");
    });
}

#[test]
fn it_keeps_the_contract() {
    let mut databases = Vec::new();
    contract::tell(|| {
        databases.push(Database::new());
        databases.last().expect("made").open()
    });
}

#[test]
fn a_duty_is_done_by_one_program() {
    let database = Database::new();
    let (here, there) = (database.open(), database.open());
    let at = |second: i64| Timestamp::from_second(second).expect("a time");
    let lease = SignedDuration::from_secs(10);
    let hold = |store: &PostgresStore, holder: &str, second: i64| {
        store.hold("bus", holder, at(second), lease).expect("asked")
    };
    assert!(hold(&here, "a", 0));
    assert!(!hold(&there, "b", 9));
    assert!(hold(&here, "a", 9), "its own it may hold longer");
    assert!(!hold(&there, "b", 18));
    assert!(hold(&there, "b", 19), "it ends by itself");
    assert!(!hold(&here, "a", 20));
    assert!(
        there
            .hold("bus", "b", at(20), SignedDuration::ZERO)
            .expect("let go")
    );
    assert!(hold(&here, "a", 20));
    assert!(there.hold("another", "b", at(20), lease).expect("asked"));
}

#[test]
fn two_programs_keep_the_contract() {
    let mut databases = Vec::new();
    contract::tell_of_two(|| {
        databases.push(Database::new());
        let database = databases.last().expect("made");
        (database.open(), database.open())
    });
}

#[test]
fn another_labs_business_is_no_conflict() {
    let database = Database::new();
    let (here, there) = (database.open(), database.open());
    let mut ours = new_case_batch(1);
    ours.stamp = Some(here.stamp().expect("read"));
    let mut theirs = new_case_batch(2);
    for entry in &mut theirs.entries {
        entry.lab_id = Some(pontic_core::id::LabId::known("LAB2"));
    }
    there.commit(&theirs).expect("committed");
    assert_eq!(here.commit(&ours).expect("no conflict").seqs, [2]);
}

/// The look-ups that decisions make cost the same however much there is: none reads a whole table.
#[test]
fn decisions_find_what_they_need_by_indexes() {
    let database = Database::new();
    let store = database.open();
    let table = tables::of;
    let mut statements = vec![
        (&table(Kind::Pickup).by_identities, 1),
        (&table(Kind::Case).parts, 2),
        (&table(Kind::Pickup).parts, 2),
        (&table(Kind::Stop).parts, 2),
        (&table(Kind::Delivery).open_on, 3),
        (&table(Kind::Delivery).open_at, 2),
        (&table(Kind::Pickup).open_at, 2),
        (&table(Kind::Series).open_at, 2),
    ];
    for kind in Kind::ALL {
        statements.extend([
            (&table(*kind).by_ids, 2),
            (&table(*kind).labs, 1),
            (&table(*kind).update, 13),
            (&table(*kind).steps, 2),
        ]);
    }
    for (sql, places) in statements {
        let nulls = vec!["NULL"; places].join(", ");
        let plan: Vec<String> = store
            .with(async |client| {
                client
                    .batch_execute(&format!(
                        "DEALLOCATE ALL; SET plan_cache_mode = force_generic_plan; PREPARE asked AS {sql}"
                    ))
                    .await?;
                let explain = format!("EXPLAIN EXECUTE asked ({nulls})");
                let lines = client.query(&explain, &[]).await?;
                lines.iter().map(|line| rows::get(line, 0)).collect()
            })
            .expect("explained");
        assert!(
            !plan.iter().any(|line| line.contains("Seq Scan")),
            "{sql}: {plan:#?}"
        );
    }
}

#[test]
fn reopening_keeps_everything() {
    let database = Database::new();
    let store = database.open();
    store.commit(&new_case_batch(1)).expect("committed");
    let log = store.log(&LogFilter::default(), 10).expect("read");
    let cases = store.get(Kind::Case, None, "E1").expect("read");
    let (epoch, digest) = (store.epoch().to_owned(), store.digest(b"a"));
    drop(store);

    let store = database.open();
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
fn many_that_start_at_once_agree() {
    let database = Database::new();
    let epochs: Vec<String> = std::thread::scope(|scope| {
        let starters: Vec<_> = (0..6)
            .map(|_| scope.spawn(|| database.open().epoch().to_owned()))
            .collect();
        starters
            .into_iter()
            .map(|starter| starter.join().expect("started"))
            .collect()
    });
    assert!(epochs.iter().all(|epoch| *epoch == epochs[0]), "{epochs:?}");
}

#[test]
fn a_newer_format_is_refused() {
    let database = Database::new();
    drop(database.open());
    run(
        &database.url,
        "UPDATE fact SET value = '99' WHERE key = 'format'; DELETE FROM fact WHERE key = 'oldest_beside'",
    );
    let error = database.try_open(&database.key()).err().expect("refused");
    assert!(matches!(error, StoreError::Newer { found: 99, .. }));
}

/// While programs are exchanged one after the other, one of the release before ours may be started again.
#[test]
fn a_newer_format_is_served_where_it_says_that_it_may_be() {
    let database = Database::new();
    drop(database.open());
    let oldest = |format: &str| {
        let sql = format!(
            "UPDATE fact SET value = '99' WHERE key = 'format';
             UPDATE fact SET value = '{format}' WHERE key = 'oldest_beside'"
        );
        run(&database.url, &sql);
    };
    oldest("7");
    drop(database.open());
    oldest("98");
    let error = database.try_open(&database.key()).err().expect("refused");
    assert!(matches!(error, StoreError::Newer { found: 99, .. }));
}

#[test]
fn a_wrong_or_missing_key_is_refused() {
    let database = Database::new();
    drop(database.open());
    let elsewhere = database.folder.path().join("elsewhere.key");
    let error = database.try_open(&elsewhere).err().expect("refused");
    assert!(matches!(error, StoreError::Key(_)), "{error}");
    assert!(
        !elsewhere.exists(),
        "no new key is made, which could not open the data"
    );

    let other = Database::new();
    drop(other.open());
    let error = database.try_open(&other.key()).err().expect("refused");
    assert!(error.to_string().contains("another key"), "{error}");
}

#[test]
fn an_address_is_never_quoted() {
    for url in [
        "postgres://u:hush@",
        "hush",
        "postgres://u:hush@127.0.0.1:1/x",
    ] {
        let folder = tempfile::tempdir().expect("folder");
        let opened = PostgresStore::open(url, &folder.path().join("key"), &Options::default());
        let error = opened.err().expect("refused").to_string();
        assert!(!error.contains("hush"), "{error}");
    }
}

#[test]
fn a_certificate_is_checked() {
    let database = Database::new();
    let certificate = std::env::var("TEST_POSTGRES_CA").expect("it comes with TEST_POSTGRES");
    let require = database.url.replace("sslmode=disable", "sslmode=require");
    let open = |url: &str, ca_file: Option<&str>| {
        let options = Options {
            ca_file: ca_file.map(PathBuf::from),
            ..Options::default()
        };
        PostgresStore::open(url, &database.key(), &options)
    };
    let store = open(&require, Some(&certificate)).expect("its own authority");
    let secure = store.with(async |client| {
        let sql = "SELECT ssl FROM pg_stat_ssl WHERE pid = pg_backend_pid()";
        rows::get::<bool>(&rows::query(client, sql, &[]).await?[0], 0)
    });
    assert!(secure.expect("asked"));
    for url in [
        &require,
        &database.url.replace("sslmode=disable", "sslmode=prefer"),
    ] {
        let refused = open(url, None).err().expect("nobody knows who signed it");
        assert!(matches!(refused, StoreError::Unavailable(_)), "{refused}");
    }
    let elsewhere = require.replace("127.0.0.1", "localhost");
    assert!(
        open(&elsewhere, Some(&certificate)).is_err(),
        "another name than the certificate's"
    );
    let nowhere = open(&require, Some("/nowhere.pem")).err().expect("refused");
    assert!(nowhere.to_string().contains("cannot be read"), "{nowhere}");
}

#[test]
fn a_connection_cut_in_the_middle_leaves_nothing_and_heals() {
    let database = Database::new();
    let store = database.open();
    store.commit(&new_case_batch(1)).expect("committed");
    let cut = store.write(async |transaction| {
        super::counter::advance(transaction, 1).await?;
        let sql = "SELECT pg_terminate_backend(pg_backend_pid())";
        rows::query(transaction, sql, &[]).await.map(drop)
    });
    assert!(matches!(cut, Err(StoreError::Unavailable(_))), "{cut:?}");
    assert_eq!(store.last_seq().expect("healed"), 1);
    assert_eq!(
        store.commit(&new_case_batch(2)).expect("committed").seqs,
        [2]
    );
}

/// Whoever is frozen in the middle of a commit holds up the others for seconds, not for ever, and commits nothing when it wakes.
#[test]
fn a_frozen_program_loses_its_turn() {
    let database = Database::new();
    let (frozen, other) = (database.open(), database.open());
    std::thread::scope(|scope| {
        let stuck = scope.spawn(|| {
            frozen.write(async |transaction| {
                super::counter::advance(transaction, 1).await?;
                // As a process that is stopped: the line is open, and nothing comes.
                std::thread::sleep(std::time::Duration::from_secs(5));
                rows::query(transaction, "SELECT 1", &[]).await.map(drop)
            })
        });
        std::thread::sleep(std::time::Duration::from_millis(500));
        assert_eq!(
            other.commit(&new_case_batch(1)).expect("its turn").seqs,
            [1]
        );
        let woken = stuck.join().expect("woken");
        assert!(
            matches!(woken, Err(StoreError::Unavailable(_))),
            "{woken:?}"
        );
    });
    assert_eq!(
        frozen.commit(&new_case_batch(2)).expect("committed").seqs,
        [2]
    );
}

#[test]
fn a_read_only_server_is_told_apart() {
    let database = Database::new();
    let name = database.url.rsplit('/').next().expect("a name");
    let name = name.split('?').next().expect("a name");
    let store = database.open();
    // As after a failover to a server that only follows: the connections are cut, and the new ones cannot write.
    let follow = format!(
        "ALTER DATABASE {name} SET default_transaction_read_only = on;
         SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = '{name}' AND pid <> pg_backend_pid();"
    );
    run(&database.url, &follow);
    std::thread::sleep(std::time::Duration::from_millis(200));
    let error = store.commit(&new_case_batch(1)).expect_err("read-only");
    assert!(matches!(error, StoreError::Unavailable(_)), "{error}");
    assert!(error.to_string().contains("read-only"), "{error}");
    assert_eq!(store.last_seq().expect("read"), 0);
}

#[test]
fn no_row_holds_a_patients_name() {
    let database = Database::new();
    let store = database.open();
    store.commit(&new_case_batch(1)).expect("committed");
    let tables = ["log", "r_case", "inbox", "work", "alert", "quarantine"];
    for table in tables {
        let found = store.with(async |client| {
            let sql = format!("SELECT count(*) FROM {table} AS t WHERE t::text LIKE $1");
            let named = rows::query(client, &sql, &[&"%Jane%"]).await?;
            rows::count(&named[0], 0)
        });
        assert_eq!(found.expect("searched"), 0, "{table}");
    }
}

#[test]
fn many_writers_lose_and_double_nothing() {
    let database = Database::new();
    let stores: Vec<PostgresStore> = (0..3).map(|_| database.open()).collect();
    std::thread::scope(|scope| {
        for (store, first) in stores.iter().zip([0_u8, 60, 120]) {
            scope.spawn(move || {
                for n in first..first + 50 {
                    store.commit(&new_case_batch(n)).expect("committed");
                }
            });
        }
    });
    let log = stores[0].log(&LogFilter::default(), 1_000).expect("read");
    let seqs: Vec<u64> = log.iter().map(|row| row.seq).collect();
    assert_eq!(
        seqs,
        (1..=150).collect::<Vec<_>>(),
        "no gap, no number twice"
    );
    let paging = Paging {
        after: None,
        limit: 1_000,
    };
    let cases = stores[1].list(Kind::Case, &Filter::default(), &paging);
    assert_eq!(cases.expect("listed").items.len(), 150);
}

#[test]
fn whoever_decides_in_turn_is_alone() {
    let database = Database::new();
    let (here, there) = (database.open(), database.open());
    let inside = AtomicU32::new(0);
    let both = [&here, &there];
    std::thread::scope(|scope| {
        for store in both {
            scope.spawn(|| {
                for _ in 0..50 {
                    let mut work = || {
                        assert_eq!(inside.fetch_add(1, Ordering::SeqCst), 0);
                        store.stamp()?;
                        inside.fetch_sub(1, Ordering::SeqCst);
                        Ok(())
                    };
                    store.in_turn(&mut work).expect("done");
                }
            });
        }
    });
    // What fails gives the turn back as well.
    let failed = here.in_turn(&mut || Err(StoreError::Conflict));
    assert!(matches!(failed, Err(StoreError::Conflict)));
    there.in_turn(&mut || Ok(())).expect("done");
}
