-- One row per household.
create table projections.work (
    log_id      uuid   not null,
    household   uuid   not null,
    position    bigint not null,
    row         json   not null,
    constraint work_pkey primary key (log_id, household)
);
