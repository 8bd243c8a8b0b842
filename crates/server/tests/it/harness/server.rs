//! The real binary: started on port 0, its printed words read, killed when nobody holds it any more.

use std::io::{BufRead, BufReader, Read, Write};
use std::path::{Path, PathBuf};
use std::process::{Child, ChildStderr, ChildStdout, Command, ExitStatus, Output, Stdio};
use std::sync::{Arc, Mutex};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

use pontic_wire::signature::{Secret, sign};
use serde_json::{Value, json};
use tempfile::TempDir;

use super::client::{Answer, Client};
use super::database;

/// The operator's own admin token of every test server.
pub const ADMIN: &str = "admin-token-of-the-tests-32-characters";

/// The secret of a default endpoint.
pub fn secret_of(system: &str) -> String {
    format!("secret-of-{system}")
}

/// Where the binary is.
const BINARY: &str = env!("CARGO_BIN_EXE_pontic");

/// Runs a command of the binary with `input`, in an environment without any setting.
pub fn pontic(arguments: &[&str], input: &[u8]) -> Output {
    let mut command = Command::new(BINARY);
    clean(command.args(arguments));
    let data = arguments
        .iter()
        .skip_while(|word| **word != "--data")
        .nth(1);
    if let Some(url) = data.and_then(|path| database::of(Path::new(path))) {
        command.env("PONTIC_DATABASE__URL", url);
    }
    let mut child = command
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .expect("the binary starts");
    // A command that does not read its input closes it early: that is no fault.
    let _ = child.stdin.take().expect("piped").write_all(input);
    child.wait_with_output().expect("it ends")
}

/// The binary, in an environment without any setting.
pub fn program() -> Command {
    let mut command = Command::new(BINARY);
    clean(&mut command);
    command
}

/// All that a command printed.
pub fn said(output: &Output) -> String {
    String::from_utf8_lossy(&output.stdout).into_owned() + &String::from_utf8_lossy(&output.stderr)
}

fn clean(command: &mut Command) -> &mut Command {
    for (name, _) in std::env::vars() {
        if name.starts_with("PONTIC_") || name.ends_with("_WEBHOOK_SECRET") {
            command.env_remove(name);
        }
    }
    command
}

/// How a server is started.
pub struct Start {
    command: Command,
    listen: &'static str,
    folder: Option<Arc<TempDir>>,
    path: PathBuf,
}

impl Start {
    /// On an empty folder of its own.
    pub fn new() -> Self {
        let folder = tempfile::tempdir().expect("a folder");
        let mut start = Self::on(folder.path());
        start.folder = Some(Arc::new(folder));
        start
    }

    /// On that folder.
    pub fn on(path: &Path) -> Self {
        let mut command = Command::new(BINARY);
        clean(&mut command).args(["serve", "--data"]).arg(path);
        command.env("PONTIC_ADMIN_TOKEN", ADMIN);
        if let Some(url) = database::of(path) {
            command.env("PONTIC_DATABASE__URL", url);
        }
        // Tests ask much of few endpoints; those of the limits say so.
        command
            .env("PONTIC_LIMITS__ENDPOINT__RATE", "0")
            .env("PONTIC_LIMITS__TOKEN__RATE", "0");
        for system in ["dentrix", "opendental", "eaglesoft"] {
            command.env(
                format!("{}_WEBHOOK_SECRET", system.to_uppercase()),
                secret_of(system),
            );
        }
        Self {
            command,
            listen: "127.0.0.1:0",
            folder: None,
            path: path.to_owned(),
        }
    }

    /// `pontic demo` with these arguments, on a folder that it makes itself.
    pub fn demo(arguments: &[&str]) -> Self {
        let mut command = Command::new(BINARY);
        clean(&mut command).arg("demo").args(arguments);
        Self {
            command,
            listen: "127.0.0.1:0",
            folder: None,
            path: PathBuf::new(),
        }
    }

    /// With an environment variable.
    pub fn env(mut self, name: &str, value: &str) -> Self {
        self.command.env(name, value);
        self
    }

    /// Without secrets of practice systems.
    pub fn bare(mut self) -> Self {
        for system in ["DENTRIX", "OPENDENTAL", "EAGLESOFT"] {
            self.command.env_remove(format!("{system}_WEBHOOK_SECRET"));
        }
        self
    }

    /// Without an environment variable.
    pub fn unset(mut self, name: &str) -> Self {
        self.command.env_remove(name);
        self
    }

    /// With further arguments.
    pub fn args(mut self, arguments: &[&str]) -> Self {
        self.command.args(arguments);
        self
    }

    /// Listening there.
    pub fn listen(mut self, address: &'static str) -> Self {
        self.listen = address;
        self
    }

    /// With a clock that starts there.
    pub fn now(self, time: &str) -> Self {
        self.args(&["--now", time])
    }

    /// Starts it and waits until it listens.
    pub fn go(mut self) -> Server {
        let mut child = self
            .command
            .args(["--listen", self.listen])
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .expect("the binary starts");
        let stderr = child.stderr.take().expect("piped");
        let stdout = child.stdout.take().expect("piped");
        let (errors, reading_errors) = collect(stderr);
        let (words, reading_words, url) = listen(stdout);
        let Some(url) = url else {
            let _ = child.wait();
            let _ = reading_errors.join();
            panic!("the server did not start: {}", text_of(&errors));
        };
        Server {
            child,
            url,
            path: self.path,
            folder: self.folder,
            words,
            errors,
            readers: vec![reading_errors, reading_words],
        }
    }

