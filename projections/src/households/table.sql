-- One row per household.
create table projections.household (
    log_id      uuid   not null,
    household   uuid   not null,
    position    bigint not null,
    status      text   collate "C" not null,
    admitted_on date,
    exited_on   date,
    -- Every dwelling it ever lived in.
    dwellings   uuid[] not null,
    row         jsonb  not null,
    constraint household_pkey primary key (log_id, household)
);

create index household_status_idx on projections.household (log_id, status, household);
