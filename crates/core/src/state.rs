//! The states of deliveries, pickups, stops and routes, written down once as states x steps.
//!
//! `docs/states.md` is printed from these tables, and a test compares the two.

use std::fmt;

use serde::{Deserialize, Serialize};

macro_rules! words {
    ($(#[$doc:meta])* $name:ident { $($(#[$vdoc:meta])* $variant:ident = $text:literal),* $(,)? }) => {
        $(#[$doc])*
        #[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
        pub enum $name { $($(#[$vdoc])* #[serde(rename = $text)] $variant),* }

        impl $name {
            /// Every value, in the order of a usual day.
            pub const ALL: &'static [Self] = &[$(Self::$variant),*];

            /// The word that stands in answers and rows.
            pub const fn as_str(self) -> &'static str {
                match self { $(Self::$variant => $text),* }
            }

            /// The value of a word, as [`Self::as_str`] writes it.
            pub fn from_word(word: &str) -> Option<Self> {
                Self::ALL.iter().copied().find(|value| value.as_str() == word)
            }
        }

        impl std::fmt::Display for $name {
            fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                f.write_str(self.as_str())
            }
        }
    };
}
pub(crate) use words;

words! {
    /// Where a delivery stands.
    DeliveryStatus {
        /// Its cases are ready or will be; nobody drives it yet.
        Scheduled = "scheduled",
        /// On a route that has not started.
        Assigned = "assigned",
        /// In the van.
        OutForDelivery = "out_for_delivery",
        /// All of it is at the clinic.
        Delivered = "delivered",
        /// Some of it is; the rest went to a later delivery.
        PartiallyDelivered = "partially_delivered",
        /// None of it is; its cases went to a later delivery.
        Failed = "failed",
        /// Nothing left to bring.
        Cancelled = "cancelled",
    }
}

words! {
    /// What can happen to a delivery.
    DeliveryStep {
        /// Put on a route.
        Assign = "assign",
        /// Taken off its route.
        Unassign = "unassign",
        /// Its route starts.
        Depart = "depart",
        /// All cases are at the clinic.
        Deliver = "deliver",
        /// Some cases are at the clinic.
        DeliverPart = "deliver_part",
        /// No case could be delivered.
        Fail = "fail",
        /// Called off, or left empty.
        Cancel = "cancel",
    }
}

words! {
    /// Where a pickup stands.
    PickupStatus {
        /// Asked for.
        Requested = "requested",
        /// On a route.
        Scheduled = "scheduled",
        /// In the van.
        PickedUp = "picked_up",
        /// In the lab.
        AtLab = "at_lab",
        /// The driver came, and it could not be had.
        Missed = "missed",
        /// Called off.
        Cancelled = "cancelled",
    }
}

words! {
    /// What can happen to a pickup.
    PickupStep {
        /// Put on a route.
        Schedule = "schedule",
        /// Taken off its route.
        Unschedule = "unschedule",
        /// Taken along.
        PickUp = "pick_up",
        /// Handed over in the lab.
        Arrive = "arrive",
        /// Could not be had.
        Miss = "miss",
        /// Called off.
        Cancel = "cancel",
        /// Called off with its series, and back with it.
        Renew = "renew",
    }
}

words! {
    /// Where a stop stands.
    StopStatus {
        /// Ahead.
        Planned = "planned",
        /// The driver is there.
        Arrived = "arrived",
        /// All its work is done.
        Done = "done",
        /// Some of it is.
        PartlyDone = "partly_done",
        /// None of it is.
        Failed = "failed",
        /// The driver did not go there.
        Skipped = "skipped",
    }
}

words! {
    /// What can happen to a stop.
    StopStep {
        /// The driver is there.
        Arrive = "arrive",
        /// All work done.
        Complete = "complete",
        /// Some work done.
        CompletePart = "complete_part",
        /// No work done.
        Fail = "fail",
        /// Not visited.
        Skip = "skip",
    }
}

words! {
    /// Where a route stands.
    RouteStatus {
        /// Not begun.
        Planned = "planned",
        /// On the road.
        Started = "started",
        /// Over.
        Finished = "finished",
        /// Called off.
        Cancelled = "cancelled",
    }
}

words! {
    /// What can happen to a route.
    RouteStep {
        /// The driver leaves the lab.
        Start = "start",
        /// The driver is back.
        Finish = "finish",
        /// Called off.
        Cancel = "cancel",
    }
}

/// A kind of thing that moves through states by steps.
pub trait Machine: Copy + PartialEq + 'static {
    /// What can happen to it.
    type Step: Copy + PartialEq + 'static;
    /// Every allowed move; what is not here is refused.
    const MOVES: &'static [(Self, Self::Step, Self)];

    /// The state after `step`, if the table allows it.
    fn after(self, step: Self::Step) -> Option<Self> {
        let allowed = |row: &&(Self, Self::Step, Self)| row.0 == self && row.1 == step;
        Self::MOVES.iter().find(allowed).map(|row| row.2)
    }
}

impl Machine for DeliveryStatus {
    type Step = DeliveryStep;
    const MOVES: &'static [(Self, DeliveryStep, Self)] = {
        use DeliveryStatus as S;
        use DeliveryStep as E;
        &[
            (S::Scheduled, E::Assign, S::Assigned),
            (S::Assigned, E::Unassign, S::Scheduled),
            (S::Assigned, E::Depart, S::OutForDelivery),
            (S::Scheduled, E::Deliver, S::Delivered),
            (S::Assigned, E::Deliver, S::Delivered),
            (S::OutForDelivery, E::Deliver, S::Delivered),
            (S::PartiallyDelivered, E::Deliver, S::Delivered),
            (S::Failed, E::Deliver, S::Delivered),
            (S::Scheduled, E::DeliverPart, S::PartiallyDelivered),
            (S::Assigned, E::DeliverPart, S::PartiallyDelivered),
            (S::OutForDelivery, E::DeliverPart, S::PartiallyDelivered),
            (S::PartiallyDelivered, E::DeliverPart, S::PartiallyDelivered),
            (S::Failed, E::DeliverPart, S::PartiallyDelivered),
            (S::Assigned, E::Fail, S::Failed),
            (S::OutForDelivery, E::Fail, S::Failed),
            (S::Scheduled, E::Cancel, S::Cancelled),
            (S::Assigned, E::Cancel, S::Cancelled),
        ]
    };
}

impl DeliveryStatus {
    /// Whether further cases may still join it.
    pub const fn is_open(self) -> bool {
        matches!(self, Self::Scheduled | Self::Assigned)
    }
}

impl Machine for PickupStatus {
    type Step = PickupStep;
    const MOVES: &'static [(Self, PickupStep, Self)] = {
        use PickupStatus as S;
        use PickupStep as E;
        &[
            (S::Requested, E::Schedule, S::Scheduled),
            (S::Scheduled, E::Unschedule, S::Requested),
            (S::Requested, E::PickUp, S::PickedUp),
            (S::Scheduled, E::PickUp, S::PickedUp),
            (S::Missed, E::PickUp, S::PickedUp),
            (S::PickedUp, E::Arrive, S::AtLab),
            (S::Requested, E::Miss, S::Missed),
            (S::Scheduled, E::Miss, S::Missed),
            (S::Requested, E::Cancel, S::Cancelled),
            (S::Scheduled, E::Cancel, S::Cancelled),
            (S::Cancelled, E::Renew, S::Requested),
        ]
    };
}

