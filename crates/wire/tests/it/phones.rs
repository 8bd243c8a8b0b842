//! The apps' own cases (`testdata/owntracks.json`, `osmand.json`), and what holds for every input.

use jiff::Timestamp;
use pontic_core::fix::Fix;
use pontic_core::id::DriverId;
use pontic_core::time::Coordinates;
use pontic_wire::phone::history::{self, Kept};
use pontic_wire::phone::{Heard, native, osmand, owntracks, traccar};
use proptest::prelude::*;
use serde_json::Value;

fn now() -> Timestamp {
    Timestamp::from_second(1_750_000_000).expect("in range")
}

/// What a case expects of its position; absent values may be 0 there.
fn compare(name: &str, fix: &Fix, expected: &Value) {
    let number = |field: &str| expected[field].as_f64();
    let near = |found: f64, wanted: f64, off: f64| (found - wanted).abs() <= off;
    assert!(
        near(fix.place.lat, number("latitude").expect("one"), 1e-7),
        "{name}: {fix:?}"
    );
    assert!(
        near(fix.place.lng, number("longitude").expect("one"), 1e-7),
        "{name}: {fix:?}"
    );
    let time = expected["fix_time"].as_str().unwrap_or_default();
    let local = expected["fix_time_local"].as_str();
    match (time, local) {
        (_, Some(local)) => assert_eq!(
            fix.at,
            format!("{}Z", local.replace(' ', "T"))
                .parse()
                .expect("a time"),
            "{name}"
        ),
        ("<receive time>", _) => assert_eq!(fix.at, now(), "{name}"),
        (time, _) => assert_eq!(fix.at, time.parse().expect("a time"), "{name}"),
    }
    let knots = number("speed_knots").unwrap_or(0.0);
    assert!(
        near(fix.speed_kmh.unwrap_or(0.0), knots * 1.852, 0.02),
        "{name}: {fix:?}"
    );
    let course = number("course_deg").unwrap_or(0.0);
    assert!(
        near(fix.heading_deg.unwrap_or(0.0), course, 0.05),
        "{name}: {fix:?}"
    );
    let accuracy = number("accuracy_m").unwrap_or(0.0);
    assert!(
        near(fix.accuracy_m.unwrap_or(0.0), accuracy, 0.05),
        "{name}: {fix:?}"
    );
}

#[test]
fn the_cases_of_owntracks() {
    let table: Value =
        serde_json::from_str(include_str!("../../testdata/owntracks.json")).expect("JSON");
    let cases = table["cases"].as_array().expect("cases");
    let mut positions = 0;
    for case in cases {
        let name = case["name"].as_str().expect("a name");
        let message = owntracks::read(case["body"].as_str().unwrap_or_default().as_bytes());
        let expected = &case["expected_derived"]["position"];
        if expected.is_object() {
            let owntracks::Message::Location(fix) = message else {
                panic!("{name}: {message:?}");
            };
            compare(name, &fix, expected);
            positions += 1;
        }
    }
    assert!(positions >= 5, "{positions}");
    for case in table["http_header_cases"]["cases"]
        .as_array()
        .expect("cases")
    {
        let given = &case["given"];
        let header = case["expect_headers"]["Authorization"].as_str();
        // Credentials in the address stand before those of the settings.
        let user = given["username"]
            .as_str()
            .filter(|_| given["url"].is_null());
        if let (Some(header), Some(user)) = (header, user) {
            let said = owntracks::basic_auth(header).expect("credentials");
            assert_eq!(said.user, user);
        }
    }
}

#[test]
fn the_cases_of_osmand() {
    let table: Value =
        serde_json::from_str(include_str!("../../testdata/osmand.json")).expect("JSON");
    for case in table["cases"].as_array().expect("cases") {
        let name = case["name"].as_str().expect("a name");
        let expected = &case["expected_derived"];
        let body = case["body"].as_str().unwrap_or_default();
        let said = if case["kind"] == "json" {
            traccar::read(body.as_bytes(), 10)
                .ok()
                .and_then(|mut said| said.pop())
        } else {
            let uri = case["uri"].as_str().expect("an address");
            let query = uri.split_once('?').map_or("", |(_, query)| query);
            osmand::read(query, body.as_bytes(), now()).ok()
        };
        let position = &expected["position"];
        match said {
            None => assert_eq!(expected["http_status"], 400, "{name}"),
            Some(said) => {
                assert_eq!(said.device_id, position["device_unique_id"], "{name}");
                let Heard::Fix(fix) = said.heard else {
                    panic!("{name}: {said:?}");
                };
                compare(name, &fix, position);
            }
        }
    }
}

proptest! {
    #[test]
    fn nothing_that_comes_breaks_a_reader(bytes in prop::collection::vec(any::<u8>(), 0..200), text in "\\PC{0,80}") {
        for input in [bytes.as_slice(), text.as_bytes()] {
            let _ = native::read(input);
            let _ = native::read_all(input, 10);
            let _ = owntracks::read(input);
            let _ = traccar::read(input, 10);
            let _ = osmand::read(&text, input, now());
        }
        let _ = owntracks::basic_auth(&text);
    }

    #[test]
    fn what_is_written_reads_as_it_was(
        lat in -89.9..89.9_f64, lng in -179.9..179.9_f64, ms in 946_684_800_000_i64..4_102_444_800_000,
        speed in prop::option::of(0.0..600.0_f64), heading in prop::option::of(0.0..360.0_f64),
        accuracy in prop::option::of(0.0..6_500.0_f64), battery in prop::option::of(0.0..100.0_f64), mock: bool,
    ) {
        prop_assume!(lat.abs() > 0.001);
        let at = Timestamp::from_millisecond(ms).expect("in range");
        let fix = Fix::new(at, Coordinates { lat, lng })
            .with_speed(speed)
            .with_heading(heading)
            .with_accuracy(accuracy)
            .with_battery(battery);
        let fix = Fix { mock, ..fix };
        let driver_id = DriverId::known("D");
        let mut out = String::new();
        history::write_json(&mut out, &Kept { driver_id: &driver_id, fix: &fix, received_at: at, suspect: false });
        let again = native::read(out.as_bytes()).expect("sound");
        prop_assert_eq!(again.fix, fix);
        prop_assert_eq!(again.driver_id, Some(driver_id));
    }
}
