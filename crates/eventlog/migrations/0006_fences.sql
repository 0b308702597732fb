-- Which rows a role sees. The variable `inrete.pilots` names the logs that a reading connection is for;
-- unset or empty, it sees nothing. It is set in a transaction (`set local`), so that it goes with it,
-- and so that a distributed database hands it on.
--
-- The owner is not fenced in: the functions that append run as the owner, and nothing is added to what
-- they do. Whoever has no policy here sees no row.
do $$
declare
    v_table text;
begin
    foreach v_table in array array['head', 'fact', 'also', 'node', 'checkpoint', 'signature'] loop
        execute format('alter table eventlog.%I enable row level security', v_table);
        -- All logs: what is decided or folded names its log, and codes are unique among pilots.
        execute format('create policy every_log on eventlog.%I for select
            to inrete_append, inrete_project using (true)', v_table);
        -- A query of its own: it is asked once for a statement, not for each row.
        execute format('create policy own_logs on eventlog.%I for select to inrete_read
            using (log_id = any ((select nullif(current_setting(''inrete.pilots'', true), '''')::uuid[])::uuid[]))',
            v_table);
    end loop;
    -- One log: an array of one, without its braces or with them, is an id, and one of several is none.
    foreach v_table in array array['head', 'fact', 'also'] loop
        execute format('create policy one_log on eventlog.%I for select to inrete_report
            using (log_id = (select nullif(current_setting(''inrete.pilots'', true), '''')::uuid))',
            v_table);
    end loop;
    -- The owner's alone: no policy, no row.
    alter table eventlog.claim enable row level security;
end
$$;
