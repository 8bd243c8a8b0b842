//! What goes out.

use jiff::SignedDuration;

use super::sample::{at, commit, lab, new_case_batch, whole};
use crate::Store;
use crate::outgoing::{
    ClaimedMessage, DeadGroup, Message, MessageFilter, MessageState, Outcome, Tried, Which,
};

const LEASE: SignedDuration = SignedDuration::from_secs(60);

fn message(seq: u64, subscription: &str, key: &str) -> Message {
    Message {
        subscription: subscription.into(),
        lab_id: lab("LAB1"),
        seq,
        event_id: format!("E{seq}"),
        name: "DeliveryChanged".into(),
        key: key.into(),
        due: at(0),
    }
}

/// Messages 1 to n to `S`, with these keys.
fn fan_out(store: &dyn Store, keys: &[&str]) {
    let messages: Vec<Message> = keys
        .iter()
        .zip(1..)
        .map(|(key, seq)| message(seq, "S", key))
        .collect();
    assert!(
        store
            .fan_out(0, keys.len() as u64, &messages)
            .expect("written")
    );
}

fn claim(store: &dyn Store, now: i64) -> Vec<ClaimedMessage> {
    store
        .claim_outgoing("S", at(now), LEASE, 10)
        .expect("claimed")
}

fn seqs(claimed: &[ClaimedMessage]) -> Vec<u64> {
    claimed.iter().map(|claimed| claimed.message.seq).collect()
}

fn settle(store: &dyn Store, claimed: &ClaimedMessage, now: i64, outcome: Outcome) {
    let tried = Tried {
        number: claimed.number,
        attempt: claimed.attempt,
        at: at(now),
        outcome,
    };
    store.settle_outgoing(&[tried]).expect("settled");
}

pub fn each_publication_is_fanned_out_once(store: &dyn Store) {
    commit(store, &new_case_batch(1));
    assert_eq!(
        store.fanned_out().expect("read"),
        1,
        "what was before anybody subscribed is nobody's"
    );
    assert!(
        store
            .fan_out(1, 5, &[message(3, "S", "a"), message(3, "T", "a")])
            .expect("written")
    );
    assert_eq!(store.fanned_out().expect("read"), 5);
    assert!(
        !store
            .fan_out(1, 5, &[message(4, "S", "a")])
            .expect("refused"),
        "somebody else was faster"
    );
    assert!(store.fan_out(5, 6, &[]).expect("written"));
    let all = store
        .outgoing(&MessageFilter::default(), &whole())
        .expect("listed");
    let told: Vec<_> = all
        .items
        .iter()
        .map(|row| {
            (
                row.message.subscription.as_str(),
                row.message.seq,
                row.state,
            )
        })
        .collect();
    assert_eq!(
        told,
        [
            ("S", 3, MessageState::Waiting),
            ("T", 3, MessageState::Waiting)
        ]
    );
}

pub fn messages_of_a_key_go_out_in_order(store: &dyn Store) {
    fan_out(store, &["a", "a", "b", "a", "b"]);
    assert_eq!(store.next_outgoing("S").expect("read"), Some(at(0)));
    let first = claim(store, 10);
    assert_eq!(seqs(&first), [1, 3], "the oldest of each key");
    assert_eq!(claim(store, 20), [], "held, and the others wait for them");
    assert_eq!(store.next_outgoing("T").expect("read"), None);
    settle(store, &first[0], 11, Outcome::Sent);
    assert_eq!(seqs(&claim(store, 20)), [2]);
    let again = Outcome::Again {
        due: at(50),
        cause: "500".into(),
    };
    settle(store, &first[1], 11, again);
    assert_eq!(
        store.next_outgoing("S").expect("read"),
        Some(at(50)),
        "4 waits for 2, which is held, and 5 for 3: neither is due"
    );
    assert_eq!(claim(store, 49), [], "5 waits for 3, which waits");
    let retried = claim(store, 50);
    assert_eq!((seqs(&retried), retried[0].attempt), (vec![3], 2));
}

