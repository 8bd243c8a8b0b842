//! Three programs on one database under load: one after the other is killed and started again, and one is frozen until nobody waits
//! for it any more. Whoever gets no answer asks another one.
//!
//! At the end everything accepted is there and nothing twice, every publication has reached its receiver, every van's visit was told
//! once, and whoever followed live has heard every message once. `PONTIC_REPLICAS_SECONDS`, `PONTIC_REPLICAS_KILL_EVERY` and
//! `PONTIC_CRASH_SEED` say how long, how often and what.

use std::collections::BTreeSet;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use serde_json::{Value, json};

use super::followers::{Follower, Way, all_since};
use super::programs::{Fleet, SIZE};
use super::visits;
use crate::it::harness::{Client, Receiver, Road, Server, Socket, case, date_in, now};
use crate::{Chance, Found, Message, SENDERS, Sender, check_duplicates, setting, text};

/// Vans on the road at a time.
const VANS: usize = 3;
/// Between two messages of a sender.
const PAUSE: Duration = Duration::from_millis(30);
/// A receiver must be told within so many seconds; what a program had in its hands waits for as long, and a little.
const RECEIVER_S: u64 = 1;
/// How long one is frozen at least: longer than it may hold messages to a receiver, and than others wait for its transaction.
const FROZEN: Duration = Duration::from_secs(10);
/// The same in a run of minutes: longer than any work is held, and than the database keeps what is not heard.
const LONG_FROZEN: Duration = Duration::from_secs(70);
/// The case whose alert says that all before it was told.
const LAST: &str = "K-last";

#[test]
fn of_three_programs_one_is_always_dying_and_nobody_notices() {
    let lasts = Duration::from_secs(setting("PONTIC_REPLICAS_SECONDS", 25));
    let every = Duration::from_secs(setting("PONTIC_REPLICAS_KILL_EVERY", 5));
    let seed = setting("PONTIC_CRASH_SEED", now().as_millisecond().unsigned_abs());
    println!("{lasts:?}, one killed every {every:?}, PONTIC_CRASH_SEED={seed}");
    let fleet = Fleet::start();
    let receiver = Receiver::taking();
    let subscription =
        json!({ "labId": "LAB001", "url": receiver.url(), "timeoutSeconds": RECEIVER_S });
    let admin = fleet.with(0, Server::admin);
    admin
        .put("/v1/subscriptions/s-1", &subscription)
        .expect(201);
    let desk = fleet.with(0, |server| server.role("dispatcher", "LAB001"));
    let token = desk.token.clone().expect("a token");
    let mut followers =
        [Way::Socket, Way::Socket, Way::Stream].map(|way| Follower::new(way, token.clone()));
    let mut senders: Vec<Sender> = (0..SENDERS)
        .map(|number| Sender::new(number, seed))
        .collect();
    let enough = AtomicBool::new(false);
    let roads = std::thread::scope(|scope| {
        let following: Vec<_> = followers
            .iter_mut()
            .map(|follower| scope.spawn(|| follower.follow(&fleet, is_last)))
            .collect();
        let sending: Vec<_> = senders
            .iter_mut()
            .map(|sender| scope.spawn(|| send(&fleet, sender, &enough)))
            .collect();
        let driving: Vec<_> = (0..VANS)
            .map(|_| scope.spawn(|| visits::drive(&fleet, &enough)))
            .collect();
        kill(&fleet, lasts, every, seed);
        enough.store(true, Ordering::Relaxed);
        for sender in sending {
            sender.join().expect("all accepted");
        }
        let roads: Vec<Road> = driving
            .into_iter()
            .flat_map(|van| van.join().expect("all accepted"))
            .collect();
        // What is observed of the last positions comes before what everybody waits for.
        wait_for_visits(&fleet, &roads);
        let mut rush = case("LAB001", "C-last", LAST, &date_in(30));
        rush["priority"] = "RUSH".into();
        fleet.deliver(&Message::Event {
            id: "case-last".into(),
            name: "CaseReadyToShip",
            detail: rush,
        });
        for follower in following {
            follower.join().expect("followed");
        }
        roads
    });
    let accepted: Vec<Message> = senders
        .into_iter()
        .flat_map(|sender| sender.accepted)
        .collect();
    let admin = fleet.with(0, Server::admin);
    let found = Found::of(&admin);
    println!(
        "{} accepted, {} visits; {} answers cut off; followers changed {:?} times; {} rows in the log",
        accepted.len(),
        roads.len(),
        fleet.unanswered.load(Ordering::Relaxed),
        followers.each_ref().map(|follower| follower.changes - 1),
        found.log.len()
    );
    found.check_log(&accepted);
    found.check_work(&accepted);
    fleet.with(1, |server| visits::check(&roads, server, &found.log));
    check_receiver(&receiver, &found.log);
    check_followers(&followers, &fleet.with(2, |server| server.holder(&token)));
    check_duplicates(&admin, &accepted);
    let again = fleet.with(1, |server| Found::of(&server.admin()));
    assert_eq!(
        said(&again.log).len(),
        said(&found.log).len(),
        "sent again, nothing was done"
    );
}

