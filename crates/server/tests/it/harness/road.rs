//! A route on a straight road to the north, and the fixes of a driver on it.

use jiff::{SignedDuration, Timestamp};
use serde_json::{Value, json};

use super::Server;
use super::client::Client;

/// Seconds after the start, metres north, km/h: to a clinic 3 km north, and away.
pub const VISIT: [(i64, f64, f64); 8] = [
    (0, 0.0, 40.0),
    (30, 900.0, 40.0),
    (60, 1_800.0, 40.0),
    (90, 2_700.0, 40.0),
    (105, 2_990.0, 0.0),
    (170, 2_990.0, 0.0),
    (190, 3_300.0, 40.0),
    (210, 3_600.0, 40.0),
];

/// Metres of a degree of latitude.
const DEGREE_M: f64 = 111_195.0;

/// The place so many metres north of the lab.
pub fn north(metres: f64) -> Value {
    json!({ "lat": 42.36 + metres / DEGREE_M, "lng": -71.06 })
}

/// A fix so many metres north, at that time.
pub fn fix(at: Timestamp, metres: f64, speed_kmh: f64) -> Value {
    json!({ "coordinates": north(metres), "timestamp": at.to_string(), "speed": speed_kmh })
}

/// A started route of a driver.
pub struct Road {
    pub lab: String,
    pub driver: String,
    pub route: String,
    /// Ids of its stops.
    pub stops: Vec<String>,
    /// When the driver left.
    pub started: Timestamp,
}

impl Road {
    /// Plans and starts one for that driver, whose stops lie so many metres north of the lab.
    pub fn start(
        server: &Server,
        lab: &str,
        driver: &str,
        started: Timestamp,
        stops: &[f64],
    ) -> Self {
        let admin = server.admin();
        let plan = json!({
            "labId": lab, "driverId": driver, "date": started.to_string()[..10],
            "stops": stops.iter().enumerate().map(|(index, metres)| json!({
                "clinicId": format!("C{}", index + 1), "clinicName": format!("Clinic {}", index + 1), "location": north(*metres),
            })).collect::<Vec<_>>(),
        });
        let planned = admin.post("/v1/routes", &plan).expect(201);
        let route = planned["id"].as_str().expect("an id").to_owned();
        let path = format!("/v1/routes/{route}/start?labId={lab}");
        let at = json!({ "at": started.to_string() });
        admin.post(&path, &at).expect(200);
        Self {
            lab: lab.to_owned(),
            driver: driver.to_owned(),
            stops: super::texts(&planned["stops"], "id"),
            route,
            started,
        }
    }

    /// The time so many seconds after the start.
    pub fn at(&self, seconds: i64) -> Timestamp {
        self.started + SignedDuration::from_secs(seconds)
    }

    /// The driver's own token.
    pub fn driver_token(&self, server: &Server) -> Client {
        server.token(&json!({ "role": "driver", "labId": self.lab, "driverId": self.driver }))
    }

    /// A stop as it stands.
    pub fn stop(&self, server: &Server, index: usize) -> Value {
        let path = format!("/v1/stops/{}?labId={}", self.stops[index], self.lab);
        server.admin().get(&path).expect(200)
    }

    /// What was told of a stop's fence.
    pub fn sightings(&self, server: &Server, index: usize) -> Vec<String> {
        match &self.stop(server, index)["sightings"] {
            Value::Null => Vec::new(),
            sightings => super::texts(sightings, "what"),
        }
    }
}
