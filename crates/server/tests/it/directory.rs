//! Labs, clinics and drivers: set up, changed with `If-Match`, imported, merged.

use serde_json::{Value, json};

use crate::harness::{Server, Start, case, date_in, fresh, pickup, shared, texts};

#[test]
fn put_makes_and_changes() {
    let (server, lab) = (shared(), fresh("L"));
    let admin = server.admin();
    let path = format!("/v1/labs/{lab}");
    let body = json!({ "name": "Lab", "timeZone": "America/New_York", "location": { "lat": 40.7, "lng": -74.0 }, "workingDays": ["MO", "TU"], "holidays": ["2026-12-25"], "cutoff": "16:00", "colour": "red" });
    let made = admin.put(&path, &body).expect(201);
    assert_eq!(
        (&made["name"], &made["timeZone"], &made["verified"]),
        (&json!("Lab"), &json!("America/New_York"), &json!(true))
    );
    assert_eq!(made.get("colour"), None);
    assert_eq!(admin.put(&path, &body).status, 200);
    assert_eq!(
        admin.get(&path).expect(200)["workingDays"],
        json!(["MO", "TU"])
    );

    let clinic = json!({
        "labId": lab, "name": "North", "address": "1 Road", "location": { "lat": 40.7, "lng": -74.0 }, "timeZone": "America/Chicago",
        "hours": { "MO": [{ "from": "08:00", "to": "12:00" }] }, "fence": { "radius": 150 }, "contact": { "name": "Ann", "phone": "555-1234", "email": "a@b.example" },
    });
    let made = admin.put("/v1/clinics/N-1", &clinic).expect(201);
    assert_eq!(
        (&made["fence"]["radius"], &made["contact"]["phone"]),
        (&json!(150.0), &json!("555-1234"))
    );
    let seen = server.role("viewer", &lab).get("/v1/clinics/N-1");
    assert!(
        seen.status == 200 && !seen.text.contains("555-1234"),
        "{}",
        seen.text
    );

    let driver = json!({ "labId": lab, "name": "Dan", "shift": { "from": "08:00", "to": "16:00" }, "capacity": 40 });
    assert_eq!(
        admin.put("/v1/drivers/D-1", &driver).expect(201)["capacity"],
        40
    );
    assert_eq!(
        admin
            .get(&format!("/v1/drivers/D-1?labId={lab}"))
            .expect(200)["name"],
        "Dan"
    );
}

#[test]
fn a_stub_becomes_verified_when_it_is_set_up() {
    let (server, lab) = (shared(), fresh("L"));
    server
        .admin()
        .event("CaseReadyToShip", &case(&lab, "C1", "K1", &date_in(1)))
        .result();
    let clinic = json!({ "labId": lab, "name": "North" });
    let changed = server.admin().put("/v1/clinics/C1", &clinic).expect(200);
    assert_eq!(
        (&changed["verified"], &changed["name"]),
        (&json!(true), &json!("North"))
    );
}

#[test]
fn if_match_is_checked_where_it_is_sent() {
    let (server, lab) = (shared(), fresh("L"));
    let admin = server.admin();
    let body = json!({ "labId": lab, "name": "North" }).to_string();
    let path = "/v1/clinics/M-1";
    let put = |version: &str| {
        admin.send(
            "PUT",
            path,
            &[("content-type", "application/json"), ("if-match", version)],
            body.as_bytes(),
        )
    };
    assert_eq!(put("0").status, 201, "none there");
    let made = admin.get(&format!("{path}?labId={lab}")).expect(200);
    let version = made["version"].as_u64().expect("a version");
    put("7").refused(412, "version_mismatch");
    assert_eq!(put(&format!("\"{version}\"")).status, 200);
    assert_eq!(put("*").status, 200);
    let bad = put("soon");
    assert_eq!(
        (bad.status, bad.faults()),
        (
            400,
            vec![("If-Match".to_owned(), "invalid_format".to_owned())]
        )
    );

    let delivery = admin
        .event("CaseReadyToShip", &case(&lab, "C1", "K1", &date_in(1)))
        .result()["deliveryId"]
        .clone();
    let path = format!("/v1/deliveries/{}", delivery.as_str().expect("an id"));
    let version = admin.get(&path).expect(200)["version"].clone();
    let patch = |version: &str| {
        let body = json!({ "deliveryDate": date_in(4) }).to_string();
        admin.send(
            "PATCH",
            &path,
            &[("content-type", "application/json"), ("if-match", version)],
            body.as_bytes(),
        )
    };
    patch("99").refused(412, "version_mismatch");
    let moved = patch(&version.to_string()).expect(200);
    assert_eq!(
        (&moved["deliveryDate"], texts(&moved["cases"], "caseId")),
        (&json!(date_in(4)), vec!["K1".to_owned()])
    );
    patch(&version.to_string()).refused(412, "version_mismatch");
    assert_eq!(
        admin
            .patch(&path, &json!({ "status": "cancelled" }))
            .expect(200)["status"],
        "cancelled"
    );
}

