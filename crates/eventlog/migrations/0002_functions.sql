-- The only ways to write. They run with the owner's rights, so the service needs none of its own.
-- The search path is fixed and every name qualified: a caller's objects cannot stand in for ours.

-- True when the log is new, false when it was there.
create function eventlog.create_log(p_log uuid) returns boolean
language plpgsql volatile security definer
set search_path = pg_catalog, pg_temp
as $$
begin
    insert into eventlog.head (log_id, position, recorded_at, created_at, frontier)
    select p_log, 0, t, t, '' from (select clock_timestamp() as t) as now
    on conflict on constraint head_pkey do nothing;
    return found;
end
$$;

-- A time as it stands in records: UTC, always six decimals.
create function eventlog.record_time(p_at timestamptz) returns text
language sql stable parallel safe
return pg_catalog.to_char(p_at at time zone 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"');

-- The record of a fact: an RFC 8785 canonical JSON object, a CloudEvents 1.0 envelope. Its bytes are
-- what the Merkle tree is made of. To look at a log by hand:
--   select sha256('\x00' || convert_to(eventlog.record(...), 'UTF8')) = leaf from eventlog.fact
create function eventlog.record(
    p_log uuid, p_position bigint, p_time text, p_entered_at timestamptz, p_id uuid,
    p_command uuid, p_cause uuid, p_occurred_on date, p_shape smallint, p_digest bytea, p_salt bytea,
    p_stream text, p_kind text, p_actor text, p_also text, p_payload text
) returns text
language sql stable parallel safe
-- In two halves, so that the payload is copied as seldom as can be.
return ('{"actor":' || pg_catalog.to_json(p_actor)::text
        || case when p_also is null then ''
           else ',"also":' || pg_catalog.to_json(p_also)::text end
        || case when p_cause is null then '' else ',"causationid":"' || p_cause::text || '"' end
        || case when p_digest is null then ''
           else ',"commanddigest":"' || pg_catalog.encode(p_digest, 'hex') || '"' end
        || (',"commandid":"' || p_command::text || '","data":'))
    || p_payload
    || (case when p_entered_at is null then ''
        else ',"enteredat":"' || eventlog.record_time(p_entered_at) || '"' end
        || (',"id":"' || p_id::text || '","occurredon":"')
        || (pg_catalog.to_char(p_occurred_on, 'YYYY-MM-DD') || '","salt":"')
        || (pg_catalog.encode(p_salt, 'hex') || '","sequence":"')
        || (p_position::text || '","sequencetype":"Integer","shape":' || p_shape::text)
        || (',"source":"urn:uuid:' || p_log::text || '","specversion":"1.0","subject":')
        || (pg_catalog.to_json(p_stream)::text || ',"time":"' || p_time || '","type":')
        || (pg_catalog.to_json(p_kind)::text || '}'));

-- The frontier of a log's Merkle tree after leaves (32 bytes each) were added to `p_size` leaves
-- with the frontier `p_frontier`. Keeps the complete subtrees of heights 8, 16, 24…
create function eventlog.grow(p_log uuid, p_size bigint, p_frontier bytea, p_leaves bytea)
returns bytea
language plpgsql volatile
set search_path = pg_catalog, pg_temp
as $$
declare
    -- The complete nodes at this height that the tree did not have, from the left.
    v_nodes  bytea   := p_leaves;
    v_height integer := 0;
    -- The old frontier's hashes that nothing was joined to yet.
    v_old    bytea   := p_frontier;
    -- The new frontier's, below this height.
    v_new    bytea   := '';
    v_first  bigint  := p_size;
    v_count  integer;
    v_next   bytea;
begin
    loop
        v_count := octet_length(v_nodes) / 32;
        exit when v_count = 0;
        if v_height > 0 and v_height % 8 = 0 then
            insert into eventlog.node (log_id, height, index, hash)
            select p_log, v_height, v_first + n, substring(v_nodes from 32 * n + 1 for 32)
            from generate_series(0, v_count - 1) as n;
        end if;
        -- An odd number of nodes before: the last of them waits for its sibling.
        if v_first % 2 = 1 then
            v_nodes := substring(v_old from 1 for 32) || v_nodes;
            v_old := substring(v_old from 33);
            v_count := v_count + 1;
        end if;
        if v_count % 2 = 1 then
            v_new := v_new || substring(v_nodes from 32 * v_count - 31);
        end if;
        v_next := '';
        if v_count < 8 then
            for n in 0 .. v_count / 2 - 1 loop
                v_next := v_next || sha256('\x01'::bytea || substring(v_nodes from 64 * n + 1 for 64));
            end loop;
        else
            select string_agg(sha256('\x01'::bytea || substring(v_nodes from 64 * n + 1 for 64)), ''
                              order by n)
            into v_next from generate_series(0, v_count / 2 - 1) as n;
        end if;
        v_nodes := v_next;
        v_first := v_first / 2;
        v_height := v_height + 1;
    end loop;
    return v_new || v_old;
end
$$;

-- Appends the facts of several commands, each command's all or none.
--
-- The commands of one call must not depend on each other: they have different ids, no two facts have
-- the same id, and a stream that one command expects at a version is written by no other before it.
-- Commands without facts are only checked.
--
-- Arrays that describe one thing run in parallel. `p_fact_commands`, `p_guard_commands` name a
-- command by its place, `p_link_facts` a fact by its place, from 1. `p_versions` is the version a
-- fact has when its stream is one that its command expects; null where only the log knows it.
-- So is `p_link_versions`. `p_command_facts` and `p_digests` are null but for a command's first fact.
--
-- The record that is hashed (see eventlog.record) is put together from `p_before_data`, the payload,
-- `p_before_sequence`, the position, `p_before_time`, the time, and `p_ends`: making its other parts
-- here takes a quarter of an append. A caller who gives others than the columns say is found by verify.
--
-- Returns where the log stood before and when this was recorded. All commands with facts were
-- recorded, one after the other, but for those in `refused` (places, ascending), with:
--   before    appended before, with the same digest: first, last, at
--   reused    appended before, with another digest
--   conflict  a stream is not at the version expected: stream, expected, actual
--   id_taken  the log has a fact with this id: fact
-- All null when there is no such log; `after` is the frontier after it, null when nothing was recorded.
create function eventlog.append(
    p_log uuid, p_notify boolean,
    p_commands uuid[], p_command_digests bytea[],
    p_guard_commands integer[], p_guard_streams text[], p_guard_versions bigint[],
    p_fact_commands integer[], p_command_ids uuid[], p_command_facts integer[], p_digests bytea[],
    p_actors text[], p_ids uuid[], p_streams text[], p_versions bigint[], p_kinds text[],
    p_shapes smallint[], p_occurred_on date[], p_entered_at timestamptz[], p_causes uuid[],
    p_salts bytea[], p_also text[], p_payloads text[],
    p_before_data text[], p_before_sequence text[], p_before_time text[], p_ends text[],
    p_link_facts integer[], p_link_streams text[], p_link_versions bigint[],
    out before bigint, out at timestamptz,
    out refused integer[], out outcome text[], out firsts bigint[], out lasts bigint[],
    out ats timestamptz[], out streams text[], out expected bigint[], out actual bigint[],
    out facts uuid[], out after bytea
)
language plpgsql volatile security definer
set search_path = pg_catalog, pg_temp
-- Plans are kept for the life of a connection. While a table fits on a page, reading all of it, or all
-- of a log by whichever index, seems to cost the same as a look at the right key, and a plan made then
-- would do so for ever after. With these and `order by .. limit 1` only the index that has that order
-- is left, from the first fact on.
set enable_seqscan = off
set enable_bitmapscan = off
set enable_sort = off
set jit = off
set plan_cache_mode = force_generic_plan
-- A connection that holds the head and hangs must not hang everybody.
set lock_timeout = '10s'
as $$
#variable_conflict use_column
declare
    v_frontier bytea;
    v_time     text;
    v_leaves   bytea;
    v_recorded integer;
    v_clear    boolean;
begin
    -- From here to the commit nobody else appends to this log; each statement below sees all
    -- that was committed before.
    select h.position, h.recorded_at, h.frontier into before, at, v_frontier
    from eventlog.head as h where h.log_id = p_log for update;
    if not found then
        return;
    end if;

    -- Nothing stands against it, nearly always: asked first, because the whole answer costs more.
    -- Commands and ids that are there already are found by their keys.
    v_clear := array_position(p_versions, null) is null
        and array_position(p_link_versions, null) is null
        and not exists (
            select from generate_series(1, cardinality(p_guard_streams)) as i
            where p_guard_versions[i] <> greatest(
                coalesce((select f.version from eventlog.fact as f
                          where f.log_id = p_log and f.stream = p_guard_streams[i]
                          order by f.version desc limit 1), 0),
                coalesce((select a.version from eventlog.also as a
                          where a.log_id = p_log and a.stream = p_guard_streams[i]
                          order by a.version desc limit 1), 0)));

    -- The machine's clock may step back; the log's does not.
    at := greatest(at, clock_timestamp());
    v_time := eventlog.record_time(at);

    if v_clear then
        begin
            -- Positions are places, and all versions are known.
            with written as (
                insert into eventlog.fact (log_id, position, version, recorded_at, entered_at, id,
                    command_id, cause, occurred_on, command_facts, shape, command_digest, salt, leaf,
                    stream, kind, actor, also, payload)
                select p_log, before + i, p_versions[i], append.at, p_entered_at[i], p_ids[i],
                    p_command_ids[i], p_causes[i], p_occurred_on[i], p_command_facts[i], p_shapes[i],
                    p_digests[i], p_salts[i],
                    sha256('\x00'::bytea || convert_to(
                        p_before_data[i] || p_payloads[i]
                        || (p_before_sequence[i] || (before + i)::text
                            || p_before_time[i] || (v_time || p_ends[i])), 'UTF8')),
                    p_streams[i], p_kinds[i], p_actors[i], string_to_array(p_also[i], ' '),
                    p_payloads[i]::json
                from generate_series(1, cardinality(p_ids)) as i
                returning position, leaf
            )
            select string_agg(w.leaf, '' order by w.position), count(*) into v_leaves, v_recorded
            from written as w;

            if cardinality(p_link_facts) > 0 then
                insert into eventlog.also (log_id, position, version, stream)
                select p_log, before + p_link_facts[i], p_link_versions[i], p_link_streams[i]
                from generate_series(1, cardinality(p_link_facts)) as i;
            end if;
        exception when unique_violation then
            v_clear := false;
        end;
    end if;

    if not v_clear then
        select array_agg(b.n), array_agg(b.outcome), array_agg(b.first), array_agg(b.last),
               array_agg(b.at), array_agg(b.stream), array_agg(b.expected), array_agg(b.actual),
               array_agg(b.fact)
        into refused, outcome, firsts, lasts, ats, streams, expected, actual, facts
        from (
            select distinct on (a.n) a.*
            from (
                select c.n::integer as n, 1 as rank, 0::bigint as place,
                       case f.command_digest when c.digest then 'before' else 'reused' end as outcome,
                       f.position as first, f.position + f.command_facts - 1 as last,
                       f.recorded_at as at, null::text as stream, null::bigint as expected,
                       null::bigint as actual, null::uuid as fact
                from unnest(p_commands, p_command_digests) with ordinality as c (id, digest, n)
                cross join lateral (
                    select t.* from eventlog.fact as t
                    where t.log_id = p_log and t.command_id between c.id and c.id
                        and t.command_digest is not null
                    order by t.command_id limit 1
                ) as f
                union all
                select g.n, 2, g.place, 'conflict', null, null, null, g.stream, g.version, g.actual, null
                from (
                    select w.n, w.stream, w.version, w.place, greatest(
                        coalesce((select f.version from eventlog.fact as f
                                  where f.log_id = p_log and f.stream = w.stream
                                  order by f.version desc limit 1), 0),
                        coalesce((select a.version from eventlog.also as a
                                  where a.log_id = p_log and a.stream = w.stream
                                  order by a.version desc limit 1), 0)) as actual
                    from unnest(p_guard_commands, p_guard_streams, p_guard_versions)
                         with ordinality as w (n, stream, version, place)
                ) as g
                where g.version <> g.actual
                union all
                select i.n, 3, i.place, 'id_taken', null, null, null, null, null, null, i.id
                from unnest(p_fact_commands, p_ids) with ordinality as i (n, id, place)
                cross join lateral (
                    select from eventlog.fact as t
                    where t.log_id = p_log and t.id between i.id and i.id order by t.id limit 1
                ) as f
            ) as a
            order by a.n, a.rank, a.place
        ) as b;

        with link as (
            select l.fact, l.stream, l.version, l.place
            from unnest(p_link_facts, p_link_streams, p_link_versions)
                 with ordinality as l (fact, stream, version, place)
        ), own as (
            select f.*, row_number() over (order by f.place) as offset
            from unnest(p_fact_commands, p_command_ids, p_command_facts, p_digests, p_actors, p_ids,
                        p_streams, p_versions, p_kinds, p_shapes, p_occurred_on, p_entered_at,
                        p_causes, p_salts, p_also, p_payloads,
                        p_before_data, p_before_sequence, p_before_time, p_ends)
                 with ordinality as f (n, command, command_facts, digest, actor, id, stream,
                        known, kind, shape, occurred_on, entered_at, cause, salt, also, payload,
                        before_data, before_sequence, before_time, ending, place)
            where f.n <> all (coalesce(refused, '{}'))
        ), entry as (
            select o.place, o.stream, true as own, o.known from own as o
            union all
            select o.place, l.stream, false, l.version from link as l join own as o on o.place = l.fact
        ), base as (
            select s.stream, greatest(
                coalesce((select f.version from eventlog.fact as f
                          where f.log_id = p_log and f.stream = s.stream
                          order by f.version desc limit 1), 0),
                coalesce((select a.version from eventlog.also as a
                          where a.log_id = p_log and a.stream = s.stream
                          order by a.version desc limit 1), 0)) as version
            from (select distinct e.stream from entry as e where e.known is null) as s
        ), numbered as (
            select e.place, e.stream, e.own, coalesce(e.known,
                   b.version + row_number() over (partition by e.stream order by e.place)) as version
            from entry as e left join base as b on b.stream = e.stream
        ), written as (
            insert into eventlog.fact (log_id, position, version, recorded_at, entered_at, id,
                command_id, cause, occurred_on, command_facts, shape, command_digest, salt, leaf,
                stream, kind, actor, also, payload)
            select p_log, before + f.offset, n.version, append.at, f.entered_at, f.id, f.command,
                f.cause, f.occurred_on, f.command_facts, f.shape, f.digest, f.salt,
                sha256('\x00'::bytea || convert_to(
                    f.before_data || f.payload || f.before_sequence || (before + f.offset)::text
                    || f.before_time || v_time || f.ending, 'UTF8')),
                f.stream, f.kind, f.actor, string_to_array(f.also, ' '), f.payload::json
            from own as f
            join numbered as n on n.place = f.place and n.own
            returning position, leaf
        ), linked as (
            insert into eventlog.also (log_id, position, version, stream)
            select p_log, before + o.offset, n.version, n.stream
            from numbered as n join own as o on o.place = n.place where not n.own
        )
        select string_agg(w.leaf, '' order by w.position), count(*) into v_leaves, v_recorded
        from written as w;
    end if;

    if v_recorded = 0 then
        return;
    end if;

    after := eventlog.grow(p_log, before, v_frontier, v_leaves);
    update eventlog.head as h
    set position = before + v_recorded, recorded_at = append.at, frontier = append.after
    where h.log_id = p_log;

    -- Only a wake-up: readers trust positions. Commits that notify queue behind one lock for the
    -- whole database, so whoever appends often asks for none and notifies afterwards.
    if p_notify then
        perform pg_notify('eventlog', p_log::text);
    end if;
end
$$;

-- Whether streams are, up to a position, as they are expected: those of `p_begun` have no entry of another
-- stream's fact (that they have none of their own is looked at by its key), those of `p_guard_streams` are
-- at these versions. Plans and names are its caller's.
create function eventlog.stands(
    p_log uuid, p_upto bigint, p_begun text[], p_guard_streams text[], p_guard_versions bigint[]
) returns boolean
language plpgsql volatile
as $$
begin
    if p_begun is not null then
        if exists (select from eventlog.also as a
                   where a.log_id = p_log and a.stream = any (p_begun) and a.position <= p_upto) then
            return false;
        end if;
    end if;
    if p_guard_streams is not null then
        if exists (
            select from generate_series(1, cardinality(p_guard_streams)) as i
            where p_guard_versions[i] <> greatest(
                coalesce((select f.version from eventlog.fact as f
                          where f.log_id = p_log and f.stream = p_guard_streams[i]
                              and f.position <= p_upto
                          order by f.version desc limit 1), 0),
                coalesce((select a.version from eventlog.also as a
                          where a.log_id = p_log and a.stream = p_guard_streams[i]
                              and a.position <= p_upto
                          order by a.version desc limit 1), 0)))
        then
            return false;
        end if;
    end if;
    return true;
end
$$;

-- Locks the head, if it stands where it is said to; EL005 otherwise. It does not wait for whoever holds it,
-- who may wait for calls that wait for this one, but looks again after a millisecond: it may only have been
-- looked at. Plans and names are its caller's.
create function eventlog.take_head(p_log uuid, p_before bigint, p_frontier bytea, p_tries integer)
returns void
language plpgsql volatile
as $$
declare
    v_position bigint;
    v_frontier bytea;
begin
    for i in 1 .. p_tries loop
        if i > 1 then
            perform pg_sleep(0.001);
        end if;
        select h.position, h.frontier into v_position, v_frontier
        from eventlog.head as h where h.log_id = p_log for update skip locked;
        exit when found;
    end loop;
    if v_position is distinct from p_before or v_frontier <> p_frontier then
        raise exception 'log % does not stand at position %', p_log, p_before
            using errcode = 'EL005';
    end if;
end
$$;

-- Appends facts that were made ready by a caller who knows where the log stands: the short way, which
-- leaves the hashing and the tree to the caller. When the log stands elsewhere or anything else stands
-- against it nothing is done, and the answer is null, EL005, EL006 (a stream was written meanwhile), the
-- violation of a unique key, or that the head is locked: eventlog.append then says what it is.
--
-- What is said about eventlog.append holds here too, and all versions are known. The log stands at
-- `p_before` with the frontier `p_frontier`. `p_leaves` are the leaves at the time `p_at`, `p_after` is
-- the frontier with them, `p_node_*` are the nodes they complete. `p_begun` are the streams that must
-- not exist and whose first entry is a fact's own. An array of nothing, or of nothing but null, is null:
-- each that is not costs the call as much as half a fact.
--
-- A caller may send two such calls at once, on two connections. While one is stored and made durable,
-- the facts of the other are inserted; then that one waits until the first is committed, and moves
-- the head on from where the first has moved it. `p_turn` is a number of this call's own, `p_previous`
-- that of the call that goes first, null when there is none. What the first call writes, the second must
-- not expect anything of, neither streams nor commands nor ids; all before it was committed before
-- this call. That goes for calls of one process. Among calls that stand in line with those of other
-- processes (`p_shared`, see eventlog.claim) nobody knows what the others write: then each looks at its
-- streams after the one before.
--
-- Returns the clock as it was when the call came, when its facts were stored, and at the end: what of the
-- time it took the caller to be answered was work, and what was waiting to be durable. From the last the
-- caller reckons the time of the next call.
create function eventlog.append_next(
    p_log uuid, p_turn bigint, p_previous bigint, p_shared boolean,
    p_before bigint, p_frontier bytea, p_at timestamptz, p_after bytea,
    p_node_heights smallint[], p_node_indices bigint[], p_node_hashes bytea[],
    p_begun text[], p_guard_streams text[], p_guard_versions bigint[],
    p_command_ids uuid[], p_command_facts integer[], p_digests bytea[],
    p_actors text[], p_ids uuid[], p_streams text[], p_versions bigint[], p_kinds text[],
    p_shapes smallint[], p_occurred_on date[], p_entered_at timestamptz[], p_causes uuid[],
    p_salts bytea, p_leaves bytea, p_also text[], p_payloads text[],
    p_link_facts integer[], p_link_streams text[], p_link_versions bigint[],
    out clocks timestamptz[]
)
language plpgsql volatile security definer
set search_path = pg_catalog, pg_temp
set enable_seqscan = off
set enable_bitmapscan = off
set enable_sort = off
set jit = off
set plan_cache_mode = force_generic_plan
-- Who waits here waits for a call that is about to end, or, together with what another process does at
-- the same time, for itself: then eventlog.append may wait.
set lock_timeout = '100ms'
as $$
declare
    v_position bigint;
    v_frontier bytea;
    v_stored   timestamptz;
    v_clock    timestamptz;
begin
    -- Held until the commit: the call that follows waits for it.
    perform pg_advisory_xact_lock(p_turn);

    if p_previous is null then
        -- From here to the commit nobody else appends to this log.
        if p_shared then
            perform eventlog.take_head(p_log, p_before, p_frontier, 8);
        else
            select h.position, h.frontier into v_position, v_frontier
            from eventlog.head as h where h.log_id = p_log for update nowait;
            if v_position is distinct from p_before or v_frontier <> p_frontier then
                return;
            end if;
        end if;
    end if;

    -- What is seen here is all there is, but for what the call before writes, which is about other
    -- streams: if the head stands where it should once it is locked, nobody else added anything since.
    if octet_length(p_leaves) <> 32 * cardinality(p_ids)
        or octet_length(p_after) <> 32 * bit_count((p_before + cardinality(p_ids))::bit(64))
    then
        return;
    end if;
    if p_previous is null or not p_shared then
        if not eventlog.stands(p_log, p_before, p_begun, p_guard_streams, p_guard_versions) then
            return;
        end if;
    end if;

    insert into eventlog.fact (log_id, position, version, recorded_at, entered_at, id, command_id,
        cause, occurred_on, command_facts, shape, command_digest, salt, leaf, stream, kind, actor,
        also, payload)
    select p_log, p_before + i, p_versions[i], p_at, p_entered_at[i], p_ids[i], p_command_ids[i],
        p_causes[i], p_occurred_on[i], p_command_facts[i], p_shapes[i], p_digests[i],
        substring(p_salts from 16 * i - 15 for 16), substring(p_leaves from 32 * i - 31 for 32),
        p_streams[i], p_kinds[i], p_actors[i], string_to_array(p_also[i], ' '), p_payloads[i]::json
    from generate_series(1, cardinality(p_ids)) as i;
    if p_link_facts is not null then
        insert into eventlog.also (log_id, position, version, stream)
        select p_log, p_before + p_link_facts[i], p_link_versions[i], p_link_streams[i]
        from generate_series(1, cardinality(p_link_facts)) as i;
    end if;
    if p_node_heights is not null then
        insert into eventlog.node (log_id, height, index, hash)
        select p_log, p_node_heights[i], p_node_indices[i], p_node_hashes[i]
        from generate_series(1, cardinality(p_node_heights)) as i;
    end if;

    v_stored := clock_timestamp();
    if p_previous is not null then
        -- Waits for the call before: until its turn is over, or, if it has not come to its turn yet, for
        -- some milliseconds: another process may be busy.
        for i in 1 .. case when p_shared then 25 else 5 end loop
            if not pg_try_advisory_lock(p_previous) then
                perform pg_advisory_lock(p_previous), pg_advisory_unlock(p_previous);
                exit;
            end if;
            perform pg_advisory_unlock(p_previous);
            exit when p_before <= (select h.position from eventlog.head as h
                                   where h.log_id = p_log);
            if p_shared then
                exit when not exists (select from eventlog.claim as c
                                      where c.log_id = p_log and c.position > p_before);
            end if;
            perform pg_sleep(0.001);
        end loop;
        if p_shared then
            -- Whoever holds the head now may wait for the keys of the facts above: then they make way.
            perform eventlog.take_head(p_log, p_before, p_frontier, 3);
            if not eventlog.stands(p_log, p_before, p_begun, p_guard_streams, p_guard_versions) then
                raise exception 'streams of log % were written meanwhile', p_log
                    using errcode = 'EL006';
            end if;
        end if;
    end if;
    -- The time is the caller's, within a second of the clock: no fact is recorded in the future,
    -- and none in the past.
    v_clock := clock_timestamp();
    update eventlog.head as h
    set position = p_before + cardinality(p_ids), recorded_at = p_at, frontier = p_after
    where h.log_id = p_log and h.position = p_before and h.frontier = p_frontier
        and p_at >= h.recorded_at and p_at <= greatest(h.recorded_at, v_clock)
        and p_at > v_clock - interval '1 second';
    if not found then
        raise exception 'log % does not stand at position %, or it is not % now', p_log, p_before, p_at
            using errcode = 'EL005';
    end if;
    clocks := array[transaction_timestamp(), v_stored, v_clock];
end
$$;

-- eventlog.append_next for a single fact of one stream, which is all that is expected, and no node:
-- what a lone caller sends. Plain values are stored in half the time that arrays of one take. `p_known`
-- says that the caller wrote the stream since anybody else wrote the log, so that its version is known.
create function eventlog.append_one(
    p_log uuid, p_before bigint, p_frontier bytea, p_at timestamptz, p_after bytea,
    p_command_id uuid, p_digest bytea, p_actor text, p_id uuid, p_stream text, p_version bigint, p_known boolean,
    p_kind text, p_shape smallint, p_occurred_on date, p_entered_at timestamptz, p_cause uuid,
    p_salt bytea, p_leaf bytea, p_payload text,
    out clocks timestamptz[]
)
language plpgsql volatile security definer
set search_path = pg_catalog, pg_temp
set enable_seqscan = off
set enable_bitmapscan = off
set enable_sort = off
set jit = off
set plan_cache_mode = force_generic_plan
set lock_timeout = '10s'
as $$
begin
    -- See there. Each statement looks for one thing only: to set up what is not used takes time, too.
    if not p_known then
        if p_version = 1 then
            -- That no fact of the stream is there is looked at by its key.
            if exists (select from eventlog.also as a
                       where a.log_id = p_log and a.stream = p_stream) then
                return;
            end if;
        elsif p_version - 1 <> greatest(
            coalesce((select f.version from eventlog.fact as f
                      where f.log_id = p_log and f.stream = p_stream
                      order by f.version desc limit 1), 0),
            coalesce((select a.version from eventlog.also as a
                      where a.log_id = p_log and a.stream = p_stream
                      order by a.version desc limit 1), 0))
        then
            return;
        end if;
    end if;
    -- What was seen includes all that the caller knows was committed; if the head is still there once
    -- it is locked, nothing was added since, so what was seen still holds.
    update eventlog.head as h
    set position = p_before + 1, recorded_at = p_at, frontier = p_after
    where h.log_id = p_log and h.position = p_before and h.frontier = p_frontier
        and p_at >= h.recorded_at and p_at <= greatest(h.recorded_at, clock_timestamp())
        and p_at > clock_timestamp() - interval '1 second'
        and octet_length(p_leaf) = 32
        and octet_length(p_after) = 32 * bit_count((p_before + 1)::bit(64));
    if not found then
        return;
    end if;
    insert into eventlog.fact (log_id, position, version, recorded_at, entered_at, id, command_id,
        cause, occurred_on, command_facts, shape, command_digest, salt, leaf, stream, kind, actor,
        also, payload)
    values (p_log, p_before + 1, p_version, p_at, p_entered_at, p_id, p_command_id,
        p_cause, p_occurred_on, 1, p_shape, p_digest, p_salt, p_leaf, p_stream, p_kind, p_actor,
        null, p_payload::json);
    clocks := array[clock_timestamp()];
end
$$;

-- Where a log will stand after all groups that processes have claimed places for, and the clock: for a
-- caller who shares it with others. `turn` is the last claim there was, if any; `previous` is that of the
-- call that has to go first, null when all are over. A claim is believed for a while only, since who made
-- it may be gone. No position when there is no such log.
create function eventlog.claimed(
    p_log uuid,
    out turn bigint, out previous bigint,
    out "position" bigint, out recorded_at timestamptz, out frontier bytea, out clock timestamptz
)
language plpgsql volatile security definer
set search_path = pg_catalog, pg_temp
set enable_seqscan = off
set enable_bitmapscan = off
set plan_cache_mode = force_generic_plan
set lock_timeout = '10s'
as $$
declare
    v_claim eventlog.claim;
begin
    select c.* into v_claim from eventlog.claim as c where c.log_id = p_log;
    turn := v_claim.turn;
    if v_claim.position > (select h.position from eventlog.head as h where h.log_id = p_log)
        and v_claim.claimed_at > clock_timestamp() - interval '250 ms'
    then
        previous := v_claim.turn;
        position := v_claim.position;
        recorded_at := v_claim.recorded_at;
        frontier := v_claim.frontier;
    else
        -- Somebody who claims nothing may be about to move the head.
        perform set_config('synchronous_commit', 'off', true);
        select h.position, h.recorded_at, h.frontier into position, recorded_at, frontier
        from eventlog.head as h where h.log_id = p_log for update;
    end if;
    clock := clock_timestamp();
end
$$;

-- Claims the places after those that were claimed last, by `p_seen` (null: by nobody), for the call of
-- eventlog.append_next that will have the turn `p_turn` and leave the log as said. False when somebody
-- else was faster.
create function eventlog.claim(
    p_log uuid, p_seen bigint, p_turn bigint, p_position bigint, p_at timestamptz, p_frontier bytea
) returns boolean
language plpgsql volatile security definer
set search_path = pg_catalog, pg_temp
set enable_seqscan = off
set enable_bitmapscan = off
set plan_cache_mode = force_generic_plan
set lock_timeout = '10s'
as $$
begin
    -- There is nothing to be kept.
    perform set_config('synchronous_commit', 'off', true);
    if p_seen is null then
        insert into eventlog.claim (log_id, turn, position, recorded_at, claimed_at, frontier)
        values (p_log, p_turn, p_position, p_at, clock_timestamp(), p_frontier)
        on conflict on constraint claim_pkey do nothing;
    else
        update eventlog.claim as c
        set turn = p_turn, position = p_position, recorded_at = p_at, claimed_at = clock_timestamp(),
            frontier = p_frontier
        where c.log_id = p_log and c.turn = p_seen;
    end if;
    return found;
end
$$;

-- Takes all claims back, because one came to nothing: what was to follow it comes to nothing, too. `p_turn`
-- is a turn of nobody's.
create function eventlog.unclaim(p_log uuid, p_turn bigint) returns void
language plpgsql volatile security definer
set search_path = pg_catalog, pg_temp
set enable_seqscan = off
set enable_bitmapscan = off
set plan_cache_mode = force_generic_plan
set lock_timeout = '10s'
as $$
begin
    perform set_config('synchronous_commit', 'off', true);
    update eventlog.claim as c set turn = p_turn, position = 0 where c.log_id = p_log;
end
$$;
