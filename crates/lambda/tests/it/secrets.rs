//! What stands in Secrets Manager: read at the start, again when it has become old, and at once when a signature fails.

use serde_json::{Value, json};

use crate::harness::{
    ADMIN, Asked, Emulator, Function, SECRET, Server, eventually, fresh, payload,
};

fn webhook(secret: &str) -> Value {
    let time = crate::harness::now() + jiff::SignedDuration::from_hours(30);
    let body = json!({
        "externalId": fresh("D"), "practiceId": "CLI-001", "preferredPickupTime": time.to_string(), "priority": 0,
    });
    payload(
        "http-api",
        &Asked::webhook(secret, body.to_string().as_bytes()),
    )
}

fn health(token: &str) -> Value {
    let mut asked = Asked::admin("GET", "/v1/events", &Value::Null);
    asked.headers[0].1 = format!("Bearer {token}");
    payload("http-api", &asked)
}

/// The variables of a function whose secrets are all in one secret of that name.
fn variables(server: &Server, aws: &Emulator, name: &str) -> Vec<(String, String)> {
    let url = server.url().to_owned();
    [
        ("PONTIC_DATABASE__URL", url.as_str()),
        ("PONTIC_AWS__ENDPOINT", aws.url()),
        ("PONTIC_LAMBDA__SECRET", name),
    ]
    .map(|(name, value)| (name.to_owned(), value.to_owned()))
    .to_vec()
}

/// The text of the secret with that signing secret of Dentrix, and that admin token.
fn text(server: &Server, dentrix: &str, admin: &str) -> String {
    let key = server.variables();
    let key = key
        .iter()
        .find(|(name, _)| name == "PONTIC_DATA_KEY")
        .expect("there");
    json!({ "PONTIC_DATA_KEY": key.1, "DENTRIX_WEBHOOK_SECRET": dentrix, "PONTIC_ADMIN_TOKEN": admin }).to_string()
}

#[test]
fn a_signature_that_fails_has_the_secret_read_again() {
    let (server, aws, name) = (Server::new(), Emulator::new(), fresh("settings"));
    aws.keep(&name, &text(&server, SECRET, ADMIN));
    let function = Function::start(&variables(&server, &aws, &name));
    assert_eq!(function.invoke(&webhook(SECRET))["statusCode"], 200);
    aws.change(&name, &text(&server, "the-next-secret", ADMIN));
    // It was read just now: whoever sends what is not signed cannot have it read with every request.
    let next = webhook("the-next-secret");
    let refused = function.invoke(&next)["statusCode"].clone();
    std::thread::sleep(std::time::Duration::from_secs(10));
    assert_eq!(
        function.invoke(&next)["statusCode"],
        200,
        "the same request, before: {refused}"
    );
    assert_eq!(
        function.invoke(&webhook(SECRET))["statusCode"],
        401,
        "the old one is over"
    );
}

#[test]
fn what_has_become_old_is_read_again_and_what_cannot_be_used_changes_nothing() {
    let (server, aws, name) = (Server::new(), Emulator::new(), fresh("settings"));
    aws.keep(&name, &text(&server, SECRET, ADMIN));
    let mut said = variables(&server, &aws, &name);
    said.push(("PONTIC_LAMBDA__SECRET_MAX_AGE_SECONDS".into(), "1".into()));
    let function = Function::start(&said);
    assert_eq!(function.invoke(&health(ADMIN))["statusCode"], 200);
    aws.change(&name, "{ \"PONTIC_DATA_KEY\": 7 }");
    std::thread::sleep(std::time::Duration::from_millis(1_100));
    assert_eq!(function.invoke(&health(ADMIN))["statusCode"], 200);
    let newer = "another-admin-token-of-32-characters";
    aws.change(&name, &text(&server, SECRET, newer));
    eventually(|| (function.invoke(&health(newer))["statusCode"] == 200).then_some(()));
    assert_eq!(function.invoke(&health(ADMIN))["statusCode"], 401);
    let printed = function.printed().join("\n");
    assert!(
        printed.contains("cannot be used: what was there before is"),
        "{printed}"
    );
    assert!(
        !printed.contains(newer) && !printed.contains(SECRET),
        "{printed}"
    );
}

#[test]
fn the_database_lets_in_whom_its_secret_names() {
    let (server, aws, name) = (Server::new(), Emulator::new(), fresh("database"));
    let (login, place) = server.url().split_once('@').expect("a login");
    let (user, password) = login["postgres://".len()..].split_once(':').expect("both");
    aws.keep(
        &name,
        &json!({ "username": user, "password": password, "engine": "postgres" }).to_string(),
    );
    let mut said = server.variables();
    said[0].1 = format!("postgres://nobody:nothing@{place}");
    said.extend([
        ("PONTIC_AWS__ENDPOINT".into(), aws.url().into()),
        ("PONTIC_LAMBDA__DATABASE_SECRET".into(), name),
    ]);
    let function = Function::start(&said);
    assert_eq!(function.invoke(&health(ADMIN))["statusCode"], 200);
}

#[test]
fn a_secret_that_is_not_there_is_said_at_the_start() {
    let (server, aws) = (Server::new(), Emulator::new());
    let function = Function::start(&variables(&server, &aws, "no-such-secret"));
    let said = function.ended();
    assert!(
        said.contains("no-such-secret cannot be read: ResourceNotFoundException"),
        "{said}"
    );
}

#[test]
fn a_token_that_is_taken_back_at_the_server_opens_nothing_any_more() {
    let server = Server::new();
    let function = Function::beside(&server, &[]);
    let made = server.set("POST", "/v1/tokens", &json!({ "role": "viewer" }));
    let token = made["token"].as_str().expect("shown once");
    assert_eq!(function.invoke(&health(token))["statusCode"], 200);
    let id = made["id"].as_str().expect("an id");
    server.ask(&Asked::admin(
        "DELETE",
        &format!("/v1/tokens/{id}"),
        &Value::Null,
    ));
    eventually(|| (function.invoke(&health(token))["statusCode"] == 401).then_some(()));
}

#[test]
fn an_endpoint_that_was_set_up_at_the_server_is_known_when_it_is_used() {
    let server = Server::new();
    let function = Function::beside(&server, &[]);
    let health = payload("http-api", &Asked::admin("GET", "/healthz", &Value::Null));
    assert_eq!(function.invoke(&health)["statusCode"], 200);
    let body =
        json!({ "labId": "LAB001", "system": "dentrix", "secrets": ["a-secret-of-its-own"] });
    server.set("PUT", "/v1/endpoints/north", &body);
    let mut asked = Asked::webhook("a-secret-of-its-own", br#"{"externalId":"1"}"#);
    asked.path = "/webhooks/ehr/dentrix/north".into();
    let north = payload("http-api", &asked);
    // Its body is at fault, so it was verified.
    eventually(|| (function.invoke(&north)["statusCode"] == 400).then_some(()));
}
