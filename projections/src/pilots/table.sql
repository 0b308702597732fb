-- One row per pilot. Code and HMIS project are looked up across logs: the only indexes without log_id.
create table projections.pilot (
    log_id       uuid   not null,
    position     bigint not null,
    code         text   collate "C",
    hmis_project text   collate "C",
    row          jsonb  not null,
    constraint pilot_pkey primary key (log_id)
);

create index pilot_code_idx on projections.pilot (code);
create index pilot_hmis_project_idx on projections.pilot (hmis_project);
