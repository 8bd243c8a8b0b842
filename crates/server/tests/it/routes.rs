//! Routes and stops as dispatchers plan and drivers drive them.

use std::sync::Arc;

use serde_json::{Value, json};

use crate::harness::{Client, Server, case, date_in, fresh, pickup, shared, texts, with};

struct Run {
    server: Arc<Server>,
    lab: String,
    desk: Client,
    driver: Client,
}

impl Run {
    fn new() -> Self {
        let (server, lab) = (shared(), fresh("L"));
        let (desk, driver) = (server.role("dispatcher", &lab), server.role("driver", &lab));
        Self {
            server,
            lab,
            desk,
            driver,
        }
    }

    fn delivery(&self, clinic: &str, cases: &[&str]) -> String {
        let mut id = String::new();
        for case_id in cases {
            let result = self
                .server
                .admin()
                .event(
                    "CaseReadyToShip",
                    &case(&self.lab, clinic, case_id, &date_in(0)),
                )
                .result();
            result["deliveryId"]
                .as_str()
                .expect("an id")
                .clone_into(&mut id);
        }
        id
    }

    fn pickup(&self, clinic: &str, id: &str) {
        self.server
            .admin()
            .event("PickupRequested", &pickup(&self.lab, clinic, id, 3))
            .result();
    }

    fn plan(&self, stops: &Value) -> Value {
        let body =
            json!({ "labId": self.lab, "driverId": "D-1", "date": date_in(0), "stops": stops });
        self.desk.post("/v1/routes", &body).expect(201)
    }

    /// Something that the driver does.
    fn act(&self, path: &str, body: &Value) -> Value {
        self.driver.post(path, body).expect(200)
    }

    /// Clinic and day of every open delivery.
    fn open(&self) -> Vec<(String, String)> {
        let open = self.desk.all("/v1/deliveries?status=scheduled");
        let text =
            |delivery: &Value, name: &str| delivery[name].as_str().unwrap_or_default().to_owned();
        let mut days: Vec<_> = open
            .iter()
            .map(|delivery| (text(delivery, "clinicId"), text(delivery, "deliveryDate")))
            .collect();
        days.sort_unstable();
        days
    }

    fn status(&self, path: &str) -> Value {
        self.desk.get(path).expect(200)["status"].clone()
    }
}

fn id(value: &Value) -> &str {
    value["id"].as_str().expect("an id")
}

#[test]
fn a_day_from_plan_to_lab() {
    let run = Run::new();
    let (one, two) = (
        run.delivery("C1", &["K1", "K2"]),
        run.delivery("C2", &["K3"]),
    );
    run.pickup("C1", "P1");
    let route = run.plan(&json!([
        { "id": "s-1", "clinicId": "C1", "clinicName": "North", "location": { "lat": 40.7, "lng": -74.0 }, "deliveryIds": [one] },
        { "clinicId": "C2", "deliveryIds": [two], "windowStart": "2026-01-20T10:00:00Z", "windowEnd": "2026-01-20T12:00:00Z" },
        { "clinicId": "C1", "pickupIds": ["P1"] },
    ]));
    let stops = &route["stops"];
    assert_eq!(
        stops.as_array().map(Vec::len),
        Some(2),
        "a clinic's delivery and pickup are one stop"
    );
    assert_eq!(
        (id(&stops[0]), &stops[0]["sequence"], &stops[1]["sequence"]),
        ("s-1", &json!(1), &json!(2))
    );
    assert_eq!(run.status(&format!("/v1/deliveries/{one}")), "assigned");
    assert_eq!(run.status("/v1/pickups/P1"), "scheduled");

    let route_id = id(&route);
    run.driver
        .post("/v1/stops/s-1/arrive", &json!({}))
        .refused(409, "route_not_started");
    let started = run.act(
        &format!("/v1/routes/{route_id}/start"),
        &json!({ "at": "2026-01-20T08:00:00Z" }),
    );
    assert_eq!(
        (&started["status"], &started["startedAt"]),
        (&json!("started"), &json!("2026-01-20T08:00:00Z"))
    );
    assert_eq!(
        run.status(&format!("/v1/deliveries/{one}")),
        "out_for_delivery"
    );
    let event = case(&run.lab, "C1", "K1", &date_in(1));
    run.server
        .admin()
        .event("CaseReadyToShip", &event)
        .refused(409, "case_already_shipped");

    assert_eq!(
        run.act("/v1/stops/s-1/arrive", &json!({}))["status"],
        "arrived"
    );
    let undone = json!({ "cases": [{ "caseId": "K2", "reason": "broken" }, { "caseId": "K1", "done": true }], "receivedBy": "Bob" });
    for _ in 0..2 {
        // A phone that sends it again changes nothing.
        assert_eq!(
            run.act("/v1/stops/s-1/complete", &undone)["status"],
            "partly_done"
        );
    }
    assert_eq!(
        run.status(&format!("/v1/deliveries/{one}")),
        "partially_delivered"
    );
    assert_eq!(run.status("/v1/pickups/P1"), "picked_up");

    let second = id(&stops[1]);
    let failed = run.act(
        &format!("/v1/stops/{second}/fail"),
        &json!({ "reason": "closed", "redeliverOn": date_in(5) }),
    );
    assert_eq!(failed["status"], "failed");
    assert_eq!(run.status(&format!("/v1/deliveries/{two}")), "failed");
    let open = run.open();
    assert_eq!((open.len(), &open[1]), (2, &("C2".to_owned(), date_in(5))));
    assert!(open[0].0 == "C1" && open[0].1 > date_in(0), "{open:?}");

    assert_eq!(
        run.act(&format!("/v1/routes/{route_id}/finish"), &json!({}))["status"],
        "finished"
    );
    assert_eq!(run.status("/v1/pickups/P1"), "at_lab");
}

