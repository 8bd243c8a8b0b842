//! Travel times by a Distance Matrix: every answer that it may give, and every way in which it may fail to.

use std::path::Path;
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use jiff::{SignedDuration, Timestamp};
use pontic_core::geo::distance_m;
use pontic_core::time::Coordinates;
use pontic_core::travel::{Leg, Pace, Source, straight_line};
use pontic_server::clock::Clock;
use pontic_server::config::{Config, Layers};
use pontic_server::maps::{Maps, NoLeg, StraightLine, TravelTimes};
use serde_json::json;
use tempfile::TempDir;

use crate::harness::{Behaviour, Matrix, Start};

const KEY: &str = "AIza-key/of+the=tests";
const LAB: Coordinates = Coordinates {
    lat: 42.354_582,
    lng: -71.069_111,
};
const CLINIC: Coordinates = Coordinates {
    lat: 42.368_203,
    lng: -71.036_208,
};
/// How long a question may take, in these tests.
const TIMEOUT: Duration = Duration::from_secs(1);

/// Maps that ask `url`, with further settings.
fn maps_at(url: &str, data: &Path, clock: Clock, settings: &[(&str, &str)]) -> Maps {
    let mut layers = Layers::default();
    layers.add_flag("data", data.to_str().expect("a path"));
    layers.add_flag("maps.provider", "google_distance_matrix");
    layers.add_flag("maps.url", url);
    layers.add_flag("maps.key", KEY);
    layers.add_flag("maps.timeoutMs", TIMEOUT.as_millis().to_string());
    for (name, value) in settings {
        layers.add_flag(name, *value);
    }
    Maps::new(&Config::decide(layers).expect("sound"), clock)
}

/// Maps that ask `matrix`, at the time of the system's clock.
fn asking(matrix: &Matrix) -> (Maps, TempDir) {
    let dir = tempfile::tempdir().expect("a folder");
    let maps = maps_at(&matrix.url(), dir.path(), Clock::system(), &[]);
    (maps, dir)
}

/// A clinic like no other, some kilometres away.
fn clinic(number: u32) -> Coordinates {
    Coordinates {
        lat: CLINIC.lat + f64::from(number) / 1_000.0,
        lng: CLINIC.lng,
    }
}

fn until(clock: &Clock, no_leg: &NoLeg) -> SignedDuration {
    match no_leg {
        NoLeg::Resting(until) => until.duration_since(clock.now()),
        other => panic!("{other:?}"),
    }
}

#[tokio::test]
async fn a_leg_with_traffic_for_one_element() {
    let matrix = Matrix::start();
    let (maps, _dir) = asking(&matrix);
    let expected = Leg {
        seconds: Matrix::seconds(LAB, CLINIC),
        way_m: Matrix::metres(LAB, CLINIC),
        source: Source::Google,
    };
    assert_eq!(maps.leg(LAB, CLINIC).await, expected);
    assert_eq!((matrix.requests(), matrix.elements()), (1, 1));
    let query = &matrix.queries()[0];
    for (name, value) in [
        ("origins", "42.354582,-71.069111"),
        ("destinations", "42.368203,-71.036208"),
        ("mode", "driving"),
        ("departure_time", "now"),
        ("key", KEY),
    ] {
        assert_eq!(query.get(name).map(String::as_str), Some(value), "{name}");
    }
    // Nothing is kept of it.
    maps.leg(LAB, CLINIC).await;
    assert_eq!(matrix.elements(), 2);
    // Where no traffic is known, the time without it counts.
    let way_m = distance_m(LAB, CLINIC) * 1.2;
    matrix.once(Behaviour::Leg(way_m, 400.0));
    let leg = maps.leg(LAB, CLINIC).await;
    assert!((leg.seconds - 400.0).abs() < f64::EPSILON && leg.source == Source::Google);
}

