//! The quarter of an hour that is under way: every driver's tail, and what waits for the disk.

use std::collections::VecDeque;

use super::columns::{self, Chain};
use super::row::Row;
use super::{DriverNo, Received};
use crate::StoreError;

/// Bytes that a tail grows by: a driver sends some thirty fixes a quarter, in some ten bytes each.
const GROWTH: usize = 96;
/// Most bytes that may wait for the disk; more are refused.
const MOST_WAITING: usize = 64 << 20;

/// One driver's fixes of a quarter, in the order in which they came.
#[derive(Debug, Default, Clone)]
pub struct Tail {
    bytes: Vec<u8>,
    chain: Chain,
    /// Times of the oldest and newest, where there are any.
    span: Option<(i64, i64)>,
}

impl Tail {
    fn push(&mut self, row: &Row) {
        if self.bytes.capacity() - self.bytes.len() < GROWTH {
            // Doubling, as vectors do by themselves, would waste a quarter of the memory of a million drivers.
            self.bytes.reserve_exact(GROWTH);
        }
        columns::push(&mut self.bytes, &mut self.chain, row);
        self.span = Some(match self.span {
            Some((first, last)) => (first.min(row.at_ms), last.max(row.at_ms)),
            None => (row.at_ms, row.at_ms),
        });
    }

    /// Its fixes.
    pub fn rows(&self) -> impl Iterator<Item = Row> + '_ {
        columns::rows(&self.bytes)
    }

    /// Times of the oldest and the newest.
    pub const fn span(&self) -> Option<(i64, i64)> {
        self.span
    }
}

/// The tails of a quarter, by driver.
#[derive(Debug, Default)]
pub struct Tails(Vec<Tail>);

impl Tails {
    /// Adds a fix.
    pub fn push(&mut self, driver: DriverNo, row: &Row) {
        let place = driver.0 as usize;
        if self.0.len() <= place {
            self.0.resize_with(place + 1, Tail::default);
        }
        self.0[place].push(row);
    }

    /// A driver's.
    pub fn of(&self, driver: DriverNo) -> Option<&Tail> {
        self.0.get(driver.0 as usize)
    }

    /// Those that are not empty, in the order of drivers.
    pub fn iter(&self) -> impl Iterator<Item = (DriverNo, &Tail)> {
        let numbers = (0..).map(DriverNo);
        numbers.zip(&self.0).filter(|(_, tail)| tail.span.is_some())
    }
}

/// What waits for the disk, for one journal.
#[derive(Debug)]
pub struct Waiting {
    /// The quarter.
    pub quarter: i64,
    /// Records, as they are written.
    pub bytes: Vec<u8>,
    /// How many.
    pub count: usize,
    /// With them on disk, all is up to this ticket.
    pub ticket: u64,
}

/// The quarter that is under way.
#[derive(Debug)]
pub struct Open {
    /// When it began, in unix seconds.
    pub quarter: i64,
    /// The drivers' tails.
    pub tails: Tails,
    /// What waits for the disk, in order.
    pub waiting: VecDeque<Waiting>,
    /// The ticket given last.
    pub ticket: u64,
    /// All up to this ticket is on disk.
    pub durable: u64,
    /// Why the disk cannot be written; then nothing is taken.
    pub failed: Option<String>,
    /// The quarter whose file is being written, and the last ticket in its journal.
    pub frozen_quarter: i64,
    pub frozen_ticket: u64,
}

impl Open {
    /// A quarter with these tails, all of them on disk.
    pub const fn new(quarter: i64, tails: Tails) -> Self {
        Self {
            quarter,
            tails,
            waiting: VecDeque::new(),
            ticket: 0,
            durable: 0,
            failed: None,
            frozen_quarter: 0,
            frozen_ticket: 0,
        }
    }

    /// Whether the writer has nothing to do.
    pub fn is_idle(&self) -> bool {
        self.waiting.is_empty()
    }

    /// Adds fixes.
    pub fn append(&mut self, fixes: &[Received]) -> Result<u64, StoreError> {
        if let Some(reason) = &self.failed {
            return Err(StoreError::Unavailable(reason.clone()));
        }
        let waiting: usize = self.waiting.iter().map(|waiting| waiting.bytes.len()).sum();
        if waiting > MOST_WAITING {
            return Err(StoreError::Unavailable(
                "too much waits for the disk".to_owned(),
            ));
        }
        self.ticket += 1;
        if self
            .waiting
            .back()
            .is_none_or(|waiting| waiting.quarter != self.quarter)
        {
            self.waiting.push_back(Waiting {
                quarter: self.quarter,
                bytes: Vec::new(),
                count: 0,
                ticket: self.ticket,
            });
        }
        for received in fixes {
            let row = Row::of(&received.fix, received.received_at);
            self.tails.push(received.driver, &row);
            if let Some(waiting) = self.waiting.back_mut() {
                super::record::push(&mut waiting.bytes, received.driver, &row);
                waiting.count += 1;
                waiting.ticket = self.ticket;
            }
        }
        Ok(self.ticket)
    }
}
