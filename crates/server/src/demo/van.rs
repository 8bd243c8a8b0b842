//! A van on the streets: how far it gets in a while, by the hour of the day.

use std::collections::VecDeque;

use super::city::{Crossing, Spot};

/// On a free street, in metres per second.
const FREE_MPS: f64 = 11.5;
/// Turning at a corner, in seconds.
const CORNER_S: f64 = 4.0;

/// A van.
#[derive(Debug)]
pub struct Van {
    /// Where it is.
    pub at: Spot,
    /// Degrees clockwise from north.
    pub heading: f64,
    /// How fast it went just now, in metres per second.
    pub speed_mps: f64,
    /// How far it has gone, in metres.
    pub gone_m: f64,
    way: VecDeque<Spot>,
    /// How the lights are on this way: 1 as usual.
    luck: f64,
    /// What is left of turning at a corner, in seconds.
    turning_s: f64,
}

impl Van {
    /// One that stands there.
    pub fn standing(at: Crossing) -> Self {
        Self {
            at: at.spot(),
            heading: 0.0,
            speed_mps: 0.0,
            gone_m: 0.0,
            way: VecDeque::new(),
            luck: 1.0,
            turning_s: 0.0,
        }
    }

    /// Sets out for a crossing, by the streets.
    pub fn go_to(&mut self, to: Crossing, luck: f64) {
        let here = Crossing::near(self.at);
        self.way = here.way_to(to).into();
        if self.at != here.spot() {
            self.way.push_front(here.spot());
        }
        self.luck = luck;
    }

    /// Whether it is where it was to go.
    pub fn is_there(&self) -> bool {
        self.way.is_empty()
    }

    /// Stops where it is.
    pub fn halt(&mut self) {
        self.way.clear();
        self.speed_mps = 0.0;
    }

    /// Goes on for so many seconds, at that hour of the day.
    pub fn drive(&mut self, seconds: f64, hour: f64) {
        let speed = FREE_MPS * traffic(hour) * self.luck;
        let mut left_s = seconds;
        let mut gone_m = 0.0;
        while left_s > 0.0 {
            let Some(next) = self.way.front().copied() else {
                break;
            };
            let turn_s = self.turning_s.min(left_s);
            self.turning_s -= turn_s;
            left_s -= turn_s;
            let (metres, reach) = (self.at.metres_to(next), speed * left_s);
            if metres > 0.0 {
                self.heading = (next.x - self.at.x)
                    .atan2(next.y - self.at.y)
                    .to_degrees()
                    .rem_euclid(360.0);
            }
            if reach < metres {
                self.at = self.at.towards(next, reach / metres);
                gone_m += reach;
                left_s = 0.0;
            } else {
                self.at = next;
                self.way.pop_front();
                gone_m += metres;
                left_s -= metres / speed;
                self.turning_s = CORNER_S;
            }
        }
        self.gone_m += gone_m;
        self.speed_mps = if self.is_there() {
            0.0
        } else {
            gone_m / seconds
        };
    }
}

/// How fast it goes at that hour, as a part of what is possible.
fn traffic(hour: f64) -> f64 {
    match hour {
        hour if hour < 9.0 => 0.7,
        hour if hour < 11.5 => 1.0,
        hour if hour < 13.5 => 0.85,
        hour if hour < 15.5 => 0.95,
        _ => 0.65,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::demo::city::City;

    #[test]
    fn it_gets_there_as_fast_as_the_traffic_lets_it() {
        let city = City::new(1);
        let (lab, clinic) = (&city.labs[0], &city.clinics[0]);
        let minutes = |hour| {
            let mut van = Van::standing(lab.at);
            van.go_to(clinic.at, 1.0);
            let mut steps = 0;
            while !van.is_there() {
                van.drive(10.0, hour);
                assert!(van.speed_mps <= FREE_MPS);
                steps += 1;
            }
            assert_eq!(van.at, clinic.at.spot());
            steps
        };
        assert!(minutes(10.0) < minutes(16.0));
    }
}