#[tokio::test]
async fn nobody_is_asked_where_nobody_is_named() {
    let mut layers = Layers::default();
    layers.add_flag("maps.straightLine.speedKmh", 20);
    let maps = Maps::new(&Config::decide(layers).expect("sound"), Clock::system());
    let pace = Pace {
        factor: 1.3,
        speed_kmh: 20.0,
    };
    assert_eq!(maps.pace(), pace);
    let straight = straight_line(LAB, CLINIC, pace);
    assert_eq!(maps.leg(LAB, CLINIC).await, straight);
    assert_eq!(StraightLine(pace).leg(LAB, CLINIC).await, Ok(straight));
    assert_eq!(maps.ask(LAB, CLINIC).await, Err(NoLeg::NoService));
}

/// What the next one who asks meets.
#[derive(Debug, PartialEq)]
enum Then {
    /// The service is asked.
    Asked,
    /// The service is left alone.
    LeftAlone,
}
use Then::{Asked, LeftAlone};

/// A service that behaves so: what its answer means, how many questions are put, and what the next one meets.
async fn check(rows: Vec<(&str, Behaviour, &str, usize, Then)>) {
    for (name, behaviour, word, requests, then) in rows {
        let matrix = Matrix::start();
        let (maps, _dir) = asking(&matrix);
        matrix.behave(behaviour);
        let no_leg = maps.ask(LAB, CLINIC).await.expect_err(name);
        assert_eq!(no_leg.as_str(), word, "{name}: {no_leg:?}");
        assert_eq!(matrix.requests(), requests, "{name}");
        matrix.behave(Behaviour::Answers);
        let leg = maps.leg(LAB, CLINIC).await;
        let (source, more) = match then {
            Asked => (Source::Google, 1),
            LeftAlone => (Source::StraightLine, 0),
        };
        assert_eq!(leg.source, source, "{name}");
        assert_eq!(matrix.requests(), requests + more, "{name}");
    }
}

#[tokio::test]
async fn every_status_means_what_the_table_says() {
    let row = |status, word, requests, then| {
        let behaviour = Behaviour::Status(status);
        (status, behaviour, word, requests, then)
    };
    check(vec![
        row("INVALID_REQUEST", "misunderstood", 1, Asked),
        row("MAX_ELEMENTS_EXCEEDED", "misunderstood", 1, Asked),
        row("MAX_DIMENSIONS_EXCEEDED", "misunderstood", 1, Asked),
        row("OVER_DAILY_LIMIT", "day_is_spent", 1, LeftAlone),
        row("OVER_QUERY_LIMIT", "too_often", 1, LeftAlone),
        row("REQUEST_DENIED", "refused", 1, LeftAlone),
        row("UNKNOWN_ERROR", "failed", 2, Asked),
        row("MOVED_TO_MARS", "unavailable", 1, Asked),
    ])
    .await;
}

#[tokio::test]
async fn every_elements_status_means_what_the_table_says() {
    let row = |status, word| (status, Behaviour::Element(status), word, 1, Asked);
    let far_m = distance_m(LAB, CLINIC) * 9.0;
    check(vec![
        row("NOT_FOUND", "bad_place"),
        row("ZERO_RESULTS", "unroutable"),
        row("MAX_ROUTE_LENGTH_EXCEEDED", "implausible"),
        row("PERHAPS", "unavailable"),
        // Without a distance and a duration.
        row("OK", "unavailable"),
        (
            "nine times the great circle",
            Behaviour::Leg(far_m, 2_000.0),
            "implausible",
            1,
            Asked,
        ),
        (
            "no time at all",
            Behaviour::Leg(4_000.0, 0.0),
            "implausible",
            1,
            Asked,
        ),
    ])
    .await;
}

