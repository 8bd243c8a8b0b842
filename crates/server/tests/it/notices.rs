//! What clinics and dispatchers are told, by a real mail server and by stand-ins of gateways.

use std::time::Duration;

use jiff::SignedDuration;
use serde_json::{Value, json};

use crate::harness::{
    Client, Mailbox, Received, Receiver, Reply, Road, Server, Start, eventually, fix, now, pickup,
    with,
};

/// Monday morning in Greenwich: 4 in New York, 10 in Berlin.
const NOW: &str = "2026-03-02T09:00:00Z";

fn mailing(mailbox: &Mailbox, mut start: Start) -> Start {
    for (name, value) in mailbox.settings() {
        start = start.env(name, &value);
    }
    start
}

fn texting(start: Start, receiver: &Receiver) -> Start {
    let url = format!("http://{}", receiver.address());
    start
        .env("PONTIC_NOTICES__SMS__PROVIDER", "twilio")
        .env("PONTIC_NOTICES__SMS__URL", &url)
        .env("PONTIC_NOTICES__SMS__ACCOUNT_SID", "AC0123")
        .env("PONTIC_NOTICES__SMS__AUTH_TOKEN", "hush")
        .env("PONTIC_NOTICES__SMS__FROM", "+15005550006")
}

fn set_clinic(server: &Server, clinic: &str, zone: &str, notify: &Value) {
    let body = json!({ "labId": "L1", "name": format!("Clinic {clinic}"), "timeZone": zone, "notify": notify });
    let answer = server.admin().put(&format!("/v1/clinics/{clinic}"), &body);
    assert!(matches!(answer.status, 200 | 201), "{}", answer.text);
}

fn set_lab(server: &Server, notify: &Value) {
    let body = json!({ "name": "Smith & Sons", "timeZone": "Europe/Berlin", "notify": notify });
    let answer = server.admin().put("/v1/labs/L1", &body);
    assert!(matches!(answer.status, 200 | 201), "{}", answer.text);
}

/// A pickup on Tuesday from 14 to 16 in Greenwich.
fn on_tuesday(clinic: &str, id: &str) -> Value {
    json!({
        "pickupId": id, "clinicId": clinic, "labId": "L1",
        "windowStart": "2026-03-03T14:00:00Z", "windowEnd": "2026-03-03T16:00:00Z",
    })
}

fn request(server: &Server, detail: &Value) {
    server.admin().event("PickupRequested", detail).result();
}

/// The only mail to that address, as soon as it is there.
fn mail_to(mailbox: &Mailbox, address: &str) -> Value {
    let mut mails = eventually(|| Some(mailbox.to(address)).filter(|mails| !mails.is_empty()));
    assert_eq!(mails.len(), 1, "{mails:?}");
    mails.remove(0)
}

/// Notices that pass, as soon as there are so many.
fn notices(client: &Client, query: &str, count: usize) -> Vec<Value> {
    let path = format!("/v1/notices?{query}");
    eventually(|| Some(client.all(&path)).filter(|found| found.len() >= count))
}

fn texts_of<'a>(received: &'a [Received], name: &str) -> Vec<&'a Received> {
    received
        .iter()
        .filter(|one| one.text.contains(name))
        .collect()
}