#[test]
fn all_faults_of_a_put_are_named() {
    let server = shared();
    let admin = server.admin();
    let faults = |path: &str, body| {
        admin
            .put(path, &body)
            .faults()
            .into_iter()
            .map(|(field, reason)| format!("{field} {reason}"))
            .collect::<Vec<_>>()
    };
    let lab = json!({ "timeZone": "Mars/Olympus", "workingDays": ["XX"], "cutoff": "25:00" });
    assert_eq!(
        faults("/v1/labs/x", lab),
        [
            "name required",
            "timeZone unknown_value",
            "workingDays[0] unknown_value",
            "cutoff invalid_format"
        ]
    );
    let clinic = json!({ "labId": "L", "name": "N", "location": { "lat": 91, "lng": 0 }, "hours": { "MO": [{ "from": "12:00", "to": "08:00" }] }, "fence": { "radius": 1 } });
    assert_eq!(
        faults("/v1/clinics/x", clinic),
        [
            "location.lat out_of_range",
            "hours.MO[0].to out_of_range",
            "fence.radius out_of_range"
        ]
    );
    assert_eq!(faults("/v1/drivers/-x", json!({})), ["id invalid_char"]);
}

#[test]
fn clinics_come_from_csv_with_a_line_per_row() {
    let (server, lab) = (shared(), fresh("L"));
    let desk = server.role("dispatcher", &lab);
    let csv = format!(
        "id,labId,name,location.lat,location.lng,hours.MO,contact.phone\n\
         I-1,{lab},North,40.7,-74.0,08:00-12:00 13:00-17:00,555-1234\n\
         bad id,{lab},East,,,,\n\
         I-2,{lab},,91,0,08:00,\n\
         I-3,ELSEWHERE,South,,,,\n\
         I-4,{lab},\"West, upper\",,,,\n"
    );
    let report = desk
        .send(
            "POST",
            "/v1/import/clinics",
            &[("content-type", "text/csv")],
            csv.as_bytes(),
        )
        .expect(200);
    assert_eq!(
        (&report["rows"], &report["imported"], &report["rejected"]),
        (&json!(5), &json!(2), &json!(3))
    );
    let lines = &report["lines"];
    assert_eq!(
        texts(lines, "status"),
        ["imported", "rejected", "rejected", "rejected", "imported"]
    );
    assert_eq!(
        (&lines[0]["line"], &lines[1]["errors"][0]["field"]),
        (&json!(2), &json!("id"))
    );
    let fields: Vec<String> = texts(&lines[2]["errors"], "field");
    assert_eq!(fields, ["name", "location.lat", "hours.MO[0].to"]);
    let clinic = desk.get("/v1/clinics/I-1").expect(200);
    assert_eq!(clinic["hours"]["MO"].as_array().map(Vec::len), Some(2));
    assert_eq!(
        desk.get("/v1/clinics/I-4").expect(200)["name"],
        "West, upper"
    );
    assert_eq!(desk.get("/v1/clinics/I-3").status, 404);
}