#[tokio::test]
async fn what_is_no_answer_is_none() {
    let sends = |name, status, body: &str| {
        let behaviour = Behaviour::Sends(status, "", body.to_owned());
        (name, behaviour, "unavailable", 1, Asked)
    };
    let rows = |name, rows| {
        let behaviour = Behaviour::rows(&rows);
        (name, behaviour, "unavailable", 1, Asked)
    };
    let is_so = |name, behaviour| (name, behaviour, "unavailable", 1, Asked);
    let sound = r#"{"status":"OK","rows":[{"elements":[{"status":"OK","distance":{"value":4000},"duration":{"value":400}}]}]}"#;
    let long = format!("{sound}{}", " ".repeat(256 << 10));
    check(vec![
        rows("no rows", json!([])),
        rows("a row without elements", json!([{ "elements": [] }])),
        rows("rows that are none", json!("rows")),
        is_so("a page for people", Behaviour::html()),
        is_so("half an answer", Behaviour::BreaksOff),
        is_so("silence", Behaviour::Hangs),
        sends("nothing", 200, ""),
        sends("no object", 200, "[]"),
        sends("a deep one", 200, &"[".repeat(100_000)),
        sends("over 256 KiB", 200, &long),
        sends("HTTP 500", 500, "oh"),
        sends("HTTP 404", 404, "{}"),
        sends("HTTP 503 that says OK", 503, sound),
    ])
    .await;
}

#[tokio::test]
async fn an_http_status_decides_where_the_body_says_nothing() {
    let page = |status| Behaviour::Sends(status, "", "<html>".to_owned());
    let moment = Behaviour::Sends(429, "retry-after: 7\r\n", String::new());
    check(vec![
        ("HTTP 401", page(401), "refused", 1, LeftAlone),
        ("HTTP 403", page(403), "refused", 1, LeftAlone),
        ("HTTP 429", moment, "too_often", 1, LeftAlone),
        ("nobody there", Behaviour::HangsUp, "failed", 2, Asked),
    ])
    .await;
}

#[tokio::test]
async fn an_error_in_passing_is_asked_once_more() {
    let matrix = Matrix::start();
    let (maps, _dir) = asking(&matrix);
    for passing in [Behaviour::Status("UNKNOWN_ERROR"), Behaviour::HangsUp] {
        let before = matrix.requests();
        matrix.once(passing);
        assert_eq!(maps.leg(LAB, CLINIC).await.source, Source::Google);
        assert_eq!(matrix.requests(), before + 2);
    }
}

#[tokio::test]
async fn a_redirect_is_not_followed() {
    let elsewhere = Matrix::start();
    let matrix = Matrix::start();
    let (maps, _dir) = asking(&matrix);
    let location = format!("location: {}/json?origins=1,1\r\n", elsewhere.url());
    for status in [301, 302, 307, 308] {
        matrix.once(Behaviour::Sends(
            status,
            location.clone().leak(),
            String::new(),
        ));
        let no_leg = maps.ask(LAB, CLINIC).await;
        assert!(matches!(no_leg, Err(NoLeg::Unavailable(_))), "{no_leg:?}");
    }
    assert_eq!((matrix.requests(), elsewhere.requests()), (4, 0));
}

#[tokio::test]
async fn a_question_ends_in_time_its_second_try_included() {
    let matrix = Matrix::start();
    let (maps, _dir) = asking(&matrix);
    matrix.behave(Behaviour::Hangs);
    matrix.once(Behaviour::Status("UNKNOWN_ERROR"));
    let begun = Instant::now();
    let leg = maps.leg(LAB, CLINIC).await;
    let took = begun.elapsed();
    assert_eq!(leg, straight_line(LAB, CLINIC, Pace::default()));
    assert_eq!(matrix.requests(), 2);
    assert!(took >= TIMEOUT && took < TIMEOUT * 2, "{took:?}");
}

