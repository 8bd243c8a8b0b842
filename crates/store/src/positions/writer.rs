//! The thread that writes what waits, many fixes with one sync.

use std::fs::File;
use std::io::Write as _;
use std::time::{Duration, Instant};

use super::open::Waiting;
use super::row::io;
use super::{OnDisk, Shared, journal};
use crate::StoreError;

/// While many send, what goes with one sync gathers for so long at most: each sync wakes whoever waits for it.
const GATHER: Duration = Duration::from_millis(15);
/// Once nothing has come for so long, everybody waits already.
const LULL: Duration = Duration::from_millis(2);
/// So many fixes of one sync are many.
const MANY: usize = 32;
/// After a failure the disk is tried again so often.
const AGAIN: Duration = Duration::from_millis(250);

/// A journal, and how far it is whole.
struct Journal {
    quarter: i64,
    file: File,
    length: u64,
}

/// Writes until the log is closed and nothing waits.
pub fn run(shared: &Shared, on_disk: &OnDisk) {
    let mut journal: Option<Journal> = None;
    let mut were_many = false;
    let mut last = Instant::now();
    while wait(shared) {
        if were_many {
            gather(shared, last + GATHER);
        }
        let Some(waiting) = shared.lock().open.waiting.pop_front() else {
            continue;
        };
        last = Instant::now();
        were_many = waiting.count >= MANY;
        match write(shared, &mut journal, &waiting) {
            Ok(()) => {
                let mut state = shared.lock();
                state.open.durable = waiting.ticket;
                state.open.failed = None;
                drop(state);
                on_disk(waiting.ticket);
            }
            Err(error) => {
                // It waits on, in its place; until it is written nothing else is taken.
                let mut state = shared.lock();
                state.open.failed = Some(error.to_string());
                state.open.waiting.push_front(waiting);
                let stopping = state.stopping;
                drop(state);
                journal = None;
                if stopping {
                    return;
                }
                std::thread::sleep(AGAIN);
            }
        }
    }
}

/// Lets come what comes, until `end` or until nothing does.
fn gather(shared: &Shared, end: Instant) {
    let mut before = 0;
    while Instant::now() < end {
        std::thread::sleep(LULL);
        let waiting = shared.lock().open.ticket;
        if waiting == before {
            return;
        }
        before = waiting;
    }
}

/// Waits until something waits; false when the log is closed and nothing does.
fn wait(shared: &Shared) -> bool {
    let mut state = shared.lock();
    loop {
        if !state.open.waiting.is_empty() {
            return true;
        }
        if state.stopping {
            return false;
        }
        state = shared
            .wake
            .wait(state)
            .unwrap_or_else(std::sync::PoisonError::into_inner);
    }
}

fn write(
    shared: &Shared,
    journal: &mut Option<Journal>,
    waiting: &Waiting,
) -> Result<(), StoreError> {
    let journal = match journal {
        Some(journal) if journal.quarter == waiting.quarter => journal,
        other => other.insert(open(shared, waiting.quarter)?),
    };
    let head = journal::head(&waiting.bytes);
    let done = (&journal.file)
        .write_all(&head)
        .and_then(|()| (&journal.file).write_all(&waiting.bytes))
        .and_then(|()| journal.file.sync_data());
    if let Err(error) = done {
        // What was written of it must not stand before what comes next.
        journal.file.set_len(journal.length).map_err(io)?;
        return Err(io(error));
    }
    journal.length += (head.len() + waiting.bytes.len()) as u64;
    Ok(())
}

fn open(shared: &Shared, quarter: i64) -> Result<Journal, StoreError> {
    let file = journal::open(&shared.dir, quarter)?;
    // A new name must be on disk too before anything in it counts.
    File::open(&shared.dir)
        .and_then(|dir| dir.sync_all())
        .map_err(io)?;
    let length = file.metadata().map_err(io)?.len();
    Ok(Journal {
        quarter,
        file,
        length,
    })
}