/// Rows but those that the passing of time makes: a van whose visit is over falls silent.
fn said(log: &[Value]) -> Vec<&Value> {
    let rows = log.iter();
    rows.filter(|row| row["type"] != "DriverSilent").collect()
}

fn is_last(message: &Value) -> bool {
    message["type"] == "RUSH_ALERT" && message["caseId"] == LAST
}

/// Kills one after the other for so long, and meanwhile freezes another one.
fn kill(fleet: &Fleet, lasts: Duration, every: Duration, seed: u64) {
    let mut chance = Chance(seed ^ 0xDEAD);
    let began = Instant::now();
    let long = if lasts > LONG_FROZEN * 2 {
        LONG_FROZEN
    } else {
        FROZEN
    };
    let mut frozen: Option<(usize, Instant)> = None;
    let mut was_frozen = false;
    while began.elapsed() < lasts {
        if !was_frozen {
            let index = pick(&mut chance, None);
            println!("{:?}: {index} is frozen", began.elapsed());
            fleet.freeze(index);
            frozen = Some((index, Instant::now()));
            was_frozen = true;
        }
        let index = pick(&mut chance, frozen.map(|(index, _)| index));
        std::thread::sleep(every * 3 / 4);
        println!("{:?}: {index} is killed", began.elapsed());
        fleet.kill(index);
        std::thread::sleep(every / 4);
        fleet.start_one(index);
        if let Some((index, _)) = frozen.take_if(|(_, since)| since.elapsed() >= long) {
            println!("{:?}: {index} goes on", began.elapsed());
            fleet.thaw(index);
        }
    }
    if let Some((index, _)) = frozen {
        fleet.thaw(index);
    }
}

fn pick(chance: &mut Chance, but: Option<usize>) -> usize {
    loop {
        let index = usize::try_from(chance.below(SIZE as u64)).expect("small");
        if Some(index) != but {
            return index;
        }
    }
}

fn send(fleet: &Fleet, sender: &mut Sender, enough: &AtomicBool) {
    while !enough.load(Ordering::Relaxed) {
        for message in sender.next() {
            fleet.deliver(&message);
            sender.accepted.push(message);
            std::thread::sleep(PAUSE);
        }
    }
}

fn wait_for_visits(fleet: &Fleet, roads: &[Road]) {
    let until = Instant::now() + Duration::from_secs(30);
    let is_told = |road: &Road| fleet.with(0, |server| road.sightings(server, 0).len()) == 4;
    for road in roads {
        while !is_told(road) {
            assert!(Instant::now() < until, "{} is not told", road.route);
            std::thread::sleep(Duration::from_millis(50));
        }
    }
}

/// Whoever subscribed has all that was published, nothing else, and knows by its id what came twice.
fn check_receiver(receiver: &Receiver, log: &[Value]) {
    let published: BTreeSet<&str> = log
        .iter()
        .filter(|row| row["direction"] == "out" && row["labId"] == "LAB001")
        .map(|row| text(row, "id"))
        .collect();
    let until = Instant::now() + Duration::from_mins(1);
    loop {
        let ids = receiver.ids();
        let received: BTreeSet<&str> = ids.iter().map(String::as_str).collect();
        if received == published {
            println!(
                "{} published, received {} times",
                published.len(),
                ids.len()
            );
            return;
        }
        let strange = received.difference(&published).next();
        assert!(strange.is_none(), "{strange:?} was never published");
        let missing = published.difference(&received).count();
        assert!(
            Instant::now() < until,
            "{missing} of {} were not received",
            published.len()
        );
        std::thread::sleep(Duration::from_millis(100));
    }
}

fn check_followers(followers: &[Follower], client: &Client) {
    let epoch = Socket::watch(client, "").next()["epoch"].clone();
    let since = followers
        .iter()
        .map(|follower| follower.since)
        .min()
        .expect("some");
    let all = all_since(client, epoch.as_str().expect("an epoch"), since, is_last);
    println!("{} live messages", all.len());
    for follower in followers {
        follower.check(&all);
    }
}
