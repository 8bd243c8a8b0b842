//! What was said of travel times.

use std::fmt;
use std::time::Duration;

use hyper::Uri;
use pontic_core::travel::Pace;

use super::layers::{Layers, Setting};

/// Where Google answers.
const GOOGLE: &str = "https://maps.googleapis.com/maps/api/distancematrix/json";
/// Its path there, which an address without one is given.
const GOOGLE_PATH: &str = "/maps/api/distancematrix/json";

/// Travel times.
#[derive(Debug, Clone)]
pub struct Maps {
    /// Who is asked.
    pub provider: Provider,
    /// The straight line, where nobody has a better answer.
    pub pace: Pace,
    /// How long a question may take.
    pub timeout: Duration,
    /// How much may be asked.
    pub budget: Budget,
}

/// Who knows travel times.
#[derive(Debug, Clone)]
pub enum Provider {
    /// Nobody.
    None,
    /// Google Distance Matrix, or whoever speaks like it.
    GoogleDistanceMatrix(DistanceMatrix),
}

/// Where a Distance Matrix is, and how it is entered.
#[derive(Debug, Clone)]
pub struct DistanceMatrix {
    /// Its address, without a query.
    pub url: String,
    /// The key.
    pub key: ApiKey,
}

/// Elements that may be asked for; 0: any number.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Budget {
    /// In a day.
    pub day: u64,
    /// In a calendar month.
    pub month: u64,
}

/// A key that another service knows us by. Its `Debug` does not show it, and it has no `Display`.
#[derive(Clone)]
pub struct ApiKey(String);

impl ApiKey {
    /// Takes a key of visible characters.
    pub fn new(text: &str) -> Result<Self, String> {
        let text = text.trim();
        if !text.is_empty() && text.bytes().all(|b| b.is_ascii_graphic()) {
            Ok(Self(text.to_owned()))
        } else {
            Err("needs one visible character or more, and no others".to_owned())
        }
    }

    /// The key itself, for a request.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Debug for ApiKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("[key]")
    }
}

/// The settings that begin with `maps.`.
pub fn decide(said: &mut Layers) -> Maps {
    let usual = Pace::default();
    Maps {
        provider: provider(said),
        pace: Pace {
            factor: said.take("maps.straightLine.factor", usual.factor, |setting| {
                setting.number(1.0..=6.0)
            }),
            speed_kmh: said.take("maps.straightLine.speedKmh", usual.speed_kmh, |setting| {
                setting.number(3.0..=130.0)
            }),
        },
        timeout: said.take("maps.timeoutMs", Duration::from_millis(1_500), |setting| {
            setting
                .integer(50..=10_000)
                .map(|ms| Duration::from_millis(ms.unsigned_abs()))
        }),
        budget: Budget {
            day: said.take("maps.budget.day", 10_000, elements),
            month: said.take("maps.budget.month", 100_000, elements),
        },
    }
}

fn elements(setting: &Setting) -> Result<u64, String> {
    setting.integer(0..=1_000_000_000).map(i64::unsigned_abs)
}

fn provider(said: &mut Layers) -> Provider {
    let is_wanted = said.take("maps.provider", false, |setting| {
        match setting.text()?.as_str() {
            "none" => Ok(false),
            "google_distance_matrix" => Ok(true),
            _ => Err("is neither none nor google_distance_matrix".to_owned()),
        }
    });
    let url = said.take("maps.url", GOOGLE.to_owned(), address);
    let key_was_said = said.has("maps.key");
    let key = said.take("maps.key", None, |setting| {
        ApiKey::new(&setting.text()?).map(Some)
    });
    match key {
        Some(key) if is_wanted => Provider::GoogleDistanceMatrix(DistanceMatrix { url, key }),
        None if is_wanted && !key_was_said => {
            said.fault("maps.key: google_distance_matrix needs one; best in the environment variable PONTIC_MAPS__KEY");
            Provider::None
        }
        _ => Provider::None,
    }
}

