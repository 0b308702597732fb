//! Whole-system tests: the service as it is served, on a real PostgreSQL, a fresh database for each
//! test.

mod access;
mod architecture;
mod bundles;
mod cable;
mod catalogue;
mod cli;
mod durability;
mod faults;
mod hmis_cells;
mod house;
mod immutability;
mod kit;
mod logs;
mod mutations;
mod outsider;
mod proofs;
mod rebuild;
mod schema;
mod story;
mod subscription;
mod time_travel;
mod walk;
mod walk_fields;
