//! What other systems speak.
