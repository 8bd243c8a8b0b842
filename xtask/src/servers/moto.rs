//! An emulator of AWS: moto's server, from Python's package index, in an environment of its own below the target folder.

use std::fs;
use std::net::{TcpListener, TcpStream};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use anyhow::{Context, Result, bail, ensure};

use crate::place::target;

/// What is installed: the emulator, and the program that reads CloudFormation's templates.
const PACKAGES: [&str; 2] = [
    "moto[events,secretsmanager,server,sqs]==5.2.5",
    "cfn-lint==1.58.0",
];
const PATIENCE: Duration = Duration::from_mins(1);

/// One that runs.
pub struct Moto {
    environment: PathBuf,
    port: u16,
    child: Child,
}

impl Moto {
    /// Starts one; installs it first if it is missing.
    pub fn start() -> Result<Self> {
        let environment = environment()?;
        let port = TcpListener::bind(("127.0.0.1", 0))?.local_addr()?.port();
        let log = fs::File::create(environment.join("log"))?;
        let child = Command::new(environment.join("bin/moto_server"))
            .args(["-H", "127.0.0.1", "-p", &port.to_string()])
            .stdin(Stdio::null())
            .stdout(log.try_clone()?)
            .stderr(log)
            .spawn()
            .context("moto_server")?;
        let moto = Self {
            environment,
            port,
            child,
        };
        moto.wait()?;
        Ok(moto)
    }

    /// Where it is.
    pub fn url(&self) -> String {
        format!("http://127.0.0.1:{}", self.port)
    }

    /// Another program that was installed with it.
    pub fn program(&self, name: &str) -> PathBuf {
        self.environment.join("bin").join(name)
    }

    fn wait(&self) -> Result<()> {
        let until = Instant::now() + PATIENCE;
        while Instant::now() < until {
            if TcpStream::connect(("127.0.0.1", self.port)).is_ok() {
                return Ok(());
            }
            std::thread::sleep(Duration::from_millis(50));
        }
        let log = fs::read_to_string(self.environment.join("log")).unwrap_or_default();
        bail!("moto's server did not start:\n{log}");
    }
}

impl Drop for Moto {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// The environment with the packages in those versions.
fn environment() -> Result<PathBuf> {
    let folder = target()?.join("python").join("moto");
    let mark = folder.join("installed");
    let wanted = PACKAGES.join(" ");
    if fs::read_to_string(&mark).is_ok_and(|installed| installed == wanted) {
        return Ok(folder);
    }
    println!("installing {wanted} below {}", folder.display());
    install(&folder).with_context(|| {
        format!(
            "the emulator of AWS is missing and could not be installed: it takes Python 3 with venv (`apt-get install python3-venv`) \
             and a package index; by hand: `python3 -m venv {0} && {0}/bin/pip install '{1}'`",
            folder.display(),
            PACKAGES.join("' '")
        )
    })?;
    fs::write(mark, wanted)?;
    Ok(folder)
}

fn install(folder: &Path) -> Result<()> {
    // Of an earlier version, or a try that was broken off.
    let _ = fs::remove_dir_all(folder);
    let quietly = |command: &mut Command| -> Result<()> {
        let said = command.stdin(Stdio::null()).output()?;
        let told = String::from_utf8_lossy(&said.stderr);
        ensure!(said.status.success(), "{}", told.trim_end());
        Ok(())
    };
    quietly(Command::new("python3").args(["-m", "venv"]).arg(folder))?;
    quietly(
        Command::new(folder.join("bin/pip"))
            .args(["install", "--disable-pip-version-check", "--quiet"])
            .args(PACKAGES),
    )
}
