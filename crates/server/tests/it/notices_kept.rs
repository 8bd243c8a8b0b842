//! Notices against whatever goes wrong: servers that are down, that refuse, and people who are no longer to be told.

use std::process::Command;

use jiff::SignedDuration;
use serde_json::{Value, json};

use crate::harness::{
    ADMIN, Mailbox, Receiver, Reply, Road, Server, Start, case, date_in, eventually, fix, now,
    pickup, pontic, said, with,
};

/// Stands in every name, note and contact; nowhere else.
const MARK: &str = "Qzxmark";

fn mailing(mailbox: &Mailbox, mut start: Start) -> Start {
    for (name, value) in mailbox.settings() {
        start = start.env(name, &value);
    }
    start
}

fn twilio(start: Start, receiver: &Receiver) -> Start {
    start
        .env("PONTIC_NOTICES__SMS__PROVIDER", "twilio")
        .env(
            "PONTIC_NOTICES__SMS__URL",
            &format!("http://{}/", receiver.address()),
        )
        .env("PONTIC_NOTICES__SMS__ACCOUNT_SID", "AC0123")
        .env("PONTIC_NOTICES__SMS__AUTH_TOKEN", "hush-token")
        .env("PONTIC_NOTICES__SMS__MESSAGING_SERVICE_SID", "MG1")
}

fn set_clinic(server: &Server, notify: &Value) {
    let lab = json!({ "name": "Lab", "timeZone": "UTC" });
    server.admin().put("/v1/labs/L1", &lab);
    let body = json!({ "labId": "L1", "name": "North", "notify": notify });
    let answer = server.admin().put("/v1/clinics/C1", &body);
    assert!(matches!(answer.status, 200 | 201), "{}", answer.text);
}

fn request(server: &Server, id: &str) {
    let detail = pickup("L1", "C1", id, 40);
    server.admin().event("PickupRequested", &detail).result();
}

fn notices(server: &Server, query: &str, count: usize) -> Vec<Value> {
    let path = format!("/v1/notices?{query}");
    eventually(|| Some(server.admin().all(&path)).filter(|found| found.len() >= count))
}

fn now_and_alone(address: &str) -> Value {
    json!({ "email": address, "digestMinutes": 0 })
}

#[test]
fn a_mail_server_that_is_down_loses_nothing_nor_does_a_program_that_dies() {
    let mailbox = Mailbox::new();
    let server = mailing(&mailbox, Start::new()).go();
    set_clinic(&server, &now_and_alone("desk@c.example"));
    request(&server, "P1");
    let tried = eventually(|| {
        let notice = server.admin().all("/v1/notices?status=waiting").pop()?;
        (notice["attempts"].as_u64() >= Some(1) && notice["reason"] != Value::Null)
            .then_some(notice)
    });
    assert_eq!(tried["reason"], "unreachable");
    let folder = server.kill();
    let server = mailing(&mailbox, folder.again()).go();
    let _mail = mailbox.serve();
    let sent = notices(&server, "status=sent", 1);
    assert_eq!(
        sent[0]["messageId"], tried["messageId"],
        "the same message, however often it is tried"
    );
    let mails = mailbox.to("desk@c.example");
    let id = format!(
        "<{}@lab.example>",
        tried["messageId"].as_str().expect("an id")
    );
    assert_eq!((mails.len(), &mails[0]["id"]), (1, &json!(id)));
}

#[test]
fn a_channel_that_reaches_nobody_for_long_is_an_alert() {
    let mailbox = Mailbox::new();
    let server = mailing(&mailbox, Start::new())
        .env("PONTIC_NOTICES__PATIENCE_SECONDS", "1")
        .go();
    set_clinic(&server, &now_and_alone("desk@c.example"));
    request(&server, "P1");
    let alert = eventually(|| {
        let alerts = server.admin().all("/v1/alerts");
        alerts
            .into_iter()
            .find(|alert| alert["code"] == "notice_failed")
    });
    assert_eq!(
        (&alert["channel"], &alert["reason"]),
        (&json!("email"), &json!("unreachable"))
    );
    assert_eq!(
        (&alert["labId"], &alert["clinicId"]),
        (&json!("-"), &Value::Null)
    );
    let waiting = server.admin().all("/v1/notices?status=waiting");
    assert_eq!(waiting.len(), 1);
    crate::schemas::Schemas::of(&server).check_closed("record.Notice", &waiting[0]);
}

