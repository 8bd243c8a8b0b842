//! A stand-in of Lambda's Runtime API, and the real binary that asks it for invocations.

use std::collections::HashMap;
use std::io::{BufRead, BufReader};
use std::path::PathBuf;
use std::process::{Child, Command, Stdio};
use std::sync::{Arc, Mutex, mpsc};
use std::time::{Duration, Instant};

use axum::Router;
use axum::body::Bytes;
use axum::extract::{Path, State};
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use axum::routing::{get, post};
use serde_json::Value;
use tokio::net::TcpListener;
use tokio::sync::Mutex as Waiting;
use tokio::sync::mpsc::{UnboundedReceiver, UnboundedSender, unbounded_channel};

use super::server::Server;

const PATIENCE: Duration = Duration::from_secs(30);
const API: &str = "/2018-06-01/runtime";

/// An answer to an invocation, or its error.
type Answered = Result<Value, Value>;

struct Invocation {
    id: String,
    payload: String,
}

/// What the stand-in's handlers share.
struct Runtime {
    invocations: Waiting<UnboundedReceiver<Invocation>>,
    waiting: Mutex<HashMap<String, mpsc::Sender<Answered>>>,
}

/// A function: its program runs until this is dropped.
pub struct Function {
    send: UnboundedSender<Invocation>,
    runtime: Arc<Runtime>,
    child: Child,
    printed: Arc<Mutex<Vec<String>>>,
    begun: Instant,
    count: Mutex<u32>,
    folder: tempfile::TempDir,
    _thread: tokio::runtime::Runtime,
}

/// The program: the one of the tests, or the one that is packaged.
pub fn program() -> PathBuf {
    let packaged = std::env::var_os("TEST_LAMBDA");
    packaged.map_or_else(|| env!("CARGO_BIN_EXE_pontic-lambda").into(), PathBuf::from)
}

impl Function {
    /// On the server's database, with its key and these variables besides.
    pub fn beside(server: &Server, variables: &[(&str, &str)]) -> Self {
        let mut all = server.variables();
        all.extend(
            variables
                .iter()
                .map(|(name, value)| ((*name).to_owned(), (*value).to_owned())),
        );
        Self::start(&all)
    }

    /// With these variables and no others, but for those that Lambda sets.
    pub fn start(variables: &[(String, String)]) -> Self {
        let thread = tokio::runtime::Builder::new_multi_thread()
            .worker_threads(1)
            .enable_all()
            .build()
            .expect("a runtime");
        let (send, invocations) = unbounded_channel();
        let runtime = Arc::new(Runtime {
            invocations: Waiting::new(invocations),
            waiting: Mutex::default(),
        });
        let router = Router::new()
            .route(&format!("{API}/invocation/next"), get(next))
            .route(&format!("{API}/invocation/{{id}}/response"), post(response))
            .route(&format!("{API}/invocation/{{id}}/error"), post(error))
            .with_state(Arc::clone(&runtime));
        let listener = thread
            .block_on(TcpListener::bind("127.0.0.1:0"))
            .expect("a port");
        let address = listener.local_addr().expect("bound").to_string();
        thread.spawn(async move { axum::serve(listener, router).await });
        let folder = tempfile::tempdir().expect("a folder");
        let begun = Instant::now();
        let mut child = Command::new(program())
            .env_clear()
            .env("PONTIC_DATA", folder.path())
            .env("AWS_LAMBDA_RUNTIME_API", address)
            .env("AWS_LAMBDA_FUNCTION_NAME", "doors")
            .env("AWS_LAMBDA_FUNCTION_MEMORY_SIZE", "512")
            .env("AWS_LAMBDA_FUNCTION_VERSION", "$LATEST")
            .env("AWS_REGION", "us-east-1")
            .env("AWS_ACCESS_KEY_ID", "AKIDEXAMPLE")
            .env(
                "AWS_SECRET_ACCESS_KEY",
                "wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY",
            )
            .env("AWS_SESSION_TOKEN", "session")
            .envs(variables.iter().map(|(name, value)| (name, value)))
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .expect("the binary starts");
        let printed = Arc::new(Mutex::new(Vec::new()));
        let streams: [Box<dyn std::io::Read + Send>; 2] = [
            Box::new(child.stdout.take().expect("piped")),
            Box::new(child.stderr.take().expect("piped")),
        ];
        for stream in streams {
            let printed = Arc::clone(&printed);
            std::thread::spawn(move || {
                for line in BufReader::new(stream).lines().map_while(Result::ok) {
                    printed.lock().expect("no panic").push(line);
                }
            });
        }
        Self {
            send,
            runtime,
            child,
            printed,
            begun,
            count: Mutex::new(0),
            folder,
            _thread: thread,
        }
    }

