-- How each person usually signs in, in one small row: what a new sign-in is compared with.
-- A worker that knows it works without it as well: it then judges no sign-in, and says so in its log. Only the copy of
-- one's own data and the last step of the daily clean-up wait for it.

create table login_habits (
  user_id uuid primary key references users (id) on delete cascade,
  habits jsonb not null,
  updated_at timestamptz not null default now()
);
create index login_habits_updated_idx on login_habits (updated_at);
