-- The service reads tables and calls two functions; it cannot write anything by hand.
revoke all on schema eventlog from public;
revoke all on all tables in schema eventlog from public;
revoke all on all functions in schema eventlog from public;

grant usage on schema eventlog to inrete_service;
grant select on eventlog.head, eventlog.fact, eventlog.also, eventlog.command to inrete_service;
grant execute on function eventlog.create_log(uuid) to inrete_service;
grant execute on function eventlog.append(
    uuid, uuid, bytea, text, text[], bigint[], uuid[], text[], text[], smallint[],
    date[], timestamptz[], uuid[], text[], bigint[], text[]) to inrete_service;
