//! A line to a database that can be slow, cut and mended.

use std::io::{Read, Write};
use std::net::{Shutdown, TcpListener, TcpStream};
use std::sync::{Arc, Mutex};
use std::time::Duration;

/// What it has in common with the threads that carry bytes.
#[derive(Default)]
struct Shared {
    target: String,
    is_cut: bool,
    /// How long each piece takes.
    delay: Duration,
    lines: Vec<TcpStream>,
}

/// Listens, and carries bytes to another address as long as it is not cut.
pub struct Proxy {
    port: u16,
    shared: Arc<Mutex<Shared>>,
}

impl Proxy {
    /// Leads nowhere yet.
    pub fn new() -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").expect("a port");
        let port = listener.local_addr().expect("bound").port();
        let shared = Arc::new(Mutex::new(Shared::default()));
        let kept = Arc::clone(&shared);
        std::thread::spawn(move || {
            for line in listener.incoming().flatten() {
                carry(line, &kept);
            }
        });
        Self { port, shared }
    }

    /// The address by way of this line.
    pub fn in_front_of(&self, url: &str) -> String {
        let (before, rest) = url.split_once('@').expect("a user");
        let (target, after) = rest.split_once('/').expect("a database");
        target.clone_into(&mut self.shared.lock().expect("no panic").target);
        format!("{before}@127.0.0.1:{}/{after}", self.port)
    }

    /// Ends every connection, and refuses new ones.
    pub fn cut(&self) {
        let mut shared = self.shared.lock().expect("no panic");
        shared.is_cut = true;
        for line in shared.lines.drain(..) {
            // It may have ended already.
            let _ = line.shutdown(Shutdown::Both);
        }
    }

    /// Each piece takes so long from now on, in either direction.
    pub fn slow(&self, delay: Duration) {
        self.shared.lock().expect("no panic").delay = delay;
    }

    /// Carries again.
    pub fn mend(&self) {
        self.shared.lock().expect("no panic").is_cut = false;
    }
}

fn carry(line: TcpStream, kept: &Arc<Mutex<Shared>>) {
    let mut shared = kept.lock().expect("no panic");
    if shared.is_cut {
        return;
    }
    let Ok(other) = TcpStream::connect(&shared.target) else {
        return;
    };
    let copy = |stream: &TcpStream| stream.try_clone().expect("a handle");
    shared.lines.extend([copy(&line), copy(&other)]);
    let (there, back) = ((copy(&line), copy(&other)), (other, line));
    for (from, to) in [there, back] {
        let kept = Arc::clone(kept);
        std::thread::spawn(move || pump(from, to, &kept));
    }
}

fn pump(mut from: TcpStream, mut to: TcpStream, shared: &Mutex<Shared>) {
    let mut piece = [0; 16 * 1024];
    while let Ok(length @ 1..) = from.read(&mut piece) {
        let delay = shared.lock().expect("no panic").delay;
        std::thread::sleep(delay);
        if to.write_all(&piece[..length]).is_err() {
            break;
        }
    }
    let _ = to.shutdown(Shutdown::Both);
}