#[test]
fn a_pickup_is_confirmed_by_the_clock_and_in_the_language_of_each_clinic() {
    let mailbox = Mailbox::new();
    let _mail = mailbox.serve();
    let server = mailing(&mailbox, Start::new().now(NOW)).go();
    set_lab(&server, &json!({ "language": "de" }));
    let at = |address: &str| json!({ "email": [address], "digestMinutes": 0 });
    let english = with(at("ny@c.example"), json!({ "language": "en" }));
    set_clinic(&server, "C1", "America/New_York", &english);
    set_clinic(&server, "C2", "Europe/Berlin", &at("berlin@c.example"));
    for (clinic, id) in [("C1", "P1"), ("C2", "P2")] {
        let detail = with(on_tuesday(clinic, id), json!({ "packageCount": 3 }));
        request(&server, &detail);
    }
    let mail = mail_to(&mailbox, "ny@c.example");
    assert_eq!(mail["subject"], "Pickup confirmed: Tuesday, March 3, 2026");
    let text = mail["text"].as_str().expect("a text");
    let expected = "Smith & Sons will pick up 3 packages at Clinic C1 on Tuesday, March 3, 2026 between 9:00 AM and 11:00 AM. Confirmation number: PN-";
    assert!(text.starts_with(expected), "{text}");
    let html = mail["html"].as_str().expect("HTML");
    assert!(html.contains("<p>Smith &amp; Sons will"), "{html}");
    assert_eq!(mail["header_from"], "The Lab <pontic@lab.example>");
    assert!(
        mail["raw"]
            .as_str()
            .expect("all of it")
            .contains("Auto-Submitted: auto-generated")
    );
    let mail = mail_to(&mailbox, "berlin@c.example");
    assert_eq!(
        mail["subject"],
        "Abholung bestätigt: Dienstag, 3. März 2026"
    );
    let text = mail["text"].as_str().expect("a text");
    let expected = "Smith & Sons holt am Dienstag, 3. März 2026 zwischen 15:00 Uhr und 17:00 Uhr 3 Pakete bei Clinic C2 ab.";
    assert!(text.starts_with(expected), "{text}");
    // It is kept, and whoever may not read contacts sees no address.
    let told = notices(&server.admin(), "labId=L1&clinicId=C1&status=sent", 1);
    assert_eq!(told[0]["to"], "ny@c.example");
    assert_eq!(
        (&told[0]["kind"], &told[0]["channel"]),
        (&json!("pickupConfirmed"), &json!("email"))
    );
    let id = told[0]["messageId"].as_str().expect("an id");
    let sent = &mail_to(&mailbox, "ny@c.example")["id"];
    assert_eq!(*sent, json!(format!("<{id}@lab.example>")));
    let seen = server.role("viewer", "L1").get("/v1/notices?clinicId=C1");
    assert_eq!(seen.body["items"][0]["to"], "n***@c***.example");
    assert!(!seen.text.contains("ny@"), "{}", seen.text);
    assert_eq!(
        server.role("viewer", "L2").all("/v1/notices"),
        [] as [Value; 0]
    );
    server
        .role("driver", "L1")
        .get("/v1/notices")
        .refused(403, "forbidden");
}

/// A driver who is at a clinic's door within minutes, by the real clock.
fn drive(server: &Server) {
    let started = now() - SignedDuration::from_secs(90);
    let road = Road::start(server, "L1", "D1", started, &[3_000.0]);
    let phone = road.driver_token(server);
    for (seconds, metres) in [(0, 0.0), (60, 900.0)] {
        let sent = phone.post(
            "/v1/drivers/D1/positions",
            &fix(road.at(seconds), metres, 40.0),
        );
        assert_eq!(sent.expect(200)["accepted"], 1);
    }
}

