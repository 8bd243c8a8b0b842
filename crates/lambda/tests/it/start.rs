//! How a function starts: what it says when it cannot, what it tells CloudWatch, and how long it takes (judged of the packaged program
//! only).

use std::time::{Duration, Instant};

use serde_json::{Value, json};

use crate::harness::{
    ADMIN, Asked, Function, Proxy, Server, database, eventually, in_two_days, payload, program,
};

/// Within this the packaged program gives its first answer.
const MOST_MS: f64 = 150.0;

#[test]
fn what_is_missing_is_said_at_once() {
    let said = Function::start(&[]).ended();
    for part in ["database.url: a function", "dataKey: a function"] {
        assert!(said.contains(part), "{said}");
    }
}

#[test]
fn a_function_never_makes_a_key_of_its_own() {
    let server = Server::new();
    let mut variables = server.variables();
    for (name, value) in &mut variables {
        if name == "PONTIC_DATA_KEY" {
            *value = "00".repeat(32);
        }
    }
    let said = Function::start(&variables).ended();
    assert!(said.contains("sealed with another key"), "{said}");
}

#[test]
fn a_database_that_nobody_has_served_yet_is_opened_as_well() {
    let variables = [
        ("PONTIC_DATABASE__URL", database()),
        ("PONTIC_DATA_KEY", "a5".repeat(32)),
        ("PONTIC_ADMIN_TOKEN", ADMIN.to_owned()),
    ];
    let variables = variables.map(|(name, value)| (name.to_owned(), value));
    let function = Function::start(&variables);
    let events = payload("http-api", &Asked::admin("GET", "/v1/events", &Value::Null));
    assert_eq!(function.invoke(&events)["statusCode"], 200);
}

#[test]
fn nothing_is_kept_in_its_folder() {
    let server = Server::new();
    let function = Function::beside(&server, &[]);
    let body = json!({
        "source": "cases.production", "detailType": "CaseReadyToShip", "id": "K1",
        "detail": { "caseId": "K1", "clinicId": "C1", "labId": "LAB001", "requestedDeliveryDate": in_two_days() },
    });
    let event = payload("http-api", &Asked::admin("POST", "/v1/events", &body));
    assert_eq!(function.invoke(&event)["statusCode"], 200);
    let kept = std::fs::read_dir(function.folder()).expect("readable");
    assert_eq!(kept.count(), 0, "no key, no positions, no journal");
}

#[test]
fn it_decides_by_the_rules_of_the_server_whatever_it_is_told() {
    let rules = |server: &Server| server.list("/v1/events?type=RulesSet").len();
    let ready = |server: &Server| {
        let (status, _, body) = server.ask(&Asked::admin("GET", "/readyz", &Value::Null));
        (status, body["rules"].clone())
    };
    let server = Server::new();
    let function = Function::beside(&server, &[("PONTIC_DEFAULT_TIME_ZONE", "Asia/Tokyo")]);
    let events = payload("http-api", &Asked::admin("GET", "/v1/events", &Value::Null));
    assert_eq!(function.invoke(&events)["statusCode"], 200);
    assert_eq!((ready(&server), rules(&server)), ((200, json!("ok")), 1));
    // Others for all: it follows while it is in use.
    let server = server.again("Europe/Berlin");
    eventually(|| {
        assert_eq!(function.invoke(&events)["statusCode"], 200);
        let printed = function.printed().join("\n");
        printed.contains("the rules have changed").then_some(())
    });
    assert_eq!((ready(&server), rules(&server)), ((200, json!("ok")), 2));
}

#[test]
fn each_invocation_is_measured_and_the_first_tells_how_long_the_start_took() {
    let server = Server::new();
    let function = Function::beside(&server, &[]);
    let health = payload(
        "load-balancer",
        &Asked::admin("GET", "/healthz", &Value::Null),
    );
    let nobody = payload("http-api", &Asked::webhook("no secret of ours", b"{}"));
    for payload in [&health, &nobody] {
        function.invoke(payload);
    }
    let lines = function.measured(2);
    assert_eq!(lines.len(), 2);
    assert!(lines[0]["StartMs"].is_number() && lines[1].get("StartMs").is_none());
    assert_eq!(
        (&lines[0]["FunctionName"], &lines[0]["Trigger"]),
        (&json!("doors"), &json!("load-balancer"))
    );
    assert_eq!(
        (&lines[0]["Accepted"], &lines[1]["Unverified"]),
        (&json!(1), &json!(1))
    );
}

#[test]
fn after_a_long_sleep_connections_are_not_trusted() {
    let server = Server::new();
    let proxy = Proxy::in_front_of(server.url());
    let function = Function::beside(
        &server,
        &[
            ("PONTIC_DATABASE__URL", proxy.url()),
            ("PONTIC_LAMBDA__IDLE_SECONDS", "1"),
        ],
    );
    let events = payload("http-api", &Asked::admin("GET", "/v1/events", &Value::Null));
    assert_eq!(function.invoke(&events)["statusCode"], 200);
    proxy.forget();
    std::thread::sleep(Duration::from_millis(1_100));
    let began = Instant::now();
    assert_eq!(function.invoke(&events)["statusCode"], 200);
    // The system itself would notice after a quarter of a minute.
    assert!(
        began.elapsed() < Duration::from_secs(8),
        "{:?}",
        began.elapsed()
    );
}

/// `cargo xtask lambda` runs it with the program that is packaged.
#[test]
fn from_its_start_to_its_first_answer() {
    let server = Server::new();
    let path = program();
    let bytes = std::fs::metadata(&path).expect("the program").len();
    let mebibytes = f64::from(u32::try_from(bytes >> 10).expect("no larger")) / 1024.0;
    let name = path.file_name().unwrap_or_default().display().to_string();
    println!("{name}: {mebibytes:.1} MiB");
    let health = payload("http-api", &Asked::admin("GET", "/v1/events", &Value::Null));
    let mut took: Vec<f64> = (0..5)
        .map(|_| {
            let function = Function::beside(&server, &[]);
            assert_eq!(function.invoke(&health)["statusCode"], 200);
            function.age().as_secs_f64() * 1e3
        })
        .collect();
    took.sort_by(f64::total_cmp);
    println!("start to first answer, in ms: {took:.1?}");
    if std::env::var_os("TEST_LAMBDA").is_some() {
        assert!(took[2] < MOST_MS, "the one in the middle takes too long");
    }
}
