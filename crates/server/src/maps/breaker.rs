//! When a service is left alone: after failures in a row, after a refusal, and how it is tried again.
//!
//! Open, it lets nobody through until a time; then one probe, and nobody else until the probe has come back, or as long as
//! the pause is. Whoever was let through before it opened has no say any more: ten calls that fail together are one failure.

use jiff::{SignedDuration, Timestamp};
use pontic_core::backoff::{Backoff, BadBackoff};

/// Failures in a row that open it.
const FAILURES: u32 = 5;
/// The first pause; each that follows is twice as long.
const FIRST_PAUSE: SignedDuration = SignedDuration::from_secs(10);
/// The longest pause.
const LONGEST_PAUSE: SignedDuration = SignedDuration::from_mins(5);
/// How a service is spared that is asked too often, in milliseconds: it is well, so the first pause is short.
const SPARING: Result<Backoff, BadBackoff> = Backoff::new(u32::MAX, 1_000, 300_000);

/// The state of one service. Times and chance are arguments.
#[derive(Debug)]
pub struct Breaker {
    /// Counts openings and probes, so that an answer is known to belong to the present state.
    round: u64,
    /// While it is open.
    open: Option<Open>,
    failures: u32,
    too_often: u32,
    pause: SignedDuration,
}

#[derive(Debug, Clone, Copy)]
struct Open {
    since: Timestamp,
    until: Timestamp,
}

/// Leave to ask; what comes of it is told with it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Permit {
    round: u64,
}

impl Default for Breaker {
    fn default() -> Self {
        Self {
            round: 0,
            open: None,
            failures: 0,
            too_often: 0,
            pause: FIRST_PAUSE,
        }
    }
}

impl Breaker {
    /// Leave to ask the service now, or the time until which it is left alone.
    pub fn enter(&mut self, now: Timestamp) -> Result<Permit, Timestamp> {
        if let Some(Open { since, until }) = self.open {
            // A clock that was set back must not leave the service alone for longer than was meant.
            if (since..until).contains(&now) {
                return Err(until);
            }
            self.rest(now, self.pause);
        }
        Ok(Permit { round: self.round })
    }

    /// The service answered: it is well.
    pub fn succeeded(&mut self, permit: Permit) {
        if permit.round == self.round {
            *self = Self {
                round: self.round,
                ..Self::default()
            };
        }
    }

    /// The service did not answer, or nothing of use. Gives the pause that begins with that, if one does.
    pub fn failed(&mut self, permit: Permit, now: Timestamp) -> Option<SignedDuration> {
        if permit.round != self.round {
            return None;
        }
        if self.open.is_some() {
            self.pause = (self.pause * 2).min(LONGEST_PAUSE);
        } else {
            self.failures += 1;
            if self.failures < FAILURES {
                return None;
            }
        }
        self.rest(now, self.pause);
        Some(self.pause)
    }

    /// The service is asked too often: it is spared for a while that doubles each time, of which `chance` (0 to 1) picks a
    /// point in the second half, and for as long as it `asked`.
    pub fn spare(
        &mut self,
        permit: Permit,
        now: Timestamp,
        chance: f64,
        asked: Option<SignedDuration>,
    ) {
        if permit.round != self.round {
            return;
        }
        self.too_often += 1;
        let chance = 0.5 + chance / 2.0;
        let delay = SPARING
            .ok()
            .and_then(|sparing| sparing.delay(self.too_often, chance, asked));
        self.rest(now, delay.unwrap_or(LONGEST_PAUSE));
    }

    /// The service has told us to stay away until then; a longer rest than that goes on.
    pub fn keep_away(&mut self, now: Timestamp, until: Timestamp) {
        let until = self.open.map_or(until, |open| open.until.max(until));
        self.open_until(now, until);
    }

    fn rest(&mut self, now: Timestamp, pause: SignedDuration) {
        self.open_until(now, now.checked_add(pause).unwrap_or(Timestamp::MAX));
    }

