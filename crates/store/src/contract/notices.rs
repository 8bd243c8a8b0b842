//! Who is told what.

use jiff::SignedDuration;
use pontic_core::phi::Phi;

use super::sample::{at, commit, entry, lab, new_case_batch, of_entries, whole};
use crate::Store;
use crate::batch::Raised;
use crate::outgoing::{
    ClaimedNotice, Followed, MOST_TOGETHER, Message, MessageFilter, MessageState, Notice, Outcome,
    Tried, Which,
};

const LEASE: SignedDuration = SignedDuration::from_secs(60);

fn notice(seq: u64, key: &str, due: i64) -> Notice {
    Notice {
        message: Message {
            subscription: "~email".into(),
            lab_id: lab("LAB1"),
            seq,
            event_id: format!("E{seq}"),
            name: "pickupConfirmed".into(),
            key: key.into(),
            due: at(due),
        },
        clinic_id: Some("C1".into()),
        to: Phi::new("reception@clinic.example".into()),
        skipped: None,
    }
}

fn keep(store: &dyn Store, after: u64, up_to: u64, notices: &[Notice]) -> bool {
    store
        .notice(Followed::Publications, after, up_to, notices)
        .expect("written")
}

fn claim(store: &dyn Store, now: i64) -> Vec<ClaimedNotice> {
    store
        .claim_notices("~email", at(now), LEASE, 10)
        .expect("claimed")
}

fn seqs(claimed: &[ClaimedNotice]) -> Vec<u64> {
    claimed.iter().map(|claimed| claimed.message.seq).collect()
}

fn settle(store: &dyn Store, claimed: &[ClaimedNotice], now: i64, outcome: &Outcome) {
    let tried: Vec<Tried> = claimed
        .iter()
        .map(|one| Tried {
            number: one.number,
            attempt: one.attempt,
            at: at(now),
            outcome: outcome.clone(),
        })
        .collect();
    store.settle_outgoing(&tried).expect("settled");
}

fn of_state(store: &dyn Store, state: MessageState) -> Vec<u64> {
    let filter = MessageFilter {
        state: Some(state),
        notices: Some(true),
        ..MessageFilter::default()
    };
    let page = store.outgoing(&filter, &whole()).expect("listed");
    page.items.iter().map(|row| row.message.seq).collect()
}

pub fn each_is_noticed_once(store: &dyn Store) {
    commit(store, &new_case_batch(1));
    assert_eq!(
        store.noticed(Followed::Publications).expect("read"),
        1,
        "what was before there were notices is told to nobody"
    );
    assert!(keep(store, 1, 4, &[notice(2, "a", 0), notice(2, "b", 0)]));
    assert_eq!(store.noticed(Followed::Publications).expect("read"), 4);
    assert!(
        !keep(store, 1, 5, &[notice(3, "a", 0)]),
        "somebody was faster"
    );
    assert!(keep(store, 4, 5, &[notice(2, "a", 0)]), "known already");
    assert_eq!(of_state(store, MessageState::Waiting), [2, 2]);
    let late = Notice {
        skipped: Some("late".into()),
        ..notice(5, "a", 7)
    };
    assert!(keep(store, 5, 6, &[late]));
    let filter = MessageFilter {
        state: Some(MessageState::Skipped),
        clinic_id: Some("C1".into()),
        ..MessageFilter::default()
    };
    let skipped = store.outgoing(&filter, &whole()).expect("listed").items;
    assert_eq!(skipped[0].cause.as_deref(), Some("late"));
    assert_eq!(skipped[0].tried_at, Some(at(7)));
    let told = skipped[0].notice.as_ref().expect("a notice");
    assert_eq!(told.to.reveal(), "reception@clinic.example");
    let others = MessageFilter {
        notices: Some(false),
        ..MessageFilter::default()
    };
    assert!(
        store
            .outgoing(&others, &whole())
            .expect("listed")
            .items
            .is_empty()
    );
    store.prune(at(8), at(0)).expect("pruned");
    assert!(of_state(store, MessageState::Skipped).is_empty());
}

