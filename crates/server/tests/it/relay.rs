//! What goes out by webhook: to the right receivers, signed, in order, at least once, whatever they do.

use std::collections::{BTreeMap, BTreeSet};
use std::time::{Duration, Instant};

use serde_json::{Value, json};

use crate::harness::{
    Answer, Received, Receiver, Reply, Server, Start, case, date_in, eventually, pickup, texts,
    with,
};

fn start() -> Server {
    relaying(Start::new()).go()
}

/// Receivers of these tests are on this machine.
fn relaying(start: Start) -> Start {
    start.env("PONTIC_RELAY__ALLOW_PRIVATE", "true")
}

fn subscribe(server: &Server, id: &str, body: &Value) -> Value {
    let path = format!("/v1/subscriptions/{id}");
    server.admin().put(&path, body).expect(201)
}

fn ready(server: &Server, lab: &str, clinic: &str, id: &str) {
    let answer = server
        .admin()
        .event("CaseReadyToShip", &case(lab, clinic, id, &date_in(2)));
    answer.result();
}

/// What came with these types, as soon as there are so many.
fn eventually_received(receiver: &Receiver, count: usize) -> Vec<Received> {
    eventually(|| Some(receiver.received()).filter(|received| received.len() >= count))
}

#[test]
fn a_publication_reaches_whoever_wants_it_signed_and_once() {
    let server = start();
    let (all, some, other) = (Receiver::taking(), Receiver::taking(), Receiver::taking());
    let secret = "whsec_C2FVsBQIhrscChlQIMV+b5sSYspob7oD";
    let made = subscribe(
        &server,
        "all",
        &json!({ "url": all.url(), "secrets": [secret], "headers": { "x-api-key": "k-1" } }),
    );
    assert_eq!(made["secret"], Value::Null, "it was named");
    let wanted = json!({ "detail-type": [{ "prefix": "Pickup" }], "detail": { "isRush": [true] } });
    subscribe(
        &server,
        "some",
        &json!({ "url": some.url(), "pattern": wanted, "format": "plain", "labId": "L1" }),
    );
    subscribe(
        &server,
        "other",
        &json!({ "url": other.url(), "labId": "L2" }),
    );

    ready(&server, "L1", "C1", "K1");
    let rush = with(pickup("L1", "C1", "P1", 40), json!({ "isRush": true }));
    server.admin().event("PickupRequested", &rush).result();
    let calm = pickup("L1", "C1", "P2", 40);
    server.admin().event("PickupRequested", &calm).result();

    let received = eventually_received(&all, 3);
    let of_type = |name: &str| received.iter().find(|one| one.body["type"] == *name);
    let first = of_type("DeliveryScheduled").expect("among them");
    assert_eq!(first.path, "/hook");
    assert_eq!(first.header("content-type"), "application/cloudevents+json");
    assert_eq!(first.header("x-api-key"), "k-1");
    assert_eq!(first.body["specversion"], "1.0");
    assert_eq!(first.body["labid"], "L1");
    assert_eq!(first.body["data"]["clinicId"], "C1");
    assert_eq!(first.header("webhook-id"), first.body["id"]);
    let library = standardwebhooks::Webhook::new(secret).expect("a secret");
    for one in &received {
        let mut headers = ureq::http::HeaderMap::new();
        for name in ["webhook-id", "webhook-timestamp", "webhook-signature"] {
            headers.insert(name, one.header(name).parse().expect("a header"));
        }
        let verified = library.verify(one.text.as_bytes(), &headers);
        verified.expect("the library of Standard Webhooks accepts it");
        assert!(library.verify(b"{}", &headers).is_err(), "nothing else");
    }
    let plain = &eventually_received(&some, 1)[0];
    assert_eq!(plain.body["detailType"], "PickupConfirmed");
    assert_eq!(plain.body["detail"]["isRush"], true);
    std::thread::sleep(Duration::from_millis(300));
    assert_eq!((all.received().len(), some.received().len()), (3, 1));
    assert_eq!(other.received().len(), 0, "another lab's");
    let sent = server.admin().all("/v1/messages?status=sent");
    assert_eq!(sent.len(), 4);
    assert!(server.admin().all("/v1/messages?status=waiting").is_empty());
}

