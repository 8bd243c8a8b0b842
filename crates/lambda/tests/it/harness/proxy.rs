//! A line to the database that can be cut, and that can go dead without a word.

use std::io::{Read, Write};
use std::net::{Shutdown, TcpListener, TcpStream};
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};

#[derive(Default)]
struct Shared {
    is_cut: AtomicBool,
    /// Lines of an age before this one swallow everything.
    age: AtomicUsize,
    lines: Mutex<Vec<TcpStream>>,
}

/// Stands between a function and the database.
pub struct Proxy {
    url: String,
    shared: Arc<Shared>,
}

impl Proxy {
    /// In front of that database.
    pub fn in_front_of(url: &str) -> Self {
        let (before, place) = url.split_once('@').expect("a user");
        let (host, after) = place.split_once('/').expect("a database");
        let listener = TcpListener::bind("127.0.0.1:0").expect("a port");
        let address = listener.local_addr().expect("bound");
        let shared = Arc::new(Shared::default());
        let (of_thread, host) = (Arc::clone(&shared), host.to_owned());
        std::thread::spawn(move || {
            for client in listener.incoming().flatten() {
                if !of_thread.is_cut.load(Ordering::SeqCst) {
                    connect(&of_thread, client, &host);
                }
            }
        });
        Self {
            url: format!("{before}@{address}/{after}"),
            shared,
        }
    }

    /// The database by this way.
    pub fn url(&self) -> &str {
        &self.url
    }

    /// Nobody comes through any more.
    pub fn cut(&self) {
        self.shared.is_cut.store(true, Ordering::SeqCst);
        for line in self.shared.lines.lock().expect("no panic").drain(..) {
            let _ = line.shutdown(Shutdown::Both);
        }
    }

    /// New lines come through again.
    pub fn mend(&self) {
        self.shared.is_cut.store(false, Ordering::SeqCst);
    }

    /// The lines that are there go dead: they stay open, and nothing comes through.
    pub fn forget(&self) {
        self.shared.age.fetch_add(1, Ordering::SeqCst);
    }
}

fn connect(shared: &Arc<Shared>, client: TcpStream, host: &str) {
    let Ok(server) = TcpStream::connect(host) else {
        return;
    };
    let handle = |stream: &TcpStream| stream.try_clone().expect("a handle");
    let ends = [handle(&client), handle(&server)];
    shared.lines.lock().expect("no panic").extend(ends);
    let age = shared.age.load(Ordering::SeqCst);
    for (from, to) in [(handle(&client), handle(&server)), (server, client)] {
        let shared = Arc::clone(shared);
        std::thread::spawn(move || carry(&shared, age, from, to));
    }
}

fn carry(shared: &Shared, age: usize, mut from: TcpStream, mut to: TcpStream) {
    let mut bytes = [0; 16 * 1024];
    while let Ok(count @ 1..) = from.read(&mut bytes) {
        let is_alive = shared.age.load(Ordering::SeqCst) == age;
        if is_alive && to.write_all(&bytes[..count]).is_err() {
            break;
        }
    }
    let _ = to.shutdown(Shutdown::Both);
}
