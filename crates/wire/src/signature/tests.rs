//! Verification against published vectors, and against what must not pass.

use super::*;

const HEADER: &str = "x-dentrix-signature";
const BODY: &[u8] = br#"{"a": 1}"#;
const NOW_S: i64 = 1_737_381_600;

fn secret(text: &str) -> Secret {
    Secret::new(text).unwrap()
}

fn outcome(
    headers: &[(&str, &str)],
    body: &[u8],
    secrets: &[&str],
    now_s: i64,
) -> Result<(), Unverified> {
    let secrets: Vec<_> = secrets.iter().map(|text| secret(text)).collect();
    let headers = headers
        .iter()
        .map(|(name, value)| (*name, value.as_bytes()));
    verify(
        HEADER,
        headers,
        body,
        &secrets,
        Timestamp::from_second(now_s).unwrap(),
    )
}

#[track_caller]
fn check_plain(value: &str, expected: Result<(), Unverified>) {
    assert_eq!(
        outcome(&[(HEADER, value)], BODY, &["s"], NOW_S),
        expected,
        "{value}"
    );
}

#[test]
fn published_vectors() {
    let github = "sha256=757107ea0eb2509fc211221cce984b8a37570b6d7586c22c46f4379c8b043e17";
    let secrets = ["It's a Secret to Everybody"];
    assert_eq!(
        outcome(&[(HEADER, github)], b"Hello, World!", &secrets, NOW_S),
        Ok(())
    );

    let standard = |signature| {
        let headers = [
            ("webhook-id", "msg_p5jXN8AQM9LWM0D4loKWxJek"),
            ("webhook-timestamp", "1614265330"),
            ("webhook-signature", signature),
        ];
        let secrets = ["whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"];
        outcome(
            &headers,
            br#"{"test": 2432232314}"#,
            &secrets,
            1_614_265_330,
        )
    };
    assert_eq!(
        standard("v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE="),
        Ok(())
    );
    assert_eq!(
        standard("v1a,xyz v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE="),
        Ok(())
    );
    assert!(standard("v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OA=").is_err());
    assert!(standard("v1a,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=").is_err());
    assert!(standard("g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=").is_err());
}

#[test]
fn codes_in_all_spellings() {
    let hex = sign(&secret("s"), BODY);
    let base64 = candidates::to_base64(&secret("s").mac(&[BODY]));
    let url = base64.replace('+', "-").replace('/', "_");
    check_plain(&hex, Ok(()));
    check_plain(&hex.to_uppercase(), Ok(()));
    check_plain(&format!("ShA256={hex}"), Ok(()));
    check_plain(&format!("sha256={base64}"), Ok(()));
    check_plain(&url, Ok(()));
    check_plain(base64.trim_end_matches('='), Ok(()));
    check_plain(url.trim_end_matches('='), Ok(()));
    check_plain(&format!("v0=x, {},{hex}", "0".repeat(64)), Ok(()));
}

#[test]
fn codes_that_do_not_pass() {
    let hex = sign(&secret("s"), BODY);
    let malformed = Err(Unverified::Malformed(HEADER));
    check_plain("", Err(Unverified::Missing(HEADER)));
    check_plain(" ", Err(Unverified::Missing(HEADER)));
    check_plain(&hex[..63], malformed);
    check_plain(&hex[..62], malformed);
    check_plain(&format!("{hex}00"), malformed);
    check_plain(
        &hex.replacen(|c: char| c.is_ascii_digit(), "g", 1),
        malformed,
    );
    check_plain(&format!("v1={hex}"), malformed);
    check_plain(&format!("sha512={hex}"), malformed);
    check_plain("sha256=", malformed);
    check_plain("séa256=", malformed);
    check_plain(&"0".repeat(64), Err(Unverified::NoMatch));
    check_plain(&sign(&secret("other"), BODY), Err(Unverified::NoMatch));
    let five = format!("{},{},{},{},{hex}", &hex, &hex, &hex, &hex);
    check_plain(&five, Err(Unverified::TooManyCandidates(HEADER)));
}

