//! Runs every example of `docs/guide.md`, each of its three ways on an empty folder, and those of `docs/drivers.md`, and compares
//! the answers key for key.

mod page;
#[allow(missing_docs, reason = "the guide shows these as they stand")]
mod rust;
mod server;

use std::process::Command;

use serde_json::Value;

use page::{Example, Page};
use server::Server;

type Call = fn(&rust::Api) -> rust::Answer;

const RUST: [(&str, Call); 13] = [
    ("case_ready", rust::case_ready),
    ("case_joins", rust::case_joins),
    ("batch", rust::batch),
    ("put_events", rust::put_events),
    ("cloud_event", rust::cloud_event),
    ("pickup_requested", rust::pickup_requested),
    ("invoice_issued", rust::invoice_issued),
    ("delivery_completed", rust::delivery_completed),
    ("dentrix", rust::dentrix),
    ("opendental", rust::opendental),
    ("eaglesoft", rust::eaglesoft),
    ("health", rust::health),
    ("metrics", rust::metrics),
];

fn compare(example: &Example, answer: &Value) {
    if let Err(place) = page::same(&example.answer, answer, "$") {
        panic!(
            "{} at {place}:\nthe guide says {:#}\nthe answer is {answer:#}",
            example.name, example.answer
        );
    }
}

fn shell(server: &Server, script: &str) -> Value {
    let output = Command::new("bash")
        .args(["-euc", script])
        .envs(server.environment())
        .output();
    let output = output.expect("bash is installed (apt-get install bash)");
    let text = String::from_utf8_lossy(&output.stdout);
    let complaint = String::from_utf8_lossy(&output.stderr);
    serde_json::from_str(&text).unwrap_or_else(|_| panic!("{script}\nprinted {text}\n{complaint}"))
}

#[test]
fn with_curl() {
    let (page, server) = (Page::guide(), Server::start());
    for example in &page.examples {
        compare(example, &shell(&server, &example.curl));
    }
}

#[test]
fn the_drivers_page() {
    let (page, server) = (Page::drivers(), Server::start());
    assert!(page.examples.len() > 5);
    for example in &page.examples {
        compare(example, &shell(&server, &example.curl));
    }
}

#[test]
fn with_the_command_line() {
    let (page, server) = (Page::guide(), Server::start());
    for example in &page.examples {
        let command = example.command.as_ref();
        let printed = shell(&server, command.expect("the guide shows it too"));
        assert_eq!(printed["statusCode"], 200, "{}", example.name);
        compare(example, &printed["body"]);
    }
}

#[test]
fn in_rust() {
    let (page, server) = (Page::guide(), Server::start());
    let api = rust::Api {
        url: server.url.clone(),
        token: server::TOKEN.to_owned(),
        secret: server::SECRET.to_owned(),
    };
    for example in &page.examples {
        let (_, call) = RUST
            .iter()
            .find(|(name, _)| *name == example.name)
            .expect("every example has its function");
        compare(example, &call(&api).expect("an answer"));
    }
}

#[test]
fn the_rust_in_the_guide_is_the_rust_that_runs() {
    let page = Page::guide();
    for (name, shown) in &page.rust {
        assert_eq!(
            page::fragment(include_str!("rust.rs"), name),
            *shown,
            "{name}"
        );
    }
    assert_eq!(page.examples.len(), RUST.len());
}
