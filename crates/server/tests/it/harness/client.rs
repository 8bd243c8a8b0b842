//! HTTP, with every status an answer.

use std::time::Duration;

use serde_json::{Value, json};
use ureq::http::{HeaderMap, Request, Response};
use ureq::{AsSendBody, Body};

/// How long an answer is waited for.
const PATIENCE: Duration = Duration::from_mins(1);

/// What came back.
#[derive(Debug)]
pub struct Answer {
    pub status: u16,
    pub headers: HeaderMap,
    pub text: String,
    /// The text as JSON; null if it is none.
    pub body: Value,
}

impl Answer {
    /// A header, empty if it is absent.
    pub fn header(&self, name: &str) -> &str {
        self.headers
            .get(name)
            .and_then(|value| value.to_str().ok())
            .unwrap_or_default()
    }

    /// The body of an answer with that status.
    #[track_caller]
    pub fn expect(self, status: u16) -> Value {
        assert_eq!(self.status, status, "{}", self.text);
        self.body
    }

    /// `result` of a single event that was taken.
    #[track_caller]
    pub fn result(self) -> Value {
        let status = self.body["status"].clone();
        assert!(
            status == "processed" || status == "duplicate",
            "{} {}",
            self.status,
            self.text
        );
        self.body["result"].clone()
    }

    /// The faults, as pairs.
    pub fn faults(&self) -> Vec<(String, String)> {
        let text = |fault: &Value, name: &str| fault[name].as_str().unwrap_or_default().to_owned();
        let faults = self.body["errors"].as_array().cloned().unwrap_or_default();
        faults
            .iter()
            .map(|fault| (text(fault, "field"), text(fault, "reason")))
            .collect()
    }

    /// That it is a problem with that status and code.
    #[track_caller]
    pub fn refused(&self, status: u16, code: &str) {
        assert_eq!(
            (self.status, self.body["code"].as_str()),
            (status, Some(code)),
            "{}",
            self.text
        );
        assert_eq!(self.header("content-type"), "application/problem+json");
        assert!(self.body["requestId"].is_string(), "{}", self.text);
    }
}

/// Somebody who asks.
#[derive(Debug, Clone)]
pub struct Client {
    pub url: String,
    pub token: Option<String>,
}

impl Client {
    /// Sends bytes.
    pub fn send(&self, method: &str, path: &str, headers: &[(&str, &str)], body: &[u8]) -> Answer {
        self.try_send(method, path, headers, body)
            .expect("an answer")
    }

    /// Sends bytes to a server that may be gone.
    pub fn try_send(
        &self,
        method: &str,
        path: &str,
        headers: &[(&str, &str)],
        body: &[u8],
    ) -> Result<Answer, ureq::Error> {
        self.try_send_for(method, path, headers, body, PATIENCE)
    }

    /// The same to one that may be frozen for longer than that.
    pub fn try_send_for(
        &self,
        method: &str,
        path: &str,
        headers: &[(&str, &str)],
        body: &[u8],
        patience: Duration,
    ) -> Result<Answer, ureq::Error> {
        let mut request = Request::builder()
            .method(method)
            .uri(format!("{}{path}", self.url));
        if let Some(token) = &self.token {
            request = request.header("authorization", format!("Bearer {token}"));
        }
        for (name, value) in headers {
            request = request.header(*name, *value);
        }
        let mut response = if body.is_empty() && method != "POST" && method != "PUT" {
            run(request.body(()).expect("a request"), patience)?
        } else {
            run(request.body(body.to_vec()).expect("a request"), patience)?
        };
        let bytes = response
            .body_mut()
            .with_config()
            .limit(64 << 20)
            .read_to_vec()?;
        // Pictures are no text: what is looked at of them are headers.
        let text = String::from_utf8_lossy(&bytes).into_owned();
        Ok(Answer {
            status: response.status().as_u16(),
            headers: response.headers().clone(),
            body: serde_json::from_str(&text).unwrap_or_default(),
            text,
        })
    }

    fn json(&self, method: &str, path: &str, body: &Value) -> Answer {
        let text = body.to_string();
        self.send(
            method,
            path,
            &[("content-type", "application/json")],
            text.as_bytes(),
        )
    }

    pub fn get(&self, path: &str) -> Answer {
        self.send("GET", path, &[], b"")
    }

    pub fn delete(&self, path: &str) -> Answer {
        self.send("DELETE", path, &[], b"")
    }

    pub fn post(&self, path: &str, body: &Value) -> Answer {
        self.json("POST", path, body)
    }

    pub fn put(&self, path: &str, body: &Value) -> Answer {
        self.json("PUT", path, body)
    }

    pub fn patch(&self, path: &str, body: &Value) -> Answer {
        self.json("PATCH", path, body)
    }

    /// Posts an event in the short form, without an id.
    pub fn event(&self, name: &str, detail: &Value) -> Answer {
        self.post(
            "/v1/events",
            &json!({ "source": source_of(name), "detailType": name, "detail": detail }),
        )
    }

    /// The same with an id.
    pub fn event_with_id(&self, id: &str, name: &str, detail: &Value) -> Answer {
        let event =
            json!({ "source": source_of(name), "detailType": name, "detail": detail, "id": id });
        self.post("/v1/events", &event)
    }

    /// All items of a list, page by page.
    pub fn all(&self, path: &str) -> Vec<Value> {
        let mut items = Vec::new();
        let mut after = String::new();
        loop {
            let joint = if path.contains('?') { '&' } else { '?' };
            let page = self
                .get(&format!("{path}{joint}limit=200&after={after}"))
                .expect(200);
            items.extend(page["items"].as_array().expect("items").iter().cloned());
            match page["next"].as_str() {
                Some(next) => next.clone_into(&mut after),
                None => return items,
            }
        }
    }
}

/// Whoever sends such events, in the contract's words.
fn source_of(name: &str) -> &'static str {
    match name {
        "PickupRequested" | "PickupCancelled" => "crm.portal",
        "DeliveryCompleted" => "logistics.delivery",
        "InvoiceIssued" => "finance.billing",
        _ => "cases.production",
    }
}

fn run<B: AsSendBody>(
    request: Request<B>,
    patience: Duration,
) -> Result<Response<Body>, ureq::Error> {
    let configured = agent().configure_request(request);
    let request = configured.timeout_global(Some(patience)).build();
    agent().run(request)
}

fn agent() -> &'static ureq::Agent {
    static AGENT: std::sync::OnceLock<ureq::Agent> = std::sync::OnceLock::new();
    AGENT.get_or_init(|| {
        let config = ureq::Agent::config_builder()
            .http_status_as_error(false)
            .max_redirects(0);
        config.build().into()
    })
}
