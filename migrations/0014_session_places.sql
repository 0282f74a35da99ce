-- Where somebody was when they signed in, as the platform told it: for the list of one's own sessions, and gone with them.
-- A worker that knows it works without it as well: its sessions then have no place. Only the copy of one's own data waits
-- for it.
create table session_places (
  session_id uuid primary key references sessions (id) on delete cascade,
  country text not null check (country ~ '^([A-Z]{2}|T1)$'),
  city text check (length(city) <= 100)
);
