//! Positions that no van can have reached: a phone can be kilometres wrong for one fix and sure of itself.

use crate::fix::Fix;
use crate::geo;

/// Nothing that delivers teeth is faster, in metres per second.
const FASTEST_MPS: f64 = 70.0;
/// Two fixes of the same moment differ by what a second makes possible: phones cut times to seconds.
const LEAST_S: f64 = 1.0;

/// Whether no van can have come from the one fix to the other.
pub fn jumps(from: &Fix, to: &Fix) -> bool {
    let seconds = to.at.duration_since(from.at).as_secs_f64().abs();
    geo::distance_m(from.place, to.place) > FASTEST_MPS * seconds.max(LEAST_S)
}

/// Which of these fixes, in the order of time, are suspect: out of reach both from the one before that is not, and of the next. The
/// first and the last have one neighbour only; nobody can tell.
pub fn suspects(fixes: &[Fix]) -> Vec<bool> {
    let mut suspects = vec![false; fixes.len()];
    let mut before: Option<&Fix> = None;
    for (index, fix) in fixes.iter().enumerate() {
        let next = fixes.get(index + 1);
        let is_out_of_reach = |other: Option<&Fix>| other.is_some_and(|other| jumps(other, fix));
        suspects[index] = is_out_of_reach(before) && is_out_of_reach(next);
        if !suspects[index] {
            before = Some(fix);
        }
    }
    suspects
}

#[cfg(test)]
mod tests {
    use jiff::Timestamp;

    use super::*;
    use crate::time::Coordinates;

    fn fix(second: i64, lat: f64) -> Fix {
        Fix::new(
            Timestamp::from_second(second).expect("in range"),
            Coordinates { lat, lng: -71.0 },
        )
    }

    #[test]
    fn a_spike_is_suspect_and_a_jump_is_not() {
        let spike = [fix(0, 42.0), fix(30, 43.0), fix(60, 42.001)];
        assert_eq!(suspects(&spike), [false, true, false]);
        let jump = [fix(0, 42.0), fix(30, 43.0), fix(60, 43.001)];
        assert_eq!(suspects(&jump), [false, false, false]);
        let in_turn = [
            fix(0, 42.0),
            fix(30, 43.0),
            fix(60, 42.0),
            fix(90, 43.0),
            fix(120, 42.0),
        ];
        assert_eq!(suspects(&in_turn), [false, true, false, true, false]);
        assert_eq!(suspects(&[fix(0, 42.0), fix(1, 50.0)]), [false, false]);
    }

    #[test]
    fn two_places_in_one_second_are_possible_within_reach() {
        assert!(!jumps(&fix(0, 42.0), &fix(0, 42.000_5)));
        assert!(jumps(&fix(0, 42.0), &fix(0, 42.001)));
    }
}
