//! What a dental lab's courier desk knows: no clock, no I/O, no async, no chance.
//! Time and ids are arguments, so every rule here is tested as a table and replayed at will.

pub mod fault;
