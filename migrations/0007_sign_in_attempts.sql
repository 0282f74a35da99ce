-- Sign-ins under way at another identity provider. A worker before this one does not know the table; a worker after it that
-- meets a database without it answers 503 to whoever wants to sign in that way, and serves everything else.

-- The row is what a callback can be the answer to: one provider's, one browser's, once. Nonce and PKCE verifier follow from
-- the state and a key of the worker, so they are not stored. `user_id` is whoever connects the provider to their account.
create table sign_in_attempts (
  state_hash text primary key,
  provider text not null,
  issuer text not null,
  browser_hash text not null,
  user_id uuid references users (id) on delete cascade,
  is_fresh boolean not null default false,
  return_to text,
  created_at timestamptz not null default now(),
  expires_at timestamptz not null,
  consumed_at timestamptz
);
create index sign_in_attempts_expiry_idx on sign_in_attempts (expires_at);
create index sign_in_attempts_user_idx on sign_in_attempts (user_id) where user_id is not null;
