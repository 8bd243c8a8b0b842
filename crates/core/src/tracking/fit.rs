//! What a visit more, or less, does to a van's run: when each stop would be reached, which would be late, and where the visit costs
//! least. The arithmetic is that of the ETAs, so that what is promised before a stop is moved is what is seen after it.

use jiff::Timestamp;

use super::eta::{Start, along};
use super::plan::PlannedStop;
use crate::time::Coordinates;
use crate::travel::{self, Pace};

/// The open stops of a route as its van will drive to them.
#[derive(Debug, Clone, PartialEq)]
pub struct Run {
    /// Where the van is; unknown where nobody has seen it and its lab has no place: then nothing is said of times.
    pub start: Option<Start>,
    /// Where it goes at the end, if that is known.
    pub home: Option<Coordinates>,
    /// How a straight line becomes a time.
    pub pace: Pace,
    /// The stops, in the order of driving.
    pub stops: Vec<PlannedStop>,
}

/// What a run comes to.
#[derive(Debug, Clone, PartialEq)]
pub struct Times {
    /// When each stop is reached, in the order of the run; none without a place.
    pub etas: Vec<Option<Timestamp>>,
    /// From the start until the van is home, in seconds.
    pub seconds: f64,
}

/// A place in a run for a visit more.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Seat {
    /// Its number among the open stops, from 1.
    pub position: usize,
    /// Seconds that the run takes longer.
    pub added_s: f64,
    /// How many stops are late because of it, itself included.
    pub late: usize,
    /// When the visit itself would be.
    pub eta: Option<Timestamp>,
}

impl Run {
    /// When each stop is reached, and how long all of it takes; nothing where nobody knows where the van begins.
    pub fn times(&self) -> Option<Times> {
        let start = self.start?;
        let mut etas = Vec::with_capacity(self.stops.len());
        let stops = self.stops.iter().enumerate();
        let mut seconds = along(&start, self.pace, stops, &mut etas);
        let last = self.stops.iter().rev().find_map(|stop| stop.place.as_ref());
        let last = last.map_or(start.place, |place| place.location);
        if let Some(home) = self.home {
            seconds += travel::straight_line(last, home, self.pace).seconds;
        }
        let mut at = vec![None; self.stops.len()];
        for eta in etas {
            at[eta.stop] = Some(eta.at);
        }
        Some(Times { etas: at, seconds })
    }

    /// The same with a stop more; `index` past the end is the end.
    #[must_use]
    pub fn with(&self, index: usize, stop: PlannedStop) -> Self {
        let mut run = self.clone();
        run.stops.insert(index.min(run.stops.len()), stop);
        run
    }

    /// The same without a stop.
    #[must_use]
    pub fn without(&self, id: &str) -> Self {
        let mut run = self.clone();
        run.stops.retain(|stop| stop.id.as_str() != id);
        run
    }

    /// Stops that are late, by their place in the run.
    fn late(&self, times: &Times) -> Vec<bool> {
        let pairs = self.stops.iter().zip(&times.etas);
        pairs.map(|(stop, eta)| is_late(stop, *eta)).collect()
    }
}

/// Whether a stop would be reached after its window.
pub fn is_late(stop: &PlannedStop, eta: Option<Timestamp>) -> bool {
    stop.window_end.zip(eta).is_some_and(|(end, eta)| eta > end)
}

/// Every place in a run that a visit may have, in order; none where nothing is known of times.
pub fn seats(run: &Run, visit: &PlannedStop) -> Vec<Seat> {
    let Some(before) = run.times() else {
        return Vec::new();
    };
    let was_late = run.late(&before);
    let seat = |index: usize| {
        let after = run.with(index, visit.clone());
        let times = after.times()?;
        let late = after.late(&times);
        // Stops behind the visit stand one place further than they did.
        let was = |place: usize| match place.cmp(&index) {
            std::cmp::Ordering::Less => was_late[place],
            std::cmp::Ordering::Equal => false,
            std::cmp::Ordering::Greater => was_late[place - 1],
        };
        let newly = (0..late.len()).filter(|place| late[*place] && !was(*place));
        Some(Seat {
            position: index + 1,
            added_s: times.seconds - before.seconds,
            late: newly.count(),
            eta: times.etas[index],
        })
    };
    (0..=run.stops.len()).filter_map(seat).collect()
}

/// The place where a visit makes the fewest stops late, and among those takes the least time; the earliest of equals.
pub fn best(seats: &[Seat]) -> Option<Seat> {
    let cost = |seat: &&Seat| (seat.late, seat.added_s);
    let by_cost = |a: &&Seat, b: &&Seat| {
        let (a, b) = (cost(a), cost(b));
        a.0.cmp(&b.0).then(a.1.total_cmp(&b.1))
    };
    seats.iter().min_by(by_cost).copied()
}

#[cfg(test)]
mod tests {
    use jiff::SignedDuration;

    use super::*;
    use crate::fence::Area;
    use crate::id::{ClinicId, StopId};
    use crate::tracking::Place;

    /// On a line to the north, a kilometre a minute.
    const PACE: Pace = Pace {
        factor: 1.0,
        speed_kmh: 60.0,
    };
    /// Degrees of a kilometre to the north.
    const KM: f64 = 1.0 / 111.195;

    fn place(km: f64) -> Coordinates {
        Coordinates {
            lat: 42.0 + km * KM,
            lng: -71.0,
        }
    }

    fn at(minutes: i64) -> Timestamp {
        let start: Timestamp = "2026-11-02T08:00:00Z".parse().expect("a time");
        start + SignedDuration::from_mins(minutes)
    }

