-- One row per dwelling.
create table projections.dwelling (
    log_id   uuid   not null,
    dwelling uuid   not null,
    position bigint not null,
    row      jsonb  not null,
    constraint dwelling_pkey primary key (log_id, dwelling)
);
