//! One trait, two engines.
