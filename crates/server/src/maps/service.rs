//! A service for travel times, asked with care: one question for the same places at a time, none while it is left alone
//! or the budget is spent, an end to each, one more try where that helps, and no answer believed that cannot be true.

use std::collections::BTreeSet;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use jiff::SignedDuration;
use pontic_core::geo::distance_m;
use pontic_core::time::Coordinates;
use pontic_core::travel::{Leg, is_sane};
use tokio::sync::Semaphore;
use tokio::time::timeout;

use super::breaker::{Breaker, Permit};
use super::budget::{Budget, next_day};
use super::flights::{Flights, pair};
use super::{Answer, NoLeg, TravelTimes};
use crate::clock::Clock;

/// Questions that are under way at once.
const AT_ONCE: usize = 32;
/// How long a service that refuses us is left alone.
const REFUSED: SignedDuration = SignedDuration::from_hours(1);

/// A service, and what is known of how it is.
pub struct Service {
    inner: Arc<Inner>,
    flights: Arc<Flights>,
}

struct Inner {
    travel: Box<dyn TravelTimes>,
    clock: Clock,
    /// An end to each question, its second try included.
    timeout: Duration,
    budget: Arc<Budget>,
    breaker: Mutex<Breaker>,
    places: Semaphore,
    /// What the operator has been told of and that has not ended since, by [`NoLeg::as_str`].
    told: Mutex<BTreeSet<&'static str>>,
}

impl TravelTimes for Service {
    /// The service's answer after at most twice `timeout`: as long as it may take to get a place, and the answer.
    fn leg(&self, from: Coordinates, to: Coordinates) -> Answer<'_> {
        let flight = self.flights.join(pair(from, to), || {
            let inner = Arc::clone(&self.inner);
            async move {
                let answer = inner.ask(from, to).await;
                count(&answer);
                answer
            }
        });
        Box::pin(flight)
    }
}

fn count(answer: &Result<Leg, NoLeg>) {
    let outcome = answer.as_ref().map_or_else(NoLeg::as_str, |_| "found");
    metrics::counter!("pontic_travel_times_total", "outcome" => outcome).increment(1);
}

impl Service {
    /// A service that nothing is known of yet.
    pub fn new(
        travel: Box<dyn TravelTimes>,
        budget: Budget,
        clock: Clock,
        timeout: Duration,
    ) -> Self {
        Self {
            inner: Arc::new(Inner {
                travel,
                clock,
                timeout,
                budget: Arc::new(budget),
                breaker: Mutex::default(),
                places: Semaphore::new(AT_ONCE),
                told: Mutex::default(),
            }),
            flights: Arc::default(),
        }
    }
}

impl Inner {
    async fn ask(&self, from: Coordinates, to: Coordinates) -> Result<Leg, NoLeg> {
        let Ok(Ok(_place)) = timeout(self.timeout, self.places.acquire()).await else {
            return Err(NoLeg::Crowded);
        };
        let permit = self.enter()?;
        let answer = timeout(self.timeout, self.ask_twice(from, to)).await;
        let answer = answer.unwrap_or(Err(NoLeg::Unavailable("it takes too long")));
        self.learn(permit, &answer);
        answer
    }

    /// Leave of the breaker.
    fn enter(&self) -> Result<Permit, NoLeg> {
        let mut breaker = self
            .breaker
            .lock()
            .map_err(|_| NoLeg::Unavailable("its breaker is broken"))?;
        breaker.enter(self.clock.now()).map_err(NoLeg::Resting)
    }

    async fn ask_twice(&self, from: Coordinates, to: Coordinates) -> Result<Leg, NoLeg> {
        match self.ask_once(from, to).await {
            Err(NoLeg::Failed) => self.ask_once(from, to).await,
            answer => answer,
        }
    }

    async fn ask_once(&self, from: Coordinates, to: Coordinates) -> Result<Leg, NoLeg> {
        let reserved = self
            .budget
            .reserve(self.clock.now())
            .map_err(|_| NoLeg::OverBudget)?;
        metrics::counter!("pontic_travel_time_elements_total").increment(1);
        if reserved.to_keep {
            let budget = Arc::clone(&self.budget);
            // Nobody waits for the disk here: the count in memory holds.
            tokio::task::spawn_blocking(move || budget.keep());
        }
        let leg = self.travel.leg(from, to).await?;
        if is_sane(&leg, distance_m(from, to)) {
            Ok(leg)
        } else {
            Err(NoLeg::Implausible)
        }
    }

    /// What the answer says of the service itself, for its breaker and for the operator.
    fn learn(&self, permit: Permit, answer: &Result<Leg, NoLeg>) {
        let now = self.clock.now();
        if let Ok(mut breaker) = self.breaker.lock() {
            match answer {
                // No road, no such place, nonsense: the service is well.
                Ok(_)
                | Err(
                    NoLeg::Unroutable
                    | NoLeg::BadPlace
                    | NoLeg::Implausible
                    | NoLeg::Misunderstood(_),
                ) => breaker.succeeded(permit),
                Err(no_leg @ (NoLeg::Failed | NoLeg::Unavailable(_))) => {
                    if let Some(pause) = breaker.failed(permit, now) {
                        tracing::warn!(reason = %no_leg, seconds = pause.as_secs(), "the service for travel times is left alone for a while");
                    }
                }
                Err(NoLeg::TooOften(asked)) => breaker.spare(permit, now, chance(), *asked),
                Err(NoLeg::DayIsSpent(_)) => breaker.keep_away(now, next_day(now)),
                Err(NoLeg::Refused(_)) => {
                    breaker.keep_away(now, now.checked_add(REFUSED).unwrap_or(now));
                }
                // It was not asked.
                Err(NoLeg::Resting(_) | NoLeg::Crowded | NoLeg::OverBudget | NoLeg::NoService) => {}
            }
        }
        self.tell(answer);
    }

    /// Tells the operator what only the operator can mend: once, until the service has answered again.
    fn tell(&self, answer: &Result<Leg, NoLeg>) {
        let Ok(mut told) = self.told.lock() else {
            return;
        };
        match answer {
            // A fault of this program does not end because another question was understood.
            Ok(_) => told.retain(|word| *word == NoLeg::Misunderstood(String::new()).as_str()),
            Err(
                no_leg @ (NoLeg::Refused(_)
                | NoLeg::DayIsSpent(_)
                | NoLeg::Misunderstood(_)
                | NoLeg::OverBudget),
            ) => {
                if told.insert(no_leg.as_str()) {
                    tracing::error!(reason = %no_leg, "the service for travel times needs its operator; straight lines are used meanwhile");
                }
            }
            Err(_) => {}
        }
    }
}

/// Uniform in 0 to 1.
fn chance() -> f64 {
    // Without chance the wait is the longest, which harms nobody.
    getrandom::u32().map_or(1.0, |drawn| f64::from(drawn) / f64::from(u32::MAX))
}
