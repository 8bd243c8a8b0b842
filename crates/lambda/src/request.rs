//! What a trigger of HTTP delivers, as a request: the path without what stands before ours, every header as often as it came, and
//! the body's very bytes, because signatures are over them.

use std::collections::BTreeMap;
use std::net::{IpAddr, Ipv4Addr, SocketAddr};

use axum::body::Body;
use axum::extract::ConnectInfo;
use axum::http::{HeaderMap, HeaderName, HeaderValue, Method, Request, Uri};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde::Deserialize;
use serde::de::IgnoredAny;

use crate::percent::escaped;

/// By which trigger a request came.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Trigger {
    /// API Gateway, REST API (payload format 1.0).
    RestApi,
    /// API Gateway, HTTP API (payload format 2.0).
    HttpApi,
    /// A function's own address.
    FunctionUrl,
    /// An Application Load Balancer.
    LoadBalancer,
    /// The same, with every header as often as it is there.
    LoadBalancerMulti,
}

impl Trigger {
    /// Its name in metrics.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::RestApi => "rest-api",
            Self::HttpApi => "http-api",
            Self::FunctionUrl => "function-url",
            Self::LoadBalancer | Self::LoadBalancerMulti => "load-balancer",
        }
    }
}

/// What is taken of the payloads, which have much in common.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Payload {
    // Format 1.0, and load balancers.
    http_method: Option<String>,
    path: Option<String>,
    multi_value_headers: Option<BTreeMap<String, Vec<String>>>,
    query_string_parameters: Option<BTreeMap<String, String>>,
    multi_value_query_string_parameters: Option<BTreeMap<String, Vec<String>>>,
    // Format 2.0.
    raw_path: Option<String>,
    raw_query_string: Option<String>,
    cookies: Option<Vec<String>>,
    // All.
    headers: Option<BTreeMap<String, String>>,
    request_context: Context,
    body: Option<String>,
    #[serde(default)]
    is_base64_encoded: bool,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Context {
    elb: Option<IgnoredAny>,
    http: Option<Http>,
    identity: Option<Identity>,
    stage: Option<String>,
    domain_name: Option<String>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Http {
    method: String,
    source_ip: Option<String>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Identity {
    /// An address; the console writes a word.
    source_ip: Option<String>,
}

/// Why a payload is no request.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum NoRequest {
    /// None of the triggers that are known.
    #[error("the payload is of no trigger that is known here")]
    UnknownTrigger,
    /// A body that says it is base64, and is not.
    #[error("the body is not in base64")]
    NotBase64,
    /// A method, path or query that no request has.
    #[error("the payload's method or path is none of HTTP")]
    NotHttp,
}

/// The paths under which our routes lie.
const OURS: [&str; 4] = ["/v1/", "/webhooks/", "/healthz", "/readyz"];

impl Payload {
    /// By which trigger it came.
    pub fn trigger(&self) -> Result<Trigger, NoRequest> {
        let context = &self.request_context;
        let is_multi = self.multi_value_headers.is_some();
        if context.http.is_some() && self.raw_path.is_some() {
            let domain = context.domain_name.as_deref().unwrap_or_default();
            return Ok(if domain.contains(".lambda-url.") {
                Trigger::FunctionUrl
            } else {
                Trigger::HttpApi
            });
        }
        if self.http_method.is_none() || self.path.is_none() {
            return Err(NoRequest::UnknownTrigger);
        }
        Ok(match (context.elb.is_some(), is_multi) {
            (true, true) => Trigger::LoadBalancerMulti,
            (true, false) => Trigger::LoadBalancer,
            (false, _) => Trigger::RestApi,
        })
    }

    /// The request that it stands for. `base_path` is what a custom domain puts before our paths.
    pub fn into_request(self, base_path: &str) -> Result<Request<Body>, NoRequest> {
        let trigger = self.trigger()?;
        let headers = self.header_map();
        let peer = self.peer(trigger, &headers);
        let method = match &self.request_context.http {
            Some(http) => &http.method,
            None => self.http_method.as_ref().ok_or(NoRequest::NotHttp)?,
        };
        let method = Method::from_bytes(method.as_bytes()).map_err(|_| NoRequest::NotHttp)?;
        let uri = self.uri(trigger, base_path)?;
        let bytes = match self.body {
            None => Vec::new(),
            Some(text) if self.is_base64_encoded => {
                STANDARD.decode(text).map_err(|_| NoRequest::NotBase64)?
            }
            Some(text) => text.into_bytes(),
        };
        let mut request = Request::new(Body::from(bytes));
        *request.method_mut() = method;
        *request.uri_mut() = uri;
        *request.headers_mut() = headers;
        request.extensions_mut().insert(ConnectInfo(peer));
        Ok(request)
    }

    /// What a payload holds twice is taken from where nothing of it is lost.
    fn header_map(&self) -> HeaderMap {
        let mut map = HeaderMap::new();
        let mut put = |name: &str, value: &str| {
            let name = HeaderName::from_bytes(name.as_bytes());
            let value = HeaderValue::from_bytes(value.as_bytes());
            if let (Ok(name), Ok(value)) = (name, value) {
                map.append(name, value);
            }
        };
        if let Some(headers) = &self.multi_value_headers {
            for (name, values) in headers {
                for value in values {
                    put(name, value);
                }
            }
        } else {
            for (name, value) in self.headers.iter().flatten() {
                put(name, value);
            }
        }
        if let Some(cookies) = &self.cookies {
            put("cookie", &cookies.join("; "));
        }
        map
    }

    /// Whom the trigger itself saw: the sender may write what it wants into headers, but for the end of a balancer's line.
    fn peer(&self, trigger: Trigger, headers: &HeaderMap) -> SocketAddr {
        let context = &self.request_context;
        let lines = headers.get_all("x-forwarded-for");
        let seen = match trigger {
            Trigger::RestApi => context
                .identity
                .as_ref()
                .and_then(|who| who.source_ip.as_deref()),
            Trigger::HttpApi | Trigger::FunctionUrl => context
                .http
                .as_ref()
                .and_then(|http| http.source_ip.as_deref()),
            Trigger::LoadBalancer | Trigger::LoadBalancerMulti => {
                let last = lines.iter().next_back().and_then(|line| line.to_str().ok());
                last.and_then(|line| line.rsplit(',').next())
            }
        };
        let seen = seen.and_then(|text| text.trim().parse().ok());
        // Nobody but AWS itself comes from nowhere: the console's own test.
        SocketAddr::new(seen.unwrap_or(IpAddr::V4(Ipv4Addr::LOCALHOST)), 0)
    }

    fn uri(&self, trigger: Trigger, base_path: &str) -> Result<Uri, NoRequest> {
        let path = self.raw_path.as_ref().or(self.path.as_ref());
        let path = path.ok_or(NoRequest::NotHttp)?;
        let path = self.without_prefix(trigger, path, base_path);
        let mut text = escaped(path, b"/-_.~!$&'()*+,;=:@%");
        let query = match trigger {
            Trigger::HttpApi | Trigger::FunctionUrl => {
                self.raw_query_string.clone().unwrap_or_default()
            }
            Trigger::RestApi => self.query(|text| escaped(text, b"-_.~")),
            // A balancer hands on what it got.
            Trigger::LoadBalancer | Trigger::LoadBalancerMulti => {
                self.query(|text| escaped(text, b"-_.~%+!$'()*,;:@/?"))
            }
        };
        if !query.is_empty() {
            text.push('?');
            text.push_str(&query);
        }
        text.parse().map_err(|_| NoRequest::NotHttp)
    }

    /// The path as our routes know it.
    fn without_prefix<'a>(&'a self, trigger: Trigger, path: &'a str, base_path: &str) -> &'a str {
        let path = path
            .strip_prefix(base_path)
            .filter(|rest| rest.starts_with('/'))
            .unwrap_or(path);
        let stage = self.request_context.stage.as_deref();
        if trigger != Trigger::HttpApi {
            return path;
        }
        // An HTTP API puts its stage before the path, unless a domain is mapped to that stage.
        stage
            .and_then(|stage| path.strip_prefix('/')?.strip_prefix(stage))
            .filter(|rest| OURS.iter().any(|ours| rest.starts_with(ours)))
            .unwrap_or(path)
    }

    fn query(&self, escape: impl Fn(&str) -> String) -> String {
        let pair = |name: &str, value: &str| format!("{}={}", escape(name), escape(value));
        let pairs: Vec<String> = match &self.multi_value_query_string_parameters {
            Some(parameters) => parameters
                .iter()
                .flat_map(|(name, values)| values.iter().map(|value| pair(name, value)))
                .collect(),
            None => {
                let parameters = self.query_string_parameters.iter().flatten();
                parameters.map(|(name, value)| pair(name, value)).collect()
            }
        };
        pairs.join("&")
    }
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::*;

    fn request(payload: Value, base_path: &str) -> Result<Request<Body>, NoRequest> {
        let payload: Payload = serde_json::from_value(payload).expect("a payload");
        payload.into_request(base_path)
    }

    fn rest(path: &str, more: Value) -> Value {
        let mut payload = json!({
            "httpMethod": "GET", "path": path, "headers": null, "multiValueHeaders": null,
            "requestContext": { "stage": "prod", "identity": { "sourceIp": "203.0.113.7" } },
            "body": null, "isBase64Encoded": false,
        });
        let Value::Object(more) = more else {
            unreachable!("members")
        };
        payload.as_object_mut().expect("an object").extend(more);
        payload
    }

    fn http(stage: &str, path: &str) -> Value {
        json!({
            "version": "2.0", "rawPath": path, "rawQueryString": "", "headers": {},
            "requestContext": { "stage": stage, "http": { "method": "GET", "sourceIp": "203.0.113.7" } },
            "isBase64Encoded": false,
        })
    }

    fn path_of(payload: Value, base_path: &str) -> String {
        request(payload, base_path)
            .expect("a request")
            .uri()
            .to_string()
    }

    #[test]
    fn what_stands_before_our_paths_is_taken_off() {
        for (payload, base_path, expected) in [
            (http("$default", "/v1/events"), "", "/v1/events"),
            (http("prod", "/prod/v1/events"), "", "/v1/events"),
            (http("prod", "/v1/events"), "", "/v1/events"),
            (http("v1", "/v1/v1/events"), "", "/v1/events"),
            (http("v1", "/v1/events"), "", "/v1/events"),
            (
                http("$default", "/couriers/v1/events"),
                "/couriers",
                "/v1/events",
            ),
            (
                http("$default", "/couriersx/v1"),
                "/couriers",
                "/couriersx/v1",
            ),
            (
                rest("/couriers/healthz", json!({})),
                "/couriers",
                "/healthz",
            ),
            (rest("/prod/healthz", json!({})), "", "/prod/healthz"),
            (rest("/v1/a b/\u{fc}", json!({})), "", "/v1/a%20b/%C3%BC"),
        ] {
            assert_eq!(path_of(payload, base_path), expected);
        }
    }

    #[test]
    fn queries_mean_what_they_meant() {
        let both = json!({
            "queryStringParameters": { "a": "2" },
            "multiValueQueryStringParameters": { "a": ["1 2", "x&y"], "b": ["\u{fc}"] },
        });
        let expected = "/v1/events?a=1%202&a=x%26y&b=%C3%BC";
        assert_eq!(path_of(rest("/v1/events", both), ""), expected);
        // A balancer does not decode.
        let balanced = json!({
            "queryStringParameters": { "a": "1%202", "b": "x+y" }, "requestContext": { "elb": {} },
        });
        assert_eq!(
            path_of(rest("/v1/events", balanced), ""),
            "/v1/events?a=1%202&b=x+y"
        );
    }

    #[test]
    fn headers_come_as_often_as_they_were_sent() {
        let payload = rest(
            "/v1/events",
            json!({ "headers": { "X-A": "2" }, "multiValueHeaders": { "X-A": ["1", "2"] } }),
        );
        let request = request(payload, "").expect("a request");
        let values: Vec<_> = request.headers().get_all("x-a").iter().collect();
        assert_eq!(values, ["1", "2"]);
    }

    #[test]
    fn the_peer_is_whom_the_trigger_saw() {
        let peer = |payload: Value| {
            let request = request(payload, "").expect("a request");
            let peer = request.extensions().get::<ConnectInfo<SocketAddr>>();
            peer.expect("somebody").0.ip().to_string()
        };
        let forwarded = |context: Value| {
            let headers = json!({ "x-forwarded-for": "198.51.100.1, 203.0.113.9" });
            rest(
                "/",
                json!({ "headers": headers, "requestContext": context }),
            )
        };
        assert_eq!(peer(forwarded(json!({ "elb": {} }))), "203.0.113.9");
        let context = json!({ "identity": { "sourceIp": "203.0.113.7" } });
        assert_eq!(peer(forwarded(context)), "203.0.113.7");
        assert_eq!(peer(http("$default", "/")), "203.0.113.7");
        let context = json!({ "identity": { "sourceIp": "test-invoke-source-ip" } });
        assert_eq!(peer(forwarded(context)), "127.0.0.1");
    }

    #[test]
    fn what_is_no_request_is_told_apart() {
        let payload = json!({ "requestContext": {}, "headers": {} });
        assert_eq!(request(payload, "").err(), Some(NoRequest::UnknownTrigger));
        let payload = rest("/", json!({ "body": "!", "isBase64Encoded": true }));
        assert_eq!(request(payload, "").err(), Some(NoRequest::NotBase64));
        let payload = rest("/", json!({ "httpMethod": "G T" }));
        assert_eq!(request(payload, "").err(), Some(NoRequest::NotHttp));
    }
}
