//! Distances on the earth, and a flat piece of it around a place.

use crate::time::Coordinates;

/// Mean radius of the earth, in metres.
const EARTH_RADIUS_M: f64 = 6_371_008.8;

/// The great circle from one place to the other, in metres (haversine; within 0.6 % of the ellipsoid).
pub fn distance_m(from: Coordinates, to: Coordinates) -> f64 {
    let (lat_1, lat_2) = (from.lat.to_radians(), to.lat.to_radians());
    let half_lat = ((lat_2 - lat_1) / 2.0).sin();
    let half_lng = ((to.lng - from.lng).to_radians() / 2.0).sin();
    let chord = half_lat * half_lat + lat_1.cos() * lat_2.cos() * half_lng * half_lng;
    2.0 * EARTH_RADIUS_M * chord.clamp(0.0, 1.0).sqrt().asin()
}

/// A point of a plane, in metres east and north of its origin.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Point {
    /// East.
    pub x: f64,
    /// North.
    pub y: f64,
}

/// The plane that touches the earth at a place. Within some kilometres it is as good as the sphere.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Plane {
    origin: Coordinates,
    /// Metres of a degree of longitude there.
    lng_m: f64,
}

impl Plane {
    /// At that place.
    pub fn at(origin: Coordinates) -> Self {
        Self {
            origin,
            lng_m: (EARTH_RADIUS_M * origin.lat.to_radians().cos()).to_radians(),
        }
    }

    /// Where a place lies on it; by the shorter way around the earth.
    pub fn point(&self, place: Coordinates) -> Point {
        let mut east_deg = place.lng - self.origin.lng;
        if east_deg.abs() > 180.0 {
            east_deg = (east_deg + 180.0).rem_euclid(360.0) - 180.0;
        }
        Point {
            x: east_deg * self.lng_m,
            y: (place.lat - self.origin.lat) * EARTH_RADIUS_M.to_radians(),
        }
    }
}

impl Point {
    /// From another point to this one.
    #[must_use]
    pub fn minus(self, other: Self) -> Self {
        Self {
            x: self.x - other.x,
            y: self.y - other.y,
        }
    }

    /// The scalar product of two ways.
    pub fn dot(self, other: Self) -> f64 {
        self.x * other.x + self.y * other.y
    }

    /// The area that two ways span; its sign tells on which side the other one lies.
    pub fn cross(self, other: Self) -> f64 {
        self.x * other.y - self.y * other.x
    }
}

#[cfg(test)]
mod tests {
    use serde_json::Value;

    use super::*;

    fn place(lat: f64, lng: f64) -> Coordinates {
        Coordinates { lat, lng }
    }

    #[test]
    fn a_degree_is_a_degree_also_over_the_date_line() {
        for (from, to, expected_m) in [
            (place(0.0, 0.0), place(1.0, 0.0), 111_195.1),
            (place(0.0, 179.5), place(0.0, -179.5), 111_195.1),
            (place(60.0, 10.0), place(60.0, 11.0), 55_597.0),
            (place(40.0, -74.0), place(40.0, 286.0), 0.0),
        ] {
            let found_m = distance_m(from, to);
            assert!((found_m - expected_m).abs() < 5.0, "{found_m}");
        }
    }

    /// Cases of a published table and of our own: within 0.6 %, short ones within 0.6 % or a metre.
    #[test]
    fn distances_of_the_table() {
        let table: Value =
            serde_json::from_str(include_str!("../testdata/geodesic.json")).expect("JSON");
        let long = table["upstream_cases"].as_array().expect("cases");
        let short = &table["generated_short_cases"]["cases"];
        let short = short.as_array().expect("cases");
        let lists = [(long, "s12_m", 0.0), (short, "s12_geodesic_m", 1.0)];
        for (cases, length, least_m) in lists {
            assert!(cases.len() >= 10);
            for case in cases {
                let number = |name: &str| case[name].as_f64().expect("a number");
                let from = place(number("lat1"), number("lon1"));
                let to = place(number("lat2"), number("lon2"));
                let expected_m = number(length);
                let off_m = (distance_m(from, to) - expected_m).abs();
                assert!(
                    off_m <= (expected_m * 0.006).max(least_m),
                    "{case}: {off_m}"
                );
            }
        }
    }

    #[test]
    fn the_plane_is_the_sphere_nearby() {
        for origin in [
            place(42.36, -71.06),
            place(-60.0, 179.999),
            place(0.0, -180.0),
        ] {
            let plane = Plane::at(origin);
            for (north, east) in [(0.01, 0.0), (0.0, 0.01), (-0.02, 0.02)] {
                let other = place(origin.lat + north, origin.lng + east);
                let point = plane.point(other);
                let flat_m = point.dot(point).sqrt();
                let round_m = distance_m(origin, other);
                assert!(
                    (flat_m - round_m).abs() < round_m * 0.001,
                    "{flat_m} {round_m}"
                );
            }
        }
    }
}
