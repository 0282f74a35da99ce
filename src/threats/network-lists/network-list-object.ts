// One published list: gets it when that is due, keeps the last good one, and hands out what was compiled of it.
//
// An object kind of its own, one a list: the compiled bytes are megabytes, and reading or making them must keep nothing
// else waiting. No request ever waits for this object; isolates fetch from it behind the requests' backs.
import { DurableObject } from 'cloudflare:workers'
import { hourMs, minuteMs } from '../../kit/duration.ts'
import type { FetchList } from '../../providers/network-lists/list-source.ts'
import { type KeptList, type ListSettings, type ListStore, type RefreshOutcome, hasShrunk } from './lists.ts'
import { createListParser } from './parse-list.ts'
import { type PrefixSet, entriesOf, prefixSetBytes } from './prefix-set.ts'

/** A value of the object's storage holds at most 2 MB. */
const chunkBytes = 1024 * 1024
/** Triggers come on the hour, give or take. */
const slackMs = 5 * minuteMs
/** Between tries that are worth something, and none of which says so at once. */
const leastPauseMs = 10 * minuteMs

const tables = [
  `create table if not exists list (
    one integer primary key check (one = 1), url text not null, version integer not null, entries integer not null,
    chunks integer not null, etag text, confirmed_at_ms integer not null)`,
  'create table if not exists chunks (number integer primary key, bytes blob not null)',
  'create table if not exists tried (one integer primary key check (one = 1), at_ms integer not null, url text not null)',
]

type Row = {
  version: number
  entries: number
  chunks: number
  etag: string | null
  confirmed_at_ms: number
}

export function networkListObject(fetchList: FetchList) {
  return class NetworkListObject extends DurableObject<Env> implements ListStore {
    #refreshing: Promise<RefreshOutcome> | null = null

    constructor(state: DurableObjectState, env: Env) {
      super(state, env)
      for (const table of tables) state.storage.sql.exec(table)
    }

    /** What was kept of another address is another list. */
    describe(url: string): Promise<KeptList | null> {
      const row = this.#row(url)
      if (row === null) return Promise.resolve(null)
      const { version, entries, chunks, confirmed_at_ms: confirmedAtMs } = row
      return Promise.resolve({ version, entries, chunks, confirmedAtMs })
    }

    chunk(version: number, index: number): Promise<Uint8Array | null> {
      const [row] = this.ctx.storage.sql
        .exec<{ bytes: ArrayBuffer }>(
          'select bytes from chunks, list where number = ? and list.version = ?',
          index,
          version,
        )
        .toArray()
      return Promise.resolve(row === undefined ? null : new Uint8Array(row.bytes))
    }

    /** One at a time, whoever asks. */
    refresh(list: ListSettings): Promise<RefreshOutcome> {
      this.#refreshing ??= this.#refresh(list).finally(() => {
        this.#refreshing = null
      })
      return this.#refreshing
    }

    async #refresh(list: ListSettings): Promise<RefreshOutcome> {
      const now = Date.now()
      const known = this.#row(list.url)
      if (!this.#isDue(list, known, now)) return { kind: 'not due' }
      const insert = 'insert or replace into tried (one, at_ms, url) values (1, ?, ?)'
      this.ctx.storage.sql.exec(insert, now, list.url)
      const entriesBefore = known?.entries ?? null
      const parser = createListParser(list.format)
      const { url, mostBytes } = list
      const answer = await fetchList({ url, mostBytes, etag: known?.etag ?? null }, (text) => parser.take(text))
      if (answer.kind === 'fault') return { kind: 'refused', reason: answer.fault, entriesBefore }
      if (answer.kind === 'unchanged') {
        this.ctx.storage.sql.exec('update list set confirmed_at_ms = ?', now)
        return { kind: 'unchanged' }
      }
      const parsed = parser.finish()
      if (!parsed.ok) return { kind: 'refused', reason: parsed.problem, entriesBefore }
      const entries = entriesOf(parsed.value)
      if (hasShrunk(entries, entriesBefore)) return { kind: 'refused', reason: `shrunk to ${entries}`, entriesBefore }
      this.#keep(list.url, parsed.value, { etag: answer.etag, now })
      return { kind: 'kept', entries, entriesBefore }
    }

    /** After a failure sooner than after a success, which is what publishers ask for. */
    #isDue({ url, refreshHours }: ListSettings, known: Row | null, now: number): boolean {
      const [tried] = this.ctx.storage.sql
        .exec<{ at_ms: number }>('select at_ms from tried where url = ?', url)
        .toArray()
      if (tried !== undefined && now - tried.at_ms < leastPauseMs) return false
      return known === null || now - known.confirmed_at_ms >= refreshHours * hourMs - slackMs
    }

    /** All of it or nothing. */
    #keep(url: string, set: PrefixSet, { etag, now }: { readonly etag: string | null; readonly now: number }): void {
      const bytes = prefixSetBytes(set)
      const { sql } = this.ctx.storage
      this.ctx.storage.transactionSync(() => {
        sql.exec('delete from chunks')
        let count = 0
        for (; count * chunkBytes < bytes.length; count += 1)
          sql.exec(
            'insert into chunks (number, bytes) values (?, ?)',
            count,
            bytes.slice(count * chunkBytes, (count + 1) * chunkBytes),
          )
        sql.exec(
          'insert or replace into list (one, url, version, entries, chunks, etag, confirmed_at_ms) values (1, ?, ?, ?, ?, ?, ?)',
          url,
          now,
          entriesOf(set),
          count,
          etag,
          now,
        )
      })
    }

    #row(url: string): Row | null {
      const [row] = this.ctx.storage.sql
        .exec<Row>('select version, entries, chunks, etag, confirmed_at_ms from list where url = ?', url)
        .toArray()
      return row ?? null
    }
  }
}
