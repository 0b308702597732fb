//! The facts of a pilot: what can happen, and how it is written down.