#[test]
fn what_was_sent_and_not_answered_is_sent_again_as_the_same_message() {
    let mailbox = Mailbox::new();
    let _mail = mailbox.serve();
    let server = mailing(&mailbox, Start::new()).go();
    set_clinic(&server, &now_and_alone("slow@c.example"));
    request(&server, "P1");
    eventually(|| (mailbox.mails().len() == 1).then_some(()));
    assert!(server.admin().all("/v1/notices?status=sent").is_empty());
    let folder = server.kill();
    // When its claim is over.
    let later = now() + SignedDuration::from_mins(1);
    let server = mailing(&mailbox, folder.again().now(&later.to_string())).go();
    notices(&server, "status=sent", 1);
    let mails = mailbox.to("slow@c.example");
    assert_eq!(mails.len(), 2);
    assert_eq!(mails[0]["id"], mails[1]["id"]);
}

#[test]
fn who_is_refused_is_a_dead_letter_with_an_alert_and_arrives_after_redrive() {
    let mailbox = Mailbox::new();
    let _mail = mailbox.serve();
    let server = mailing(&mailbox, Start::new()).go();
    let lab = json!({
        "name": "Lab", "timeZone": "UTC",
        "notify": { "email": "desk@lab.example", "kinds": { "alert": ["email"] }, "digestMinutes": 0 },
    });
    set_clinic(&server, &now_and_alone("nobody@c.example"));
    server.admin().put("/v1/labs/L1", &lab).expect(200);
    request(&server, "P1");
    request(&server, "P2");
    let failed = notices(&server, "status=failed", 2);
    assert_eq!(
        (&failed[0]["reason"], &failed[0]["attempts"]),
        (&json!("550"), &json!(1))
    );
    let alerts: Vec<Value> = server
        .admin()
        .all("/v1/alerts")
        .into_iter()
        .filter(|alert| alert["code"] == "notice_failed")
        .collect();
    assert_eq!(alerts.len(), 1, "once a day: {alerts:?}");
    assert_eq!(
        (&alerts[0]["clinicId"], &alerts[0]["reason"]),
        (&json!("C1"), &json!("550"))
    );
    let dead = server.admin().all("/v1/dead-letters?subscriptionId=~email");
    assert_eq!(dead.len(), 2);
    assert!(server.admin().all("/v1/messages").is_empty());
    // An alert of a notice is no notice: it would bring forth itself.
    assert!(mailbox.to("desk@lab.example").iter().all(|mail| {
        !mail["text"]
            .as_str()
            .expect("one")
            .contains("notice_failed")
    }));
    let path = format!("/v1/dead-letters/{}/redrive", dead[0]["number"]);
    server.admin().post(&path, &json!({})).expect(200);
    eventually(|| {
        let again = server.admin().all("/v1/notices?status=failed");
        (again.len() == 2).then_some(())
    });
    // Whoever does not want it any more is not told either.
    set_clinic(&server, &now_and_alone("other@c.example"));
    server
        .admin()
        .post("/v1/dead-letters/redrive", &json!({}))
        .expect(200);
    let skipped = notices(&server, "status=skipped", 2);
    assert_eq!(skipped[0]["reason"], "unwanted");
}

#[test]
fn twilio_is_asked_again_when_it_is_busy_and_believed_when_it_refuses() {
    let mut count = 0;
    let receiver = Receiver::start(move |received| {
        count += 1;
        assert!(
            received.text.contains("MessagingServiceSid=MG1"),
            "{}",
            received.text
        );
        match count {
            1 => Reply::With(429, "retry-after: 1".into()),
            2 => Reply::Status(503),
            _ => Reply::Status(201),
        }
    });
    let server = twilio(Start::new(), &receiver).go();
    set_clinic(
        &server,
        &json!({ "sms": "+15035550100", "digestMinutes": 0 }),
    );
    request(&server, "P1");
    let sent = notices(&server, "status=sent", 1);
    assert_eq!(sent[0]["attempts"], 3);
    receiver.behave(|_| {
        Reply::Json(
            400,
            r#"{"code": 21211, "message": "Invalid 'To' +15035550100"}"#.into(),
        )
    });
    request(&server, "P2");
    let failed = notices(&server, "status=failed", 1);
    assert_eq!(failed[0]["reason"], "twilio_21211");
    let seen = server.role("viewer", "L1").get("/v1/notices?status=failed");
    assert_eq!(seen.body["items"][0]["to"], "+*********00");
    let logged = server.logged();
    assert!(
        !logged.contains("hush-token") && !logged.contains("5035550100"),
        "{logged}"
    );
}

