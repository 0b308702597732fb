-- One row per pilot: how the facts of the pilot, its money and its committee were recorded.
create table projections.quality_pilot (
    log_id   uuid   not null,
    position bigint not null,
    row      json   not null,
    constraint quality_pilot_pkey primary key (log_id)
);
