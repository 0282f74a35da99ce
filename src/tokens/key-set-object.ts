// The last key set of an issuer that was good, for isolates that start while the issuer is down.
//
// An object kind of its own, one small object an issuer. None of the other kinds has an issuer as its subject: a row in a
// user or limit shard would tie everybody's bearer tokens to how busy that shard is with other things, and the outbox of
// the trail must be able to fill up without that. The platform's cache is no place for it, being local to a data centre
// and free to forget. It does not fetch: every isolate asks the issuer itself, and one that is slow here harms nobody.
import { DurableObject } from 'cloudflare:workers'
import type { KeptKeySet, KeySetStore } from './key-sets.ts'

export class KeySetObject extends DurableObject<Env> implements KeySetStore {
  constructor(state: DurableObjectState, env: Env) {
    super(state, env)
    state.storage.sql.exec(
      `create table if not exists last_good (
        one integer primary key check (one = 1), text text not null, fetched_at_ms integer not null)`,
    )
  }

  read(): KeptKeySet | null {
    const [row] = this.ctx.storage.sql
      .exec<{ text: string; fetched_at_ms: number }>('select text, fetched_at_ms from last_good')
      .toArray()
    return row === undefined ? null : { text: row.text, fetchedAtMs: row.fetched_at_ms }
  }

  /** Isolates fetch side by side: the newest wins, whoever comes last. */
  keep({ text, fetchedAtMs }: KeptKeySet): void {
    this.ctx.storage.sql.exec(
      `insert into last_good (one, text, fetched_at_ms) values (1, ?, ?)
       on conflict (one) do update set text = excluded.text, fetched_at_ms = excluded.fetched_at_ms
       where excluded.fetched_at_ms > fetched_at_ms`,
      text,
      fetchedAtMs,
    )
  }
}
