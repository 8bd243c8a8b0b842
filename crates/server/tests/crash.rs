//! `kill -9`: the real binary under load, ended at random moments, again and again on the same data. (What the disk itself
//! loses when the power fails is not shown by this: the system keeps what a killed process wrote.)
//!
//! Each sender notes what was answered as accepted, and sends again what it got no answer to, as real senders do. At the
//! end everything accepted must be there, and nothing twice. `PONTIC_CRASH_ROUNDS` and `PONTIC_CRASH_SEED` repeat a run.
//! With several programs on one database that is so as well, and no stream has a gap (`fleet/dying.rs`).

/// The harness of the other test binary.
#[expect(dead_code, unused_imports, reason = "that one needs more of it")]
mod it {
    pub mod harness;
}

/// Several programs.
#[cfg(feature = "postgres")]
mod fleet {
    mod dying;
    mod followers;
    mod programs;
    mod visits;
}

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use serde_json::{Value, json};

use it::harness::{Client, Start, after_hours, case, date_in, now};

const SENDERS: u64 = 5;
/// How long a sender waits for an answer.
const PATIENCE: Duration = Duration::from_mins(1);
/// After so many messages a sender turns to other clinics: no delivery grows without end.
const CLINICS_CHANGE: u64 = 500;

/// Chance that can be repeated (`SplitMix64`).
struct Chance(u64);

impl Chance {
    fn below(&mut self, bound: u64) -> u64 {
        self.0 = self.0.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let mut mixed = self.0;
        mixed = (mixed ^ mixed >> 30).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        mixed = (mixed ^ mixed >> 27).wrapping_mul(0x94D0_49BB_1331_11EB);
        (mixed ^ mixed >> 31) % bound
    }
}

/// Something that a sender sends until it is told that it was accepted.
#[derive(Debug, Clone)]
enum Message {
    Event {
        id: String,
        name: &'static str,
        detail: Value,
    },
    Webhook {
        id: String,
        body: Value,
    },
}

impl Message {
    /// The status and the body, or nothing if the server is gone.
    fn send(&self, server: &Client, patience: Duration) -> Option<(u16, Value)> {
        let answer = match self {
            Self::Event { id, name, detail } => {
                let event = json!({ "source": "crash.test", "detailType": name, "detail": detail, "id": id });
                server.try_send_for(
                    "POST",
                    "/v1/events",
                    &[("content-type", "application/json")],
                    event.to_string().as_bytes(),
                    patience,
                )
            }
            Self::Webhook { body, .. } => {
                let text = body.to_string();
                let secret =
                    pontic_wire::signature::Secret::new(&it::harness::secret_of("dentrix"))
                        .expect("not empty");
                let signature = pontic_wire::signature::sign(&secret, text.as_bytes());
                let headers = [
                    ("content-type", "application/json"),
                    ("x-dentrix-signature", signature.as_str()),
                ];
                let path = "/webhooks/ehr/dentrix";
                server.try_send_for("POST", path, &headers, text.as_bytes(), patience)
            }
        };
        answer.ok().map(|answer| (answer.status, answer.body))
    }
}

/// One sender and what it knows.
struct Sender {
    number: u64,
    count: u64,
    chance: Chance,
    accepted: Vec<Message>,
    /// Sent, but the answer never came.
    unknown: Vec<Message>,
}

impl Sender {
    fn new(number: u64, seed: u64) -> Self {
        Self {
            number,
            count: 0,
            chance: Chance(seed ^ number << 32),
            accepted: Vec::new(),
            unknown: Vec::new(),
        }
    }

    /// Sends until the server is gone.
    fn work(&mut self, server: &Client) {
        for message in std::mem::take(&mut self.unknown) {
            self.send(server, message);
        }
        while self.unknown.is_empty() {
            for message in self.next() {
                self.send(server, message);
            }
        }
    }

    fn send(&mut self, server: &Client, message: Message) {
        match message.send(server, PATIENCE) {
            Some((200, _)) => self.accepted.push(message),
            Some((status, body)) => panic!("{status} {body} for {message:?}"),
            None => self.unknown.push(message),
        }
    }

