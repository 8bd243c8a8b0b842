//! What is wrong so far.

use pontic_core::fault::{Fault, Reason};

use crate::json::WHOLE_BODY;

/// Faults in the order in which they were found.
#[derive(Debug, Default)]
pub struct Faults(Vec<Fault>);

impl Faults {
    /// Adds a fault, unless it is the last one again: two fields of one nested value of a wrong
    /// type have the same fault.
    pub fn note(&mut self, fault: Fault) {
        if self.0.last() != Some(&fault) {
            self.0.push(fault);
        }
    }

    /// The value of `result`, or `None` after noting its fault.
    pub fn keep<T>(&mut self, result: Result<T, Fault>) -> Option<T> {
        result.map_err(|fault| self.note(fault)).ok()
    }

    /// Adds those of `later`.
    pub fn append(&mut self, later: Self) {
        later.0.into_iter().for_each(|fault| self.note(fault));
    }

    /// All faults, or what `build` gives when there are none.
    ///
    /// `build` answers `None` only where [`Faults::keep`] did, so that it can use `?`.
    pub fn finish<T>(self, build: impl FnOnce() -> Option<T>) -> Result<T, Vec<Fault>> {
        if !self.0.is_empty() {
            return Err(self.0);
        }
        build().ok_or_else(|| vec![Fault::new(WHOLE_BODY, Reason::Required)])
    }
}
