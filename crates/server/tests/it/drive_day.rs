//! The driver's day on their phone, and taps that are told late or twice.

use serde_json::{Value, json};

use crate::harness::{Answer, Client, DAY, Day, texts, with};

fn tap(client: &Client, path: &str, key: &str, body: &Value) -> Answer {
    let headers = [
        ("content-type", "application/json"),
        ("idempotency-key", key),
    ];
    client.send("POST", path, &headers, body.to_string().as_bytes())
}

#[test]
fn a_day_is_one_answer() {
    let day = Day::new();
    let drive = day.driver.get("/v1/drive").expect(200);
    assert_eq!(
        drive["driver"],
        json!({ "driverId": "D-1", "labId": "L1", "name": "Drew Iver", "presence": "on_duty" })
    );
    assert_eq!(drive["lab"]["name"], "Smith Dental Lab");
    assert_eq!(drive["lab"]["phone"], "+1 503 555 0199");
    assert!(drive["serverTime"].is_string());
    assert_eq!(drive["reasons"].as_array().map(Vec::len), Some(7));
    let route = &drive["routes"][0];
    assert_eq!(
        (&route["routeId"], &route["status"], &route["date"]),
        (&json!("R"), &json!("planned"), &json!("2026-03-02"))
    );
    assert_eq!(texts(&route["stops"], "id"), ["S-C1", "S-C2", "S-C3"]);
    let stop = &route["stops"][0];
    for (field, value) in [
        ("clinicName", json!("Clinic 1")),
        ("address", json!("1 Main Street")),
        ("phone", json!("+1 503 555 0100")),
        ("accessNote", json!("Gate code 4711")),
        ("lockBox", json!(true)),
        ("receivers", json!(["Ann Ace", "Bob Bee"])),
        ("windowStart", json!("2026-03-02T10:00:00Z")),
        ("answers", json!([])),
        (
            "requires",
            json!({ "signature": false, "photo": false, "name": true }),
        ),
        ("undone", json!([])),
    ] {
        assert_eq!(stop[field], value, "{field}");
    }
    let delivery = &stop["deliveries"][0];
    assert_eq!(texts(&delivery["cases"], "caseId"), ["C1-A", "C1-B"]);
    assert_eq!(delivery["fragile"], true);
    assert_eq!(delivery["cases"][0]["weight"], 0.5);
    assert_eq!(
        (
            &stop["pickups"][0]["pickupId"],
            &stop["pickups"][0]["packageCount"]
        ),
        (&json!("P-C1"), &json!(3))
    );
    day.start();
    day.position(&day.now(), 500.0);
    let drive = day.driver.get("/v1/drive").expect(200);
    assert!(drive["routes"][0]["stops"][0]["eta"].is_string(), "{drive}");
}

#[test]
fn a_day_that_is_as_it_was_is_not_sent_again() {
    let day = Day::new();
    let first = day.driver.get("/v1/drive");
    let tag = first.header("etag").to_owned();
    assert!(tag.len() > 16, "{tag}");
    let again = |known: &str| {
        let headers = [("if-none-match", known)];
        day.driver.send("GET", "/v1/drive", &headers, b"")
    };
    let unchanged = again(&format!("\"x\", W/{tag}"));
    assert_eq!((unchanged.status, unchanged.text.as_str()), (304, ""));
    assert_eq!(unchanged.header("etag"), tag);
    day.start();
    assert_eq!(again(&tag).status, 200);
}

#[test]
fn a_day_is_for_its_driver_and_the_desk() {
    let day = Day::new();
    assert_eq!(
        day.desk.get("/v1/drive").faults(),
        [("driverId".to_owned(), "required".to_owned())]
    );
    let seen = day.desk.get("/v1/drive?driverId=D-1").expect(200);
    assert_eq!(seen["routes"][0]["routeId"], "R");
    assert_eq!(day.driver.get("/v1/drive?driverId=D-2").status, 404);
    assert_eq!(day.driver.get("/v1/drive?labId=L2").status, 404);
    let elsewhere = day.server.role("dispatcher", "L2");
    assert_eq!(elsewhere.get("/v1/drive?driverId=D-1").status, 404);
    // Whoever has a token and no record yet has a day without routes.
    let body = json!({ "role": "driver", "labId": "L1", "driverId": "D-9" });
    let new = day.server.token(&body).get("/v1/drive").expect(200);
    assert_eq!(new["routes"], json!([]));
}

