//! The way to the collector: spans are gathered and posted from a thread of their own, and dropped where nobody takes them.

use std::pin::Pin;
use std::sync::OnceLock;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use bytes::Bytes;
use opentelemetry::KeyValue;
use opentelemetry::trace::TracerProvider as _;
use opentelemetry_http::{HttpClient, HttpError, Request, Response};
use opentelemetry_otlp::{Protocol, SpanExporter, WithExportConfig as _, WithHttpConfig as _};
use opentelemetry_sdk::Resource;
use opentelemetry_sdk::trace::{Sampler, SdkTracer, SdkTracerProvider};

use crate::config::Telemetry;

/// How long a post may take.
const PATIENCE: Duration = Duration::from_secs(5);
/// How long the end of the program waits for the last spans to be told.
const FAREWELL: Duration = Duration::from_secs(3);

static STARTED: OnceLock<(SdkTracerProvider, SdkTracer)> = OnceLock::new();

/// Whoever makes spans; none where nobody is told.
pub fn tracer() -> Option<&'static SdkTracer> {
    STARTED.get().map(|(_, tracer)| tracer)
}

/// Begins to tell, if a collector is named.
pub fn start(telemetry: &Telemetry) -> Result<(), opentelemetry_otlp::ExporterBuildError> {
    let Some(endpoint) = &telemetry.endpoint else {
        return Ok(());
    };
    let exporter = SpanExporter::builder()
        .with_http()
        .with_http_client(Line::new())
        .with_protocol(Protocol::HttpBinary)
        .with_endpoint(endpoint)
        .with_headers(telemetry.headers().collect())
        .with_timeout(PATIENCE)
        .build()?;
    let resource = Resource::builder()
        .with_service_name("pontic")
        .with_attribute(KeyValue::new("service.version", env!("CARGO_PKG_VERSION")))
        .build();
    let share = Sampler::TraceIdRatioBased(telemetry.share);
    let provider = SdkTracerProvider::builder()
        .with_sampler(Sampler::ParentBased(Box::new(share)))
        .with_resource(resource)
        .with_batch_exporter(exporter)
        .build();
    let tracer = provider.tracer("pontic");
    // Started twice in one process only by whoever runs several servers in it: they share the first.
    let _ = STARTED.set((provider, tracer));
    Ok(())
}

/// Tells what is gathered, and nothing after it.
pub fn stop() {
    if let Some((provider, _)) = STARTED.get() {
        // Whoever does not take it in time was told of at the first that was lost.
        let _ = provider.shutdown_with_timeout(FAREWELL);
    }
}

/// The client: it blocks, which is right on the thread that posts and does nothing else.
#[derive(Debug)]
struct Line {
    agent: ureq::Agent,
    /// The last post did not arrive, and the operator knows.
    is_broken: AtomicBool,
}

impl Line {
    fn new() -> Self {
        let config = ureq::Agent::config_builder()
            .http_status_as_error(false)
            .max_redirects(0)
            .proxy(None)
            .timeout_global(Some(PATIENCE));
        Self {
            agent: config.build().into(),
            is_broken: AtomicBool::new(false),
        }
    }

    fn post(&self, request: Request<Bytes>) -> Result<Response<Bytes>, HttpError> {
        let (head, body) = request.into_parts();
        let answer = self.agent.run(Request::from_parts(head, body.to_vec()))?;
        let (head, mut body) = answer.into_parts();
        let body = body.read_to_vec()?;
        Ok(Response::from_parts(head, Bytes::from(body)))
    }

    /// Once when it begins, and once when it is over.
    fn tell(&self, fault: Option<&str>) {
        let was_broken = self.is_broken.swap(fault.is_some(), Ordering::Relaxed);
        match fault {
            Some(cause) if !was_broken => {
                tracing::warn!(cause, "the collector takes no traces: they are dropped");
            }
            None if was_broken => tracing::info!("the collector takes traces again"),
            _ => {}
        }
    }
}

impl HttpClient for Line {
    fn send_bytes<'a, 'async_trait>(
        &'a self,
        request: Request<Bytes>,
    ) -> Pin<Box<dyn Future<Output = Result<Response<Bytes>, HttpError>> + Send + 'async_trait>>
    where
        'a: 'async_trait,
        Self: 'async_trait,
    {
        Box::pin(async move {
            let answer = self.post(request);
            match &answer {
                Ok(answer) if answer.status().is_success() => self.tell(None),
                Ok(answer) => self.tell(Some(answer.status().as_str())),
                // It may repeat the address, which may hold a key.
                Err(_) => self.tell(Some("unreachable")),
            }
            answer
        })
    }
}
