//! The program of NATS, from the system's packages. Tests start it themselves, as some of them stop it; a demo has one here.

use std::fs;
use std::net::TcpStream;
use std::os::unix::process::CommandExt;
use std::path::PathBuf;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use anyhow::{Context, Result, bail};

use super::free_port;
use crate::packages;

/// Where Debian puts it, which is not on everybody's path.
const PACKAGED: &str = "/usr/sbin";
const PATIENCE: Duration = Duration::from_secs(20);

/// A server with `JetStream` that runs, in a folder that goes away.
pub struct Nats {
    folder: PathBuf,
    port: u16,
    child: Child,
}

impl Nats {
    /// Starts one, which Ctrl-C does not reach: it is still there when those say goodbye who use it.
    pub fn start_apart() -> Result<Self> {
        let folder = std::env::temp_dir().join(format!("pontic-nats-{}", std::process::id()));
        fs::create_dir_all(&folder)?;
        let port = free_port()?;
        let child = Command::new(program()?)
            .args(["-js", "-a", "127.0.0.1", "-p", &port.to_string(), "-sd"])
            .arg(&folder)
            .process_group(0)
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn()
            .context("nats-server")?;
        let server = Self {
            folder,
            port,
            child,
        };
        let until = Instant::now() + PATIENCE;
        while TcpStream::connect(("127.0.0.1", port)).is_err() {
            if Instant::now() > until {
                bail!("NATS did not start");
            }
            std::thread::sleep(Duration::from_millis(20));
        }
        Ok(server)
    }

    /// Its address.
    pub fn url(&self) -> String {
        format!("nats://127.0.0.1:{}", self.port)
    }
}

impl Drop for Nats {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
        let _ = fs::remove_dir_all(&self.folder);
    }
}

/// Where it is; it is installed first if it is missing and that can be done.
pub fn program() -> Result<PathBuf> {
    let advice = ", or put `nats-server` on the path";
    packages::bring("NATS", &["nats-server"], advice, find)
}

fn find() -> Option<PathBuf> {
    let path = std::env::var_os("PATH").unwrap_or_default();
    let folders = std::env::split_paths(&path).chain([PathBuf::from(PACKAGED)]);
    let mut programs = folders.map(|folder| folder.join("nats-server"));
    programs.find(|program| program.exists())
}
