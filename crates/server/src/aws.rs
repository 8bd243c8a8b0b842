//! AWS, as far as we speak to it: requests in its JSON protocol, signed, over our own way out.
//!
//! Of the SDK only the signature is used: docs/decisions/0017-aws-without-its-sdk.md says why.

mod credentials;
mod signing;

use std::time::Duration;

use axum::body::Body;
use axum::http::{Request, header};
use jiff::Timestamp;
use serde::Deserialize;
use serde_json::{Value, json};

use crate::client::{Client, Reach};
use crate::config;
use credentials::Source;

/// Bytes of an answer; a secret holds 64 KiB at most.
const ANSWER: usize = 1024 * 1024;
/// How long reading a secret may take.
const PATIENCE: Duration = Duration::from_secs(5);

/// One of AWS's services.
#[derive(Debug, Clone, Copy)]
pub struct Service {
    /// Its name in addresses and signatures.
    name: &'static str,
    /// What its actions are called by.
    target: &'static str,
    /// The version of the JSON protocol that it speaks.
    content_type: &'static str,
}

/// Where events are put.
pub const EVENTS: Service = Service {
    name: "events",
    target: "AWSEvents",
    content_type: "application/x-amz-json-1.1",
};
/// Where secrets are kept.
const SECRETS: Service = Service {
    name: "secretsmanager",
    target: "secretsmanager",
    content_type: "application/x-amz-json-1.1",
};

/// Why a call came to nothing. None of them repeats what was asked, or with which key.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum CallFailed {
    /// Nobody says which region is meant.
    #[error("no region is named: set aws.region, or AWS_REGION")]
    NoRegion,
    /// No credentials were found where AWS puts them.
    #[error(
        "there are no credentials: neither in the environment, nor of a task, nor of an instance"
    )]
    NoCredentials,
    /// The request could not be signed.
    #[error("the request cannot be signed")]
    Unsigned,
    /// No answer; a word says why.
    #[error("{0}")]
    NoAnswer(&'static str),
    /// Refused, in AWS's own word for it.
    #[error("{0}")]
    Refused(String),
    /// The answer is not in the form that is documented.
    #[error("the answer cannot be read")]
    Unreadable,
}

impl CallFailed {
    /// The word for it where causes are kept.
    pub fn word(&self) -> &str {
        match self {
            Self::NoRegion => "no_region",
            Self::NoCredentials => "no_credentials",
            Self::Unsigned => "unsigned",
            Self::NoAnswer(word) => word,
            Self::Refused(word) => word,
            Self::Unreadable => "unreadable",
        }
    }
}

/// The way to AWS. Clones share connections and credentials.
#[derive(Clone)]
pub struct Aws {
    client: Client,
    /// The region, where a call names no other.
    region: Option<String>,
    endpoint: Option<String>,
    source: Source,
}

impl std::fmt::Debug for Aws {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Aws in {:?}", self.region)
    }
}

impl Aws {
    /// As configured; what is not is read from AWS's own environment variables.
    pub fn new(config: &config::Aws) -> Self {
        Self::by(config, &|name| std::env::var(name).ok())
    }

    /// The same with these variables.
    pub fn by(config: &config::Aws, variable: &dyn Fn(&str) -> Option<String>) -> Self {
        let said = ["AWS_REGION", "AWS_DEFAULT_REGION"];
        // Its addresses are AWS's own, or were named by the operator.
        let client = Client::new(Reach::Everywhere);
        Self {
            region: config
                .region
                .clone()
                .or_else(|| said.iter().find_map(|name| variable(name))),
            endpoint: config.endpoint.clone(),
            source: Source::find(client.clone(), variable),
            client,
        }
    }

