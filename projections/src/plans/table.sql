-- One row per household.
create table projections.plans (
    log_id      uuid   not null,
    household   uuid   not null,
    position    bigint not null,
    row         json   not null,
    constraint plans_pkey primary key (log_id, household)
);
