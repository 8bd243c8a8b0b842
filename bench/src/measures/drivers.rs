//! Drivers of a measure: their generator, and what the server has to know of them first.

use std::io::{BufRead as _, BufReader, Write as _};
use std::process::{Child, ChildStdout, Command, Stdio};

use anyhow::{Context, Result, ensure};
use jiff::Timestamp;
use serde_json::{Value, json};

use crate::bodies::{Phone, TOKEN};
use crate::drive::{Order, Report, driver, north};
use crate::load::client::Connection;

/// Stops of a route, and how far they lie apart, in metres: all of them stay ahead.
pub const STOPS: u32 = 15;
const APART_M: f64 = 3_000.0;
/// How far away the first is: further than is driven.
const FIRST_M: f64 = 400_000.0;
/// Connections over which drivers are made known.
const CONNECTIONS: usize = 16;

/// A started route of 15 stops for each of `drivers` (gateway and place in it).
pub fn start_routes(address: &str, start: Timestamp, drivers: &[(usize, usize)]) -> Result<()> {
    let stops = (1..=STOPS).map(|number| {
        json!({ "clinicId": format!("C{number}"), "location": north(FIRST_M + APART_M * f64::from(number)) })
    });
    let stops: Value = stops.collect();
    at_once(drivers, |part| {
        let stops = stops.clone();
        async move {
            let mut connection = Connection::open(address).await?;
            for (gateway, own) in part {
                let id = format!("R{gateway}-{own}");
                let plan = json!({
                    "id": id, "labId": "LAB001", "driverId": driver(gateway, own), "date": start.to_string()[..10], "stops": stops,
                });
                send(&mut connection, "POST", "/v1/routes", &plan, 201).await?;
                let at = json!({ "at": start.to_string() });
                send(
                    &mut connection,
                    "POST",
                    &format!("/v1/routes/{id}/start"),
                    &at,
                    200,
                )
                .await?;
            }
            Ok(())
        }
    })
}

/// Credentials of a phone for each of so many drivers.
pub fn phones(address: &str, count: usize) -> Result<Vec<Phone>> {
    runtime()?.block_on(async {
        let mut connection = Connection::open(address).await?;
        let mut phones = Vec::with_capacity(count);
        for own in 0..count {
            let path = format!("/v1/drivers/{}", driver(0, own));
            let body = json!({ "labId": "LAB001", "name": format!("Driver {own}") });
            send(&mut connection, "PUT", &path, &body, 201).await?;
            let path = format!("{path}/devices?labId=LAB001");
            let made = send(&mut connection, "POST", &path, &json!({}), 201).await?;
            let text = |name: &str| made[name].as_str().unwrap_or_default().to_owned();
            phones.push(Phone {
                id: text("deviceId"),
                secret: text("secret"),
            });
        }
        Ok(phones)
    })
}

/// How many fixes of a driver are kept from that time on.
pub fn history(address: &str, driver: &str, from: Timestamp) -> Result<usize> {
    runtime()?.block_on(async {
        let mut connection = Connection::open(address).await?;
        let path = format!("/v1/drivers/{driver}/positions?labId=LAB001&limit=5000&from={from}");
        let page = send(&mut connection, "GET", &path, &Value::Null, 200).await?;
        Ok(page["items"].as_array().map_or(0, Vec::len))
    })
}

/// Does `work` with the parts of a list over some connections at once.
fn at_once<T: Copy, F: Future<Output = Result<()>>>(
    list: &[T],
    work: impl Fn(Vec<T>) -> F,
) -> Result<()> {
    let part = list.len().div_ceil(CONNECTIONS).max(1);
    let parts = list.chunks(part).map(|part| work(part.to_vec()));
    runtime()?
        .block_on(futures_util::future::try_join_all(parts))
        .map(drop)
}

pub fn runtime() -> Result<tokio::runtime::Runtime> {
    let mut builder = tokio::runtime::Builder::new_current_thread();
    Ok(builder.enable_all().build()?)
}

pub async fn send(
    connection: &mut Connection,
    method: &str,
    path: &str,
    body: &Value,
    right: u16,
) -> Result<Value> {
    let body = body.to_string();
    let request = format!(
        "{method} {path} HTTP/1.1\r\nhost: x\r\nauthorization: Bearer {TOKEN}\r\ncontent-type: application/json\r\ncontent-length: {}\r\n\r\n{body}",
        body.len()
    );
    let (status, answer) = connection.ask(request.as_bytes()).await?;
    ensure!(status == right, "{path}: {status} {answer}");
    if answer.is_empty() {
        return Ok(Value::Null);
    }
    Ok(serde_json::from_str(answer)?)
}

/// A generator whose sockets are open.
pub struct Drivers {
    child: Child,
    said: BufReader<ChildStdout>,
}

impl Drivers {
    /// Starts one, and waits until it could begin.
    pub fn prepare(order: &Order) -> Result<Self> {
        let mut child = Command::new(std::env::current_exe()?)
            .arg("drive")
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .context("starting the drivers")?;
        let said = BufReader::new(child.stdout.take().context("its output")?);
        let mut drivers = Self { child, said };
        drivers.tell(&serde_json::to_string(order)?)?;
        drivers.hear()?;
        Ok(drivers)
    }

    /// Runs it to its end.
    pub fn go(self) -> Result<Report> {
        Ok(self.go_and(|| Ok(()))?.0)
    }

    /// The same, with a look at the server while all sockets are still open.
    pub fn go_and<T>(mut self, look: impl FnOnce() -> Result<T>) -> Result<(Report, T)> {
        self.tell("go")?;
        let report: Report = serde_json::from_str(&self.hear()?)?;
        let seen = look()?;
        self.tell("bye")?;
        self.child.wait()?;
        ensure!(
            report.wrong == 0,
            "{} fixes were not accepted",
            report.wrong
        );
        Ok((report, seen))
    }

    fn tell(&mut self, line: &str) -> Result<()> {
        let input = self.child.stdin.as_mut().context("its input")?;
        Ok(writeln!(input, "{line}")?)
    }

    fn hear(&mut self) -> Result<String> {
        let mut line = String::new();
        ensure!(self.said.read_line(&mut line)? > 0, "the drivers broke off");
        Ok(line)
    }
}
