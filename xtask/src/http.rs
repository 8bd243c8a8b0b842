//! One request to a server on loopback, and its answer.

use std::io::{Read, Write};
use std::net::TcpStream;
use std::time::Duration;

use anyhow::{Context, Result};
use serde_json::Value;

/// How long an answer may take.
const TIMEOUT: Duration = Duration::from_mins(1);

/// Status and body; a body that is no JSON is a text.
pub struct Answer {
    /// Status code.
    pub code: u64,
    /// What it says.
    pub body: Value,
}

/// Sends `body` (none: `Value::Null`) and reads the answer to its end.
pub fn request(
    address: &str,
    token: &str,
    method: &str,
    path: &str,
    body: &Value,
) -> Result<Answer> {
    let body = if body.is_null() {
        String::new()
    } else {
        body.to_string()
    };
    let mut stream =
        TcpStream::connect(address).with_context(|| format!("no server at {address}"))?;
    stream.set_read_timeout(Some(TIMEOUT))?;
    let head = format!(
        "{method} {path} HTTP/1.1\r\nhost: {address}\r\nauthorization: Bearer {token}\r\n\
         content-type: application/json\r\ncontent-length: {}\r\nconnection: close\r\n\r\n",
        body.len()
    );
    stream.write_all(head.as_bytes())?;
    stream.write_all(body.as_bytes())?;
    let mut said = String::new();
    stream.read_to_string(&mut said)?;
    parse(&said).with_context(|| format!("{method} {path}"))
}

fn parse(said: &str) -> Result<Answer> {
    let (head, body) = said.split_once("\r\n\r\n").context("no HTTP answer")?;
    let code = head.split(' ').nth(1).context("no status")?.parse()?;
    let body = serde_json::from_str(body).unwrap_or_else(|_| Value::String(body.to_owned()));
    Ok(Answer { code, body })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_answer_is_status_and_body() -> Result<()> {
        let answer = parse("HTTP/1.1 201 Created\r\ncontent-length: 7\r\n\r\n{\"a\":1}")?;
        assert_eq!((answer.code, &answer.body["a"]), (201, &Value::from(1)));
        assert!(parse("nonsense").is_err());
        Ok(())
    }
}
