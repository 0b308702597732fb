-- One row per pilot.
create table projections.ledger (
    log_id   uuid   not null,
    position bigint not null,
    row      json   not null,
    constraint ledger_pkey primary key (log_id)
);
