-- Passkeys. The worker before this asks for nothing of it. A worker after it goes on signing people in on the schema before,
-- in every way but with passkeys: those answer 503 until the tables are there, and the copy of one's own data 500.

-- A question to an authenticator belongs to the browser that asked it, and to nobody yet where any passkey may answer.
alter table challenges
  alter column user_id drop not null,
  add column asker_hash text;

-- What authenticators know a person by (WebAuthn Level 3 §14.6.1): random, so that it says nothing about them.
create table passkey_handles (
  user_id uuid primary key references users (id) on delete cascade,
  handle text not null unique
);

create table passkeys (
  id uuid primary key,
  user_id uuid not null references users (id) on delete cascade,
  credential_id text not null unique,
  public_key text not null,
  counter bigint not null,
  transports text[] not null default '{}',
  is_backup_eligible boolean not null,
  is_backed_up boolean not null,
  aaguid uuid,
  name text not null,
  created_at timestamptz not null default now(),
  last_used_at timestamptz
);
create index passkeys_user_idx on passkeys (user_id, created_at);
