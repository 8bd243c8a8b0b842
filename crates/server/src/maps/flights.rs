//! One question at a time for the same two places: whoever asks while it is under way waits for the same answer.
//!
//! This is no cache: as soon as the answer is there, the next one who asks makes a new question.

use std::collections::HashMap;
use std::sync::{Arc, Mutex};

use futures_util::FutureExt;
use futures_util::future::{BoxFuture, Shared};
use pontic_core::time::Coordinates;
use pontic_core::travel::Leg;

use super::NoLeg;

/// Two places this close (11 m) are one.
const STEPS_PER_DEGREE: f64 = 1e4;

/// Two places, to the step.
pub type Pair = [i32; 4];

/// What all who ask wait for.
pub type Flight = Shared<BoxFuture<'static, Result<Leg, NoLeg>>>;

/// Questions under way.
#[derive(Default)]
pub struct Flights(Mutex<HashMap<Pair, Flight>>);

/// The pair of places that a question is about.
#[expect(
    clippy::cast_possible_truncation,
    reason = "degrees times ten thousand are small, and a cast keeps to the range"
)]
pub fn pair(from: Coordinates, to: Coordinates) -> Pair {
    [from.lat, from.lng, to.lat, to.lng].map(|degrees| (degrees * STEPS_PER_DEGREE).round() as i32)
}

impl Flights {
    /// Waits for the question about `pair` that is under way, or puts the one that `ask` makes. It runs in a task of its
    /// own, and to its end even if nobody waits any more: it may be paid for.
    pub fn join<F>(self: &Arc<Self>, pair: Pair, ask: impl FnOnce() -> F) -> Flight
    where
        F: Future<Output = Result<Leg, NoLeg>> + Send + 'static,
    {
        let Ok(mut under_way) = self.0.lock() else {
            return ready(NoLeg::Unavailable("its questions are in disorder"));
        };
        if let Some(flight) = under_way.get(&pair) {
            return flight.clone();
        }
        let landing = Landing(Arc::clone(self), pair);
        let question = ask();
        let task = tokio::spawn(async move {
            let answer = question.await;
            drop(landing);
            answer
        });
        let flight = task
            .map(|done| done.unwrap_or(Err(NoLeg::Unavailable("it was cut off"))))
            .boxed()
            .shared();
        under_way.insert(pair, flight.clone());
        flight
    }
}

fn ready(no_leg: NoLeg) -> Flight {
    std::future::ready(Err(no_leg)).boxed().shared()
}

/// Ends a flight, also one that panics.
struct Landing(Arc<Flights>, Pair);

impl Drop for Landing {
    fn drop(&mut self) {
        if let Ok(mut under_way) = self.0.0.lock() {
            under_way.remove(&self.1);
        }
    }
}

#[cfg(test)]
mod tests {
    use std::sync::atomic::{AtomicU32, Ordering};
    use std::time::Duration;

    use pontic_core::travel::Source;

    use super::*;

    const PAIR: Pair = [1, 2, 3, 4];

    fn leg(seconds: f64) -> Leg {
        Leg {
            seconds,
            way_m: 1_000.0,
            source: Source::Google,
        }
    }

    /// A question that takes 20 ms; its answer is how many there have been.
    fn slow(asked: &Arc<AtomicU32>) -> impl Future<Output = Result<Leg, NoLeg>> + Send + 'static {
        let asked = Arc::clone(asked);
        async move {
            let number = asked.fetch_add(1, Ordering::Relaxed) + 1;
            tokio::time::sleep(Duration::from_millis(20)).await;
            Ok(leg(f64::from(number)))
        }
    }

    #[tokio::test]
    async fn who_asks_the_same_at_once_gets_the_same_answer_and_later_a_new_one() {
        let flights = Arc::new(Flights::default());
        let asked = Arc::new(AtomicU32::new(0));
        let join = |pair| flights.join(pair, || slow(&asked));
        let (first, second, other) = tokio::join!(join(PAIR), join(PAIR), join([9; 4]));
        assert_eq!((first, second), (Ok(leg(1.0)), Ok(leg(1.0))));
        assert_eq!(other, Ok(leg(2.0)));
        assert_eq!(join(PAIR).await, Ok(leg(3.0)));
        assert!(flights.0.lock().expect("sound").is_empty());
    }

    #[tokio::test]
    async fn one_who_leaves_takes_nothing_from_the_others() {
        let flights = Arc::new(Flights::default());
        let asked = Arc::new(AtomicU32::new(0));
        drop(flights.join(PAIR, || slow(&asked)));
        assert_eq!(flights.join(PAIR, || slow(&asked)).await, Ok(leg(1.0)));
    }

    #[tokio::test]
    async fn a_question_that_panics_is_no_answer_and_not_in_the_way() {
        let flights = Arc::new(Flights::default());
        let broken = flights.join(PAIR, || async { panic!("on purpose") });
        assert!(matches!(broken.await, Err(NoLeg::Unavailable(_))));
        let whole = flights.join(PAIR, || std::future::ready(Ok(leg(5.0))));
        assert_eq!(whole.await, Ok(leg(5.0)));
    }

    #[test]
    fn places_within_a_step_are_one() {
        let place = |lat, lng| Coordinates { lat, lng };
        let to = place(42.3682, -71.0362);
        let from = place(42.354_61, -71.069_09);
        assert_eq!(
            pair(from, to),
            pair(place(42.354_58, -71.069_11), to),
            "three metres"
        );
        assert_ne!(pair(from, to), pair(place(42.3549, -71.0691), to));
        assert_ne!(pair(from, to), pair(to, from));
    }
}
