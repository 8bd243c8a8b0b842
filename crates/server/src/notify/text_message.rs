//! Text messages: one to one number, through a gateway or Twilio, and what the answer means.

use std::time::Duration;

use axum::body::Body;
use axum::http::{Request, header};
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use hyper::StatusCode;
use jiff::Timestamp;
use pontic_core::id::hex;
use pontic_wire::signature::sign_standard_webhooks;
use serde_json::{Value, json};

use super::Sent;
use crate::client::{Answer, Client};
use crate::config::{Sender, Sms};

/// How long one may take.
pub const PATIENCE: Duration = Duration::from_secs(15);
/// Of an answer no more is read.
const MAX_ANSWER: usize = 64 * 1024;
/// Most characters: four parts of a message of plain letters.
const MAX_CHARS: usize = 612;

/// The way out for text messages.
pub struct TextMessages {
    client: Client,
    settings: Sms,
}

impl TextMessages {
    /// By the operator's settings.
    pub const fn new(client: Client, settings: Sms) -> Self {
        Self { client, settings }
    }

    /// Sends one. `id` stays the same however often it is tried.
    pub async fn send(&self, to: &str, text: &str, id: &str, now: Timestamp) -> Sent {
        let text = bounded(text);
        let request = match &self.settings {
            Sms::Gateway { .. } => self.to_gateway(to, &text, id, now),
            Sms::Twilio { .. } => self.to_twilio(to, &text),
        };
        let Some(request) = request else {
            return Sent::refused("unwritable");
        };
        match tokio::time::timeout(PATIENCE, self.client.send(request, MAX_ANSWER)).await {
            Err(_) => Sent::again("timeout"),
            Ok(Err(error)) => Sent::again(error.word()),
            Ok(Ok(answer)) => self.meaning(&answer),
        }
    }

    /// Standard Webhooks, as subscriptions are told.
    fn to_gateway(&self, to: &str, text: &str, id: &str, now: Timestamp) -> Option<Request<Body>> {
        let Sms::Gateway { url, secrets } = &self.settings else {
            return None;
        };
        let body = json!({ "to": to, "text": text, "id": id }).to_string();
        let timestamp = now.as_second();
        let signatures: Vec<String> = secrets
            .iter()
            .map(|secret| sign_standard_webhooks(secret, id, timestamp, body.as_bytes()))
            .collect();
        Request::post(url)
            .header(header::CONTENT_TYPE, "application/json")
            .header("webhook-id", id)
            .header("webhook-timestamp", timestamp)
            .header("webhook-signature", signatures.join(" "))
            .body(Body::from(body))
            .ok()
    }

    fn to_twilio(&self, to: &str, text: &str) -> Option<Request<Body>> {
        let Sms::Twilio {
            url,
            account,
            token,
            sender,
        } = &self.settings
        else {
            return None;
        };
        let (name, value) = match sender {
            Sender::From(from) => ("From", from),
            Sender::Service(service) => ("MessagingServiceSid", service),
        };
        let form = [("To", to), (name, value), ("Body", text)];
        let form: Vec<String> = form
            .iter()
            .map(|(name, value)| format!("{name}={}", encoded(value)))
            .collect();
        let login = STANDARD.encode(format!("{account}:{}", token.as_str()));
        Request::post(format!("{url}/2010-04-01/Accounts/{account}/Messages.json"))
            .header(header::CONTENT_TYPE, "application/x-www-form-urlencoded")
            .header(header::AUTHORIZATION, format!("Basic {login}"))
            .body(Body::from(form.join("&")))
            .ok()
    }

    fn meaning(&self, answer: &Answer) -> Sent {
        let status = answer.status;
        if status.is_success() {
            return Sent::taken();
        }
        let passing = status.is_server_error()
            || status == StatusCode::TOO_MANY_REQUESTS
            || status == StatusCode::REQUEST_TIMEOUT;
        if passing || !status.is_client_error() {
            return Sent {
                retry_after: answer.retry_after(),
                ..Sent::again(status.as_str())
            };
        }
        // What Twilio has against a message it says in a number of its own.
        let body: Value = serde_json::from_slice(&answer.body).unwrap_or_default();
        match (&self.settings, body["code"].as_u64()) {
            (Sms::Twilio { .. }, Some(code)) => Sent::refused(&format!("twilio_{code}")),
            _ => Sent::refused(status.as_str()),
        }
    }
}

/// Not longer than a phone shows.
fn bounded(text: &str) -> String {
    if text.chars().count() <= MAX_CHARS {
        return text.to_owned();
    }
    // Three full stops: one sign that phones do not have makes every part of the message half as long.
    let kept: String = text.chars().take(MAX_CHARS - 3).collect();
    format!("{kept}...")
}

/// A value in a form: every byte but the plainest ones by its number.
fn encoded(text: &str) -> String {
    let mut encoded = String::with_capacity(text.len());
    for byte in text.bytes() {
        if byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'.' | b'_') {
            encoded.push(char::from(byte));
        } else {
            encoded.push('%');
            encoded.push_str(&hex(&[byte]).to_ascii_uppercase());
        }
    }
    encoded
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn forms_hold_any_text() {
        assert_eq!(encoded("+1 5&ü=~"), "%2B1%205%26%C3%BC%3D%7E");
        assert_eq!(bounded(&"é".repeat(700)).chars().count(), MAX_CHARS);
        assert_eq!(bounded("short"), "short");
    }
}
