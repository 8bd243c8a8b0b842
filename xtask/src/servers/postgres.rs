//! A `PostgreSQL` of its own: from the system's packages, in a folder that goes away, on a port that nobody else has.

use std::fs;
use std::os::unix::fs::{PermissionsExt, chown};
use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use anyhow::{Context, Result, bail, ensure};

use super::free_port;
use crate::packages;

/// Where Debian and its like put the server's programs, which are on no path.
const PACKAGED: &str = "/usr/lib/postgresql";
const USER: &str = "pontic";
/// Of a server that only tests reach, for as long as they run.
const PASSWORD: &str = "only-for-tests";
const PATIENCE: Duration = Duration::from_secs(30);

/// A server that runs.
pub struct Postgres {
    folder: PathBuf,
    port: u16,
    child: Child,
}

impl Postgres {
    /// Starts one; installs it first if it is missing and that can be done.
    pub fn start() -> Result<Self> {
        Self::start_as(false)
    }

    /// The same, which Ctrl-C does not reach: it is still there when those say goodbye who use it.
    pub fn start_apart() -> Result<Self> {
        Self::start_as(true)
    }

    fn start_as(apart: bool) -> Result<Self> {
        let programs = programs()?;
        let folder = std::env::temp_dir().join(format!("pontic-postgres-{}", std::process::id()));
        fs::create_dir_all(&folder)?;
        let owner = owner()?;
        if let Some((uid, gid)) = owner {
            chown(&folder, Some(uid), Some(gid))?;
        }
        let as_owner = |program: &str| {
            let mut command = Command::new(programs.join(program));
            command.current_dir(&folder);
            if let Some((uid, gid)) = owner {
                command.uid(uid).gid(gid);
            }
            command
        };
        let password = folder.join("password");
        fs::write(&password, PASSWORD)?;
        let mut make = as_owner("initdb");
        make.args([
            "-U",
            USER,
            "-E",
            "UTF8",
            "--no-locale",
            "--auth=scram-sha-256",
        ]);
        make.arg("--pwfile").arg(&password).args(["-D", "data"]);
        let made = make.output().context("initdb")?;
        ensure!(
            made.status.success(),
            "initdb: {}",
            String::from_utf8_lossy(&made.stderr)
        );
        certify(&folder, owner)?;
        let port = free_port()?;
        let log = fs::File::create(folder.join("log"))?;
        let mut serve = as_owner("postgres");
        serve.args(["-D", "data", "-p", &port.to_string(), "-k"]);
        serve.arg(&folder).args(["-c", "max_connections=300"]);
        serve.args(["-c", "ssl=on", "-c", "ssl_cert_file=../server.crt"]);
        serve.args(["-c", "ssl_key_file=../server.key"]);
        if apart {
            serve.process_group(0);
        }
        let child = serve
            .stdin(Stdio::null())
            .stdout(log.try_clone()?)
            .stderr(log)
            .spawn()
            .context("postgres")?;
        let server = Self {
            folder,
            port,
            child,
        };
        server.wait(&programs)?;
        Ok(server)
    }

    /// Its address, with the right to make databases.
    pub fn url(&self) -> String {
        let port = self.port;
        format!("postgres://{USER}:{PASSWORD}@127.0.0.1:{port}/postgres?sslmode=disable")
    }

    /// Its certificate, which nobody but itself has signed.
    pub fn certificate(&self) -> PathBuf {
        self.folder.join("server.crt")
    }

    fn wait(&self, programs: &Path) -> Result<()> {
        let until = Instant::now() + PATIENCE;
        while Instant::now() < until {
            let mut ask = Command::new(programs.join("pg_isready"));
            ask.args(["-q", "-h", "127.0.0.1", "-p", &self.port.to_string()]);
            if ask.status()?.success() {
                return Ok(());
            }
            std::thread::sleep(Duration::from_millis(50));
        }
        let log = fs::read_to_string(self.folder.join("log")).unwrap_or_default();
        bail!("PostgreSQL did not start:\n{log}");
    }
}

impl Drop for Postgres {
    fn drop(&mut self) {
        // Its own children end when they see that it is gone; what it kept is not needed any more.
        let _ = self.child.kill();
        let _ = self.child.wait();
        let _ = fs::remove_dir_all(&self.folder);
    }
}

/// A certificate for this machine's own address.
fn certify(folder: &Path, owner: Option<(u32, u32)>) -> Result<()> {
    let mut make = Command::new("openssl");
    make.current_dir(folder)
        .args(["req", "-x509", "-newkey", "rsa:2048"]);
    make.args(["-nodes", "-days", "2", "-subj", "/CN=pontic tests"]);
    make.args(["-addext", "subjectAltName=IP:127.0.0.1"]);
    make.args(["-addext", "basicConstraints=critical,CA:FALSE"]);
    make.args(["-keyout", "server.key", "-out", "server.crt"]);
    let made = make
        .output()
        .context("openssl is missing: `apt-get install openssl`")?;
    ensure!(
        made.status.success(),
        "openssl: {}",
        String::from_utf8_lossy(&made.stderr)
    );
    let key = folder.join("server.key");
    fs::set_permissions(&key, fs::Permissions::from_mode(0o600))?;
    if let Some((uid, gid)) = owner {
        chown(key, Some(uid), Some(gid))?;
    }
    Ok(())
}

/// The folder of the server's programs.
fn programs() -> Result<PathBuf> {
    let advice = ", or put `postgres` and `initdb` on the path";
    packages::bring("PostgreSQL's server", &["postgresql"], advice, find)
}

fn find() -> Option<PathBuf> {
    let path = std::env::var_os("PATH").unwrap_or_default();
    let on_path = std::env::split_paths(&path).collect::<Vec<_>>();
    let mut packaged: Vec<PathBuf> = fs::read_dir(PACKAGED)
        .into_iter()
        .flatten()
        .filter_map(|entry| Some(entry.ok()?.path().join("bin")))
        .collect();
    packaged.sort();
    // All of them from one place: a link on the path may lead to one program only.
    packaged.into_iter().rev().chain(on_path).find(|folder| {
        ["postgres", "initdb", "pg_isready"]
            .iter()
            .all(|program| folder.join(program).exists())
    })
}

/// Whom the server runs as: it refuses to be root.
fn owner() -> Result<Option<(u32, u32)>> {
    if id(&["-u"])? != 0 {
        return Ok(None);
    }
    for user in ["postgres", "nobody"] {
        if let (Ok(uid), Ok(gid)) = (id(&["-u", user]), id(&["-g", user])) {
            return Ok(Some((uid, gid)));
        }
    }
    bail!("PostgreSQL does not run as root, and there is no user `postgres` or `nobody`")
}

fn id(args: &[&str]) -> Result<u32> {
    let said = Command::new("id").args(args).output().context("id")?;
    ensure!(said.status.success(), "id {}", args.join(" "));
    Ok(String::from_utf8_lossy(&said.stdout).trim().parse()?)
}
