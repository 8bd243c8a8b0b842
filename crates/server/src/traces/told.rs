//! Spans.

use std::time::SystemTime;

use axum::extract::{self, MatchedPath};
use axum::http::{HeaderMap, Method, StatusCode};
use opentelemetry::trace::{
    Link, Span as _, SpanContext, SpanId, SpanKind, Status, TraceContextExt as _, TraceFlags,
    TraceId, TraceState, Tracer as _,
};
use opentelemetry::{Context, KeyValue};
use opentelemetry_sdk::trace::{SdkTracer, Span};

use super::collector::tracer;

/// Most requests that a commit's span links to.
const MOST_LINKS: usize = 128;

tokio::task_local! {
    /// The request that is being answered.
    static CURRENT: SpanContext;
}

/// A request.
pub struct Request(Option<Span>);

impl Request {
    /// It came; whoever sent it may have begun the trace.
    pub fn begin(request: &extract::Request) -> Self {
        Self(tracer().map(|tracer| {
            let method = method(request.method());
            let route = request.extensions().get::<MatchedPath>();
            let route = route.map(MatchedPath::as_str);
            let name = route.map_or_else(|| method.to_owned(), |route| format!("{method} {route}"));
            let mut attributes = vec![KeyValue::new("http.request.method", method)];
            attributes.extend(route.map(|route| KeyValue::new("http.route", route.to_owned())));
            let builder = tracer
                .span_builder(name)
                .with_kind(SpanKind::Server)
                .with_attributes(attributes);
            let parent = parent(request.headers());
            builder.start_with_context(tracer, &within(parent.as_ref()))
        }))
    }

    /// What happens in it.
    pub async fn during<F: Future>(&self, work: F) -> F::Output {
        match &self.0 {
            Some(span) => CURRENT.scope(span.span_context().clone(), work).await,
            None => work.await,
        }
    }

    /// It is answered.
    pub fn end(self, status: StatusCode) {
        let Some(mut span) = self.0 else { return };
        let code = i64::from(status.as_u16());
        span.set_attribute(KeyValue::new("http.response.status_code", code));
        if status.is_server_error() {
            span.set_attribute(KeyValue::new("error.type", code.to_string()));
            span.set_status(Status::error(""));
        }
        span.end();
    }
}

/// A visit of the door.
#[derive(Clone)]
pub struct Visit(Option<(SpanContext, SystemTime)>);

impl Visit {
    /// It begins, in the request that is being answered.
    pub fn begin() -> Self {
        let current = CURRENT.try_with(Clone::clone).ok();
        Self(current.map(|current| (current, SystemTime::now())))
    }
}

/// A commit.
pub struct Commit(Option<UnderWay>);

/// One that is not over.
struct UnderWay {
    tracer: &'static SdkTracer,
    began: SystemTime,
    /// Each with how many events it brought.
    visits: Vec<(SpanContext, SystemTime, usize)>,
    events: usize,
}

impl Commit {
    /// It begins, for these visits and so many events of each.
    pub fn begin<'a>(visits: impl Iterator<Item = (&'a Visit, usize)>) -> Self {
        Self(tracer().map(|tracer| {
            let mut under_way = UnderWay {
                tracer,
                began: SystemTime::now(),
                visits: Vec::new(),
                events: 0,
            };
            for (visit, events) in visits {
                under_way.events += events;
                if let Some((context, since)) = &visit.0 {
                    under_way.visits.push((context.clone(), *since, events));
                }
            }
            under_way
        }))
    }

    /// It is over.
    pub fn end(self, is_done: bool) {
        let Some(UnderWay {
            tracer,
            began,
            visits,
            events,
        }) = self.0
        else {
            return;
        };
        let links = visits.iter().filter(|(context, ..)| context.is_sampled());
        let links = links.take(MOST_LINKS);
        let links = links.map(|(context, ..)| Link::new(context.clone(), Vec::new(), 0));
        let mut commit = tracer
            .span_builder("commit")
            .with_start_time(began)
            .with_attributes([
                KeyValue::new("pontic.events", count(events)),
                KeyValue::new("pontic.requests", count(visits.len())),
            ])
            .with_links(links.collect())
            .start_with_context(tracer, &Context::new());
        if !is_done {
            commit.set_status(Status::error(""));
        }
        commit.end();
        for (context, since, events) in visits {
            let mut door = tracer
                .span_builder("door")
                .with_start_time(since)
                .with_attributes([KeyValue::new("pontic.events", count(events))])
                .start_with_context(tracer, &within(Some(&context)));
            door.end();
        }
    }
}