#[tokio::test]
async fn a_dead_service_is_left_alone_after_five_failures() {
    let mut matrix = Matrix::start();
    let (maps, _dir) = asking(&matrix);
    assert_eq!(maps.leg(LAB, CLINIC).await.source, Source::Google);
    matrix.die();
    for _ in 0..5 {
        let no_leg = maps.ask(LAB, CLINIC).await.expect_err("dead");
        assert!(
            matches!(no_leg, NoLeg::Unavailable(_) | NoLeg::Failed),
            "{no_leg:?}"
        );
    }
    matrix.revive();
    let no_leg = maps.ask(LAB, CLINIC).await.expect_err("left alone");
    let rest = until(&Clock::system(), &no_leg);
    assert!((8..=10).contains(&rest.as_secs()), "{rest:?}");
    assert_eq!(maps.leg(LAB, CLINIC).await.source, Source::StraightLine);
    assert_eq!(matrix.requests(), 1);
}

#[tokio::test]
async fn one_that_is_asked_too_often_is_spared_for_a_moment_and_asked_again() {
    let matrix = Matrix::start();
    let (maps, _dir) = asking(&matrix);
    matrix.once(Behaviour::Status("OVER_QUERY_LIMIT"));
    assert_eq!(maps.ask(LAB, CLINIC).await, Err(NoLeg::TooOften(None)));
    let no_leg = maps.ask(LAB, CLINIC).await.expect_err("spared");
    let rest = until(&Clock::system(), &no_leg);
    assert!(rest <= SignedDuration::from_secs(1), "{rest:?}");
    tokio::time::sleep(Duration::from_millis(1_010)).await;
    matrix.once(Behaviour::Sends(429, "retry-after: 7\r\n", String::new()));
    let asked = Some(SignedDuration::from_secs(7));
    assert_eq!(maps.ask(LAB, CLINIC).await, Err(NoLeg::TooOften(asked)));
    let no_leg = maps.ask(LAB, CLINIC).await.expect_err("spared");
    let rest = until(&Clock::system(), &no_leg);
    assert!((6..=7).contains(&rest.as_secs()), "{rest:?}");
    assert_eq!(matrix.requests(), 2);
}

#[tokio::test]
async fn over_the_daily_limit_it_is_asked_again_after_midnight_on_the_pacific() {
    let matrix = Matrix::start();
    let dir = tempfile::tempdir().expect("a folder");
    let start: Timestamp = "2026-11-24T07:59:58.8Z".parse().expect("a time");
    let maps = maps_at(&matrix.url(), dir.path(), Clock::starting_at(start), &[]);
    matrix.once(Behaviour::Status("OVER_DAILY_LIMIT"));
    let no_leg = maps.ask(LAB, CLINIC).await;
    assert!(matches!(no_leg, Err(NoLeg::DayIsSpent(_))), "{no_leg:?}");
    let midnight: Timestamp = "2026-11-24T08:00:00Z".parse().expect("a time");
    assert_eq!(
        maps.ask(LAB, CLINIC).await,
        Err(NoLeg::Resting(midnight)),
        "before midnight"
    );
    tokio::time::sleep(Duration::from_millis(1_250)).await;
    assert_eq!(maps.leg(LAB, CLINIC).await.source, Source::Google);
}

#[tokio::test]
async fn many_who_ask_the_same_are_one_question() {
    let matrix = Matrix::start();
    let (maps, _dir) = asking(&matrix);
    matrix.behave(Behaviour::AnswersAfter(Duration::from_millis(50)));
    // A metre apart, they are the same place.
    let near = Coordinates {
        lat: CLINIC.lat + 0.000_005,
        ..CLINIC
    };
    let mine: Vec<_> = (0..20)
        .map(|n| maps.ask(LAB, if n % 2 == 0 { CLINIC } else { near }))
        .collect();
    let answers = futures_util::future::join_all(mine).await;
    assert!(answers.iter().all(|answer| *answer == answers[0]));
    assert!(answers[0].is_ok());
    assert_eq!(matrix.elements(), 1);
}

