-- Who is asking. Nothing here says what anybody may do: roles are facts in the access logs, granted to
-- an account's or a token's id.
--
-- Whoever reads these tables can sign in as nobody: of every secret there is a digest only, passwords
-- are argon2id hashes, and what has to be used in the clear (the keys of authenticator apps) is sealed
-- under a key that is in no database. All times are given by the service.

create table identity.account (
    id                  uuid        not null,
    -- As it is compared: NFKC, lower case.
    name                text        collate "C" not null,
    display_name        text        not null,
    language            text        collate "C" not null,
    created_at          timestamptz not null,
    disabled_at         timestamptz,
    -- A PHC string. Null: none was chosen, and none signs in.
    password            text        collate "C",
    password_changed_at timestamptz,
    last_sign_in_at     timestamptz,
    -- The one that the installation began with.
    first               boolean     not null default false,
    constraint account_pkey primary key (id),
    constraint account_name_key unique (name),
    constraint account_name_check check (char_length(name) between 3 and 254),
    constraint account_display_name_check check (char_length(display_name) between 1 and 100),
    constraint account_language_check check (language in ('it', 'en'))
);
create unique index account_first on identity.account (first) where first;

-- One-time links. Used up by being deleted.
create table identity.invitation (
    digest     bytea       not null,
    account    uuid        not null,
    created_at timestamptz not null,
    expires_at timestamptz not null,
    constraint invitation_pkey primary key (digest),
    constraint invitation_account_fkey foreign key (account)
        references identity.account (id) on delete cascade
);
create index invitation_account on identity.invitation (account);

-- Keys of authenticator apps, sealed: nonce and ciphertext, bound to the account.
create table identity.totp (
    account      uuid        not null,
    secret       bytea,
    confirmed_at timestamptz,
    -- The newest step whose code was taken. None is taken twice, and none older.
    last_step    bigint,
    -- Shown to be set up, and not yet proven by a code.
    next_secret  bytea,
    next_at      timestamptz,
    constraint totp_pkey primary key (account),
    constraint totp_account_fkey foreign key (account)
        references identity.account (id) on delete cascade,
    constraint totp_confirmed_check check ((secret is null) = (confirmed_at is null))
);

-- Used up by being deleted. A digest is keyed, and bound to the account.
create table identity.recovery_code (
    account    uuid        not null,
    digest     bytea       not null,
    created_at timestamptz not null,
    constraint recovery_code_pkey primary key (account, digest),
    constraint recovery_code_account_fkey foreign key (account)
        references identity.account (id) on delete cascade
);

create table identity.passkey (
    id            uuid        not null,
    account       uuid        not null,
    -- What the authenticator calls it. In no two accounts.
    credential_id bytea       not null,
    -- Public key and flags.
    credential    jsonb       not null,
    -- How often it was used, as it says itself; 0 where it does not count.
    counter       bigint      not null default 0,
    label         text        not null,
    created_at    timestamptz not null,
    last_used_at  timestamptz,
    -- Its counter went back: somebody has a copy.
    copied_at     timestamptz,
    constraint passkey_pkey primary key (id),
    constraint passkey_credential_id_key unique (credential_id),
    constraint passkey_account_fkey foreign key (account)
        references identity.account (id) on delete cascade
);
create index passkey_account on identity.passkey (account);

-- Who an account is at an identity provider. The digest is keyed, over issuer and subject.
create table identity.provider_account (
    digest     bytea       not null,
    account    uuid        not null,
    issuer     text        collate "C" not null,
    linked_at  timestamptz not null,
    constraint provider_account_pkey primary key (digest),
    constraint provider_account_account_fkey foreign key (account)
        references identity.account (id) on delete cascade
);
create index provider_account_account on identity.provider_account (account);

create table identity.session (
    id              uuid        not null,
    account         uuid        not null,
    digest          bytea       not null,
    -- The secret before it. Presented again after the new one was used, it ends the session.
    previous        bytea,
    rotated_at      timestamptz not null,
    -- The present secret has come back from the browser.
    arrived         boolean     not null default false,
    strength        text        collate "C" not null,
    -- How often it was given a new strength: tokens against forgery are bound to it.
    elevation       integer     not null default 0,
    agent           text        not null,
    created_at      timestamptz not null,
    last_seen_at    timestamptz not null,
    -- When a credential was last shown.
    confirmed_at    timestamptz not null,
    locked_at       timestamptz,
    ends_at         timestamptz not null,
    constraint session_pkey primary key (id),
    constraint session_digest_key unique (digest),
    constraint session_account_fkey foreign key (account)
        references identity.account (id) on delete cascade,
    constraint session_strength_check check (strength in ('password', 'strong'))
);
create index session_account on identity.session (account);
create unique index session_previous on identity.session (previous) where previous is not null;

