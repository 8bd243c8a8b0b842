//! A server in this process, on a database of its own.

use std::sync::atomic::{AtomicUsize, Ordering};

use pontic_server::config::{Config, Layers};
use pontic_server::startup::{Running, start};
use pontic_wire::signature::{Secret, sign};
use serde_json::{Value, json};
use tempfile::TempDir;

use super::SECRET;

/// Its admin token.
pub const ADMIN: &str = "admin-token-of-the-tests-32-characters";

/// A request over HTTP.
#[derive(Debug, Clone)]
pub struct Asked {
    pub method: &'static str,
    pub path: String,
    pub headers: Vec<(String, String)>,
    pub body: Vec<u8>,
}

impl Asked {
    /// By the admin.
    pub fn admin(method: &'static str, path: &str, body: &Value) -> Self {
        let text = if body.is_null() {
            String::new()
        } else {
            body.to_string()
        };
        Self {
            method,
            path: path.to_owned(),
            headers: vec![
                ("authorization".into(), format!("Bearer {ADMIN}")),
                ("content-type".into(), "application/json".into()),
            ],
            body: text.into_bytes(),
        }
    }

    /// A webhook of Dentrix, signed with that secret.
    pub fn webhook(secret: &str, body: &[u8]) -> Self {
        let secret = Secret::new(secret).expect("a secret");
        let ehr = pontic_wire::ehr::by_system("dentrix").expect("known");
        Self {
            method: "POST",
            path: "/webhooks/ehr/dentrix".into(),
            headers: vec![
                (ehr.signature_header.to_owned(), sign(&secret, body)),
                ("content-type".into(), "application/json".into()),
            ],
            body: body.to_vec(),
        }
    }
}

/// A server that runs.
pub struct Server {
    running: Option<Running>,
    runtime: tokio::runtime::Runtime,
    folder: TempDir,
    url: String,
}

impl Server {
    /// On a new database.
    pub fn new() -> Self {
        Self::on(database(), tempfile::tempdir().expect("a folder"), "UTC")
    }

    /// The same one, stopped and started with another usual time zone.
    pub fn again(mut self, time_zone: &str) -> Self {
        if let Some(running) = self.running.take() {
            self.runtime.block_on(running.stop());
        }
        let folder = std::mem::replace(&mut self.folder, tempfile::tempdir().expect("a folder"));
        Self::on(self.url.clone(), folder, time_zone)
    }

    fn on(url: String, folder: TempDir, time_zone: &str) -> Self {
        let runtime = tokio::runtime::Runtime::new().expect("a runtime");
        let mut layers = Layers::default();
        layers.add_flag("defaultTimeZone", time_zone);
        layers.add_flag("data", folder.path().to_str().expect("a path"));
        layers.add_flag("listen", "127.0.0.1:0");
        layers.add_flag("database.url", url.clone());
        layers.add_flag("database.connections", 3);
        layers.add_flag("adminToken", ADMIN);
        layers.add_environment([("DENTRIX_WEBHOOK_SECRET".to_owned(), SECRET.to_owned())]);
        let config = Config::decide(layers).expect("sound");
        let running = runtime.block_on(start(config)).expect("started");
        Self {
            running: Some(running),
            runtime,
            folder,
            url,
        }
    }

    /// What a function on the same database is told.
    pub fn variables(&self) -> Vec<(String, String)> {
        let key = std::fs::read_to_string(self.folder.path().join("keys/data.key"));
        let key = key.expect("made").trim().to_owned();
        [
            ("PONTIC_DATABASE__URL", self.url.clone()),
            ("PONTIC_DATA_KEY", key),
            ("PONTIC_ADMIN_TOKEN", ADMIN.to_owned()),
            ("DENTRIX_WEBHOOK_SECRET", SECRET.to_owned()),
        ]
        .map(|(name, value)| (name.to_owned(), value))
        .to_vec()
    }

    /// Its database.
    pub fn url(&self) -> &str {
        &self.url
    }

    /// The last number of the log that it told to whoever listens.
    pub fn told(&self) -> u64 {
        let running = self.running.as_ref().expect("it runs");
        running.app.hub.told()
    }

    /// The name of its data.
    pub fn epoch(&self) -> String {
        let running = self.running.as_ref().expect("it runs");
        running.app.store.epoch().to_owned()
    }

    /// Asks it over HTTP: status, headers by name, and body.
    pub fn ask(&self, asked: &Asked) -> (u16, Vec<(String, String)>, Value) {
        let address = self.running.as_ref().expect("it runs").address;
        let mut request = ureq::http::Request::builder()
            .method(asked.method)
            .uri(format!("http://{address}{}", asked.path));
        for (name, value) in &asked.headers {
            request = request.header(name, value);
        }
        let agent: ureq::Agent = ureq::Agent::config_builder()
            .http_status_as_error(false)
            .allow_non_standard_methods(true)
            .build()
            .into();
        let request = request.body(asked.body.clone()).expect("a request");
        let mut answer = agent.run(request).expect("an answer");
        let headers = answer.headers().iter();
        let headers = headers.map(|(name, value)| {
            let text = String::from_utf8_lossy(value.as_bytes()).into_owned();
            (name.to_string(), text)
        });
        let headers = headers.collect();
        let text = answer.body_mut().read_to_string().expect("text");
        let status = answer.status().as_u16();
        (
            status,
            headers,
            serde_json::from_str(&text).unwrap_or_default(),
        )
    }

    /// The items of a list.
    pub fn list(&self, path: &str) -> Vec<Value> {
        let (status, _, body) = self.ask(&Asked::admin("GET", path, &Value::Null));
        assert_eq!(status, 200, "{body}");
        body["items"].as_array().expect("a list").clone()
    }

    /// Makes something.
    pub fn set(&self, method: &'static str, path: &str, body: &Value) -> Value {
        let (status, _, body) = self.ask(&Asked::admin(method, path, body));
        assert!((200..300).contains(&status), "{body}");
        body
    }

    /// A token that may post events of those sources for one lab.
    pub fn source_token(&self, lab: &str, sources: &[&str]) -> String {
        let body = json!({ "role": "source", "labId": lab, "sources": sources });
        let made = self.set("POST", "/v1/tokens", &body);
        made["token"].as_str().expect("shown once").to_owned()
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        if let Some(running) = self.running.take() {
            self.runtime.block_on(running.stop());
        }
    }
}

/// A new database on the server of the tests.
pub fn database() -> String {
    static COUNT: AtomicUsize = AtomicUsize::new(0);
    let server = std::env::var("TEST_POSTGRES").expect(
        "TEST_POSTGRES names no server; `cargo xtask test` starts one, and so does `cargo xtask servers -- COMMAND`",
    );
    let count = COUNT.fetch_add(1, Ordering::Relaxed);
    let name = format!("lambda_{}_{count}", std::process::id());
    let runtime = tokio::runtime::Runtime::new().expect("a runtime");
    runtime.block_on(async {
        let connected = tokio_postgres::connect(&server, tokio_postgres::NoTls).await;
        let (client, line) = connected.expect("the server is there");
        let line = tokio::spawn(line);
        let made = client
            .batch_execute(&format!("CREATE DATABASE {name}"))
            .await;
        made.expect("made");
        line.abort();
    });
    server.replace("/postgres?", &format!("/{name}?"))
}
