//! What dispatchers and clinics have been told of a route, and what a fix adds to it.

use jiff::{SignedDuration, Timestamp};

use super::plan::Plan;
use super::{Eta, Trip};
use crate::fix::Fix;

/// An ETA that moved by as much stands in the next update.
const UPDATED: SignedDuration = SignedDuration::from_secs(15);
/// One that moved by more is news of its own.
const MOVED: SignedDuration = SignedDuration::from_secs(60);
/// A clinic is told that its driver comes so long before.
const NOTICE: SignedDuration = SignedDuration::from_secs(300);
/// An older fix leads to no notice: what it says is history.
const FRESH: SignedDuration = SignedDuration::from_secs(120);

/// What was last said of one stop.
#[derive(Debug, Clone, Copy, Default)]
pub struct Said {
    updated: Option<Timestamp>,
    announced: Option<Timestamp>,
    /// Its clinic has been told.
    pub noticed: bool,
}

/// What was told of the stops of a route, in the plan's order.
#[derive(Debug, Clone)]
pub struct Told(Vec<Said>);

/// A clinic is to be told that its driver comes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Notice {
    /// Place of the stop in the plan.
    pub stop: usize,
    /// In how many minutes; 0: is there.
    pub minutes_away: u32,
    /// When.
    pub eta: Timestamp,
}

/// What a fix adds. Positions are places in the list of ETAs that it was made from.
#[derive(Debug, Default)]
pub struct News {
    /// ETAs that moved enough to stand in the update.
    pub updated: Vec<usize>,
    /// ETAs that moved so much that it is news.
    pub moved: Vec<usize>,
    /// Clinics that are to be told.
    pub notices: Vec<Notice>,
}

impl Told {
    /// What was said of each stop of the plan.
    pub fn new(plan: &Plan, said: impl Fn(usize) -> Said) -> Self {
        Self((0..plan.stops.len()).map(said).collect())
    }

    /// What was said of a stop.
    pub fn of(&self, stop: usize) -> Said {
        self.0[stop]
    }

    /// What is told now that the newest fix has these ETAs; it counts as told from here on.
    pub fn tell(
        &mut self,
        plan: &Plan,
        trip: &Trip,
        fix: &Fix,
        etas: &[Eta],
        now: Timestamp,
    ) -> News {
        let mut news = News::default();
        for (position, eta) in etas.iter().enumerate() {
            let said = &mut self.0[eta.stop];
            if moved_by(said.updated, eta.at).is_none_or(|by| by >= UPDATED) {
                said.updated = Some(eta.at);
                news.updated.push(position);
            }
            match moved_by(said.announced, eta.at) {
                None => said.announced = Some(eta.at),
                Some(by) if by > MOVED => {
                    said.announced = Some(eta.at);
                    news.moved.push(position);
                }
                Some(_) => {}
            }
        }
        news.notices = self.notices(plan, trip, fix, etas, now);
        news
    }

    /// Clinics that are to be told now that the newest fix has these ETAs; they count as told from here on.
    ///
    /// Each is told once: when the driver has arrived, or is in the next stop's fence, or minutes before, but not while the
    /// driver still stands at another stop.
    pub fn notices(
        &mut self,
        plan: &Plan,
        trip: &Trip,
        fix: &Fix,
        etas: &[Eta],
        now: Timestamp,
    ) -> Vec<Notice> {
        let mut notices = Vec::new();
        // Nothing sent is unsent: what a van can hardly have had must be followed by another that bears it out.
        if now.duration_since(fix.at) > FRESH || trip.doubts(fix) {
            return notices;
        }
        let next = etas.first();
        for index in trip.within() {
            let comes =
                trip.has_arrived(plan, index) || next.is_some_and(|next| next.stop == index);
            if comes && !plan.stops[index].is_closed(fix.at) {
                self.notice_once(index, 0, fix.at, &mut notices);
            }
        }
        if let Some(next) = next {
            let away = next.at.duration_since(fix.at);
            if away <= NOTICE && trip.is_under_way(plan, fix.at) {
                let minutes = rounded_minutes(away);
                self.notice_once(next.stop, minutes, next.at, &mut notices);
            }
        }
        notices
    }

    fn notice_once(
        &mut self,
        stop: usize,
        minutes_away: u32,
        eta: Timestamp,
        notices: &mut Vec<Notice>,
    ) {
        if !std::mem::replace(&mut self.0[stop].noticed, true) {
            notices.push(Notice {
                stop,
                minutes_away,
                eta,
            });
        }
    }
}

/// How far an ETA is from the one that was told; none where none was.
fn moved_by(told: Option<Timestamp>, now: Timestamp) -> Option<SignedDuration> {
    told.map(|told| now.duration_since(told).abs())
}

fn rounded_minutes(away: SignedDuration) -> u32 {
    u32::try_from((away.as_secs() + 30) / 60).unwrap_or(0)
}