#[test]
fn yesterdays_route_stays_until_it_is_over() {
    let day = Day::new();
    day.start();
    let folder = day.server.kill();
    let token = day.driver.token.expect("a token");
    let server = folder.again().now("2026-03-03T09:00:00Z").go();
    let driver = server.holder(&token);
    let drive = driver.get("/v1/drive").expect(200);
    assert_eq!(texts(&drive["routes"], "routeId"), ["R"]);
    driver.post("/v1/routes/R/finish", &json!({})).expect(200);
    assert_eq!(driver.get("/v1/drive").expect(200)["routes"], json!([]));
}

#[test]
fn a_tap_that_is_told_again_is_the_same() {
    let day = Day::new();
    tap(
        &day.driver,
        "/v1/routes/R/start",
        "k0",
        &json!({ "at": DAY }),
    )
    .expect(200);
    let done = json!({ "at": DAY, "receivedBy": "Ann", "cases": [{ "caseId": "C1-A", "reason": "missing" }] });
    let path = "/v1/stops/S-C1/complete";
    let first = tap(&day.driver, path, "k1", &done).expect(200);
    assert_eq!(first["status"], "partly_done");
    assert_eq!(tap(&day.driver, path, "k1", &done).expect(200), first);
    // Also under another key: what it says is so already.
    assert_eq!(tap(&day.driver, path, "k2", &done).expect(200), first);
    // The key of something else says nothing new.
    let other = with(done.clone(), json!({ "cases": [] }));
    tap(&day.driver, path, "k1", &other).refused(409, "id_reused");
    tap(&day.driver, "/v1/stops/S-C2/arrive", "k1", &json!({})).refused(409, "id_reused");
    // Whatever became of it since, and however the driver logged in.
    tap(
        &day.driver,
        "/v1/stops/S-C2/fail",
        "k3",
        &json!({ "reason": "closed" }),
    )
    .expect(200);
    tap(&day.driver, "/v1/routes/R/finish", "k4", &json!({})).expect(200);
    tap(
        &day.driver,
        "/v1/routes/R/start",
        "k0",
        &json!({ "at": DAY }),
    )
    .expect(200);
    let anew = day.server.role("driver", "L1");
    tap(&anew, path, "k1", &done).expect(200);
    // One that was not told before is judged as things stand.
    tap(&day.driver, "/v1/stops/S-C2/complete", "k5", &json!({})).refused(409, "stop_closed");
    tap(&day.driver, "/v1/stops/S-C2/complete", "k5", &json!({})).refused(409, "stop_closed");
    let taken = day.server.admin().all("/v1/events?type=StopCompleted");
    assert_eq!(taken.len(), 2, "k1 and k2");
}

#[test]
fn a_tap_is_known_also_when_the_route_is_anothers_now() {
    let day = Day::new();
    day.start();
    let arrived = json!({ "at": DAY });
    tap(&day.driver, "/v1/stops/S-C1/arrive", "k1", &arrived).expect(200);
    day.desk
        .patch("/v1/routes/R", &json!({ "driverId": "D-2" }))
        .expect(200);
    tap(&day.driver, "/v1/stops/S-C1/arrive", "k1", &arrived).expect(200);
    assert_eq!(
        tap(&day.driver, "/v1/stops/S-C1/arrive", "k2", &arrived).status,
        404
    );
    assert_eq!(
        tap(&day.driver, "/v1/routes/R/finish", "k3", &json!({})).status,
        404
    );
}

#[test]
fn a_tap_is_at_most_a_week_late() {
    let day = Day::new();
    let path = "/v1/routes/R/start";
    for (at, reason) in [
        ("2026-02-23T08:00:00Z", "in_past"),
        ("2026-03-02T10:00:00Z", "too_far"),
    ] {
        let answer = tap(&day.driver, path, "k1", &json!({ "at": at }));
        assert_eq!(answer.faults(), [("at".to_owned(), reason.to_owned())]);
    }
    for key in ["", "a b", "ä", &"k".repeat(129)] {
        let answer = tap(&day.driver, path, key, &json!({}));
        assert_eq!(answer.status, 400, "{key:?}: {}", answer.text);
    }
    let late = json!({ "at": "2026-02-24T09:00:00Z" });
    let started = tap(&day.driver, path, &"k".repeat(128), &late).expect(200);
    assert_eq!(started["startedAt"], "2026-02-24T09:00:00Z");
}

