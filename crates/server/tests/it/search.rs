//! What dispatchers look for, and what they must not find.

use std::sync::Arc;

use serde_json::{Value, json};

use crate::harness::{Client, Server, case, date_in, fresh, pickup, shared, with};

struct Town {
    server: Arc<Server>,
    lab: String,
    desk: Client,
}

impl Town {
    /// A lab with a clinic and a driver that have names, a case on the way to it and a pickup there.
    fn new() -> Self {
        let (server, lab) = (shared(), fresh("L"));
        let desk = server.role("dispatcher", &lab);
        let place = |lat: f64| json!({ "lat": lat, "lng": -71.0 });
        let admin = server.admin();
        let body = json!({ "name": "The lab", "timeZone": "UTC", "location": place(42.0) });
        admin.put(&format!("/v1/labs/{lab}"), &body).expect(201);
        let body = json!({ "labId": lab, "name": "Bright Smile Center", "location": place(42.1) });
        desk.put("/v1/clinics/C-BRIGHT", &body).expect(201);
        let body = json!({ "labId": lab, "name": "Maria Lindgren" });
        desk.put("/v1/drivers/D-7", &body).expect(201);
        let sent = with(
            case(&lab, "C-BRIGHT", "K-100", &date_in(1)),
            json!({ "patientName": "Zebulon Canary" }),
        );
        let done = admin.event("CaseReadyToShip", &sent).result();
        admin
            .event("PickupRequested", &pickup(&lab, "C-BRIGHT", "PU-55", 24))
            .result();
        let body = json!({ "id": "R-1", "labId": lab, "driverId": "D-7", "date": date_in(1), "stops": [
            { "id": "S-1", "clinicId": "C-BRIGHT", "deliveryIds": [done["deliveryId"]], "pickupIds": ["PU-55"] },
        ] });
        desk.post("/v1/routes", &body).expect(201);
        Self { server, lab, desk }
    }

    fn find(&self, q: &str) -> Vec<Value> {
        let found = self.desk.get(&address(q)).expect(200);
        found["items"].as_array().expect("items").clone()
    }

    /// Kind and title of what is found.
    fn titles(&self, q: &str) -> Vec<String> {
        let text = |value: &Value| value.as_str().expect("a text").to_owned();
        let one = |item: &Value| format!("{} {}", text(&item["kind"]), text(&item["title"]));
        self.find(q).iter().map(one).collect()
    }
}

fn address(q: &str) -> String {
    use std::fmt::Write as _;
    let mut address = "/v1/search?q=".to_owned();
    for byte in q.bytes() {
        write!(address, "%{byte:02X}").expect("a text");
    }
    address
}

#[test]
fn a_case_is_found_where_it_is() {
    let town = Town::new();
    let found = town.find("k-100");
    assert_eq!(found.len(), 1, "{found:?}");
    let item = &found[0];
    for (name, value) in [
        ("kind", "case"),
        ("id", "K-100"),
        ("labId", town.lab.as_str()),
        ("title", "K-100"),
        ("clinicId", "C-BRIGHT"),
        ("clinicName", "Bright Smile Center"),
        ("driverId", "D-7"),
        ("driverName", "Maria Lindgren"),
        ("routeId", "R-1"),
        ("stopId", "S-1"),
        ("status", "scheduled"),
        ("date", &date_in(1)),
        ("at", "lab"),
    ] {
        assert_eq!(item[name], value, "{name} of {item}");
    }
    let eta = item["eta"].as_str().expect("an ETA");
    assert!(eta.starts_with(&format!("{}T08:2", date_in(1))), "{eta}");
    town.desk
        .post("/v1/routes/R-1/start", &json!({}))
        .expect(200);
    assert_eq!(town.find("K-100")[0]["at"], "van");
    town.desk
        .post("/v1/stops/S-1/complete", &json!({}))
        .expect(200);
    let item = town.find("K-100").remove(0);
    assert_eq!(
        (&item["at"], &item["status"], &item["eta"]),
        (&json!("clinic"), &json!("delivered"), &Value::Null)
    );
    let fetched = town.find("pu-55").remove(0);
    assert_eq!(
        (&fetched["at"], &fetched["title"]),
        (&json!("van"), &json!("PU-55"))
    );
}

