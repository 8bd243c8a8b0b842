//! The real binary on an empty folder, as the guide starts it.

use std::io::{BufRead, BufReader};
use std::path::Path;
use std::process::{Child, Command, Stdio};

pub const TOKEN: &str = "pnt_the_guide_s_own_admin_token_0000";
pub const SECRET: &str = "guide-secret-of-every-system";
const BINARY: &str = env!("CARGO_BIN_EXE_pontic");

/// A server; it ends with the value.
pub struct Server {
    pub url: String,
    child: Child,
    _folder: tempfile::TempDir,
}

impl Server {
    /// Starts one, and waits until it says where it listens.
    pub fn start() -> Self {
        let folder = tempfile::tempdir().expect("a temporary folder");
        let mut child = Command::new(BINARY)
            .args([
                "serve",
                "--listen",
                "127.0.0.1:0",
                "--now",
                "2025-01-15T12:00:00Z",
                "--data",
            ])
            .arg(folder.path())
            .envs(secrets())
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()
            .expect("the binary starts");
        let mut lines = BufReader::new(child.stdout.take().expect("its output")).lines();
        let line = lines.next().expect("a line").expect("text");
        let url = line
            .strip_prefix("listening on ")
            .expect("it says where it listens")
            .to_owned();
        std::thread::spawn(move || lines.for_each(drop));
        Self {
            url,
            child,
            _folder: folder,
        }
    }

    /// The variables that the guide's shell has.
    pub fn environment(&self) -> Vec<(&'static str, String)> {
        let binaries = Path::new(BINARY)
            .parent()
            .expect("it lies in a folder")
            .display()
            .to_string();
        let path = std::env::var("PATH").unwrap_or_default();
        let mut variables = secrets();
        variables.push(("URL", self.url.clone()));
        variables.push(("TOKEN", TOKEN.to_owned()));
        variables.push(("PATH", format!("{binaries}:{path}")));
        variables
    }
}

fn secrets() -> Vec<(&'static str, String)> {
    let secret = || SECRET.to_owned();
    vec![
        ("PONTIC_ADMIN_TOKEN", TOKEN.to_owned()),
        ("DENTRIX_WEBHOOK_SECRET", secret()),
        ("OPENDENTAL_WEBHOOK_SECRET", secret()),
        ("EAGLESOFT_WEBHOOK_SECRET", secret()),
    ]
}

impl Drop for Server {
    fn drop(&mut self) {
        // It may have ended by itself.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}
