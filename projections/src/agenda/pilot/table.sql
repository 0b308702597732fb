-- One row per pilot: what makes something due for its coordinator, funders and committee.
create table projections.agenda_pilot (
    log_id   uuid   not null,
    position bigint not null,
    row      json   not null,
    constraint agenda_pilot_pkey primary key (log_id)
);
