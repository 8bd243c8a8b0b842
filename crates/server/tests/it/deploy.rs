//! The files of `deploy/` held against the program: the settings that they make, the paths and ports that they ask, the metrics that
//! they know, and what manifests may ask for. Those who will read them check them in `cargo xtask deploy`.

mod compose;
mod files;
mod kubernetes;
mod metrics;
mod proxy;
mod secrets;

use std::collections::BTreeSet;

use serde_json::Value;

use crate::harness::{pontic, program, said, shared};
use files::{images, text, texts_at, yaml, yaml_files};

/// What only the command line reads; its help names them.
const OF_THE_COMMAND: [&str; 2] = ["PONTIC_CONFIG", "PONTIC_SECRETS"];

/// The port at which replicas listen, in every file.
const PORT: u16 = 8080;

#[test]
fn every_setting_that_is_made_exists() {
    let mut named = BTreeSet::new();
    for (_, text) in files::all() {
        let words = text.split(|c: char| !c.is_ascii_alphanumeric() && c != '_');
        named.extend(
            words
                .filter(|word| files::is_setting(word))
                .map(str::to_owned),
        );
    }
    assert!(named.len() >= 10, "{named:?}");
    let help = said(&pontic(&["serve", "--help"], b""));
    for name in OF_THE_COMMAND {
        assert!(help.contains(name) && named.remove(name), "{name}");
    }
    // A name that nobody knows is told, so what is not told is known.
    let mut doctor = program();
    doctor.arg("doctor").env("PONTIC_NO_SUCH_SETTING", "x");
    for name in &named {
        doctor.env(name, "");
    }
    let told = said(&doctor.output().expect("the binary starts"));
    let unknown = told.lines().filter(|line| line.ends_with("is no setting"));
    let unknown: Vec<&str> = unknown.collect();
    assert!(
        unknown.len() == 1 && unknown[0].contains("PONTIC_NO_SUCH_SETTING"),
        "{told}"
    );
}

#[test]
fn the_image_starts_what_it_says_and_asks_after_it() {
    let dockerfile = text("docker/Dockerfile");
    let last = dockerfile.rfind("\nFROM ").expect("stages");
    let image = &dockerfile[last..];
    assert!(image.contains(":nonroot\n"), "{image}");
    let user = image.lines().find_map(|line| line.strip_prefix("USER "));
    let user: u32 = user
        .and_then(|user| user.split(':').next()?.parse().ok())
        .expect("a number, which Kubernetes can tell from root's");
    assert!(user > 0);
    assert!(image.contains(&format!("EXPOSE {PORT}\n")) && image.contains(&format!(":{PORT} ")));
    assert!(
        image.contains("VOLUME /var/lib/pontic\n") && image.contains("PONTIC_DATA=/var/lib/pontic")
    );
    let check = image
        .lines()
        .find(|line| line.starts_with("HEALTHCHECK "))
        .and_then(|line| line.split_once("CMD "))
        .expect("a health check");
    let check: Vec<String> = serde_json::from_str(check.1).expect("the form without a shell");
    does_well(&check);
    let entry = image
        .lines()
        .find_map(|line| line.strip_prefix("ENTRYPOINT "));
    assert_eq!(entry, Some("[\"/usr/local/bin/pontic\"]"));
    assert!(image.ends_with("CMD [\"serve\"]\n"));
}

/// That the health check of a container, in the words of a list, says yes of a server that runs.
#[track_caller]
fn does_well(check: &[String]) {
    let [path, arguments @ ..] = check else {
        panic!("a health check runs something")
    };
    assert_eq!(path, "/usr/local/bin/pontic");
    let server = shared();
    let listen = server.url.trim_start_matches("http://");
    let mut asked = program();
    asked.args(arguments).env("PONTIC_LISTEN", listen);
    let output = asked.output().expect("the binary starts");
    assert!(output.status.success(), "{}", said(&output));
}

#[test]
fn every_image_is_pinned() {
    let mut found = Vec::new();
    for path in yaml_files() {
        for document in yaml(&path) {
            found.extend(images(&document));
        }
    }
    let dockerfile = text("docker/Dockerfile");
    let stages = dockerfile
        .lines()
        .filter_map(|line| line.strip_prefix("FROM "));
    found.extend(stages.filter_map(|line| Some(line.split(' ').next()?.to_owned())));
    assert!(found.len() >= 8, "{found:?}");
    for image in &found {
        let tag = image
            .rsplit('/')
            .next()
            .and_then(|name| name.split_once(':'));
        assert!(
            tag.is_some_and(|(_, tag)| !tag.is_empty() && tag != "latest"),
            "{image}"
        );
    }
    let ours = found.iter().filter(|image| image.starts_with("pontic:"));
    let version = concat!("pontic:", env!("CARGO_PKG_VERSION"));
    assert!(ours.clone().count() >= 3);
    for image in ours {
        assert_eq!(image, version);
    }
    let kustomization = &yaml("kubernetes/kustomization.yaml")[0];
    assert_eq!(
        kustomization["images"][0]["newTag"],
        env!("CARGO_PKG_VERSION")
    );
}

