//! What holds for any day of events: replay, repetition, order, batches.
//!
//! The invariants are checked by the desk after every event. `PROPTEST_CASES` says how many days are tried.

use std::collections::{BTreeMap, BTreeSet};

use pontic_core::delivery::Delivery;
use pontic_core::event::{Body, DeliveryCompleted};
use pontic_core::invoice::{Invoice, InvoiceStatus};
use pontic_core::state::DeliveryStatus;
use proptest::prelude::*;
use proptest::test_runner::FileFailurePersistence;

use crate::days::{Happening, happenings};
use crate::events::*;
use crate::harness::Bench;

/// Days tried unless `PROPTEST_CASES` says otherwise.
const CASES: u32 = 128;

fn config() -> ProptestConfig {
    let given = std::env::var("PROPTEST_CASES").ok();
    ProptestConfig {
        cases: given.and_then(|text| text.parse().ok()).unwrap_or(CASES),
        failure_persistence: Some(Box::new(FileFailurePersistence::Off)),
        max_shrink_iters: 400,
        ..ProptestConfig::default()
    }
}

fn lived(day: &[Happening]) -> Bench {
    let mut bench = Bench::new();
    for happening in day {
        happening.happen(&mut bench);
    }
    bench
}

/// Events that change nothing when they come a second time.
fn is_idempotent(body: &Body) -> bool {
    !matches!(
        body,
        // A stop that joined another one is over.
        Body::RoutePlanned(_)
            | Body::RouteChanged(_)
            | Body::StopMoved(_)
            | Body::DeliveryPatched(_)
    )
}

proptest! {
    #![proptest_config(config())]

    #[test]
    fn replay_and_batches_give_the_same_state(
        day in happenings(),
        sizes in prop::collection::vec(1..12usize, 1..6),
    ) {
        let bench = lived(&day);
        let again = bench.replayed(&sizes, true);
        for (place, record) in &bench.records {
            prop_assert_eq!(again.records.get(place), Some(record));
        }
        prop_assert_eq!(bench.records.len(), again.records.len());
        prop_assert_eq!(&bench.publications, &again.publications);
        prop_assert_eq!(&bench.alerts, &again.alerts);
        prop_assert_eq!(&bench.deferred_ever, &again.deferred_ever);
    }

    #[test]
    fn what_comes_again_changes_nothing(day in happenings()) {
        let mut bench = Bench::new();
        for happening in &day {
            let before = bench.log.len();
            happening.happen(&mut bench);
            let new = bench.log.len() > before;
            let Some(last) = bench.log.last().filter(|last| new && is_idempotent(&last.event.body)) else {
                continue;
            };
            let body = last.event.body.clone();
            let name = body.name();
            let done = bench.clone().try_send(body);
            let idle = done.as_ref().is_ok_and(|done| done.idle);
            prop_assert!(idle, "{}: {:?}", name, done);
        }
    }

    #[test]
    fn order_does_not_matter_where_it_may_not(run in runs()) {
        let mut states = BTreeSet::new();
        for order in [&run.orders[0], &run.orders[1]] {
            states.insert(format!("{:?}", run.end_in(order)));
        }
        prop_assert_eq!(states.len(), 1, "{:#?}", states);
    }
}

/// Cases of a few clinics and days, delivered in halves, and their invoices.
#[derive(Debug, Clone)]
struct Run {
    /// Clinic and day of each case.
    cases: Vec<(usize, usize)>,
    /// Which half of its delivery each case comes with; the third stays undelivered.
    halves: Vec<usize>,
    /// Cases of each invoice.
    invoices: Vec<Vec<usize>>,
    /// Two orders, as numbers to sort by.
    orders: [Vec<u32>; 2],
}

const DATES: [&str; 2] = ["2025-01-14", "2025-01-16"];

fn runs() -> impl Strategy<Value = Run> {
    let order = || prop::collection::vec(any::<u32>(), 32);
    (
        prop::collection::vec((0..3usize, 0..2usize), 1..8),
        prop::collection::vec(0..3usize, 8),
        prop::collection::vec(prop::collection::vec(0..8usize, 1..4), 0..4),
        [order(), order()],
    )
        .prop_map(|(cases, halves, invoices, orders)| Run {
            cases,
            halves,
            invoices,
            orders,
        })
}

/// What one of a run's events is about.
#[derive(Debug, Clone)]
enum Part {
    Ready(usize),
    Invoice(usize),
    Half(usize, usize),
}

fn shuffled(mut parts: Vec<Part>, order: &[u32]) -> Vec<Part> {
    let mut keys = order.iter().cycle();
    parts.sort_by_cached_key(|_| keys.next());
    parts
}

