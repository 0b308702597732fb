-- Puts facts back that were recorded before, elsewhere: at their positions, with their times and
-- salts, so that they have the leaves they had. For the owner only: the service cannot choose when
-- something was recorded.
--
-- All of it or none. The facts follow the log's last one; commands are whole.
--
-- EL003: a fact is not the one that was recorded.
create function eventlog.restore(
    p_log uuid, p_first bigint, p_command_ids uuid[], p_command_facts integer[], p_digests bytea[],
    p_actors text[], p_ids uuid[], p_streams text[], p_kinds text[], p_shapes smallint[],
    p_occurred_on date[], p_entered_at timestamptz[], p_causes uuid[], p_salts bytea[],
    p_also text[], p_payloads text[], p_recorded_at timestamptz[], p_leaves bytea[]
) returns void
language plpgsql volatile security invoker
set search_path = pg_catalog, pg_temp
set enable_seqscan = off
set enable_bitmapscan = off
set enable_sort = off
set jit = off
set plan_cache_mode = force_generic_plan
as $$
#variable_conflict use_column
declare
    v_position bigint;
    v_before   timestamptz;
    v_frontier bytea;
    v_wrong    bigint;
    v_last     timestamptz;
    v_leaves   bytea;
begin
    select h.position, h.recorded_at, h.frontier into v_position, v_before, v_frontier
    from eventlog.head as h where h.log_id = p_log for update;
    if v_position is distinct from p_first - 1 then
        raise exception 'log % does not end at position %', p_log, p_first - 1
            using errcode = 'EL003', detail = p_first::text;
    end if;
    -- An empty log is as old as its first fact.
    if v_position = 0 then
        v_before := '-infinity';
    end if;

    select min(r.place) into v_wrong from (
        select t.place, t.at, lag(t.at, 1, v_before) over (order by t.place) as earlier
        from unnest(p_recorded_at) with ordinality as t (at, place)
    ) as r where r.at < r.earlier;
    if v_wrong is not null then
        raise exception 'position % was not recorded before the one before it', v_position + v_wrong
            using errcode = 'EL003', detail = (v_position + v_wrong)::text;
    end if;

    with own as (
        select f.* from unnest(p_command_ids, p_command_facts, p_digests, p_actors, p_ids, p_streams,
                p_kinds, p_shapes, p_occurred_on, p_entered_at, p_causes, p_salts, p_also,
                p_payloads, p_recorded_at, p_leaves)
             with ordinality as f (command, command_facts, digest, actor, id, stream, kind, shape,
                occurred_on, entered_at, cause, salt, also, payload, at, leaf, place)
    ), entry as (
        select o.place, o.stream, true as own from own as o
        union all
        select o.place, s.stream, false
        from own as o cross join lateral unnest(string_to_array(o.also, ' ')) as s (stream)
    ), base as (
        select s.stream, greatest(
            coalesce((select f.version from eventlog.fact as f
                      where f.log_id = p_log and f.stream = s.stream
                      order by f.version desc limit 1), 0),
            coalesce((select a.version from eventlog.also as a
                      where a.log_id = p_log and a.stream = s.stream
                      order by a.version desc limit 1), 0)) as version
        from (select distinct e.stream from entry as e) as s
    ), numbered as (
        select e.place, e.stream, e.own,
               b.version + row_number() over (partition by e.stream order by e.place) as version
        from entry as e join base as b on b.stream = e.stream
    ), written as (
        insert into eventlog.fact (log_id, position, version, recorded_at, entered_at, id,
            command_id, cause, occurred_on, command_facts, shape, command_digest, salt, leaf,
            stream, kind, actor, also, payload)
        select p_log, v_position + f.place, n.version, f.at, f.entered_at, f.id, f.command,
            f.cause, f.occurred_on, f.command_facts, f.shape, f.digest, f.salt,
            sha256('\x00'::bytea || convert_to(eventlog.record(
                p_log, v_position + f.place, eventlog.record_time(f.at), f.entered_at, f.id,
                f.command, f.cause, f.occurred_on, f.shape, f.digest, f.salt, f.stream, f.kind,
                f.actor, f.also, f.payload), 'UTF8')),
            f.stream, f.kind, f.actor, string_to_array(f.also, ' '), f.payload::json
        from own as f join numbered as n on n.place = f.place and n.own
        returning position, leaf
    ), linked as (
        insert into eventlog.also (log_id, position, version, stream)
        select p_log, v_position + n.place, n.version, n.stream from numbered as n where not n.own
    )
    select string_agg(w.leaf, '' order by w.position),
           min(w.position) filter (where w.leaf <> o.leaf)
    into v_leaves, v_wrong
    from written as w join own as o on v_position + o.place = w.position;
    if v_wrong is not null then
        raise exception 'position % is not what was recorded', v_wrong
            using errcode = 'EL003', detail = v_wrong::text;
    end if;

    v_last := p_recorded_at[cardinality(p_recorded_at)];
    update eventlog.head as h
    set position = v_position + cardinality(p_ids), recorded_at = v_last,
        frontier = eventlog.grow(p_log, v_position, v_frontier, v_leaves)
    where h.log_id = p_log;
    perform pg_notify('eventlog', p_log::text);
end
$$;

-- Keeps a signed checkpoint and its signatures; what is kept already stays as it is.
create function eventlog.keep_checkpoint(
    p_log uuid, p_size bigint, p_body text, p_names text[], p_key_ids bytea[], p_bytes bytea[]
) returns void
language plpgsql volatile security definer
set search_path = pg_catalog, pg_temp
as $$
declare
    v_body text;
begin
    insert into eventlog.checkpoint (log_id, size, body, signed_at)
    values (p_log, p_size, p_body, clock_timestamp())
    on conflict on constraint checkpoint_pkey do nothing;
    select c.body into v_body from eventlog.checkpoint as c
    where c.log_id = p_log and c.size = p_size;
    if v_body <> p_body then
        raise exception 'log % has another checkpoint of % facts', p_log, p_size
            using errcode = 'EL004';
    end if;
    insert into eventlog.signature (log_id, size, name, key_id, bytes)
    select p_log, p_size, s.name, s.key_id, s.bytes
    from unnest(p_names, p_key_ids, p_bytes) as s (name, key_id, bytes)
    on conflict on constraint signature_pkey do nothing;
end
$$;