#[test]
fn headers_that_do_not_pass() {
    let hex = sign(&secret("s"), BODY);
    assert_eq!(
        outcome(&[], BODY, &["s"], NOW_S),
        Err(Unverified::Missing(HEADER))
    );
    let other = [("x-opendental-signature", hex.as_str())];
    assert_eq!(
        outcome(&other, BODY, &["s"], NOW_S),
        Err(Unverified::Missing(HEADER))
    );
    let twice = [(HEADER, hex.as_str()), ("X-Dentrix-Signature", &hex)];
    assert_eq!(
        outcome(&twice, BODY, &["s"], NOW_S),
        Err(Unverified::Repeated(HEADER))
    );
    assert_eq!(
        outcome(&[(HEADER, &hex)], BODY, &[], NOW_S),
        Err(Unverified::NoSecret)
    );
    let bytes = [(HEADER, b"\xff".as_slice())];
    let refused = verify(HEADER, bytes, BODY, &[secret("s")], Timestamp::UNIX_EPOCH);
    assert_eq!(refused, Err(Unverified::Malformed(HEADER)));
}

#[test]
fn bodies_that_were_touched() {
    let hex = sign(&secret("s"), b"{\"a\": 1}\n");
    let headers = [(HEADER, hex.as_str())];
    for body in [
        "{\"a\": 1}",
        "{\"a\": 1}\n\n",
        "{\"a\":1}\n",
        "{\"a\": 1}\r\n",
        "\u{feff}{\"a\": 1}\n",
        "",
    ] {
        assert_eq!(
            outcome(&headers, body.as_bytes(), &["s"], NOW_S),
            Err(Unverified::NoMatch),
            "{body:?}"
        );
    }
}

#[test]
fn secrets_rotate() {
    let hex = sign(&secret("old"), BODY);
    assert_eq!(
        outcome(&[(HEADER, &hex)], BODY, &["new", "old"], NOW_S),
        Ok(())
    );
    assert_eq!(
        outcome(&[(HEADER, &hex)], BODY, &["new"], NOW_S),
        Err(Unverified::NoMatch)
    );
}

#[test]
fn timestamps_are_fresh_both_ways() {
    let hex = sign_timestamped(&secret("s"), NOW_S, BODY);
    let headers = [(HEADER, hex.as_str()), ("X-Pontic-Timestamp", "1737381600")];
    for skew_s in [-300, -1, 0, 300] {
        assert_eq!(
            outcome(&headers, BODY, &["s"], NOW_S - skew_s),
            Ok(()),
            "{skew_s}"
        );
    }
    for seconds in [-301, 301] {
        let refused = outcome(&headers, BODY, &["s"], NOW_S - seconds);
        assert_eq!(refused, Err(Unverified::Skew { seconds }));
    }
}

#[test]
fn timestamps_have_one_spelling() {
    let texts = [
        "+1737381600",
        "-1737381600",
        "01737381600",
        "1737381600.0",
        "1.7e9",
        " 1737381600",
        "17373816000000000000",
        "999999999999999999999",
        "١٧",
        "2025-01-20T14:00:00Z",
    ];
    for text in texts {
        let hex = candidates::to_hex(&secret("s").mac(&[text.as_bytes(), b".", BODY]));
        let refused = outcome(
            &[(HEADER, &hex), (TIMESTAMP_HEADER, text)],
            BODY,
            &["s"],
            NOW_S,
        );
        assert_eq!(
            refused,
            Err(Unverified::Malformed(TIMESTAMP_HEADER)),
            "{text}"
        );
    }
    let hex = sign_timestamped(&secret("s"), 0, BODY);
    assert_eq!(
        outcome(&[(HEADER, &hex), (TIMESTAMP_HEADER, "0")], BODY, &["s"], 0),
        Ok(())
    );
    let milliseconds = outcome(
        &[(HEADER, &hex), (TIMESTAMP_HEADER, "1737381600000")],
        BODY,
        &["s"],
        NOW_S,
    );
    assert!(matches!(milliseconds, Err(Unverified::Skew { .. })));
}

