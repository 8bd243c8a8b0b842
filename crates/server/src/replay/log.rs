//! The log as it was: each accepted event with what it published.

use std::collections::VecDeque;
use std::sync::Arc;

use pontic_core::event::{Body, Event, Origin};
use pontic_core::id::LabId;
use pontic_store::Store;
use pontic_store::page::{Direction, LogFilter, LogRow};

use super::ReplayError;
use super::again::Moment;

/// Rows that are read at once.
const PAGE: usize = 1_000;

/// An accepted event, and what came of it then.
pub struct Happened {
    /// Its row.
    pub row: LogRow,
    /// The event.
    pub event: Arc<Event>,
    /// What it published, in order.
    pub published: Vec<LogRow>,
}

impl Happened {
    /// When and under which ids it was decided.
    pub fn moment(&self) -> Moment {
        Moment {
            seq: self.row.seq,
            at: self.row.at,
            entry: self.row.entry,
        }
    }
}

/// Reads the log up to a number, in order.
pub struct Log<'s> {
    store: &'s dyn Store,
    /// Of that lab, and what belongs to none.
    lab_id: Option<&'s LabId>,
    up_to: u64,
    after: u64,
    rows: VecDeque<LogRow>,
    is_over: bool,
}

impl<'s> Log<'s> {
    /// From behind number `after` to number `up_to`.
    pub fn new(store: &'s dyn Store, lab_id: Option<&'s LabId>, after: u64, up_to: u64) -> Self {
        Self {
            store,
            lab_id,
            up_to,
            after,
            rows: VecDeque::new(),
            is_over: false,
        }
    }

    /// The next accepted events, so many at most; none at the end.
    pub fn next_many(&mut self, most: usize) -> Result<Vec<Happened>, ReplayError> {
        let mut many = Vec::with_capacity(most);
        while many.len() < most {
            match self.next()? {
                Some(happened) => many.push(happened),
                None => break,
            }
        }
        Ok(many)
    }

    /// The next accepted event; nothing at the end.
    pub fn next(&mut self) -> Result<Option<Happened>, ReplayError> {
        loop {
            let Some(row) = self.next_row()? else {
                return Ok(None);
            };
            // Publications whose event is before the first that is asked for.
            if row.direction == Direction::Out {
                continue;
            }
            let mut published = Vec::new();
            while let Some(next) = self.peek()? {
                if next.direction != Direction::Out {
                    break;
                }
                published.extend(self.rows.pop_front());
            }
            if self.is_wanted(&row) {
                let event = Arc::new(event_of(&row)?);
                return Ok(Some(Happened {
                    row,
                    event,
                    published,
                }));
            }
        }
    }

    fn is_wanted(&self, row: &LogRow) -> bool {
        match (self.lab_id, &row.lab_id) {
            (Some(wanted), Some(lab)) => wanted == lab || lab.as_str() == "-",
            _ => true,
        }
    }

    fn next_row(&mut self) -> Result<Option<LogRow>, ReplayError> {
        self.fill()?;
        Ok(self.rows.pop_front())
    }

    fn peek(&mut self) -> Result<Option<&LogRow>, ReplayError> {
        self.fill()?;
        Ok(self.rows.front())
    }

    fn fill(&mut self) -> Result<(), ReplayError> {
        if !self.rows.is_empty() || self.is_over {
            return Ok(());
        }
        let filter = LogFilter {
            after: self.after,
            ..LogFilter::default()
        };
        let page = self.store.log(&filter, PAGE)?;
        let up_to = self.up_to;
        self.is_over = page.last().is_none_or(|row| row.seq >= up_to);
        self.rows
            .extend(page.into_iter().filter(|row| row.seq <= up_to));
        self.after = self.rows.back().map_or(self.after, |row| row.seq);
        Ok(())
    }
}

fn event_of(row: &LogRow) -> Result<Event, ReplayError> {
    let unreadable = || ReplayError::Unreadable {
        seq: row.seq,
        name: row.name.clone(),
    };
    let origin: Origin = serde_json::from_str(&row.origin).map_err(|_| unreadable())?;
    let body = Body::from_parts(&row.name, &row.detail, row.private.clone());
    let body = body.ok().flatten().ok_or_else(unreadable)?;
    Ok(Event { origin, body })
}