#[tokio::test]
async fn many_different_questions_wait_for_their_turn() {
    let matrix = Matrix::start();
    let (maps, _dir) = asking(&matrix);
    matrix.behave(Behaviour::AnswersAfter(Duration::from_millis(20)));
    let legs = (0..100).map(|number| maps.leg(LAB, clinic(number)));
    let legs = futures_util::future::join_all(legs).await;
    assert!(legs.iter().all(|leg| leg.source == Source::Google));
    assert_eq!(matrix.elements(), 100);
    assert!((2..=32).contains(&matrix.most_at_once()));
}

#[tokio::test]
async fn whoever_waits_too_long_for_a_turn_does_not_blame_the_service() {
    let matrix = Matrix::start();
    let (maps, _dir) = asking(&matrix);
    // Ten turns, of which five or six fit.
    matrix.behave(Behaviour::AnswersAfter(TIMEOUT / 5));
    let asked = (0..320).map(|number| maps.ask(LAB, clinic(number)));
    let answers = futures_util::future::join_all(asked).await;
    let count = |is: fn(&Result<Leg, NoLeg>) -> bool| answers.iter().filter(|a| is(a)).count();
    let found = count(Result::is_ok);
    let crowded = count(|answer| *answer == Err(NoLeg::Crowded));
    assert!(found >= 32 && crowded >= 1, "{found} and {crowded}");
    assert_eq!(found + crowded, 320, "{answers:?}");
}

#[tokio::test]
async fn a_budget_is_reserved_before_the_question_and_outlives_a_restart() {
    let matrix = Matrix::start();
    let dir = tempfile::tempdir().expect("a folder");
    let settings = [("maps.budget.day", "4"), ("maps.budget.month", "0")];
    let start = || maps_at(&matrix.url(), dir.path(), Clock::system(), &settings);
    let maps = start();
    // A second try is an element of its own.
    matrix.once(Behaviour::Status("UNKNOWN_ERROR"));
    assert_eq!(maps.leg(LAB, CLINIC).await.source, Source::Google);
    assert_eq!(maps.leg(LAB, CLINIC).await.source, Source::Google);
    assert_eq!(matrix.elements(), 3);
    let file = dir.path().join("maps-budget.json");
    until_written(&file, "\"ofDay\":4").await;
    let maps = start();
    assert_eq!(maps.ask(LAB, CLINIC).await, Err(NoLeg::OverBudget));
    assert_eq!(maps.leg(LAB, CLINIC).await.source, Source::StraightLine);
    assert_eq!(matrix.elements(), 3);
}