#[test]
fn secrets_are_shown_once_and_two_sign_while_rotating() {
    let server = start();
    let receiver = Receiver::taking();
    let body = json!({ "url": receiver.url(), "headers": { "authorization": "Bearer hush" } });
    let made = subscribe(&server, "s", &body);
    let first = made["secret"].as_str().expect("shown once").to_owned();
    let shown = server.admin().get("/v1/subscriptions/s");
    assert!(
        !shown.text.contains(&first) && !shown.text.contains("hush"),
        "{}",
        shown.text
    );
    assert_eq!(shown.body["headerNames"], json!(["authorization"]));
    // What was shown may be sent back as it is.
    server
        .admin()
        .put("/v1/subscriptions/s", &shown.body)
        .expect(200);
    let after = server.admin().get("/v1/subscriptions/s").body;
    assert_eq!(
        after["secretFingerprints"],
        shown.body["secretFingerprints"]
    );
    assert_eq!(after["headerNames"], shown.body["headerNames"]);

    let rotated =
        json!({ "url": receiver.url(), "secrets": ["whsec_bmV3bmV3bmV3bmV3bmV3bmV3bmV3", first] });
    server
        .admin()
        .put("/v1/subscriptions/s", &rotated)
        .expect(200);
    ready(&server, "L1", "C1", "K1");
    let came = &eventually_received(&receiver, 1)[0];
    assert_eq!(came.header("webhook-signature").split(' ').count(), 2);
    assert_eq!(
        came.header("authorization"),
        "Bearer hush",
        "headers that nobody named stay"
    );
    // Whoever names none keeps both.
    server
        .admin()
        .put("/v1/subscriptions/s", &json!({ "url": receiver.url() }))
        .expect(200);
    ready(&server, "L1", "C2", "K2");
    let came = &eventually_received(&receiver, 2)[1];
    assert_eq!(came.header("webhook-signature").split(' ').count(), 2);
}

#[test]
fn what_cannot_be_a_subscription_is_refused_with_every_fault() {
    let server = start();
    let body = json!({
        "url": "ftp://x", "pattern": { "detail": { "n": [{ "starts": "x" }] } }, "format": "xml", "secrets": ["short"],
        "headers": { "webhook-id": "x" }, "maxRetries": 1_000, "timeoutSeconds": 0,
    });
    let refused = server.admin().put("/v1/subscriptions/s", &body);
    let faults = refused.faults();
    let expected = [
        ("url", "invalid_format"),
        ("pattern.detail.n[0]", "unknown_value"),
        ("format", "unknown_value"),
        ("secrets[0]", "out_of_range"),
        ("headers", "forbidden"),
        ("maxRetries", "out_of_range"),
        ("timeoutSeconds", "out_of_range"),
    ];
    for (field, reason) in expected {
        let fault = (field.to_owned(), reason.to_owned());
        assert!(faults.contains(&fault), "{field} in {faults:?}");
    }
    for url in ["http://user:pw@x/", "https://", "https://x/#y", "x"] {
        let refused = server
            .admin()
            .put("/v1/subscriptions/s", &json!({ "url": url }));
        assert_eq!(refused.status, 400, "{url}");
    }
    server
        .admin()
        .get("/v1/subscriptions/s")
        .refused(404, "not_found");
}

#[test]
fn nobody_is_asked_in_our_own_network_unless_that_is_allowed() {
    let server = Start::new().go();
    let receiver = Receiver::taking();
    let port = receiver.address().port();
    for (id, host) in [
        ("literal", "127.0.0.1"),
        ("name", "localhost"),
        ("six", "[::1]"),
        ("meta", "169.254.169.254"),
    ] {
        let url = format!("http://{host}:{port}/hook");
        subscribe(&server, id, &json!({ "url": url, "maxRetries": 0 }));
        let tested = server
            .admin()
            .post(&format!("/v1/subscriptions/{id}/test"), &json!({}))
            .expect(200);
        assert_eq!(tested["answer"], "forbidden_address", "{host}");
    }
    assert!(receiver.received().is_empty());
}

