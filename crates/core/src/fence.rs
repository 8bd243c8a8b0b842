//! What counts as being at a clinic: a circle or a polygon, held against a point and against the way between two points.
//!
//! Everything is reckoned on the plane at the fence: within the kilometres that a fence and a minute's drive measure it is as good
//! as the sphere, and it does not care for the date line.

use crate::directory::Fence;
use crate::geo::{Plane, Point};
use crate::time::Coordinates;

/// Radius in metres where nobody says another.
pub const RADIUS_M: f64 = 100.0;

/// A fence, ready to be asked.
#[derive(Debug, Clone, PartialEq)]
pub struct Area {
    plane: Plane,
    shape: Shape,
}

#[derive(Debug, Clone, PartialEq)]
enum Shape {
    /// Around the origin of the plane.
    Circle { radius_m: f64 },
    /// Corners in order; the last is joined to the first.
    Polygon(Box<[Point]>),
}

/// The part of a straight way that lies in a fence, as fractions of the way.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Passage {
    /// Where it first comes in; 0 if it begins inside.
    pub enter: f64,
    /// Where it last goes out; 1 if it ends inside.
    pub leave: f64,
}

impl Area {
    /// The fence of a clinic at `location`: its polygon, else the circle with its radius, else the usual circle.
    pub fn of(fence: Option<&Fence>, location: Coordinates) -> Self {
        match fence {
            Some(fence) if fence.polygon.len() >= 3 => Self::polygon(&fence.polygon),
            fence => {
                let radius_m = fence.and_then(|fence| fence.radius).unwrap_or(RADIUS_M);
                Self::circle(location, radius_m)
            }
        }
    }

    /// A circle.
    pub fn circle(centre: Coordinates, radius_m: f64) -> Self {
        Self {
            plane: Plane::at(centre),
            shape: Shape::Circle { radius_m },
        }
    }

    /// A polygon with these corners, of which there are three at least.
    pub fn polygon(corners: &[Coordinates]) -> Self {
        let plane = Plane::at(
            corners
                .first()
                .copied()
                .unwrap_or(Coordinates { lat: 0.0, lng: 0.0 }),
        );
        let points = corners.iter().map(|corner| plane.point(*corner)).collect();
        Self {
            plane,
            shape: Shape::Polygon(points),
        }
    }

    /// The radius of a circle.
    pub const fn radius_m(&self) -> Option<f64> {
        match self.shape {
            Shape::Circle { radius_m } => Some(radius_m),
            Shape::Polygon(_) => None,
        }
    }

    /// Whether the place lies inside.
    pub fn contains(&self, place: Coordinates) -> bool {
        self.holds(self.plane.point(place))
    }

    fn holds(&self, point: Point) -> bool {
        match &self.shape {
            Shape::Circle { radius_m } => point.dot(point) <= radius_m * radius_m,
            Shape::Polygon(corners) => is_within(corners, point),
        }
    }

    /// How far outside its border the place lies, in metres; 0 inside.
    pub fn outside_m(&self, place: Coordinates) -> f64 {
        let point = self.plane.point(place);
        match &self.shape {
            Shape::Circle { radius_m } => (point.dot(point).sqrt() - radius_m).max(0.0),
            Shape::Polygon(corners) if is_within(corners, point) => 0.0,
            Shape::Polygon(corners) => edges(corners)
                .map(|(from, to)| to_segment_m(point, from, to))
                .fold(f64::INFINITY, f64::min),
        }
    }

    /// Which part of the straight way lies inside, if any.
    pub fn passage(&self, from: Coordinates, to: Coordinates) -> Option<Passage> {
        let (from, to) = (self.plane.point(from), self.plane.point(to));
        match &self.shape {
            Shape::Circle { radius_m } => through_circle(from, to, *radius_m),
            Shape::Polygon(corners) => self.through_polygon(corners, from, to),
        }
    }

    fn through_polygon(&self, corners: &[Point], from: Point, to: Point) -> Option<Passage> {
        let mut met: Option<Passage> = None;
        let mut meet = |at: f64| {
            let passage = met.get_or_insert(Passage {
                enter: at,
                leave: at,
            });
            passage.enter = passage.enter.min(at);
            passage.leave = passage.leave.max(at);
        };
        if self.holds(from) {
            meet(0.0);
        }
        if self.holds(to) {
            meet(1.0);
        }
        for (corner, next) in edges(corners) {
            if let Some(at) = where_crossed(from, to, corner, next) {
                meet(at);
            }
        }
        met
    }
}

