//! `pontic geofence`.

use std::process::ExitCode;

use clap::Args;
use pontic_core::fence::{Area, RADIUS_M};
use pontic_core::geo;
use pontic_core::time::Coordinates;
use serde_json::json;

/// Where a stop is, and where a van was.
#[derive(Debug, Args)]
pub struct Geofence {
    /// The stop.
    #[arg(long, value_name = "LAT,LNG", value_parser = place_argument, allow_hyphen_values = true)]
    stop: Coordinates,
    /// Where the van is.
    #[arg(long, value_name = "LAT,LNG", value_parser = place_argument, allow_hyphen_values = true)]
    at: Coordinates,
    /// Where it was before: the straight way between the two is tested too.
    #[arg(long, value_name = "LAT,LNG", value_parser = place_argument, allow_hyphen_values = true)]
    from: Option<Coordinates>,
    /// Radius of the fence in metres.
    #[arg(long, value_name = "M", default_value_t = RADIUS_M, value_parser = radius_argument)]
    radius: f64,
}

fn place_argument(text: &str) -> Result<Coordinates, String> {
    let place = text.split_once(',').and_then(|(lat, lng)| {
        Some(Coordinates {
            lat: lat.trim().parse().ok()?,
            lng: lng.trim().parse().ok()?,
        })
    });
    place
        .filter(|place| place.lat.abs() <= 90.0 && place.lng.abs() <= 180.0)
        .ok_or_else(|| "is not LAT,LNG in degrees, like 42.36,-71.06".to_owned())
}

fn radius_argument(text: &str) -> Result<f64, String> {
    let radius = text.parse().ok();
    radius
        .filter(|radius: &f64| radius.is_finite() && *radius > 0.0)
        .ok_or_else(|| "is not a number of metres above 0".to_owned())
}

impl Geofence {
    /// Prints what the fence sees.
    pub fn run(self) -> ExitCode {
        let area = Area::circle(self.stop, self.radius);
        let within = area.contains(self.at);
        let from_outside = self.from.filter(|from| !area.contains(*from));
        let passes = |from: Coordinates| area.passage(from, self.at).is_some();
        let distance_m = geo::distance_m(self.at, self.stop);
        let seen = json!({
            "within": within,
            "entered": within && from_outside.is_some(),
            "crossed": !within && from_outside.is_some_and(passes),
            "distanceMeters": (distance_m * 10.0).round() / 10.0,
        });
        println!("{seen}");
        ExitCode::SUCCESS
    }
}
