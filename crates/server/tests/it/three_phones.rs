//! Drivers with three kinds of phones on one day, and two dispatchers who do not see it the easy way: one reads too slowly, one
//! loses the line again and again.

use std::collections::BTreeMap;

use jiff::{SignedDuration, Timestamp};
use serde_json::{Value, json};

use crate::harness::{
    Client, Phone, Road, Server, Socket, eventually, fix, fresh, north, now, shared, with,
};

/// What a dispatcher has on the screen.
#[derive(Debug, Default)]
struct Picture {
    /// By driver: since when, where, to which stop.
    drivers: BTreeMap<String, (Value, Value, Value)>,
    /// ETA by stop.
    etas: BTreeMap<String, Timestamp>,
    /// By stop, what was told of it, in order.
    told: BTreeMap<String, Vec<String>>,
}

impl Picture {
    fn take(&mut self, message: &Value) {
        let kind = message["type"].as_str().unwrap_or_default();
        match kind {
            "SNAPSHOT" => {
                for driver in message["drivers"].as_array().expect("drivers") {
                    self.place(driver);
                }
            }
            "DRIVER_LOCATION_UPDATE" => self.place(message),
            "ETA_UPDATE" => self.etas(&message["stops"]),
            "GEOFENCE_ENTER"
            | "GEOFENCE_EXIT"
            | "STOP_ARRIVED"
            | "STOP_DEPARTED"
            | "ARRIVAL_NOTIFICATION" => {
                let stop = message["stopId"].as_str().expect("a stop").to_owned();
                self.told.entry(stop).or_default().push(kind.to_owned());
            }
            _ => {}
        }
    }

    fn place(&mut self, update: &Value) {
        let driver = update["driverId"].as_str().expect("a driver").to_owned();
        let place = update["coordinates"].clone();
        let next = update["nextStop"]["id"].clone();
        self.drivers
            .insert(driver, (update["timestamp"].clone(), place, next));
        self.etas(&update["updatedStops"]);
    }

    fn etas(&mut self, stops: &Value) {
        for stop in stops.as_array().into_iter().flatten() {
            let text = |name: &str| stop[name].as_str().expect("a text").to_owned();
            self.etas
                .insert(text("id"), text("eta").parse().expect("a time"));
        }
    }
}

/// Seconds after the start, metres north, km/h: to the first stop, a visit, and on to the second.
const WAY: [(i64, f64, f64); 11] = [
    (0, 0.0, 40.0),
    (15, 450.0, 40.0),
    (30, 900.0, 40.0),
    (45, 1_350.0, 40.0),
    (60, 1_800.0, 40.0),
    (75, 2_250.0, 40.0),
    (90, 2_700.0, 40.0),
    (105, 2_990.0, 0.0),
    (170, 2_990.0, 0.0),
    (190, 3_300.0, 40.0),
    (210, 3_600.0, 40.0),
];

/// Messages of others in each round: in all more than the buffers between two processes hold.
const PARTS: usize = 8;
/// Fixes of others sent together.
const OTHERS: usize = 400;

enum Sender {
    OwnTracks(Phone),
    Traccar(Phone),
    Ours(Box<Socket>),
}

impl Sender {
    fn send(&mut self, server: &Server, at: Timestamp, metres: f64, kmh: f64) {
        let place = north(metres);
        match self {
            Self::OwnTracks(phone) => {
                let location = json!({
                    "_type": "location", "topic": "owntracks/dana/phone", "tid": "da", "t": "u", "conn": "m", "m": 2, "bs": 1,
                    "batt": 81, "acc": 5, "vac": 3, "alt": 12, "vel": kmh, "cog": 0, "lat": place["lat"], "lon": place["lng"],
                    "tst": at.as_second(), "created_at": at.as_second(), "inregions": [],
                });
                phone.owntracks(server, &location.to_string()).expect(200);
            }
            Self::Traccar(phone) => {
                let location = json!({
                    "timestamp": at.to_string(), "is_moving": kmh > 0.0, "odometer": metres, "event": "motionchange",
                    "uuid": at.to_string(), "activity": { "type": "in_vehicle", "confidence": 100 },
                    "coords": { "latitude": place["lat"], "longitude": place["lng"], "accuracy": 5, "speed": kmh / 3.6, "heading": 0, "altitude": 12 },
                    "battery": { "level": 0.81, "is_charging": false }, "extras": {},
                });
                let body = json!({ "location": location, "device_id": phone.id, "_": "&" });
                assert_eq!(server.nobody().post("/osmand", &body).status, 200);
            }
            Self::Ours(socket) => {
                let sent = with(
                    fix(at, metres, kmh),
                    json!({ "accuracy": 5, "battery": 81 }),
                );
                assert_eq!(socket.ask(&sent)["status"], "accepted");
            }
        }
    }
}

/// A dispatcher whose line is cut after every few messages.
struct Unsteady<'a> {
    client: &'a Client,
    socket: Option<Socket>,
    epoch: String,
    last: u64,
    picture: Picture,
}

