// What an outbox object keeps: the messages that wait, sealed, with how often they were tried; and what it has counted.
import type { Tries } from './schedule.ts'

export interface WaitingRow extends Tries {
  readonly id: string
  readonly sealed: string
}

type Stored = { id: string; sealed: string; made: number; unknown: number }

export class Waiting {
  readonly #storage: DurableObjectStorage

  constructor(storage: DurableObjectStorage) {
    this.#storage = storage
    storage.sql.exec(`create table if not exists waiting (
      id text primary key, channel text not null, sealed text not null,
      made integer not null default 0, unknown integer not null default 0, next_ms integer not null)`)
    storage.sql.exec('create index if not exists waiting_next on waiting (next_ms)')
    storage.sql.exec(`create table if not exists counted (
      channel text not null, outcome text not null, n integer not null, primary key (channel, outcome))`)
  }

  add(row: { readonly id: string; readonly channel: string; readonly sealed: string; readonly nextMs: number }): void {
    const insert = 'insert or ignore into waiting (id, channel, sealed, next_ms) values (?, ?, ?, ?)'
    this.#storage.sql.exec(insert, row.id, row.channel, row.sealed, row.nextMs)
  }

  get(id: string): WaitingRow | null {
    return (
      this.#storage.sql.exec<Stored>('select id, sealed, made, unknown from waiting where id = ?', id).toArray()[0] ??
      null
    )
  }

  due(nowMs: number, limit: number): readonly string[] {
    const select = 'select id from waiting where next_ms <= ? order by next_ms limit ?'
    return this.#storage.sql
      .exec<{ id: string }>(select, nowMs, limit)
      .toArray()
      .map(({ id }) => id)
  }

  tried(id: string, { made, unknown }: Tries, nextMs: number): void {
    const update = 'update waiting set made = ?, unknown = ?, next_ms = ? where id = ?'
    this.#storage.sql.exec(update, made, unknown, nextMs, id)
  }

  remove(id: string): void {
    this.#storage.sql.exec('delete from waiting where id = ?', id)
  }

  nextMs(): number | null {
    return this.#storage.sql.exec<{ next: number | null }>('select min(next_ms) as next from waiting').one().next
  }

  count(channel: string, outcome: string): void {
    const insert = `insert into counted (channel, outcome, n) values (?, ?, 1)
      on conflict (channel, outcome) do update set n = n + 1`
    this.#storage.sql.exec(insert, channel, outcome)
  }

  counts(): { channel: string; outcome: string; n: number }[] {
    const select = `select channel, outcome, n from counted
      union all select channel, 'waiting' as outcome, count(*) as n from waiting group by channel`
    return this.#storage.sql.exec<{ channel: string; outcome: string; n: number }>(select).toArray()
  }
}
