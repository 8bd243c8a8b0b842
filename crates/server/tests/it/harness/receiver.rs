//! Whoever is told by webhook, in tests: it takes what comes, or errs, hangs and dies as it is told.

use std::collections::BTreeMap;
use std::io::{BufRead, BufReader, Read, Write};
use std::net::{Shutdown, SocketAddr, TcpListener, TcpStream};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use serde_json::Value;

/// What came.
#[derive(Debug, Clone)]
pub struct Received {
    pub path: String,
    /// Names in lower case.
    pub headers: BTreeMap<String, String>,
    pub text: String,
    pub body: Value,
}

impl Received {
    /// A header, empty if it is absent.
    pub fn header(&self, name: &str) -> &str {
        self.headers.get(name).map_or("", String::as_str)
    }
}

/// What is done with it.
#[derive(Debug, Clone)]
pub enum Reply {
    /// A status.
    Status(u16),
    /// A status and a further header, like `retry-after: 2`.
    With(u16, String),
    /// A status and so many bytes.
    Long(u16, usize),
    /// A status and a body.
    Json(u16, String),
    /// Nothing, for so long.
    Hang(Duration),
    /// The connection ends after all was read.
    HangUp,
}

type Behaviour = Box<dyn FnMut(&Received) -> Reply + Send>;

struct Shared {
    behaviour: Mutex<Behaviour>,
    received: Mutex<Vec<Received>>,
    lines: Mutex<Vec<TcpStream>>,
    is_dead: AtomicBool,
}

/// Listens until it is dropped.
pub struct Receiver {
    address: SocketAddr,
    shared: Arc<Shared>,
}

impl Receiver {
    /// One that behaves so, on a free port.
    pub fn start(behaviour: impl FnMut(&Received) -> Reply + Send + 'static) -> Self {
        Self::at("127.0.0.1:0".parse().expect("an address"), behaviour)
    }

    /// One that takes everything.
    pub fn taking() -> Self {
        Self::start(|_| Reply::Status(204))
    }

    /// The same at that address.
    pub fn at(
        address: SocketAddr,
        behaviour: impl FnMut(&Received) -> Reply + Send + 'static,
    ) -> Self {
        let listener = TcpListener::bind(address).expect("a port");
        let shared = Arc::new(Shared {
            behaviour: Mutex::new(Box::new(behaviour)),
            received: Mutex::default(),
            lines: Mutex::default(),
            is_dead: AtomicBool::new(false),
        });
        let receiver = Self {
            address: listener.local_addr().expect("bound"),
            shared: Arc::clone(&shared),
        };
        std::thread::spawn(move || {
            for line in listener.incoming().flatten() {
                if shared.is_dead.load(Ordering::SeqCst) {
                    return;
                }
                let kept = line.try_clone().expect("a handle");
                shared.lines.lock().expect("no panic").push(kept);
                let shared = Arc::clone(&shared);
                std::thread::spawn(move || converse(line, &shared));
            }
        });
        receiver
    }

    pub const fn address(&self) -> SocketAddr {
        self.address
    }

    /// Where it is.
    pub fn url(&self) -> String {
        format!("http://{}/hook", self.address)
    }

    /// What it does from now on.
    pub fn behave(&self, behaviour: impl FnMut(&Received) -> Reply + Send + 'static) {
        *self.shared.behaviour.lock().expect("no panic") = Box::new(behaviour);
    }

    /// All that came so far.
    pub fn received(&self) -> Vec<Received> {
        self.shared.received.lock().expect("no panic").clone()
    }

    /// Ids of messages so far.
    pub fn ids(&self) -> Vec<String> {
        let received = self.received();
        let ids = received
            .iter()
            .map(|one| one.header("webhook-id").to_owned());
        ids.collect()
    }
}

impl Drop for Receiver {
    fn drop(&mut self) {
        self.shared.is_dead.store(true, Ordering::SeqCst);
        for line in self.shared.lines.lock().expect("no panic").drain(..) {
            let _ = line.shutdown(Shutdown::Both);
        }
        // Wakes whoever accepts, so that the port is free again.
        let _ = TcpStream::connect(self.address);
    }
}

fn converse(line: TcpStream, shared: &Shared) {
    let mut writer = line.try_clone().expect("a handle");
    let mut reader = BufReader::new(line);
    while let Some(received) = read(&mut reader) {
        let reply = (shared.behaviour.lock().expect("no panic"))(&received);
        shared.received.lock().expect("no panic").push(received);
        let sent = match reply {
            Reply::Status(status) => answer(&mut writer, status, "", 0),
            Reply::With(status, header) => answer(&mut writer, status, &format!("{header}\r\n"), 0),
            Reply::Long(status, bytes) => answer(&mut writer, status, "", bytes),
            Reply::Json(status, body) => write!(
                writer,
                "HTTP/1.1 {status} x\r\ncontent-type: application/json\r\ncontent-length: {}\r\n\r\n{body}",
                body.len()
            ),
            Reply::Hang(time) => {
                std::thread::sleep(time);
                return;
            }
            Reply::HangUp => {
                let _ = writer.shutdown(Shutdown::Both);
                return;
            }
        };
        if sent.is_err() {
            return;
        }
    }
}

fn answer(writer: &mut TcpStream, status: u16, header: &str, bytes: usize) -> std::io::Result<()> {
    write!(
        writer,
        "HTTP/1.1 {status} x\r\n{header}content-length: {bytes}\r\n\r\n"
    )?;
    writer.write_all(&vec![b'x'; bytes])
}

fn read(reader: &mut BufReader<TcpStream>) -> Option<Received> {
    let mut first = String::new();
    reader
        .read_line(&mut first)
        .ok()
        .filter(|length| *length > 0)?;
    let path = first.split(' ').nth(1)?.to_owned();
    let mut headers = BTreeMap::new();
    loop {
        let mut header = String::new();
        reader.read_line(&mut header).ok()?;
        let Some((name, value)) = header.trim_end().split_once(':') else {
            break;
        };
        headers.insert(name.to_ascii_lowercase(), value.trim().to_owned());
    }
    let length = headers.get("content-length")?.parse().ok()?;
    let mut body = vec![0; length];
    reader.read_exact(&mut body).ok()?;
    let text = String::from_utf8(body).ok()?;
    Some(Received {
        path,
        headers,
        body: serde_json::from_str(&text).unwrap_or_default(),
        text,
    })
}
