// What an object has to know again after a restart, until a stated time.
import { minuteMs } from '../kit/duration.ts'

const sweepEveryMs = 10 * minuteMs

export class KeptStates {
  readonly #storage: DurableObjectStorage
  #isSweepPlanned = false

  constructor(storage: DurableObjectStorage) {
    this.#storage = storage
    // No index by time: it would cost every write, and the sweep has time.
    storage.sql.exec(
      'create table if not exists kept (key text primary key, state text not null, until_ms integer not null)',
    )
  }

  get(key: string): unknown {
    const [row] = this.#storage.sql.exec<{ state: string }>('select state from kept where key = ?', key).toArray()
    return row === undefined ? null : JSON.parse(row.state)
  }

  /** Durable before the answer that says so leaves the object: its output gate holds it until then. */
  set(key: string, state: unknown, untilMs: number): void {
    const insert = 'insert or replace into kept (key, state, until_ms) values (?, ?, ?)'
    this.#storage.sql.exec(insert, key, JSON.stringify(state), untilMs)
    if (this.#isSweepPlanned) return
    this.#isSweepPlanned = true
    // Unconfirmed: no answer waits for it, and the next write after a restart plans it again.
    void this.#storage.setAlarm(Date.now() + sweepEveryMs, { allowUnconfirmed: true })
  }

  /** As long as it was to be kept before. */
  replace(key: string, state: unknown): void {
    this.#storage.sql.exec('update kept set state = ? where key = ?', JSON.stringify(state), key)
  }

  delete(key: string): void {
    this.#storage.sql.exec('delete from kept where key = ?', key)
  }

  async sweep(nowMs: number): Promise<void> {
    this.#storage.sql.exec('delete from kept where until_ms < ?', nowMs)
    const { n } = this.#storage.sql.exec<{ n: number }>('select count(*) as n from kept').one()
    this.#isSweepPlanned = n > 0
    if (n > 0) await this.#storage.setAlarm(Date.now() + sweepEveryMs)
  }
}
