//! A real NATS with `JetStream`, and whoever else is on it.

use std::collections::BTreeMap;
use std::net::TcpListener;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use async_nats::jetstream::consumer::{AckPolicy, Info, PullConsumer, pull};
use async_nats::jetstream::context::GetStreamErrorKind;
use async_nats::jetstream::stream::{Config, StorageType};
use async_nats::jetstream::{self, Context};
use async_nats::{ConnectOptions, HeaderMap};
use futures_util::StreamExt;
use serde_json::Value;
use tempfile::TempDir;
use tokio::runtime::Runtime;

use super::Start;

/// A server, or several, with what they keep.
pub struct Nats {
    folder: TempDir,
    ports: Vec<u16>,
    arguments: Vec<String>,
    login: Option<(&'static str, &'static str)>,
    children: Vec<Child>,
    runtime: Runtime,
}

/// A message to be published: subject, headers, body.
pub type Message<'a> = (&'a str, &'a [(&'a str, &'a str)], String);

/// A message in a stream.
#[derive(Debug)]
pub struct Published {
    pub subject: String,
    pub headers: BTreeMap<String, String>,
    pub text: String,
    pub body: Value,
}

impl Published {
    /// A header, empty if it is absent.
    pub fn header(&self, name: &str) -> &str {
        self.headers.get(name).map_or("", String::as_str)
    }
}

/// A port that nobody has just now.
fn port() -> u16 {
    let line = TcpListener::bind("127.0.0.1:0").expect("a port");
    line.local_addr().expect("bound").port()
}

impl Nats {
    /// One server.
    pub fn start() -> Self {
        Self::start_with(&[], None)
    }

    /// One server with further arguments, and whoever may come in.
    pub fn start_with(arguments: &[&str], login: Option<(&'static str, &'static str)>) -> Self {
        let mut nats = Self {
            folder: tempfile::tempdir().expect("a folder"),
            ports: vec![port()],
            arguments: arguments
                .iter()
                .map(|&argument| argument.to_owned())
                .collect(),
            login,
            children: Vec::new(),
            runtime: Runtime::new().expect("a runtime"),
        };
        nats.go();
        nats
    }

    /// Three servers that know each other.
    pub fn cluster() -> Self {
        let routes = [port(), port(), port()];
        let to_all: Vec<String> = routes
            .iter()
            .map(|port| format!("nats://127.0.0.1:{port}"))
            .collect();
        let mut nats = Self {
            folder: tempfile::tempdir().expect("a folder"),
            ports: vec![port(), port(), port()],
            arguments: vec![
                "--cluster_name".into(),
                "tests".into(),
                "--routes".into(),
                to_all.join(","),
            ],
            login: None,
            children: Vec::new(),
            runtime: Runtime::new().expect("a runtime"),
        };
        for (index, route) in routes.into_iter().enumerate() {
            let own = [
                "--cluster".to_owned(),
                format!("nats://127.0.0.1:{route}"),
                "--server_name".to_owned(),
                format!("n{index}"),
            ];
            nats.run(index, &own);
        }
        nats.wait();
        nats
    }

    /// Starts it again where it was stopped.
    pub fn go(&mut self) {
        self.run(0, &[]);
        self.wait();
    }

    fn run(&mut self, index: usize, own: &[String]) {
        // `cargo xtask test` names the program.
        let program = std::env::var("TEST_NATS").unwrap_or_else(|_| "nats-server".to_owned());
        let child = Command::new(program)
            .args([
                "-js",
                "-a",
                "127.0.0.1",
                "-p",
                &self.ports[index].to_string(),
                "-sd",
            ])
            .arg(self.folder.path().join(index.to_string()))
            .args(&self.arguments)
            .args(own)
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn();
        self.children.push(child.unwrap_or_else(|error| {
            panic!("NATS is missing: `apt-get install nats-server`, or let `cargo xtask servers -- COMMAND` bring it ({error})")
        }));
    }

    /// Until `JetStream` answers.
    fn wait(&self) {
        let until = Instant::now() + Duration::from_secs(20);
        loop {
            let asked = self.runtime.block_on(async {
                let bus = self.connect().await?;
                match bus.get_stream("none").await.map_err(|error| error.kind()) {
                    Err(GetStreamErrorKind::JetStream(error)) if error.code() == 404 => Ok(()),
                    other => Err(format!("{:?}", other.err())),
                }
            });
            match asked {
                Ok(()) => return,
                Err(error) => assert!(Instant::now() < until, "NATS did not start: {error}"),
            }
            std::thread::sleep(Duration::from_millis(20));
        }
    }

    /// Ends it at once.
    pub fn stop(&mut self) {
        for mut child in self.children.drain(..) {
            let _ = child.kill();
            let _ = child.wait();
        }
    }

    /// The addresses of its servers.
    pub fn url(&self) -> String {
        let urls: Vec<String> = self
            .ports
            .iter()
            .map(|port| format!("nats://127.0.0.1:{port}"))
            .collect();
        urls.join(",")
    }

    /// A server of ours on this bus.
    pub fn on(&self, start: Start) -> Start {
        start.env("PONTIC_NATS__URL", &self.url())
    }

