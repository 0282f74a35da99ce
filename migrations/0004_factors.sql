-- What proves people a second time, and questions by mail that open or change an account.

-- A question may be a link alone (no code), remembers the way of signing in that it is the second half of, and who answered it.
alter table challenges
  alter column code_hash drop not null,
  add column amr text[],
  add column used_ip inet,
  add column claimed_until timestamptz;

-- One authenticator app per person. `secret` is sealed for this row; unconfirmed ones count for nothing. `last_step` makes
-- a code good once. Wrong tries are counted here, per person and over all sessions, before a code is compared.
create table totp_credentials (
  user_id uuid primary key references users (id) on delete cascade,
  secret text not null,
  confirmed_at timestamptz,
  last_step bigint not null default 0,
  failures integer not null default 0,
  failed_at timestamptz,
  locked_until timestamptz,
  created_at timestamptz not null default now()
);

create table backup_codes (
  user_id uuid not null references users (id) on delete cascade,
  code_hash text not null,
  created_at timestamptz not null default now(),
  used_at timestamptz,
  primary key (user_id, code_hash)
);
