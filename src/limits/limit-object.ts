// Counts exactly, for every subject of its shard. Short windows live in memory; longer ones also survive an eviction.
import { DurableObject } from 'cloudflare:workers'
import { BoundedMap } from '../kit/bounded-map.ts'
import { minuteMs } from '../kit/duration.ts'
import type { LimitShard } from './limiter.ts'
import { type Decision, type LimitRule, type WindowState, decideWindow } from './window.ts'

const subjects = 50_000
const sweepEveryMs = 10 * minuteMs

export class LimitObject extends DurableObject<Env> implements LimitShard {
  readonly #windows = new BoundedMap<string, WindowState>(subjects)

  constructor(state: DurableObjectState, env: Env) {
    super(state, env)
    state.storage.sql.exec(
      'create table if not exists windows (key text primary key, hits text not null, until_ms integer not null)',
    )
  }

  async hit(subject: string, rule: LimitRule): Promise<Decision> {
    const key = JSON.stringify([rule.id, subject])
    const isKept = rule.windowMs > minuteMs
    const before = this.#windows.get(key) ?? (isKept ? this.#stored(key) : { hitsAtMs: [] })
    const now = Date.now()
    const { state, decision } = decideWindow(before, rule, now)
    this.#windows.set(key, state)
    if (isKept && decision.isAllowed) await this.#store(key, state, now + rule.windowMs)
    return decision
  }

  override alarm(): void {
    this.ctx.storage.sql.exec('delete from windows where until_ms < ?', Date.now())
  }

  #stored(key: string): WindowState {
    const [row] = this.ctx.storage.sql.exec<{ hits: string }>('select hits from windows where key = ?', key).toArray()
    return { hitsAtMs: row === undefined ? [] : (JSON.parse(row.hits) as number[]) }
  }

  async #store(key: string, state: WindowState, untilMs: number): Promise<void> {
    const insert = 'insert or replace into windows (key, hits, until_ms) values (?, ?, ?)'
    this.ctx.storage.sql.exec(insert, key, JSON.stringify(state.hitsAtMs), untilMs)
    if ((await this.ctx.storage.getAlarm()) === null) await this.ctx.storage.setAlarm(Date.now() + sweepEveryMs)
  }
}