#[test]
fn in_mid_route_the_rest_goes_to_another_driver() {
    let run = Run::new();
    let (one, two) = (run.delivery("C1", &["K1"]), run.delivery("C2", &["K2"]));
    let route = run.plan(&json!([{ "clinicId": "C1", "deliveryIds": [one] }, { "clinicId": "C2", "deliveryIds": [two] }]));
    let (route_id, first, second) = (id(&route), id(&route["stops"][0]), id(&route["stops"][1]));
    run.driver
        .post(&format!("/v1/routes/{route_id}/start"), &json!({}))
        .expect(200);
    run.driver
        .post(&format!("/v1/stops/{first}/complete"), &json!({}))
        .expect(200);
    let handed = run
        .desk
        .patch(
            &format!("/v1/routes/{route_id}"),
            &json!({ "driverId": "D-2" }),
        )
        .expect(200);
    assert_eq!(
        (&handed["driverId"], &handed["status"]),
        (&json!("D-2"), &json!("started"))
    );
    assert_eq!(
        run.desk.get(&format!("/v1/deliveries/{one}")).expect(200)["driverId"],
        "D-1"
    );
    assert_eq!(
        run.desk.get(&format!("/v1/deliveries/{two}")).expect(200)["driverId"],
        "D-2"
    );
    assert_eq!(
        run.driver
            .post(&format!("/v1/stops/{second}/complete"), &json!({}))
            .status,
        404,
        "it is not theirs any more"
    );
    let other = run
        .server
        .token(&json!({ "role": "driver", "labId": run.lab, "driverId": "D-2" }));
    assert_eq!(
        other
            .post(&format!("/v1/stops/{second}/complete"), &json!({}))
            .expect(200)["status"],
        "done"
    );
}

#[test]
fn a_route_is_reordered_shortened_and_called_off() {
    let run = Run::new();
    run.pickup("C1", "P1");
    let route = run.plan(&json!([{ "id": "a", "clinicId": "C1", "pickupIds": ["P1"] }, { "id": "b", "clinicId": "C2" }, { "id": "c", "clinicId": "C3" }]));
    let path = format!("/v1/routes/{}", id(&route));
    let order = |route: &Value| texts(&route["stops"], "id");
    let changed = run
        .desk
        .patch(&path, &json!({ "order": ["c", "a"] }))
        .expect(200);
    assert_eq!(order(&changed), ["c", "a", "b"]);
    run.desk
        .patch(
            &path,
            &json!({ "removeStops": ["b"], "addStops": [{ "id": "d", "clinicId": "C4" }] }),
        )
        .expect(200);
    let skipped = run
        .desk
        .post("/v1/stops/c/skip", &json!({ "reason": "no need" }))
        .expect(200);
    assert_eq!(skipped["status"], "skipped");
    let cancelled = run
        .desk
        .patch(&path, &json!({ "status": "cancelled" }))
        .expect(200);
    assert_eq!(cancelled["status"], "cancelled");
    assert_eq!(
        run.status("/v1/pickups/P1"),
        "requested",
        "its work is free again"
    );
    run.desk
        .patch(&path, &json!({ "driverId": "D-9" }))
        .refused(409, "route_closed");
}

