//! A real mail server, aiosmtpd, with what it took.

use std::io::{BufRead, BufReader};
use std::net::TcpListener;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};

use serde_json::Value;
use tempfile::TempDir;

const SCRIPT: &str = include_str!("smtpd.py");

/// One that runs until it is dropped; its mail stays as long as the value that holds it.
pub struct MailServer {
    child: Child,
}

/// What servers at one port took.
pub struct Mailbox {
    folder: TempDir,
    port: u16,
}

impl Mailbox {
    /// An empty one for a free port.
    pub fn new() -> Self {
        let line = TcpListener::bind("127.0.0.1:0").expect("a port");
        Self {
            port: line.local_addr().expect("bound").port(),
            folder: tempfile::tempdir().expect("a folder"),
        }
    }

    pub const fn port(&self) -> u16 {
        self.port
    }

    pub fn folder(&self) -> &Path {
        self.folder.path()
    }

    /// A server for it.
    pub fn serve(&self) -> MailServer {
        self.serve_with(&[])
    }

    /// The same with further arguments of `smtpd.py`.
    pub fn serve_with(&self, arguments: &[&str]) -> MailServer {
        let script = self.folder.path().join("smtpd.py");
        std::fs::write(&script, SCRIPT).expect("written");
        // `cargo xtask test` names the Python that has it.
        let python = std::env::var("TEST_SMTPD").unwrap_or_else(|_| "/usr/bin/python3".to_owned());
        let child = Command::new(python)
            .arg(script)
            .args(["--port", &self.port.to_string(), "--folder"])
            .arg(self.folder.path())
            .args(arguments)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn();
        let how = "the mail server aiosmtpd is missing: `apt-get install python3-aiosmtpd`, or let `cargo xtask servers -- COMMAND` bring it";
        let mut child = child.unwrap_or_else(|error| panic!("{how} ({error})"));
        let mut first = String::new();
        let stdout = child.stdout.take().expect("piped");
        BufReader::new(stdout).read_line(&mut first).expect("read");
        if first.trim() != "listening" {
            let said = child.wait_with_output().expect("ended");
            panic!("{how}: {}", String::from_utf8_lossy(&said.stderr));
        }
        MailServer { child }
    }

    /// All that was taken so far, in order.
    pub fn mails(&self) -> Vec<Value> {
        let entries = std::fs::read_dir(self.folder.path()).expect("readable");
        let paths = entries.map(|entry| entry.expect("an entry").path());
        let mut paths: Vec<PathBuf> = paths
            .filter(|path| path.extension().is_some_and(|end| end == "json"))
            .collect();
        paths.sort_by_key(|path| {
            std::fs::metadata(path)
                .and_then(|about| about.modified())
                .ok()
        });
        let read = |path: &PathBuf| {
            serde_json::from_slice(&std::fs::read(path).expect("readable")).expect("JSON")
        };
        paths.iter().map(read).collect()
    }

    /// What was sent to that address.
    pub fn to(&self, address: &str) -> Vec<Value> {
        let mut mails = self.mails();
        mails.retain(|mail| mail["to"][0] == address);
        mails
    }

    /// The settings that lead to it, in the clear.
    pub fn settings(&self) -> Vec<(&'static str, String)> {
        vec![
            ("PONTIC_NOTICES__SMTP__HOST", "127.0.0.1".into()),
            ("PONTIC_NOTICES__SMTP__PORT", self.port.to_string()),
            ("PONTIC_NOTICES__SMTP__TLS", "none".into()),
            (
                "PONTIC_NOTICES__SMTP__FROM",
                "The Lab <pontic@lab.example>".into(),
            ),
        ]
    }
}

impl Drop for MailServer {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}
