//! The processes that are measured: the real binary, and the floor.

use std::fs::File;
use std::io::{BufRead, BufReader};
use std::path::{Path, PathBuf};
use std::process::{Child, ChildStdout, Command, Stdio};
use std::time::{Duration, Instant};

use anyhow::{Context, Result, bail, ensure};

use crate::bodies::{SECRET, TOKEN};
use crate::shape::Shape;

/// What a server says when it can be asked.
const LISTENING: &str = "listening on http://";
/// How long it may take to stop.
const STOP: Duration = Duration::from_secs(30);

/// A server that runs.
pub struct Server {
    child: Child,
    /// Where it listens.
    pub address: String,
    /// Held open, so that the server may go on printing.
    _said: BufReader<ChildStdout>,
}

impl Server {
    /// The real binary on the data folder `dir`, without limits of requests.
    pub fn pontic(dir: &Path) -> Result<Self> {
        let mut command = Command::new(binary()?);
        command
            .args(["serve", "--listen", "127.0.0.1:0", "--data"])
            .arg(dir)
            .env("PONTIC_ADMIN_TOKEN", TOKEN)
            .env("DENTRIX_WEBHOOK_SECRET", SECRET);
        // The receivers of a measure are on this machine.
        command.env("PONTIC_RELAY__ALLOW_PRIVATE", "true");
        for limit in ["ADDRESS", "ENDPOINT", "TOKEN"] {
            command.env(format!("PONTIC_LIMITS__{limit}__RATE"), "0");
        }
        Self::start(command, dir)
    }

    /// The same as one of several on that database, with a folder below `dir` for each number.
    pub fn replica(dir: &Path, database: &str, number: usize) -> Result<Self> {
        let own = dir.join(number.to_string());
        let mut command = Command::new(binary()?);
        command
            .args(["serve", "--listen", "127.0.0.1:0", "--data"])
            .arg(&own)
            .env("PONTIC_DATABASE__URL", database)
            .env("PONTIC_KEY_FILE", dir.join("data.key"))
            .env("PONTIC_ADMIN_TOKEN", TOKEN)
            .env("DENTRIX_WEBHOOK_SECRET", SECRET);
        for limit in ["ADDRESS", "ENDPOINT", "TOKEN"] {
            command.env(format!("PONTIC_LIMITS__{limit}__RATE"), "0");
        }
        Self::start(command, &own)
    }

    /// The floor, which keeps rows of that shape in `dir`.
    pub fn floor(dir: &Path, shape: &Shape) -> Result<Self> {
        let mut command = Command::new(std::env::current_exe()?);
        command
            .arg("floor")
            .arg(dir)
            .arg(serde_json::to_string(shape)?);
        Self::start(command, dir)
    }

    fn start(mut command: Command, dir: &Path) -> Result<Self> {
        let log = dir.with_extension("log");
        let log = File::options().create(true).append(true).open(log)?;
        let mut child = command
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(log)
            .spawn()
            .context("starting a server")?;
        let mut said = BufReader::new(child.stdout.take().context("its output")?);
        loop {
            let mut line = String::new();
            ensure!(said.read_line(&mut line)? > 0, "a server did not start");
            if let Some(address) = line.trim().strip_prefix(LISTENING) {
                return Ok(Self {
                    child,
                    address: address.to_owned(),
                    _said: said,
                });
            }
        }
    }

    /// Its process.
    pub fn pid(&self) -> u32 {
        self.child.id()
    }

    /// Asks it to stop, and waits until it has.
    pub fn stop(mut self) -> Result<()> {
        let asked = Command::new("kill").arg(self.pid().to_string()).status()?;
        ensure!(asked.success(), "a server is gone already");
        let since = Instant::now();
        while since.elapsed() < STOP {
            if self.child.try_wait()?.is_some() {
                return Ok(());
            }
            std::thread::sleep(Duration::from_millis(5));
        }
        bail!("a server does not stop")
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        // Where a measure broke off. One that has stopped cannot be killed, and need not be.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// The binary that is released: it lies beside this program.
pub fn binary() -> Result<PathBuf> {
    let own = std::env::current_exe()?;
    let folder = own.parent().context("the folder of this program")?;
    Ok(folder.join("pontic"))
}

/// Builds it as it is now, with the profile and in the folder that this program was built in; with a database, if one is needed.
pub fn build(with_database: bool) -> Result<()> {
    let binary = binary()?;
    let target = binary
        .ancestors()
        .nth(2)
        .context("the folder of all builds")?;
    let built = Command::new(std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into()))
        .current_dir(env!("CARGO_MANIFEST_DIR"))
        .args([
            "build",
            "--quiet",
            "--release",
            "-p",
            "pontic-server",
            "--bin",
            "pontic",
        ])
        .args(with_database.then_some("--features=postgres"))
        .arg("--target-dir")
        .arg(target)
        .status()
        .context("cargo")?;
    ensure!(
        built.success() && binary.exists(),
        "the server does not build"
    );
    Ok(())
}
