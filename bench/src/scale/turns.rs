//! Replicas on one database take turns: each gathers what waits into a batch, decides it while others do the same, and commits it
//! alone. See `docs/decisions/0011-one-row-orders-commits.md`.

use std::collections::VecDeque;

use super::chance::Chance;
use crate::numbers::{float, quantile};
use crate::table::Table;

/// What a batch costs, measured: events, CPU of the replica and of the database, in µs an event
/// (`docs/performance.md`, "In a database").
const MEASURED: [(f64, f64, f64); 4] = [
    (1.0, 350.0, 725.0),
    (64.0, 34.0, 95.0),
    (100.0, 32.0, 88.0),
    (1_024.0, 20.0, 53.0),
];
/// Most events of a batch, as the door takes them.
const MOST: usize = 1_024;
/// How long a batch's way to the database and the sync of its log take together, in µs: assumed, as it is the disk's and the
/// network's. A sync on this machine's disk, and two of volumes over a network.
const SYNCS_US: [f64; 3] = [500.0, 1_500.0, 4_000.0];
/// Numbers of replicas.
const REPLICAS: [usize; 5] = [1, 2, 3, 4, 8];
/// Events that are let through before it counts, and that count.
const WARM_UP: usize = 20_000;
const COUNTED: usize = 100_000;
/// More events a second than any of them can take, so that all wait in full batches.
const FLOOD: f64 = 100_000.0;

/// What `events` in one batch cost, in µs: of the replica before its turn, and of the database in it.
fn cost_us(events: usize) -> (f64, f64) {
    let events = float(events);
    let whole = |(count, replica, database): (f64, f64, f64)| (count * replica, count * database);
    let next = MEASURED
        .iter()
        .position(|(count, ..)| *count >= events)
        .unwrap_or(MEASURED.len() - 1)
        .max(1);
    let (low, high) = (MEASURED[next - 1], MEASURED[next]);
    let share = (events - low.0) / (high.0 - low.0);
    let (from, to) = (whole(low), whole(high));
    (
        from.0 + share * (to.0 - from.0),
        from.1 + share * (to.1 - from.1),
    )
}

/// A replica: what waits at it, and when it is free.
#[derive(Default)]
struct Replica {
    /// When each came, in µs.
    waiting: VecDeque<f64>,
    free_at: f64,
}

/// What came of a run.
struct Outcome {
    /// Events a second.
    rate: f64,
    /// Events in a batch.
    batch: f64,
    /// From coming to being answered, in µs.
    waits_us: Vec<f64>,
}

/// Lets `rate` events a second come to `replicas`, each by chance to one of them.
fn run(replicas: usize, sync_us: f64, rate: f64) -> Outcome {
    let mut chance = Chance::new(1);
    let mut all: Vec<Replica> = (0..replicas).map(|_| Replica::default()).collect();
    let mut next_us = chance.wait(rate) * 1e6;
    let mut turn_free_at = 0.0_f64;
    let (mut done, mut batches, mut since, mut ended) = (0, 0, 0.0, 0.0);
    let mut waits_us = Vec::with_capacity(COUNTED);
    while done < WARM_UP + COUNTED {
        // Whoever can begin first does: free, and with something that waits.
        let start_of = |replica: &Replica| {
            let first = replica.waiting.front()?;
            Some(first.max(replica.free_at))
        };
        let first = (0..replicas)
            .filter_map(|index| Some((start_of(&all[index])?, index)))
            .min_by(|a, b| a.0.total_cmp(&b.0));
        let Some((start, index)) = first.filter(|(start, _)| *start < next_us) else {
            let place = usize::try_from(chance.next() % replicas as u64).unwrap_or_default();
            all[place].waiting.push_back(next_us);
            next_us += chance.wait(rate) * 1e6;
            continue;
        };
        let replica = &mut all[index];
        let there = replica
            .waiting
            .iter()
            .take(MOST)
            .take_while(|came| **came <= start);
        let events = there.count();
        let (own_us, turn_us) = cost_us(events);
        let turn = (start + own_us).max(turn_free_at);
        turn_free_at = turn + turn_us + sync_us;
        replica.free_at = turn_free_at;
        let counts = done >= WARM_UP;
        if done < WARM_UP {
            since = turn_free_at;
        } else {
            batches += 1;
        }
        for came in replica.waiting.drain(..events) {
            if counts {
                waits_us.push(turn_free_at - came);
            }
            done += 1;
        }
        ended = turn_free_at;
    }
    waits_us.sort_by(f64::total_cmp);
    Outcome {
        rate: float(waits_us.len()) / ((ended - since) / 1e6),
        batch: float(waits_us.len()) / float(batches.max(1)),
        waits_us,
    }
}

/// Prints what replicas bring.
pub fn print() {
    let columns = [
        "journey and sync",
        "replicas",
        "at most",
        "of one",
        "batch",
        "at half of that: p50, p99",
    ];
    let mut table = Table::new(&columns);
    for sync_us in SYNCS_US {
        let flooded = |replicas| run(replicas, sync_us, FLOOD);
        let one = flooded(1).rate;
        for replicas in REPLICAS {
            let most = flooded(replicas);
            let calm = run(replicas, sync_us, most.rate / 2.0);
            table.row([
                format!("{:.1} ms", sync_us / 1e3),
                replicas.to_string(),
                format!("{:.0}/s", most.rate),
                format!("{:.2}", most.rate / one),
                format!("{:.0}", most.batch),
                format!(
                    "{:.1}, {:.1} ms",
                    quantile(&calm.waits_us, 0.5) / 1e3,
                    quantile(&calm.waits_us, 0.99) / 1e3
                ),
            ]);
        }
    }
    table.print("Replicas that take turns at one database (simulated)");
}

#[cfg(test)]
mod tests {
    use super::*;

    fn is_near(value: f64, expected: f64) -> bool {
        (value - expected).abs() < expected * 0.02
    }

    #[test]
    fn what_was_measured_costs_what_it_cost() {
        for (count, replica, database) in MEASURED {
            #[expect(
                clippy::cast_possible_truncation,
                clippy::cast_sign_loss,
                reason = "counts of events"
            )]
            let (own, turn) = cost_us(count as usize);
            assert!(is_near(own, count * replica) && is_near(turn, count * database));
        }
    }

    #[test]
    fn one_replica_does_what_its_batches_take() {
        let (own, turn) = cost_us(MOST);
        let expected = float(MOST) / ((own + turn + 500.0) / 1e6);
        let outcome = run(1, 500.0, FLOOD);
        assert!(is_near(outcome.rate, expected), "{}", outcome.rate);
        assert!(is_near(outcome.batch, float(MOST)), "{}", outcome.batch);
    }

    #[test]
    fn many_replicas_do_what_turns_allow_and_no_more() {
        let (_, turn) = cost_us(MOST);
        let wall = float(MOST) / ((turn + 500.0) / 1e6);
        let rates = [1, 2, 4, 8].map(|replicas| run(replicas, 500.0, FLOOD).rate);
        assert!(rates.is_sorted(), "{rates:?}");
        assert!(is_near(rates[3], wall), "{rates:?} of {wall}");
    }

    #[test]
    fn whoever_is_not_flooded_answers_soon() {
        let calm = run(2, 500.0, 200.0);
        let (own, turn) = cost_us(1);
        let least = own + turn + 500.0;
        assert!(is_near(quantile(&calm.waits_us, 0.1), least));
        assert!(is_near(calm.rate, 200.0), "{}", calm.rate);
    }
}