    /// A stop so many kilometres along the line, where one minute is spent, promised until so many minutes.
    fn stop(id: &str, km: Option<f64>, promised: Option<i64>) -> PlannedStop {
        PlannedStop {
            id: StopId::known(id),
            clinic_id: ClinicId::known(id),
            clinic_name: id.to_owned(),
            sequence: 1,
            place: km.map(place).map(|location| Place {
                location,
                area: Area::of(None, location),
            }),
            window_end: promised.map(at),
            service_s: 60.0,
            leg: None,
            tapped_at: None,
            closed_at: None,
        }
    }

    fn run(stops: Vec<PlannedStop>) -> Run {
        Run {
            start: Some(Start {
                place: place(0.0),
                at: at(0),
                busy_s: 0.0,
            }),
            home: Some(place(0.0)),
            pace: PACE,
            stops,
        }
    }

    /// Minutes, rounded: the earth is no line.
    fn minutes(seconds: f64) -> i64 {
        #[expect(clippy::cast_possible_truncation, reason = "a day has few minutes")]
        let minutes = (seconds / 60.0).round() as i64;
        minutes
    }

    fn minute_of(time: Option<Timestamp>) -> Option<i64> {
        time.map(|time| minutes(time.duration_since(at(0)).as_secs_f64()))
    }

    #[test]
    fn a_run_is_its_legs_its_stops_and_the_way_home() {
        let rows = [
            (vec![], vec![], 0),
            (vec![(Some(10.0), None)], vec![Some(10)], 21),
            // There, a minute, five more, a minute, and fifteen home.
            (
                vec![(Some(10.0), None), (Some(15.0), None)],
                vec![Some(10), Some(16)],
                32,
            ),
            // A stop without a place takes its minute and has no ETA.
            (
                vec![(None, None), (Some(10.0), None)],
                vec![None, Some(11)],
                22,
            ),
        ];
        for (stops, etas, total) in rows {
            let stops = stops.iter().map(|(km, end)| stop("S", *km, *end)).collect();
            let times = run(stops).times().expect("the van is somewhere");
            let found: Vec<Option<i64>> = times.etas.iter().copied().map(minute_of).collect();
            assert_eq!((found, minutes(times.seconds)), (etas, total));
        }
    }

    #[test]
    fn nothing_is_said_of_a_van_that_is_nowhere() {
        let nowhere = Run {
            start: None,
            ..run(vec![stop("A", Some(10.0), None)])
        };
        assert_eq!(nowhere.times(), None);
        assert!(seats(&nowhere, &stop("B", Some(5.0), None)).is_empty());
    }

    #[test]
    fn what_is_left_to_do_where_the_van_stands_comes_first() {
        let mut busy = run(vec![stop("A", Some(10.0), None)]);
        busy.start = busy.start.map(|start| Start {
            busy_s: 300.0,
            ..start
        });
        let times = busy.times().expect("the van is somewhere");
        assert_eq!(minute_of(times.etas[0]), Some(15));
    }

    #[test]
    fn a_visit_costs_least_on_the_way() {
        // Stops at 10 and 20 km, where the van stays: one at 15 lies between them, one at 25 behind them, one at 5 before them.
        let base = Run {
            home: None,
            ..run(vec![
                stop("A", Some(10.0), None),
                stop("B", Some(20.0), None),
            ])
        };
        for (km, position, added) in [(15.0, 2, 1), (25.0, 3, 6), (5.0, 1, 1)] {
            let seat = best(&seats(&base, &stop("X", Some(km), None))).expect("there is one");
            assert_eq!(
                (seat.position, minutes(seat.added_s)),
                (position, added),
                "{km}"
            );
        }
        let alone = best(&seats(&run(vec![]), &stop("X", Some(7.0), None))).expect("there is one");
        assert_eq!((alone.position, minutes(alone.added_s)), (1, 15));
    }

    #[test]
    fn a_promise_counts_more_than_the_way() {
        // On the way it would make B late by a minute: it goes to the end.
        let base = run(vec![
            stop("A", Some(10.0), None),
            stop("B", Some(20.0), Some(22)),
        ]);
        let all = seats(&base, &stop("X", Some(15.0), None));
        let late: Vec<usize> = all.iter().map(|seat| seat.late).collect();
        assert_eq!(late, [1, 1, 0]);
        assert_eq!(best(&all).map(|seat| seat.position), Some(3));
        // A stop that is late anyway does not speak against it.
        let late_anyway = run(vec![
            stop("A", Some(10.0), None),
            stop("B", Some(20.0), Some(5)),
        ]);
        let all = seats(&late_anyway, &stop("X", Some(15.0), None));
        assert_eq!(
            best(&all).map(|seat| (seat.position, seat.late)),
            Some((2, 0))
        );
        // Nor does the visit's own promise, where no place keeps it.
        let all = seats(&base, &stop("X", Some(15.0), Some(1)));
        assert_eq!(
            best(&all).map(|seat| (seat.position, seat.late)),
            Some((3, 1))
        );
    }

    #[test]
    fn a_stop_taken_out_and_put_back_changes_nothing() {
        let base = run(vec![
            stop("A", Some(10.0), None),
            stop("B", Some(20.0), None),
        ]);
        assert_eq!(base.without("A").with(0, stop("A", Some(10.0), None)), base);
        assert_eq!(
            base.with(99, stop("C", None, None)).stops[2].id.as_str(),
            "C"
        );
    }
}
