-- One row per fact that corrects, retracts or confirms another: all that the log does not say of that
-- other one by itself.
create table projections.timeline (
    log_id     uuid   not null,
    -- The other fact.
    position   bigint not null,
    amended_by bigint not null,
    how        text   collate "C" not null,
    constraint timeline_pkey primary key (log_id, position, amended_by)
);
