//! Who is told of traces.

use super::{Layers, Setting};

/// Where spans are posted.
const PATH: &str = "/v1/traces";

/// Traces.
#[derive(Clone)]
pub struct Telemetry {
    /// The collector's address for spans; none: nobody is told.
    pub endpoint: Option<String>,
    /// Share of the traces that begin here which are told, 0 to 1. Whoever began a trace has decided for it.
    pub share: f64,
    /// Further headers, which may hold a key.
    headers: Vec<(String, String)>,
}

impl Telemetry {
    /// What is sent along with every post.
    pub fn headers(&self) -> impl Iterator<Item = (String, String)> + '_ {
        self.headers.iter().cloned()
    }
}

impl std::fmt::Debug for Telemetry {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Telemetry")
            .field("is_told", &self.endpoint.is_some())
            .field("share", &self.share)
            .finish_non_exhaustive()
    }
}

/// What was said of it.
pub fn decide(said: &mut Layers) -> Telemetry {
    Telemetry {
        endpoint: said.take("telemetry.otlpEndpoint", None, endpoint),
        share: said.take("telemetry.traceShare", 1.0, |setting| {
            setting.number(0.0..=1.0)
        }),
        headers: said.take("telemetry.otlpHeaders", Vec::new(), headers),
    }
}

/// An address of its own, or a collector's, which takes spans at a path that all know.
fn endpoint(setting: &Setting) -> Result<Option<String>, String> {
    let text = setting.text()?;
    let rest = ["http://", "https://"]
        .iter()
        .find_map(|scheme| text.strip_prefix(scheme));
    let Some((host, path)) = rest.map(|rest| rest.split_at(rest.find('/').unwrap_or(rest.len())))
    else {
        return Err("is no address like http://collector:4318".to_owned());
    };
    if host.is_empty() || !text.bytes().all(|byte| byte.is_ascii_graphic()) {
        return Err("is no address like http://collector:4318".to_owned());
    }
    if cfg!(not(feature = "otlp")) {
        return Err("cannot be used: this program was built without the feature `otlp`".to_owned());
    }
    Ok(Some(match path {
        "" | "/" => format!("{}{PATH}", text.trim_end_matches('/')),
        _ => text,
    }))
}

/// `name=value`, parted by commas, as `OTEL_EXPORTER_OTLP_HEADERS` has them.
fn headers(setting: &Setting) -> Result<Vec<(String, String)>, String> {
    let text = setting.text()?;
    let pairs = text.split(',').map(|pair| {
        let (name, value) = pair.split_once('=')?;
        let name = axum::http::HeaderName::try_from(name.trim()).ok()?;
        let value = value.trim();
        axum::http::HeaderValue::try_from(value).ok()?;
        Some((name.as_str().to_owned(), value.to_owned()))
    });
    let pairs: Option<Vec<_>> = pairs.collect();
    pairs.ok_or_else(|| "is no list like name=value,other=value".to_owned())
}

#[cfg(all(test, feature = "otlp"))]
mod tests {
    use super::*;

    fn of(pairs: &[(&str, &str)]) -> Result<Telemetry, String> {
        let mut layers = Layers::default();
        for (name, value) in pairs {
            layers.add_flag(name, *value);
        }
        let telemetry = decide(&mut layers);
        layers
            .finish(telemetry)
            .map_err(|faults| faults.to_string())
    }

    #[test]
    fn a_collector_takes_spans_at_the_path_that_all_know() {
        for (said, expected) in [
            ("http://c:4318", "http://c:4318/v1/traces"),
            ("http://c:4318/", "http://c:4318/v1/traces"),
            ("https://c/own/place", "https://c/own/place"),
        ] {
            let telemetry = of(&[("telemetry.otlpEndpoint", said)]).expect("sound");
            assert_eq!(telemetry.endpoint.as_deref(), Some(expected));
        }
        for said in [
            "",
            "c:4318",
            "grpc://c:4317",
            "http://",
            "http:///x",
            "http://c/ x",
        ] {
            assert!(of(&[("telemetry.otlpEndpoint", said)]).is_err(), "{said}");
        }
    }

    #[test]
    fn headers_are_read_and_never_shown() {
        let telemetry = of(&[("telemetry.otlpHeaders", "x-key=hush, b = c=d")]).expect("sound");
        let headers: Vec<_> = telemetry.headers().collect();
        assert_eq!(headers[0], ("x-key".to_owned(), "hush".to_owned()));
        assert_eq!(headers[1], ("b".to_owned(), "c=d".to_owned()));
        assert!(!format!("{telemetry:?}").contains("hush"));
        let fault = of(&[("telemetry.otlpHeaders", "hush")]).expect_err("no pair");
        assert!(
            !fault.contains("hush") && fault.contains("otlpHeaders"),
            "{fault}"
        );
    }
}
