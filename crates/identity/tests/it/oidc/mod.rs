//! Signing in at identity providers: a whole one, and one that lies.

mod browser;
mod fixture;
mod liar;
mod provider;