    /// Runs it to its end, which must come by itself.
    pub fn fails(mut self) -> Output {
        let command = self.command.args(["--listen", self.listen]);
        command.output().expect("the binary starts")
    }
}

type Text = Arc<Mutex<Vec<u8>>>;

fn text_of(text: &Text) -> String {
    String::from_utf8_lossy(&text.lock().expect("never held in a panic")).into_owned()
}

fn collect(mut stream: ChildStderr) -> (Text, JoinHandle<()>) {
    let text = Text::default();
    let kept = Arc::clone(&text);
    let reading = std::thread::spawn(move || {
        let mut piece = [0; 4_096];
        while let Ok(length @ 1..) = stream.read(&mut piece) {
            kept.lock()
                .expect("never held in a panic")
                .extend_from_slice(&piece[..length]);
        }
    });
    (text, reading)
}

/// Reads the address that the server prints, and goes on reading.
fn listen(stream: ChildStdout) -> (Text, JoinHandle<()>, Option<String>) {
    let text = Text::default();
    let mut lines = BufReader::new(stream);
    let mut first = String::new();
    lines.read_line(&mut first).expect("readable");
    let url = first
        .trim()
        .strip_prefix("listening on ")
        .map(str::to_owned);
    text.lock()
        .expect("never held in a panic")
        .extend_from_slice(first.as_bytes());
    let kept = Arc::clone(&text);
    let reading = std::thread::spawn(move || {
        let mut line = Vec::new();
        while let Ok(1..) = lines.read_until(b'\n', &mut line) {
            kept.lock()
                .expect("never held in a panic")
                .append(&mut line);
        }
    });
    (text, reading, url)
}

/// A running server.
pub struct Server {
    child: Child,
    pub url: String,
    path: PathBuf,
    folder: Option<Arc<TempDir>>,
    words: Text,
    errors: Text,
    readers: Vec<JoinHandle<()>>,
}

impl Server {
    /// The operator.
    pub fn admin(&self) -> Client {
        self.holder(ADMIN)
    }

    /// Nobody.
    pub fn nobody(&self) -> Client {
        Client {
            url: self.url.clone(),
            token: None,
        }
    }

    /// Whoever holds that token.
    pub fn holder(&self, token: &str) -> Client {
        Client {
            url: self.url.clone(),
            token: Some(token.to_owned()),
        }
    }

    /// Somebody with a new token of that role, bound to a lab.
    pub fn role(&self, role: &str, lab: &str) -> Client {
        self.token(&json!({ "role": role, "labId": lab, "driverId": "D-1" }))
    }

    /// Somebody with a new token made of that body.
    pub fn token(&self, body: &Value) -> Client {
        let made = self.admin().post("/v1/tokens", body).expect(201);
        self.holder(made["token"].as_str().expect("shown once"))
    }

    /// Posts a signed webhook to a default endpoint.
    pub fn webhook(&self, system: &str, body: &Value) -> Answer {
        self.webhook_bytes(system, body.to_string().as_bytes())
    }

    /// The same with exact bytes.
    pub fn webhook_bytes(&self, system: &str, body: &[u8]) -> Answer {
        let header = format!("x-{system}-signature");
        let signature = sign(&Secret::new(&secret_of(system)).expect("not empty"), body);
        let headers = [
            ("content-type", "application/json"),
            (header.as_str(), signature.as_str()),
        ];
        self.nobody()
            .send("POST", &format!("/webhooks/ehr/{system}"), &headers, body)
    }

    /// The data folder.
    pub fn folder(&self) -> &Path {
        &self.path
    }

    /// What it printed so far.
    pub fn printed(&self) -> String {
        text_of(&self.words)
    }

    /// What it logged so far.
    pub fn logged(&self) -> String {
        text_of(&self.errors)
    }

    /// Ends it at once, as a power failure would end it; its folder stays.
    pub fn kill(mut self) -> Folder {
        let _ = self.child.kill();
        let _ = self.child.wait();
        self.leave()
    }

    /// Asks it to stop, and waits until it has.
    pub fn stop(mut self) -> (ExitStatus, Folder) {
        self.ask_to_stop();
        let until = Instant::now() + Duration::from_secs(30);
        loop {
            if let Some(status) = self.child.try_wait().expect("a child") {
                return (status, self.leave());
            }
            assert!(
                Instant::now() < until,
                "it does not stop: {}",
                self.logged()
            );
            std::thread::sleep(Duration::from_millis(10));
        }
    }

    /// Sends SIGTERM.
    pub fn ask_to_stop(&self) {
        self.signal("-TERM");
    }

    /// Freezes it where it is.
    pub fn freeze(&self) {
        self.signal("-STOP");
    }

    /// Lets it go on.
    pub fn thaw(&self) {
        self.signal("-CONT");
    }

    fn signal(&self, name: &str) {
        let id = self.child.id().to_string();
        let sent = Command::new("kill")
            .args([name, &id])
            .status()
            .expect("kill runs");
        assert!(sent.success());
    }

    fn leave(&mut self) -> Folder {
        for reader in self.readers.drain(..) {
            let _ = reader.join();
        }
        Folder {
            path: self.path.clone(),
            own: self.folder.take(),
            logged: self.logged() + &self.printed(),
        }
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        // It may have ended already.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// What a server leaves behind; gone with the last server on it.
pub struct Folder {
    pub path: PathBuf,
    own: Option<Arc<TempDir>>,
    /// All it printed and logged.
    pub logged: String,
}

impl Folder {
    /// A server on the same data.
    pub fn again(&self) -> Start {
        Start {
            folder: self.own.clone(),
            ..Start::on(&self.path)
        }
    }
}