-- What is needed to end the provider's session with ours. The token is sealed, bound to the session.
create table identity.provider_session (
    session  uuid  not null,
    provider text  collate "C" not null,
    token    bytea not null,
    constraint provider_session_pkey primary key (session),
    constraint provider_session_session_fkey foreign key (session)
        references identity.session (id) on delete cascade
);

-- Half a sign-in: the first factor was right. Never becomes a session, a session is made when it ends.
create table identity.step (
    digest     bytea       not null,
    account    uuid        not null,
    tries      integer     not null default 0,
    -- Where it came from, when from an identity provider.
    provider   text        collate "C",
    token      bytea,
    mapped     jsonb,
    created_at timestamptz not null,
    expires_at timestamptz not null,
    constraint step_pkey primary key (digest),
    constraint step_account_fkey foreign key (account)
        references identity.account (id) on delete cascade
);
create index step_account on identity.step (account);

-- What a browser was asked to do, and has not yet done: a passkey's challenge, a visit to a provider.
-- Used up by being deleted.
create table identity.ceremony (
    digest     bytea       not null,
    kind       text        collate "C" not null,
    account    uuid,
    session    uuid,
    step       bytea,
    -- Of the address that asked.
    address    bytea       not null,
    state      jsonb       not null,
    created_at timestamptz not null,
    expires_at timestamptz not null,
    constraint ceremony_pkey primary key (digest),
    constraint ceremony_kind_check check (kind in ('register', 'sign_in', 'step', 'session', 'provider')),
    constraint ceremony_account_fkey foreign key (account)
        references identity.account (id) on delete cascade,
    constraint ceremony_session_fkey foreign key (session)
        references identity.session (id) on delete cascade,
    constraint ceremony_step_fkey foreign key (step)
        references identity.step (digest) on delete cascade
);
create index ceremony_address on identity.ceremony (address);

-- Failed attempts, by keyed digest: whoever reads this learns neither names nor addresses.
create table identity.attempt (
    kind          text        collate "C" not null,
    digest        bytea       not null,
    failures      integer     not null,
    since         timestamptz not null,
    blocked_until timestamptz,
    constraint attempt_pkey primary key (kind, digest),
    constraint attempt_kind_check check (kind in ('address', 'name', 'device', 'factor'))
);
create index attempt_since on identity.attempt (since);

-- Bearer tokens of programs.
create table identity.token (
    id           uuid        not null,
    digest       bytea       not null,
    label        text        not null,
    -- Null: made on the command line.
    owner        uuid,
    created_at   timestamptz not null,
    expires_at   timestamptz,
    revoked_at   timestamptz,
    last_used_at timestamptz,
    constraint token_pkey primary key (id),
    constraint token_digest_key unique (digest),
    constraint token_owner_fkey foreign key (owner) references identity.account (id),
    constraint token_owner_check check (owner is null or expires_at is not null)
);
create index token_owner on identity.token (owner);

revoke all on schema identity from public;
grant usage on schema identity to inrete_identity;

grant select, insert on identity.account to inrete_identity;
grant update (name, display_name, language, disabled_at, password, password_changed_at, last_sign_in_at)
    on identity.account to inrete_identity;
grant select, insert, delete on identity.invitation to inrete_identity;
grant select, insert, delete on identity.totp to inrete_identity;
grant update (secret, confirmed_at, last_step, next_secret, next_at) on identity.totp to inrete_identity;
grant select, insert, delete on identity.recovery_code to inrete_identity;
grant select, insert, delete on identity.passkey to inrete_identity;
grant update (credential, counter, label, last_used_at, copied_at) on identity.passkey to inrete_identity;
grant select, insert, delete on identity.provider_account to inrete_identity;
grant select, insert, delete on identity.session to inrete_identity;
grant update (digest, previous, rotated_at, arrived, strength, elevation, last_seen_at, confirmed_at, locked_at)
    on identity.session to inrete_identity;
grant select, insert, delete on identity.provider_session to inrete_identity;
grant select, insert, delete on identity.step to inrete_identity;
grant update (tries) on identity.step to inrete_identity;
grant select, insert, delete on identity.ceremony to inrete_identity;
grant select, insert, delete on identity.attempt to inrete_identity;
grant update (failures, since, blocked_until) on identity.attempt to inrete_identity;
-- A token is revoked, never deleted: the access log speaks of it by its id.
grant select, insert on identity.token to inrete_identity;
grant update (revoked_at, last_used_at) on identity.token to inrete_identity;
