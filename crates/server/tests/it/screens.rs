//! The pages as a browser gets them: where one is sent, what it may do there, how little goes over the wire.

use std::collections::BTreeSet;

use crate::harness::{ADMIN, Answer, Client, Start, fresh, shared};

const PAGES: [&str; 5] = ["/", "/integrations", "/drive", "/t/any-link", "/login"];

fn get(client: &Client, path: &str, headers: &[(&str, &str)]) -> Answer {
    client.send("GET", path, headers, b"")
}

/// Everything that a page loads by itself.
fn parts(page: &str) -> BTreeSet<String> {
    let values = page.split(['"', '\'']);
    let own = values.filter(|value| value.starts_with('/') && value.contains('.'));
    own.map(str::to_owned).collect()
}

#[test]
fn pages_are_guarded_and_load_only_what_is_here() {
    let server = shared();
    let admin = server.admin();
    for path in PAGES {
        let page = get(&admin, path, &[]);
        assert_eq!(page.status, 200, "{path}");
        assert_eq!(page.header("content-type"), "text/html; charset=utf-8");
        assert_eq!(page.header("cache-control"), "no-cache", "{path}");
        assert_eq!(page.header("x-content-type-options"), "nosniff", "{path}");
        let policy = page.header("content-security-policy");
        for part in [
            "default-src 'none'",
            "frame-ancestors 'none'",
            "base-uri 'none'",
            "form-action 'self'",
            "style-src 'self';",
        ] {
            assert!(policy.contains(part), "{path}: {policy}");
        }
        assert!(!policy.contains("unsafe-inline"), "{path}: {policy}");
        assert_eq!(
            policy.contains("'wasm-unsafe-eval'"),
            path == "/drive",
            "{path}"
        );
        let camera = page.header("permissions-policy").contains("camera=(self)");
        assert_eq!(camera, path == "/drive", "{path}");
        let loaded = parts(&page.text);
        assert!(
            loaded.iter().any(|part| part.starts_with("/assets/")),
            "{path}: {loaded:?}"
        );
        for part in loaded {
            let answer = get(&server.nobody(), &part, &[]);
            assert_eq!(answer.status, 200, "{part} of {path}");
            if part.starts_with("/assets/") {
                let caching = answer.header("cache-control");
                assert!(
                    caching.contains("immutable") && caching.contains("public"),
                    "{part}"
                );
            }
        }
    }
}

#[test]
fn a_browser_gets_the_smallest_form_it_takes_and_nothing_twice() {
    let server = shared();
    let nobody = server.nobody();
    let page = get(&nobody, "/drive", &[]).text;
    let script = parts(&page)
        .into_iter()
        .find(|part| part.starts_with("/assets/"));
    let script = script.expect("a page has a script");
    for path in ["/drive", script.as_str()] {
        let plain = get(&nobody, path, &[("accept-encoding", "identity")]);
        let brotli = get(&nobody, path, &[("accept-encoding", "gzip, deflate, br")]);
        let gzip = get(&nobody, path, &[("accept-encoding", "gzip")]);
        assert_eq!(plain.header("content-encoding"), "");
        let coded = [&brotli, &gzip].map(|answer| answer.header("content-encoding").to_owned());
        assert_eq!(coded, ["br", "gzip"], "{path}");
        let length = |answer: &Answer| {
            answer
                .header("content-length")
                .parse::<usize>()
                .expect("a length")
        };
        assert!(
            length(&brotli) < length(&plain) && length(&gzip) < length(&plain),
            "{path}"
        );
        assert_eq!(brotli.header("vary"), "accept-encoding");
        let tags: BTreeSet<&str> = [&plain, &brotli, &gzip]
            .map(|answer| answer.header("etag"))
            .into();
        assert_eq!(tags.len(), 3, "each form has a tag of its own: {tags:?}");
        let again = [
            ("accept-encoding", "br"),
            ("if-none-match", brotli.header("etag")),
        ];
        let again = get(&nobody, path, &again);
        assert_eq!((again.status, again.text.as_str()), (304, ""), "{path}");
        assert_eq!(again.header("cache-control"), plain.header("cache-control"));
        let other = [
            ("accept-encoding", "gzip"),
            ("if-none-match", brotli.header("etag")),
        ];
        assert_eq!(get(&nobody, path, &other).status, 200, "{path}");
        let head = nobody.send("HEAD", path, &[("accept-encoding", "br")], b"");
        assert_eq!((head.status, head.text.as_str()), (200, ""), "{path}");
    }
}

#[test]
fn the_drivers_page_can_be_kept_by_the_phone() {
    let server = shared();
    let nobody = server.nobody();
    let worker = get(&nobody, "/sw.js", &[]);
    assert_eq!(worker.status, 200);
    assert_eq!(worker.header("service-worker-allowed"), "/drive");
    assert_eq!(worker.header("cache-control"), "no-cache");
    assert!(worker.header("content-type").starts_with("text/javascript"));
    assert!(
        worker
            .header("content-security-policy")
            .contains("connect-src 'self'")
    );
    let manifest = get(&nobody, "/drive.webmanifest", &[]);
    assert_eq!(manifest.header("content-type"), "application/manifest+json");
    let manifest = manifest.expect(200);
    assert_eq!(
        manifest["start_url"].as_str().map(|url| &url[..6]),
        Some("/drive")
    );
    for icon in manifest["icons"].as_array().expect("icons") {
        let path = icon["src"].as_str().expect("an address");
        let found = get(&nobody, path, &[]);
        assert_eq!(found.status, 200, "{path}");
        assert!(found.header("content-type").starts_with("image/"), "{path}");
    }
}

