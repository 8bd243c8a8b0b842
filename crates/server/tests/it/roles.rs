//! Every role on every route: what a role may not do is 403, what belongs to another lab 404, and nobody is 401.

use serde_json::{Value, json};

use crate::harness::{Client, Server, case, date_in, fresh, pickup, shared};

const ROLES: [&str; 5] = ["dispatcher", "driver", "source", "finance", "viewer"];

/// Method, path, and the roles beside `admin` that may: d(ispatcher), D(river), s(ource), f(inance), v(iewer).
const ROUTES: &[(&str, &str, &str)] = &[
    ("GET", "/", "dDsfv"),
    ("GET", "/integrations", "d"),
    ("GET", "/v1/map", "dDv"),
    ("GET", "/v1/search", "dv"),
    ("GET", "/metrics", "dv"),
    ("GET", "/v1/me", "dDsfv"),
    ("POST", "/v1/tickets", "dDsv"),
    ("GET", "/v1/tokens", ""),
    ("POST", "/v1/tokens", ""),
    ("DELETE", "/v1/tokens/x", ""),
    ("GET", "/v1/events", "dfv"),
    ("POST", "/v1/events", "dsf"),
    ("GET", "/v1/events/999999999", "dfv"),
    ("GET", "/v1/labs", "dfv"),
    ("GET", "/v1/labs/x", "dfv"),
    ("PUT", "/v1/labs/x", ""),
    ("GET", "/v1/clinics", "dfv"),
    ("GET", "/v1/clinics/x", "dfv"),
    ("PUT", "/v1/clinics/x", "d"),
    ("GET", "/v1/drivers", "dfv"),
    ("GET", "/v1/drivers/x", "dfv"),
    ("PUT", "/v1/drivers/x", "d"),
    ("GET", "/v1/drivers/x/devices", "d"),
    ("POST", "/v1/drivers/x/devices", "d"),
    ("DELETE", "/v1/drivers/x/devices/x", "d"),
    ("POST", "/v1/drivers/x/invites", "d"),
    ("DELETE", "/v1/drivers/x/sessions", "d"),
    ("POST", "/v1/drivers/x/status", "dD"),
    ("GET", "/v1/drive", "dD"),
    ("POST", "/v1/positions", "Ds"),
    ("POST", "/v1/drivers/x/positions", "Ds"),
    ("GET", "/v1/drivers/x/positions", "dDv"),
    ("GET", "/v1/drivers/x/statistics", "dDv"),
    ("GET", "/ws/driver", "Ds"),
    ("GET", "/v1/endpoints", ""),
    ("GET", "/v1/endpoints/x", ""),
    ("PUT", "/v1/endpoints/x", ""),
    ("POST", "/v1/endpoints/x/secrets", ""),
    ("DELETE", "/v1/endpoints/x/secrets/x", ""),
    ("POST", "/v1/import/clinics", "d"),
    ("GET", "/v1/deliveries", "dfv"),
    ("GET", "/v1/deliveries/x", "dfv"),
    ("PATCH", "/v1/deliveries/x", "d"),
    ("GET", "/v1/pickups", "dfv"),
    ("GET", "/v1/pickups/x", "dfv"),
    ("PATCH", "/v1/pickups/x", "d"),
    ("DELETE", "/v1/pickups/x", "d"),
    ("GET", "/v1/invoices", "dfv"),
    ("GET", "/v1/invoices/x", "dfv"),
    ("PUT", "/v1/invoices/x", "f"),
    ("GET", "/v1/routes", "dDv"),
    ("POST", "/v1/routes", "d"),
    ("GET", "/v1/routes/x", "dDv"),
    ("PATCH", "/v1/routes/x", "d"),
    ("POST", "/v1/routes/x/start", "dD"),
    ("POST", "/v1/routes/x/finish", "dD"),
    ("GET", "/v1/stops/x", "dDv"),
    ("POST", "/v1/stops/x/arrive", "dD"),
    ("POST", "/v1/stops/x/complete", "dD"),
    ("POST", "/v1/stops/x/fail", "dD"),
    ("POST", "/v1/stops/x/skip", "dD"),
    ("POST", "/v1/stops/x/move", "d"),
    ("POST", "/v1/fit", "d"),
    ("POST", "/v1/proofs", "dDs"),
    ("GET", "/v1/proofs/x", "df"),
    ("GET", "/v1/explain/x", "df"),
    ("GET", "/v1/heard", "d"),
    ("GET", "/v1/reports/unbilled", "dfv"),
    ("GET", "/v1/alerts", "dv"),
    ("POST", "/v1/alerts/999999999/close", "d"),
    ("POST", "/v1/alerts/999999999/snooze", "d"),
    ("GET", "/v1/quarantine", "d"),
    ("GET", "/v1/quarantine/groups", "d"),
    ("POST", "/v1/quarantine/repair", "d"),
    ("POST", "/v1/quarantine/redrive", "d"),
    ("GET", "/v1/quarantine/x", "d"),
    ("POST", "/v1/quarantine/x/redrive", "d"),
    ("GET", "/v1/subscriptions", ""),
    ("GET", "/v1/subscriptions/x", ""),
    ("PUT", "/v1/subscriptions/x", ""),
    ("DELETE", "/v1/subscriptions/x", ""),
    ("POST", "/v1/subscriptions/x/test", ""),
    ("POST", "/v1/subscriptions/x/secrets", ""),
    ("DELETE", "/v1/subscriptions/x/secrets/x", ""),
    ("GET", "/v1/notices", "dv"),
    ("POST", "/v1/notices/test", ""),
    ("GET", "/v1/templates", "d"),
    ("GET", "/v1/templates/x", "d"),
    ("PUT", "/v1/templates/x", ""),
    ("DELETE", "/v1/templates/x", ""),
    ("GET", "/v1/messages", "d"),
    ("GET", "/v1/dead-letters", "d"),
    ("GET", "/v1/dead-letters/groups", "d"),
    ("POST", "/v1/dead-letters/redrive", "d"),
    ("POST", "/v1/dead-letters/999999999/redrive", "d"),
    ("GET", "/v1/integration/metrics", "dv"),
    ("DELETE", "/v1/integration/metrics", ""),
    ("GET", "/v1/integration/series", "dv"),
    ("GET", "/v1/rate-limits", ""),
    ("DELETE", "/v1/rate-limits/token/x", ""),
    ("GET", "/ws/dispatch", "dv"),
];

