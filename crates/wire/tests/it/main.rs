//! The crate from outside: the contract's cases, and properties over generated bodies.

mod mapping;
mod phones;
mod properties;
mod signatures;
mod vectors;
