-- Nothing recorded is changed or removed, by anybody: the triggers fire always, also for the owner
-- and for a superuser in replica mode. After distributing the tables over several machines, this
-- file must be applied again there.
--
-- EL001: recorded facts are never changed.  EL002: the head of a log only moves forward.

create function eventlog.refuse() returns trigger
language plpgsql
set search_path = pg_catalog, pg_temp
as $$
begin
    raise exception 'eventlog.% is append-only: % is refused', tg_table_name, lower(tg_op)
        using errcode = 'EL001', hint = 'Record a new fact that corrects the old one.';
end
$$;

create function eventlog.forward() returns trigger
language plpgsql
set search_path = pg_catalog, pg_temp
as $$
begin
    if new.log_id = old.log_id and new.created_at = old.created_at
        and new.position > old.position and new.recorded_at >= old.recorded_at
    then
        return new;
    end if;
    raise exception 'the head of log % only moves forward', old.log_id
        using errcode = 'EL002';
end
$$;

-- Per statement, so that even a statement that finds no row is refused; per row, because rows that
-- arrive by replication fire no statement triggers.
create trigger fact_refuse before update or delete or truncate on eventlog.fact
    for each statement execute function eventlog.refuse();
create trigger fact_refuse_row before update or delete on eventlog.fact
    for each row execute function eventlog.refuse();
create trigger also_refuse before update or delete or truncate on eventlog.also
    for each statement execute function eventlog.refuse();
create trigger also_refuse_row before update or delete on eventlog.also
    for each row execute function eventlog.refuse();
create trigger command_refuse before update or delete or truncate on eventlog.command
    for each statement execute function eventlog.refuse();
create trigger command_refuse_row before update or delete on eventlog.command
    for each row execute function eventlog.refuse();
create trigger head_refuse before delete or truncate on eventlog.head
    for each statement execute function eventlog.refuse();
create trigger head_refuse_row before delete on eventlog.head
    for each row execute function eventlog.refuse();
create trigger head_forward before update on eventlog.head
    for each row execute function eventlog.forward();

alter table eventlog.fact enable always trigger fact_refuse;
alter table eventlog.fact enable always trigger fact_refuse_row;
alter table eventlog.also enable always trigger also_refuse;
alter table eventlog.also enable always trigger also_refuse_row;
alter table eventlog.command enable always trigger command_refuse;
alter table eventlog.command enable always trigger command_refuse_row;
alter table eventlog.head enable always trigger head_refuse;
alter table eventlog.head enable always trigger head_refuse_row;
alter table eventlog.head enable always trigger head_forward;
