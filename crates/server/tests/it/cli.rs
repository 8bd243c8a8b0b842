//! The command line beside the server: help, signing and why not, tokens, sending, masking.

use std::time::{Duration, Instant};

use serde_json::{Value, json};

use crate::harness::{ADMIN, Server, Start, case, date_in, fresh, pontic, secret_of, shared};

fn run(arguments: &[&str], input: &[u8]) -> (Option<i32>, String, String) {
    let output = pontic(arguments, input);
    let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
    (
        output.status.code(),
        text(&output.stdout),
        text(&output.stderr),
    )
}

#[test]
fn the_help_of_every_command_shows_an_example() {
    for command in [
        "serve",
        "ehr map",
        "sign",
        "verify",
        "send event",
        "send webhook",
        "geofence",
        "sanitize",
        "token create",
        "token list",
        "token revoke",
        "health",
        "doctor",
    ] {
        let arguments: Vec<&str> = command.split(' ').chain(["--help"]).collect();
        let (code, help, _) = run(&arguments, b"");
        assert_eq!(code, Some(0), "{command}");
        let example = format!("pontic {command}");
        let after = help
            .split_once("Example")
            .map(|(_, after)| after.to_owned())
            .unwrap_or_default();
        assert!(after.contains(&example), "{command}: {help}");
    }
}

#[test]
fn sign_and_verify_agree() {
    let (_, signature, _) = run(&["sign", "dentrix", "--secret", "s"], b"{}");
    let header = format!("X-Dentrix-Signature: {signature}");
    let (code, said, _) = run(
        &[
            "verify",
            "dentrix",
            "--secret",
            "other",
            "--secret2",
            "s",
            "--header",
            &header,
        ],
        b"{}",
    );
    assert_eq!((code, said.trim()), (Some(0), "verifies"));
    let (_, stamped, _) = run(
        &[
            "sign",
            "eaglesoft",
            "--secret",
            "s",
            "--timestamp",
            "1737381600",
        ],
        b"{}",
    );
    let headers: Vec<&str> = stamped.lines().collect();
    let arguments = [
        "verify",
        "eaglesoft",
        "--secret",
        "s",
        "--now",
        "2025-01-20T14:01:00Z",
        "--header",
        headers[0],
        "-H",
        headers[1],
    ];
    assert_eq!(run(&arguments, b"{}").0, Some(0));
}

#[test]
fn a_fence_sees_points_and_the_way_between_them() {
    let seen = |arguments: &[&str]| {
        let stop = ["geofence", "--stop", "42.3601,-71.0589"];
        let (code, out, _) = run(&[&stop[..], arguments].concat(), b"");
        assert_eq!(code, Some(0));
        serde_json::from_str::<Value>(&out).expect("JSON")
    };
    let south = ["--from", "42.3582243,-71.0589"];
    assert_eq!(
        seen(&["--at", "42.3601,-71.0589"]),
        json!({ "within": true, "entered": false, "crossed": false, "distanceMeters": 0.0 })
    );
    let entered = seen(&[&["--at", "42.3605,-71.0589"], &south[..]].concat());
    assert_eq!(
        (&entered["within"], &entered["entered"]),
        (&json!(true), &json!(true))
    );
    let crossed = seen(&[&["--at", "42.3619757,-71.0589"], &south[..]].concat());
    assert_eq!(
        crossed,
        json!({ "within": false, "entered": false, "crossed": true, "distanceMeters": 208.6 })
    );
    let past = seen(
        &[
            &["--at", "42.3619757,-71.0570792", "--radius", "50"],
            &south[..],
        ]
        .concat(),
    );
    assert_eq!(past["crossed"], false);
    let (code, _, error) = run(&["geofence", "--stop", "north", "--at", "1,2"], b"");
    assert_eq!(code, Some(2));
    assert!(error.contains("LAT,LNG"), "{error}");
}

/// Signature of `signed` with `secret`, as verify takes it.
fn header(secret: &str, signed: &[u8]) -> String {
    let (_, signature, _) = run(&["sign", "dentrix", "--secret", secret], signed);
    format!("x-dentrix-signature: {}", signature.trim())
}

/// What `verify` says of a body that does not verify.
fn why_not(headers: &[&str], body: &[u8]) -> String {
    let mut arguments = vec![
        "verify",
        "dentrix",
        "--secret",
        "right-secret",
        "--now",
        "2025-01-20T14:06:00Z",
    ];
    arguments.extend(headers.iter().flat_map(|header| ["-H", *header]));
    let (code, said, _) = run(&arguments, body);
    assert_eq!(code, Some(1), "{said}");
    assert!(!said.contains("right-secret"), "{said}");
    said
}

