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
        let body = input()?;
        let (url, headers) = match &self {
            Self::Event(event) => {
                let url = format!("{}/v1/events", event.url.trim_end_matches('/'));
                (
                    url,
                    vec![
                        ("authorization", format!("Bearer {}", event.token)),
                        ("content-type", event.content_type.clone()),
                    ],
                )
            }
            Self::Webhook(webhook) => {
                let secret = Secret::new(&webhook.secret)?;
                let endpoint = webhook
                    .endpoint
                    .as_ref()
                    .map(|endpoint| format!("/{endpoint}"))
                    .unwrap_or_default();
                let url = format!(
                    "{}/webhooks/ehr/{}{endpoint}",
                    webhook.url.trim_end_matches('/'),
                    webhook.system.system
                );
                let signature = signature::sign(&secret, &body);
                (
                    url,
                    vec![
                        (webhook.system.signature_header, signature),
                        ("content-type", "application/json".to_owned()),
                    ],
                )
            }
        };
        let (status, text) = post(&url, &headers, &body)?;
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

fn post(url: &str, headers: &[(&str, String)], body: &[u8]) -> anyhow::Result<(u16, String)> {
    let agent: ureq::Agent = ureq::Agent::config_builder()
        .http_status_as_error(false)
        .timeout_global(Some(TIMEOUT))
        .build()
        .into();
    let request = headers
        .iter()
        .fold(agent.post(url), |request, (name, value)| {
            request.header(*name, value)
        });
    let mut response = request.send(body)?;
    Ok((
        response.status().as_u16(),
        response.body_mut().read_to_string()?,
    ))
}