pub fn what_waits_together_is_one_message(store: &dyn Store) {
    let some = [
        notice(1, "a", 20),
        notice(2, "b", 10),
        notice(3, "a", 90),
        notice(4, "a/now", 5),
    ];
    assert!(keep(store, 0, 4, &some));
    assert_eq!(seqs(&claim(store, 9)), [4], "it waits for nobody");
    assert_eq!(seqs(&claim(store, 19)), [2]);
    let first = claim(store, 20);
    assert_eq!(seqs(&first), [1, 3], "the later one joins the first");
    assert_eq!(first[0].bundle, first[1].bundle);
    assert_eq!(first[0].to.reveal(), "reception@clinic.example");
    let again = Outcome::Again {
        due: at(200),
        cause: "unreachable".into(),
    };
    settle(store, &first, 21, &again);
    assert!(keep(store, 4, 5, &[notice(5, "a", 30)]));
    assert_eq!(claim(store, 60), [], "its turn comes after the first");
    let retried = claim(store, 200);
    let known = |claimed: &&ClaimedNotice| claimed.message.key == "a";
    let retried: Vec<ClaimedNotice> = retried.iter().filter(known).cloned().collect();
    assert_eq!(seqs(&retried), [1, 3], "one message stays the same message");
    assert_eq!(
        (retried[0].bundle, retried[0].attempt),
        (first[0].bundle, 2)
    );
    settle(store, &retried, 201, &Outcome::Sent);
    let next = claim(store, 202);
    assert_eq!(seqs(&next), [5]);
    let cause = || "quiet_hours".to_owned();
    settle(store, &next, 203, &Outcome::Skipped { cause: cause() });
    assert_eq!(of_state(store, MessageState::Skipped), [5]);
}

pub fn a_message_holds_so_many(store: &dyn Store) {
    let most = MOST_TOGETHER as u64;
    let many: Vec<Notice> = (1..=most + 2).map(|seq| notice(seq, "a", 0)).collect();
    assert!(keep(store, 0, most + 2, &many));
    let first = claim(store, 0);
    assert_eq!(first.len(), MOST_TOGETHER);
    assert_eq!(claim(store, 1), []);
    let dead = Outcome::Dead {
        cause: "550".into(),
    };
    settle(store, &first, 1, &dead);
    assert_eq!(seqs(&claim(store, 2)), [most + 1, most + 2]);
    let one = Which {
        number: Some(first[1].number),
        ..Which::default()
    };
    assert_eq!(store.redrive_outgoing(&one, at(100)).expect("redriven"), 1);
    let redriven = claim(store, 100);
    assert_eq!(seqs(&redriven[..1]), [2]);
    assert_eq!(redriven[0].bundle, first[0].bundle);
    // A text message holds few, so that all of them are told.
    let texts: Vec<Notice> = (1..=6)
        .map(|seq| {
            let mut text = notice(seq + 100, "b", 0);
            text.message.subscription = "~sms".into();
            text
        })
        .collect();
    assert!(keep(store, most + 2, most + 8, &texts));
    let claimed = store
        .claim_notices("~sms", at(0), LEASE, 10)
        .expect("claimed");
    assert_eq!(seqs(&claimed), [101, 102, 103, 104]);
}

pub fn a_clock_that_was_wrong_holds_nothing_up(store: &dyn Store) {
    let far = 10 * 365 * 86_400;
    assert!(keep(
        store,
        0,
        2,
        &[notice(1, "a", far), notice(2, "b", far + 5)]
    ));
    assert_eq!(seqs(&claim(store, far)), [1], "and it is held until then");
    let back = claim(store, 0);
    assert_eq!(seqs(&back), [1, 2], "nothing is put off for years");
}

pub fn alerts_are_followed_by_their_numbers(store: &dyn Store) {
    let raised = |body: &str| Raised {
        lab_id: lab("LAB1"),
        body: body.into(),
    };
    let mut first = entry(1, None);
    first.alerts = vec![raised("1"), raised("2"), raised("3")];
    assert_eq!(store.noticed(Followed::Alerts).expect("read"), 0);
    assert!(store.notice(Followed::Alerts, 0, 0, &[]).expect("written"));
    commit(store, &of_entries([first]));
    let bodies = |after, limit| {
        let found = store.alerts_after(after, limit).expect("read");
        let bodies: Vec<String> = found.iter().map(|row| row.body.clone()).collect();
        (bodies, found.last().map_or(after, |row| row.number))
    };
    let (told, last) = bodies(0, 2);
    assert_eq!(told, ["1", "2"]);
    assert!(
        store
            .notice(Followed::Alerts, 0, last, &[])
            .expect("written")
    );
    assert_eq!(store.noticed(Followed::Alerts).expect("read"), last);
    assert_eq!(bodies(last, 9).0, ["3"]);
}
