//! AWS as `cargo xtask servers` starts it: moto's server, which all tests share.

use serde_json::{Value, json};

/// Asks it without a real signature, which it does not look at.
pub struct Emulator(String);

impl Emulator {
    pub fn new() -> Self {
        Self(std::env::var("TEST_MOTO").expect(
            "TEST_MOTO names no emulator of AWS; `cargo xtask test` starts one, and so does `cargo xtask servers -- COMMAND`",
        ))
    }

    /// Where it is.
    pub fn url(&self) -> &str {
        &self.0
    }

    /// An action of a service.
    pub fn call(&self, service: &str, target: &str, body: &Value) -> Value {
        let scope = format!(
            "AWS4-HMAC-SHA256 Credential=x/20260101/us-east-1/{service}/aws4_request, SignedHeaders=host, Signature=x"
        );
        let mut answer = ureq::post(&self.0)
            .header("authorization", &scope)
            .header("content-type", "application/x-amz-json-1.1")
            .header("x-amz-target", target)
            .send(body.to_string())
            .unwrap_or_else(|error| panic!("{target}: {error}"));
        let text = answer.body_mut().read_to_string().expect("text");
        serde_json::from_str(&text).unwrap_or_default()
    }

    /// A new secret.
    pub fn keep(&self, name: &str, text: &str) {
        let body = json!({ "Name": name, "SecretString": text });
        self.call("secretsmanager", "secretsmanager.CreateSecret", &body);
    }

    /// Another value of it.
    pub fn change(&self, name: &str, text: &str) {
        let body = json!({ "SecretId": name, "SecretString": text });
        self.call("secretsmanager", "secretsmanager.PutSecretValue", &body);
    }
}

/// A name that no other test of any run uses.
pub fn fresh(prefix: &str) -> String {
    let now = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH);
    let nanos = now.expect("after 1970").as_nanos();
    format!("{prefix}-{}-{nanos}", std::process::id())
}
