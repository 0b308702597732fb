-- The keys that personal text is sealed under, each wrapped by a master key that is not in any
-- database. What is deleted here is forgotten: nothing else opens what was sealed under it.
--
-- The keys are the installation's, not one log's: a person has the same key in every pilot.

-- Which master key wraps from now on. One row: whoever adds a key holds a share of it until the key
-- is in, so that a rotation knows that nobody wraps under the old one any more.
create table vault.current_key (
    one   boolean not null default true,
    key   text    collate "C" not null,
    since timestamptz not null default clock_timestamp(),
    constraint current_key_pkey primary key (one),
    constraint current_key_one_check check (one)
);

-- One row per person, and one per household for its notes (under the household's id).
create table vault.person_key (
    person       uuid        not null,
    -- Nonce and ciphertext. Bound to it: person, wrapping key, commitment.
    wrapped      bytea       not null,
    wrapping_key text        collate "C" not null,
    -- As it stands in everything sealed under the key.
    commitment   text        collate "C" not null,
    created_at   timestamptz not null default clock_timestamp(),
    constraint person_key_pkey primary key (person)
);
create index person_key_wrapping_key on vault.person_key (wrapping_key);

-- Who was forgotten. An id and a time; whoever comes back gets another id.
create table vault.forgotten (
    person       uuid        not null,
    forgotten_at timestamptz not null default clock_timestamp(),
    constraint forgotten_pkey primary key (person)
);

-- Nobody who was forgotten gets a key again, whoever asks.
create function vault.refuse_forgotten() returns trigger
language plpgsql
set search_path = pg_catalog, pg_temp
as $$
begin
    if exists (select from vault.forgotten where person = new.person) then
        raise exception 'this person was forgotten' using errcode = 'FG001';
    end if;
    return new;
end
$$;
create trigger person_key_forgotten before insert or update of person on vault.person_key
    for each row execute function vault.refuse_forgotten();
alter table vault.person_key enable always trigger person_key_forgotten;

revoke all on schema vault from public;
revoke all on function vault.refuse_forgotten() from public;
grant usage on schema vault to inrete_vault;
grant select, insert, update on vault.current_key to inrete_vault;
grant select, insert, delete on vault.person_key to inrete_vault;
grant update (wrapped, wrapping_key) on vault.person_key to inrete_vault;
grant select, insert on vault.forgotten to inrete_vault;
