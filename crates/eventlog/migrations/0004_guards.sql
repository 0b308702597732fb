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
as $$
begin
    if new.log_id operator(pg_catalog.=) old.log_id
        and new.created_at operator(pg_catalog.=) old.created_at
        and new.position operator(pg_catalog.>) old.position
        -- An empty log's time is its creation's, and it may be filled with what is older.
        and (new.recorded_at operator(pg_catalog.>=) old.recorded_at
             or old.position operator(pg_catalog.=) 0)
    then
        return new;
    end if;
    raise exception 'the head of log % only moves forward', old.log_id
        using errcode = 'EL002';
end
$$;

-- Per statement, so that even a statement that finds no row is refused; per row, because rows that
-- arrive by replication fire no statement triggers.
do $$
declare
    v_table text;
begin
    foreach v_table in array array['fact', 'also', 'node', 'checkpoint', 'signature'] loop
        execute format('create trigger %1$s_refuse before update or delete or truncate
            on eventlog.%1$s for each statement execute function eventlog.refuse()', v_table);
        execute format('create trigger %1$s_refuse_row before update or delete
            on eventlog.%1$s for each row execute function eventlog.refuse()', v_table);
        execute format('alter table eventlog.%1$s enable always trigger %1$s_refuse', v_table);
        execute format('alter table eventlog.%1$s enable always trigger %1$s_refuse_row', v_table);
    end loop;
end
$$;
create trigger head_refuse before delete or truncate on eventlog.head
    for each statement execute function eventlog.refuse();
create trigger head_refuse_row before delete on eventlog.head
    for each row execute function eventlog.refuse();
create trigger head_forward before update on eventlog.head
    for each row execute function eventlog.forward();
alter table eventlog.head enable always trigger head_refuse;
alter table eventlog.head enable always trigger head_refuse_row;
alter table eventlog.head enable always trigger head_forward;