fn status(client: &Client, method: &str, path: &str) -> u16 {
    let body: &[u8] = if matches!(method, "POST" | "PUT" | "PATCH") {
        b"{}"
    } else {
        b""
    };
    client
        .send(method, path, &[("content-type", "application/json")], body)
        .status
}

#[test]
fn every_role_on_every_route() {
    let (server, lab) = (shared(), fresh("L"));
    let holders = ROLES.map(|role| (role, server.role(role, &lab)));
    for &(method, path, may) in ROUTES {
        let nobody = status(&server.nobody(), method, path);
        assert!(
            nobody == 401 || matches!(path, "/" | "/integrations"),
            "{method} {path} for nobody: {nobody}"
        );
        for (role, holder) in &holders {
            let letter = if *role == "driver" {
                'D'
            } else {
                role.chars().next().expect("a letter")
            };
            let told = status(holder, method, path);
            let allowed = may.contains(letter);
            assert_eq!(told != 403, allowed, "{method} {path} for {role}: {told}");
            assert!(
                told != 401 && told < 500,
                "{method} {path} for {role}: {told}"
            );
        }
    }
}

/// So that a new route is judged here too.
#[test]
fn no_route_is_forgotten_here() {
    let document = shared().nobody().get("/openapi.json").expect(200);
    let fits = |described: &str, here: &str| {
        let (mut one, mut two) = (described.split('/'), here.split('/'));
        loop {
            match (one.next(), two.next()) {
                (None, None) => return true,
                (Some(part), Some(_)) if part.starts_with("{*") => return true,
                (Some(part), Some(own)) if part == own || part.starts_with('{') => {}
                _ => {
                    return part_is_rest(described)
                        && here.starts_with(described.split('{').next().unwrap_or_default());
                }
            }
        }
    };
    for (path, methods) in document["paths"].as_object().expect("paths") {
        let is_open = path.starts_with("/webhooks")
            || path.starts_with("/schemas/")
            || path.starts_with("/assets/")
            || path.starts_with("/icons/")
            || path.starts_with("/t/")
            || matches!(
                path.as_str(),
                "/healthz"
                    | "/readyz"
                    | "/login"
                    | "/logout"
                    | "/v1/stream"
                    | "/owntracks"
                    | "/osmand"
                    | "/drive"
                    | "/drive.webmanifest"
                    | "/sw.js"
                    | "/asyncapi.json"
            );
        for method in methods.as_object().expect("methods").keys() {
            let known = ROUTES
                .iter()
                .any(|(own, here, _)| own.eq_ignore_ascii_case(method) && fits(path, here));
            assert!(known || is_open, "{method} {path}");
        }
    }
}

/// Whether the last part of a described path stands for several.
fn part_is_rest(described: &str) -> bool {
    described.ends_with("{key}")
}

/// A lab with one of everything, and an admin of another lab.
struct Elsewhere {
    server: std::sync::Arc<Server>,
    lab: String,
    delivery: String,
    pickup: String,
    invoice: String,
    plan: Value,
    route: Value,
    stranger: Client,
}

