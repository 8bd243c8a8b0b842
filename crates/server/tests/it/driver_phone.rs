//! A driver's phone logs in by an invite, and says whether its driver is at work.

use jiff::SignedDuration;
use serde_json::{Value, json};

use crate::harness::{Answer, DAY, Day, Road, Server, Socket, Start, eventually, fix, now, texts};

fn invite(day: &Day) -> String {
    let made = day.desk.post("/v1/drivers/D-1/invites", &json!({}));
    let made = made.expect(201);
    let code = made["code"].as_str().expect("a code").to_owned();
    assert_eq!(made["path"], json!(format!("/drive#invite={code}")));
    assert!(made["expiresAt"].as_str() > Some("2026-03-02T09:29:59Z"));
    code
}

fn log_in(server: &Server, code: &str) -> Answer {
    server.nobody().post("/login", &json!({ "invite": code }))
}

/// Asks with the session's cookie.
fn with_cookie(server: &Server, cookie: &str, method: &str, path: &str) -> Answer {
    let cookie = cookie.split(';').next().expect("a pair");
    let headers = [("cookie", cookie), ("content-type", "application/json")];
    server.nobody().send(method, path, &headers, b"")
}

#[test]
fn an_invite_logs_one_phone_in_for_a_month() {
    let day = Day::new();
    let code = invite(&day);
    // As somebody types it who had it read out.
    let typed = format!(
        " {}-{} {} ",
        code[..4].to_lowercase().replace('0', "o"),
        code[4..8].replace('1', "l"),
        &code[8..]
    );
    let answer = log_in(&day.server, &typed);
    let cookie = answer.header("set-cookie").to_owned();
    assert_eq!(answer.expect(200)["status"], "logged_in");
    assert!(
        cookie.contains("HttpOnly") && cookie.contains("Max-Age=2592000"),
        "{cookie}"
    );
    let me = with_cookie(&day.server, &cookie, "GET", "/v1/me").expect(200);
    assert_eq!(
        (&me["role"], &me["driverId"], &me["labId"]),
        (&json!("driver"), &json!("D-1"), &json!("L1"))
    );
    let drive = with_cookie(&day.server, &cookie, "GET", "/v1/drive").expect(200);
    assert_eq!(drive["routes"][0]["routeId"], "R");
    assert_eq!(
        with_cookie(&day.server, &cookie, "GET", "/v1/clinics").status,
        403
    );
    // Once, and nothing but that.
    log_in(&day.server, &code).refused(401, "unauthorized");
    log_in(&day.server, "0000-0000-0000").refused(401, "unauthorized");
    let second = invite(&day);
    assert_eq!(day.server.holder(&second).get("/v1/me").status, 401);
    assert_eq!(
        day.server
            .nobody()
            .get(&format!("/ws/driver?ticket={second}"))
            .status,
        401
    );
    log_in(&day.server, &second).expect(200);
    // A month later the phone has to be invited again.
    let folder = day.server.kill();
    let server = folder.again().now("2026-03-31T09:00:00Z").go();
    with_cookie(&server, &cookie, "GET", "/v1/me").expect(200);
    let server = server.kill().again().now("2026-04-02T09:00:00Z").go();
    assert_eq!(with_cookie(&server, &cookie, "GET", "/v1/me").status, 401);
}

#[test]
fn whoever_is_logged_out_is_not_connected_any_more() {
    let day = Day::new();
    day.start();
    let answer = log_in(&day.server, &invite(&day));
    let cookie = answer.header("set-cookie").to_owned();
    let session = cookie.split(';').next().expect("a session");
    let headers = [("cookie", session), ("origin", &*day.server.url)];
    let mut phone = Socket::try_open(&day.server.url, "/ws/driver", &headers).expect("a socket");
    let mut others = Socket::drive(&day.driver, "");
    let viewer = json!({ "role": "viewer", "labId": "L1" });
    let made = day.server.admin().post("/v1/tokens", &viewer).expect(201);
    let holder = day.server.holder(made["token"].as_str().expect("a token"));
    let mut watcher = Socket::watch(&holder, "");
    watcher.next();
    day.desk
        .delete("/v1/drivers/D-1/sessions?labId=L1")
        .expect(204);
    let id = made["id"].as_str().expect("an id");
    day.server
        .admin()
        .delete(&format!("/v1/tokens/{id}"))
        .expect(204);
    assert_eq!(phone.closed(), Some(1008));
    watcher.closed();
    // Others stay.
    let at = DAY.parse().expect("a time");
    let ack = others.ask(&fix(at, 100.0, 40.0));
    assert_eq!(ack["status"], "accepted", "{ack}");
}

