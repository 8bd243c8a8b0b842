//! Growth on paper: what several replicas on one database, and several databases, would do, by what single ones were measured
//! to cost. Nothing is started; the same figures come out on every machine.

mod cells;
mod chance;
mod turns;

/// Prints both tables of `docs/scale.md`.
pub fn run() {
    turns::print();
    cells::print();
}