#[test]
fn a_timestamped_form_is_never_passed_over() {
    let plain = sign(&secret("s"), BODY);
    let standard = sign_standard_webhooks(&secret("s"), "msg_1", NOW_S, BODY);
    let now = NOW_S.to_string();
    let all = [
        (HEADER, plain.as_str()),
        (WEBHOOK_ID, "msg_1"),
        (WEBHOOK_TIMESTAMP, &now),
        (WEBHOOK_SIGNATURE, &standard),
    ];
    assert_eq!(outcome(&all, BODY, &["s"], NOW_S), Ok(()));
    assert_eq!(outcome(&all[1..], BODY, &["s"], NOW_S), Ok(()));
    for missing in 1..4 {
        let mut headers = all.to_vec();
        let (name, _) = headers.remove(missing);
        assert_eq!(
            outcome(&headers, BODY, &["s"], NOW_S),
            Err(Unverified::Missing(name))
        );
    }
    let stamped = [all.as_slice(), &[(TIMESTAMP_HEADER, &now)]].concat();
    assert_eq!(
        outcome(&stamped, BODY, &["s"], NOW_S),
        Err(Unverified::NoMatch)
    );
    let empty = [(HEADER, plain.as_str()), (TIMESTAMP_HEADER, "")];
    assert_eq!(
        outcome(&empty, BODY, &["s"], NOW_S),
        Err(Unverified::Missing(TIMESTAMP_HEADER))
    );
}

#[test]
fn standard_webhooks_ids_hold_no_dot() {
    let signature = sign_standard_webhooks(&secret("s"), "msg.1", NOW_S, BODY);
    let now = NOW_S.to_string();
    let headers = [
        (WEBHOOK_ID, "msg.1"),
        (WEBHOOK_TIMESTAMP, &now),
        (WEBHOOK_SIGNATURE, &signature),
    ];
    assert_eq!(
        outcome(&headers, BODY, &["s"], NOW_S),
        Err(Unverified::Malformed(WEBHOOK_ID))
    );
}

#[test]
fn a_prefixed_secret_is_plain_text_in_the_other_forms() {
    let text = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw";
    let plain = sign(&secret(text), BODY);
    assert_eq!(plain, candidates::to_hex(&secret(text).mac(&[BODY])));
    assert_ne!(
        secret(text).mac(&[BODY]),
        secret(text).standard_webhooks_mac(&[BODY])
    );
    assert_eq!(
        secret("s").mac(&[BODY]),
        secret("s").standard_webhooks_mac(&[BODY])
    );
}

#[track_caller]
fn check_hint(headers: &[(&str, &str)], body: &str, hint: &str) {
    let headers = headers
        .iter()
        .map(|(name, value)| (*name, value.as_bytes()));
    let now = Timestamp::from_second(NOW_S).unwrap();
    let lines = explain(HEADER, headers, body.as_bytes(), &[secret("s")], now);
    assert!(
        lines.iter().any(|line| line.contains(hint)),
        "{hint}: {lines:#?}"
    );
}

#[test]
fn explanations_name_the_usual_mistakes() {
    let signed = |body: &str| sign(&secret("s"), body.as_bytes());
    check_hint(&[(HEADER, &signed("{}"))], "{}", "verified");
    check_hint(&[(HEADER, &signed("{}"))], "{}", "secret tried: 043a7187");
    check_hint(
        &[(HEADER, &signed("{}"))],
        "{}\r\n",
        "without the trailing newline",
    );
    check_hint(&[(HEADER, &signed("{}\n"))], "{}", "with a newline");
    check_hint(&[(HEADER, &signed("{\r\n}"))], "{\n}", "with CRLF");
    check_hint(&[(HEADER, &signed("{\n}"))], "{\r\n}", "with LF");
    check_hint(
        &[(HEADER, &signed("{}"))],
        "\u{feff}{}",
        "without the byte-order mark",
    );
    check_hint(
        &[(HEADER, &signed(r#"{"b":1,"a":2}"#))],
        r#"{"b": 1, "a": 2}"#,
        "compact JSON",
    );
    check_hint(&[(HEADER, &signed("other"))], "{}", "another secret");
    check_hint(
        &[("X-Hub-Signature", "x")],
        "{}",
        "there is a header x-hub-signature",
    );
    let stamped = [
        (HEADER, signed("{}")),
        (TIMESTAMP_HEADER, NOW_S.to_string()),
    ];
    check_hint(
        &stamped
            .each_ref()
            .map(|(name, value)| (*name, value.as_str())),
        "{}",
        "the body alone was signed",
    );
    let late = sign_timestamped(&secret("s"), NOW_S - 301, b"{}");
    let old = (NOW_S - 301).to_string();
    check_hint(
        &[(HEADER, &late), (TIMESTAMP_HEADER, &old)],
        "{}",
        "-301 s from our clock",
    );
    check_hint(
        &[(HEADER, &late), (TIMESTAMP_HEADER, &old)],
        "{}",
        "it would verify at 2025-01-20T13:54:59Z",
    );
}