#[test]
fn a_gateway_gets_what_it_can_verify() {
    let receiver = Receiver::taking();
    let secret = "whsec_C2FVsBQIhrscChlQIMV+b5sSYspob7oD";
    let server = Start::new()
        .env("PONTIC_NOTICES__SMS__PROVIDER", "webhook")
        .env("PONTIC_NOTICES__SMS__URL", &receiver.url())
        .env("PONTIC_NOTICES__SMS__SECRET", secret)
        .go();
    set_clinic(
        &server,
        &json!({ "sms": "+15035550100", "digestMinutes": 0 }),
    );
    request(&server, "P1");
    let received = eventually(|| receiver.received().pop());
    assert_eq!(received.body["to"], "+15035550100");
    assert!(
        received.body["text"]
            .as_str()
            .expect("a text")
            .starts_with("Lab will pick up 1 package at North")
    );
    assert_eq!(received.body["id"], received.header("webhook-id"));
    let mut headers = ureq::http::HeaderMap::new();
    for name in ["webhook-id", "webhook-timestamp", "webhook-signature"] {
        headers.insert(name, received.header(name).parse().expect("a header"));
    }
    let library = standardwebhooks::Webhook::new(secret).expect("a secret");
    library
        .verify(received.text.as_bytes(), &headers)
        .expect("the library of Standard Webhooks accepts it");
    assert_eq!(
        notices(&server, "status=sent", 1)[0]["messageId"],
        received.body["id"]
    );
}

#[test]
fn nobody_hears_of_an_arrival_when_it_is_over() {
    let mailbox = Mailbox::new();
    let server = mailing(&mailbox, Start::new()).go();
    set_clinic(&server, &now_and_alone("desk@c.example"));
    let started = now() - SignedDuration::from_secs(90);
    let road = Road::start(&server, "L1", "D1", started, &[3_000.0]);
    let phone = road.driver_token(&server);
    for (seconds, metres) in [(0, 0.0), (60, 900.0)] {
        phone
            .post(
                "/v1/drivers/D1/positions",
                &fix(road.at(seconds), metres, 40.0),
            )
            .expect(200);
    }
    let waiting = notices(&server, "status=waiting", 1);
    assert_eq!(waiting[0]["kind"], "arrival");
    let folder = server.kill();
    let _mail = mailbox.serve();
    let later = now() + SignedDuration::from_mins(40);
    let server = mailing(&mailbox, folder.again().now(&later.to_string())).go();
    let skipped = notices(&server, "status=skipped", 1);
    assert_eq!(skipped[0]["reason"], "late");
    assert!(mailbox.mails().is_empty());
}

#[test]
fn where_there_is_no_way_out_that_is_kept() {
    let server = Start::new().go();
    set_clinic(
        &server,
        &json!({ "email": "desk@c.example", "sms": "+15035550100" }),
    );
    request(&server, "P1");
    let skipped = notices(&server, "status=skipped", 2);
    assert!(
        skipped
            .iter()
            .all(|notice| notice["reason"] == "not_configured")
    );
}

