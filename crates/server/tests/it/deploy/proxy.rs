//! The real proxy with the real configuration in front of real servers.

use std::net::TcpListener;
use std::path::PathBuf;
use std::process::{Child, Command, Stdio};

use tempfile::TempDir;

use super::files::root;
use crate::harness::{Client, Server, Socket, Start, case, date_in, eventually};

/// A proxy that runs until it is dropped.
struct Proxy {
    child: Child,
    url: String,
    _home: TempDir,
}

impl Proxy {
    /// In front of these servers.
    fn before(servers: &[&Server]) -> Self {
        let caddy = std::env::var_os("TEST_CADDY").map(PathBuf::from).expect(
            "TEST_CADDY names no program; `cargo xtask test` brings one, and so does `cargo xtask servers -- COMMAND`",
        );
        let lines: Vec<TcpListener> = (0..3)
            .map(|_| TcpListener::bind("127.0.0.1:0").expect("a port"))
            .collect();
        let ports: Vec<u16> = lines
            .iter()
            .map(|line| line.local_addr().expect("bound").port())
            .collect();
        drop(lines);
        let replicas: Vec<&str> = servers
            .iter()
            .map(|server| server.url.trim_start_matches("http://"))
            .collect();
        let home = tempfile::tempdir().expect("a folder");
        let child = Command::new(caddy)
            .args(["run", "--adapter", "caddyfile", "--config"])
            .arg(root().join("compose/Caddyfile"))
            .env("HOME", home.path())
            .env("XDG_DATA_HOME", home.path())
            .env("XDG_CONFIG_HOME", home.path())
            .env("SITE", "http://127.0.0.1")
            .env("REPLICAS", replicas.join(" "))
            .env("PROXY_HTTP", ports[0].to_string())
            .env("PROXY_HTTPS", ports[1].to_string())
            .env("PROXY_HEALTH", ports[2].to_string())
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn()
            .expect("the proxy starts");
        let proxy = Self {
            child,
            url: format!("http://127.0.0.1:{}", ports[0]),
            _home: home,
        };
        let health = Client {
            url: format!("http://127.0.0.1:{}", ports[2]),
            token: None,
        };
        eventually(|| {
            let answer = health.try_send("GET", "/health", &[], b"");
            answer.ok().filter(|answer| answer.status == 200)
        });
        proxy
    }

    /// Somebody who comes by it, with the token of `client`.
    fn through(&self, client: &Client) -> Client {
        Client {
            url: self.url.clone(),
            token: client.token.clone(),
        }
    }
}

impl Drop for Proxy {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

fn replica() -> Server {
    Start::new().env("PONTIC_BEHIND_TLS_PROXY", "true").go()
}

#[test]
fn sockets_and_requests_pass_and_metrics_do_not() {
    let server = replica();
    let proxy = Proxy::before(&[&server]);
    let admin = proxy.through(&server.admin());
    let mut watcher = Socket::watch(&admin, "");
    assert_eq!(watcher.next()["type"], "SNAPSHOT");
    admin
        .event("CaseReadyToShip", &case("L", "C1", "K1", &date_in(1)))
        .result();
    let heard = watcher.until(|message| message["type"] == "DELIVERY_UPDATED");
    assert!(!heard.is_empty(), "live, without waiting for more");
    assert_eq!(admin.get("/metrics").status, 404);
    assert_eq!(server.admin().get("/metrics").status, 200);
    assert_eq!(admin.get("/nowhere").status, 404);
}

/// Whoever limits by address must not believe what the sender says of itself.
#[test]
fn nobody_can_say_that_another_asks() {
    let server = Start::new()
        .env("PONTIC_BEHIND_TLS_PROXY", "true")
        .env("PONTIC_LIMITS__ADDRESS__RATE", "0.001")
        .env("PONTIC_LIMITS__ADDRESS__BURST", "1")
        .go();
    let proxy = Proxy::before(&[&server]);
    let ask = |client: &Client| {
        let said = [("x-forwarded-for", "203.0.113.7")];
        client.send("GET", "/healthz", &said, b"").status
    };
    let nobody = server.nobody();
    assert_eq!(
        [ask(&nobody), ask(&nobody)],
        [200, 429],
        "the program believes its proxy"
    );
    let through = proxy.through(&nobody);
    assert_eq!(
        [ask(&through), ask(&through)],
        [200, 200],
        "the proxy says who came: loopback"
    );
}

#[test]
fn a_replica_that_dies_costs_nobody_an_answer() {
    let (one, two) = (replica(), replica());
    let proxy = Proxy::before(&[&one, &two]);
    let nobody = proxy.through(&one.nobody());
    let ask = |count: usize| {
        let statuses = (0..count).map(|_| nobody.get("/healthz").status);
        statuses.collect::<Vec<_>>()
    };
    assert_eq!(ask(20), [200; 20]);
    drop(one.kill());
    assert_eq!(ask(40), [200; 40]);
    drop(two.kill());
    let status = nobody.get("/healthz").status;
    assert!(matches!(status, 502 | 503), "{status}: until one is back");
}