#[test]
fn an_invite_ends_after_half_an_hour() {
    let day = Day::new();
    let code = invite(&day);
    let folder = day.server.kill();
    let server = folder.again().now("2026-03-02T09:31:00Z").go();
    log_in(&server, &code).refused(401, "unauthorized");
}

#[test]
fn the_newest_invite_counts_and_the_log_says_who_logged_in() {
    let day = Day::new();
    let (first, second) = (invite(&day), invite(&day));
    let other = json!({ "labId": "L1", "name": "Other" });
    day.desk.put("/v1/drivers/D-2", &other).expect(201);
    day.desk
        .post("/v1/drivers/D-2/invites", &json!({}))
        .expect(201);
    log_in(&day.server, &first).refused(401, "unauthorized");
    log_in(&day.server, &second).expect(200);
    let line = eventually(|| {
        let logged = day.server.logged();
        let mut lines = logged.lines();
        let line = lines.find(|line| line.contains("driver's phone logged in"));
        line.map(str::to_owned)
    });
    assert!(line.contains("D-1") && !line.contains(&second), "{line}");
    assert!(day.server.logged().contains("driver invited"));
}

#[test]
fn a_lost_phone_is_logged_out() {
    let day = Day::new();
    let cookie = log_in(&day.server, &invite(&day))
        .header("set-cookie")
        .to_owned();
    let waiting = invite(&day);
    with_cookie(&day.server, &cookie, "GET", "/v1/drive").expect(200);
    let other = json!({ "labId": "L1", "name": "Other" });
    day.desk.put("/v1/drivers/D-2", &other).expect(201);
    assert_eq!(day.desk.delete("/v1/drivers/D-2/sessions").status, 204);
    with_cookie(&day.server, &cookie, "GET", "/v1/drive").expect(200);
    assert_eq!(
        day.server
            .role("dispatcher", "L2")
            .delete("/v1/drivers/D-1/sessions")
            .status,
        404
    );
    assert_eq!(day.desk.delete("/v1/drivers/D-1/sessions").status, 204);
    assert_eq!(
        with_cookie(&day.server, &cookie, "GET", "/v1/drive").status,
        401
    );
    log_in(&day.server, &waiting).refused(401, "unauthorized");
    // A token that somebody made on purpose is ended on purpose.
    day.driver.get("/v1/drive").expect(200);
}

fn snapshot_of(day: &Day) -> Value {
    let snapshot = Socket::watch(&day.desk, "").next();
    let drivers = snapshot["drivers"].as_array().cloned();
    let mut drivers = drivers.expect("a list").into_iter();
    drivers
        .find(|driver| driver["driverId"] == "D-1")
        .expect("known")
}

