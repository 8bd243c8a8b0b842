//! What was told of a stop's fence, against what the fixes say by now.

use crate::event::Sighting;
use crate::route::Sight;

/// One difference.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Correction {
    /// Nothing was told of it yet.
    New(Sight),
    /// It was something else, or at another time.
    Changed {
        /// What was told.
        was: Sight,
        /// What it is; absent: nothing was there.
        now: Option<Sight>,
    },
}

/// What turns `told` into `is`, both in the order of time.
pub fn corrections(told: &[Sight], is: &[Sight]) -> Vec<Correction> {
    let mut old: Vec<Sight> = told.to_vec();
    let mut new: Vec<Sight> = is.to_vec();
    // What stands in both needs no word.
    new.retain(|sight| match old.iter().position(|other| other == sight) {
        Some(place) => {
            old.remove(place);
            false
        }
        None => true,
    });
    let mut corrections = Vec::new();
    for alike in [same, both_left] {
        old.retain(
            |was| match new.iter().position(|now| alike(was.what, now.what)) {
                Some(place) => {
                    let now = Some(new.remove(place));
                    corrections.push(Correction::Changed { was: *was, now });
                    false
                }
                None => true,
            },
        );
    }
    let gone = old
        .into_iter()
        .map(|was| Correction::Changed { was, now: None });
    corrections.extend(gone);
    corrections.extend(new.into_iter().map(Correction::New));
    corrections
}

fn same(a: Sighting, b: Sighting) -> bool {
    a == b
}

/// Going out after an arrival, and going through without one, are two readings of one thing.
fn both_left(a: Sighting, b: Sighting) -> bool {
    let left = |what| matches!(what, Sighting::Exited | Sighting::Crossed);
    left(a) && left(b)
}

#[cfg(test)]
mod tests {
    use jiff::Timestamp;

    use super::*;

    fn sight(what: Sighting, second: i64) -> Sight {
        Sight {
            what,
            at: Timestamp::from_second(second).expect("in range"),
        }
    }

    #[test]
    fn what_stands_in_both_needs_no_word() {
        let told = [sight(Sighting::Entered, 10), sight(Sighting::Crossed, 20)];
        assert_eq!(corrections(&told, &told), []);
    }

    #[test]
    fn a_crossing_that_was_a_visit() {
        let told = [sight(Sighting::Crossed, 20)];
        let is = [
            sight(Sighting::Entered, 10),
            sight(Sighting::Arrived, 15),
            sight(Sighting::Exited, 22),
            sight(Sighting::Departed, 22),
        ];
        assert_eq!(
            corrections(&told, &is),
            [
                Correction::Changed {
                    was: told[0],
                    now: Some(is[2])
                },
                Correction::New(is[0]),
                Correction::New(is[1]),
                Correction::New(is[3]),
            ]
        );
    }

    #[test]
    fn a_visit_that_was_none() {
        let told = [sight(Sighting::Entered, 10)];
        assert_eq!(
            corrections(&told, &[]),
            [Correction::Changed {
                was: told[0],
                now: None
            }]
        );
    }
}