impl Run {
    fn name(case: usize) -> String {
        format!("C{case}")
    }

    /// Only one delivery of a clinic is completed: what it leaves may join the clinic's other one.
    fn place(&self, case: usize) -> (String, &'static str) {
        let (clinic, date) = self.cases[case];
        (format!("CL{clinic}"), DATES[date])
    }

    /// Where the cases stand at the end, whatever the ids.
    fn end_in(&self, order: &[u32]) -> impl std::fmt::Debug + use<> {
        let mut bench = Bench::new();
        let invoices = (0..self.invoices.len()).map(Part::Invoice);
        let early = invoices.clone().filter(|_| order[0].is_multiple_of(2));
        let late = invoices.filter(|_| !order[0].is_multiple_of(2));
        let first = (0..self.cases.len()).map(Part::Ready).chain(early);
        for part in shuffled(first.collect(), order) {
            self.happen(&mut bench, &part, &BTreeMap::new());
        }
        let ids: BTreeMap<usize, Delivery> = (0..self.cases.len())
            .map(|case| (case, bench.delivery_of(&Self::name(case))))
            .collect();
        let halves = (0..3).flat_map(|clinic| (0..2).map(move |half| Part::Half(clinic, half)));
        for part in shuffled(halves.chain(late).collect(), &order[3..]) {
            self.happen(&mut bench, &part, &ids);
        }
        summary(&bench)
    }

    fn happen(&self, bench: &mut Bench, part: &Part, deliveries: &BTreeMap<usize, Delivery>) {
        match part {
            Part::Ready(case) => {
                let (clinic, date) = self.place(*case);
                bench.send(heavy(&Self::name(*case), &clinic, date, 0.1));
            }
            Part::Invoice(invoice) => self.invoice(bench, *invoice),
            Part::Half(clinic, half) => self.half(bench, *clinic, *half, deliveries),
        }
    }

    /// An invoice is for the clinic of its first case.
    fn invoice(&self, bench: &mut Bench, number: usize) {
        let known = |case: &&usize| **case < self.cases.len();
        let cases: Vec<usize> = self.invoices[number]
            .iter()
            .filter(known)
            .copied()
            .collect();
        let Some(first) = cases.first() else { return };
        let clinic = self.place(*first).0;
        let own: Vec<String> = cases
            .iter()
            .filter(|case| self.place(**case).0 == clinic)
            .map(|case| Self::name(*case))
            .collect();
        let own: Vec<&str> = own.iter().map(String::as_str).collect();
        bench.send(invoice(&format!("I{number}"), &clinic, &own));
    }

    /// Completes a half of the delivery of the later date.
    fn half(&self, bench: &mut Bench, clinic: usize, half: usize, of: &BTreeMap<usize, Delivery>) {
        let there = |case: &usize| self.cases[*case] == (clinic, 1) && self.halves[*case] == half;
        let cases: Vec<usize> = (0..self.cases.len()).filter(there).collect();
        let Some(first) = cases.first() else { return };
        let names: Vec<String> = cases.iter().map(|case| Self::name(*case)).collect();
        let names: Vec<&str> = names.iter().map(String::as_str).collect();
        let body: DeliveryCompleted = complete_part(&of[first].id, &names);
        bench.send(body);
    }
}

/// Deliveries by clinic, date, status and cases; invoices by status; what was billed.
fn summary(bench: &Bench) -> impl std::fmt::Debug + use<> {
    let cases = bench.all::<pontic_core::delivery::Case>();
    let mut deliveries: Vec<String> = bench
        .all::<Delivery>()
        .into_iter()
        .filter(|delivery| delivery.status != DeliveryStatus::Cancelled)
        .map(|delivery| {
            let own = cases
                .iter()
                .filter(|case| case.delivery_id.as_ref() == Some(&delivery.id));
            let own: Vec<&str> = own.map(|case| case.id.as_str()).collect();
            format!(
                "{} {} {} {own:?} {:?}",
                delivery.clinic_id, delivery.date, delivery.status, delivery.load
            )
        })
        .collect();
    deliveries.sort();
    let invoices: BTreeMap<String, InvoiceStatus> = bench
        .all::<Invoice>()
        .into_iter()
        .map(|invoice| (invoice.id.to_string(), invoice.status))
        .collect();
    let billed: BTreeSet<String> = bench
        .publications
        .iter()
        .filter(|one| one.name == "BillingTriggered")
        .map(|one| one.record_id.clone())
        .collect();
    (deliveries, invoices, billed)
}
