//! What one program does, another on the same database hears.

use std::sync::{Arc, mpsc};
use std::time::Duration;

use jiff::Timestamp;
use pontic_core::fix::Fix;
use pontic_core::id::{DriverId, LabId};
use pontic_core::time::Coordinates;

use super::{Database, run};
use crate::access::TokenKind;
use crate::batch::Raised;
use crate::contract::{self, new_case_batch};
use crate::positions::{Options, PositionLog, Received};
use crate::postgres::{PostgresPositions, PostgresStore};
use crate::{Heard, Store};

/// Longer than anything takes that comes at all.
const LONG: Duration = Duration::from_secs(20);
/// In which what should not come would have come.
const SHORT: Duration = Duration::from_millis(300);

fn listen(store: &PostgresStore) -> mpsc::Receiver<Heard> {
    let (sender, heard) = mpsc::channel();
    let told = Box::new(move |heard| {
        let _ = sender.send(heard);
    });
    store.listen(told).expect("listens");
    heard
}

fn positions(store: &PostgresStore) -> PostgresPositions {
    let log = store.positions(at(0), Options::default(), Box::new(|_| {}));
    log.expect("opened")
}

fn at(seconds: i64) -> Timestamp {
    Timestamp::from_second(1_736_726_400 + seconds).expect("in range")
}

fn fix(seconds: i64) -> Fix {
    let place = Coordinates {
        lat: 42.36,
        lng: -71.06,
    };
    Fix::new(at(seconds), place).with_speed(Some(12.34))
}

#[test]
fn what_one_does_the_other_hears_in_order_and_not_itself() {
    let database = Database::new();
    let (here, there) = (database.open(), database.open());
    let (own, heard) = (listen(&here), listen(&there));
    let mut batch = new_case_batch(1);
    let lab = LabId::known("LAB1");
    batch.entries[0].alerts = vec![Raised {
        lab_id: lab.clone(),
        body: "{}".into(),
    }];
    let mut expected = Vec::new();
    let mut number = 0;
    for (n, batch) in [batch, new_case_batch(2)].iter().enumerate() {
        let seqs = here.commit(batch).expect("committed").seqs;
        let last = here.last_seq().expect("read");
        assert!(seqs.iter().all(|seq| *seq <= last));
        expected.push(Heard::Committed(last));
        if n == 0 {
            number = here.alerts_after(0, 1).expect("listed")[0].number;
            here.snooze_alert(None, number, at(9)).expect("snoozed");
            here.close_alert(Some(&lab), number).expect("closed");
            let alert = Heard::Alert {
                lab_id: lab.clone(),
                number,
            };
            expected.extend([alert.clone(), alert]);
        }
    }
    // One of another lab, and one that is not there: nothing was done.
    assert_eq!(
        here.close_alert(Some(&LabId::known("LAB2")), number)
            .expect("asked"),
        None
    );
    let token = contract::token(1, TokenKind::Token, None);
    here.put_token(&token).expect("kept");
    assert!(here.revoke_token(&token.id).expect("revoked"));
    expected.push(Heard::Tokens);
    for expected in expected {
        assert_eq!(heard.recv_timeout(LONG).expect("heard"), expected);
    }
    assert_eq!(heard.recv_timeout(SHORT).ok(), None);
    assert_eq!(own.try_recv().ok(), None, "nobody hears itself");
}

#[test]
fn fixes_are_heard_in_order_and_it_is_known_whose_they_are() {
    let database = Database::new();
    let (here, there) = (database.open(), database.open());
    let (one, other) = (positions(&here), positions(&there));
    let heard = listen(&there);
    let (lab, id) = (LabId::known("L"), DriverId::known("D"));
    let no = one.number(&lab, &id).expect("a number");
    let sent: Vec<Received> = (0..1_000)
        .map(|second| Received {
            driver: no,
            fix: fix(second),
            received_at: at(second),
        })
        .collect();
    for some in sent.chunks(7) {
        one.append(some).expect("taken");
    }
    let mut came = Vec::new();
    while came.len() < sent.len() {
        let Heard::Fixes(fixes) = heard.recv_timeout(LONG).expect("heard") else {
            panic!("nothing else happened");
        };
        let name = other.name(fixes[0].driver).expect("known by then");
        assert_eq!((&name.lab_id, &name.driver_id), (&lab, &id));
        let last = fixes.last().expect("one").fix;
        assert!(
            other.known(no, &[last]).expect("read").len() == 1,
            "told and not there"
        );
        came.extend(fixes);
    }
    assert_eq!(came, sent);
    assert_eq!(other.find(&lab, &id), Some(no));
    // A number alone is learned as well.
    let second = DriverId::known("E");
    let drawn = other.number(&lab, &second).expect("a number");
    let listening = listen(&here);
    assert_eq!(one.find(&lab, &second), Some(drawn));
    drop(listening);
}

#[test]
fn whoever_was_cut_off_is_told_and_hears_on() {
    let database = Database::new();
    let (here, there) = (database.open(), database.open());
    let heard = listen(&there);
    for n in 1..4 {
        // The listeners' connections are those on which nothing was asked after `LISTEN`.
        run(
            &database.url,
            "SELECT pg_terminate_backend(pid) FROM pg_stat_activity
             WHERE datname = current_database() AND query LIKE '%LISTEN pontic_log%' AND pid <> pg_backend_pid()
                OR datname = current_database() AND query LIKE '%FROM fix_driver%' AND pid <> pg_backend_pid()",
        );
        assert_eq!(heard.recv_timeout(LONG).expect("heard"), Heard::Missed);
        here.commit(&new_case_batch(n)).expect("committed");
        let last = here.last_seq().expect("read");
        assert_eq!(
            heard.recv_timeout(LONG).expect("heard"),
            Heard::Committed(last)
        );
    }
}

#[test]
fn nothing_is_heard_once_the_store_is_gone() {
    let database = Database::new();
    let (here, there) = (database.open(), database.open());
    let heard = listen(&there);
    drop(there);
    // The sender goes with the thread.
    assert_eq!(
        heard.recv_timeout(LONG),
        Err(mpsc::RecvTimeoutError::Disconnected)
    );
    here.commit(&new_case_batch(1)).expect("committed");
}

#[test]
fn a_server_that_is_not_there_is_said() {
    let database = Database::new();
    let store = database.open();
    let name = database.url.rsplit('/').next().expect("a name");
    let name = name.split('?').next().expect("a name");
    let server = database.url.replace(&format!("/{name}?"), "/postgres?");
    run(
        &server,
        &format!("ALTER DATABASE {name} WITH ALLOW_CONNECTIONS false"),
    );
    let refused = store.listen(Box::new(|_| {}));
    run(
        &server,
        &format!("ALTER DATABASE {name} WITH ALLOW_CONNECTIONS true"),
    );
    assert!(
        matches!(refused, Err(crate::StoreError::Unavailable(_))),
        "{refused:?}"
    );
}

#[test]
fn whoever_hears_may_ask_as_much_as_it_likes() {
    let database = Database::new();
    let (here, there) = (Arc::new(database.open()), database.open());
    let (told, heard) = mpsc::channel();
    let asked = Arc::clone(&here);
    // More than a task of the listener's runtime may do before it yields, which it does not while it is told something.
    let tell = move |_| {
        let counts = (0..1_000).map(|_| asked.last_seq().map(drop));
        let _ = told.send(counts.collect::<Result<(), _>>().is_ok());
    };
    here.listen(Box::new(tell)).expect("listening");
    there.commit(&new_case_batch(1)).expect("committed");
    assert_eq!(heard.recv_timeout(LONG), Ok(true));
}
