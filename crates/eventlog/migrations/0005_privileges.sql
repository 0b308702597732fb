-- Who may do what with the log. Nobody writes by hand, nor puts back what was recorded elsewhere: that
-- is the owner's. What the roles are for: src/roles.rs. The rights to read models are in projections.
revoke all on schema eventlog from public;
revoke all on all tables in schema eventlog from public;
revoke all on all functions in schema eventlog from public;

grant usage on schema eventlog to inrete_append, inrete_project, inrete_read, inrete_report;

-- Adds facts, which are decided on all others, and keeps checkpoints, which are held against the tree.
grant select on eventlog.head, eventlog.fact, eventlog.also, eventlog.node, eventlog.checkpoint,
    eventlog.signature to inrete_append;
grant execute on function eventlog.create_log, eventlog.append, eventlog.append_next,
    eventlog.append_one, eventlog.claimed, eventlog.claim, eventlog.unclaim,
    eventlog.keep_checkpoint to inrete_append;

-- Folds facts.
grant select on eventlog.head, eventlog.fact, eventlog.also to inrete_project;

-- Shows somebody what is in her pilots' logs: behind a fence, see 0006.
grant select on eventlog.head, eventlog.fact, eventlog.also, eventlog.node, eventlog.checkpoint,
    eventlog.signature to inrete_read;

-- Evaluates a pilot: behind a fence.
grant select on eventlog.head, eventlog.fact, eventlog.also to inrete_report;