#[test]
fn the_test_button_says_what_came_of_it() {
    let server = start();
    let receiver = Receiver::taking();
    subscribe(
        &server,
        "s",
        &json!({ "url": receiver.url(), "timeoutSeconds": 1 }),
    );
    let test = || {
        server
            .admin()
            .post("/v1/subscriptions/s/test", &json!({}))
            .expect(200)
    };
    let told = test();
    assert_eq!(
        (&told["taken"], &told["answer"]),
        (&json!(true), &json!("204"))
    );
    assert_eq!(receiver.received()[0].body["type"], "pontic.test");
    for (reply, answer) in [
        (Reply::Status(500), "500"),
        (
            Reply::With(302, "location: http://127.0.0.1/elsewhere".into()),
            "302",
        ),
        (Reply::Hang(Duration::from_secs(3)), "timeout"),
        (Reply::HangUp, "hung_up"),
    ] {
        receiver.behave(move |_| reply.clone());
        let told = test();
        assert_eq!(
            (&told["taken"], &told["answer"]),
            (&json!(false), &json!(answer))
        );
    }
    receiver.behave(|_| Reply::Long(200, 10 << 20));
    assert_eq!(test()["taken"], true, "whatever it says beside");
}

#[test]
fn what_is_tried_too_often_is_a_dead_letter_and_arrives_after_redrive() {
    let server = start();
    let receiver = Receiver::start(|_| Reply::Status(500));
    subscribe(
        &server,
        "s",
        &json!({ "url": receiver.url(), "maxRetries": 2, "baseDelayMs": 20 }),
    );
    ready(&server, "L1", "C1", "K1");
    ready(&server, "L1", "C2", "K2");
    let dead =
        eventually(|| Some(server.admin().all("/v1/dead-letters")).filter(|dead| dead.len() == 2));
    assert_eq!(
        (&dead[0]["attempts"], &dead[0]["cause"]),
        (&json!(3), &json!("500"))
    );
    let tries = |id: &Value| {
        receiver
            .ids()
            .iter()
            .filter(|other| json!(other) == *id)
            .count()
    };
    assert_eq!(tries(&dead[0]["messageId"]), 3, "each with its id");
    let alerts = server.admin().all("/v1/alerts");
    let told = alerts
        .iter()
        .filter(|alert| alert["code"] == "dead_letters");
    assert!(told.count() >= 1, "{alerts:?}");
    let groups = server.admin().get("/v1/dead-letters/groups").expect(200);
    assert_eq!(groups["items"][0]["count"], 2);

    receiver.behave(|_| Reply::Status(200));
    let path = format!("/v1/dead-letters/{}/redrive", dead[0]["number"]);
    assert_eq!(
        server.admin().post(&path, &json!({})).expect(200)["redriven"],
        1
    );
    server
        .admin()
        .post(&path, &json!({}))
        .refused(404, "not_found");
    let rest = json!({ "subscriptionId": "s", "cause": "500" });
    let redriven = server
        .admin()
        .post("/v1/dead-letters/redrive", &rest)
        .expect(200);
    assert_eq!(redriven["redriven"], 1);
    eventually(|| (server.admin().all("/v1/messages?status=sent").len() == 2).then_some(()));
    assert!(server.admin().all("/v1/dead-letters").is_empty());
}

#[test]
fn a_receiver_that_asks_for_time_gets_it() {
    let server = start();
    let mut asked = false;
    let receiver = Receiver::start(move |_| {
        if std::mem::replace(&mut asked, true) {
            Reply::Status(200)
        } else {
            Reply::With(429, "retry-after: 2".into())
        }
    });
    subscribe(
        &server,
        "s",
        &json!({ "url": receiver.url(), "baseDelayMs": 1 }),
    );
    ready(&server, "L1", "C1", "K1");
    eventually_received(&receiver, 1);
    let began = Instant::now();
    eventually_received(&receiver, 2);
    assert!(began.elapsed() > Duration::from_millis(1_500));
}

#[test]
fn a_receiver_that_is_gone_is_paused_with_an_alert_and_nothing_is_dropped() {
    let server = start();
    let receiver = Receiver::start(|_| Reply::Status(410));
    subscribe(
        &server,
        "s",
        &json!({ "url": receiver.url(), "labId": "L1" }),
    );
    ready(&server, "L1", "C1", "K1");
    let paused = eventually(|| {
        let shown = server.admin().get("/v1/subscriptions/s").expect(200);
        (shown["paused"] == true).then_some(shown)
    });
    assert_eq!(paused["pausedBecause"], "gone");
    let alerts = server.admin().all("/v1/alerts");
    assert!(texts(&json!(alerts), "code").contains(&"subscription_paused".to_owned()));
    ready(&server, "L1", "C2", "K2");
    eventually(|| (server.admin().all("/v1/messages?status=waiting").len() == 2).then_some(()));
    assert_eq!(receiver.received().len(), 1, "nothing is sent meanwhile");
    let moved = Receiver::taking();
    let body = json!({ "url": moved.url(), "labId": "L1" });
    server.admin().put("/v1/subscriptions/s", &body).expect(200);
    assert_eq!(
        eventually_received(&moved, 1).len(),
        1,
        "what waited its turn goes at once"
    );
}