async fn until_written(file: &Path, part: &str) {
    let end = Instant::now() + Duration::from_secs(10);
    while !std::fs::read_to_string(file).is_ok_and(|text| text.contains(part)) {
        assert!(Instant::now() < end, "it is not written");
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
}

/// What is logged while this test runs, in all detail.
#[derive(Clone, Default)]
struct Log(Arc<Mutex<Vec<u8>>>);

impl Log {
    fn text(&self) -> String {
        String::from_utf8_lossy(&self.0.lock().expect("sound")).into_owned()
    }

    fn listen(&self) -> tracing::subscriber::DefaultGuard {
        let log = self.clone();
        let subscriber = tracing_subscriber::fmt()
            .with_max_level(tracing::Level::TRACE)
            .with_writer(move || log.clone())
            .finish();
        tracing::subscriber::set_default(subscriber)
    }
}

impl std::io::Write for Log {
    fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
        self.0.lock().expect("sound").extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> std::io::Result<()> {
        Ok(())
    }
}

#[tokio::test]
async fn a_refusal_is_told_once_with_its_reason_and_rests_an_hour() {
    let log = Log::default();
    let _listening = log.listen();
    let matrix = Matrix::start();
    let (maps, _dir) = asking(&matrix);
    let denied = |why: &str| Behaviour::StatusBecause("REQUEST_DENIED", why.to_owned());
    matrix.behave(denied(
        "You must enable Billing on the Google Cloud Project",
    ));
    let no_leg = maps.ask(LAB, CLINIC).await.expect_err("denied");
    assert!(
        matches!(&no_leg, NoLeg::Refused(why) if why.starts_with("You must enable Billing")),
        "{no_leg:?}"
    );
    let no_leg = maps.ask(LAB, CLINIC).await.expect_err("left alone");
    let rest = until(&Clock::system(), &no_leg);
    assert!((3_590..=3_600).contains(&rest.as_secs()), "{rest:?}");
    assert_eq!(matrix.requests(), 1);
    assert_eq!(log.text().matches("You must enable").count(), 1);
}

#[tokio::test]
async fn questions_that_are_not_understood_are_told_of_once() {
    let log = Log::default();
    let _listening = log.listen();
    let matrix = Matrix::start();
    let (maps, _dir) = asking(&matrix);
    for number in 0..7 {
        matrix.once(Behaviour::Status("INVALID_REQUEST"));
        let no_leg = maps.ask(LAB, clinic(number)).await;
        assert!(matches!(no_leg, Err(NoLeg::Misunderstood(_))));
        assert!(maps.ask(LAB, clinic(number)).await.is_ok());
    }
    assert_eq!(log.text().matches("needs its operator").count(), 1);
}

#[tokio::test]
async fn the_key_is_in_the_request_and_nowhere_else() {
    let log = Log::default();
    let _listening = log.listen();
    let mut matrix = Matrix::start();
    let mut shown = Vec::new();
    for behaviour in [
        Behaviour::Answers,
        Behaviour::StatusBecause("REQUEST_DENIED", format!("The key {KEY} is not known")),
        Behaviour::StatusBecause("INVALID_REQUEST", format!("?key={KEY}")),
        Behaviour::HangsUp,
        Behaviour::BreaksOff,
    ] {
        let (maps, _dir) = asking(&matrix);
        matrix.behave(behaviour);
        let answer = maps.ask(LAB, CLINIC).await;
        let said = answer.as_ref().err().map(ToString::to_string);
        shown.push(format!("{answer:?} {said:?} {maps:?}"));
    }
    assert!(matrix.queries().iter().all(|query| query["key"] == KEY));
    let (maps, _dir) = asking(&matrix);
    matrix.die();
    shown.push(format!("{:?}", maps.ask(LAB, CLINIC).await));
    let shown = shown.concat();
    let logged = log.text();
    assert!(logged.contains("repeats the key"), "{logged}");
    for part in ["AIza", "of+the", "of%2bthe", "of%2Bthe"] {
        assert!(!shown.contains(part), "{shown}");
        assert!(!logged.contains(part), "{logged}");
    }
}

#[tokio::test]
async fn who_speaks_no_tls_is_not_spoken_to() {
    let matrix = Matrix::start();
    let dir = tempfile::tempdir().expect("a folder");
    let url = matrix.url().replace("http:", "https:");
    let maps = maps_at(&url, dir.path(), Clock::system(), &[]);
    let no_leg = maps.ask(LAB, CLINIC).await;
    assert!(matches!(no_leg, Err(NoLeg::Unavailable(_))), "{no_leg:?}");
    assert_eq!(matrix.requests(), 0);
}

#[test]
fn the_program_starts_with_a_service_and_does_not_without_its_key() {
    let start = || Start::new().env("PONTIC_MAPS__PROVIDER", "google_distance_matrix");
    let output = start().fails();
    let text = String::from_utf8_lossy(&output.stderr).into_owned();
    assert_eq!(output.status.code(), Some(1), "{text}");
    assert!(text.contains("PONTIC_MAPS__KEY"), "{text}");
    let server = start()
        .env("PONTIC_MAPS__KEY", KEY)
        .env("PONTIC_LOG__FILTER", "trace")
        .go();
    server.admin().get("/v1/deliveries").expect(200);
    let folder = server.kill();
    assert!(!folder.logged.contains("AIza"));
}
