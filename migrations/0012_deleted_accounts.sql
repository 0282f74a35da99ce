-- What the daily purge of deleted accounts looks up. A worker before it does not purge; one after it only reads more on the old schema.
create index users_deleted_idx on users (deleted_at) where deleted_at is not null;
