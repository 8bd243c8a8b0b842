//! The doors of the server as others use them: HTTP with a token, with a signature, with a device's credentials.

use std::collections::BTreeMap;
use std::time::Duration;

use anyhow::{Context, Result, ensure};
use axum::body::Body;
use axum::http::{Method, Request, header};
use pontic_wire::ehr;
use pontic_wire::signature::{Secret, sign};
use serde_json::{Value, json};

use crate::client::{Client, Reach};

/// Longest answer that is read, in bytes.
const LONGEST: usize = 16 * 1024 * 1024;
/// Nobody waits longer for an answer.
const PATIENCE: Duration = Duration::from_mins(1);
/// Items of a page of a list.
const PAGE: usize = 200;
/// Parts the two halves of an uploaded file.
const BOUNDARY: &str = "halden-proof";

/// What came back.
#[derive(Debug)]
pub struct Answer {
    /// The status.
    pub status: u16,
    /// The body; null where it is no JSON.
    pub body: Value,
}

impl Answer {
    /// The body, where the status is one of success.
    pub fn taken(self, what: &str) -> Result<Value> {
        ensure!(
            (200..300).contains(&self.status),
            "{what}: {} {}",
            self.status,
            self.body
        );
        Ok(self.body)
    }

    /// A text of the body; empty if there is none.
    pub fn text(&self, name: &str) -> &str {
        self.body[name].as_str().unwrap_or_default()
    }
}

/// The way in, and the tokens of those who use it.
#[derive(Debug)]
pub struct Doors {
    client: Client,
    /// `http://127.0.0.1:…`, of each program.
    urls: Vec<String>,
    tokens: BTreeMap<String, String>,
}

impl Doors {
    /// The doors at these addresses; the holder `admin` has that token.
    pub fn new(urls: Vec<String>, admin_token: &str) -> Self {
        Self {
            client: Client::new(Reach::Everywhere),
            urls,
            tokens: BTreeMap::from([("admin".to_owned(), admin_token.to_owned())]),
        }
    }

    /// The same holders, all at that address.
    pub fn all_at(&self, url: &str) -> Self {
        Self {
            client: Client::new(Reach::Everywhere),
            urls: vec![url.to_owned()],
            tokens: self.tokens.clone(),
        }
    }

    /// Where somebody goes in: dispatchers and the office at the last program, all others at the first.
    pub fn url(&self, holder: Option<&str>) -> &str {
        let in_office = |holder: &str| {
            let who = holder.split(' ').next();
            matches!(who, Some("admin" | "desk" | "finance"))
        };
        let url = if holder.is_some_and(in_office) {
            self.urls.last()
        } else {
            self.urls.first()
        };
        url.map_or("", String::as_str)
    }

    /// `holder` gets a token of their own, for what `grant` says.
    pub async fn employ(&mut self, holder: &str, grant: &Value) -> Result<()> {
        let made = self.ask("admin", "POST", "/v1/tokens", grant).await?;
        let made = made.taken("a token")?;
        let token = made["token"].as_str().context("no token")?;
        self.tokens.insert(holder.to_owned(), token.to_owned());
        Ok(())
    }

    /// The token of whom that is.
    pub fn token(&self, holder: &str) -> Result<&str> {
        let token = self.tokens.get(holder).map(String::as_str);
        token.with_context(|| format!("{holder} has no token"))
    }

    /// One request of `holder`, with a JSON body where there is one.
    pub async fn ask(
        &self,
        holder: &str,
        method: &str,
        path: &str,
        body: &Value,
    ) -> Result<Answer> {
        let bytes = if body.is_null() {
            Vec::new()
        } else {
            body.to_string().into_bytes()
        };
        let headers = [(header::CONTENT_TYPE.as_str(), "application/json")];
        self.send(Some(holder), method, path, &headers, bytes).await
    }

