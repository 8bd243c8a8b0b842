//! A dispatcher drags a stop: told before what it means, refused with a reason, undone.

use std::sync::Arc;

use serde_json::{Value, json};

use crate::harness::{Answer, Client, Server, case, date_in, fresh, shared};

/// A lab at 42.0 N, its clinics to the north of it, about 11 km apart: N1 at 42.1 and so on.
struct Town {
    server: Arc<Server>,
    lab: String,
    desk: Client,
}

impl Town {
    fn new() -> Self {
        let (server, lab) = (shared(), fresh("L"));
        let desk = server.role("dispatcher", &lab);
        let place =
            json!({ "name": lab, "timeZone": "UTC", "location": { "lat": 42.0, "lng": -71.0 } });
        server
            .admin()
            .put(&format!("/v1/labs/{lab}"), &place)
            .expect(201);
        for number in 1..=4 {
            let lat = 42.0 + f64::from(number) * 0.1;
            let clinic = json!({ "labId": lab, "name": format!("North {number}"), "location": { "lat": lat, "lng": -71.0 } });
            desk.put(&format!("/v1/clinics/N{number}"), &clinic)
                .expect(201);
        }
        Self { server, lab, desk }
    }

    /// A route of tomorrow with a stop for each clinic, `id-N1` and so on; a delivery to each that is named in `bring`.
    fn plan(&self, id: &str, driver: &str, clinics: &[&str], bring: &[&str]) -> Value {
        let stops: Vec<Value> = clinics
            .iter()
            .map(|clinic| {
                let deliveries = if bring.contains(clinic) {
                    let sent = case(&self.lab, clinic, &fresh("K"), &date_in(1));
                    let done = self.server.admin().event("CaseReadyToShip", &sent).result();
                    vec![done["deliveryId"].clone()]
                } else {
                    Vec::new()
                };
                json!({ "id": format!("{id}-{clinic}"), "clinicId": clinic, "deliveryIds": deliveries })
            })
            .collect();
        let body = json!({ "id": id, "labId": self.lab, "driverId": driver, "date": date_in(1), "stops": stops });
        self.desk.post("/v1/routes", &body).expect(201)
    }

    fn move_to(&self, stop: &str, body: &Value) -> Answer {
        self.desk.post(&format!("/v1/stops/{stop}/move"), body)
    }

    fn preview(&self, stop: &str, body: &Value) -> Value {
        let path = format!("/v1/stops/{stop}/move?preview=1");
        self.desk.post(&path, body).expect(200)
    }

    fn order(&self, route: &str) -> Vec<String> {
        let route = self.desk.get(&format!("/v1/routes/{route}")).expect(200);
        ids(&route["stops"], "id")
    }
}

fn ids(list: &Value, name: &str) -> Vec<String> {
    let list = list.as_array().expect("a list").iter();
    list.map(|item| item[name].as_str().expect("a text").to_owned())
        .collect()
}

/// Two routes of tomorrow: A with N1 and N3, B with N2 and N4.
fn two_routes() -> Town {
    let town = Town::new();
    town.plan("A", "D-1", &["N1", "N3"], &["N1"]);
    town.plan("B", "D-2", &["N2", "N4"], &["N2"]);
    town
}

#[test]
fn what_a_move_means_is_told_before_it_and_is_so_after_it() {
    let town = two_routes();
    let body = json!({ "routeId": "B" });
    let told = town.preview("A-N3", &body);
    // Between N2 and N4, which lie on the way: only the visit itself takes time.
    assert_eq!(told["position"], 2);
    assert_eq!(told["addedMinutes"], 3.0);
    // Three legs of N1 to N3 and back are spared with the visit.
    assert!(told["savedMinutes"].as_f64() > Some(60.0), "{told}");
    assert_eq!(told["undo"], json!({ "routeId": "A", "position": 2 }));
    assert_eq!(told["becomesLate"], json!([]));
    assert_eq!(ids(&told["routes"], "routeId"), ["B", "A"]);
    assert_eq!(ids(&told["routes"], "driverId"), ["D-2", "D-1"]);
    let stops = &told["routes"][0]["stops"];
    assert_eq!(ids(stops, "id"), ["B-N2", "A-N3", "B-N4"]);
    assert_eq!(stops[1]["sequence"], 2);
    let etas = ids(stops, "eta");
    assert!(
        etas.is_sorted() && etas[0].starts_with(&format!("{}T08:", date_in(1))),
        "{etas:?}"
    );
    assert_eq!(stops[0]["eta"], stops[0]["before"]);
    assert!(
        stops[2]["eta"].as_str() > stops[2]["before"].as_str(),
        "{stops}"
    );
    // Nothing was decided.
    assert_eq!(town.order("A"), ["A-N1", "A-N3"]);
    let mut done = town.move_to("A-N3", &body).expect(200);
    let stop = done["stop"].take();
    assert_eq!(
        (&stop["routeId"], &stop["sequence"]),
        (&json!("B"), &json!(2))
    );
    done.as_object_mut().expect("an object").remove("stop");
    assert_eq!(done, told);
    assert_eq!(town.order("B"), ["B-N2", "A-N3", "B-N4"]);
    // And back.
    town.move_to("A-N3", &told["undo"]).expect(200);
    assert_eq!(town.order("A"), ["A-N1", "A-N3"]);
    assert_eq!(town.order("B"), ["B-N2", "B-N4"]);
    let story = town.desk.get("/v1/explain/A-N3").expect(200).to_string();
    assert!(
        story.contains("goes to route B, as number 2 of its open stops"),
        "{story}"
    );
}

