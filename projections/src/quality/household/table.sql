-- One row per household: how its facts were recorded.
create table projections.quality_household (
    log_id    uuid   not null,
    household uuid   not null,
    position  bigint not null,
    row       json   not null,
    constraint quality_household_pkey primary key (log_id, household)
);
