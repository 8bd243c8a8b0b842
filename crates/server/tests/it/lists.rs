//! Lists with their filters and pages; ids that several labs use; the log.

use serde_json::json;

use crate::harness::{case, date_in, fresh, pickup, shared, texts};

#[test]
fn lists_are_filtered() {
    let (server, lab) = (shared(), fresh("L"));
    let admin = server.admin();
    for (clinic, id, day) in [
        ("C1", "K1", 2),
        ("C1", "K2", 3),
        ("C2", "K3", 2),
        ("C3", "K4", 2),
    ] {
        admin
            .event("CaseReadyToShip", &case(&lab, clinic, id, &date_in(day)))
            .result();
    }
    admin
        .event("CaseCancelled", &json!({ "caseId": "K4", "labId": lab }))
        .result();
    let count = |query: &str| {
        admin
            .all(&format!("/v1/deliveries?labId={lab}&{query}"))
            .len()
    };
    let day = date_in(2);
    assert_eq!(
        [
            count(""),
            count("clinicId=C1"),
            count(&format!("date={day}")),
            count("status=cancelled")
        ],
        [4, 2, 3, 1]
    );
    assert_eq!(
        count(&format!("clinicId=C1&date={day}&status=scheduled")),
        1
    );
    assert_eq!(count("clinicId=C9"), 0);
    admin
        .event("PickupRequested", &pickup(&lab, "C1", "P1", 30))
        .result();
    assert_eq!(
        admin
            .all(&format!(
                "/v1/pickups?labId={lab}&pickupId=P1&status=requested"
            ))
            .len(),
        1
    );
    assert_eq!(
        texts(&json!(admin.all(&format!("/v1/clinics?labId={lab}"))), "id"),
        ["C1", "C2", "C3"]
    );
    let item = &admin
        .get(&format!("/v1/deliveries?labId={lab}&clinicId=C2"))
        .expect(200)["items"][0];
    assert_eq!(
        (&item["packageCount"], item.get("cases")),
        (&json!(1), None),
        "cases stand in the delivery itself"
    );
}

#[test]
fn pages_follow_each_other_without_gap_or_repetition() {
    let (server, lab) = (shared(), fresh("L"));
    let admin = server.admin();
    for number in 0..7 {
        admin
            .event(
                "CaseReadyToShip",
                &case(
                    &lab,
                    &format!("C{number}"),
                    &format!("K{number}"),
                    &date_in(2),
                ),
            )
            .result();
    }
    let mut seen = Vec::new();
    let mut after = String::new();
    for expected in [3, 3, 1] {
        let page = admin
            .get(&format!("/v1/deliveries?labId={lab}&limit=3&after={after}"))
            .expect(200);
        let clinics = texts(&page["items"], "clinicId");
        assert_eq!(clinics.len(), expected);
        seen.extend(clinics);
        page["next"]
            .as_str()
            .unwrap_or_default()
            .clone_into(&mut after);
    }
    assert!(after.is_empty(), "the last page says so");
    assert_eq!(
        seen,
        (0..7)
            .map(|number| format!("C{number}"))
            .collect::<Vec<_>>()
    );
    let exact = admin
        .get(&format!("/v1/deliveries?labId={lab}&limit=7"))
        .expect(200);
    assert!(
        exact["next"].is_null()
            || admin
                .get(&format!(
                    "/v1/deliveries?labId={lab}&after={}",
                    exact["next"].as_str().unwrap_or_default()
                ))
                .expect(200)["items"]
                == json!([])
    );
}

#[test]
fn an_id_that_two_labs_use_is_ambiguous_until_one_is_named() {
    let (server, one, two) = (shared(), fresh("L"), fresh("L"));
    let id = fresh("shared-");
    let admin = server.admin();
    for lab in [&one, &two] {
        admin
            .put(
                &format!("/v1/clinics/{id}"),
                &json!({ "labId": lab, "name": lab }),
            )
            .expect(201);
    }
    admin
        .get(&format!("/v1/clinics/{id}"))
        .refused(409, "ambiguous_id");
    assert_eq!(
        admin
            .get(&format!("/v1/clinics/{id}?labId={two}"))
            .expect(200)["name"],
        json!(two)
    );
    assert_eq!(
        server
            .role("viewer", &one)
            .get(&format!("/v1/clinics/{id}"))
            .expect(200)["name"],
        json!(one)
    );
    assert_eq!(
        server
            .role("viewer", &one)
            .get(&format!("/v1/clinics/{id}?labId={two}"))
            .status,
        404
    );
}

#[test]
fn the_log_is_filtered_and_read_row_by_row() {
    let (server, lab, id) = (shared(), fresh("L"), fresh("e"));
    let admin = server.admin();
    admin
        .event_with_id(&id, "CaseReadyToShip", &case(&lab, "C1", "K1", &date_in(2)))
        .result();
    admin
        .event("PickupRequested", &pickup(&lab, "C1", "P1", 30))
        .result();
    let of = |query: &str| {
        texts(
            &json!(admin.all(&format!("/v1/events?labId={lab}&{query}"))),
            "type",
        )
    };
    assert_eq!(of("direction=in"), ["CaseReadyToShip", "PickupRequested"]);
    assert_eq!(
        of("direction=out"),
        ["DeliveryScheduled", "PickupConfirmed"]
    );
    assert_eq!(of("type=PickupRequested"), ["PickupRequested"]);
    assert_eq!(of("source=logistics.pickup"), ["PickupConfirmed"]);
    let found = admin
        .get(&format!("/v1/events?source=cases.production&id={id}"))
        .expect(200);
    assert_eq!(texts(&found["items"], "id"), [id.as_str()]);
    let row = &found["items"][0];
    let (seq, next) = (
        row["seq"].as_u64().expect("a number"),
        row["seq"].as_u64().expect("a number") + 1,
    );
    assert_eq!(admin.get(&format!("/v1/events/{seq}")).expect(200), *row);
    let published = admin.get(&format!("/v1/events/{next}")).expect(200);
    assert_eq!(
        (&published["direction"], &published["causedBy"]),
        (&json!("out"), &json!(seq))
    );
    let rest = admin
        .get(&format!("/v1/events?labId={lab}&after={seq}"))
        .expect(200);
    assert_eq!(
        texts(&rest["items"], "type"),
        ["DeliveryScheduled", "PickupRequested", "PickupConfirmed"]
    );
    assert_eq!(
        server
            .role("viewer", &fresh("L"))
            .get(&format!("/v1/events/{seq}"))
            .status,
        404
    );
    assert!(
        server
            .role("viewer", &fresh("L"))
            .all("/v1/events")
            .is_empty()
    );
    assert_eq!(server.role("viewer", &lab).all("/v1/events").len(), 4);
}

#[test]
fn an_alert_is_closed() {
    let (server, lab) = (shared(), fresh("L"));
    server
        .admin()
        .event("CaseReadyToShip", &case(&lab, "C1", "K1", &date_in(2)))
        .result();
    let desk = server.role("dispatcher", &lab);
    let alerts = desk.all("/v1/alerts");
    let number = alerts[0]["number"].as_u64().expect("a number");
    assert_eq!(
        server
            .role("dispatcher", &fresh("L"))
            .post(&format!("/v1/alerts/{number}/close"), &json!({}))
            .status,
        404
    );
    assert_eq!(
        desk.post(&format!("/v1/alerts/{number}/close"), &json!({}))
            .status,
        204
    );
    assert_eq!(
        (
            desk.all("/v1/alerts").len(),
            desk.all("/v1/alerts?status=all").len()
        ),
        (alerts.len() - 1, alerts.len())
    );
}