pub fn a_lost_message_is_claimed_again(store: &dyn Store) {
    fan_out(store, &["a"]);
    let lost = claim(store, 0);
    assert_eq!(claim(store, 59), []);
    let held = claim(store, 60);
    assert_eq!((held.len(), held[0].attempt), (1, 2));
    settle(store, &lost[0], 61, Outcome::Sent);
    let rows = |state| {
        let filter = MessageFilter {
            state: Some(state),
            ..MessageFilter::default()
        };
        store.outgoing(&filter, &whole()).expect("listed").items
    };
    assert_eq!(
        rows(MessageState::Waiting).len(),
        1,
        "whoever lost it says nothing any more"
    );
    settle(store, &held[0], 62, Outcome::Untried { due: at(70) });
    let back = &rows(MessageState::Waiting)[0];
    assert_eq!((back.attempts, back.tried_at), (1, None));
    let last = claim(store, 70);
    settle(store, &last[0], 71, Outcome::Sent);
    let sent = &rows(MessageState::Sent)[0];
    assert_eq!((sent.attempts, sent.tried_at), (2, Some(at(71))));
    store.prune(at(71), at(0)).expect("pruned");
    assert_eq!(rows(MessageState::Sent).len(), 1);
    store.prune(at(72), at(0)).expect("pruned");
    assert_eq!(rows(MessageState::Sent).len(), 0);
}

pub fn dead_letters_are_grouped_and_redriven(store: &dyn Store) {
    fan_out(store, &["a", "b", "c", "d"]);
    let all = claim(store, 0);
    settle(store, &all[3], 5, Outcome::Sent);
    for (claimed, cause) in all.iter().zip(["500", "404", "500"]) {
        let dead = Outcome::Dead {
            cause: cause.into(),
        };
        settle(store, claimed, 5, dead);
    }
    let group = |cause: &str, count| DeadGroup {
        subscription: "S".into(),
        cause: cause.into(),
        count,
        first_at: at(0),
    };
    let removed = || DeadGroup {
        first_at: at(100),
        ..group("removed", 2)
    };
    let groups = || store.dead_letters(Some(&lab("LAB1"))).expect("listed");
    assert_eq!(groups(), [group("500", 2), group("404", 1)]);
    assert_eq!(store.dead_letters(Some(&lab("LAB2"))).expect("listed"), []);
    let which = Which {
        cause: Some("500".into()),
        ..Which::default()
    };
    let elsewhere = Which {
        lab_id: Some(lab("LAB2")),
        ..Which::default()
    };
    assert_eq!(
        store.redrive_outgoing(&elsewhere, at(100)).expect("none"),
        0
    );
    assert_eq!(
        store.redrive_outgoing(&which, at(100)).expect("redriven"),
        2
    );
    assert_eq!(groups(), [group("404", 1)]);
    let again = claim(store, 100);
    assert_eq!(seqs(&again), [1, 3]);
    assert!(again.iter().all(|claimed| claimed.attempt == 1));
    assert_eq!(store.abandon_outgoing("T").expect("none"), 0);
    assert_eq!(store.abandon_outgoing("S").expect("ended"), 2);
    assert_eq!(groups(), [removed(), group("404", 1)]);
    let all_removed = Which {
        cause: Some("removed".into()),
        ..Which::default()
    };
    assert_eq!(
        store
            .redrive_outgoing(&all_removed, at(200))
            .expect("redriven"),
        2
    );
    assert_eq!(
        store
            .redrive_outgoing(&Which::default(), at(200))
            .expect("redriven"),
        1
    );
}

pub fn every_lab_has_its_turn(store: &dyn Store) {
    let of_lab = |seq: u64, lab_id: &str| Message {
        lab_id: lab(lab_id),
        ..message(seq, "S", &format!("K{seq}"))
    };
    let loud = (1..=20).map(|seq| of_lab(seq, "LAB1"));
    let quiet = (21..=22).map(|seq| of_lab(seq, "LAB2"));
    let messages: Vec<Message> = loud.chain(quiet).collect();
    assert!(store.fan_out(0, 22, &messages).expect("written"));
    let claim = |limit| {
        let claimed = store.claim_outgoing("S", at(1), LEASE, limit);
        claimed.expect("claimed")
    };
    let first = claim(10);
    assert_eq!(
        first.len(),
        10,
        "what a lab leaves of its share is the others'"
    );
    let of = |claimed: &[ClaimedMessage], lab_id: &str| {
        let is = |one: &&ClaimedMessage| one.message.lab_id == lab(lab_id);
        claimed.iter().filter(is).count()
    };
    assert_eq!((of(&first, "LAB1"), of(&first, "LAB2")), (8, 2));
    let rest = claim(100);
    assert_eq!((of(&rest, "LAB1"), of(&rest, "LAB2")), (12, 0));
    let mut seqs = seqs(&[first, rest].concat());
    seqs.sort_unstable();
    assert_eq!(seqs, (1..=22).collect::<Vec<u64>>(), "each once");
}