#[test]
fn the_unit_starts_the_program_as_nobody_in_particular() {
    let unit = text("systemd/pontic.service");
    let of = |key: &str| {
        let lines = unit.lines().filter_map(|line| line.strip_prefix(key));
        lines.collect::<Vec<_>>()
    };
    assert_eq!(of("ExecStart="), ["/usr/local/bin/pontic serve"]);
    assert_eq!(of("User="), ["pontic"]);
    assert_eq!(of("NoNewPrivileges="), ["yes"]);
    assert_eq!(of("ProtectSystem="), ["strict"]);
    assert_eq!(of("StateDirectory="), ["pontic"]);
    assert!(of("Environment=").contains(&"PONTIC_DATA=/var/lib/pontic"));
}

#[test]
fn health_says_no_in_the_one_code_that_health_checks_know() {
    let ask = |arguments: &[&str]| {
        let mut asked = program();
        let output = asked.arg("health").args(arguments).output();
        let output = output.expect("the binary starts");
        (output.status.code(), said(&output))
    };
    let server = shared();
    let (code, text) = ask(&["--ready", "--url", &server.url]);
    assert!(code == Some(0) && text.contains("\"ready\""), "{text}");
    let (code, text) = ask(&["--url", &format!("{}/nowhere", server.url)]);
    assert!(code == Some(1) && text.contains("404"), "{text}");
    let (code, text) = ask(&["--url", "http://127.0.0.1:1"]);
    assert!(code == Some(1) && text.starts_with("pontic: "), "{text}");
    let mut asked = program();
    let output = asked
        .arg("health")
        .env("PONTIC_LISTEN", "nonsense")
        .output();
    let output = output.expect("the binary starts");
    assert_eq!(output.status.code(), Some(1));
    assert!(said(&output).contains("PONTIC_LISTEN"), "{}", said(&output));
}

#[test]
fn what_is_pulled_names_the_port_at_which_the_program_listens() {
    let scrape = &yaml("prometheus/prometheus.yaml")[0]["scrape_configs"][0];
    let targets = scrape["static_configs"][0]["targets"].as_array();
    for target in targets.expect("targets") {
        let target = target.as_str().unwrap_or_default();
        assert!(target.ends_with(&format!(":{PORT}")), "{target}");
    }
    let path = scrape["metrics_path"].as_str().expect("a path");
    assert_eq!(shared().admin().get(path).status, 200);
    assert_eq!(
        shared().nobody().get(path).status,
        401,
        "so the file names a token's"
    );
    assert!(scrape["authorization"]["credentials_file"].is_string());
}

#[test]
fn every_file_says_what_it_is_or_can_be_read() {
    for path in yaml_files() {
        let documents = yaml(&path);
        assert!(
            !documents.is_empty() && documents.iter().all(Value::is_object),
            "{path}"
        );
    }
    // A key that stands twice is a mistake that half of the readers let pass.
    assert!(files::parse("a: 1\na: 2\n").is_err());
    assert_eq!(texts_at(&yaml("compose.yaml")[0], "dockerfile").len(), 3);
}

#[test]
fn what_the_image_is_built_from_is_what_a_build_needs_and_nothing_else() {
    let text = |path: &str| {
        let path = files::root().join("..").join(path);
        std::fs::read_to_string(path).expect("readable")
    };
    let rules = text(".dockerignore");
    let mut lines = rules.lines().filter(|line| !line.starts_with('#'));
    assert_eq!(lines.next(), Some("*"), "what is not named stays outside");
    let (taken, left): (Vec<&str>, Vec<&str>) = lines.partition(|line| line.starts_with('!'));
    let taken: BTreeSet<&str> = taken.iter().map(|line| &line[1..]).collect();
    let manifest: toml::Table = text("Cargo.toml").parse().expect("TOML");
    let members = manifest["workspace"]["members"].as_array();
    let members = members.expect("members").iter();
    let needed: BTreeSet<&str> = members
        .map(|member| member.as_str().expect("a path").trim_end_matches("/*"))
        .chain(["Cargo.toml", "Cargo.lock", "web"])
        .collect();
    assert_eq!(taken, needed);
    let pages = text("crates/screens/build.rs");
    for folder in ["src", "public", "scripts"] {
        assert!(pages.contains(&format!("\"{folder}\"")), "{folder}");
        assert!(
            !left.contains(&format!("web/{folder}").as_str()),
            "{folder}"
        );
    }
}
