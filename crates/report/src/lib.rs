//! How it looks on paper: evaluated numbers in, JSON and CSV out.
