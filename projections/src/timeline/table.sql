-- One row per fact of a household. A position is one fact's only, whatever household it belongs to.
create table projections.timeline (
    log_id    uuid   not null,
    position  bigint not null,
    household uuid   not null,
    row       jsonb  not null,
    constraint timeline_pkey primary key (log_id, position)
);

create index timeline_household_idx on projections.timeline (log_id, household, position);

grant select, insert, update, delete on projections.timeline to inrete_service;
