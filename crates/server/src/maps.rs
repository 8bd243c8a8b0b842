//! Travel times: a service that is asked with care, and the straight line where it has no answer.
//!
//! Whoever needs a leg for something that cannot wait says the straight line at once ([`travel::straight_line`]), and
//! asks here in a task of its own. Nothing is kept of an answer but by whoever asked, for as long as that leg is driven:
//! Google's terms allow no more.

mod breaker;
mod budget;
mod distance_matrix;
mod flights;
mod service;

use futures_util::future::BoxFuture;
use jiff::{SignedDuration, Timestamp};
use pontic_core::time::Coordinates;
use pontic_core::travel::{self, Leg, Pace};

use crate::clock::Clock;
use crate::config::{Config, Provider};
use distance_matrix::DistanceMatrix;
use service::Service;

/// What is known of one leg, when it is known.
pub type Answer<'a> = BoxFuture<'a, Result<Leg, NoLeg>>;

/// Whoever says how long a drive takes.
pub trait TravelTimes: Send + Sync {
    /// The drive from one place to another, begun now.
    fn leg(&self, from: Coordinates, to: Coordinates) -> Answer<'_>;
}

/// Why there is no travel time.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum NoLeg {
    /// No road leads from the one to the other.
    #[error("no road leads from the one place to the other")]
    Unroutable,
    /// One of the places is no place.
    #[error("one of the places is not found")]
    BadPlace,
    /// What was answered cannot be true of these two places.
    #[error("the answer cannot be true")]
    Implausible,
    /// The service failed, and may not if it is asked again at once.
    #[error("the service failed")]
    Failed,
    /// The service gave no answer that says anything.
    #[error("the service has no answer of use: {0}")]
    Unavailable(&'static str),
    /// The service is asked too often; it may say how long to wait.
    #[error("the service is asked too often")]
    TooOften(Option<SignedDuration>),
    /// The service has nothing left for us today.
    #[error("the service has nothing left for us today: {0}")]
    DayIsSpent(String),
    /// The service does not want us, and says why.
    #[error("the service refuses us: {0}")]
    Refused(String),
    /// The service takes our question for nonsense, which is our fault.
    #[error("the service does not understand us: {0}")]
    Misunderstood(String),
    /// The service is left alone until then.
    #[error("the service is left alone until {0}")]
    Resting(Timestamp),
    /// Too many are asking already.
    #[error("too many are asking at once")]
    Crowded,
    /// The budget of the day or month is spent.
    #[error("the budget is spent")]
    OverBudget,
    /// There is no service to ask.
    #[error("there is no service to ask")]
    NoService,
}

impl NoLeg {
    /// Its word in metrics.
    pub const fn as_str(&self) -> &'static str {
        match self {
            Self::Unroutable => "unroutable",
            Self::BadPlace => "bad_place",
            Self::Implausible => "implausible",
            Self::Failed => "failed",
            Self::Unavailable(_) => "unavailable",
            Self::TooOften(_) => "too_often",
            Self::DayIsSpent(_) => "day_is_spent",
            Self::Refused(_) => "refused",
            Self::Misunderstood(_) => "misunderstood",
            Self::Resting(_) => "resting",
            Self::Crowded => "crowded",
            Self::OverBudget => "over_budget",
            Self::NoService => "no_service",
        }
    }
}

/// The straight line as one of those who know travel times: it always has an answer.
#[derive(Debug, Clone, Copy)]
pub struct StraightLine(pub Pace);

impl TravelTimes for StraightLine {
    fn leg(&self, from: Coordinates, to: Coordinates) -> Answer<'_> {
        Box::pin(std::future::ready(Ok(travel::straight_line(
            from, to, self.0,
        ))))
    }
}

/// All travel times of the program.
pub struct Maps {
    service: Option<Service>,
    pace: Pace,
}

impl std::fmt::Debug for Maps {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Maps")
            .field("has_service", &self.service.is_some())
            .field("pace", &self.pace)
            .finish()
    }
}

impl Maps {
    /// As `config` says; what was spent of the budget is read from the data folder.
    pub fn new(config: &Config, clock: Clock) -> Self {
        let said = &config.maps;
        let service = match &said.provider {
            Provider::None => None,
            Provider::GoogleDistanceMatrix(matrix) => {
                let budget = budget::Budget::open(said.budget, &config.data, clock.now());
                let travel = Box::new(DistanceMatrix::new(matrix.clone()));
                Some(Service::new(travel, budget, clock, said.timeout))
            }
        };
        Self {
            service,
            pace: said.pace,
        }
    }

    /// Whether there is a service to ask.
    pub const fn has_service(&self) -> bool {
        self.service.is_some()
    }

    /// Whether the operator said how vans get along: then nothing that was learned is put in its place.
    pub fn pace_is_fixed(&self) -> bool {
        self.pace != Pace::default()
    }

    /// The drive from one place to another: what the service says, else the straight line at [`Self::pace`]. It takes up
    /// to twice `maps.timeoutMs`.
    pub async fn leg(&self, from: Coordinates, to: Coordinates) -> Leg {
        let straight = || travel::straight_line(from, to, self.pace);
        self.ask(from, to).await.unwrap_or_else(|_| straight())
    }

    /// The drive as the service knows it, or why it does not: for whoever has a better fallback than [`Self::leg`], or must
    /// not take a stop that no road leads to for a usual one.
    pub async fn ask(&self, from: Coordinates, to: Coordinates) -> Result<Leg, NoLeg> {
        match &self.service {
            Some(service) => service.leg(from, to).await,
            None => Err(NoLeg::NoService),
        }
    }

    /// The straight line's pace, as configured; what a lab's own legs teach is laid over it by whoever keeps them.
    pub const fn pace(&self) -> Pace {
        self.pace
    }
}
