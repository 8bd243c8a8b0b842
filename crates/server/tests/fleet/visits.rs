//! Vans that drive to a clinic and on, whose phones send each position to another program.

use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use jiff::{SignedDuration, Timestamp};
use serde_json::{Value, json};

use super::programs::Fleet;
use crate::it::harness::{Road, Server, VISIT, fix, fresh, north, now};
use crate::text;

/// Between two positions.
const PAUSE: Duration = Duration::from_millis(300);

/// Visits, one after the other, until it is enough; each by a driver of its own.
pub fn drive(fleet: &Fleet, enough: &AtomicBool) -> Vec<Road> {
    let mut roads = Vec::new();
    while !enough.load(Ordering::Relaxed) {
        let road = plan(fleet);
        let path = format!("/v1/drivers/{}/positions?labId={}", road.driver, road.lab);
        for (seconds, metres, kmh) in VISIT {
            let body = fix(road.at(seconds), metres, kmh);
            let answer = fleet.post(&path, "", &body);
            assert_eq!(answer.status, 200, "{}", answer.text);
            std::thread::sleep(PAUSE);
        }
        roads.push(road);
    }
    roads
}

/// A started route to one clinic. What is told twice because an answer was lost is there already.
fn plan(fleet: &Fleet) -> Road {
    let (driver, route) = (fresh("D"), fresh("R"));
    let stop = format!("{route}-1");
    let second = now().as_second() - 110;
    let started = Timestamp::from_second(second).expect("in range");
    let plan = json!({
        "id": route, "labId": "LAB001", "driverId": driver, "date": started.to_string()[..10],
        "stops": [{ "id": stop, "clinicId": "C-visited", "clinicName": "Visited", "location": north(3_000.0) }],
    });
    let planned = fleet.post("/v1/routes", &route, &plan);
    assert!([201, 409].contains(&planned.status), "{}", planned.text);
    let path = format!("/v1/routes/{route}/start?labId=LAB001");
    let left = fleet.post(
        &path,
        &format!("{route}-start"),
        &json!({ "at": started.to_string() }),
    );
    assert_eq!(left.status, 200, "{}", left.text);
    Road {
        lab: "LAB001".into(),
        driver,
        route,
        stops: vec![stop],
        started,
    }
}

/// What was observed of each visit, and who was told: everything, and once.
pub fn check(roads: &[Road], server: &Server, log: &[Value]) {
    for road in roads {
        assert_eq!(
            road.sightings(server, 0),
            ["entered", "arrived", "exited", "departed"],
            "{}",
            road.route
        );
        let arrived = road.started + SignedDuration::from_secs(105);
        let stop = road.stop(server, 0);
        assert_eq!(stop["arrivedAt"], json!(arrived.to_string()), "{stop}");
        for (kind, expected) in [("ArrivalNoticed", 1), ("ArrivalNotification", 1)] {
            let told = log.iter().filter(|row| row["type"] == kind);
            let told = told.filter(|row| text(&row["detail"], "stopId") == road.stops[0]);
            assert_eq!(told.count(), expected, "{kind} of {}", road.route);
        }
        let path = format!("/v1/drivers/{}/positions?labId=LAB001", road.driver);
        let kept = server.admin().get(&path).expect(200);
        let kept = kept["items"].as_array().map(Vec::len);
        assert_eq!(kept, Some(VISIT.len()), "positions of {}", road.driver);
    }
}
