//! The generator of positions, in a process of its own: gateways that send for many drivers, and dispatchers who look on.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use anyhow::{Context, Result, ensure};
use futures_util::{SinkExt as _, StreamExt as _};
use jiff::{SignedDuration, Timestamp};
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use tokio::net::TcpStream;
use tokio_tungstenite::tungstenite::Message;
use tokio_tungstenite::tungstenite::client::IntoClientRequest as _;
use tokio_tungstenite::{MaybeTlsStream, WebSocketStream};

use crate::bodies::TOKEN;
use crate::numbers::{float, quantile};

/// Metres of a degree of latitude.
const DEGREE_M: f64 = 111_195.0;
const LNG: f64 = -71.06;
/// Metres of straight line a second at which ETAs stay as they are: 40 km/h on roads 1.3 times as long.
const PACE_MPS: f64 = 40.0 / 3.6 / 1.3;
/// After the last answer dispatchers still hear of the last positions.
const TAIL: Duration = Duration::from_millis(300);
/// Most fixes that are made before the first is sent.
const MOST_AHEAD: usize = 1_000_000;

/// What is to be sent.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Order {
    /// To whom.
    pub address: String,
    /// Over how many sockets.
    pub sockets: usize,
    /// Drivers of each.
    pub drivers: usize,
    /// Fixes of each driver.
    pub fixes: usize,
    /// Number of the first fix: later ones have later times.
    pub from: usize,
    /// Seconds between two fixes of a driver.
    pub step_s: i64,
    /// Time of fix 0.
    pub start: Timestamp,
    /// Most fixes of a socket that may wait for their answers.
    pub window: usize,
    /// Fixes a second of all sockets together; 0: as fast as they are answered.
    pub rate: f64,
    /// Fixes of one message: several are an array.
    pub together: usize,
    /// The times of a gateway's drivers are spread over the step between two fixes, as their messages are.
    pub spread: bool,
    /// Dispatchers who look on.
    pub watchers: usize,
    /// Where they do it, if elsewhere.
    pub watch_at: Option<String>,
}

/// What became of it.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Report {
    /// From the first fix to the last answer.
    pub seconds: f64,
    /// From a fix to its answer: half, and all but one of a hundred, in milliseconds.
    pub ack_ms: (f64, f64),
    /// From a fix to a dispatcher, where there are some.
    pub seen_ms: Option<(f64, f64)>,
    /// Answers that were not `accepted`.
    pub wrong: usize,
}

type Socket = WebSocketStream<MaybeTlsStream<TcpStream>>;

/// When each fix was sent, by driver and time.
type Sent = Arc<Mutex<HashMap<(String, String), Instant>>>;

/// Is the generator: an order on the input, `ready` on the output, `go` on the input, a report on the output.
pub fn run() -> Result<()> {
    let mut order = String::new();
    std::io::stdin().read_line(&mut order)?;
    let order: Order = serde_json::from_str(&order)?;
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()?;
    let (report, _sockets) = runtime.block_on(drive(order))?;
    println!("{}", serde_json::to_string(&report)?);
    // Whoever ordered may want to look at the server while the sockets are still open.
    std::io::stdin().read_line(&mut String::new())?;
    Ok(())
}

async fn open(address: &str, path: &str) -> Result<Socket> {
    let mut request = format!("ws://{address}{path}").into_client_request()?;
    let token = format!("Bearer {TOKEN}").parse()?;
    request.headers_mut().insert("authorization", token);
    Ok(tokio_tungstenite::connect_async(request).await?.0)
}