/// An address that a query can be put behind.
fn address(setting: &Setting) -> Result<String, String> {
    let text = setting.text()?;
    let uri: Option<Uri> = text.parse().ok();
    let is_usable = |uri: &Uri| {
        let scheme = matches!(uri.scheme_str(), Some("http" | "https"));
        let host = uri.authority().is_some_and(|authority| {
            !authority.host().is_empty() && !authority.as_str().contains('@')
        });
        scheme && host && !text.contains(['?', '#'])
    };
    let uri = uri.filter(is_usable).ok_or(
        "is no address like https://HOST/PATH, without user, query and fragment".to_owned(),
    )?;
    Ok(if uri.path() == "/" {
        format!("{}{GOOGLE_PATH}", text.trim_end_matches('/'))
    } else {
        text
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn decided(file: &str, environment: &[(&str, &str)]) -> Result<Maps, String> {
        let mut layers = Layers::default();
        layers.add_file("pontic.toml", file);
        layers.add_environment(
            environment
                .iter()
                .map(|(name, value)| ((*name).to_owned(), (*value).to_owned())),
        );
        let maps = decide(&mut layers);
        layers.finish(maps).map_err(|faults| faults.to_string())
    }

    #[test]
    fn nobody_is_asked_until_somebody_is_named() {
        let maps = decided("", &[]).expect("sound");
        assert!(matches!(maps.provider, Provider::None));
        assert_eq!(maps.pace, Pace::default());
        assert_eq!(maps.timeout, Duration::from_millis(1_500));
        // A key that waits to be used is no fault.
        let maps = decided("", &[("PONTIC_MAPS__KEY", "k-1")]).expect("sound");
        assert!(matches!(maps.provider, Provider::None));
    }

    #[test]
    fn the_environment_names_the_key_and_nothing_shows_it() {
        let file = "[maps]\nprovider = \"google_distance_matrix\"\ntimeoutMs = 700\n[maps.straightLine]\nfactor = 1.5\n[maps.budget]\nday = 0\n";
        let environment = [
            ("PONTIC_MAPS__KEY", "k-secret-1"),
            ("PONTIC_MAPS__STRAIGHT_LINE__SPEED_KMH", "32"),
            ("PONTIC_MAPS__BUDGET__MONTH", "900"),
        ];
        let maps = decided(file, &environment).expect("sound");
        let shown = format!("{maps:?}");
        assert!(
            !shown.contains("k-secret") && shown.contains("[key]"),
            "{shown}"
        );
        let Provider::GoogleDistanceMatrix(matrix) = maps.provider else {
            panic!("{shown}");
        };
        assert_eq!(
            (matrix.url.as_str(), matrix.key.as_str()),
            (GOOGLE, "k-secret-1")
        );
        assert_eq!((maps.budget.day, maps.budget.month), (0, 900));
        assert!((maps.pace.factor - 1.5).abs() + (maps.pace.speed_kmh - 32.0).abs() < f64::EPSILON);
        assert_eq!(maps.timeout, Duration::from_millis(700));
    }

    #[test]
    fn an_address_without_a_path_is_given_googles() {
        for (said, expected) in [
            (
                "http://127.0.0.1:9",
                "http://127.0.0.1:9/maps/api/distancematrix/json",
            ),
            (
                "https://maps.example/",
                "https://maps.example/maps/api/distancematrix/json",
            ),
            (
                "https://maps.example/v2/matrix",
                "https://maps.example/v2/matrix",
            ),
        ] {
            let file = format!(
                "[maps]\nprovider = \"google_distance_matrix\"\nkey = \"k\"\nurl = \"{said}\"\n"
            );
            let Ok(Provider::GoogleDistanceMatrix(matrix)) =
                decided(&file, &[]).map(|maps| maps.provider)
            else {
                panic!("{said}");
            };
            assert_eq!(matrix.url, expected);
        }
    }

    #[test]
    fn every_fault_is_named_and_no_key_repeated() {
        let file = "[maps]\nprovider = \"bing\"\ntimeoutMs = 0\ncolour = 1\n[maps.straightLine]\nfactor = 0.5\nspeedKmh = 400\n[maps.budget]\nday = -1\nmonth = \"many\"\n";
        let faults = decided(file, &[("PONTIC_MAPS__KEY", "k secret")]).expect_err("not sound");
        for part in [
            "maps.provider",
            "maps.timeoutMs",
            "maps.colour",
            "maps.straightLine.factor",
            "maps.straightLine.speedKmh",
            "maps.budget.day",
            "maps.budget.month",
            "PONTIC_MAPS__KEY",
        ] {
            assert!(faults.contains(part), "{part} in {faults}");
        }
        assert!(!faults.contains("secret"), "{faults}");
        for url in [
            "maps.example",
            "ftp://maps.example/",
            "https://",
            "https://user@maps.example/",
            "https://maps.example/?key=k",
            "https://maps.example/#x",
            "https://maps.example/a b",
        ] {
            let faults = decided("", &[("PONTIC_MAPS__URL", url)]).expect_err(url);
            assert!(faults.contains("PONTIC_MAPS__URL"), "{faults}");
        }
    }

    #[test]
    fn a_service_without_a_key_is_one_fault() {
        let wanted = ("PONTIC_MAPS__PROVIDER", "google_distance_matrix");
        let faults = decided("", &[wanted]).expect_err("no key");
        assert_eq!(faults.matches("  - ").count(), 1, "{faults}");
        assert!(faults.contains("maps.key"), "{faults}");
        let faults = decided("", &[wanted, ("PONTIC_MAPS__KEY", "")]).expect_err("no key");
        assert_eq!(faults.matches("  - ").count(), 1, "{faults}");
    }
}
