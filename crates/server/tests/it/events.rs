//! Cases into deliveries: the sentences of the contract about `CaseReadyToShip`, one by one.

use std::collections::BTreeSet;

use serde_json::json;

use crate::harness::{case, date_in, fresh, shared, texts, with};

#[test]
fn a_case_makes_a_delivery_and_the_next_one_of_its_clinic_and_day_joins_it() {
    let server = shared();
    let (admin, lab, day) = (server.admin(), fresh("L"), date_in(3));
    let specs = json!({ "packageSpecs": { "weight": 1.5, "fragile": true } });
    let first = admin
        .event(
            "CaseReadyToShip",
            &with(case(&lab, "C1", "K1", &day), specs),
        )
        .result();
    let expected = json!({
        "deliveryId": first["deliveryId"], "labId": lab, "clinicId": "C1", "deliveryDate": day,
        "status": "scheduled", "priority": "STANDARD", "consolidated": false, "overdue": false,
        "cases": [{ "caseId": "K1", "packageSpecs": { "weight": 1.5, "fragile": true, "requiresSignature": false } }],
        "packageCount": 1, "totalWeight": 1.5, "fragile": true, "requiresSignature": false,
    });
    assert_eq!(first, expected);
    let specs = json!({ "packageSpecs": { "weight": 2.25, "requiresSignature": true } });
    let second = admin
        .event(
            "CaseReadyToShip",
            &with(case(&lab, "C1", "K2", &day), specs),
        )
        .result();
    let expected = with(
        first.clone(),
        json!({
            "consolidated": true, "packageCount": 2, "totalWeight": 3.75, "requiresSignature": true,
            "cases": [{ "caseId": "K2", "packageSpecs": { "weight": 2.25, "fragile": false, "requiresSignature": true } }],
        }),
    );
    assert_eq!(second, expected);
    let id = first["deliveryId"].as_str().expect("an id");
    let whole = admin.get(&format!("/v1/deliveries/{id}")).expect(200);
    assert_eq!(texts(&whole["cases"], "caseId"), ["K1", "K2"]);
}

#[test]
fn the_same_case_again_updates_its_specs_and_priority() {
    let (server, lab) = (shared(), fresh("L"));
    let day = date_in(3);
    let given = with(
        case(&lab, "C1", "K1", &day),
        json!({ "packageSpecs": { "weight": 1 } }),
    );
    let first = server.admin().event("CaseReadyToShip", &given).result();
    let given = with(
        given,
        json!({ "packageSpecs": { "weight": 4 }, "priority": "RUSH" }),
    );
    let again = server.admin().event("CaseReadyToShip", &given).expect(200);
    assert_eq!(again["status"], "processed");
    let again = &again["result"];
    assert_eq!(again["deliveryId"], first["deliveryId"]);
    let seen = json!([
        again["consolidated"],
        again["priority"],
        again["totalWeight"],
        again["packageCount"]
    ]);
    assert_eq!(seen, json!([true, "RUSH", 4.0, 1]));
}

#[test]
fn fifty_at_the_same_instant_make_one_delivery_and_the_same_fifty_change_nothing() {
    let (server, lab, day) = (shared(), fresh("L"), date_in(2));
    let round = || {
        std::thread::scope(|scope| {
            let senders: Vec<_> = (0..50)
                .map(|number| {
                    let detail = case(&lab, "C1", &format!("K{number}"), &day);
                    let admin = server.admin();
                    scope.spawn(move || admin.event("CaseReadyToShip", &detail).expect(200))
                })
                .collect();
            let answers = senders
                .into_iter()
                .map(|sender| sender.join().expect("answered"));
            answers.collect::<Vec<_>>()
        })
    };
    let deliveries: BTreeSet<String> = round()
        .iter()
        .map(|answer| answer["result"]["deliveryId"].to_string())
        .collect();
    assert_eq!(deliveries.len(), 1);
    let list = server.admin().all(&format!("/v1/deliveries?labId={lab}"));
    assert_eq!((list.len(), &list[0]["packageCount"]), (1, &json!(50)));
    for answer in round() {
        assert_eq!(
            (&answer["status"], &answer["result"]["packageCount"]),
            (&json!("duplicate"), &json!(50))
        );
    }
    assert_eq!(
        server.admin().all(&format!("/v1/deliveries?labId={lab}")),
        list
    );
}

