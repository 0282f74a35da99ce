// The port to the outbox: a message handed over here is delivered or put on record, whatever dies in between.
import { v7 as uuidv7 } from 'uuid'
import type { AuditSource } from '../audit/record.ts'
import { secondMs } from '../kit/duration.ts'
import { inTime } from '../kit/in-time.ts'
import type { OutboxEntry, OutgoingMessage } from './message.ts'

export interface OutboxFigure {
  readonly channel: string
  readonly outcome: 'delivered' | 'retried' | 'undelivered' | 'waiting'
  readonly count: number
}

/** The part of the outbox object that the worker calls. */
export interface OutboxShard {
  accept(entry: OutboxEntry): Promise<void>
  figures(): Promise<readonly OutboxFigure[]>
}

export interface Outbox {
  /** Resolves once the message cannot be lost any more; rejects when nobody can keep it. */
  post(message: OutgoingMessage, facts: { readonly validMs: number; readonly source: AuditSource }): Promise<void>
  /** Of all shards together, since there are any. */
  figures(): Promise<readonly OutboxFigure[]>
}

const outboxShards = 8

/** Whoever asked waits for it. */
function keptInTime<Answer>(ask: () => Promise<Answer>): Promise<Answer> {
  return inTime(secondMs, 'the outbox did not answer in time', ask)
}

/** A shard by chance: nobody can choose one, and whom a message is for says nothing about where it lies. */
export function createOutbox(shard: (index: number) => OutboxShard, now: () => number): Outbox {
  return {
    async post(message, { validMs, source }) {
      const entry = { id: uuidv7(), message, uselessAfterMs: now() + validMs, source }
      await keptInTime(() => shard(Math.floor(Math.random() * outboxShards)).accept(entry))
    },
    async figures() {
      const asked = Array.from({ length: outboxShards }, (_, index) => keptInTime(() => shard(index).figures()))
      return summed((await Promise.all(asked)).flat())
    },
  }
}

function summed(figures: readonly OutboxFigure[]): readonly OutboxFigure[] {
  const sums = new Map<string, OutboxFigure>()
  for (const figure of figures) {
    const key = `${figure.channel} ${figure.outcome}`
    sums.set(key, { ...figure, count: (sums.get(key)?.count ?? 0) + figure.count })
  }
  return [...sums.values()]
}
