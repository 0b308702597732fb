-- The log. Runs as the owner role, in one transaction with the other migrations.
--
-- Every key starts with log_id, there is no sequence and no key between logs: the tables can be
-- distributed by log_id. Text is collated "C": byte order, the same on every machine for ever.

-- One row per log. Whoever appends locks it, so positions follow commits and have no gaps.
create table eventlog.head (
    log_id      uuid        not null,
    position    bigint      not null,
    recorded_at timestamptz not null,
    created_at  timestamptz not null,
    constraint head_pkey primary key (log_id),
    constraint head_position_check check (position >= 0)
)
-- Updated by every append: room on the page keeps the updates out of the index.
with (fillfactor = 20);

-- What was asked, and where its facts went: a repeated command gets its first outcome again.
create table eventlog.command (
    log_id         uuid        not null,
    command_id     uuid        not null,
    digest         bytea       not null,
    first_position bigint      not null,
    last_position  bigint      not null,
    recorded_at    timestamptz not null,
    constraint command_pkey primary key (log_id, command_id),
    constraint command_head_fkey foreign key (log_id) references eventlog.head (log_id),
    constraint command_digest_check check (octet_length(digest) between 1 and 64),
    constraint command_range_check check (first_position >= 1 and last_position >= first_position)
);

create table eventlog.fact (
    log_id      uuid        not null,
    position    bigint      not null,
    version     bigint      not null,
    recorded_at timestamptz not null,
    entered_at  timestamptz,
    occurred_on date        not null,
    shape       smallint    not null,
    id          uuid        not null,
    command_id  uuid        not null,
    cause       uuid,
    stream      text        collate "C" not null,
    kind        text        collate "C" not null,
    actor       text        collate "C" not null,
    -- The further streams, in the order given: a fact can be read without its entries in `also`.
    also        text[]      collate "C" not null,
    payload     jsonb       not null,
    constraint fact_pkey primary key (log_id, position),
    constraint fact_stream_version_key unique (log_id, stream, version),
    constraint fact_id_key unique (log_id, id),
    constraint fact_command_fkey foreign key (log_id, command_id)
        references eventlog.command (log_id, command_id),
    constraint fact_position_check check (position >= 1),
    constraint fact_version_check check (version >= 1),
    constraint fact_stream_check check (octet_length(stream) between 1 and 200),
    constraint fact_kind_check check (octet_length(kind) between 1 and 100),
    constraint fact_actor_check check (octet_length(actor) between 1 and 200)
);

-- A fact's entries in further streams. Versions of a stream run through `fact` and `also` together.
create table eventlog.also (
    log_id   uuid   not null,
    position bigint not null,
    version  bigint not null,
    stream   text   collate "C" not null,
    constraint also_pkey primary key (log_id, stream, version),
    constraint also_position_stream_key unique (log_id, position, stream),
    constraint also_fact_fkey foreign key (log_id, position)
        references eventlog.fact (log_id, position),
    constraint also_version_check check (version >= 1),
    constraint also_stream_check check (octet_length(stream) between 1 and 200)
);
