//! Who may come in, and how: tokens, the login of browsers, tickets.

use serde_json::{Value, json};

use crate::harness::{ADMIN, Server, Start, case, date_in, eventually, fresh, pickup, shared};

#[test]
fn without_a_valid_token_it_is_401() {
    let server = shared();
    for client in [
        server.nobody(),
        server.holder("pnt_nobodys"),
        server.holder(""),
        server.holder(&ADMIN[1..]),
    ] {
        let answer = client.get("/v1/deliveries");
        answer.refused(401, "unauthorized");
        assert_eq!(answer.header("www-authenticate"), "Bearer");
    }
    let basic = server.nobody().send(
        "GET",
        "/v1/deliveries",
        &[("authorization", &format!("Basic {ADMIN}"))],
        b"",
    );
    assert_eq!(basic.status, 401);
    let in_address = server.nobody().get(&format!("/v1/stream?ticket={ADMIN}"));
    assert_eq!(
        in_address.status, 401,
        "never a long-lived token in an address"
    );
    assert_eq!(
        server
            .nobody()
            .get(&format!("/v1/deliveries?token={ADMIN}"))
            .status,
        401
    );
}

#[test]
fn what_is_open_is_open() {
    let server = shared();
    let nobody = server.nobody();
    for path in [
        "/healthz",
        "/readyz",
        "/login",
        "/openapi.json",
        "/docs/",
        "/webhooks/ehr/health",
    ] {
        assert_eq!(nobody.get(path).status, 200, "{path}");
    }
}

#[test]
fn a_browser_logs_in_with_a_token_and_gets_a_session() {
    let server = shared();
    let nobody = server.nobody();
    let page = nobody.get("/login");
    assert!(
        page.text.contains("<script type=\"module\"")
            && page
                .header("content-security-policy")
                .contains("default-src 'none'"),
        "{}",
        page.text
    );
    let form = [
        ("content-type", "application/x-www-form-urlencoded"),
        ("origin", server.url.as_str()),
    ];
    let answer = nobody.send("POST", "/login", &form, format!("token={ADMIN}").as_bytes());
    assert_eq!((answer.status, answer.header("location")), (303, "/"));
    let cookie = answer.header("set-cookie").to_owned();
    for part in ["HttpOnly", "SameSite=Strict", "Path=/"] {
        assert!(cookie.contains(part), "{cookie}");
    }
    assert!(
        !cookie.contains("Secure") && !cookie.contains(ADMIN),
        "{cookie}"
    );
    let session = cookie.split(';').next().expect("a cookie").to_owned();
    let get = |path: &str| nobody.send("GET", path, &[("cookie", session.as_str())], b"");
    assert_eq!(get("/v1/me").expect(200)["role"], "admin");
    assert_eq!(get("/").status, 200);
    let post = |origin: &str| {
        let headers = [
            ("cookie", session.as_str()),
            ("origin", origin),
            ("content-type", "application/json"),
        ];
        nobody.send("POST", "/v1/tickets", &headers, b"{}").status
    };
    assert_eq!(
        [
            post(&server.url),
            post("https://elsewhere.example"),
            post("null")
        ],
        [201, 403, 403]
    );
    let out = nobody.send(
        "POST",
        "/logout",
        &[
            ("cookie", session.as_str()),
            ("origin", server.url.as_str()),
        ],
        b"",
    );
    assert!(
        out.status == 200 && out.header("set-cookie").contains("Max-Age=0"),
        "{}",
        out.header("set-cookie")
    );
    assert_eq!(get("/v1/me").status, 401);
    assert_eq!(nobody.get("/").header("location"), "/login");
}