impl<'a> Unsteady<'a> {
    fn new(client: &'a Client) -> Self {
        let mut socket = Socket::watch(client, "");
        let snapshot = socket.next();
        let mut picture = Picture::default();
        picture.take(&snapshot);
        Self {
            client,
            socket: Some(socket),
            epoch: snapshot["epoch"].as_str().expect("a text").to_owned(),
            last: snapshot["seq"].as_u64().expect("a number"),
            picture,
        }
    }

    fn cut(&mut self) {
        self.socket = None;
    }

    fn read(&mut self) {
        let socket = self.socket.get_or_insert_with(|| {
            Socket::watch(self.client, &format!("?after={}:{}", self.epoch, self.last))
        });
        let message = socket.next();
        let number = message["seq"].as_u64().expect("a number");
        assert!(number > self.last, "heard before: {message}");
        self.last = number;
        self.picture.take(&message);
    }
}

#[test]
fn whoever_reads_slowly_and_whoever_was_away_see_the_same_day() {
    let server = shared();
    let lab = fresh("L");
    let started = Timestamp::from_second(now().as_second() - 110).expect("in range");
    let roads: Vec<Road> = (0..3)
        .map(|_| Road::start(&server, &lab, &fresh("D"), started, &[3_000.0, 9_000.0]))
        .collect();
    let mut senders = [
        Sender::OwnTracks(Phone::of(&server, &lab, &roads[0].driver)),
        Sender::Traccar(Phone::of(&server, &lab, &roads[1].driver)),
        Sender::Ours(Box::new(Socket::drive(&roads[2].driver_token(&server), ""))),
    ];
    let dispatcher = server.role("dispatcher", &lab);
    let mut slow = Socket::watch(&dispatcher, "");
    let mut seen_slowly = Picture::default();
    seen_slowly.take(&slow.next());
    let mut unsteady = Unsteady::new(&dispatcher);
    let gateway = server.token(&json!({ "role": "source", "labId": lab }));
    let mut noise = Socket::drive(&gateway, "?batch=1");
    for (round, (seconds, metres, kmh)) in WAY.into_iter().enumerate() {
        for (road, sender) in roads.iter().zip(&mut senders) {
            sender.send(&server, road.at(seconds), metres, kmh);
        }
        unsteady.read();
        if round % 3 == 1 {
            unsteady.cut();
        }
        // Others of the lab, so many that a reader who does not read falls behind.
        for part in 0..PARTS {
            noise.say(&others(started, round * PARTS + part));
        }
        let mut answered = 0;
        while answered < PARTS * OTHERS {
            answered += noise.next().as_array().expect("answers").len();
        }
    }
    // The same as who begins now, with each stop's story complete.
    let truth = eventually(|| {
        let mut truth = Picture::default();
        truth.take(&Socket::watch(&dispatcher, "").next());
        let is_there = |road: &Road| {
            truth.drivers[&road.driver].0 == json!(road.at(210).to_string())
                && road.sightings(&server, 0).len() == 4
        };
        roads.iter().all(is_there).then_some(truth)
    });
    let mut heard = 0;
    while !is_done(&seen_slowly, &truth) {
        seen_slowly.take(&slow.next());
        heard += 1;
    }
    assert!(heard < WAY.len() * PARTS * OTHERS, "it was not slow");
    while !is_done(&unsteady.picture, &truth) {
        unsteady.read();
    }
    assert_eq!(seen_slowly.told, unsteady.picture.told);
    for road in &roads {
        let mut told = seen_slowly.told[&road.stops[0]].clone();
        told.sort();
        assert_eq!(
            told,
            [
                "ARRIVAL_NOTIFICATION",
                "GEOFENCE_ENTER",
                "GEOFENCE_EXIT",
                "STOP_ARRIVED",
                "STOP_DEPARTED"
            ]
        );
        let ahead = &road.stops[1];
        for picture in [&seen_slowly, &unsteady.picture] {
            assert_eq!(picture.drivers[&road.driver], truth.drivers[&road.driver]);
            // What moves by less than 15 s is not told.
            let off = picture.etas[ahead].duration_since(truth.etas[ahead]);
            assert!(off.abs() < SignedDuration::from_secs(15), "{off}");
        }
    }
    // Three phones, one way: the same is known of all three.
    let known = |road: &Road| {
        (
            truth.drivers[&road.driver].1.clone(),
            truth.etas[&road.stops[1]],
        )
    };
    assert_eq!(known(&roads[0]), known(&roads[1]));
    assert_eq!(known(&roads[1]), known(&roads[2]));
}

/// Fixes of twenty drivers who are on no route: part `part` of them, a millisecond apart.
fn others(started: Timestamp, part: usize) -> Value {
    let first = part * OTHERS;
    let fixes = (first..first + OTHERS).map(|index| {
        let ms = i64::try_from(index).expect("small");
        let sent = fix(started + SignedDuration::from_millis(ms), 0.0, 30.0);
        with(sent, json!({ "driverId": format!("N{}", index % 20) }))
    });
    Value::Array(fixes.collect())
}

/// It has where everybody is by now, and the story of every stop that was left.
fn is_done(picture: &Picture, truth: &Picture) -> bool {
    let left = |stories: &Picture| {
        let has_left = |told: &&Vec<String>| told.iter().any(|kind| kind == "STOP_DEPARTED");
        stories.told.values().filter(has_left).count()
    };
    picture.drivers == truth.drivers && left(picture) == 3
}