    /// What comes next: a case, a pickup, an invoice and its completion in either order, or something accepted again.
    fn next(&mut self) -> Vec<Message> {
        self.count += 1;
        let key = format!("{}-{}", self.number, self.count);
        match self.chance.below(8) {
            0 | 1 => vec![webhook(&key)],
            2 => {
                let mut both = vec![invoice(&key), completion(&key)];
                if self.chance.below(2) == 0 {
                    both.reverse();
                }
                both
            }
            3 => {
                let known = self.chance.below(self.accepted.len().max(1) as u64);
                self.accepted
                    .get(usize::try_from(known).expect("small"))
                    .cloned()
                    .into_iter()
                    .collect()
            }
            _ => vec![Message::Event {
                id: format!("case-{key}"),
                name: "CaseReadyToShip",
                detail: case(
                    "LAB001",
                    &format!("C{}-{}", self.count / CLINICS_CHANGE, self.chance.below(6)),
                    &format!("K-{key}"),
                    &date_in(30),
                ),
            }],
        }
    }
}

fn webhook(key: &str) -> Message {
    let body = json!({ "externalId": key, "practiceId": "CLI-1", "preferredPickupTime": after_hours(60), "patientName": "Jane Doe" });
    Message::Webhook {
        id: format!("dentrix-{key}"),
        body,
    }
}

fn invoice(key: &str) -> Message {
    let detail = json!({ "invoiceId": format!("I-{key}"), "labId": "LAB001", "clinicId": "C9", "caseIds": [format!("B-{key}")] });
    Message::Event {
        id: format!("invoice-{key}"),
        name: "InvoiceIssued",
        detail,
    }
}

fn completion(key: &str) -> Message {
    let detail = json!({ "deliveryId": format!("D-{key}"), "labId": "LAB001", "clinicId": "C9", "caseIds": [format!("B-{key}")], "completedAt": "2026-01-20T10:00:00Z" });
    Message::Event {
        id: format!("completion-{key}"),
        name: "DeliveryCompleted",
        detail,
    }
}

fn setting(name: &str, usual: u64) -> u64 {
    std::env::var(name)
        .ok()
        .and_then(|text| text.parse().ok())
        .unwrap_or(usual)
}

#[test]
fn what_was_accepted_survives_and_nothing_is_done_twice() {
    let rounds = setting("PONTIC_CRASH_ROUNDS", 20);
    let seed = setting("PONTIC_CRASH_SEED", now().as_millisecond().unsigned_abs());
    println!("{rounds} rounds, PONTIC_CRASH_SEED={seed}");
    let folder = tempfile::tempdir().expect("a folder");
    let mut chance = Chance(seed);
    let mut senders: Vec<Sender> = (0..SENDERS)
        .map(|number| Sender::new(number, seed))
        .collect();
    let mut cut_off = 0;
    for _ in 0..rounds {
        let server = Start::on(folder.path()).go();
        let admin = server.admin();
        let lives = Duration::from_millis(20 + chance.below(500));
        std::thread::scope(|scope| {
            for sender in &mut senders {
                let admin = &admin;
                scope.spawn(move || sender.work(admin));
            }
            std::thread::sleep(lives);
            server.kill();
        });
        cut_off += senders
            .iter()
            .map(|sender| sender.unknown.len())
            .sum::<usize>();
    }
    let server = Start::on(folder.path()).go();
    for sender in &mut senders {
        for message in std::mem::take(&mut sender.unknown) {
            sender.send(&server.admin(), message);
        }
    }
    let accepted: Vec<Message> = senders
        .into_iter()
        .flat_map(|sender| sender.accepted)
        .collect();
    println!("{} accepted, {cut_off} answers cut off", accepted.len());
    let found = Found::of(&server.admin());
    found.check_log(&accepted);
    found.check_work(&accepted);
    check_duplicates(&server.admin(), &accepted);
    assert_eq!(
        Found::of(&server.admin()).log.len(),
        found.log.len(),
        "sent again, nothing was done"
    );
}

/// Everything that stands in the store at the end.
struct Found {
    log: Vec<Value>,
    /// Deliveries with their cases.
    deliveries: Vec<Value>,
    pickups: Vec<Value>,
}

impl Found {
    fn of(admin: &Client) -> Self {
        let deliveries = admin.all("/v1/deliveries").into_iter();
        let open = deliveries.filter(|delivery| delivery["status"] != "delivered");
        let whole = open.map(|delivery| {
            admin
                .get(&format!("/v1/deliveries/{}", text(&delivery, "deliveryId")))
                .expect(200)
        });
        Self {
            log: admin.all("/v1/events"),
            deliveries: whole.collect(),
            pickups: admin.all("/v1/pickups"),
        }
    }