#[test]
fn the_desk_sees_a_break_and_not_a_place() {
    let day = Day::new();
    day.start();
    day.position(DAY, 500.0);
    let shown = snapshot_of(&day);
    assert_eq!(shown["presence"], "on_duty");
    assert!(shown["coordinates"].is_object());
    let mut watcher = Socket::watch(&day.desk, "");
    watcher.next();
    let until = "2026-03-02T09:30:00Z";
    let said = day.tap("/v1/drivers/D-1/status", &json!({ "pausedUntil": until }));
    assert_eq!(
        (&said["presence"], &said["pausedUntil"]),
        (&json!("break"), &json!(until))
    );
    let told = watcher.until(|message| message["type"] == "DRIVER_UPDATED");
    assert_eq!(told.last().expect("one")["presence"], "break");
    let shown = snapshot_of(&day);
    assert_eq!(
        (&shown["presence"], &shown["pausedUntil"]),
        (&json!("break"), &json!(until))
    );
    assert_eq!(shown["coordinates"], Value::Null);
    // Whoever sets the driver up does not end the break.
    let set = json!({ "labId": "L1", "name": "Drew Iver", "capacity": 40 });
    let set = day.desk.put("/v1/drivers/D-1", &set).expect(200);
    assert_eq!(set["presence"], "break");
    let said = day.tap("/v1/drivers/D-1/status", &json!({ "onDuty": false }));
    assert_eq!(said["presence"], "off_duty");
    assert_eq!(said["pausedUntil"], Value::Null);
    let said = day
        .desk
        .post("/v1/drivers/D-1/status", &json!({ "onDuty": true }))
        .expect(200);
    assert_eq!(said["presence"], "on_duty");
    // Others do not speak for the driver, and the past is no end of a break.
    let other = json!({ "role": "driver", "labId": "L1", "driverId": "D-2" });
    let other = day.server.token(&other);
    let refused = other.post("/v1/drivers/D-1/status", &json!({ "onDuty": false }));
    assert_eq!(refused.status, 404);
    let past = json!({ "pausedUntil": "2026-03-02T08:00:00Z" });
    let refused = day.driver.post("/v1/drivers/D-1/status", &past);
    assert_eq!(
        refused.faults(),
        [("pausedUntil".to_owned(), "in_past".to_owned())]
    );
}

#[test]
fn a_break_ends_by_itself_unless_it_was_prolonged() {
    let day = Day::new();
    let server_now = || day.now().parse::<jiff::Timestamp>().expect("a time");
    let pause = |seconds| {
        let until = server_now() + SignedDuration::from_secs(seconds);
        let body = json!({ "pausedUntil": until.to_string() });
        day.tap("/v1/drivers/D-1/status", &body);
    };
    let presence = || day.desk.get("/v1/drivers/D-1").expect(200)["presence"].clone();
    pause(1);
    pause(3_600);
    std::thread::sleep(std::time::Duration::from_secs(3));
    assert_eq!(presence(), "break");
    pause(1);
    assert_eq!(presence(), "break");
    eventually(|| (presence() == "on_duty").then_some(()));
}

#[test]
fn nobody_is_told_of_silence_on_a_break_and_the_phone_knows_why_it_falls_silent() {
    let server = Start::new().go();
    let ago = |seconds| now() - SignedDuration::from_secs(seconds);
    let resting = Road::start(&server, "L", "D1", ago(600), &[9_000.0]);
    let driving = Road::start(&server, "L", "D2", ago(600), &[9_000.0]);
    let mut watcher = Socket::watch(&server.role("dispatcher", "L"), "");
    watcher.next();
    let phone = resting.driver_token(&server);
    phone
        .post("/v1/drivers/D1/status", &json!({ "paused": true }))
        .expect(200);
    phone
        .post("/v1/drivers/D1/positions", &fix(ago(300), 1_000.0, 40.0))
        .expect(200);
    let phone = driving.driver_token(&server);
    phone
        .post("/v1/drivers/D2/positions", &fix(ago(112), 1_000.0, 40.0))
        .expect(200);
    phone
        .post(
            "/v1/drivers/D2/status",
            &json!({ "cause": "permission_off" }),
        )
        .expect(200);
    let messages =
        watcher.until(|message| message["type"] == "DRIVER_SILENT" && message["driverId"] == "D2");
    assert_eq!(
        messages.last().expect("one")["likelyCause"],
        "permission_off"
    );
    let silent: Vec<&Value> = messages
        .iter()
        .filter(|message| message["type"] == "DRIVER_SILENT")
        .collect();
    assert_eq!(silent.len(), 1, "{silent:?}");
    let alerts = server.admin().get("/v1/alerts?limit=200").expect(200);
    let silent = texts(&alerts["items"], "code");
    assert!(
        silent
            .iter()
            .filter(|code| *code == "driver_silent")
            .count()
            == 1
    );
}