/// A try to deliver a publication.
pub struct Delivery(Option<Span>);

impl Delivery {
    /// It begins: of a publication of that type, the how manieth try.
    pub fn begin(publication: &'static str, attempt: u32) -> Self {
        Self(tracer().map(|tracer| {
            let builder = tracer
                .span_builder(format!("deliver {publication}"))
                .with_kind(SpanKind::Client)
                .with_attributes([
                    KeyValue::new("pontic.publication", publication),
                    KeyValue::new("pontic.attempt", i64::from(attempt)),
                ]);
            builder.start_with_context(tracer, &Context::new())
        }))
    }

    /// It is over: whether it was taken, and else why not, in a word of ours or a status.
    pub fn end(self, is_taken: bool, cause: &str) {
        let Some(mut span) = self.0 else { return };
        if !is_taken {
            span.set_attribute(KeyValue::new("error.type", cause.to_owned()));
            span.set_status(Status::error(""));
        }
        span.end();
    }
}

/// Methods by name; whatever else somebody calls one is no attribute.
fn method(method: &Method) -> &'static str {
    match *method {
        Method::GET => "GET",
        Method::POST => "POST",
        Method::PUT => "PUT",
        Method::PATCH => "PATCH",
        Method::DELETE => "DELETE",
        Method::HEAD => "HEAD",
        Method::OPTIONS => "OPTIONS",
        _ => "_OTHER",
    }
}

fn within(parent: Option<&SpanContext>) -> Context {
    let root = Context::new();
    match parent {
        Some(parent) => root.with_remote_span_context(parent.clone()),
        None => root,
    }
}

/// The trace that the sender began: `traceparent`, version 00. What else it says of it (`tracestate`) goes no further.
fn parent(headers: &HeaderMap) -> Option<SpanContext> {
    let header = headers.get("traceparent")?.to_str().ok()?;
    let mut parts = header.split('-');
    let (version, trace, span, flags) =
        (parts.next()?, parts.next()?, parts.next()?, parts.next()?);
    let is_hex = |part: &str| {
        part.bytes()
            .all(|byte| byte.is_ascii_digit() || (b'a'..=b'f').contains(&byte))
    };
    let sizes = [version.len(), trace.len(), span.len(), flags.len()];
    if parts.next().is_some()
        || version != "00"
        || sizes != [2, 32, 16, 2]
        || ![trace, span, flags].iter().all(|part| is_hex(part))
    {
        return None;
    }
    let flags = u8::from_str_radix(flags, 16).ok()?;
    let context = SpanContext::new(
        TraceId::from_hex(trace).ok()?,
        SpanId::from_hex(span).ok()?,
        TraceFlags::new(flags) & TraceFlags::SAMPLED,
        true,
        TraceState::default(),
    );
    context.is_valid().then_some(context)
}

fn count(count: usize) -> i64 {
    i64::try_from(count).unwrap_or(i64::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_a_sound_parent_is_followed() {
        let of = |text: &str| {
            let mut headers = HeaderMap::new();
            headers.insert("traceparent", text.parse().expect("visible"));
            parent(&headers)
        };
        let trace = "0af7651916cd43dd8448eb211c80319c";
        let sound = of(&format!("00-{trace}-b7ad6b7169203331-01")).expect("sound");
        assert_eq!(sound.trace_id().to_string(), trace);
        assert!(sound.is_remote() && sound.is_sampled());
        let quiet = of(&format!("00-{trace}-b7ad6b7169203331-00")).expect("sound");
        assert!(!quiet.is_sampled());
        for text in [
            String::new(),
            trace.to_owned(),
            format!("01-{trace}-b7ad6b7169203331-01"),
            format!("00-{trace}-b7ad6b7169203331-01-more"),
            format!("00-{trace}-b7ad6b716920333-01"),
            format!("00-{}-b7ad6b7169203331-01", "0".repeat(32)),
            format!("00-{}-b7ad6b7169203331-01", trace.to_uppercase()),
            format!("00-{trace}-0000000000000000-01"),
            format!("00-{trace}-+7ad6b7169203331-01"),
        ] {
            assert!(of(&text).is_none(), "{text}");
        }
    }

    #[test]
    fn a_method_that_nobody_knows_is_not_repeated() {
        assert_eq!(method(&Method::PATCH), "PATCH");
        let own = Method::from_bytes(b"ZEBULON").expect("a token");
        assert_eq!(method(&own), "_OTHER");
    }
}
