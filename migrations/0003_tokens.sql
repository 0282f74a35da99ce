-- Sessions whose holder has tokens instead of a cookie, the programs that may ask for them, and what people allowed those.

-- A family of tokens is a session: listed, ended and looked after like any other. `parent_id` is the browser session that
-- an application got its own by, and that takes it along when it ends.
alter table sessions
  add column parent_id uuid references sessions (id) on delete cascade,
  add column client_id text,
  add column scope text,
  add column refresh_seed text,
  add column refresh_generation integer,
  add column refreshed_at timestamptz,
  add column dpop_jkt text,
  add constraint sessions_tokens_whole check (
    num_nulls(client_id, scope, refresh_seed, refresh_generation, refreshed_at) in (0, 5));
create index sessions_parent_idx on sessions (parent_id) where parent_id is not null;
create index sessions_client_idx on sessions (client_id) where client_id is not null;

create table oauth_clients (
  id text primary key,
  name text not null,
  is_first_party boolean not null default false,
  auth_method text not null check (auth_method in ('client_secret_basic', 'private_key_jwt', 'none')),
  secret_hash text,
  jwks jsonb,
  redirect_uris text[] not null default '{}',
  post_logout_redirect_uris text[] not null default '{}',
  backchannel_logout_uri text,
  grant_types text[] not null,
  scopes text[] not null,
  created_at timestamptz not null default now(),
  check ((auth_method = 'client_secret_basic') = (secret_hash is not null)),
  check ((auth_method = 'private_key_jwt') = (jwks is not null))
);

-- Spent codes stay until they expire: a second use has to find what the first one gave.
create table oauth_codes (
  code_hash text primary key,
  client_id text not null references oauth_clients (id) on delete cascade,
  session_id uuid not null references sessions (id) on delete cascade,
  redirect_uri text not null,
  scope text not null,
  nonce text,
  code_challenge text not null,
  created_at timestamptz not null default now(),
  expires_at timestamptz not null,
  consumed_at timestamptz,
  issued_session_id uuid
);
create index oauth_codes_expiry_idx on oauth_codes (expires_at);
create index oauth_codes_session_idx on oauth_codes (session_id);

create table oauth_consents (
  user_id uuid not null references users (id) on delete cascade,
  client_id text not null references oauth_clients (id) on delete cascade,
  scopes text[] not null,
  granted_at timestamptz not null default now(),
  primary key (user_id, client_id)
);
create index oauth_consents_client_idx on oauth_consents (client_id);

-- Ids of client assertions that were used (RFC 7523 §3): each authenticates once.
create table oauth_assertions (
  client_id text not null references oauth_clients (id) on delete cascade,
  jti_hash text not null,
  expires_at timestamptz not null,
  primary key (client_id, jti_hash)
);
create index oauth_assertions_expiry_idx on oauth_assertions (expires_at);

-- Applications that have to hear of a session's end, written by the statement that ends it.
create table logout_notices (
  id uuid primary key default gen_random_uuid(),
  client_id text not null references oauth_clients (id) on delete cascade,
  session_id uuid not null,
  user_id uuid not null,
  attempts smallint not null default 0,
  next_at timestamptz not null default now(),
  created_at timestamptz not null default now()
);
create index logout_notices_due_idx on logout_notices (next_at);
create index logout_notices_session_idx on logout_notices (session_id);
create index logout_notices_client_idx on logout_notices (client_id);