    async fn connect(&self) -> Result<Context, String> {
        let mut options = ConnectOptions::new().connection_timeout(Duration::from_secs(2));
        if let Some((user, password)) = self.login {
            options = options.user_and_password(user.to_owned(), password.to_owned());
        }
        if let Some(place) = self
            .arguments
            .iter()
            .position(|argument| argument == "--tlscert")
        {
            options = options.add_root_certificates(self.arguments[place + 1].clone().into());
        }
        let servers: Vec<async_nats::ServerAddr> = self
            .url()
            .split(',')
            .map(|url| url.parse().expect("an address"))
            .collect();
        let client = options
            .connect(servers)
            .await
            .map_err(|error| error.to_string())?;
        Ok(jetstream::new(client))
    }

    /// Does something as somebody else on the bus.
    fn with<T, F: Future<Output = T>>(&self, work: impl FnOnce(Context) -> F) -> T {
        self.runtime
            .block_on(async { work(self.connect().await.expect("connected")).await })
    }

    /// A stream of one replica in files.
    pub fn stream(&self, name: &str, subjects: &str) {
        self.stream_with(name, subjects, StorageType::File, 1);
    }

    /// A stream.
    pub fn stream_with(&self, name: &str, subjects: &str, storage: StorageType, replicas: usize) {
        let config = Config {
            name: name.to_owned(),
            subjects: vec![subjects.to_owned()],
            storage,
            num_replicas: replicas,
            ..Config::default()
        };
        let until = Instant::now() + Duration::from_secs(20);
        // A cluster that has just begun has no leader yet.
        while let Err(error) =
            self.with(async |bus| bus.create_stream(config.clone()).await.map(drop))
        {
            assert!(Instant::now() < until, "no stream: {error}");
            std::thread::sleep(Duration::from_millis(100));
        }
    }

    /// Removes a stream.
    pub fn remove(&self, name: &str) {
        self.with(async |bus| bus.delete_stream(name).await.map(drop))
            .expect("removed");
    }

    /// Publishes without headers.
    pub fn publish(&self, subject: &str, body: &Value) {
        self.publish_all(&[(subject, &[], body.to_string())]);
    }

    /// Publishes in order, with headers; each is in its stream when this returns.
    pub fn publish_all(&self, messages: &[Message<'_>]) {
        self.with(async |bus| {
            for (subject, headers, body) in messages {
                let mut map = HeaderMap::new();
                for (name, value) in *headers {
                    map.insert(*name, *value);
                }
                let sent = bus.publish_with_headers(
                    (*subject).to_owned(),
                    map,
                    body.clone().into_bytes().into(),
                );
                sent.await.expect("sent").await.expect("in its stream");
            }
        });
    }

    /// All that a stream has, in order.
    pub fn messages(&self, stream: &str) -> Vec<Published> {
        self.with(async |bus| {
            let stream = bus.get_stream(stream).await.expect("a stream");
            let reader: PullConsumer = stream
                .create_consumer(pull::Config {
                    ack_policy: AckPolicy::None,
                    ..pull::Config::default()
                })
                .await
                .expect("a reader");
            let count = stream.cached_info().state.messages;
            let mut found = reader
                .fetch()
                .max_messages(10_000)
                .messages()
                .await
                .expect("asked");
            let mut messages = Vec::new();
            for _ in 0..count {
                let message = found.next().await.expect("one more").expect("read").message;
                let headers = message.headers.unwrap_or_default();
                let header =
                    |(name, values): (&async_nats::HeaderName, &Vec<async_nats::HeaderValue>)| {
                        (name.to_string(), values[0].as_str().to_owned())
                    };
                let text = String::from_utf8(message.payload.to_vec()).expect("text");
                messages.push(Published {
                    subject: message.subject.to_string(),
                    headers: headers.iter().map(header).collect(),
                    body: serde_json::from_str(&text).unwrap_or_default(),
                    text,
                });
            }
            messages
        })
    }

    /// A durable consumer that somebody else sets up.
    pub fn consumer(&self, stream: &str, config: &pull::Config) {
        self.with(async |bus| {
            let stream = bus.get_stream(stream).await.expect("a stream");
            let made = stream.create_consumer(config.clone()).await;
            drop(made.expect("a consumer"));
        });
    }

    /// Takes messages of a consumer and leaves them unanswered, as somebody does who dies.
    pub fn take_and_die(&self, stream: &str, consumer: &str, count: usize) {
        self.with(async |bus| {
            let stream = bus.get_stream(stream).await.expect("a stream");
            let consumer: PullConsumer = stream.get_consumer(consumer).await.expect("a consumer");
            let mut found = consumer
                .fetch()
                .max_messages(count)
                .messages()
                .await
                .expect("asked");
            for _ in 0..count {
                found.next().await.expect("one more").expect("read");
            }
        });
    }

    /// How a consumer is.
    pub fn info(&self, stream: &str, consumer: &str) -> Option<Info> {
        self.with(async |bus| {
            let stream = bus.get_stream(stream).await.ok()?;
            stream.consumer_info(consumer).await.ok()
        })
    }

    /// Whether a consumer has answered all of its stream.
    pub fn is_done(&self, stream: &str, consumer: &str) -> bool {
        self.info(stream, consumer)
            .is_some_and(|info| info.num_pending == 0 && info.num_ack_pending == 0)
    }
}

impl Drop for Nats {
    fn drop(&mut self) {
        self.stop();
    }
}
