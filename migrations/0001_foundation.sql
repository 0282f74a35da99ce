-- People, how they are known, what proves them, where they are signed in, what they were asked, and what happened.

create table users (
  id uuid primary key,
  email text not null,
  email_verified_at timestamptz,
  name text,
  phone text,
  roles text[] not null default '{}',
  status text not null default 'active' check (status in ('active', 'locked')),
  shard text not null,
  created_at timestamptz not null default now(),
  updated_at timestamptz not null default now(),
  deleted_at timestamptz,
  deleted_by uuid
);
create unique index users_email_key on users (lower(email)) where deleted_at is null;

create table identities (
  id uuid primary key,
  user_id uuid not null references users (id) on delete cascade,
  subject text not null unique,
  created_at timestamptz not null default now()
);
create index identities_user_idx on identities (user_id);

create table password_credentials (
  user_id uuid primary key references users (id) on delete cascade,
  hash text not null,
  created_at timestamptz not null default now(),
  updated_at timestamptz not null default now()
);

create table sessions (
  id uuid primary key,
  user_id uuid not null references users (id) on delete cascade,
  secret_hash text not null,
  previous_secret_hash text,
  amr text[] not null,
  aal smallint not null check (aal in (1, 2)),
  auth_time timestamptz not null,
  created_at timestamptz not null default now(),
  rotated_at timestamptz not null default now(),
  last_seen_at timestamptz not null default now(),
  expires_at timestamptz not null,
  ip inet,
  user_agent text,
  ended_at timestamptz,
  end_reason text
);
create index sessions_user_live_idx on sessions (user_id, last_seen_at desc, id desc) where ended_at is null;
create index sessions_expiry_idx on sessions (expires_at);
create index sessions_ended_idx on sessions (ended_at) where ended_at is not null;

create table challenges (
  id uuid primary key,
  purpose text not null,
  user_id uuid not null references users (id) on delete cascade,
  token_hash text not null unique,
  code_hash text not null,
  password_hash text,
  attempts smallint not null default 0,
  return_to text,
  ip inet,
  created_at timestamptz not null default now(),
  code_expires_at timestamptz not null,
  expires_at timestamptz not null,
  consumed_at timestamptz
);
create index challenges_user_idx on challenges (user_id, purpose, created_at desc);
create index challenges_expiry_idx on challenges (expires_at);

-- No foreign key to users: the trail outlives the people in it.
create table audit_events (
  id uuid primary key,
  at timestamptz not null,
  type text not null,
  outcome text not null check (outcome in ('success', 'failure')),
  user_id uuid,
  session_id uuid,
  ip inet,
  user_agent text,
  request_id text,
  reason text,
  details jsonb not null default '{}'
);
create index audit_events_at_idx on audit_events (at desc, id desc);
create index audit_events_user_idx on audit_events (user_id, at desc);
create index audit_events_type_idx on audit_events (type, at desc);
