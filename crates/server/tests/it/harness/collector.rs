//! A collector of traces, as a server sees it: it takes spans by OTLP, and keeps them.

use std::io::{BufRead, BufReader, Read, Write};
use std::net::{TcpListener, TcpStream};
use std::sync::{Arc, Mutex};

use opentelemetry_proto::tonic::collector::trace::v1::ExportTraceServiceRequest;
use opentelemetry_proto::tonic::common::v1::any_value::Value;
use opentelemetry_proto::tonic::trace::v1::Span;
use prost::Message;

/// One post.
struct Post {
    head: String,
    body: Vec<u8>,
}

/// Listens as long as the process lives.
pub struct Collector {
    url: String,
    posts: Arc<Mutex<Vec<Post>>>,
}

impl Collector {
    /// One that takes everything, on a free port.
    pub fn start() -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").expect("a port");
        let address = listener.local_addr().expect("bound");
        let posts: Arc<Mutex<Vec<Post>>> = Arc::default();
        let kept = Arc::clone(&posts);
        std::thread::spawn(move || {
            for line in listener.incoming().flatten() {
                let kept = Arc::clone(&kept);
                std::thread::spawn(move || converse(line, &kept));
            }
        });
        Self {
            url: format!("http://{address}"),
            posts,
        }
    }

    pub fn url(&self) -> &str {
        &self.url
    }

    /// The heads of all posts.
    pub fn heads(&self) -> Vec<String> {
        let posts = self.posts.lock().expect("no panic");
        posts.iter().map(|post| post.head.clone()).collect()
    }

    /// Whether any post holds that text.
    pub fn holds(&self, text: &str) -> bool {
        let posts = self.posts.lock().expect("no panic");
        let mut bodies = posts.iter().map(|post| String::from_utf8_lossy(&post.body));
        bodies.any(|body| body.contains(text))
    }

    /// All spans that came.
    pub fn spans(&self) -> Vec<Span> {
        let posts = self.posts.lock().expect("no panic");
        posts
            .iter()
            .map(|post| ExportTraceServiceRequest::decode(post.body.as_slice()).expect("OTLP"))
            .flat_map(|sent| sent.resource_spans)
            .flat_map(|resource| resource.scope_spans)
            .flat_map(|scope| scope.spans)
            .collect()
    }

    /// Texts that name the program which sent the spans.
    pub fn services(&self) -> Vec<String> {
        let posts = self.posts.lock().expect("no panic");
        posts
            .iter()
            .map(|post| ExportTraceServiceRequest::decode(post.body.as_slice()).expect("OTLP"))
            .flat_map(|sent| sent.resource_spans)
            .filter_map(|resource| resource.resource)
            .flat_map(|resource| resource.attributes)
            .filter(|attribute| attribute.key == "service.name")
            .map(|attribute| text(attribute.value.and_then(|value| value.value)))
            .collect()
    }
}

/// An attribute of a span, as a text.
pub fn attribute(span: &Span, key: &str) -> String {
    let found = span.attributes.iter().find(|one| one.key == key);
    text(found.and_then(|one| one.value.clone()?.value))
}

fn text(value: Option<Value>) -> String {
    match value {
        Some(Value::StringValue(text)) => text,
        Some(Value::IntValue(number)) => number.to_string(),
        other => format!("{other:?}"),
    }
}

fn converse(mut line: TcpStream, kept: &Mutex<Vec<Post>>) {
    let mut reader = BufReader::new(line.try_clone().expect("a handle"));
    loop {
        let mut head = String::new();
        while !head.ends_with("\r\n\r\n") {
            match reader.read_line(&mut head) {
                Ok(0) | Err(_) => return,
                Ok(_) => {}
            }
        }
        let length = head
            .to_ascii_lowercase()
            .lines()
            .find_map(|line| line.strip_prefix("content-length:")?.trim().parse().ok());
        let mut body = vec![0; length.unwrap_or(0)];
        if reader.read_exact(&mut body).is_err() {
            return;
        }
        kept.lock().expect("no panic").push(Post { head, body });
        if line
            .write_all(b"HTTP/1.1 200 OK\r\ncontent-length: 0\r\n\r\n")
            .is_err()
        {
            return;
        }
    }
}
