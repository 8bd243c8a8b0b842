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
use crate::numbers::quantile;

/// Metres of a degree of latitude.
const DEGREE_M: f64 = 111_195.0;
/// Metres of straight line a second at which ETAs stay as they are: 40 km/h on roads 1.3 times as long.
const PACE_MPS: f64 = 40.0 / 3.6 / 1.3;
/// After the last answer dispatchers still hear of the last positions.
const TAIL: Duration = Duration::from_millis(300);

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
    /// Arrays instead of single messages.
    pub batch: bool,
    /// Dispatchers who look on.
    pub watchers: usize,
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
    let report = runtime.block_on(drive(order))?;
    println!("{}", serde_json::to_string(&report)?);
    Ok(())
}

async fn open(address: &str, path: &str) -> Result<Socket> {
    let mut request = format!("ws://{address}{path}").into_client_request()?;
    let token = format!("Bearer {TOKEN}").parse()?;
    request.headers_mut().insert("authorization", token);
    Ok(tokio_tungstenite::connect_async(request).await?.0)
}

async fn drive(order: Order) -> Result<Report> {
    let order = Arc::new(order);
    let sent = Sent::default();
    let seen = Arc::new(Mutex::new(Vec::new()));
    for number in 0..order.watchers {
        let mut socket = open(&order.address, "/ws/dispatch").await?;
        socket.next().await.context("a snapshot")??;
        // One of them holds a watch: to read them all would load the machine more than the server does.
        let watch = (number == 0).then(|| (Arc::clone(&sent), Arc::clone(&seen)));
        tokio::spawn(look_on(socket, watch));
    }
    let path = if order.batch {
        "/ws/driver?batch=1&labId=LAB001"
    } else {
        "/ws/driver?labId=LAB001"
    };
    let mut gateways = Vec::with_capacity(order.sockets);
    for number in 0..order.sockets {
        let socket = open(&order.address, path).await?;
        gateways.push((socket, messages(&order, number)));
    }
    println!("ready");
    std::io::stdin().read_line(&mut String::new())?;
    let started = Instant::now();
    let mut running = tokio::task::JoinSet::new();
    for (socket, messages) in gateways {
        let watched = (order.watchers > 0).then(|| Arc::clone(&sent));
        running.spawn(send_all(socket, messages, Arc::clone(&order), watched));
    }
    let mut acks = Vec::new();
    let mut wrong = 0;
    while let Some(done) = running.join_next().await {
        let (times, others) = done??;
        acks.extend(times);
        wrong += others;
    }
    let seconds = started.elapsed().as_secs_f64();
    tokio::time::sleep(TAIL).await;
    acks.sort_by(f64::total_cmp);
    let mut seen = std::mem::take(&mut *seen.lock().unwrap_or_else(PoisonError::into_inner));
    seen.sort_by(f64::total_cmp);
    Ok(Report {
        seconds,
        ack_ms: (quantile(&acks, 0.5), quantile(&acks, 0.99)),
        seen_ms: (!seen.is_empty()).then(|| (quantile(&seen, 0.5), quantile(&seen, 0.99))),
        wrong,
    })
}

/// One message: its text, and the driver and time of each of its fixes.
struct Outgoing {
    text: String,
    fixes: Vec<(String, String)>,
}

/// What a gateway sends, made before it begins: every driver's first fix, then every driver's second.
fn messages(order: &Order, gateway: usize) -> Vec<Outgoing> {
    let mut messages = Vec::new();
    for number in order.from..order.from + order.fixes {
        let fixes: Vec<(Value, (String, String))> = (0..order.drivers)
            .map(|driver| fix(order, gateway, driver, number))
            .collect();
        if order.batch {
            let (texts, names): (Vec<Value>, Vec<_>) = fixes.into_iter().unzip();
            messages.push(Outgoing {
                text: Value::Array(texts).to_string(),
                fixes: names,
            });
        } else {
            messages.extend(fixes.into_iter().map(|(fix, name)| Outgoing {
                text: fix.to_string(),
                fixes: vec![name],
            }));
        }
    }
    messages
}

/// The name of a driver.
pub fn driver(gateway: usize, driver: usize) -> String {
    format!("G{gateway}-D{driver}")
}

/// So many metres north of the lab.
pub fn north(metres: f64) -> Value {
    json!({ "lat": 42.36 + metres / DEGREE_M, "lng": -71.06 })
}

fn fix(order: &Order, gateway: usize, own: usize, number: usize) -> (Value, (String, String)) {
    let driver = driver(gateway, own);
    let seconds = order.step_s * i64::try_from(number).unwrap_or(0);
    let at = order
        .start
        .saturating_add(SignedDuration::from_secs(seconds))
        .unwrap_or(order.start);
    #[expect(clippy::cast_precision_loss, reason = "a day of seconds")]
    let metres = seconds as f64 * PACE_MPS;
    let text = json!({
        "driverId": driver, "coordinates": north(metres), "timestamp": at.to_string(),
        "speed": 40.0, "heading": 0.0, "accuracy": 5.0, "battery": 80.0,
    });
    (text, (driver, at.to_string()))
}

async fn send_all(
    mut socket: Socket,
    messages: Vec<Outgoing>,
    order: Arc<Order>,
    watched: Option<Sent>,
) -> Result<(Vec<f64>, usize)> {
    let mut times = Vec::new();
    let mut wrong = 0;
    let mut waiting: std::collections::VecDeque<Instant> = std::collections::VecDeque::new();
    #[expect(clippy::cast_precision_loss, reason = "some hundred")]
    let pause =
        (order.rate > 0.0).then(|| Duration::from_secs_f64(order.sockets as f64 / order.rate));
    let mut due = Instant::now();
    for message in messages {
        if let Some(pause) = pause {
            due += pause * u32::try_from(message.fixes.len()).unwrap_or(1);
            while let Some(left) = due.checked_duration_since(Instant::now()) {
                // What comes meanwhile is heard.
                if let Ok(frame) = tokio::time::timeout(left, socket.next()).await {
                    hear(frame, &mut waiting, &mut times, &mut wrong)?;
                }
            }
        }
        let now = Instant::now();
        if let Some(sent) = &watched {
            let mut sent = sent.lock().unwrap_or_else(PoisonError::into_inner);
            sent.extend(message.fixes.iter().cloned().map(|name| (name, now)));
        }
        waiting.extend(message.fixes.iter().map(|_| now));
        socket.feed(Message::text(message.text)).await?;
        if waiting.len() >= order.window || pause.is_some() {
            socket.flush().await?;
            while waiting.len() >= order.window {
                hear(socket.next().await, &mut waiting, &mut times, &mut wrong)?;
            }
        }
    }
    socket.flush().await?;
    while !waiting.is_empty() {
        hear(socket.next().await, &mut waiting, &mut times, &mut wrong)?;
    }
    Ok((times, wrong))
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
