-- Bearer tokens. Only a digest is kept: whoever reads this table can sign in as nobody.
create table access.token (
    id uuid not null,
    digest bytea not null,
    label text not null,
    created_at timestamptz not null default clock_timestamp(),
    expires_at timestamptz,
    revoked_at timestamptz,
    constraint token_pkey primary key (id),
    constraint token_digest_key unique (digest)
);

grant usage on schema access to inrete_identity;
grant select, insert on access.token to inrete_identity;
grant update (revoked_at) on access.token to inrete_identity;