#[test]
fn a_receiver_that_fails_for_long_is_paused() {
    let server = relaying(Start::new())
        .env("PONTIC_RELAY__PATIENCE_SECONDS", "1")
        .go();
    let receiver = Receiver::start(|_| Reply::Status(503));
    subscribe(
        &server,
        "s",
        &json!({ "url": receiver.url(), "baseDelayMs": 300, "maxRetries": 50 }),
    );
    ready(&server, "L1", "C1", "K1");
    let paused = eventually(|| {
        let shown = server.admin().get("/v1/subscriptions/s").expect(200);
        (shown["paused"] == true).then_some(shown)
    });
    assert_eq!(paused["pausedBecause"], "failing");
    assert_eq!(server.admin().all("/v1/messages?status=waiting").len(), 1);
}

#[test]
fn a_removed_subscription_is_told_nothing() {
    let server = start();
    let receiver = Receiver::taking();
    subscribe(
        &server,
        "s",
        &json!({ "url": receiver.url(), "paused": true, "headers": { "authorization": "Bearer hush" } }),
    );
    ready(&server, "L1", "C0", "K0");
    eventually(|| (server.admin().all("/v1/messages?status=waiting").len() == 1).then_some(()));
    assert_eq!(server.admin().delete("/v1/subscriptions/s").status, 204);
    assert_eq!(
        server.admin().all("/v1/dead-letters")[0]["cause"],
        "removed"
    );
    server
        .admin()
        .get("/v1/subscriptions/s")
        .refused(404, "not_found");
    ready(&server, "L1", "C1", "K1");
    std::thread::sleep(Duration::from_millis(500));
    assert!(receiver.received().is_empty());
    assert!(server.admin().all("/v1/subscriptions").is_empty());
    // Another one of that name is a new one: nothing of the old one's is sent there.
    let again = subscribe(&server, "s", &json!({ "url": receiver.url() }));
    assert!(again["secret"].is_string());
    assert_eq!(again["headerNames"], json!([]));
}

#[test]
fn a_receivers_address_is_for_admins() {
    let server = start();
    let receiver = Receiver::taking();
    subscribe(
        &server,
        "s",
        &json!({ "url": receiver.url(), "labId": "L1" }),
    );
    let shown = |client: &crate::harness::Client| {
        let events = client.get("/v1/events?type=SubscriptionSet");
        assert_eq!(events.body["items"][0]["detail"]["subscription"]["id"], "s");
        events.text.contains(&receiver.url())
    };
    assert!(shown(&server.admin()));
    for role in ["dispatcher", "finance", "viewer"] {
        assert!(!shown(&server.role(role, "L1")), "{role}");
    }
}

#[test]
fn our_own_news_does_not_come_back_to_us() {
    let server = start();
    let body = json!({
        "url": format!("{}/v1/events", server.url), "format": "plain", "maxRetries": 0,
        "headers": { "authorization": format!("Bearer {}", crate::harness::ADMIN) },
    });
    subscribe(&server, "loop", &body);
    ready(&server, "L1", "C1", "K1");
    let dead = eventually(|| server.admin().all("/v1/dead-letters").pop());
    crate::schemas::Schemas::of(&server).check_closed("record.Message", &dead);
    assert_eq!(dead["cause"], "409");
    let incoming = server.admin().all("/v1/events?type=DeliveryScheduled");
    assert!(incoming.iter().all(|row| row["direction"] == "out"));
}

#[test]
fn a_slow_receiver_holds_up_nobody_else() {
    let server = start();
    let slow = Receiver::start(|_| Reply::Hang(Duration::from_secs(20)));
    let quick = Receiver::taking();
    subscribe(
        &server,
        "slow",
        &json!({ "url": slow.url(), "timeoutSeconds": 20 }),
    );
    subscribe(&server, "quick", &json!({ "url": quick.url() }));
    for number in 0..20 {
        ready(&server, "L1", &format!("C{number}"), &format!("K{number}"));
    }
    eventually_received(&quick, 20);
}