/// Distance of a place from the straight line between two others, in metres.
pub fn from_segment_m(place: Coordinates, from: Coordinates, to: Coordinates) -> f64 {
    let plane = Plane::at(place);
    to_segment_m(plane.point(place), plane.point(from), plane.point(to))
}

fn to_segment_m(point: Point, from: Point, to: Point) -> f64 {
    let (way, off) = (to.minus(from), point.minus(from));
    let length_2 = way.dot(way);
    let share = if length_2 > 0.0 {
        (off.dot(way) / length_2).clamp(0.0, 1.0)
    } else {
        0.0
    };
    let rest = Point {
        x: off.x - way.x * share,
        y: off.y - way.y * share,
    };
    rest.dot(rest).sqrt()
}

/// Corners in pairs, the last with the first.
fn edges(corners: &[Point]) -> impl Iterator<Item = (Point, Point)> + '_ {
    let next = corners.iter().cycle().skip(1);
    corners.iter().copied().zip(next.copied())
}

/// A ray to the east leaves a polygon once more often than it enters it.
fn is_within(corners: &[Point], point: Point) -> bool {
    let is_crossed = |(a, b): &(Point, Point)| {
        (a.y > point.y) != (b.y > point.y)
            && point.x < (b.x - a.x) * (point.y - a.y) / (b.y - a.y) + a.x
    };
    edges(corners).filter(is_crossed).count() % 2 == 1
}

/// Where the way meets an edge, as a fraction of the way. One that runs along it meets the edges beside it.
fn where_crossed(from: Point, to: Point, a: Point, b: Point) -> Option<f64> {
    let (way, edge, off) = (to.minus(from), b.minus(a), a.minus(from));
    let spanned = way.cross(edge);
    if spanned == 0.0 {
        return None;
    }
    let on_way = off.cross(edge) / spanned;
    let on_edge = off.cross(way) / spanned;
    let is_met = (0.0..=1.0).contains(&on_way) && (0.0..=1.0).contains(&on_edge);
    is_met.then_some(on_way)
}