#[test]
fn monday_tuesday_monday_without_ids_is_monday() {
    let (server, lab) = (shared(), fresh("L"));
    let (monday, tuesday) = (date_in(7), date_in(8));
    let mut statuses = Vec::new();
    for day in [&monday, &tuesday, &monday] {
        let answer = server
            .admin()
            .event("CaseReadyToShip", &case(&lab, "C1", "K1", day))
            .expect(200);
        assert_eq!(answer["result"]["deliveryDate"], json!(day));
        statuses.push(answer["status"].as_str().unwrap_or_default().to_owned());
    }
    assert_eq!(statuses, ["processed"; 3]);
    let open = server
        .admin()
        .get(&format!("/v1/deliveries?labId={lab}&status=scheduled"))
        .expect(200);
    assert_eq!(texts(&open["items"], "deliveryDate"), [monday]);
    let over = server
        .admin()
        .get(&format!("/v1/deliveries?labId={lab}&status=cancelled"))
        .expect(200);
    assert_eq!(
        over["items"].as_array().map(Vec::len),
        Some(2),
        "what was left empty is cancelled"
    );
}

#[test]
fn a_case_for_another_clinic_moves_there() {
    let (server, lab, day) = (shared(), fresh("L"), date_in(3));
    server
        .admin()
        .event("CaseReadyToShip", &case(&lab, "C1", "K1", &day))
        .result();
    let moved = server
        .admin()
        .event("CaseReadyToShip", &case(&lab, "C2", "K1", &day))
        .result();
    assert_eq!(
        (&moved["clinicId"], &moved["consolidated"]),
        (&json!("C2"), &json!(false))
    );
    let left = server
        .admin()
        .get(&format!("/v1/deliveries?labId={lab}&clinicId=C1"))
        .expect(200);
    assert_eq!(
        (
            &left["items"][0]["status"],
            &left["items"][0]["packageCount"]
        ),
        (&json!("cancelled"), &json!(0))
    );
}

#[test]
fn a_past_date_is_accepted_and_overdue() {
    let (server, lab) = (shared(), fresh("L"));
    let late = server
        .admin()
        .event("CaseReadyToShip", &case(&lab, "C1", "K1", &date_in(-3)))
        .result();
    assert_eq!(
        (&late["overdue"], &late["deliveryDate"]),
        (&json!(true), &json!(date_in(-3)))
    );
    let today = server
        .admin()
        .event("CaseReadyToShip", &case(&lab, "C1", "K2", &date_in(0)))
        .result();
    assert_eq!(today["overdue"], false);
}

#[test]
fn rush_is_announced_once_per_case_and_makes_the_delivery_rush() {
    let (server, lab, day) = (shared(), fresh("L"), date_in(2));
    let rush = |id: &str| with(case(&lab, "C1", id, &day), json!({ "priority": "RUSH" }));
    server
        .admin()
        .event("CaseReadyToShip", &case(&lab, "C1", "K1", &day))
        .result();
    for (id, weight) in [("K2", 1), ("K2", 2), ("K3", 1)] {
        let detail = with(rush(id), json!({ "packageSpecs": { "weight": weight } }));
        assert_eq!(
            server.admin().event("CaseReadyToShip", &detail).result()["priority"],
            "RUSH"
        );
    }
    let calm = with(rush("K2"), json!({ "priority": "STANDARD" }));
    server.admin().event("CaseReadyToShip", &calm).result();
    server
        .admin()
        .event("CaseReadyToShip", &rush("K2"))
        .result();
    let alerts = server.admin().all(&format!("/v1/alerts?labId={lab}"));
    let mut rushed: Vec<&str> = alerts
        .iter()
        .filter(|alert| alert["type"] == "RUSH_ALERT")
        .filter_map(|alert| alert["caseId"].as_str())
        .collect();
    rushed.sort_unstable();
    assert_eq!(rushed, ["K2", "K3"]);
}

