-- One row per household.
create table projections.network (
    log_id    uuid   not null,
    household uuid   not null,
    position  bigint not null,
    row       json   not null,
    constraint network_pkey primary key (log_id, household)
);
