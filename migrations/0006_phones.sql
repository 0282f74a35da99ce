-- Phones that people sign in with, or that prove them a second time. The worker before this one asks for no phone and goes
-- on as it did, so somebody who has a phone as the second factor and nothing else passes it with the first one alone; it is
-- rolled back to for an hour, not for good. The worker after it needs these columns.
create table phone_credentials (
  user_id uuid primary key references users (id) on delete cascade,
  -- E.164
  phone text not null,
  use text not null check (use in ('sign-in', 'second-factor')),
  created_at timestamptz not null default now()
);
-- One account for a number that signs in; a family may share the phone that is asked second.
create unique index phone_credentials_sign_in_key on phone_credentials (phone) where use = 'sign-in';

-- A code by text is asked of a number; in a browser only that browser can answer. A vendor that makes the codes keeps them.
alter table challenges
  add column phone text,
  add column phone_use text,
  add column browser_hash text;
create index challenges_phone_idx on challenges (phone, purpose, created_at desc) where phone is not null;