#[test]
fn no_patient_is_named_in_what_people_are_told() {
    let mailbox = Mailbox::new();
    let _mail = mailbox.serve();
    let receiver = Receiver::taking();
    let server = twilio(mailing(&mailbox, Start::new()), &receiver).go();
    let kinds: Value = [
        "arrival",
        "deliveryScheduled",
        "deliveryChanged",
        "deliveryCompleted",
        "deliveryFailed",
        "pickupConfirmed",
        "pickupMoved",
        "pickupCancelled",
        "pickupMissed",
        "rush",
        "driverSilent",
        "alert",
    ]
    .iter()
    .map(|kind| ((*kind).to_owned(), json!(["email", "sms"])))
    .collect::<serde_json::Map<_, _>>()
    .into();
    let notify = json!({ "email": "desk@c.example", "sms": "+15035550100", "kinds": kinds, "digestMinutes": 0 });
    set_clinic(&server, &notify);
    let lab = json!({ "name": "Lab", "timeZone": "UTC", "notify": notify });
    server.admin().put("/v1/labs/L1", &lab).expect(200);
    let admin = server.admin();
    let named = with(
        case("L1", "C1", "K1", &date_in(0)),
        json!({ "patientName": format!("{MARK} one"), "priority": "RUSH" }),
    );
    let made = admin.event("CaseReadyToShip", &named).result();
    let asked = with(
        pickup("L1", "C1", "P1", 40),
        json!({
            "notes": format!("{MARK} two"), "isRush": true,
            "requestedBy": { "userId": "u1", "name": format!("{MARK} three"), "phone": "+15035559999" },
            "metadata": { "patientName": format!("{MARK} four") },
        }),
    );
    admin.event("PickupRequested", &asked).result();
    let ehr = json!({
        "externalId": "D7", "practiceId": "C1", "preferredPickupTime": crate::harness::after_hours(30),
        "priority": 2, "patientName": format!("{MARK} five"), "notes": format!("{MARK} six"),
    });
    server.webhook("dentrix", &ehr).expect(200);
    let done = json!({
        "deliveryId": made["deliveryId"], "completedAt": now().to_string(), "receivedBy": format!("{MARK} seven"),
        "notes": format!("{MARK} eight"),
    });
    admin.event("DeliveryCompleted", &done).result();
    let off = json!({ "pickupId": "P1", "clinicId": "C1", "labId": "L1" });
    admin.event("PickupCancelled", &off).result();
    let told = notices(&server, "status=sent", 12);
    let waits = || server.admin().all("/v1/notices?status=waiting");
    eventually(|| waits().is_empty().then_some(()));
    for kind in [
        "deliveryScheduled",
        "deliveryCompleted",
        "pickupConfirmed",
        "pickupCancelled",
        "rush",
    ] {
        assert!(told.iter().any(|notice| notice["kind"] == kind), "{kind}");
    }
    let mails = mailbox.mails();
    assert!(mails.len() >= 6, "{mails:?}");
    for mail in &mails {
        assert!(!mail.to_string().contains(MARK), "{mail}");
    }
    for text in receiver.received() {
        assert!(!text.text.contains(MARK), "{}", text.text);
    }
    let listed = server
        .role("viewer", "L1")
        .get("/v1/notices?limit=200")
        .text;
    assert!(
        !listed.contains(MARK) && !listed.contains("desk@"),
        "{listed}"
    );
    let left = server.kill();
    assert!(!left.logged.contains("desk@c.example") && !left.logged.contains("5035550100"));
    // At rest an address is sealed like a contact.
    for file in ["pontic.db", "pontic.db-wal"] {
        let bytes = std::fs::read(left.path.join(file)).unwrap_or_default();
        let mark = b"desk@c.example";
        assert!(
            !bytes.windows(mark.len()).any(|window| window == mark),
            "{file}"
        );
    }
}

/// A certificate for this machine's own address, and its key.
fn certify(folder: &std::path::Path) -> (String, String) {
    let path = |name: &str| folder.join(name).to_str().expect("UTF-8").to_owned();
    let (certificate, key) = (path("server.crt"), path("server.key"));
    let mut make = Command::new("openssl");
    make.args([
        "req",
        "-x509",
        "-newkey",
        "rsa:2048",
        "-nodes",
        "-days",
        "2",
        "-subj",
        "/CN=pontic tests",
    ]);
    make.args([
        "-addext",
        "subjectAltName=IP:127.0.0.1",
        "-addext",
        "basicConstraints=critical,CA:FALSE",
    ]);
    let made = make.args(["-keyout", &key, "-out", &certificate]).output();
    let made = made.expect("openssl is there: `apt-get install openssl`");
    assert!(
        made.status.success(),
        "{}",
        String::from_utf8_lossy(&made.stderr)
    );
    (certificate, key)
}

