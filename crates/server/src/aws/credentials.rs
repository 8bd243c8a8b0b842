//! Who we are to AWS: from the environment (a Lambda function, a terminal), from the task (ECS, EKS), or from the instance (EC2).

use std::sync::Arc;
use std::time::Duration;

use aws_credential_types::Credentials;
use axum::body::Body;
use axum::http::{HeaderValue, Request, header};
use bytes::Bytes;
use jiff::{SignedDuration, Timestamp};
use serde::Deserialize;
use tokio::sync::Mutex;

use super::CallFailed;
use crate::client::Client;

/// Where a task of ECS asks for its own.
const TASK: &str = "http://169.254.170.2";
/// Where an instance asks for its own.
const INSTANCE: &str = "http://169.254.169.254";
/// How long they may take to be given.
const PATIENCE: Duration = Duration::from_secs(2);
/// Bytes of an answer.
const ANSWER: usize = 64 * 1024;
/// They are asked for again so long before they end.
const EARLY: SignedDuration = SignedDuration::from_mins(5);
/// How long the word by which an instance may ask is good, in seconds.
const WORD_S: &str = "60";

/// Where credentials come from, and the ones in use.
#[derive(Clone)]
pub struct Source {
    client: Client,
    place: Arc<Place>,
    held: Arc<Mutex<Option<Held>>>,
}

/// In use, until then.
#[derive(Clone)]
struct Held {
    credentials: Credentials,
    ends: Option<Timestamp>,
}

/// Where they are.
enum Place {
    /// Said once and for all.
    Said(Credentials),
    /// Given to a task, by whoever runs it.
    Task { url: String, proof: Option<Proof> },
    /// Given to an instance.
    Instance { url: String },
    /// Nowhere.
    Nowhere,
}

/// By what a task shows who it is.
enum Proof {
    Word(String),
    /// It changes: read each time.
    File(String),
}

/// As they are given.
#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Given {
    access_key_id: String,
    secret_access_key: String,
    token: Option<String>,
    expiration: Option<Timestamp>,
}

impl Source {
    /// By AWS's own environment variables, in the order that its SDKs have.
    pub fn find(client: Client, variable: &dyn Fn(&str) -> Option<String>) -> Self {
        Self {
            client,
            place: Arc::new(place(variable)),
            held: Arc::default(),
        }
    }

    /// Those that are good now.
    pub async fn credentials(&self, now: Timestamp) -> Result<Credentials, CallFailed> {
        let mut held = self.held.lock().await;
        let is_good = |held: &&Held| {
            held.ends
                .is_none_or(|ends| ends.duration_since(now) > EARLY)
        };
        if let Some(held) = held.as_ref().filter(is_good) {
            return Ok(held.credentials.clone());
        }
        let found = tokio::time::timeout(PATIENCE, self.ask()).await;
        let found = found.ok().flatten().ok_or(CallFailed::NoCredentials)?;
        *held = Some(found.clone());
        Ok(found.credentials)
    }

    /// They were refused.
    pub async fn forget(&self) {
        *self.held.lock().await = None;
    }

    async fn ask(&self) -> Option<Held> {
        match self.place.as_ref() {
            Place::Nowhere => None,
            Place::Said(credentials) => Some(Held {
                credentials: credentials.clone(),
                ends: None,
            }),
            Place::Task { url, proof } => {
                let mut request = Request::get(url);
                if let Some(proof) = proof {
                    request = request.header(header::AUTHORIZATION, proof.text()?);
                }
                given(&self.text(request.body(Body::empty()).ok()?).await?)
            }
            Place::Instance { url } => {
                let word = Request::put(format!("{url}/latest/api/token"))
                    .header("x-aws-ec2-metadata-token-ttl-seconds", WORD_S)
                    .body(Body::empty());
                let word = self.text(word.ok()?).await?;
                let word = HeaderValue::from_bytes(&word).ok()?;
                let roles = format!("{url}/latest/meta-data/iam/security-credentials/");
                let get = |address: &str| {
                    Request::get(address)
                        .header("x-aws-ec2-metadata-token", &word)
                        .body(Body::empty())
                        .ok()
                };
                let role = self.text(get(&roles)?).await?;
                let role = std::str::from_utf8(&role).ok()?.trim();
                given(&self.text(get(&format!("{roles}{role}"))?).await?)
            }
        }
    }

    async fn text(&self, request: Request<Body>) -> Option<Bytes> {
        let answer = self.client.send(request, ANSWER).await.ok()?;
        answer.status.is_success().then_some(answer.body)
    }
}

fn place(variable: &dyn Fn(&str) -> Option<String>) -> Place {
    let said = |name: &str| variable(name).filter(|text| !text.is_empty());
    if let (Some(id), Some(secret)) = (said("AWS_ACCESS_KEY_ID"), said("AWS_SECRET_ACCESS_KEY")) {
        let token = said("AWS_SESSION_TOKEN");
        return Place::Said(Credentials::new(id, secret, token, None, "environment"));
    }
    let relative = said("AWS_CONTAINER_CREDENTIALS_RELATIVE_URI");
    let url = relative.map(|path| format!("{TASK}{path}"));
    if let Some(url) = url.or_else(|| said("AWS_CONTAINER_CREDENTIALS_FULL_URI")) {
        let file = said("AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE").map(Proof::File);
        let word = || said("AWS_CONTAINER_AUTHORIZATION_TOKEN").map(Proof::Word);
        let proof = file.or_else(word);
        return Place::Task { url, proof };
    }
    if said("AWS_EC2_METADATA_DISABLED").is_some_and(|text| text.eq_ignore_ascii_case("true")) {
        return Place::Nowhere;
    }
    let url = said("AWS_EC2_METADATA_SERVICE_ENDPOINT").unwrap_or_else(|| INSTANCE.to_owned());
    let url = url.trim_end_matches('/').to_owned();
    Place::Instance { url }
}