impl Elsewhere {
    fn new() -> Self {
        let (server, lab, invoice) = (shared(), fresh("L"), fresh("X-I"));
        let admin = server.admin();
        let id = |result: &Value, name: &str| result[name].as_str().expect("an id").to_owned();
        let delivery = id(
            &admin
                .event("CaseReadyToShip", &case(&lab, "X-C", "X-K", &date_in(0)))
                .result(),
            "deliveryId",
        );
        let pickup = id(
            &admin
                .event("PickupRequested", &pickup(&lab, "X-C", "X-P", 30))
                .result(),
            "id",
        );
        let issued = json!({ "labId": lab, "clinicId": "X-C", "caseIds": ["X-K"] });
        admin
            .put(&format!("/v1/invoices/{invoice}"), &issued)
            .expect(201);
        let plan = json!({ "labId": lab, "driverId": "D-1", "date": date_in(0), "stops": [{ "clinicId": "X-C", "deliveryIds": [delivery] }] });
        let route = admin.post("/v1/routes", &plan).expect(201);
        let stranger = server.token(&json!({ "role": "admin", "labId": fresh("L") }));
        Self {
            server,
            lab,
            delivery,
            pickup,
            invoice,
            plan,
            route,
            stranger,
        }
    }
}

#[test]
fn rows_of_another_lab_do_not_exist() {
    let there = Elsewhere::new();
    let Elsewhere {
        lab,
        delivery,
        pickup,
        invoice,
        stranger,
        ..
    } = &there;
    let (route, stop) = (
        there.route["id"].as_str().expect("an id"),
        there.route["stops"][0]["id"].as_str().expect("an id"),
    );
    let seq = there.server.admin().all(&format!("/v1/events?labId={lab}"))[0]["seq"].clone();
    for (method, path) in [
        ("GET", format!("/v1/labs/{lab}")),
        ("GET", format!("/v1/events/{seq}")),
        ("GET", format!("/v1/clinics/X-C?labId={lab}")),
        ("GET", format!("/v1/deliveries/{delivery}")),
        ("GET", format!("/v1/deliveries/{delivery}?labId={lab}")),
        ("PATCH", format!("/v1/deliveries/{delivery}")),
        ("GET", format!("/v1/pickups/{pickup}")),
        ("PATCH", format!("/v1/pickups/{pickup}")),
        ("DELETE", format!("/v1/pickups/{pickup}")),
        ("GET", format!("/v1/invoices/{invoice}")),
        ("GET", format!("/v1/routes/{route}")),
        ("PATCH", format!("/v1/routes/{route}")),
        ("POST", format!("/v1/routes/{route}/start")),
        ("POST", format!("/v1/routes/{route}/finish")),
        ("GET", format!("/v1/stops/{stop}")),
        ("POST", format!("/v1/stops/{stop}/arrive")),
        ("POST", format!("/v1/stops/{stop}/complete")),
        ("POST", format!("/v1/stops/{stop}/skip")),
        ("GET", format!("/ws/dispatch?labId={lab}")),
        ("GET", format!("/v1/stream?labId={lab}")),
    ] {
        let told = status(stranger, method, &path);
        // What is no socket is told so before anybody looks at the lab.
        assert!(
            told == 404 || (path.starts_with("/ws/") && told == 400),
            "{method} {path}: {told}"
        );
    }
    let failed = stranger.post(&format!("/v1/stops/{stop}/fail"), &json!({ "reason": "x" }));
    assert_eq!(failed.status, 404);
    let still = there
        .server
        .admin()
        .get(&format!("/v1/deliveries/{delivery}"))
        .expect(200);
    assert_eq!(still["status"], "assigned", "and nothing was done");
}

#[test]
fn lists_of_another_lab_are_empty_and_nothing_is_put_there() {
    let there = Elsewhere::new();
    let Elsewhere {
        lab,
        invoice,
        stranger,
        plan,
        ..
    } = &there;
    let lists = "deliveries pickups clinics drivers labs invoices routes alerts events endpoints quarantine subscriptions messages dead-letters";
    for list in lists.split(' ') {
        assert!(
            stranger.all(&format!("/v1/{list}?labId={lab}")).is_empty(),
            "{list}"
        );
        assert!(stranger.all(&format!("/v1/{list}")).is_empty(), "{list}");
    }
    for (path, body) in [
        (
            format!("/v1/labs/{lab}"),
            json!({ "name": "Mine", "timeZone": "UTC" }),
        ),
        (
            "/v1/clinics/X-C".to_owned(),
            json!({ "labId": lab, "name": "Mine" }),
        ),
        (
            "/v1/drivers/D-1".to_owned(),
            json!({ "labId": lab, "name": "Mine" }),
        ),
        (
            format!("/v1/invoices/{invoice}"),
            json!({ "labId": lab, "clinicId": "X-C", "caseIds": ["X-K"] }),
        ),
        (
            format!("/v1/endpoints/{}", fresh("e")),
            json!({ "labId": lab, "system": "dentrix" }),
        ),
        (
            format!("/v1/subscriptions/{}", fresh("s")),
            json!({ "labId": lab, "url": "https://example.com/" }),
        ),
    ] {
        assert_eq!(stranger.put(&path, &body).status, 404, "{path}");
    }
    assert_eq!(stranger.post("/v1/routes", plan).status, 404);
}