    /// Invokes it; its answer, or the error that it reports.
    pub fn try_invoke(&self, payload: &Value) -> Answered {
        let id = {
            let mut count = self.count.lock().expect("no panic");
            *count += 1;
            format!("8476a536-e9f4-11e8-9739-{count:012}")
        };
        let (answered, answer) = mpsc::channel();
        self.runtime
            .waiting
            .lock()
            .expect("no panic")
            .insert(id.clone(), answered);
        let payload = payload.to_string();
        self.send
            .send(Invocation { id, payload })
            .expect("it listens");
        answer
            .recv_timeout(PATIENCE)
            .unwrap_or_else(|_| panic!("no answer; it printed {:#?}", self.printed()))
    }

    /// Invokes it; its answer.
    #[track_caller]
    pub fn invoke(&self, payload: &Value) -> Value {
        let answered = self.try_invoke(payload);
        answered.unwrap_or_else(|error| panic!("{error}; it printed {:#?}", self.printed()))
    }

    /// Where it may write.
    pub fn folder(&self) -> &std::path::Path {
        self.folder.path()
    }

    /// How long ago its process was started.
    pub fn age(&self) -> Duration {
        self.begun.elapsed()
    }

    /// All lines so far.
    pub fn printed(&self) -> Vec<String> {
        self.printed.lock().expect("no panic").clone()
    }

    /// The first so many lines for CloudWatch. They are printed before the answer is given, and read here when they are.
    #[track_caller]
    pub fn measured(&self, count: usize) -> Vec<Value> {
        super::eventually(|| Some(self.lines()).filter(|lines| lines.len() >= count))
    }

    fn lines(&self) -> Vec<Value> {
        let lines = self.printed();
        let lines = lines
            .iter()
            .filter(|line| line.contains("\"CloudWatchMetrics\""));
        lines
            .map(|line| serde_json::from_str(line).expect("JSON"))
            .collect()
    }

    /// Waits for its end; all that it printed.
    pub fn ended(mut self) -> String {
        let status = self.child.wait().expect("it ends");
        assert!(!status.success(), "it ends with an error");
        std::thread::sleep(Duration::from_millis(100));
        self.printed().join("\n")
    }
}

impl Drop for Function {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

async fn next(State(runtime): State<Arc<Runtime>>) -> Response {
    let Some(invocation) = runtime.invocations.lock().await.recv().await else {
        return StatusCode::GONE.into_response();
    };
    let deadline = std::time::SystemTime::now()
        .duration_since(std::time::UNIX_EPOCH)
        .expect("after 1970")
        + PATIENCE;
    let headers = [
        ("content-type", "application/json".to_owned()),
        ("lambda-runtime-aws-request-id", invocation.id),
        (
            "lambda-runtime-deadline-ms",
            deadline.as_millis().to_string(),
        ),
        (
            "lambda-runtime-invoked-function-arn",
            "arn:aws:lambda:us-east-1:123456789012:function:doors".to_owned(),
        ),
        (
            "lambda-runtime-trace-id",
            "Root=1-5bef4de7-ad49b0e87f6ef6c87fc2e700;Parent=9a9197af755a6419;Sampled=1".to_owned(),
        ),
    ];
    (headers, invocation.payload).into_response()
}

async fn response(
    State(runtime): State<Arc<Runtime>>,
    Path(id): Path<String>,
    body: Bytes,
) -> StatusCode {
    answer(
        &runtime,
        &id,
        Ok(serde_json::from_slice(&body).expect("JSON")),
    )
}

async fn error(
    State(runtime): State<Arc<Runtime>>,
    Path(id): Path<String>,
    body: Bytes,
) -> StatusCode {
    answer(
        &runtime,
        &id,
        Err(serde_json::from_slice(&body).expect("JSON")),
    )
}

fn answer(runtime: &Runtime, id: &str, answered: Answered) -> StatusCode {
    if let Some(waiting) = runtime.waiting.lock().expect("no panic").remove(id) {
        let _ = waiting.send(answered);
    }
    StatusCode::ACCEPTED
}