#[test]
fn what_is_no_file_of_the_pages_is_nowhere() {
    let server = shared();
    let nobody = server.nobody();
    for path in [
        "/assets/none.js",
        "/assets/..%2Fdispatch.html",
        "/assets/%2e%2e/login.html",
        "/icons/..%2Fsw.js",
        "/icons/none.svg",
        "/dispatch.html",
        "/t/a/b",
    ] {
        assert_eq!(get(&nobody, path, &[]).status, 404, "{path}");
    }
    nobody
        .send("POST", "/drive", &[], b"")
        .refused(405, "method_not_allowed");
}

#[test]
fn everybody_is_sent_where_they_belong() {
    let (server, lab) = (shared(), fresh("L"));
    let sent = |client: &Client, path: &str| {
        let answer = get(client, path, &[]);
        (answer.status, answer.header("location").to_owned())
    };
    let nobody = server.nobody();
    let to = |address: &str| (303, address.to_owned());
    assert_eq!(sent(&nobody, "/"), to("/login"));
    assert_eq!(
        sent(&nobody, "/integrations"),
        to("/login?next=/integrations")
    );
    assert_eq!(
        sent(&nobody, "/?stop=a%20b&x"),
        to("/login?next=/%3Fstop%3Da%2520b%26x")
    );
    assert_eq!(sent(&server.role("driver", &lab), "/"), to("/drive"));
    for role in ["dispatcher", "viewer", "finance", "source"] {
        assert_eq!(sent(&server.role(role, &lab), "/").0, 200, "{role}");
    }
    assert_eq!(
        sent(&server.role("dispatcher", &lab), "/integrations").0,
        200
    );
    get(&server.role("viewer", &lab), "/integrations", &[]).refused(403, "forbidden");
    // Answers of the API stay what they are.
    get(&nobody, "/v1/map", &[]).refused(401, "unauthorized");
}

#[test]
fn a_login_goes_on_to_pages_of_this_site_only() {
    let server = shared();
    let nobody = server.nobody();
    let form = [("content-type", "application/x-www-form-urlencoded")];
    let json = [("content-type", "application/json")];
    let by_form = |next: &str| {
        let body = format!("next={next}&token={ADMIN}");
        let answer = nobody.send("POST", "/login", &form, body.as_bytes());
        assert_eq!(answer.status, 303);
        assert!(answer.header("set-cookie").starts_with("pontic_session="));
        answer.header("location").to_owned()
    };
    assert_eq!(
        by_form("%2Fintegrations%3Ftab%3Dsenders"),
        "/integrations?tab=senders"
    );
    for foreign in [
        "",
        "https%3A%2F%2Fevil.example",
        "%2F%2Fevil.example",
        "%2F%5Cevil.example",
        "%2F%09%2Fevil.example",
        "%2F%0d%0aset-cookie%3a%20a%3db",
        "javascript%3Aalert(1)",
    ] {
        assert_eq!(by_form(foreign), "/", "{foreign}");
    }
    let by_json = |next: &str| {
        let body = serde_json::json!({ "token": ADMIN, "next": next }).to_string();
        nobody
            .send("POST", "/login", &json, body.as_bytes())
            .expect(200)["next"]
            .clone()
    };
    assert_eq!(by_json("/integrations"), "/integrations");
    assert_eq!(by_json("//evil.example"), "/");
    let refused = nobody.send("POST", "/login", &form, b"next=%2Fintegrations&token=wrong");
    assert_eq!(
        refused.header("location"),
        "/login?next=/integrations&refused=1"
    );
    let refused = nobody.send("POST", "/login", &form, b"token=wrong");
    assert_eq!(refused.header("location"), "/login?refused=1");
}

#[test]
fn only_the_map_that_the_operator_named_may_be_asked_for_tiles() {
    let url = "https://tiles.example/{z}/{x}/{y}.png";
    let server = Start::new()
        .env("PONTIC_MAP__TILES", url)
        .env("PONTIC_MAP__ATTRIBUTION", "© OpenStreetMap contributors")
        .env("PONTIC_MAP__MAX_ZOOM", "17")
        .go();
    let map = server.admin().get("/v1/map").expect(200);
    assert_eq!(
        map,
        serde_json::json!({ "tiles": {
            "url": url, "kind": "raster", "attribution": "© OpenStreetMap contributors", "maxZoom": 17,
        } })
    );
    let policy = |path: &str| {
        let page = get(&server.admin(), path, &[]);
        page.header("content-security-policy").to_owned()
    };
    let dispatch = policy("/");
    for part in [
        "img-src 'self' data: blob: https://tiles.example;",
        "connect-src 'self' https://tiles.example;",
    ] {
        assert!(dispatch.contains(part), "{dispatch}");
    }
    for path in ["/integrations", "/drive", "/login", "/t/anything"] {
        assert!(!policy(path).contains("tiles.example"), "{path}");
    }
    let plain = shared().admin().get("/v1/map").expect(200);
    assert_eq!(plain, serde_json::json!({ "tiles": null }));
}
