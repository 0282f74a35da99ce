-- A role for the worker with only the rights it needs. Run it as the owner of the database, after the migrations; running it
-- again does no harm. Then give the role a password (`alter role portcullis_worker password '…'`) and the worker a
-- DATABASE_URL with both. `npm run migrate` and `npm run portcullis` go on with the owner's.
--
-- The role can neither change the schema nor read anything outside of it, cannot rewrite or empty the trail, and cannot
-- register clients. Tables of later migrations it may use as well, if the same owner applies them.
do $$ begin
  create role portcullis_worker login nosuperuser nocreatedb nocreaterole noinherit;
exception when duplicate_object then null;
end $$;

revoke create on schema public from public;
grant usage on schema public to portcullis_worker;
grant select, insert, update, delete on all tables in schema public to portcullis_worker;
alter default privileges in schema public grant select, insert, update, delete on tables to portcullis_worker;

revoke update, delete on audit_events from portcullis_worker;
revoke insert, update, delete on oauth_clients from portcullis_worker;
revoke all on portcullis_migrations from portcullis_worker;