#[test]
fn a_wrong_token_does_not_log_in() {
    let server = shared();
    let json = [("content-type", "application/json")];
    server
        .nobody()
        .send("POST", "/login", &json, br#"{"token":"pnt_wrong"}"#)
        .refused(401, "unauthorized");
    let foreign = [
        ("content-type", "application/json"),
        ("origin", "https://elsewhere.example"),
    ];
    let right = format!(r#"{{"token":"{ADMIN}"}}"#);
    server
        .nobody()
        .send("POST", "/login", &foreign, right.as_bytes())
        .refused(403, "forbidden");
    assert_eq!(
        server
            .nobody()
            .send("POST", "/login", &json, right.as_bytes())
            .status,
        200
    );
}

#[test]
fn behind_a_tls_proxy_the_cookie_is_secure() {
    let server = Start::new().env("PONTIC_BEHIND_TLS_PROXY", "true").go();
    let body = format!(r#"{{"token":"{ADMIN}"}}"#);
    let answer = server.nobody().send(
        "POST",
        "/login",
        &[("content-type", "application/json")],
        body.as_bytes(),
    );
    assert!(
        answer.header("set-cookie").ends_with("; Secure"),
        "{}",
        answer.header("set-cookie")
    );
}

#[test]
fn a_session_ends_with_its_token() {
    let server = shared();
    let made = server
        .admin()
        .post(
            "/v1/tokens",
            &json!({ "role": "viewer", "labId": fresh("L") }),
        )
        .expect(201);
    let body = json!({ "token": made["token"] }).to_string();
    let cookie = server.nobody().send(
        "POST",
        "/login",
        &[("content-type", "application/json")],
        body.as_bytes(),
    );
    let session = cookie
        .header("set-cookie")
        .split(';')
        .next()
        .expect("a cookie")
        .to_owned();
    let status = || {
        server
            .nobody()
            .send("GET", "/v1/me", &[("cookie", session.as_str())], b"")
            .status
    };
    assert_eq!(status(), 200);
    let id = made["id"].as_str().expect("an id");
    assert_eq!(
        server.admin().delete(&format!("/v1/tokens/{id}")).status,
        204
    );
    assert_eq!(status(), 401);
    assert_eq!(
        server
            .holder(made["token"].as_str().expect("a text"))
            .get("/v1/me")
            .status,
        401
    );
    assert_eq!(
        server.admin().delete(&format!("/v1/tokens/{id}")).status,
        404
    );
}

#[test]
fn a_ticket_opens_one_stream_once() {
    let (server, lab) = (shared(), fresh("L"));
    let viewer = server.role("viewer", &lab);
    let ticket = viewer.post("/v1/tickets", &json!({})).expect(201)["ticket"]
        .as_str()
        .expect("a text")
        .to_owned();
    // A ticket is no token.
    assert_eq!(server.holder(&ticket).get("/v1/me").status, 401);
    let path = format!("/v1/stream?labId={}&ticket={ticket}", fresh("L"));
    assert_eq!(
        server.nobody().get(&path).status,
        404,
        "another lab's; the ticket is used up all the same"
    );
    assert_eq!(server.nobody().get(&path).status, 401);
    server
        .role("finance", &lab)
        .post("/v1/tickets", &json!({}))
        .refused(403, "forbidden");
}

#[test]
fn tokens_are_shown_once_and_an_admin_of_a_lab_makes_none_for_another() {
    let (server, lab, other) = (shared(), fresh("L"), fresh("L"));
    let admin = server.token(&json!({ "role": "admin", "labId": lab }));
    let made = admin
        .post(
            "/v1/tokens",
            &json!({ "role": "source", "sources": ["crm.portal"], "expiresInDays": 90 }),
        )
        .expect(201);
    assert_eq!(
        (&made["labId"], &made["sources"]),
        (&json!(lab), &json!(["crm.portal"]))
    );
    assert!(
        made["token"]
            .as_str()
            .is_some_and(|token| token.starts_with("pnt_") && token.len() > 40)
    );
    admin
        .post("/v1/tokens", &json!({ "role": "viewer", "labId": other }))
        .refused(403, "forbidden");
    let list = admin.get("/v1/tokens");
    assert!(
        !list.text.contains(made["token"].as_str().expect("a text")),
        "{}",
        list.text
    );
    let items: &Vec<Value> = list.body["items"].as_array().expect("items");
    assert!(
        items.len() == 2 && items.iter().all(|token| token["labId"] == json!(lab)),
        "{items:?}"
    );
    let faults = server
        .admin()
        .post(
            "/v1/tokens",
            &json!({ "role": "king", "labId": "-", "expiresInDays": 0 }),
        )
        .faults();
    assert_eq!(
        faults
            .iter()
            .map(|(field, _)| field.as_str())
            .collect::<Vec<_>>(),
        ["role", "labId", "expiresInDays"]
    );
}

#[test]
fn a_source_posts_its_sources_for_its_lab_only() {
    let (server, lab, other) = (shared(), fresh("L"), fresh("L"));
    let source =
        server.token(&json!({ "role": "source", "labId": lab, "sources": ["cases.production"] }));
    let good = case(&lab, "C1", "K1", &date_in(2));
    source.event("CaseReadyToShip", &good).result();
    let posing = json!({ "source": "crm.portal", "detailType": "CaseReadyToShip", "detail": good });
    let refused = source.post("/v1/events", &posing);
    refused.refused(403, "forbidden");
    assert_eq!(
        refused.faults(),
        [("source".to_owned(), "forbidden".to_owned())]
    );
    let foreign = source.event("CaseReadyToShip", &case(&other, "C1", "K1", &date_in(2)));
    foreign.refused(403, "forbidden");
    assert_eq!(
        foreign.faults(),
        [("detail.labId".to_owned(), "forbidden".to_owned())]
    );
    assert_eq!(
        server.admin().get(&format!("/v1/labs/{other}")).status,
        404,
        "and nothing was made of it"
    );
}

#[test]
fn an_expired_token_is_none() {
    let server = Start::new().now("2025-01-15T12:00:00Z").go();
    let made = server
        .admin()
        .post(
            "/v1/tokens",
            &json!({ "role": "viewer", "expiresInDays": 1 }),
        )
        .expect(201);
    let token = made["token"].as_str().expect("a text").to_owned();
    assert_eq!(server.holder(&token).get("/v1/me").status, 200);
    let later = server.kill().again().now("2025-01-16T12:00:01Z").go();
    assert_eq!(later.holder(&token).get("/v1/me").status, 401);
}

#[test]
fn serve_dev_prints_a_token_and_a_secret_per_system() {
    let server = Start::new()
        .bare()
        .args(&["--dev"])
        .unset("PONTIC_ADMIN_TOKEN")
        .go();
    eventually(|| server.printed().contains("eaglesoft:").then_some(()));
    let printed = server.printed();
    let after = |name: &str| {
        printed
            .lines()
            .find_map(|line| line.strip_prefix(name))
            .map(str::trim)
            .unwrap_or_default()
            .to_owned()
    };
    let admin = server.holder(&after("admin token:"));
    assert_eq!(admin.get("/v1/me").expect(200)["role"], "admin");
    let body = json!({ "externalId": "D-1", "practiceId": "C-1", "preferredPickupTime": crate::harness::after_hours(5) });
    let answer = crate::webhooks::signed(
        &server,
        "dentrix",
        None,
        &after("secret of dentrix:"),
        &body,
    );
    assert_eq!(answer.status, 200, "{}", answer.text);
}

#[test]
fn a_session_ends_when_the_operator_replaces_the_first_admin_token() {
    let folder = tempfile::tempdir().expect("a folder");
    let server = Start::on(folder.path()).go();
    let answer = server.nobody().send(
        "POST",
        "/login",
        &[("content-type", "application/json")],
        json!({ "token": ADMIN }).to_string().as_bytes(),
    );
    let cookie = answer.header("set-cookie");
    let session = cookie.split(';').next().expect("a cookie");
    let status = |server: &Server| {
        server
            .nobody()
            .send("GET", "/v1/me", &[("cookie", session)], b"")
            .status
    };
    assert_eq!(status(&server), 200);
    drop(server);
    let restarted = Start::on(folder.path()).go();
    assert_eq!(status(&restarted), 200, "the same token still holds");
    drop(restarted);
    let other = "another-admin-token-of-the-tests-32-characters";
    let replaced = Start::on(folder.path())
        .env("PONTIC_ADMIN_TOKEN", other)
        .go();
    assert_eq!(status(&replaced), 401);
}

#[test]
fn a_token_of_one_clinic_sees_that_clinic() {
    let (server, lab) = (shared(), fresh("L"));
    let admin = server.admin();
    for (clinic, id) in [("C1", "K1"), ("C2", "K2")] {
        admin
            .event("CaseReadyToShip", &case(&lab, clinic, id, &date_in(2)))
            .result();
    }
    let all = admin.all(&format!("/v1/deliveries?labId={lab}"));
    assert_eq!(all.len(), 2);
    let own = server.token(&json!({ "role": "viewer", "labId": lab, "clinicId": "C1" }));
    let seen = own.all("/v1/deliveries");
    assert_eq!((seen.len(), &seen[0]["clinicId"]), (1, &json!("C1")));
    assert!(own.all("/v1/deliveries?clinicId=C2").is_empty());
    for delivery in &all {
        let id = delivery["deliveryId"].as_str().expect("an id");
        let status = own.get(&format!("/v1/deliveries/{id}")).status;
        let expected = if delivery["clinicId"] == "C1" {
            200
        } else {
            404
        };
        assert_eq!(status, expected);
    }
    assert_eq!(own.get("/v1/clinics/C1").status, 200);
    assert_eq!(own.get("/v1/clinics/C2").status, 404);
    for path in [
        "/v1/clinics",
        "/v1/events",
        "/v1/routes",
        "/v1/alerts",
        "/v1/reports/unbilled",
    ] {
        assert_eq!(own.get(path).status, 403, "{path}");
    }
    let portal = server.token(&json!({ "role": "source", "labId": lab, "clinicId": "C1" }));
    portal
        .event("PickupRequested", &pickup(&lab, "C1", "P1", 5))
        .result();
    let foreign = portal.event("PickupRequested", &pickup(&lab, "C2", "P2", 5));
    assert_eq!(foreign.status, 403);
}
