-- People who come with another issuer's token may have no address that is known to be theirs.

alter table users alter column email drop not null;