/// A receiver that fails at random and is killed and started again, while our server is killed too: every message arrives, in the
/// order of its delivery, and each always with the same id.
#[test]
fn everything_arrives_in_order_whoever_dies() {
    let folder = tempfile::tempdir().expect("a folder");
    let mut server = Some(relaying(Start::on(folder.path())).go());
    let mut count = 0_u32;
    let mut moody = move || {
        count = count.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
        match count >> 29 {
            0 => Reply::Status(500),
            1 => Reply::HangUp,
            2 => Reply::Status(503),
            _ => Reply::Status(200),
        }
    };
    let taken = std::sync::Arc::new(std::sync::Mutex::new(Vec::<Received>::new()));
    let behaviour = {
        let taken = std::sync::Arc::clone(&taken);
        move |received: &Received| {
            let reply = moody();
            // What was taken and not answered counts as taken too: it comes again.
            if matches!(reply, Reply::Status(200) | Reply::HangUp) {
                taken.lock().expect("no panic").push(received.clone());
            }
            reply
        }
    };
    let mut receiver = Some(Receiver::start(behaviour.clone()));
    let address = receiver.as_ref().expect("one").address();
    let url = receiver.as_ref().expect("one").url();
    subscribe(
        server.as_ref().expect("one"),
        "s",
        &json!({ "url": url, "baseDelayMs": 5, "maxRetries": 60, "timeoutSeconds": 2 }),
    );
    let mut cases = 0;
    for round in 0..6 {
        for _ in 0..12 {
            cases += 1;
            let running = server.as_ref().expect("one");
            ready(
                running,
                "L1",
                &format!("C{}", cases % 4),
                &format!("K{cases}"),
            );
        }
        if round % 2 == 0 {
            drop(receiver.take());
            server.take().expect("one").kill();
            server = Some(relaying(Start::on(folder.path())).go());
            receiver = Some(Receiver::at(address, behaviour.clone()));
        }
    }
    let server = server.expect("one");
    let published: Vec<Value> = server
        .admin()
        .all("/v1/events?direction=out")
        .into_iter()
        .filter(|row| row["direction"] == "out")
        .collect();
    assert!(published.len() >= 72, "{}", published.len());
    let until = Instant::now() + Duration::from_mins(1);
    while server.admin().all("/v1/messages?status=sent").len() < published.len() {
        assert!(Instant::now() < until, "it does not all arrive");
        std::thread::sleep(Duration::from_millis(100));
    }
    let taken = taken.lock().expect("no panic").clone();
    let ids: BTreeSet<&str> = taken.iter().map(|one| one.header("webhook-id")).collect();
    let expected: BTreeSet<&str> = published
        .iter()
        .map(|row| row["id"].as_str().expect("an id"))
        .collect();
    assert_eq!(ids, expected, "all of it, and nothing else");
    // The first time of each, by delivery: in the order in which they were published.
    let mut order: BTreeMap<&str, Vec<&str>> = BTreeMap::new();
    let mut seen = BTreeSet::new();
    for one in &taken {
        if seen.insert(one.header("webhook-id")) {
            let about = one.body["subject"].as_str().expect("a subject");
            order
                .entry(about)
                .or_default()
                .push(one.header("webhook-id"));
        }
    }
    for arrived in order.values() {
        let ours: Vec<&str> = published
            .iter()
            .map(|row| row["id"].as_str().expect("an id"))
            .filter(|id| arrived.contains(id))
            .collect();
        assert_eq!(*arrived, ours);
    }
    drop(receiver);
}

#[test]
fn what_was_for_one_lab_goes_to_no_other_that_took_its_name() {
    let server = start();
    let refusing = Receiver::start(|_| Reply::Status(500));
    let body = json!({ "url": refusing.url(), "maxRetries": 0 });
    subscribe(&server, "finance", &body);
    for lab in ["L1", "L2"] {
        ready(&server, lab, "C1", "K1");
    }
    let admin = server.admin();
    eventually(|| (admin.all("/v1/dead-letters").len() == 2).then_some(()));
    admin.delete("/v1/subscriptions/finance").status.to_string();
    let nobody = admin
        .post("/v1/dead-letters/redrive", &json!({}))
        .expect(200);
    assert_eq!(nobody["redriven"], 0, "nobody is there to take them");
    let taking = Receiver::taking();
    subscribe(
        &server,
        "finance",
        &json!({ "url": taking.url(), "labId": "L1" }),
    );
    let again = admin
        .post("/v1/dead-letters/redrive", &json!({}))
        .expect(200);
    assert_eq!(again["redriven"], 2);
    eventually_received(&taking, 1);
    let dead = eventually(|| {
        let dead = admin.all("/v1/dead-letters");
        (dead.len() == 1).then_some(dead)
    });
    assert_eq!(
        (&dead[0]["labId"], &dead[0]["cause"]),
        (&json!("L2"), &json!("other_lab"))
    );
    assert_eq!(taking.received().len(), 1);
}

