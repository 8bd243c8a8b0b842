//! How time goes: as fast as everything is answered, or so many times faster than usual.

use std::time::Duration;

use anyhow::Result;
use jiff::Timestamp;

use super::programs::Programs;
use crate::clock::{Clock, Hand};
use crate::startup::Running;

/// A day's pace.
pub enum Pace<'a> {
    /// The server's clock runs; whoever is late hurries.
    Runs(Clock),
    /// The demo moves the server's clock, once everything is done that was due.
    Moves(Hand, &'a Running),
    /// The same with several programs, each of which has a clock like the demo's own.
    MovesAll(Hand, &'a Programs),
}

impl Pace<'_> {
    /// Whether somebody may be watching.
    pub const fn is_watched(&self) -> bool {
        matches!(self, Self::Runs(_))
    }

    /// Until then.
    pub async fn until(&self, time: Timestamp) -> Result<()> {
        match self {
            Self::Runs(clock) => {
                let left = time.duration_since(clock.now());
                let left: Duration = left.try_into().unwrap_or(Duration::ZERO);
                if !left.is_zero() {
                    clock.sleep(left).await;
                }
                Ok(())
            }
            Self::Moves(hand, running) => {
                hand.move_to(time);
                hand.settled().await;
                running.settled().await?;
                Ok(())
            }
            Self::MovesAll(hand, programs) => {
                hand.move_to(time);
                programs.move_to(time).await
            }
        }
    }

    /// Until all is done that follows from what came so far; a clock that runs waits for nobody.
    pub async fn settle(&self) -> Result<()> {
        match self {
            Self::Runs(_) => {}
            Self::Moves(_, running) => running.settled().await?,
            Self::MovesAll(_, programs) => programs.settled().await?,
        }
        Ok(())
    }
}
