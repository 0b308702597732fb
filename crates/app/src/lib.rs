//! The shell: the only place where log, rules, vault and read models meet.
