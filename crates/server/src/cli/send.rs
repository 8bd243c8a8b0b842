//! `pontic send`: an event or a signed webhook to a server, as a partner would.

use std::process::ExitCode;
use std::time::Duration;

use clap::{Args, Subcommand};
use pontic_wire::ehr::Ehr;
use pontic_wire::signature::{self, Secret};
use serde_json::{Value, json};

use super::{input, system_argument};

/// How long an answer may take.
const TIMEOUT: Duration = Duration::from_mins(1);

/// Send to a server.
#[derive(Debug, Subcommand)]
pub enum Send {
    /// Post the event (or events) on standard input.
    #[command(
        after_help = "Example:\n  pontic send event --url http://127.0.0.1:8080 --token pnt_… < event.json"
    )]
    Event(EventArgs),
    /// Post the webhook on standard input, signed.
    #[command(
        after_help = "Example:\n  pontic send webhook dentrix --url http://127.0.0.1:8080 --secret S < body.json"
    )]
    Webhook(WebhookArgs),
    /// Read a path, with a token.
    #[command(
        after_help = "Example:\n  pontic send get /v1/integration/metrics --url http://127.0.0.1:8080 --token pnt_…"
    )]
    Get(GetArgs),
}

/// What is read.
#[derive(Args)]
pub struct GetArgs {
    /// The path, like /v1/deliveries.
    path: String,
    /// The server.
    #[arg(
        long,
        value_name = "URL",
        env = "PONTIC_URL",
        default_value = "http://127.0.0.1:8080"
    )]
    url: String,
    /// A token that may read it.
    #[arg(long, value_name = "T", env = "PONTIC_TOKEN", hide_env_values = true)]
    token: String,
}

impl std::fmt::Debug for GetArgs {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("GetArgs")
            .field("path", &self.path)
            .finish_non_exhaustive()
    }
}

/// Where the event goes.
#[derive(Args)]
pub struct EventArgs {
    /// The server.
    #[arg(
        long,
        value_name = "URL",
        env = "PONTIC_URL",
        default_value = "http://127.0.0.1:8080"
    )]
    url: String,
    /// A token that may post events.
    #[arg(long, value_name = "T", env = "PONTIC_TOKEN", hide_env_values = true)]
    token: String,
    /// Content type, for CloudEvents.
    #[arg(long, default_value = "application/json")]
    content_type: String,
}

impl std::fmt::Debug for EventArgs {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("EventArgs")
            .field("url", &self.url)
            .finish_non_exhaustive()
    }
}

/// Where the webhook goes.
#[derive(Args)]
pub struct WebhookArgs {
    /// dentrix, opendental or eaglesoft.
    #[arg(value_parser = system_argument)]
    system: &'static Ehr,
    /// The server.
    #[arg(
        long,
        value_name = "URL",
        env = "PONTIC_URL",
        default_value = "http://127.0.0.1:8080"
    )]
    url: String,
    /// The endpoint, where it is not the default one.
    #[arg(long, value_name = "E")]
    endpoint: Option<String>,
    /// The secret of the endpoint.
    #[arg(
        long,
        value_name = "S",
        env = "PONTIC_SIGN_SECRET",
        hide_env_values = true
    )]
    secret: String,
}

impl std::fmt::Debug for WebhookArgs {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("WebhookArgs")
            .field("system", &self.system.system)
            .field("url", &self.url)
            .finish_non_exhaustive()
    }
}

impl Send {
    /// Prints the answer; exit code 1 if it is no success.
    pub fn run(self) -> anyhow::Result<ExitCode> {
        let (status, text) = match self {
            Self::Event(event) => event.send()?,
            Self::Webhook(webhook) => webhook.send()?,
            Self::Get(get) => get.send()?,
        };
        let answer: Value = serde_json::from_str(&text).unwrap_or(Value::String(text));
        println!(
            "{}",
            serde_json::to_string_pretty(&json!({ "statusCode": status, "body": answer }))?
        );
        Ok(if (200..300).contains(&status) {
            ExitCode::SUCCESS
        } else {
            ExitCode::from(1)
        })
    }
}

impl EventArgs {
    fn send(self) -> anyhow::Result<(u16, String)> {
        let url = format!("{}/v1/events", self.url.trim_end_matches('/'));
        let request = agent()
            .post(url)
            .header("authorization", format!("Bearer {}", self.token));
        answer(
            request
                .header("content-type", self.content_type)
                .send(input()?)?,
        )
    }
}

impl WebhookArgs {
    fn send(self) -> anyhow::Result<(u16, String)> {
        let secret = Secret::new(&self.secret)?;
        let body = input()?;
        let endpoint = self
            .endpoint
            .map(|endpoint| format!("/{endpoint}"))
            .unwrap_or_default();
        let url = format!(
            "{}/webhooks/ehr/{}{endpoint}",
            self.url.trim_end_matches('/'),
            self.system.system
        );
        let request = agent().post(url).header("content-type", "application/json");
        answer(
            request
                .header(
                    self.system.signature_header,
                    signature::sign(&secret, &body),
                )
                .send(body)?,
        )
    }
}

impl GetArgs {
    fn send(self) -> anyhow::Result<(u16, String)> {
        let url = format!("{}{}", self.url.trim_end_matches('/'), self.path);
        answer(
            agent()
                .get(url)
                .header("authorization", format!("Bearer {}", self.token))
                .call()?,
        )
    }
}

fn agent() -> ureq::Agent {
    let config = ureq::Agent::config_builder()
        .http_status_as_error(false)
        .timeout_global(Some(TIMEOUT));
    config.build().into()
}

fn answer(mut response: ureq::http::Response<ureq::Body>) -> anyhow::Result<(u16, String)> {
    Ok((
        response.status().as_u16(),
        response.body_mut().read_to_string()?,
    ))
}