async fn drive(order: Order) -> Result<(Report, Vec<Socket>)> {
    let order = Arc::new(order);
    let sent = Sent::default();
    let seen = Arc::new(Mutex::new(Vec::new()));
    for number in 0..order.watchers {
        let at = order.watch_at.as_ref().unwrap_or(&order.address);
        let mut socket = open(at, "/ws/dispatch").await?;
        socket.next().await.context("a snapshot")??;
        // One of them holds a watch: to read them all would load the machine more than the server does.
        let watch = (number == 0).then(|| (Arc::clone(&sent), Arc::clone(&seen)));
        tokio::spawn(look_on(socket, watch));
    }
    let path = if order.together > 1 {
        "/ws/driver?batch=1&labId=LAB001"
    } else {
        "/ws/driver?labId=LAB001"
    };
    let mut gateways = Vec::with_capacity(order.sockets);
    for number in 0..order.sockets {
        let socket = open(&order.address, path).await?;
        let messages = messages(&order, number);
        // Few are made before it begins, so that the machine is the server's; what would fill the memory is made on the way.
        let messages: Box<dyn Iterator<Item = Outgoing> + Send> =
            if order.drivers * order.fixes * order.sockets <= MOST_AHEAD {
                Box::new(messages.collect::<Vec<_>>().into_iter())
            } else {
                Box::new(messages)
            };
        gateways.push((socket, messages));
    }
    println!("ready");
    std::io::stdin().read_line(&mut String::new())?;
    let started = Instant::now();
    let mut running = tokio::task::JoinSet::new();
    for (number, (socket, messages)) in gateways.into_iter().enumerate() {
        let watched = (order.watchers > 0).then(|| Arc::clone(&sent));
        let pace = Pace::of(&order, number);
        running.spawn(send_all(socket, messages, order.window, pace, watched));
    }
    let mut acks = Vec::new();
    let mut wrong = 0;
    let mut sockets = Vec::new();
    while let Some(done) = running.join_next().await {
        let (socket, times, others) = done??;
        sockets.push(socket);
        acks.extend(times);
        wrong += others;
    }
    let seconds = started.elapsed().as_secs_f64();
    tokio::time::sleep(TAIL).await;
    acks.sort_by(f64::total_cmp);
    let mut seen = std::mem::take(&mut *seen.lock().unwrap_or_else(PoisonError::into_inner));
    seen.sort_by(f64::total_cmp);
    let report = Report {
        seconds,
        ack_ms: (quantile(&acks, 0.5), quantile(&acks, 0.99)),
        seen_ms: (!seen.is_empty()).then(|| (quantile(&seen, 0.5), quantile(&seen, 0.99))),
        wrong,
    };
    Ok((report, sockets))
}

/// One message: its text, and the driver and time of each of its fixes.
struct Outgoing {
    text: String,
    fixes: Vec<(String, String)>,
}

/// What a gateway sends: every driver's first fix, then every driver's second.
fn messages(order: &Arc<Order>, gateway: usize) -> impl Iterator<Item = Outgoing> + Send + use<> {
    let order = Arc::clone(order);
    (order.from..order.from + order.fixes).flat_map(move |number| {
        let order = Arc::clone(&order);
        let firsts = (0..order.drivers).step_by(order.together);
        firsts.map(move |first| {
            let drivers = first..order.drivers.min(first + order.together);
            let (texts, fixes): (Vec<String>, Vec<_>) = drivers
                .map(|driver| fix(&order, gateway, driver, number))
                .unzip();
            let text = if order.together > 1 {
                format!("[{}]", texts.join(","))
            } else {
                texts.concat()
            };
            Outgoing { text, fixes }
        })
    })
}

/// The name of a driver.
pub fn driver(gateway: usize, driver: usize) -> String {
    format!("G{gateway}-D{driver}")
}

/// So many metres north of the lab.
pub fn north(metres: f64) -> Value {
    json!({ "lat": latitude(metres), "lng": LNG })
}

/// To about a centimetre, as phones tell it.
fn latitude(metres: f64) -> f64 {
    ((42.36 + metres / DEGREE_M) * 1e7).round() / 1e7
}

/// The time of a driver's fix.
pub fn time(order: &Order, own: usize, number: usize) -> Timestamp {
    let whole = |count: usize| i64::try_from(count).unwrap_or(0);
    let mut ms = order.step_s * 1_000 * whole(number);
    if order.spread {
        ms += order.step_s * 1_000 * whole(own) / whole(order.drivers);
    }
    let since = SignedDuration::from_millis(ms);
    order.start.saturating_add(since).unwrap_or(order.start)
}

