//! The files of `deploy/`, by the tools that will read them; as far as that goes without a container engine or a cluster.
//! What they say of the program is held against it in `crates/server/tests/it/deploy.rs`.

use std::fs;
use std::path::Path;
use std::process::{Command, Output, Stdio};

use anyhow::{Context, Result, ensure};

use crate::place::{root, target};
use crate::{packages, steps};

/// How exposed a service may be, in tenths, as `systemd-analyze security` counts it; 100 is wide open.
const EXPOSURE: &str = "15";

/// All of them.
pub fn check() -> Result<()> {
    let deploy = root().join("deploy");
    rules(&deploy.join("prometheus"))?;
    manifests(&deploy.join("kubernetes"))?;
    compose(&deploy.join("compose.yaml"))?;
    bus(&deploy.join("compose/nats.conf"))?;
    proxy(&deploy.join("compose/Caddyfile"))?;
    unit(&deploy.join("systemd/pontic.service"))
}

/// Prometheus' own tool reads the rules and the configuration, and lives through the hours of `alerts.test.yaml`.
fn rules(folder: &Path) -> Result<()> {
    let promtool = packages::unpack("prometheus", "usr/bin/promtool")?;
    for arguments in [
        ["check", "rules", "alerts.yaml"].as_slice(),
        &["test", "rules", "alerts.test.yaml"],
        // Without a look at the token's file, which lies elsewhere.
        &["check", "config", "--syntax-only", "prometheus.yaml"],
    ] {
        steps::run(
            Command::new(&promtool)
                .current_dir(folder)
                .args(arguments)
                .stdout(Stdio::null()),
        )?;
    }
    Ok(())
}

/// What is applied can be made of the files.
fn manifests(folder: &Path) -> Result<()> {
    if !has("kubectl", &["version", "--client"]) {
        println!("kubectl is not installed: `kubectl kustomize` is left out");
        return Ok(());
    }
    for part in [folder.to_owned(), folder.join("monitoring")] {
        steps::run(
            Command::new("kubectl")
                .arg("kustomize")
                .arg(part)
                .stdout(Stdio::null()),
        )?;
    }
    Ok(())
}

fn compose(file: &Path) -> Result<()> {
    if !has("docker", &["compose", "version"]) {
        println!("Docker's compose is not installed: `docker compose config` is left out");
        return Ok(());
    }
    let mut docker = Command::new("docker");
    docker.args(["compose", "--file"]).arg(file);
    steps::run(docker.args(["config", "--quiet"]))
}

/// NATS reads its configuration, with the secrets where compose puts them.
fn bus(file: &Path) -> Result<()> {
    let server = packages::unpack("nats-server", "usr/sbin/nats-server")?;
    let folder = target()?.join("deploy");
    let (etc, run) = (folder.join("etc/nats"), folder.join("run/secrets"));
    fs::create_dir_all(&etc)?;
    fs::create_dir_all(&run)?;
    fs::write(
        run.join("bus-password.conf"),
        "authorization { user: pontic, password: \"of-a-check\" }\n",
    )?;
    let copy = etc.join("nats.conf");
    let read = |text: &str| -> Result<Output> {
        fs::write(&copy, text)?;
        let mut check = Command::new(&server);
        check.args(["-t", "-c"]).arg(&copy);
        check.output().context("nats-server")
    };
    let text = fs::read_to_string(file)?;
    let mut said = read(&text)?;
    if String::from_utf8_lossy(&said.stderr).contains("unknown field \"sync_interval\"") {
        println!("nats-server is older than 2.10: it reads all but `sync_interval`");
        let known = text.lines().filter(|line| !line.contains("sync_interval"));
        said = read(&known.collect::<Vec<_>>().join("\n"))?;
    }
    let complaint = String::from_utf8_lossy(&said.stderr);
    ensure!(said.status.success(), "nats-server: {complaint}");
    Ok(())
}

/// The proxy reads its configuration, and has no other taste in how it is written.
fn proxy(file: &Path) -> Result<()> {
    let caddy = packages::unpack("caddy", "usr/bin/caddy")?;
    for arguments in [
        ["fmt", "--diff"].as_slice(),
        &["validate", "--adapter", "caddyfile", "--config"],
    ] {
        let mut check = Command::new(&caddy);
        check.args(arguments).arg(file);
        // It keeps a folder of its own beside what it checks.
        check.env("HOME", target()?.join("deploy"));
        let said = check.output().context("caddy")?;
        let complaint = String::from_utf8_lossy(&said.stderr);
        ensure!(said.status.success(), "caddy {}: {complaint}", arguments[0]);
    }
    Ok(())
}

/// systemd reads the unit, and counts what it leaves open.
fn unit(file: &Path) -> Result<()> {
    if !has("systemd-analyze", &["--version"]) {
        println!("systemd is not installed: `systemd-analyze` is left out");
        return Ok(());
    }
    // It looks whether the program is there, which is so on the machines that it is for.
    let text = fs::read_to_string(file)?;
    let here = text.replace("/usr/local/bin/pontic", "/bin/true");
    ensure!(here != text, "{} starts no program", file.display());
    let folder = target()?.join("deploy");
    fs::create_dir_all(&folder)?;
    let copy = folder.join("pontic.service");
    fs::write(&copy, here)?;
    let said = Command::new("systemd-analyze")
        .args(["verify", "--man=no"])
        .arg(&copy)
        .output()
        .context("systemd-analyze")?;
    // Of a name that it does not know it only warns.
    let complaints = String::from_utf8_lossy(&said.stderr);
    let complaints: Vec<&str> = complaints
        .lines()
        .filter(|line| line.contains("pontic.service"))
        .collect();
    ensure!(
        said.status.success() && complaints.is_empty(),
        "systemd-analyze verify: {}",
        complaints.join("\n")
    );
    let mut security = Command::new("systemd-analyze");
    security.args(["security", "--offline=true", "--no-pager", "--threshold"]);
    security.arg(EXPOSURE).arg(&copy).stdout(Stdio::null());
    steps::run(&mut security)
}

fn has(program: &str, arguments: &[&str]) -> bool {
    let asked = Command::new(program)
        .args(arguments)
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .status();
    asked.is_ok_and(|status| status.success())
}