impl Proof {
    fn text(&self) -> Option<String> {
        match self {
            Self::Word(word) => Some(word.clone()),
            Self::File(path) => {
                let text = std::fs::read_to_string(path).ok()?;
                Some(text.trim().to_owned())
            }
        }
    }
}

fn given(body: &[u8]) -> Option<Held> {
    let given: Given = serde_json::from_slice(body).ok()?;
    Some(Held {
        credentials: Credentials::new(
            given.access_key_id,
            given.secret_access_key,
            given.token,
            None,
            "asked",
        ),
        ends: given.expiration,
    })
}

#[cfg(test)]
mod tests {
    use std::sync::atomic::{AtomicUsize, Ordering};

    use axum::Router;
    use axum::extract::State;
    use axum::http::{HeaderMap, StatusCode};
    use axum::routing::{get, put};
    use tokio::net::TcpListener;

    use super::*;
    use crate::client::Reach;

    /// Asked so often.
    type Count = Arc<AtomicUsize>;

    async fn serve(router: Router<Count>) -> (String, Count) {
        let count = Count::default();
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
        let address = listener.local_addr().expect("an address");
        let router = router.with_state(Arc::clone(&count));
        tokio::spawn(async move { axum::serve(listener, router).await });
        (format!("http://{address}"), count)
    }

    fn source(variables: Vec<(&'static str, String)>) -> Source {
        let find = move |name: &str| {
            let mut found = variables.iter().filter(|(known, _)| *known == name);
            found.next().map(|(_, value)| value.clone())
        };
        Source::find(Client::new(Reach::Everywhere), &find)
    }

    fn body(id: &str, ends: &str) -> String {
        format!(
            r#"{{"AccessKeyId":"{id}","SecretAccessKey":"s","Token":"t","Expiration":"{ends}"}}"#
        )
    }

    fn at(text: &str) -> Timestamp {
        text.parse().expect("a time")
    }

    #[tokio::test]
    async fn the_environment_comes_first() {
        let source = source(vec![
            ("AWS_ACCESS_KEY_ID", "A".into()),
            ("AWS_SECRET_ACCESS_KEY", "S".into()),
            ("AWS_SESSION_TOKEN", "T".into()),
            (
                "AWS_CONTAINER_CREDENTIALS_FULL_URI",
                "http://127.0.0.1:1/".into(),
            ),
        ]);
        let found = source.credentials(Timestamp::UNIX_EPOCH).await;
        let found = found.expect("said");
        assert_eq!(
            (found.access_key_id(), found.session_token()),
            ("A", Some("T"))
        );
    }

    #[tokio::test]
    async fn a_task_shows_its_word_and_asks_again_before_they_end() {
        async fn task(State(count): State<Count>, headers: HeaderMap) -> (StatusCode, String) {
            let asked = count.fetch_add(1, Ordering::SeqCst);
            if headers
                .get("authorization")
                .is_none_or(|word| word != "open")
            {
                return (StatusCode::FORBIDDEN, String::new());
            }
            let ends = ["2026-01-01T01:00:00Z", "2026-01-01T02:00:00Z"];
            (StatusCode::OK, body("TASK", ends[asked.min(1)]))
        }
        let (url, count) = serve(Router::new().route("/mine", get(task))).await;
        let folder = tempfile::tempdir().expect("a folder");
        let file = folder.path().join("word");
        std::fs::write(&file, "open\n").expect("written");
        let url = format!("{url}/mine");
        let source = source(vec![
            ("AWS_CONTAINER_CREDENTIALS_FULL_URI", url),
            (
                "AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE",
                file.display().to_string(),
            ),
        ]);
        for (now, asked) in [
            ("2026-01-01T00:00:00Z", 1),
            ("2026-01-01T00:54:00Z", 1),
            ("2026-01-01T00:56:00Z", 2),
        ] {
            let found = source.credentials(at(now)).await.expect("given");
            assert_eq!(found.access_key_id(), "TASK");
            assert_eq!(count.load(Ordering::SeqCst), asked, "{now}");
        }
        source.forget().await;
        std::fs::write(&file, "shut").expect("written");
        let refused = source.credentials(at("2026-01-01T00:57:00Z")).await;
        assert_eq!(refused.err(), Some(CallFailed::NoCredentials));
    }

    #[tokio::test]
    async fn an_instance_is_asked_with_a_word_of_its_own() {
        fn knows(headers: &HeaderMap) -> bool {
            let word = headers.get("x-aws-ec2-metadata-token");
            word.is_some_and(|word| word == "word")
        }
        let roles = "/latest/meta-data/iam/security-credentials/";
        let router = Router::new()
            .route("/latest/api/token", put(async || "word"))
            .route(
                roles,
                get(
                    async |headers: HeaderMap| {
                        if knows(&headers) { "couriers" } else { "" }
                    },
                ),
            )
            .route(
                &format!("{roles}couriers"),
                get(async |headers: HeaderMap| {
                    let ends = "2026-01-01T01:00:00Z";
                    body(if knows(&headers) { "INSTANCE" } else { "?" }, ends)
                }),
            );
        let (url, _) = serve(router).await;
        let source = source(vec![("AWS_EC2_METADATA_SERVICE_ENDPOINT", url)]);
        let found = source.credentials(at("2026-01-01T00:00:00Z")).await;
        assert_eq!(found.expect("given").access_key_id(), "INSTANCE");
    }
}
