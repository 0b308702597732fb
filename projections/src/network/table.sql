-- One row per household.
create table projections.network (
    log_id          uuid   not null,
    household       uuid   not null,
    position        bigint not null,
    last_contact_on date,
    -- Every partner that was ever in contact with it, or that it was sent to.
    partners        uuid[] not null,
    row             jsonb  not null,
    constraint network_pkey primary key (log_id, household)
);

create index network_last_contact_idx on projections.network (log_id, last_contact_on, household);

grant select, insert, update, delete on projections.network to inrete_service;
