-- The service reads tables and calls a few functions; it cannot write anything by hand, nor put
-- back what was recorded elsewhere.
revoke all on schema eventlog from public;
revoke all on all tables in schema eventlog from public;
revoke all on all functions in schema eventlog from public;

grant usage on schema eventlog to inrete_service;
grant select on eventlog.head, eventlog.fact, eventlog.also, eventlog.node, eventlog.checkpoint,
    eventlog.signature to inrete_service;
grant execute on function eventlog.create_log, eventlog.append, eventlog.append_next,
    eventlog.append_one, eventlog.keep_checkpoint, eventlog.record, eventlog.record_time to inrete_service;
