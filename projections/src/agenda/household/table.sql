-- One row per household: what makes something due in it.
create table projections.agenda_household (
    log_id    uuid   not null,
    household uuid   not null,
    position  bigint not null,
    row       json   not null,
    constraint agenda_household_pkey primary key (log_id, household)
);
