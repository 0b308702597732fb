-- The only two ways to write. They run with the owner's rights, so the service needs none of its own.
-- The search path is fixed and every name qualified: a caller's objects cannot stand in for ours.

-- True when the log is new, false when it was there.
create function eventlog.create_log(p_log uuid) returns boolean
language plpgsql volatile security definer
set search_path = pg_catalog, pg_temp
as $$
begin
    insert into eventlog.head (log_id, position, recorded_at, created_at)
    select p_log, 0, t, t from (select clock_timestamp() as t) as now
    on conflict on constraint head_pkey do nothing;
    return found;
end
$$;

-- Appends all facts or none. Outcomes, as data and not as errors:
--   now       appended: first_position, last_position, recorded_at
--   before    this command was appended before, with the same digest: its positions
--   reused    this command was appended before, with another digest
--   conflict  a stream is not at the version expected: stream, expected, actual
--   id_taken  the log has a fact with this id: fact_id
--   unknown   there is no such log
--
-- The arrays of facts run in parallel; a link names its fact by its place, from 1.
create function eventlog.append(
    p_log uuid, p_command uuid, p_digest bytea, p_actor text,
    p_guard_streams text[], p_guard_versions bigint[],
    p_ids uuid[], p_streams text[], p_kinds text[], p_shapes smallint[],
    p_occurred_on date[], p_entered_at timestamptz[], p_causes uuid[], p_payloads text[],
    p_link_facts bigint[], p_link_streams text[],
    out outcome text, out first_position bigint, out last_position bigint,
    out recorded_at timestamptz,
    out stream text, out expected bigint, out actual bigint, out fact_id uuid
)
language plpgsql volatile security definer
set search_path = pg_catalog, pg_temp
-- Plans are kept for the life of a connection. One made while a table fits on a page would read
-- the whole table for ever after; with these two an index is used from the first fact on.
set enable_seqscan = off
set jit = off
-- A connection that holds the head and hangs must not hang everybody.
set lock_timeout = '10s'
as $$
#variable_conflict use_column
declare
    v_position bigint;
    v_before   timestamptz;
    v_digest   bytea;
    v_count    constant bigint := cardinality(p_ids);
begin
    -- From here to the commit nobody else appends to this log; each statement below sees all
    -- that was committed before.
    select h.position, h.recorded_at into v_position, v_before
    from eventlog.head as h where h.log_id = p_log for update;
    if not found then
        outcome := 'unknown';
        return;
    end if;

    select c.digest, c.first_position, c.last_position, c.recorded_at
    into v_digest, first_position, last_position, recorded_at
    from eventlog.command as c where c.log_id = p_log and c.command_id = p_command;
    if found then
        outcome := case when v_digest = p_digest then 'before' else 'reused' end;
        return;
    end if;

    select g.stream, g.version, g.actual into stream, expected, actual
    from (
        select w.n, w.stream, w.version, greatest(
            coalesce((select max(f.version) from eventlog.fact as f
                      where f.log_id = p_log and f.stream = w.stream), 0),
            coalesce((select max(a.version) from eventlog.also as a
                      where a.log_id = p_log and a.stream = w.stream), 0)) as actual
        from unnest(p_guard_streams, p_guard_versions) with ordinality as w (stream, version, n)
    ) as g
    where g.version <> g.actual
    order by g.n limit 1;
    if found then
        outcome := 'conflict';
        return;
    end if;

    select f.id into fact_id
    from eventlog.fact as f where f.log_id = p_log and f.id = any (p_ids) limit 1;
    if found then
        outcome := 'id_taken';
        return;
    end if;

    outcome := 'now';
    first_position := v_position + 1;
    last_position := v_position + v_count;
    -- The machine's clock may step back; the log's does not.
    recorded_at := greatest(v_before, clock_timestamp());

    insert into eventlog.command (log_id, command_id, digest, first_position, last_position, recorded_at)
    values (p_log, p_command, p_digest, append.first_position, append.last_position, append.recorded_at);

    with link as (
        select l.fact, l.stream, l.n
        from unnest(p_link_facts, p_link_streams) with ordinality as l (fact, stream, n)
    ), further as (
        select l.fact, array_agg(l.stream order by l.n) as streams from link as l group by l.fact
    ), entry as (
        select s.fact, s.stream, true as own from unnest(p_streams) with ordinality as s (stream, fact)
        union all
        select l.fact, l.stream, false from link as l
    ), base as (
        select s.stream, greatest(
            coalesce((select max(f.version) from eventlog.fact as f
                      where f.log_id = p_log and f.stream = s.stream), 0),
            coalesce((select max(a.version) from eventlog.also as a
                      where a.log_id = p_log and a.stream = s.stream), 0)) as version
        from (select distinct e.stream from entry as e) as s
    ), numbered as (
        select e.fact, e.stream, e.own,
               b.version + row_number() over (partition by e.stream order by e.fact) as version
        from entry as e join base as b on b.stream = e.stream
    ), written as (
        insert into eventlog.fact (log_id, position, version, recorded_at, entered_at, occurred_on,
                                   shape, id, command_id, cause, stream, kind, actor, also, payload)
        select p_log, v_position + n.fact, n.version, append.recorded_at, f.entered_at, f.occurred_on,
               f.shape, f.id, p_command, f.cause, n.stream, f.kind, p_actor,
               coalesce(x.streams, '{}'), f.payload::jsonb
        from unnest(p_ids, p_kinds, p_shapes, p_occurred_on, p_entered_at, p_causes, p_payloads)
             with ordinality as f (id, kind, shape, occurred_on, entered_at, cause, payload, fact)
        join numbered as n on n.fact = f.fact and n.own
        left join further as x on x.fact = f.fact
        order by f.fact
    )
    insert into eventlog.also (log_id, position, version, stream)
    select p_log, v_position + n.fact, n.version, n.stream from numbered as n where not n.own;

    update eventlog.head as h
    set position = append.last_position, recorded_at = append.recorded_at
    where h.log_id = p_log;

    -- Only a wake-up: readers trust positions. Commits that notify queue behind one lock for the
    -- whole database; logs in one database therefore commit one after another.
    perform pg_notify('eventlog', p_log::text);
end
$$;