#[test]
fn numbers_are_found_by_their_beginning_and_names_by_their_words() {
    let town = Town::new();
    for number in ["K-1001", "K-1002", "X-100"] {
        let sent = case(&town.lab, "C-OTHER", number, &date_in(2));
        town.server.admin().event("CaseReadyToShip", &sent).result();
    }
    assert_eq!(
        town.titles("K-100"),
        ["case K-100", "case K-1001", "case K-1002"]
    );
    assert_eq!(town.titles("K-1001"), ["case K-1001"]);
    assert_eq!(town.titles("PU-"), ["pickup PU-55"]);
    assert_eq!(town.titles("smile"), ["clinic Bright Smile Center"]);
    assert_eq!(town.titles("center BRI"), ["clinic Bright Smile Center"]);
    assert_eq!(town.titles("lindg"), ["driver Maria Lindgren"]);
    assert_eq!(town.titles("d-7"), ["driver Maria Lindgren"]);
    assert_eq!(town.titles("R-1"), ["route R-1"]);
    assert_eq!(town.titles("S-1"), ["stop S-1"]);
    // Who comes to a clinic next, and when.
    let clinic = town.find("smile").remove(0);
    assert_eq!(
        (&clinic["stopId"], &clinic["driverName"]),
        (&json!("S-1"), &json!("Maria Lindgren"))
    );
    assert!(clinic["eta"].is_string(), "{clinic}");
    town.desk
        .post("/v1/routes/R-1/start", &json!({}))
        .expect(200);
    let driver = town.find("maria").remove(0);
    assert_eq!(
        (&driver["routeId"], &driver["status"]),
        (&json!("R-1"), &json!("started"))
    );
}

#[test]
fn of_many_the_exact_one_is_first_and_twenty_are_told() {
    let town = Town::new();
    let details: Vec<Value> = (0..30)
        .map(|number| case(&town.lab, "C-MANY", &format!("M-1{number:02}"), &date_in(2)))
        .chain([case(&town.lab, "C-MANY", "m-1", &date_in(2))])
        .collect();
    for sent in details {
        town.server.admin().event("CaseReadyToShip", &sent).result();
    }
    let found = town.titles("m-1");
    assert_eq!((found.len(), found[0].as_str()), (20, "case m-1"));
    assert_eq!(found[1], "case M-100");
}

#[test]
fn bad_input_finds_nothing_or_is_refused() {
    let town = Town::new();
    for q in [
        "",
        " ",
        "K",
        "1",
        "%",
        "%%",
        "__",
        "K_100",
        "K%",
        "' OR 1=1 --",
        "\"",
        "🦷🦷",
    ] {
        assert_eq!(town.titles(q), [""; 0], "{q}");
    }
    assert_eq!(town.desk.get("/v1/search").expect(200)["items"], json!([]));
    for q in ["K-1\u{0}00", "K-100\n", "K\u{7f}-1", "K-1\u{85}"] {
        let answer = town.desk.get(&address(q));
        answer.refused(400, "validation_failed");
        assert_eq!(
            answer.faults(),
            [("q".to_owned(), "invalid_char".to_owned())]
        );
    }
    let long = town.desk.get(&address(&"x".repeat(101)));
    assert_eq!(long.faults(), [("q".to_owned(), "too_long".to_owned())]);
    assert_eq!(town.titles(&"é".repeat(100)), [""; 0]);
    // Bytes that are no text are no reason to fail.
    let status = town.desk.get("/v1/search?q=%ff%fe").status;
    assert!(status == 200 || status == 400, "{status}");
}

#[test]
fn another_labs_things_and_patients_are_not_found() {
    let (town, other) = (Town::new(), Town::new());
    let sent = case(&other.lab, "C-BRIGHT", "K-200", &date_in(1));
    other
        .server
        .admin()
        .event("CaseReadyToShip", &sent)
        .result();
    assert_eq!(town.titles("K-200"), [""; 0]);
    assert_eq!(town.titles("K-100").len(), 1, "each lab has its own");
    let foreign = format!("{}&labId={}", address("K-200"), other.lab);
    assert_eq!(town.desk.get(&foreign).expect(200)["items"], json!([]));
    let admin = town.server.admin();
    let theirs = admin.get(&foreign).expect(200);
    assert_eq!(theirs["items"][0]["labId"], other.lab.as_str());
    // By name nobody finds a patient, and nobody is told of one.
    assert_eq!(town.titles("Zebulon"), [""; 0]);
    assert_eq!(town.titles("canary"), [""; 0]);
    let all = town.desk.get(&address("K-100")).expect(200).to_string();
    assert!(!all.contains("Canary"), "{all}");
}

#[test]
fn many_numbers_that_begin_so_hide_no_name() {
    let town = Town::new();
    let admin = town.server.admin();
    for number in 0..30 {
        let sent = case(
            &town.lab,
            "C-BRIGHT",
            &format!("BRIGHT-{number}"),
            &date_in(2),
        );
        admin.event("CaseReadyToShip", &sent).result();
    }
    let titles = town.titles("bright");
    assert_eq!(titles.len(), 20, "{titles:?}");
    assert!(
        titles.contains(&"clinic Bright Smile Center".to_owned()),
        "{titles:?}"
    );
    // One that is meant exactly comes first all the same.
    assert_eq!(town.titles("bright-7")[0], "case BRIGHT-7");
}
