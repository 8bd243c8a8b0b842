//! Distances on the earth.

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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_degree_is_a_degree_also_over_the_date_line() {
        let place = |lat, lng| Coordinates { lat, lng };
        for (from, to, expected_m) in [
            (place(0.0, 0.0), place(1.0, 0.0), 111_195.1),
            (place(0.0, 179.5), place(0.0, -179.5), 111_195.1),
            (place(60.0, 10.0), place(60.0, 11.0), 55_597.0),
            (place(40.0, -74.0), place(40.0, -74.0), 0.0),
        ] {
            let found_m = distance_m(from, to);
            assert!((found_m - expected_m).abs() < 5.0, "{found_m}");
        }
    }
}