    fn open_until(&mut self, now: Timestamp, until: Timestamp) {
        self.round += 1;
        self.open = Some(Open { since: now, until });
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// What happens, at so many seconds.
    enum Step {
        /// Somebody asks and is let through.
        Passes,
        /// Somebody asks and is told to wait until so many seconds.
        Waits(i64),
        /// The last one let through tells what came of it.
        Succeeds,
        Fails,
        /// The one let through before the last one does.
        OlderFails,
        OlderSucceeds,
        /// The last one was told that it asks too often (chance 1), and how long to wait.
        TooOften(Option<i64>),
        /// The service says to stay away until so many seconds.
        Away(i64),
    }
    use Step::*;

    fn at(seconds: i64) -> Timestamp {
        Timestamp::from_second(1_737_000_000 + seconds).expect("in range")
    }

    fn run(steps: &[(i64, Step)]) {
        let mut breaker = Breaker::default();
        let mut permits = Vec::new();
        for (index, (seconds, step)) in steps.iter().enumerate() {
            let now = at(*seconds);
            let last = permits.len().saturating_sub(1);
            match step {
                Passes => permits.push(breaker.enter(now).expect("let through")),
                Waits(until) => assert_eq!(breaker.enter(now), Err(at(*until)), "step {index}"),
                Succeeds => breaker.succeeded(permits[last]),
                Fails => _ = breaker.failed(permits[last], now),
                OlderFails => _ = breaker.failed(permits[last - 1], now),
                OlderSucceeds => breaker.succeeded(permits[last - 1]),
                TooOften(asked) => {
                    let asked = asked.map(SignedDuration::from_secs);
                    breaker.spare(permits[last], now, 1.0, asked);
                }
                Away(until) => breaker.keep_away(now, at(*until)),
            }
        }
    }

    fn failing(at: i64, times: usize) -> Vec<(i64, Step)> {
        std::iter::once((at, Passes))
            .chain(std::iter::repeat_with(|| (at, Fails)).take(times))
            .collect()
    }

    #[test]
    fn five_failures_in_a_row_open_it() {
        let mut steps = failing(0, 4);
        steps.extend([(1, Passes), (1, Succeeds)]);
        steps.extend(failing(2, 4));
        steps.extend([(3, Passes), (3, Fails), (4, Waits(13)), (12, Waits(13))]);
        run(&steps);
    }

    #[test]
    fn one_probe_after_ten_seconds_then_pauses_that_double_to_five_minutes() {
        let mut steps = failing(0, 5);
        let mut now = 0;
        for pause in [10, 20, 40, 80, 160, 300, 300] {
            steps.push((now + pause - 1, Waits(now + pause)));
            now += pause;
            steps.extend([(now, Passes), (now, Waits(now + pause)), (now, Fails)]);
        }
        steps.extend([(now + 300, Passes), (now + 301, Succeeds)]);
        steps.extend(failing(now + 302, 5));
        // Well once, it begins with the shortest pause again.
        steps.push((now + 303, Waits(now + 312)));
        run(&steps);
    }

    #[test]
    fn a_probe_that_never_comes_back_is_followed_by_another() {
        let mut steps = failing(0, 5);
        steps.extend([
            (10, Passes),
            (19, Waits(20)),
            (20, Passes),
            (21, OlderSucceeds),
            (21, Waits(30)),
            (22, Succeeds),
            (22, Passes),
        ]);
        run(&steps);
    }

    #[test]
    fn whoever_was_let_through_before_has_no_say() {
        let mut steps = failing(0, 5);
        steps.extend(std::iter::repeat_with(|| (1, Fails)).take(20));
        steps.extend([(1, Succeeds), (2, Waits(10)), (10, Passes)]);
        steps.extend([(11, OlderFails), (12, Succeeds), (12, Passes)]);
        run(&steps);
    }

    #[test]
    fn asked_too_often_it_is_spared_for_longer_each_time() {
        run(&[
            (0, Passes),
            (0, TooOften(None)),
            (0, Waits(1)),
            (1, Passes),
            (1, TooOften(None)),
            (2, Waits(3)),
            (3, Passes),
            (3, TooOften(Some(60))),
            (4, Waits(63)),
            (63, Passes),
            (63, Succeeds),
            (63, Passes),
            (63, TooOften(None)),
            (63, Waits(64)),
        ]);
    }

    #[test]
    fn the_wait_of_the_spared_is_drawn_from_its_second_half() {
        for (chance, expected_ms) in [(0.0, 500), (0.5, 750), (1.0, 1_000)] {
            let mut breaker = Breaker::default();
            let permit = breaker.enter(at(0)).expect("closed");
            breaker.spare(permit, at(0), chance, None);
            let until = breaker.enter(at(0)).expect_err("open");
            assert_eq!(until.duration_since(at(0)).as_millis(), expected_ms);
        }
    }

    #[test]
    fn told_to_stay_away_it_does_and_the_longer_time_counts() {
        run(&[
            (0, Passes),
            (0, Away(3_600)),
            (0, Away(60)),
            (61, Waits(3_600)),
            (3_600, Passes),
            (3_600, Away(7_200)),
            (3_601, Waits(7_200)),
            (7_200, Passes),
            (7_201, Succeeds),
            (7_201, Passes),
        ]);
    }

    #[test]
    fn a_clock_set_back_opens_no_longer_rest() {
        run(&[(0, Passes), (0, Away(3_600)), (-7_200, Passes)]);
    }
}