#[test]
fn what_a_plan_names_wrongly_is_named() {
    let run = Run::new();
    let delivery = run.delivery("C1", &["K1"]);
    let body = json!({ "labId": run.lab, "driverId": "D-1", "date": date_in(0), "stops": [
        { "clinicId": "C2", "deliveryIds": [delivery, "nothing"], "pickupIds": ["neither"] },
    ] });
    let answer = run.desk.post("/v1/routes", &body);
    let expected = [
        ("stops[0].deliveryIds[0]", "mismatch"),
        ("stops[0].deliveryIds[1]", "not_found"),
        ("stops[0].pickupIds[0]", "not_found"),
    ];
    assert_eq!(
        answer.faults(),
        expected.map(|(field, reason)| (field.to_owned(), reason.to_owned()))
    );
    let bad = run.desk.post(
        "/v1/routes",
        &json!({ "date": "soon", "stops": [{ "location": { "lat": 91 } }] }),
    );
    let fields: Vec<String> = bad.faults().into_iter().map(|(field, _)| field).collect();
    assert_eq!(
        fields,
        [
            "labId",
            "driverId",
            "date",
            "stops[0].clinicId",
            "stops[0].location.lat",
            "stops[0].location.lng"
        ]
    );
    let named = with(body, json!({ "id": "r-1", "stops": [] }));
    run.desk.post("/v1/routes", &named).expect(201);
    run.desk
        .post("/v1/routes", &named)
        .refused(409, "route_exists");
}

#[test]
fn drivers_see_their_own_routes_and_no_names() {
    let run = Run::new();
    let named = with(
        case(&run.lab, "C1", "K1", &date_in(0)),
        json!({ "patientName": "Jane Doe" }),
    );
    let delivery =
        run.server.admin().event("CaseReadyToShip", &named).result()["deliveryId"].clone();
    let mine = run.plan(&json!([{ "clinicId": "C1", "deliveryIds": [delivery] }]));
    let other = json!({ "labId": run.lab, "driverId": "D-2", "date": date_in(0), "stops": [{ "clinicId": "C2" }] });
    let other = run.desk.post("/v1/routes", &other).expect(201);
    let list = run.driver.get("/v1/routes").expect(200);
    assert_eq!(texts(&list["items"], "id"), [id(&mine)]);
    assert_eq!(
        run.driver.get(&format!("/v1/routes/{}", id(&other))).status,
        404
    );
    assert_eq!(
        run.driver
            .get(&format!("/v1/stops/{}", id(&other["stops"][0])))
            .status,
        404
    );
    let stop = run
        .driver
        .get(&format!("/v1/stops/{}", id(&mine["stops"][0])));
    assert_eq!(stop.body["deliveries"][0]["cases"][0]["caseId"], "K1");
    assert!(!stop.text.contains("Jane"));
    assert_eq!(run.desk.all("/v1/routes").len(), 2);
}

#[test]
fn a_stop_of_another_systems_completion_is_done() {
    let run = Run::new();
    let delivery = run.delivery("C1", &["K1"]);
    let route = run.plan(&json!([{ "clinicId": "C1", "deliveryIds": [delivery] }]));
    let detail =
        json!({ "deliveryId": delivery, "completedAt": "2026-01-20T10:00:00Z", "labId": run.lab });
    run.server
        .admin()
        .event("DeliveryCompleted", &detail)
        .result();
    assert_eq!(
        run.desk
            .get(&format!("/v1/routes/{}", id(&route)))
            .expect(200)["stops"][0]["status"],
        "done"
    );
}