    /// Each accepted event is one row; what it published follows it, names it, and stands once.
    fn check_log(&self, accepted: &[Message]) {
        let numbers: Vec<u64> = self
            .log
            .iter()
            .filter_map(|row| row["seq"].as_u64())
            .collect();
        assert!(numbers.windows(2).all(|pair| pair[0] < pair[1]));
        let incoming = self.log.iter().filter(|row| row["direction"] == "in");
        let mut rows: BTreeMap<&str, u64> = BTreeMap::new();
        let mut by_number = BTreeMap::new();
        for row in incoming {
            *rows.entry(text(row, "id")).or_default() += 1;
            by_number.insert(row["seq"].as_u64().expect("a number"), row);
        }
        assert!(
            rows.values().all(|count| *count == 1),
            "{:?}",
            rows.iter().find(|(_, count)| **count > 1)
        );
        for message in accepted {
            if let Message::Event { id, .. } = message {
                assert!(rows.contains_key(id.as_str()), "{id} is lost");
            }
        }
        let mut told: BTreeMap<u64, u64> = BTreeMap::new();
        let mut ids = BTreeSet::new();
        for row in self.log.iter().filter(|row| row["direction"] == "out") {
            let cause = row["causedBy"].as_u64().expect("a cause");
            assert!(by_number.contains_key(&cause), "{row}");
            assert!(ids.insert(text(row, "id")), "{row} was published twice");
            *told.entry(cause).or_default() += 1;
        }
        for (number, row) in by_number
            .iter()
            .filter(|(_, row)| row["type"] == "CaseReadyToShip")
        {
            assert_eq!(told.get(number), Some(&1), "{row}");
        }
    }

    /// A case is in one delivery, a pickup is one, an invoice was billed once.
    fn check_work(&self, accepted: &[Message]) {
        let mut cases = BTreeSet::new();
        for delivery in &self.deliveries {
            let own = delivery["cases"].as_array().expect("cases");
            assert_eq!(delivery["packageCount"], own.len());
            assert!(
                own.iter()
                    .all(|case| cases.insert(text(case, "caseId").to_owned())),
                "{delivery}"
            );
        }
        assert_eq!(
            self.deliveries.len(),
            self.deliveries
                .iter()
                .map(|delivery| text(delivery, "clinicId"))
                .collect::<BTreeSet<_>>()
                .len()
        );
        let pickups: BTreeSet<&str> = self
            .pickups
            .iter()
            .map(|pickup| text(pickup, "pickupId"))
            .collect();
        assert_eq!(pickups.len(), self.pickups.len());
        let billed: Vec<&str> = self
            .log
            .iter()
            .filter(|row| row["type"] == "BillingTriggered")
            .map(|row| text(&row["detail"], "invoiceId"))
            .collect();
        let once: BTreeSet<&str> = billed.iter().copied().collect();
        assert_eq!(once.len(), billed.len(), "an invoice was billed twice");
        let completed: BTreeSet<&str> = accepted
            .iter()
            .filter_map(|message| key_of(message, "completion-"))
            .collect();
        for message in accepted {
            match message {
                Message::Webhook { id, .. } => {
                    assert!(pickups.contains(id.as_str()), "{id} is lost")
                }
                Message::Event {
                    name: "CaseReadyToShip",
                    detail,
                    ..
                } => assert!(cases.contains(text(detail, "caseId")), "{detail} is lost"),
                Message::Event { .. } => {
                    if let Some(key) =
                        key_of(message, "invoice-").filter(|key| completed.contains(key))
                    {
                        assert!(
                            once.contains(format!("I-{key}").as_str()),
                            "{key} was not billed"
                        );
                    }
                }
            }
        }
    }
}

/// Some of everything that was accepted, sent once more.
fn check_duplicates(server: &Client, accepted: &[Message]) {
    for message in accepted.iter().step_by(accepted.len() / 300 + 1) {
        let (status, body) = message.send(server, PATIENCE).expect("an answer");
        let duplicate = body["status"] == "duplicate" || body["duplicate"] == true;
        assert!(status == 200 && duplicate, "{message:?}: {body}");
    }
}

fn key_of<'m>(message: &'m Message, prefix: &str) -> Option<&'m str> {
    match message {
        Message::Event { id, .. } => id.strip_prefix(prefix),
        Message::Webhook { .. } => None,
    }
}

fn text<'v>(value: &'v Value, name: &str) -> &'v str {
    value[name].as_str().unwrap_or_default()
}