#[test]
fn what_is_left_in_the_van_is_explained_and_told() {
    let day = Day::new();
    day.start();
    day.tap(
        "/v1/stops/S-C1/complete",
        &json!({ "cases": [{ "caseId": "C1-A", "reason": "refused" }] }),
    );
    let drive = day.driver.get("/v1/drive").expect(200);
    let delivery = &drive["routes"][0]["stops"][0]["deliveries"][0];
    assert_eq!(delivery["handedOn"], json!(["C1-A"]));
    let unknown = json!({ "left": [{ "caseId": "C1-A", "reason": "refused" }, { "caseId": "Aunknown", "reason": "other" }] });
    let refused = day.driver.post("/v1/routes/R/finish", &unknown);
    assert_eq!(
        refused.faults(),
        [("left[1]".to_owned(), "not_found".to_owned())]
    );
    let refused = day.driver.post(
        "/v1/routes/R/finish",
        &json!({ "left": [{ "caseId": "C1-A" }] }),
    );
    assert_eq!(
        refused.faults(),
        [("left[0].reason".to_owned(), "required".to_owned())]
    );
    let left = json!({ "left": [{ "caseId": "C1-A", "reason": "refused" }] });
    let finished = day.tap("/v1/routes/R/finish", &left);
    assert_eq!(
        finished["left"],
        json!([{ "id": "C1-A", "reason": "refused" }])
    );
    let alerts = day.desk.get("/v1/alerts?limit=200").expect(200);
    let alerts = alerts["items"].as_array().expect("a list");
    let told = alerts.iter().find(|alert| alert["code"] == "left_in_van");
    let told = told.expect("the dispatchers hear of it");
    assert_eq!(
        (&told["driverId"], &told["count"]),
        (&json!("D-1"), &json!(1))
    );
    assert_eq!(told["left"], finished["left"]);
}

#[test]
fn a_key_of_one_stop_opens_no_other() {
    let day = Day::new();
    day.start();
    let path = "/v1/stops/S-C1/arrive";
    tap(&day.driver, path, "k-1", &json!({})).expect(200);
    let plan = json!({ "id": "R2", "labId": "L1", "driverId": "D-2", "date": "2026-03-02",
        "stops": [{ "id": "S-X", "clinicId": "C1" }] });
    day.desk.post("/v1/routes", &plan).expect(201);
    for path in ["/v1/stops/S-X/arrive", "/v1/routes/R2/start"] {
        tap(&day.driver, path, "k-1", &json!({})).refused(404, "not_found");
    }
    tap(&day.driver, path, "k-1", &json!({})).expect(200);
}

#[test]
fn a_tap_that_was_taken_is_known_however_late_it_is_told_again() {
    let day = Day::new();
    day.start();
    let body = json!({ "at": "2026-03-02T09:00:00Z" });
    let path = "/v1/stops/S-C1/arrive";
    tap(&day.driver, path, "k-1", &body).expect(200);
    let token = day.driver.token.clone().expect("a token");
    let server = day.server.kill().again().now("2026-03-12T09:00:00Z").go();
    let driver = server.holder(&token);
    tap(&driver, path, "k-1", &body).expect(200);
    // What is new is as late as it was.
    let late = tap(&driver, "/v1/stops/S-C2/arrive", "k-2", &body);
    assert_eq!(late.faults(), [("at".to_owned(), "in_past".to_owned())]);
}

#[test]
fn a_stop_of_a_clinic_that_became_another_shows_the_other() {
    let day = Day::new();
    day.start();
    day.desk
        .put(
            "/v1/clinics/C2",
            &json!({ "labId": "L1", "mergeInto": "C3" }),
        )
        .expect(200);
    let drive = day.driver.get("/v1/drive").expect(200);
    let stops = drive["routes"][0]["stops"].as_array().expect("stops");
    let stop = stops.iter().find(|stop| stop["id"] == "S-C2");
    let stop = stop.expect("it is still there");
    assert_eq!(stop["clinicName"], "Clinic 3", "{stop}");
}
