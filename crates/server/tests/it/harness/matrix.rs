//! A Distance Matrix of the tests' own: it answers by a formula of its own, or errs, hangs and dies as it is told.

use std::collections::{BTreeMap, VecDeque};
use std::io::{BufRead, BufReader, Write};
use std::net::{Shutdown, SocketAddr, TcpListener, TcpStream};
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::thread::JoinHandle;
use std::time::Duration;

use pontic_core::geo::distance_m;
use pontic_core::time::Coordinates;
use serde_json::{Value, json};

/// Its ways are so many times as long as the great circle.
const DETOUR: f64 = 1.4;
/// Its speed without traffic, in metres per second.
const SPEED_MPS: f64 = 10.0;
/// With traffic a drive takes so many times as long.
const TRAFFIC: f64 = 1.25;

/// What it does with a request.
#[derive(Debug, Clone)]
pub enum Behaviour {
    /// Answers by [`Matrix::metres`] and [`Matrix::seconds`].
    Answers,
    /// The same, after a while.
    AnswersAfter(Duration),
    /// Answers with these metres and seconds, whatever the places.
    Leg(f64, f64),
    /// Says that as the status of the whole, in the words of the service.
    Status(&'static str),
    /// The same, and why.
    StatusBecause(&'static str, String),
    /// Says that as the status of every element.
    Element(&'static str),
    /// Sends this: HTTP status, further headers, body.
    Sends(u16, &'static str, String),
    /// Says that the body is longer than it is, and hangs up.
    BreaksOff,
    /// Hangs up without a word.
    HangsUp,
    /// Never answers.
    Hangs,
}

impl Behaviour {
    /// A page for people, as a proxy sends it.
    pub fn html() -> Self {
        let page = "<!doctype html><title>It works</title>";
        Self::Sends(200, "content-type: text/html\r\n", page.to_owned())
    }

    /// That as the whole of the rows, which should be one row with one element.
    pub fn rows(rows: &Value) -> Self {
        let body = json!({ "status": "OK", "rows": rows });
        Self::Sends(200, "", body.to_string())
    }
}

/// The service. It ends when it is dropped.
pub struct Matrix {
    address: SocketAddr,
    shared: Arc<Shared>,
    accepting: Option<JoinHandle<()>>,
}

struct Shared {
    usual: Mutex<Behaviour>,
    once: Mutex<VecDeque<Behaviour>>,
    queries: Mutex<Vec<BTreeMap<String, String>>>,
    elements: AtomicUsize,
    at_once: AtomicUsize,
    most_at_once: AtomicUsize,
    connections: Mutex<Vec<TcpStream>>,
    is_dead: AtomicBool,
}

impl Matrix {
    /// One that answers, on a free port.
    pub fn start() -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").expect("a free port");
        let mut matrix = Self {
            address: listener.local_addr().expect("bound"),
            shared: Arc::new(Shared {
                usual: Mutex::new(Behaviour::Answers),
                once: Mutex::default(),
                queries: Mutex::default(),
                elements: AtomicUsize::new(0),
                at_once: AtomicUsize::new(0),
                most_at_once: AtomicUsize::new(0),
                connections: Mutex::default(),
                is_dead: AtomicBool::new(false),
            }),
            accepting: None,
        };
        matrix.listen(listener);
        matrix
    }

    /// Its address, for `maps.url`.
    pub fn url(&self) -> String {
        format!("http://{}", self.address)
    }

    /// What it does from now on.
    pub fn behave(&self, behaviour: Behaviour) {
        *self.shared.usual.lock().expect("sound") = behaviour;
    }

    /// What it does with the next request; several are done one after the other.
    pub fn once(&self, behaviour: Behaviour) {
        let mut once = self.shared.once.lock().expect("sound");
        once.push_back(behaviour);
    }

    /// Requests so far.
    pub fn requests(&self) -> usize {
        self.queries().len()
    }

    /// Elements so far: what is paid for.
    pub fn elements(&self) -> usize {
        self.shared.elements.load(Ordering::SeqCst)
    }

    /// The most requests that it had in hand at once.
    pub fn most_at_once(&self) -> usize {
        self.shared.most_at_once.load(Ordering::SeqCst)
    }

    /// The query of every request, in order of arrival, decoded.
    pub fn queries(&self) -> Vec<BTreeMap<String, String>> {
        self.shared.queries.lock().expect("sound").clone()
    }

    /// The way that it answers with, in whole metres.
    pub fn metres(from: Coordinates, to: Coordinates) -> f64 {
        (distance_m(from, to) * DETOUR).round()
    }

    /// The time with traffic that it answers with, in whole seconds.
    pub fn seconds(from: Coordinates, to: Coordinates) -> f64 {
        (Self::metres(from, to) / SPEED_MPS * TRAFFIC).round()
    }

    /// Cuts every connection and takes no more.
    pub fn die(&mut self) {
        self.shared.is_dead.store(true, Ordering::SeqCst);
        // Wakes whoever accepts.
        drop(TcpStream::connect(self.address));
        if let Some(accepting) = self.accepting.take() {
            accepting.join().expect("it does not panic");
        }
        for connection in self.shared.connections.lock().expect("sound").drain(..) {
            // It may be closed already.
            let _ = connection.shutdown(Shutdown::Both);
        }
    }

    /// Listens again at the same address.
    pub fn revive(&mut self) {
        let listener = TcpListener::bind(self.address).expect("its own port");
        self.shared.is_dead.store(false, Ordering::SeqCst);
        self.listen(listener);
    }

    fn listen(&mut self, listener: TcpListener) {
        let shared = Arc::clone(&self.shared);
        self.accepting = Some(std::thread::spawn(move || {
            for connection in listener.incoming() {
                if shared.is_dead.load(Ordering::SeqCst) {
                    return;
                }
                let Ok(connection) = connection else { continue };
                let kept = connection.try_clone().expect("a second handle");
                shared.connections.lock().expect("sound").push(kept);
                let shared = Arc::clone(&shared);
                std::thread::spawn(move || shared.serve(&connection));
            }
        }));
    }
}

impl Drop for Matrix {
    fn drop(&mut self) {
        self.die();
    }
}

impl Shared {
    /// One request after the other, until one of the two hangs up.
    fn serve(&self, connection: &TcpStream) {
        let mut reader = BufReader::new(connection);
        while let Some(query) = read_query(&mut reader) {
            let at_once = self.at_once.fetch_add(1, Ordering::SeqCst) + 1;
            self.most_at_once.fetch_max(at_once, Ordering::SeqCst);
            let stays = self.answer(connection, query);
            self.at_once.fetch_sub(1, Ordering::SeqCst);
            if !stays {
                break;
            }
        }
        // The kept handle would hold it open.
        let _ = connection.shutdown(Shutdown::Both);
    }

    /// Whether the connection stays open.
    fn answer(&self, mut connection: &TcpStream, query: BTreeMap<String, String>) -> bool {
        let origins = places(&query, "origins");
        let destinations = places(&query, "destinations");
        let elements = origins.len() * destinations.len();
        self.elements.fetch_add(elements, Ordering::SeqCst);
        self.queries.lock().expect("sound").push(query);
        let next = self.once.lock().expect("sound").pop_front();
        let behaviour = next.unwrap_or_else(|| self.usual.lock().expect("sound").clone());
        let rows = |element: &dyn Fn(Coordinates, Coordinates) -> Value| {
            let row = |from: &Coordinates| {
                let elements = destinations.iter().map(|to| element(*from, *to));
                json!({ "elements": elements.collect::<Vec<_>>() })
            };
            let rows: Vec<Value> = origins.iter().map(row).collect();
            json!({ "status": "OK", "rows": rows }).to_string()
        };
        let text = match behaviour {
            Behaviour::Answers => http(200, "", &rows(&by_formula)),
            Behaviour::AnswersAfter(wait) => {
                std::thread::sleep(wait);
                http(200, "", &rows(&by_formula))
            }
            Behaviour::Leg(metres, seconds) => {
                let element = |_, _| {
                    json!({
                        "status": "OK",
                        "distance": { "text": "", "value": metres },
                        "duration": { "text": "", "value": seconds },
                    })
                };
                http(200, "", &rows(&element))
            }
            Behaviour::Status(status) => http(
                200,
                "",
                &json!({ "status": status, "rows": [] }).to_string(),
            ),
            Behaviour::StatusBecause(status, why) => {
                let body = json!({ "status": status, "error_message": why, "rows": [] });
                http(200, "", &body.to_string())
            }
            Behaviour::Element(status) => http(200, "", &rows(&|_, _| json!({ "status": status }))),
            Behaviour::Sends(status, headers, body) => http(status, headers, &body),
            Behaviour::BreaksOff => {
                let whole = http(200, "", &rows(&by_formula));
                // The other side may have hung up.
                let _ = connection.write_all(&whole.as_bytes()[..whole.len() / 2]);
                return false;
            }
            Behaviour::HangsUp => return false,
            Behaviour::Hangs => {
                self.hang(connection);
                return false;
            }
        };
        connection.write_all(text.as_bytes()).is_ok()
    }

    /// Waits until the other side has hung up, or this one is dead.
    fn hang(&self, connection: &TcpStream) {
        let patience = Some(Duration::from_millis(20));
        connection.set_read_timeout(patience).expect("a timeout");
        let has_hung_up = || matches!(connection.peek(&mut [0]), Ok(0));
        loop {
            if self.is_dead.load(Ordering::SeqCst) || has_hung_up() {
                return;
            }
        }
    }
}

/// The query of the next request; `None` when the other side has hung up.
fn read_query(reader: &mut impl BufRead) -> Option<BTreeMap<String, String>> {
    let mut first = String::new();
    reader.read_line(&mut first).ok().filter(|read| *read > 0)?;
    let mut line = String::new();
    while reader.read_line(&mut line).ok()? > 2 {
        line.clear();
    }
    let target = first.split(' ').nth(1)?;
    let query = target.split_once('?').map_or("", |(_, query)| query);
    let pairs = query.split('&').filter_map(|pair| pair.split_once('='));
    Some(
        pairs
            .map(|(name, value)| (name.to_owned(), decoded(value)))
            .collect(),
    )
}

fn decoded(value: &str) -> String {
    let mut parts = value.split('%');
    let mut text = parts.next().unwrap_or_default().to_owned();
    for part in parts {
        let code = u8::from_str_radix(&part[..2], 16).expect("two hex digits");
        text.push(char::from(code));
        text.push_str(&part[2..]);
    }
    text
}

fn places(query: &BTreeMap<String, String>, name: &str) -> Vec<Coordinates> {
    let place = |text: &str| {
        let (lat, lng) = text.split_once(',')?;
        Some(Coordinates {
            lat: lat.parse().ok()?,
            lng: lng.parse().ok()?,
        })
    };
    let texts = query.get(name).map_or("", String::as_str);
    texts.split('|').filter_map(place).collect()
}

fn by_formula(from: Coordinates, to: Coordinates) -> Value {
    let metres = Matrix::metres(from, to);
    json!({
        "status": "OK",
        "distance": { "text": format!("{metres} m"), "value": metres },
        "duration": { "text": "", "value": (metres / SPEED_MPS).round() },
        "duration_in_traffic": { "text": "", "value": Matrix::seconds(from, to) },
    })
}

fn http(status: u16, headers: &str, body: &str) -> String {
    let length = body.len();
    format!("HTTP/1.1 {status} Said\r\n{headers}content-length: {length}\r\n\r\n{body}")
}