impl PickupStatus {
    /// Whether its sender may still change it.
    pub const fn is_changeable(self) -> bool {
        matches!(self, Self::Requested | Self::Scheduled)
    }
}

impl Machine for StopStatus {
    type Step = StopStep;
    const MOVES: &'static [(Self, StopStep, Self)] = {
        use StopStatus as S;
        use StopStep as E;
        &[
            (S::Planned, E::Arrive, S::Arrived),
            (S::Planned, E::Complete, S::Done),
            (S::Arrived, E::Complete, S::Done),
            (S::Planned, E::CompletePart, S::PartlyDone),
            (S::Arrived, E::CompletePart, S::PartlyDone),
            (S::Planned, E::Fail, S::Failed),
            (S::Arrived, E::Fail, S::Failed),
            (S::Planned, E::Skip, S::Skipped),
            (S::Arrived, E::Skip, S::Skipped),
        ]
    };
}

impl StopStatus {
    /// Whether its work is still ahead.
    pub const fn is_open(self) -> bool {
        matches!(self, Self::Planned | Self::Arrived)
    }
}

impl Machine for RouteStatus {
    type Step = RouteStep;
    const MOVES: &'static [(Self, RouteStep, Self)] = {
        use RouteStatus as S;
        use RouteStep as E;
        &[
            (S::Planned, E::Start, S::Started),
            (S::Started, E::Finish, S::Finished),
            (S::Planned, E::Cancel, S::Cancelled),
            (S::Started, E::Cancel, S::Cancelled),
        ]
    };
}

/// The tables as Markdown: a row a state, a column a step.
pub fn markdown() -> String {
    let mut page = String::from(
        "# States and steps\n\nPrinted from `crates/core/src/state.rs`. An empty cell is refused.\n",
    );
    table(
        &mut page,
        "Delivery",
        DeliveryStatus::ALL,
        DeliveryStep::ALL,
    );
    table(&mut page, "Pickup", PickupStatus::ALL, PickupStep::ALL);
    table(&mut page, "Stop", StopStatus::ALL, StopStep::ALL);
    table(&mut page, "Route", RouteStatus::ALL, RouteStep::ALL);
    page
}

fn table<S>(page: &mut String, title: &str, states: &[S], steps: &[S::Step])
where
    S: Machine + fmt::Display,
    S::Step: fmt::Display,
{
    use std::fmt::Write as _;
    // Writing to a String cannot fail.
    let _ = write!(page, "\n## {title}\n\n| |");
    for step in steps {
        let _ = write!(page, " {step} |");
    }
    let _ = writeln!(page, "\n|---|{}", "---|".repeat(steps.len()));
    for state in states {
        let _ = write!(page, "| **{state}** |");
        for step in steps {
            let _ = match state.after(*step) {
                Some(next) => write!(page, " {next} |"),
                None => write!(page, " |"),
            };
        }
        page.push('\n');
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_page_in_docs_is_the_table_in_code() {
        let path = concat!(env!("CARGO_MANIFEST_DIR"), "/../../docs/states.md");
        if std::env::var_os("UPDATE_DOCS").is_some() {
            std::fs::write(path, markdown()).expect("docs/states.md can be written");
        }
        let page = std::fs::read_to_string(path).expect("docs/states.md is there");
        assert_eq!(
            page,
            markdown(),
            "run UPDATE_DOCS=1 cargo test -p pontic-core"
        );
    }

    #[test]
    fn no_state_and_step_lead_to_two_states() {
        fn check<S: Machine + fmt::Debug>() {
            for (index, row) in S::MOVES.iter().enumerate() {
                assert!(
                    !S::MOVES[index + 1..]
                        .iter()
                        .any(|other| other.0 == row.0 && other.1 == row.1),
                    "{:?}",
                    row.0
                );
            }
        }
        check::<DeliveryStatus>();
        check::<PickupStatus>();
        check::<StopStatus>();
        check::<RouteStatus>();
    }
}