    /// Asks a service to do something. How long it may take is the caller's to limit.
    pub async fn call(
        &self,
        service: Service,
        action: &str,
        region: Option<&str>,
        body: String,
        now: Timestamp,
    ) -> Result<Value, CallFailed> {
        let region = region.or(self.region.as_deref());
        let region = region.ok_or(CallFailed::NoRegion)?;
        let address = match &self.endpoint {
            Some(endpoint) => format!("{endpoint}/"),
            None => format!("https://{}.{region}.{}/", service.name, domain(region)),
        };
        let credentials = self.source.credentials(now).await?;
        let mut request = Request::post(&address)
            .header(header::CONTENT_TYPE, service.content_type)
            .header("x-amz-target", format!("{}.{action}", service.target))
            .body(Body::from(body.clone()))
            .map_err(|_| CallFailed::Unsigned)?;
        let scope = signing::Scope {
            region,
            service: service.name,
            now,
        };
        signing::sign(&mut request, body.as_bytes(), credentials, &scope)?;
        let answer = self.client.send(request, ANSWER).await;
        let answer = answer.map_err(|error| CallFailed::NoAnswer(error.word()))?;
        if answer.status.is_success() {
            return serde_json::from_slice(&answer.body).map_err(|_| CallFailed::Unreadable);
        }
        let refused: Option<Refusal> = serde_json::from_slice(&answer.body).ok();
        if answer.status.as_u16() == 403 {
            // They may have been taken back: the next call asks for them again.
            self.source.forget().await;
        }
        Err(CallFailed::Refused(refused.map_or_else(
            || answer.status.as_u16().to_string(),
            |refused| refused.word(),
        )))
    }

    /// The text of a secret as it is now; the region of an ARN is asked, whatever is configured.
    pub async fn secret(&self, id: &str, now: Timestamp) -> Result<String, CallFailed> {
        let region = id
            .strip_prefix("arn:")
            .and_then(|rest| rest.split(':').nth(2));
        let body = json!({ "SecretId": id }).to_string();
        let asked = self.call(SECRETS, "GetSecretValue", region, body, now);
        let answer = tokio::time::timeout(PATIENCE, asked).await;
        let answer = answer.map_err(|_| CallFailed::NoAnswer("timeout"))??;
        match answer.get("SecretString") {
            Some(Value::String(text)) => Ok(text.clone()),
            _ => Err(CallFailed::Unreadable),
        }
    }
}

/// What a service says that refuses.
#[derive(Deserialize)]
struct Refusal {
    #[serde(rename = "__type")]
    kind: String,
}

impl Refusal {
    /// Some services put a namespace before it, some an address behind.
    fn word(&self) -> String {
        let after = self.kind.rsplit('#').next().unwrap_or_default();
        let word = after.split(':').next().unwrap_or_default();
        let kept = word.chars().filter(char::is_ascii_alphanumeric).take(64);
        kept.collect()
    }
}

/// Where a region's services are found.
fn domain(region: &str) -> &'static str {
    if region.starts_with("cn-") {
        "amazonaws.com.cn"
    } else {
        "amazonaws.com"
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn refusals_are_called_by_their_last_name() {
        for (kind, expected) in [
            ("ResourceNotFoundException", "ResourceNotFoundException"),
            (
                "com.amazonaws.events#ThrottlingException",
                "ThrottlingException",
            ),
            (
                "AccessDeniedException:http://internal/",
                "AccessDeniedException",
            ),
            ("what \"ever\"\n", "whatever"),
        ] {
            let kind = kind.to_owned();
            assert_eq!(Refusal { kind }.word(), expected);
        }
    }

    #[test]
    fn regions_have_their_domain() {
        assert_eq!(domain("eu-central-1"), "amazonaws.com");
        assert_eq!(domain("cn-north-1"), "amazonaws.com.cn");
    }

    #[tokio::test]
    async fn without_region_or_credentials_nobody_is_asked() {
        let call = async |config: &config::Aws| {
            let aws = Aws::by(config, &|name| {
                // No instance to ask: nothing listens there.
                (name == "AWS_EC2_METADATA_DISABLED").then(|| "true".to_owned())
            });
            aws.secret("x", Timestamp::UNIX_EPOCH).await
        };
        let config = config::Aws::default();
        assert_eq!(call(&config).await, Err(CallFailed::NoRegion));
        let config = config::Aws {
            region: Some("eu-central-1".to_owned()),
            ..config
        };
        assert_eq!(call(&config).await, Err(CallFailed::NoCredentials));
    }
}
