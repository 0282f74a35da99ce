// Hashes passwords in a thread that is not the request's, where the platform has one to spare: see one-at-a-time.ts for
// what it does where it has none. Keeps nothing; an object only because that is what can be somewhere else.
import { DurableObject } from 'cloudflare:workers'
import { FairQueue } from '../kit/fair-queue.ts'
import type { PasswordHasher } from '../login/password/hasher.ts'
import { type HashAnswer, type HashJob, type HashPlace, type Waiter, standings } from './hash-job.ts'
import { oneAtATime } from './one-at-a-time.ts'

export interface HashParts {
  readonly hasher: PasswordHasher
  /** How many may wait; more would wait longer than a person does. */
  readonly waiting: number
}

interface Waiting {
  readonly job: HashJob
  readonly answer: (answer: HashAnswer | Promise<HashAnswer>) => void
}

export function hashObject(open: (env: Env) => HashParts) {
  return class HashObject extends DurableObject<Env> implements HashPlace {
    readonly #hasher: PasswordHasher
    readonly #queue: FairQueue<Waiting>
    #isWorking = false

    constructor(state: DurableObjectState, env: Env) {
      super(state, env)
      const { hasher, waiting } = open(env)
      this.#hasher = hasher
      this.#queue = new FairQueue(waiting)
    }

    run({ network, standing }: Waiter, job: HashJob): Promise<HashAnswer> {
      return new Promise((answer) => {
        this.#queue.add(network, { job, answer }, standings.indexOf(standing))?.answer({ kind: 'busy' })
        if (!this.#isWorking) this.ctx.waitUntil(this.#work())
      })
    }

    async #work(): Promise<void> {
      this.#isWorking = true
      while (this.#queue.size > 0) {
        // Taken when it is this place's turn: somebody who goes first may have come while it waited.
        await oneAtATime(
          () => this.#queue.nextRank,
          async () => {
            const next = this.#queue.take()
            if (next === undefined) return
            const result = done(this.#hasher, next.job)
            next.answer(result)
            // Whoever asked is told what went wrong; the line goes on.
            await result.catch(() => undefined)
          },
        )
      }
      this.#isWorking = false
    }
  }
}

async function done(hasher: PasswordHasher, job: HashJob): Promise<HashAnswer> {
  switch (job.kind) {
    case 'hash':
      return { kind: 'hashed', hash: await hasher.hash(job.password) }
    case 'verify':
      return { kind: 'compared', ...(await hasher.verify(job.stored, job.password)) }
    case 'verify-nothing':
      await hasher.verifyNothing(job.password)
      return { kind: 'compared', isRight: false, needsRehash: false }
  }
}