/// The circle lies around the origin.
fn through_circle(from: Point, to: Point, radius_m: f64) -> Option<Passage> {
    let way = to.minus(from);
    let length_2 = way.dot(way);
    let outside = from.dot(from) - radius_m * radius_m;
    if length_2 == 0.0 {
        return (outside <= 0.0).then_some(Passage {
            enter: 0.0,
            leave: 1.0,
        });
    }
    // |from + t way| = radius, solved for t.
    let half = from.dot(way);
    let root_2 = half * half - length_2 * outside;
    if root_2 < 0.0 {
        return None;
    }
    let root = root_2.sqrt();
    let (enter, leave) = ((-half - root) / length_2, (-half + root) / length_2);
    (enter <= 1.0 && leave >= 0.0).then_some(Passage {
        enter: enter.max(0.0),
        leave: leave.min(1.0),
    })
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use serde_json::Value;

    use super::*;

    fn place(value: &Value) -> Coordinates {
        Coordinates {
            lat: value["lat"].as_f64().expect("a number"),
            lng: value["lon"].as_f64().expect("a number"),
        }
    }

    fn table() -> Value {
        serde_json::from_str(include_str!("../testdata/geofence.json")).expect("JSON")
    }

    /// Shapes that are ours: circles and polygons.
    fn area(fence: &Value) -> Option<Area> {
        match fence["type"].as_str()? {
            "circle" => Some(Area::circle(
                place(&fence["center"]),
                fence["radius_m"].as_f64()?,
            )),
            "polygon" => {
                let corners: Vec<_> = fence["points"].as_array()?.iter().map(place).collect();
                Some(Area::polygon(&corners))
            }
            _ => None,
        }
    }

    #[test]
    fn points_and_segments_of_the_table() {
        let table = table();
        let mut cases = 0;
        for case in table["point_and_segment_cases"].as_array().expect("cases") {
            let (input, expected) = (&case["input"], &case["expected"]);
            let area = area(&case["fence"]);
            match (case["kind"].as_str(), area) {
                (Some("contains_point"), Some(area)) => {
                    assert_eq!(area.contains(place(input)), *expected, "{case}");
                    assert_eq!(area.outside_m(place(input)) == 0.0, *expected, "{case}");
                }
                (Some("intersects_segment"), Some(area)) => {
                    let passage = area.passage(place(&input[0]), place(&input[1]));
                    assert_eq!(passage.is_some(), *expected, "{case}");
                }
                (Some("distance_to_segment_m"), _) => {
                    let (from, to) = (place(&input["segment"][0]), place(&input["segment"][1]));
                    let found_m = from_segment_m(place(&input["point"]), from, to);
                    let expected_m = expected.as_f64().expect("a number");
                    assert!((found_m - expected_m).abs() < 5.0, "{case}: {found_m}");
                }
                // Corridors and areas are no fences of ours.
                _ => continue,
            }
            cases += 1;
        }
        assert!(cases >= 8, "{cases}");
    }

    #[test]
    fn crossing_times_of_the_table() {
        let table = table();
        let centre = Coordinates {
            lat: 42.3601,
            lng: -71.0589,
        };
        let area = Area::circle(centre, 100.0);
        let cases = &table["generated_crossing_cases"]["cases"];
        for case in cases.as_array().expect("cases") {
            let passage = area.passage(place(&case["from"]), place(&case["to"]));
            assert_eq!(passage.is_some(), case["crosses_100m"], "{case}");
            if let Some(passage) = passage {
                let time_s = case["dt_s"].as_f64().expect("a number");
                for (share, name) in [
                    (passage.enter, "entry_offset_s"),
                    (passage.leave, "exit_offset_s"),
                ] {
                    let expected_s = case[name].as_f64().expect("a number");
                    assert!((share * time_s - expected_s).abs() < 0.5, "{case}: {share}");
                }
            }
        }
    }

    #[test]
    fn a_way_in_and_out_again_is_one_passage() {
        let corner = |lat: f64, lng: f64| Coordinates { lat, lng };
        // A horseshoe, open to the north, over the date line.
        let horseshoe = Area::polygon(&[
            corner(0.0, 179.99),
            corner(0.0, -179.99),
            corner(0.02, -179.99),
            corner(0.02, -179.995),
            corner(0.01, -179.995),
            corner(0.01, 179.995),
            corner(0.02, 179.995),
            corner(0.02, 179.99),
        ]);
        assert!(!horseshoe.contains(corner(0.015, 180.0)));
        assert!(horseshoe.contains(corner(0.005, -180.0)));
        let through = horseshoe.passage(corner(0.015, 179.98), corner(0.015, -179.98));
        let through = through.expect("it goes through both arms");
        assert!((through.enter - 0.25).abs() < 1e-6 && (through.leave - 0.75).abs() < 1e-6);
        let inside = horseshoe.passage(corner(0.005, 179.995), corner(0.005, -179.995));
        assert_eq!(
            inside,
            Some(Passage {
                enter: 0.0,
                leave: 1.0
            })
        );
        assert!((horseshoe.outside_m(corner(0.03, 179.99)) - 1_112.0).abs() < 1.0);
    }

    #[test]
    fn a_circle_is_small() {
        assert!(size_of::<Area>() <= 56, "{}", size_of::<Area>());
    }

    proptest! {
        /// A passage is what looking at many points of the way finds.
        #[test]
        fn a_passage_is_where_points_lie_inside(
            ends in prop::array::uniform4(-0.004..0.004_f64),
            corners in prop::collection::vec((-0.002..0.002_f64, -0.002..0.002_f64), 3..7),
            is_circle: bool,
        ) {
            let at = |lat: f64, lng: f64| Coordinates { lat: 45.0 + lat, lng: 179.999 + lng };
            let corners: Vec<_> = corners.iter().map(|(lat, lng)| at(*lat, *lng)).collect();
            let area = if is_circle { Area::circle(corners[0], 120.0) } else { Area::polygon(&corners) };
            let (from, to) = (at(ends[0], ends[1]), at(ends[2], ends[3]));
            let steps = 400;
            let inside: Vec<f64> = (0..=steps)
                .map(|step| f64::from(step) / f64::from(steps))
                .filter(|share| area.contains(Coordinates {
                    lat: (to.lat - from.lat).mul_add(*share, from.lat),
                    lng: (to.lng - from.lng).mul_add(*share, from.lng),
                }))
                .collect();
            let passage = area.passage(from, to);
            if let (Some(first), Some(last)) = (inside.first(), inside.last()) {
                let passage = passage.expect("points of it lie inside");
                prop_assert!(passage.enter <= first + 1e-9 && passage.leave >= last - 1e-9);
            }
            if let Some(passage) = passage {
                prop_assert!(0.0 <= passage.enter && passage.enter <= passage.leave && passage.leave <= 1.0);
            }
        }
    }
}