#[test]
fn a_move_that_makes_others_late_says_whom() {
    let town = Town::new();
    town.plan("A", "D-1", &["N1"], &[]);
    let at = |time: &str| format!("{}T{time}Z", date_in(1));
    // From eight on, at 22 minutes a leg and three a visit: at N2 by 8:43, at N3 by 9:08, at N4 by 9:33.
    let stop = |clinic: &str, end: &str| json!({ "id": format!("B-{clinic}"), "clinicId": clinic, "windowEnd": at(end) });
    let stops = [
        stop("N2", "10:00:00"),
        stop("N3", "09:09:30"),
        stop("N4", "08:27:00"),
    ];
    let body = json!({ "id": "B", "labId": town.lab, "driverId": "D-2", "date": date_in(1), "stops": stops });
    town.desk.post("/v1/routes", &body).expect(201);
    let first = town.preview("A-N1", &json!({ "routeId": "B", "position": 1 }));
    // N4 is late anyway and does not become it.
    assert_eq!(first["becomesLate"], json!(["B-N3"]), "{first}");
    let late: Vec<(bool, bool)> = first["routes"][0]["stops"]
        .as_array()
        .expect("stops")
        .iter()
        .map(|stop| (stop["late"] == true, stop["wasLate"] == true))
        .collect();
    assert_eq!(
        late,
        [(false, false), (false, false), (true, false), (true, true)]
    );
    // Without a place that is said, the one is found that keeps all promises.
    let best = town.preview("A-N1", &json!({ "routeId": "B" }));
    assert_eq!(best["becomesLate"], json!([]), "{best}");
    assert!(best["position"].as_u64() >= Some(3), "{best}");
}

#[test]
fn on_its_own_route_a_stop_gets_another_place() {
    let town = two_routes();
    let told = town.preview("B-N4", &json!({ "routeId": "B", "position": 1 }));
    assert_eq!(ids(&told["routes"], "routeId"), ["B"]);
    assert_eq!(ids(&told["routes"][0]["stops"], "id"), ["B-N4", "B-N2"]);
    assert_eq!(told["undo"], json!({ "routeId": "B", "position": 2 }));
    let done = town
        .move_to("B-N4", &json!({ "routeId": "B", "position": 1 }))
        .expect(200);
    assert_eq!(done["stop"]["sequence"], 1);
    assert_eq!(town.order("B"), ["B-N4", "B-N2"]);
    // Where it costs least: on the way, wherever that is.
    let best = town.move_to("B-N4", &json!({ "routeId": "B" })).expect(200);
    assert!(best["addedMinutes"].as_f64() <= Some(0.0), "{best}");
}

