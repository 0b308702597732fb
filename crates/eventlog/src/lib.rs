//! An append-only log of facts on PostgreSQL: gapless, bitemporal, idempotent.
