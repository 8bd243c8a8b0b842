//! In which order the keys of an index come: what an insertion costs depends on it.

use std::collections::BTreeSet;

use serde::{Deserialize, Serialize};

use crate::numbers::float;

/// In which order keys come.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub enum Order {
    /// Rising, or nearly so: each goes to the end.
    Rising,
    /// Anywhere.
    Random,
    /// So many different ones, each for many rows.
    Groups(u64),
}

impl Order {
    /// Of these keys, in the order of their rows.
    pub fn of(keys: &[Vec<u8>]) -> Self {
        let different: BTreeSet<&Vec<u8>> = keys.iter().collect();
        if different.len() * 2 < keys.len() {
            return Self::Groups(different.len() as u64);
        }
        let mut sorted: Vec<usize> = (0..keys.len()).collect();
        sorted.sort_by_key(|place| &keys[*place]);
        let moved: usize = sorted
            .iter()
            .enumerate()
            .map(|(rank, place)| rank.abs_diff(*place))
            .sum();
        // Chance would move each by a third of the whole.
        if float(moved) < float(keys.len()) * float(keys.len()) / 20.0 {
            Self::Rising
        } else {
            Self::Random
        }
    }

    /// Its word in a table.
    pub fn told(self) -> String {
        match self {
            Self::Rising => "rising".to_owned(),
            Self::Random => "random".to_owned(),
            Self::Groups(count) => format!("{count} values"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::numbers::chance;

    fn order(key: impl Fn(u64) -> u64) -> Order {
        let keys: Vec<_> = (0..1_000).map(|n| key(n).to_be_bytes().to_vec()).collect();
        Order::of(&keys)
    }

    #[test]
    fn orders_are_told_apart() {
        assert_eq!(order(|n| n), Order::Rising);
        // Some connections at once: neighbours change places.
        assert_eq!(order(|n| n ^ 15), Order::Rising);
        assert_eq!(order(chance), Order::Random);
        assert_eq!(order(|n| chance(n) % 20), Order::Groups(20));
    }
}
