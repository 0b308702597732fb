//! The pages, over HTTP and in a browser.

mod accounts;
mod browser;
mod chromium;
mod hardening;
mod limits;
mod matrix;
mod provider;
mod rights;
mod sign_in;
mod staff;
mod tls;
mod visitor;

pub(crate) use staff::PASSWORD;
pub(crate) use visitor::{Shown, Visitor};
