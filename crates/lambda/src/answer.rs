//! An answer in the form that the trigger understands.

use std::collections::BTreeMap;

use axum::http::{HeaderMap, StatusCode, header};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde::Serialize;

use crate::request::Trigger;

/// Headers by name, each value by itself.
type Lines = BTreeMap<String, Vec<String>>;

/// What is given back to the trigger.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Answer {
    status_code: u16,
    #[serde(skip_serializing_if = "Option::is_none")]
    status_description: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    headers: Option<BTreeMap<String, String>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    multi_value_headers: Option<Lines>,
    #[serde(skip_serializing_if = "Option::is_none")]
    cookies: Option<Vec<String>>,
    body: String,
    is_base64_encoded: bool,
}

impl Answer {
    /// Of a response to a request that came by that trigger.
    pub fn of(trigger: Trigger, status: StatusCode, headers: &HeaderMap, body: Vec<u8>) -> Self {
        let mut lines = lines(headers);
        let (body, is_base64_encoded) = match String::from_utf8(body) {
            Ok(text) => (text, false),
            Err(bytes) => (STANDARD.encode(bytes.as_bytes()), true),
        };
        let mut answer = Self {
            status_code: status.as_u16(),
            status_description: None,
            headers: None,
            multi_value_headers: None,
            cookies: None,
            body,
            is_base64_encoded,
        };
        match trigger {
            Trigger::RestApi => {
                let repeated = lines.iter().filter(|(_, values)| values.len() > 1);
                let repeated: Lines = repeated
                    .map(|(name, all)| (name.clone(), all.clone()))
                    .collect();
                answer.multi_value_headers = (!repeated.is_empty()).then_some(repeated);
                answer.headers = Some(joined(&lines));
            }
            Trigger::HttpApi | Trigger::FunctionUrl => {
                answer.cookies = lines.remove(header::SET_COOKIE.as_str());
                answer.headers = Some(joined(&lines));
            }
            Trigger::LoadBalancer => answer.headers = Some(joined(&lines)),
            // It reads these alone, and nothing of the others.
            Trigger::LoadBalancerMulti => answer.multi_value_headers = Some(lines),
        }
        if matches!(trigger, Trigger::LoadBalancer | Trigger::LoadBalancerMulti) {
            let reason = status.canonical_reason().unwrap_or_default();
            answer.status_description = Some(format!("{} {reason}", status.as_u16()));
        }
        answer
    }
}

/// The trigger counts the body itself.
fn lines(headers: &HeaderMap) -> Lines {
    let mut lines = Lines::new();
    let kept = headers
        .iter()
        .filter(|(name, _)| *name != header::CONTENT_LENGTH && *name != header::TRANSFER_ENCODING);
    for (name, value) in kept {
        let text = String::from_utf8_lossy(value.as_bytes()).into_owned();
        lines.entry(name.to_string()).or_default().push(text);
    }
    lines
}

fn joined(lines: &Lines) -> BTreeMap<String, String> {
    let join = |(name, values): (&String, &Vec<String>)| (name.clone(), values.join(", "));
    lines.iter().map(join).collect()
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::*;

    fn shape(trigger: Trigger, body: &[u8]) -> Value {
        let mut headers = HeaderMap::new();
        for (name, value) in [
            ("content-type", "application/json"),
            ("content-length", "2"),
            ("x-a", "1"),
            ("x-a", "2"),
            ("set-cookie", "a=1"),
        ] {
            headers.append(name, value.parse().expect("a value"));
        }
        let answer = Answer::of(trigger, StatusCode::NOT_FOUND, &headers, body.to_vec());
        serde_json::to_value(answer).expect("JSON")
    }

    #[test]
    fn each_trigger_has_its_form() {
        let json = json!("application/json");
        assert_eq!(
            shape(Trigger::RestApi, b"{}"),
            json!({
                "statusCode": 404, "body": "{}", "isBase64Encoded": false,
                "headers": { "content-type": json, "x-a": "1, 2", "set-cookie": "a=1" },
                "multiValueHeaders": { "x-a": ["1", "2"] },
            })
        );
        for trigger in [Trigger::HttpApi, Trigger::FunctionUrl] {
            assert_eq!(
                shape(trigger, b"{}"),
                json!({
                    "statusCode": 404, "body": "{}", "isBase64Encoded": false, "cookies": ["a=1"],
                    "headers": { "content-type": json, "x-a": "1, 2" },
                })
            );
        }
        assert_eq!(
            shape(Trigger::LoadBalancer, b"{}"),
            json!({
                "statusCode": 404, "statusDescription": "404 Not Found", "body": "{}", "isBase64Encoded": false,
                "headers": { "content-type": json, "x-a": "1, 2", "set-cookie": "a=1" },
            })
        );
        assert_eq!(
            shape(Trigger::LoadBalancerMulti, b"{}"),
            json!({
                "statusCode": 404, "statusDescription": "404 Not Found", "body": "{}", "isBase64Encoded": false,
                "multiValueHeaders": { "content-type": [json], "x-a": ["1", "2"], "set-cookie": ["a=1"] },
            })
        );
    }

    #[test]
    fn bytes_that_are_no_text_go_as_base64() {
        let shape = shape(Trigger::HttpApi, &[0xff, 0]);
        assert_eq!(
            (&shape["body"], &shape["isBase64Encoded"]),
            (&json!("/wA="), &json!(true))
        );
    }
}