#[test]
fn verify_says_which_header_and_which_secret() {
    for (headers, parts) in [
        (vec![], ["x-dentrix-signature is missing", ""]),
        (
            vec!["x-opendental-signature: 00"],
            ["x-dentrix-signature is missing", "x-opendental-signature"],
        ),
        (
            vec!["x-dentrix-signature: zz"],
            ["x-dentrix-signature is malformed", ""],
        ),
        (
            vec![header("wrong-secret", b"{}").as_str()],
            ["no signature matches", "another secret"],
        ),
    ] {
        let said = why_not(&headers, b"{}");
        assert!(
            parts.iter().all(|part| said.contains(part)),
            "{parts:?} in {said}"
        );
    }
    let wrong = header("c", b"{}");
    let (_, said, _) = run(
        &[
            "verify", "dentrix", "--secret", "a", "--secret", "b", "-H", &wrong,
        ],
        b"{}",
    );
    assert_eq!(said.matches("secret tried: ").count(), 2, "{said}");
}

#[test]
fn verify_says_what_would_help() {
    let plain = header("right-secret", b"{}");
    assert!(why_not(&[&plain], b"{}\n").contains("it would verify without the trailing newline"));
    let sign = [
        "sign",
        "dentrix",
        "--secret",
        "right-secret",
        "--timestamp",
        "2025-01-20T14:00:00Z",
    ];
    let (_, lines, _) = run(&sign, b"{}");
    let lines: Vec<&str> = lines.lines().collect();
    let late = why_not(&lines, b"{}");
    for part in [
        "-360 s from our clock",
        "it would verify at 2025-01-20T14:00:00Z",
    ] {
        assert!(late.contains(part), "{part} in {late}");
    }
    let (_, fresh, _) = run(
        &[
            "sign",
            "dentrix",
            "--secret",
            "other",
            "--timestamp",
            "2025-01-20T14:06:00Z",
        ],
        b"{}",
    );
    let stamp = fresh.lines().nth(1).expect("two headers");
    assert!(
        why_not(&[&plain, stamp], b"{}").contains("it would verify without x-pontic-timestamp")
    );
}

#[test]
fn an_empty_secret_is_refused() {
    for arguments in [
        ["sign", "dentrix", "--secret", ""].as_slice(),
        &[
            "verify",
            "dentrix",
            "--secret",
            "",
            "-H",
            "x-dentrix-signature: 00",
        ],
    ] {
        let (code, _, errors) = run(arguments, b"{}");
        assert_eq!((code, errors.is_empty()), (Some(2), false), "{errors}");
    }
}

fn url_of(server: &Server) -> [String; 2] {
    ["--url".to_owned(), server.url.clone()]
}

#[test]
fn send_prints_the_status_and_the_body() {
    let (server, lab) = (shared(), fresh("L"));
    let [flag, url] = url_of(&server);
    let event = json!({ "source": "cases.production", "detailType": "CaseReadyToShip", "detail": case(&lab, "C1", "K1", &date_in(2)) });
    let (code, printed, _) = run(
        &["send", "event", &flag, &url, "--token", ADMIN],
        event.to_string().as_bytes(),
    );
    let told: Value = serde_json::from_str(&printed).expect("JSON");
    assert_eq!(
        (
            code,
            &told["statusCode"],
            &told["body"]["result"]["clinicId"]
        ),
        (Some(0), &json!(200), &json!("C1"))
    );
    let (code, printed, _) = run(
        &["send", "event", &flag, &url, "--token", "pnt_wrong"],
        b"{}",
    );
    let told: Value = serde_json::from_str(&printed).expect("JSON");
    assert_eq!(
        (code, &told["statusCode"], &told["body"]["code"]),
        (Some(1), &json!(401), &json!("unauthorized"))
    );
    let webhook = json!({ "externalId": fresh("DX-"), "practiceId": "CLI-1", "preferredPickupTime": crate::harness::after_hours(9) });
    let arguments = [
        "send",
        "webhook",
        "dentrix",
        &flag,
        &url,
        "--secret",
        &secret_of("dentrix"),
    ];
    let (code, printed, _) = run(&arguments, webhook.to_string().as_bytes());
    let told: Value = serde_json::from_str(&printed).expect("JSON");
    assert_eq!((code, &told["body"]["success"]), (Some(0), &json!(true)));
    let (code, _, errors) = run(
        &[
            "send",
            "event",
            "--url",
            "http://127.0.0.1:1",
            "--token",
            ADMIN,
        ],
        b"{}",
    );
    assert!(
        code == Some(2) && !errors.is_empty() && !errors.contains(ADMIN),
        "{errors}"
    );
}