#[test]
fn a_place_past_the_end_is_the_end_and_bad_input_is_named() {
    let town = two_routes();
    let far = town.preview("A-N3", &json!({ "routeId": "B", "position": 999 }));
    assert_eq!(far["position"], 3);
    for (body, field, reason) in [
        (json!({}), "routeId", "required"),
        (
            json!({ "routeId": "B", "position": 0 }),
            "position",
            "out_of_range",
        ),
        (
            json!({ "routeId": "B", "position": -1 }),
            "position",
            "out_of_range",
        ),
        (
            json!({ "routeId": "B", "position": 1.5 }),
            "position",
            "not_integer",
        ),
        (
            json!({ "routeId": "B", "position": "first" }),
            "position",
            "not_integer",
        ),
        (json!({ "routeId": "../B" }), "routeId", "invalid_char"),
        (json!({ "routeId": "B\u{0}" }), "routeId", "invalid_char"),
    ] {
        let answer = town.move_to("A-N3", &body);
        answer.refused(400, "validation_failed");
        assert_eq!(
            answer.faults(),
            [(field.to_owned(), reason.to_owned())],
            "{body}"
        );
    }
    town.desk
        .post(
            "/v1/stops/A-N3/move?preview=perhaps",
            &json!({ "routeId": "B" }),
        )
        .refused(400, "validation_failed");
    town.move_to("A-N3", &json!({ "routeId": "nowhere" }))
        .refused(404, "not_found");
    town.move_to("nowhere", &json!({ "routeId": "B" }))
        .refused(404, "not_found");
    assert_eq!(town.order("A"), ["A-N1", "A-N3"]);
}

#[test]
fn what_cannot_be_moved_says_why_before_and_after() {
    let town = two_routes();
    let driver = |path: &str| town.desk.post(path, &json!({})).expect(200);
    let refused = |stop: &str, route: &str, code: &str| {
        let body = json!({ "routeId": route });
        town.move_to(stop, &body).refused(409, code);
        let path = format!("/v1/stops/{stop}/move?preview=1");
        let answer = town.desk.post(&path, &body);
        answer.refused(409, code);
        answer.body["current"].clone()
    };
    driver("/v1/routes/B/start");
    // Its delivery is on the road in another van.
    let current = refused("B-N2", "A", "cases_in_van");
    assert_eq!(current["driverId"], "D-2");
    driver("/v1/stops/B-N4/arrive");
    refused("B-N4", "A", "driver_is_there");
    driver("/v1/stops/B-N4/complete");
    let current = refused("B-N4", "A", "stop_closed");
    assert_eq!(
        (&current["status"], &current["routeId"]),
        (&json!("done"), &json!("B"))
    );
    driver("/v1/routes/B/finish");
    refused("A-N1", "B", "route_closed");
    town.desk
        .patch("/v1/routes/A", &json!({ "status": "cancelled" }))
        .expect(200);
    refused("A-N1", "A", "stop_closed");
}

#[test]
fn the_second_of_two_dispatchers_is_told_where_the_stop_went() {
    let town = two_routes();
    town.plan("C", "D-3", &[], &[]);
    let seen = town.desk.get("/v1/stops/A-N3").expect(200)["version"].to_string();
    let post = |route: &str, version: &str| {
        let headers = [("content-type", "application/json"), ("if-match", version)];
        let body = json!({ "routeId": route }).to_string();
        town.desk
            .send("POST", "/v1/stops/A-N3/move", &headers, body.as_bytes())
    };
    let first = post("B", &seen).expect(200);
    let late = post("C", &seen);
    late.refused(412, "version_mismatch");
    let current = &late.body["current"];
    assert_eq!(
        (
            &current["routeId"],
            &current["driverId"],
            &current["version"]
        ),
        (&json!("B"), &json!("D-2"), &first["stop"]["version"])
    );
    assert_eq!(town.order("B"), ["B-N2", "A-N3", "B-N4"]);
    // With what they know now it is theirs to decide.
    post("C", &current["version"].to_string()).expect(200);
    assert_eq!(town.order("C"), ["A-N3"]);
    post("B", "no-number").refused(400, "validation_failed");
}

#[test]
fn of_many_at_once_one_is_first() {
    let town = two_routes();
    let seen = town.desk.get("/v1/stops/A-N3").expect(200)["version"].to_string();
    let statuses: Vec<u16> = std::thread::scope(|scope| {
        let tasks: Vec<_> = (1..=6)
            .map(|position| {
                let (desk, seen) = (town.desk.clone(), seen.clone());
                scope.spawn(move || {
                    let headers = [
                        ("content-type", "application/json"),
                        ("if-match", seen.as_str()),
                    ];
                    let body = json!({ "routeId": "B", "position": position }).to_string();
                    desk.send("POST", "/v1/stops/A-N3/move", &headers, body.as_bytes())
                        .status
                })
            })
            .collect();
        tasks
            .into_iter()
            .map(|task| task.join().expect("it ends"))
            .collect()
    });
    let count = |status: u16| statuses.iter().filter(|one| **one == status).count();
    assert_eq!((count(200), count(412)), (1, 5), "{statuses:?}");
}