    /// Any request.
    pub async fn send(
        &self,
        holder: Option<&str>,
        method: &str,
        path: &str,
        headers: &[(&str, &str)],
        body: Vec<u8>,
    ) -> Result<Answer> {
        let method = Method::from_bytes(method.as_bytes())?;
        let mut request = Request::builder()
            .method(method)
            .uri(format!("{}{path}", self.url(holder)));
        if let Some(holder) = holder {
            let bearer = format!("Bearer {}", self.token(holder)?);
            request = request.header(header::AUTHORIZATION, bearer);
        }
        for (name, value) in headers {
            request = request.header(*name, *value);
        }
        let request = request.body(Body::from(body))?;
        let sent = tokio::time::timeout(PATIENCE, self.client.send(request, LONGEST));
        let answer = sent.await.with_context(|| format!("no answer of {path}"))?;
        let answer = answer.with_context(|| path.to_owned())?;
        Ok(Answer {
            status: answer.status.as_u16(),
            body: serde_json::from_slice(&answer.body).unwrap_or_default(),
        })
    }

    /// A webhook of a practice system, signed with `secret`.
    pub async fn webhook(
        &self,
        system: &str,
        endpoint: Option<&str>,
        secret: &str,
        body: &Value,
    ) -> Result<Answer> {
        let ehr = ehr::by_system(system).context("a practice system")?;
        let secret = Secret::new(secret).context("a secret")?;
        let bytes = body.to_string().into_bytes();
        let signature = sign(&secret, &bytes);
        let path = endpoint.map_or_else(
            || format!("/webhooks/ehr/{system}"),
            |endpoint| format!("/webhooks/ehr/{system}/{endpoint}"),
        );
        let headers = [
            (header::CONTENT_TYPE.as_str(), "application/json"),
            (ehr.signature_header, signature.as_str()),
        ];
        self.send(None, "POST", &path, &headers, bytes).await
    }

    /// All items of a list, page by page.
    pub async fn list(&self, holder: &str, path: &str) -> Result<Vec<Value>> {
        let mut all = Vec::new();
        let mut after = String::new();
        let joint = if path.contains('?') { '&' } else { '?' };
        loop {
            let page = format!("{path}{joint}limit={PAGE}{after}");
            let page = self.ask(holder, "GET", &page, &Value::Null).await?;
            let mut page = page.taken(path)?;
            let items = page["items"]
                .as_array_mut()
                .context("a list without items")?;
            all.append(items);
            match page["next"].as_str() {
                Some(next) => after = format!("&after={next}"),
                None => return Ok(all),
            }
        }
    }

    /// Keeps a signature, drawn by whoever takes something over; its id.
    pub async fn signature(&self, holder: &str, lab: &str, drawing: &str) -> Result<String> {
        let body = format!(
            "--{BOUNDARY}\r\nContent-Disposition: form-data; name=\"labId\"\r\n\r\n{lab}\r\n\
             --{BOUNDARY}\r\nContent-Disposition: form-data; name=\"file\"; filename=\"signature.svg\"\r\n\
             Content-Type: image/svg+xml\r\n\r\n{drawing}\r\n--{BOUNDARY}--\r\n"
        );
        let media = format!("multipart/form-data; boundary={BOUNDARY}");
        let headers = [(header::CONTENT_TYPE.as_str(), media.as_str())];
        let kept = self
            .send(
                Some(holder),
                "POST",
                "/v1/proofs",
                &headers,
                body.into_bytes(),
            )
            .await?;
        let kept = kept.taken("a signature")?;
        Ok(kept["id"]
            .as_str()
            .context("a proof without id")?
            .to_owned())
    }

    /// A phone's credentials, for a driver.
    pub async fn device(&self, desk: &str, lab: &str, driver: &str) -> Result<(String, String)> {
        let path = format!("/v1/drivers/{driver}/devices");
        let made = self
            .ask(desk, "POST", &path, &json!({ "labId": lab }))
            .await?;
        let made = made.taken("a device")?;
        let text = |name: &str| made[name].as_str().unwrap_or_default().to_owned();
        Ok((text("deviceId"), text("secret")))
    }
}