#[test]
fn a_clinic_hears_at_once_that_its_driver_comes() {
    let mailbox = Mailbox::new();
    let _mail = mailbox.serve();
    let receiver = Receiver::start(|_| Reply::Status(201));
    let server = texting(mailing(&mailbox, Start::new()), &receiver).go();
    set_lab(&server, &json!({}));
    let notify = json!({ "email": "desk@c.example", "sms": ["+1 (503) 555-0100"] });
    set_clinic(&server, "C1", "America/New_York", &notify);
    drive(&server);
    let mail = mail_to(&mailbox, "desk@c.example");
    let text = mail["text"].as_str().expect("a text");
    assert!(
        text.starts_with("The driver of Smith & Sons will be at Clinic C1 in about "),
        "{text}"
    );
    assert!(text.contains(" minute") && text.contains("M."), "{text}");
    let received = eventually(|| receiver.received().pop());
    assert_eq!(received.path, "/2010-04-01/Accounts/AC0123/Messages.json");
    assert_eq!(received.header("authorization"), "Basic QUMwMTIzOmh1c2g=");
    assert!(
        received
            .text
            .starts_with("To=%2B15035550100&From=%2B15005550006&Body=The%20driver%20of"),
        "{}",
        received.text
    );
    let sent = notices(&server.admin(), "status=sent", 2);
    assert!(
        sent.iter().all(|notice| notice["kind"] == "arrival"),
        "{sent:?}"
    );
    let metrics = server.admin().get("/metrics").text;
    assert!(
        metrics.contains(r#"pontic_notices_total{channel="sms",outcome="sent"} 1"#),
        "{metrics}"
    );
}

#[test]
fn whoever_wants_it_hears_when_the_driver_leaves_with_the_link_to_the_page() {
    let mailbox = Mailbox::new();
    let _mail = mailbox.serve();
    let start = Start::new().env("PONTIC_PUBLIC_URL", "https://pontic.lab.example");
    let server = mailing(&mailbox, start).go();
    set_lab(&server, &json!({}));
    let notify = |kinds: Value| json!({ "email": "desk@c.example", "kinds": kinds });
    let asked = notify(json!({ "onTheWay": ["email"], "arrival": [] }));
    set_clinic(&server, "C1", "America/New_York", &asked);
    drive(&server);
    let mail = mail_to(&mailbox, "desk@c.example");
    assert_eq!(mail["subject"], "Your driver is on the way");
    let text = mail["text"].as_str().expect("a text").trim();
    let (words, link) = text.rsplit_once(' ').expect("a link");
    assert!(
        words.starts_with("The driver of Smith & Sons is on the way and will be at Clinic C1"),
        "{text}"
    );
    let path = link.strip_prefix("https://pontic.lab.example");
    let state = server
        .nobody()
        .get(&format!("{}/state", path.expect("a whole address")));
    assert_eq!(state.expect(200)["clinicName"], "Clinic C1");
}

#[test]
fn who_says_nothing_hears_of_the_arrival_with_the_link_and_not_of_the_start() {
    let mailbox = Mailbox::new();
    let _mail = mailbox.serve();
    let start = Start::new().env("PONTIC_PUBLIC_URL", "https://pontic.lab.example");
    let server = mailing(&mailbox, start).go();
    set_lab(&server, &json!({ "language": "de" }));
    let notify = json!({ "email": "desk@c.example" });
    set_clinic(&server, "C1", "Europe/Berlin", &notify);
    drive(&server);
    let mail = mail_to(&mailbox, "desk@c.example");
    let text = mail["text"].as_str().expect("a text");
    assert!(
        text.contains("bei Clinic C1, um ") && text.contains(". https://pontic.lab.example/t/"),
        "{text}"
    );
}

#[test]
fn at_night_an_arrival_is_not_told_and_the_rest_waits_for_the_morning() {
    let mailbox = Mailbox::new();
    let _mail = mailbox.serve();
    let server = mailing(&mailbox, Start::new()).go();
    set_lab(&server, &json!({}));
    let night = json!({ "from": "00:00", "to": "23:59:59" });
    let notify = json!({ "email": "desk@c.example", "quietHours": night, "digestMinutes": 0 });
    set_clinic(&server, "C1", "America/New_York", &notify);
    drive(&server);
    request(&server, &pickup("L1", "C1", "P1", 40));
    let skipped = notices(&server.admin(), "status=skipped", 1);
    assert_eq!(
        (&skipped[0]["kind"], &skipped[0]["reason"]),
        (&json!("arrival"), &json!("quiet_hours"))
    );
    let waiting = notices(&server.admin(), "status=waiting", 1);
    assert_eq!(waiting[0]["kind"], "pickupConfirmed");
    let due: jiff::Timestamp = waiting[0]["due"]
        .as_str()
        .expect("a time")
        .parse()
        .expect("a time");
    let zone = jiff::tz::TimeZone::get("America/New_York").expect("a zone");
    assert_eq!(zone.to_datetime(due).time().to_string(), "23:59:59");
    assert!(mailbox.mails().is_empty());
    // The next morning has come, and no night follows it at once.
    let notify = json!({ "email": "desk@c.example", "digestMinutes": 0 });
    let body =
        json!({ "labId": "L1", "name": "C1", "timeZone": "America/New_York", "notify": notify });
    server.admin().put("/v1/clinics/C1", &body).expect(200);
    let (_, folder) = server.stop();
    let later = due + SignedDuration::from_secs(1);
    let _server = mailing(&mailbox, folder.again().now(&later.to_string())).go();
    let mail = mail_to(&mailbox, "desk@c.example");
    assert!(
        mail["subject"]
            .as_str()
            .expect("one")
            .starts_with("Pickup confirmed")
    );
}

#[test]
fn several_matters_of_a_moment_are_one_message() {
    let mailbox = Mailbox::new();
    let _mail = mailbox.serve();
    let server = mailing(&mailbox, Start::new().now(NOW)).go();
    set_lab(&server, &json!({}));
    set_clinic(
        &server,
        "C1",
        "America/New_York",
        &json!({ "email": "desk@c.example" }),
    );
    for number in 1..=3 {
        request(&server, &on_tuesday("C1", &format!("P{number}")));
    }
    let waiting = notices(&server.admin(), "status=waiting", 3);
    let due = waiting[0]["due"].as_str().expect("a time");
    assert!(due.starts_with("2026-03-02T09:02:0"), "{due}");
    let folder = server.kill();
    let server = mailing(&mailbox, folder.again().now("2026-03-02T09:03:00Z")).go();
    let mail = mail_to(&mailbox, "desk@c.example");
    assert_eq!(mail["subject"], "3 messages from Smith & Sons");
    let text = mail["text"].as_str().expect("a text");
    assert_eq!(text.matches("will pick up").count(), 3, "{text}");
    let sent = notices(&server.admin(), "status=sent", 3);
    assert!(
        sent.iter()
            .all(|notice| notice["messageId"] == sent[0]["messageId"])
    );
    assert_eq!(mailbox.mails().len(), 1);
}

#[test]
fn a_clinic_chooses_what_it_hears_and_how() {
    let mailbox = Mailbox::new();
    let _mail = mailbox.serve();
    let receiver = Receiver::start(|_| Reply::Status(201));
    let server = texting(mailing(&mailbox, Start::new().now(NOW)), &receiver).go();
    set_lab(&server, &json!({}));
    let kinds = json!({ "pickupConfirmed": [], "pickupMoved": ["sms"], "pickupCancelled": ["email", "sms"] });
    let notify = json!({
        "email": ["one@c.example", "two@c.example"], "sms": "+15035550100", "kinds": kinds, "digestMinutes": 0,
    });
    set_clinic(&server, "C1", "America/New_York", &notify);
    request(&server, &on_tuesday("C1", "P1"));
    let pickup = server.admin().all("/v1/pickups?pickupId=P1").remove(0);
    let path = format!(
        "/v1/pickups/{}?labId=L1",
        pickup["id"].as_str().expect("an id")
    );
    let window =
        json!({ "windowStart": "2026-03-04T14:00:00Z", "windowEnd": "2026-03-04T16:00:00Z" });
    server.admin().patch(&path, &window).expect(200);
    assert_eq!(server.admin().delete(&path).status, 200);
    mail_to(&mailbox, "one@c.example");
    let mail = mail_to(&mailbox, "two@c.example");
    assert_eq!(
        mail["subject"],
        "Pickup cancelled: Wednesday, March 4, 2026"
    );
    eventually(|| (receiver.received().len() == 2).then_some(()));
    let received = receiver.received();
    assert_eq!(
        texts_of(&received, "now%3A%201%20package.").len(),
        1,
        "{received:?}"
    );
    assert_eq!(texts_of(&received, "is%20cancelled").len(), 1);
    let mut kinds: Vec<String> = server
        .admin()
        .all("/v1/notices")
        .iter()
        .map(|notice| {
            format!(
                "{}/{}",
                notice["kind"].as_str().expect("one"),
                notice["channel"].as_str().expect("one")
            )
        })
        .collect();
    kinds.sort();
    let expected = [
        "pickupCancelled/email",
        "pickupCancelled/email",
        "pickupCancelled/sms",
        "pickupMoved/sms",
    ];
    assert_eq!(kinds, expected, "nothing of what was confirmed");
}

#[test]
fn every_fault_of_what_somebody_wants_is_named() {
    let server = Start::new().go();
    let notify = json!({
        "email": ["desk@c.example", "no address"], "sms": ["5550100"], "language": "fr",
        "kinds": { "arrival": ["pigeon"] }, "quietHours": { "from": "late" }, "digestMinutes": 1000, "colour": 1,
    });
    let expected = [
        ("notify.email[1]", "invalid_format"),
        ("notify.sms[0]", "invalid_format"),
        ("notify.language", "unknown_value"),
        ("notify.kinds.arrival[0]", "unknown_value"),
        ("notify.quietHours.from", "invalid_format"),
        ("notify.quietHours.to", "required"),
        ("notify.digestMinutes", "out_of_range"),
    ];
    let expected = expected.map(|(field, reason)| (field.to_owned(), reason.to_owned()));
    let clinic = json!({ "labId": "L1", "name": "C", "notify": notify });
    assert_eq!(
        server.admin().put("/v1/clinics/C1", &clinic).faults(),
        expected
    );
    let lab = json!({ "name": "L", "timeZone": "UTC", "notify": notify });
    assert_eq!(server.admin().put("/v1/labs/L1", &lab).faults(), expected);
    let sound = with(
        clinic,
        json!({ "notify": { "email": "desk@c.example", "colour": 1 } }),
    );
    let kept = server.admin().put("/v1/clinics/C1", &sound).expect(201);
    assert_eq!(kept["notify"], json!({ "email": ["desk@c.example"] }));
    let seen = server.role("viewer", "L1").get("/v1/clinics/C1");
    assert_eq!(seen.body["notify"], Value::Null);
}

#[test]
fn a_lab_finds_its_own_words_and_wrong_ones_are_refused() {
    let mailbox = Mailbox::new();
    let _mail = mailbox.serve();
    let server = mailing(&mailbox, Start::new().now(NOW)).go();
    let admin = server.admin();
    let path = "/v1/templates/pickupConfirmed";
    let wrong = json!({
        "subject": "Pickup {{ datum }}", "text": "Hello\n{{ clinic }}\n{{ patientName }}", "html": "<p>{{ clinic }",
    });
    let refused = admin.put(path, &wrong);
    let expected = [
        ("subject:1", "unknown_value"),
        ("text:3", "unknown_value"),
        ("html:1", "invalid_format"),
    ];
    let expected = expected.map(|(field, reason)| (field.to_owned(), reason.to_owned()));
    assert_eq!((refused.status, refused.faults()), (400, expected.to_vec()));
    assert!(!refused.text.contains("patientName"), "{}", refused.text);
    admin
        .put("/v1/templates/birthday", &wrong)
        .refused(404, "not_found");
    let all = json!({ "subject": "Hi", "text": "Everybody: {{ date }}" });
    admin.put(path, &all).expect(201);
    let ours = json!({
        "labId": "L1", "subject": "We come on {{ date }}", "text": "From {{ from }} to {{ to }}.",
        "html": "<h1>{{ clinic }}</h1>",
    });
    admin.put(path, &ours).expect(201);
    let german = with(
        ours.clone(),
        json!({ "language": "de", "text": "Von {{ from }} bis {{ to }}." }),
    );
    server.role("admin", "L1").put(path, &german).expect(201);
    set_lab(&server, &json!({}));
    for (clinic, language) in [("C1", "en"), ("C2", "de")] {
        let address = format!("{clinic}@c.example");
        let notify = json!({ "email": address, "language": language, "digestMinutes": 0 });
        set_clinic(&server, clinic, "America/New_York", &notify);
        request(&server, &on_tuesday(clinic, clinic));
    }
    let mail = mail_to(&mailbox, "C1@c.example");
    assert_eq!(mail["subject"], "We come on Tuesday, March 3, 2026");
    assert_eq!(
        mail["text"].as_str().map(str::trim_end),
        Some("From 9:00 AM to 11:00 AM.")
    );
    assert!(
        mail["html"]
            .as_str()
            .expect("HTML")
            .contains("<h1>Clinic C1</h1>")
    );
    let mail = mail_to(&mailbox, "C2@c.example");
    assert_eq!(
        mail["text"].as_str().map(str::trim_end),
        Some("Von 09:00 Uhr bis 11:00 Uhr.")
    );
    // Without their own words they have those for all.
    let listed = admin.all("/v1/templates");
    assert_eq!(listed.len(), 3, "{listed:?}");
    assert_eq!(
        admin.get(&format!("{path}?labId=L1")).expect(200)["subject"],
        "We come on {{ date }}"
    );
    assert_eq!(admin.delete(&format!("{path}?labId=L1")).status, 204);
    admin
        .get(&format!("{path}?labId=L1"))
        .refused(404, "not_found");
    set_clinic(
        &server,
        "C3",
        "UTC",
        &json!({ "email": "C3@c.example", "digestMinutes": 0 }),
    );
    request(&server, &on_tuesday("C3", "P3"));
    let mail = mail_to(&mailbox, "C3@c.example");
    assert_eq!(
        mail["text"].as_str().map(str::trim_end),
        Some("Everybody: Tuesday, March 3, 2026")
    );
    server
        .role("dispatcher", "L1")
        .put(path, &ours)
        .refused(403, "forbidden");
}

#[test]
fn dispatchers_hear_of_what_their_lab_chose() {
    let mailbox = Mailbox::new();
    let _mail = mailbox.serve();
    let server = mailing(&mailbox, Start::new().now(NOW)).go();
    let kinds = json!({ "alert.unknown_clinic": ["email"] });
    set_lab(
        &server,
        &json!({ "email": "desk@lab.example", "kinds": kinds, "digestMinutes": 0 }),
    );
    let rush = with(on_tuesday("C1", "P1"), json!({ "isRush": true }));
    request(&server, &rush);
    let mails =
        eventually(|| Some(mailbox.to("desk@lab.example")).filter(|mails| mails.len() == 2));
    let subjects: Vec<&str> = mails
        .iter()
        .filter_map(|mail| mail["subject"].as_str())
        .collect();
    assert!(subjects.contains(&"RUSH: Smith & Sons"), "{subjects:?}");
    assert!(
        subjects.contains(&"Alert at Smith & Sons: unknown_clinic"),
        "{subjects:?}"
    );
    let rush = mails
        .iter()
        .find(|mail| mail["subject"] == "RUSH: Smith & Sons");
    let text = rush.expect("one")["text"].as_str().expect("a text");
    assert!(
        text.contains("clinicId C1")
            && text.contains("windowStart Tuesday, March 3, 2026, 3:00 PM"),
        "{text}"
    );
    // What nobody chose is on the screens alone.
    server
        .admin()
        .event("CaseReadyToShip", &json!({ "caseId": "K1" }));
    let told = notices(&server.admin(), "status=sent", 2);
    assert!(told.iter().all(|notice| notice["clinicId"] == Value::Null));
    std::thread::sleep(Duration::from_millis(300));
    assert_eq!(server.admin().all("/v1/notices").len(), 2);
}
