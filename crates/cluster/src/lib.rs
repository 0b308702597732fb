//! A private PostgreSQL: starts, guards and stops the cluster of one data directory.
