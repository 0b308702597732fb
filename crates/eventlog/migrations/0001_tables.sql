-- The log. Runs as the owner role, in one transaction with the other migrations.
--
-- Every key starts with log_id, there is no sequence and no key between logs: the tables can be
-- distributed by log_id. Text is collated "C": byte order, the same on every machine for ever.
--
-- There are no foreign keys, and no checks where appends write: a few functions write all tables
-- together, and PostgreSQL would prepare each check anew for each append. `verify` looks at what they
-- would guard.

-- One row per log. Whoever appends locks it, so positions follow commits and have no gaps.
create table eventlog.head (
    log_id      uuid        not null,
    position    bigint      not null,
    recorded_at timestamptz not null,
    created_at  timestamptz not null,
    -- The roots of the complete subtrees of the log's Merkle tree, from the smallest to the
    -- largest, 32 bytes each: as many as `position` has bits set. The last column, and its end
    -- changes least: an update's record in the WAL leaves out what is as it was.
    frontier    bytea       not null,
    constraint head_pkey primary key (log_id)
)
-- Updated by every append: room on the page keeps the updates out of the index, and the row is
-- pruned as it is updated.
with (fillfactor = 20);

-- Where the log will stand after a group that is on its way, so that another process can send the next one
-- before that is recorded. Nothing follows from it but what is tried: it need not survive anything.
create unlogged table eventlog.claim (
    log_id      uuid        not null,
    turn        bigint      not null,
    position    bigint      not null,
    recorded_at timestamptz not null,
    claimed_at  timestamptz not null,
    frontier    bytea       not null,
    constraint claim_pkey primary key (log_id)
)
with (fillfactor = 20);

-- Nothing is ever updated or deleted, so an index only grows at its right edge (positions, ids of
-- version 7) or in the streams that are in use, and vacuum has nothing to clean: it visits each page
-- once, when it was filled, and freezes it there and then.
create table eventlog.fact (
    log_id         uuid        not null,
    position       bigint      not null,
    version        bigint      not null,
    recorded_at    timestamptz not null,
    entered_at     timestamptz,
    id             uuid        not null,
    command_id     uuid        not null,
    cause          uuid,
    occurred_on    date        not null,
    -- On a command's first fact only: how many facts it has, and the digest of its content. A
    -- repeated command gets its first outcome again.
    command_facts  integer,
    shape          smallint    not null,
    command_digest bytea,
    -- Random: nobody can guess a fact from its leaf.
    salt           bytea       not null,
    -- The leaf of the Merkle tree: see eventlog.record.
    leaf           bytea       not null,
    stream         text        collate "C" not null,
    kind           text        collate "C" not null,
    actor          text        collate "C" not null,
    -- The further streams, in the order given: a fact can be read without its entries in `also`.
    also           text[]      collate "C",
    -- RFC 8785 canonical text; `json` keeps it to the letter.
    payload        json        not null,
    constraint fact_pkey primary key (log_id, position),
    constraint fact_stream_version_key unique (log_id, stream, version),
    constraint fact_id_key unique (log_id, id)
)
with (
    autovacuum_vacuum_insert_scale_factor = 0, autovacuum_vacuum_insert_threshold = 200000,
    autovacuum_analyze_scale_factor = 0, autovacuum_analyze_threshold = 200000,
    autovacuum_freeze_min_age = 0
);
create unique index fact_command_key on eventlog.fact (log_id, command_id)
    where command_digest is not null;

-- A fact's entries in further streams. Versions of a stream run through `fact` and `also` together.
create table eventlog.also (
    log_id   uuid   not null,
    position bigint not null,
    version  bigint not null,
    stream   text   collate "C" not null,
    constraint also_pkey primary key (log_id, stream, version)
)
with (
    autovacuum_vacuum_insert_scale_factor = 0, autovacuum_vacuum_insert_threshold = 200000,
    autovacuum_analyze_scale_factor = 0, autovacuum_analyze_threshold = 200000,
    autovacuum_freeze_min_age = 0
);

-- Roots of complete subtrees of 256, 65,536, 16,777,216… leaves (heights 8, 16, 24…): with them any
-- node of the tree takes at most 255 hashes to make, however long the log.
create table eventlog.node (
    log_id uuid     not null,
    height smallint not null,
    -- From the left, from 0.
    index  bigint   not null,
    hash   bytea    not null,
    constraint node_pkey primary key (log_id, height, index)
);

-- Checkpoints that were signed: the log vouched for these roots to the outside.
create table eventlog.checkpoint (
    log_id    uuid        not null,
    size      bigint      not null,
    -- The text that was signed: origin, size, root.
    body      text        collate "C" not null,
    signed_at timestamptz not null,
    constraint checkpoint_pkey primary key (log_id, size),
    constraint checkpoint_size_check check (size >= 0)
);

-- Who signed a checkpoint: keys of the log, and witnesses.
create table eventlog.signature (
    log_id uuid   not null,
    size   bigint not null,
    -- The key's name and id, as in a signed note.
    name   text   collate "C" not null,
    key_id bytea  not null,
    -- What follows the key's id in the note's line.
    bytes  bytea  not null,
    constraint signature_pkey primary key (log_id, size, name, key_id),
    constraint signature_key_id_check check (octet_length(key_id) = 4)
);