#[test]
fn whoever_is_not_at_work_is_watched_by_nobody() {
    let day = Day::new();
    day.start();
    day.position(DAY, 500.0);
    day.tap("/v1/drivers/D-1/status", &json!({ "paused": true }));
    let mut watcher = Socket::watch(&day.desk, "");
    watcher.next();
    day.position("2026-03-02T09:00:10Z", 700.0);
    day.tap("/v1/drivers/D-1/status", &json!({ "onDuty": true }));
    day.position("2026-03-02T09:00:20Z", 900.0);
    let told = watcher.until(|message| message["type"] == "DRIVER_LOCATION_UPDATE");
    let last = told.last().expect("one");
    assert_eq!(last["timestamp"], "2026-03-02T09:00:20Z", "{told:?}");
    // Also after a start, and for whoever resumes.
    day.tap("/v1/drivers/D-1/status", &json!({ "onDuty": false }));
    let (desk, driver) = (day.desk.token.clone(), day.driver.token.clone());
    let folder = day.server.kill();
    let server = folder.again().now("2026-03-02T09:01:00Z").go();
    let (desk, driver) = (
        server.holder(&desk.expect("one")),
        server.holder(&driver.expect("one")),
    );
    driver.get("/v1/drive").expect(200);
    let snapshot = Socket::watch(&desk, "").next();
    let after = format!(
        "?after={}:{}",
        snapshot["epoch"].as_str().expect("an epoch"),
        snapshot["seq"]
    );
    let mut watcher = Socket::watch(&desk, &after);
    let fix = json!({ "coordinates": { "lat": 41.0, "lng": -86.0 }, "timestamp": "2026-03-02T09:00:50Z" });
    driver.post("/v1/drivers/D-1/positions", &fix).expect(200);
    driver
        .post("/v1/drivers/D-1/status", &json!({ "onDuty": true }))
        .expect(200);
    let told = watcher.until(|message| message["type"] == "DRIVER_UPDATED");
    let places = told
        .iter()
        .filter(|message| message["type"] == "DRIVER_LOCATION_UPDATE");
    assert_eq!(places.count(), 0, "{told:?}");
}

#[test]
fn a_status_is_a_tap_too_also_of_a_driver_whom_nobody_has_set_up() {
    let day = Day::new();
    let new = json!({ "role": "driver", "labId": "L1", "driverId": "D-NEW" });
    let new = day.server.token(&new);
    let path = "/v1/drivers/D-NEW/status";
    let body = json!({ "paused": true, "at": "2026-03-02T08:50:00Z" });
    let tap = |key: &str, body: &Value| {
        let headers = [
            ("content-type", "application/json"),
            ("idempotency-key", key),
        ];
        new.send("POST", path, &headers, body.to_string().as_bytes())
    };
    let said = tap("k-1", &body).expect(200);
    assert_eq!(
        (&said["presence"], &said["presenceSince"]),
        (&json!("break"), &json!("2026-03-02T08:50:00Z"))
    );
    new.post(path, &json!({ "onDuty": true })).expect(200);
    // Told again it is the same tap, and begins no other break.
    assert_eq!(tap("k-1", &body).expect(200)["presence"], "on_duty");
    tap("k-1", &json!({ "paused": true })).refused(409, "id_reused");
    let old = json!({ "paused": true, "at": "2026-02-20T08:50:00Z" });
    assert_eq!(
        tap("k-2", &old).faults(),
        [("at".to_owned(), "in_past".to_owned())]
    );
    let far = json!({ "pausedUntil": "2026-03-04T09:00:00Z" });
    assert_eq!(
        new.post(path, &far).faults(),
        [("pausedUntil".to_owned(), "too_far".to_owned())]
    );
    let other = new.post("/v1/drivers/D-1/status", &json!({ "onDuty": false }));
    other.refused(404, "not_found");
}