#[test]
fn tokens_made_and_revoked_beside_the_running_server_count_within_a_second() {
    let server = Start::new().go();
    let data = server.folder().to_str().expect("a path").to_owned();
    let (code, made, told) = run(
        &[
            "token",
            "create",
            "--data",
            &data,
            "--role",
            "source",
            "--lab",
            "L",
            "--source",
            "cases.production",
            "--expires",
            "90d",
        ],
        b"",
    );
    assert_eq!(code, Some(0), "{told}");
    let holder = server.holder(made.trim());
    assert_eq!(
        holder
            .event("CaseReadyToShip", &case("L", "C1", "K1", &date_in(2)))
            .status,
        200
    );
    let me = holder.get("/v1/me").body;
    assert!(me.is_object());
    let (_, list, _) = run(&["token", "list", "--data", &data], b"");
    let line = list
        .lines()
        .find(|line| line.contains("source  L"))
        .expect("listed");
    assert!(
        line.contains("cases.production") && line.contains("until ") && !list.contains(made.trim()),
        "{list}"
    );
    let id = line.split_whitespace().next().expect("an id");
    let (code, said, _) = run(&["token", "revoke", "--data", &data, id], b"");
    assert_eq!((code, said.trim()), (Some(0), "revoked"));
    let until = Instant::now() + Duration::from_secs(1);
    while holder.get("/v1/me").status != 401 {
        assert!(Instant::now() < until, "it still counts");
        std::thread::sleep(Duration::from_millis(20));
    }
    assert_eq!(
        run(&["token", "revoke", "--data", &data, id], b"").0,
        Some(1)
    );
}

#[test]
fn a_drivers_token_names_the_driver() {
    let server = Start::new().go();
    let data = server.folder().to_str().expect("a path").to_owned();
    assert_eq!(
        run(
            &["token", "create", "--data", &data, "--role", "driver"],
            b""
        )
        .0,
        Some(2)
    );
    assert_eq!(
        run(&["token", "create", "--data", &data, "--role", "king"], b"").0,
        Some(2)
    );
    assert_eq!(
        run(
            &[
                "token",
                "create",
                "--data",
                &data,
                "--role",
                "viewer",
                "--lab",
                "not an id"
            ],
            b""
        )
        .0,
        Some(2)
    );
    assert_eq!(
        run(
            &[
                "token",
                "create",
                "--data",
                &data,
                "--role",
                "viewer",
                "--expires",
                "soon"
            ],
            b""
        )
        .0,
        Some(2)
    );
    let (code, made, _) = run(
        &[
            "token", "create", "--data", &data, "--role", "driver", "--driver", "D-7", "--lab", "L",
        ],
        b"",
    );
    assert_eq!(code, Some(0));
    assert_eq!(
        server.holder(made.trim()).get("/v1/me").expect(200)["driverId"],
        "D-7"
    );
}

#[test]
fn sanitize_removes_names_notes_contacts_and_signatures() {
    let given = json!({
        "caseId": "C-1", "patientName": "Jane Doe", "notes": "call", "requestedBy": { "userId": "u-1", "name": "Bob", "phone": "555-1234" },
        "email": "jane@dental.com", "proofOfDelivery": { "signatureId": "s-1", "photoIds": ["p-1"] }, "clinicId": "CLI-1",
    });
    let (code, printed, _) = run(&["sanitize"], given.to_string().as_bytes());
    let kept: Value = serde_json::from_str(&printed).expect("JSON");
    let expected = json!({
        "caseId": "C-1", "requestedBy": { "userId": "u-1", "phone": "***-**34" }, "email": "j***@d***.com", "proofOfDelivery": {}, "clinicId": "CLI-1",
    });
    assert_eq!((code, kept), (Some(0), expected));
    let (code, _, errors) = run(&["sanitize"], b"{\"patientName\": \"Jane Doe");
    assert!(code == Some(2) && !errors.contains("Jane"), "{errors}");
}