#[test]
fn one_that_hangs_keeps_nothing_from_the_others() {
    let server = start();
    let receiver = Receiver::start(|received| {
        if received.body["data"]["clinicId"] == "SLOW" {
            Reply::Hang(Duration::from_secs(20))
        } else {
            Reply::Status(200)
        }
    });
    subscribe(
        &server,
        "all",
        &json!({ "url": receiver.url(), "timeoutSeconds": 60 }),
    );
    ready(&server, "L1", "SLOW", "K1");
    eventually_received(&receiver, 1);
    ready(&server, "L1", "C1", "K2");
    eventually_received(&receiver, 2);
}

/// Nobody needs to know the old secret to put a new one beside it.
#[test]
fn a_subscription_changes_over_to_another_secret() {
    let server = start();
    let admin = server.admin();
    let receiver = Receiver::taking();
    let body = json!({ "url": receiver.url(), "headers": { "x-api-key": "k-1" } });
    let made = subscribe(&server, "s", &body);
    let old = made["secretFingerprints"][0].clone();

    let added = admin.post("/v1/subscriptions/s/secrets", &json!({}));
    assert_eq!(added.status, 201, "{}", added.text);
    let secret = added.body["secret"].as_str().expect("shown once");
    assert!(secret.starts_with("whsec_") && made["secret"] != secret);
    let both = added.body["secretFingerprints"].as_array().expect("a list");
    assert_eq!((both.len(), &both[1]), (2, &old), "newest first");
    let shown = admin.get("/v1/subscriptions/s");
    assert!(!shown.text.contains(secret), "never again");
    ready(&server, "L1", "C1", "K1");
    let came = &eventually_received(&receiver, 1)[0];
    assert_eq!(came.header("webhook-signature").split(' ').count(), 2);
    assert_eq!(came.header("x-api-key"), "k-1", "all else stays");

    let gone = format!(
        "/v1/subscriptions/s/secrets/{}",
        old.as_str().unwrap_or_default()
    );
    let left = admin.delete(&gone).expect(200);
    assert_eq!(left["secretFingerprints"], json!([both[0]]));
    assert_eq!(admin.delete(&gone).status, 404, "it is gone");
    let last = format!(
        "/v1/subscriptions/s/secrets/{}",
        both[0].as_str().unwrap_or_default()
    );
    assert_eq!(admin.delete(&last).body["code"], "last_secret");
    ready(&server, "L1", "C2", "K2");
    let came = &eventually_received(&receiver, 2)[1];
    assert_eq!(came.header("webhook-signature").split(' ').count(), 1);

    let short = admin.post("/v1/subscriptions/s/secrets", &json!({ "secret": "short" }));
    assert_eq!(
        (short.status, &short.body["errors"][0]["field"]),
        (400, &json!("secret"))
    );
    let known = json!({ "secret": secret });
    let again = admin.post("/v1/subscriptions/s/secrets", &known);
    assert_eq!(again.body["code"], "known_secret");
    let newest = admin.get("/v1/messages?subscriptionId=s&order=newest&limit=1");
    let oldest = admin.get("/v1/messages?subscriptionId=s&limit=1");
    let number = |answer: &Answer| answer.body["items"][0]["number"].as_u64().expect("one");
    assert!(number(&newest) > number(&oldest));
    let older = newest.body["next"].as_str().expect("there are older ones");
    let older = admin.get(&format!(
        "/v1/messages?subscriptionId=s&order=newest&after={older}"
    ));
    let numbers: Vec<u64> = older.body["items"]
        .as_array()
        .expect("a list")
        .iter()
        .filter_map(|item| item["number"].as_u64())
        .collect();
    assert!(
        numbers.iter().all(|older| *older < number(&newest))
            && numbers.last() == Some(&number(&oldest))
    );
}
