//! What may happen: pure deciders over the facts of a pilot.
//!
//! A command proposes a fact in the house's own words. It is decided on the effective histories of
//! the streams it touches: the proposed fact is put in its place, and the rules are asked what it
//! breaks. What no rule refuses becomes a fact. No clock, no chance, no database: the day and the
//! histories come in as arguments.

mod apart;
mod command;
mod committee;
mod consent;
mod decide;
mod dwelling;
mod finding;
mod four_eyes;
mod funding;
mod goals;
mod hospitality;
mod household;
pub mod limits;
mod links;
mod names;
mod partners;
mod periods;
mod phases;
mod pilot;
mod proposal;
mod records;
mod refusal;
mod reports;
mod stay;
mod timeline;
mod values;
mod view;
mod work;
mod world;

pub use command::{Command, Context, Decided};
pub use decide::decide;
pub use names::{COMMANDS, CommandName};
pub use proposal::{Draft, Proposal};
pub use refusal::Refusal;
pub use view::{View, named_position};