#[test]
fn cancelled_and_held_cases_leave_their_delivery() {
    let (server, lab, day) = (shared(), fresh("L"), date_in(2));
    let admin = server.admin();
    for id in ["K1", "K2", "K3"] {
        admin
            .event("CaseReadyToShip", &case(&lab, "C1", id, &day))
            .result();
    }
    let of = |id: &str| json!({ "caseId": id, "labId": lab });
    assert_eq!(
        admin.event("CaseCancelled", &of("K1")).expect(200)["status"],
        "processed"
    );
    assert_eq!(
        admin.event("CaseCancelled", &of("K1")).expect(200)["status"],
        "duplicate"
    );
    admin.event("CaseOnHold", &of("K2")).result();
    let list = admin.all(&format!("/v1/deliveries?labId={lab}"));
    assert_eq!(
        (list.len(), &list[0]["packageCount"], &list[0]["status"]),
        (1, &json!(1), &json!("scheduled"))
    );
    admin.event("CaseCancelled", &of("K3")).result();
    assert_eq!(
        admin.all(&format!("/v1/deliveries?labId={lab}"))[0]["status"],
        "cancelled"
    );
    // A held case that is ready again joins a delivery again.
    let again = admin
        .event("CaseReadyToShip", &case(&lab, "C1", "K2", &day))
        .result();
    assert_eq!(
        (&again["status"], &again["packageCount"]),
        (&json!("scheduled"), &json!(1))
    );
    admin
        .event("CaseCancelled", &of("K9"))
        .refused(422, "unknown_case");
}

#[test]
fn what_is_out_or_delivered_cannot_be_changed_any_more() {
    let (server, lab, day) = (shared(), fresh("L"), date_in(0));
    let admin = server.admin();
    let given = case(&lab, "C1", "K1", &day);
    let delivery = admin.event("CaseReadyToShip", &given).result()["deliveryId"].clone();
    let done =
        json!({ "deliveryId": delivery, "completedAt": "2026-01-20T10:00:00Z", "labId": lab });
    admin.event("DeliveryCompleted", &done).result();
    admin
        .event("CaseReadyToShip", &given)
        .refused(409, "case_already_shipped");
    admin
        .event("CaseCancelled", &json!({ "caseId": "K1", "labId": lab }))
        .refused(409, "case_already_shipped");
}

#[test]
fn an_unknown_lab_and_clinic_become_stubs_and_the_dispatcher_is_told() {
    let (server, lab) = (shared(), fresh("L"));
    server
        .admin()
        .event("CaseReadyToShip", &case(&lab, "C9", "K1", &date_in(1)))
        .result();
    let clinic = server
        .admin()
        .get(&format!("/v1/clinics/C9?labId={lab}"))
        .expect(200);
    assert_eq!(clinic["verified"], false);
    assert_eq!(
        server.admin().get(&format!("/v1/labs/{lab}")).expect(200)["verified"],
        false
    );
    let alerts = server.role("dispatcher", &lab).all("/v1/alerts");
    let mut codes: Vec<&str> = alerts
        .iter()
        .filter_map(|alert| alert["code"].as_str())
        .collect();
    codes.sort_unstable();
    assert_eq!(codes, ["unknown_clinic", "unknown_lab"]);
}

#[test]
fn what_it_changed_is_published_and_names_its_cause() {
    let (server, lab, day) = (shared(), fresh("L"), date_in(2));
    let admin = server.admin();
    admin
        .event_with_id(
            &fresh("e"),
            "CaseReadyToShip",
            &case(&lab, "C1", "K1", &day),
        )
        .result();
    admin
        .event_with_id(
            &fresh("e"),
            "CaseReadyToShip",
            &case(&lab, "C1", "K2", &day),
        )
        .result();
    let log = admin.all(&format!("/v1/events?labId={lab}"));
    let seen: Vec<String> = log
        .iter()
        .map(|row| {
            format!("{} {} {}", row["direction"], row["source"], row["type"]).replace('"', "")
        })
        .collect();
    let expected = [
        "in cases.production CaseReadyToShip",
        "out logistics.delivery DeliveryScheduled",
        "in cases.production CaseReadyToShip",
        "out logistics.delivery DeliveryChanged",
    ];
    assert_eq!(seen, expected);
    assert_eq!(
        (&log[1]["causedBy"], &log[3]["causedBy"]),
        (&log[0]["seq"], &log[2]["seq"])
    );
    assert!(
        log[0]["changes"]
            .as_array()
            .is_some_and(|changes| !changes.is_empty())
    );
    assert_eq!(log[3]["detail"]["packageCount"], 2);
}
