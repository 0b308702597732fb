//! Who is asking, on a real database: every way in, and every way in that is none.

mod accounts;
mod factors;
mod kit;
mod oidc;
mod passkeys;
mod privileges;
mod pruning;
mod sessions;
mod signing_in;
mod throttling;
mod tokens;
