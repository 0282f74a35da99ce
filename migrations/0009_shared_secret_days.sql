-- How many tokens of a replaced system still come, signed with a secret shared with it (HS256): one row an issuer and day.
-- The worker before knows nothing of it. A worker after it, on the schema before, accepts such tokens and logs that it
-- could not count them; nothing else asks for this table.

create table shared_secret_days (
  issuer text not null,
  day date not null,
  accepted bigint not null default 0,
  late bigint not null default 0,
  reported_at timestamptz,
  primary key (issuer, day)
);
