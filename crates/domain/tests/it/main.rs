//! The domain from outside: what is refused, what is accepted, and what holds whatever happens.

mod corrections;
mod facts;
mod invariants;
mod log;
mod random;
mod refusals;
mod streams;
mod traps;
