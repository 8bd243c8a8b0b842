//! The server that the demo talks to.

use std::fs::File;
use std::io::{BufRead, BufReader, Write};
use std::net::TcpListener;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::{SystemTime, UNIX_EPOCH};

use anyhow::{Context, Result, bail, ensure};
use serde_json::Value;

use crate::http::{self, Answer};

/// Where people look for it, if it is free.
const USUAL_PORT: u16 = 8080;
/// How many practice systems get a secret.
const SYSTEMS: usize = 3;

/// A running one.
pub struct Server {
    child: Child,
    binary: PathBuf,
    address: String,
    /// Its data and its log.
    pub folder: PathBuf,
    /// May do everything.
    pub token: String,
    /// Practice system and secret.
    pub secrets: Vec<(String, String)>,
}

impl Server {
    /// Starts `binary` on a fresh folder, and reads what it says of itself.
    pub fn start(binary: &Path, any_port: bool) -> Result<Self> {
        let folder = fresh_folder()?;
        let port = if any_port { 0 } else { free_port() };
        let log = File::create(folder.join("pontic.log"))?;
        let mut command = own(binary);
        command
            .args(["serve", "--dev", "--listen"])
            .arg(format!("127.0.0.1:{port}"))
            .arg("--data")
            .arg(folder.join("data"))
            .stdout(Stdio::piped())
            .stderr(log);
        let mut child = command
            .spawn()
            .with_context(|| format!("cannot start {}", binary.display()))?;
        let stdout = child.stdout.take().context("no standard output")?;
        let mut server = Self {
            child,
            binary: binary.to_owned(),
            address: String::new(),
            folder,
            token: String::new(),
            secrets: Vec::new(),
        };
        let mut lines = BufReader::new(stdout).lines();
        while !server.is_known() {
            let Some(line) = lines.next() else {
                server.end(false);
                bail!("the server ended; see {}", server.folder.display());
            };
            server.hear(&line?);
        }
        // Whatever it says later is not for us, but must not stop it.
        std::thread::spawn(move || lines.for_each(drop));
        Ok(server)
    }

    fn hear(&mut self, line: &str) {
        let Some((name, value)) = line.split_once(": ").or_else(|| line.split_once(" on ")) else {
            return;
        };
        match name.strip_prefix("secret of ") {
            Some(system) => self.secrets.push((system.to_owned(), value.to_owned())),
            None if name == "admin token" => value.clone_into(&mut self.token),
            None if name == "listening" => {
                value
                    .trim_start_matches("http://")
                    .clone_into(&mut self.address);
            }
            None => {}
        }
    }

    fn is_known(&self) -> bool {
        !self.address.is_empty() && !self.token.is_empty() && self.secrets.len() == SYSTEMS
    }

    /// Where it is.
    pub fn url(&self) -> String {
        format!("http://{}", self.address)
    }

    /// One request, as the administrator.
    pub fn ask(&self, method: &str, path: &str, body: &Value) -> Result<Answer> {
        http::request(&self.address, &self.token, method, path, body)
    }

    /// `pontic send event`.
    pub fn send_event(&self, event: &Value) -> Result<Answer> {
        let mut send = own(&self.binary);
        send.args(["send", "event"])
            .env("PONTIC_TOKEN", &self.token);
        self.send(send, event)
    }

    /// `pontic send webhook`, signed with the secret of `signer`.
    pub fn send_webhook(&self, system: &str, signer: &str, body: &Value) -> Result<Answer> {
        let known = self.secrets.iter().find(|(system, _)| system == signer);
        let (_, secret) = known.with_context(|| format!("no secret of {signer}"))?;
        let mut send = own(&self.binary);
        send.args(["send", "webhook", system])
            .env("PONTIC_SIGN_SECRET", secret);
        self.send(send, body)
    }

    fn send(&self, mut command: Command, body: &Value) -> Result<Answer> {
        let mut child = command
            .env("PONTIC_URL", self.url())
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()?;
        let mut stdin = child.stdin.take().context("no standard input")?;
        stdin.write_all(body.to_string().as_bytes())?;
        drop(stdin);
        let said = child.wait_with_output()?;
        // Exit code 1 says that it was refused, which the answer says too.
        ensure!(
            matches!(said.status.code(), Some(0 | 1)),
            "pontic send ended with {}",
            said.status
        );
        let answer: Value = serde_json::from_slice(&said.stdout)?;
        Ok(Answer {
            code: answer["statusCode"].as_u64().context("no statusCode")?,
            body: answer["body"].clone(),
        })
    }

    /// Waits for its end.
    pub fn wait(&mut self) -> Result<()> {
        self.child.wait()?;
        Ok(())
    }

    /// Ends it, and takes its folder away if `clean`.
    pub fn end(&mut self, clean: bool) {
        // It may have ended already, and the folder is in the temporary one anyway.
        let _ = self.child.kill();
        let _ = self.child.wait();
        if clean {
            let _ = std::fs::remove_dir_all(&self.folder);
        }
    }
}

/// The binary, without what the environment says to other servers.
fn own(binary: &Path) -> Command {
    let mut command = Command::new(binary);
    for (name, _) in std::env::vars_os() {
        let text = name.to_string_lossy();
        if text.starts_with("PONTIC_") || text.ends_with("_WEBHOOK_SECRET") {
            command.env_remove(&name);
        }
    }
    command
}

fn fresh_folder() -> Result<PathBuf> {
    let now = SystemTime::now().duration_since(UNIX_EPOCH)?.as_millis();
    let folder = std::env::temp_dir().join(format!("pontic-demo-{}-{now}", std::process::id()));
    std::fs::create_dir(&folder).with_context(|| folder.display().to_string())?;
    Ok(folder)
}

fn free_port() -> u16 {
    TcpListener::bind(("127.0.0.1", USUAL_PORT)).map_or(0, |_| USUAL_PORT)
}
