-- Tables are built beside those that are read, in a schema of their own, and take their place at once.

-- Tells which table.sql made the table that a checkpoint speaks of; 0 is none's.
alter table projections.checkpoint add column table_mark bigint not null default 0;
alter table projections.definition add column mark bigint not null default 0;

-- Who folds has to know whether the table is the one it knows.
grant select on projections.definition to inrete_project;
