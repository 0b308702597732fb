//! Who may do what. One question, [`decide`]: may this subject do this action to this object, for this
//! purpose, now? GraphQL, pages, exports and the command line all ask it.
//!
//! Pure: roles are facts of access logs, and [`Grants`] are what they come to at any time, so that who
//! could see what on a past day is asked in the same way as who may see it now. What each role may is
//! one table (`table.rs`); what is not in it is denied. No clock, no database.

mod decide;
mod grants;
mod naming;
mod object;
mod subject;
mod table;

pub use decide::{
    Denied, PURPOSES_OF_AN_EXPORT, Reach, decide, default_purpose, reach, within_reach,
};
pub use grants::{Glass, Grant, Grants, Scope, Standing};
pub use naming::{Naming, naming};
pub use object::{Object, Sharing};
pub use subject::{Strength, Subject};
pub use table::{Action, Held, TABLE, held};
