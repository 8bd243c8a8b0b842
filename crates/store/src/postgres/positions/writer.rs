//! The thread that writes what waits, many fixes with one statement.

use std::time::{Duration, Instant};

use super::table;
use super::waiting::Waiting;
use crate::positions::OnDisk;
use crate::postgres::database::Database;
use crate::postgres::telling::Program;

/// While many send, what goes with one statement gathers for so long at most.
const GATHER: Duration = Duration::from_millis(15);
/// Once nothing has come for so long, everybody waits already.
const LULL: Duration = Duration::from_millis(2);
/// So many fixes of one statement are many.
const MANY: usize = 32;
/// After a failure the database is tried again so often.
const AGAIN: Duration = Duration::from_millis(250);

/// Writes until the log is closed and nothing waits, or nothing can be written.
pub fn run(database: &Database, program: &Program, waiting: &Waiting, on_disk: &OnDisk) {
    let mut were_many = false;
    let mut last = Instant::now();
    while waiting.wait() {
        if were_many {
            gather(waiting, last + GATHER);
        }
        let Some(portion) = waiting.take() else {
            continue;
        };
        last = Instant::now();
        were_many = portion.fixes.len() >= MANY;
        let payloads = program.says_fixes(&portion.fixes);
        let written =
            database.with(async |client| table::insert(client, &portion.fixes, &payloads).await);
        match written {
            Ok(()) => {
                waiting.written(&portion);
                on_disk(portion.ticket);
            }
            // Whether it was written after all nobody knows; written again it is the same.
            Err(error) => {
                if !waiting.put_back(portion, error.to_string()) {
                    return;
                }
                std::thread::sleep(AGAIN);
            }
        }
    }
}

/// Lets come what comes, until `end` or until nothing does.
fn gather(waiting: &Waiting, end: Instant) {
    let mut before = 0;
    while Instant::now() < end {
        std::thread::sleep(LULL);
        let ticket = waiting.last_ticket();
        if ticket == before {
            return;
        }
        before = ticket;
    }
}