#[test]
fn the_test_button_logs_in_over_tls_and_says_what_came_of_it() {
    for tls in ["starttls", "implicit"] {
        let mailbox = Mailbox::new();
        let (certificate, key) = certify(mailbox.folder());
        let mut arguments = vec![
            "--cert",
            &certificate,
            "--key",
            &key,
            "--user",
            "pontic",
            "--password",
            "open sesame",
        ];
        if tls == "implicit" {
            arguments.push("--implicit");
        }
        let _mail = mailbox.serve_with(&arguments);
        let starting = |password: &str| {
            mailing(&mailbox, Start::new())
                .env("PONTIC_NOTICES__SMTP__TLS", tls)
                .env("PONTIC_NOTICES__SMTP__CA_FILE", &certificate)
                .env("PONTIC_NOTICES__SMTP__USER", "pontic")
                .env("PONTIC_NOTICES__SMTP__PASSWORD", password)
        };
        let server = starting("open sesame").go();
        let asked = json!({ "channel": "email", "to": "me@lab.example" });
        let told = server.admin().post("/v1/notices/test", &asked).expect(200);
        assert_eq!(
            (&told["taken"], &told["answer"]),
            (&json!(true), &json!("taken")),
            "{tls}"
        );
        let mails = mailbox.to("me@lab.example");
        assert_eq!(
            (&mails[0]["subject"], &mails[0]["user"]),
            (&json!("Test message"), &json!("pontic"))
        );
        // The server tells only where a connection became TLS; of the other kind it speaks nothing else.
        assert_eq!(mails[0]["tls"], tls == "starttls");
        for role in ["dispatcher", "viewer"] {
            server
                .role(role, "L1")
                .post("/v1/notices/test", &asked)
                .refused(403, "forbidden");
        }
        let wrong = json!({ "channel": "sms", "to": "me@lab.example" });
        let faults = server.admin().post("/v1/notices/test", &wrong).faults();
        assert_eq!(faults, [("to".to_owned(), "invalid_format".to_owned())]);
        let unready = json!({ "channel": "sms", "to": "+15035550100" });
        let told = server
            .admin()
            .post("/v1/notices/test", &unready)
            .expect(200);
        assert_eq!(told["answer"], "not_configured");
        let server = starting("wrong sesame").go();
        let told = server.admin().post("/v1/notices/test", &asked).expect(200);
        assert_eq!(
            (&told["taken"], &told["answer"]),
            (&json!(false), &json!("535"))
        );
        assert!(!server.logged().contains("sesame"));
    }
}

#[test]
fn an_untrusted_or_plain_server_is_told_nothing() {
    let mailbox = Mailbox::new();
    let _mail = mailbox.serve();
    let server = mailing(&mailbox, Start::new())
        .env("PONTIC_NOTICES__SMTP__TLS", "starttls")
        .go();
    let asked = json!({ "channel": "email", "to": "me@lab.example" });
    let told = server.admin().post("/v1/notices/test", &asked).expect(200);
    assert_eq!(told["taken"], false, "it offers no TLS: {told}");
    let other = Mailbox::new();
    let (certificate, key) = certify(other.folder());
    let _other = other.serve_with(&["--cert", &certificate, "--key", &key]);
    let server = mailing(&other, Start::new())
        .env("PONTIC_NOTICES__SMTP__TLS", "starttls")
        .go();
    let told = server.admin().post("/v1/notices/test", &asked).expect(200);
    assert_eq!(
        (&told["taken"], &told["answer"]),
        (&json!(false), &json!("tls"))
    );
    assert!(mailbox.mails().is_empty() && other.mails().is_empty());
}

#[test]
fn doctor_says_whether_the_mail_server_answers() {
    let mailbox = Mailbox::new();
    let folder = tempfile::tempdir().expect("a folder");
    let config = folder.path().join("pontic.toml");
    let text = format!(
        "[notices.smtp]\nhost = \"127.0.0.1\"\nport = {}\ntls = \"none\"\nfrom = \"pontic@lab.example\"\n",
        mailbox.port()
    );
    std::fs::write(&config, text).expect("written");
    let data = folder.path().join("data");
    let ask = || {
        let paths = [config.to_str(), data.to_str()].map(|path| path.expect("UTF-8"));
        pontic(&["doctor", "--config", paths[0], "--data", paths[1]], b"")
    };
    let down = ask();
    assert!(!down.status.success());
    assert!(
        said(&down).contains("does not answer, or does not let us in: unreachable"),
        "{}",
        said(&down)
    );
    let _mail = mailbox.serve();
    let up = said(&ask());
    assert!(
        up.contains(&format!(
            "ok    the mail server 127.0.0.1:{} answers",
            mailbox.port()
        )),
        "{up}"
    );
    let server = Start::new()
        .env("PONTIC_NOTICES__SMTP__HOST", "mail.lab.example")
        .env("PONTIC_NOTICES__SMTP__TLS", "none")
        .env("PONTIC_NOTICES__SMS__PROVIDER", "twilio")
        .fails();
    let told = said(&server);
    for part in [
        "notices.smtp.tls",
        "notices.smtp.from",
        "notices.sms.accountSid",
        "notices.sms.authToken",
    ] {
        assert!(told.contains(part), "{part} in {told}");
    }
    assert!(!told.contains(ADMIN));
}
