-- One row per pilot.
create table projections.committee (
    log_id   uuid   not null,
    position bigint not null,
    row      json   not null,
    constraint committee_pkey primary key (log_id)
);
