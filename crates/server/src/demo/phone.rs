//! Phones in vans: what they send of where they are, by which app, and how they are wrong.

use anyhow::{Result, ensure};
use axum::http::header;
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use jiff::{SignedDuration, Timestamp};
use pontic_core::time;
use serde_json::{Value, json};

use super::chance::Chance;
use super::city::Spot;
use super::doors::Doors;
use super::lines::PhoneLine;
use super::van::Van;

/// A phone is wrong by so much, in metres.
const NOISE_M: f64 = 3.0;
/// A reflection from a front is off by so much, in metres.
const JUMP_M: f64 = 200.0;
/// A false fix is off by so much, in metres.
const TELEPORT_M: f64 = 30_000.0;
/// Of how many fixes one is such a reflection, came twice, came late.
const JUMPS: f64 = 1.0 / 60.0;
const REPEATS: f64 = 1.0 / 40.0;
const LATER: f64 = 1.0 / 50.0;
/// In the morning, in percent.
const FULL: f64 = 92.0;

/// The app.
pub enum App {
    /// The driver's app: a WebSocket.
    Ours(Box<PhoneLine>),
    /// OwnTracks: device and secret.
    OwnTracks(String, String),
    /// OsmAnd: the device.
    OsmAnd(String),
}

/// What is the matter with a phone.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Quirk {
    /// No network for a while: it keeps what it would have sent, and then sends the newest first.
    Tunnel(Timestamp, Timestamp),
    /// Its battery is empty at the first time, and it is on again at the second.
    EmptyBattery(Timestamp, Timestamp),
    /// Reflections: now and then 200 m off.
    Jumps,
    /// At that time it is thirty kilometres off, once.
    Teleport(Timestamp),
    /// Sends some twice.
    Repeats,
    /// Sends some after the next one.
    OutOfOrder,
}

/// A driver's phone.
pub struct Phone {
    app: App,
    driver: String,
    quirks: Vec<Quirk>,
    chance: Chance,
    kept: Vec<Fix>,
    last: Option<Fix>,
    teleported: bool,
}

#[derive(Debug, Clone, Copy)]
struct Fix {
    at: Timestamp,
    spot: Spot,
    speed_mps: f64,
    heading: f64,
    battery: f64,
}

impl Phone {
    /// The phone of that driver.
    pub fn new(app: App, driver: &str, quirks: Vec<Quirk>, seed: u64) -> Self {
        Self {
            app,
            driver: driver.to_owned(),
            quirks,
            chance: Chance::of(seed, driver),
            kept: Vec::new(),
            last: None,
            teleported: false,
        }
    }

    /// Whether it was thirty kilometres wrong so far.
    pub const fn has_teleported(&self) -> bool {
        self.teleported
    }

    /// Whether nothing comes from it at that time.
    pub fn is_silent(&self, now: Timestamp) -> bool {
        self.quirks.iter().any(|quirk| match *quirk {
            Quirk::Tunnel(from, to) | Quirk::EmptyBattery(from, to) => from <= now && now < to,
            _ => false,
        })
    }