fn fix(order: &Order, gateway: usize, own: usize, number: usize) -> (String, (String, String)) {
    let driver = driver(gateway, own);
    let at = time(order, own, number);
    let lat = latitude(at.duration_since(order.start).as_secs_f64() * PACE_MPS);
    let text = format!(
        r#"{{"driverId":"{driver}","coordinates":{{"lat":{lat},"lng":{LNG}}},"timestamp":"{at}","speed":40,"heading":0,"accuracy":5,"battery":80}}"#
    );
    (text, (driver, at.to_string()))
}

/// When a gateway sends its next message.
struct Pace {
    due: Instant,
    /// Between two of its fixes.
    step: Duration,
}

impl Pace {
    /// That of a gateway; none where it goes as fast as it is answered. They do not all send at the same moment.
    fn of(order: &Order, gateway: usize) -> Option<Self> {
        if order.rate <= 0.0 {
            return None;
        }
        let step = Duration::from_secs_f64(float(order.sockets) / order.rate);
        let share = float(gateway) / float(order.sockets);
        let due = Instant::now() + step.mul_f64(float(order.together) * share);
        Some(Self { due, step })
    }
}

async fn send_all(
    mut socket: Socket,
    messages: impl Iterator<Item = Outgoing>,
    window: usize,
    mut pace: Option<Pace>,
    watched: Option<Sent>,
) -> Result<(Socket, Vec<f64>, usize)> {
    let mut times = Vec::new();
    let mut wrong = 0;
    let mut waiting: std::collections::VecDeque<Instant> = std::collections::VecDeque::new();
    for message in messages {
        if let Some(pace) = &mut pace {
            while let Some(left) = pace.due.checked_duration_since(Instant::now()) {
                // What comes meanwhile is heard.
                if let Ok(frame) = tokio::time::timeout(left, socket.next()).await {
                    hear(frame, &mut waiting, &mut times, &mut wrong)?;
                }
            }
            pace.due += pace.step * u32::try_from(message.fixes.len()).unwrap_or(1);
        }
        let now = Instant::now();
        if let Some(sent) = &watched {
            let mut sent = sent.lock().unwrap_or_else(PoisonError::into_inner);
            sent.extend(message.fixes.iter().cloned().map(|name| (name, now)));
        }
        waiting.extend(message.fixes.iter().map(|_| now));
        socket.feed(Message::text(message.text)).await?;
        if waiting.len() >= window || pace.is_some() {
            socket.flush().await?;
            while waiting.len() >= window {
                hear(socket.next().await, &mut waiting, &mut times, &mut wrong)?;
            }
        }
    }
    socket.flush().await?;
    while !waiting.is_empty() {
        hear(socket.next().await, &mut waiting, &mut times, &mut wrong)?;
    }
    Ok((socket, times, wrong))
}

fn hear(
    frame: Option<Result<Message, tokio_tungstenite::tungstenite::Error>>,
    waiting: &mut std::collections::VecDeque<Instant>,
    times: &mut Vec<f64>,
    wrong: &mut usize,
) -> Result<()> {
    let frame = frame.context("the server closed a socket")??;
    let Message::Text(text) = frame else {
        return Ok(());
    };
    let acks = text.matches("\"ACK\"").count();
    ensure!(acks <= waiting.len(), "an answer too many: {text}");
    *wrong += acks - text.matches("\"accepted\"").count();
    for sent in waiting.drain(..acks) {
        times.push(sent.elapsed().as_secs_f64() * 1_000.0);
    }
    Ok(())
}

/// The part of an update that tells which fix it is of.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Update {
    driver_id: Option<String>,
    timestamp: Option<String>,
}

async fn look_on(mut socket: Socket, watch: Option<(Sent, Arc<Mutex<Vec<f64>>>)>) {
    while let Some(Ok(message)) = socket.next().await {
        let (Message::Text(text), Some((sent, seen))) = (message, &watch) else {
            continue;
        };
        let Ok(Update {
            driver_id: Some(driver),
            timestamp: Some(time),
        }) = serde_json::from_str(&text)
        else {
            continue;
        };
        let mut sent = sent.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(since) = sent.remove(&(driver, time)) {
            let mut seen = seen.lock().unwrap_or_else(PoisonError::into_inner);
            seen.push(since.elapsed().as_secs_f64() * 1_000.0);
        }
    }
}
