-- How far each read model has come. Runs as the owner role, after the log's own migrations.
--
-- Every key starts with log_id, so that the tables can be distributed by it. The tables of the read
-- models themselves are no migrations: each is made by its model's table.sql, and made anew when
-- that file changes, because its rows come back from the log.

create table projections.checkpoint (
    log_id       uuid        not null,
    model        text        collate "C" not null,
    -- All facts up to and including this one are in the model's rows; 0 when none is.
    position     bigint      not null,
    recorded_at  timestamptz,
    -- The version of the fold that wrote the rows.
    fold_version integer     not null,
    constraint checkpoint_pkey primary key (log_id, model),
    constraint checkpoint_position_check check (position >= 0)
)
-- Updated by every batch: room on the page keeps the updates out of the index.
with (fillfactor = 20);

-- The table.sql each model's table was made by; one row per model, none per log.
create table projections.definition (
    model text collate "C" not null,
    sql   text collate "C" not null,
    constraint definition_pkey primary key (model)
);

revoke all on schema projections from public;
grant usage on schema projections to inrete_project, inrete_read;
grant select, insert, update on projections.checkpoint to inrete_project;
grant select on projections.checkpoint to inrete_read;

-- Fenced as the log's tables are (its 0006_fences.sql), and as every read model's (src/model.rs).
alter table projections.checkpoint enable row level security;
create policy every_log on projections.checkpoint to inrete_project using (true) with check (true);
create policy own_logs on projections.checkpoint for select to inrete_read
    using (log_id = any ((select nullif(current_setting('inrete.pilots', true), '')::uuid[])::uuid[]));