#[test]
fn labs_and_drivers_come_from_csv_too() {
    let (server, lab) = (shared(), fresh("L"));
    let admin = server.admin();
    let post = |kind: &str, csv: &str| {
        admin.send(
            "POST",
            &format!("/v1/import/{kind}"),
            &[("content-type", "text/csv")],
            csv.as_bytes(),
        )
    };
    let labs = post(
        "labs",
        &format!("\u{feff}id,name,timeZone,workingDays\n{lab},Lab,UTC,MO TU;WE\n"),
    )
    .expect(200);
    assert_eq!(labs["imported"], 1);
    assert_eq!(
        admin.get(&format!("/v1/labs/{lab}")).expect(200)["workingDays"],
        json!(["MO", "TU", "WE"])
    );
    let drivers = post(
        "drivers",
        &format!("id,labId,name,capacity,phone\nD-1,{lab},Dan,40,555-0123\nD-2,{lab},Eve,many,\n"),
    )
    .expect(200);
    assert_eq!(texts(&drivers["lines"], "status"), ["imported", "rejected"]);
    let seen = |role: &str, path: &str| server.role(role, &lab).get(path).expect(200);
    let (one, all) = ("/v1/drivers/D-1", "/v1/drivers");
    for role in ["dispatcher", "admin"] {
        assert_eq!(seen(role, one)["phone"], "555-0123", "{role}");
        assert_eq!(seen(role, all)["items"][0]["phone"], "555-0123", "{role}");
    }
    for path in [one, all] {
        let shown = seen("viewer", path).to_string();
        assert!(shown.contains("Dan") && !shown.contains("555"), "{shown}");
    }
    // What they say of themselves takes nothing of it away.
    let at_work = json!({ "onDuty": false });
    let said = server
        .role("driver", &lab)
        .post("/v1/drivers/D-1/status", &at_work)
        .expect(200);
    assert_eq!(
        (&said["presence"], &said["phone"]),
        (&json!("off_duty"), &Value::Null)
    );
    assert_eq!(seen("dispatcher", one)["phone"], "555-0123");
    assert_eq!(post("cars", "id\n1\n").status, 404);
    assert_eq!(
        post("clinics", "name\nNorth\n").faults(),
        [("id".to_owned(), "required".to_owned())]
    );
    server
        .role("dispatcher", &lab)
        .send(
            "POST",
            "/v1/import/labs",
            &[("content-type", "text/csv")],
            b"id,name\n",
        )
        .refused(403, "forbidden");
}

#[test]
fn merging_a_clinic_takes_its_open_work_along() {
    let (server, lab) = (shared(), fresh("L"));
    let admin = server.admin();
    admin
        .event("CaseReadyToShip", &case(&lab, "OLD", "K1", &date_in(2)))
        .result();
    admin
        .event("CaseReadyToShip", &case(&lab, "NEW", "K2", &date_in(2)))
        .result();
    admin
        .event("PickupRequested", &pickup(&lab, "OLD", "P1", 30))
        .result();
    let merged = admin
        .put(
            "/v1/clinics/OLD",
            &json!({ "labId": lab, "mergeInto": "NEW" }),
        )
        .expect(200);
    assert_eq!(merged["mergedInto"], "NEW");
    let open = admin
        .get(&format!("/v1/deliveries?labId={lab}&status=scheduled"))
        .expect(200);
    assert_eq!(
        (
            texts(&open["items"], "clinicId"),
            &open["items"][0]["packageCount"]
        ),
        (vec!["NEW".to_owned()], &json!(2))
    );
    assert_eq!(
        admin
            .get(&format!("/v1/pickups/P1?labId={lab}"))
            .expect(200)["clinicId"],
        "NEW"
    );
    let later = admin
        .event("CaseReadyToShip", &case(&lab, "OLD", "K3", &date_in(2)))
        .result();
    assert_eq!(
        (&later["clinicId"], &later["packageCount"]),
        (&json!("NEW"), &json!(3))
    );
    // The sender still knows its pickup by the old clinic.
    let again = admin
        .event("PickupRequested", &pickup(&lab, "OLD", "P1", 30))
        .expect(200);
    assert_eq!(again["status"], "duplicate");
    let circle = admin.put(
        "/v1/clinics/NEW",
        &json!({ "labId": lab, "mergeInto": "OLD" }),
    );
    assert!(
        circle.status == 400 || circle.status == 409,
        "{}",
        circle.text
    );
}

#[test]
fn a_server_sees_what_another_one_on_its_folder_changed() {
    let folder = tempfile::tempdir().expect("a folder");
    let one = Start::on(folder.path()).go();
    let other = Start::on(folder.path()).go();
    let ready = |server: &Server, clinic: &str, id: &str| {
        server
            .admin()
            .event("CaseReadyToShip", &case("L1", clinic, id, &date_in(2)))
            .result()
    };
    ready(&one, "OLD", "K1");
    ready(&one, "NEW", "K2");
    other
        .admin()
        .put(
            "/v1/clinics/OLD",
            &json!({ "labId": "L1", "mergeInto": "NEW" }),
        )
        .expect(200);
    // The first one has both clinics and their deliveries in memory by now; none of that holds any more.
    let later = ready(&one, "OLD", "K3");
    assert_eq!(
        (&later["clinicId"], &later["packageCount"]),
        (&json!("NEW"), &json!(3))
    );
}