    /// What the app is called.
    pub const fn app_name(&self) -> &'static str {
        match self.app {
            App::Ours(_) => "websocket",
            App::OwnTracks(..) => "owntracks",
            App::OsmAnd(_) => "osmand",
        }
    }

    /// Looks where the van is, and sends what is to be sent; what became of each fix.
    pub async fn tick(&mut self, doors: &Doors, now: Timestamp, van: &Van) -> Result<Vec<String>> {
        let fix = self.look(now, van);
        let fixes = self.outgoing(now, fix);
        self.last = Some(fix);
        match &mut self.app {
            _ if fixes.is_empty() => Ok(Vec::new()),
            App::Ours(line) => {
                let fixes: Vec<Value> = fixes.iter().map(ours).collect();
                line.send(&fixes).await
            }
            App::OwnTracks(device, secret) => {
                let basic = STANDARD.encode(format!("{device}:{secret}"));
                let authorization = format!("Basic {basic}");
                let headers = [
                    (header::AUTHORIZATION.as_str(), authorization.as_str()),
                    (header::CONTENT_TYPE.as_str(), "application/json"),
                ];
                for fix in &fixes {
                    let body = owntracks(&self.driver, fix).to_string().into_bytes();
                    let answer = doors
                        .send(None, "POST", "/owntracks", &headers, body)
                        .await?;
                    ensure!(answer.status == 200, "/owntracks: {}", answer.status);
                }
                Ok(vec!["answered".to_owned(); fixes.len()])
            }
            App::OsmAnd(device) => {
                for fix in &fixes {
                    let path = osmand(device, fix);
                    let answer = doors.send(None, "GET", &path, &[], Vec::new()).await?;
                    ensure!(answer.status == 200, "/osmand: {}", answer.status);
                }
                Ok(vec!["answered".to_owned(); fixes.len()])
            }
        }
    }

    fn look(&mut self, now: Timestamp, van: &Van) -> Fix {
        let noise = |chance: &mut Chance| chance.around() * NOISE_M;
        let mut spot = van.at.off(noise(&mut self.chance), noise(&mut self.chance));
        for quirk in &self.quirks {
            match quirk {
                Quirk::Jumps if self.chance.happens(JUMPS) => {
                    let way = self.chance.between(0.0, std::f64::consts::TAU);
                    spot = spot.off(JUMP_M * way.sin(), JUMP_M * way.cos());
                }
                Quirk::Teleport(at) if *at <= now && !self.teleported => {
                    self.teleported = true;
                    spot = spot.off(TELEPORT_M, 0.0);
                }
                _ => {}
            }
        }
        Fix {
            at: now,
            spot,
            speed_mps: van.speed_mps,
            heading: van.heading,
            battery: self.battery(now),
        }
    }

    /// In percent: falls slowly, but towards the end of one that will be empty.
    fn battery(&self, now: Timestamp) -> f64 {
        let times = self.quirks.iter().find_map(|quirk| match *quirk {
            Quirk::EmptyBattery(empty, charged) => Some((empty, charged)),
            _ => None,
        });
        let Some((empty, charged)) = times else {
            return FULL;
        };
        if now >= charged {
            return 30.0;
        }
        let left_min = empty.duration_since(now).as_secs_f64() / 60.0;
        left_min.mul_add(0.5, 2.0).clamp(2.0, FULL)
    }

    /// What goes out now, in that order.
    fn outgoing(&mut self, now: Timestamp, fix: Fix) -> Vec<Fix> {
        if self.is_silent(now) {
            if self
                .quirks
                .iter()
                .any(|quirk| matches!(quirk, Quirk::Tunnel(..)))
            {
                self.kept.push(fix);
            }
            return Vec::new();
        }
        if self.quirks.contains(&Quirk::OutOfOrder)
            && self.kept.is_empty()
            && self.chance.happens(LATER)
        {
            self.kept.push(fix);
            return Vec::new();
        }
        if self.quirks.contains(&Quirk::Repeats) && self.chance.happens(REPEATS) {
            return self.last.into_iter().chain([fix]).collect();
        }
        let mut fixes = vec![fix];
        fixes.extend(self.kept.drain(..).rev());
        fixes
    }

    /// Nothing is kept back any more: the driver goes home.
    pub fn is_empty(&self) -> bool {
        self.kept.is_empty()
    }
}

fn tenth(number: f64) -> f64 {
    (number * 10.0).round() / 10.0
}

fn ours(fix: &Fix) -> Value {
    json!({
        "coordinates": fix.spot.on_the_globe(),
        "timestamp": time::format(fix.at),
        "speed": tenth(fix.speed_mps * 3.6),
        "heading": fix.heading.round(),
        "accuracy": NOISE_M,
        "battery": fix.battery.round(),
    })
}

fn owntracks(driver: &str, fix: &Fix) -> Value {
    let place = fix.spot.on_the_globe();
    json!({
        "_type": "location", "topic": format!("owntracks/{driver}/phone"), "tid": "hd", "t": "u", "conn": "m", "m": 2, "bs": 1,
        "batt": fix.battery.round(), "acc": NOISE_M, "vel": (fix.speed_mps * 3.6).round(), "cog": fix.heading.round(),
        "lat": place.lat, "lon": place.lng, "tst": fix.at.as_second(), "created_at": fix.at.as_second(),
    })
}

fn osmand(device: &str, fix: &Fix) -> String {
    let place = fix.spot.on_the_globe();
    format!(
        "/osmand?id={device}&lat={}&lon={}&timestamp={}&speed={}&bearing={}&hdop=1&batt={}",
        place.lat,
        place.lng,
        fix.at.as_second(),
        tenth(fix.speed_mps * 1.943_844),
        fix.heading.round(),
        fix.battery.round()
    )
}

/// So many minutes after a time.
pub fn after_minutes(time: Timestamp, minutes: i64) -> Timestamp {
    time.saturating_add(SignedDuration::from_mins(minutes))
        .unwrap_or(time)
}
