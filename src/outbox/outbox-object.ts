// Delivers messages after the answer, and goes on when an isolate dies: a message is durable here before whoever asked is
// answered. Sealed, as a code or a link is good for as long as its row, and the storage's history is kept for weeks.
import { DurableObject } from 'cloudflare:workers'
import { type AuditFacts, auditRow } from '../audit/record.ts'
import type { AuditOutbox } from '../audit/trail.ts'
import { log } from '../log.ts'
import { DeliveryFault } from '../providers/delivery-fault.ts'
import type { SealedTexts } from '../tokens/sealed-text.ts'
import { type Carriers, carry, keepsKeys } from './carrier.ts'
import type { OutboxEntry } from './message.ts'
import type { OutboxFigure, OutboxShard } from './outbox.ts'
import { type Tries, afterFault, beginTry, mayTry, pauseMs, sendingMs } from './schedule.ts'
import { Waiting, type WaitingRow } from './waiting.ts'

const atOnce = 50
const recordAgainMs = 5000
/** As often as nothing is tried. */
const given: Tries = { made: 99, unknown: 99 }

export interface OutboxParts {
  readonly carriers: Carriers
  readonly sealed: SealedTexts
  readonly trail: AuditOutbox
}

export function outboxObject(open: (env: Env) => OutboxParts) {
  return class OutboxObject extends DurableObject<Env> implements OutboxShard {
    readonly #parts: OutboxParts
    readonly #waiting: Waiting
    readonly #underWay = new Set<string>()

    constructor(state: DurableObjectState, env: Env) {
      super(state, env)
      this.#parts = open(env)
      this.#waiting = new Waiting(state.storage)
    }

    /** Durable when it returns: the object's output gate holds the answer, and the vendor's request, until the write is. */
    async accept(entry: OutboxEntry): Promise<void> {
      const sealed = await this.#parts.sealed.seal(JSON.stringify(entry), placeOf(entry.id))
      // Sent at once; the alarm is for the case that nobody lives to do it.
      const nextMs = Date.now() + sendingMs
      this.#waiting.add({ id: entry.id, channel: entry.message.channel, sealed, nextMs })
      await this.#wakeBy(nextMs)
      this.ctx.waitUntil(this.#tryOne(entry.id))
    }

    override async alarm(): Promise<void> {
      await Promise.all(this.#waiting.due(Date.now(), atOnce).map((id) => this.#tryOne(id)))
      const nextMs = this.#waiting.nextMs()
      if (nextMs !== null) await this.#wakeBy(nextMs)
    }

    figures(): Promise<readonly OutboxFigure[]> {
      const counts = this.#waiting.counts().filter(({ channel }) => channel !== 'nobody')
      return Promise.resolve(
        counts.map(({ channel, outcome, n }) => ({ channel, outcome: outcome as OutboxFigure['outcome'], count: n })),
      )
    }

    async #tryOne(id: string): Promise<void> {
      const row = this.#waiting.get(id)
      if (row === null || this.#underWay.has(id)) return
      this.#underWay.add(id)
      try {
        const entry = await this.#open(row)
        if (entry !== null) await this.#send(entry, row)
      } catch (error) {
        log('error', 'outbox waits', { reason: error instanceof Error ? error.message : 'unknown' })
        this.#waiting.tried(id, this.#waiting.get(id) ?? row, Date.now() + recordAgainMs)
      } finally {
        this.#underWay.delete(id)
      }
    }

    /** Sealed under a key that is gone, it is lost to everybody, and asking again would never end. */
    async #open({ id, sealed }: WaitingRow): Promise<OutboxEntry | null> {
      try {
        // What is sealed was written here, by accept.
        return JSON.parse((await this.#parts.sealed.open(sealed, placeOf(id))).text) as OutboxEntry
      } catch {
        log('error', 'message undelivered', { reason: 'sealed under a key that is not at hand' })
        this.#waiting.remove(id)
        return null
      }
    }

    async #send(entry: OutboxEntry, before: Tries): Promise<void> {
      const { carriers } = this.#parts
      const mayTryAgain = (tries: Tries): boolean =>
        Date.now() < entry.uselessAfterMs && mayTry(tries, keepsKeys(carriers, entry.message))
      if (!mayTryAgain(before)) return this.#giveUp(entry, 'not delivered in time')
      const tries = beginTry(before)
      this.#waiting.tried(entry.id, tries, Date.now() + sendingMs)
      try {
        await carry(carriers, entry)
      } catch (error) {
        const [outcome, reason] = told(error)
        const after = afterFault(tries, outcome)
        if (outcome === 'refused' || !mayTryAgain(after)) return this.#giveUp(entry, reason)
        const nextMs = Date.now() + pauseMs(after, Math.random())
        this.#waiting.tried(entry.id, after, nextMs)
        this.#waiting.count(entry.message.channel, 'retried')
        return this.#wakeBy(nextMs)
      }
      this.#waiting.remove(entry.id)
      this.#waiting.count(entry.message.channel, 'delivered')
    }

    /** On record before it is forgotten; under the message's own id, so that a second try at recording adds nothing. */
    async #giveUp({ id, message, source }: OutboxEntry, reason: string): Promise<void> {
      // Not tried again, and come back to if the trail cannot be reached now.
      this.#waiting.tried(id, given, Date.now() + recordAgainMs)
      await this.#wakeBy(Date.now() + recordAgainMs)
      const facts: AuditFacts = { reason, details: { channel: message.channel } }
      await this.#parts.trail.append([{ ...auditRow('message.undelivered', source, facts, Date.now()), id }])
      log('error', 'message undelivered', { channel: message.channel, reason, request_id: source.requestId })
      this.#waiting.remove(id)
      this.#waiting.count(message.channel, 'undelivered')
    }

    async #wakeBy(atMs: number): Promise<void> {
      const planned = await this.ctx.storage.getAlarm()
      if (planned === null || planned > atMs) await this.ctx.storage.setAlarm(atMs)
    }
  }
}

function placeOf(id: string): string {
  return `outbox ${id}`
}

function told(error: unknown): readonly [DeliveryFault['outcome'], string] {
  if (error instanceof DeliveryFault) return [error.outcome, error.message]
  return ['unknown', error instanceof Error ? error.name : 'unknown']
}