#[test]
fn where_a_route_calls_anyway_the_work_joins() {
    let town = two_routes();
    town.plan("C", "D-3", &["N4", "N3"], &[]);
    let told = town.preview("A-N3", &json!({ "routeId": "C", "position": 1 }));
    assert_eq!(
        (&told["joins"], &told["position"], &told["undo"]),
        (&json!("C-N3"), &json!(2), &Value::Null)
    );
    let done = town
        .move_to("A-N3", &json!({ "routeId": "C", "position": 1 }))
        .expect(200);
    assert_eq!(
        (&done["stop"]["id"], &done["position"]),
        (&json!("C-N3"), &json!(2))
    );
    assert_eq!(
        town.desk.get("/v1/stops/A-N3").expect(200)["reason"],
        "moved"
    );
}

#[test]
fn a_foreign_labs_stops_and_routes_do_not_exist() {
    let (town, other) = (two_routes(), two_routes());
    other.plan("OWN", "D-9", &["N1"], &[]);
    other
        .move_to("A-N1", &json!({ "routeId": "OWN" }))
        .expect(200);
    // The route of that name is another lab's.
    town.move_to("A-N1", &json!({ "routeId": "OWN" }))
        .refused(404, "not_found");
    town.move_to("OWN-N1", &json!({ "routeId": "A" }))
        .refused(404, "not_found");
    let fit = json!({ "labId": other.lab, "date": date_in(1), "clinicId": "N1" });
    town.desk.post("/v1/fit", &fit).refused(404, "not_found");
}

#[test]
fn the_best_driver_for_a_visit_comes_first() {
    let town = two_routes();
    town.plan("C", "D-3", &["N4"], &[]);
    let fit = |clinic: &str| {
        let body = json!({ "labId": town.lab, "date": date_in(1), "clinicId": clinic });
        town.desk.post("/v1/fit", &body).expect(200)["items"].clone()
    };
    // A calls at N1 anyway.
    let items = fit("N1");
    assert_eq!(items.as_array().map(Vec::len), Some(3));
    assert_eq!(
        (&items[0]["routeId"], &items[0]["addedMinutes"]),
        (&json!("A"), &json!(0.0))
    );
    assert!(items[0]["eta"].is_string(), "{items}");
    // The others pass it.
    assert_eq!(
        (&items[1]["addedMinutes"], &items[2]["addedMinutes"]),
        (&json!(3.0), &json!(3.0)),
        "{items}"
    );
    // N4 is behind the end of A.
    let items = fit("N4");
    let last = &items[2];
    assert_eq!(last["routeId"], "A", "{items}");
    assert!(last["position"].as_u64() >= Some(2), "{items}");
    assert!(last["addedMinutes"].as_f64() > Some(20.0), "{items}");
    // A clinic whose place nobody knows has no time.
    town.desk
        .put(
            "/v1/clinics/DARK",
            &json!({ "labId": town.lab, "name": "Dark" }),
        )
        .expect(201);
    let items = fit("DARK");
    assert_eq!(
        (&items[0]["addedMinutes"], &items[0]["eta"]),
        (&Value::Null, &Value::Null)
    );
    let late = json!({ "labId": town.lab, "date": date_in(1), "clinicId": "N3", "windowEnd": format!("{}T08:01:00Z", date_in(1)) });
    let items = town.desk.post("/v1/fit", &late).expect(200)["items"].clone();
    assert_eq!(items[0]["late"], true, "{items}");
    town.desk
        .post("/v1/fit", &json!({ "labId": town.lab }))
        .refused(400, "validation_failed");
    let nowhere = json!({ "labId": town.lab, "date": date_in(1), "clinicId": "NOWHERE" });
    town.desk
        .post("/v1/fit", &nowhere)
        .refused(404, "not_found");
}

#[test]
fn no_way_back_is_promised_out_of_a_van_that_left() {
    let town = Town::new();
    town.plan("A", "D-1", &["N1", "N3"], &["N1"]);
    town.plan("B", "D-1", &["N2"], &[]);
    let driver = town.server.role("driver", &town.lab);
    driver.post("/v1/routes/B/start", &json!({})).expect(200);
    // The same driver, but what is brought is in the van then, and its own route has not left.
    let told = town.preview("A-N1", &json!({ "routeId": "B" }));
    assert_eq!(told["undo"], Value::Null);
    let empty = town.preview("A-N3", &json!({ "routeId": "B" }));
    assert_eq!(empty["undo"]["routeId"], "A");
    town.move_to("A-N1", &json!({ "routeId": "B" })).expect(200);
    town.move_to("A-N1", &json!({ "routeId": "A" }))
        .refused(409, "cases_in_van");
}
